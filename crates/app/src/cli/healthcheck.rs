//! `live healthcheck`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use live_adapters::causes::chain;

use super::{Failure, say};
use crate::settings::Settings;

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    // A host may have several addresses, of which the server took the first that it could.
    let mut failure = Failure::Configuration("LIVE_BIND names no address".to_owned());
    for address in settings.bind()?.into_iter().map(reachable) {
        match ask(address).await {
            Ok(()) => {
                say("ready");
                return Ok(());
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn ask(address: SocketAddr) -> Result<(), Failure> {
    get(address, "/readyz").await.map_err(|fault| Failure::Failed(format!("not ready: {fault}")))
}

/// Whether a server there has a good answer for that path; else what is wrong.
pub(super) async fn get(address: SocketAddr, path: &str) -> Result<(), String> {
    let fault = |error: reqwest::Error| chain(&error);
    // No TLS here, so that a container without certificates of authorities can be asked, too.
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().tls_certs_only([]).build().map_err(fault)?;
    let response = client.get(format!("http://{address}{path}")).send().await.map_err(fault)?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(format!("{address} answered {}", response.status()))
}

/// A server that listens on every address is reached on loopback.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let host = match address.ip() {
        IpAddr::V4(host) if host.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(host) if host.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    SocketAddr::new(host, address.port())
}
