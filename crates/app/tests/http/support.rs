//! The service to test: a store in memory, a clock that the test sets, tokens that the test signs.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::Error;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service as HttpService, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{Bytes, Data};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::LocalBoxFuture;
use jsonwebtoken::{Algorithm, EncodingKey};
use live_app::auth::{ClaimRules, EditScopes, Hs256Secret, JwtVerifier, TokenVerifier};
use live_app::http::cors::Cors;
use live_app::http::drain::Drain;
use live_app::http::feed_secret::FeedKey;
use live_app::http::load::LoadLimit;
use live_app::http::rate::RateLimit;
use live_app::http::routes;
use live_app::http::state::AppState;
use live_app::metrics::{Metrics, Tally};
use live_app::telemetry::SubjectKey;
use live_domain::contract::fixtures::{fill, now};
use live_domain::memory::MemorySessionRepository;
use live_domain::{
    CalendarFeeds, Clock, LiveSessions, Session, SessionEditor, SessionRegistrations, SessionRepository, StoreHealth,
    StoreProgress, TimeOrderedIds, Timestamp, UpcomingGrace,
};
use serde_json::{Value, json};
use time::Duration;

pub(crate) const SESSIONS: &str = "/v1/live/sessions";
pub(crate) const CALENDAR: &str = "/v1/live/sessions.ics";
pub(crate) const FEED: &str = "/v1/live/feeds/{secret}.ics";
pub(crate) const SECRET: &[u8] = b"a secret that only the tests sign with";

/// The routes that need no token, named one by one.
pub(crate) const UNGUARDED: [&str; 5] = ["/", "/livez", "/readyz", "/openapi.json", FEED];
/// Every route that can be read and nothing else, as the OpenAPI document writes its path.
pub(crate) const ROUTES: [&str; 7] = [SESSIONS, CALENDAR, FEED, "/", "/livez", "/readyz", "/openapi.json"];

/// Every other route, as the OpenAPI document writes its path, and the methods that it allows.
pub(crate) const WRITE_ROUTES: &[(&str, &str)] = &[
    ("/v1/live/feeds", "POST"),
    ("/v1/live/feeds/{id}", "DELETE"),
    ("/v1/sessions", "POST"),
    ("/v1/sessions/{id}", "GET, HEAD, PATCH"),
    ("/v1/sessions/{id}/start", "POST"),
    ("/v1/sessions/{id}/end", "POST"),
    ("/v1/sessions/{id}/cancel", "POST"),
    ("/v1/sessions/{id}/registrations", "GET, HEAD, POST"),
    ("/v1/sessions/{id}/registrations/me", "GET, HEAD, DELETE"),
];

/// A clock that stands still until it is moved. It begins at the `now` of the fixtures.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let moved = self.now().later_by(by);
        self.0.store(moved.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).expect("an instant in range")
    }
}

/// What a service is made of; by default its store is empty and it demands nothing but a token.
pub(crate) struct Setup {
    pub(crate) store: MemorySessionRepository,
    pub(crate) max_in_flight: usize,
    pub(crate) rate: Option<RateLimit>,
    pub(crate) cors: Option<Cors>,
    /// Asked in place of `store`.
    pub(crate) repository: Option<Arc<dyn SessionRepository>>,
    pub(crate) progress: Option<Arc<dyn StoreProgress>>,
    pub(crate) health: Option<Arc<dyn StoreHealth>>,
    /// Asked in place of one that knows `SECRET`.
    pub(crate) verifier: Option<Arc<dyn TokenVerifier>>,
    pub(crate) rules: ClaimRules,
    pub(crate) list_scopes: &'static [&'static str],
    pub(crate) write_scope: &'static str,
    pub(crate) manage_scope: &'static str,
    pub(crate) clock: Arc<TestClock>,
    /// What the secrets of calendar feeds are made with.
    pub(crate) feed_secret: &'static [u8],
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            store: MemorySessionRepository::default(),
            max_in_flight: 1_000,
            rate: None,
            cors: None,
            repository: None,
            progress: None,
            health: None,
            verifier: None,
            rules: ClaimRules::default(),
            list_scopes: &[],
            write_scope: "write:live",
            manage_scope: "manage:live",
            clock: Arc::new(TestClock(AtomicI64::new(now().as_micros()))),
            feed_secret: SECRET,
        }
    }
}

impl Setup {
    pub(crate) fn state(self) -> Data<AppState> {
        let Self { store, max_in_flight, rate, cors, repository, progress, health, verifier, rules, .. } = self;
        let Self { list_scopes, write_scope, manage_scope, clock, feed_secret, .. } = self;
        let (clock, ids): (Arc<dyn Clock>, _) = (clock, Arc::new(TimeOrderedIds));
        let secret = Hs256Secret::new(SECRET.to_vec()).expect("a good secret");
        let store = Arc::new(store);
        let repository = repository.unwrap_or_else(|| Arc::<MemorySessionRepository>::clone(&store));
        let listing = LiveSessions::new(Arc::clone(&repository), Arc::clone(&clock), UpcomingGrace::default());
        Data::new(AppState {
            feeds: CalendarFeeds::new(
                listing.clone(),
                Arc::<MemorySessionRepository>::clone(&store),
                Arc::clone(&clock),
                Arc::<TimeOrderedIds>::clone(&ids),
            ),
            feed_key: FeedKey::of(feed_secret),
            sessions: listing,
            editor: SessionEditor::new(
                Arc::clone(&repository),
                Arc::<MemorySessionRepository>::clone(&store),
                Arc::<MemorySessionRepository>::clone(&store),
                Arc::clone(&clock),
                Arc::<TimeOrderedIds>::clone(&ids),
            ),
            registrations: SessionRegistrations::new(
                repository,
                Arc::<MemorySessionRepository>::clone(&store),
                Arc::clone(&clock),
                ids,
            ),
            load: LoadLimit::new(max_in_flight),
            rate,
            cors,
            drain: Drain::default(),
            progress: progress.unwrap_or_else(|| Arc::<MemorySessionRepository>::clone(&store)),
            health: health.unwrap_or(store),
            verifier: verifier
                .unwrap_or_else(|| Arc::new(JwtVerifier::new(Some(&secret), None, rules, clock, Tally::default()))),
            list_scopes: list_scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            metrics: Metrics::default(),
            subjects: SubjectKey::of(SECRET),
            edit_scopes: EditScopes { write: write_scope.to_owned(), manage: manage_scope.to_owned() },
            store_deadline: std::time::Duration::from_secs(2),
        })
    }

    pub(crate) async fn start(self) -> Service {
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        let app = Rc::new(init_service(routes::app(self.state())).await);
        let call = Box::new(move |request: TestRequest| -> LocalBoxFuture<'static, Answer> {
            Box::pin(answer(Rc::clone(&app), request.to_request()))
        });
        Service { call, store, clock }
    }
}

async fn answer<S, R, B>(app: Rc<S>, request: R) -> Answer
where
    S: HttpService<R, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let response = match app.call(request).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        // As the server renders an error that leaves the service.
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.expect("a body that ends");
    Answer { status, headers, body }
}

type Call = dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>;

/// The service under test.
pub(crate) struct Service {
    call: Box<Call>,
    pub(crate) store: MemorySessionRepository,
    pub(crate) clock: Arc<TestClock>,
}

impl Service {
    /// With an empty store.
    pub(crate) async fn empty() -> Self {
        Setup::default().start().await
    }

    /// With these sessions in its store.
    pub(crate) async fn with(sessions: impl IntoIterator<Item = Session>) -> Self {
        let service = Self::empty().await;
        fill(&service.store, sessions).await;
        service
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        (self.call)(request).await
    }

    /// Reads a path without a token.
    pub(crate) async fn anonymous(&self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    /// Lists sessions with that query, for `ada`, who sees every brand.
    pub(crate) async fn list(&self, query: &str) -> Answer {
        self.send(list(query)).await
    }

    /// Lists sessions with that query for the bearer of the token.
    pub(crate) async fn list_as(&self, token: &str, query: &str) -> Answer {
        self.send(bearer(get(&path(query)), token)).await
    }
}

fn path(query: &str) -> String {
    if query.is_empty() { SESSIONS.to_owned() } else { format!("{SESSIONS}?{query}") }
}

/// So many requests a minute, where the proxies in 10.0.0.0/8 are trusted.
pub(crate) fn rate(per_minute: u32) -> RateLimit {
    RateLimit::new(NonZeroU32::new(per_minute).expect("at least one"), "10.0.0.0/8".parse().expect("a network"))
}

/// A request that reads a path.
pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(Method::GET)
}

/// A list with that query, for `ada`.
pub(crate) fn list(query: &str) -> TestRequest {
    bearer(get(&path(query)), &ada())
}

/// The request with that token.
pub(crate) fn bearer(request: TestRequest, token: &str) -> TestRequest {
    request.append_header((header::AUTHORIZATION, format!("Bearer {token}")))
}

/// The token of `ada`, who sees every brand. It is good for a day from the `now` of the fixtures.
pub(crate) fn ada() -> String {
    token(&json!({"sub": "ada", "exp": in_seconds(86_400)}))
}

/// So many seconds from the `now` of the fixtures, as claims write it.
pub(crate) fn in_seconds(seconds: i64) -> i64 {
    now().as_micros() / 1_000_000 + seconds
}

/// A good signature over these claims.
pub(crate) fn token(claims: &Value) -> String {
    signed(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string())
}

/// A good HS256 signature over any header and payload.
pub(crate) fn signed(header: &str, payload: &str) -> String {
    signed_by(SECRET, Algorithm::HS256, header, payload)
}

/// A signature over any header and payload.
pub(crate) fn signed_by(secret: &[u8], algorithm: Algorithm, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", base64url(header), base64url(payload));
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

/// Base64url without padding.
pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the service answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The field of that name; none when it is not there.
    ///
    /// # Panics
    ///
    /// When there are two.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.get_all(name);
        let field = fields.next().map(|field| field.to_str().expect("a visible field"));
        assert!(fields.next().is_none(), "{name} is there twice");
        field
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }

    /// The numbers of the sessions of a 200, as the fixtures number them.
    #[track_caller]
    pub(crate) fn numbers(&self) -> Vec<u128> {
        let body = self.ok();
        let sessions = body["sessions"].as_array().expect("a list");
        let number = |session: &Value| session["id"].as_str()?.parse::<uuid::Uuid>().ok().map(|id| id.as_u128());
        sessions.iter().map(|session| number(session).expect("an id")).collect()
    }

    /// The cursor of a 200.
    #[track_caller]
    pub(crate) fn next_cursor(&self) -> Option<String> {
        self.ok()["next_cursor"].as_str().map(str::to_owned)
    }

    /// Status and code of an error, as one line.
    pub(crate) fn error(&self) -> String {
        let body = if self.status.is_success() { Value::Null } else { self.json() };
        format!("{} {}", self.status.as_u16(), body["error"].as_str().unwrap_or("-"))
    }

    /// The entity tag.
    #[track_caller]
    pub(crate) fn tag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }
}

/// What went wrong in a table of cases, so that a test tells all of it at once.
#[derive(Default)]
pub(crate) struct Failures(Vec<String>);

impl Failures {
    #[expect(clippy::needless_pass_by_value, reason = "reads like assert_eq, on values made for it")]
    pub(crate) fn check<T: PartialEq + std::fmt::Debug>(&mut self, case: &str, found: T, expected: T) {
        if found != expected {
            self.0.push(format!("{case}\n      found {found:?}\n   expected {expected:?}"));
        }
    }
}

impl Drop for Failures {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{} cases failed:\n{}", self.0.len(), self.0.join("\n"));
        }
    }
}
