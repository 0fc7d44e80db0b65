//! Facts of the run: each is made, and of its declared type.

use super::{Server, answer, plan};
use crate::live::{Settings, run};
use crate::model::live::facts::{Kind, OF_RUN, kind};
use crate::model::live::{Facts, Value};

/// Every fact of the run that is made here, by one run or another; `tls.*` and `certificate.*` have their own tests.
#[test]
fn facts_of_the_run_have_their_declared_types() {
    let server = Server::start(|head, _| match head.split(' ').nth(1) {
        Some("/openapi.json") => answer(
            "200 OK",
            "",
            r#"{"openapi":"3.1.0","paths":{"/users":{"get":{}},"/a":{"get":{"security":[{"k":[]}]}},"/b":{"get":{}}}}"#,
        ),
        Some("/events") => answer("200 OK", "Content-Type: text/event-stream\r\n", ": hi\n\n"),
        Some("/login") => answer("429 Too Many", "", ""),
        Some("/logout") => answer("204 No Content", "", ""),
        Some("/mine") if !head.to_ascii_lowercase().contains("authorization:") => answer("401 No", "", ""),
        Some("/b") => answer("503 Oh", "", ""),
        Some("/x") => answer("404 Not Found", "", ""),
        Some(path) if path.len() > 10 => answer("404 Not Found", "", ""),
        _ => answer("200 OK", "Via: 1.1 google\r\n", "data"),
    });
    let mut wanted = plan(Vec::new());
    wanted.groups.insert("openapi".to_owned());
    wanted.groups.extend(["credential", "owned", "upload", "stream", "login", "logout"].map(str::to_owned));
    // {"alg":"HS256"} and {"iat":1,"exp":2}
    let token = Some(["Bearer eyJhbGciOiJIUzI1NiJ9", "eyJpYXQiOjEsImV4cCI6Mn0", "c2lnbmF0dXJl"].join("."));
    let owned = vec!["/mine".to_owned()];
    let mut facts = Facts::new();
    for settings in [
        Settings { protected: vec!["/users".into()], ..server.settings() },
        Settings { protected: vec!["/mine".into()], auth: token.clone(), ..server.settings() },
        Settings { active: true, auth: token.clone(), other_auth: Some("Bearer other".into()), owned, ..server.settings() },
        Settings {
            active: true,
            auth: token,
            protected: vec!["/mine".into()],
            login: Some("/login".into()),
            logout: Some("/logout".into()),
            stream: Some("/events".into()),
            ..server.settings()
        },
    ] {
        facts.extend(run(&settings, &wanted).facts);
    }
    for fact in OF_RUN.iter().filter(|fact| !fact.path.starts_with("tls.") && !fact.path.starts_with("certificate.")) {
        assert!(facts.contains_key(fact.path), "{} is not made: {facts:#?}", fact.path);
    }
    for (path, value) in &facts {
        let fits = match (kind(path, true), value) {
            (Some(Kind::Bool), Value::Bool(_)) | (Some(Kind::Int), Value::Int(_)) => true,
            (Some(Kind::Text), Value::Text(_)) | (Some(Kind::List), Value::List(_)) => true,
            (Some(Kind::Word(words)), Value::Text(word)) => words.contains(&word.as_str()),
            _ => false,
        };
        assert!(fits, "{path}: {value:?}");
    }
}
