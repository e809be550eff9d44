//! Standbys, examined for those who operate them.

use std::time::Duration;

use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use live_domain::StorePosition;
use tokio::time::{Instant, sleep};

use crate::causes::chain;
use crate::checkup::Checked;
use crate::connect::OpenError;
use crate::database_url::PostgresUrl;
use crate::postgres::connection::Connector;
use crate::postgres::error::PgError;
use crate::postgres::migrate::pending;
use crate::postgres::progress::{POSITION, has_come_to, position_of};
use crate::postgres::statement::statement;
use crate::store_settings::{StandbySettings, StoreSettings};

/// What scripts know the findings by.
const CHECK: &str = "standby";
/// How often a standby is asked whether it has caught up.
const PAUSE: Duration = Duration::from_millis(20);

/// What a server says of itself.
struct Facts {
    /// Which cluster its files are of: the same number on a primary and all of its standbys.
    cluster: i64,
    database: String,
    is_standby: bool,
    position: StorePosition,
}

impl Facts {
    async fn ask(connection: &mut AsyncPgConnection) -> Result<Self, PgError> {
        let ask = format!(
            "SELECT (SELECT system_identifier FROM pg_control_system()), current_database()::text, pg_is_in_recovery(), \
             {POSITION}"
        );
        let row: (i64, String, bool, i64) =
            statement::<(BigInt, Text, Bool, BigInt)>(ask).get_result(connection).await?;
        let (cluster, database, is_standby, position) = row;
        Ok(Self { cluster, database, is_standby, position: position_of(position) })
    }
}

/// Examines each standby beside its primary: one finding each, the gravest.
///
/// # Errors
///
/// [`OpenError`] when an address asks for what cannot be had, or when the primary does not answer.
pub async fn examine_standbys(
    primary: &PostgresUrl,
    standbys: &StandbySettings,
    settings: StoreSettings,
) -> Result<Vec<Checked>, OpenError> {
    let connector = Connector::new(primary, settings.timeout)?;
    let mut checked = Vec::new();
    for url in &standbys.urls {
        let mut primary = connector.for_diesel().await?;
        let facts = Facts::ask(&mut primary.diesel).await?;
        let standby = Connector::new(url, settings.timeout)?;
        let found = examine(&standby, &url.servers(), &facts, standbys.max_lag).await;
        checked.push(found.unwrap_or_else(|error| {
            let remedy = "see that it runs there and lets this user in, or take it out of LIVE_DATABASE_READ_URLS; until then lists \
                          are read from the others";
            Checked::doubtful(CHECK, format!("{} is away: {}", url.servers(), chain(&error)), remedy)
        }));
    }
    Ok(checked)
}

async fn examine(standby: &Connector, server: &str, primary: &Facts, max_lag: Duration) -> Result<Checked, PgError> {
    let mut connection = standby.for_diesel().await?;
    let begun = Instant::now();
    let mut facts = Facts::ask(&mut connection.diesel).await?;
    if facts.cluster != primary.cluster || facts.database != primary.database {
        let text =
            format!("{server} is no copy of the store: lists that are read from it are those of another database");
        let remedy = "name standbys of the server in DATABASE_URL, and the same database, in LIVE_DATABASE_READ_URLS";
        return Ok(Checked::wrong(CHECK, text, remedy));
    }
    if !facts.is_standby {
        let text = format!("{server} is no standby: it takes writes");
        let remedy = "nothing to do while it is the primary after a failover; else make a standby of it anew, as it follows nobody";
        return Ok(Checked::doubtful(CHECK, text, remedy));
    }
    while !has_come_to(facts.position, primary.position) && begun.elapsed() <= max_lag {
        sleep(PAUSE).await;
        facts = Facts::ask(&mut connection.diesel).await?;
    }
    let bound = max_lag.as_millis();
    if !has_come_to(facts.position, primary.position) {
        let text = format!("{server} is more than {bound} ms behind: no lists are read from it");
        let remedy = "see in pg_stat_replication on the primary and pg_stat_wal_receiver on the standby what holds it up: a replay that is \
                      paused, recovery_min_apply_delay, a receiver that is gone; or raise LIVE_DATABASE_READ_MAX_LAG_MS";
        return Ok(Checked::doubtful(CHECK, text, remedy));
    }
    let pending = pending(standby).await?;
    if !pending.is_empty() {
        let text = format!("the schema of {server} is behind by {}", pending.join(", "));
        return Ok(Checked::doubtful(CHECK, text, "run `live migrate` on the primary: its standbys follow"));
    }
    Ok(Checked::well(CHECK, format!("{server} follows the primary, by less than {bound} ms")))
}
