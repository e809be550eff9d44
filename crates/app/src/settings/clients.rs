//! How clients are treated: how often they may ask, and from which pages.

use std::num::NonZeroU32;

use super::table::{CORS_ORIGINS, RATE_PER_MINUTE, TRUSTED_PROXIES};
use super::values::number;
use super::{SettingError, Settings};
use crate::http::client_address::TrustedProxies;
use crate::http::cors::Cors;
use crate::http::rate::RateLimit;

impl Settings {
    /// How many requests a minute a caller may send, if that is limited.
    ///
    /// # Errors
    ///
    /// When it is not from 1 to 1000000, or a proxy is neither an address nor a network.
    pub fn rate_limit(&self) -> Result<Option<RateLimit>, SettingError> {
        let proxies = self.value(&TRUSTED_PROXIES, str::parse::<TrustedProxies>)?.unwrap_or_default();
        let per_minute = self.value(&RATE_PER_MINUTE, |text| number(text, 1, 1_000_000))?;
        Ok(per_minute.and_then(NonZeroU32::new).map(|per_minute| RateLimit::new(per_minute, proxies)))
    }

    /// Whose pages may call from a browser, if any.
    ///
    /// # Errors
    ///
    /// When one is no origin.
    pub fn cors(&self) -> Result<Option<Cors>, SettingError> {
        self.value(&CORS_ORIGINS, str::parse)
    }
}
