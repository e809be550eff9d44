//! Why no host took a connection.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_postgres::error::{Error as DriverError, SqlState};

use crate::database_url::endpoint::Endpoint;

/// What each host of an address answered, in the order in which they were tried.
#[derive(Debug, Default)]
pub(crate) struct Undialled(Vec<(String, Cause)>);

/// Why a host did not take a connection. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// Its name has no address.
    #[error("its name cannot be resolved")]
    Unknown(#[source] io::Error),
    /// Nobody listens there, or no packet comes through.
    #[error("it cannot be reached")]
    Unreached(#[source] io::Error),
    /// It does not answer.
    #[error("it did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// It refused the log-in, or the connection broke in the middle of it.
    #[error(transparent)]
    Driver(DriverError),
}

impl Cause {
    /// Whether another host would say the same: a wrong password is not tried elsewhere.
    pub(crate) fn is_final(&self) -> bool {
        self.refusal().is_some_and(|state| *state != SqlState::CANNOT_CONNECT_NOW)
    }

    /// What the server said when it refused.
    fn refusal(&self) -> Option<&SqlState> {
        match self {
            Self::Driver(error) => error.code(),
            Self::Unknown(_) | Self::Unreached(_) | Self::TimedOut(_) => None,
        }
    }
}

impl Undialled {
    pub(crate) fn add(&mut self, endpoint: &Endpoint, cause: Cause) {
        self.0.push((endpoint.to_string(), cause));
    }
}

impl fmt::Display for Undialled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (endpoint, cause)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{endpoint}: {}", chain(cause))?;
        }
        Ok(())
    }
}

impl Error for Undialled {}

/// An error and what caused it: of several hosts, each has its own.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
