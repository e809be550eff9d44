-- An index for each question that a list asks.
--
-- Every part of a list is one range of one of these, in its order. All but four hold the states apart, and the list merges
-- the states that it wants: whatever is rare among them, nothing else is read to find it.

-- No import or forgetting is under way: each reads sessions before it writes them, and would wait for this while this waits
-- for it. Lists go on until the last moment; other writes wait while the indexes are made.
SELECT pg_advisory_xact_lock(7310295002);
LOCK TABLE sessions IN EXCLUSIVE MODE;

-- The list says which of them it reads: metadata <> '...' is true of every row, since metadata is an object, and an index
-- with that condition is there only for statements that say it. The planner could take another one, because of what
-- statistics make of a value that is rare today, or was when they were taken.
CREATE INDEX sessions_of_all ON sessions (scheduled_at, id) WHERE metadata <> 'sessions_of_all';
CREATE INDEX sessions_of_status ON sessions (status, scheduled_at, id) WHERE metadata <> 'sessions_of_status';
CREATE INDEX sessions_of_kind ON sessions (kind, status, scheduled_at, id) WHERE metadata <> 'sessions_of_kind';
CREATE INDEX sessions_of_category ON sessions (category, status, scheduled_at, id)
    WHERE category IS NOT NULL AND metadata <> 'sessions_of_category';
CREATE INDEX sessions_of_community ON sessions (community_id, scheduled_at, id)
    WHERE community_id IS NOT NULL AND metadata <> 'sessions_of_community';
CREATE INDEX sessions_of_community_and_status ON sessions (community_id, status, scheduled_at, id)
    WHERE community_id IS NOT NULL AND metadata <> 'sessions_of_community_and_status';
CREATE INDEX sessions_of_host ON sessions (host_id, scheduled_at, id) WHERE metadata <> 'sessions_of_host';
CREATE INDEX sessions_of_host_and_status ON sessions (host_id, status, scheduled_at, id)
    WHERE metadata <> 'sessions_of_host_and_status';
CREATE INDEX sessions_of_brand ON sessions (brand_id, scheduled_at, id) WHERE metadata <> 'sessions_of_brand';
CREATE INDEX sessions_of_brand_and_status ON sessions (brand_id, status, scheduled_at, id)
    WHERE metadata <> 'sessions_of_brand_and_status';
CREATE INDEX sessions_of_brand_and_kind ON sessions (brand_id, kind, status, scheduled_at, id)
    WHERE metadata <> 'sessions_of_brand_and_kind';
CREATE INDEX sessions_of_brand_and_category ON sessions (brand_id, category, status, scheduled_at, id)
    WHERE category IS NOT NULL AND metadata <> 'sessions_of_brand_and_category';
CREATE INDEX sessions_of_brand_and_community ON sessions (brand_id, community_id, status, scheduled_at, id)
    WHERE community_id IS NOT NULL AND metadata <> 'sessions_of_brand_and_community';
CREATE INDEX sessions_of_brand_and_host ON sessions (brand_id, host_id, status, scheduled_at, id)
    WHERE metadata <> 'sessions_of_brand_and_host';

-- So there is nothing left to tell the planner.
ALTER TABLE sessions
    ALTER COLUMN host_id RESET (n_distinct),
    ALTER COLUMN community_id RESET (n_distinct),
    ALTER COLUMN brand_id RESET (n_distinct),
    ALTER COLUMN category RESET (n_distinct);

-- Nothing that was released reads these. They go last: from here on lists wait as well.
DROP INDEX sessions_by_time, sessions_by_brand, sessions_by_brand_and_status, sessions_by_host, sessions_by_community,
    sessions_by_category, sessions_by_kind, sessions_by_status, sessions_live_by_host, sessions_live_by_community,
    sessions_live_by_category;
