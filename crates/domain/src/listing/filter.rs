//! Which sessions a list holds.

use std::collections::BTreeSet;

use super::month::Month;
use crate::session::{Session, SessionKind, SessionStatus};
use crate::text::{BrandId, Category, CommunityId, HostId};

/// An enumeration whose members are known, so that "all of them" can be told from "some".
pub trait Variants: Copy + Ord + 'static {
    /// Every member.
    const ALL: &'static [Self];
}

/// Some members of an enumeration; by default all of them, which is no condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selection<T: Variants>(BTreeSet<T>);

impl<T: Variants> Selection<T> {
    /// Exactly these members. None of them selects nothing.
    pub fn of(members: impl IntoIterator<Item = T>) -> Self {
        Self(members.into_iter().collect())
    }

    /// Whether every member is selected.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.len() == T::ALL.len()
    }

    /// Whether this member is selected.
    #[must_use]
    pub fn contains(&self, member: T) -> bool {
        self.0.contains(&member)
    }

    /// The selected members, in the order of the enumeration.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().copied()
    }
}

impl<T: Variants> Default for Selection<T> {
    fn default() -> Self {
        Self::of(T::ALL.iter().copied())
    }
}

/// The conditions on a session's own members, joined by AND. The default has none.
///
/// Two filters are equal when they mean the same. What is *upcoming* depends on the time and so belongs to the
/// [`SessionScan`](super::SessionScan); what exists for the caller is the [`BrandScope`](crate::BrandScope).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionFilter {
    brand: Option<BrandId>,
    host: Option<HostId>,
    community: Option<CommunityId>,
    category: Option<Category>,
    statuses: Selection<SessionStatus>,
    kinds: Selection<SessionKind>,
    month: Option<Month>,
}

impl SessionFilter {
    /// Only sessions of this brand.
    #[must_use]
    pub fn with_brand(self, brand: BrandId) -> Self {
        Self { brand: Some(brand), ..self }
    }

    /// Only sessions of this host.
    #[must_use]
    pub fn with_host(self, host: HostId) -> Self {
        Self { host: Some(host), ..self }
    }

    /// Only sessions for this community.
    #[must_use]
    pub fn with_community(self, community: CommunityId) -> Self {
        Self { community: Some(community), ..self }
    }

    /// Only sessions of this category.
    #[must_use]
    pub fn with_category(self, category: Category) -> Self {
        Self { category: Some(category), ..self }
    }

    /// Only sessions in one of these states.
    #[must_use]
    pub fn with_statuses(self, statuses: Selection<SessionStatus>) -> Self {
        Self { statuses, ..self }
    }

    /// Only sessions of one of these kinds.
    #[must_use]
    pub fn with_kinds(self, kinds: Selection<SessionKind>) -> Self {
        Self { kinds, ..self }
    }

    /// Only sessions scheduled in this month.
    #[must_use]
    pub fn with_month(self, month: Month) -> Self {
        Self { month: Some(month), ..self }
    }

    /// The brand asked for.
    #[must_use]
    pub fn brand(&self) -> Option<&BrandId> {
        self.brand.as_ref()
    }

    /// The host asked for.
    #[must_use]
    pub fn host(&self) -> Option<&HostId> {
        self.host.as_ref()
    }

    /// The community asked for.
    #[must_use]
    pub fn community(&self) -> Option<&CommunityId> {
        self.community.as_ref()
    }

    /// The category asked for.
    #[must_use]
    pub fn category(&self) -> Option<&Category> {
        self.category.as_ref()
    }

    /// The states asked for.
    #[must_use]
    pub fn statuses(&self) -> &Selection<SessionStatus> {
        &self.statuses
    }

    /// The kinds asked for.
    #[must_use]
    pub fn kinds(&self) -> &Selection<SessionKind> {
        &self.kinds
    }

    /// The month asked for.
    #[must_use]
    pub fn month(&self) -> Option<Month> {
        self.month
    }

    /// Whether the session meets every condition: the meaning of the filter, which every store agrees with.
    #[must_use]
    pub fn matches(&self, session: &Session) -> bool {
        fn equal<T: PartialEq>(asked: Option<&T>, has: Option<&T>) -> bool {
            asked.is_none() || asked == has
        }
        equal(self.brand(), Some(&session.brand_id))
            && equal(self.host(), Some(&session.host_id))
            && equal(self.community(), session.community_id.as_ref())
            && equal(self.category(), session.category.as_ref())
            && self.statuses.contains(session.status)
            && self.kinds.contains(session.kind)
            && self.month.is_none_or(|month| month.contains(session.scheduled_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_every_member_is_no_condition() {
        let all = Selection::of([
            SessionStatus::Cancelled,
            SessionStatus::Ended,
            SessionStatus::Live,
            SessionStatus::Scheduled,
        ]);
        assert_eq!(SessionFilter::default().with_statuses(all), SessionFilter::default());
    }

    #[test]
    fn selecting_no_member_selects_nothing() {
        let none = Selection::<SessionKind>::of([]);
        assert!(!none.is_all());
        assert!(SessionKind::ALL.iter().all(|kind| !none.contains(*kind)));
    }
}
