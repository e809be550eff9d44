//! The cursor of a list: an opaque text that holds the place to go on from.
//!
//! It is versioned, bound to the filter, the order and the caller's brand scope, and carries no authority: every
//! condition is applied again. Layout, before it is written as base64url without padding:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, [`VERSION`] |
//! | 16 | [`Binding`] |
//! | 8 | the instant that `upcoming` is judged since, in microseconds; zero in other orders |
//! | 8 | `scheduled_at` of the last session seen, in microseconds |
//! | 16 | its id |
//! | 8 | checksum of all of the above |

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_domain::{BrandScope, Position, SessionFilter, SessionOrder, SessionScan, Timestamp};
use uuid::Uuid;

/// The version of the layout; another one is refused.
pub const VERSION: u8 = 1;
/// The most bytes that the text of a cursor may have.
pub const MAX_TEXT: usize = 512;

const LENGTH: usize = 1 + 16 + 8 + 8 + 16 + 8;

/// The cursor is malformed, or belongs to another query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCursor;

/// What a walk is bound to: the meaning of the filter, the order and the brand scope, as a fingerprint.
///
/// Two names of one parameter, the order of a list's members and defaults written out make no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding([u8; 16]);

impl Binding {
    /// The fingerprint of a query.
    #[must_use]
    pub fn of(filter: &SessionFilter, order: SessionOrder, scope: &BrandScope) -> Self {
        let mut hash = Fields(blake3::Hasher::new_derive_key("live list of sessions, cursor version 1"));
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
        match scope {
            BrandScope::All => hash.text(None),
            BrandScope::Only(brands) => hash.list(brands.iter().map(live_domain::BrandId::as_str)),
        }
        Self(first(hash.0.finalize().as_bytes()))
    }

    /// The bytes of the fingerprint.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Fields in a hash, each with its length, so that no two sequences of fields look alike.
struct Fields(blake3::Hasher);

impl Fields {
    fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.0.update(&[0]),
            Some(text) => self.0.update(&[1]).update(&length(text.len())).update(text.as_bytes()),
        };
    }

    fn list<'a>(&mut self, members: impl Iterator<Item = &'a str>) {
        let members: Vec<_> = members.collect();
        self.0.update(&[2]).update(&length(members.len()));
        for member in members {
            self.text(Some(member));
        }
    }
}

fn length(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| bytes[index])
}

fn checksum(payload: &[u8]) -> [u8; 8] {
    first(blake3::hash(payload).as_bytes())
}

/// Writes the cursor of the page that `scan` asks for. A scan at its beginning has none.
#[must_use]
pub fn encode(binding: Binding, scan: SessionScan) -> Option<String> {
    let after = scan.after()?;
    let since = match scan {
        SessionScan::Upcoming { since, .. } => since.as_micros(),
        SessionScan::Newest { .. } | SessionScan::Chronological { .. } => 0,
    };
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.push(VERSION);
    bytes.extend(binding.0);
    bytes.extend(since.to_be_bytes());
    bytes.extend(after.scheduled_at.as_micros().to_be_bytes());
    bytes.extend(after.id.as_bytes());
    bytes.extend(checksum(&bytes));
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a cursor that was made for this binding and order.
///
/// # Errors
///
/// [`InvalidCursor`] for any other text, whatever it is.
pub fn decode(text: &str, binding: Binding, order: SessionOrder) -> Result<SessionScan, InvalidCursor> {
    if text.len() > MAX_TEXT {
        return Err(InvalidCursor);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
    let (payload, sum) = bytes.split_last_chunk::<8>().ok_or(InvalidCursor)?;
    if payload.len() + sum.len() != LENGTH || checksum(payload) != *sum {
        return Err(InvalidCursor);
    }
    let mut fields = Reader(payload);
    if fields.take::<1>()? != [VERSION] || fields.take::<16>()? != binding.0 {
        return Err(InvalidCursor);
    }
    let since = fields.instant()?;
    let after = Position { scheduled_at: fields.instant()?, id: Uuid::from_bytes(fields.take()?) };
    Ok(SessionScan::beginning(order, since).resumed_after(after))
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], InvalidCursor> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(InvalidCursor)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn instant(&mut self) -> Result<Timestamp, InvalidCursor> {
        Timestamp::from_micros(i64::from_be_bytes(self.take()?)).map_err(|_| InvalidCursor)
    }
}

#[cfg(test)]
mod tests {
    use live_domain::{BrandId, Month, Selection, SessionKind, SessionStatus, TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn binding() -> Binding {
        Binding::of(&SessionFilter::default(), SessionOrder::Upcoming, &BrandScope::All)
    }

    fn any_scan() -> impl Strategy<Value = SessionScan> {
        let instant = || (0..Timestamp::LATEST.as_micros()).prop_map(|micros| Timestamp::from_micros(micros).unwrap());
        (instant(), instant(), any::<u128>()).prop_map(|(since, scheduled_at, id)| {
            let place = Position { scheduled_at, id: Uuid::from_u128(id) };
            SessionScan::beginning(SessionOrder::Upcoming, since).resumed_after(place)
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
