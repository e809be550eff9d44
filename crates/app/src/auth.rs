//! Who calls: bearer tokens, their claims, and the guard in front of the routes.

mod claims;
mod credentials;
mod guard;
mod jwt;

pub use claims::{ClaimRules, Claims};
pub use credentials::MAX_TOKEN;
pub use guard::{Caller, EditScopes, InvalidToken, Scopes, TokenRefusal, TokenVerifier};
pub use jwt::{Hs256Secret, Hs256Verifier, SecretError, mint};
