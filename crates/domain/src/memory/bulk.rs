//! Import and export of the reference store.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use time::Duration;
use uuid::Uuid;

use super::{MemorySessionRepository, Rows, Stored};
use crate::bulk::{
    BadLine, BulkRepository, Export, Import, ImportError, Imported, Line, RegistrationLine, SessionLine,
};
use crate::error::StoreError;
use crate::event::{Actor, EventSubject, EventType};
use crate::registration::{Registration, RegistrationStatus};
use crate::session::Session;
use crate::timestamp::Timestamp;

/// Puts lines into the rows, as of an instant, or names the first bad one.
type Put<T> = fn(&mut Rows, &[Line<T>], Timestamp) -> Result<Imported, ImportError>;

/// Lines in memory, and how they are put into the rows.
struct Staged<T> {
    store: MemorySessionRepository,
    lines: Vec<Line<T>>,
    put: Put<T>,
    now: Timestamp,
}

#[async_trait]
impl<T: Send + 'static> Import<T> for Staged<T> {
    async fn stage(&mut self, lines: Vec<Line<T>>) -> Result<(), StoreError> {
        self.lines.extend(lines);
        Ok(())
    }

    async fn apply(self: Box<Self>) -> Result<Imported, ImportError> {
        let mut rows = self.store.write();
        let mut changed = rows.clone();
        let imported = (self.put)(&mut changed, &self.lines, self.now)?;
        *rows = changed;
        Ok(imported)
    }
}

fn bad(number: u64, reason: BadLine) -> ImportError {
    ImportError::BadLine { number, reason }
}

/// The first bad line of the file is the one to tell.
fn first_bad(mut faults: Vec<(u64, BadLine)>) -> Result<(), ImportError> {
    faults.sort_by_key(|(number, _)| *number);
    faults.into_iter().next().map_or(Ok(()), |(number, reason)| Err(bad(number, reason)))
}

fn repeated_keys<T, K: Ord>(lines: &[Line<T>], key: impl Fn(&T) -> K) -> Vec<(u64, BadLine)> {
    let mut first_lines = BTreeMap::new();
    let mut faults = Vec::new();
    for line in lines {
        let first = *first_lines.entry(key(&line.value)).or_insert(line.number);
        if first != line.number {
            faults.push((line.number, BadLine::RepeatedKey { first }));
        }
    }
    faults
}

/// What the session has more of than it may, if so.
fn oversold(rows: &Rows, session: &Session) -> Option<BadLine> {
    let registered = u64::from(rows.count(session.id, RegistrationStatus::Registered));
    let seats = session.max_participants.get();
    (registered > u64::from(seats)).then_some(BadLine::Oversold { registered, seats })
}

fn put_sessions(rows: &mut Rows, lines: &[Line<SessionLine>], now: Timestamp) -> Result<Imported, ImportError> {
    let mut faults = repeated_keys(lines, |line| line.session().id);
    faults.extend(lines.iter().filter_map(|line| Some((line.number, oversold(rows, line.value.session())?))));
    first_bad(faults)?;
    let mut imported = Imported::default();
    for Line { value, .. } in lines {
        let line = value.session();
        let present = rows.sessions.get(&line.id).cloned();
        let Some(after) = replacement(value, present.as_ref().map(|present| &present.session)) else {
            imported.unchanged += 1;
            continue;
        };
        let stored = match &present {
            None => Stored::first(after),
            Some(present) => Stored { session: after, version: present.version.next(), ..present.clone() },
        };
        *(if present.is_some() { &mut imported.changed } else { &mut imported.created }) += 1;
        let subject = EventSubject::Session {
            before: present.map(|present| Box::new(present.session)),
            after: Box::new(stored.session.clone()),
            version: stored.version,
        };
        rows.record(&stored.session, EventType::SessionImported, Actor::Import, now, subject);
        rows.sessions.insert(line.id, stored);
    }
    Ok(imported)
}

/// What the line makes of the session that is there; nothing: it stays as it is.
fn replacement(line: &SessionLine, present: Option<&Session>) -> Option<Session> {
    let Some(present) = present else { return Some(line.session().clone()) };
    let mut wanted = Session { created_at: present.created_at, ..line.session().clone() };
    if !line.updated_at_given() && (Session { updated_at: present.updated_at, ..wanted.clone() } == *present) {
        wanted.updated_at = present.updated_at;
    }
    (wanted != *present).then_some(wanted)
}

fn put_registrations(
    rows: &mut Rows,
    lines: &[Line<RegistrationLine>],
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let mut faults = repeated_keys(lines, |line| (line.session_id(), line.user_id().clone()));
    for Line { number, value } in lines {
        if !rows.sessions.contains_key(&value.session_id()) {
            faults.push((*number, BadLine::UnknownSession(value.session_id())));
        }
    }
    first_bad(faults)?;
    let before = rows.registrations.clone();
    for (Line { value, .. }, registered_at) in lines.iter().zip(instants(rows, lines, now)) {
        let registration = replacing(&before, value, registered_at);
        rows.registrations.insert((value.session_id(), value.user_id().clone()), registration);
    }
    first_bad(taken_ids(rows, lines))?;
    first_bad(oversold_lines(rows, lines))?;
    let mut imported = Imported::default();
    for Line { value, .. } in lines {
        let key = (value.session_id(), value.user_id().clone());
        let (old, new) = (before.get(&key), rows.registrations.get(&key).cloned());
        if old == new.as_ref() {
            imported.unchanged += 1;
            continue;
        }
        *(if old.is_some() { &mut imported.changed } else { &mut imported.created }) += 1;
        if let Some(new) = new {
            rows.record_imported(old, &new, now);
        }
    }
    Ok(imported)
}

impl Rows {
    fn record_imported(&mut self, before: Option<&Registration>, after: &Registration, now: Timestamp) {
        let Some(stored) = self.sessions.get_mut(&after.session_id) else { return };
        stored.latest = stored.latest.max(Some(after.registered_at));
        let session = stored.session.clone();
        let subject = EventSubject::Registration {
            id: after.id,
            user_id: after.user_id.clone(),
            before: before.map(|before| before.status),
            after: after.status,
        };
        self.record(&session, EventType::RegistrationImported, Actor::Import, now, subject);
    }
}

/// When each line was registered: as given, as it stays, or after every other of its session.
fn instants(rows: &Rows, lines: &[Line<RegistrationLine>], now: Timestamp) -> Vec<Timestamp> {
    let present = |line: &RegistrationLine| rows.registrations.get(&(line.session_id(), line.user_id().clone()));
    let mut latest: BTreeMap<Uuid, Timestamp> = BTreeMap::new();
    for Line { value, .. } in lines {
        let there = rows.sessions.get(&value.session_id()).and_then(|stored| stored.latest);
        let known = [there, value.registered_at(), latest.get(&value.session_id()).copied()];
        if let Some(known) = known.into_iter().flatten().max() {
            latest.insert(value.session_id(), known);
        }
    }
    let mut next = |session: Uuid| {
        let instant = latest.get(&session).map_or(now, |latest| latest.later_by(Duration::MICROSECOND).max(now));
        latest.insert(session, instant);
        instant
    };
    lines
        .iter()
        .map(|Line { value, .. }| {
            let kept = value.registered_at().or_else(|| present(value).map(|present| present.registered_at));
            kept.unwrap_or_else(|| next(value.session_id()))
        })
        .collect()
}

fn replacing(
    before: &BTreeMap<(Uuid, crate::text::Subject), Registration>,
    line: &RegistrationLine,
    registered_at: Timestamp,
) -> Registration {
    let present = before.get(&(line.session_id(), line.user_id().clone()));
    let cancelled = line.status() == RegistrationStatus::Cancelled;
    Registration {
        id: line.id().or(present.map(|present| present.id)).unwrap_or(line.fresh_id()),
        session_id: line.session_id(),
        user_id: line.user_id().clone(),
        status: line.status(),
        registered_at,
        cancelled_at: cancelled.then(|| line.cancelled_at().unwrap_or(registered_at)),
    }
}

/// Lines that name an id which, with the whole file in, another key holds too: of several, the later lines.
fn taken_ids(rows: &Rows, lines: &[Line<RegistrationLine>]) -> Vec<(u64, BadLine)> {
    let keys_in_file: BTreeSet<_> = lines.iter().map(|line| (line.value.session_id(), line.value.user_id())).collect();
    let mut holders: BTreeSet<Uuid> = rows
        .registrations
        .values()
        .filter(|present| !keys_in_file.contains(&(present.session_id, &present.user_id)))
        .map(|present| present.id)
        .collect();
    let id_of = |line: &RegistrationLine| {
        rows.registrations.get(&(line.session_id(), line.user_id().clone())).map(|registration| registration.id)
    };
    lines
        .iter()
        .filter(|line| id_of(&line.value).is_some_and(|id| !holders.insert(id)))
        .map(|line| (line.number, BadLine::IdTaken))
        .collect()
}

/// The last line of each session that has too many in force.
fn oversold_lines(rows: &Rows, lines: &[Line<RegistrationLine>]) -> Vec<(u64, BadLine)> {
    let last_lines: BTreeMap<Uuid, u64> = lines.iter().map(|line| (line.value.session_id(), line.number)).collect();
    last_lines
        .into_iter()
        .filter_map(|(session, number)| Some((number, oversold(rows, &rows.sessions.get(&session)?.session)?)))
        .collect()
}

/// Everything at once: memory has no need of parts.
struct Taken<T>(Vec<T>);

#[async_trait]
impl<T: Send + 'static> Export<T> for Taken<T> {
    async fn next(&mut self) -> Result<Vec<T>, StoreError> {
        Ok(std::mem::take(&mut self.0))
    }
}

#[async_trait]
impl BulkRepository for MemorySessionRepository {
    async fn import_sessions(&self, now: Timestamp) -> Result<Box<dyn Import<SessionLine>>, StoreError> {
        Ok(Box::new(Staged { store: self.clone(), lines: Vec::new(), put: put_sessions, now }))
    }

    async fn import_registrations(&self, now: Timestamp) -> Result<Box<dyn Import<RegistrationLine>>, StoreError> {
        Ok(Box::new(Staged { store: self.clone(), lines: Vec::new(), put: put_registrations, now }))
    }

    async fn export_sessions(&self) -> Result<Box<dyn Export<Session>>, StoreError> {
        Ok(Box::new(Taken(self.read().sessions.values().map(|stored| stored.session.clone()).collect())))
    }

    async fn export_registrations(&self) -> Result<Box<dyn Export<Registration>>, StoreError> {
        Ok(Box::new(Taken(self.read().registrations.values().cloned().collect())))
    }
}
