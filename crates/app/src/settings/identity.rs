//! How tokens are verified.

use std::path::{Path, PathBuf};

use super::table::AUTH_JWKS;
use super::{SettingError, Settings};
use crate::auth::{KeySet, UnusableKey};

/// Where the public keys of the issuer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file.
    File(PathBuf),
}

impl Settings {
    /// Where the public keys of the issuer are.
    ///
    /// # Errors
    ///
    /// When the text is no UTF-8.
    pub fn jwks(&self) -> Result<Option<KeyPlace>, SettingError> {
        self.value(&AUTH_JWKS, |text| Ok(KeyPlace::File(text.into())))
    }
}

/// The keys in a file, and those of it that cannot be used.
///
/// # Errors
///
/// When it cannot be read, is no key set, or holds no key to use.
pub fn read_keys(path: &Path) -> Result<(KeySet, Vec<UnusableKey>), SettingError> {
    let unusable = |fault: String| SettingError(format!("{}: {} {fault}", AUTH_JWKS.name, path.display()));
    let text = std::fs::read(path).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    KeySet::read(&text).map_err(|error| unusable(error.to_string()))
}
