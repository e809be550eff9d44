//! Where the store is.

use std::fmt;
use std::path::Path;

use live_adapters::{DatabaseUrl, DatabaseUrlError};

use super::table::DATABASE_URL;
use super::{SettingError, Settings, libpq};

/// The file of the embedded store, in the working folder.
const DEFAULT_FILE: &str = "live.db";

/// What a command does when `DATABASE_URL` is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseDefault {
    /// It takes `live.db` and makes it if need be. The variables of libpq are not for it: a server that somebody works
    /// on elsewhere is not to be filled with samples.
    File,
    /// It takes what the variables of libpq name, else `live.db` if it is there.
    FileIfThere,
    /// It takes what the variables of libpq name, and nothing else: production names its store.
    None,
}

/// A store, and where its choice came from. It is shown with the password masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The address.
    pub url: DatabaseUrl,
    origin: String,
}

impl Database {
    /// What is wrong with the address, which shows only when the store is opened.
    #[must_use]
    pub fn fault(&self, fault: &str) -> SettingError {
        SettingError(format!("{}: {fault}", self.origin))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (from {})", self.url, self.origin)
    }
}

impl Settings {
    /// Where the store is.
    ///
    /// # Errors
    ///
    /// When it is nowhere, or its address is malformed.
    pub fn database(&self, default: DatabaseDefault) -> Result<Database, SettingError> {
        if let Some((text, origin)) = self.text(&DATABASE_URL)? {
            return self.database_at(&text, origin);
        }
        if default != DatabaseDefault::File
            && let Some(address) = self.libpq_address()?
        {
            let origin = format!("{} and the other PG* variables, as {} is not set", libpq::HOST, DATABASE_URL.name);
            return self.database_at(&address, origin);
        }
        let file_serves = match default {
            DatabaseDefault::File => true,
            DatabaseDefault::FileIfThere => Path::new(DEFAULT_FILE).exists(),
            DatabaseDefault::None => false,
        };
        if file_serves {
            let origin = format!("the default, as {} is not set", DATABASE_URL.name);
            return Ok(Database { url: DatabaseUrl::Sqlite(DEFAULT_FILE.into()), origin });
        }
        Err(SettingError(format!(
            "{name} is not set: set it to postgres://USER:PASSWORD@HOST/DATABASE or sqlite:PATH, give --{flag}, or set \
             {host} and the other PG* variables",
            host = libpq::HOST,
            name = DATABASE_URL.name,
            flag = DATABASE_URL.flag(),
        )))
    }

    fn database_at(&self, text: &str, origin: String) -> Result<Database, SettingError> {
        let url = self.address(text).map_err(|fault| SettingError(format!("{origin}: {fault}")))?;
        Ok(Database { url, origin })
    }

    /// The store at that address, to the person whose process this is.
    pub(super) fn address(&self, text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        let url: DatabaseUrl = text.parse()?;
        Ok(self.home().iter().fold(url, |url, home| url.at_home(home)))
    }
}
