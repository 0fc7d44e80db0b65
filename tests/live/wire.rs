//! The contract of the wire: how much is sent, by which methods, to whom, with which credentials, and that it ends.

use std::time::Duration;

use readyctl::live::{OpenApi, Settings, dry_run, record, replay, run};
use readyctl::model::live::{Base, Capture, Class, Exchanges, LivePlan, Method, RequestKey, Shape, Value};

use super::answer::{ALLOWED, CREDENTIAL, base64};
use super::fixture::{Fixture, Port};
use super::mode::Mode;

fn follow(path: &str) -> RequestKey {
    RequestKey { follow: true, ..RequestKey::get(path) }
}

fn plain() -> RequestKey {
    RequestKey { base: Base::Plain, ..follow("/") }
}

fn origin(path: &str, method: Method, origin: &str) -> RequestKey {
    RequestKey { method, headers: vec![("Origin".to_owned(), origin.to_owned())], ..RequestKey::get(path) }
}

fn plan(requests: &[RequestKey]) -> LivePlan {
    LivePlan { requests: requests.to_vec(), ..LivePlan::default() }
}

fn capture<'a>(exchanges: &'a Exchanges, key: &RequestKey) -> &'a Capture {
    let found = exchanges.captures.iter().find(|(own, _)| own == key);
    &found.unwrap_or_else(|| panic!("{key:?} was not sent: {:?} {:?}", exchanges.unsent, exchanges.dead)).1
}

/// A fact as text, `-` if absent.
fn show(exchanges: &Exchanges, key: &RequestKey, path: &str) -> String {
    match capture(exchanges, key).facts.get(path) {
        None => "-".to_owned(),
        Some(Value::List(items)) => items.join(" | "),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Int(value)) => value.to_string(),
        Some(Value::Rows(rows)) => format!("{rows:?}"),
    }
}

#[test]
fn what_is_configured_is_what_is_reported() {
    let root = RequestKey::get("");
    let foreign = origin("/", Method::Get, "{{foreign}}");
    let null = origin("/", Method::Get, "null");
    let missing = RequestKey::get("/{{random}}");
    let rows: Vec<(&[Mode], RequestKey, &str, &str)> = vec![
        (&[], root.clone(), "status", "200"),
        (&[], root.clone(), "html", "true"),
        (&[], root.clone(), "hsts.valid", "true"),
        (&[], root.clone(), "hsts.max-age", "63072000"),
        (&[], root.clone(), "hsts.include-subdomains", "true"),
        (&[], root.clone(), "csp.enforced", "true"),
        (&[], root.clone(), "csp.unsafe-inline", "false"),
        (&[], root.clone(), "csp.frame-ancestors", "'none'"),
        (&[], root.clone(), "header.x-content-type-options", "nosniff"),
        (&[], root.clone(), "rate-limit", "true"),
        (&[], root.clone(), "version-banner", "-"),
        (&[], foreign.clone(), "cors.allow-origin", ALLOWED),
        (&[], missing.clone(), "status", "404"),
        (&[], missing.clone(), "header.x-content-type-options", "nosniff"),
        (&[], plain(), "redirects.first-status", "301"),
        (&[], plain(), "redirects.offhost", "none"),
        (&[], RequestKey::get("/healthz"), "json.status", "ok"),
        (&[Mode::NoHsts], root.clone(), "hsts.valid", "-"),
        (&[Mode::HstsShort], root.clone(), "hsts.max-age", "86400"),
        (&[Mode::HstsZero], root.clone(), "hsts.max-age", "0"),
        (&[Mode::HstsTwice], root.clone(), "hsts.valid", "false"),
        (&[Mode::NoCsp], root.clone(), "csp.enforced", "false"),
        (&[Mode::CspReportOnly], root.clone(), "csp.report-only", "true"),
        (&[Mode::CspReportOnly], root.clone(), "csp.enforced", "false"),
        (&[Mode::CspUnsafeInline], root.clone(), "csp.unsafe-inline", "true"),
        (&[Mode::CspMeta], root.clone(), "csp.enforced", "true"),
        (&[Mode::CspMeta], root.clone(), "csp.frame-ancestors", "-"),
        (&[Mode::NoFrame], root.clone(), "header.x-frame-options", "-"),
        (&[Mode::NoNosniff], root.clone(), "header.x-content-type-options", "-"),
        (&[Mode::ReferrerUnsafe], root.clone(), "header.referrer-policy", "unsafe-url"),
        (&[Mode::HeadersOnSuccessOnly], missing.clone(), "header.x-content-type-options", "-"),
        (&[Mode::NoRateLimit], root.clone(), "rate-limit", "false"),
        (&[Mode::CorsStar], foreign.clone(), "cors.allow-origin", "*"),
        (&[Mode::CorsEcho], foreign.clone(), "cors.echoed", "true"),
        (&[Mode::CorsEchoCredentials], foreign.clone(), "cors.credentials", "true"),
        (&[Mode::CorsNull], null.clone(), "cors.allow-origin", "null"),
        (&[Mode::CorsNull], foreign.clone(), "cors.allow-origin", ALLOWED),
        (&[Mode::CorsNone], foreign.clone(), "cors.allow-origin", "-"),
        (&[Mode::CorsSuffix], origin("/", Method::Get, "https://{{random}}{{host}}"), "cors.echoed", "true"),
        (&[Mode::CorsPrefix], origin("/", Method::Get, "https://{{host}}.{{random}}.invalid"), "cors.echoed", "true"),
        (&[Mode::PlainTemporary], plain(), "redirects.first-status", "302"),
        (&[Mode::PlainServes], plain(), "redirects.count", "0"),
        (&[Mode::PlainOffHost], plain(), "redirects.offhost", "first"),
        (&[Mode::PlainRefused], plain(), "error", "refused"),
        (&[Mode::Downgrade], root.clone(), "redirects.downgrade", "true"),
        (&[Mode::LoginRedirect], root.clone(), "redirects.login", "true"),
        (&[Mode::TracePage], missing.clone(), "trace", "true"),
        (&[Mode::HealthDown], RequestKey::get("/healthz"), "json.status", "DOWN"),
        (&[Mode::HealthBroken], RequestKey::get("/healthz"), "status", "500"),
        (&[Mode::Json], root.clone(), "is-json", "true"),
    ];
    for (modes, key, path, value) in rows {
        let fixture = Fixture::start(modes);
        let exchanges = run(&fixture.settings(), &plan(&[root.clone(), key.clone()]));
        assert_eq!(show(&exchanges, &key, path), value, "{modes:?} {path}: {:?}", capture(&exchanges, &key).facts);
        assert!(fixture.canary_is_untouched(), "{modes:?}");
    }
}

#[test]
fn versions_are_shown_as_banners() {
    let fixture = Fixture::start(&[Mode::Banner]);
    let exchanges = run(&fixture.settings(), &plan(&[RequestKey::get("")]));
    let banner = show(&exchanges, &RequestKey::get(""), "version-banner");
    assert!(banner.contains("nginx/1.18.0") && banner.contains("PHP/7.4.3"), "{banner}");
}

#[test]
fn what_a_catch_all_serves_is_not_found() {
    let git = RequestKey { calibrate: Some(Shape::DotDir), ..RequestKey::get("/.git/config") };
    let env = RequestKey { calibrate: Some(Shape::DotFile), ..RequestKey::get("/.env") };
    let health = RequestKey { calibrate: Some(Shape::Page), ..RequestKey::get("/healthz") };
    // Modes, and whether .git, .env and health are really there.
    let rows: [(&[Mode], [bool; 3]); 9] = [
        (&[], [false, false, true]),
        (&[Mode::GitExposed], [true, false, true]),
        (&[Mode::EnvExposed], [false, true, true]),
        (&[Mode::SpaFallback, Mode::NoHealth], [false, false, false]),
        (&[Mode::SpaFallback, Mode::EnvExposed], [false, true, true]),
        (&[Mode::SpaFallback, Mode::GitExposed], [true, false, true]),
        (&[Mode::WildcardEnv], [false, false, true]),
        (&[Mode::DotFilesForbidden], [false, false, true]),
        (&[Mode::RandomPage, Mode::NoHealth], [false, false, false]),
    ];
    for (modes, there) in rows {
        let fixture = Fixture::start(modes);
        let exchanges = run(&fixture.settings(), &plan(&[RequestKey::get(""), git.clone(), env.clone(), health.clone()]));
        let found = [&git, &env, &health].map(|key| show(&exchanges, key, "found") == "true");
        assert_eq!(found, there, "{modes:?}");
    }
}

#[test]
fn the_budget_holds_and_what_is_over_it_is_named() {
    let fixture = Fixture::start(&[Mode::SpaFallback]);
    let mut requests: Vec<RequestKey> = (0..120).map(|number| RequestKey::get(&format!("/page/{number}"))).collect();
    requests.push(RequestKey { calibrate: Some(Shape::Json), ..RequestKey::get("/data.json") });
    let exchanges = run(&fixture.settings(), &plan(&requests));
    let received = fixture.received().len();
    assert!(received <= 80, "{received}");
    assert_eq!(usize::try_from(exchanges.requests).unwrap(), received);
    assert!(exchanges.unsent.len() >= 40 && exchanges.unsent.iter().all(|(_, reason)| reason.contains("budget")));
    assert_eq!(exchanges.captures.len() + exchanges.unsent.len(), requests.len());
    // The first of the plan matter most.
    assert!(exchanges.captures.iter().any(|(key, _)| key.paths == ["/page/0"]));
    assert!(!exchanges.captures.iter().any(|(key, _)| key.paths == ["/data.json"]));
}

#[test]
fn passive_runs_send_what_any_visitor_sends() {
    let fixture = Fixture::start(&[Mode::TraceEcho]);
    let active = |method| RequestKey { method, class: Class::Active, ..RequestKey::get("/api") };
    let burst = RequestKey { times: 10, class: Class::Active, ..RequestKey::get("/burst") };
    let requests = [
        RequestKey::get(""),
        RequestKey { method: Method::Head, ..RequestKey::get("/") },
        RequestKey { method: Method::Options, ..RequestKey::get("/") },
        active(Method::Trace),
        RequestKey { body: Some("{".to_owned()), ..active(Method::Post) },
        burst.clone(),
    ];
    let exchanges = run(&fixture.settings(), &plan(&requests));
    let methods: Vec<String> = fixture.received().into_iter().map(|request| request.method).collect();
    assert_eq!(methods.len(), 3, "{methods:?}");
    assert!(methods.iter().all(|method| ["GET", "HEAD", "OPTIONS"].contains(&method.as_str())), "{methods:?}");
    assert_eq!(exchanges.unsent.len(), 3);
    assert!(exchanges.unsent.iter().all(|(_, reason)| reason.contains("--active")), "{:?}", exchanges.unsent);

    let fixture = Fixture::start(&[Mode::TraceEcho]);
    let settings = Settings { active: true, auth: Some(CREDENTIAL.to_owned()), ..fixture.settings() };
    let exchanges = run(&settings, &plan(&requests));
    assert!(exchanges.unsent.is_empty(), "{:?}", exchanges.unsent);
    assert_eq!(show(&exchanges, &burst, "burst.sent"), "10");
    let sent = fixture.received();
    for method in ["TRACE", "POST"] {
        assert!(sent.iter().any(|request| request.method == method && request.header("authorization").is_none()), "{method}");
    }
}

#[test]
fn nothing_goes_to_another_origin() {
    for modes in [&[Mode::RedirectCanary][..], &[Mode::PlainOffHost], &[Mode::Downgrade, Mode::PlainOffHost]] {
        let fixture = Fixture::start(modes);
        let settings = Settings {
            auth: Some(CREDENTIAL.to_owned()),
            cookie: Some("session=fixture-cookie".to_owned()),
            ..fixture.settings()
        };
        let requests =
            [RequestKey { auth: true, ..follow("") }, plain(), follow("/login"), origin("/", Method::Get, "{{foreign}}")];
        let exchanges = run(&settings, &plan(&requests));
        assert!(fixture.canary_is_untouched(), "{modes:?}");
        assert_eq!(exchanges.dead, None, "{modes:?}");
        assert!(fixture.received().iter().all(|request| request.port != Port::Http || request.header("authorization").is_none()));
    }
}

#[test]
fn redirects_end() {
    let fixture = Fixture::start(&[Mode::RedirectLoop]);
    let exchanges = run(&fixture.settings(), &plan(&[follow("")]));
    assert_eq!(show(&exchanges, &follow(""), "redirects.loop"), "true");
    assert!(fixture.received().len() <= 6);
    // To plain HTTP it is told, not followed.
    let fixture = Fixture::start(&[Mode::Downgrade]);
    run(&fixture.settings(), &plan(&[follow("")]));
    assert!(fixture.received().iter().all(|request| request.port == Port::Https));
}

#[test]
fn declared_and_enforced() {
    let settings =
        |fixture: &Fixture| Settings { openapi: Some(OpenApi::Path("/openapi.json".to_owned())), ..fixture.settings() };
    let rows = [(Mode::OpenApi, 0, "-"), (Mode::OpenApiForgotten, 1, "/api/report")];
    for (mode, open, list) in rows {
        let fixture = Fixture::start(&[mode, Mode::Json]);
        let plan = LivePlan { groups: ["openapi".to_owned()].into(), ..plan(&[RequestKey::get("")]) };
        let exchanges = run(&settings(&fixture), &plan);
        let number = |path: &str| exchanges.facts.get(path).cloned();
        assert_eq!(number("openapi.open"), Some(Value::Int(open)), "{:?} {:?}", exchanges.facts, exchanges.notes);
        assert_eq!(number("openapi.declared"), Some(Value::Int(3)), "{:?}", exchanges.facts);
        let Some(Value::List(found)) = number("openapi.open-list").or(Some(Value::List(vec!["-".to_owned()]))) else { panic!() };
        assert!(found.len() == 1 && found[0].contains(list), "{found:?}");
        let received = fixture.received();
        // What changes something, wants a header or a body is never called.
        for request in &received {
            assert_eq!(request.method, "GET", "{request:?}");
            assert!(!["/api/logout", "/api/header"].contains(&request.path.as_str()), "{request:?}");
            assert!(request.header("authorization").is_none());
        }
        assert!(
            received.iter().any(|request| request.path.starts_with("/api/items/") && !request.path.contains('{')),
            "{received:?}"
        );
    }
}

#[test]
fn protected_paths() {
    let fixture = Fixture::start(&[Mode::OpenApiForgotten]);
    let paths = ["/api/items", "/api/report", "/nothing"].map(str::to_owned).to_vec();
    let plan = LivePlan { groups: ["protected".to_owned()].into(), ..plan(&[RequestKey::get("")]) };
    let exchanges = run(&Settings { protected: paths, ..fixture.settings() }, &plan);
    let fact = |path: &str| exchanges.facts.get(path);
    assert_eq!(fact("protected.asked"), Some(&Value::Int(3)));
    assert_eq!(fact("protected.closed"), Some(&Value::Int(1)));
    assert_eq!(fact("protected.open"), Some(&Value::List(vec!["/api/report".to_owned()])));
}

/// The forms in which a credential must not stand anywhere in a result.
fn forms(secret: &str) -> Vec<String> {
    let bare = secret.rsplit([' ', '=']).next().unwrap();
    [secret, bare].iter().flat_map(|text| [(*text).to_owned(), base64(text), text.replace(' ', "%20")]).collect()
}

#[test]
fn credentials_reach_the_server_and_nobody_else() {
    const COOKIE: &str = "session=fixture-cookie-value-0123456789";
    const KEY: &str = "fixture-api-key-0123456789";
    let fixture = Fixture::start(&[Mode::EchoCredentials]);
    let settings = Settings {
        auth: Some(CREDENTIAL.to_owned()),
        cookie: Some(COOKIE.to_owned()),
        headers: vec![("X-Api-Key".to_owned(), KEY.to_owned()), ("X-Team".to_owned(), "blue".to_owned())],
        active: true,
        ..fixture.settings()
    };
    let with = |key: RequestKey| RequestKey { auth: true, ..key };
    let requests = [
        with(RequestKey::get("")),
        with(RequestKey::get("/redirect")),
        RequestKey::get("/without"),
        with(origin("/cors", Method::Get, "{{foreign}}")),
        with(RequestKey { method: Method::Trace, class: Class::Active, ..RequestKey::get("/trace") }),
        with(RequestKey { times: 3, class: Class::Active, ..RequestKey::get("/burst") }),
        with(plain()),
        RequestKey { calibrate: Some(Shape::Page), ..with(RequestKey::get("/calibrated")) },
    ];
    let exchanges = run(&settings, &plan(&requests));
    let (again, recording) = record(&settings, &plan(&requests));
    let dry = dry_run(&settings, &plan(&requests)).join("\n");
    let shown = format!("{exchanges:?}{again:?}{recording}{dry}{settings:?}");
    for secret in [CREDENTIAL, COOKIE, KEY] {
        for form in forms(secret) {
            assert!(!shown.contains(&form), "{form} in {shown}");
        }
    }
    let mut told = Vec::new();
    for request in fixture.received() {
        assert_eq!(request.header("x-team"), Some("blue"), "{request:?}");
        let known = [request.header("authorization"), request.header("cookie"), request.header("x-api-key")];
        assert!(known == [None; 3] || known == [Some(CREDENTIAL), Some(COOKIE), Some(KEY)], "{request:?}");
        if known[0].is_some() {
            assert_eq!(request.port, Port::Https);
            told.push(request.path);
        }
    }
    told.sort();
    told.dedup();
    assert_eq!(told, ["/", "/calibrated", "/redirect"]);
}

#[test]
fn a_recording_replays_to_the_same_facts_without_a_request() {
    let fixture = Fixture::start(&[Mode::EnvExposed, Mode::CookieBare, Mode::OpenApi, Mode::Banner]);
    let requests = [
        RequestKey::get(""),
        plain(),
        RequestKey { calibrate: Some(Shape::DotFile), ..RequestKey::get("/.env") },
        origin("/", Method::Get, "{{foreign}}"),
        RequestKey { headers: vec![("Accept-Encoding".to_owned(), "gzip".to_owned())], ..RequestKey::get("/") },
    ];
    let groups = ["tls", "certificate", "openapi"].map(str::to_owned).into();
    let plan = LivePlan { groups, ..plan(&requests) };
    let (exchanges, recording) = record(&fixture.settings(), &plan);
    for secret in ["fixture-env-value", "fixture-cookie-value"] {
        assert!(!recording.contains(secret) && !format!("{exchanges:?}").contains(secret), "{secret}: {recording}");
    }
    assert_eq!(show(&exchanges, &requests[2], "env-keys"), "APP_ENV | DB_PASSWORD | API_KEY");
    assert_eq!(show(&exchanges, &requests[4], "content-encoding"), "gzip");
    assert_eq!(exchanges.facts.get("certificate.trusted"), Some(&Value::Bool(true)));
    let before = (fixture.received().len(), fixture.connections(Port::Https));
    assert_eq!(replay(&recording, &plan).unwrap(), exchanges);
    assert!(!dry_run(&fixture.settings(), &plan).is_empty());
    assert_eq!((fixture.received().len(), fixture.connections(Port::Https)), before);
}

#[test]
fn handshakes_are_made_only_where_rules_ask_and_within_their_budget() {
    let fixture = Fixture::start(&[]);
    let exchanges = run(&fixture.settings(), &plan(&[RequestKey::get("")]));
    assert_eq!(exchanges.handshakes, 0);
    assert!(!exchanges.facts.keys().any(|path| path.starts_with("tls.") || path.starts_with("certificate.")));
    for modes in [&[Mode::Expired][..], &[Mode::WrongName], &[Mode::SelfSigned]] {
        let fixture = Fixture::start(modes);
        let plan = LivePlan { groups: ["certificate".to_owned()].into(), ..plan(&[RequestKey::get("")]) };
        let exchanges = run(&fixture.settings(), &plan);
        assert!((1..=25).contains(&exchanges.handshakes));
        // The certificate is judged though no request can be.
        assert_eq!(exchanges.dead, None, "{modes:?}");
        let faults = ["certificate.trusted", "certificate.name-matches"].map(|path| exchanges.facts[path] == Value::Bool(false));
        let expired = exchanges.facts["certificate.expired"] == Value::Bool(true);
        assert!(expired || faults.contains(&true), "{modes:?}: {:?}", exchanges.facts);
    }
}

#[test]
fn without_trust_nothing_is_sent_and_nothing_secret_ever() {
    for mode in [Mode::Expired, Mode::WrongName, Mode::SelfSigned, Mode::MissingIntermediate, Mode::NotYetValid] {
        let fixture = Fixture::start(&[mode]);
        let requests = [RequestKey { auth: true, ..RequestKey::get("") }, RequestKey::get("/healthz")];
        let strict = Settings { auth: Some(CREDENTIAL.to_owned()), ..fixture.settings() };
        let exchanges = run(&strict, &plan(&requests));
        assert_eq!(fixture.received().len(), 0, "{mode:?}");
        for key in &requests {
            assert_eq!(show(&exchanges, key, "error"), "certificate", "{mode:?}");
        }
        let exchanges = run(&Settings { insecure: true, ..strict }, &plan(&requests));
        assert_eq!(show(&exchanges, &RequestKey::get("/healthz"), "status"), "200", "{mode:?}");
        let received = fixture.received();
        assert!(received.len() >= 2 && received.iter().all(|request| request.header("authorization").is_none()), "{mode:?}");
    }
}

#[test]
fn every_hostile_server_is_left_in_time_and_named() {
    let short = readyctl::live::Limits {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_millis(600),
        request: Duration::from_millis(900),
    };
    // Modes, and the fact that tells.
    let rows = [
        (Mode::SlowHeaders, "error", "timeout"),
        // The status and the headers came; of the body nothing is known.
        (Mode::SlowBody, "length", "-"),
        (Mode::EndlessBody, "length", "262144"),
        (Mode::GzipBomb, "length", "262144"),
        (Mode::ManyHeaders, "error", "too-large"),
        (Mode::LongHeader, "error", "too-large"),
        (Mode::ClosesMidResponse, "length", "-"),
        (Mode::ClosesBeforeResponse, "error", "reset"),
        (Mode::NotHttp, "error", "not-http"),
    ];
    for (mode, path, value) in rows {
        let fixture = Fixture::start(&[mode]);
        let settings = Settings { limits: short, timeout: Duration::from_secs(20), ..fixture.settings() };
        let exchanges = run(&settings, &plan(&[RequestKey::get(""), RequestKey::get("/other")]));
        assert!(fixture.received().len() <= 6, "{mode:?}");
        match &exchanges.dead {
            Some(sentence) => assert_eq!(path, "error", "{mode:?}: {sentence}"),
            None => assert_eq!(show(&exchanges, &RequestKey::get(""), path), value, "{mode:?}: {:?}", exchanges.captures),
        }
    }
}

#[test]
fn a_target_that_gives_no_answer_is_dead_with_its_cause() {
    let rows: [(&[Mode], &str); 3] = [
        (&[Mode::PlainOnTlsPort], "does not speak TLS"),
        (&[Mode::NotHttp], "no HTTP"),
        (&[Mode::ClosesBeforeResponse], "closed the connection"),
    ];
    for (modes, part) in rows {
        let fixture = Fixture::start(modes);
        let dead = run(&fixture.settings(), &plan(&[RequestKey::get("")])).dead.unwrap_or_default();
        assert!(dead.contains(part), "{modes:?}: {dead}");
    }
    let fixture = Fixture::start(&[]);
    let settings = Settings { ca_file: None, ..fixture.settings() };
    drop(fixture);
    assert!(run(&settings, &plan(&[RequestKey::get("")])).dead.unwrap().contains("refused"));
    let unknown = Settings { url: "https://readyctl.invalid".to_owned(), http_url: None, ..settings };
    assert!(run(&unknown, &plan(&[RequestKey::get("")])).dead.unwrap().contains("--resolve"));
}

#[test]
fn names_are_pinned_to_addresses() {
    let fixture = Fixture::start(&[]);
    let port = fixture.address().port();
    let pinned = Settings {
        url: format!("https://app.example.test:{port}"),
        http_url: None,
        resolve: vec![format!("app.example.test:{port}:127.0.0.1").parse().unwrap()],
        ..fixture.settings()
    };
    let exchanges = run(&pinned, &plan(&[RequestKey::get("")]));
    assert_eq!(show(&exchanges, &RequestKey::get(""), "status"), "200");
    assert_eq!(fixture.received()[0].header("host"), Some(format!("app.example.test:{port}").as_str()));
    for address in ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"] {
        let cloud = Settings { url: format!("http://{address}/latest/meta-data/"), http_url: None, ..fixture.settings() };
        let exchanges = run(&cloud, &plan(&[RequestKey::get("")]));
        assert!(exchanges.dead.is_some() && exchanges.requests == 0, "{address}");
    }
}

#[test]
fn a_server_that_limits_is_asked_less() {
    let fixture = Fixture::start(&[Mode::RateLimitedSilently(6)]);
    let requests: Vec<RequestKey> = (0..40).map(|number| RequestKey::get(&format!("/page/{number}"))).collect();
    let exchanges = run(&fixture.settings(), &plan(&requests));
    assert!(exchanges.unsent.iter().any(|(_, reason)| reason.contains("throttled")), "{:?}", exchanges.unsent);
    assert!(fixture.received().len() < 40, "{}", fixture.received().len());
    assert!(exchanges.notes.iter().any(|note| note.contains("limited")), "{:?}", exchanges.notes);
    // The 429s say nothing about what was asked.
    assert!(exchanges.captures.iter().all(|(_, capture)| capture.facts.get("status") != Some(&Value::Int(429))));
}

#[test]
fn a_burst_finds_the_limit() {
    let burst = RequestKey { times: 20, class: Class::Active, ..RequestKey::get("/healthz") };
    for (mode, first, told) in
        [(Mode::RateLimited(8), "7", "true"), (Mode::RateLimitedSilently(8), "7", "false"), (Mode::NoRateLimit, "-", "-")]
    {
        let fixture = Fixture::start(&[mode]);
        let exchanges = run(&Settings { active: true, ..fixture.settings() }, &plan(&[RequestKey::get(""), burst.clone()]));
        assert_eq!(show(&exchanges, &burst, "burst.first-limited"), first, "{mode:?}");
        if first != "-" {
            assert_eq!(show(&exchanges, &burst, "burst.retry-after"), told, "{mode:?}");
        }
        assert!(fixture.received().len() <= 21);
    }
}
