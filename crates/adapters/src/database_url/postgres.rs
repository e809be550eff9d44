//! The address of a Postgres database: what libpq makes of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::LoadBalanceHosts;

use super::DatabaseUrlError;
use super::endpoint::Endpoint;
use super::parts::Parts;
use super::server_kind::ServerKind;
use super::tls_options::TlsOptions;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// The parameters that the driver does not know, or takes for something else than libpq does.
const OWN: [&str; 11] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslnegotiation",
    "gssencmode",
    "target_session_attrs",
    "passfile",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives_count",
];

/// How it is found out that nobody is at the other end any more, unless the address says otherwise: a probe after so much
/// silence, then one after the other. By the system's own settings it would take more than two hours.
const SILENCE: Duration = Duration::from_secs(30);
const BETWEEN_PROBES: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// The address of a Postgres database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Box<Config>,
    endpoints: Vec<Endpoint>,
    wanted: ServerKind,
    tls: TlsOptions,
    password_file: Option<PathBuf>,
    connect_timeout: Option<Duration>,
    tcp_user_timeout: Option<Duration>,
    shown: String,
}

impl FromStr for PostgresUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let (scheme, rest) = SCHEMES
            .iter()
            .find_map(|scheme| Some((*scheme, text.strip_prefix(scheme)?)))
            .ok_or(DatabaseUrlError::Form)?;
        let parts = Parts::of(rest)?;
        let mut config: Config = format!("{scheme}{}", parts.without(&OWN))
            .parse()
            .map_err(|error| DatabaseUrlError::Malformed(malformed(&error)))?;
        if config.get_application_name().is_none() {
            config.application_name("live");
        }
        if config.get_user().is_none()
            && let Ok(name) = whoami::username()
        {
            config.user(name);
        }
        config.keepalives_retries(number(&parts, "keepalives_count")?.unwrap_or(PROBES));
        if parts.parameter("keepalives_idle")?.is_none() {
            config.keepalives_idle(SILENCE);
        }
        if parts.parameter("keepalives_interval")?.is_none() {
            config.keepalives_interval(BETWEEN_PROBES);
        }
        refuse_what_is_not_done(&parts, &config)?;
        Ok(Self {
            endpoints: Endpoint::all(&config)?,
            config: Box::new(config),
            wanted: parts.parameter("target_session_attrs")?.as_deref().map_or(Ok(ServerKind::Any), str::parse)?,
            tls: TlsOptions::of(&parts)?,
            password_file: parts.parameter("passfile")?.map(PathBuf::from),
            connect_timeout: number(&parts, "connect_timeout")?.map(|seconds| Duration::from_secs(seconds.into())),
            tcp_user_timeout: number(&parts, "tcp_user_timeout")?
                .map(|milliseconds| Duration::from_millis(milliseconds.into())),
            shown: format!("{scheme}{}", parts.masked()),
        })
    }
}

/// A number that counts as not given when it is 0 or less, as in libpq.
fn number(parts: &Parts<'_>, name: &'static str) -> Result<Option<u32>, DatabaseUrlError> {
    let Some(text) = parts.parameter(name)? else { return Ok(None) };
    let number: i32 =
        text.trim().parse().map_err(|_| DatabaseUrlError::Parameter(name, "a whole number".to_owned()))?;
    Ok(u32::try_from(number).ok().filter(|number| *number > 0))
}

/// What libpq knows and this does not do is refused where leaving it out would not be the same.
fn refuse_what_is_not_done(parts: &Parts<'_>, config: &Config) -> Result<(), DatabaseUrlError> {
    let only = |name: &'static str, allowed: &[&str]| match parts.parameter(name)? {
        Some(value) if !allowed.contains(&value.as_str()) => {
            Err(DatabaseUrlError::Parameter(name, format!("{}: nothing else is supported", allowed.join(" or "))))
        }
        _ => Ok(()),
    };
    only("sslnegotiation", &["postgres"])?;
    only("gssencmode", &["disable", "prefer"])?;
    if config.get_load_balance_hosts() != LoadBalanceHosts::Disable {
        let allowed = "disable: hosts are tried in the order in which they are named".to_owned();
        return Err(DatabaseUrlError::Parameter("load_balance_hosts", allowed));
    }
    Ok(())
}

fn malformed(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

impl PostgresUrl {
    /// How the driver is to log in, once there is a connection.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The servers to try, in order.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Which of them will do.
    pub(crate) fn wanted(&self) -> ServerKind {
        self.wanted
    }

    /// How connections are encrypted.
    pub(crate) fn tls(&self) -> &TlsOptions {
        &self.tls
    }

    /// The file that holds passwords, where the address has none.
    pub(crate) fn password_file(&self) -> Option<&Path> {
        self.password_file.as_deref()
    }

    /// How long an address of a server may take to accept a connection.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// How long what was sent may stay unacknowledged before the connection counts as lost.
    pub(crate) fn tcp_user_timeout(&self) -> Option<Duration> {
        self.tcp_user_timeout
    }

    pub(super) fn at_home(mut self, home: &Path) -> Self {
        self.tls = self.tls.at_home(home);
        let passwords = home.join(".pgpass");
        if self.password_file.is_none() && passwords.is_file() {
            self.password_file = Some(passwords);
        }
        self
    }

    /// Whether no connection leaves this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.endpoints.iter().all(Endpoint::is_local)
    }

    /// The servers that it names, each as host and port.
    #[must_use]
    pub fn servers(&self) -> String {
        let servers: Vec<_> =
            self.endpoints.iter().map(|endpoint| format!("{}:{}", endpoint.name(), endpoint.port)).collect();
        servers.join(",")
    }

    /// Whether it names one server and no more.
    #[must_use]
    pub fn is_of_one_server(&self) -> bool {
        self.endpoints.len() == 1
    }

    /// Whom it connects to, in words for an error message.
    pub(crate) fn target(&self) -> String {
        let config = &self.config;
        let hosts: Vec<_> = self.endpoints.iter().map(ToString::to_string).collect();
        let user = config.get_user().unwrap_or("(unknown)");
        let database = config.get_dbname().unwrap_or(user);
        format!("{}, database {database}, user {user}", hosts.join("; "))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
