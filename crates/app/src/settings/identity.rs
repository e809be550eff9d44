//! How tokens are verified.

use std::path::{Path, PathBuf};

use reqwest::Url;

use super::table::AUTH_JWKS;
use super::{SettingError, Settings};
use crate::auth::{KeySet, UnusableKey};

/// Where the public keys of the issuer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file.
    File(PathBuf),
    /// At a URL.
    Url(Url),
}

impl Settings {
    /// Where the public keys of the issuer are.
    ///
    /// # Errors
    ///
    /// When it looks like a URL and is none to use.
    pub fn jwks(&self) -> Result<Option<KeyPlace>, SettingError> {
        self.value(&AUTH_JWKS, |text| {
            if !text.contains("://") {
                return Ok(KeyPlace::File(text.into()));
            }
            url(text).map(KeyPlace::Url).map_err(|fault| format!("must be the path of a file, or {fault}"))
        })
    }
}

/// Reads a URL to ask at. A password in it would stand in places where nobody looks for one.
fn url(text: &str) -> Result<Url, &'static str> {
    let is_plain = |url: &Url| url.username().is_empty() && url.password().is_none();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && is_plain(url));
    url.ok_or("an http(s) URL without user and password")
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
