//! How connections are encrypted: `sslmode` and what goes with it, with the meanings of libpq.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::DatabaseUrlError;
use super::parts::Parts;

const MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// What `sslrootcert` is for the authorities that the system trusts.
const SYSTEM: &str = "system";

/// How connections are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsOptions {
    pub(crate) mode: SslMode,
    pub(crate) authorities: Authorities,
    pub(crate) client: Option<ClientCertificate>,
}

/// How much TLS there must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SslMode {
    /// None.
    Disable,
    /// Only if the server refuses to do without.
    Allow,
    /// If the server can.
    Prefer,
    /// Always.
    Require,
    /// Always, and the server's certificate must be from an authority that is trusted.
    VerifyCa,
    /// The same, and it must be for the name that is connected to.
    VerifyFull,
}

/// Whose certificates a server may have. Where there are any, they are looked at in every mode, as libpq does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authorities {
    /// Anybody's.
    Unknown,
    /// Those that a file holds.
    File(PathBuf),
    /// Those that the system trusts.
    System,
}

/// What a server may know us by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl TlsOptions {
    pub(super) fn of(parts: &Parts<'_>) -> Result<Self, DatabaseUrlError> {
        let authorities = match parts.parameter("sslrootcert")? {
            None => Authorities::Unknown,
            Some(name) if name == SYSTEM => Authorities::System,
            Some(path) => Authorities::File(path.into()),
        };
        let mode = match parts.parameter("sslmode")? {
            Some(mode) => mode.parse()?,
            None if authorities == Authorities::System => SslMode::VerifyFull,
            None => SslMode::Prefer,
        };
        if authorities == Authorities::System && mode != SslMode::VerifyFull {
            // Anybody can have a certificate of a public authority, for another name.
            let allowed = "verify-full with sslrootcert=system".to_owned();
            return Err(DatabaseUrlError::Parameter("sslmode", allowed));
        }
        let client = match (parts.parameter("sslcert")?, parts.parameter("sslkey")?) {
            (None, None) => None,
            (Some(chain), Some(key)) => Some(ClientCertificate { chain: chain.into(), key: key.into() }),
            (Some(_), None) => return Err(DatabaseUrlError::Parameter("sslkey", "given with sslcert".to_owned())),
            (None, Some(_)) => return Err(DatabaseUrlError::Parameter("sslcert", "given with sslkey".to_owned())),
        };
        Ok(Self { mode, authorities, client })
    }

    pub(super) fn at_home(mut self, home: &Path) -> Self {
        let in_home = |name: &str| Some(home.join(".postgresql").join(name)).filter(|path| path.is_file());
        if self.authorities == Authorities::Unknown {
            self.authorities = in_home("root.crt").map_or(Authorities::Unknown, Authorities::File);
        }
        if self.client.is_none() {
            self.client = in_home("postgresql.crt")
                .zip(in_home("postgresql.key"))
                .map(|(chain, key)| ClientCertificate { chain, key });
        }
        self
    }
}

impl FromStr for SslMode {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        MODES.into_iter().find_map(|(name, mode)| (name == text).then_some(mode)).ok_or_else(|| {
            let names = MODES.map(|(name, _)| name).join(", ");
            DatabaseUrlError::Parameter("sslmode", format!("one of {names}"))
        })
    }
}
