//! Making a connection: the hosts of an address one after the other, each with all of its addresses.
//!
//! The driver is given a stream that is connected already, and encrypted if it is to be: so what the server says can be
//! overheard ([`Tap`]), and TLS means what it means to libpq.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_postgres::config::{SslMode as DriverSslMode, SslNegotiation};
use tokio_postgres::{Client, Config, Error as DriverError, SimpleQueryMessage};

use super::connection::Wire;
use super::password_file::PasswordFile;
use super::patience::Patience;
use super::tap::{Overheard, Tap};
use super::tls::{Tls, is_willing};
use super::transport::{AsItIs, Transport};
use super::undialled::{Cause, Undialled};
use crate::connect::OpenError;
use crate::database_url::PostgresUrl;
use crate::database_url::endpoint::{Endpoint, Host};
use crate::database_url::server_kind::ServerKind;
use crate::database_url::tls_options::SslMode;

/// A connection that is logged in.
pub(crate) struct Dialled {
    pub(crate) client: Client,
    pub(crate) wire: Wire,
    pub(crate) overheard: Overheard,
    /// Whether nobody on the way to whom it leads, server or pooler, can listen.
    pub(crate) is_encrypted: bool,
    /// Whether somebody stands in between who hands statements to connections of its own: what is set on this one may be
    /// lost with the next statement, and meet somebody else.
    pub(crate) is_pooled: bool,
}

/// Where to connect to, and what is needed for it.
pub(super) struct Dialler {
    url: PostgresUrl,
    tls: Tls,
    passwords: PasswordFile,
}

/// Where a server may be found.
#[derive(Clone)]
enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Never,
    IfOffered,
    Always,
}

impl Encryption {
    /// What is tried at a place, one after the other as far as need be. Nobody listens to a socket of the machine.
    fn attempts(place: &Place, mode: SslMode) -> &'static [Self] {
        match (place, mode) {
            (Place::Unix(_), _) | (_, SslMode::Disable) => &[Self::Never],
            (_, SslMode::Allow) => &[Self::Never, Self::Always],
            (_, SslMode::Prefer) => &[Self::IfOffered, Self::Never],
            (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Self::Always],
        }
    }
}

impl Dialler {
    /// Reads the files that the address names.
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, OpenError> {
        let tls = Tls::new(url.tls()).map_err(|error| OpenError::Setting(error.to_string()))?;
        let passwords = url.password_file().map_or_else(
            || Ok(PasswordFile::default()),
            |path| {
                let unreadable =
                    |error| OpenError::Setting(format!("passfile: {} cannot be read: {error}", path.display()));
                PasswordFile::read(path).map_err(unreadable)
            },
        )?;
        Ok(Self { url: url.clone(), tls, passwords })
    }

    pub(super) fn url(&self) -> &PostgresUrl {
        &self.url
    }

    /// Connects to the first server that will do. The URL may say how long each address of each host is given.
    pub(super) async fn dial(&self, patience: Patience) -> Result<Dialled, Undialled> {
        let patience = self.url.connect_timeout().map_or(patience, Patience::Each);
        let (rounds, hosts) = (self.url.wanted().rounds(), self.url.endpoints());
        let mut undialled = Undialled::default();
        let mut left = rounds.len() * hosts.len();
        for wanted in rounds {
            undialled = Undialled::default();
            for endpoint in hosts {
                left -= 1;
                match self.dial_host(endpoint, *wanted, patience, left).await {
                    Ok(dialled) => return Ok(dialled),
                    Err(causes) => {
                        let is_final = causes.last().is_some_and(Cause::is_final);
                        undialled.add(endpoint, causes);
                        if is_final {
                            return Err(undialled);
                        }
                    }
                }
            }
        }
        Err(undialled)
    }

    /// So many are left for when this one does not answer: hosts, as nobody knows yet how many addresses they have.
    async fn dial_host(
        &self,
        host: &Endpoint,
        wanted: ServerKind,
        patience: Patience,
        left: usize,
    ) -> Result<Dialled, Vec<Cause>> {
        let share = patience.share(left + 1);
        let places = tokio::time::timeout(share, places(host));
        let places = places.await.unwrap_or(Err(Cause::TimedOut(share))).map_err(|cause| vec![cause])?;
        let is_only = self.url.endpoints().len() == 1 && places.len() == 1;
        let patience = match patience {
            Patience::Until(_) if is_only => Patience::UNHURRIED,
            patience => patience,
        };
        self.dial_places(host, &places, wanted, patience, left).await
    }

    async fn dial_places(
        &self,
        host: &Endpoint,
        places: &[Place],
        wanted: ServerKind,
        patience: Patience,
        left: usize,
    ) -> Result<Dialled, Vec<Cause>> {
        let mut causes = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let left = left + places.len() - index;
            let mut attempts = Encryption::attempts(place, self.url.tls().mode).iter().peekable();
            while let Some(encryption) = attempts.next() {
                let share = patience.share(left);
                let call = tokio::time::timeout(share, self.call(host, place, *encryption, wanted));
                let cause = match call.await.unwrap_or(Err(Cause::TimedOut(share))) {
                    Ok(dialled) => return Ok(dialled),
                    Err(cause) => cause,
                };
                let may_differ =
                    attempts.peek().is_some_and(|next| cause.may_differ_with(**next == Encryption::Always));
                causes.push(cause);
                if !may_differ {
                    break;
                }
            }
            if causes.last().is_some_and(Cause::is_final) {
                break;
            }
        }
        Err(causes)
    }

    async fn call(
        &self,
        host: &Endpoint,
        place: &Place,
        encryption: Encryption,
        wanted: ServerKind,
    ) -> Result<Dialled, Cause> {
        let transport = match place {
            Place::Unix(path) => Transport::Unix(UnixStream::connect(path).await.map_err(Cause::Unreached)?),
            Place::Tcp(address) => {
                let stream = self.connect(*address).await.map_err(Cause::Unreached)?;
                self.encrypt(stream, host, encryption).await?
            }
        };
        let is_encrypted = transport.is_encrypted();
        let failed = |error| Cause::Driver { error, is_encrypted };
        let dialled = log_in(self.config(host), transport).await.map_err(failed)?;
        match wanted.question() {
            Some((question, good)) if !answers(&dialled.client, question, good).await.map_err(failed)? => {
                Err(Cause::Unwanted(wanted))
            }
            _ => Ok(dialled),
        }
    }

    /// How to log in at that host: the driver itself is to ask for no TLS.
    fn config(&self, host: &Endpoint) -> Config {
        let mut config = self.url.config().clone();
        config.ssl_mode(DriverSslMode::Require).ssl_negotiation(SslNegotiation::Direct);
        let user = config.get_user().unwrap_or_default();
        let database = config.get_dbname().unwrap_or(user);
        if config.get_password().is_none()
            && let Some(password) = self.passwords.password(host, database, user)
        {
            config.password(password);
        }
        config
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let config = self.url.config();
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
        if let Some(timeout) = self.url.tcp_user_timeout() {
            socket.set_tcp_user_timeout(Some(timeout))?;
        }
        Ok(stream)
    }

    async fn encrypt(
        &self,
        mut stream: TcpStream,
        host: &Endpoint,
        encryption: Encryption,
    ) -> Result<Transport, Cause> {
        if encryption == Encryption::Never {
            return Ok(Transport::Tcp(stream));
        }
        if is_willing(&mut stream).await.map_err(Cause::Unreached)? {
            let encrypted = self.tls.shake_hands(stream, &host.name()).await.map_err(Cause::Tls)?;
            return Ok(Transport::Tls(Box::new(encrypted)));
        }
        if encryption == Encryption::Always { Err(Cause::NoTls) } else { Ok(Transport::Tcp(stream)) }
    }
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

async fn log_in(config: Config, transport: Transport) -> Result<Dialled, DriverError> {
    let overheard = Overheard::default();
    let is_encrypted = transport.is_encrypted();
    let tap = Tap::new(transport, overheard.clone());
    let (client, connection) = config.connect_raw(tap, AsItIs).await?;
    let wire = Wire::of(async move {
        if let Err(error) = connection.await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "a connection to Postgres was lost");
        }
    });
    // Behind a pooler another process works on statements than the one that greeted us.
    let greeted = overheard.process().map(|process| process.to_string()).unwrap_or_default();
    let is_pooled = !answers(&client, "SELECT pg_catalog.pg_backend_pid()", &greeted).await?;
    Ok(Dialled { client, wire, overheard, is_encrypted, is_pooled })
}

/// Whether that is what the server answers.
async fn answers(client: &Client, question: &str, expected: &str) -> Result<bool, DriverError> {
    let messages = client.simple_query(question).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(rows.into_iter().any(|answer| answer == expected))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_address_of_a_host_that_swallows_every_packet_leaves_time_for_the_next() {
        let dialler = Dialler::new(&"postgres://live@db.example/live".parse().unwrap()).unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let places = [Place::Tcp(silent.local_addr().unwrap()), Place::Tcp(closed)];
        let host = &dialler.url().endpoints()[0];
        let patience = Patience::within(Duration::from_millis(600));
        let Err(causes) = dialler.dial_places(host, &places, ServerKind::Any, patience, 0).await else {
            panic!("nobody took the connection")
        };
        let [Cause::TimedOut(share), Cause::Unreached(_)] = causes.as_slice() else { panic!("{causes:?}") };
        assert!(*share <= Duration::from_millis(200), "{share:?}");
    }

    /// What comes of it that a server refuses every log-in with that code.
    async fn refused_with(sqlstate: &str) -> Undialled {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://live@{}/live?sslmode=disable", listener.local_addr().unwrap());
        let refusing = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_buf(&mut Vec::new()).await.unwrap();
            let fields = format!("SFATAL\0C{sqlstate}\0Mnot now\0\0");
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            stream.write_all(&[b"E", length.as_slice(), fields.as_bytes()].concat()).await.unwrap();
        };
        let dialler = Dialler::new(&url.parse().unwrap()).unwrap();
        let (outcome, ()) = tokio::join!(dialler.dial(Patience::UNHURRIED), refusing);
        outcome.err().unwrap()
    }

    #[tokio::test]
    async fn a_server_that_is_not_ready_yet_is_worth_waiting_for() {
        // It starts; a pooler says that it cannot log in there; it has no connection left.
        for sqlstate in ["57P03", "08P01", "53300"] {
            assert!(refused_with(sqlstate).await.may_pass(), "{sqlstate}");
        }
        for sqlstate in ["28P01", "3D000", "42501"] {
            assert!(!refused_with(sqlstate).await.may_pass(), "{sqlstate}");
        }
    }
}
