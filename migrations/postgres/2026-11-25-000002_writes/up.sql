-- What writes need: versions, the line, the history, and kept answers.

ALTER TABLE sessions
    -- Moves with every change of the session itself, and with no registration.
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    -- The line beside registered_count. None of the three is in an index: a registration writes none of this table's.
    ADD COLUMN waiting_count integer NOT NULL DEFAULT 0,
    ADD COLUMN last_registered_at timestamptz,
    ADD CONSTRAINT sessions_version_range CHECK (version >= 1),
    ADD CONSTRAINT sessions_waiting_count_range CHECK (waiting_count >= 0),
    ADD CONSTRAINT sessions_last_registered_at_range CHECK (last_registered_at
        BETWEEN '1970-01-01T00:00:00Z' AND '9998-12-31T23:59:59.999999Z');

-- The first registration makes a row longer, by the instant: with this much room a page still holds a second version of
-- each of its rows.
ALTER TABLE sessions SET (fillfactor = 45);

UPDATE sessions s SET waiting_count = line.waiting, last_registered_at = line.latest
FROM (SELECT session_id, count(*) FILTER (WHERE status = 'waitlist') AS waiting, max(registered_at) AS latest
    FROM registrations GROUP BY session_id) AS line
WHERE line.session_id = s.id;

-- The line of a session, of each status in its order; and the first of those who wait. The status comes first, so that
-- this is never mistaken for a way to one person's registration.
CREATE INDEX registrations_by_line ON registrations (status, session_id, registered_at, id);

-- The history: append-only, a row in the transaction of every change.
CREATE TABLE session_events (
    -- Taken while the session's row is held, so that it rises along each session. Between sessions it may become visible
    -- out of order: readers go by the places below.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    brand_id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    who text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    -- Of a session: its version after the change, and how it was before and after, as JSON text.
    version bigint,
    before text COLLATE "C",
    after text COLLATE "C",
    -- Of a registration.
    registration_id uuid,
    user_id text COLLATE "C",
    status_before text COLLATE "C",
    status_after text COLLATE "C",

    CONSTRAINT session_events_pkey PRIMARY KEY (seq),
    CONSTRAINT session_events_type_known CHECK (type IN ('session.created', 'session.updated', 'session.started',
        'session.ended', 'session.cancelled', 'session.imported', 'registration.registered', 'registration.waitlisted',
        'registration.promoted', 'registration.cancelled', 'registration.imported')),
    CONSTRAINT session_events_of_one_kind CHECK (num_nonnulls(version, after) = 2
            AND num_nulls(registration_id, user_id, status_before, status_after) = 4
        OR num_nonnulls(registration_id, user_id, status_after) = 3 AND num_nulls(version, before, after) = 3)
);

-- The order that readers follow. An event gets its place once it is committed, so that none appears behind a reader, and
-- of what is there the lower seq first, so that each session's events come in their order.
CREATE TABLE session_event_places (
    position bigint NOT NULL,
    seq bigint NOT NULL,

    CONSTRAINT session_event_places_pkey PRIMARY KEY (position),
    CONSTRAINT session_event_places_seq_key UNIQUE (seq)
);

-- How far placing has come, in one row. Up to placed_through every event has its place or was never committed. Once all
-- transactions before next_after have ended, that is true up to next_through. Both survive a restore into a cluster whose
-- transaction ids start again: a next_after that lies ahead of this cluster is taken anew.
CREATE TABLE session_event_progress (
    single boolean NOT NULL DEFAULT true,
    last_position bigint NOT NULL DEFAULT 0,
    placed_through bigint NOT NULL DEFAULT 0,
    next_through bigint NOT NULL DEFAULT 0,
    next_after bigint NOT NULL DEFAULT 0,

    CONSTRAINT session_event_progress_pkey PRIMARY KEY (single),
    CONSTRAINT session_event_progress_one_row CHECK (single)
);
INSERT INTO session_event_progress DEFAULT VALUES;

-- Answers that are kept for a request that is sent again.
CREATE TABLE idempotency_keys (
    subject text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    kept_at timestamptz NOT NULL,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (subject, key),
    CONSTRAINT idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (kept_at);
