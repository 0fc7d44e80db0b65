//! What the site has: its page and script, what a good site has beside them, what a bad one exposes, its interface, and what it
//! says of things that do not exist.

use super::answer::{Answer, CREDENTIAL};
use super::fixture::{Received, Shared};
use super::mode::Mode;

/// The hashed script of the page.
pub const SCRIPT: &str = "/static/app.3f9a1c2b.js";

const STACK_TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 12, in handler\n    return \
                           items[name]\nKeyError: 'missing'\n";

/// What a good site has beside its page: path, content type, body.
pub const GOOD: [(&str, &str, &str); 7] = [
    ("/healthz", "application/json", r#"{"status":"ok","commit":"4f2d8c1b9a7e"}"#),
    ("/readyz", "application/json", r#"{"status":"ok","checks":{"database":"ok"}}"#),
    ("/livez", "application/json", r#"{"status":"alive"}"#),
    ("/privacy", "text/html", "<!doctype html><title>Privacy</title><h1>Privacy policy</h1><p>What we keep, and why.</p>"),
    ("/terms", "text/html", "<!doctype html><title>Terms</title><h1>Terms of service</h1><p>What holds between us.</p>"),
    (
        "/.well-known/security.txt",
        "text/plain; charset=utf-8",
        "Contact: mailto:security@app.example.test\nExpires: 2099-01-01T00:00:00Z\n",
    ),
    ("/favicon.ico", "image/x-icon", "an icon"),
];

pub fn good(path: &str) -> Answer {
    let (_, content_type, body) = GOOD.iter().find(|(own, ..)| *own == path).unwrap();
    Answer::new(200, content_type, *body)
}

pub fn page(shared: &Shared) -> Answer {
    let meta = if shared.has(Mode::CspMeta) {
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; object-src 'none'; base-uri 'none'\">"
    } else {
        ""
    };
    let token = if shared.has(Mode::NoToken) { "" } else { "<meta name=\"csrf-token\" content=\"fixture-form-token\">" };
    let mut text = "<p>A paragraph that is long enough to be worth compressing.</p>\n".repeat(200);
    let mut foot = "<a href=\"/privacy\">Privacy</a> <a href=\"/terms\">Terms of service</a>";
    for mode in &shared.modes {
        match *mode {
            Mode::InPage(more) => text.push_str(more),
            Mode::Foot(own) => foot = own,
            _ => {}
        }
    }
    let head = format!("<title>Fixture</title>{meta}{token}<script src=\"{SCRIPT}\"></script>");
    if shared.has(Mode::Long) {
        text.insert_str(0, &format!("<footer>{foot}</footer>"));
        text.push_str(&"<p>More, and more of it.</p>\n".repeat(12_000));
    }
    let mut answer =
        Answer::html(200, format!("<!doctype html><html><head>{head}</head><body>{text}<footer>{foot}</footer></body></html>"));
    answer.add("Cache-Control", "no-store");
    answer
}

pub fn script(shared: &Shared) -> Answer {
    let mut answer = Answer::new(200, "text/javascript; charset=utf-8", "export const value = 'fixture';\n".repeat(80));
    if !shared.has(Mode::NoCache) {
        answer.add("Cache-Control", "public, max-age=31536000, immutable");
        answer.add("ETag", "\"3f9a1c2b\"");
    }
    answer
}

pub fn missing(path: &str, number: usize, shared: &Shared) -> Answer {
    let has = |mode| shared.has(mode);
    if has(Mode::DotFilesForbidden) && path.contains("/.") {
        return Answer::html(403, "<h1>403 Forbidden</h1>");
    }
    if has(Mode::WildcardEnv) && path.ends_with(".env") {
        return Answer::new(200, "text/plain", "NOTHING=here\nTO=see\n");
    }
    if has(Mode::SpaFallback) {
        return page(shared);
    }
    if has(Mode::RandomPage) {
        let words = ["river", "stone", "cloud", "lamp", "garden"];
        let text: String = (0..40).map(|index| format!("{} ", words[(index * 7 + number * 3) % words.len()])).collect();
        return Answer::html(200, format!("<!doctype html><title>Sorry {number}</title><p>Nothing at {path}: {text}</p>"));
    }
    if has(Mode::TracePage) {
        return Answer::html(500, format!("<h1>Server Error</h1><pre>{STACK_TRACE}</pre>"));
    }
    for mode in &shared.modes {
        match *mode {
            Mode::Missing(status, content_type, body) => return Answer::new(status, content_type, body),
            Mode::Wall => return Answer::json(401, r#"{"error":"sign in"}"#),
            _ => {}
        }
    }
    if has(Mode::Json) {
        Answer::json(404, r#"{"error":"not found"}"#)
    } else {
        Answer::html(404, "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>")
    }
}

pub fn exposed(path: &str, shared: &Shared) -> Option<Answer> {
    let has = |mode| shared.has(mode);
    let answer = match path {
        "/.git/config" if has(Mode::GitExposed) => {
            Answer::new(200, "text/plain", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n")
        }
        "/.git/HEAD" if has(Mode::GitExposed) => Answer::new(200, "text/plain", "ref: refs/heads/main\n"),
        "/.env" if has(Mode::EnvExposed) => {
            Answer::new(200, "text/plain", "APP_ENV=production\nDB_PASSWORD=fixture-env-value-1\nAPI_KEY=fixture-env-value-2\n")
        }
        "/backup.sql" if has(Mode::BackupExposed) => {
            Answer::new(200, "application/sql", "-- MySQL dump 10.13\nCREATE TABLE users (id int);\n")
        }
        "/backup.zip" if has(Mode::BackupExposed) => Answer::new(200, "application/zip", b"PK\x03\x04fixture".to_vec()),
        "/actuator/env" if has(Mode::ActuatorExposed) => {
            Answer::json(200, r#"{"activeProfiles":[],"propertySources":[{"name":"systemProperties"}]}"#)
        }
        "/actuator" if has(Mode::ActuatorExposed) => Answer::json(200, r#"{"_links":{"env":{"href":"/actuator/env"}}}"#),
        "/actuator/health" if has(Mode::ActuatorExposed) => Answer::json(200, r#"{"status":"UP"}"#),
        "/docs" if has(Mode::DocsExposed) => {
            Answer::html(200, "<!doctype html><title>API - Swagger UI</title><div id=\"swagger-ui\"></div>")
        }
        _ => return None,
    };
    Some(answer)
}

/// The description names what is not to be called, too: `/api/logout`, a POST, an operation with a required header.
pub const OPENAPI: &str = r#"{"openapi":"3.1.0","info":{"title":"Fixture","version":"1"},
"components":{"securitySchemes":{"bearer":{"type":"http","scheme":"bearer"}}},"paths":{
"/api/items":{"get":{"security":[{"bearer":[]}],"responses":{}},"post":{"security":[{"bearer":[]}],"responses":{}}},
"/api/items/{id}":{"get":{"security":[{"bearer":[]}],"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}],"responses":{}}},
"/api/report":{"get":{"security":[{"bearer":[]}],"responses":{}}},
"/api/logout":{"get":{"security":[{"bearer":[]}],"responses":{}}},
"/api/header":{"get":{"security":[{"bearer":[]}],"parameters":[{"name":"X-Tenant","in":"header","required":true,"schema":{"type":"string"}}],"responses":{}}},
"/api/public":{"get":{"responses":{}}}}}"#;

pub fn api(request: &Received, path: &str, shared: &Shared) -> Option<Answer> {
    let forgets = shared.has(Mode::OpenApiForgotten);
    if path == "/openapi.json" {
        return (forgets || shared.has(Mode::OpenApi)).then(|| Answer::json(200, OPENAPI));
    }
    if path == "/api/public" {
        return Some(Answer::json(200, r#"{"public":true}"#));
    }
    let known = ["/api/items", "/api/report", "/api/logout", "/api/header", "/api/admin/users"].contains(&path)
        || path.starts_with("/api/items/");
    if !known {
        return None;
    }
    // Whose token it is, this site does not ask.
    let user = request.header("authorization").is_some_and(|own| own == CREDENTIAL || own.starts_with("Bearer ey"));
    let allowed = user || (forgets && path == "/api/report") || shared.has(Mode::NoAuth);
    let mut answer =
        if allowed { Answer::json(200, r#"[{"id":1,"owner":"a"}]"#) } else { Answer::json(401, r#"{"error":"sign in"}"#) };
    answer.add("Cache-Control", "private, no-store");
    Some(answer)
}
