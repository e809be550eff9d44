//! The parameters of the list of registrations, as domain values.

use live_domain::listing::Selection;
use live_domain::{PageSize, RegistrationStatus};
use utoipa::IntoParams;

use super::faults::Faults;
use super::query::{Query, page_size, selection};
use super::registration_body::RegistrationStatusName;

/// The names that the list knows.
pub const LINE_PARAMETERS: &[&str] = &["status", "limit", "cursor"];

/// The parameters of the list. [`ListRegistrationsQuery`] reads them strictly; this describes them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
pub struct ListRegistrationsParameters {
    /// Registrations in one of these states, separated by commas.
    #[param(style = Form, explode = false, value_type = Option<Vec<RegistrationStatusName>>)]
    status: Option<String>,
    /// How many registrations a page holds; 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(min_length = 1, max_length = 512)]
    cursor: Option<String>,
}

/// What a caller asked the list for.
#[derive(Debug)]
pub struct ListRegistrationsQuery {
    /// Registrations of these statuses.
    pub statuses: Selection<RegistrationStatus>,
    /// How many.
    pub size: PageSize,
    /// Where to go on, still as text.
    pub cursor: Option<String>,
}

impl ListRegistrationsQuery {
    /// Reads the raw query string.
    ///
    /// # Errors
    ///
    /// Every parameter that is off.
    pub fn parse(raw: &str) -> Result<Self, Faults> {
        let mut query = Query::parse(raw, LINE_PARAMETERS);
        let statuses = query.read("status", |text| selection(text, RegistrationStatus::as_str)).unwrap_or_default();
        let size = query.read("limit", page_size).unwrap_or_default();
        let cursor = query.read("cursor", |text| Ok(text.to_owned()));
        query.finish()?;
        Ok(Self { statuses, size, cursor })
    }
}
