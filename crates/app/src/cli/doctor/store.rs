//! The store: the server, the schema, the data.

use live_adapters::causes::chain;
use live_adapters::checkup::{Checked, Mending, Unreachable, Verdict};
use live_adapters::postgres::examine_standbys as examine_standbys_of;
use live_adapters::{OpenError, Store};
use live_domain::{Clock, StoreError, SystemClock};

use super::clock::Reading;
use super::report::Report;
use crate::cli::{Failure, store};
use crate::settings::{DatabaseDefault, Settings, Standbys};

pub(super) async fn examine(settings: &Settings, repair: bool, report: &mut Report) -> Result<(), Failure> {
    let store = match store::open(settings, DatabaseDefault::FileIfThere) {
        // That has been told with the settings.
        Err(Failure::Configuration(_)) => return Ok(()),
        opened => opened?,
    };
    if settings.database(DatabaseDefault::None).is_err() {
        let text =
            "DATABASE_URL is not set: what is examined is live.db in this folder, which `live serve` does not take";
        let remedy =
            "give the settings of the service; where this file is its store, set DATABASE_URL to sqlite: and its path";
        report.add(&Checked::doubtful("database", text, remedy));
    }
    let server = match store.checkup.server(settings.migrate_on_start().unwrap_or(true)).await {
        Ok(server) => server,
        Err(unreachable) => {
            report.add_unreachable("database", &unreachable);
            return Ok(());
        }
    };
    report.add_all(&server);
    examine_standbys(settings, report).await?;
    if let Err(error) = examine_data(&store, repair, report).await {
        if server.iter().any(|checked| matches!(checked.verdict, Verdict::Wrong { .. })) {
            let remedy = "mend what is said above and run `live doctor` again";
            report.add(&Checked::wrong("store", chain(&error), remedy));
        } else {
            let remedy = "see in the log of the store why it failed, and run `live doctor` again".to_owned();
            report.add_unreachable("store", &Unreachable { error, remedy });
        }
    }
    Ok(())
}

/// What is wrong with the setting has been told with the settings.
async fn examine_standbys(settings: &Settings, report: &mut Report) -> Result<(), Failure> {
    let database = settings.database(DatabaseDefault::FileIfThere)?;
    let Ok(Some(Standbys { primary, settings: standbys, .. })) = settings.standbys(&database) else { return Ok(()) };
    match examine_standbys_of(&primary, &standbys, settings.store_settings()?).await {
        Ok(checked) => report.add_all(&checked),
        Err(OpenError::Setting(fault)) => {
            report.add_setting("standby", &fault, "set LIVE_DATABASE_READ_URLS right, or unset it");
        }
        Err(OpenError::Store(error)) => {
            let remedy = "mend the primary first, and run `live doctor` again".to_owned();
            report.add_unreachable("standby", &Unreachable { error, remedy });
        }
    }
    Ok(())
}

async fn examine_data(store: &Store, repair: bool, report: &mut Report) -> Result<(), StoreError> {
    if let Some(reading) = clock(store).await? {
        report.add(&reading.judge("clock", "the database"));
    }
    let Schema { checked, is_there } = schema(store).await?;
    report.add(&checked);
    if is_there {
        if repair {
            mend(store, report).await?;
        }
        report.add_all(&store.checkup.data(SystemClock.now()).await?);
    }
    Ok(())
}

/// It is asked twice: the second time the connection is there, and the way is short.
async fn clock(store: &Store) -> Result<Option<Reading>, StoreError> {
    store.checkup.clock().await?;
    let asked = SystemClock.now();
    let theirs = store.checkup.clock().await?;
    Ok(theirs.map(|theirs| Reading { asked, theirs: (theirs, theirs), answered: SystemClock.now() }))
}

struct Schema {
    checked: Checked,
    /// Whether it has all that this version looks for.
    is_there: bool,
}

async fn schema(store: &Store) -> Result<Schema, StoreError> {
    let (pending, unknown) = (store.migrations.pending().await?, store.checkup.unknown_migrations().await?);
    if !pending.is_empty() {
        let text = format!("the schema is behind by {}", pending.join(", "));
        let remedy = "run `live migrate`; `live serve` does the same at its start, unless LIVE_MIGRATE_ON_START=false";
        return Ok(Schema { checked: Checked::wrong("schema", text, remedy), is_there: false });
    }
    let checked = if unknown.is_empty() {
        Checked::well("schema", "the schema is this version's")
    } else {
        Checked::doubtful(
            "schema",
            format!("the schema is newer than this version, by {}", unknown.join(", ")),
            "nothing to do while an upgrade goes on; after it, run the newer version here, too",
        )
    };
    Ok(Schema { checked, is_there: true })
}

/// Mends one session after the other, and tells each.
async fn mend(store: &Store, report: &mut Report) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        let sessions = store.checkup.miscounted(last).await?;
        let Some(session) = sessions.last() else { return Ok(()) };
        last = Some(*session);
        for session in sessions {
            // What the checks that follow say of the others is all there is to say.
            if let Mending::Mended { before, after } = store.checkup.mend(session, SystemClock.now()).await? {
                report.add(&Checked::well("repair", format!("mended session {session}: {before} -> {after}")));
            }
        }
    }
}
