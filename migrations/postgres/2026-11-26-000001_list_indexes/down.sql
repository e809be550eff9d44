ALTER TABLE sessions
    ALTER COLUMN host_id SET (n_distinct = -0.02),
    ALTER COLUMN community_id SET (n_distinct = -0.02),
    ALTER COLUMN brand_id SET (n_distinct = -0.01),
    ALTER COLUMN category SET (n_distinct = -0.005);
CREATE INDEX sessions_by_time ON sessions (scheduled_at, id) WHERE max_participants > 0;
CREATE INDEX sessions_by_brand ON sessions (brand_id, scheduled_at, id) WHERE max_participants > 0;
CREATE INDEX sessions_by_brand_and_status ON sessions (brand_id, status, scheduled_at, id);
CREATE INDEX sessions_by_host ON sessions (host_id, scheduled_at, id);
CREATE INDEX sessions_by_community ON sessions (community_id, scheduled_at, id) WHERE community_id IS NOT NULL;
CREATE INDEX sessions_by_category ON sessions (category, scheduled_at, id) WHERE category IS NOT NULL;
CREATE INDEX sessions_by_kind ON sessions (kind, scheduled_at, id);
CREATE INDEX sessions_by_status ON sessions (status, scheduled_at, id);
CREATE INDEX sessions_live_by_host ON sessions (host_id, scheduled_at, id) WHERE status = 'live';
CREATE INDEX sessions_live_by_community ON sessions (community_id, scheduled_at, id) WHERE status = 'live';
CREATE INDEX sessions_live_by_category ON sessions (category, scheduled_at, id) WHERE status = 'live';
DROP INDEX sessions_of_all, sessions_of_status, sessions_of_kind, sessions_of_category, sessions_of_community,
    sessions_of_community_and_status, sessions_of_host, sessions_of_host_and_status, sessions_of_brand,
    sessions_of_brand_and_status, sessions_of_brand_and_kind, sessions_of_brand_and_category,
    sessions_of_brand_and_community, sessions_of_brand_and_host;
