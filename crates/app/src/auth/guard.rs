//! The guard: a handler that takes a [`Caller`] is behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;
use live_domain::{BrandScope, Editor, Reach, Viewer};

use super::credentials::{Credentials, credentials};
use super::refusal::Refusal;
use crate::http::error::{ApiError, ErrorCode};
use crate::http::record::Record;
use crate::http::state::AppState;

/// Scopes of a token, or those that a route demands.
pub type Scopes = BTreeSet<String>;

/// The scopes of those who create and change sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditScopes {
    /// Of hosts: sessions that they host.
    pub write: String,
    /// Of managers: every session of their brands.
    pub manage: String,
}

/// The caller, as their token tells. A clone shares what is large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub viewer: Viewer,
    /// The brands that exist for them.
    pub brands: BrandScope,
    /// The scopes they were granted.
    pub scopes: Arc<Scopes>,
}

impl Caller {
    /// Sees to it that the caller has all of these scopes.
    ///
    /// # Errors
    ///
    /// `insufficient_scope`.
    pub fn demand(&self, scopes: &Scopes) -> Result<(), ApiError> {
        if scopes.is_subset(&self.scopes) {
            return Ok(());
        }
        Err(insufficient_scope(&scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")))
    }

    /// The caller as one who creates and changes sessions.
    ///
    /// # Errors
    ///
    /// `insufficient_scope` when they are neither host nor manager.
    pub fn editor(self, scopes: &EditScopes) -> Result<Editor, ApiError> {
        let Self { viewer, brands, scopes: granted } = self;
        let reach = if granted.contains(&scopes.manage) {
            Reach::Any
        } else if granted.contains(&scopes.write) {
            Reach::Own
        } else {
            return Err(insufficient_scope(&scopes.write));
        };
        Ok(Editor { viewer, scope: brands, reach })
    }
}

fn insufficient_scope(demanded: &str) -> ApiError {
    let challenge = challenge(&format!(", error=\"insufficient_scope\", scope=\"{demanded}\""));
    ApiError::new(ErrorCode::InsufficientScope, format!("the token must have the scope {demanded}"))
        .with_header(header::WWW_AUTHENTICATE, challenge)
        .with_refusal(Refusal::InsufficientScope)
}

/// Tells whose token it is. Implementations join without a change to any handler.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The caller that the token stands for.
    ///
    /// # Errors
    ///
    /// [`TokenRefusal`] when it stands for none, or when that cannot be told now.
    async fn verify(&self, token: &str) -> Result<Caller, TokenRefusal>;

    /// The same as far as it can be told without asking the issuer about the token; none when it cannot. Keys may be fetched,
    /// as seldom as ever: whatever tokens come, there is a pause between two fetches.
    async fn verify_unasked(&self, token: &str) -> Option<Result<Caller, TokenRefusal>> {
        Some(self.verify(token).await)
    }

    /// Whether it has had what it verifies with: the service takes no traffic before.
    fn is_ready(&self) -> bool {
        true
    }
}

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    /// It does not verify.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// What is needed to verify it does not answer.
    #[error("tokens cannot be verified now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a token does not verify, in fixed phrases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// No token at all, or one that is far too long.
    #[error("the token is malformed")]
    Malformed,
    /// Not signed by a key that is known here, or in another way than that key allows.
    #[error("the signature is not valid")]
    Signature,
    /// The issuer does not know it, or takes it for good no more.
    #[error("the token is not active")]
    Inactive,
    /// Past `exp`.
    #[error("the token has expired")]
    Expired,
    /// Before `nbf` or `iat`.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// From another issuer.
    #[error("the issuer is not the expected one")]
    Issuer,
    /// For another audience.
    #[error("the audience is not the expected one")]
    Audience,
    /// A claim is missing, or not of its form.
    #[error("a claim is missing or malformed")]
    Claims,
}

impl From<TokenRefusal> for ApiError {
    fn from(refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::Invalid(reason) => invalid_token(reason),
            TokenRefusal::Unavailable(_) => Self::unavailable(refusal).with_refusal(Refusal::Unavailable),
        }
    }
}

fn invalid_token(reason: InvalidToken) -> ApiError {
    let challenge = challenge(&format!(", error=\"invalid_token\", error_description=\"{reason}\""));
    ApiError::new(ErrorCode::InvalidToken, reason.to_string())
        .with_header(header::WWW_AUTHENTICATE, challenge)
        .with_refusal(Refusal::Invalid(reason))
}

fn unauthenticated() -> ApiError {
    let message = "a bearer token is needed: send `Authorization: Bearer <token>`";
    ApiError::new(ErrorCode::Unauthenticated, message)
        .with_header(header::WWW_AUTHENTICATE, challenge(""))
        .with_refusal(Refusal::NoToken)
}

/// A challenge of RFC 6750, section 3. The texts in it are ours or checked settings.
fn challenge(more: &str) -> HeaderValue {
    let plain = || HeaderValue::from_static("Bearer realm=\"live\"");
    HeaderValue::from_str(&format!("Bearer realm=\"live\"{more}")).unwrap_or_else(|_| plain())
}

async fn caller(request: &HttpRequest) -> Result<Caller, ApiError> {
    let state = request.app_data::<web::Data<AppState>>().ok_or_else(|| ApiError::internal("no application state"))?;
    let caller = verified(request, state).await;
    if let (Some(record), Ok(caller)) = (Record::of(&request.extensions()), &caller) {
        record.is_by(state.subjects.hash(caller.viewer.subject()));
    }
    match (&state.rate, &caller) {
        (Some(rate), Ok(caller)) => rate.count_subject(request, &caller.viewer)?,
        (Some(rate), Err(refused)) if is_fault_of_client(refused) => {
            rate.count_address(request).inspect_err(|_| count_replaced(refused, state))?;
        }
        _ => {}
    }
    caller
}

/// The limit's refusal is answered in the place of that one: who tries tokens shows in the metrics all the same.
fn count_replaced(refused: &ApiError, state: &AppState) {
    if let Some(refusal) = refused.refusal() {
        state.metrics.refusals.count(refusal);
    }
}

/// Not when nobody can say now whose token it is, nor when the request was counted already.
fn is_fault_of_client(refusal: &ApiError) -> bool {
    matches!(refusal.code(), ErrorCode::InvalidRequest | ErrorCode::Unauthenticated | ErrorCode::InvalidToken)
}

async fn verified(request: &HttpRequest, state: &AppState) -> Result<Caller, ApiError> {
    match credentials(request) {
        Credentials::None => Err(unauthenticated()),
        Credentials::Ambiguous => {
            let message = "send the token once, in one Authorization field and nowhere else";
            Err(ApiError::new(ErrorCode::InvalidRequest, message).with_refusal(Refusal::Ambiguous))
        }
        Credentials::Unreadable => Err(invalid_token(InvalidToken::Malformed)),
        Credentials::Token(token) => bearer(request, state, token).await,
    }
}

/// Where an address has used up its limit, its tokens are taken as ever, but none is asked about: who tries them cannot make
/// the service try them on their issuer.
async fn bearer(request: &HttpRequest, state: &AppState, token: &str) -> Result<Caller, ApiError> {
    if let Some(rate) = state.rate.as_ref().filter(|rate| rate.address_is_used_up(request)) {
        if let Some(outcome) = state.verifier.verify_unasked(token).await {
            return Ok(outcome?);
        }
        rate.count_address(request)?;
    }
    Ok(state.verifier.verify(token).await?)
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { caller(&request).await })
    }
}
