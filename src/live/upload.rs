//! A body that is larger than an ordinary request needs: is it refused before all of it was read?
//!
//! The exchange is made by hand over HTTP/1.1, since only so `Expect: 100-continue` is honest: nothing of the body is sent until the
//! server says so, or says nothing for a second, and it is known how much was. Without a route that the user names the size is only
//! announced, for a path that does not exist.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::pace::Purpose;
use super::perform::{Run, permits_active, rooted};
use super::roots::Roots;
use super::settings::Settings;
use super::tls::Timed;
use super::wire;
use crate::model::live::{Base, Facts, Value};

/// Bytes of the body: just over what a generous limit allows.
pub(super) const SIZE: u64 = 12 << 20;
/// How long the server may be silent before the body is sent nevertheless (RFC 9110, 10.1.1).
const SILENCE: Duration = Duration::from_secs(1);
/// Bytes that are sent before it is looked whether an answer came.
const CHUNK: usize = 256 * 1024;
/// Bytes of the head of an answer.
const HEAD: usize = 64 * 1024;

/// What became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Outcome {
    status: Option<u16>,
    /// Bytes of the body that went out.
    taken: u64,
    /// The server closed the connection before everything was sent.
    closed: bool,
}

/// The path that is asked, and whether the user named it.
pub(super) fn path(settings: &Settings) -> (String, bool) {
    match &settings.login {
        Some(path) => (rooted(path), true),
        None => ("/{{random}}".to_owned(), false),
    }
}

/// Adds `upload.*`.
pub(super) async fn explore(run: &Run, roots: &Roots, facts: &mut Facts) {
    let mut put = |name: &str, value: Value| drop(facts.insert(format!("upload.{name}"), value));
    let settings = &run.asker.settings;
    let (path, named) = path(settings);
    let request = || {
        permits_active(settings)?;
        if let Some(failure) = &run.asker.blocked {
            return Err(failure.cause.clone());
        }
        let request = Request::new(run, roots, &path, named)?;
        run.asker.pace.count(Purpose::Active)?;
        Ok::<_, String>(request)
    };
    let request = match request() {
        Ok(request) => request,
        Err(reason) => return put("unsent", Value::Text(reason)),
    };
    let outcome = tokio::task::spawn_blocking(move || request.send()).await;
    let outcome = outcome.unwrap_or_default();
    put("path", Value::Text(run.path(&path)));
    put("named", Value::Bool(named));
    put("size", Value::Int(i64::try_from(SIZE).unwrap_or(i64::MAX)));
    put("taken", Value::Int(i64::try_from(outcome.taken).unwrap_or(i64::MAX)));
    put("whole", Value::Bool(outcome.taken == SIZE));
    put("closed", Value::Bool(outcome.closed));
    if let Some(status) = outcome.status {
        put("status", Value::Int(i64::from(status)));
    }
}

/// Everything that one connection needs.
struct Request {
    addresses: Vec<SocketAddr>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    head: String,
    /// Send the body, too, if the server lets.
    body: bool,
    connect: Duration,
    until: Instant,
}

impl Request {
    fn new(run: &Run, roots: &Roots, path: &str, body: bool) -> Result<Request, String> {
        let (target, settings) = (&run.asker.target, &run.asker.settings);
        let url = run.variables.url(target, Base::Target, path)?;
        let tls = match target.is_https() {
            false => None,
            true => {
                let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
                let mut config = wire::tls(roots, run.asker.trusting).map_err(|error| error.to_string())?;
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                Some((Arc::new(config), name))
            }
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut head = format!("POST {}{query} HTTP/1.1\r\nHost: {}\r\n", url.path(), target.authority());
        let agent = ("User-Agent".to_owned(), settings.user_agent.clone().unwrap_or_else(|| wire::AGENT.to_owned()));
        for (name, value) in [agent].into_iter().chain(run.asker.plain_headers()) {
            if !value.contains(['\r', '\n']) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {SIZE}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        ));
        let until = (Instant::now() + settings.limits.request).min(run.asker.pace.deadline());
        Ok(Request { addresses: target.addresses.clone(), tls, head, body, connect: settings.limits.connect, until })
    }

    /// Blocks for as long as a request may take.
    fn send(self) -> Outcome {
        let connect = |address: &SocketAddr| Timed::connect(*address, self.until.min(Instant::now() + self.connect)).ok();
        let Some(socket) = self.addresses.iter().find_map(connect) else { return Outcome::default() };
        let Some((config, name)) = self.tls else { return exchange(socket, |own| own, &self.head, self.body, self.until) };
        let Ok(connection) = ClientConnection::new(config, name) else { return Outcome::default() };
        exchange(StreamOwned::new(connection, socket), |own| &mut own.sock, &self.head, self.body, self.until)
    }
}

/// The head, what the server says to it, and as much of the body as it takes. `socket`: that below the stream, whose time is set.
fn exchange<S: Read + Write>(
    mut stream: S,
    socket: impl Fn(&mut S) -> &mut Timed,
    head: &str,
    body: bool,
    until: Instant,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut answer = Vec::new();
    socket(&mut stream).until(until);
    if stream.write_all(head.as_bytes()).and_then(|()| stream.flush()).is_err() {
        return outcome;
    }
    socket(&mut stream).until(until.min(Instant::now() + SILENCE));
    match listen(&mut stream, &mut answer, true) {
        Heard::Final(status) => return Outcome { status: Some(status), ..outcome },
        Heard::Closed => return Outcome { closed: true, ..outcome },
        Heard::Continue | Heard::Nothing if !body => return outcome,
        Heard::Continue | Heard::Nothing => {}
    }
    while outcome.taken < SIZE {
        let chunk = part(outcome.taken);
        socket(&mut stream).until(until);
        match stream.write_all(&chunk).and_then(|()| stream.flush()) {
            Ok(()) => outcome.taken += chunk.len() as u64,
            Err(error) if is_silence(&error) => return outcome,
            Err(_) => {
                outcome.closed = true;
                break;
            }
        }
        socket(&mut stream).until(until.min(Instant::now() + Duration::from_millis(1)));
        match listen(&mut stream, &mut answer, false) {
            Heard::Final(status) => return Outcome { status: Some(status), ..outcome },
            Heard::Closed => {
                outcome.closed = outcome.taken < SIZE;
                return outcome;
            }
            Heard::Continue | Heard::Nothing => {}
        }
    }
    socket(&mut stream).until(if outcome.closed { until.min(Instant::now() + SILENCE) } else { until });
    if let Heard::Final(status) = listen(&mut stream, &mut answer, false) {
        outcome.status = Some(status);
    }
    outcome
}

/// The part of the body that begins there: JSON with one long text.
fn part(at: u64) -> Vec<u8> {
    const OPEN: &[u8] = b"{\"readyctl\":\"";
    const CLOSE: &[u8] = b"\"}";
    let length = usize::try_from(SIZE - at).unwrap_or(CHUNK).min(CHUNK);
    let mut part = vec![b'x'; length];
    if at == 0 {
        part[..OPEN.len()].copy_from_slice(OPEN);
    }
    if at + length as u64 == SIZE {
        part[length - CLOSE.len()..].copy_from_slice(CLOSE);
    }
    part
}

/// What the server said until its time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Continue,
    Final(u16),
    Closed,
    Nothing,
}

/// Reads up to the next status. `wait`: `100 Continue` is something to return for, else it is passed over.
fn listen(stream: &mut impl Read, answer: &mut Vec<u8>, wait: bool) -> Heard {
    loop {
        while let Some((status, length)) = status(answer) {
            if status >= 200 || status == 101 {
                return Heard::Final(status);
            }
            answer.drain(..length);
            if wait && status == 100 {
                return Heard::Continue;
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => return Heard::Closed,
            Ok(read) if answer.len() + read <= HEAD => answer.extend_from_slice(&buffer[..read]),
            Ok(_) => return Heard::Closed,
            Err(error) if is_silence(&error) => return Heard::Nothing,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Heard::Closed,
        }
    }
}

fn is_silence(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// The status of the first head, and the bytes of that head. `None`: it is not complete, or none.
fn status(answer: &[u8]) -> Option<(u16, usize)> {
    let length = memchr::memmem::find(answer, b"\r\n\r\n")? + 4;
    let line = std::str::from_utf8(answer.get(..12)?).ok()?;
    let code = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "))?;
    Some((code.parse().ok().filter(|code| (100..600).contains(code))?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_json_of_its_size() {
        let (mut at, mut body) = (0, Vec::new());
        while at < SIZE {
            let part = part(at);
            at += part.len() as u64;
            body.extend(part);
        }
        assert_eq!(body.len() as u64, SIZE);
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok_and(|json| json["readyctl"].is_string()));
    }

    #[test]
    fn what_the_server_says_is_heard_in_order() {
        let hear = |text: &str, wait: bool| listen(&mut text.as_bytes(), &mut Vec::new(), wait);
        assert_eq!(hear("HTTP/1.1 100 Continue\r\n\r\n", true), Heard::Continue);
        assert_eq!(hear("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", true), Heard::Continue);
        assert_eq!(hear("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Too Large\r\nA: b\r\n\r\n", false), Heard::Final(413));
        assert_eq!(hear("HTTP/1.1 413 Too Large\r\nA: b\r\n\r\nbody", true), Heard::Final(413));
        for other in ["", "HTTP/1.1 413", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 999 No\r\n\r\n", "HTTP/2 413 x\r\n\r\n"] {
            assert_eq!(hear(other, true), Heard::Closed, "{other}");
        }
        let endless = "HTTP/1.1 100 Continue\r\nX: ".to_owned() + &"x".repeat(1 << 20);
        assert_eq!(hear(&endless, true), Heard::Closed);
    }
}
