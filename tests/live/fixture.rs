//! The fixture server: a site on loopback with an HTTPS and a plain HTTP port, and a canary origin that must receive nothing.
//! It records what it receives and stops when it is dropped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use readyctl::live::Settings;
use rustls::ServerConfig;

use super::certificates::Chain;
use super::mode::Mode;
use super::server;

/// Which port a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    Https,
    Http,
    Canary,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub port: Port,
    pub method: String,
    /// With the query.
    pub path: String,
    /// In order, names as sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    /// The bytes of the body as the head promises them.
    pub fn length(&self) -> u64 {
        self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// The first value of a header; the name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What the threads of a fixture share.
pub struct Shared {
    pub modes: Vec<Mode>,
    pub https: SocketAddr,
    pub http: SocketAddr,
    pub canary: SocketAddr,
    pub tls: Arc<ServerConfig>,
    /// The chain, for scripted hellos.
    pub chain: Chain,
    received: Mutex<Vec<Received>>,
    /// Connections made to each port, also those that never became a request.
    connections: Mutex<Vec<Port>>,
    /// Streams that are open.
    open: AtomicUsize,
    stopped: Mutex<bool>,
    stop: Condvar,
}

impl Shared {
    pub fn has(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
    }

    pub fn record(&self, received: Received) -> usize {
        let mut all = self.received.lock().unwrap();
        all.push(received);
        all.len()
    }

    /// How many requests came that are so.
    pub fn count(&self, is: impl Fn(&Received) -> bool) -> usize {
        self.received.lock().unwrap().iter().filter(|request| is(request)).count()
    }

    /// `https://localhost:PORT`, or the address if it is one of IPv6: not every machine has that under this name.
    pub fn url(&self, port: Port) -> String {
        let (scheme, address) = match port {
            Port::Https => ("https", self.https),
            Port::Http => ("http", self.http),
            Port::Canary => ("http", self.canary),
        };
        if address.is_ipv4() { format!("{scheme}://localhost:{}", address.port()) } else { format!("{scheme}://{address}") }
    }

    /// How many streams may be open, if there are streams.
    pub fn streams(&self) -> Option<usize> {
        self.modes.iter().find_map(|mode| if let Mode::Streams(most) = *mode { Some(most) } else { None })
    }

    /// One more stream, unless so many are open; it ends when the guard is dropped.
    pub fn open(&self, most: usize) -> Option<Open<'_>> {
        let more = |open: usize| (open < most).then_some(open + 1);
        self.open.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok().map(|_| Open(&self.open))
    }

    /// Waits, if a mode makes this request a slow one.
    pub fn slow(&self, request: &Received) {
        for mode in &self.modes {
            if let Mode::Slow(path, number, milliseconds) = *mode
                && path == request.path
                && self.count(|own| own.path == path) == number
            {
                self.pause(Duration::from_millis(milliseconds));
            }
        }
    }

    pub fn connected(&self, port: Port) {
        self.connections.lock().unwrap().push(port);
    }

    pub fn stopped(&self) -> bool {
        *self.stopped.lock().unwrap()
    }

    /// Waits until the fixture stops or the time is over; true if it has stopped.
    pub fn pause(&self, time: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap();
        *self.stop.wait_timeout_while(stopped, time, |stopped| !*stopped).unwrap().0
    }
}

/// A stream that is open.
pub struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A running server.
pub struct Fixture {
    shared: Arc<Shared>,
    ca: tempfile::NamedTempFile,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Fixture {
    /// Starts a good site with these differences.
    pub fn start(modes: &[Mode]) -> Fixture {
        Fixture::start_at(modes, (Ipv4Addr::LOCALHOST, 0).into()).unwrap()
    }

    /// The same at this address, which the machine may not have. Port 0 is any that is free.
    pub fn start_at(modes: &[Mode], address: SocketAddr) -> std::io::Result<Fixture> {
        let https = TcpListener::bind(address)?;
        let (http, canary) = (TcpListener::bind((address.ip(), 0))?, TcpListener::bind((address.ip(), 0))?);
        let chain = Chain::new(modes);
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), &chain.root).unwrap();
        let shared = Arc::new(Shared {
            modes: modes.to_vec(),
            https: https.local_addr().unwrap(),
            http: http.local_addr().unwrap(),
            canary: canary.local_addr().unwrap(),
            tls: server::tls(modes, &chain),
            chain,
            received: Mutex::default(),
            connections: Mutex::default(),
            open: AtomicUsize::new(0),
            stopped: Mutex::new(false),
            stop: Condvar::new(),
        });
        let mut ports = vec![(https, Port::Https), (canary, Port::Canary)];
        // Dropping the listener makes the port refuse.
        if !modes.contains(&Mode::PlainRefused) {
            ports.push((http, Port::Http));
        }
        let threads = ports
            .into_iter()
            .map(|(listener, port)| {
                let shared = shared.clone();
                std::thread::spawn(move || server::accept(&listener, port, &shared))
            })
            .collect();
        Ok(Fixture { shared, ca, threads })
    }

    /// Where the site is.
    pub fn url(&self) -> String {
        self.shared.url(Port::Https)
    }

    /// Its plain HTTP twin.
    pub fn http_url(&self) -> String {
        self.shared.url(Port::Http)
    }

    /// The address of the HTTPS port.
    pub fn address(&self) -> SocketAddr {
        self.shared.https
    }

    /// The root to trust, in PEM form.
    pub fn ca_file(&self) -> &Path {
        self.ca.path()
    }

    /// Settings for an audit of the site, as a user would give them.
    pub fn settings(&self) -> Settings {
        Settings {
            url: self.url(),
            http_url: Some(self.http_url()),
            ca_file: Some(self.ca_file().to_owned()),
            as_public: true,
            ..Settings::default()
        }
    }

    /// What the two ports of the site received, in order. The canary's requests are not among it.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().iter().filter(|request| request.port != Port::Canary).cloned().collect()
    }

    /// How many connections a port has accepted.
    pub fn connections(&self, port: Port) -> usize {
        self.shared.connections.lock().unwrap().iter().filter(|own| **own == port).count()
    }

    /// Nothing went to the other origin: not even a connection.
    pub fn canary_is_untouched(&self) -> bool {
        self.connections(Port::Canary) == 0
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        *self.shared.stopped.lock().unwrap() = true;
        self.shared.stop.notify_all();
        for address in [self.shared.https, self.shared.http, self.shared.canary] {
            // Wakes the thread that waits for a connection.
            let _ = std::net::TcpStream::connect(address);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
