//! What each live check sends when it is asked alone, to a good site and, if that is more, to one where nothing is found: every
//! request, in `requests.yaml`.
//!
//! `READYCTL_BLESS=1 cargo test requests` rewrites that file. A new request in it is a decision: is it safe, and is it worth it?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use readyctl::engine::live::plan;
use readyctl::live::{Settings, dry_run, run};
use readyctl::model::live::Class;

use super::active::token;
use super::answer::CREDENTIAL;
use super::fixture::{Fixture, Port, Received};
use super::judge::{each, live_checks, told};
use super::mode::Mode;
use super::server::STREAM;
use crate::support::root;

/// The credential of another account, and what is its own.
const OWNER: &str = "Bearer fixture-owner-0123456789";
const OBJECT: &str = "/api/orders/7";

/// Headers that every request has, with the value that says nothing; an empty one stands for any.
const ORDINARY: [(&str, &str); 5] =
    [("host", ""), ("user-agent", ""), ("x-readyctl-run", ""), ("content-length", ""), ("accept", "*/*")];

/// One request in a line: port, method, path, what is special about its headers, its body.
fn line(request: &Received, settings: &Settings) -> String {
    let port = match request.port {
        Port::Https => "https",
        Port::Http => "http",
        Port::Canary => "canary",
    };
    let random = request.header("x-readyctl-run").unwrap_or("-");
    let shown = |value: &str| {
        let credential = settings.auth.as_deref().unwrap_or(CREDENTIAL);
        value.replace(credential, "CREDENTIAL").replace(OWNER, "OWNER")
    };
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, value)| !ORDINARY.iter().any(|(own, usual)| own == name && (usual.is_empty() || usual == value)))
        .map(|(name, value)| format!("{name}: {}", shown(value)))
        .collect();
    headers.sort();
    let mut parts = vec![format!("{port} {} {}", request.method, request.path)];
    parts.extend(headers);
    if !request.body.is_empty() {
        parts.push(format!("body {}", String::from_utf8_lossy(&request.body)));
    }
    parts.join(" | ").replace(random, "RANDOM")
}

/// The good site, unless a check sends nothing more to a site that bears everything.
fn good(id: &str) -> &'static [Mode] {
    match id {
        "api/rate-limit-per-user" => &[Mode::LimitByForwarded(10)],
        "auth/login-throttling" => &[Mode::Login("/sign-in", 6)],
        "auth/token-revocation" => &[Mode::As(CREDENTIAL, "/api/me", 200, "{\"id\":1}"), Mode::SignsOut("/sign-out")],
        "auth/object-level-authorization" => {
            &[Mode::As(OWNER, OBJECT, 200, "{\"id\":7}"), Mode::As(CREDENTIAL, OBJECT, 403, "{}")]
        }
        _ => &[],
    }
}

/// What a user has to name, so that this check asks for it. Of streams and large bodies `active` says how much is sent.
fn name(id: &str, settings: &mut Settings) {
    match id {
        "auth/login-throttling" => settings.login = Some("/sign-in".to_owned()),
        "auth/token-revocation" => {
            (settings.protected, settings.logout) = (vec!["/api/me".to_owned()], Some("/sign-out".to_owned()));
        }
        "auth/object-level-authorization" => {
            (settings.owned, settings.other_auth) = (vec![OBJECT.to_owned()], Some(OWNER.to_owned()));
        }
        "auth/token-expiry" | "secrets/signing-secret-strength" => {
            settings.protected = vec!["/api/items".to_owned()];
            settings.auth = Some(token("{\"sub\":\"1\"}", "x9Qz-nobody-knows-this-one").to_owned());
        }
        _ => {}
    }
}

/// Did `--dry-run` name this request?
fn is_announced(request: &Received, fixture: &Fixture, lines: &[String]) -> bool {
    let random = request.header("x-readyctl-run").unwrap_or("-");
    // Names of things that do not exist are made of it, and told by their kind.
    if [".", "/"].iter().any(|start| ["a", "b"].iter().any(|end| request.path.contains(&format!("{start}{random}{end}")))) {
        return lines.iter().any(|line| line.contains("that does not exist"));
    }
    let origin = if request.port == Port::Https { fixture.url() } else { fixture.http_url() };
    let own = format!("{} {origin}{}", request.method, request.path).replace(random, "RANDOM");
    lines
        .iter()
        .map(|line| line.strip_prefix("else ").unwrap_or(line))
        .any(|line| line.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ' '])))
}

/// What a check sends, and how often; its handshakes beside them as a line.
fn sent(id: &str, modes: &[Mode]) -> BTreeSet<String> {
    let (check, spec) = live_checks()[id];
    let plan = plan([check]);
    let fixture = Fixture::start(modes);
    let mut settings = told(&fixture);
    // Asked of whoever tells them, whichever checks are selected.
    if !plan.groups.contains("protected") {
        settings.protected.clear();
    }
    name(id, &mut settings);
    // Else the description is at hand, and not looked for.
    if modes.contains(&Mode::Bare) {
        settings.openapi = None;
    }
    let settings = Settings { active: spec.class == Class::Active, ..settings };
    let announced = dry_run(&settings, &plan);
    assert!(fixture.received().is_empty(), "{id}");
    let exchanges = run(&settings, &plan);
    assert_eq!(exchanges.dead, None, "{id}");
    assert!(exchanges.unsent.is_empty(), "{id}: {:?}", exchanges.unsent);
    assert!(fixture.canary_is_untouched(), "{id}");
    let received = fixture.received();
    assert_eq!(usize::try_from(exchanges.requests).unwrap(), received.len(), "{id}");
    for request in &received {
        let agent = request.header("user-agent").unwrap_or_default();
        assert!(agent.starts_with("readyctl/") && request.header("x-readyctl-run").is_some(), "{id}: {request:?}");
        let told = request.header("authorization").is_some() || request.header("cookie").is_some();
        let signs_in = ["credential", "owned", "logout"].iter().any(|group| plan.groups.contains(*group));
        let asks = signs_in || spec.send.iter().any(|request| request.key.auth);
        assert!(!told || (asks && request.port == Port::Https), "{id}: {request:?}");
        let reads = ["GET", "HEAD", "OPTIONS"].contains(&request.method.as_str());
        assert!(reads || spec.class == Class::Active, "{id}: {request:?}");
    }
    let silent: Vec<String> =
        received.iter().filter(|request| !is_announced(request, &fixture, &announced)).map(|own| line(own, &settings)).collect();
    assert!(silent.is_empty(), "{id}: not in --dry-run: {silent:#?}\n{announced:#?}");
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for request in &received {
        *count.entry(line(request, &settings)).or_default() += 1;
    }
    let mut lines: BTreeSet<String> =
        count.into_iter().map(|(line, times)| if times == 1 { line } else { format!("{line} | {times} times") }).collect();
    if exchanges.handshakes > 0 {
        lines.insert(format!("tls {} handshakes", exchanges.handshakes));
    }
    lines
}

fn push(text: &mut String, name: &str, lines: &BTreeSet<String>) {
    text.push_str(&format!("\n{name}:\n"));
    for line in lines {
        text.push_str(&format!("  - {}\n", serde_json::Value::from(line.as_str())));
    }
}

#[test]
fn each_live_check_sends_what_its_list_says() {
    let ids: Vec<&str> = live_checks().into_keys().collect();
    let mut text =
        "# What each live check sends when it is asked alone. READYCTL_BLESS=1 cargo test requests rewrites it.\n".to_owned();
    let lists = each(&ids, |id| {
        let usual = sent(id, good(id));
        let most = if good(id).is_empty() { sent(id, &[Mode::Bare]) } else { usual.clone() };
        (usual, most)
    });
    for (id, (usual, most)) in ids.iter().zip(lists) {
        push(&mut text, id, &usual);
        let more: BTreeSet<String> = most.difference(&usual).cloned().collect();
        if !more.is_empty() {
            push(&mut text, &format!("{id}, where nothing is found also"), &more);
        }
    }
    let path = root().join("tests/live/requests.yaml");
    if std::env::var_os("READYCTL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> = text.lines().filter(|line| !kept.lines().any(|own| own == *line)).collect();
    assert!(kept == text, "READYCTL_BLESS=1 cargo test requests rewrites tests/live/requests.yaml; new:\n{}", changed.join("\n"));
}

#[test]
fn a_dry_run_names_everything_that_all_checks_send() {
    let modes = [
        Mode::Login("/sign-in", 4),
        Mode::As(OWNER, OBJECT, 200, "{\"id\":7}"),
        Mode::As(CREDENTIAL, OBJECT, 403, "{}"),
        Mode::As(CREDENTIAL, "/api/me", 200, "{\"id\":1}"),
        Mode::SignsOut("/sign-out"),
        Mode::Streams(3),
        Mode::Redirect("/healthz", 302, "/livez"),
    ];
    let plan = plan(live_checks().values().map(|(check, _)| *check));
    for more in [&[][..], &[Mode::Bare], &[Mode::SpaFallback]] {
        let fixture = Fixture::start(&[&modes, more].concat());
        let settings = Settings {
            login: Some("/sign-in".to_owned()),
            logout: Some("sign-out".to_owned()),
            owned: vec![OBJECT.to_owned()],
            other_auth: Some(OWNER.to_owned()),
            stream: Some(STREAM.to_owned()),
            hold: Duration::from_millis(300),
            protected: vec!["/api/me".to_owned(), "/api/items".to_owned()],
            ..told(&fixture)
        };
        let announced = dry_run(&settings, &plan);
        assert!(fixture.received().is_empty() && fixture.connections(Port::Https) == 0);
        let exchanges = run(&settings, &plan);
        let received = fixture.received();
        // Streams that were let go of before they were read are counted, too.
        assert!(received.len() <= usize::try_from(exchanges.requests).unwrap(), "{more:?}");
        // Where a redirect leads nobody knows before.
        let followed = |request: &&Received| request.path != "/livez";
        let silent: Vec<String> = received
            .iter()
            .filter(followed)
            .filter(|own| !is_announced(own, &fixture, &announced))
            .map(|own| line(own, &settings))
            .collect();
        assert!(silent.is_empty(), "{more:?}: not in --dry-run: {silent:#?}\n{announced:#?}");
        assert!(received.iter().any(|request| request.path == "/sign-out"), "{more:?}");
    }
}
