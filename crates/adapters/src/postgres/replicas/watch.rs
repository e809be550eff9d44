//! Asks each server, time and again, how far it has come, on a connection of its own: a pool that is all taken says nothing of
//! its server.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::SimpleQueryMessage;

use live_domain::StorePosition;

use super::servers::Servers;
use crate::causes::chain;
use crate::postgres::connection::{Connector, Task};
use crate::postgres::dial::Dialled;
use crate::postgres::error::PgError;
use crate::postgres::progress::{POSITION, position_of};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// How often servers are asked at least, and how long they are waited for at most.
const SELDOMEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(1);

/// How often a server is asked, and how long an answer may take: together less than the bound of the lag, so that a primary that
/// falls silent is known to be away before its standbys seem to be behind.
#[derive(Debug, Clone, Copy)]
struct Pace {
    every: Duration,
    patience: Duration,
}

impl Pace {
    fn for_bound(max_lag: Duration) -> Self {
        Self { every: (max_lag / 4).min(SELDOMEST), patience: (max_lag / 2).min(LONGEST) }
    }
}

/// The tasks that ask. They end when this is dropped.
pub(super) struct Watch {
    _tasks: Vec<Task<()>>,
}

impl Watch {
    /// Watches the servers, the standbys in the order in which they are known.
    pub(super) fn over(servers: &Arc<Servers>, primary: &Connector, standbys: &[Connector]) -> Self {
        let pace = Pace::for_bound(servers.max_lag);
        let runtime = primary.runtime();
        let known = Arc::clone(servers);
        let of_primary = follow(primary.clone(), pace, move |asked, position| {
            known.note_primary(asked, position.ok());
        });
        let mut tasks = vec![Task::of(runtime.spawn(of_primary))];
        for (place, standby) in standbys.iter().enumerate() {
            let known = Arc::clone(servers);
            let of_standby = follow(standby.clone(), pace, move |_, position| {
                if let Some(standby) = known.standbys.get(place) {
                    known.note_standby(standby, position);
                }
            });
            tasks.push(Task::of(runtime.spawn(of_standby)));
        }
        Self { _tasks: tasks }
    }
}

/// Asks a server on and on, and tells what it says; or why it does not.
async fn follow(server: Connector, pace: Pace, tell: impl Fn(Instant, Result<StorePosition, &str>)) {
    loop {
        let link = timeout(CONNECT, server.for_driver()).await.unwrap_or(Err(PgError::Deadline(CONNECT)));
        let lost = match link {
            Ok(link) => follow_on(link, pace, &tell).await,
            Err(error) => error,
        };
        tell(Instant::now(), Err(&chain(&lost)));
        sleep(pace.every).await;
    }
}

/// As long as that connection is good.
async fn follow_on(mut link: Dialled, pace: Pace, tell: &impl Fn(Instant, Result<StorePosition, &str>)) -> PgError {
    loop {
        let asked = Instant::now();
        match timeout(pace.patience, ask(&link)).await {
            Ok(Ok(position)) => tell(asked, Ok(position)),
            Ok(Err(error)) => return error,
            Err(_) => return PgError::Deadline(pace.patience),
        }
        // A server that goes away closes its connections: what was known of it is no good by the time that it is back.
        tokio::select! {
            () = sleep(pace.every) => {}
            () = link.wire.ended() => return PgError::Closed,
        }
    }
}

/// In the simple protocol, which leaves nothing behind in a pooler.
async fn ask(link: &Dialled) -> Result<StorePosition, PgError> {
    let messages = link.client.simple_query(&format!("SELECT {POSITION}")).await?;
    let number = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    Ok(position_of(number.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_that_falls_silent_is_known_to_be_away_before_its_standbys_seem_behind() {
        for bound in [100, 1_000, 60_000, 3_600_000].map(Duration::from_millis) {
            let Pace { every, patience } = Pace::for_bound(bound);
            assert!(every + patience < bound, "{bound:?}");
        }
    }
}
