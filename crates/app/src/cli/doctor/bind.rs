//! The addresses that the service listens on.

use std::io::ErrorKind;
use std::net::SocketAddr;

use live_adapters::checkup::Checked;

use super::report::Report;
use crate::cli::healthcheck;
use crate::server;
use crate::settings::Settings;

/// An address that is to be free, or to be held by the service.
struct Address {
    check: &'static str,
    setting: &'static str,
    /// What a service answers there.
    path: &'static str,
    holder: &'static str,
    /// What to do where another holds it.
    remedy: &'static str,
}

const PUBLIC: Address = Address {
    check: "bind",
    setting: "LIVE_BIND",
    path: "/readyz",
    holder: "a service that is ready",
    remedy: "where a `live` holds it, its log says why it is not ready; else stop what does, or set LIVE_BIND to another port",
};
const ADMIN: Address = Address {
    check: "admin-bind",
    setting: "LIVE_ADMIN_BIND",
    path: "/metrics",
    holder: "a service that tells its metrics",
    remedy: "stop what holds it, or set LIVE_ADMIN_BIND to another port, or to off: `live serve` does not start without it",
};

/// Where one is malformed, that has been told.
pub(super) async fn examine(settings: &Settings, report: &mut Report) {
    if let Ok(addresses) = settings.bind() {
        report.add(&PUBLIC.examine(&addresses).await);
    }
    if let Ok(Some(addresses)) = settings.admin_bind() {
        report.add(&ADMIN.examine(&addresses).await);
    }
}

impl Address {
    async fn examine(&self, addresses: &[SocketAddr]) -> Checked {
        let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match server::listen(addresses) {
            Ok(_) => Checked::well(self.check, format!("{shown} is free")),
            Err(error) if error.kind() == ErrorKind::AddrInUse => self.taken(addresses, &shown).await,
            Err(error) => Checked::wrong(
                self.check,
                format!("{shown} cannot be listened on: {error}"),
                format!(
                    "set {} to an address of this machine, and to a port that the service's user may take",
                    self.setting
                ),
            ),
        }
    }

    async fn taken(&self, addresses: &[SocketAddr], shown: &str) -> Checked {
        let mut fault = String::new();
        for address in addresses {
            match healthcheck::get(healthcheck::reachable(*address), self.path).await {
                Ok(()) => return Checked::well(self.check, format!("{shown} is held by {}", self.holder)),
                Err(why) => fault = why,
            }
        }
        Checked::wrong(self.check, format!("{shown} is taken, and not by {}: {fault}", self.holder), self.remedy)
    }
}
