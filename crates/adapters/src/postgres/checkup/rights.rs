//! What the role may do.

use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::server::Facts;
use crate::checkup::Checked;
use crate::postgres::error::PgError;
use crate::postgres::statement::statement;

/// Every table of the schema. A test compares them with a migrated database.
pub(super) const TABLES: [&str; 7] = [
    "sessions",
    "registrations",
    "session_events",
    "session_event_places",
    "session_event_progress",
    "idempotency_keys",
    "calendar_feeds",
];

/// The grants that are missing on what is there, as statements would name them.
const MISSING: &str = "
    SELECT privilege || ' ON ' || name FROM unnest($1) AS name,
        unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS privilege
    WHERE NOT coalesce(has_table_privilege(to_regclass(name), privilege), true)
    UNION ALL
    SELECT 'SELECT ON ' || books FROM (SELECT '__diesel_schema_migrations' AS books) AS of_migrations
    WHERE NOT coalesce(has_table_privilege(to_regclass(books), 'SELECT'), true)
    UNION ALL
    SELECT 'SELECT ON SEQUENCE ' || sequence
    FROM (SELECT pg_get_serial_sequence(to_regclass('session_events')::text, 'seq') AS sequence) AS of_events
    WHERE NOT has_sequence_privilege(sequence, 'USAGE, SELECT')";

/// At last, whether it may create tables where they are looked for and change those that are there.
const ROLE: &str = "
    SELECT rolsuper, current_schema()::text, has_database_privilege(current_database(), 'TEMPORARY'),
        coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
        AND (SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), true)
            FROM unnest($1) AS name JOIN pg_class c ON c.oid = to_regclass(name))
    FROM pg_roles WHERE rolname = current_user";

/// What the role of the service is, and may do.
struct Rights<'f> {
    facts: &'f Facts,
    is_superuser: bool,
    /// Where tables are made and found; none: nowhere.
    schema: Option<String>,
    makes_temporary: bool,
    migrates: bool,
    missing: Vec<String>,
}

impl<'f> Rights<'f> {
    async fn ask(connection: &mut AsyncPgConnection, facts: &'f Facts) -> Result<Self, PgError> {
        let tables = || Some(TABLES.map(str::to_owned).to_vec());
        let query = statement::<(Bool, Nullable<Text>, Bool, Bool)>(ROLE).bind(tables());
        let (is_superuser, schema, makes_temporary, migrates) = query.get_result(connection).await?;
        let missing: Vec<(String,)> = statement::<(Text,)>(MISSING).bind(tables()).load(connection).await?;
        let missing = missing.into_iter().map(|(grant,)| grant).collect();
        Ok(Self { facts, is_superuser, schema, makes_temporary, migrates, missing })
    }

    fn too_many(&self) -> Option<Checked> {
        let text = format!("{} is a superuser: whoever takes the service over has the whole server", self.facts.role);
        let remedy = "give the service a role of its own, which owns its database and nothing else";
        self.is_superuser.then(|| Checked::doubtful("rights", text, remedy))
    }

    fn on_tables(&self) -> Option<Checked> {
        let role = &self.facts.role;
        if self.schema.is_none() {
            return Some(Checked::wrong(
                "rights",
                format!("no schema in the search_path is open to {role}"),
                format!("GRANT USAGE, CREATE ON SCHEMA public TO {role}, or set the search_path of the role right"),
            ));
        }
        let grants: Vec<String> = self.missing.iter().map(|grant| format!("GRANT {grant} TO {role};")).collect();
        (!grants.is_empty()).then(|| {
            Checked::wrong(
                "rights",
                format!("{role} lacks {}", self.missing.join(", ")),
                format!("as the owner of the tables: {}", grants.join(" ")),
            )
        })
    }

    fn to_migrate(&self) -> Option<Checked> {
        let (role, schema) = (&self.facts.role, self.schema.as_ref()?);
        if self.migrates {
            return None;
        }
        Some(Checked::wrong(
            "rights",
            format!(
                "{role} cannot bring the schema up: it may not create tables in {schema}, or others own those there"
            ),
            format!(
                "GRANT CREATE ON SCHEMA {schema} TO {role} and make it the owner of the tables; or set \
                 LIVE_MIGRATE_ON_START=false and run `live migrate` as their owner"
            ),
        ))
    }

    fn to_import(&self) -> Option<Checked> {
        let Facts { role, database, .. } = self.facts;
        let text = format!("{role} may not create temporary tables: imports fail");
        let remedy = format!("GRANT TEMPORARY ON DATABASE {database} TO {role}");
        (!self.makes_temporary).then(|| Checked::doubtful("rights", text, remedy))
    }
}

pub(super) async fn examine(
    connection: &mut AsyncPgConnection,
    facts: &Facts,
    migrates: bool,
) -> Result<Vec<Checked>, PgError> {
    let rights = Rights::ask(connection, facts).await?;
    let to_migrate = if migrates { rights.to_migrate() } else { None };
    let found = [rights.too_many(), rights.on_tables(), to_migrate, rights.to_import()];
    let found: Vec<Checked> = found.into_iter().flatten().collect();
    if found.is_empty() {
        return Ok(vec![Checked::well("rights", format!("{} may do what the service needs", facts.role))]);
    }
    Ok(found)
}
