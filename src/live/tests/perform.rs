//! Requests that spare others: one for a folder, and the candidate that is there.

use super::{Server, answer, capture, plan, text};
use crate::live::{Settings, run};
use crate::model::live::{RequestKey, Shape, Value};

#[test]
fn one_path_speaks_for_its_folder() {
    let keys = || ["/actuator/env", "/.git/HEAD", "/.git/config"].map(RequestKey::get).to_vec();
    let asked = |head: &'static str| {
        let server = Server::start(move |line, _| match line.split(' ').nth(1) {
            Some("/") => answer("200 OK", "", "root"),
            Some("/actuator" | "/.git/config") => answer(head, "", ""),
            _ => answer("404 Not Found", "", ""),
        });
        let exchanges = run(&server.settings(), &plan(keys()));
        let statuses: Vec<_> = keys().iter().map(|key| capture(&exchanges, key).facts["status"].clone()).collect();
        let mut lines = server.lines();
        lines.sort();
        (lines, statuses)
    };
    let (lines, statuses) = asked("404 Not Found");
    assert_eq!(lines, ["GET /", "GET /.git/config", "GET /actuator"]);
    assert_eq!(statuses, [404, 404, 404].map(Value::Int));
    // What is refused may be there.
    let (lines, statuses) = asked("403 Forbidden");
    assert_eq!(lines, ["GET /", "GET /.git/HEAD", "GET /.git/config", "GET /actuator", "GET /actuator/env"]);
    assert_eq!(statuses, [404, 404, 403].map(Value::Int));
}

#[test]
fn what_is_repeated_is_the_candidate_that_is_there() {
    let server = Server::start(|line, _| match line.split(' ').nth(1) {
        Some("/" | "/b") => answer("200 OK", "", "here"),
        _ => answer("404 Not Found", "", ""),
    });
    let several = |paths: &[&str]| RequestKey {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        calibrate: Some(Shape::Json),
        times: 3,
        ..RequestKey::get("")
    };
    let (there, missing) = (several(&["/a", "/b", "/c"]), several(&["/x"]));
    let exchanges = run(&server.settings(), &plan(vec![there.clone(), missing.clone()]));
    let fact = |key: &RequestKey, path: &str| capture(&exchanges, key).facts.get(path).cloned();
    assert_eq!((fact(&there, "found"), fact(&there, "burst.sent")), (Some(Value::Bool(true)), Some(Value::Int(3))));
    assert_eq!((fact(&there, "path"), fact(&missing, "found")), (text("/b"), Some(Value::Bool(false))));
    let mut lines = server.lines();
    // Whether there is something is compared with what is not, only for what claims to be there.
    let random = lines.iter().filter(|line| line.ends_with("a.json")).count();
    lines.retain(|line| line.len() < 12);
    assert_eq!(
        (lines, random),
        (["GET /", "GET /a", "GET /b", "GET /b", "GET /b", "GET /b", "GET /x"].map(str::to_owned).to_vec(), 1)
    );
}

#[test]
fn what_cannot_be_compared_is_not_judged() {
    let server = Server::start(|line, _| match line.split(' ').nth(1) {
        Some("/none") => answer("404 Not Found", "", ""),
        _ => answer("200 OK", "Content-Type: application/json\r\n", "{\"a\":1}"),
    });
    let key = |path: &str| RequestKey { calibrate: Some(Shape::Json), ..RequestKey::get(path) };
    let mut wanted = plan(vec![key("/none"), key("/data")]);
    wanted.groups.insert("protected".to_owned());
    // The root, two paths, and no request for what does not exist.
    let settings = Settings { budget: 3, protected: vec!["/data".to_owned()], ..server.settings() };
    let exchanges = run(&settings, &wanted);
    assert_eq!(capture(&exchanges, &key("/none")).facts["found"], Value::Bool(false));
    assert!(exchanges.unsent.iter().any(|(own, reason)| *own == key("/data") && reason.contains("budget")), "{exchanges:?}");
    assert!(!exchanges.facts.contains_key("protected.open"), "{:?}", exchanges.facts);
}
