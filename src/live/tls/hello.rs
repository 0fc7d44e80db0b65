//! ClientHellos made by hand: one for each question that a current TLS library cannot ask. Nothing here is secret or needs
//! cryptography; the handshake ends after the server's first answer.

/// A protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Version {
    /// All, oldest first.
    pub const ALL: [Version; 5] = [Version::Ssl3, Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13];

    /// As on the wire.
    pub fn number(self) -> u16 {
        match self {
            Version::Ssl3 => 0x0300,
            Version::Tls10 => 0x0301,
            Version::Tls11 => 0x0302,
            Version::Tls12 => 0x0303,
            Version::Tls13 => 0x0304,
        }
    }

    /// Its word in the facts.
    pub fn word(self) -> &'static str {
        match self {
            Version::Ssl3 => "ssl3",
            Version::Tls10 => "tls1.0",
            Version::Tls11 => "tls1.1",
            Version::Tls12 => "tls1.2",
            Version::Tls13 => "tls1.3",
        }
    }
}

/// What one hello offers.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The only version that it offers, as far as the protocol can say that.
    pub version: Version,
    pub suites: Vec<u16>,
    /// The name for Server Name Indication; none for an address.
    pub name: Option<String>,
    /// Client random, session id and key share: any bytes.
    pub random: [u8; 96],
}

/// "This is no renegotiation", as a suite: some servers insist on it.
const RENEGOTIATION: u16 = 0x00ff;
const GROUPS: [u16; 8] = [0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x0100, 0x0101, 0x0102];
/// With those of SHA-1 and DSA: what a server does with an old signature is to be seen, not hidden.
const SIGNATURES: [u16; 15] =
    [0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0402, 0x0203, 0x0201, 0x0202];

impl Offer {
    /// The record to send.
    pub fn bytes(&self) -> Vec<u8> {
        let legacy = self.version.number().min(Version::Tls12.number());
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend(&self.random[..32]);
        if self.version == Version::Tls13 {
            // A session id makes middle boxes take it for an older handshake.
            body.push(32);
            body.extend(&self.random[32..64]);
        } else {
            body.push(0);
        }
        let signal = (self.version != Version::Tls13).then_some(RENEGOTIATION);
        body.extend(sized16(&numbers(self.suites.iter().copied().chain(signal))));
        body.extend([1, 0]);
        if self.version != Version::Ssl3 {
            body.extend(sized16(&self.extensions()));
        }
        let mut message = vec![1];
        message.extend(&length(body.len())[1..]);
        message.extend(body);
        // Old servers refuse a record of a version that they do not know before they look into it.
        let record = legacy.min(if self.version == Version::Tls13 { Version::Tls10.number() } else { legacy });
        let mut bytes = vec![22];
        bytes.extend(record.to_be_bytes());
        bytes.extend(sized16(&message));
        bytes
    }

    fn extensions(&self) -> Vec<u8> {
        let mut all = Vec::new();
        if let Some(name) = &self.name {
            let entry = [vec![0], sized16(name.as_bytes())].concat();
            all.extend(extension(0, &sized16(&entry)));
        }
        let groups: Vec<u16> = match self.version {
            Version::Tls13 => GROUPS[..5].to_vec(),
            _ => GROUPS.to_vec(),
        };
        all.extend(extension(10, &sized16(&numbers(groups))));
        all.extend(extension(11, &[1, 0]));
        if self.version >= Version::Tls12 {
            all.extend(extension(13, &sized16(&numbers(SIGNATURES))));
        }
        // Extended master secret: some servers want it.
        all.extend(extension(23, &[]));
        if self.version == Version::Tls13 {
            all.extend(extension(43, &[2, 3, 4]));
            let share = [numbers([GROUPS[0]]), sized16(&self.random[64..])].concat();
            all.extend(extension(51, &sized16(&share)));
        }
        all
    }
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), sized16(body)].concat()
}

fn numbers(values: impl IntoIterator<Item = u16>) -> Vec<u8> {
    values.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// The bytes with their length in front. Nothing here comes near 64 KiB; longer ones are cut.
fn sized16(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    let mut all = length(bytes.len())[2..].to_vec();
    all.extend(bytes);
    all
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::tls::suites;

    fn offer(version: Version) -> Vec<u8> {
        let suites = if version == Version::Tls13 { suites::of_tls13() } else { suites::up_to_tls12() };
        Offer { version, suites, name: Some("app.example.test".to_owned()), random: [5; 96] }.bytes()
    }

    #[test]
    fn each_version_says_itself() {
        for (version, record, hello) in [
            (Version::Ssl3, [3, 0], [3, 0]),
            (Version::Tls10, [3, 1], [3, 1]),
            (Version::Tls11, [3, 2], [3, 2]),
            (Version::Tls12, [3, 3], [3, 3]),
            (Version::Tls13, [3, 1], [3, 3]),
        ] {
            let bytes = offer(version);
            assert_eq!((bytes[0], &bytes[1..3], bytes[5], &bytes[9..11]), (22, &record[..], 1, &hello[..]), "{version:?}");
            let record_length = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
            assert_eq!(record_length + 5, bytes.len());
            let message = usize::from(u16::from_be_bytes([bytes[7], bytes[8]]));
            assert_eq!(message + 9, bytes.len());
            let named = bytes.windows(16).any(|window| window == b"app.example.test");
            assert_eq!(named, version != Version::Ssl3, "SSLv3 knows no extensions");
        }
    }

    #[test]
    fn a_current_server_reads_them() {
        for version in [Version::Tls12, Version::Tls13] {
            let mut acceptor = rustls::server::Acceptor::default();
            acceptor.read_tls(&mut offer(version).as_slice()).unwrap();
            let hello = acceptor.accept().map_err(|(error, _)| error).unwrap().unwrap();
            assert_eq!(hello.client_hello().server_name(), Some("app.example.test"), "{version:?}");
        }
    }
}
