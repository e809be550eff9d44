//! What the role may do.

use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::server::Facts;
use crate::checkup::Checked;
use crate::postgres::error::PgError;
use crate::postgres::statement::statement;

/// Every table of the schema. A test compares them with a migrated database.
pub(super) const TABLES: [&str; 6] = [
    "sessions",
    "registrations",
    "session_events",
    "session_event_places",
    "session_event_progress",
    "idempotency_keys",
];

/// The grants that are missing on what is there, as statements would name them.
const MISSING: &str = "
    SELECT privilege || ' ON ' || name FROM unnest($1) AS name,
        unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS privilege
    WHERE NOT coalesce(has_table_privilege(to_regclass(name), privilege), true)
    UNION ALL
    SELECT 'SELECT ON SEQUENCE ' || sequence
    FROM (SELECT pg_get_serial_sequence(to_regclass('session_events')::text, 'seq') AS sequence) AS of_events
    WHERE NOT has_sequence_privilege(sequence, 'USAGE, SELECT')";

/// The last two: whether it may create tables where they are looked for, and whether it owns those that are there.
const ROLE: &str = "
    SELECT rolsuper, current_schema()::text, has_database_privilege(current_database(), 'TEMPORARY'),
        coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
        (SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), true)
            FROM unnest($1) AS name JOIN pg_class c ON c.oid = to_regclass(name))
    FROM pg_roles WHERE rolname = current_user";

pub(super) async fn examine(
    connection: &mut AsyncPgConnection,
    facts: &Facts,
    migrates: bool,
) -> Result<Vec<Checked>, PgError> {
    let (role, database) = (&facts.role, &facts.database);
    let tables = || Some(TABLES.map(str::to_owned).to_vec());
    let query = statement::<(Bool, Nullable<Text>, Bool, Bool, Bool)>(ROLE).bind(tables());
    let (is_superuser, schema, makes_temporary, creates, owns): (bool, Option<String>, bool, bool, bool) =
        query.get_result(connection).await?;
    let rows: Vec<(String,)> = statement::<(Text,)>(MISSING).bind(tables()).load(connection).await?;
    let missing: Vec<String> = rows.into_iter().map(|(grant,)| grant).collect();
    let mut checked = Vec::new();
    if is_superuser {
        checked.push(Checked::doubtful(
            "rights",
            format!("{role} is a superuser: whoever takes the service over has the whole server"),
            "give the service a role of its own, which owns its database and nothing else",
        ));
    }
    let Some(schema) = schema else {
        checked.push(Checked::wrong(
            "rights",
            format!("no schema in the search_path is open to {role}"),
            format!("GRANT USAGE, CREATE ON SCHEMA public TO {role}, or set the search_path of the role right"),
        ));
        return Ok(checked);
    };
    if !missing.is_empty() {
        let grants: Vec<String> = missing.iter().map(|grant| format!("GRANT {grant} TO {role};")).collect();
        checked.push(Checked::wrong(
            "rights",
            format!("{role} lacks {}", missing.join(", ")),
            format!("as the owner of the tables: {}", grants.join(" ")),
        ));
    }
    if migrates && !(creates && owns) {
        checked.push(Checked::wrong(
            "rights",
            format!(
                "{role} cannot bring the schema up: it may not create tables in {schema}, or others own those there"
            ),
            format!(
                "GRANT CREATE ON SCHEMA {schema} TO {role} and make it the owner of the tables; or set \
                 LIVE_MIGRATE_ON_START=false and run `live migrate` as their owner"
            ),
        ));
    }
    if !makes_temporary {
        checked.push(Checked::doubtful(
            "rights",
            format!("{role} may not create temporary tables: imports fail"),
            format!("GRANT TEMPORARY ON DATABASE {database} TO {role}"),
        ));
    }
    if checked.is_empty() {
        checked.push(Checked::well("rights", format!("{role} may do what the service needs")));
    }
    Ok(checked)
}
