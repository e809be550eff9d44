-- Calendar feeds: lists that calendar programs read at an address with a secret in it.
CREATE TABLE calendar_feeds (
    id BLOB NOT NULL,
    -- A hash of the secret, which is kept nowhere.
    secret_hash BLOB NOT NULL,
    owner TEXT NOT NULL,
    -- The brands that exist for it, as a JSON array; null: all of them.
    brands TEXT,
    -- Which sessions it holds, as JSON text.
    filter TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,

    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (id),
    CONSTRAINT calendar_feeds_secret_hash_key UNIQUE (secret_hash),
    CONSTRAINT calendar_feeds_id_length CHECK (length(id) = 16),
    CONSTRAINT calendar_feeds_secret_hash_length CHECK (length(secret_hash) = 32),
    CONSTRAINT calendar_feeds_owner_form CHECK (length(owner) BETWEEN 1 AND 255
        AND owner NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*'
        AND instr(owner, char(0)) = 0),
    CONSTRAINT calendar_feeds_created_at_range CHECK (created_at BETWEEN 0 AND 253370764799999999),
    CONSTRAINT calendar_feeds_expires_at_range CHECK (expires_at BETWEEN 0 AND 253370764799999999)
) STRICT, WITHOUT ROWID;
CREATE INDEX calendar_feeds_by_owner ON calendar_feeds (owner, expires_at);
CREATE INDEX calendar_feeds_by_expiry ON calendar_feeds (expires_at);
