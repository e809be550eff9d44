//! The cursor of the list of registrations. Its payload:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `registered_at` of the last registration seen, in microseconds |
//! | 16 | its id |

use live_domain::listing::Selection;
use live_domain::{BrandScope, LinePlace, LineScan, RegistrationStatus};
use uuid::Uuid;

use super::{Binding, Fields, InvalidCursor, open, seal};

impl Binding {
    /// The fingerprint of a list of registrations: the session, the statuses and the brand scope.
    #[must_use]
    pub fn of_line(session: Uuid, statuses: &Selection<RegistrationStatus>, scope: &BrandScope) -> Self {
        let mut hash = Fields::new("live list of registrations, cursor version 1");
        hash.text(Some(&session.to_string()));
        hash.list(statuses.iter().map(RegistrationStatus::as_str));
        hash.scope(scope);
        hash.binding()
    }
}

/// Writes the cursor of the page that `scan` asks for. A scan at its beginning has none.
#[must_use]
pub fn encode(binding: Binding, scan: &LineScan) -> Option<String> {
    let after = scan.after?;
    Some(seal(binding, &[&after.registered_at.as_micros().to_be_bytes(), after.id.as_bytes()]))
}

/// Reads a cursor that was made for this binding: the place to go on after.
///
/// # Errors
///
/// [`InvalidCursor`] for any other text, whatever it is.
pub fn decode(text: &str, binding: Binding) -> Result<LinePlace, InvalidCursor> {
    let mut payload = open(text, binding)?;
    let place = LinePlace { registered_at: payload.instant()?, id: payload.id()? };
    payload.end()?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use live_domain::{BrandId, SessionFilter, SessionOrder, Timestamp};

    use super::super::session;
    use super::*;

    fn place() -> LinePlace {
        LinePlace { registered_at: Timestamp::from_micros(1_800_000_000_000_007).unwrap(), id: Uuid::from_u128(9) }
    }

    fn cursor(binding: Binding) -> String {
        encode(binding, &LineScan::default().resumed_after(place())).unwrap()
    }

    fn any_line() -> Binding {
        Binding::of_line(Uuid::nil(), &Selection::default(), &BrandScope::All)
    }

    #[test]
    fn keeps_the_place() {
        let binding = any_line();
        assert_eq!(decode(&cursor(binding), binding), Ok(place()));
        assert_eq!(encode(binding, &LineScan::default()), None);
    }

    #[test]
    fn is_bound_to_the_session_the_statuses_and_the_brand_scope() {
        let all = Selection::default();
        let some = Selection::of([RegistrationStatus::Waitlist]);
        let only =
            |brands: &[&str]| BrandScope::only(brands.iter().map(|brand| BrandId::new(*brand).unwrap())).unwrap();
        let bindings = [
            any_line(),
            Binding::of_line(Uuid::from_u128(1), &all, &BrandScope::All),
            Binding::of_line(Uuid::nil(), &some, &BrandScope::All),
            Binding::of_line(Uuid::nil(), &all, &only(&["a"])),
            Binding::of_line(Uuid::nil(), &all, &only(&["a", "b"])),
            Binding::of(&SessionFilter::default(), SessionOrder::Newest, &BrandScope::All),
        ];
        for (index, made_for) in bindings.iter().enumerate() {
            for (other, asked_with) in bindings.iter().enumerate() {
                assert_eq!(decode(&cursor(*made_for), *asked_with).is_ok(), index == other, "{index} {other}");
            }
        }
    }

    #[test]
    fn is_no_cursor_of_the_other_list_whatever_the_binding() {
        let binding = any_line();
        assert_eq!(session::decode(&cursor(binding), binding, SessionOrder::Newest), Err(InvalidCursor));
    }
}
