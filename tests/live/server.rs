//! Connections of the fixture: accept, TLS or not, read requests, write what `answer` and `hostile` say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::certificates::Chain;
use super::fixture::{Port, Received, Shared};
use super::mode::Mode;
use super::{answer, hostile, legacy};

/// Bodies from this length on are refused by a good site before they are sent.
pub const LARGE: u64 = 1 << 20;
/// Where streams are, if there are some.
pub const STREAM: &str = "/events";

/// TLS as configured.
pub fn tls(modes: &[Mode], chain: &Chain) -> Arc<ServerConfig> {
    let versions: &[&rustls::SupportedProtocolVersion] =
        if modes.contains(&Mode::NoTls13) { &[&rustls::version::TLS12] } else { rustls::ALL_VERSIONS };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
    let builder = if modes.contains(&Mode::AsksForCertificate) {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(chain.root.as_bytes()).unwrap()).unwrap();
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        builder.with_client_cert_verifier(clients)
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(chain.sent.clone(), chain.key.clone_key()).unwrap();
    let protocol: &[u8] = if modes.contains(&Mode::ForeignAlpn) { b"acme-tls/1" } else { b"http/1.1" };
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// The canary's origin.
pub fn canary(shared: &Shared) -> String {
    format!("http://{}", shared.canary)
}

/// Accepts until the fixture stops; each connection has its own thread, which ends with the connection.
pub fn accept(listener: &TcpListener, port: Port, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped() {
            return;
        }
        let Ok(stream) = stream else { continue };
        shared.connected(port);
        let shared = shared.clone();
        std::thread::spawn(move || connection(stream, port, &shared));
    }
}

fn connection(stream: TcpStream, port: Port, shared: &Shared) {
    if port == Port::Https && shared.has(Mode::PlainOnTlsPort) {
        return not_tls(stream, shared);
    }
    if port != Port::Https {
        return serve(stream, port, shared);
    }
    let Some(stream) = legacy::scripted(stream, shared) else { return };
    let Ok(connection) = ServerConnection::new(shared.tls.clone()) else { return };
    serve(StreamOwned::new(connection, stream), port, shared);
}

/// Plain HTTP where TLS is expected: a hello is a bad request.
fn not_tls(mut stream: TcpStream, shared: &Shared) {
    let mut first = [0];
    if stream.peek(&mut first).is_ok_and(|read| read == 1 && first[0] != 22) {
        return serve(stream, Port::Https, shared);
    }
    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

fn serve(stream: impl Read + Write, port: Port, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader, port, shared) {
        let number = shared.record(request.clone());
        let out = reader.get_mut();
        if let Some(most) = shared.streams().filter(|_| request.path == STREAM) {
            return events(out, most, shared);
        }
        shared.slow(&request);
        let done = if hostile::acts(&request, shared) && port != Port::Canary {
            hostile::act(out, shared);
            true
        } else {
            out.write_all(&answer::bytes(&request, number, shared)).and_then(|()| out.flush()).is_err()
        };
        // What comes next may be the body that was refused.
        let refused = request.length() > LARGE && !shared.has(Mode::LargeBodies);
        if done || refused || shared.has(Mode::ClosesQuietly) || shared.has(Mode::ClosesEach) {
            return;
        }
    }
}

/// A stream of events until the client leaves, unless `most` are open.
fn events(out: &mut impl Write, most: usize, shared: &Shared) {
    let Some(_open) = shared.open(most) else {
        let _ = out.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        return;
    };
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut sent = out.write_all(head);
    while sent.is_ok() {
        sent = out.write_all(b"6\r\n: hi\n\n\r\n").and_then(|()| out.flush());
        if shared.pause(Duration::from_millis(50)) {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead, port: Port, shared: &Shared) -> Option<Received> {
    let mut line = |limit: u64| {
        let mut text = Vec::new();
        reader.take(limit).read_until(b'\n', &mut text).ok()?;
        Some(String::from_utf8_lossy(&text).trim_end().to_owned())
    };
    let first = line(16_384)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let text = line(65_536)?;
        let Some((name, value)) = text.split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Received { port, method, path, headers, body: Vec::new() };
    let length = request.length();
    if length <= LARGE || shared.has(Mode::LargeBodies) {
        reader.take(length).read_to_end(&mut request.body).ok()?;
    }
    Some(request)
}
