//! The rules of a list: which sessions, in which order, from which place on, how many.

mod filter;
mod month;
mod page;
mod scan;

pub use filter::{Selection, SessionFilter, Variants};
pub use month::{Month, MonthError, TimeZone, UnknownTimeZone};
pub use page::{Page, PageSize, PageSizeError};
pub use scan::{Position, ScanOrder, SessionOrder, SessionScan, StorePosition, UpcomingGrace};
