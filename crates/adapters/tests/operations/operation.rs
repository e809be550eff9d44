//! What can be asked of a store.
//!
//! Sessions, people, keys and places are few, so that operations meet: a number out of a small range stands for each.

use live_domain::{
    BrandScope, Editor, Expected, MaxParticipants, Pseudonym, Reach, RegistrationStatus, RequestKey, Selection,
    SessionDraft, SessionOrder, SessionPatch, SessionStatus, Transition, Viewer,
};

/// Stands for a session: one of those that are imported or of those that were created, or one that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionNumber(pub(crate) u8);

/// Who asks, and what exists for them.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) viewer: Viewer,
    pub(crate) scope: BrandScope,
    pub(crate) reach: Reach,
}

impl Caller {
    pub(crate) fn editor(&self) -> Editor {
        let Self { viewer, scope, reach } = self.clone();
        Editor { viewer, scope, reach }
    }
}

/// A line of a file of sessions.
#[derive(Debug, Clone)]
pub(crate) struct SessionOfFile {
    pub(crate) number: SessionNumber,
    pub(crate) host: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: SessionStatus,
    pub(crate) seats: MaxParticipants,
    pub(crate) metadata: &'static str,
    /// Minutes, where the line names it.
    pub(crate) updated_at: Option<i64>,
}

/// A line of a file of registrations.
#[derive(Debug, Clone)]
pub(crate) struct RegistrationOfFile {
    pub(crate) number: SessionNumber,
    pub(crate) person: &'static str,
    pub(crate) status: RegistrationStatus,
    /// Stands for an id: one of the file's own, or that of a registration that was made.
    pub(crate) id: Option<u8>,
    /// How many minutes ago.
    pub(crate) registered_at: Option<i64>,
    /// How many minutes ago, for one that is cancelled.
    pub(crate) cancelled_at: Option<i64>,
}

/// Something that is asked of a store.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Create {
        caller: Caller,
        draft: SessionDraft,
        key: Option<RequestKey>,
    },
    Patch {
        caller: Caller,
        session: SessionNumber,
        expected: Expected,
        patch: SessionPatch,
    },
    Step {
        caller: Caller,
        session: SessionNumber,
        expected: Expected,
        step: Transition,
        key: Option<RequestKey>,
    },
    Register {
        caller: Caller,
        session: SessionNumber,
        key: Option<RequestKey>,
    },
    Cancel {
        caller: Caller,
        session: SessionNumber,
    },
    Latest {
        caller: Caller,
        session: SessionNumber,
    },
    Find {
        caller: Caller,
        session: SessionNumber,
    },
    /// Follows the pages to the end.
    Line {
        caller: Caller,
        session: SessionNumber,
        statuses: Selection<RegistrationStatus>,
        size: u8,
    },
    /// Follows the pages to the end.
    List {
        caller: Caller,
        brand: Option<&'static str>,
        order: SessionOrder,
        size: u8,
    },
    ImportSessions(Vec<SessionOfFile>),
    ImportRegistrations(Vec<RegistrationOfFile>),
    /// Deletes what was kept for too long.
    Prune,
    /// Deletes what happened longer ago than so many minutes.
    DeleteHistory(i64),
    Forget {
        person: &'static str,
        pseudonym: Pseudonym,
    },
    /// So many minutes pass; fewer than none when a clock is set.
    Pass(i64),
}
