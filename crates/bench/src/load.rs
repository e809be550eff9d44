//! What came of a time of load.

/// How many clients ask at once.
pub(crate) const CONNECTIONS: usize = 16;

/// What came of a time of load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) requests: u32,
    pub(crate) per_second: f64,
    /// Half of the answers came within so many milliseconds ...
    pub(crate) median: f64,
    /// ... and 99 of 100 within so many.
    pub(crate) late: f64,
}
