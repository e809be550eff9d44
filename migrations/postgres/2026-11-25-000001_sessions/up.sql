-- Sessions and registrations.
--
-- Text is kept and compared by its bytes: COLLATE "C". The checks hold what every reader relies on; a control character
-- is U+0001..U+001F or U+007F..U+009F (U+0000 cannot be stored), white space is what Unicode calls so.

CREATE TABLE sessions (
    id uuid NOT NULL,
    host_id text COLLATE "C" NOT NULL,
    brand_id text COLLATE "C" NOT NULL,
    community_id text COLLATE "C",
    title text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    category text COLLATE "C",
    scheduled_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    status text COLLATE "C" NOT NULL,
    stream_call_id text COLLATE "C",
    max_participants integer NOT NULL,
    duration_minutes integer,
    recording_url text COLLATE "C",
    -- Text, not jsonb: member order and the text of numbers stay as they were sent.
    metadata text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Registrations in force. It changes in the transaction that changes them.
    registered_count integer NOT NULL DEFAULT 0,

    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_host_id_form CHECK (char_length(host_id) BETWEEN 1 AND 128
        AND host_id !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_brand_id_form CHECK (char_length(brand_id) BETWEEN 1 AND 128
        AND brand_id !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_community_id_form CHECK (char_length(community_id) BETWEEN 1 AND 128
        AND community_id !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_title_form CHECK (char_length(title) BETWEEN 1 AND 200
        AND title !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_title_not_blank CHECK (btrim(title,
        E' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000') <> ''),
    CONSTRAINT sessions_kind_known CHECK (kind IN ('live', 'office_hours')),
    CONSTRAINT sessions_category_form CHECK (char_length(category) BETWEEN 1 AND 128
        AND category !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_status_known CHECK (status IN ('scheduled', 'live', 'ended', 'cancelled')),
    CONSTRAINT sessions_stream_call_id_form CHECK (char_length(stream_call_id) BETWEEN 1 AND 255
        AND stream_call_id !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_recording_url_form CHECK (char_length(recording_url) <= 2048
        AND recording_url ~* '^https?://[^[:space:]]' AND recording_url !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT sessions_max_participants_range CHECK (max_participants BETWEEN 1 AND 1000000),
    CONSTRAINT sessions_duration_minutes_range CHECK (duration_minutes BETWEEN 1 AND 1440),
    CONSTRAINT sessions_metadata_size CHECK (octet_length(metadata) <= 16384),
    CONSTRAINT sessions_metadata_is_object CHECK (json_typeof(metadata::json) = 'object'),
    CONSTRAINT sessions_registered_count_range CHECK (registered_count BETWEEN 0 AND max_participants),
    -- least() and greatest() pass over NULL.
    CONSTRAINT sessions_times_range CHECK (
        least(scheduled_at, started_at, ended_at, created_at, updated_at) >= '1970-01-01T00:00:00Z'
        AND greatest(scheduled_at, started_at, ended_at, created_at, updated_at) <= '9998-12-31T23:59:59.999999Z')
) WITH (fillfactor = 50);
-- Half of each page is room for a second version of each of its rows: then a change of the counter writes no index, even
-- when one import registers somebody for every session. For a million sessions that is 5 seconds instead of 50 at 85 %.

-- Each part of a list reads one of these in its order, from the place where the list goes on. The planner must not prefer
-- another because the statistics make a filter look common: for a rare value it would read the whole table. So a value of
-- these columns counts as rare, whatever ANALYZE finds, and the more so the likelier it is all of one brand, ...
ALTER TABLE sessions
    ALTER COLUMN host_id SET (n_distinct = -0.02),
    ALTER COLUMN community_id SET (n_distinct = -0.02),
    ALTER COLUMN brand_id SET (n_distinct = -0.01),
    ALTER COLUMN category SET (n_distinct = -0.005);

-- ... and two indexes are there only for lists that say max_participants > 0, which is true of every row: those that
-- could not be read along any of the others.
CREATE INDEX sessions_by_time ON sessions (scheduled_at, id) WHERE max_participants > 0;
CREATE INDEX sessions_by_brand ON sessions (brand_id, scheduled_at, id) WHERE max_participants > 0;
CREATE INDEX sessions_by_brand_and_status ON sessions (brand_id, status, scheduled_at, id);
CREATE INDEX sessions_by_host ON sessions (host_id, scheduled_at, id);
CREATE INDEX sessions_by_community ON sessions (community_id, scheduled_at, id) WHERE community_id IS NOT NULL;
CREATE INDEX sessions_by_category ON sessions (category, scheduled_at, id) WHERE category IS NOT NULL;
CREATE INDEX sessions_by_kind ON sessions (kind, scheduled_at, id);
CREATE INDEX sessions_by_status ON sessions (status, scheduled_at, id);

-- Few sessions are live at once: without these a list of upcoming ones would look for them among all of a host's.
CREATE INDEX sessions_live_by_host ON sessions (host_id, scheduled_at, id) WHERE status = 'live';
CREATE INDEX sessions_live_by_community ON sessions (community_id, scheduled_at, id) WHERE status = 'live';
CREATE INDEX sessions_live_by_category ON sessions (category, scheduled_at, id) WHERE status = 'live';

CREATE TABLE registrations (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    registered_at timestamptz NOT NULL,
    cancelled_at timestamptz,

    CONSTRAINT registrations_pkey PRIMARY KEY (session_id, user_id),
    -- Judged at the end of a transaction, so that one import can exchange ids.
    CONSTRAINT registrations_id_key UNIQUE (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT registrations_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id),
    CONSTRAINT registrations_user_id_form CHECK (char_length(user_id) BETWEEN 1 AND 255
        AND user_id !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT registrations_status_known CHECK (status IN ('registered', 'waitlist', 'cancelled')),
    CONSTRAINT registrations_cancelled_at_given CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CONSTRAINT registrations_times_range CHECK (
        least(registered_at, cancelled_at) >= '1970-01-01T00:00:00Z'
        AND greatest(registered_at, cancelled_at) <= '9998-12-31T23:59:59.999999Z')
);
