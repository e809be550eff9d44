//! The address that the service listens on.

use std::io::ErrorKind;
use std::net::SocketAddr;

use live_adapters::checkup::Checked;

use super::report::Report;
use crate::cli::healthcheck;
use crate::server;
use crate::settings::Settings;

pub(super) async fn examine(settings: &Settings, report: &mut Report) {
    // Where it is malformed, that has been told.
    let Ok(addresses) = settings.bind() else { return };
    report.add(&held(&addresses).await);
}

async fn held(addresses: &[SocketAddr]) -> Checked {
    let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match server::listen(addresses) {
        Ok(_) => Checked::well("bind", format!("{shown} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(addresses, &shown).await,
        Err(error) => Checked::wrong(
            "bind",
            format!("{shown} cannot be listened on: {error}"),
            "set LIVE_BIND to an address of this machine, and to a port that the service's user may take",
        ),
    }
}

async fn taken(addresses: &[SocketAddr], shown: &str) -> Checked {
    let mut fault = String::new();
    for address in addresses {
        match healthcheck::ask(healthcheck::reachable(*address)).await {
            Ok(()) => return Checked::well("bind", format!("{shown} is held by a service that is ready")),
            Err(failure) => fault = failure.to_string(),
        }
    }
    Checked::wrong(
        "bind",
        format!("{shown} is taken: {fault}"),
        "where a `live` holds it, its log says why it is not ready; else stop what does, or set LIVE_BIND to another port",
    )
}
