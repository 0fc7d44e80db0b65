//! `send`: the requests of a check. What could leave the origin, change state or carry a credential does not load.
//!
//! To add a key, read it in `request`, keep it in `model::live::RequestKey`, and send it in `live`.

use crate::model::live::facts::{OF_CAPTURE, OF_RUN};
use crate::model::live::{Base, Class, Method, Request, RequestKey, Shape, safety};
use crate::model::node::{Node, Span, Value};
use crate::probes::params::{Map, Problems, suggestion};

use super::script::RESERVED;

/// What stands for something that only the run knows.
pub const VARIABLES: [&str; 4] = ["random", "foreign", "host", "origin"];

/// Most that one check may send of the same request.
const MAX_TIMES: i64 = 30;
/// Beyond this it is a burst, which an ordinary visitor does not send.
const MAX_PASSIVE_TIMES: i64 = 10;

/// Reads `send`; a check that only uses facts of the run has none.
pub fn requests(map: &Map<'_>, class: Class) -> Vec<Request> {
    let Some(node) = map.get("send") else { return Vec::new() };
    if !matches!(node.value, Value::Array(_)) {
        map.problems().note(node.span, "`send` takes a list");
    }
    let mut requests: Vec<Request> = Vec::new();
    for item in node.items() {
        let request = request(item, class, map.problems());
        if requests.iter().any(|earlier| earlier.name == request.name) {
            map.problems().note(item.span, format!("two requests are called `{}`", request.name));
        } else if let Some(same) = requests.iter().find(|earlier| earlier.key == request.key) {
            map.problems().note(item.span, format!("this is the request `{}` again; use its answer", same.name));
        }
        requests.push(request);
    }
    requests
}

fn request(node: &Node, class: Class, problems: &Problems) -> Request {
    let map = Map::new(node, "a request", problems);
    let name = map.text("as");
    verify_name(&name, &map);
    // A request with a mistake still has its name, so that rules about it are read.
    let method = map.word("method", Some(Method::Get)).unwrap_or(Method::Get);
    let paths = paths(&map);
    let times = map.opt_int("times").unwrap_or(1);
    let key = RequestKey {
        base: map.word("base", Some(Base::Target)).unwrap_or(Base::Target),
        method,
        headers: headers(&map),
        body: map.opt_text("body"),
        calibrate: map.has("calibrate").then(|| map.word::<Shape>("calibrate", None)).flatten(),
        follow: map.flag("follow", false),
        auth: map.flag("auth", false),
        times: u32::try_from(times.clamp(1, MAX_TIMES)).unwrap_or(1),
        class,
        paths,
    };
    map.finish();
    if !problems.verify() {
        return Request { name, key };
    }
    if class == Class::Passive && matches!(method, Method::Trace | Method::Post) {
        map.note_at("method", format!("{method} is no ordinary visit; the check needs `class: active`"));
    }
    if key.body.is_some() && method != Method::Post {
        map.note_at("body", format!("{method} has no body"));
    }
    if !(1..=MAX_TIMES).contains(&times) {
        map.note_at("times", format!("`times` is 1 to {MAX_TIMES}"));
    } else if class == Class::Passive && times > MAX_PASSIVE_TIMES {
        map.note_at("times", format!("more than {MAX_PASSIVE_TIMES} times is a burst; the check needs `class: active`"));
    }
    if key.calibrate.is_some() && key.paths.is_empty() {
        map.note_at("calibrate", "`calibrate` needs `path`: the URL under audit is there by definition");
    }
    if key.auth && (times > 1 || method == Method::Trace || key.base == Base::Plain) {
        map.note_at("auth", "credentials are never sent in bursts, by TRACE or over plain HTTP");
    }
    Request { name, key }
}

fn verify_name(name: &str, map: &Map<'_>) {
    let well_formed = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !name.is_empty() && !well_formed {
        map.note_at("as", format!("`{name}` is no name; write it in lower case with hyphens"));
    }
    let first = |path: &str| path.split('.').next() == Some(name);
    let is_fact = OF_CAPTURE.iter().chain(OF_RUN).any(|fact| first(fact.path));
    if is_fact || RESERVED.contains(&name) {
        map.note_at("as", format!("`{name}` means something else in rules and tests; call the request otherwise"));
    }
}

fn paths(map: &Map<'_>) -> Vec<String> {
    if map.has("path") && map.has("paths") {
        map.note_at("paths", "either `path` or `paths`");
    }
    let paths: Vec<String> = map.opt_text("path").into_iter().chain(map.texts("paths")).collect();
    let node = |key| map.get(key).map(|node| node.span);
    if map.problems().verify() {
        let span = node("path").or(node("paths")).unwrap_or_default();
        paths.iter().for_each(|path| verify_path(path, span, map.problems()));
    }
    paths
}

/// Notes a path that could leave the origin, or that is likely to change something.
fn verify_path(path: &str, span: Span, problems: &Problems) {
    verify_variables(path, span, problems);
    let lower = path.to_ascii_lowercase();
    let decoded = lower.replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '\\' || c == '#';
    if !path.starts_with('/') || path.starts_with("//") || decoded.contains("://") {
        problems
            .note(span, format!("`{path}` must be a path of the origin under audit: it starts with one `/`, and names no host"));
    } else if decoded.split(['/', '?', '\\']).any(|part| part == "..") {
        problems.note(span, format!("`{path}` climbs with `..`"));
    } else if path.contains(bad) || decoded.contains('\\') {
        problems.note(span, format!("`{path}` holds a character that no path has"));
    } else if let Some(word) = safety::changing(&decoded) {
        problems.note(span, format!("`{path}` may change something (`{word}`), so it is never requested"));
    }
}

/// Notes variables that do not exist.
pub fn verify_variables(text: &str, span: Span, problems: &Problems) {
    for name in variables(text) {
        if !VARIABLES.contains(&name) {
            let hint = suggestion(name, VARIABLES);
            let known = VARIABLES.map(|name| format!("{{{{{name}}}}}")).join(", ");
            problems.note(span, format!("no variable is called `{name}`{hint}; there are {known}"));
        }
    }
}

/// The names between double braces.
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).map(|rest| rest.split_once("}}").map_or(rest, |(name, _)| name).trim())
}

fn headers(map: &Map<'_>) -> Vec<(String, String)> {
    let problems = map.problems();
    let mut headers = Vec::new();
    for entry in map.get("headers").map(Node::entries).unwrap_or_default() {
        let name = entry.key.to_ascii_lowercase();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            problems.note(entry.key_span, format!("`{}` is no name of a header", entry.key));
        } else if safety::is_of_engine(&name) || name == "user-agent" || name.starts_with("x-readyctl") {
            let credential = matches!(&*name, "authorization" | "cookie");
            let hint = if credential { "; `auth: true` sends the user's credentials" } else { "" };
            problems.note(entry.key_span, format!("only the engine sets `{}`{hint}", entry.key));
        }
        match entry.value.scalar() {
            Some(value) if value.chars().all(|c| !c.is_control()) => {
                verify_variables(&value, entry.value.span, problems);
                headers.push((entry.key.to_string(), value));
            }
            _ => problems.note(entry.value.span, "the value of a header is a text on one line"),
        }
    }
    headers
}
