//! The server's side of a handshake in clear, from hostile bytes: ServerHello, Certificate, Alert. Reading stops where the
//! encrypted part begins. Every length is checked, and what is kept is bounded.

use super::hello::Version;

/// Longest handshake that is kept.
const LIMIT: usize = 128 * 1024;
/// Longest record that TLS allows.
pub const RECORD: usize = 16_384 + 2_048;
/// Most certificates of a chain.
const CHAIN: usize = 16;

/// What the server chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerHello {
    /// As on the wire, and 0x0304 where the extension says so.
    pub version: u16,
    pub suite: u16,
}

/// What is known of the server's flight so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flight {
    pub hello: Option<ServerHello>,
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    pub alert: Option<u8>,
    messages: Vec<u8>,
}

/// Is there more to read?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    More,
    /// All that can be known is known.
    End,
    /// That is not TLS.
    Broken,
}

/// The length of the record that this header announces, or `None` if it is none of TLS.
pub fn record_length(header: [u8; 5]) -> Option<usize> {
    let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
    ((20..=24).contains(&header[0]) && header[1] == 3 && length <= RECORD).then_some(length)
}

impl Flight {
    /// Takes the next record.
    pub fn record(&mut self, kind: u8, body: &[u8]) -> Progress {
        match kind {
            21 => self.alert(body),
            22 => {
                if self.messages.len() + body.len() > LIMIT {
                    return self.enough();
                }
                self.messages.extend(body);
                self.handshake()
            }
            // Change of cipher or data: encrypted from here on.
            _ => self.enough(),
        }
    }

    fn enough(&self) -> Progress {
        if self.hello.is_some() { Progress::End } else { Progress::Broken }
    }

    fn alert(&mut self, body: &[u8]) -> Progress {
        const WARNING: u8 = 1;
        const UNRECOGNIZED_NAME: u8 = 112;
        match *body {
            // A remark about the name; the handshake goes on.
            [WARNING, UNRECOGNIZED_NAME] if self.hello.is_none() => Progress::More,
            [1 | 2, code] => {
                self.alert = Some(code);
                Progress::End
            }
            _ => self.enough(),
        }
    }

    fn handshake(&mut self) -> Progress {
        loop {
            let Some((&[kind, a, b, c], rest)) = self.messages.split_first_chunk::<4>() else { return Progress::More };
            let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            if length > LIMIT {
                return self.enough();
            }
            let Some(body) = rest.get(..length) else { return Progress::More };
            match (kind, self.hello) {
                (2, None) => match server_hello(body) {
                    Some(hello) => self.hello = Some(hello),
                    None => return Progress::Broken,
                },
                (_, None) => return Progress::Broken,
                (11, Some(_)) if self.chain.is_empty() => self.chain = certificates(body).unwrap_or_default(),
                // ServerHelloDone.
                (14, Some(_)) => return Progress::End,
                _ => {}
            }
            if self.hello.is_some_and(|hello| hello.version >= Version::Tls13.number()) {
                return Progress::End;
            }
            self.messages.drain(..4 + length);
        }
    }
}

/// Reads big-endian numbers and sized parts from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }

    /// A part with its length in front, written in this many bytes.
    fn sized(&mut self, bytes: usize) -> Option<Reader<'a>> {
        let length = self.number(bytes)?;
        self.take(length).map(Reader)
    }
}

fn server_hello(body: &[u8]) -> Option<ServerHello> {
    const SUPPORTED_VERSIONS: u16 = 43;
    let mut reader = Reader(body);
    let mut version = reader.u16()?;
    reader.take(32)?;
    reader.sized(1)?;
    let suite = reader.u16()?;
    reader.number(1)?;
    if !reader.0.is_empty() {
        let mut extensions = reader.sized(2)?;
        while !extensions.0.is_empty() {
            let kind = extensions.u16()?;
            let mut value = extensions.sized(2)?;
            if kind == SUPPORTED_VERSIONS {
                version = value.u16()?;
            }
        }
    }
    Some(ServerHello { version, suite })
}

fn certificates(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut list = Reader(body).sized(3)?;
    let mut chain = Vec::new();
    while !list.0.is_empty() && chain.len() < CHAIN {
        chain.push(list.sized(3)?.0.to_vec());
    }
    Some(chain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
        bytes[0] = kind;
        bytes.extend(body);
        bytes
    }

    fn hello(version: [u8; 2], suite: [u8; 2], extensions: Option<&[u8]>) -> Vec<u8> {
        let mut body = version.to_vec();
        body.extend([9; 32]);
        body.push(0);
        body.extend(suite);
        body.push(0);
        if let Some(extensions) = extensions {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        message(2, &body)
    }

    #[test]
    fn a_whole_flight_however_it_is_cut() {
        let chain = message(11, &[0, 0, 9, 0, 0, 2, 1, 2, 0, 0, 1, 3]);
        let bytes = [hello([3, 1], [0, 5], None), chain, message(14, &[])].concat();
        for cut in 1..bytes.len() {
            let mut flight = Flight::default();
            assert_eq!(flight.record(22, &bytes[..cut]), Progress::More, "{cut}");
            assert_eq!(flight.record(22, &bytes[cut..]), Progress::End, "{cut}");
            assert_eq!(flight.hello, Some(ServerHello { version: 0x0301, suite: 5 }));
            assert_eq!(flight.chain, [vec![1, 2], vec![3]]);
        }
    }

    #[test]
    fn the_extension_names_the_version_and_the_rest_is_encrypted() {
        let mut flight = Flight::default();
        let bytes = hello([3, 3], [0x13, 1], Some(&[0, 51, 0, 2, 0, 29, 0, 43, 0, 2, 3, 4]));
        assert_eq!(flight.record(22, &bytes), Progress::End);
        assert_eq!(flight.hello, Some(ServerHello { version: 0x0304, suite: 0x1301 }));
    }

    #[test]
    fn alerts() {
        let rows: [(&[u8], Progress, Option<u8>); 5] = [
            (&[2, 70], Progress::End, Some(70)),
            (&[2, 80], Progress::End, Some(80)),
            (&[1, 0], Progress::End, Some(0)),
            (&[1, 112], Progress::More, None),
            (&[7, 7, 7], Progress::Broken, None),
        ];
        for (body, progress, code) in rows {
            let mut flight = Flight::default();
            assert_eq!((flight.record(21, body), flight.alert), (progress, code), "{body:?}");
        }
    }

    #[test]
    fn what_is_not_tls() {
        assert_eq!(record_length(*b"HTTP/"), None);
        assert_eq!(record_length([22, 3, 1, 0, 7]), Some(7));
        assert_eq!(record_length([22, 3, 1, 255, 255]), None);
        assert_eq!(record_length([22, 2, 0, 0, 7]), None);
        assert_eq!(Flight::default().record(22, &message(11, &[])), Progress::Broken);
        assert_eq!(Flight::default().record(23, &[1]), Progress::Broken);
        assert_eq!(Flight::default().record(22, &message(2, &[3, 3])), Progress::Broken);
    }

    #[test]
    fn lengths_that_lie_take_nothing() {
        let mut flight = Flight::default();
        assert_eq!(flight.record(22, &hello([3, 3], [0, 47], None)), Progress::More);
        assert_eq!(flight.record(22, &message(11, &[255, 255, 255, 0])), Progress::More);
        assert!(flight.chain.is_empty());
        assert_eq!(flight.record(22, &[11, 255, 255, 255]), Progress::End);
        let mut endless = Flight::default();
        endless.record(22, &hello([3, 3], [0, 47], None));
        let records = (0..100).take_while(|_| endless.record(22, &[22; 16_000]) == Progress::More).count();
        assert!(records < 100 && endless.messages.len() <= LIMIT);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(records in proptest::collection::vec((20u8..25, proptest::collection::vec(any::<u8>(), 0..200)), 0..8)) {
            let mut flight = Flight::default();
            for (kind, body) in records {
                if flight.record(kind, &body) != Progress::More {
                    break;
                }
            }
        }

        #[test]
        fn no_changed_flight_panics(at in 0usize..100, byte in any::<u8>(), cut in 0usize..100) {
            let chain = message(11, &[0, 0, 9, 0, 0, 2, 1, 2, 0, 0, 1, 3]);
            let mut bytes = [hello([3, 3], [0, 5], Some(&[0, 43, 0, 2, 3, 3])), chain, message(14, &[])].concat();
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
            bytes.truncate(cut.max(1));
            let mut flight = Flight::default();
            flight.record(22, &bytes);
            prop_assert!(flight.chain.len() <= 16);
        }
    }
}
