//! Facts of TLS: what the fixture is configured to do is what is reported, and no more handshakes than allowed.

use std::time::{Duration, Instant};

use readyctl::live::roots::Roots;
use readyctl::live::tls::{Endpoint, Handshakes, Inspection, inspect};
use readyctl::model::live::Value;

use super::certificates::now;
use super::fixture::{Fixture, Port};
use super::mode::{Class, Mode, Version};

/// What is seen of a site with these modes. Silence is waited for as briefly as `each` says.
fn seen_within(modes: &[Mode], each: Duration) -> Inspection {
    let fixture = Fixture::start(modes);
    let endpoint = Endpoint { host: "localhost".to_owned(), addresses: vec![fixture.address()] };
    let mut budget = Handshakes { each, ..Handshakes::default() };
    let deadline = Instant::now() + Duration::from_secs(60);
    let inspection = inspect(&endpoint, &Roots::only(fixture.ca_file()).unwrap(), now(), deadline, &mut budget);
    assert!(budget.used <= 25, "{modes:?}: {} handshakes", budget.used);
    assert!(fixture.connections(Port::Https) <= 25, "{modes:?}");
    inspection
}

fn seen(modes: &[Mode]) -> Inspection {
    seen_within(modes, Duration::from_secs(20))
}

/// A fact as text: words of a list by spaces, `-` if absent.
fn show(inspection: &Inspection, path: &str) -> String {
    match inspection.facts.get(path) {
        None => "-".to_owned(),
        Some(Value::List(items)) => items.join(" "),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Int(value)) => value.to_string(),
        Some(Value::Rows(rows)) => format!("{rows:?}"),
    }
}

#[test]
fn a_good_site() {
    let site = seen(&[]);
    let rows = [
        ("tls.accepted", "tls1.2 tls1.3"),
        ("tls.inconclusive", "-"),
        ("tls.weak", "-"),
        ("tls.legacy", "-"),
        ("tls.version", "tls1.3"),
        ("tls.suite", "TLS_AES_256_GCM_SHA384"),
        ("tls.alpn", "http/1.1"),
        ("tls.forward-secrecy", "true"),
        ("tls.error", "-"),
        ("certificate.trusted", "true"),
        ("certificate.name-matches", "true"),
        ("certificate.expired", "false"),
        ("certificate.not-yet-valid", "false"),
        ("certificate.days-left", "60"),
        ("certificate.lifetime-days", "90"),
        ("certificate.expires-soon", "false"),
        ("certificate.self-signed", "false"),
        ("certificate.chain-complete", "true"),
        ("certificate.key", "ec"),
        ("certificate.key-bits", "256"),
        ("certificate.weak-key", "false"),
        ("certificate.weak-signature", "false"),
        ("certificate.issuer", "CN=Fixture Intermediate"),
    ];
    for (path, value) in rows {
        assert_eq!(show(&site, path), value, "{path}");
    }
    assert!(site.notes.is_empty(), "{:?}", site.notes);
    let there = rows.iter().filter(|(_, value)| *value != "-").count();
    assert_eq!(site.facts.len(), there, "{:?}", site.facts);
}

/// Modes, and the facts that they change.
type Row<'a> = (&'a [Mode], &'a [(&'a str, &'a str)]);

#[test]
fn each_mode_changes_its_facts_and_no_other() {
    const ALPN: &str = "http/1.1";
    let rows: [Row; 23] = [
        (
            &[Mode::NoTls13],
            &[("tls.accepted", "tls1.2"), ("tls.version", "tls1.2"), ("tls.suite", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")],
        ),
        (&[Mode::Accepts(Version::Ssl3)], &[("tls.accepted", "ssl3 tls1.2 tls1.3")]),
        (&[Mode::Accepts(Version::Tls10)], &[("tls.accepted", "tls1.0 tls1.2 tls1.3")]),
        (&[Mode::Accepts(Version::Tls11)], &[("tls.accepted", "tls1.1 tls1.2 tls1.3")]),
        (&[Mode::AcceptsSuites(Class::Anonymous)], &[("tls.weak", "anonymous")]),
        (&[Mode::AcceptsSuites(Class::Null)], &[("tls.weak", "null")]),
        (&[Mode::AcceptsSuites(Class::Export)], &[("tls.weak", "export")]),
        (&[Mode::AcceptsSuites(Class::Des)], &[("tls.weak", "des")]),
        (&[Mode::AcceptsSuites(Class::Rc4)], &[("tls.weak", "rc4")]),
        (&[Mode::AcceptsSuites(Class::TripleDes), Mode::AcceptsSuites(Class::Rc4)], &[("tls.weak", "rc4 3des")]),
        (&[Mode::AcceptsSuites(Class::Cbc)], &[("tls.legacy", "cbc-only")]),
        (&[Mode::AcceptsSuites(Class::StaticRsa)], &[("tls.legacy", "static-rsa")]),
        (&[Mode::AcceptsSuites(Class::Dhe)], &[("tls.legacy", "dhe")]),
        (&[Mode::ForeignAlpn], &[("tls.alpn", "-")]),
        // Any alert is a no.
        (&[Mode::LegacyAlert(80)], &[]),
        (&[Mode::LegacyAlert(40)], &[]),
        // A close is one where a current handshake works.
        (&[Mode::LegacyEof], &[]),
        // A reset says nothing.
        (&[Mode::LegacyReset], &[("tls.inconclusive", "ssl3 tls1.0 tls1.1")]),
        (
            &[Mode::Expired],
            &[("certificate.expired", "true"), ("certificate.days-left", "-10"), ("certificate.expires-soon", "true")],
        ),
        (&[Mode::NotYetValid], &[("certificate.not-yet-valid", "true"), ("certificate.days-left", "100")]),
        (&[Mode::ExpiresSoon], &[("certificate.expires-soon", "true"), ("certificate.days-left", "5")]),
        (&[Mode::WrongName], &[("certificate.name-matches", "false")]),
        (&[Mode::MissingIntermediate], &[("certificate.trusted", "false"), ("certificate.chain-complete", "false")]),
    ];
    let good = seen(&[]);
    assert_eq!(show(&good, "tls.alpn"), ALPN);
    for (modes, expected) in rows {
        let site = seen(modes);
        for (path, value) in expected {
            assert_eq!(show(&site, path), *value, "{modes:?}: {path}");
        }
        for path in good.facts.keys().chain(site.facts.keys()) {
            let moved = expected.iter().any(|(own, _)| own == path) || path == "certificate.lifetime-days";
            assert!(moved || show(&site, path) == show(&good, path), "{modes:?}: {path} is {}", show(&site, path));
        }
    }
}

#[test]
fn self_signed_by_parsed_facts() {
    let site = seen(&[Mode::SelfSigned]);
    for (path, value) in [
        ("certificate.self-signed", "true"),
        ("certificate.trusted", "false"),
        ("certificate.name-matches", "true"),
        ("certificate.expired", "false"),
    ] {
        assert_eq!(show(&site, path), value, "{path}");
    }
}

#[test]
fn a_server_of_tls_1_0_alone_does_not_pass_for_newer() {
    let site = seen(&[Mode::OnlyTls10]);
    for (path, value) in [
        ("tls.accepted", "tls1.0"),
        ("tls.inconclusive", "-"),
        ("tls.version", "tls1.0"),
        ("tls.error", "tls"),
        // Its certificate comes from the raw hello.
        ("certificate.trusted", "true"),
        ("certificate.name-matches", "true"),
    ] {
        assert_eq!(show(&site, path), value, "{path}");
    }
    assert_eq!(show(&site, "tls.legacy"), "cbc-only static-rsa dhe");
    assert_eq!(show(&site, "tls.weak"), "-");
}

#[test]
fn what_does_not_speak_tls_is_named_and_nothing_else_is_said() {
    let rows: [(&[Mode], &str); 4] = [
        (&[Mode::PlainOnTlsPort], "not-tls"),
        (&[Mode::Raw(b"220 mail.example.test ESMTP\r\n")], "not-tls"),
        (&[Mode::ClosesAfterHello], "tls"),
        (&[Mode::Raw(b"\x16\x03\x03\x00\x04\x0b\x00\x00\x00")], "tls"),
    ];
    for (modes, word) in rows {
        let site = seen(modes);
        assert_eq!(site.facts.len(), 1, "{modes:?}: {:?}", site.facts);
        assert_eq!(show(&site, "tls.error"), word, "{modes:?}");
    }
}

#[test]
fn silence_is_not_a_no() {
    let site = seen_within(&[Mode::LegacySilent], Duration::from_millis(1500));
    assert_eq!(show(&site, "tls.inconclusive"), "ssl3 tls1.0 tls1.1");
    assert_eq!(show(&site, "tls.accepted"), "tls1.2 tls1.3");
}

#[test]
fn nobody_there() {
    let fixture = Fixture::start(&[]);
    let (address, ca) = (fixture.address(), Roots::only(fixture.ca_file()).unwrap());
    drop(fixture);
    let deadline = Instant::now() + Duration::from_secs(20);
    let look = |addresses, budget: &mut Handshakes| {
        let endpoint = Endpoint { host: "localhost".to_owned(), addresses };
        show(&inspect(&endpoint, &ca, now(), deadline, budget), "tls.error")
    };
    assert_eq!(look(vec![address], &mut Handshakes::default()), "refused");
    assert_eq!(look(Vec::new(), &mut Handshakes::default()), "dns");
}

#[test]
fn of_several_addresses_the_worst_counts() {
    let (good, old) = (Fixture::start(&[]), Fixture::start(&[Mode::Accepts(Version::Tls10), Mode::Expired]));
    let gone = {
        let fixture = Fixture::start(&[]);
        fixture.address()
    };
    let endpoint = Endpoint { host: "localhost".to_owned(), addresses: vec![gone, good.address(), old.address()] };
    let mut budget = Handshakes::default();
    let deadline = Instant::now() + Duration::from_secs(60);
    let site = inspect(&endpoint, &Roots::only(good.ca_file()).unwrap(), now(), deadline, &mut budget);
    assert_eq!(show(&site, "tls.accepted"), "tls1.2 tls1.3 tls1.0");
    assert_eq!(show(&site, "certificate.expired"), "true");
    // The other server has a root of its own.
    assert_eq!(show(&site, "certificate.trusted"), "false");
    assert_eq!(show(&site, "tls.error"), "-");
    assert_eq!(site.notes.len(), 2, "{:?}", site.notes);
    assert!(site.notes[0].contains("refused") && site.notes[1].contains("certificate.expired"), "{:?}", site.notes);
    assert!(budget.used <= 25);
}

#[test]
fn a_small_budget_leaves_questions_open_instead_of_answering_them() {
    let fixture = Fixture::start(&[Mode::Accepts(Version::Ssl3), Mode::AcceptsSuites(Class::Rc4)]);
    let endpoint = Endpoint { host: "localhost".to_owned(), addresses: vec![fixture.address()] };
    let roots = Roots::only(fixture.ca_file()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    for limit in 0..8 {
        let mut budget = Handshakes { limit, ..Handshakes::default() };
        let site = inspect(&endpoint, &roots, now(), deadline, &mut budget);
        assert_eq!(budget.used, limit);
        if limit == 0 {
            assert!(site.facts.is_empty() && site.notes.len() == 1, "{site:?}");
        } else {
            assert!(show(&site, "tls.accepted").contains("ssl3") || show(&site, "tls.inconclusive").contains("ssl3"), "{limit}");
            assert_eq!(show(&site, "tls.weak"), "-", "{limit}");
        }
    }
}
