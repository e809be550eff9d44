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

diesel::allow_tables_to_appear_in_same_query!(sessions, registrations);
