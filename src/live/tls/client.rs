//! The handshake of a current client, by rustls. The verifier only records: what is wrong with a certificate is judged from the
//! recorded chain, fault by fault, and none of them hides the others.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error, ProtocolVersion, SignatureScheme};

use super::hello::Version;
use super::socket::{Timed, cause};
use crate::live::roots::provider;

/// What a current client got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Negotiated {
    /// Why there was no handshake.
    pub error: Option<&'static str>,
    pub version: Option<Version>,
    pub suite: Option<u16>,
    pub alpn: Option<String>,
    /// DER, leaf first; kept also if the handshake failed later. Empty: no certificate came, which says nothing of it.
    pub chain: Vec<Vec<u8>>,
    /// The server has no protocol in common with the client's list: worth another try without one.
    pub alpn_refused: bool,
}

/// Shakes hands once.
pub fn shake(address: SocketAddr, host: &str, alpn: bool, until: Instant) -> Negotiated {
    let recorder = Arc::new(Recorder::default());
    let mut negotiated = Negotiated::default();
    match attempt(address, host, alpn, until, &recorder, &mut negotiated) {
        Ok(()) => {}
        Err(Failure::Io(error)) => {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
            negotiated.alpn_refused = matches!(tls, Some(Error::AlertReceived(AlertDescription::NoApplicationProtocol)));
            negotiated.error = Some(word(&error, tls));
        }
        Err(Failure::Tls) => negotiated.error = Some("other"),
    }
    negotiated.chain = recorder.chain.lock().unwrap_or_else(PoisonError::into_inner).clone();
    negotiated
}

fn word(error: &std::io::Error, tls: Option<&Error>) -> &'static str {
    match (tls, error.kind()) {
        (Some(Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)), _) => "not-tls",
        // The server closed where an answer was due: what an old server does with what it does not understand.
        (Some(_), _) | (None, ErrorKind::UnexpectedEof) => "tls",
        _ => cause(error),
    }
}

enum Failure {
    Io(std::io::Error),
    /// The name or the settings are none that rustls can use.
    Tls,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<Error> for Failure {
    fn from(_: Error) -> Failure {
        Failure::Tls
    }
}

fn attempt(
    address: SocketAddr,
    host: &str,
    alpn: bool,
    until: Instant,
    recorder: &Arc<Recorder>,
    negotiated: &mut Negotiated,
) -> Result<(), Failure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    if alpn {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    let mut socket = Timed::connect(address, until)?;
    let mut result = Ok(());
    while connection.is_handshaking() && result.is_ok() {
        result = match connection.complete_io(&mut socket) {
            Ok((0, 0)) => Err(ErrorKind::UnexpectedEof.into()),
            other => other.map(|_| ()),
        };
    }
    negotiated.version = connection.protocol_version().and_then(|version| match version {
        ProtocolVersion::TLSv1_2 => Some(Version::Tls12),
        ProtocolVersion::TLSv1_3 => Some(Version::Tls13),
        _ => None,
    });
    negotiated.suite = connection.negotiated_cipher_suite().map(|suite| suite.suite().into());
    negotiated.alpn = connection.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
    result?;
    connection.send_close_notify();
    // The facts are there; whether the farewell arrives changes none.
    let _ = connection.complete_io(&mut socket);
    Ok(())
}

/// Keeps the chain and says yes to everything. Not for a connection that carries anything.
#[derive(Debug, Default)]
struct Recorder {
    chain: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(others).map(|certificate| certificate.to_vec()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = provider().signature_verification_algorithms.supported_schemes();
        schemes.extend([SignatureScheme::ED448, SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1_Legacy]);
        schemes
    }
}
