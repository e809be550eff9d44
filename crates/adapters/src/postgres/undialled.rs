//! Why no server took a connection, and what may be done about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use rustls::Error as TlsError;
use tokio_postgres::error::{Error as DriverError, SqlState};

use super::failure::kind_of;
use crate::causes::chain;
use crate::database_url::endpoint::Endpoint;
use crate::database_url::server_kind::ServerKind;
use crate::usage::FailureKind;

/// What each host of an address answered, in the order in which they were tried.
#[derive(Debug, Default)]
pub(crate) struct Undialled(Vec<(Endpoint, Vec<Cause>)>);

/// Why a server did not take a connection, or will not do. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// Its name has no address.
    #[error("the name cannot be resolved")]
    Unknown(#[source] io::Error),
    /// Nobody listens there, or no packet comes through.
    #[error("it cannot be reached")]
    Unreached(#[source] io::Error),
    /// It does not answer.
    #[error("it did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// It has no TLS, which was demanded.
    #[error("the server has no TLS: turn it on there (ssl = on), or allow connections without (sslmode=prefer)")]
    NoTls,
    /// TLS was not agreed on.
    #[error("{}", tls_fault(.0))]
    Tls(io::Error),
    /// It refused the log-in, or the connection broke in the middle of it.
    #[error("{}", words(.error))]
    Driver { error: DriverError, is_encrypted: bool },
    /// It is of another kind than the one that is looked for.
    #[error("the server is not {}", kind(*.0))]
    Unwanted(ServerKind),
}

impl Cause {
    /// Whether no other server is to be tried: a wrong password or a missing database is told at once.
    pub(crate) fn is_final(&self) -> bool {
        self.refusal().is_some_and(|state| state.code().starts_with("28") || *state == SqlState::INVALID_CATALOG_NAME)
    }

    /// Whether the same server may take the connection with TLS where it was without, or the other way round: then its
    /// rules say so, or TLS was not agreed on. Not after a wrong password, which would go over the wire in the clear.
    pub(crate) fn may_differ_with(&self, encryption: bool) -> bool {
        match self {
            Self::Tls(_) => !encryption,
            Self::Driver { error, is_encrypted } => {
                error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) && *is_encrypted != encryption
            }
            _ => false,
        }
    }

    /// Whether the server may take the connection in a while, as far as is known.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Unreached(_) | Self::TimedOut(_) | Self::Unwanted(_) => true,
            Self::NoTls | Self::Tls(_) => false,
            Self::Driver { error, .. } => match error.code() {
                Some(state) => matches!(kind_of(state.code()), FailureKind::Lost | FailureKind::Resources),
                // Something before the server, a proxy of containers say, takes connections earlier than it does.
                None => error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>),
            },
        }
    }

    /// It and what caused it, with the code with which the server refused.
    fn told(&self) -> String {
        let code = self.refusal().map(|state| format!(" (SQLSTATE {})", state.code()));
        chain(self) + &code.unwrap_or_default()
    }

    /// The code with which the server refused.
    fn refusal(&self) -> Option<&SqlState> {
        match self {
            Self::Driver { error, .. } => error.code(),
            _ => None,
        }
    }
}

/// What the server said, else what the driver says.
fn words(error: &DriverError) -> String {
    if let Some(said) = error.as_db_error() {
        return said.to_string().replace('\n', "; ");
    }
    let words = chain(error);
    if words.ends_with("password missing") {
        return "the server asks for a password: give it in the address, in PGPASSWORD, or in ~/.pgpass".to_owned();
    }
    words
}

fn kind(wanted: ServerKind) -> &'static str {
    match wanted {
        ServerKind::Any | ServerKind::PreferStandby => "to be used",
        ServerKind::ReadWrite => "open to writing (target_session_attrs=read-write)",
        ServerKind::ReadOnly => "read-only (target_session_attrs=read-only)",
        ServerKind::Primary => "a primary (target_session_attrs=primary)",
        ServerKind::Standby => "a standby (target_session_attrs=standby or prefer-standby)",
    }
}

/// What is wrong with a handshake, and what to do about it.
fn tls_fault(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
    let Some(TlsError::InvalidCertificate(fault)) = tls else { return format!("TLS was not agreed on: {error}") };
    match fault {
        // An unknown certificate that is marked as an authority's own is an odd kind of stranger.
        CertificateError::UnknownIssuer | CertificateError::Other(_) => {
            "the server's certificate is not from an authority that is trusted: name the file with the certificate of \
             its authority, or with its own (sslrootcert=PATH)"
                .to_owned()
        }
        CertificateError::NotValidForName => other_name("", &[]),
        CertificateError::NotValidForNameContext { expected, presented } => other_name(&expected.to_str(), presented),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired: renew it, or set the clock of this machine right".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet: set the clock of this machine right".to_owned()
        }
        other => format!("the server's certificate is not accepted: {other}"),
    }
}

fn other_name(wanted: &str, named: &[String]) -> String {
    // They come as `DnsName("localhost")`.
    let plain = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    let named =
        if named.is_empty() { "no name".to_owned() } else { named.iter().map(plain).collect::<Vec<_>>().join(", ") };
    format!(
        "the server's certificate is not for {wanted}, but for {named}: connect to it by a name of its subjectAltName, \
         or do not compare names (sslmode=verify-ca)"
    )
}

impl Undialled {
    /// Whether one of the servers may take the connection in a while.
    pub(crate) fn may_pass(&self) -> bool {
        self.0.iter().filter_map(|(_, causes)| causes.last()).any(Cause::may_pass)
    }

    /// The code with which the last of the servers that were tried refused.
    pub(crate) fn refusal(&self) -> Option<&SqlState> {
        self.0.last().and_then(|(_, causes)| causes.last()?.refusal())
    }

    pub(crate) fn add(&mut self, endpoint: &Endpoint, causes: Vec<Cause>) {
        self.0.push((endpoint.clone(), causes));
    }
}

impl fmt::Display for Undialled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (endpoint, causes)) in self.0.iter().enumerate() {
            // A single host is named already by who tells this.
            let name = if self.0.len() == 1 { String::new() } else { format!("{endpoint}: ") };
            let causes = causes.iter().map(Cause::told).collect::<Vec<_>>().join(", then ");
            write!(formatter, "{}{name}{causes}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl Error for Undialled {}
