//! The tables as diesel knows them. A test compares them with a migrated database.

diesel::table! {
    /// Sessions.
    sessions (id) {
        /// The key.
        id -> Binary,
        /// Who hosts it.
        host_id -> Text,
        /// The brand it belongs to.
        brand_id -> Text,
        /// The community it is for.
        community_id -> Nullable<Text>,
        /// What it is called.
        title -> Text,
        /// A stream or office hours.
        kind -> Text,
        /// What it is about.
        category -> Nullable<Text>,
        /// When it is to begin.
        scheduled_at -> BigInt,
        /// When it began.
        started_at -> Nullable<BigInt>,
        /// When it ended.
        ended_at -> Nullable<BigInt>,
        /// Where it stands in its life.
        status -> Text,
        /// The call at the streaming provider.
        stream_call_id -> Nullable<Text>,
        /// How many can register.
        max_participants -> Integer,
        /// How long it is meant to last.
        duration_minutes -> Nullable<Integer>,
        /// Where its recording is.
        recording_url -> Nullable<Text>,
        /// What a client keeps with it, as compact JSON.
        metadata -> Text,
        /// When it was created.
        created_at -> BigInt,
        /// When it was last changed.
        updated_at -> BigInt,
        /// Registrations in force.
        registered_count -> Integer,
        /// How often it has been changed, from 1 on.
        version -> BigInt,
        /// How many wait for a seat.
        waiting_count -> Integer,
        /// When a place in the line was last taken.
        last_registered_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// The latest registration of each person for each session.
    registrations (session_id, user_id) {
        /// Names it.
        id -> Binary,
        /// The session.
        session_id -> Binary,
        /// The person.
        user_id -> Text,
        /// Where it stands.
        status -> Text,
        /// When the person took their place in the line.
        registered_at -> BigInt,
        /// When it was given up.
        cancelled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// The history.
    session_events (seq) {
        /// Rises along each session.
        seq -> BigInt,
        /// Names it: a UUID of version 7.
        id -> Binary,
        /// The session.
        session_id -> Binary,
        /// Its brand, after the change.
        brand_id -> Text,
        /// What happened.
        #[sql_name = "type"]
        event_type -> Text,
        /// The subject of who did it, `import` or `doctor`.
        who -> Text,
        /// When.
        at -> BigInt,
        /// The version of the session after the change.
        version -> Nullable<BigInt>,
        /// The session before it, as JSON.
        before -> Nullable<Text>,
        /// The session after it, as JSON.
        after -> Nullable<Text>,
        /// The registration.
        registration_id -> Nullable<Binary>,
        /// The person who registered.
        user_id -> Nullable<Text>,
        /// Where the registration stood.
        status_before -> Nullable<Text>,
        /// Where the registration stands.
        status_after -> Nullable<Text>,
    }
}

diesel::table! {
    /// Answers that are kept for a request that is sent again.
    idempotency_keys (subject, key) {
        /// Whose key it is.
        subject -> Text,
        /// The key.
        key -> Text,
        /// A hash of what was asked for.
        fingerprint -> Binary,
        /// What came of it, as JSON.
        outcome -> Text,
        /// When it was kept.
        kept_at -> BigInt,
    }
}

diesel::table! {
    /// Calendar feeds.
    calendar_feeds (id) {
        /// Names it.
        id -> Binary,
        /// A hash of the secret in its address.
        secret_hash -> Binary,
        /// Who made it.
        owner -> Text,
        /// The brands that exist for it, as JSON; null: all of them.
        brands -> Nullable<Text>,
        /// Which sessions it holds, as JSON.
        filter -> Text,
        /// When it was made.
        created_at -> BigInt,
        /// Until when it can be read.
        expires_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(sessions, registrations);
