//! The address of a store, read strictly and shown without its password.

pub(crate) mod endpoint;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;

use self::endpoint::Endpoint;

/// Where a store is: `postgres://...`, `postgresql://...` or `sqlite:PATH`.
///
/// It is shown with the password masked, also for debugging.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A Postgres database.
    Postgres(PostgresUrl),
    /// A SQLite file.
    Sqlite(PathBuf),
}

/// The address of a Postgres database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Box<Config>,
    endpoints: Vec<Endpoint>,
    tcp_user_timeout: Option<Duration>,
    shown: String,
}

/// Why a text is not the address of a store. No message holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither of the forms.
    #[error("must be postgres://..., postgresql://... or sqlite:PATH")]
    Form,
    /// No host is named.
    #[error("needs a host, as in postgres://USER:PASSWORD@HOST/DATABASE")]
    NoHost,
    /// No file is named.
    #[error("sqlite: needs the path of a file, as in sqlite:live.db")]
    NoFile,
    /// A character that ends the password stands in it, so that another host would be meant.
    #[error("the host cannot be told: percent-encode the password (@ is %40, / is %2F, # is %23, ? is %3F, : is %3A)")]
    Unescaped,
    /// The port is no port.
    #[error("the port must be a number from 1 to 65535; if it is a part of the password, percent-encode the password")]
    Port,
    /// A connection that must be encrypted.
    #[error("sslmode={0} is not supported yet: this version connects without TLS (sslmode=disable or prefer)")]
    TlsNotSupported(&'static str),
    /// Anything else, in the words of the driver.
    #[error("{0}")]
    Malformed(String),
}

const SQLITE: &str = "sqlite:";
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];
/// The modes of libpq that insist on TLS.
const TLS_MODES: [&str; 3] = ["require", "verify-ca", "verify-full"];

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(path) = text.strip_prefix(SQLITE) {
            // `sqlite:///var/live.db` is a common way to write `sqlite:/var/live.db`.
            let path = path.strip_prefix("//").unwrap_or(path);
            let is_file = !path.is_empty() && path != ":memory:" && !path.contains('\0');
            return if is_file { Ok(Self::Sqlite(path.into())) } else { Err(DatabaseUrlError::NoFile) };
        }
        text.parse().map(Self::Postgres)
    }
}

impl FromStr for PostgresUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let (scheme, rest) = POSTGRES
            .iter()
            .find_map(|scheme| Some((*scheme, text.strip_prefix(scheme)?)))
            .ok_or(DatabaseUrlError::Form)?;
        let parts = Parts::of(rest)?;
        let mut config: Config = format!("{scheme}{}", parts.joined(Parts::driver_parameters))
            .parse()
            .map_err(|error| DatabaseUrlError::Malformed(malformed(&error)))?;
        let endpoints = Endpoint::all(&config)?;
        // Milliseconds, as everywhere else; the driver takes them for seconds.
        let tcp_user_timeout = config.get_tcp_user_timeout().map(|timeout| *timeout / 1_000);
        if config.get_application_name().is_none() {
            config.application_name("live");
        }
        let shown = Parts { password: parts.password.map(|_| "***"), ..parts };
        let shown = format!("{scheme}{}", shown.joined(Parts::shown_parameters));
        Ok(Self { config: Box::new(config), endpoints, tcp_user_timeout, shown })
    }
}

fn malformed(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The parts of an address, each as it was written.
struct Parts<'a> {
    user: Option<&'a str>,
    password: Option<&'a str>,
    hosts: &'a str,
    /// With its slash, where there is one.
    path: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, DatabaseUrlError> {
        let (start, query) = text.split_once('?').map_or((text, None), |(start, query)| (start, Some(query)));
        let (authority, path) = start.split_at(start.find('/').unwrap_or(start.len()));
        let (credentials, hosts) =
            authority.split_once('@').map_or((None, authority), |(before, after)| (Some(before), after));
        // A further `@` or any `#` shows that the password ended early.
        if text.contains('#') || [hosts, path, query.unwrap_or_default()].iter().any(|part| part.contains('@')) {
            return Err(DatabaseUrlError::Unescaped);
        }
        check_ports(hosts)?;
        let (user, password) = match credentials.map(|credentials| credentials.split_once(':')) {
            None => (None, None),
            Some(None) => (credentials, None),
            Some(Some((user, password))) => (Some(user), Some(password)),
        };
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let parameters: Vec<_> = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let mode = parameters.iter().rev().find(|(name, _)| *name == "sslmode").map(|(_, mode)| *mode);
        match mode {
            None | Some("disable" | "allow" | "prefer") => Ok(Self { user, password, hosts, path, parameters }),
            Some(mode) => Err(TLS_MODES.into_iter().find(|known| *known == mode).map_or_else(
                || {
                    DatabaseUrlError::Malformed(format!(
                        "sslmode must be one of disable, prefer, {}",
                        TLS_MODES.join(", ")
                    ))
                },
                DatabaseUrlError::TlsNotSupported,
            )),
        }
    }

    fn joined(&self, parameters: impl Fn(&Self) -> Vec<String>) -> String {
        let user = match (self.user, self.password) {
            (None, _) => String::new(),
            (Some(user), None) => format!("{user}@"),
            (Some(user), Some(password)) => format!("{user}:{password}@"),
        };
        let parameters = parameters(self);
        let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
        format!("{user}{}{}{query}", self.hosts, self.path)
    }

    fn driver_parameters(&self) -> Vec<String> {
        let others = self.parameters.iter().filter(|(name, _)| *name != "sslmode");
        others.map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn shown_parameters(&self) -> Vec<String> {
        let mask = |name: &str, value: &str| if name.contains("pass") { "***".to_owned() } else { value.to_owned() };
        self.parameters.iter().map(|(name, value)| format!("{name}={}", mask(name, value))).collect()
    }
}

fn check_ports(hosts: &str) -> Result<(), DatabaseUrlError> {
    for host in hosts.split(',') {
        // An IPv6 address stands in brackets and has colons of its own.
        let after_address = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
        if let Some((_, port)) = after_address.split_once(':')
            && !port.parse::<u16>().is_ok_and(|port| port > 0)
        {
            return Err(DatabaseUrlError::Port);
        }
    }
    Ok(())
}

impl PostgresUrl {
    /// How the driver is to connect.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The servers to try, in order.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// How long what was sent may stay unacknowledged before the connection counts as lost.
    pub(crate) fn tcp_user_timeout(&self) -> Option<Duration> {
        self.tcp_user_timeout
    }

    /// Whether no connection leaves this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
    }

    /// Whom it connects to, in words for an error message.
    pub(crate) fn target(&self) -> String {
        let config = &self.config;
        let hosts: Vec<_> = self.endpoints.iter().map(ToString::to_string).collect();
        let user = config.get_user().unwrap_or("(the name of the system's user)");
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

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(url) => fmt::Display::fmt(url, formatter),
            Self::Sqlite(path) => write!(formatter, "{SQLITE}{}", path.display()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        text.parse()
    }

    fn target(text: &str) -> String {
        text.parse::<PostgresUrl>().unwrap().target()
    }

    #[test]
    fn shows_everything_but_the_password() {
        for (text, shown) in [
            ("postgres://live:secret@db.example:6432/live", "postgres://live:***@db.example:6432/live"),
            ("postgresql://live@db.example", "postgresql://live@db.example"),
            ("postgres://db/live?password=secret&sslmode=prefer", "postgres://db/live?password=***&sslmode=prefer"),
            ("postgres:///live?host=/run/postgresql", "postgres:///live?host=/run/postgresql"),
            ("sqlite:live.db", "sqlite:live.db"),
            ("sqlite:///var/live.db", "sqlite:/var/live.db"),
        ] {
            let url = url(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }

    #[test]
    fn says_to_percent_encode_a_password_that_would_name_another_host() {
        for text in [
            "postgres://live:se@cret@db.example/live",
            "postgres://live:se/cret@db.example/live",
            "postgres://live:se#cret@db.example/live",
            "postgres://live:se?cret@db.example/live",
            "postgres://live:12/cret@db.example/live",
            "postgres://live:12?cret@db.example/live",
        ] {
            let message = url(text).unwrap_err().to_string();
            assert!(message.contains("percent-encode the password"), "{message}");
            assert!(!message.contains("cret"), "{message}");
        }
        let fine = "postgres://live:se%40c%2Fr%23et@db.example/live";
        assert_eq!(target(fine), "host db.example, port 5432, database live, user live");
    }

    #[test]
    fn names_every_host_it_would_try() {
        assert_eq!(
            target("postgres://live@one:6000,[::1]:6001/live"),
            "host one, port 6000; host ::1, port 6001, database live, user live"
        );
        assert_eq!(
            target("postgres:///live?host=/run/postgresql&user=ada"),
            "socket in /run/postgresql, port 5432, database live, user ada"
        );
    }

    #[test]
    fn refuses_what_it_would_not_honour() {
        assert_eq!(url("postgres://db/live?sslmode=require"), Err(DatabaseUrlError::TlsNotSupported("require")));
        assert_eq!(
            url("postgres://db/live?sslmode=verify-full"),
            Err(DatabaseUrlError::TlsNotSupported("verify-full"))
        );
        assert!(url("postgres://db/live?sslmode=disable").is_ok());
        assert!(matches!(url("postgres://db/live?sslmode=maybe"), Err(DatabaseUrlError::Malformed(_))));
        assert!(matches!(url("postgres://db/live?colour=red"), Err(DatabaseUrlError::Malformed(_))));
        assert_eq!(url("postgres://db:0/live"), Err(DatabaseUrlError::Port));
        for text in ["mysql://db/live", "live.db", "", "postgres:live"] {
            assert_eq!(url(text), Err(DatabaseUrlError::Form), "{text}");
        }
        for text in ["sqlite:", "sqlite://", "sqlite::memory:"] {
            assert_eq!(url(text), Err(DatabaseUrlError::NoFile), "{text}");
        }
    }
}
