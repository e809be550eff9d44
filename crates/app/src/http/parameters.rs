//! The parameters that several routes take, for the OpenAPI document. The handlers read them strictly.

use utoipa::IntoParams;
use uuid::Uuid;

use super::examples::{FEED, FEED_SECRET, SESSION};

/// Of a route about one session.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameter in the OpenAPI document")]
pub struct SessionPath {
    /// The session.
    #[param(example = json!(SESSION))]
    id: Uuid,
}

/// Of a route about one calendar feed, to its owner.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameter in the OpenAPI document")]
pub struct FeedPath {
    /// The feed.
    #[param(example = json!(FEED))]
    id: Uuid,
}

/// Of the address of a calendar feed.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameter in the OpenAPI document")]
pub struct SecretPath {
    /// The secret that was told when the feed was made.
    #[param(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$", example = json!(FEED_SECRET))]
    secret: String,
}

/// Of a request that can be sent again.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the parameter in the OpenAPI document")]
pub struct KeyHeader {
    /// Makes it safe to send the request again: visible ASCII characters.
    #[param(rename = "Idempotency-Key", required = false, min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    idempotency_key: String,
}

/// Of an edit that is made in a certain version alone.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the parameter in the OpenAPI document")]
pub struct VersionHeader {
    /// The tag of the version to change, a list of such, or `*`.
    #[param(rename = "If-Match", required = false)]
    if_match: String,
}

/// Of a list that is to show what was written.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the parameter in the OpenAPI document")]
pub struct PositionHeader {
    /// `Live-Position` of the answer to a write, as `0/16B3748`: the list shows that write, and everything before it. Every store has
    /// come to `0/0`.
    #[param(
        rename = "Live-Position",
        required = false,
        pattern = "^(0|[1-9A-F][0-9A-F]{0,7})/(0|[1-9A-F][0-9A-F]{0,7})$",
        example = "0/0"
    )]
    live_position: String,
}
