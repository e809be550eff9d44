DROP TABLE idempotency_keys;
DROP TABLE session_event_progress;
DROP TABLE session_event_places;
DROP TABLE session_events;
DROP INDEX registrations_by_line;
ALTER TABLE sessions SET (fillfactor = 50);
ALTER TABLE sessions
    DROP COLUMN version,
    DROP COLUMN waiting_count,
    DROP COLUMN last_registered_at;
