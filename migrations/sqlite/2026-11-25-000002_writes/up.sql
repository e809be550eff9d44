-- What writes need: versions, the line, the history, and kept answers.

-- Moves with every change of the session itself, and with no registration.
ALTER TABLE sessions ADD COLUMN version INTEGER NOT NULL DEFAULT 1
    CONSTRAINT sessions_version_range CHECK (version >= 1);
-- The line beside registered_count.
ALTER TABLE sessions ADD COLUMN waiting_count INTEGER NOT NULL DEFAULT 0
    CONSTRAINT sessions_waiting_count_range CHECK (waiting_count >= 0);
ALTER TABLE sessions ADD COLUMN last_registered_at INTEGER
    CONSTRAINT sessions_last_registered_at_range CHECK (last_registered_at BETWEEN 0 AND 253370764799999999);

UPDATE sessions AS s SET waiting_count = line.waiting, last_registered_at = line.latest
FROM (SELECT session_id, sum(status = 'waitlist') AS waiting, max(registered_at) AS latest
    FROM registrations GROUP BY session_id) AS line
WHERE line.session_id = s.id;

-- The line of a session, of any status, in its order; and the first of those who wait.
CREATE INDEX registrations_by_line ON registrations (session_id, status, registered_at, id);

-- The history: append-only, a row in the transaction of every change. One writes at a time: the order of writing is the
-- order that readers follow.
CREATE TABLE session_events (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    brand_id TEXT NOT NULL,
    type TEXT NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    -- Of a session: its version after the change, and how it was before and after, as JSON text.
    version INTEGER,
    before TEXT,
    after TEXT,
    -- Of a registration.
    registration_id BLOB,
    user_id TEXT,
    status_before TEXT,
    status_after TEXT,

    CONSTRAINT session_events_type_known CHECK (type IN ('session.created', 'session.updated', 'session.started',
        'session.ended', 'session.cancelled', 'session.imported', 'registration.registered', 'registration.waitlisted',
        'registration.promoted', 'registration.cancelled', 'registration.imported')),
    CONSTRAINT session_events_of_one_kind CHECK (
        version IS NOT NULL AND after IS NOT NULL
            AND coalesce(registration_id, user_id, status_before, status_after) IS NULL
        OR registration_id IS NOT NULL AND user_id IS NOT NULL AND status_after IS NOT NULL
            AND coalesce(version, before, after) IS NULL)
) STRICT;

-- Answers that are kept for a request that is sent again.
CREATE TABLE idempotency_keys (
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    outcome TEXT NOT NULL,
    kept_at INTEGER NOT NULL,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (subject, key),
    CONSTRAINT idempotency_keys_fingerprint_length CHECK (length(fingerprint) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (kept_at);
