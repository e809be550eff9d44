//! What can go wrong with Postgres, and what that means to a caller.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use live_domain::StoreError;
use tokio_postgres::error::{Error as DriverError, SqlState};

use crate::session_row::BadRow;

/// A failure on Postgres. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PgError {
    #[error("cannot connect to Postgres ({target})")]
    Connect {
        target: String,
        #[source]
        source: DriverError,
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
}

impl From<PgError> for StoreError {
    fn from(error: PgError) -> Self {
        let unavailable = match &error {
            PgError::Connect { .. } | PgError::SetUp { .. } | PgError::Deadline(_) => true,
            PgError::Pool(_) | PgError::Migration(_) | PgError::Row(_) => false,
            PgError::Statement(error) => !answered(error),
            PgError::Bulk(error) => error.code().is_none_or(passes),
        };
        if unavailable { Self::Unavailable(error.into()) } else { Self::Failed(error.into()) }
    }
}

/// Whether the statement ran to an end that says nothing about the connection or the server.
///
/// Whatever diesel has no kind for (a shutdown, a full disk, too many connections, a deadlock) arrives as `Unknown`: then
/// nothing is known, and the connection is not trusted again.
pub(crate) fn answered(error: &DieselError) -> bool {
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
        DieselError::BrokenTransactionManager => false,
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
