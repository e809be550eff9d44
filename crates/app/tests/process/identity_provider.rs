//! An identity provider as others run it: npm's `oidc-provider`, as a process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::npm::{self, WHAT_TO_INSTALL};
use crate::support::{PATIENCE, client};

/// The secret of every client. It must survive both codings of HTTP Basic that a client of OAuth applies.
pub(crate) const CLIENT_SECRET: &str = "ten % of a secret: +/&=";

/// How long it may take to start: Node.js reads hundreds of modules for it, on a machine that may be busy with all the other tests.
const STARTING: Duration = Duration::from_mins(3);

const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("oidc/package.json")),
    ("package-lock.json", include_str!("oidc/package-lock.json")),
    ("provider.mjs", include_str!("oidc/provider.mjs")),
];

/// A provider under way; killed when it is dropped.
pub(crate) struct IdentityProvider {
    child: Child,
    lines: Receiver<String>,
    pub(crate) issuer: Issuer,
}

/// Where it is asked: its URL.
#[derive(Clone)]
pub(crate) struct Issuer(pub(crate) String);

impl IdentityProvider {
    /// Starts it with one key, `old`.
    pub(crate) fn start() -> Self {
        let mut command = Command::new("node");
        command
            .arg("provider.mjs")
            .current_dir(npm::installed("oidc-provider", &FILES))
            .env("CLIENT_SECRET", CLIENT_SECRET);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("node: {error}; {WHAT_TO_INSTALL}"));
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut provider = Self { child, lines, issuer: Issuer(String::new()) };
        provider.issuer.0 = provider.line(STARTING);
        provider
    }

    fn line(&self, patience: Duration) -> String {
        self.lines.recv_timeout(patience).unwrap_or_else(|error| panic!("{error}; what it wrote above says why"))
    }

    /// Has it publish these keys from now on, and sign with the first.
    pub(crate) fn use_keys(&mut self, names: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{names}").unwrap();
        assert_eq!(self.line(PATIENCE), names);
    }
}

impl Issuer {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// A token of the client `ada` for that resource.
    pub(crate) async fn token(&self, resource: &str, scope: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("resource", resource), ("scope", scope)];
        let answer = self.post("/token", &form).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(crate) async fn revoke(&self, token: &str) {
        self.post("/token/revocation", &[("token", token)]).await;
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> String {
        let given = form.iter().filter(|(_, value)| !value.is_empty());
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        let secret: String = form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
        let request = client().post(self.url(path)).basic_auth("ada", Some(secret));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let response = request.send().await.unwrap();
        let status = response.status();
        let answer = response.text().await.unwrap();
        assert!(status.is_success(), "{status} {answer}");
        answer
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_reaped = self.child.wait();
    }
}
