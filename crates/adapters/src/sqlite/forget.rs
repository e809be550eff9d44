//! Forgetting a person.

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use live_domain::{
    EventSubject, EventType, Forgotten, PersonRepository, Pseudonym, Session, StoreError, Subject, Timestamp, Viewer,
    Write,
};
use tokio::task::spawn_blocking;

use super::SqliteSessionRepository;
use super::error::SqliteError;
use super::events::record;
use super::row::{IdBytes, SessionRow};
use super::schema::{calendar_feeds, idempotency_keys, registrations, session_events, sessions};
use super::session_columns::SessionColumns;
use crate::session_row::StoredSession;
use crate::snapshot;

#[diesel::declare_sql_function]
extern "SQL" {
    /// The text at a path of a JSON document; nothing, where there is none.
    #[sql_name = "json_extract"]
    fn text_at(document: Nullable<Text>, path: Text) -> Nullable<Text>;
}

const HOST: &str = "$.host_id";
const COUNTER: &str = "$.waiting_count";
const ANSWERED_HOST: &str = "$.session.session.host_id";
const ANSWERED_PERSON: &str = "$.registration.registration.user_id";

/// However long another process writes.
const PATIENCE: &str = "PRAGMA busy_timeout = 600000";

/// Of an event: its number, whether the person did what it tells of, who, the person registered, and the snapshots.
type NamingEvent = (i64, bool, String, Option<String>, Option<String>, Option<String>);

/// Who is to be forgotten, what is put in their place, and when.
struct Forgetting {
    person: Subject,
    pseudonym: Pseudonym,
    now: Timestamp,
}

impl Forgetting {
    fn run(&self, connection: &mut SqliteConnection) -> Result<Forgotten, SqliteError> {
        Ok(Forgotten {
            registrations: self.rename_registrations(connection)?,
            // Before the sessions: what is told of these names the pseudonym alone.
            events: self.rename_events(connection)?,
            kept: self.rename_kept(connection)?,
            feeds: self.rename_feeds(connection)?,
            sessions: self.rename_sessions(connection)?,
        })
    }

    fn rename_registrations(&self, connection: &mut SqliteConnection) -> Result<u64, SqliteError> {
        let of_person = registrations::table.filter(registrations::user_id.eq(self.person.as_str()));
        let renamed = diesel::update(of_person).set(registrations::user_id.eq(self.pseudonym.subject().as_str()));
        Ok(count(renamed.execute(connection)?))
    }

    fn rename_events(&self, connection: &mut SqliteConnection) -> Result<u64, SqliteError> {
        let (person, pseudonym) = (self.person.as_str(), self.pseudonym.subject().as_str());
        // Imports and the doctor are nobody, whatever a person is called; only what the doctor mended shows counters.
        let imported = [EventType::SessionImported, EventType::RegistrationImported].map(EventType::as_str);
        let acted = session_events::who
            .eq(person)
            .and(session_events::event_type.ne_all(imported))
            .and(text_at(session_events::after, COUNTER).is_null());
        let registered = session_events::user_id.is(person);
        let hosted_before = text_at(session_events::before, HOST).is(person);
        let hosted_after = text_at(session_events::after, HOST).is(person);
        let naming = session_events::table.filter(acted.clone().or(registered).or(hosted_before).or(hosted_after));
        let columns = (
            session_events::seq,
            acted,
            session_events::who,
            session_events::user_id,
            session_events::before,
            session_events::after,
        );
        let events: Vec<NamingEvent> = naming.select(columns).load(connection)?;
        for (seq, has_acted, who, user_id, before, after) in &events {
            diesel::update(session_events::table.find(seq))
                .set((
                    session_events::who.eq(if *has_acted { pseudonym } else { who }),
                    session_events::user_id
                        .eq(user_id.as_deref().map(|user| if user == person { pseudonym } else { user })),
                    session_events::before.eq(self.rename_snapshot(before.as_deref())?),
                    session_events::after.eq(self.rename_snapshot(after.as_deref())?),
                ))
                .execute(connection)?;
        }
        Ok(count(events.len()))
    }

    fn rename_snapshot(&self, text: Option<&str>) -> Result<Option<String>, SqliteError> {
        let renamed = text.map(|text| snapshot::rename_host(text, &self.person, &self.pseudonym));
        renamed.transpose().map_err(SqliteError::Snapshot)
    }

    fn rename_kept(&self, connection: &mut SqliteConnection) -> Result<u64, SqliteError> {
        let (person, pseudonym) = (self.person.as_str(), self.pseudonym.subject().as_str());
        let answered = |path: &'static str| text_at(idempotency_keys::outcome.nullable(), path).is(person);
        let naming = idempotency_keys::table
            .filter(idempotency_keys::subject.eq(person).or(answered(ANSWERED_HOST)).or(answered(ANSWERED_PERSON)));
        let columns = (idempotency_keys::subject, idempotency_keys::key, idempotency_keys::outcome);
        let answers: Vec<(String, String, String)> = naming.select(columns).load(connection)?;
        for (subject, key, outcome) in &answers {
            let outcome = snapshot::rename_in_outcome(outcome, &self.person, &self.pseudonym);
            diesel::update(idempotency_keys::table.find((subject, key)))
                .set((
                    idempotency_keys::subject.eq(if subject == person { pseudonym } else { subject }),
                    idempotency_keys::outcome.eq(outcome.map_err(SqliteError::Snapshot)?),
                ))
                .execute(connection)?;
        }
        Ok(count(answers.len()))
    }

    fn rename_feeds(&self, connection: &mut SqliteConnection) -> Result<u64, SqliteError> {
        let person = self.person.as_str();
        let own = calendar_feeds::table.filter(calendar_feeds::owner.eq(person));
        let deleted = diesel::delete(own).execute(connection)?;
        let hosted = text_at(calendar_feeds::filter.nullable(), HOST).is(person);
        let columns = (calendar_feeds::id, calendar_feeds::filter);
        let of_person: Vec<(IdBytes, String)> =
            calendar_feeds::table.filter(hosted).select(columns).load(connection)?;
        for (id, filter) in &of_person {
            let filter = snapshot::rename_host(filter, &self.person, &self.pseudonym).map_err(SqliteError::Snapshot)?;
            diesel::update(calendar_feeds::table.find(id))
                .set(calendar_feeds::filter.eq(filter))
                .execute(connection)?;
        }
        Ok(count(deleted + of_person.len()))
    }

    fn rename_sessions(&self, connection: &mut SqliteConnection) -> Result<u64, SqliteError> {
        let hosted = sessions::table.filter(sessions::host_id.eq(self.person.as_str())).order(sessions::id);
        let hosted: Vec<SessionRow> = hosted.load(connection)?;
        let write = Write { viewer: Viewer::from(self.pseudonym.subject().clone()), now: self.now, key: None };
        let sessions = count(hosted.len());
        for row in hosted {
            let StoredSession { session, version, .. } = row.try_into()?;
            let before = Session { host_id: self.pseudonym.host_id().clone(), ..session };
            let after = before.clone().touched(self.now);
            diesel::update(sessions::table.find(IdBytes::from(after.id)))
                .set((SessionColumns::from(&after), sessions::version.eq(sessions::version + 1)))
                .execute(connection)?;
            let (before, changed) = (Some(Box::new(before)), Box::new(after.clone()));
            let subject = EventSubject::Session { before, after: changed, version: version.next() };
            record(connection, &after, EventType::SessionUpdated, &subject, &write)?;
        }
        Ok(sessions)
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[async_trait]
impl PersonRepository for SqliteSessionRepository {
    async fn forget(&self, person: &Subject, pseudonym: &Pseudonym, now: Timestamp) -> Result<Forgotten, StoreError> {
        let forgetting = Forgetting { person: person.clone(), pseudonym: pseudonym.clone(), now };
        let opener = self.opener.clone();
        let work = move || {
            let mut connection = opener.open()?;
            connection.batch_execute(PATIENCE)?;
            connection.immediate_transaction(|connection| forgetting.run(connection))
        };
        Ok(spawn_blocking(work).await.map_err(SqliteError::from)??)
    }
}
