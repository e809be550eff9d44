//! The settings: environment variables and flags, read in this one place.

mod clients;
mod database;
mod faults;
mod flags;
mod identity;
mod libpq;
mod standbys;
mod table;
#[cfg(feature = "otel")]
mod traces;
mod values;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

pub use database::{Database, DatabaseDefault};
pub use flags::{SettingFlags, arguments};
pub use identity::{KeyPlace, read_keys};
pub use standbys::Standbys;
pub use table::{Form, SETTINGS, Setting};
#[cfg(feature = "otel")]
pub use traces::TraceExport;
pub use values::LogFormat;

use crate::nearest::nearest;

/// A setting is missing or wrong. The text names it and says how to mend it; it never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(pub(crate) String);

/// A text that a setting was given, and where.
struct Given {
    bytes: Vec<u8>,
    /// The flag or variable, as a user would name it.
    origin: String,
}

/// The settings as they were given, by flags and by the environment. Not shown for debugging, as some are secret.
#[derive(Clone, Default)]
pub struct Settings {
    flags: SettingFlags,
    environment: BTreeMap<String, OsString>,
}

impl Settings {
    /// The settings of this process.
    #[must_use]
    pub fn of_process(flags: SettingFlags) -> Self {
        Self::new(flags, std::env::vars_os())
    }

    /// The settings of these flags and variables. An empty variable counts as unset.
    pub fn new(flags: SettingFlags, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        let environment = environment.into_iter().filter(|(_, value)| !value.is_empty()).filter_map(named).collect();
        Self { flags, environment }
    }

    /// Whether text may have colours there: on a terminal that shows them, unless `NO_COLOR` is set (<https://no-color.org>).
    #[must_use]
    pub fn colours_on(&self, stream: &impl IsTerminal) -> bool {
        let is_dumb = self.environment.get("TERM").is_some_and(|terminal| terminal == "dumb");
        stream.is_terminal() && !is_dumb && !self.environment.contains_key("NO_COLOR")
    }

    /// What is said of each `LIVE_*` variable that means nothing here.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let known: Vec<String> = SETTINGS.iter().flat_map(Setting::variables).collect();
        let unknown = self.environment.keys().filter(|name| name.starts_with("LIVE_") && !known.contains(*name));
        unknown
            .map(|name| {
                let nearest = nearest(name, known.iter().map(String::as_str)).unwrap_or_default();
                format!("{name} is no setting; the nearest known one is {nearest}")
            })
            .collect()
    }

    /// What the setting was given: by its flag, else by its variable; as it is, or as the path of a file.
    fn given(&self, setting: &Setting) -> Result<Option<Given>, SettingError> {
        let flags = (self.flag(&setting.flag()), self.flag(&setting.file_flag()));
        let variables = (self.variable(setting.name)?, self.variable(&setting.file_variable())?);
        for (direct, file, names) in [
            (flags.0, flags.1, (format!("--{}", setting.flag()), format!("--{}", setting.file_flag()))),
            (variables.0, variables.1, (setting.name.to_owned(), setting.file_variable())),
        ] {
            return match (direct, file) {
                (None, None) => continue,
                (Some(_), Some(_)) => {
                    Err(SettingError(format!("{} and {} are both given: give one", names.0, names.1)))
                }
                (Some(text), None) => Ok(Some(Given { bytes: text.into_bytes(), origin: names.0 })),
                (None, Some(path)) => read_file(&path, names.1).map(Some),
            };
        }
        Ok(None)
    }

    fn flag(&self, name: &str) -> Option<String> {
        self.flags.0.get(name).cloned()
    }

    fn variable(&self, name: &str) -> Result<Option<String>, SettingError> {
        let Some(value) = self.environment.get(name) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| SettingError(format!("{name} is not valid UTF-8")))?;
        Ok(Some(text.to_owned()))
    }

    /// The text of a setting and where it was given.
    fn text(&self, setting: &Setting) -> Result<Option<(String, String)>, SettingError> {
        let Some(Given { bytes, origin }) = self.given(setting)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| SettingError(format!("{origin} is not valid UTF-8")))?;
        Ok(Some((text, origin)))
    }

    /// The value of a setting; `read` says what is allowed when the text is wrong.
    fn value<T>(
        &self,
        setting: &Setting,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, SettingError> {
        let Some((text, origin)) = self.text(setting)? else { return Ok(None) };
        read(&text).map(Some).map_err(|fault| SettingError(format!("{origin} {fault}")))
    }
}

/// The longest file that a setting is read from, in bytes. A device has no end.
const LONGEST_FILE: u64 = 65_536;

/// What a file holds, without one newline at its end.
fn read_file(path: &str, origin: String) -> Result<Given, SettingError> {
    let unreadable = |error: std::io::Error| SettingError(format!("{origin}: {path} cannot be read: {error}"));
    let file = File::open(Path::new(path)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST_FILE) {
        return Err(SettingError(format!("{origin}: {path} is longer than {LONGEST_FILE} bytes: it is another file")));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(SettingError(format!("{origin}: {path} is empty")));
    }
    Ok(Given { bytes, origin })
}

#[cfg(test)]
mod tests;
