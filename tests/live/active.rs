//! What a user has to ask for: the token judged at a path that needs it, objects of another account, wrong passwords, signing out,
//! bodies that are too large, and many streams. Verdicts of the checks, and exactly what was sent.

use readyctl::engine::live::{Verdict, decide, plan};
use readyctl::live::{Settings, dry_run, record, run};
use readyctl::model::live::{Exchanges, LivePlan, LiveVerdict, Value};

use super::answer::base64;
use super::fixture::{Fixture, Received};
use super::mode::Mode;
use crate::support::tokens::ruleset;

const USER: &str = "Bearer fixture-user-0123456789";
const OWNER: &str = "Bearer fixture-owner-0123456789";

/// What the checks of these ids ask.
fn asks(ids: &[&str]) -> LivePlan {
    plan(ruleset().checks.iter().filter(|check| ids.contains(&check.id.as_str())))
}

/// The verdict of a check, and what it says.
fn verdict(id: &str, exchanges: &Exchanges) -> (LiveVerdict, String) {
    let check = ruleset().checks.iter().find(|check| check.id == id).unwrap();
    let ruling = decide(check.live.as_ref().unwrap().spec().unwrap(), exchanges);
    match ruling.verdict {
        Verdict::Table(verdict) => (verdict, ruling.say),
        Verdict::Unsent => (LiveVerdict::Inconclusive, ruling.say),
    }
}

/// Method, path, and who asked.
fn lines(fixture: &Fixture, path: &str) -> Vec<String> {
    let who = |request: &Received| match request.header("authorization").or(request.header("cookie")) {
        None => "nobody",
        Some(OWNER) => "owner",
        Some(_) => "user",
    };
    let received = fixture.received();
    let own = received.iter().filter(|request| request.path == path);
    own.map(|request| format!("{} {}", request.method, who(request))).collect()
}

/// A token with these claims that this secret signs; it lives as long as the tests do.
fn token(claims: &str, secret: &str) -> &'static str {
    let signed = format!("{}.{}", base64_url(br#"{"alg":"HS256"}"#), base64_url(claims.as_bytes()));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = ring::hmac::sign(&key, signed.as_bytes());
    String::leak(format!("Bearer {signed}.{}", base64_url(tag.as_ref())))
}

/// Base64 for URLs, without padding.
fn base64_url(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).map(|at| DIGITS[(bits >> (18 - 6 * at)) as usize & 63] as char).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

/// Nothing that leaves a run may hold these, in any form.
fn hides(settings: &Settings, plan: &LivePlan, secrets: &[&str]) {
    let (exchanges, recording) = record(settings, plan);
    let shown = format!("{exchanges:?}{recording}{}{settings:?}", dry_run(settings, plan).join("\n"));
    for secret in secrets {
        let bare = secret.rsplit([' ', '=']).next().unwrap();
        for form in [(*secret).to_owned(), bare.to_owned(), base64(secret), base64(bare)] {
            assert!(!shown.contains(&form), "{form} in {shown}");
        }
    }
}

#[test]
fn a_token_is_judged_where_it_is_shown_to_be_taken() {
    const EXPIRY: &str = "auth/token-expiry";
    const SECRET: &str = "secrets/signing-secret-strength";
    use LiveVerdict::{Fail, Inconclusive, Pass};
    let short = r#"{"sub":"1","iat":4000000000,"exp":4000000900}"#;
    let month = r#"{"sub":"1","iat":4000000000,"exp":4002592000}"#;
    let strong = "x9Qz-nobody-knows-this-one";
    let rows: [(&str, &str, Option<&str>, LiveVerdict, LiveVerdict); 6] = [
        (short, strong, Some("/api/me"), Fail, Pass),
        (month, "secret", Some("/api/me"), Fail, Fail),
        (r#"{"sub":"1"}"#, "changeme", Some("/api/me"), Fail, Fail),
        // Taken by nobody, not needed, or not known.
        (month, "secret", Some("/other"), Inconclusive, Inconclusive),
        (month, "secret", Some("/"), Inconclusive, Inconclusive),
        (month, "secret", None, Inconclusive, Inconclusive),
    ];
    for (claims, secret, path, expiry, strength) in rows {
        let jwt = token(claims, secret);
        let fixture = Fixture::start(&[Mode::As(jwt, "/api/me", 200, "{\"id\":1}"), Mode::As(USER, "/other", 200, "{}")]);
        let settings = Settings {
            auth: Some(jwt.to_owned()),
            protected: path.map(str::to_owned).into_iter().collect(),
            ..fixture.settings()
        };
        let asks = asks(&[EXPIRY, SECRET]);
        let exchanges = run(&settings, &asks);
        let found = [EXPIRY, SECRET].map(|id| verdict(id, &exchanges));
        assert_eq!((found[0].0, found[1].0), (expiry, strength), "{claims} {path:?}: {found:?}");
        // Once without and, where that is refused, once with it.
        let expected: &[&str] = match path {
            Some("/") => &["GET nobody"],
            Some(_) => &["GET nobody", "GET user"],
            None => &[],
        };
        let asked = path.map(|path| lines(&fixture, path)).unwrap_or_default();
        assert_eq!(asked, expected, "{path:?}");
        hides(&settings, &asks, &[jwt]);
    }
}

#[test]
fn a_short_token_passes_and_one_cookie_among_others_is_told_apart() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let jwt = token(&format!(r#"{{"iat":{now},"exp":{}}}"#, now + 900), "x9Qz-nobody-knows-this-one");
    let fixture = Fixture::start(&[Mode::As(jwt, "/api/me", 200, "{\"id\":1}")]);
    let settings = Settings { auth: Some(jwt.to_owned()), protected: vec!["/api/me".to_owned()], ..fixture.settings() };
    let exchanges = run(&settings, &asks(&["auth/token-expiry"]));
    let (verdict, say) = verdict("auth/token-expiry", &exchanges);
    assert_eq!(verdict, LiveVerdict::Pass, "{say}");
    assert!(say.contains("/api/me") && say.contains("900"), "{say}");
    // With another credential beside it, the path is asked without the token, but with that.
    let fixture = Fixture::start(&[Mode::As(jwt, "/api/me", 200, "{\"id\":1}")]);
    let settings = Settings {
        auth: Some(jwt.to_owned()),
        cookie: Some("theme=fixture-dark".to_owned()),
        protected: vec!["/api/me".to_owned()],
        ..fixture.settings()
    };
    let exchanges = run(&settings, &asks(&["auth/token-expiry"]));
    assert_eq!(exchanges.facts.get("credential.proof"), Some(&Value::Text("accepted".to_owned())));
    let received = fixture.received();
    let own: Vec<_> = received.iter().filter(|request| request.path == "/api/me" && request.header("cookie").is_some()).collect();
    assert_eq!(own.iter().map(|request| request.header("authorization")).collect::<Vec<_>>(), [None, Some(jwt)]);
}

#[test]
fn objects_of_another_account() {
    const ID: &str = "auth/object-level-authorization";
    const PATH: &str = "/api/orders/7";
    use LiveVerdict::{Fail, Inconclusive, Pass};
    let object = "{\"id\":7,\"owner\":\"alice\"}";
    let owner = Mode::As(OWNER, PATH, 200, object);
    let user = |status, body| Mode::As(USER, PATH, status, body);
    let rows: [(&[Mode], LiveVerdict, usize); 8] = [
        (&[owner, user(403, "{}")], Pass, 3),
        (&[owner, user(404, "{}")], Pass, 3),
        (&[owner, user(200, object)], Fail, 3),
        // Something else, a credential that is worth nothing, an object that is not there, and one for everybody.
        (&[owner, user(200, "{\"id\":8,\"owner\":\"bob\"}")], Inconclusive, 3),
        (&[owner, user(302, "{}")], Inconclusive, 3),
        (&[owner], Inconclusive, 3),
        (&[user(404, "{}")], Inconclusive, 1),
        (&[Mode::Serve(PATH, "application/json", "{\"id\":7}")], Inconclusive, 2),
    ];
    let settings = |fixture: &Fixture| Settings {
        active: true,
        auth: Some(USER.to_owned()),
        other_auth: Some(OWNER.to_owned()),
        owned: vec![PATH.to_owned()],
        ..fixture.settings()
    };
    for (modes, expected, sent) in rows {
        let fixture = Fixture::start(modes);
        let exchanges = run(&settings(&fixture), &asks(&[ID]));
        let (found, say) = verdict(ID, &exchanges);
        assert_eq!(found, expected, "{modes:?}: {say}");
        assert_eq!(lines(&fixture, PATH), ["GET owner", "GET nobody", "GET user"][..sent], "{modes:?}");
        assert!(fixture.canary_is_untouched());
    }
    // Not without leave, at most five, and neither credential in what is shown.
    let fixture = Fixture::start(&[owner]);
    let passive = Settings { active: false, ..settings(&fixture) };
    let (found, say) = verdict(ID, &run(&passive, &asks(&[ID])));
    assert!(found == Inconclusive && say.contains("--active") && lines(&fixture, PATH).is_empty(), "{say}");
    let many = (5..14).map(|number| format!("/api/orders/{number}")).collect();
    run(&Settings { owned: many, ..settings(&fixture) }, &asks(&[ID]));
    let asked = fixture.received().iter().filter(|request| request.path.starts_with("/api/orders/")).count();
    assert_eq!(asked, 3 + 4, "the owner has one of the first five");
    let echo = Fixture::start(&[Mode::EchoCredentials]);
    hides(&settings(&echo), &asks(&[ID]), &[USER, OWNER]);
    assert_eq!(lines(&echo, PATH)[0], "GET owner");
}
