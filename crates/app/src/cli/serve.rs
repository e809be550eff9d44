//! `live serve`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use live_adapters::Store;
use live_domain::{CalendarFeeds, LiveSessions, SessionEditor, SessionRegistrations, SystemClock, TimeOrderedIds};

use super::{Failure, admin, identity, say, store};
use crate::auth::TokenVerifier;
use crate::http::drain::Drain;
use crate::http::load::LoadLimit;
use crate::http::state::AppState;
use crate::metrics::Metrics;
use crate::server::{self, StopSignals};
use crate::settings::{DatabaseDefault, Settings};
use crate::store_watch::StoreWatch;
use crate::upkeep::Upkeep;

pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let mut signals = catch_signals()?;
    check_production(settings)?;
    let metrics = Metrics::default();
    let verifier = identity::verifier(settings, settings.hs256_secret()?.as_ref(), &metrics)?;
    let (migrate_on_start, drain) = (settings.migrate_on_start()?, settings.drain()?);
    let store = store::open_serving(settings, DatabaseDefault::None)?;
    let upkeep = upkeep(settings, &store, &metrics)?;
    let state = state(settings, &store, verifier, metrics)?;
    let listener = listen(&settings.bind()?)?;
    admin::serve(settings, state.metrics.exposition(&store))?;
    if migrate_on_start && !migrate_unless_told(settings, &store, &mut signals).await? {
        return Ok(());
    }
    tracing::info!(address = %address(&listener)?, version = env!("CARGO_PKG_VERSION"), "listening");
    serve(listener, state, upkeep, (signals, drain)).await
}

/// What production needs and has no default for; everything that is missing is told at once.
fn check_production(settings: &Settings) -> Result<(), Failure> {
    let database = settings.database(DatabaseDefault::None).err().map(|error| error.to_string());
    let no_identity = (!identity::is_set(settings)?).then(|| identity::NOT_SET.to_owned());
    let missing: Vec<String> = [database, no_identity].into_iter().flatten().collect();
    if missing.is_empty() { Ok(()) } else { Err(Failure::Configuration(missing.join("\n       "))) }
}

/// Wires the ports together.
pub(super) fn state(
    settings: &Settings,
    store: &Store,
    verifier: Arc<dyn TokenVerifier>,
    metrics: Metrics,
) -> Result<AppState, Failure> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(TimeOrderedIds));
    let (grace, store_deadline) = (settings.upcoming_grace()?, settings.store_settings()?.timeout);
    let Store { sessions, writer, registrations, kept, feeds, progress, health, .. } = store.clone();
    let listing = LiveSessions::new(Arc::clone(&sessions), Arc::<SystemClock>::clone(&clock), grace);
    Ok(AppState {
        feeds: CalendarFeeds::new(
            listing.clone(),
            feeds,
            Arc::<SystemClock>::clone(&clock),
            Arc::<TimeOrderedIds>::clone(&ids),
        ),
        feed_key: settings.feed_key()?,
        sessions: listing,
        editor: SessionEditor::new(
            Arc::clone(&sessions),
            writer,
            kept,
            Arc::<SystemClock>::clone(&clock),
            Arc::<TimeOrderedIds>::clone(&ids),
        ),
        registrations: SessionRegistrations::new(sessions, registrations, Arc::<SystemClock>::clone(&clock), ids),
        progress,
        load: LoadLimit::new(settings.max_in_flight()?),
        rate: settings.rate_limit()?,
        cors: settings.cors()?,
        drain: Drain::default(),
        health: Arc::new(StoreWatch::over(health, store_deadline)),
        verifier,
        list_scopes: settings.list_scopes()?,
        edit_scopes: settings.edit_scopes()?,
        metrics,
        subjects: settings.subject_key()?,
        store_deadline,
    })
}

/// What the service is to do beside answering.
pub(super) fn upkeep(settings: &Settings, store: &Store, metrics: &Metrics) -> Result<Upkeep, Failure> {
    let Store { kept, feeds, history, health, .. } = store.clone();
    let (history_kept_for, keys_pruned) = (settings.history_kept_for()?, metrics.keys_pruned.clone());
    Ok(Upkeep { health, kept, feeds, history, history_kept_for, clock: Arc::new(SystemClock), keys_pruned })
}

pub(super) fn listen(addresses: &[SocketAddr]) -> Result<TcpListener, Failure> {
    let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    server::listen(addresses).map_err(|error| {
        Failure::Failed(format!("cannot listen on {shown}: {error}; choose another address with LIVE_BIND or --bind"))
    })
}

/// From here on a signal ends the command in good order.
pub(super) fn catch_signals() -> Result<StopSignals, Failure> {
    StopSignals::catch().map_err(|error| Failure::Failed(format!("cannot catch signals: {error}")))
}

/// Brings the schema up, and tells whether it did before the process was told to stop: a migration is in one transaction,
/// and can be dropped.
pub(super) async fn migrate_unless_told(
    settings: &Settings,
    store: &Store,
    signals: &mut StopSignals,
) -> Result<bool, Failure> {
    let migrated = signals.unless_told(store::migrate(settings, store)).await;
    if migrated.is_none() {
        say(store::TOLD_TO_STOP);
    }
    migrated.map_or(Ok(false), |migrated| migrated.map(|()| true))
}

pub(super) fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| Failure::Failed(error.to_string()))
}

/// Serves until the process is told to stop; upkeep goes on meanwhile.
pub(super) async fn serve(
    listener: TcpListener,
    state: AppState,
    upkeep: Upkeep,
    (signals, drain): (StopSignals, Duration),
) -> Result<(), Failure> {
    let outcome = tokio::select! {
        outcome = server::serve(listener, state, signals, drain) => outcome,
        never = upkeep.run() => match never {},
    };
    outcome.map_err(|error| Failure::Failed(format!("the server stopped: {error}")))
}
