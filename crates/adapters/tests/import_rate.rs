//! How fast imports are. The rate is printed; what is asserted is that it does not collapse.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::time::Instant;

use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::bulk::{Line, RegistrationLine, SessionLine};
use live_domain::contract::fixtures::{minutes, now, session, subject};
use live_domain::{
    BulkRepository, Category, HostId, Imported, RegistrationStatus, Session, SessionKind, SessionStatus,
};
use uuid::Uuid;

/// Lines are handed over as a reader of a file would: some thousands at a time.
const BATCH: u32 = 5_000;

/// Sessions, and twice as many registrations.
fn sessions() -> u32 {
    if is_full_size() { 1_000_000 } else { 5_000 }
}

fn session_line(number: u32) -> Line<SessionLine> {
    // As ids and times of a real store are: in no order of the file.
    let mixed = number.wrapping_mul(2_654_435_761);
    let line = Session {
        id: Uuid::from_u128(u128::from(mixed) << 96 | u128::from(number)),
        host_id: HostId::new(format!("host {}", mixed % 5_000)).unwrap(),
        brand_id: format!("brand {}", mixed % 50).parse().unwrap(),
        community_id: format!("community {}", mixed % 300).parse().ok(),
        category: Category::new(format!("category {}", mixed % 20)).ok(),
        scheduled_at: minutes(i64::from(mixed % 1_000_000)),
        kind: if number.is_multiple_of(9) { SessionKind::OfficeHours } else { SessionKind::Live },
        status: if number.is_multiple_of(3) { SessionStatus::Scheduled } else { SessionStatus::Ended },
        ..session(number)
    };
    Line { number: number.into(), value: SessionLine::new(line, true).unwrap() }
}

fn registration_line(number: u32) -> Line<RegistrationLine> {
    let session = session_line(number.div_ceil(2)).value.session().id;
    let person = subject(&format!("person {number}"));
    let fresh = Uuid::from_u128(u128::from(number.wrapping_mul(2_654_435_761)) << 96 | u128::from(number));
    let line = RegistrationLine::new(session, person, RegistrationStatus::Registered, fresh)
        .with_registered_at(minutes(-5), now())
        .unwrap();
    Line { number: number.into(), value: line }
}

macro_rules! import {
    ($import:expr, $lines:expr, $line:expr, $what:literal) => {{
        let started = Instant::now();
        let mut import = $import.await.unwrap();
        let mut number = 1;
        while number <= $lines {
            let end = (number + BATCH).min($lines + 1);
            import.stage((number..end).map($line).collect()).await.unwrap();
            number = end;
        }
        let staged = started.elapsed();
        let imported = import.apply().await.unwrap();
        let whole = started.elapsed();
        println!(
            "{} {}: {:.1} s ({:.1} s to stage), {:.0} lines/s",
            $lines,
            $what,
            whole.as_secs_f64(),
            staged.as_secs_f64(),
            f64::from($lines) / whole.as_secs_f64()
        );
        imported
    }};
}

async fn measure(store: &dyn BulkRepository) {
    let (sessions, registrations) = (sessions(), sessions() * 2);
    let created = |rows: u32| Imported { created: rows.into(), ..Imported::default() };
    let unchanged = |rows: u32| Imported { unchanged: rows.into(), ..Imported::default() };
    assert_eq!(import!(store.import_sessions(now()), sessions, session_line, "sessions"), created(sessions));
    assert_eq!(
        import!(store.import_registrations(now()), registrations, registration_line, "registrations"),
        created(registrations)
    );
    assert_eq!(
        import!(store.import_sessions(now()), sessions, session_line, "unchanged sessions"),
        unchanged(sessions)
    );
    assert_eq!(
        import!(store.import_registrations(now()), registrations, registration_line, "unchanged registrations"),
        unchanged(registrations)
    );
}

#[tokio::test]
async fn acceptance_import_rate_on_postgres() {
    measure(&PgDatabase::create().await.store()).await;
}

#[tokio::test]
async fn acceptance_import_rate_on_sqlite() {
    measure(&SqliteFile::create().await.store()).await;
}
