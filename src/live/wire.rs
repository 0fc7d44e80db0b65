//! One request and its answer: the client, its limits of time and size, and the decoding of bodies.
//!
//! The client follows nothing, decodes nothing, retries nothing, keeps no cookies and asks no proxy: all of that is decided above.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url};
use rustls::ClientConfig;
use zlib_rs::{Inflate, InflateFlush, Status};

use super::facts::Answer;
use super::failure::Failure;
use super::roots::{self, Roots};
use super::settings::{Limits, Settings};
use super::target::Target;

/// Bytes of a body that are read, before and after decoding.
const BODY: usize = 256 * 1024;
/// The same of the description of an API.
const LARGE_BODY: usize = 5 * 1024 * 1024;
/// Bytes of all headers of an answer.
const HEADERS: usize = 64 * 1024;
/// Headers of an answer, by count.
const HEADER_COUNT: usize = 1000;

/// Who asks, unless the user says otherwise.
pub(super) const AGENT: &str = concat!("readyctl/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");

/// A request as it goes out.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub method: &'static str,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// Up to 5 MiB of body instead of 256 KiB.
    pub large: bool,
}

/// The client for one host.
pub(super) struct Wire {
    client: Client,
    limits: Limits,
}

/// Names are resolved before; whatever else is asked for does not exist.
struct Nothing;

impl Resolve for Nothing {
    fn resolve(&self, name: Name) -> Resolving {
        let error = format!("{} is not under audit", name.as_str());
        Box::pin(std::future::ready(Err(error.into())))
    }
}

impl Wire {
    /// A client for the host of `own` at these addresses. `trusting`: any certificate will do.
    pub fn new(settings: &Settings, own: &Url, addresses: &[SocketAddr], roots: &Roots, trusting: bool) -> Result<Wire, String> {
        let tls = tls(roots, trusting).map_err(|error| format!("no TLS client: {error}"))?;
        let client = build(builder(settings, tls), own, addresses)?;
        Ok(Wire { client, limits: settings.limits })
    }

    /// Sends it, and reads the answer up to the limits. Also the address that answered.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<(Answer, Option<SocketAddr>), Failure> {
        let method =
            reqwest::Method::from_bytes(outgoing.method.as_bytes()).map_err(|error| Failure::new("other", error.to_string()))?;
        let mut request = self.client.request(method, outgoing.url.clone());
        for (name, value) in &outgoing.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &outgoing.body {
            request = request.body(body.clone());
        }
        let start = Instant::now();
        let mut response = match tokio::time::timeout(self.limits.first_byte, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Failure::of(&error)),
            Err(_) => return Err(Failure::new("timeout", format!("no answer within {}", shown(self.limits.first_byte)))),
        };
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        if headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>() > HEADERS {
            return Err(Failure::new("too-large", "the headers are larger than 64 KiB"));
        }
        let address = response.remote_addr();
        let status = response.status().as_u16();
        let mut answer = Answer { url: outgoing.url.to_string(), status, headers, ms, ..Answer::default() };
        let most = if outgoing.large { LARGE_BODY } else { BODY };
        let deadline = self.limits.request.saturating_sub(start.elapsed());
        let read = tokio::time::timeout(deadline, body(&mut response, &mut answer, most)).await;
        // A body that stops in the middle says nothing; status and headers do.
        answer.opaque = !matches!(read, Ok(Ok(())));
        decode(&mut answer, most);
        Ok((answer, address))
    }
}

/// A client of HTTP/1.1, so that each stream has a connection of its own, as those of several browsers have.
pub(super) fn streams(settings: &Settings, target: &Target, roots: &Roots, trusting: bool) -> Result<Client, String> {
    let mut tls = tls(roots, trusting).map_err(|error| format!("no TLS client: {error}"))?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    build(builder(settings, tls).http1_only(), &target.url, &target.addresses)
}

fn builder(settings: &Settings, tls: ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .user_agent(settings.user_agent.as_deref().unwrap_or(AGENT))
        .connect_timeout(settings.limits.connect)
        .pool_max_idle_per_host(2)
        .http1_max_headers(HEADER_COUNT)
        .http2_max_header_list_size(u32::try_from(HEADERS).unwrap_or(u32::MAX))
        .dns_resolver(Arc::new(Nothing))
}

/// The client for the host of a URL at these addresses.
fn build(mut builder: ClientBuilder, own: &Url, addresses: &[SocketAddr]) -> Result<Client, String> {
    if let Some(host) = own.host_str() {
        builder = builder.resolve_to_addrs(host, addresses);
    }
    builder.build().map_err(|error| format!("no HTTP client: {}", Failure::of(&error).cause))
}

fn shown(time: Duration) -> String {
    if time.as_secs() > 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}

async fn body(response: &mut reqwest::Response, answer: &mut Answer, most: usize) -> reqwest::Result<()> {
    while let Some(chunk) = response.chunk().await? {
        let room = most - answer.body.len();
        answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            answer.truncated = true;
            return Ok(());
        }
    }
    Ok(())
}

/// Undoes gzip and deflate. Other encodings cannot be read here.
fn decode(answer: &mut Answer, most: usize) {
    let encodings: Vec<String> = answer
        .all("content-encoding")
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .filter(|word| !word.is_empty() && word != "identity")
        .collect();
    let decoded = match encodings.as_slice() {
        [] => return,
        _ if answer.opaque || answer.body.is_empty() => None,
        [one] if one == "gzip" || one == "x-gzip" => inflate(&answer.body, true, 16 + 15, most),
        // Some servers call raw deflate what should be wrapped.
        [one] if one == "deflate" => inflate(&answer.body, true, 15, most).or_else(|| inflate(&answer.body, false, 15, most)),
        _ => None,
    };
    match decoded {
        Some((body, cut)) => {
            answer.truncated |= cut;
            answer.body = body;
        }
        None => {
            answer.opaque |= !answer.body.is_empty();
            answer.body = Vec::new();
        }
    }
}

/// The text, at most `most` bytes of it, and whether there is more. `None`: it is not compressed so.
fn inflate(input: &[u8], header: bool, bits: u8, most: usize) -> Option<(Vec<u8>, bool)> {
    let mut stream = Inflate::new(header, bits);
    let mut out = vec![0; most + 1];
    loop {
        let (read, written) = (usize::try_from(stream.total_in()).ok()?, usize::try_from(stream.total_out()).ok()?);
        let status = stream.decompress(&input[read..], &mut out[written..], InflateFlush::NoFlush).ok()?;
        let (now_read, now_written) = (usize::try_from(stream.total_in()).ok()?, usize::try_from(stream.total_out()).ok()?);
        let stuck = now_read == read && now_written == written;
        if matches!(status, Status::StreamEnd) || now_written > most || stuck || now_read == input.len() {
            let complete = matches!(status, Status::StreamEnd);
            let cut = !complete || now_written > most;
            out.truncate(now_written.min(most));
            return Some((out, cut));
        }
    }
}

/// TLS of one run, HTTP/2 and 1.1.
pub(super) fn tls(roots: &Roots, trusting: bool) -> Result<ClientConfig, rustls::Error> {
    let mut config = roots.client()?;
    if trusting {
        config.dangerous().set_certificate_verifier(Arc::new(AnyCertificate(roots::provider())));
    }
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// `--insecure`: requests are sent whatever the certificate says. Signatures are still those of its key.
#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

mod any {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    impl ServerCertVerifier for super::AnyCertificate {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
