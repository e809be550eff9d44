//! Which parts of the sessions a page is merged from: the same for every store, and without any SQL.
//!
//! A store reads a page fast when it follows one index in the order of the list. So a list is taken apart into
//! [branches](Branch), each of which some index holds in that order, and the page is the beginning of their merge.

use live_domain::{
    BrandId, BrandScope, Category, CommunityId, HostId, Position, ScanOrder, Selection, SessionFilter, SessionKind,
    SessionScan, SessionStatus, Timestamp,
};
use uuid::Uuid;

use crate::session_index::SessionIndex;

/// How a page is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListPlan<At, Id> {
    /// Whether the latest come first.
    pub(crate) descending: bool,
    /// What every branch asks.
    pub(crate) conditions: Conditions,
    /// What every branch reads.
    pub(crate) index: SessionIndex,
    /// There is a branch for each of these ...
    pub(crate) brands: Vec<Brand>,
    /// ... and each of these. No session is in two branches; without any the page is empty.
    pub(crate) parts: Vec<Part<At, Id>>,
}

/// Conditions that hold for all branches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    pub(crate) host: Option<HostId>,
    pub(crate) community: Option<CommunityId>,
    pub(crate) category: Option<Category>,
    /// Any of them; none named: no condition.
    pub(crate) kinds: Vec<SessionKind>,
}

/// Whose sessions a branch holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Brand {
    /// Those of every brand.
    Any,
    /// Those of this one.
    Is(BrandId),
    /// None: it fills up the number of branches, so that there are few different statements to prepare.
    Nobody,
}

/// A part of each brand's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<At, Id> {
    /// None: of any.
    pub(crate) status: Option<SessionStatus>,
    pub(crate) lower: Option<Bound<At, Id>>,
    pub(crate) upper: Option<Bound<At, Id>>,
}

/// Where a part begins or ends.
///
/// There is never more than one bound to a side: beside a second one a store may start reading at the wider of the two,
/// and a page then costs more the deeper it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound<At, Id> {
    /// At this instant, which is included.
    At(At),
    /// At the place of this instant and id, which is not.
    Beside(At, Id),
}

/// Instants and ids are those of the store.
impl<At: From<Timestamp>, Id: From<Uuid>> ListPlan<At, Id> {
    pub(crate) fn new(scope: &BrandScope, filter: &SessionFilter, scan: SessionScan) -> Self {
        let conditions = Conditions {
            host: filter.host().cloned(),
            community: filter.community().cloned(),
            category: filter.category().cloned(),
            kinds: named(filter.kinds()),
        };
        let nothing_is_selected = filter.kinds().iter().next().is_none();
        let brands = if nothing_is_selected { Vec::new() } else { brands(scope, filter) };
        let every_state = filter.statuses().is_all() && !matches!(scan.order, ScanOrder::Upcoming { .. });
        let index = SessionIndex::of(!matches!(brands.as_slice(), [Brand::Any]), &conditions, every_state);
        let parts = parts(filter, scan, index);
        Self { descending: scan.order == ScanOrder::Newest, conditions, index, brands, parts }
    }

    /// Whether it is known without asking that there are no sessions.
    pub(crate) fn is_empty(&self) -> bool {
        self.brands.is_empty() || self.parts.is_empty()
    }

    pub(crate) fn branches(&self) -> impl Iterator<Item = (&Brand, &Part<At, Id>)> {
        self.brands.iter().flat_map(|brand| self.parts.iter().map(move |part| (brand, part)))
    }
}

/// The members that are asked for; all of them are no condition.
fn named<T: live_domain::listing::Variants>(selection: &Selection<T>) -> Vec<T> {
    if selection.is_all() { Vec::new() } else { selection.iter().collect() }
}

fn brands(scope: &BrandScope, filter: &SessionFilter) -> Vec<Brand> {
    let brands = match (filter.brand(), scope) {
        (Some(brand), scope) if scope.permits(brand) => return vec![Brand::Is(brand.clone())],
        (Some(_), _) => return Vec::new(),
        (None, BrandScope::All) => return vec![Brand::Any],
        (None, BrandScope::Only(brands)) if brands.iter().len() == 0 => return Vec::new(),
        (None, BrandScope::Only(brands)) => brands.iter().cloned(),
    };
    let number = brands.len().next_power_of_two().min(BrandScope::MAX_BRANDS);
    let mut brands: Vec<_> = brands.map(Brand::Is).collect();
    brands.resize(number, Brand::Nobody);
    brands
}

fn parts<At: From<Timestamp>, Id: From<Uuid>>(
    filter: &SessionFilter,
    scan: SessionScan,
    index: SessionIndex,
) -> Vec<Part<At, Id>> {
    let part = |status: Option<SessionStatus>, since: Option<Timestamp>| {
        let (lower, upper) = bounds(filter, scan, since);
        Part { status, lower, upper }
    };
    let selected = filter.statuses();
    match scan.order {
        // What is live is upcoming however long ago it was to begin; what is scheduled is not. One part for both would
        // have to be read through all that is overdue.
        ScanOrder::Upcoming { since } => [(SessionStatus::Live, None), (SessionStatus::Scheduled, Some(since))]
            .into_iter()
            .filter(|(status, _)| selected.contains(*status))
            .map(|(status, since)| part(Some(status), since))
            .collect(),
        ScanOrder::Newest | ScanOrder::Chronological if index.holds_states_apart() => {
            selected.iter().map(|status| part(Some(status), None)).collect()
        }
        ScanOrder::Newest | ScanOrder::Chronological => vec![part(None, None)],
    }
}

type Bounds<At, Id> = (Option<Bound<At, Id>>, Option<Bound<At, Id>>);

/// The narrowest bounds that the month, what is upcoming and the place to go on from make together.
fn bounds<At: From<Timestamp>, Id: From<Uuid>>(
    filter: &SessionFilter,
    scan: SessionScan,
    since: Option<Timestamp>,
) -> Bounds<At, Id> {
    let lower = filter.month().map(live_domain::Month::start).max(since);
    let upper = filter.month().map(live_domain::Month::last);
    let descending = scan.order == ScanOrder::Newest;
    let (lower_place, upper_place) = if descending { (None, scan.after) } else { (scan.after, None) };
    (
        narrower(lower, lower_place, |instant, place| instant > place.scheduled_at),
        narrower(upper, upper_place, |instant, place| instant < place.scheduled_at),
    )
}

/// All at the instant lie beyond the place, or the place lies within: either bound alone says what both say.
fn narrower<At: From<Timestamp>, Id: From<Uuid>>(
    instant: Option<Timestamp>,
    place: Option<Position>,
    beyond: impl Fn(Timestamp, Position) -> bool,
) -> Option<Bound<At, Id>> {
    match (instant, place) {
        (Some(instant), Some(place)) if beyond(instant, place) => Some(Bound::At(instant.into())),
        (_, Some(place)) => Some(Bound::Beside(place.scheduled_at.into(), place.id.into())),
        (instant, None) => instant.map(|instant| Bound::At(instant.into())),
    }
}

#[cfg(test)]
mod tests {
    use live_domain::{Month, SessionOrder, TimeZone};

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn beside(micros: i64) -> Position {
        Position { scheduled_at: at(micros), id: Uuid::from_u128(7) }
    }

    fn at_place(micros: i64) -> Bound<Timestamp, Uuid> {
        Bound::Beside(at(micros), beside(micros).id)
    }

    fn brand(name: &str) -> BrandId {
        name.parse().unwrap()
    }

    fn upcoming(after: Option<Position>) -> SessionScan {
        SessionScan { after, ..SessionScan::beginning(SessionOrder::Upcoming, at(1_000)) }
    }

    fn newest(after: Option<Position>) -> SessionScan {
        SessionScan { after, ..SessionScan::beginning(SessionOrder::Newest, Timestamp::EARLIEST) }
    }

    fn plan(scope: &BrandScope, filter: &SessionFilter, scan: SessionScan) -> ListPlan<Timestamp, Uuid> {
        ListPlan::new(scope, filter, scan)
    }

    #[test]
    fn upcoming_is_what_is_live_and_what_is_still_to_come() {
        let plan = plan(&BrandScope::All, &SessionFilter::default(), upcoming(None));
        let live = Part { status: Some(SessionStatus::Live), lower: None, upper: None };
        let to_come = Part { status: Some(SessionStatus::Scheduled), lower: Some(Bound::At(at(1_000))), upper: None };
        assert_eq!(plan.parts, [live, to_come]);
        assert_eq!((plan.brands, plan.descending), (vec![Brand::Any], false));
    }

    #[test]
    fn a_side_has_one_bound_the_narrower() {
        let lowers = |place| {
            let plan = plan(&BrandScope::All, &SessionFilter::default(), upcoming(Some(place)));
            plan.parts.iter().map(|part| part.lower).collect::<Vec<_>>()
        };
        assert_eq!(lowers(beside(999)), [Some(at_place(999)), Some(Bound::At(at(1_000)))]);
        assert_eq!(lowers(beside(1_000)), [Some(at_place(1_000)); 2]);
        assert_eq!(lowers(beside(1_001)), [Some(at_place(1_001)); 2]);

        let month = Month::new(1970, 1, &TimeZone::UTC).unwrap();
        let of_month = |after| {
            let filter = SessionFilter::default().with_month(month);
            plan(&BrandScope::All, &filter, newest(after)).parts.remove(0)
        };
        assert_eq!(of_month(None).upper, Some(Bound::At(month.last())));
        assert_eq!(of_month(Some(beside(5))).upper, Some(at_place(5)));
        let february = Position { scheduled_at: month.last().later_by(time::Duration::DAY), id: Uuid::nil() };
        assert_eq!(of_month(Some(february)).upper, Some(Bound::At(month.last())));
        assert_eq!(of_month(None).lower, Some(Bound::At(month.start())));
    }

    #[test]
    fn what_selects_nothing_is_not_asked() {
        let scope = BrandScope::only([brand("acme")]).unwrap();
        let nothing = BrandScope::only([]).unwrap();
        assert!(plan(&nothing, &SessionFilter::default(), newest(None)).is_empty());
        assert!(plan(&scope, &SessionFilter::default().with_brand(brand("globex")), newest(None)).is_empty());
        assert!(plan(&scope, &SessionFilter::default().with_kinds(Selection::of([])), newest(None)).is_empty());
        assert!(plan(&scope, &SessionFilter::default().with_statuses(Selection::of([])), newest(None)).is_empty());
        let ended = SessionFilter::default().with_statuses(Selection::of([SessionStatus::Ended]));
        assert!(plan(&scope, &ended, upcoming(None)).is_empty());
        assert!(!plan(&scope, &ended, newest(None)).is_empty());
    }

    #[test]
    fn a_scope_is_filled_up_to_few_different_sizes() {
        let branches = |number: usize, scan| {
            let scope = BrandScope::only((0..number).map(|number| brand(&format!("brand {number}")))).unwrap();
            plan(&scope, &SessionFilter::default(), scan).branches().count()
        };
        let counts: Vec<_> = [1, 2, 3, 5, 127, 129, 200].map(|number| branches(number, newest(None))).into();
        assert_eq!(counts, [1, 2, 4, 8, 128, 200, 200]);
        assert_eq!(branches(200, upcoming(None)), 400);
    }

    #[test]
    fn every_brand_is_read_by_itself_whatever_is_asked_of_it() {
        let names = ["acme", "globex", "initech"].map(brand);
        let scope = BrandScope::only(names.clone()).unwrap();
        let filter = SessionFilter::default().with_host("ada".parse().unwrap());
        let plan = plan(&scope, &filter, newest(None));
        assert_eq!(plan.brands, names.map(Brand::Is).into_iter().chain([Brand::Nobody]).collect::<Vec<_>>());
        assert_eq!((plan.index, plan.branches().count()), (SessionIndex::BrandAndHost, 16));
    }

    #[test]
    fn states_are_parts_of_their_own_where_the_index_holds_them_apart() {
        use SessionStatus::{Cancelled, Ended, Live, Scheduled};
        let every = SessionFilter::default;
        let some = || every().with_statuses(Selection::of([Ended, Cancelled]));
        let by_kind = |filter: SessionFilter| filter.with_kinds(Selection::of([SessionKind::OfficeHours]));
        let read = |filter: SessionFilter| {
            let plan = plan(&BrandScope::All, &filter, newest(None));
            (plan.index, plan.parts.into_iter().map(|part| part.status).collect::<Vec<_>>())
        };
        assert_eq!(read(every()), (SessionIndex::All, vec![None]));
        assert_eq!(read(some()), (SessionIndex::Status, vec![Some(Ended), Some(Cancelled)]));
        assert_eq!(read(every().with_brand(brand("acme"))), (SessionIndex::Brand, vec![None]));
        let by_kind_of_every_state = [Scheduled, Live, Ended, Cancelled].map(Some).to_vec();
        assert_eq!(read(by_kind(every())), (SessionIndex::Kind, by_kind_of_every_state));
        assert_eq!(read(by_kind(some())).1.len(), 2);
    }
}
