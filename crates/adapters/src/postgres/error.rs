//! What can go wrong with Postgres, and what that means to a caller.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use live_domain::StoreError;
use tokio_postgres::error::{Error as DriverError, SqlState};

use super::undialled::Undialled;
use crate::connect::OpenError;
use crate::session_row::BadRow;
use crate::snapshot;
use crate::usage::FailureKind;

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
    #[error("there is no pool of connections: {0}")]
    Pool(String),
    #[error("a statement failed on Postgres")]
    Statement(#[from] DieselError),
    #[error("a bulk statement failed on Postgres")]
    Bulk(#[from] DriverError),
    #[error("a migration failed on Postgres")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a row cannot be read")]
    Row(#[from] BadRow),
    #[error("a value cannot be kept as JSON, or read from it")]
    Json(#[source] snapshot::Unreadable),
    #[error("what was kept for an idempotency key was deleted while it was looked at")]
    KeyVanished,
    #[error("the task of a write was broken off")]
    Task(#[source] tokio::task::JoinError),
}

impl PgError {
    /// Whether the connection can be used again: the work came to an end that says nothing about it or the server.
    pub(crate) fn leaves_the_connection_whole(&self) -> bool {
        match self {
            Self::Row(_) | Self::Json(_) | Self::KeyVanished => true,
            Self::Statement(error) => answered(error),
            _ => false,
        }
    }

    /// Whether the server has undone the work for a reason that another attempt may not meet: a deadlock, a conflict, a
    /// plan that a migration made stale, or a server that has become a standby. Diesel has no kind for most of them, and
    /// gives them as `Unknown`, together with much that no attempt will mend: hence the attempts are few. A connection
    /// that broke is not among them: there the work may be done.
    pub(crate) fn may_pass_at_once(&self) -> bool {
        matches!(
            self,
            Self::KeyVanished
                | Self::Statement(DieselError::DatabaseError(
                    DatabaseErrorKind::Unknown
                        | DatabaseErrorKind::SerializationFailure
                        | DatabaseErrorKind::ReadOnlyTransaction,
                    _
                ))
        )
    }

    /// What kind of failure it is.
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::Connect { .. } | Self::SetUp { .. } => FailureKind::Connect,
            Self::Deadline(_) => FailureKind::Deadline,
            Self::KeyVanished => FailureKind::Conflict,
            Self::Statement(error) if answered(error) => FailureKind::Statement,
            Self::Statement(_) => FailureKind::Lost,
            Self::Bulk(error) if error.code().is_none_or(passes) => FailureKind::Lost,
            Self::Bulk(_) | Self::Migration(_) => FailureKind::Statement,
            Self::Row(_) | Self::Json(_) => FailureKind::Data,
            Self::Pool(_) | Self::Task(_) => FailureKind::Internal,
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

/// Whether the statement ran to an end that says nothing about the connection or the server.
///
/// Whatever diesel has no kind for (a shutdown, a full disk, too many connections, a deadlock) arrives as `Unknown`: then
/// nothing is known, and the connection is not trusted again.
fn answered(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, _) => matches!(
            kind,
            DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::RestrictViolation
                | DatabaseErrorKind::ExclusionViolation
        ),
        DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => false,
        _ => true,
    }
}

/// Whether the same statement may succeed later.
fn passes(state: &SqlState) -> bool {
    // Connection, serialisation, resources, operator intervention, system; and a server that has become a standby.
    let classes = ["08", "40", "53", "57", "58"];
    classes.iter().any(|class| state.code().starts_with(class))
        || [SqlState::LOCK_NOT_AVAILABLE, SqlState::READ_ONLY_SQL_TRANSACTION].contains(state)
}
