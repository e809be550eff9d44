//! **order**: what comes first.

use live_domain::contract::fixtures::{minutes, now, session};
use live_domain::{Session, SessionStatus};
use time::Duration;
use uuid::Uuid;

use crate::support::Service;

const ASCENDING: [&str; 5] =
    ["upcoming=true", "upcoming_only=1", "month=2026-03", "month=2026-03&upcoming=false", "month=2026-03&upcoming=1"];
const DESCENDING: [&str; 4] = ["", "upcoming=false", "status=scheduled", "brand_id=acme&limit=100"];

#[actix_web::test]
async fn order_is_ascending_with_upcoming_or_a_month_and_else_descending() {
    let service = Service::with([3, 1, 4, 2].map(session)).await;
    for query in ASCENDING {
        assert_eq!(service.list(query).await.numbers(), [1, 2, 3, 4], "{query}");
    }
    for query in DESCENDING {
        assert_eq!(service.list(query).await.numbers(), [4, 3, 2, 1], "{query}");
    }
}

#[actix_web::test]
async fn order_breaks_ties_by_the_16_bytes_of_the_id() {
    // As text of another form, as signed numbers or with their halves exchanged these would come differently.
    let numbers = [1, 0x10, 1 << 64, 0x7fff << 112, (1 << 127) + 1, u128::MAX];
    let service = Service::with(numbers.map(|number| Session { id: Uuid::from_u128(number), ..session(5) })).await;
    let backwards: Vec<_> = numbers.into_iter().rev().collect();
    for query in ASCENDING {
        assert_eq!(service.list(query).await.numbers(), numbers, "{query}");
    }
    for query in DESCENDING {
        assert_eq!(service.list(query).await.numbers(), backwards, "{query}");
    }
}

#[actix_web::test]
async fn order_tells_microseconds_apart_before_ids() {
    let at = |number: u32, micros| Session {
        scheduled_at: now().later_by(Duration::microseconds(micros)),
        ..session(number)
    };
    let service = Service::with([at(1, 3), at(2, 2), at(3, 2), at(4, 1)]).await;
    assert_eq!(service.list("upcoming=true").await.numbers(), [4, 2, 3, 1]);
    assert_eq!(service.list("").await.numbers(), [1, 3, 2, 4]);
}

#[actix_web::test]
async fn order_of_upcoming_does_not_put_what_is_live_first() {
    let service = Service::with([
        Session { status: SessionStatus::Live, scheduled_at: minutes(20), ..session(1) },
        Session { scheduled_at: minutes(10), ..session(2) },
        Session { status: SessionStatus::Live, scheduled_at: minutes(-90), ..session(3) },
    ])
    .await;
    assert_eq!(service.list("upcoming=true").await.numbers(), [3, 2, 1]);
}
