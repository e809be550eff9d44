//! The indexes that lists read.

use crate::list_plan::Conditions;

/// An index that holds sessions in the order of a list.
///
/// Each but the four without a state holds the states apart: whoever wants several merges them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionIndex {
    All,
    Status,
    Kind,
    Category,
    Community,
    CommunityAndStatus,
    Host,
    HostAndStatus,
    Brand,
    BrandAndStatus,
    BrandAndKind,
    BrandAndCategory,
    BrandAndCommunity,
    BrandAndHost,
}

impl SessionIndex {
    /// The one for a list, by a brand or of all, with these conditions, and of every state or of some.
    ///
    /// Two conditions beside the brand have no index of their own. It is then that of the one which is likely to have
    /// fewer sessions.
    pub(crate) fn of(by_brand: bool, conditions: &Conditions, every_state: bool) -> Self {
        let Conditions { host, community, category, kinds } = conditions;
        if host.is_some() {
            match (by_brand, every_state) {
                (true, _) => Self::BrandAndHost,
                (false, true) => Self::Host,
                (false, false) => Self::HostAndStatus,
            }
        } else if community.is_some() {
            match (by_brand, every_state) {
                (true, _) => Self::BrandAndCommunity,
                (false, true) => Self::Community,
                (false, false) => Self::CommunityAndStatus,
            }
        } else if category.is_some() {
            if by_brand { Self::BrandAndCategory } else { Self::Category }
        } else if !kinds.is_empty() {
            if by_brand { Self::BrandAndKind } else { Self::Kind }
        } else {
            match (by_brand, every_state) {
                (true, true) => Self::Brand,
                (true, false) => Self::BrandAndStatus,
                (false, true) => Self::All,
                (false, false) => Self::Status,
            }
        }
    }

    /// Whether it holds each state by itself.
    pub(crate) fn holds_states_apart(self) -> bool {
        !matches!(self, Self::All | Self::Community | Self::Host | Self::Brand)
    }

    /// Its name in every store.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "sessions_of_all",
            Self::Status => "sessions_of_status",
            Self::Kind => "sessions_of_kind",
            Self::Category => "sessions_of_category",
            Self::Community => "sessions_of_community",
            Self::CommunityAndStatus => "sessions_of_community_and_status",
            Self::Host => "sessions_of_host",
            Self::HostAndStatus => "sessions_of_host_and_status",
            Self::Brand => "sessions_of_brand",
            Self::BrandAndStatus => "sessions_of_brand_and_status",
            Self::BrandAndKind => "sessions_of_brand_and_kind",
            Self::BrandAndCategory => "sessions_of_brand_and_category",
            Self::BrandAndCommunity => "sessions_of_brand_and_community",
            Self::BrandAndHost => "sessions_of_brand_and_host",
        }
    }
}
