//! Which of several servers will do: `target_session_attrs`.

use std::str::FromStr;

use super::DatabaseUrlError;

const KINDS: [(&str, ServerKind); 6] = [
    ("any", ServerKind::Any),
    ("read-write", ServerKind::ReadWrite),
    ("read-only", ServerKind::ReadOnly),
    ("primary", ServerKind::Primary),
    ("standby", ServerKind::Standby),
    ("prefer-standby", ServerKind::PreferStandby),
];

/// What a server must be, in the words of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerKind {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby if there is one, else any.
    PreferStandby,
}

impl ServerKind {
    /// What is looked for, one after the other, each time among all servers.
    pub(crate) fn rounds(self) -> &'static [Self] {
        match self {
            Self::Any => &[Self::Any],
            Self::ReadWrite => &[Self::ReadWrite],
            Self::ReadOnly => &[Self::ReadOnly],
            Self::Primary => &[Self::Primary],
            Self::Standby => &[Self::Standby],
            Self::PreferStandby => &[Self::Standby, Self::Any],
        }
    }

    /// What to ask a server, and what it must answer.
    pub(crate) fn question(self) -> Option<(&'static str, &'static str)> {
        const READ_ONLY: &str = "SHOW transaction_read_only";
        const STANDBY: &str = "SELECT pg_catalog.pg_is_in_recovery()";
        match self {
            Self::Any | Self::PreferStandby => None,
            Self::ReadWrite => Some((READ_ONLY, "off")),
            Self::ReadOnly => Some((READ_ONLY, "on")),
            Self::Primary => Some((STANDBY, "f")),
            Self::Standby => Some((STANDBY, "t")),
        }
    }
}

impl FromStr for ServerKind {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        KINDS.into_iter().find_map(|(name, kind)| (name == text).then_some(kind)).ok_or_else(|| {
            let names = KINDS.map(|(name, _)| name).join(", ");
            DatabaseUrlError::Parameter("target_session_attrs", format!("one of {names}"))
        })
    }
}
