//! What the page's statement has in common on every store.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Nullable, Text};
use live_domain::{BrandScope, PageSize, SessionFilter, SessionScan, Timestamp, Viewer};
use uuid::Uuid;

use crate::list_plan::{Bound, Brand, Conditions, ListPlan, Part};

/// The columns of a session, in the order of the table.
pub(crate) const COLUMNS: &str = "id, host_id, brand_id, community_id, title, kind, category, scheduled_at, started_at, \
                                  ended_at, status, stream_call_id, max_participants, duration_minutes, recording_url, \
                                  metadata, created_at, updated_at, registered_count, version, waiting_count, \
                                  last_registered_at";

/// A page to read, in a store's types of instants and ids.
#[derive(Debug, Clone)]
pub(crate) struct PageRequest<At, Id> {
    pub(crate) plan: ListPlan<At, Id>,
    /// Whose registrations are looked for.
    pub(crate) viewer: String,
    /// How many rows: one more than the page holds.
    pub(crate) rows: i64,
}

impl<At: From<Timestamp>, Id: From<Uuid>> PageRequest<At, Id> {
    /// None: it is known without asking that the page is empty.
    pub(crate) fn new(
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Option<Self> {
        let plan = ListPlan::new(scope, filter, scan);
        let viewer = viewer.subject().as_str().to_owned();
        let rows = i64::try_from(size.with_lookahead()).unwrap_or(i64::MAX);
        (!plan.is_empty()).then_some(Self { plan, viewer, rows })
    }
}

/// A store's types of instants and ids, and what they are in its SQL.
pub(crate) trait StoreTypes<DB: Backend>
where
    DB: HasSqlType<Self::AtSql> + HasSqlType<Self::IdSql>,
{
    type AtSql;
    type IdSql;
    type At: ToSql<Self::AtSql, DB>;
    type Id: ToSql<Self::IdSql, DB>;
}

const NO_TEXT: Option<&str> = None;

/// `ASC` or `DESC`.
pub(crate) fn direction(descending: bool) -> &'static str {
    if descending { "DESC" } else { "ASC" }
}

/// Writes ` WHERE true` and the conditions of one branch.
pub(crate) fn push_where<'b, DB, S>(
    out: &mut AstPass<'_, 'b, DB>,
    conditions: &'b Conditions,
    brand: &'b Brand,
    part: &'b Part<S::At, S::Id>,
) -> QueryResult<()>
where
    DB: Backend + HasSqlType<S::AtSql> + HasSqlType<S::IdSql>,
    S: StoreTypes<DB>,
    str: ToSql<Text, DB>,
    Option<&'static str>: ToSql<Nullable<Text>, DB>,
{
    out.push_sql(" WHERE true");
    let Conditions { host, community, category, kinds } = conditions;
    let Part { status, lower, upper } = part;
    let texts = [
        (" AND host_id = ", host.as_ref().map(live_domain::HostId::as_str)),
        (" AND community_id = ", community.as_ref().map(live_domain::CommunityId::as_str)),
        (" AND category = ", category.as_ref().map(live_domain::Category::as_str)),
    ];
    for (sql, text) in texts {
        if let Some(text) = text {
            out.push_sql(sql);
            out.push_bind_param::<Text, str>(text)?;
        }
    }
    match brand {
        Brand::Any => {}
        Brand::Is(brand) => {
            out.push_sql(" AND brand_id = ");
            out.push_bind_param::<Text, str>(brand.as_str())?;
        }
        Brand::Nobody => {
            out.push_sql(" AND brand_id = ");
            out.push_bind_param::<Nullable<Text>, _>(&NO_TEXT)?;
        }
    }
    push_any_of(out, "status", status.iter().map(|status| status.as_str()));
    push_any_of(out, "kind", kinds.iter().map(|kind| kind.as_str()));
    push_bound::<DB, S>(out, lower.as_ref(), '>')?;
    push_bound::<DB, S>(out, upper.as_ref(), '<')
}

/// The names come from closed sets: as literals they are few, and the planner knows how common each is.
fn push_any_of<DB: Backend>(
    out: &mut AstPass<'_, '_, DB>,
    column: &str,
    names: impl ExactSizeIterator<Item = &'static str>,
) {
    let names: Vec<_> = names.map(|name| format!("'{name}'")).collect();
    match names.as_slice() {
        [] => {}
        [name] => out.push_sql(&format!(" AND {column} = {name}")),
        names => out.push_sql(&format!(" AND {column} IN ({})", names.join(", "))),
    }
}

/// The row comparison is one range of an index: `a < x OR (a = x AND b < y)` is not.
fn push_bound<'b, DB, S>(
    out: &mut AstPass<'_, 'b, DB>,
    bound: Option<&'b Bound<S::At, S::Id>>,
    side: char,
) -> QueryResult<()>
where
    DB: Backend + HasSqlType<S::AtSql> + HasSqlType<S::IdSql>,
    S: StoreTypes<DB>,
{
    match bound {
        None => Ok(()),
        Some(Bound::At(at)) => {
            out.push_sql(&format!(" AND scheduled_at {side}= "));
            out.push_bind_param::<S::AtSql, S::At>(at)
        }
        Some(Bound::Beside(at, id)) => {
            out.push_sql(&format!(" AND (scheduled_at, id) {side} ("));
            out.push_bind_param::<S::AtSql, S::At>(at)?;
            out.push_sql(", ");
            out.push_bind_param::<S::IdSql, S::Id>(id)?;
            out.push_sql(")");
            Ok(())
        }
    }
}
