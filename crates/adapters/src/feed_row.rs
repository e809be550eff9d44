//! Rows of calendar feeds, as both stores write and read them.
//!
//! What a feed holds is JSON text, which is read again long after it was written: members may be added here, with a default,
//! and none taken away. The host keeps its name, `host_id`: by that a person who is forgotten is found.

use diesel::Queryable;
use live_domain::listing::Variants;
use live_domain::{
    BrandId, BrandScope, Category, CommunityId, Feed, HostId, Month, Selection, SessionFilter, SessionKind,
    SessionStatus, Timestamp, Viewer,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::session_row::{BadRow, Columns, StoredInstant};
use crate::snapshot::Unreadable;

/// The columns that are texts of ours.
pub(crate) struct FeedTexts {
    /// None: all brands.
    pub(crate) brands: Option<String>,
    pub(crate) filter: String,
}

impl TryFrom<&Feed> for FeedTexts {
    type Error = Unreadable;

    fn try_from(feed: &Feed) -> Result<Self, Unreadable> {
        let brands = match &feed.scope {
            BrandScope::All => None,
            BrandScope::Only(brands) => {
                Some(serde_json::to_string(&brands.iter().map(BrandId::as_str).collect::<Vec<_>>())?)
            }
        };
        Ok(Self { brands, filter: serde_json::to_string(&FilterMembers::from(feed))? })
    }
}

/// Which sessions a feed holds.
#[derive(Serialize, Deserialize)]
struct FilterMembers {
    brand_id: Option<String>,
    host_id: Option<String>,
    community_id: Option<String>,
    category: Option<String>,
    /// None: all of them, those included that are yet to be thought of.
    statuses: Option<Vec<String>>,
    kinds: Option<Vec<String>>,
    month: Option<MonthMembers>,
    upcoming: bool,
}

/// The window of a month, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, Deserialize)]
struct MonthMembers {
    start: i64,
    last: i64,
}

fn named<T: Variants>(selection: &Selection<T>, name: fn(T) -> &'static str) -> Option<Vec<String>> {
    let names = || selection.iter().map(|member| name(member).to_owned()).collect();
    (!selection.is_all()).then(names)
}

impl From<&Feed> for FilterMembers {
    fn from(Feed { filter, upcoming, .. }: &Feed) -> Self {
        Self {
            brand_id: filter.brand().map(ToString::to_string),
            host_id: filter.host().map(ToString::to_string),
            community_id: filter.community().map(ToString::to_string),
            category: filter.category().map(ToString::to_string),
            statuses: named(filter.statuses(), SessionStatus::as_str),
            kinds: named(filter.kinds(), SessionKind::as_str),
            month: filter
                .month()
                .map(|month| MonthMembers { start: month.start().as_micros(), last: month.last().as_micros() }),
            upcoming: *upcoming,
        }
    }
}

impl FilterMembers {
    fn filter(self) -> Result<SessionFilter, Unreadable> {
        let Self { brand_id, host_id, community_id, category, statuses, kinds, month, upcoming: _ } = self;
        let mut filter = SessionFilter::default();
        if let Some(brand) = brand_id {
            filter = filter.with_brand(BrandId::new(brand)?);
        }
        if let Some(host) = host_id {
            filter = filter.with_host(HostId::new(host)?);
        }
        if let Some(community) = community_id {
            filter = filter.with_community(CommunityId::new(community)?);
        }
        if let Some(category) = category {
            filter = filter.with_category(Category::new(category)?);
        }
        if let Some(statuses) = statuses {
            filter = filter.with_statuses(Selection::of(members(&statuses)?));
        }
        if let Some(kinds) = kinds {
            filter = filter.with_kinds(Selection::of(members(&kinds)?));
        }
        if let Some(MonthMembers { start, last }) = month {
            let (start, last) = (Timestamp::from_micros(start)?, Timestamp::from_micros(last)?);
            filter = filter.with_month(Month::from_stored(start, last));
        }
        Ok(filter)
    }
}

fn members<T: std::str::FromStr<Err: Into<Unreadable>>>(names: &[String]) -> Result<Vec<T>, Unreadable> {
    names.iter().map(|name| name.parse().map_err(Into::into)).collect()
}

fn scope(brands: &str) -> Result<BrandScope, Unreadable> {
    let brands: Vec<String> = serde_json::from_str(brands)?;
    let brands: Vec<BrandId> = brands.into_iter().map(BrandId::new).collect::<Result<_, _>>()?;
    Ok(BrandScope::only(brands)?)
}

/// A row of `calendar_feeds` without its hash, its columns in the order of the table.
#[derive(Debug, Queryable)]
pub(crate) struct FeedRow<Id, Instant> {
    id: Id,
    owner: String,
    brands: Option<String>,
    filter: String,
    created_at: Instant,
    expires_at: Instant,
}

impl<Id: Into<Uuid>, Instant: StoredInstant> TryFrom<FeedRow<Id, Instant>> for Feed {
    type Error = BadRow;

    fn try_from(row: FeedRow<Id, Instant>) -> Result<Self, BadRow> {
        let FeedRow { id, owner, brands, filter, created_at, expires_at } = row;
        let id = id.into();
        let columns = Columns { id };
        let members: FilterMembers = columns.read("filter", serde_json::from_str(&filter))?;
        Ok(Self {
            id,
            owner: columns.read("owner", Viewer::new(owner))?,
            scope: columns.optional("brands", brands, |brands| scope(&brands))?.unwrap_or(BrandScope::All),
            upcoming: members.upcoming,
            filter: columns.read("filter", members.filter())?,
            created_at: columns.instant("created_at", created_at)?,
            expires_at: columns.instant("expires_at", expires_at)?,
        })
    }
}
