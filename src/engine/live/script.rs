//! The endpoint of a test: its scripted answers become exchanges through the production derivation of facts.

use std::collections::BTreeSet;

use crate::checks::live::script::{Reply, Script, Scripted};
use crate::live::facts::{Answer, Sent, derive};
use crate::model::live::{Base, Capture, Exchanges, FactPath, Facts, Hop, LiveSpec, Request, Value};

use super::{Ruling, decide};

const HOST: &str = "app.example";
const RANDOM: &str = "q7w2e9r4t1y6";

/// What a run would have received.
pub fn exchanges(spec: &LiveSpec, script: &Script) -> Exchanges {
    let mut facts = usual();
    facts.extend(script.run.clone());
    let scheme = if facts.get("target.scheme") == Some(&Value::Text("http".to_owned())) { "http" } else { "https" };
    let mut exchanges =
        Exchanges { url: format!("{scheme}://{HOST}/"), facts, dead: script.dead.clone(), ..Exchanges::default() };
    for request in &spec.send {
        match script.answers.get(&request.name) {
            None => exchanges.unsent.push((request.key.clone(), "the test has no answer".to_owned())),
            Some(Scripted::Unsent(reason)) => exchanges.unsent.push((request.key.clone(), reason.clone())),
            Some(Scripted::Failed(error)) => {
                let sent = Sent { path: path(request, None), error: Some(error.clone()), attempts: 1, ..sent(request) };
                let hop = Hop {
                    method: request.key.method.to_string(),
                    url: format!("{}{}", origin(request, scheme), sent.path),
                    status: None,
                    cause: Some(error.clone()),
                };
                let capture = Capture { facts: derive(&request.key, &sent, &[]), hops: vec![hop] };
                exchanges.captures.push((request.key.clone(), capture));
            }
            Some(Scripted::Answered { hops, missing }) => {
                let capture = answered(request, scheme, hops, missing.as_ref());
                exchanges.captures.push((request.key.clone(), capture));
            }
        }
    }
    exchanges.requests = exchanges.captures.iter().map(|(_, capture)| capture.hops.len() as u32).sum();
    exchanges
}

/// Facts of the run that a test need not state.
fn usual() -> Facts {
    let text = |text: &str| Value::Text(text.to_owned());
    let facts = [
        ("target.scheme", text("https")),
        ("target.kind", text("html")),
        ("target.private", Value::Bool(false)),
        ("target.ip", Value::Bool(false)),
        ("target.plain", Value::Bool(true)),
        ("target.auth", Value::Bool(false)),
        ("target.limited", Value::Bool(false)),
    ];
    facts.into_iter().map(|(path, value)| (path.to_owned(), value)).collect()
}

fn origin(request: &Request, scheme: &str) -> String {
    let scheme = if request.key.base == Base::Plain { "http" } else { scheme };
    format!("{scheme}://{HOST}")
}

fn path(request: &Request, reply: Option<&Reply>) -> String {
    let answering = reply.and_then(|reply| reply.path.as_deref());
    substituted(answering.or(request.key.paths.first().map(String::as_str)).unwrap_or("/"))
}

fn sent(request: &Request) -> Sent {
    let headers = request.key.headers.iter().map(|(name, value)| (name.clone(), substituted(value)));
    Sent { headers: headers.collect(), ..Sent::default() }
}

fn answered(request: &Request, scheme: &str, replies: &[Reply], missing: Option<&Reply>) -> Capture {
    let origin = origin(request, scheme);
    let key = &request.key;
    // A burst that always answers the same is written once.
    let times = if key.times > 1 && replies.len() == 1 { key.times as usize } else { 1 };
    let path = path(request, replies.first());
    let mut url = format!("{origin}{path}");
    let mut answers: Vec<Answer> = Vec::new();
    for reply in replies.iter().cycle().take(replies.len() * times) {
        let answer = answer(reply, &url);
        if let Some(location) = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location")) {
            url = if location.1.contains("://") { location.1.clone() } else { format!("{origin}{}", location.1) };
        }
        answers.push(answer);
    }
    let nothing = Reply { status: 404, headers: Vec::new(), body: String::new(), ms: 20, path: None };
    let calibration = key.calibrate.map(|_| answer(missing.unwrap_or(&nothing), &format!("{origin}/{RANDOM}")));
    let sent = Sent { path, calibration: calibration.into_iter().collect(), attempts: answers.len() as u32, ..sent(request) };
    let hops = answers.iter().map(|answer| Hop {
        method: key.method.to_string(),
        url: answer.url.clone(),
        status: Some(answer.status),
        cause: None,
    });
    Capture { hops: hops.collect(), facts: derive(key, &sent, &answers) }
}

fn answer(reply: &Reply, url: &str) -> Answer {
    let headers = reply.headers.iter().map(|(name, value)| (name.clone(), substituted(value)));
    Answer {
        url: url.to_owned(),
        status: reply.status,
        headers: headers.collect(),
        body: substituted(&reply.body).into_bytes(),
        ms: reply.ms,
        ..Answer::default()
    }
}

fn substituted(text: &str) -> String {
    text.replace("{{foreign}}", &format!("https://{RANDOM}.invalid"))
        .replace("{{random}}", RANDOM)
        .replace("{{host}}", HOST)
        .replace("{{origin}}", &format!("https://{HOST}"))
}

/// What a ruling rests on, if the verdict stays without it: first the facts that decided, then their answers. `None`: it moved.
pub fn unmoved(spec: &LiveSpec, exchanges: &Exchanges, ruling: &Ruling) -> Option<Vec<String>> {
    let mut without_facts = exchanges.clone();
    ruling.facts.iter().for_each(|path| drop_fact(spec, path, &mut without_facts));
    if decide(spec, &without_facts).verdict != ruling.verdict {
        return None;
    }
    let keys: Vec<_> = ruling.cited.iter().filter_map(|index| Some(&spec.send.get(*index)?.key)).collect();
    without_facts.captures.retain(|(key, _)| !keys.contains(&key));
    let groups: BTreeSet<&str> =
        ruling.facts.iter().filter(|path| path.capture.is_none()).filter_map(|path| path.path.split('.').next()).collect();
    without_facts.facts.retain(|path, _| !path.split('.').next().is_some_and(|group| groups.contains(group)));
    if decide(spec, &without_facts).verdict != ruling.verdict {
        return None;
    }
    let named = |path: &FactPath| path.capture.as_ref().map_or(path.path.clone(), |name| format!("{name}.{}", path.path));
    Some(ruling.facts.iter().map(named).collect())
}

fn drop_fact(spec: &LiveSpec, path: &FactPath, exchanges: &mut Exchanges) {
    let Some(name) = &path.capture else {
        exchanges.facts.remove(&path.path);
        return;
    };
    let Some(request) = spec.send.iter().find(|request| request.name == *name) else { return };
    for (_, capture) in exchanges.captures.iter_mut().filter(|(key, _)| *key == request.key) {
        capture.facts.remove(&path.path);
    }
}
