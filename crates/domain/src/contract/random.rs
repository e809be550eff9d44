//! The same random questions to a store and to the reference store.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use time::Duration;

use super::Store;
use super::fixtures::{
    Question, brand, exported_registrations, exported_sessions, id, import_registrations, import_sessions, lines,
    minutes, now, registration, session,
};
use super::rows::{Rows, Stores};
use crate::bulk::{ImportError, Imported, Line, RegistrationLine, SessionLine};
use crate::listing::{
    Month, PageSize, Position, Selection, SessionFilter, SessionOrder, SessionScan, TimeZone, Variants,
};
use crate::memory::MemorySessionRepository;
use crate::registration::RegistrationStatus;
use crate::session::{MaxParticipants, Session, SessionKind, SessionStatus};
use crate::text::{Category, CommunityId, HostId};
use crate::timestamp::Timestamp;
use crate::viewer::{BrandScope, Viewer};

/// Few names, so that rows share them and filters meet them.
const NAMES: [&str; 4] = ["acme", "Acme", "globex", "größe"];
const SESSIONS: u32 = 60;
/// How many questions are asked before the rows change.
const QUESTIONS_PER_STATE: u32 = 25;

/// Asks the store, which must be empty, and the reference store `questions` random questions. In between both import
/// the same random rows, good and bad. The same `seed` asks the same.
///
/// # Panics
///
/// At the first difference, with the seed and the question.
pub async fn compare_with_memory(store: &dyn Store, seed: u64, questions: u32) {
    let mut random = Random(StdRng::seed_from_u64(seed));
    let memory = MemorySessionRepository::default();
    for number in 0..questions {
        if number % QUESTIONS_PER_STATE == 0 {
            change(store, &memory, &mut random, seed).await;
        }
        let question = random.question();
        let (expected, found) = (question.ask(&memory).await, question.ask(store).await);
        assert_eq!(found, expected, "seed {seed}, question {number}: {question:?}");
    }
    assert_eq!(exported_sessions(store).await, exported_sessions(&memory).await, "seed {seed}");
    let by_key = |mut rows: Vec<crate::Registration>| {
        rows.sort_by(|left, right| (left.session_id, &left.user_id).cmp(&(right.session_id, &right.user_id)));
        rows
    };
    let found = by_key(exported_registrations(store).await);
    assert_eq!(found, by_key(exported_registrations(&memory).await), "seed {seed}");
}

/// As [`compare_with_memory`], of a store that holds the rows it is made with; in between it is made anew, with others.
pub(super) async fn compare_listing_with_memory(
    stores: &mut dyn Stores,
    registrations: bool,
    seed: u64,
    questions: u32,
) {
    let mut random = Random(StdRng::seed_from_u64(seed));
    let imported = MemorySessionRepository::default();
    let (mut memory, mut store) = (imported.clone(), stores.holding(Rows::default()).await);
    for number in 0..questions {
        if number % QUESTIONS_PER_STATE == 0 {
            // A file that is refused leaves the rows as they are.
            drop(import_sessions(&imported, random.session_file()).await);
            if registrations {
                drop(import_registrations(&imported, random.registration_file()).await);
            }
            let rows = Rows::of(&imported).await;
            memory = MemorySessionRepository::default();
            rows.clone().import_into(&memory).await;
            store = stores.holding(rows).await;
        }
        let question = random.question();
        let (expected, found) = (question.ask(&memory).await, question.ask(&*store).await);
        assert_eq!(found, expected, "seed {seed}, question {number}: {question:?}");
    }
}

/// Imports the same random files into both; they must say the same of them.
async fn change(store: &dyn Store, memory: &MemorySessionRepository, random: &mut Random, seed: u64) {
    let file = random.session_file();
    let (found, expected) = (import_sessions(store, file.clone()).await, import_sessions(memory, file).await);
    assert_eq!(outcome(found), outcome(expected), "seed {seed}: sessions");
    let file = random.registration_file();
    let (found, expected) = (import_registrations(store, file.clone()).await, import_registrations(memory, file).await);
    assert_eq!(outcome(found), outcome(expected), "seed {seed}: registrations");
}

fn outcome(result: Result<Imported, ImportError>) -> Result<Imported, String> {
    result.map_err(|error| error.to_string())
}

struct Random(StdRng);

impl Random {
    fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    fn maybe<T>(&mut self, percent: u32, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.chance(percent) { Some(make(self)) } else { None }
    }

    fn name(&mut self) -> &'static str {
        NAMES.choose(&mut self.0).copied().unwrap_or("acme")
    }

    fn member<T: Variants>(&mut self) -> T {
        *T::ALL.choose(&mut self.0).expect("an enumeration has members")
    }

    /// An instant out of few: some a microsecond apart, some in other months.
    fn instant(&mut self) -> Timestamp {
        let days = self.0.random_range(-2..=2) * 24 * 60 * 20;
        let micros = self.0.random_range(-3..=3);
        minutes(days).later_by(Duration::microseconds(micros))
    }

    fn session(&mut self) -> Session {
        let number = self.0.random_range(1..=SESSIONS);
        Session {
            brand_id: brand(self.name()),
            host_id: HostId::new(self.name()).expect("a host"),
            community_id: self.maybe(60, |random| CommunityId::new(random.name()).expect("a community")),
            category: self.maybe(60, |random| Category::new(random.name()).expect("a category")),
            kind: self.member(),
            status: self.member(),
            scheduled_at: self.instant(),
            max_participants: MaxParticipants::new(self.0.random_range(1..=4)).expect("a number"),
            updated_at: self.instant(),
            ..session(number)
        }
    }

    /// Up to 30 sessions; seldom one twice.
    fn session_file(&mut self) -> Vec<Line<SessionLine>> {
        let mut sessions: Vec<Session> = (0..self.0.random_range(0..=30)).map(|_| self.session()).collect();
        if !self.chance(10) {
            sessions.sort_by_key(|session| session.id);
            sessions.dedup_by_key(|session| session.id);
        }
        lines(sessions.into_iter().map(|session| SessionLine::new(session, self.chance(50)).expect("a line")))
    }

    fn registration(&mut self) -> RegistrationLine {
        use RegistrationStatus::{Cancelled, Registered, Waitlist};
        let statuses = [Registered, Registered, Waitlist, Cancelled];
        let status = *statuses.choose(&mut self.0).expect("a status");
        let number = self.0.random_range(1..=SESSIONS);
        let fresh = self.0.random_range(0..u64::MAX);
        let mut line = registration(number, self.name(), status, fresh);
        if self.chance(40) {
            line = line.with_registered_at(now().earlier_by(Duration::minutes(5)), now()).expect("a line");
        }
        if self.chance(10) {
            line = line.with_id(id(self.0.random_range(0..20)));
        }
        line
    }

    /// Few registrations, most of them of sessions that are there.
    fn registration_file(&mut self) -> Vec<Line<RegistrationLine>> {
        let mut rows: Vec<RegistrationLine> = (0..self.0.random_range(0..=6)).map(|_| self.registration()).collect();
        if !self.chance(10) {
            rows.sort_by(|left, right| (left.session_id(), left.user_id()).cmp(&(right.session_id(), right.user_id())));
            rows.dedup_by(|left, right| (left.session_id(), left.user_id()) == (right.session_id(), right.user_id()));
        }
        lines(rows)
    }

    fn filter(&mut self) -> SessionFilter {
        let mut filter = SessionFilter::default();
        if self.chance(30) {
            filter = filter.with_brand(brand(self.name()));
        }
        if self.chance(20) {
            filter = filter.with_host(HostId::new(self.name()).expect("a host"));
        }
        if self.chance(20) {
            filter = filter.with_community(CommunityId::new(self.name()).expect("a community"));
        }
        if self.chance(20) {
            filter = filter.with_category(Category::new(self.name()).expect("a category"));
        }
        if self.chance(30) {
            let members: Vec<SessionStatus> = (0..self.0.random_range(0..=3)).map(|_| self.member()).collect();
            filter = filter.with_statuses(Selection::of(members));
        }
        if self.chance(20) {
            filter = filter.with_kinds(Selection::of([self.member::<SessionKind>()]));
        }
        if self.chance(20) {
            let month = Month::new(2026, self.0.random_range(1..=5), &TimeZone::UTC).expect("a month");
            filter = filter.with_month(month);
        }
        filter
    }

    fn scan(&mut self) -> SessionScan {
        let orders = [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming];
        let scan = SessionScan::beginning(*orders.choose(&mut self.0).expect("an order"), self.instant());
        if self.chance(50) {
            return scan;
        }
        let number = self.0.random_range(0..=SESSIONS + 1);
        scan.resumed_after(Position { scheduled_at: self.instant(), id: id(u64::from(number)) })
    }

    fn question(&mut self) -> Question {
        let scope = self.maybe(40, |random| {
            let brands: Vec<_> = (0..random.0.random_range(0..=3)).map(|_| brand(random.name())).collect();
            BrandScope::only(brands).expect("few brands")
        });
        Question {
            scope: scope.unwrap_or(BrandScope::All),
            viewer: Viewer::new(self.name()).expect("a viewer"),
            filter: self.filter(),
            scan: self.scan(),
            size: PageSize::new(self.0.random_range(1..=12)).expect("a size"),
        }
    }
}
