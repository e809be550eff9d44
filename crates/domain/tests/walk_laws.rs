//! Laws of walks, for random rows full of ties and any page size.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use live_domain::contract::fixtures::{Question, fill, minutes, now, session};
use live_domain::memory::MemorySessionRepository;
use live_domain::{PageSize, Session, SessionOrder, SessionScan, SessionStatus, listing::Variants};
use proptest::prelude::*;
use time::Duration;

fn any_session(number: u32) -> impl Strategy<Value = Session> {
    (-3_i64..3, -1_i64..1, 0..SessionStatus::ALL.len()).prop_map(move |(micros, hours, status)| Session {
        scheduled_at: minutes(hours * 60).later_by(Duration::microseconds(micros)),
        status: SessionStatus::ALL[status],
        ..session(number)
    })
}

fn any_sessions() -> impl Strategy<Value = Vec<Session>> {
    (1_u32..40).prop_flat_map(|count| (1..=count).map(any_session).collect::<Vec<_>>())
}

fn any_order() -> impl Strategy<Value = SessionOrder> {
    prop_oneof![Just(SessionOrder::Newest), Just(SessionOrder::Chronological), Just(SessionOrder::Upcoming)]
}

proptest! {
    #[test]
    fn a_walk_is_the_sorted_filter(sessions in any_sessions(), order in any_order(), size in 1_u8..=100) {
        let scan = SessionScan::beginning(order, now());
        let mut expected: Vec<_> = sessions.iter().filter(|session| scan.admits(session)).collect();
        expected.sort_by(|left, right| scan.compare(left.position(), right.position()));
        let expected: Vec<_> = expected.into_iter().map(|session| session.id.as_u128()).collect();

        let store = MemorySessionRepository::default();
        fill(&store, sessions.clone()).now_or_never().expect("memory answers at once");
        let question = Question { scan, size: PageSize::new(size).expect("a size"), ..Question::default() };
        let pages = question.walk(&store).now_or_never().expect("memory answers at once");

        prop_assert!(pages.iter().all(|page| !page.is_empty()) || expected.is_empty(), "an empty last page");
        prop_assert_eq!(pages.concat(), expected);
    }

    #[test]
    fn a_walk_meets_what_stays_whatever_else_changes(
        stay in any_sessions(), come in any_sessions(), order in any_order(), size in 1_u8..5,
    ) {
        let store = MemorySessionRepository::default();
        fill(&store, stay.clone()).now_or_never().expect("memory answers at once");
        let mut question = Question {
            scan: SessionScan::beginning(order, now()), size: PageSize::new(size).expect("a size"), ..Question::default()
        };
        let mut met = Vec::new();
        let mut newcomers = come.into_iter().map(|session| Session { id: uuid::Uuid::from_u128(session.id.as_u128() << 64), ..session });
        loop {
            let page = question.ask(&store).now_or_never().expect("memory answers at once");
            met.extend(page.items.iter().map(|item| item.session.id));
            fill(&store, newcomers.by_ref().take(3).collect::<Vec<_>>()).now_or_never().expect("memory answers at once");
            let Some(next) = page.next else { break };
            question.scan = next;
        }
        let different: BTreeSet<_> = met.iter().collect();
        prop_assert_eq!(different.len(), met.len(), "a session was met twice");
        for session in stay.iter().filter(|session| SessionScan::beginning(order, now()).admits(session)) {
            prop_assert!(met.contains(&session.id), "{} was never met", session.id);
        }
    }
}
