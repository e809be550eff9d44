//! TLS to a server, as `sslmode` and what goes with it demand.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::certificates::{ServerCertificates, Trusted};
use super::transport::Encrypted;
use crate::database_url::tls_options::{Authorities, SslMode, TlsOptions};

/// What a client asks before TLS: the length of this message, and a number that is no version of the protocol.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const WILLING: u8 = b'S';

/// TLS cannot be set up as the address demands. The text names the parameter and says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadTlsOptions(String);

/// How to speak TLS to the servers of an address.
#[derive(Clone)]
pub(crate) struct Tls(MakeRustlsConnect);

impl Tls {
    /// Reads the certificates that the options name.
    pub(super) fn new(options: &TlsOptions) -> Result<Self, BadTlsOptions> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = ServerCertificates::new(trusted(options)?, options.mode == SslMode::VerifyFull, &provider);
        let config = builder(provider)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let config = match &options.client {
            None => config.with_no_client_auth(),
            Some(client) => {
                let key = PrivateKeyDer::from_pem_file(&client.key)
                    .map_err(|error| unreadable("sslkey", &client.key, &error))?;
                config
                    .with_client_auth_cert(certificates("sslcert", &client.chain)?, key)
                    .map_err(|error| BadTlsOptions(format!("sslcert and sslkey do not fit together: {error}")))?
            }
        };
        Ok(Self(MakeRustlsConnect::new(config)))
    }

    /// Speaks TLS from here on. The name is the one that the server's certificate must be for.
    pub(super) async fn shake_hands(&self, stream: TcpStream, name: &str) -> io::Result<Encrypted> {
        let Ok(connect) = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut self.0.clone(), name);
        connect.connect(stream).await
    }
}

/// Asks a server whether it speaks TLS. What it sends next is its handshake, or the first message without.
pub(super) async fn is_willing(stream: &mut TcpStream) -> io::Result<bool> {
    stream.write_all(&SSL_REQUEST).await?;
    Ok(stream.read_u8().await? == WILLING)
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, BadTlsOptions> {
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.map_err(|error| BadTlsOptions(format!("no TLS can be spoken: {error}")))
}

fn trusted(options: &TlsOptions) -> Result<Option<Trusted>, BadTlsOptions> {
    let trusted = match &options.authorities {
        Authorities::Unknown if matches!(options.mode, SslMode::VerifyCa | SslMode::VerifyFull) => {
            return Err(BadTlsOptions(
                "sslmode=verify-ca and verify-full need an authority: name the file with its certificate \
                 (sslrootcert=PATH), or trust those of the system (sslrootcert=system)"
                    .to_owned(),
            ));
        }
        Authorities::Unknown => return Ok(None),
        Authorities::File(path) => Trusted::new(certificates("sslrootcert", path)?)
            .map_err(|error| BadTlsOptions(format!("sslrootcert: {} is no authority: {error}", path.display())))?,
        Authorities::System => {
            let found = rustls_native_certs::load_native_certs();
            let trusted = Trusted::among(found.certs);
            trusted.ok_or_else(|| {
                BadTlsOptions(
                    "sslrootcert=system: the system trusts no authority: install its certificates (ca-certificates), \
                     or name a file"
                        .to_owned(),
                )
            })?
        }
    };
    Ok(Some(trusted))
}

fn certificates(parameter: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, BadTlsOptions> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(certificates) if certificates.is_empty() => {
            Err(BadTlsOptions(format!("{parameter}: {} holds no certificate in PEM form", path.display())))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unreadable(parameter, path, &error)),
    }
}

fn unreadable(parameter: &str, path: &Path, error: &dyn Error) -> BadTlsOptions {
    BadTlsOptions(format!("{parameter}: {} cannot be read: {error}", path.display()))
}
