//! Forgetting a person.
//!
//! It speaks to the driver itself, as imports do: nobody waits for an answer, and there is nothing to be kept prepared.
//!
//! The history is long, and no index leads to a person. So it is searched first, while nobody waits, as far as it is known
//! to be whole: what is there does not change any more. Then the person's sessions are locked, and the rest is searched.

use async_trait::async_trait;
use live_domain::{Forgotten, PersonRepository, Pseudonym, StoreError, Subject, Timestamp};
use time::OffsetDateTime;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::PgSessionRepository;
use super::bulk::{ONE_AT_A_TIME, number, snapshot};
use super::connection::Connector;
use super::dial::Dialled;
use super::error::PgError;
use super::list_query::reads;
use super::session::{READ_COMMITTED, unbounded_here};
use crate::session_index::SessionIndex;

/// Whether the person hosts a session.
fn hosts() -> String {
    format!("host_id = $1 AND {}", reads(SessionIndex::Host))
}

/// The sessions in which the person has a row that somebody could change meanwhile; `$2` is as below.
fn sessions() -> String {
    format!(
        "SELECT id FROM sessions WHERE {hosts}
        UNION SELECT session_id FROM registrations WHERE user_id = $1
        UNION SELECT session_id FROM session_events WHERE seq > $2 AND user_id = $1",
        hosts = hosts()
    )
}

/// In the order of the ids, as every writer of several sessions takes them.
const LOCK: &str = "SELECT FROM sessions WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

/// Whether the person did what an event tells of. Imports and the doctor are nobody, whatever a person is called; only what
/// the doctor mended shows counters.
const ACTED: &str = "who = $1 AND type NOT IN ('session.imported', 'registration.imported')
    AND after::json -> 'waiting_count' IS NULL";

/// The JSON `document` with the pseudonym `$2` at that path. All other text in it stays as it is, as `json` keeps it.
fn with_pseudonym(document: &str, path: &[&str]) -> String {
    let Some((member, rest)) = path.split_first() else { return "to_json($2::text)".to_owned() };
    let (level, value) = (format!("m{}", rest.len()), with_pseudonym(&format!("m{}.value", rest.len()), rest));
    format!(
        "(SELECT json_object_agg({level}.key, CASE {level}.key WHEN '{member}' THEN {value} ELSE {level}.value END
            ORDER BY {level}.place) FROM json_each({document}) WITH ORDINALITY AS {level} (key, value, place))"
    )
}

/// The snapshot of a session in that column, with the pseudonym in the place of the person.
fn renamed(column: &str) -> String {
    let document = format!("{column}::json");
    format!(
        "CASE {document} ->> 'host_id' WHEN $1 THEN {}::text ELSE {column} END",
        with_pseudonym(&document, &["host_id"])
    )
}

/// Whether an event of the table `session_events` names the person. What holds the name nowhere need not be read as JSON.
fn names() -> String {
    format!("({ACTED} OR user_id = $1 OR {} OR {})", hosted("before"), hosted("after"))
}

/// Whether the JSON text in that column names the person as the host.
fn hosted(column: &str) -> String {
    format!("{} AND {column}::json ->> 'host_id' = $1", mentions(column))
}

/// Whether the JSON text in that column holds the name, in whatever place.
fn mentions(column: &str) -> String {
    format!("position(to_json($1::text)::text IN {column}) > 0")
}

/// The events up to the seq `$2` that name the person.
fn find() -> String {
    format!("SELECT seq FROM session_events WHERE seq <= $2 AND {}", names())
}

/// All of it in one statement, and so by one look at the store: what is committed later was done after it. That nobody
/// works on a row that is to be renamed, and then adds another one that this does not see, the locks see to; where the
/// person has got into a session that is not among `$4`, the locked ones, it does nothing and returns no row.
///
/// `$1` is the person, `$2` the pseudonym, `$3` the instant, and `$5` has an id for the event of each locked session. `$6`
/// are the events up to the seq `$7` that name the person. Whoever registered since has an event after that.
fn rename() -> String {
    let [session_in_answer, registration_in_answer] =
        [["session", "session", "host_id"], ["registration", "registration", "user_id"]];
    format!(
        "WITH complete AS (
            SELECT WHERE NOT EXISTS (SELECT FROM sessions WHERE {hosts} AND id <> ALL ($4::uuid[]))
                AND NOT EXISTS (SELECT FROM session_events
                    WHERE seq > $7 AND user_id = $1 AND session_id <> ALL ($4::uuid[]))
        ), hosted AS (
            SELECT s.*, row_number() OVER (ORDER BY s.id) AS place FROM sessions s, complete WHERE {hosts}
        ), hosting AS (
            UPDATE sessions s SET host_id = $2, version = s.version + 1,
                updated_at = greatest($3::timestamptz, least(s.updated_at + interval '1 microsecond', {latest}))
            FROM hosted WHERE s.id = hosted.id RETURNING s.*, hosted.place
        ), told AS (
            INSERT INTO session_events (id, session_id, brand_id, type, who, at, version, before, after)
            SELECT ($5::uuid[])[place], hosting.id, hosting.brand_id, 'session.updated', $2, $3, hosting.version, {before}, {after}
            FROM hosting JOIN hosted USING (id, place) ORDER BY place
        ), registering AS (
            UPDATE registrations r SET user_id = $2 FROM complete
            WHERE session_id = ANY ($4) AND user_id = $1 RETURNING 1
        ), happening AS (
            UPDATE session_events e SET user_id = CASE user_id WHEN $1 THEN $2 ELSE user_id END,
                who = CASE WHEN {ACTED} THEN $2 ELSE who END,
                before = {renamed_before}, after = {renamed_after}
            FROM complete
            WHERE seq = ANY ($6) OR seq > $7 AND {names}
            RETURNING 1
        ), keeping AS (
            UPDATE idempotency_keys k SET subject = CASE subject WHEN $1 THEN $2 ELSE subject END, outcome = CASE $1::text
                WHEN {answered_host} THEN {renamed_host}::text
                WHEN {answered_person} THEN {renamed_person}::text
                ELSE outcome END
            FROM complete WHERE subject = $1
                OR {mentions} AND ({answered_host} = $1 OR {answered_person} = $1)
            RETURNING 1
        ), revoking AS (
            DELETE FROM calendar_feeds f USING complete WHERE f.owner = $1 RETURNING 1
        ), feeding AS (
            UPDATE calendar_feeds f SET filter = {renamed_filter} FROM complete
            WHERE f.owner <> $1 AND {of_person} RETURNING 1
        )
        SELECT (SELECT count(*) FROM hosting), (SELECT count(*) FROM registering),
            (SELECT count(*) FROM happening), (SELECT count(*) FROM keeping),
            (SELECT count(*) FROM revoking) + (SELECT count(*) FROM feeding)
        FROM complete",
        hosts = hosts(),
        latest = "'9998-12-31T23:59:59.999999Z'::timestamptz",
        before = with_pseudonym(&format!("({})::json", snapshot("hosted")), &["host_id"]) + "::text",
        after = snapshot("hosting"),
        renamed_before = renamed("before"),
        renamed_after = renamed("after"),
        names = names(),
        mentions = mentions("outcome"),
        renamed_filter = renamed("f.filter"),
        of_person = hosted("f.filter"),
        answered_host = answered(session_in_answer),
        answered_person = answered(registration_in_answer),
        renamed_host = with_pseudonym("outcome::json", &session_in_answer),
        renamed_person = with_pseudonym("outcome::json", &registration_in_answer),
    )
}

/// What a kept answer says at that path.
fn answered(path: [&str; 3]) -> String {
    format!("outcome::json #>> '{{{}}}'", path.join(","))
}

fn column<T: for<'a> FromSql<'a>>(rows: &[Row]) -> Result<Vec<T>, PgError> {
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// To compile the statement takes longer than to run it over a million events.
const SETTINGS: &str = "SET LOCAL application_name = 'live forget'; SET LOCAL jit = off";

/// Where an index leads to what is renamed, it is to be followed: people wait by now, and that a scan of the whole history
/// would soon come across something is a vain hope.
const WHILE_LOCKED: &str = "SET LOCAL enable_seqscan = off";

/// Who is to be forgotten, what is put in their place, and when.
struct Forgetting<'a> {
    person: &'a str,
    pseudonym: &'a str,
    now: OffsetDateTime,
    /// Up to this seq the history is known to be whole.
    through: i64,
}

impl Forgetting<'_> {
    async fn run(&self, client: &mut Client) -> Result<Forgotten, PgError> {
        let Self { person, pseudonym, now, through } = self;
        let transaction = client.transaction().await?;
        transaction.batch_execute(&format!("{READ_COMMITTED} {} {SETTINGS}", unbounded_here())).await?;
        transaction.batch_execute(ONE_AT_A_TIME).await?;
        let found: Vec<i64> = column(&transaction.query(&find(), &[person, through]).await?)?;
        let renamed = loop {
            let locked: Vec<Uuid> = column(&transaction.query(&sessions(), &[person, through]).await?)?;
            transaction.batch_execute(WHILE_LOCKED).await?;
            transaction.execute(LOCK, &[&locked]).await?;
            let events: Vec<Uuid> = locked.iter().map(|_| Uuid::now_v7()).collect();
            let values: [&(dyn ToSql + Sync); 7] = [person, pseudonym, now, &locked, &events, &found, through];
            if let Some(row) = transaction.query_opt(&rename(), &values).await? {
                break row;
            }
        };
        transaction.commit().await?;
        let counts = [0, 1, 2, 3, 4].map(|place| number(&renamed, place));
        let [sessions, registrations, events, kept, feeds] = counts;
        Ok(Forgotten {
            sessions: sessions?,
            registrations: registrations?,
            events: events?,
            kept: kept?,
            feeds: feeds?,
        })
    }
}

#[async_trait]
impl PersonRepository for PgSessionRepository {
    async fn forget(&self, person: &Subject, pseudonym: &Pseudonym, now: Timestamp) -> Result<Forgotten, StoreError> {
        let through = self.catch_up().await?;
        let (person, pseudonym) = (person.as_str(), pseudonym.subject().as_str());
        Ok(forget(&self.connector, &Forgetting { person, pseudonym, now: now.into(), through }).await?)
    }
}

async fn forget(connector: &Connector, forgetting: &Forgetting<'_>) -> Result<Forgotten, PgError> {
    // The wire is cut when this ends.
    let Dialled { mut client, wire: _wire, .. } = connector.for_driver().await?;
    forgetting.run(&mut client).await
}
