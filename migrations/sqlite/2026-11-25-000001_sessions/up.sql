-- Sessions and registrations.
--
-- Instants are microseconds since 1970-01-01T00:00:00Z, up to the end of the year 9998; ids are their 16 bytes. The checks
-- hold what every reader relies on; a control character is U+0000..U+001F or U+007F..U+009F, white space is what Unicode
-- calls so.

CREATE TABLE sessions (
    id BLOB NOT NULL,
    host_id TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    community_id TEXT,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT,
    scheduled_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    status TEXT NOT NULL,
    stream_call_id TEXT,
    max_participants INTEGER NOT NULL,
    duration_minutes INTEGER,
    recording_url TEXT,
    -- Text as it was sent: member order and the text of numbers stay.
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Registrations in force. It changes in the transaction that changes them.
    registered_count INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_id_length CHECK (length(id) = 16),
    CONSTRAINT sessions_host_id_form CHECK (length(host_id) BETWEEN 1 AND 128
        AND host_id NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(host_id, char(0)) = 0),
    CONSTRAINT sessions_brand_id_form CHECK (length(brand_id) BETWEEN 1 AND 128
        AND brand_id NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(brand_id, char(0)) = 0),
    CONSTRAINT sessions_community_id_form CHECK (length(community_id) BETWEEN 1 AND 128
        AND community_id NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(community_id, char(0)) = 0),
    CONSTRAINT sessions_title_form CHECK (length(title) BETWEEN 1 AND 200
        AND title NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(title, char(0)) = 0),
    CONSTRAINT sessions_title_not_blank CHECK (trim(title, char(32, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8199, 8200, 8201, 8202, 8232,
        8233, 8239, 8287, 12288)) <> ''),
    CONSTRAINT sessions_kind_known CHECK (kind IN ('live', 'office_hours')),
    CONSTRAINT sessions_category_form CHECK (length(category) BETWEEN 1 AND 128
        AND category NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(category, char(0)) = 0),
    CONSTRAINT sessions_status_known CHECK (status IN ('scheduled', 'live', 'ended', 'cancelled')),
    CONSTRAINT sessions_stream_call_id_form CHECK (length(stream_call_id) BETWEEN 1 AND 255
        AND stream_call_id NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(stream_call_id, char(0)) = 0),
    CONSTRAINT sessions_max_participants_range CHECK (max_participants BETWEEN 1 AND 1000000),
    CONSTRAINT sessions_duration_minutes_range CHECK (duration_minutes BETWEEN 1 AND 1440),
    CONSTRAINT sessions_recording_url_form CHECK (length(recording_url) BETWEEN 1 AND 2048
        AND recording_url NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND (recording_url LIKE 'http://_%' OR recording_url LIKE 'https://_%')
        AND instr(recording_url, char(0)) = 0),
    CONSTRAINT sessions_metadata_size CHECK (octet_length(metadata) <= 16384),
    CONSTRAINT sessions_metadata_is_object CHECK (json_valid(metadata) AND json_type(metadata) = 'object'),
    CONSTRAINT sessions_scheduled_at_range CHECK (scheduled_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT sessions_started_at_range CHECK (started_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT sessions_ended_at_range CHECK (ended_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT sessions_created_at_range CHECK (created_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT sessions_updated_at_range CHECK (updated_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT sessions_registered_count_range CHECK (registered_count BETWEEN 0 AND max_participants)
) STRICT;

-- Each part of a list reads one of these in its order, from the place where the list goes on. The list names the one.
CREATE INDEX sessions_by_time ON sessions (scheduled_at, id);
CREATE INDEX sessions_by_brand ON sessions (brand_id, scheduled_at, id);
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
    id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    cancelled_at INTEGER,

    CONSTRAINT registrations_pkey PRIMARY KEY (session_id, user_id),
    CONSTRAINT registrations_id_key UNIQUE (id),
    CONSTRAINT registrations_id_length CHECK (length(id) = 16),
    CONSTRAINT registrations_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id),
    CONSTRAINT registrations_user_id_form CHECK (length(user_id) BETWEEN 1 AND 255
        AND user_id NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(user_id, char(0)) = 0),
    CONSTRAINT registrations_status_known CHECK (status IN ('registered', 'waitlist', 'cancelled')),
    CONSTRAINT registrations_registered_at_range CHECK (registered_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT registrations_cancelled_at_range CHECK (cancelled_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT registrations_cancelled_at_given CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
