//! What is set on a connection; and behind a pooler, where a setting would not stay, for its role or transaction.

/// How statements of requests are planned. A prepared statement is planned once and not once more for each value or
/// limit, and never compiled. A page is read along an index in its order: the planner is not to think a filter so rare
/// that it had better collect everything and sort it.
const PLANNING: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_sort", "off"),
    ("enable_incremental_sort", "off"),
];

/// Whatever a role or database has set: imports, exports and migrations take the time they need.
const UNBOUNDED: [(&str, &str); 3] =
    [("statement_timeout", "0"), ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0")];

/// A statement that follows a lock sees what was committed before the lock was had.
const ISOLATION: (&str, &str) = ("default_transaction_isolation", "'read committed'");

/// The same for a transaction that has begun.
pub(super) const READ_COMMITTED: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;";

fn statements<'a>(start: &str, settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let each = settings.into_iter().map(|(name, value)| format!("{start} {name} = {value};"));
    each.collect::<Vec<_>>().join(" ")
}

/// Plans statements as requests need it, from now on.
pub(super) fn planning() -> String {
    statements("SET", PLANNING)
}

/// What every connection of ours is, from now on.
pub(super) fn defaults() -> String {
    statements("SET", UNBOUNDED.into_iter().chain([ISOLATION]))
}

/// Gives the transaction the time it needs.
pub(super) fn unbounded_here() -> String {
    statements("SET LOCAL", UNBOUNDED)
}

/// What the connections that a pooler makes from now on are: those of this role to this database.
pub(super) fn for_role() -> String {
    let alter = |(name, value): (&str, &str)| {
        let statement = format!("ALTER ROLE CURRENT_USER IN DATABASE %I SET {name} = {value}");
        format!("EXECUTE format($alter${statement}$alter$, current_database());")
    };
    let statements: Vec<_> = PLANNING.into_iter().chain([ISOLATION]).map(alter).collect();
    format!("DO $role$ BEGIN {} END $role$;", statements.join(" "))
}
