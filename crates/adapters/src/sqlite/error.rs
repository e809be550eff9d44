//! What can go wrong with SQLite, and what that means to a caller.

use std::path::PathBuf;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use live_domain::StoreError;

use crate::session_row::BadRow;
use crate::snapshot;
use crate::usage::FailureKind;

/// A failure on SQLite.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqliteError {
    #[error("cannot open the SQLite file {}: there is no folder {}", .path.display(), .folder.display())]
    NoFolder { path: PathBuf, folder: PathBuf },
    #[error("there is no SQLite file {}: `live migrate` makes it", .0.display())]
    NoFile(PathBuf),
    #[error("cannot open the SQLite file {}: its name is no UTF-8", .0.display())]
    Name(PathBuf),
    #[error("cannot open {} as a SQLite database; it, and its folder, must be writable", .path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: diesel::ConnectionError,
    },
    #[error("SQLite did not answer within {} ms", .0.as_millis())]
    Deadline(Duration),
    #[error("there is no pool of connections: {0}")]
    Pool(String),
    #[error("a statement failed on SQLite")]
    Statement(#[from] DieselError),
    #[error("a migration failed on SQLite")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a row cannot be read")]
    Row(#[from] BadRow),
    #[error("a text of the history or of the kept answers cannot be written or read")]
    Snapshot(#[source] snapshot::Unreadable),
    #[error("the work on SQLite did not come to its end")]
    Lost(#[from] tokio::task::JoinError),
}

impl SqliteError {
    /// What kind of failure it is.
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::NoFolder { .. } | Self::NoFile(_) | Self::Open { .. } => FailureKind::Connect,
            Self::Deadline(_) => FailureKind::Deadline,
            // A file that is locked, full or gone has no kind of its own.
            Self::Statement(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)) => FailureKind::Resources,
            Self::Statement(_) | Self::Migration(_) => FailureKind::Statement,
            Self::Row(_) | Self::Snapshot(_) => FailureKind::Data,
            Self::Name(_) | Self::Pool(_) | Self::Lost(_) => FailureKind::Internal,
        }
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        if error.kind().passes() { Self::Unavailable(error.into()) } else { Self::Failed(error.into()) }
    }
}

/// Why a transaction is rolled back: a rule refuses what it is for, or SQLite fails.
pub(crate) enum Refusal<R> {
    Rule(R),
    Store(SqliteError),
}

impl<R, E: Into<SqliteError>> From<E> for Refusal<R> {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}
