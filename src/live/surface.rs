//! What of the API answers without credentials: the operations of its description, and the paths that must not.

use reqwest::Url;

use super::ask::{Ask, Chain, Who};
use super::facts::{self, Answer};
use super::openapi::{self, Operation};
use super::pace::Purpose;
use super::perform::{Run, rooted};
use super::settings::{OPENAPI_BUDGET, OpenApi};
use crate::model::live::{Base, Facts, LivePlan, Shape, Value};

/// What an answer says about a path that should not answer everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Closed,
    Open,
    /// Not there, broken, limited, or the page for everything else.
    Unclear,
}

impl Door {
    /// Its word in facts.
    pub fn word(self) -> &'static str {
        match self {
            Door::Closed => "closed",
            Door::Open => "open",
            Door::Unclear => "unclear",
        }
    }
}

/// Adds `protected.*` and `openapi.*`, as far as they are asked for.
pub(super) async fn explore(run: &Run, plan: &LivePlan, facts: &mut Facts) {
    let paths: Vec<String> = run.asker.settings.protected.iter().map(|path| rooted(path)).collect();
    if !paths.is_empty() {
        protected(run, &paths, facts).await;
    }
    if plan.groups.contains("openapi") {
        let found = match find(run).await {
            Some((place, text)) => {
                openapi::parse(&text).map(|description| (place, openapi::operations(&description, &run.variables.random)))
            }
            None => None,
        };
        if let (None, Some(OpenApi::Path(name) | OpenApi::Text { name, .. })) = (&found, &run.asker.settings.openapi) {
            run.asker.note(format!("{name}: no OpenAPI description could be read there"));
        }
        let routes = || {
            let routes = &run.asker.settings.routes;
            let operations = routes.iter().map(|(path, public)| Operation::route(path, *public)).collect();
            (!routes.is_empty()).then(|| ("the routes of the repository".to_owned(), operations))
        };
        if let Some((place, operations)) = found.or_else(routes) {
            facts.insert("openapi.found".to_owned(), Value::Text(run.asker.shown(&place)));
            call(run, &operations, facts).await;
        }
    }
}

async fn protected(run: &Run, paths: &[String], facts: &mut Facts) {
    let (mut open, mut closed) = (Vec::new(), 0);
    for path in paths {
        match door(run, path, Who::Nobody, Purpose::Check).await.map(|(door, _)| door) {
            Some(Door::Open) => open.push(run.asker.shown(path)),
            Some(Door::Closed) => closed += 1,
            Some(Door::Unclear) => {}
            None => run.asker.note(format!("{path}: not asked")),
        }
    }
    facts.insert("protected.asked".to_owned(), Value::Int(count(paths.len())));
    facts.insert("protected.closed".to_owned(), Value::Int(closed));
    put_list(facts, "protected.open", open);
}

/// Where the description stands, and its text.
async fn find(run: &Run) -> Option<(String, String)> {
    let places: Vec<String> = match &run.asker.settings.openapi {
        Some(OpenApi::Text { name, text }) => return Some((name.clone(), text.clone())),
        Some(OpenApi::Path(path)) => vec![path.clone()],
        None => openapi::PLACES.iter().map(|place| (*place).to_owned()).collect(),
    };
    for place in places {
        let Some(url) = locate(run, &place) else {
            run.asker.note(format!("{place}: the description is read only from the target"));
            continue;
        };
        let ask = Ask { purpose: Purpose::Search, large: true, low: true, follow: true, ..Ask::get(url) };
        let Ok(chain) = run.asker.ask(&ask).await else { return None };
        let Some(answer) = chain.answer().filter(|answer| answer.status == 200 && !answer.is_html()) else { continue };
        let text = answer.text();
        if openapi::parse(&text).is_some() {
            return Some((place, text.into_owned()));
        }
    }
    None
}

/// The URL of a path or URL at the target.
fn locate(run: &Run, place: &str) -> Option<Url> {
    if !place.contains("://") {
        return run.variables.url(&run.asker.target, Base::Target, &rooted(place)).ok();
    }
    let url = Url::parse(place).ok()?;
    (url.origin() == run.asker.target.url.origin() && url.username().is_empty()).then_some(url)
}

/// Calls the chosen operations without credentials and counts.
async fn call(run: &Run, operations: &[Operation], facts: &mut Facts) {
    let (mut declared, mut closed, mut unclear) = (0, 0, 0);
    let (mut open, mut private, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for operation in openapi::choose(operations, OPENAPI_BUDGET as usize) {
        let Some(path) = &operation.path else { continue };
        let Some((door, chain)) = door(run, path, Who::Nobody, Purpose::OpenApi).await else { break };
        if chain.answer().is_some_and(|answer| answer.status >= 500) {
            errors.push(operation.template.clone());
        }
        match (operation.declared, door) {
            (true, Door::Closed) => closed += 1,
            (true, Door::Open) => open.push(operation.template.clone()),
            (true, Door::Unclear) => unclear += 1,
            (false, Door::Open) if operation.looks_private() && has_data(&chain) => private.push(operation.template.clone()),
            (false, _) => {}
        }
        declared += i64::from(operation.declared);
    }
    let numbers = [
        ("operations", count(operations.len())),
        ("declared", declared),
        ("protected", closed),
        ("open", count(open.len())),
        ("inconclusive", unclear),
    ];
    for (name, number) in numbers {
        facts.insert(format!("openapi.{name}"), Value::Int(number));
    }
    put_list(facts, "openapi.open-list", open);
    put_list(facts, "openapi.private-looking", private);
    put_list(facts, "openapi.server-errors", errors);
}

pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

pub(super) fn put_list(facts: &mut Facts, path: &str, list: Vec<String>) {
    if !list.is_empty() {
        facts.insert(path.to_owned(), Value::List(list));
    }
}

/// Asks for a path as somebody. `None`: it was not sent.
pub(super) async fn door(run: &Run, path: &str, who: Who, purpose: Purpose) -> Option<(Door, Chain)> {
    let url = run.variables.url(&run.asker.target, Base::Target, path).ok()?;
    // Who asks again after something happened wants to know what is answered now.
    let again = purpose == Purpose::Logout;
    let chain = run.asker.ask(&Ask { who, purpose, again, low: purpose == Purpose::OpenApi, ..Ask::get(url) }).await.ok()?;
    let ok = chain.answer().is_some_and(|answer| (200..300).contains(&answer.status));
    // Only what claims to be there is compared with what is not.
    let misses = if ok { run.misses(Base::Target, Shape::Page, false).await } else { Ok(Vec::new()) };
    let door = misses.map_or(Door::Unclear, |misses| match judge(&chain, path, &misses) {
        // What the server answers to anything was not learnt, so this may be that.
        Door::Open if misses.is_empty() => Door::Unclear,
        door => door,
    });
    Some((door, chain))
}

/// More than an empty body or collection.
fn has_data(chain: &Chain) -> bool {
    chain.answer().is_some_and(|answer| !matches!(answer.text().trim(), "" | "[]" | "{}" | "null"))
}

fn judge(chain: &Chain, path: &str, misses: &[Answer]) -> Door {
    let Some(answer) = chain.answer() else { return Door::Unclear };
    match answer.status {
        401 | 403 | 407 => Door::Closed,
        300..=399 => match facts::target(answer) {
            Some(to) if facts::is_login(&to) || to.query().is_some_and(|query| query.contains("client_id=")) => Door::Closed,
            _ => Door::Unclear,
        },
        200..=299 if asks_password(answer) => Door::Closed,
        200..=299 if answer.opaque => Door::Unclear,
        200..=299 if facts::found(answer, path, Shape::Page, misses) => Door::Open,
        _ => Door::Unclear,
    }
}

/// A page for signing in, at a path that is not there for it.
pub(super) fn asks_password(answer: &Answer) -> bool {
    let text = answer.text().to_ascii_lowercase();
    answer.is_html() && (text.contains("type=\"password\"") || text.contains("type='password'") || text.contains("type=password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_are_judged_by_their_answer() {
        let chain = |status: u16, headers: &[(&str, &str)], body: &str| Chain {
            hops: vec![Answer {
                url: "https://app.example/api/me".to_owned(),
                status,
                headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                body: body.as_bytes().to_vec(),
                ..Answer::default()
            }],
            ..Chain::default()
        };
        let html = [("Content-Type", "text/html")];
        let table = [
            (chain(401, &[], ""), Door::Closed),
            (chain(403, &[], ""), Door::Closed),
            (chain(302, &[("Location", "/login?next=x")], ""), Door::Closed),
            (chain(302, &[("Location", "https://idp.example/x?client_id=1")], ""), Door::Closed),
            (chain(301, &[("Location", "/api/me/")], ""), Door::Unclear),
            (chain(200, &[("Content-Type", "application/json")], "{\"name\":\"x\"}"), Door::Open),
            (chain(204, &[], ""), Door::Open),
            (chain(200, &html, "<form><input type=\"password\"></form>"), Door::Closed),
            (chain(404, &[], ""), Door::Unclear),
            (chain(422, &[], ""), Door::Unclear),
            (chain(429, &[], ""), Door::Unclear),
            (chain(500, &[], ""), Door::Unclear),
            (Chain::default(), Door::Unclear),
        ];
        for (chain, door) in table {
            assert_eq!(judge(&chain, "/api/me", &[]), door, "{chain:?}");
        }
        let page = chain(200, &html, "<html><body>the application for everything</body></html>");
        assert_eq!(judge(&page, "/api/me", &page.hops), Door::Unclear);
    }
}
