//! What a user has to ask for: the token judged at a path that needs it, objects of another account, wrong passwords, signing out,
//! bodies that are too large, and many streams. Verdicts of the checks, and exactly what was sent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use readyctl::engine::live::{Verdict, decide, plan};
use readyctl::live::{Settings, dry_run, record, run};
use readyctl::model::live::{Exchanges, LivePlan, LiveVerdict, Value};

use super::answer::base64;
use super::fixture::{Fixture, Received};
use super::mode::Mode;
use crate::support::tokens::ruleset;
use crate::support::{readyctl, stderr, stdout};

const USER: &str = "Bearer fixture-user-0123456789";
const OWNER: &str = "Bearer fixture-owner-0123456789";

/// What the checks of these ids ask.
fn asks(ids: &[&str]) -> LivePlan {
    plan(ruleset().checks.iter().filter(|check| ids.contains(&check.id.as_str())))
}

/// Asks a site for one check alone, which must come to this verdict.
fn judge(id: &str, settings: &Settings, expected: LiveVerdict, site: &[Mode]) {
    let (found, say) = verdict(id, &run(settings, &asks(&[id])));
    assert_eq!(found, expected, "{site:?}: {say}");
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
pub fn token(claims: &str, secret: &str) -> &'static str {
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
        judge(ID, &settings(&fixture), expected, modes);
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

#[test]
fn without_trust_nobody_is_signed_in_and_nothing_ends() {
    let jwt = token(r#"{"sub":"1"}"#, "secret");
    let fixture = Fixture::start(&[
        Mode::WrongName,
        Mode::As(jwt, "/api/me", 200, "{}"),
        Mode::As(OWNER, "/api/orders/7", 200, "{\"id\":7}"),
        Mode::SignsOut("/logout"),
    ]);
    let settings = Settings {
        insecure: true,
        active: true,
        auth: Some(jwt.to_owned()),
        other_auth: Some(OWNER.to_owned()),
        owned: vec!["/api/orders/7".to_owned()],
        protected: vec!["/api/me".to_owned()],
        logout: Some("/logout".to_owned()),
        ..fixture.settings()
    };
    let ids =
        ["auth/token-expiry", "secrets/signing-secret-strength", "auth/token-revocation", "auth/object-level-authorization"];
    let exchanges = run(&settings, &asks(&ids));
    for id in ids {
        let (found, say) = verdict(id, &exchanges);
        assert!(found == LiveVerdict::Inconclusive && say.contains("not trusted"), "{id}: {found} {say}");
    }
    let received = fixture.received();
    assert!(received.iter().all(|request| request.header("authorization").is_none() && request.method == "GET"), "{received:?}");
}

#[test]
fn wrong_passwords_are_tried_until_one_is_too_many() {
    const ID: &str = "auth/login-throttling";
    use LiveVerdict::{Fail, Inconclusive, Pass};
    let rows: [(&[Mode], LiveVerdict, usize); 7] = [
        (&[Mode::Login("/login", 6)], Pass, 6),
        (&[Mode::Login("/login", 99)], Fail, 15),
        (&[Mode::LoginForm("/login", 5)], Pass, 5),
        (&[Mode::LoginForm("/login", 99)], Inconclusive, 15),
        // Limited from the start, not there, and neither JSON nor a form.
        (&[Mode::Login("/login", 1)], Inconclusive, 1),
        (&[Mode::Status("/login", 404)], Inconclusive, 1),
        (&[Mode::Status("/login", 400)], Inconclusive, 2),
    ];
    let settings = |fixture: &Fixture| Settings {
        active: true,
        login: Some("login".to_owned()),
        auth: Some(USER.to_owned()),
        ..fixture.settings()
    };
    for (modes, expected, sent) in rows {
        let fixture = Fixture::start(modes);
        judge(ID, &settings(&fixture), expected, modes);
        assert_eq!(lines(&fixture, "/login"), vec!["POST nobody"; sent], "{modes:?}");
        let received = fixture.received();
        let tries: Vec<_> = received.iter().filter(|request| request.path == "/login").collect();
        for (at, request) in tries.iter().enumerate() {
            let body = String::from_utf8_lossy(&request.body);
            let form = at > 0 && matches!(modes, [Mode::LoginForm(..) | Mode::Status(_, 400)]);
            assert_eq!(request.header("content-type").unwrap().contains("form"), form, "{modes:?} {at}");
            assert!(body.contains("readyctl.invalid") && body.contains("-wrong"), "{body}");
            assert_eq!(body, String::from_utf8_lossy(&tries[usize::from(form)].body), "the same user each time");
        }
    }
    let fixture = Fixture::start(&[Mode::Login("/login", 99)]);
    let (found, say) = verdict(ID, &run(&Settings { active: false, ..settings(&fixture) }, &asks(&[ID])));
    assert!(found == Inconclusive && say.contains("--active") && lines(&fixture, "/login").is_empty(), "{say}");
}

#[test]
fn signing_out_is_the_last_that_is_sent_and_only_with_a_session() {
    const ID: &str = "auth/token-revocation";
    use LiveVerdict::{Fail, Inconclusive, Pass, Warn};
    let short = token(r#"{"iat":4000000000,"exp":4000000600}"#, "x9Qz-nobody-knows-this-one");
    let me = |credential| Mode::As(credential, "/api/me", 200, "{\"id\":1}");
    let rows: [(&[Mode], &'static str, LiveVerdict, usize); 7] = [
        (&[me(USER), Mode::SignsOut("/logout")], USER, Pass, 1),
        (&[me(USER), Mode::SignsOutInVain("/logout")], USER, Fail, 1),
        (&[me(short), Mode::SignsOutInVain("/logout")], short, Warn, 1),
        (&[me(USER)], USER, Inconclusive, 1),
        (&[me(USER), Mode::Status("/logout", 403)], USER, Inconclusive, 1),
        // No session, and no need of one: nothing is ended.
        (&[me(OWNER), Mode::SignsOut("/logout")], USER, Inconclusive, 0),
        (&[Mode::Serve("/api/me", "application/json", "{}"), Mode::SignsOut("/logout")], USER, Inconclusive, 0),
    ];
    let settings = |fixture: &Fixture, credential: &str| Settings {
        active: true,
        auth: Some(credential.to_owned()),
        protected: vec!["/api/me".to_owned()],
        login: Some("/login".to_owned()),
        logout: Some("/logout".to_owned()),
        ..fixture.settings()
    };
    for (modes, credential, expected, sent) in rows {
        let fixture = Fixture::start(modes);
        let settings = settings(&fixture, credential);
        let plan = asks(&[ID, "auth/login-throttling", "auth/endpoints-require-auth", "api/rate-limit-global"]);
        let (found, say) = verdict(ID, &run(&settings, &plan));
        assert_eq!(found, expected, "{modes:?}: {say}");
        assert_eq!(lines(&fixture, "/logout"), vec!["POST user"; sent], "{modes:?}");
        let received = fixture.received();
        if let Some(at) = received.iter().position(|request| request.path == "/logout") {
            let behind: Vec<_> = received[at + 1..].iter().map(|request| request.path.as_str()).collect();
            assert!(behind.iter().all(|path| *path == "/api/me"), "{modes:?}: {behind:?}");
        }
        let guarded = |request: &&Received| request.path == "/api/me" && request.header("authorization").is_some();
        assert!(received.iter().filter(guarded).count() <= 4, "{modes:?}");
        hides(&settings, &plan, &[credential]);
    }
    let fixture = Fixture::start(&[me(USER), Mode::SignsOut("/logout")]);
    for (passive, part) in [
        (Settings { active: false, ..settings(&fixture, USER) }, "--active"),
        (Settings { protected: Vec::new(), ..settings(&fixture, USER) }, "--protected"),
        (Settings { auth: None, ..settings(&fixture, USER) }, "--auth-env"),
        (Settings { logout: None, ..settings(&fixture, USER) }, "--logout"),
    ] {
        let (found, say) = verdict(ID, &run(&passive, &asks(&[ID])));
        assert!(found == Inconclusive && say.contains(part), "{say}");
    }
    assert!(lines(&fixture, "/logout").is_empty());
    // The page for everything is no signing out.
    let site = Site::start(|stream, head| {
        let guarded = head.starts_with("GET /api/me ");
        let (status, media, body) = match head.contains("fixture-user") {
            true if guarded => ("200 OK", "application/json", "{\"id\":1}"),
            false if guarded => ("401 No", "application/json", "{}"),
            _ => ("200 OK", "text/html", "<html><body>the application for everything</body></html>"),
        };
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        let _ = stream.write_all(text.as_bytes());
    });
    let settings = Settings {
        active: true,
        auth: Some(USER.to_owned()),
        protected: vec!["/api/me".to_owned()],
        logout: Some("/logout".to_owned()),
        ..site.settings()
    };
    let (found, say) = verdict(ID, &run(&settings, &asks(&[ID])));
    assert!(found == Inconclusive && say.contains("200"), "{say}");
}

#[test]
fn a_body_that_is_too_large() {
    const ID: &str = "api/request-size-limit";
    use LiveVerdict::{Fail, Inconclusive, Pass};
    const SIZE: usize = 12 << 20;
    // What the server does when it has the head; whether a route is named; the verdict; and how much of the body came.
    type Server = fn(&mut TcpStream);
    let refuse: Server = |stream| drop(stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"));
    let missing: Server = |stream| drop(stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    let take: Server = |stream| {
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        let taken = std::io::copy(&mut stream.take(SIZE as u64), &mut std::io::sink()).unwrap();
        assert_eq!(taken, SIZE as u64);
        let _ = stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    };
    let close: Server = |stream| {
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        let _ = std::io::copy(&mut stream.take(1 << 20), &mut std::io::sink());
        let _ = stream.shutdown(Shutdown::Both);
    };
    let late: Server = |stream| {
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        let _ = std::io::copy(&mut stream.take(1 << 20), &mut std::io::sink());
        let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        let _ = std::io::copy(stream, &mut std::io::sink());
    };
    let rows = [
        (refuse, true, Pass),
        (refuse, false, Pass),
        (close, true, Pass),
        (late, true, Pass),
        (take, true, Fail),
        (missing, true, Inconclusive),
        (missing, false, Inconclusive),
    ];
    for (at, (server, named, expected)) in rows.into_iter().enumerate() {
        let site = Site::start(move |stream, head| {
            if head.starts_with("POST ") {
                server(stream);
            } else {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            }
        });
        let settings = Settings {
            active: true,
            login: named.then(|| "/login".to_owned()),
            auth: Some(USER.to_owned()),
            headers: vec![("X-Team".to_owned(), "blue".to_owned())],
            ..site.settings()
        };
        let exchanges = run(&settings, &asks(&[ID]));
        let (found, say) = verdict(ID, &exchanges);
        assert_eq!(found, expected, "{at}: {say} {:?}", exchanges.facts);
        let passive = Settings { active: false, ..settings };
        let before = site.heads().len();
        assert!(verdict(ID, &run(&passive, &asks(&[ID]))).1.contains("--active"));
        assert!(site.heads()[before..].iter().all(|head| head.starts_with("GET ")));
        let posts: Vec<String> = site.heads().into_iter().filter(|head| head.starts_with("POST ")).collect();
        let [head] = posts.as_slice() else { panic!("{at}: {posts:?}") };
        assert!(head.contains("Expect: 100-continue") && head.contains(&format!("Content-Length: {SIZE}")), "{head}");
        assert!(!head.contains("fixture-user") && head.contains("X-Team: blue"), "{head}");
    }
    // Without a route the body is only announced, whatever the server says to that; over TLS, too.
    for (login, came, expected) in [(None, 0, Inconclusive), (Some("/login".to_owned()), SIZE, Fail)] {
        let fixture = Fixture::start(&[Mode::Login("/login", 99), Mode::LargeBodies]);
        let exchanges = run(&Settings { active: true, login, ..fixture.settings() }, &asks(&[ID]));
        let (found, say) = verdict(ID, &exchanges);
        assert_eq!(found, expected, "{say}");
        let received = fixture.received();
        assert_eq!(received.iter().map(|request| request.body.len()).sum::<usize>(), came);
    }
}

#[test]
fn many_streams_at_once() {
    const ID: &str = "api/stream-concurrency";
    use LiveVerdict::{Fail, Inconclusive, Pass};
    const STREAM: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n: hi\n\n\r\n";
    // What the n-th stream becomes, the verdict, and how many are asked for.
    type Server = fn(&mut TcpStream, usize);
    fn open(stream: &mut TcpStream) {
        let _ = stream.write_all(STREAM);
        // Until the client leaves.
        let _ = stream.read(&mut [0]);
    }
    let rows: [(Server, LiveVerdict, usize); 5] = [
        (|stream, _| open(stream), Fail, 20),
        (
            |stream, number| match number {
                0..5 => open(stream),
                _ => drop(stream.write_all(b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n")),
            },
            Pass,
            20,
        ),
        (
            |stream, number| match number {
                0..5 => open(stream),
                _ => drop(stream.write_all(STREAM)),
            },
            Pass,
            20,
        ),
        (|stream, _| drop(stream.write_all(STREAM)), Inconclusive, 20),
        (|stream, _| drop(stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")), Inconclusive, 1),
    ];
    for (at, (server, expected, sent)) in rows.into_iter().enumerate() {
        let streams = AtomicUsize::new(0);
        let site = Site::start(move |stream, head| {
            if head.starts_with("GET /events ") {
                server(stream, streams.fetch_add(1, Ordering::SeqCst));
            } else {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            }
        });
        let settings = Settings {
            active: true,
            stream: Some("/events".to_owned()),
            auth: Some(USER.to_owned()),
            hold: Duration::from_millis(1500),
            ..site.settings()
        };
        let exchanges = run(&settings, &asks(&[ID]));
        let (found, say) = verdict(ID, &exchanges);
        assert_eq!(found, expected, "{at}: {say} {:?}", exchanges.facts);
        let is_plain =
            |head: &str| head.to_ascii_lowercase().contains("accept: text/event-stream") && !head.contains("fixture-user");
        let asked = || site.heads().iter().filter(|head| head.starts_with("GET /events ") && is_plain(head)).count();
        assert_eq!(asked(), sent, "{at}");
        assert_eq!(exchanges.requests as usize, site.heads().len(), "{at}: every one is counted");
        assert!(verdict(ID, &run(&Settings { active: false, ..settings }, &asks(&[ID]))).1.contains("--active"));
        assert_eq!(asked(), sent, "{at}: none without leave");
    }
}

#[test]
fn a_passive_run_sends_none_of_it_and_stays_small() {
    let ids: Vec<&str> = ruleset().checks.iter().map(|check| check.id.as_str()).collect();
    let plan = asks(&ids);
    let named = |fixture: &Fixture| Settings {
        auth: Some(USER.to_owned()),
        other_auth: Some(OWNER.to_owned()),
        login: Some("/login".to_owned()),
        logout: Some("/logout".to_owned()),
        stream: Some("/events".to_owned()),
        owned: vec!["/api/orders/7".to_owned()],
        protected: vec!["/api/me".to_owned()],
        ..fixture.settings()
    };
    let fixture = Fixture::start(&[]);
    let settings = named(&fixture);
    let exchanges = run(&settings, &plan);
    let received = fixture.received();
    for request in &received {
        assert!(["GET", "HEAD", "OPTIONS"].contains(&request.method.as_str()), "{request:?}");
        assert!(!["/login", "/logout", "/events", "/api/orders/7"].contains(&request.path.as_str()), "{request:?}");
        assert_ne!(request.header("authorization"), Some(OWNER));
    }
    assert_eq!(exchanges.requests as usize, received.len());
    // A health path is there: its times are taken. Without one there is nothing to take.
    assert_eq!(received.iter().filter(|request| request.path == "/healthz").count(), 11);
    let plain = Fixture::start(&[Mode::NoHealth]);
    run(&plain.settings(), &plan);
    let count = plain.received().len();
    assert!(count <= 70, "{count} requests");
    let shown = dry_run(&settings, &plan).join("\n");
    for line in ["/login is not sent: it is sent only with --active", "/logout is not sent", "/events is not sent"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let shown = dry_run(&Settings { active: true, ..settings }, &plan).join("\n");
    for line in
        ["at most 15 times", "at most 20 at once", "which ends the session", "as its owner, as nobody", "a body of 12 MiB"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

#[test]
fn options_are_as_their_neighbours_and_no_output_holds_a_credential() {
    let refused = |arguments: &[&str], wanted: &str| {
        let output = readyctl(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", stderr(&output));
    };
    for option in ["--login", "--logout", "--stream", "--owned", "--other-auth-env"] {
        refused(&["audit", "fixtures/chat-demo", option, "x"], "--url");
    }
    let url = ["audit", "--url", "https://app.example"];
    refused(&[&url[..], &["--other-auth-env", "READYCTL_TEST_UNSET"]].concat(), "READYCTL_TEST_UNSET is not set");
    refused(&[&url[..], &["--owned", "/a"].repeat(6)].concat(), "at most 5");

    let site = Fixture::start(&[Mode::EchoCredentials]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json").display().to_string();
    let (url, http, ca) = (site.url(), site.http_url(), site.ca_file().display().to_string());
    let mut all = vec!["audit", "--url", &url, "--http-url", &http, "--ca-file", &ca, "--as-public", "--format", "json"];
    all.extend(["--no-config", "--record", &file, "--active", "--auth-env", "MINE", "--other-auth-env", "THEIRS"]);
    all.extend(["--owned", "/orders/7", "--protected", "/me", "--logout", "/logout", "--login", "/login", "--only", "auth"]);
    let output = readyctl(&all).env("MINE", USER).env("THEIRS", OWNER).output().unwrap();
    let recording = std::fs::read_to_string(&file).unwrap();
    assert!(lines(&site, "/orders/7").contains(&"GET owner".to_owned()), "{}", stderr(&output));
    for text in [stdout(&output), stderr(&output), recording] {
        for secret in [USER, OWNER] {
            let bare = secret.trim_start_matches("Bearer ");
            assert!(!text.contains(bare) && !text.contains(&base64(secret)) && !text.contains(&base64(bare)), "{secret}: {text}");
        }
    }
    // 80 and what is active: 20, 30, three for each object, the passwords, and signing out; the description of the API has 40.
    assert!(stderr(&output).contains("active, at most 204 requests"), "{}", stderr(&output));
}

/// A server of plain HTTP on loopback whose connections a function answers, one request each.
struct Site {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Site {
    fn start(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Site { address: listener.local_addr().unwrap(), heads: Arc::default(), stopped: Arc::default() };
        let (heads, stopped, answer) = (site.heads.clone(), site.stopped.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (heads, answer) = (heads.clone(), answer.clone());
                std::thread::spawn(move || {
                    let (mut head, mut byte) = (Vec::new(), [0]);
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                        head.push(byte[0]);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    if !head.is_empty() {
                        heads.lock().unwrap().push(head.clone());
                        answer(&mut stream, &head);
                    }
                });
            }
        });
        site
    }

    fn settings(&self) -> Settings {
        Settings { url: format!("http://{}", self.address), as_public: true, ..Settings::default() }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}
