//! The settings as values.

use std::io::IsTerminal;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use live_adapters::StoreSettings;
use live_domain::UpcomingGrace;
use tracing_subscriber::EnvFilter;

use super::table::{
    ADMIN_BIND, AUTH_AUDIENCE, AUTH_HS256_SECRET, AUTH_INTROSPECTION_CLIENT_SECRET, AUTH_ISSUER, AUTH_LIST_SCOPES,
    AUTH_MANAGE_SCOPE, AUTH_WRITE_SCOPE, BIND, DB_POOL_SIZE, DB_TIMEOUT_MS, DB_WAIT_MS, DRAIN_MS, HISTORY_DAYS, LOG,
    LOG_SUBJECT_KEY, MAX_IN_FLIGHT, MIGRATE_ON_START, Setting, UPCOMING_GRACE_MINUTES,
};
use super::{Given, SettingError, Settings};
use crate::auth::{ClaimRules, EditScopes, Hs256Secret, Scopes};
use crate::http::feed_secret::FeedKey;
use crate::server;
use crate::telemetry::{DEFAULT_LEVELS, SubjectKey};

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl Settings {
    /// Where the service listens: at least one address.
    ///
    /// # Errors
    ///
    /// When it is no host and port, or the host is unknown.
    pub fn bind(&self) -> Result<Vec<SocketAddr>, SettingError> {
        let resolve = |text: &str| {
            resolved(text).ok_or("must be a host and a port, as in 127.0.0.1:8080, and the host must be known")
        };
        let addresses = self.value(&BIND, |text| resolve(text).map_err(str::to_owned))?;
        Ok(addresses.unwrap_or_else(|| vec![SocketAddr::from(([127, 0, 0, 1], 8080))]))
    }

    /// Where the service tells how it does; none: nowhere.
    ///
    /// # Errors
    ///
    /// When it is neither `off` nor a host and port, or the host is unknown.
    pub fn admin_bind(&self) -> Result<Option<Vec<SocketAddr>>, SettingError> {
        let fault = "must be off, or a host and a port, as in 127.0.0.1:9464, and the host must be known";
        let addresses = self.value(&ADMIN_BIND, |text| match text {
            "off" => Ok(None),
            text => resolved(text).map(Some).ok_or(fault.to_owned()),
        })?;
        Ok(addresses.unwrap_or_else(|| Some(vec![SocketAddr::from(([127, 0, 0, 1], 9464))])))
    }

    /// The secret that tokens are signed with.
    ///
    /// # Errors
    ///
    /// When it is too short or a PEM text.
    pub fn hs256_secret(&self) -> Result<Option<Hs256Secret>, SettingError> {
        let Some(given) = self.given(&AUTH_HS256_SECRET)? else { return Ok(None) };
        let secret = Hs256Secret::new(given.bytes);
        secret.map(Some).map_err(|fault| SettingError(format!("{} {fault}", given.origin)))
    }

    /// What the claims of a token must say.
    ///
    /// # Errors
    ///
    /// When a text is no UTF-8.
    pub fn claim_rules(&self) -> Result<ClaimRules, SettingError> {
        let text = |text: &str| Ok(text.to_owned());
        Ok(ClaimRules { issuer: self.value(&AUTH_ISSUER, text)?, audience: self.value(&AUTH_AUDIENCE, text)? })
    }

    /// The scopes that reading sessions demands, and one's own registration.
    ///
    /// # Errors
    ///
    /// When a scope holds a character that no scope can have (RFC 6749, section 3.3).
    pub fn list_scopes(&self) -> Result<Scopes, SettingError> {
        let scopes = self.value(&AUTH_LIST_SCOPES, |text| {
            let scopes = text.split(' ').filter(|scope| !scope.is_empty());
            if !scopes.clone().all(is_scope) {
                return Err("must hold scopes separated by spaces, without quotes and backslashes".to_owned());
            }
            Ok(scopes.map(str::to_owned).collect())
        })?;
        Ok(scopes.unwrap_or_default())
    }

    /// The scopes of hosts and managers.
    ///
    /// # Errors
    ///
    /// When one of them is not exactly one scope.
    pub fn edit_scopes(&self) -> Result<EditScopes, SettingError> {
        let scope = |setting: &Setting| {
            let scope = self.value(setting, |text| {
                let fault = || "must be one scope, without spaces, quotes and backslashes".to_owned();
                if is_scope(text) { Ok(text.to_owned()) } else { Err(fault()) }
            })?;
            Ok(scope.unwrap_or_else(|| setting.default.to_owned()))
        };
        Ok(EditScopes { write: scope(&AUTH_WRITE_SCOPE)?, manage: scope(&AUTH_MANAGE_SCOPE)? })
    }

    /// The grace of upcoming sessions.
    ///
    /// # Errors
    ///
    /// When it is not from 0 to 525600 minutes.
    pub fn upcoming_grace(&self) -> Result<UpcomingGrace, SettingError> {
        let minutes = self.value(&UPCOMING_GRACE_MINUTES, |text| number(text, 0, 525_600))?;
        Ok(minutes.map_or_else(UpcomingGrace::default, UpcomingGrace::minutes))
    }

    /// How the store is used.
    ///
    /// # Errors
    ///
    /// When a number is out of range.
    pub fn store_settings(&self) -> Result<StoreSettings, SettingError> {
        let threads = server::threads();
        let pool_size = self.value(&DB_POOL_SIZE, |text| number(text, 1, 1_000))?;
        let timeout = self.value(&DB_TIMEOUT_MS, |text| number(text, 1, 600_000))?;
        Ok(StoreSettings {
            pool_size: pool_size.unwrap_or((2 * threads).max(4)),
            timeout: Duration::from_millis(timeout.unwrap_or(2_000)),
            threads,
        })
    }

    /// How many requests are worked on at once.
    ///
    /// # Errors
    ///
    /// When it is not from 1 to 100000.
    pub fn max_in_flight(&self) -> Result<usize, SettingError> {
        Ok(self.value(&MAX_IN_FLIGHT, |text| number(text, 1, 100_000))?.unwrap_or(500))
    }

    /// How long the service goes on once it is told to stop.
    ///
    /// # Errors
    ///
    /// When it is not from 0 to 600000 milliseconds.
    pub fn drain(&self) -> Result<Duration, SettingError> {
        let milliseconds = self.value(&DRAIN_MS, |text| number(text, 0, 600_000))?;
        Ok(Duration::from_millis(milliseconds.unwrap_or(2_000)))
    }

    /// How long the history is kept; none: for ever.
    ///
    /// # Errors
    ///
    /// When it is not from 1 to 36500 days.
    pub fn history_kept_for(&self) -> Result<Option<time::Duration>, SettingError> {
        let days: Option<u32> = self.value(&HISTORY_DAYS, |text| number(text, 1, 36_500))?;
        Ok(days.map(|days| time::Duration::days(days.into())))
    }

    /// How long a store that is still starting is waited for.
    ///
    /// # Errors
    ///
    /// When it is not from 0 to 600000 milliseconds.
    pub fn store_wait(&self) -> Result<Duration, SettingError> {
        let milliseconds = self.value(&DB_WAIT_MS, |text| number(text, 0, 600_000))?;
        Ok(Duration::from_millis(milliseconds.unwrap_or(30_000)))
    }

    /// Whether `serve` brings the schema up before it serves.
    ///
    /// # Errors
    ///
    /// When it is neither `true` nor `false`.
    pub fn migrate_on_start(&self) -> Result<bool, SettingError> {
        let flag =
            self.value(&MIGRATE_ON_START, |text| text.parse().map_err(|_| "must be true or false".to_owned()))?;
        Ok(flag.unwrap_or(true))
    }

    /// Where programs keep what they make for this person on this machine, as the XDG base directories have it.
    #[must_use]
    pub fn state_folder(&self) -> Option<PathBuf> {
        self.folder("XDG_STATE_HOME").or_else(|| self.home().map(|home| home.join(".local/state")))
    }

    /// The home of the person whose process this is.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.folder("HOME")
    }

    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.environment.get(name).map(PathBuf::from)
    }

    /// The form of the log.
    ///
    /// # Errors
    ///
    /// When it is neither `text` nor `json`.
    pub fn log_format(&self) -> Result<LogFormat, SettingError> {
        let on_terminal = || if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
        let format = self.value(&LOG, |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be text or json".to_owned()),
        })?;
        Ok(format.unwrap_or_else(on_terminal))
    }

    /// What is written to the log.
    ///
    /// # Errors
    ///
    /// When `RUST_LOG` cannot be read.
    pub fn log_levels(&self) -> Result<EnvFilter, SettingError> {
        let given = self.variable("RUST_LOG")?;
        let levels = given.as_deref().unwrap_or(DEFAULT_LEVELS);
        EnvFilter::builder().parse(levels).map_err(|error| {
            SettingError(format!("RUST_LOG cannot be read: {error}; it is to be like info or warn,live_app=debug"))
        })
    }

    /// What people's pseudonyms in the log are made with. Where the service has a secret, it serves for this as well:
    /// processes that share their settings share their pseudonyms.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn subject_key(&self) -> Result<SubjectKey, SettingError> {
        Ok(SubjectKey::of(&self.subject_key_given()?.map_or_else(Vec::new, |given| given.bytes)))
    }

    /// What that key is made of, as a user would name it; none: nothing is set that it could be made of.
    ///
    /// # Errors
    ///
    /// As for the key.
    pub fn subject_key_origin(&self) -> Result<Option<String>, SettingError> {
        Ok(self.subject_key_given()?.map(|given| given.origin))
    }

    /// What the secrets of calendar feeds are made with, derived from a secret that the service has, the longest ones first.
    /// Where it has none, it is a key of this process alone.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn feed_key(&self) -> Result<FeedKey, SettingError> {
        let secret = self.first_of([&AUTH_HS256_SECRET, &AUTH_INTROSPECTION_CLIENT_SECRET, &LOG_SUBJECT_KEY])?;
        Ok(secret.map_or_else(FeedKey::random, |given| FeedKey::of(&given.bytes)))
    }

    fn subject_key_given(&self) -> Result<Option<Given>, SettingError> {
        self.first_of([&LOG_SUBJECT_KEY, &AUTH_HS256_SECRET, &AUTH_INTROSPECTION_CLIENT_SECRET])
    }

    fn first_of(&self, settings: [&Setting; 3]) -> Result<Option<Given>, SettingError> {
        for setting in settings {
            if let Some(given) = self.given(setting)? {
                return Ok(Some(given));
            }
        }
        Ok(None)
    }
}

/// The addresses of a host and port; at least one.
fn resolved(text: &str) -> Option<Vec<SocketAddr>> {
    text.to_socket_addrs().ok().map(Vec::from_iter).filter(|addresses| !addresses.is_empty())
}

/// Whether the text is a scope (RFC 6749, section 3.3).
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

pub(super) fn number<T: FromStr + TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    let fault = || format!("must be a whole number from {least} to {most}");
    let number: u64 = text.parse().map_err(|_| fault())?;
    if !(least..=most).contains(&number) {
        return Err(fault());
    }
    T::try_from(number).map_err(|_| fault())
}
