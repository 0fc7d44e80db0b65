//! Certificates made when the test runs: a root, an intermediate, and a leaf with at most one fault. To add a fault, add a
//! [`Mode`] and its line in [`Chain::new`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::mode::Mode;

const DAY: i64 = 86_400;

/// A moment as rcgen wants it: seconds since 1970.
macro_rules! at {
    ($seconds:expr) => {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from($seconds).unwrap())
    };
}

/// Seconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

/// What a server presents, and whom a client must trust for it.
pub struct Chain {
    /// Leaf first.
    pub sent: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    /// The root, as PEM.
    pub root: String,
}

impl Chain {
    /// A chain for `localhost`, `127.0.0.1`, `::1` and `app.example.test`, valid from 30 days ago for 90 days, with the faults of `modes`.
    pub fn new(modes: &[Mode]) -> Chain {
        let has = |mode| modes.contains(&mode);
        let root = authority("Fixture Root", None);
        let (root_pem, root_issuer) = (root.0.clone(), root.1);
        let (_, middle_issuer, middle) = authority("Fixture Intermediate", Some(&root_issuer));

        let names: &[&str] =
            if has(Mode::WrongName) { &["other.example.test"] } else { &["localhost", "127.0.0.1", "::1", "app.example.test"] };
        let mut leaf = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, names[0]);
        let (from, to) = if has(Mode::Expired) {
            (-100 * DAY, -10 * DAY)
        } else if has(Mode::NotYetValid) {
            (10 * DAY, 100 * DAY)
        } else if has(Mode::ExpiresSoon) {
            // Not on a full day, so that the seconds that a test takes do not change the count of days.
            (-85 * DAY, 5 * DAY + DAY / 2)
        } else if let Some((lifetime, left)) = lives(modes) {
            ((left - lifetime) * DAY + DAY / 2, left * DAY + DAY / 2)
        } else {
            (-30 * DAY, 60 * DAY + DAY / 2)
        };
        (leaf.not_before, leaf.not_after) = (at!(now() + from), at!(now() + to));
        let key = KeyPair::generate().unwrap();
        let sent = if has(Mode::SelfSigned) {
            // As `openssl req -x509` makes them.
            leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            vec![leaf.self_signed(&key).unwrap().der().clone()]
        } else {
            leaf.use_authority_key_identifier_extension = true;
            let leaf = leaf.signed_by(&key, &middle_issuer).unwrap().der().clone();
            if has(Mode::MissingIntermediate) { vec![leaf] } else { vec![leaf, middle] }
        };
        Chain { sent, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()), root: root_pem }
    }
}

/// Days of the whole life, and days left.
fn lives(modes: &[Mode]) -> Option<(i64, i64)> {
    modes.iter().find_map(|mode| if let Mode::Lives(lifetime, left) = *mode { Some((lifetime, left)) } else { None })
}

fn authority(
    name: &str,
    parent: Option<&Issuer<'static, KeyPair>>,
) -> (String, Issuer<'static, KeyPair>, CertificateDer<'static>) {
    let mut parameters = CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Longer on both sides than any leaf, also the expired one.
    (parameters.not_before, parameters.not_after) = (at!(now() - 1000 * DAY), at!(now() + 1000 * DAY));
    let key = KeyPair::generate().unwrap();
    let certificate = match parent {
        Some(parent) => parameters.signed_by(&key, parent).unwrap(),
        None => parameters.self_signed(&key).unwrap(),
    };
    (certificate.pem(), Issuer::new(parameters, key), certificate.der().clone())
}
