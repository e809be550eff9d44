//! Making a connection: the hosts of an address one after the other, each with all of its addresses.
//!
//! The driver is given a stream that is connected already, so that what the server says can be overheard ([`Tap`]).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::{Client, Config};

use super::connection::Wire;
use super::tap::{LastError, Tap};
use super::transport::{AsItIs, Transport};
use super::undialled::{Cause, Undialled};
use crate::database_url::PostgresUrl;
use crate::database_url::endpoint::{Endpoint, Host};

/// A connection that is logged in.
pub(crate) struct Dialled {
    pub(crate) client: Client,
    pub(crate) wire: Wire,
    pub(crate) last_error: LastError,
}

/// Connects to the first host that takes the connection, giving each of its addresses that long.
pub(super) async fn dial(url: &PostgresUrl, patience: Duration) -> Result<Dialled, Undialled> {
    let mut undialled = Undialled::default();
    for endpoint in url.endpoints() {
        let places = match places(endpoint).await {
            Ok(places) => places,
            Err(cause) => {
                undialled.add(endpoint, cause);
                continue;
            }
        };
        for place in places {
            match tokio::time::timeout(patience, call(url, &place)).await {
                Ok(Ok(dialled)) => return Ok(dialled),
                Ok(Err(cause)) if cause.is_final() => {
                    undialled.add(endpoint, cause);
                    return Err(undialled);
                }
                Ok(Err(cause)) => undialled.add(endpoint, cause),
                Err(_) => undialled.add(endpoint, Cause::TimedOut(patience)),
            }
        }
    }
    Err(undialled)
}

/// Where a server may be found.
enum Place {
    Tcp(SocketAddr),
    Unix(std::path::PathBuf),
}

async fn places(endpoint: &Endpoint) -> Result<Vec<Place>, Cause> {
    let port = endpoint.port;
    match &endpoint.host {
        Host::Socket(folder) => Ok(vec![Place::Unix(folder.join(format!(".s.PGSQL.{port}")))]),
        Host::Address { address, .. } => Ok(vec![Place::Tcp((*address, port).into())]),
        Host::Name(name) => {
            let found: Vec<_> = lookup_host((name.as_str(), port)).await.map_err(Cause::Unknown)?.collect();
            if found.is_empty() {
                return Err(Cause::Unknown(io::Error::from(io::ErrorKind::NotFound)));
            }
            Ok(found.into_iter().map(Place::Tcp).collect())
        }
    }
}

async fn call(url: &PostgresUrl, place: &Place) -> Result<Dialled, Cause> {
    let transport = match place {
        Place::Tcp(address) => Transport::Tcp(connect(url, *address).await.map_err(Cause::Unreached)?),
        Place::Unix(path) => Transport::Unix(UnixStream::connect(path).await.map_err(Cause::Unreached)?),
    };
    log_in(url.config(), transport).await
}

async fn connect(url: &PostgresUrl, address: SocketAddr) -> io::Result<TcpStream> {
    let config = url.config();
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    if config.get_keepalives() {
        let keepalive = TcpKeepalive::new().with_time(config.get_keepalives_idle());
        let keepalive = config.get_keepalives_interval().into_iter().fold(keepalive, TcpKeepalive::with_interval);
        let keepalive = config.get_keepalives_retries().into_iter().fold(keepalive, TcpKeepalive::with_retries);
        socket.set_tcp_keepalive(&keepalive)?;
    }
    #[cfg(target_os = "linux")]
    if let Some(timeout) = url.tcp_user_timeout() {
        socket.set_tcp_user_timeout(Some(timeout))?;
    }
    Ok(stream)
}

async fn log_in(config: &Config, transport: Transport) -> Result<Dialled, Cause> {
    let last_error = LastError::default();
    let tap = Tap::new(transport, last_error.clone());
    // The driver itself is to ask for no TLS.
    let mut config = config.clone();
    config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    let (client, connection) = config.connect_raw(tap, AsItIs).await.map_err(Cause::Driver)?;
    let wire = Wire::of(async move {
        if let Err(error) = connection.await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "a connection to Postgres was lost");
        }
    });
    Ok(Dialled { client, wire, last_error })
}
