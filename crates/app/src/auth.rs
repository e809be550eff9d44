//! Who calls: bearer tokens, their claims, and the guard in front of the routes.

mod claims;
mod credentials;
mod guard;
mod introspection;
mod jwt;
mod keys;
mod memory;
mod outbound;
mod refusal;
mod secret;

pub use claims::{ClaimRules, Claims, LEEWAY};
pub use credentials::MAX_TOKEN;
pub use guard::{Caller, EditScopes, InvalidToken, Scopes, TokenRefusal, TokenVerifier};
pub use introspection::{Introspection, IntrospectionEndpoint, IntrospectionOutcome, JwtOrIntrospection};
pub use jwt::JwtVerifier;
pub use keys::{
    KeyFault, KeyRefresh, KeySet, KeySetError, KeySource, KeyUrl, NoKeysYet, PublicKeys, RemoteKeys, UnusableKey,
};
pub use memory::Acceptance;
pub use outbound::OutboundError;
pub use refusal::Refusal;
pub use secret::{Hs256Secret, SecretError, mint};
