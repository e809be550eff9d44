//! Which parts of the sessions a page is merged from: the same for every store, and without any SQL.
//!
//! A store reads a page fast when it follows one index in the order of the list. So a list is taken apart into
//! [branches](Branch), each of which some index holds in that order, and the page is the beginning of their merge.

use live_domain::{
    BrandId, BrandScope, Category, CommunityId, HostId, Position, Selection, SessionFilter, SessionKind, SessionOrder,
    SessionScan, SessionStatus, Timestamp,
};
use uuid::Uuid;

/// How a page is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListPlan<At, Id> {
    /// Whether the latest come first.
    pub(crate) descending: bool,
    /// What every branch asks.
    pub(crate) conditions: Conditions,
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
    /// Those of each of these, and of nobody, that often, so that there are few different statements to prepare.
    AnyOf(Vec<BrandId>, usize),
    /// None: it fills up the number of branches, likewise.
    Nobody,
}

/// A part of each brand's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<At, Id> {
    /// Any of them; none named: no condition.
    pub(crate) statuses: Vec<SessionStatus>,
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
        let nothing_is_selected = filter.kinds().iter().next().is_none() || filter.statuses().iter().next().is_none();
        let brands = if nothing_is_selected { Vec::new() } else { brands(scope, filter, &conditions) };
        let parts = parts(filter, scan, &conditions, brands.len());
        Self { descending: scan.order() == SessionOrder::Newest, conditions, brands, parts }
    }

    /// Whether it is known without asking that there are no sessions.
    pub(crate) fn is_empty(&self) -> bool {
        self.brands.is_empty() || self.parts.is_empty()
    }

    pub(crate) fn branches(&self) -> impl Iterator<Item = (&Brand, &Part<At, Id>)> {
        self.brands.iter().flat_map(|brand| self.parts.iter().map(move |part| (brand, part)))
    }
}

impl Conditions {
    /// Whether one of them names people, whose sessions are mostly of one brand: they are found by them, not by brand.
    pub(crate) fn name_people(&self) -> bool {
        self.host.is_some() || self.community.is_some()
    }
}

/// The members that are asked for; all of them are no condition.
fn named<T: live_domain::listing::Variants>(selection: &Selection<T>) -> Vec<T> {
    if selection.is_all() { Vec::new() } else { selection.iter().collect() }
}

fn brands(scope: &BrandScope, filter: &SessionFilter, conditions: &Conditions) -> Vec<Brand> {
    let brands = match (filter.brand(), scope) {
        (Some(brand), scope) if scope.permits(brand) => return vec![Brand::Is(brand.clone())],
        (Some(_), _) => return Vec::new(),
        (None, BrandScope::All) => return vec![Brand::Any],
        (None, BrandScope::Only(brands)) if brands.iter().len() == 0 => return Vec::new(),
        (None, BrandScope::Only(brands)) => brands.iter().cloned(),
    };
    let number = brands.len().next_power_of_two().min(BrandScope::MAX_BRANDS);
    if conditions.name_people() && number > 1 {
        let padding = number - brands.len();
        return vec![Brand::AnyOf(brands.collect(), padding)];
    }
    let mut brands: Vec<_> = brands.map(Brand::Is).collect();
    brands.resize(number, Brand::Nobody);
    brands
}

fn parts<At: From<Timestamp>, Id: From<Uuid>>(
    filter: &SessionFilter,
    scan: SessionScan,
    conditions: &Conditions,
    brands: usize,
) -> Vec<Part<At, Id>> {
    let part = |statuses: Vec<SessionStatus>, since: Option<Timestamp>| {
        let (lower, upper) = bounds(filter, scan, since);
        Part { statuses, lower, upper }
    };
    let selected = filter.statuses();
    match scan {
        // What is live is upcoming however long ago it was to begin; what is scheduled is not. One part for both would
        // have to be read through all that is overdue.
        SessionScan::Upcoming { since, .. } => [(SessionStatus::Live, None), (SessionStatus::Scheduled, Some(since))]
            .into_iter()
            .filter(|(status, _)| selected.contains(*status))
            .map(|(status, since)| part(vec![status], since))
            .collect(),
        // An index by status holds each state in order. Several brands have enough branches as it is, and where
        // another condition finds the sessions, a part for each state would read them several times.
        SessionScan::Newest { .. } | SessionScan::Chronological { .. }
            if !selected.is_all() && brands == 1 && !conditions.name_people() && conditions.category.is_none() =>
        {
            selected.iter().map(|status| part(vec![status], None)).collect()
        }
        SessionScan::Newest { .. } | SessionScan::Chronological { .. } => vec![part(named(selected), None)],
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
    let descending = scan.order() == SessionOrder::Newest;
    let (lower_place, upper_place) = if descending { (None, scan.after()) } else { (scan.after(), None) };
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
    use live_domain::{Month, TimeZone};

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
        SessionScan::Upcoming { since: at(1_000), after }
    }

    fn plan(scope: &BrandScope, filter: &SessionFilter, scan: SessionScan) -> ListPlan<Timestamp, Uuid> {
        ListPlan::new(scope, filter, scan)
    }

    #[test]
    fn upcoming_is_what_is_live_and_what_is_still_to_come() {
        let plan = plan(&BrandScope::All, &SessionFilter::default(), upcoming(None));
        let live = Part { statuses: vec![SessionStatus::Live], lower: None, upper: None };
        let to_come = Part { statuses: vec![SessionStatus::Scheduled], lower: Some(Bound::At(at(1_000))), upper: None };
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
        let newest = |after| {
            let filter = SessionFilter::default().with_month(month);
            plan(&BrandScope::All, &filter, SessionScan::Newest { after }).parts.remove(0)
        };
        assert_eq!(newest(None).upper, Some(Bound::At(month.last())));
        assert_eq!(newest(Some(beside(5))).upper, Some(at_place(5)));
        let february = Position { scheduled_at: month.last().later_by(time::Duration::DAY), id: Uuid::nil() };
        assert_eq!(newest(Some(february)).upper, Some(Bound::At(month.last())));
        assert_eq!(newest(None).lower, Some(Bound::At(month.start())));
    }

    #[test]
    fn what_selects_nothing_is_not_asked() {
        let scope = BrandScope::only([brand("acme")]).unwrap();
        let newest = SessionScan::Newest { after: None };
        let nothing = BrandScope::only([]).unwrap();
        assert!(plan(&nothing, &SessionFilter::default(), newest).is_empty());
        assert!(plan(&scope, &SessionFilter::default().with_brand(brand("globex")), newest).is_empty());
        assert!(plan(&scope, &SessionFilter::default().with_kinds(Selection::of([])), newest).is_empty());
        assert!(plan(&scope, &SessionFilter::default().with_statuses(Selection::of([])), newest).is_empty());
        let ended = SessionFilter::default().with_statuses(Selection::of([SessionStatus::Ended]));
        assert!(plan(&scope, &ended, upcoming(None)).is_empty());
        assert!(!plan(&scope, &ended, newest).is_empty());
    }

    #[test]
    fn a_scope_is_filled_up_to_few_different_sizes() {
        let branches = |number: usize, scan| {
            let scope = BrandScope::only((0..number).map(|number| brand(&format!("brand {number}")))).unwrap();
            plan(&scope, &SessionFilter::default(), scan).branches().count()
        };
        let newest = SessionScan::Newest { after: None };
        let counts: Vec<_> = [1, 2, 3, 5, 127, 129, 200].map(|number| branches(number, newest)).into();
        assert_eq!(counts, [1, 2, 4, 8, 128, 200, 200]);
        assert_eq!(branches(200, upcoming(None)), 400);
    }

    #[test]
    fn a_host_is_found_once_and_not_once_for_each_brand() {
        let names = ["acme", "globex", "initech"].map(brand);
        let scope = BrandScope::only(names.clone()).unwrap();
        let newest = SessionScan::Newest { after: None };
        let brands = |filter: SessionFilter| plan(&scope, &filter, newest).brands;
        let by_host = brands(SessionFilter::default().with_host("ada".parse().unwrap()));
        assert_eq!(by_host, [Brand::AnyOf(names.to_vec(), 1)]);
        assert_eq!(brands(SessionFilter::default().with_category("music".parse().unwrap())).len(), 4);
    }

    #[test]
    fn states_are_parts_of_their_own_where_an_index_holds_them() {
        let selected = [SessionStatus::Ended, SessionStatus::Cancelled];
        let filter = SessionFilter::default().with_statuses(Selection::of(selected));
        let newest = SessionScan::Newest { after: None };
        let statuses = |scope: &BrandScope, filter: &SessionFilter| {
            plan(scope, filter, newest).parts.into_iter().map(|part| part.statuses).collect::<Vec<_>>()
        };
        assert_eq!(statuses(&BrandScope::All, &filter), [vec![selected[0]], vec![selected[1]]]);
        assert_eq!(statuses(&BrandScope::All, &filter.clone().with_brand(brand("acme"))).len(), 2);
        let two = BrandScope::only(["acme", "globex"].map(brand)).unwrap();
        assert_eq!(statuses(&two, &filter), [selected.to_vec()]);
        assert_eq!(statuses(&BrandScope::All, &filter.with_host("ada".parse().unwrap())), [selected.to_vec()]);
    }
}
