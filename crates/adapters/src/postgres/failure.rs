//! What a failure means: whether it passes, whether the work is tried again, and what becomes of the connection.

use crate::usage::FailureKind;

/// What the server's own code of an error, its SQLSTATE, says. The first that the code begins with counts; what has no
/// line here is a statement that failed for a reason that does not pass.
const STATES: [(&str, FailureKind); 12] = [
    // "cached plan must not change result type": a migration has changed a column.
    ("0A000", FailureKind::Stale),
    // A statement that is prepared no more: a pooler in between has changed the server's side of the connection.
    ("26000", FailureKind::Stale),
    // Read-only: what was the primary is one no more.
    ("25006", FailureKind::Stale),
    // A connection that the server ends because of its transaction, or whose transaction is not what we think.
    ("25P", FailureKind::Lost),
    // Nobody knows whether it was done.
    ("40003", FailureKind::Lost),
    ("40", FailureKind::Conflict),
    ("55P03", FailureKind::Conflict),
    // Cancelled, by `statement_timeout` or by somebody.
    ("57014", FailureKind::Deadline),
    // The server shuts down, starts up, or ends the connection.
    ("57", FailureKind::Lost),
    ("08", FailureKind::Lost),
    ("53", FailureKind::Resources),
    ("58", FailureKind::Resources),
];

/// The kind of a failure that the server told with this code.
pub(super) fn kind_of(sqlstate: &str) -> FailureKind {
    let line = STATES.iter().find(|(beginning, _)| sqlstate.starts_with(beginning));
    line.map_or(FailureKind::Statement, |(_, kind)| *kind)
}

/// What is done about a failure on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remedy {
    pub(super) connection: Fate,
    pub(super) again: Again,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The next request can use it.
    Kept,
    /// It is not trusted any more.
    Dropped,
    /// It is not, nor is any that is older: they have been through the same.
    DroppedWithOlder,
}

/// Whether the work is tried once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The server has undone it.
    AtOnce,
    /// The server has undone it for the sake of others, who are to go first: else they meet once more.
    InAMoment,
    /// It may have been done: only if doing it twice does no harm.
    IfHarmless,
    /// Another attempt would meet the same.
    No,
}

/// What is done about a failure of that kind which ended the work on a connection.
pub(super) fn remedy(kind: FailureKind) -> Remedy {
    let (connection, again) = match kind {
        FailureKind::Conflict => (Fate::Kept, Again::InAMoment),
        FailureKind::Stale => (Fate::DroppedWithOlder, Again::AtOnce),
        FailureKind::Lost => (Fate::DroppedWithOlder, Again::IfHarmless),
        // It was the server that stopped; when our own deadline passes, nothing has come to its end.
        FailureKind::Deadline | FailureKind::Data => (Fate::Kept, Again::No),
        FailureKind::Connect | FailureKind::Resources | FailureKind::Statement | FailureKind::Internal => {
            (Fate::Dropped, Again::No)
        }
    };
    Remedy { connection, again }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_a_code_begins_with_counts() {
        for (sqlstate, kind) in [
            ("40001", FailureKind::Conflict),
            ("40P01", FailureKind::Conflict),
            ("40003", FailureKind::Lost),
            ("55P03", FailureKind::Conflict),
            ("55006", FailureKind::Statement),
            ("0A000", FailureKind::Stale),
            ("25006", FailureKind::Stale),
            ("25P03", FailureKind::Lost),
            ("26000", FailureKind::Stale),
            ("57014", FailureKind::Deadline),
            ("57P01", FailureKind::Lost),
            ("57P03", FailureKind::Lost),
            ("08006", FailureKind::Lost),
            ("53100", FailureKind::Resources),
            ("53300", FailureKind::Resources),
            ("58030", FailureKind::Resources),
            ("23505", FailureKind::Statement),
            ("42P01", FailureKind::Statement),
            ("XX001", FailureKind::Statement),
        ] {
            assert_eq!(kind_of(sqlstate), kind, "{sqlstate}");
        }
    }

    #[test]
    fn no_line_hides_a_later_one() {
        for (place, (beginning, _)) in STATES.iter().enumerate() {
            assert!(!STATES[..place].iter().any(|(earlier, _)| beginning.starts_with(earlier)), "{beginning}");
        }
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        for kind in FailureKind::ALL {
            assert!(kind.passes() || remedy(kind).again == Again::No, "{kind:?}");
        }
    }
}
