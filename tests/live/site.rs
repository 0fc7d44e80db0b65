//! The fixture itself: it says what its modes say, records what it receives, and stops.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ClientConnection, StreamOwned};

use super::answer::ALLOWED;
use super::fixture::{Fixture, Port};
use super::mode::Mode;
use readyctl::live::roots::Roots;

/// One request over TLS with the roots of the fixture; the whole answer.
fn ask(fixture: &Fixture, request: &str) -> String {
    let config = Roots::only(fixture.ca_file()).unwrap().client().unwrap();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(fixture.address()).unwrap());
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: https://a.invalid\r\n\r\n").unwrap();
    stream.conn.send_close_notify();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn ask_plain(fixture: &Fixture, path: &str) -> String {
    let mut stream = TcpStream::connect(fixture.http_url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_good_site_answers_and_records() {
    let fixture = Fixture::start(&[]);
    let text = ask(&fixture, "GET /?q=1");
    for part in ["HTTP/1.1 200 OK", "Strict-Transport-Security: max-age=63072000", "nosniff", "<title>Fixture</title>"] {
        assert!(text.contains(part), "{part} not in {text}");
    }
    assert!(text.contains(&format!("Access-Control-Allow-Origin: {ALLOWED}\r")));
    assert!(ask(&fixture, "GET /.env").contains("404 Not Found"));
    assert!(ask(&fixture, "TRACE /").contains("405"));
    assert!(ask_plain(&fixture, "/x").contains(&format!("Location: {}/x", fixture.url())));
    let received = fixture.received();
    let seen: Vec<_> = received.iter().map(|request| (request.port, request.method.as_str(), request.path.as_str())).collect();
    let expected =
        [(Port::Https, "GET", "/?q=1"), (Port::Https, "GET", "/.env"), (Port::Https, "TRACE", "/"), (Port::Http, "GET", "/x")];
    assert_eq!(seen, expected);
    assert_eq!(received[0].header("ORIGIN"), Some("https://a.invalid"));
    assert!(fixture.canary_is_untouched());
}

#[test]
fn modes_make_it_bad() {
    let rows: [(&[Mode], &str, &str); 12] = [
        (&[Mode::HstsShort], "GET /", "max-age=86400"),
        (&[Mode::CorsEchoCredentials], "GET /", "Access-Control-Allow-Credentials: true"),
        (&[Mode::CookieBare], "GET /", "Set-Cookie: sessionid=fixture-cookie-value; Path=/; SameSite=Lax\r"),
        (&[Mode::GitExposed], "GET /.git/config", "[core]"),
        (&[Mode::SpaFallback], "GET /nothing", "<title>Fixture</title>"),
        (&[Mode::RateLimited(1)], "GET /", "Retry-After: 1"),
        (&[Mode::OpenApiForgotten], "GET /api/report", "owner"),
        (&[Mode::OpenApi], "GET /api/report", "401"),
        (&[Mode::TraceEcho], "TRACE /", "Origin: https://a.invalid"),
        (&[Mode::Header("X-One", "1"), Mode::Header("X-Frame-Options", "")], "GET /", "X-One: 1"),
        (&[Mode::ClosesMidResponse], "GET /", "Content-Length: 10000"),
        (&[Mode::TracePage], "GET /nothing", "KeyError"),
    ];
    for (modes, request, part) in rows {
        let text = ask(&Fixture::start(modes), request);
        assert!(text.contains(part), "{modes:?}: {part} not in {text}");
    }
}
