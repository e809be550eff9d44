//! `live dev`.

use std::net::SocketAddr;

use live_adapters::{DatabaseUrl, Store};
use live_domain::{
    BrandScope, Clock, PageSize, SessionFilter, SessionOrder, SessionScan, SystemClock, Timestamp, Viewer,
};
use serde_json::json;
use time::Duration;

use super::{Failure, admin, dev_secret, identity, print, say, serve, store};
use crate::auth::{EditScopes, Hs256Secret, mint};
use crate::metrics::Metrics;
use crate::sample;
use crate::settings::{DatabaseDefault, Settings};

/// Whom the token of `live dev` is for.
const DEVELOPER: &str = "dev";

pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let mut signals = serve::catch_signals()?;
    let (addresses, drain) = (loopback(settings.bind()?)?, settings.drain()?);
    let secret = settings.hs256_secret()?.map_or_else(|| dev_secret::kept_or_made(settings), Ok)?;
    let is_new = is_new_file(settings)?;
    let store = store::open_serving(settings, DatabaseDefault::File)?;
    if is_new {
        say("the file is new");
    }
    let metrics = Metrics::default();
    let verifier = identity::verifier(settings, Some(&secret), &metrics)?;
    let upkeep = serve::upkeep(settings, &store, &metrics)?;
    let state = serve::state(settings, &store, verifier, metrics)?;
    let listener = serve::listen(&addresses)?;
    admin::serve_if_free(settings, state.metrics.exposition(&store))?;
    if !serve::migrate_unless_told(settings, &store, &mut signals).await? {
        return Ok(());
    }
    fill_if_empty(&store, SystemClock.now()).await?;
    let tomorrow = SystemClock.now().later_by(Duration::days(1));
    print(&welcome(serve::address(&listener)?, &token(settings, &secret)?, tomorrow))?;
    serve::serve(listener, state, upkeep, (signals, drain)).await
}

/// Whether the store is a file that is yet to be made.
fn is_new_file(settings: &Settings) -> Result<bool, Failure> {
    Ok(match settings.database(DatabaseDefault::File)?.url {
        DatabaseUrl::Sqlite(path) => !path.exists(),
        DatabaseUrl::Postgres(_) => false,
    })
}

/// The development server hands out tokens for everything: it is for this machine alone.
fn loopback(addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Failure> {
    if addresses.iter().all(|address| address.ip().is_loopback()) {
        return Ok(addresses);
    }
    let message = "`live dev` listens on loopback alone: set LIVE_BIND to 127.0.0.1:PORT, or use `live serve`";
    Err(Failure::Configuration(message.to_owned()))
}

async fn fill_if_empty(store: &Store, now: Timestamp) -> Result<(), Failure> {
    if !is_empty(store).await? {
        say("the store holds sessions already: no samples are added");
        return Ok(());
    }
    let sample = sample::sample(now);
    let count = sample.sessions.len();
    let mut import = store.bulk.import_sessions(now).await?;
    import.stage(sample.sessions).await?;
    import.apply().await?;
    let mut import = store.bulk.import_registrations(now).await?;
    import.stage(sample.registrations).await?;
    import.apply().await?;
    say(&format!("filled the empty store with {count} sample sessions"));
    Ok(())
}

async fn is_empty(store: &Store) -> Result<bool, Failure> {
    let viewer = Viewer::new(DEVELOPER).map_err(|error| Failure::Failed(error.to_string()))?;
    let scan = SessionScan::beginning(SessionOrder::Newest, Timestamp::EARLIEST);
    let filter = SessionFilter::default();
    let page = store.sessions.list(&BrandScope::All, &viewer, &filter, scan, PageSize::default()).await?;
    Ok(page.items.is_empty())
}

fn token(settings: &Settings, secret: &Hs256Secret) -> Result<String, Failure> {
    let EditScopes { write, manage } = settings.edit_scopes()?;
    let scopes: Vec<String> = settings.list_scopes()?.into_iter().chain([write, manage]).collect();
    let person = (DEVELOPER, [].as_slice(), scopes.as_slice());
    let token = mint(secret, &settings.claim_rules()?, person, SystemClock.now(), Duration::days(30));
    token.map_err(|error| Failure::Failed(error.to_string()))
}

/// Every line works as it stands, in the order given: the second keeps the id of what it creates for the third.
fn welcome(address: SocketAddr, token: &str, tomorrow: Timestamp) -> String {
    let curl = format!("curl -sS -H 'Authorization: Bearer {token}'");
    let session = json!({
        "host_id": DEVELOPER, "brand_id": "acme", "title": "A session of my own",
        "scheduled_at": tomorrow.to_string(), "max_participants": 10,
    });
    format!(
        "\nlive listens on http://{address}\n\
         Open it in a browser to see the month; http://{address}/docs/ is the API to try.\n\n\
         A token for {DEVELOPER}, who may do everything, good for 30 days:\n\n{token}\n\n\
         Paste this in another terminal to list the next sessions:\n\n\
         {curl} 'http://{address}/v1/live/sessions?upcoming=true&limit=3'\n\n\
         This creates a session and keeps its id:\n\n\
         ID=$({curl} 'http://{address}/v1/sessions' -H 'Content-Type: application/json' -d '{session}' | cut -d '\"' -f 4); \
         echo \"$ID\"\n\n\
         And this registers for it:\n\n\
         {curl} -X POST \"http://{address}/v1/sessions/$ID/registrations\"\n\n\
         Ctrl-C stops it; the next `live dev` goes on with the same store.\n\n\
         On to production: name a Postgres and whose tokens to take, have both checked, and serve (docs/operations.md):\n\n\
         export DATABASE_URL=postgres://USER:PASSWORD@HOST/DATABASE LIVE_AUTH_JWKS=https://ISSUER/JWKS\n\
         live migrate && live doctor && live serve\n\n"
    )
}
