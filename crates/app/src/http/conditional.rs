//! Entity tags and conditional reads (RFC 9110, sections 8.8.3 and 13.1.2).

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
}
