//! Why the guard refuses a request, for those who watch the service.

use super::guard::InvalidToken;
use crate::metrics::Outcome;

/// Why the guard refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has no token.
    NoToken,
    /// It has a token in two places.
    Ambiguous,
    /// Its token does not verify.
    Invalid(InvalidToken),
    /// Its token cannot be verified now.
    Unavailable,
    /// Its token lacks a scope.
    InsufficientScope,
    /// Its caller has sent too many.
    RateLimited,
}

impl Outcome for Refusal {
    const LABEL: &'static str = "reason";
    const ALL: &'static [Self] = &[
        Self::NoToken,
        Self::Ambiguous,
        Self::Invalid(InvalidToken::Malformed),
        Self::Invalid(InvalidToken::Signature),
        Self::Invalid(InvalidToken::Inactive),
        Self::Invalid(InvalidToken::Expired),
        Self::Invalid(InvalidToken::NotYetValid),
        Self::Invalid(InvalidToken::Issuer),
        Self::Invalid(InvalidToken::Audience),
        Self::Invalid(InvalidToken::Claims),
        Self::Unavailable,
        Self::InsufficientScope,
        Self::RateLimited,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::Ambiguous => "ambiguous",
            Self::Invalid(InvalidToken::Malformed) => "malformed",
            Self::Invalid(InvalidToken::Signature) => "signature",
            Self::Invalid(InvalidToken::Inactive) => "inactive",
            Self::Invalid(InvalidToken::Expired) => "expired",
            Self::Invalid(InvalidToken::NotYetValid) => "not_yet_valid",
            Self::Invalid(InvalidToken::Issuer) => "issuer",
            Self::Invalid(InvalidToken::Audience) => "audience",
            Self::Invalid(InvalidToken::Claims) => "claims",
            Self::Unavailable => "unavailable",
            Self::InsufficientScope => "insufficient_scope",
            Self::RateLimited => "rate_limited",
        }
    }
}
