//! The tables as diesel knows them. A test compares them with a migrated database.

diesel::table! {
    /// Sessions.
    sessions (id) {
        /// The key.
        id -> Uuid,
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
        scheduled_at -> Timestamptz,
        /// When it began.
        started_at -> Nullable<Timestamptz>,
        /// When it ended.
        ended_at -> Nullable<Timestamptz>,
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
        created_at -> Timestamptz,
        /// When it was last changed.
        updated_at -> Timestamptz,
        /// Registrations in force.
        registered_count -> Integer,
    }
}

diesel::table! {
    /// The latest registration of each person for each session.
    registrations (session_id, user_id) {
        /// Names it.
        id -> Uuid,
        /// The session.
        session_id -> Uuid,
        /// The person.
        user_id -> Text,
        /// Where it stands.
        status -> Text,
        /// When the person took their place in the line.
        registered_at -> Timestamptz,
        /// When it was given up.
        cancelled_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(sessions, registrations);
