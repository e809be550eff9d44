//! Numbers of lines and their faults, the same for every store.

use live_domain::bulk::BadLine;

/// The number of a bad line, and what is wrong with it.
pub(crate) type Fault = (u64, BadLine);

/// The fault of the first line; of one line, the first of its faults.
pub(crate) fn first_fault(faults: impl IntoIterator<Item = Option<Fault>>) -> Option<Fault> {
    faults.into_iter().flatten().min_by_key(|(number, _)| *number)
}

/// The number of a line as stores keep it.
pub(crate) fn line_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
