//! What is said of a session to create or change it: bodies as domain values.

use live_domain::{
    DurationMinutes, Edit, MaxParticipants, Metadata, MetadataPatch, SessionDraft, SessionKind, SessionPatch,
    Transition,
};
use utoipa::ToSchema;

use super::faults::Faults;
use super::members::{Fixed, Members, instant, name, number, text};
use super::session_body::SessionKindName;

/// A session to create.
#[derive(ToSchema)]
#[schema(as = CreateSession)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is read member by member")]
pub struct CreateSessionInput {
    /// Who hosts it: the `sub` of the token, or anybody with the scope to manage.
    #[schema(min_length = 1, max_length = 128)]
    host_id: String,
    /// The brand it belongs to.
    #[schema(min_length = 1, max_length = 128)]
    brand_id: String,
    /// Not all white space.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// When it is to begin: RFC 3339 with an offset, 1970-01-01 to 9998-12-31.
    #[schema(format = DateTime)]
    scheduled_at: String,
    /// Seats.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_participants: u32,
    /// `live` unless given.
    #[schema(required = false)]
    kind: SessionKindName,
    #[schema(min_length = 1, max_length = 128)]
    category: Option<String>,
    /// The community it is for.
    #[schema(min_length = 1, max_length = 128)]
    community_id: Option<String>,
    #[schema(minimum = 1, maximum = 1440)]
    duration_minutes: Option<u32>,
    /// Any members; at most 16,384 bytes as compact JSON. Empty unless given.
    #[schema(required = false, value_type = Object)]
    metadata: (),
}

/// The members of a session to change, as a JSON merge patch (RFC 7396); at least one.
#[derive(ToSchema)]
#[schema(as = PatchSession)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is read member by member")]
pub struct PatchSessionInput {
    #[schema(required = false, min_length = 1, max_length = 200)]
    title: String,
    /// Null: `live`.
    kind: Option<SessionKindName>,
    #[schema(min_length = 1, max_length = 128)]
    category: Option<String>,
    #[schema(min_length = 1, max_length = 128)]
    community_id: Option<String>,
    #[schema(required = false, format = DateTime)]
    scheduled_at: String,
    #[schema(required = false, minimum = 1, maximum = 1_000_000)]
    max_participants: u32,
    #[schema(minimum = 1, maximum = 1440)]
    duration_minutes: Option<u32>,
    #[schema(min_length = 1, max_length = 255)]
    stream_call_id: Option<String>,
    /// An absolute http or https URL.
    #[schema(format = "uri", max_length = 2048)]
    recording_url: Option<String>,
    /// Merged into what is there; null: empty.
    #[schema(value_type = Option<Object>)]
    metadata: Option<()>,
}

/// What is known when a session begins.
#[derive(ToSchema)]
#[schema(as = StartSession)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is read member by member")]
pub struct StartSessionInput {
    /// The call at the streaming provider.
    #[schema(required = false, min_length = 1, max_length = 255)]
    stream_call_id: String,
}

/// What is known when a session ends.
#[derive(ToSchema)]
#[schema(as = EndSession)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is read member by member")]
pub struct EndSessionInput {
    /// Where the recording is: an absolute http or https URL.
    #[schema(required = false, format = "uri", max_length = 2048)]
    recording_url: String,
}

/// Nothing is to be known when a session is called off.
#[derive(ToSchema)]
#[schema(as = CancelSession)]
#[serde(deny_unknown_fields)]
pub struct CancelSessionInput {}

/// What a new session cannot be given.
const FIXED_ON_CREATE: &[Fixed] = &[
    ("id", SET_BY_THE_SERVICE),
    ("status", SET_BY_THE_SERVICE),
    ("started_at", SET_BY_THE_SERVICE),
    ("ended_at", SET_BY_THE_SERVICE),
    ("created_at", SET_BY_THE_SERVICE),
    ("updated_at", SET_BY_THE_SERVICE),
    ("registered_count", SET_BY_THE_SERVICE),
    ("is_registered", SET_BY_THE_SERVICE),
    ("stream_call_id", "is set by start or by a patch"),
    ("recording_url", "is set by end or by a patch"),
];
const SET_BY_THE_SERVICE: &str = "is set by the service";

/// What no patch changes.
const FIXED_IN_PATCH: &[Fixed] = &[
    ("id", NOT_CHANGED),
    ("host_id", NOT_CHANGED),
    ("brand_id", NOT_CHANGED),
    ("status", "changes by start, end and cancel"),
    ("started_at", NOT_CHANGED),
    ("ended_at", NOT_CHANGED),
    ("created_at", NOT_CHANGED),
    ("updated_at", NOT_CHANGED),
    ("registered_count", NOT_CHANGED),
    ("is_registered", NOT_CHANGED),
];
const NOT_CHANGED: &str = "cannot be changed";

/// Reads a session to create.
///
/// # Errors
///
/// Every member that is off or missing.
pub fn draft(body: &[u8]) -> Result<SessionDraft, Faults> {
    let mut members = Members::parse(
        body,
        &[
            "host_id",
            "brand_id",
            "title",
            "scheduled_at",
            "max_participants",
            "kind",
            "category",
            "community_id",
            "duration_minutes",
            "metadata",
        ],
        FIXED_ON_CREATE,
    )?;
    let host_id = members.required("host_id", text);
    let brand_id = members.required("brand_id", text);
    let title = members.required("title", text);
    let scheduled_at = members.required("scheduled_at", instant);
    let max_participants = members.required("max_participants", |value| number(value, MaxParticipants::new));
    let kind = members.read("kind", |value| name(value, SessionKind::as_str));
    let category = members.nullable("category", text);
    let community_id = members.nullable("community_id", text);
    let duration_minutes = members.nullable("duration_minutes", |value| number(value, DurationMinutes::new));
    let metadata = members.read("metadata", |value| Metadata::parse(value).map_err(|fault| fault.to_string()));
    let draft = || {
        Some(SessionDraft {
            host_id: host_id?,
            brand_id: brand_id?,
            community_id: given(community_id),
            title: title?,
            kind: kind.unwrap_or(SessionKind::Live),
            category: given(category),
            scheduled_at: scheduled_at?,
            max_participants: max_participants?,
            duration_minutes: given(duration_minutes),
            metadata: metadata.unwrap_or_default(),
        })
    };
    members.finish(draft())
}

/// On a new session, null is as good as nothing.
fn given<T>(edit: Edit<T>) -> Option<T> {
    match edit {
        Edit::Keep | Edit::Clear => None,
        Edit::Set(value) => Some(value),
    }
}

/// Reads an edit of a session.
///
/// # Errors
///
/// Every member that is off; a body that names none.
pub fn patch(body: &[u8]) -> Result<SessionPatch, Faults> {
    let mut members = Members::parse(
        body,
        &[
            "title",
            "kind",
            "category",
            "community_id",
            "scheduled_at",
            "max_participants",
            "duration_minutes",
            "stream_call_id",
            "recording_url",
            "metadata",
        ],
        FIXED_IN_PATCH,
    )?;
    if members.is_empty() {
        return Err(Faults::one("", "the body must name at least one member to change"));
    }
    let patch = SessionPatch {
        title: members.read("title", text),
        kind: match members.nullable("kind", |value| name(value, SessionKind::as_str)) {
            Edit::Keep => None,
            Edit::Clear => Some(SessionKind::Live),
            Edit::Set(kind) => Some(kind),
        },
        category: members.nullable("category", text),
        community_id: members.nullable("community_id", text),
        scheduled_at: members.read("scheduled_at", instant),
        max_participants: members.read("max_participants", |value| number(value, MaxParticipants::new)),
        duration_minutes: members.nullable("duration_minutes", |value| number(value, DurationMinutes::new)),
        stream_call_id: members.nullable("stream_call_id", text),
        recording_url: members.nullable("recording_url", text),
        metadata: match members
            .nullable("metadata", |value| MetadataPatch::parse(value).map_err(|fault| fault.to_string()))
        {
            Edit::Keep => None,
            Edit::Clear => Some(MetadataPatch::Clear),
            Edit::Set(merge) => Some(merge),
        },
    };
    members.finish(Some(patch))
}

/// Reads what is known when a session begins.
///
/// # Errors
///
/// Every member that is off.
pub fn start(body: &[u8]) -> Result<Transition, Faults> {
    let mut members = Members::parse(or_empty(body), &["stream_call_id"], &[])?;
    let stream_call_id = members.read("stream_call_id", text);
    members.finish(Some(Transition::Start { stream_call_id }))
}

/// Reads what is known when a session ends.
///
/// # Errors
///
/// Every member that is off.
pub fn end(body: &[u8]) -> Result<Transition, Faults> {
    let mut members = Members::parse(or_empty(body), &["recording_url"], &[])?;
    let recording_url = members.read("recording_url", text);
    members.finish(Some(Transition::End { recording_url }))
}

/// Nothing is to be known when a session is called off.
///
/// # Errors
///
/// Every member.
pub fn cancel(body: &[u8]) -> Result<Transition, Faults> {
    Members::parse(or_empty(body), &[], &[])?.finish(Some(Transition::Cancel))
}

/// A body that may be left out: none is as good as an empty object.
pub(super) fn or_empty(body: &[u8]) -> &[u8] {
    if body.is_empty() { b"{}" } else { body }
}
