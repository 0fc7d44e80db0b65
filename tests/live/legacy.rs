//! Answers to a hello that rustls cannot give: old versions, weak suites, rude ends. What no mode speaks of goes to rustls, which
//! refuses with an alert. The hello is looked at without taking it from the socket.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::fixture::Shared;
use super::mode::{Mode, Version};

/// Suites that rustls could agree on: beside one of these no weak suite is chosen.
const CURRENT: [u16; 9] = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];
/// Suites of servers of old versions: AES in CBC mode, with ECDHE, DHE or RSA.
const OLD: [u16; 6] = [0xc014, 0xc013, 0x0039, 0x0033, 0x0035, 0x002f];

/// What a scripted server looks at.
struct Hello {
    version: u16,
    suites: Vec<u16>,
    /// Bytes of the record.
    length: usize,
}

/// The stream untouched if rustls is to answer; `None` if a script did.
pub fn scripted(mut stream: TcpStream, shared: &Shared) -> Option<TcpStream> {
    let hello = peek(&stream)?;
    let below = hello.version < Version::Tls12 as u16;
    for mode in &shared.modes {
        let reply = match *mode {
            Mode::Raw(bytes) => bytes.to_vec(),
            Mode::ClosesAfterHello => Vec::new(),
            Mode::OnlyTls10 if hello.version >= Version::Tls10 as u16 => old(&hello, Version::Tls10 as u16, shared),
            Mode::OnlyTls10 => alert(70),
            Mode::LegacyEof if below => Vec::new(),
            Mode::LegacyAlert(code) if below => alert(code),
            // Closing with unread bytes resets.
            Mode::LegacyReset if below => return None,
            Mode::LegacySilent if below => {
                let _ = stream.read_to_end(&mut Vec::new());
                return None;
            }
            Mode::Accepts(version) if hello.version == version as u16 => old(&hello, hello.version, shared),
            Mode::AcceptsSuites(class)
                if hello.version == Version::Tls12 as u16
                    && hello.suites.contains(&(class as u16))
                    && !hello.suites.iter().any(|suite| CURRENT.contains(suite)) =>
            {
                flight(hello.version, class as u16, &shared.chain.sent)
            }
            _ => continue,
        };
        let _ = stream.read_exact(&mut vec![0; hello.length]);
        let _ = stream.write_all(&reply);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
        return None;
    }
    Some(stream)
}

/// ServerHello and certificate with a suite that old servers have, or an alert.
fn old(hello: &Hello, version: u16, shared: &Shared) -> Vec<u8> {
    match hello.suites.iter().find(|suite| OLD.contains(suite)) {
        Some(suite) => flight(version, *suite, &shared.chain.sent),
        None => alert(40),
    }
}

/// The hello that waits in the socket; `None` when the client goes away or sends something else.
fn peek(stream: &TcpStream) -> Option<Hello> {
    let mut bytes = vec![0; 20_000];
    loop {
        let read = stream.peek(&mut bytes).ok().filter(|read| *read > 0)?;
        if read >= 5 && bytes[0] != 22 {
            return None;
        }
        let length = 5 + usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
        if read >= 5 && read >= length {
            return parse(&bytes[..length]);
        }
    }
}

fn parse(record: &[u8]) -> Option<Hello> {
    let number = |at: usize| Some(u16::from_be_bytes([*record.get(at)?, *record.get(at + 1)?]));
    let version = number(9)?;
    let suites = 44 + usize::from(*record.get(43)?);
    let count = usize::from(number(suites)?) / 2;
    let suites = (0..count).map(|index| number(suites + 2 + 2 * index)).collect::<Option<_>>()?;
    Some(Hello { version, suites, length: record.len() })
}

fn record(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(version.to_be_bytes());
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    bytes[0] = kind;
    bytes.extend(body);
    bytes
}

fn alert(code: u8) -> Vec<u8> {
    record(21, 0x0301, &[2, code])
}

/// ServerHello, Certificate and ServerHelloDone.
fn flight(version: u16, suite: u16, chain: &[rustls::pki_types::CertificateDer<'_>]) -> Vec<u8> {
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend(suite.to_be_bytes());
    hello.push(0);
    let mut list: Vec<u8> = Vec::new();
    for certificate in chain {
        list.extend(&u32::try_from(certificate.len()).unwrap().to_be_bytes()[1..]);
        list.extend(certificate.as_ref());
    }
    let mut certificates = u32::try_from(list.len()).unwrap().to_be_bytes()[1..].to_vec();
    certificates.extend(list);
    let mut bytes = record(22, version, &message(2, &hello));
    bytes.extend(record(22, version, &message(11, &certificates)));
    bytes.extend(record(22, version, &message(14, &[])));
    bytes
}
