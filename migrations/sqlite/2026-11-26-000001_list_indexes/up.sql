-- An index for each question that a list asks, and the list names the one.
--
-- Every part of a list is one range of one of these, in its order. All but four hold the states apart, and the list merges
-- the states that it wants: whatever is rare among them, nothing else is read to find it.
CREATE INDEX sessions_of_all ON sessions (scheduled_at, id);
CREATE INDEX sessions_of_status ON sessions (status, scheduled_at, id);
CREATE INDEX sessions_of_kind ON sessions (kind, status, scheduled_at, id);
CREATE INDEX sessions_of_category ON sessions (category, status, scheduled_at, id) WHERE category IS NOT NULL;
CREATE INDEX sessions_of_community ON sessions (community_id, scheduled_at, id) WHERE community_id IS NOT NULL;
CREATE INDEX sessions_of_community_and_status ON sessions (community_id, status, scheduled_at, id)
    WHERE community_id IS NOT NULL;
CREATE INDEX sessions_of_host ON sessions (host_id, scheduled_at, id);
CREATE INDEX sessions_of_host_and_status ON sessions (host_id, status, scheduled_at, id);
CREATE INDEX sessions_of_brand ON sessions (brand_id, scheduled_at, id);
CREATE INDEX sessions_of_brand_and_status ON sessions (brand_id, status, scheduled_at, id);
CREATE INDEX sessions_of_brand_and_kind ON sessions (brand_id, kind, status, scheduled_at, id);
CREATE INDEX sessions_of_brand_and_category ON sessions (brand_id, category, status, scheduled_at, id)
    WHERE category IS NOT NULL;
CREATE INDEX sessions_of_brand_and_community ON sessions (brand_id, community_id, status, scheduled_at, id)
    WHERE community_id IS NOT NULL;
CREATE INDEX sessions_of_brand_and_host ON sessions (brand_id, host_id, status, scheduled_at, id);

-- Nothing that was released names these.
DROP INDEX sessions_by_time;
DROP INDEX sessions_by_brand;
DROP INDEX sessions_by_brand_and_status;
DROP INDEX sessions_by_host;
DROP INDEX sessions_by_community;
DROP INDEX sessions_by_category;
DROP INDEX sessions_by_kind;
DROP INDEX sessions_by_status;
DROP INDEX sessions_live_by_host;
DROP INDEX sessions_live_by_community;
DROP INDEX sessions_live_by_category;
