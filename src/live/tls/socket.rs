//! One connection under a deadline, and what became of a hello that was sent over it.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::answer::{Flight, Progress, record_length};

/// A socket whose every wait ends at one moment.
#[derive(Debug)]
pub struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Timed {
    /// Connects.
    pub fn connect(address: SocketAddr, until: Instant) -> Result<Timed, Error> {
        let stream = TcpStream::connect_timeout(&address, remaining(until)?)?;
        stream.set_nodelay(true)?;
        Ok(Timed { stream, until })
    }

    /// From now on waits end then.
    pub fn until(&mut self, until: Instant) {
        self.until = until;
    }
}

fn remaining(until: Instant) -> Result<Duration, Error> {
    let rest = until.saturating_duration_since(Instant::now());
    if rest.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(rest) }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        self.stream.set_read_timeout(Some(remaining(self.until)?))?;
        self.stream.read(into)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.stream.set_write_timeout(Some(remaining(self.until)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.stream.flush()
    }
}

/// Why there was no answer, as a word of the facts.
pub fn cause(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "refused",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "timeout",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => "reset",
        _ => "other",
    }
}

/// What became of a hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A ServerHello or an alert came.
    Flight(Flight),
    /// Closed without a word.
    Eof,
    /// Something else than TLS came.
    NotTls,
    /// No connection, no answer in time, or a reset: the word.
    Failed(&'static str),
}

/// Sends a hello and reads the answer up to where it is encrypted.
pub fn ask(address: SocketAddr, hello: &[u8], until: Instant) -> Reply {
    let mut socket = match Timed::connect(address, until) {
        Ok(socket) => socket,
        Err(error) => return Reply::Failed(cause(&error)),
    };
    if let Err(error) = socket.write_all(hello) {
        return Reply::Failed(cause(&error));
    }
    let mut flight = Flight::default();
    match read(&mut socket, &mut flight) {
        // An answer that breaks off later was an answer.
        _ if flight.hello.is_some() || flight.alert.is_some() => Reply::Flight(flight),
        Ok(_) => Reply::NotTls,
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Reply::Eof,
        Err(error) => Reply::Failed(cause(&error)),
    }
}

fn read(socket: &mut impl Read, flight: &mut Flight) -> Result<Progress, Error> {
    let mut body = Vec::new();
    loop {
        let mut header = [0; 5];
        socket.read_exact(&mut header)?;
        let Some(length) = record_length(header) else { return Ok(Progress::Broken) };
        body.resize(length, 0);
        socket.read_exact(&mut body)?;
        match flight.record(header[0], &body) {
            Progress::More => {}
            end => return Ok(end),
        }
    }
}
