//! `live healthcheck`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::{Failure, say};
use crate::http::error::chain;
use crate::settings::Settings;

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let Some(address) = settings.bind()?.first().copied().map(reachable) else {
        return Err(Failure::Configuration("LIVE_BIND names no address".to_owned()));
    };
    let failed = |error: reqwest::Error| Failure::Failed(format!("not ready: {}", chain(&error)));
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().map_err(failed)?;
    let response = client.get(format!("http://{address}/readyz")).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(Failure::Failed(format!("not ready: {address} answered {}", response.status())));
    }
    say("ready");
    Ok(())
}

/// A server that listens on every address is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let host = match address.ip() {
        IpAddr::V4(host) if host.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(host) if host.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    SocketAddr::new(host, address.port())
}
