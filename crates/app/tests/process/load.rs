//! People who list and register all the time, and everything that they are answered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use live_app::auth::{ClaimRules, Hs256Secret, mint};
use live_domain::{Clock, SystemClock};
use tokio::sync::watch;

use crate::support::{PATIENCE, SECRET, Server};

/// How many sessions there are to list, and to register for.
pub(crate) const SESSIONS: u32 = 3;
const LISTERS: usize = 6;
const REGISTERERS: usize = 6;

/// An answer that somebody got.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) took: Duration,
    pub(crate) status: u16,
}

/// Load on a server until it is told to end.
pub(crate) struct Load {
    client: reqwest::Client,
    server: String,
    seen: watch::Sender<Vec<Seen>>,
    is_over: AtomicBool,
}

impl Load {
    pub(crate) fn on(server: &Server) -> Self {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE).build().unwrap();
        Self { client, server: server.url(""), seen: watch::channel(Vec::new()).0, is_over: AtomicBool::new(false) }
    }

    /// Runs until [`Self::end`]; whoever waits for a registration gets it first. How many registered.
    pub(crate) async fn run(&self) -> usize {
        let list = futures_util::future::join_all((0..LISTERS).map(|_| self.list()));
        let register = futures_util::future::join_all((0..REGISTERERS).map(|number| self.register(number)));
        let (_, registered) = tokio::join!(list, register);
        registered.into_iter().sum()
    }

    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Waits until so many answers of that kind came after then; the first of them.
    pub(crate) async fn until(&self, since: Instant, count: usize, kind: impl Fn(u16) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let wanted = |seen: &&Seen| seen.at >= since && kind(seen.status);
        let waiting = seen.wait_for(|seen| seen.iter().filter(wanted).count() >= count);
        let seen = tokio::time::timeout(PATIENCE, waiting).await.expect("such answers come").unwrap();
        *seen.iter().find(wanted).unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    async fn list(&self) {
        let token = token("lister");
        while !self.is_over.load(Ordering::SeqCst) {
            let request = self.client.get(format!("{}/v1/live/sessions", self.server)).bearer_auth(&token);
            let (status, body) = self.send(request).await;
            if status == 200 {
                assert_eq!(body["sessions"].as_array().map(Vec::len), usize::try_from(SESSIONS).ok(), "{body}");
            }
        }
    }

    /// One person after the other registers for every session; what is 503 is sent again with its key.
    async fn register(&self, number: usize) -> usize {
        for person in 0.. {
            let token = token(&format!("person {number} {person}"));
            for session in 1..=SESSIONS {
                let path = format!("/v1/sessions/00000000-0000-0000-0000-{session:012}/registrations");
                let key = session.to_string();
                let post = || self.client.post(format!("{}{path}", self.server)).bearer_auth(&token);
                while self.send(post().header("Idempotency-Key", &key)).await.0 != 201 {}
            }
            if self.is_over.load(Ordering::SeqCst) {
                return (person + 1) * usize::try_from(SESSIONS).unwrap();
            }
        }
        unreachable!("people do not run out")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, serde_json::Value) {
        let begun = Instant::now();
        let response = request.send().await.expect("the service itself stays");
        let status = response.status().as_u16();
        let body = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        self.seen.send_modify(|seen| seen.push(Seen { at: Instant::now(), took: begun.elapsed(), status }));
        (status, body)
    }
}

/// A token for that person: `live token` would be a process each.
fn token(person: &str) -> String {
    let secret = Hs256Secret::new(SECRET.as_bytes().to_vec()).unwrap();
    let (rules, now) = (ClaimRules::default(), SystemClock.now());
    mint(&secret, &rules, (person, &[], &[]), now, time::Duration::hours(1)).unwrap()
}
