//! Facts of a certificate chain, each judged on its own. A library's verdict names only the first fault it meets (an expired
//! certificate hides the wrong name, a missing issuer hides both), so none of its error names is read here.

use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;

use crate::live::roots::provider;
use crate::model::live::{Facts, Value};

const DAY: i64 = 86_400;

/// The facts of a chain (DER, leaf first) that `host` sent at `now`, in seconds since 1970. Empty for an empty chain: nothing was
/// seen, which is neither good nor bad.
pub fn facts(chain: &[Vec<u8>], host: &str, roots: &RootCertStore, now: i64) -> Facts {
    let mut facts = Facts::new();
    let Some(der) = chain.first() else { return facts };
    let mut set = |name: &str, value: Value| facts.insert(format!("certificate.{name}"), value);
    let Ok((_, leaf)) = X509Certificate::from_der(der) else {
        set("trusted", Value::Bool(false));
        set("name-matches", Value::Bool(false));
        return facts;
    };
    let others: Vec<X509Certificate<'_>> =
        chain[1..].iter().filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, certificate)| certificate).collect();

    let (from, to) = (leaf.validity().not_before.timestamp(), leaf.validity().not_after.timestamp());
    let (left, lifetime) = (to.saturating_sub(now), to.saturating_sub(from));
    set("expired", Value::Bool(left < 0));
    set("not-yet-valid", Value::Bool(now < from));
    set("days-left", Value::Int(left.div_euclid(DAY)));
    // Both ends belong to it.
    set("lifetime-days", Value::Int(lifetime.saturating_add(1).div_euclid(DAY)));
    set("expires-soon", Value::Bool(left < (14 * DAY).min(lifetime / 4)));

    let trusted = trusted(chain, roots, now.clamp(from.min(to), to));
    set("trusted", Value::Bool(trusted));
    set("name-matches", Value::Bool(names(der, host)));
    set("self-signed", Value::Bool(self_issued(&leaf)));
    set("chain-complete", Value::Bool(trusted || complete(&leaf, &others, roots)));

    let (kind, bits) = key(&leaf);
    set("key", Value::Text(kind.to_owned()));
    set("key-bits", Value::Int(i64::try_from(bits).unwrap_or(i64::MAX)));
    // The root's own key and signature are the business of those who trust it.
    let below_root = || std::iter::once(&leaf).chain(others.iter().filter(|other| !self_issued(other)));
    set("weak-key", Value::Bool(below_root().any(|certificate| weak_key(key(certificate)))));
    set("weak-signature", Value::Bool(below_root().any(weak_signature)));
    let issuer: String = leaf.issuer().to_string().chars().filter(|character| !character.is_control()).take(200).collect();
    set("issuer", Value::Text(issuer));
    facts
}

/// Is there a path to a root at `at`, a moment when the leaf is valid?
fn trusted(chain: &[Vec<u8>], roots: &RootCertStore, at: i64) -> bool {
    let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let Ok(leaf) = ParsedCertificate::try_from(&chain[0]) else { return false };
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    let algorithms = provider().signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&leaf, roots, &chain[1..], at, algorithms).is_ok()
}

/// Is the certificate for `host`, a name or an address?
fn names(der: &[u8], host: &str) -> bool {
    let der = CertificateDer::from(der);
    match (ParsedCertificate::try_from(&der), ServerName::try_from(host)) {
        (Ok(certificate), Ok(name)) => verify_server_name(&certificate, &name).is_ok(),
        _ => false,
    }
}

/// Its own issuer, by name and, where both are written, by key.
fn self_issued(certificate: &X509Certificate<'_>) -> bool {
    let mut authority = None;
    let mut own = None;
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(value) => authority = value.key_identifier.as_ref().map(|key| key.0),
            ParsedExtension::SubjectKeyIdentifier(value) => own = Some(value.0),
            _ => {}
        }
    }
    let keys_differ = matches!((authority, own), (Some(authority), Some(own)) if authority != own);
    certificate.subject().as_raw() == certificate.issuer().as_raw() && !keys_differ
}

/// Does the chain, as sent, lead up to a certificate that is its own issuer or to the name of a root? Otherwise its last issuer
/// is neither sent nor known.
fn complete(leaf: &X509Certificate<'_>, others: &[X509Certificate<'_>], roots: &RootCertStore) -> bool {
    let mut current = leaf;
    // Each step uses one certificate of the chain, so a circle ends.
    for _ in 0..=others.len() {
        let issuer = current.issuer().as_raw();
        let known = roots.roots.iter().any(|root| root.subject.as_ref() == content(issuer));
        if self_issued(current) || known {
            return true;
        }
        match others.iter().find(|other| other.subject().as_raw() == issuer) {
            Some(next) => current = next,
            None => return false,
        }
    }
    false
}

/// A DER value without its tag and length, as trust anchors hold names.
fn content(der: &[u8]) -> &[u8] {
    let long = der.get(1).filter(|length| **length >= 0x80).map_or(0, |length| usize::from(length & 0x7f));
    der.get(2 + long..).unwrap_or_default()
}

/// Kind and size in bits of the public key.
fn key(certificate: &X509Certificate<'_>) -> (&'static str, usize) {
    const CURVES: [(&str, usize); 5] = [
        ("1.2.840.10045.3.1.1", 192),
        ("1.3.132.0.33", 224),
        ("1.2.840.10045.3.1.7", 256),
        ("1.3.132.0.34", 384),
        ("1.3.132.0.35", 521),
    ];
    let info = certificate.public_key();
    if info.algorithm.algorithm.to_id_string() == "1.3.101.112" {
        return ("ed25519", 256);
    }
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let first = rsa.modulus.iter().position(|byte| *byte != 0).unwrap_or(rsa.modulus.len());
            let modulus = &rsa.modulus[first..];
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
            ("rsa", modulus.len() * 8 - unused)
        }
        Ok(PublicKey::EC(point)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok()).map(|oid| oid.to_id_string());
            let known = CURVES.iter().find(|(oid, _)| curve.as_deref() == Some(*oid));
            ("ec", known.map_or_else(|| point.key_size(), |(_, bits)| *bits))
        }
        _ => ("other", info.subject_public_key.data.len() * 8),
    }
}

fn weak_key((kind, bits): (&str, usize)) -> bool {
    match kind {
        "rsa" => bits < 2048,
        "ec" => bits < 256,
        _ => false,
    }
}

/// Signed over MD2, MD5 or SHA-1.
fn weak_signature(certificate: &X509Certificate<'_>) -> bool {
    const WEAK: [&str; 8] = [
        "1.2.840.113549.1.1.2",
        "1.2.840.113549.1.1.4",
        "1.2.840.113549.1.1.5",
        "1.3.14.3.2.29",
        "1.3.14.3.2.3",
        "1.2.840.10040.4.3",
        "1.3.14.3.2.27",
        "1.2.840.10045.4.1",
    ];
    const SHA1: &str = "1.3.14.3.2.26";
    match SignatureAlgorithm::try_from(&certificate.signature_algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => parameters.hash_algorithm_oid().to_id_string() == SHA1,
        _ => WEAK.contains(&certificate.signature_algorithm.algorithm.to_id_string().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    /// In January 2027.
    const NOW: i64 = 1_800_000_000;
    const HOST: &str = "app.example.test";

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/", $name, ".der")).to_vec()
        };
    }

    fn roots(certificates: &[&[u8]]) -> RootCertStore {
        let mut store = RootCertStore::empty();
        for der in certificates {
            store.add(CertificateDer::from(der.to_vec())).unwrap();
        }
        store
    }

    fn flag(facts: &Facts, name: &str) -> bool {
        match facts[&format!("certificate.{name}")] {
            Value::Bool(value) => value,
            ref other => panic!("{name}: {other:?}"),
        }
    }

    fn number(facts: &Facts, name: &str) -> i64 {
        match facts[&format!("certificate.{name}")] {
            Value::Int(value) => value,
            ref other => panic!("{name}: {other:?}"),
        }
    }

    /// The flags that are set, of those that say something about a fault or its absence.
    fn flags(facts: &Facts) -> Vec<&str> {
        let set = |value: &Value| matches!(value, Value::Bool(true));
        facts.iter().filter(|(_, value)| set(value)).map(|(path, _)| path.trim_start_matches("certificate.")).collect()
    }

    struct Made {
        root: Vec<u8>,
        middle: Vec<u8>,
        leaf: Vec<u8>,
    }

    /// A chain whose leaf is valid from `from` to `to` days after now.
    fn made(host: &str, from: i64, to: i64) -> Made {
        let authority = |name: &str| {
            let mut parameters = CertificateParams::new(Vec::<String>::new()).unwrap();
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            (parameters, KeyPair::generate().unwrap())
        };
        let at = |days: i64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs((NOW + days * DAY).unsigned_abs());
        let (root, root_key) = authority("Root");
        let (middle, middle_key) = authority("Middle");
        let root_der = root.self_signed(&root_key).unwrap().der().to_vec();
        let middle_der = middle.signed_by(&middle_key, &Issuer::from_params(&root, &root_key)).unwrap().der().to_vec();
        let mut leaf = CertificateParams::new(vec![host.to_owned()]).unwrap();
        (leaf.not_before, leaf.not_after) = (at(from), at(to));
        let leaf_der =
            leaf.signed_by(&KeyPair::generate().unwrap(), &Issuer::from_params(&middle, &middle_key)).unwrap().der().to_vec();
        Made { root: root_der, middle: middle_der, leaf: leaf_der }
    }

    #[test]
    fn a_good_chain() {
        let Made { root, middle, leaf } = made(HOST, -30, 60);
        let facts = facts(&[leaf, middle], HOST, &roots(&[&root]), NOW);
        assert_eq!(flags(&facts), ["chain-complete", "name-matches", "trusted"]);
        assert_eq!((number(&facts, "days-left"), number(&facts, "lifetime-days"), number(&facts, "key-bits")), (60, 90, 256));
        assert_eq!(facts["certificate.key"], Value::Text("ec".to_owned()));
        assert_eq!(facts["certificate.issuer"], Value::Text("CN=Middle".to_owned()));
    }

    #[test]
    fn no_fault_hides_another() {
        // All eight combinations of expired, untrusted, wrong name.
        for case in 0..8 {
            let (expired, untrusted, wrong) = (case & 1 != 0, case & 2 != 0, case & 4 != 0);
            let chain = made(if wrong { "other.example.test" } else { HOST }, -100, if expired { -10 } else { 90 });
            let other = made(HOST, -1, 1).root;
            let store = roots(&[if untrusted { &other } else { &chain.root }]);
            let facts = facts(&[chain.leaf, chain.middle], HOST, &store, NOW);
            let seen = (flag(&facts, "expired"), !flag(&facts, "trusted"), !flag(&facts, "name-matches"));
            assert_eq!(seen, (expired, untrusted, wrong));
            assert!(flag(&facts, "chain-complete") || untrusted);
        }
    }

    #[test]
    fn time() {
        // From, to, expired, not yet valid, days left, expires soon.
        let rows = [
            (-30, 60, false, false, 60, false),
            (-85, 5, false, false, 5, true),
            (-76, 14, false, false, 14, false),
            (-77, 13, false, false, 13, true),
            // Six days of lifetime: a quarter of it is less than two days.
            (-4, 2, false, false, 2, false),
            (-5, 1, false, false, 1, true),
            (-90, -1, true, false, -1, true),
            (5, 95, false, true, 95, false),
        ];
        for (from, to, expired, early, left, soon) in rows {
            let Made { root, middle, leaf } = made(HOST, from, to);
            let facts = facts(&[leaf, middle], HOST, &roots(&[&root]), NOW);
            let seen = (flag(&facts, "expired"), flag(&facts, "not-yet-valid"), number(&facts, "days-left"));
            assert_eq!(seen, (expired, early, left), "{from} {to}");
            assert_eq!(flag(&facts, "expires-soon"), soon, "{from} {to}");
            assert!(flag(&facts, "trusted"), "at a time when the leaf is valid: {from} {to}");
        }
    }

    #[test]
    fn a_missing_intermediate() {
        let Made { root, middle, leaf } = made(HOST, -30, 60);
        let facts_of = |chain: &[Vec<u8>], store: &RootCertStore| facts(chain, HOST, store, NOW);
        let missing = facts_of(std::slice::from_ref(&leaf), &roots(&[&root]));
        assert!(!flag(&missing, "trusted") && !flag(&missing, "chain-complete"));
        // Another certificate in its place does not help, and circles end.
        let wrong = facts_of(&[leaf.clone(), leaf.clone()], &roots(&[&root]));
        assert!(!flag(&wrong, "chain-complete"));
        // The private root is sent, but nobody here trusts it.
        let private = facts_of(&[leaf, middle, root], &RootCertStore::empty());
        assert!(!flag(&private, "trusted") && flag(&private, "chain-complete"));
    }

    #[test]
    fn self_signed_that_says_it_is_an_authority() {
        // rustls calls it CaUsedAsEndEntity, not an unknown issuer.
        let facts = facts(&[fixture!("self")], HOST, &RootCertStore::empty(), NOW);
        assert_eq!(flags(&facts), ["chain-complete", "name-matches", "self-signed"]);
    }

    #[test]
    fn keys_and_signatures() {
        // Leaf, kind, bits, weak key, weak signature.
        let rows = [
            (fixture!("rsa1024"), "rsa", 1024, true, false),
            (fixture!("rsa3072"), "rsa", 3072, false, false),
            (fixture!("p192"), "ec", 192, true, false),
            (fixture!("p384"), "ec", 384, false, false),
            (fixture!("ed25519"), "ed25519", 256, false, false),
            (fixture!("sha1"), "rsa", 2048, false, true),
            (fixture!("md5"), "rsa", 2048, false, true),
            (fixture!("pss-sha1"), "rsa", 3072, false, true),
            (fixture!("v1"), "ec", 384, false, false),
        ];
        let root = fixture!("ca");
        for (leaf, kind, bits, weak_key, weak_signature) in rows {
            let facts = facts(&[leaf], HOST, &roots(&[&root]), NOW);
            assert_eq!((&facts["certificate.key"], number(&facts, "key-bits")), (&Value::Text(kind.to_owned()), bits));
            assert_eq!((flag(&facts, "weak-key"), flag(&facts, "weak-signature")), (weak_key, weak_signature), "{kind} {bits}");
            assert!(flag(&facts, "chain-complete") && !flag(&facts, "self-signed"));
        }
        // A root of SHA-1 that is sent along is not held against the server.
        let Made { root, middle, leaf } = made(HOST, -30, 60);
        let below = facts(&[leaf, middle, fixture!("self")], HOST, &roots(&[&root]), NOW);
        assert!(!flag(&below, "weak-signature"));
    }

    #[test]
    fn a_key_that_is_too_small_for_the_library_is_still_trusted_by_path() {
        let facts = facts(&[fixture!("rsa1024")], HOST, &roots(&[&fixture!("ca")]), NOW);
        assert_eq!(flags(&facts), ["chain-complete", "name-matches", "trusted", "weak-key"]);
    }

    #[test]
    fn nothing_seen_is_not_good() {
        assert!(facts(&[], HOST, &RootCertStore::empty(), NOW).is_empty());
        let garbage = facts(&[vec![1, 2, 3]], HOST, &RootCertStore::empty(), NOW);
        assert!(!flag(&garbage, "trusted") && !flag(&garbage, "name-matches"));
    }

    #[test]
    fn hosts_that_are_addresses_or_no_names() {
        let Made { root, middle, leaf } = made("127.0.0.1", -30, 60);
        let chain = [leaf, middle];
        for (host, matches) in [("127.0.0.1", true), ("127.0.0.2", false), ("::1", false), ("", false), ("a b", false)] {
            assert_eq!(flag(&facts(&chain, host, &roots(&[&root]), NOW), "name-matches"), matches, "{host}");
        }
    }

    proptest! {
        #[test]
        fn no_changed_certificate_panics(at in 0usize..700, byte in any::<u8>(), cut in 1usize..900, now in any::<i64>()) {
            let mut leaf = fixture!("rsa1024");
            if let Some(old) = leaf.get_mut(at) {
                *old = byte;
            }
            leaf.truncate(cut);
            facts(&[leaf.clone(), leaf, fixture!("ca")], HOST, &roots(&[&fixture!("ca")]), now);
        }
    }
}
