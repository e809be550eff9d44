//! The type of a body (RFC 9110, section 8.3.1).

/// Whether the field names one of these types, with no other charset than UTF-8. Other parameters mean nothing to JSON
/// and are passed over.
#[must_use]
pub fn is_utf_8_of(field: &str, allowed: &[&str]) -> bool {
    let (essence, parameters) = field.split_once(';').unwrap_or((field, ""));
    let is_allowed = allowed.iter().any(|allowed| essence.trim_matches(OWS).eq_ignore_ascii_case(allowed));
    let charset_fits =
        |(name, value): &(&str, String)| !name.eq_ignore_ascii_case("charset") || value.eq_ignore_ascii_case("utf-8");
    is_allowed && read_parameters(parameters).is_some_and(|parameters| parameters.iter().all(charset_fits))
}

const OWS: [char; 2] = [' ', '\t'];

/// Names and values, the latter as tokens or as quoted strings. None: they are malformed.
fn read_parameters(text: &str) -> Option<Vec<(&str, String)>> {
    let (mut parameters, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start_matches([OWS.as_slice(), &[';']].concat().as_slice());
        if rest.is_empty() {
            return Some(parameters);
        }
        let (name, after_name) = rest.split_once('=')?;
        let (value, after_value) = match after_name.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => token(after_name),
        };
        rest = after_value.trim_start_matches(OWS);
        let ends = rest.is_empty() || rest.starts_with(';');
        if name.is_empty() || name.contains(is_no_token) || value.is_empty() || !ends {
            return None;
        }
        parameters.push((name, value));
    }
}

fn is_no_token(character: char) -> bool {
    !(character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character))
}

/// The token that the text begins with, and what follows it.
fn token(text: &str) -> (String, &str) {
    let (token, after) = text.split_at(text.find(is_no_token).unwrap_or(text.len()));
    (token.to_owned(), after)
}

/// What stands before the closing quote, without its escapes, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut characters) = (String::new(), text.chars());
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_utf_8_however_it_is_written_and_no_other_charset() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json ; charset=UTF-8",
            "application/json;\tCharset=\"utf-8\" ;",
            "application/json; charset=\"Utf\\-8\"",
            "application/json; profile=\"a;charset=latin1\"; charset=utf-8",
            "application/json;;",
        ] {
            assert!(is_utf_8_of(good, &["application/json"]), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/jsonx",
            "application/json, application/json",
            "application/merge-patch+json",
            "application/json; charset=latin1",
            "application/json; charset=utf8",
            "application/json; charset=utf-16",
            "application/json; charset=",
            "application/json; charset=\"\"",
            "application/json; charset=\"utf-8",
            "application/json; charset=\"utf-8\"x",
            "application/json; charset=utf-8 x",
            "application/json; charset",
            "application/json; =utf-8",
            "application/json; char set=utf-8",
            "application/json; charset=utf-8; charset=latin1",
            "application/json charset=utf-8",
        ] {
            assert!(!is_utf_8_of(bad, &["application/json"]), "{bad}");
        }
    }
}
