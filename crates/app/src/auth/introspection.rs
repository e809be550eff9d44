//! Tokens that tell nothing by themselves: their issuer is asked whose they are (RFC 7662).

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use form_urlencoded::{Serializer, byte_serialize};
use live_domain::{Clock, Timestamp};
use reqwest::{Client, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use time::Duration;

use super::claims::{ClaimRules, Claims};
use super::guard::{Caller, InvalidToken, TokenRefusal, TokenVerifier};
use super::jwt::{JwtVerifier, has_shape_of_jwt};
use super::memory::{Acceptance, TokenHash, TokenMemory};
use super::outbound::{self, OutboundError};
use crate::json::read_object;
use crate::metrics::{Outcome, Tally};

/// How long an answer is good, and so how long a token that is revoked may still be taken.
const LIFETIME: Duration = Duration::seconds(30);

/// Where the issuer is asked, and as whom.
#[derive(Debug, Clone)]
pub struct IntrospectionEndpoint {
    /// The endpoint.
    pub url: Url,
    /// The client that we are there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// Asks the issuer about tokens, and remembers its word for a little while.
pub struct Introspection {
    endpoint: IntrospectionEndpoint,
    client: Client,
    rules: ClaimRules,
    clock: Arc<dyn Clock>,
    memory: TokenMemory<Range<Timestamp>>,
    outcomes: Tally<IntrospectionOutcome>,
}

/// What came of asking the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntrospectionOutcome {
    /// The token is active.
    Active,
    /// It is not.
    Inactive,
    /// The issuer did not say.
    Failed,
}

impl Outcome for IntrospectionOutcome {
    const LABEL: &'static str = "result";
    const ALL: &'static [Self] = &[Self::Active, Self::Inactive, Self::Failed];

    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
        }
    }
}

/// The issuer did not say whether a token is active.
#[derive(Debug, thiserror::Error)]
enum IntrospectionError {
    #[error("the introspection endpoint cannot be asked")]
    Outbound(#[from] OutboundError),
    // What else stands in the answer is for nobody's eyes.
    #[error("the introspection endpoint did not say whether the token is active")]
    Unclear,
}

impl From<IntrospectionError> for TokenRefusal {
    fn from(error: IntrospectionError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Introspection {
    /// Asks at that endpoint about tokens that also meet the rules, and counts what comes of it.
    ///
    /// # Errors
    ///
    /// When TLS is needed and cannot be set up.
    pub fn new(
        endpoint: IntrospectionEndpoint,
        rules: ClaimRules,
        clock: Arc<dyn Clock>,
        outcomes: Tally<IntrospectionOutcome>,
        accepted: Tally<Acceptance>,
    ) -> Result<Self, OutboundError> {
        let client = outbound::client(&endpoint.url)?;
        Ok(Self { endpoint, client, rules, clock, memory: TokenMemory::new(accepted), outcomes })
    }

    fn recall(&self, token: &TokenHash) -> Option<Caller> {
        self.memory.recall(token, |lease| lease.contains(&self.clock.now()))
    }

    /// The claims of a token that is active.
    async fn ask(&self, token: &str) -> Result<Claims, TokenRefusal> {
        let answer = self.answer(token).await;
        self.outcomes.count(match &answer {
            Ok((true, _)) => IntrospectionOutcome::Active,
            Ok((false, _)) => IntrospectionOutcome::Inactive,
            Err(_) => IntrospectionOutcome::Failed,
        });
        match answer? {
            (true, body) => Ok(read_object(&body).map_err(|_| InvalidToken::Claims)?),
            (false, _) => Err(InvalidToken::Inactive.into()),
        }
    }

    /// Whether the token is active, and the answer that says so.
    async fn answer(&self, token: &str) -> Result<(bool, Vec<u8>), IntrospectionError> {
        #[derive(Deserialize)]
        struct Activity {
            active: bool,
        }
        let body = outbound::body(self.question(token)).await?;
        let Activity { active } = read_object(&body).map_err(|_| IntrospectionError::Unclear)?;
        Ok((active, body))
    }

    /// The token goes into the body, where nobody logs it; id and secret of the client go into the one header field, each
    /// encoded as in a form (RFC 6749, section 2.3.1).
    fn question(&self, token: &str) -> RequestBuilder {
        let IntrospectionEndpoint { url, client_id, client_secret } = &self.endpoint;
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let form = [("token", token), ("token_type_hint", "access_token")];
        self.client
            .post(url.clone())
            .basic_auth(encoded(client_id), Some(encoded(client_secret.expose_secret())))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(Serializer::new(String::new()).extend_pairs(form).finish())
    }
}

#[async_trait]
impl TokenVerifier for Introspection {
    async fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        let hash = self.memory.hash(token);
        if let Some(caller) = self.recall(&hash) {
            return Ok(caller);
        }
        let claims = self.ask(token).await?;
        let now = self.clock.now();
        let caller = self.rules.caller_of_introspected(&claims, now)?;
        self.memory.remember(hash, &caller, lease(now, claims.times().remaining(now)));
        Ok(caller)
    }

    async fn verify_unasked(&self, token: &str) -> Option<Result<Caller, TokenRefusal>> {
        self.recall(&self.memory.hash(token)).map(Ok)
    }
}

/// While the answer is good: a moment from now on, and no longer than the token. A clock that is set back makes it no longer.
fn lease(now: Timestamp, remaining: Option<Duration>) -> Range<Timestamp> {
    let lifetime = remaining.map_or(LIFETIME, |remaining| remaining.clamp(Duration::ZERO, LIFETIME));
    now..now.later_by(lifetime)
}

/// Verifies what looks like a JWT as one, and asks about everything else.
pub struct JwtOrIntrospection {
    /// Of what looks like a JWT.
    pub jwt: JwtVerifier,
    /// Of everything else.
    pub introspection: Introspection,
}

#[async_trait]
impl TokenVerifier for JwtOrIntrospection {
    async fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        if has_shape_of_jwt(token) { self.jwt.verify(token).await } else { self.introspection.verify(token).await }
    }

    async fn verify_unasked(&self, token: &str) -> Option<Result<Caller, TokenRefusal>> {
        if has_shape_of_jwt(token) {
            self.jwt.verify_unasked(token).await
        } else {
            self.introspection.verify_unasked(token).await
        }
    }

    fn is_ready(&self) -> bool {
        self.jwt.is_ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000).unwrap()
    }

    #[test]
    fn an_answer_is_good_for_half_a_minute_and_no_longer_than_its_token() {
        for (remaining, until) in [
            (None, 130),
            (Some(Duration::HOUR), 130),
            (Some(Duration::seconds(30)), 130),
            (Some(Duration::seconds(5)), 105),
            (Some(Duration::ZERO), 100),
            (Some(Duration::seconds(-5)), 100),
        ] {
            assert_eq!(lease(second(100), remaining), second(100)..second(until), "{remaining:?}");
        }
    }
}
