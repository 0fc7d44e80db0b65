//! The endpoint under IPv6: an address in the URL, the choice of a family, and a name with addresses of both.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use readyctl::live::{Family, Settings, run};
use readyctl::model::live::{Exchanges, LivePlan, RequestKey, Value};

use super::fixture::{Fixture, Port};
use super::judge::{told, verdicts};
use super::mode::{Mode, Version};
use super::mutation::good;
use crate::support::{readyctl, stderr, stdout};

/// A site at `[::1]`; `None`, said once for each test, where the machine has no such address.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must know what was not tested")]
fn site(modes: &[Mode]) -> Option<Fixture> {
    match Fixture::start_at(modes, (Ipv6Addr::LOCALHOST, 0).into()) {
        Ok(fixture) => Some(fixture),
        Err(error) => {
            eprintln!("skipped: this machine cannot listen at [::1]: {error}");
            None
        }
    }
}

/// Two sites at the same port of `[::1]` and `127.0.0.1`, and a file with the roots of both.
fn both(six: &[Mode], four: &[Mode]) -> Option<(Fixture, Fixture, tempfile::NamedTempFile)> {
    // The port that is free at one address may be taken at the other.
    let (six, four) = (0..20).find_map(|_| {
        let six = site(six)?;
        let address: SocketAddr = (Ipv4Addr::LOCALHOST, six.address().port()).into();
        Some((six, Fixture::start_at(four, address).ok()?))
    })?;
    let roots = tempfile::NamedTempFile::new().unwrap();
    let texts = [&six, &four].map(|site| std::fs::read_to_string(site.ca_file()).unwrap());
    std::fs::write(roots.path(), texts.concat()).unwrap();
    Some((six, four, roots))
}

fn root(exchanges: &Exchanges) -> Option<&Value> {
    exchanges.captures.first().and_then(|(_, capture)| capture.facts.get("status"))
}

fn plan() -> LivePlan {
    let groups = ["tls", "certificate"].map(str::to_owned).into();
    LivePlan { requests: vec![RequestKey::get("")], groups }
}

#[test]
fn an_address_in_brackets_is_judged_as_any_other() {
    let Some(fixture) = site(&[]) else { return };
    assert_eq!(fixture.url(), format!("https://[::1]:{}", fixture.address().port()));
    let found = verdicts(&fixture, &told(&fixture));
    for (id, (verdict, _)) in good() {
        // Browsers pin names, not addresses.
        let expected = if id == "tls/hsts" { "not-applicable" } else { verdict.as_str() };
        assert_eq!(found[id].0, expected, "{id}: {}", found[id].1);
    }
    let received = fixture.received();
    assert!(received.iter().any(|request| request.port == Port::Http));
    for request in &received {
        assert!(request.header("host").unwrap().starts_with("[::1]:"), "{request:?}");
    }
}

#[test]
fn the_command_takes_the_address_and_a_family() {
    let Some(fixture) = site(&[]) else { return };
    let (url, http, ca) = (fixture.url(), fixture.http_url(), fixture.ca_file().display().to_string());
    let audit = |more: &[&str]| {
        let mut all = vec!["audit", "--url", &url, "--http-url", &http, "--ca-file", &ca, "--as-public", "--no-config"];
        all.extend(["--format", "json", "--only", "tls"].iter().chain(more));
        readyctl(&all).output().unwrap()
    };
    let output = audit(&["-6"]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let row = |id: &str| report["checks"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
    for id in ["tls/certificate-valid", "tls/https-enabled", "tls/http-redirects-to-https", "tls/protocol-versions"] {
        assert_eq!(row(id)["status"], "pass", "{}", row(id));
    }
    assert_eq!(row("tls/hsts")["status"], "not_applicable");
    assert!(stderr(&output).contains(&format!("asking [::1]:{}", fixture.address().port())), "{}", stderr(&output));
    let before = fixture.connections(Port::Https);
    let output = audit(&["-4"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("no IPv4 address"), "{}", stdout(&output));
    assert_eq!(fixture.connections(Port::Https), before);
}

#[test]
fn of_a_name_with_both_families_the_worse_site_is_told_and_one_can_be_chosen() {
    let Some((six, four, roots)) = both(&[Mode::Accepts(Version::Tls10)], &[]) else { return };
    let port = six.address().port();
    let pin = |address: &str| format!("app.example.test:{port}:{address}").parse().unwrap();
    let settings = |family| Settings {
        url: format!("https://app.example.test:{port}"),
        http_url: None,
        resolve: vec![pin("127.0.0.1"), pin("[::1]")],
        ca_file: Some(roots.path().to_owned()),
        family,
        ..six.settings()
    };
    let old = |exchanges: &Exchanges| matches!(&exchanges.facts["tls.accepted"], Value::List(all) if all.contains(&"tls1.0".to_owned()));
    let count = || (six.connections(Port::Https), four.connections(Port::Https));

    let exchanges = run(&settings(Some(Family::V4)), &plan());
    assert_eq!((root(&exchanges), old(&exchanges)), (Some(&Value::Int(200)), false), "{:?}", exchanges.dead);
    let after_four = count();
    assert!(after_four.0 == 0 && after_four.1 > 0, "{after_four:?}");

    let exchanges = run(&settings(Some(Family::V6)), &plan());
    assert_eq!((root(&exchanges), old(&exchanges)), (Some(&Value::Int(200)), true), "{:?}", exchanges.dead);
    let after_six = count();
    assert!(after_six.0 > 0 && after_six.1 == after_four.1, "{after_six:?}");

    let exchanges = run(&settings(None), &plan());
    assert_eq!((root(&exchanges), old(&exchanges)), (Some(&Value::Int(200)), true), "{:?}", exchanges.dead);
    let after_both = count();
    assert!(after_both.0 > after_six.0 && after_both.1 > after_six.1, "{after_both:?}");
    assert!(exchanges.handshakes <= 25, "{}", exchanges.handshakes);
    // Both sites took the name that the user wrote.
    for request in six.received().iter().chain(&four.received()) {
        assert_eq!(request.header("host"), Some(format!("app.example.test:{port}").as_str()));
    }
}
