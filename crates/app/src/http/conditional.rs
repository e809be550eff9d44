//! Entity tags, conditional reads and conditional edits (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2).

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_domain::{Expected, ListedSession, SessionVersion};
use uuid::Uuid;

use super::faults::Faults;

/// The header field of a conditional edit, as faults name it.
pub const IF_MATCH: &str = "If-Match";

/// A weak entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// The tag over these parts; two sequences of parts never share one by chance.
    #[must_use]
    pub fn over(parts: &[&[u8]]) -> Self {
        let mut hash = blake3::Hasher::new();
        for part in parts {
            hash.update(blake3::hash(part).as_bytes());
        }
        Self(URL_SAFE_NO_PAD.encode(&hash.finalize().as_bytes()[..16]))
    }

    /// The tag of a session, of which the viewer sees this body: its version, then what makes a conditional read right for
    /// this viewer. Only the version counts for an edit, so that nobody's registration spoils it.
    #[must_use]
    pub fn of_session(session: &ListedSession, body: &[u8]) -> Self {
        let Self(state) = Self::over(&[body]);
        Self(format!("{}.{state}", URL_SAFE_NO_PAD.encode(sealed(session.session.id, session.version))))
    }

    /// Whether the client has this very version: `If-None-Match` names it, or is `*`. Members that are no entity tag
    /// are passed over.
    #[must_use]
    pub fn is_known_to(&self, request: &HttpRequest) -> bool {
        request
            .headers()
            .get_all(header::IF_NONE_MATCH)
            .map(|field| field.as_bytes().trim_ascii())
            .any(|field| field == b"*" || members(field).any(|opaque| opaque == self.0.as_bytes()))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "W/\"{}\"", self.0)
    }
}

/// The opaque texts of the well-formed tags of a list: bytes, as foreign ones may go past ASCII. Ours hold no comma, so
/// that a plain split finds them.
fn members(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|byte| *byte == b',').filter_map(|member| {
        let member = member.trim_ascii();
        member.strip_prefix(b"W/").unwrap_or(member).strip_prefix(b"\"")?.strip_suffix(b"\"")
    })
}

/// A version with a checksum over it and its session: the tags of no other session pass for it.
fn sealed(id: Uuid, version: SessionVersion) -> [u8; 16] {
    let number = version.get().to_be_bytes();
    let mut hash = blake3::Hasher::new_derive_key("live version of a session, tag version 1");
    hash.update(id.as_bytes()).update(&number);
    let hash = hash.finalize();
    std::array::from_fn(|index| if index < 8 { number[index] } else { hash.as_bytes()[index] })
}

/// The version that a tag holds, if it is one of this session. What the viewer saw beside the version does not count, but
/// must have the form that it is answered in.
fn version_in(opaque: &[u8], id: Uuid) -> Option<SessionVersion> {
    let end = opaque.iter().position(|byte| *byte == b'.')?;
    let part = |text: Option<&[u8]>| <[u8; 16]>::try_from(URL_SAFE_NO_PAD.decode(text?).ok()?).ok();
    let (bytes, _state) = (part(opaque.get(..end))?, part(opaque.get(end + 1..))?);
    let version = SessionVersion::new(u64::from_be_bytes(*bytes.first_chunk()?));
    (sealed(id, version) == bytes).then_some(version)
}

/// In which version the client expects the session to be, by `If-Match`. A tag that is none of this session is in no
/// version that it can have.
///
/// # Errors
///
/// A field that stands there twice, or that is neither `*` nor a list of tags.
pub fn expected(request: &HttpRequest, id: Uuid) -> Result<Expected, Faults> {
    let fault = |fault| Faults::one(IF_MATCH, format!("{IF_MATCH} {fault}"));
    let mut fields = request.headers().get_all(IF_MATCH);
    let Some(field) = fields.next() else { return Ok(Expected::Any) };
    if fields.next().is_some() {
        return Err(fault("is given twice: send one list of tags"));
    }
    let field = field.as_bytes().trim_ascii();
    if field == b"*" {
        return Ok(Expected::Any);
    }
    let tags = tags(field).ok_or_else(|| fault("must be * or tags as ETag has them, separated by commas"))?;
    Ok(Expected::OneOf(tags.into_iter().filter_map(|opaque| version_in(opaque, id)).collect()))
}

/// The opaque texts of a list of tags, in which commas may stand between quotes and empty members are passed over. None:
/// it is no such list, or an empty one.
fn tags(field: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut tags, mut rest) = (Vec::new(), field);
    loop {
        rest = rest.trim_ascii_start();
        if let Some((b',', after)) = rest.split_first() {
            rest = after;
            continue;
        }
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(tags);
        }
        let quoted = rest.strip_prefix(b"W/").unwrap_or(rest).strip_prefix(b"\"")?;
        let (opaque, after) = quoted.split_at(quoted.iter().position(|byte| *byte == b'"')?);
        // A tag holds visible ASCII or anything beyond it, and is followed by the next member or by nothing.
        let is_tag = opaque.iter().all(|byte| matches!(byte, 0x21..=0x7e | 0x80..));
        rest = after.strip_prefix(b"\"")?.trim_ascii_start();
        if !is_tag || !matches!(rest.first(), None | Some(b',')) {
            return None;
        }
        tags.push(opaque);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn finds_its_tag_among_others_and_passes_over_what_is_none() {
        let tag = Tag::over(&[b"a"]);
        let known = |fields: &[String]| {
            let request = fields.iter().fold(TestRequest::default(), |request, field| {
                request.append_header((header::IF_NONE_MATCH, field.clone()))
            });
            tag.is_known_to(&request.to_http_request())
        };
        let strong = tag.to_string().trim_start_matches("W/").to_owned();
        for fields in [
            vec![tag.to_string()],
            vec![strong.clone()],
            vec![" * ".to_owned()],
            vec![format!("nonsense, \"x\" ,{tag}")],
            vec!["\"x\"".to_owned(), tag.to_string()],
        ] {
            assert!(known(&fields), "{fields:?}");
        }
        for fields in [vec![], vec!["W/\"x\"".to_owned()], vec![strong.replace('"', "")], vec!["\"*\"".to_owned()]] {
            assert!(!known(&fields), "{fields:?}");
        }
    }

    #[test]
    fn where_a_part_ends_matters() {
        assert_ne!(Tag::over(&[b"ab", b"c"]), Tag::over(&[b"a", b"bc"]));
    }

    /// What a viewer may have seen.
    const STATE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    fn expected_of(field: &[u8]) -> Result<Expected, Faults> {
        let value = header::HeaderValue::from_bytes(field).unwrap();
        expected(&TestRequest::default().insert_header((IF_MATCH, value)).to_http_request(), Uuid::nil())
    }

    #[test]
    fn reads_the_versions_of_a_list_of_tags_and_of_no_other_session() {
        let tag =
            |id, number: u64| format!("{}.{STATE}", URL_SAFE_NO_PAD.encode(sealed(id, SessionVersion::new(number))));
        let (first, other) = (tag(Uuid::nil(), 1), tag(Uuid::max(), 1));
        let versions =
            |numbers: &[u64]| Ok(Expected::OneOf(numbers.iter().copied().map(SessionVersion::new).collect()));
        for (field, found) in [
            (format!("W/\"{first}\""), versions(&[1])),
            (format!("\"{first}\""), versions(&[1])),
            (format!(", ,\"a,b\",W/\"{}\" ,\t\"{first}\",", tag(Uuid::nil(), u64::MAX)), versions(&[u64::MAX, 1])),
            (format!("\"{other}\""), versions(&[])),
            (format!("\"{}\"", first.trim_end_matches(STATE)), versions(&[])),
            (format!("\"{}\"", first.trim_end_matches(&format!(".{STATE}"))), versions(&[])),
            (format!("\"{first}!\""), versions(&[])),
            (format!("\"{first}.{STATE}\""), versions(&[])),
            (format!("\"x{first}\""), versions(&[])),
            ("\"\"".to_owned(), versions(&[])),
            ("\"*\"".to_owned(), versions(&[])),
            (" * ".to_owned(), Ok(Expected::Any)),
        ] {
            assert_eq!(expected_of(field.as_bytes()), found, "{field}");
        }
    }

    #[test]
    fn refuses_what_is_no_list_of_tags() {
        let fields = [
            "",
            ",",
            "x",
            "W/",
            "\"",
            "\"a",
            "a\"",
            "w/\"a\"",
            "W/ \"a\"",
            "\"a\" \"b\"",
            "\"a\"b",
            "\"a b\"",
            "*, \"a\"",
            "\"a\", *",
            "**",
            "'a'",
        ];
        for field in fields {
            assert!(expected_of(field.as_bytes()).is_err(), "{field}");
        }
        assert!(expected_of(b"\"\xe9\"").is_ok(), "a foreign tag may go past ASCII");
    }
}
