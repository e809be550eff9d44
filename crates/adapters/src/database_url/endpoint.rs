//! The hosts of an address.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::Host as DriverHost;

use super::DatabaseUrlError;

const DEFAULT_PORT: u16 = 5432;

/// One of the servers that an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// How a server is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// By its name, or an IP address in the place of one.
    Name(String),
    /// By its address. It may have a name all the same, which its certificate is for.
    Address { address: IpAddr, name: Option<String> },
    /// By a socket in that folder.
    Socket(PathBuf),
}

impl Endpoint {
    /// The servers of an address, in order.
    pub(super) fn all(config: &Config) -> Result<Vec<Self>, DatabaseUrlError> {
        let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
        let count = hosts.len().max(addresses.len());
        if count == 0 {
            return Err(DatabaseUrlError::NoHost);
        }
        if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
            return Err(DatabaseUrlError::Malformed(format!(
                "there are {} hosts and {} hostaddrs: give one hostaddr for each host",
                hosts.len(),
                addresses.len()
            )));
        }
        if ports.len() > 1 && ports.len() != count {
            return Err(DatabaseUrlError::Malformed(format!(
                "there are {count} hosts and {} ports: give one port for all, or one for each",
                ports.len()
            )));
        }
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
        let endpoint =
            |index| Some(Self { host: Host::of(hosts.get(index), addresses.get(index))?, port: port(index) });
        Ok((0..count).filter_map(endpoint).collect())
    }
}

impl Host {
    fn of(host: Option<&DriverHost>, address: Option<&IpAddr>) -> Option<Self> {
        match (host, address) {
            (Some(DriverHost::Unix(folder)), _) => Some(Self::Socket(folder.clone())),
            (Some(DriverHost::Tcp(name)), None) => Some(Self::Name(name.clone())),
            (Some(DriverHost::Tcp(name)), Some(address)) => {
                Some(Self::Address { address: *address, name: Some(name.clone()) })
            }
            (None, Some(address)) => Some(Self::Address { address: *address, name: None }),
            (None, None) => None,
        }
    }
}

impl Endpoint {
    /// Whether it is on this machine.
    pub(super) fn is_local(&self) -> bool {
        match &self.host {
            Host::Name(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            Host::Address { address, .. } => address.is_loopback(),
            Host::Socket(_) => true,
        }
    }

    /// The name that its certificate is to be for.
    pub(crate) fn name(&self) -> String {
        match &self.host {
            Host::Name(name) | Host::Address { name: Some(name), .. } => name.clone(),
            Host::Address { address, name: None } => address.to_string(),
            Host::Socket(folder) => folder.display().to_string(),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => write!(formatter, "host {name}"),
            Host::Address { address, name: None } => write!(formatter, "host {address}"),
            Host::Address { address, name: Some(name) } => write!(formatter, "host {name} at {address}"),
            Host::Socket(folder) => write!(formatter, "socket in {}", folder.display()),
        }?;
        write!(formatter, ", port {}", self.port)
    }
}
