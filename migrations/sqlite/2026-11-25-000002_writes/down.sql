DROP TABLE idempotency_keys;
DROP TABLE session_events;
DROP INDEX registrations_by_line;
ALTER TABLE sessions DROP COLUMN version;
ALTER TABLE sessions DROP COLUMN waiting_count;
ALTER TABLE sessions DROP COLUMN last_registered_at;
