//! Random operations.

use live_domain::contract::fixtures::{brand, minutes, viewer};
use live_domain::listing::Variants;
use live_domain::{
    BrandScope, Category, CommunityId, DurationMinutes, Edit, Expected, Fingerprint, MaxParticipants, Metadata,
    MetadataPatch, Pseudonym, Reach, RegistrationStatus, RequestKey, Selection, SessionDraft, SessionOrder,
    SessionPatch, SessionStatus, SessionVersion, Timestamp, Transition,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::operation::{Caller, Operation, RegistrationOfFile, SessionNumber, SessionOfFile};

const PEOPLE: [&str; 5] = ["ada", "bob", "cleo", "dan", "größe"];
/// Who hosts, so that there are sessions of one's own and of others.
const HOSTS: [&str; 2] = ["ada", "bob"];
const BRANDS: [&str; 2] = ["acme", "globex"];
const TITLES: [&str; 3] = ["One", "Two \u{1f980} \"quoted\"", "Three\\"];
/// What no store may write in another way.
const METADATA: [&str; 4] =
    ["{}", r#"{"b":1.0e2,"a":"\u00e9\/"}"#, r#"{"n":12345678901234567890123,"z":-0.0}"#, r#"{"a":{"é":[null,"}"]}}"#];
const PATCHES: [&str; 3] = [r#"{"a":null}"#, r#"{"b":{"c":1.50}}"#, r#"{"a":"\u00e9\/"}"#];

fn any_of<T: Variants + std::fmt::Debug>() -> impl Strategy<Value = T> {
    select(T::ALL)
}

fn any_caller() -> impl Strategy<Value = Caller> {
    let scope = prop_oneof![
        14 => Just(BrandScope::All),
        1 => select(&BRANDS[..]).prop_map(|name| BrandScope::only([brand(name)]).unwrap()),
        1 => Just(BrandScope::only([]).unwrap()),
    ];
    let reach = prop_oneof![4 => Just(Reach::Any), 1 => Just(Reach::Own)];
    (select(&PEOPLE[..]), scope, reach).prop_map(|(name, scope, reach)| Caller { viewer: viewer(name), scope, reach })
}

/// Mostly the first, so that many meet there.
fn any_session() -> impl Strategy<Value = SessionNumber> {
    prop_oneof![12 => Just(0_u8), 6 => 1..4_u8, 1 => 4..9_u8].prop_map(SessionNumber)
}

fn any_seats() -> impl Strategy<Value = MaxParticipants> {
    (1..=3_u32).prop_map(|seats| MaxParticipants::new(seats).unwrap())
}

fn any_key() -> impl Strategy<Value = Option<RequestKey>> {
    let key = (select(&["one", "two", "three"][..]), 0..2_u8)
        .prop_map(|(key, byte)| RequestKey { key: key.parse().unwrap(), fingerprint: Fingerprint([byte; 32]) });
    option::weighted(0.4, key)
}

fn any_expected() -> impl Strategy<Value = Expected> {
    let versions = prop::collection::vec((1..5_u64).prop_map(SessionVersion::new), 0..3);
    prop_oneof![5 => Just(Expected::Any), 1 => versions.prop_map(Expected::OneOf)]
}

fn any_category() -> impl Strategy<Value = Category> {
    select(&["rust", "größe"][..]).prop_map(|name| name.parse().unwrap())
}

fn any_community() -> impl Strategy<Value = CommunityId> {
    select(&["rustaceans", "a \\ \"community\""][..]).prop_map(|name| name.parse().unwrap())
}

fn any_duration() -> impl Strategy<Value = DurationMinutes> {
    select(&[1, 1_440][..]).prop_map(|minutes| DurationMinutes::new(minutes).unwrap())
}

fn any_instant() -> impl Strategy<Value = Timestamp> {
    (-3..4_i64).prop_map(minutes)
}

fn any_draft() -> impl Strategy<Value = SessionDraft> {
    let texts = (select(&HOSTS[..]), select(&BRANDS[..]), select(&TITLES[..]), select(&METADATA[..]));
    let optional = (option::of(any_community()), option::of(any_category()), option::of(any_duration()));
    (texts, any_of(), any_instant(), any_seats(), optional).prop_map(
        |((host, name, title, metadata), kind, scheduled_at, max_participants, optional)| {
            let (community_id, category, duration_minutes) = optional;
            SessionDraft {
                host_id: host.parse().unwrap(),
                brand_id: brand(name),
                community_id,
                title: title.parse().unwrap(),
                kind,
                category,
                scheduled_at,
                max_participants,
                duration_minutes,
                metadata: Metadata::parse(metadata).unwrap(),
            }
        },
    )
}

/// Mostly none, as a patch of many members is refused once the session is over.
fn any_edit<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Edit<T>> {
    prop_oneof![6 => Just(Edit::Keep), 1 => Just(Edit::Clear), 2 => value.prop_map(Edit::Set)]
}

fn any_patch() -> impl Strategy<Value = SessionPatch> {
    let metadata = prop_oneof![
        1 => Just(MetadataPatch::Clear),
        3 => select(&PATCHES[..]).prop_map(|text| MetadataPatch::parse(text).unwrap()),
    ];
    let needed = (
        option::of(select(&TITLES[..]).prop_map(|title| title.parse().unwrap())),
        option::weighted(0.2, any_of()),
        option::weighted(0.2, any_instant()),
        option::of(any_seats()),
    );
    let optional = (
        any_edit(any_category()),
        any_edit(any_community()),
        any_edit(any_duration()),
        any_edit(Just("call".parse().unwrap())),
        any_edit(Just("https://video.example/1".parse().unwrap())),
        option::weighted(0.3, metadata),
    );
    (needed, optional).prop_map(|((title, kind, scheduled_at, max_participants), optional)| {
        let (category, community_id, duration_minutes, stream_call_id, recording_url, metadata) = optional;
        SessionPatch {
            title,
            kind,
            category,
            community_id,
            scheduled_at,
            max_participants,
            duration_minutes,
            stream_call_id,
            recording_url,
            metadata,
        }
    })
}

fn any_step() -> impl Strategy<Value = Transition> {
    let stream_call_id = option::of(Just("started".parse().unwrap()));
    let recording_url = option::of(Just("https://video.example/2".parse().unwrap()));
    // Most of what is asked of a session that is over is refused: few come so far.
    prop_oneof![
        5 => stream_call_id.prop_map(|stream_call_id| Transition::Start { stream_call_id }),
        1 => recording_url.prop_map(|recording_url| Transition::End { recording_url }),
        1 => Just(Transition::Cancel),
    ]
}

fn any_session_of_file() -> impl Strategy<Value = SessionOfFile> {
    let status = prop_oneof![12 => Just(SessionStatus::Scheduled), 2 => any_of()];
    let texts = (select(&HOSTS[..]), select(&BRANDS[..]), select(&TITLES[..]), select(&METADATA[..]));
    (any_session(), texts, status, any_seats(), option::of(-3..3_i64)).prop_map(
        |(number, (host, brand, title, metadata), status, seats, updated_at)| SessionOfFile {
            number,
            host,
            brand,
            title,
            status,
            seats,
            metadata,
            updated_at,
        },
    )
}

fn any_registration_of_file() -> impl Strategy<Value = RegistrationOfFile> {
    let instants = (option::weighted(0.4, 0..4_i64), option::weighted(0.3, 0..4_i64));
    (any_session(), select(&PEOPLE[..]), any_of(), option::weighted(0.2, 0..6_u8), instants).prop_map(
        |(number, person, status, id, (registered_at, cancelled_at))| RegistrationOfFile {
            number,
            person,
            status,
            id,
            registered_at,
            cancelled_at,
        },
    )
}

/// A few lines, seldom two with one key.
fn any_file<T: std::fmt::Debug, K: Ord>(
    line: impl Strategy<Value = T>,
    key: fn(&T) -> K,
) -> impl Strategy<Value = Vec<T>> {
    (prop::collection::vec(line, 0..5), prop::bool::weighted(0.1)).prop_map(move |(mut lines, may_repeat)| {
        if !may_repeat {
            lines.sort_by_key(key);
            lines.dedup_by_key(|line| key(line));
        }
        lines
    })
}

fn any_read() -> impl Strategy<Value = Operation> {
    let statuses = subsequence(RegistrationStatus::ALL, 0..=3).prop_map(Selection::of);
    let order = select(&[SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming][..]);
    prop_oneof![
        (any_caller(), any_session()).prop_map(|(caller, session)| Operation::Latest { caller, session }),
        (any_caller(), any_session()).prop_map(|(caller, session)| Operation::Find { caller, session }),
        (any_caller(), any_session(), statuses, 1..4_u8)
            .prop_map(|(caller, session, statuses, size)| Operation::Line { caller, session, statuses, size }),
        (any_caller(), option::of(select(&BRANDS[..])), order, 1..4_u8)
            .prop_map(|(caller, brand, order, size)| Operation::List { caller, brand, order, size }),
    ]
}

/// Mostly forward; at times by as long as answers are kept, and a little less or back.
fn any_minutes() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..3_i64, 1 => -3..0_i64, 1 => select(&[1_439_i64, 1_440][..])]
}

/// What every sequence begins with, so that there is something to ask about: the sessions 1, 2 and 3.
pub(crate) fn beginning() -> Operation {
    let line = |number| SessionOfFile {
        number: SessionNumber(number),
        host: HOSTS[0],
        brand: BRANDS[usize::from(number % 2)],
        title: TITLES[0],
        status: SessionStatus::Scheduled,
        seats: MaxParticipants::new(u32::from(number) + 1).unwrap(),
        metadata: METADATA[1],
        updated_at: None,
    };
    Operation::ImportSessions((0..3).map(line).collect())
}

pub(crate) fn any_operation() -> impl Strategy<Value = Operation> {
    let registered = (any_caller(), any_session(), any_key());
    let created = (any_caller(), any_draft(), any_key());
    let stepped = (any_caller(), any_session(), any_expected(), any_step(), any_key());
    prop_oneof![
        3 => created.prop_map(|(caller, draft, key)| Operation::Create { caller, draft, key }),
        5 => (any_caller(), any_session(), any_expected(), any_patch())
            .prop_map(|(caller, session, expected, patch)| Operation::Patch { caller, session, expected, patch }),
        2 => stepped.prop_map(|(caller, session, expected, step, key)| {
            Operation::Step { caller, session, expected, step, key }
        }),
        14 => registered.prop_map(|(caller, session, key)| Operation::Register { caller, session, key }),
        7 => (any_caller(), any_session()).prop_map(|(caller, session)| Operation::Cancel { caller, session }),
        5 => any_read(),
        2 => any_file(any_session_of_file(), |line| line.number).prop_map(Operation::ImportSessions),
        3 => any_file(any_registration_of_file(), |line| (line.number, line.person)).prop_map(Operation::ImportRegistrations),
        1 => Just(Operation::Prune),
        1 => (0..4_i64).prop_map(Operation::DeleteHistory),
        2 => select(&PEOPLE[..]).prop_map(|person| Operation::Forget { person, pseudonym: Pseudonym::random() }),
        4 => any_minutes().prop_map(Operation::Pass),
    ]
}
