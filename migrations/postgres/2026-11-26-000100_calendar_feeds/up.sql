-- Calendar feeds: lists that calendar programs read at an address with a secret in it.
CREATE TABLE calendar_feeds (
    id uuid NOT NULL,
    -- A hash of the secret, which is kept nowhere.
    secret_hash bytea NOT NULL,
    owner text COLLATE "C" NOT NULL,
    -- The brands that exist for it, as a JSON array; null: all of them.
    brands text COLLATE "C",
    -- Which sessions it holds, as JSON text.
    filter text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,

    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (id),
    CONSTRAINT calendar_feeds_secret_hash_key UNIQUE (secret_hash),
    CONSTRAINT calendar_feeds_secret_hash_length CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT calendar_feeds_owner_form CHECK (char_length(owner) BETWEEN 1 AND 255
        AND owner !~ '[\u0001-\u001f\u007f-\u009f]'),
    CONSTRAINT calendar_feeds_times_range CHECK (created_at >= '1970-01-01T00:00:00Z'
        AND expires_at <= '9998-12-31T23:59:59.999999Z')
);
CREATE INDEX calendar_feeds_by_owner ON calendar_feeds (owner, expires_at);
CREATE INDEX calendar_feeds_by_expiry ON calendar_feeds (expires_at);
