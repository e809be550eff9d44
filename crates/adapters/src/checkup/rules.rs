//! What must always hold in the data, as statements that both stores understand.

use std::time::{Duration, Instant};

use live_domain::{SessionVersion, Timestamp};
use uuid::Uuid;

use super::Checked;
use crate::session_row::{BadRow, StoredSession};
use crate::snapshot::read_session;

/// How many sessions are named of those that break a rule.
const EXAMPLES: usize = 3;

/// How many sessions are mended before it is looked for more.
pub(crate) const BATCH: i64 = 100;

/// What becomes of the registrations, by session.
const LINE: &str = "
    SELECT session_id, count(*) FILTER (WHERE status = 'registered') AS registered,
        count(*) FILTER (WHERE status = 'waitlist') AS waiting
    FROM registrations GROUP BY session_id";

/// Sessions whose counters differ from their registrations.
pub(crate) fn miscounted() -> String {
    format!(
        "SELECT s.id FROM sessions s LEFT JOIN ({LINE}) AS line ON line.session_id = s.id
        WHERE s.registered_count <> coalesce(line.registered, 0) OR s.waiting_count <> coalesce(line.waiting, 0)"
    )
}

/// A rule that sessions obey. Its statement selects the ids of those that do not.
pub(crate) struct Rule {
    check: &'static str,
    /// What is so when all do.
    holds: &'static str,
    /// What is so when some do not, whose names follow.
    broken: &'static str,
    remedy: &'static str,
    sessions: fn(json: &str) -> String,
}

/// Every rule that a statement alone can judge.
pub(crate) const RULES: [Rule; 4] = [
    Rule {
        check: "counters",
        holds: "registered_count and waiting_count equal the registrations of every session",
        broken: "registered_count or waiting_count differs from the registrations of",
        remedy: "run `live doctor --repair`: it counts anew and records that in the history",
        sessions: |_| miscounted(),
    },
    Rule {
        check: "seats",
        holds: "no session has more registrations in force than seats",
        broken: "more registrations are in force than there are seats in",
        remedy: "raise max_participants in the lines that `live export sessions` gives of them and import those with \
                 `live import sessions`, which promotes nobody; then run `live doctor --repair`",
        sessions: |_| {
            format!(
                "SELECT s.id FROM sessions s JOIN ({LINE}) AS line ON line.session_id = s.id
                WHERE line.registered > s.max_participants"
            )
        },
    },
    Rule {
        check: "line",
        holds: "nobody waits beside a free seat, but where an import left it so",
        broken: "somebody waits beside a free seat, and no import left it so, in",
        remedy: "lower max_participants by one with `PATCH /v1/sessions/{id}`, then set it back: each change gives free seats \
                 to the first of the line",
        sessions: crowded,
    },
    Rule {
        check: "life",
        holds: "started_at and ended_at fit the status of every session that was never imported",
        broken: "started_at or ended_at does not fit the status of",
        remedy: "set both right in the lines that `live export sessions` gives of them, and import those with `live import \
                 sessions`",
        sessions: |_| LIFE.to_owned(),
    },
];

/// Sessions that still give seats, where somebody waits beside a free one, and the last change that would have given it
/// came after everything that may leave it so: an import, or the mending of a counter. Where the history does not go back
/// that far, nothing can be said.
///
/// `json` is what makes JSON of a text.
fn crowded(json: &str) -> String {
    format!(
        "WITH crowded AS (
            SELECT s.id FROM sessions s JOIN ({LINE}) AS line ON line.session_id = s.id
            WHERE s.status IN ('scheduled', 'live') AND line.waiting > 0 AND line.registered < s.max_participants
        ), changes AS (
            SELECT e.session_id,
                max(CASE WHEN e.type IN ('session.created', 'registration.registered', 'registration.waitlisted')
                    OR e.type = 'registration.cancelled' AND e.status_before = 'registered'
                    OR e.type = 'session.updated'
                        AND e.before{json} ->> 'max_participants' <> e.after{json} ->> 'max_participants'
                    THEN e.seq END) AS given,
                max(CASE WHEN e.type IN ('session.imported', 'registration.imported')
                    OR e.type = 'session.updated' AND e.after{json} ->> 'registered_count' IS NOT NULL
                    THEN e.seq END) AS left_so
            FROM session_events e JOIN crowded ON crowded.id = e.session_id GROUP BY e.session_id
        )
        SELECT session_id AS id FROM changes WHERE given > coalesce(left_so, 0)"
    )
}

/// An import may bring any times with any status, so sessions that one has touched are passed over, and so are those whose
/// history does not go back to their beginning.
const LIFE: &str = "
    SELECT s.id FROM sessions s
    WHERE s.id IN (SELECT session_id FROM session_events WHERE type = 'session.created'
            EXCEPT SELECT session_id FROM session_events WHERE type = 'session.imported')
        AND CASE s.status
            WHEN 'live' THEN s.started_at IS NULL OR s.ended_at IS NOT NULL
            WHEN 'ended' THEN s.started_at IS NULL OR s.ended_at IS NULL OR s.ended_at < s.started_at
            ELSE s.started_at IS NOT NULL OR s.ended_at IS NOT NULL END";

impl Rule {
    /// The statement: a few ids, each with how many there are.
    pub(crate) fn statement(&self, json: &str) -> String {
        format!("SELECT id, count(*) OVER () FROM ({}) AS broken ORDER BY id LIMIT {EXAMPLES}", (self.sessions)(json))
    }

    /// What came of the statement.
    pub(crate) fn judge(&self, broken: &Broken, begun: Instant) -> Checked {
        let took = took(begun.elapsed());
        match broken.named() {
            None => Checked::well(self.check, format!("{} ({took})", self.holds)),
            Some(named) => Checked::wrong(self.check, format!("{} {named} ({took})", self.broken), self.remedy),
        }
    }
}

/// Sessions that break a rule.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    count: u64,
    examples: Vec<Uuid>,
}

impl Broken {
    /// Of the rows of a rule's statement.
    pub(crate) fn of<Id: Into<Uuid>>(rows: Vec<(Id, i64)>) -> Self {
        let count = rows.first().map_or(0, |(_, count)| count.unsigned_abs());
        Self { count, examples: rows.into_iter().map(|(id, _)| id.into()).collect() }
    }

    fn add(&mut self, id: Uuid) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(id);
        }
    }

    fn named(&self) -> Option<String> {
        let examples: Vec<String> = self.examples.iter().map(ToString::to_string).collect();
        let examples = examples.join(", ");
        match self.count {
            0 => None,
            1 => Some(format!("session {examples}")),
            count if count <= 3 => Some(format!("{count} sessions: {examples}")),
            count => Some(format!("{count} sessions, such as {examples}")),
        }
    }
}

/// Every session that has an event of its own, with the newest: `s.id`, the row, the version and the snapshot.
pub(crate) const NEWEST_EVENTS: &str = "
    SELECT s.id, s.*, e.version, e.after
    FROM (SELECT session_id, max(seq) AS seq FROM session_events WHERE version IS NOT NULL GROUP BY session_id) AS newest
    JOIN session_events e ON e.seq = newest.seq JOIN sessions s ON s.id = newest.session_id";

/// Compares sessions with their newest events. The domain decides what is equal, so the rows come here, one by one.
pub(crate) struct HistoryRule {
    begun: Instant,
    broken: Broken,
}

impl HistoryRule {
    pub(crate) fn begin() -> Self {
        Self { begun: Instant::now(), broken: Broken::default() }
    }

    pub(crate) fn compare<R>(&mut self, id: Uuid, row: R, version: i64, after: &str)
    where
        StoredSession: TryFrom<R, Error = BadRow>,
    {
        let version = u64::try_from(version).map(SessionVersion::new);
        let agrees = StoredSession::try_from(row).is_ok_and(|stored| {
            version.is_ok_and(|version| version == stored.version)
                && read_session(after).is_ok_and(|after| after == stored.session)
        });
        if !agrees {
            self.broken.add(id);
        }
    }

    pub(crate) fn judge(self) -> Checked {
        let took = took(self.begun.elapsed());
        match self.broken.named() {
            None => {
                Checked::well("history", format!("the newest event of every session says how the session is ({took})"))
            }
            Some(named) => Checked::wrong(
                "history",
                format!("something changed without an event: the newest one is not how it is now, in {named} ({took})"),
                "change each of them once, with `PATCH /v1/sessions/{id}` or with `live import sessions` and another \
                 updated_at: the event of that says how it is from then on",
            ),
        }
    }
}

/// How old the oldest kept answer may be: they are given for a day, and deleted soon after.
pub(crate) fn oldest_answer(now: Timestamp) -> Timestamp {
    now.earlier_by(live_domain::idempotency::KEPT_FOR + time::Duration::HOUR)
}

/// What so many older ones mean.
pub(crate) fn judge_answers(older: i64, begun: Instant) -> Checked {
    let took = took(begun.elapsed());
    if older == 0 {
        return Checked::well("answers", format!("answers that are kept for idempotency keys go in time ({took})"));
    }
    Checked::doubtful(
        "answers",
        format!("{older} answers that were kept for idempotency keys are over 25 hours old ({took})"),
        "let `live serve` run: it deletes them at its start and every 10 minutes; where it runs, its log says why not",
    )
}

/// A time for people.
pub(crate) fn took(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
