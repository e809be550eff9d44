//! Asking the issuer, within bounds: whatever is at the other end, an answer is short and comes soon, or is none.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode, Url};

/// How long an answer may take, connecting and reading included.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest body that is read, in bytes.
const MAX_BODY: usize = 1 << 20;
/// How long a connection is kept for the next question: less than what servers are used to, so that none is asked on that
/// they are just about to close.
const KEEP: Duration = Duration::from_secs(4);

/// An answer did not come, or is none.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// No whole answer came in time.
    #[error("no answer came")]
    NoAnswer(#[source] reqwest::Error),
    /// Another status than 200. Redirects are among them: they would lead where nobody has set.
    #[error("the answer was {0}")]
    Status(StatusCode),
    /// More than is read.
    #[error("the answer is longer than {MAX_BODY} bytes")]
    TooLong,
}

impl From<reqwest::Error> for OutboundError {
    /// A URL may hold what is nobody else's business.
    fn from(error: reqwest::Error) -> Self {
        Self::NoAnswer(error.without_url())
    }
}

/// A client for that URL. Proxies of the environment are not asked.
///
/// # Errors
///
/// When TLS is needed and the system has no certificates of authorities.
pub(super) fn client(url: &Url) -> Result<Client, OutboundError> {
    let client = Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy().pool_idle_timeout(KEEP);
    // Who needs no certificates need not have any.
    let client = if url.scheme() == "https" { client } else { client.tls_certs_only([]) };
    Ok(client.build()?)
}

/// The body of a 200, and what `Date` its server sent with it; none where it comes from a cache (`Age`), and the date is that
/// of an answer of some time ago.
pub(super) struct DatedBody {
    pub(super) body: Vec<u8>,
    pub(super) date: Option<String>,
}

/// The body of a 200.
pub(super) async fn body(request: RequestBuilder) -> Result<Vec<u8>, OutboundError> {
    Ok(dated_body(request).await?.body)
}

/// The body of a 200, with its date.
pub(super) async fn dated_body(request: RequestBuilder) -> Result<DatedBody, OutboundError> {
    let mut response = request.header("Accept", "application/json").send().await?;
    if response.status() != StatusCode::OK {
        return Err(OutboundError::Status(response.status()));
    }
    let headers = response.headers();
    let date = headers.get("Date").filter(|_| !headers.contains_key("Age"));
    let date = date.and_then(|date| date.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(OutboundError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(DatedBody { body, date })
}
