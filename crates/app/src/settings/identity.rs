//! How tokens are verified.

use std::path::{Path, PathBuf};

use reqwest::Url;
use secrecy::SecretString;

use super::table::{
    AUTH_INTROSPECTION_CLIENT_ID, AUTH_INTROSPECTION_CLIENT_SECRET, AUTH_INTROSPECTION_URL, AUTH_JWKS, Setting,
};
use super::{SettingError, Settings};
use crate::auth::{IntrospectionEndpoint, KeySet, UnusableKey};

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
            read_url(text).map(KeyPlace::Url).map_err(|fault| format!("must be the path of a file, or {fault}"))
        })
    }
}

impl Settings {
    /// Where the issuer is asked about tokens, and as whom.
    ///
    /// # Errors
    ///
    /// When one of the three settings is missing beside another, or the URL is none to use.
    pub fn introspection(&self) -> Result<Option<IntrospectionEndpoint>, SettingError> {
        let (url, id, secret) =
            (&AUTH_INTROSPECTION_URL, &AUTH_INTROSPECTION_CLIENT_ID, &AUTH_INTROSPECTION_CLIENT_SECRET);
        let missing = |setting: &Setting| {
            let belong = [url, id, secret].map(|setting| setting.name).join(", ");
            SettingError(format!("{} is not set: {belong} belong together", setting.name))
        };
        let given = (
            self.value(url, |text| read_url(text).map_err(|fault| format!("must be {fault}")))?,
            self.value(id, |text| Ok(text.to_owned()))?,
            self.value(secret, |text| Ok(SecretString::from(text)))?,
        );
        match given {
            (None, None, None) => Ok(None),
            (None, ..) => Err(missing(url)),
            (_, None, _) => Err(missing(id)),
            (.., None) => Err(missing(secret)),
            (Some(url), Some(client_id), Some(client_secret)) => {
                Ok(Some(IntrospectionEndpoint { url, client_id, client_secret }))
            }
        }
    }
}

/// Reads a URL to ask at. A password in it would stand in places where nobody looks for one.
pub(super) fn read_url(text: &str) -> Result<Url, &'static str> {
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
