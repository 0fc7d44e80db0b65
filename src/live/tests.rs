//! The live side against plain HTTP servers of this process on loopback: what is sent, and what is made of the answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{OpenApi, Settings, dry_run, record, replay, run};
use crate::model::live::{Capture, Class, Exchanges, LivePlan, Method, RequestKey, Shape, Value};

mod of_run;
mod perform;

/// A server that answers each request with the bytes that a function gives, and closes.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// The function gets the head of the request, and how many came before. An empty answer closes.
    fn start(answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, stopped) = (seen.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let head = head(&mut stream);
                if head.is_empty() {
                    continue;
                }
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(head.clone());
                    log.len() - 1
                };
                let _ = stream.write_all(&answer(&head, before));
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Server { address, seen, stop, thread: Some(thread) }
    }

    fn settings(&self) -> Settings {
        Settings { url: format!("http://{}/", self.address), ..Settings::default() }
    }

    /// First lines of the requests, without the version.
    fn lines(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|head| head.lines().next().unwrap_or("").trim_end_matches(" HTTP/1.1").to_owned()).collect()
    }

    fn heads(&self) -> String {
        self.seen.lock().unwrap().join("\n").to_ascii_lowercase()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0u8]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    bytes(status, headers, body.as_bytes())
}

fn bytes(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut out =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}

fn plan(requests: Vec<RequestKey>) -> LivePlan {
    LivePlan { requests, ..LivePlan::default() }
}

fn capture<'a>(exchanges: &'a Exchanges, key: &RequestKey) -> &'a Capture {
    &exchanges.captures.iter().find(|(own, _)| own == key).unwrap_or_else(|| panic!("{exchanges:#?}")).1
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

#[test]
fn a_plan_is_asked_once_and_answered() {
    let server =
        Server::start(|_, _| answer("200 OK", "Content-Type: application/json\r\nX-A: 1\r\nX-A: 2\r\n", "{\"status\":\"up\"}"));
    let (root, status) = (RequestKey::get(""), RequestKey::get("/status?x={{random}}"));
    let exchanges = run(&server.settings(), &plan(vec![root.clone(), status.clone()]));
    assert_eq!(exchanges.dead, None);
    assert_eq!(exchanges.facts.get("target.kind").cloned(), text("json"));
    assert_eq!(exchanges.facts.get("target.private"), Some(&Value::Bool(true)));
    let facts = &capture(&exchanges, &status).facts;
    assert_eq!(facts.get("header.x-a"), Some(&Value::List(vec!["1".into(), "2".into()])));
    assert_eq!(facts.get("json.status").cloned(), text("up"));
    assert_eq!(capture(&exchanges, &root).hops[0].status, Some(200));
    assert_eq!((server.lines().len(), exchanges.requests), (2, 2));
    assert!(server.lines()[1].starts_with("GET /status?x=") && !server.lines()[1].contains('{'));
    assert!(server.heads().contains("user-agent: readyctl/") && server.heads().contains("x-readyctl-run: "));
    assert!(!server.heads().contains("accept-encoding"), "{}", server.heads());
}

#[test]
fn what_is_active_waits_for_leave() {
    let server = Server::start(|_, _| answer("200 OK", "", "ok"));
    let trace = RequestKey { method: Method::Trace, class: Class::Active, ..RequestKey::get("") };
    let post = RequestKey { method: Method::Post, body: Some("{".into()), ..RequestKey::get("/x") };
    let wanted = plan(vec![trace, post]);
    let exchanges = run(&server.settings(), &wanted);
    assert_eq!(exchanges.unsent.len(), 2);
    assert!(exchanges.unsent[0].1.contains("--active"));
    assert_eq!(server.lines(), ["GET /"]);
    let exchanges = run(&Settings { active: true, ..server.settings() }, &wanted);
    assert_eq!((exchanges.unsent.len(), exchanges.captures.len()), (0, 2));
    let mut lines = server.lines();
    lines.sort();
    assert_eq!(lines, ["GET /", "GET /", "POST /x", "TRACE /"]);
}

#[test]
fn the_budget_holds_and_says_so() {
    let server = Server::start(|_, _| answer("200 OK", "", "ok"));
    let many = (0..10).map(|at| RequestKey::get(&format!("/{at}"))).collect();
    let exchanges = run(&Settings { budget: 4, ..server.settings() }, &plan(many));
    assert_eq!((server.lines().len(), exchanges.requests), (4, 4));
    assert_eq!((exchanges.captures.len(), exchanges.unsent.len()), (3, 7));
    assert!(exchanges.unsent.iter().all(|(_, why)| why.contains("budget of 4")), "{:?}", exchanges.unsent);
    // By priority: the first ones were sent.
    assert_eq!(exchanges.captures[0].0.paths, ["/0"]);
}

#[test]
fn too_many_requests_stop_what_matters_less() {
    let server = Server::start(|_, before| if before < 2 { answer("200 OK", "", "ok") } else { answer("429 Slow", "", "") });
    let many = (0..12).map(|at| RequestKey::get(&format!("/{at}"))).collect();
    let exchanges = run(&server.settings(), &plan(many));
    let throttled = exchanges.unsent.iter().filter(|(_, why)| why.starts_with("throttled")).count();
    assert_eq!(exchanges.captures.len() + throttled, 12);
    assert!(server.lines().len() < 9, "the second half is not sent: {:?}", server.lines());
    assert!(exchanges.notes.iter().any(|note| note.contains("limited requests")));
}

#[test]
fn redirects_stay_in_the_origin() {
    let canary = Server::start(|_, _| answer("200 OK", "", "never"));
    let to = canary.address;
    let server = Server::start(move |head, _| match head.split(' ').nth(1) {
        Some("/") => answer("302 Found", "Location: /a\r\n", ""),
        Some("/a") => answer("302 Found", "Location: /b?token=abcdefgh\r\n", ""),
        Some("/off") => answer("302 Found", &format!("Location: http://{to}/x\r\n"), ""),
        Some("/loop") => answer("302 Found", "Location: /loop\r\n", ""),
        Some("/state") => answer("302 Found", "Location: /account/delete\r\n", ""),
        Some(path) if path.starts_with("/deep") => answer("302 Found", &format!("Location: {path}x\r\n"), ""),
        _ => answer("200 OK", "", "end"),
    });
    let follow = |path: &str| RequestKey { follow: true, ..RequestKey::get(path) };
    let keys = ["", "/off", "/loop", "/state", "/deep"].map(follow);
    let exchanges = run(&server.settings(), &plan(keys.to_vec()));
    let hops = |at: usize| capture(&exchanges, &keys[at]).hops.len();
    assert_eq!((hops(0), hops(1), hops(2), hops(3), hops(4)), (3, 1, 1, 1, 6));
    assert!(server.lines().contains(&"GET /b?token=abcdefgh".to_owned()), "what is followed is not masked");
    assert!(!format!("{exchanges:?}").contains("abcdefgh"), "what is kept is");
    let facts = &capture(&exchanges, &keys[1]).facts;
    assert_eq!(facts.get("redirects.final").cloned(), text(&format!("http://{to}/x")));
    assert_eq!(capture(&exchanges, &keys[2]).facts.get("redirects.loop"), Some(&Value::Bool(true)));
    assert!(canary.lines().is_empty());
}

#[test]
fn credentials_go_only_where_they_are_wanted() {
    let server = Server::start(|head, _| answer("200 OK", "", head));
    let keys = [
        RequestKey { auth: true, ..RequestKey::get("/me") },
        RequestKey::get("/other"),
        RequestKey { auth: true, headers: vec![("Origin".into(), "{{foreign}}".into())], ..RequestKey::get("/cors") },
        RequestKey { auth: true, method: Method::Trace, class: Class::Active, ..RequestKey::get("/trace") },
        RequestKey { auth: true, times: 3, class: Class::Active, ..RequestKey::get("/burst") },
        RequestKey { auth: true, calibrate: Some(Shape::Page), ..RequestKey::get("/found") },
        RequestKey { headers: vec![("Authorization".into(), "Bearer of-a-check".into())], ..RequestKey::get("/forged") },
    ];
    let settings = Settings {
        auth: Some("Bearer hunter2hunter2".into()),
        cookie: Some("sid=cookie-value-1".into()),
        headers: vec![("X-Api-Key".into(), "key-value-1".into()), ("X-Stage".into(), "blue".into())],
        active: true,
        ..server.settings()
    };
    let exchanges = run(&settings, &plan(keys.to_vec()));
    let seen = server.seen.lock().unwrap().clone();
    for head in &seen {
        let lower = head.to_ascii_lowercase();
        let own = ["GET /me ", "GET /found "].iter().any(|start| head.starts_with(start));
        for secret in ["hunter2", "cookie-value-1", "key-value-1"] {
            assert_eq!(lower.contains(secret), own, "{head}");
        }
        assert!(lower.contains("x-stage: blue") && !lower.contains("of-a-check"), "{head}");
    }
    // The server sent them back, and they are not kept.
    let kept = format!("{exchanges:?}");
    assert!(
        kept.contains("masked-") && !kept.contains("hunter2") && !kept.contains("cookie-value") && !kept.contains("key-value")
    );
}

#[test]
fn credentials_stay_here_over_plain_http() {
    let server = Server::start(|_, _| answer("200 OK", "", "ok"));
    // A name that is not loopback by itself; the address is. Then an address of the network.
    let settings = Settings { auth: Some("Bearer hunter2hunter2".into()), ..server.settings() };
    let target = super::target::Target::parse(&Settings { url: "http://10.0.0.1/".into(), ..settings.clone() }).unwrap();
    let mut target = target;
    target.resolve(&settings).unwrap();
    assert!(!target.is_loopback());
    run(&settings, &plan(vec![RequestKey { auth: true, ..RequestKey::get("") }]));
    assert!(server.heads().contains("hunter2"), "loopback may know");
}

#[test]
fn causes_are_told_apart() {
    let dead =
        |settings: Settings| run(&settings, &plan(vec![RequestKey::get("")])).dead.unwrap_or_else(|| panic!("{settings:?}"));
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(dead(Settings { url: format!("http://{refused}/"), ..Settings::default() }).contains("refused the connection"));

    let closes = Server::start(|_, _| Vec::new());
    assert!(dead(closes.settings()).contains("closed the connection"));
    assert_eq!(closes.lines().len(), 2, "once more, not oftener");

    let noise = Server::start(|_, _| b"\x15\x03\x01\x00\x02\x02\x46hello hello\r\n\r\n".to_vec());
    let sentence = dead(noise.settings());
    assert!(sentence.contains("speaks no HTTP") && sentence.contains("https://"), "{sentence}");

    let told = Server::start(|_, _| answer("400 Bad", "", "The plain HTTP request was sent to HTTPS port"));
    assert!(dead(told.settings()).contains("use --url https://"));

    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let https = Settings { url: format!("https://{}/", plain.local_addr().unwrap()), ..Settings::default() };
    let told = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        let _ = stream.read(&mut [0; 16 * 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nspeak HTTP");
    });
    let sentence = dead(https);
    assert!(sentence.contains("does not speak TLS"), "{sentence}");
    told.join().unwrap();

    assert!(dead(Settings { url: "http://169.254.169.254/".into(), ..Settings::default() }).contains("never contacted"));
    assert!(dead(Settings { url: "ftp://x.example/".into(), ..Settings::default() }).contains("only http and https"));
    assert!(dead(Settings { url: "https://name.invalid/".into(), ..Settings::default() }).contains("--resolve"));

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = Settings { url: format!("http://{}/", silent.local_addr().unwrap()), ..Settings::default() };
    settings.limits.first_byte = Duration::from_millis(50);
    assert!(dead(settings).contains("did not answer"));
}

#[test]
fn bodies_and_headers_have_a_size() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/body") => answer("200 OK", "", &"x".repeat(400 * 1024)),
        Some("/headers") => answer("200 OK", &format!("X-Long: {}\r\n", "x".repeat(70 * 1024)), ""),
        Some("/many") => answer("200 OK", &"X-A: 1\r\n".repeat(2000), ""),
        Some("/bomb") => bytes("200 OK", "Content-Encoding: gzip\r\n", &bomb()),
        Some("/br") => bytes("200 OK", "Content-Encoding: br\r\n", b"\x0b\x02\x80hello\x03"),
        Some("/cut") => b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc".to_vec(),
        _ => answer("200 OK", "", "ok"),
    });
    let keys = ["/body", "/headers", "/many", "/bomb", "/br", "/cut"].map(RequestKey::get);
    let exchanges = run(&server.settings(), &plan(keys.to_vec()));
    let fact = |at: usize, path: &str| capture(&exchanges, &keys[at]).facts.get(path).cloned();
    assert_eq!(fact(0, "length"), Some(Value::Int(256 * 1024)));
    assert_eq!((fact(1, "error"), fact(2, "error")), (text("too-large"), text("too-large")));
    assert_eq!((fact(3, "length"), fact(3, "content-encoding")), (Some(Value::Int(256 * 1024)), text("gzip")));
    assert_eq!((fact(4, "body"), fact(4, "content-encoding")), (None, text("br")));
    assert_eq!((fact(5, "status"), fact(5, "body")), (Some(Value::Int(200)), None));
}

/// A megabyte of zeros, compressed.
fn bomb() -> Vec<u8> {
    let mut deflate = zlib_rs::Deflate::new(9, true, 31);
    let mut out = vec![0; 64 * 1024];
    let status = deflate.compress(&vec![b'0'; 1024 * 1024], &mut out, zlib_rs::DeflateFlush::Finish).unwrap();
    assert!(matches!(status, zlib_rs::Status::StreamEnd));
    out.truncate(usize::try_from(deflate.total_out()).unwrap());
    out
}

#[test]
fn of_several_paths_the_one_that_exists_answers() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/livez") => answer("200 OK", "Content-Type: text/plain\r\n", "alive"),
        _ => answer("200 OK", "Content-Type: text/html\r\n", "<html>the application for everything else</html>"),
    });
    let health = RequestKey {
        paths: ["/healthz", "/health", "/livez", "/readyz"].map(str::to_owned).to_vec(),
        calibrate: Some(Shape::Page),
        ..RequestKey::get("")
    };
    let exchanges = run(&server.settings(), &plan(vec![health.clone()]));
    let facts = &capture(&exchanges, &health).facts;
    assert_eq!((facts.get("path").cloned(), facts.get("found")), (text("/livez"), Some(&Value::Bool(true))));
    assert!(!server.lines().contains(&"GET /readyz".to_owned()));
    let told = Settings { health: Some("/up".into()), ..server.settings() };
    let exchanges = run(&told, &plan(vec![health.clone()]));
    let facts = &capture(&exchanges, &health).facts;
    assert_eq!((facts.get("path").cloned(), facts.get("found")), (text("/up"), Some(&Value::Bool(false))));
}

#[test]
fn a_burst_stops_when_it_is_told_to() {
    let server = Server::start(|head, before| match head.contains("/cheap") && before >= 4 {
        true => answer("429 Slow", "Retry-After: 3\r\n", ""),
        false => answer("200 OK", "", "ok"),
    });
    let burst = RequestKey { times: 20, class: Class::Active, ..RequestKey::get("/cheap") };
    let exchanges = run(&Settings { active: true, ..server.settings() }, &plan(vec![burst.clone()]));
    let facts = &capture(&exchanges, &burst).facts;
    assert_eq!((facts.get("burst.sent"), facts.get("burst.first-limited")), (Some(&Value::Int(4)), Some(&Value::Int(4))));
    assert_eq!(server.lines().len(), 5);
}

#[test]
fn no_path_leads_to_another_host() {
    let server = Server::start(|_, _| answer("200 OK", "", "ok"));
    let keys = ["//other.example/x", "http://other.example/", "/a b", "@other.example/"].map(RequestKey::get);
    let exchanges = run(&server.settings(), &plan(keys.to_vec()));
    assert_eq!(exchanges.unsent.len(), 3, "{:?}", exchanges.unsent);
    assert_eq!(server.lines(), ["GET /", "GET //other.example/x"]);
}

#[test]
fn a_replay_equals_its_run() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/.env") => answer("200 OK", "Content-Type: text/plain\r\n", "DB_PASSWORD=hunter2hunter2\nA=1\n"),
        Some("/x") => answer("302 Found", "Location: /y?token=abcdefgh\r\n", ""),
        Some("/bytes") => bytes("200 OK", "", b"\xff\xfe\x00"),
        Some("/cut") => Vec::new(),
        _ => answer("404 Not Found", "Set-Cookie: sid=abcdefghijkl; HttpOnly\r\n", "<html>nothing</html>"),
    });
    let requests = vec![
        RequestKey::get(""),
        RequestKey { calibrate: Some(Shape::DotFile), ..RequestKey::get("/.env") },
        RequestKey { follow: true, ..RequestKey::get("/x") },
        RequestKey { headers: vec![("Origin".into(), "{{foreign}}".into())], ..RequestKey::get("/bytes") },
        RequestKey::get("/cut"),
        RequestKey { times: 3, ..RequestKey::get("/burst") },
        RequestKey { class: Class::Active, ..RequestKey::get("/active") },
    ];
    let wanted = plan(requests);
    let (own, recording) = record(&server.settings(), &wanted);
    assert_eq!(own.captures.len(), 6, "{own:#?}");
    for secret in ["hunter2", "abcdefgh"] {
        assert!(!recording.contains(secret) && !format!("{own:?}").contains(secret), "{secret}: {recording}");
    }
    let sent = server.lines().len();
    assert_eq!(replay(&recording, &wanted).unwrap(), own);
    assert_eq!(server.lines().len(), sent, "nothing was sent");
    let more = replay(&recording, &plan(vec![RequestKey::get("/new"), RequestKey::get("")])).unwrap();
    assert_eq!((more.captures.len(), more.unsent[0].1.as_str()), (1, "not in the recording"));
    let gone = Settings { url: "ftp://x.example".into(), ..Settings::default() };
    let (dead, recording) = record(&gone, &wanted);
    assert_eq!(replay(&recording, &wanted).unwrap(), dead);
}

#[test]
fn a_dry_run_says_everything_and_sends_nothing() {
    let server = Server::start(|_, _| answer("200 OK", "", "ok"));
    let mut wanted = plan(vec![
        RequestKey::get(""),
        RequestKey { auth: true, ..RequestKey::get("/me?token=abcdefgh") },
        RequestKey { calibrate: Some(Shape::Page), paths: vec!["/healthz".into(), "/health".into()], ..RequestKey::get("") },
        RequestKey { times: 20, class: Class::Active, ..RequestKey::get("/burst") },
    ]);
    wanted.groups.insert("openapi".to_owned());
    let description = r#"{"openapi":"3.0.0","paths":{"/items":{"get":{}}}}"#.to_owned();
    let settings = Settings {
        auth: Some("Bearer hunter2hunter2".into()),
        protected: vec!["/admin".into()],
        openapi: Some(OpenApi::Text { name: "api.json".into(), text: description }),
        ..server.settings()
    };
    let origin = format!("http://{}", server.address);
    assert_eq!(
        dry_run(&settings, &wanted),
        [
            format!("GET {origin}/"),
            format!("GET {origin}/me?token=masked-8, with credentials"),
            "GET a page that does not exist, once or twice, if one answers 2xx".to_owned(),
            format!("GET {origin}/healthz"),
            format!("else GET {origin}/health"),
            "GET /burst is not sent: it is sent only with --active".to_owned(),
            format!("GET {origin}/admin (must refuse)"),
            format!("GET {origin}/items"),
        ]
    );
    assert!(dry_run(&Settings { active: true, ..settings }, &wanted).contains(&format!("GET {origin}/burst, 20 times")));
    assert!(server.lines().is_empty());
}

#[test]
fn what_the_api_lets_through_is_counted() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/openapi.json") => answer(
            "200 OK",
            "Content-Type: application/json\r\n",
            r#"{"openapi":"3.1.0","paths":{
                "/closed":{"get":{"security":[{"key":[]}]}}, "/forgotten":{"get":{"security":[{"key":[]}]}},
                "/login":{"get":{"security":[{"key":[]}]}}, "/missing":{"get":{"security":[{"key":[]}]}},
                "/broken":{"get":{"security":[{"key":[]}]}}, "/users":{"get":{}}, "/items":{"get":{}},
                "/logout":{"get":{"security":[{"key":[]}]}}, "/write":{"post":{"security":[{"key":[]}]}}}}"#,
        ),
        Some("/closed" | "/admin") => answer("401 No", "", ""),
        Some("/login") => answer("302 Found", "Location: /sign-in\r\n", ""),
        Some("/broken") => answer("500 Oh", "", ""),
        Some("/forgotten" | "/users" | "/items" | "/open") => {
            answer("200 OK", "Content-Type: application/json\r\n", "[{\"a\":1}]")
        }
        _ => answer("404 Not Found", "", ""),
    });
    let mut wanted = plan(Vec::new());
    wanted.groups.insert("openapi".to_owned());
    let settings = Settings {
        auth: Some("Bearer hunter2hunter2".into()),
        protected: vec!["/admin".into(), "/open".into(), "/gone".into()],
        ..server.settings()
    };
    let facts = run(&settings, &wanted).facts;
    let list = |items: &[&str]| Some(Value::List(items.iter().map(|item| (*item).to_owned()).collect()));
    let int = |path: &str| facts.get(path).cloned();
    for (path, number) in [
        ("openapi.operations", 8),
        ("openapi.declared", 5),
        ("openapi.protected", 2),
        ("openapi.open", 1),
        ("openapi.inconclusive", 2),
        ("protected.asked", 3),
        ("protected.closed", 1),
    ] {
        assert_eq!(int(path), Some(Value::Int(number)), "{path}: {facts:#?}");
    }
    assert_eq!(facts.get("openapi.found").cloned(), text("/openapi.json"));
    assert_eq!(facts.get("openapi.open-list").cloned(), list(&["/forgotten"]));
    assert_eq!(facts.get("openapi.private-looking").cloned(), list(&["/users"]));
    assert_eq!(facts.get("openapi.server-errors").cloned(), list(&["/broken"]));
    assert_eq!(facts.get("protected.open").cloned(), list(&["/open"]));
    assert!(!server.lines().iter().any(|line| line.contains("logout") || !line.starts_with("GET ")), "{:?}", server.lines());
    assert!(!server.heads().contains("hunter2"));
}

#[test]
fn routes_of_the_repository_stand_in_for_a_description() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/api/orders") => answer("200 OK", "Content-Type: application/json\r\n", "[]"),
        Some("/api/me") => answer("403 No", "", ""),
        _ => answer("404 Not Found", "", ""),
    });
    let mut wanted = plan(Vec::new());
    wanted.groups.insert("openapi".to_owned());
    let routes = [("/api/orders", false), ("/api/me", false), ("/api/users/:id", false), ("/", true)];
    let routes = routes.map(|(path, public)| (path.to_owned(), public)).to_vec();
    let facts = run(&Settings { routes, ..server.settings() }, &wanted).facts;
    assert_eq!(facts.get("openapi.found").cloned(), text("the routes of the repository"));
    assert_eq!((facts.get("openapi.declared"), facts.get("openapi.open")), (Some(&Value::Int(2)), Some(&Value::Int(1))));
}

#[test]
fn what_is_the_same_on_the_wire_is_sent_once() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/here") => answer("200 OK", "", "here"),
        Some("/away") => answer("302 Found", "Location: /here\r\n", ""),
        _ => answer("404 Not Found", "", ""),
    });
    let several =
        |paths: &[&str]| RequestKey { paths: paths.iter().map(|path| (*path).to_owned()).collect(), ..RequestKey::get("") };
    let keys = vec![
        RequestKey { follow: true, ..RequestKey::get("") },
        RequestKey::get("/"),
        several(&["/a", "/b"]),
        several(&["/b", "/here"]),
        RequestKey { class: Class::Active, ..RequestKey::get("/here") },
        RequestKey { calibrate: Some(Shape::Page), ..RequestKey::get("/here") },
        RequestKey { follow: true, ..RequestKey::get("/away") },
        RequestKey { auth: true, ..RequestKey::get("/a") },
        RequestKey { headers: vec![("X-One".into(), "1".into())], ..RequestKey::get("/a") },
        RequestKey { times: 3, ..RequestKey::get("/b") },
    ];
    let exchanges = run(&Settings { active: true, ..server.settings() }, &plan(keys.clone()));
    let mut lines: Vec<String> = server.lines().into_iter().filter(|line| line.len() < 12).collect();
    lines.sort();
    assert_eq!(lines, ["GET /", "GET /a", "GET /a", "GET /away", "GET /b", "GET /b", "GET /b", "GET /b", "GET /here"]);
    assert_eq!(exchanges.requests as usize, server.lines().len());
    let statuses: Vec<_> = keys.iter().map(|key| capture(&exchanges, key).facts["status"].clone()).collect();
    assert_eq!(statuses, [404, 404, 404, 200, 200, 200, 200, 404, 404, 404].map(Value::Int));
}

#[test]
fn a_refusal_among_ordinary_requests_is_a_limit_unless_it_is_the_first() {
    for (from, limited) in [(0, false), (2, true), (99, false)] {
        let server = Server::start(move |_, before| match before >= from {
            true => answer("429 Too Many Requests", "", ""),
            false => answer("200 OK", "", "ok"),
        });
        let wanted = plan(vec![RequestKey::get(""), RequestKey::get("/a"), RequestKey::get("/b")]);
        let (exchanges, recording) = record(&server.settings(), &wanted);
        assert_eq!(exchanges.facts.get("target.limited"), Some(&Value::Bool(limited)), "{from}");
        assert_eq!(replay(&recording, &wanted).unwrap().facts, exchanges.facts);
    }
}

#[test]
fn a_redirect_to_a_port_where_nobody_listens_is_the_answer() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(move |head, _| match head.starts_with("GET /move ") {
        true => answer("301 Moved Permanently", &format!("Location: https://{refused}/move\r\n"), ""),
        false => answer("200 OK", "", "ok"),
    });
    let moved = RequestKey { follow: true, ..RequestKey::get("/move") };
    let exchanges = run(&server.settings(), &plan(vec![moved.clone()]));
    let facts = &capture(&exchanges, &moved).facts;
    assert_eq!((facts.get("error"), facts.get("status")), (None, Some(&Value::Int(301))));
    assert_eq!(facts.get("redirects.final").cloned(), text(&format!("https://{refused}/move")));
}
