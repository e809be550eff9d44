//! The cursor of the list of sessions. Its payload:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | the instant that `upcoming` is judged since, in microseconds; zero in other orders |
//! | 8 | `scheduled_at` of the last session seen, in microseconds |
//! | 16 | its id |
//! | 8 | what has been seen of the store ([`StorePosition`]), if anything |

use live_domain::{BrandScope, Position, ScanOrder, SessionFilter, SessionOrder, SessionScan, StorePosition};

use super::{Binding, Fields, InvalidCursor, open, seal};

impl Binding {
    /// The fingerprint of a list of sessions: the meaning of the filter, the order and the brand scope.
    ///
    /// Two names of one parameter, the order of a list's members and defaults written out make no difference.
    #[must_use]
    pub fn of(filter: &SessionFilter, order: SessionOrder, scope: &BrandScope) -> Self {
        let mut hash = Fields::new("live list of sessions, cursor version 1");
        hash.text(Some(match order {
            SessionOrder::Newest => "newest",
            SessionOrder::Chronological => "chronological",
            SessionOrder::Upcoming => "upcoming",
        }));
        hash.text(filter.brand().map(live_domain::BrandId::as_str));
        hash.text(filter.host().map(live_domain::HostId::as_str));
        hash.text(filter.community().map(live_domain::CommunityId::as_str));
        hash.text(filter.category().map(live_domain::Category::as_str));
        hash.list(filter.statuses().iter().map(live_domain::SessionStatus::as_str));
        hash.list(filter.kinds().iter().map(live_domain::SessionKind::as_str));
        hash.text(filter.month().map(|month| format!("{}/{}", month.start(), month.last())).as_deref());
        hash.scope(scope);
        hash.binding()
    }
}

/// Writes the cursor of the page that `scan` asks for. A scan at its beginning has none.
#[must_use]
pub fn encode(binding: Binding, scan: SessionScan) -> Option<String> {
    let SessionScan { order, after, seen } = scan;
    let after = after?;
    let since = match order {
        ScanOrder::Upcoming { since } => since.as_micros(),
        ScanOrder::Newest | ScanOrder::Chronological => 0,
    };
    let (since, scheduled_at) = (since.to_be_bytes(), after.scheduled_at.as_micros().to_be_bytes());
    let seen = seen.map(|seen| seen.get().to_be_bytes());
    Some(seal(binding, &[&since, &scheduled_at, after.id.as_bytes(), seen.as_ref().map_or(&[], <[u8; 8]>::as_slice)]))
}

/// Reads a cursor that was made for this binding and order.
///
/// # Errors
///
/// [`InvalidCursor`] for any other text, whatever it is.
pub fn decode(text: &str, binding: Binding, order: SessionOrder) -> Result<SessionScan, InvalidCursor> {
    let mut payload = open(text, binding)?;
    let since = payload.instant()?;
    let after = Position { scheduled_at: payload.instant()?, id: payload.id()? };
    let seen = payload.rest()?.map(|number| StorePosition::new(u64::from_be_bytes(number)));
    Ok(SessionScan::beginning(order, since).resumed_after(after).having_seen(seen))
}

#[cfg(test)]
mod tests {
    use live_domain::{BrandId, Month, Selection, SessionKind, SessionStatus, TimeZone, Timestamp};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::MAX_TEXT;

    use super::*;

    fn binding() -> Binding {
        Binding::of(&SessionFilter::default(), SessionOrder::Upcoming, &BrandScope::All)
    }

    fn any_scan() -> impl Strategy<Value = SessionScan> {
        let instant = || (0..Timestamp::LATEST.as_micros()).prop_map(|micros| Timestamp::from_micros(micros).unwrap());
        (instant(), instant(), any::<u128>(), any::<Option<u64>>()).prop_map(|(since, scheduled_at, id, seen)| {
            let place = Position { scheduled_at, id: Uuid::from_u128(id) };
            let seen = seen.map(StorePosition::new);
            SessionScan::beginning(SessionOrder::Upcoming, since).resumed_after(place).having_seen(seen)
        })
    }

    proptest! {
        #[test]
        fn keeps_the_whole_scan(scan in any_scan()) {
            let text = encode(binding(), scan).unwrap();
            prop_assert!(text.len() <= MAX_TEXT);
            prop_assert_eq!(decode(&text, binding(), SessionOrder::Upcoming), Ok(scan));
        }

        #[test]
        fn finds_any_altered_byte(scan in any_scan(), place in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f) {
            let mut bytes = encode(binding(), scan).unwrap().into_bytes();
            let place = place.index(bytes.len());
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            let altered = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(decode(&altered, binding(), SessionOrder::Upcoming), Err(InvalidCursor));
        }

        #[test]
        fn finds_what_is_cut_or_added(scan in any_scan(), keep in 0_usize..76, more in "[A-Za-z0-9_-]{1,600}") {
            let text = encode(binding(), scan).unwrap();
            prop_assert_eq!(decode(&text[..keep.min(text.len() - 1)], binding(), SessionOrder::Upcoming), Err(InvalidCursor));
            prop_assert_eq!(decode(&format!("{text}{more}"), binding(), SessionOrder::Upcoming), Err(InvalidCursor));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = decode(&text, binding(), SessionOrder::Newest);
        }
    }

    #[test]
    fn is_bound_to_every_part_of_the_query() {
        let brand = |name: &str| BrandId::new(name).unwrap();
        let none = SessionFilter::default;
        let month = |number| Month::new(2026, number, &TimeZone::UTC).unwrap();
        let filters = [
            none(),
            none().with_brand(brand("a")),
            none().with_brand(brand("b")),
            none().with_host("a".parse().unwrap()),
            none().with_community("a".parse().unwrap()),
            none().with_category("a".parse().unwrap()),
            none().with_statuses(Selection::of([SessionStatus::Live])),
            none().with_statuses(Selection::of([])),
            none().with_kinds(Selection::of([SessionKind::Live])),
            none().with_month(month(1)),
            none().with_month(month(2)),
        ];
        let scopes = [
            BrandScope::All,
            BrandScope::only([]).unwrap(),
            BrandScope::only([brand("a")]).unwrap(),
            BrandScope::only([brand("a"), brand("b")]).unwrap(),
            BrandScope::only([brand("ab")]).unwrap(),
        ];
        let orders = [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming];
        let mut seen: Vec<Binding> = Vec::new();
        for filter in &filters {
            for scope in &scopes {
                for order in orders {
                    let binding = Binding::of(filter, order, scope);
                    assert!(!seen.contains(&binding), "{filter:?} {scope:?} {order:?}");
                    seen.push(binding);
                }
            }
        }
    }
}
