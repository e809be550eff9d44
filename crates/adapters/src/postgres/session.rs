//! What is set on a connection; and behind a pooler, where a setting would not stay, for its role or transaction.

/// How statements of requests are planned: once, and not once more for each value or limit, and never compiled.
const PLANNING: [(&str, &str); 2] = [("plan_cache_mode", "force_generic_plan"), ("jit", "off")];

/// A page is read along an index in its order: the planner is not to think a filter so rare that it had better collect
/// everything and sort it. What works on whole tables does well to.
const COLLECTING: [&str; 4] = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort"];

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

pub(super) fn of_requests() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLANNING.into_iter().chain(COLLECTING.map(|name| (name, "off")))
}

/// What the role has for the sake of requests is set back.
fn of_whole_tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    UNBOUNDED.into_iter().chain(COLLECTING.map(|name| (name, "on")))
}

/// Plans statements as requests need it, from now on.
pub(super) fn planning() -> String {
    statements("SET", of_requests())
}

/// What every connection of ours is, from now on.
pub(super) fn defaults() -> String {
    statements("SET", of_whole_tables().chain([ISOLATION]))
}

/// Gives the transaction the time it needs, and every plan.
pub(super) fn unbounded_here() -> String {
    statements("SET LOCAL", of_whole_tables())
}

/// What the connections that a pooler makes from now on are: those of this role to this database.
pub(super) fn for_role() -> String {
    let alter = |(name, value): (&str, &str)| {
        let statement = format!("ALTER ROLE CURRENT_USER IN DATABASE %I SET {name} = {value}");
        format!("EXECUTE format($alter${statement}$alter$, current_database());")
    };
    let statements: Vec<_> = of_requests().chain([ISOLATION]).map(alter).collect();
    format!("DO $role$ BEGIN {} END $role$;", statements.join(" "))
}
