//! What can go wrong with Postgres, and what that means to a caller.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use live_domain::StoreError;
use tokio_postgres::error::{Error as DriverError, SqlState};

use super::failure::{Again, kind_of, remedy};
use super::undialled::Undialled;
use crate::connect::OpenError;
use crate::session_row::BadRow;
use crate::snapshot;
use crate::usage::FailureKind;

/// Enough for whoever waited for us to wake up and go on.
const MOMENT: Duration = Duration::from_millis(50);

/// A failure on Postgres. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PgError {
    #[error("cannot connect to Postgres ({target})")]
    Connect {
        target: String,
        #[source]
        source: Undialled,
    },
    #[error("cannot set up the connection to Postgres ({target})")]
    SetUp {
        target: String,
        #[source]
        source: diesel::ConnectionError,
    },
    #[error("Postgres did not answer within {} ms", .0.as_millis())]
    Deadline(Duration),
    #[error("Postgres closed the connection")]
    Closed,
    #[error("there is no pool of connections: {0}")]
    Pool(String),
    #[error("a statement failed on Postgres")]
    Statement(#[from] DieselError),
    #[error("a statement failed on Postgres (SQLSTATE {})", .sqlstate.code())]
    Told {
        sqlstate: SqlState,
        #[source]
        source: DieselError,
    },
    #[error("a bulk statement failed on Postgres{}", code(.0))]
    Bulk(#[from] DriverError),
    #[error("a migration failed on Postgres")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a row cannot be read")]
    Row(#[from] BadRow),
    #[error("a value cannot be kept as JSON, or read from it")]
    Json(#[source] snapshot::Unreadable),
    #[error("what was kept for an idempotency key was deleted while it was looked at")]
    KeyVanished,
    #[error("the task that dials or writes was broken off")]
    Task(#[source] tokio::task::JoinError),
}

impl PgError {
    /// With the server's own code, where a statement failed because the server said so.
    ///
    /// Diesel knows a few codes and gives the others as `Unknown`, a deadlock as well as a full disk.
    pub(crate) fn told(self, sqlstate: Option<SqlState>) -> Self {
        match (self, sqlstate) {
            (Self::Statement(source), Some(sqlstate)) if is_of_the_server(&source) => Self::Told { sqlstate, source },
            (error, _) => error,
        }
    }

    /// What kind of failure it is.
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::Connect { .. } | Self::SetUp { .. } => FailureKind::Connect,
            Self::Deadline(_) => FailureKind::Deadline,
            Self::Closed => FailureKind::Lost,
            Self::KeyVanished => FailureKind::Conflict,
            Self::Told { sqlstate, .. } => kind_of(sqlstate.code()),
            Self::Statement(error) => kind_without_code(error),
            Self::Bulk(error) => error.code().map_or(FailureKind::Lost, |sqlstate| kind_of(sqlstate.code())),
            Self::Migration(_) => FailureKind::Statement,
            Self::Row(_) | Self::Json(_) => FailureKind::Data,
            Self::Pool(_) | Self::Task(_) => FailureKind::Internal,
        }
    }

    /// After which time the work is to be tried once more, if at all. Should it have been done, that may do harm or not.
    pub(crate) fn another_attempt_in(&self, is_harmless: bool) -> Option<Duration> {
        match remedy(self.kind()).again {
            Again::AtOnce => Some(Duration::ZERO),
            Again::InAMoment => Some(MOMENT),
            Again::IfHarmless => is_harmless.then_some(Duration::ZERO),
            Again::No => None,
        }
    }

    /// Whether a row was there already.
    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Statement(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }
}

impl From<PgError> for StoreError {
    fn from(error: PgError) -> Self {
        if error.kind().passes() { Self::Unavailable(error.into()) } else { Self::Failed(error.into()) }
    }
}

impl From<PgError> for OpenError {
    fn from(error: PgError) -> Self {
        Self::Store(error.into())
    }
}

/// The server's own code of an error, as messages show it.
fn code(error: &DriverError) -> String {
    error.code().map(|sqlstate| format!(" (SQLSTATE {})", sqlstate.code())).unwrap_or_default()
}

/// Whether the server answered with it.
fn is_of_the_server(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, _) => {
            !matches!(kind, DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection)
        }
        _ => false,
    }
}

/// Without a code nothing is known of the connection, unless diesel failed by itself.
fn kind_without_code(error: &DieselError) -> FailureKind {
    match error {
        DieselError::DatabaseError(..)
        | DieselError::BrokenTransactionManager
        | DieselError::RollbackErrorOnCommit { .. } => FailureKind::Lost,
        DieselError::DeserializationError(_) => FailureKind::Data,
        _ => FailureKind::Statement,
    }
}
