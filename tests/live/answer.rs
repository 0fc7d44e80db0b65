//! What the site answers: a good site, less what the modes take away.

use super::edge;
use super::fixture::{Port, Received, Shared};
use super::hostile::gzip;
use super::mode::Mode;
use super::pages::{GOOD, SCRIPT, api, exposed, good, missing, page, script};
use super::server::canary;

/// The credential that the API of the fixture accepts.
pub const CREDENTIAL: &str = "Bearer fixture-credential-0123456789";
/// The origin that is allowed to read answers.
pub const ALLOWED: &str = "https://app.example.test";

const GOOD_HEADERS: [(&str, &str); 6] = [
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    (
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
];

/// An answer before it is written.
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: vec![("Content-Type".to_owned(), content_type.to_owned())], body: body.into() }
    }

    pub fn json(status: u16, body: &str) -> Answer {
        Answer::new(status, "application/json", body)
    }

    pub fn html(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer::new(status, "text/html; charset=utf-8", body)
    }

    fn to(status: u16, location: &str) -> Answer {
        let mut answer = Answer::html(status, "");
        answer.add("Location", location);
        answer
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.add(name, value);
        }
    }
}

/// The answer to the `number`-th request, as bytes.
pub fn bytes(request: &Received, number: usize, shared: &Shared) -> Vec<u8> {
    let mut answer = match request.port {
        Port::Canary => Answer::html(200, "the canary was reached"),
        Port::Http if !shared.has(Mode::PlainServes) && !shared.has(Mode::PlainOnTlsPort) => plain(request, shared),
        Port::Https if shared.has(Mode::PlainOnTlsPort) => Answer::html(200, "plain HTTP"),
        _ => edge::refused(request, shared).unwrap_or_else(|| site(request, number, shared)),
    };
    decorate(&mut answer, request, shared);
    compress(&mut answer, request, shared);
    let mut bytes = Vec::new();
    if shared.has(Mode::EarlyHints) {
        bytes.extend(b"HTTP/1.1 103 Early Hints\r\nLink: </static/app.css>; rel=preload\r\n\r\n");
    }
    bytes.extend(format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status)).bytes());
    if shared.has(Mode::Chunked) && answer.status != 204 {
        answer.add("Transfer-Encoding", "chunked");
        answer.body = chunked(&answer.body);
    } else if answer.status != 204 {
        answer.add("Content-Length", &answer.body.len().to_string());
    }
    if shared.has(Mode::ClosesEach) {
        answer.add("Connection", "close");
    }
    for (name, value) in &answer.headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(b"\r\n");
    if request.method != "HEAD" {
        bytes.extend(answer.body);
    }
    bytes
}

/// The body in chunks of 1000 bytes.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(1000) {
        out.extend(format!("{:x}\r\n", chunk.len()).bytes());
        out.extend(chunk);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\n\r\n");
    out
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "Answer",
    }
}

fn plain(request: &Received, shared: &Shared) -> Answer {
    let status = if shared.has(Mode::PlainTemporary) { 302 } else { 301 };
    if shared.has(Mode::PlainOffHost) {
        return Answer::to(status, &format!("{}{}", canary(shared), request.path));
    }
    Answer::to(status, &format!("{}{}", shared.url(Port::Https), request.path))
}

fn site(request: &Received, number: usize, shared: &Shared) -> Answer {
    for mode in &shared.modes {
        match *mode {
            Mode::All(status, content_type, body) => return Answer::new(status, content_type, body),
            Mode::LoginWall if !request.path.starts_with("/login") => return Answer::to(302, "/login"),
            _ => {}
        }
    }
    if shared.has(Mode::LeadsAway) && request.path != "/" {
        return Answer::to(302, &format!("{}{}", canary(shared), request.path));
    }
    let path = request.path.split('?').next().unwrap_or_default();
    for mode in &shared.modes {
        match *mode {
            Mode::RateLimited(from) if number >= from => {
                let mut answer = Answer::json(429, r#"{"error":"too many requests"}"#);
                answer.add("Retry-After", "1");
                return answer;
            }
            Mode::RateLimitedSilently(from) if number >= from => return Answer::json(429, r#"{"error":"too many requests"}"#),
            Mode::Serve(own, content_type, body) if own == path => return Answer::new(200, content_type, body),
            Mode::Status(own, status) if own == path => return Answer::html(status, format!("<h1>{status}</h1>")),
            Mode::Redirect(own, status, location) if own == path => return Answer::to(status, location),
            Mode::Reply(own, status, content_type, body) if own == path || own == request.path => {
                return Answer::new(status, content_type, body);
            }
            Mode::BreaksOnTornJson if request.method == "POST" && !request.body.ends_with(b"}") => {
                return Answer::json(500, r#"{"error":"internal"}"#);
            }
            Mode::BreaksOnBytes if path.contains("%ff") => return Answer::json(500, r#"{"error":"internal"}"#),
            _ => {}
        }
    }
    if let Some(answer) = account(request, path, shared) {
        return answer;
    }
    if shared.has(Mode::EchoCredentials) {
        return echo(request);
    }
    match request.method.as_str() {
        "GET" | "HEAD" => get(request, path, number, shared),
        "OPTIONS" => {
            let mut answer = Answer::new(204, "text/plain", "");
            answer.add("Allow", "GET, HEAD, OPTIONS");
            answer
        }
        "TRACE" if shared.has(Mode::TraceEcho) => {
            let headers: String = request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            Answer::new(200, "message/http", format!("TRACE {} HTTP/1.1\r\n{headers}\r\n", request.path))
        }
        _ => Answer::json(405, r#"{"error":"method not allowed"}"#),
    }
}

/// Tells the credentials of the request in as many ways as an answer has.
fn echo(request: &Received) -> Answer {
    let (auth, cookie) = (request.header("authorization").unwrap_or("none"), request.header("cookie").unwrap_or("none"));
    let encoded = auth.replace(' ', "%20");
    let html = format!("<a href=\"/next?token={encoded}\">{auth}</a> {cookie} {}", base64(auth));
    let mut answer =
        if request.path == "/redirect" { Answer::to(302, &format!("/next?token={encoded}")) } else { Answer::html(200, html) };
    answer.add("X-Echo", auth);
    answer.add("Set-Cookie", &format!("echo={}; Secure", base64(cookie)));
    answer
}

/// As in RFC 4648, padded.
pub fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let used = chunk.len() + 1;
        (0..4).map(|at| if at < used { DIGITS[(bits >> (18 - 6 * at)) as usize & 63] as char } else { '=' }).collect::<String>()
    };
    text.as_bytes().chunks(3).map(digits).collect()
}

fn get(request: &Received, path: &str, number: usize, shared: &Shared) -> Answer {
    let has = |mode| shared.has(mode);
    match path {
        "/" if has(Mode::RedirectCanary) => Answer::to(302, &format!("{}/", canary(shared))),
        "/" if has(Mode::Downgrade) => Answer::to(302, &format!("{}/", shared.url(Port::Http))),
        "/" if has(Mode::RedirectLoop) => Answer::to(302, "/a"),
        "/a" if has(Mode::RedirectLoop) => Answer::to(302, "/"),
        "/" if has(Mode::LoginRedirect) => Answer::to(302, "/login"),
        "/" if has(Mode::Account) && request.header("authorization") != Some(CREDENTIAL) => {
            Answer::json(401, r#"{"error":"sign in"}"#)
        }
        "/" if has(Mode::Account) => Answer::json(200, r#"{"owner":"a","balance":1}"#),
        "/" if has(Mode::Json) => Answer::json(200, r#"{"name":"fixture","version":1}"#),
        "/" => page(shared),
        _ if has(Mode::Bare) => missing(path, number, shared),
        "/login" => Answer::html(200, "<!doctype html><title>Sign in</title><form><input type=password></form>"),
        SCRIPT => script(shared),
        "/healthz" if has(Mode::NoHealth) => missing(path, number, shared),
        "/healthz" if has(Mode::HealthDown) => Answer::json(200, r#"{"status":"DOWN"}"#),
        "/healthz" if has(Mode::HealthBroken) => Answer::json(500, r#"{"status":"error"}"#),
        "/readyz" | "/livez" if has(Mode::NoHealth) => missing(path, number, shared),
        _ if GOOD.iter().any(|(own, ..)| *own == path) => good(path),
        _ => exposed(path, shared).or_else(|| api(request, path, shared)).unwrap_or_else(|| missing(path, number, shared)),
    }
}

/// Headers, cookies and CORS.
fn decorate(answer: &mut Answer, request: &Received, shared: &Shared) {
    if request.port == Port::Canary {
        return;
    }
    let has = |mode| shared.has(mode);
    if (200..400).contains(&answer.status) || !has(Mode::HeadersOnSuccessOnly) {
        for (name, value) in GOOD_HEADERS {
            let name_is = |other: &str| name == other;
            let left_out = (name_is("Strict-Transport-Security") && (request.port == Port::Http || has(Mode::NoHsts)))
                || (name_is("Content-Security-Policy") && (has(Mode::NoCsp) || has(Mode::CspMeta)))
                || (name_is("X-Content-Type-Options") && has(Mode::NoNosniff))
                || (name_is("X-Frame-Options") && has(Mode::NoFrame));
            if !left_out {
                answer.add(name, value);
            }
        }
    }
    edge::decorate(answer, request, shared);
    modify(answer, request, shared);
    if !has(Mode::NoRateLimit) && answer.status != 429 {
        answer.add("RateLimit", "\"20-in-1min\"; r=15; t=60");
        answer.add("RateLimit-Policy", "\"20-in-1min\"; q=20; w=60");
    }
    cookies(answer, request, shared);
    cors(answer, request, shared);
    for mode in &shared.modes {
        match *mode {
            Mode::Header(name, value) => answer.set(name, value),
            Mode::HeaderAt(path, name, value) if path == request.path => answer.set(name, value),
            Mode::MoreHeader(name, value) => answer.add(name, value),
            _ => {}
        }
    }
}

fn modify(answer: &mut Answer, request: &Received, shared: &Shared) {
    const HSTS: &str = "Strict-Transport-Security";
    const CSP: &str = "Content-Security-Policy";
    let https = request.port == Port::Https;
    for mode in &shared.modes {
        match mode {
            Mode::HstsShort if https => answer.set(HSTS, "max-age=86400"),
            Mode::HstsZero if https => answer.set(HSTS, "max-age=0"),
            Mode::HstsTwice if https => answer.add(HSTS, "max-age=300"),
            Mode::CspReportOnly => {
                answer.set(CSP, "");
                answer.add("Content-Security-Policy-Report-Only", "default-src 'self'; report-uri /csp");
            }
            Mode::CspUnsafeInline => {
                answer.set(CSP, "default-src 'self'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'");
            }
            Mode::NoFrame => answer.set(CSP, "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'"),
            Mode::ReferrerUnsafe => answer.set("Referrer-Policy", "unsafe-url"),
            Mode::Banner => {
                answer.set("Server", "nginx/1.18.0");
                answer.add("X-Powered-By", "PHP/7.4.3");
            }
            _ => {}
        }
    }
}

fn cookies(answer: &mut Answer, request: &Received, shared: &Shared) {
    let has = |mode| shared.has(mode);
    if answer.status != 200 || request.path != "/" || request.port != Port::Https || has(Mode::NoCookies) {
        return;
    }
    let cookie = if has(Mode::CookieBare) {
        "sessionid=fixture-cookie-value; Path=/; SameSite=Lax"
    } else if has(Mode::CookieCrossSite) {
        "sessionid=fixture-cookie-value; Path=/; HttpOnly; SameSite=None"
    } else if has(Mode::CookiePrefix) {
        "__Host-session=fixture-cookie-value; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=localhost"
    } else {
        "__Host-session=fixture-cookie-value; Path=/; Secure; HttpOnly; SameSite=Lax"
    };
    let own = shared.modes.iter().find_map(|mode| if let Mode::Cookie(own) = *mode { Some(own) } else { None });
    answer.add("Set-Cookie", own.unwrap_or(cookie));
}

/// One origin is allowed, whoever asks, and without credentials.
fn cors(answer: &mut Answer, request: &Received, shared: &Shared) {
    const ALLOW: &str = "Access-Control-Allow-Origin";
    let has = |mode| shared.has(mode);
    let Some(origin) = request.header("origin").filter(|_| !has(Mode::CorsNone)) else { return };
    let echoed = has(Mode::CorsEcho)
        || has(Mode::CorsEchoCredentials)
        || (has(Mode::CorsNull) && origin == "null")
        || (has(Mode::CorsLocal) && origin.starts_with("http://localhost:"))
        || (has(Mode::CorsSuffix) && origin.ends_with("localhost"))
        || (has(Mode::CorsPrefix) && origin.starts_with("https://localhost"));
    if has(Mode::CorsStar) {
        answer.add(ALLOW, "*");
    } else if echoed {
        answer.add("Vary", "Origin");
        answer.add(ALLOW, origin);
        if !has(Mode::CorsEcho) && !has(Mode::CorsLocal) {
            answer.add("Access-Control-Allow-Credentials", "true");
        }
    } else {
        answer.add(ALLOW, ALLOWED);
    }
    if request.method == "OPTIONS" {
        let own = shared.modes.iter().find_map(|mode| if let Mode::Grants(own, more) = *mode { Some((own, more)) } else { None });
        let (methods, headers) = own.unwrap_or(("GET, POST", "content-type"));
        answer.add("Access-Control-Allow-Methods", methods);
        answer.add("Access-Control-Allow-Headers", headers);
        answer.add("Access-Control-Max-Age", "600");
    }
}

fn compress(answer: &mut Answer, request: &Received, shared: &Shared) {
    let asked = request.header("accept-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("gzip"));
    if asked && !shared.has(Mode::NoCompression) && answer.body.len() >= 1000 {
        answer.body = gzip(&answer.body);
        answer.add("Content-Encoding", "gzip");
        answer.add("Vary", "Accept-Encoding");
    }
}

/// Signing in and out, and what needs it.
fn account(request: &Received, path: &str, shared: &Shared) -> Option<Answer> {
    let posted = |path: &str| shared.count(|own| own.method == "POST" && own.path == path);
    let refused = || Answer::json(401, r#"{"error":"sign in"}"#);
    let login =
        |from: usize, refusal: Answer| if posted(path) >= from { Answer::json(429, r#"{"error":"later"}"#) } else { refusal };
    let form = request.header("content-type").is_some_and(|value| value.contains("form"));
    let ended = shared.modes.iter().any(|mode| matches!(*mode, Mode::SignsOut(own) if posted(own) > 0));
    let mut guarded = false;
    for mode in &shared.modes {
        match *mode {
            Mode::SignsOut(own) | Mode::SignsOutInVain(own) if own == path && request.method == "POST" => {
                return Some(Answer::new(204, "text/plain", ""));
            }
            Mode::Login(own, from) if own == path && request.method == "POST" => return Some(login(from, refused())),
            Mode::LoginForm(own, _) if own == path && request.method == "POST" && !form => {
                return Some(Answer::json(415, r#"{"error":"a form is wanted"}"#));
            }
            Mode::LoginForm(own, from) if own == path && request.method == "POST" => {
                return Some(login(from, Answer::html(200, "<!doctype html><form><input type=password></form>")));
            }
            Mode::As(known, own, status, body) if own == path => {
                guarded = true;
                if request.header("authorization") == Some(known) && !ended {
                    return Some(Answer::json(status, body));
                }
            }
            _ => {}
        }
    }
    guarded.then(refused)
}
