//! From where lists are read besides.

use std::fmt;
use std::time::Duration;

use live_adapters::{DatabaseUrl, PostgresUrl, StandbySettings};

use super::table::{DATABASE_READ_MAX_LAG_MS, DATABASE_READ_URLS, DATABASE_URL};
use super::values::number;
use super::{Database, SettingError, Settings};

/// Standbys, and where their choice came from. They are shown with the passwords masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standbys {
    /// The primary that they follow.
    pub primary: PostgresUrl,
    /// The standbys.
    pub settings: StandbySettings,
    origin: String,
}

impl Standbys {
    /// What is wrong with an address, which shows only when the store is opened.
    #[must_use]
    pub fn fault(&self, fault: &str) -> SettingError {
        SettingError(format!("{}: {fault}", self.origin))
    }
}

impl fmt::Display for Standbys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StandbySettings { urls, max_lag } = &self.settings;
        let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
        write!(formatter, "{}, at most {} ms behind (from {})", urls.join(", "), max_lag.as_millis(), self.origin)
    }
}

impl Settings {
    /// From which standbys of that store lists are read, if from any.
    ///
    /// # Errors
    ///
    /// When an address is malformed, names no server of Postgres, more than one, or one twice; when the store is not on
    /// Postgres; when the bound is not from 100 to 3600000 milliseconds.
    pub fn standbys(&self, database: &Database) -> Result<Option<Standbys>, SettingError> {
        let Some((settings, origin)) = self.standby_settings()? else { return Ok(None) };
        let DatabaseUrl::Postgres(primary) = database.url.clone() else {
            return Err(SettingError(format!(
                "{origin} needs a primary on Postgres, and the store is {database}: unset it, or set {} to the primary",
                DATABASE_URL.name
            )));
        };
        Ok(Some(Standbys { primary, settings, origin }))
    }

    /// The standbys, whatever they follow, and where they were given.
    pub(super) fn standby_settings(&self) -> Result<Option<(StandbySettings, String)>, SettingError> {
        let max_lag = self.value(&DATABASE_READ_MAX_LAG_MS, |text| number(text, 100, 3_600_000))?;
        let Some((text, origin)) = self.text(&DATABASE_READ_URLS)? else { return Ok(None) };
        let urls = self.standby_urls(&text).map_err(|fault| SettingError(format!("{origin}: {fault}")))?;
        let max_lag = Duration::from_millis(max_lag.unwrap_or(1_000));
        Ok(Some((StandbySettings { urls, max_lag }, origin)))
    }

    fn standby_urls(&self, text: &str) -> Result<Vec<PostgresUrl>, String> {
        let mut urls: Vec<PostgresUrl> = Vec::new();
        for (place, member) in text.split(',').enumerate() {
            let fault = |fault: &str| format!("address {}: {fault}", place + 1);
            let hint = "; a comma ends an address (in a password it is %2C), and each names one server";
            let url = match self.address(member.trim()) {
                Ok(DatabaseUrl::Postgres(url)) => url,
                Ok(DatabaseUrl::Sqlite(_)) => {
                    return Err(fault("a SQLite file has no standbys: name servers of Postgres"));
                }
                Err(error) => return Err(fault(&format!("{error}{hint}"))),
            };
            if !url.is_of_one_server() {
                return Err(fault("names several servers: how far each has come could not be told apart; name one"));
            }
            if urls.iter().any(|known| known.servers() == url.servers()) {
                return Err(fault(&format!("{} is named twice", url.servers())));
            }
            urls.push(url);
        }
        Ok(urls)
    }
}
