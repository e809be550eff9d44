//! Which certificates a server may have.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Certificates whose owners are trusted.
#[derive(Debug)]
pub(super) struct Trusted {
    authorities: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
}

impl Trusted {
    /// All of these.
    pub(super) fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, Error> {
        let mut authorities = RootCertStore::empty();
        for certificate in &certificates {
            authorities.add(certificate.clone())?;
        }
        Ok(Self { authorities, certificates })
    }

    /// Those of these that are good for something, if any are.
    pub(super) fn among(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        let mut authorities = RootCertStore::empty();
        let (good, _) = authorities.add_parsable_certificates(certificates.iter().cloned());
        (good > 0).then_some(Self { authorities, certificates })
    }
}

/// Judges the certificate of a server by libpq's rules.
#[derive(Debug)]
pub(super) struct ServerCertificates {
    /// None: whoever it is, the connection is encrypted.
    trusted: Option<Trusted>,
    /// Whether the certificate must be for the name that is connected to.
    by_name: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertificates {
    pub(super) fn new(trusted: Option<Trusted>, by_name: bool, provider: &CryptoProvider) -> Self {
        Self { trusted, by_name, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for ServerCertificates {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(Trusted { authorities, certificates }) = &self.trusted else {
            return Ok(ServerCertVerified::assertion());
        };
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.algorithms.all;
        match verify_server_cert_signed_by_trust_anchor(&parsed, authorities, intermediates, now, algorithms) {
            // One that is trusted itself, and in its time, need not say that it is a server's and no authority's.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if certificates.contains(certificate) => {}
            judgement => judgement?,
        }
        if self.by_name {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
