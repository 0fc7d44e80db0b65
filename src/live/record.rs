//! Recordings: what came back, as it was kept after masking, as JSON. A replay derives the facts of answers anew, so that a rule
//! can be tried on yesterday's answers without sending anything.

use serde_json::{Map, Value as Json, json};

use super::facts::{Answer, Sent};
use super::run::{Exchange, Raw};
use super::scrub;
use crate::model::live::{Base, Class, Facts, Hop, LivePlan, Method, RequestKey, Shape, Value};

/// The form of the file. Another one is not read.
const SCHEMA: &str = "readyctl-recording/1";

/// The recording of a run.
pub(super) fn write(raw: &Raw) -> String {
    let exchanges: Vec<Json> = raw.exchanges.iter().map(|(key, exchange)| of_exchange(key, exchange)).collect();
    let facts: Map<String, Json> = raw.facts.iter().map(|(path, value)| (path.clone(), of_value(value))).collect();
    let whole = json!({
        "schema": SCHEMA,
        "url": raw.url,
        "dead": raw.dead,
        "requests": raw.requests,
        "handshakes": raw.handshakes,
        "notes": raw.notes,
        "facts": facts,
        "exchanges": exchanges,
    });
    format!("{whole:#}\n")
}

/// The run of a recording, for the requests of a plan. An error is one sentence.
pub(super) fn read(text: &str, plan: &LivePlan) -> Result<Raw, String> {
    let whole: Json = serde_json::from_str(text).map_err(|error| format!("not a recording: {error}"))?;
    match whole.get("schema").and_then(Json::as_str) {
        Some(SCHEMA) => {}
        Some(other) => return Err(format!("a recording of the form {other}; this version reads {SCHEMA}")),
        None => return Err("not a recording: it has no schema".to_owned()),
    }
    read_whole(&whole, plan).ok_or_else(|| "the recording is damaged: make it anew with --record".to_owned())
}

fn read_whole(whole: &Json, plan: &LivePlan) -> Option<Raw> {
    let number = |name: &str| u32::try_from(whole.get(name)?.as_u64()?).ok();
    let mut known = Vec::new();
    for exchange in whole.get("exchanges")?.as_array()? {
        known.push((to_key(exchange.get("request")?)?, to_exchange(exchange)?));
    }
    let facts = whole.get("facts")?.as_object()?.iter().map(|(path, value)| Some((path.clone(), to_value(value)?)));
    let dead = whole.get("dead")?.as_str().map(str::to_owned);
    let asked: &[RequestKey] = if dead.is_some() { &[] } else { &plan.requests };
    let exchanges = asked.iter().map(|key| {
        let found = known.iter().find(|(own, _)| own == key).map(|(_, exchange)| exchange.clone());
        (key.clone(), found.unwrap_or_else(|| Err("not in the recording".to_owned())))
    });
    Some(Raw {
        url: text(whole, "url")?,
        facts: facts.collect::<Option<Facts>>()?,
        exchanges: exchanges.collect(),
        dead,
        requests: number("requests")?,
        handshakes: number("handshakes")?,
        notes: strings(whole.get("notes")?)?,
    })
}

fn of_exchange(key: &RequestKey, exchange: &Result<Exchange, String>) -> Json {
    match exchange {
        Err(reason) => json!({"request": of_key(key), "unsent": reason}),
        Ok(Exchange { sent, hops, log }) => json!({
            "request": of_key(key),
            "sent": {
                "path": sent.path,
                "headers": sent.headers,
                "error": sent.error,
                "attempts": sent.attempts,
                "calibration": sent.calibration.iter().map(of_answer).collect::<Vec<_>>(),
            },
            "answers": hops.iter().map(of_answer).collect::<Vec<_>>(),
            "log": log.iter().map(of_hop).collect::<Vec<_>>(),
        }),
    }
}

fn to_exchange(json: &Json) -> Option<Result<Exchange, String>> {
    if let Some(reason) = json.get("unsent") {
        return Some(Err(reason.as_str()?.to_owned()));
    }
    let sent = json.get("sent")?;
    let answers = |json: &Json| json.as_array()?.iter().map(to_answer).collect::<Option<Vec<Answer>>>();
    Some(Ok(Exchange {
        sent: Sent {
            path: text(sent, "path")?,
            headers: pairs(sent.get("headers")?)?,
            calibration: answers(sent.get("calibration")?)?,
            error: sent.get("error")?.as_str().map(str::to_owned),
            attempts: u32::try_from(sent.get("attempts")?.as_u64()?).ok()?,
        },
        hops: answers(json.get("answers")?)?,
        log: json.get("log")?.as_array()?.iter().map(to_hop).collect::<Option<_>>()?,
    }))
}

fn of_answer(answer: &Answer) -> Json {
    let mut json = json!({
        "url": answer.url,
        "status": answer.status,
        "headers": answer.headers,
        "ms": answer.ms,
        "opaque": answer.opaque,
        "truncated": answer.truncated,
    });
    let (name, body) = match std::str::from_utf8(&answer.body) {
        Ok(text) => ("body", text.to_owned()),
        Err(_) => ("body-base64", scrub::encode(&answer.body)),
    };
    json[name] = Json::from(body);
    json
}

fn to_answer(json: &Json) -> Option<Answer> {
    let body = match json.get("body") {
        Some(text) => text.as_str()?.as_bytes().to_vec(),
        None => scrub::decode(json.get("body-base64")?.as_str()?)?,
    };
    Some(Answer {
        url: text(json, "url")?,
        status: u16::try_from(json.get("status")?.as_u64()?).ok()?,
        headers: pairs(json.get("headers")?)?,
        body,
        ms: json.get("ms")?.as_u64()?,
        opaque: json.get("opaque")?.as_bool()?,
        truncated: json.get("truncated")?.as_bool()?,
    })
}

fn of_hop(hop: &Hop) -> Json {
    json!({"method": hop.method, "url": hop.url, "status": hop.status, "cause": hop.cause})
}

fn to_hop(json: &Json) -> Option<Hop> {
    let status = match json.get("status")? {
        Json::Null => None,
        other => Some(u16::try_from(other.as_u64()?).ok()?),
    };
    let cause = json.get("cause")?.as_str().map(str::to_owned);
    Some(Hop { method: text(json, "method")?, url: text(json, "url")?, status, cause })
}

fn of_key(key: &RequestKey) -> Json {
    json!({
        "base": key.base,
        "method": key.method,
        "paths": key.paths,
        "headers": key.headers,
        "body": key.body,
        "calibrate": key.calibrate,
        "follow": key.follow,
        "auth": key.auth,
        "times": key.times,
        "class": key.class,
    })
}

fn to_key(json: &Json) -> Option<RequestKey> {
    let calibrate = match json.get("calibrate")? {
        Json::Null => None,
        other => Some(Shape::parse(other.as_str()?)?),
    };
    Some(RequestKey {
        base: Base::parse(json.get("base")?.as_str()?)?,
        method: Method::parse(json.get("method")?.as_str()?)?,
        paths: strings(json.get("paths")?)?,
        headers: pairs(json.get("headers")?)?,
        body: json.get("body")?.as_str().map(str::to_owned),
        calibrate,
        follow: json.get("follow")?.as_bool()?,
        auth: json.get("auth")?.as_bool()?,
        times: u32::try_from(json.get("times")?.as_u64()?).ok()?,
        class: Class::parse(json.get("class")?.as_str()?)?,
    })
}

fn of_value(value: &Value) -> Json {
    match value {
        Value::Bool(own) => Json::from(*own),
        Value::Int(own) => Json::from(*own),
        Value::Text(own) => Json::from(own.as_str()),
        Value::List(own) => Json::from(own.clone()),
        Value::Rows(rows) => {
            let row = |row: &Facts| Json::Object(row.iter().map(|(name, value)| (name.clone(), of_value(value))).collect());
            json!({"rows": rows.iter().map(row).collect::<Vec<_>>()})
        }
    }
}

fn to_value(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(own) => Some(Value::Bool(*own)),
        Json::Number(own) => Some(Value::Int(own.as_i64()?)),
        Json::String(own) => Some(Value::Text(own.clone())),
        Json::Array(_) => Some(Value::List(strings(json)?)),
        Json::Object(_) => {
            let row = |row: &Json| row.as_object()?.iter().map(|(name, value)| Some((name.clone(), to_value(value)?))).collect();
            Some(Value::Rows(json.get("rows")?.as_array()?.iter().map(row).collect::<Option<_>>()?))
        }
        Json::Null => None,
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    json.get(name)?.as_str().map(str::to_owned)
}

fn strings(json: &Json) -> Option<Vec<String>> {
    json.as_array()?.iter().map(|own| own.as_str().map(str::to_owned)).collect()
}

fn pairs(json: &Json) -> Option<Vec<(String, String)>> {
    json.as_array()?.iter().map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> RequestKey {
        RequestKey {
            base: Base::Plain,
            method: Method::Options,
            paths: vec![path.to_owned()],
            headers: vec![("Origin".into(), "{{foreign}}".into())],
            body: Some("x".into()),
            calibrate: Some(Shape::DotDir),
            follow: true,
            auth: true,
            times: 2,
            class: Class::Active,
        }
    }

    #[test]
    fn a_recording_gives_back_what_it_holds() {
        let answer = |body: &[u8]| Answer {
            url: "http://x/".into(),
            status: 200,
            headers: vec![("A".into(), "b".into())],
            body: body.to_vec(),
            ms: 3,
            opaque: false,
            truncated: true,
        };
        let hop = Hop { method: "GET".into(), url: "http://x/".into(), status: None, cause: Some("reset".into()) };
        let sent = Sent {
            path: "/".into(),
            headers: vec![("Origin".into(), "https://r.invalid".into())],
            calibration: vec![answer(b"no")],
            error: Some("reset".into()),
            attempts: 2,
        };
        let rows = Value::Rows(vec![Facts::from([("name".to_owned(), Value::Text("sid".into()))])]);
        let raw = Raw {
            url: "http://x/".into(),
            facts: Facts::from([
                ("target.private".into(), Value::Bool(true)),
                ("certificate.days-left".into(), Value::Int(-3)),
                ("tls.accepted".into(), Value::List(vec!["tls1.2".into()])),
                ("rows".into(), rows),
            ]),
            exchanges: vec![
                (key("/a"), Ok(Exchange { sent, hops: vec![answer(b"ok"), answer(b"\xff\x00\x01")], log: vec![hop] })),
                (key("/b"), Err("budget".into())),
            ],
            dead: None,
            requests: 7,
            handshakes: 2,
            notes: vec!["note".into()],
        };
        let text = write(&raw);
        let plan = LivePlan { requests: vec![key("/a"), key("/b")], ..LivePlan::default() };
        assert_eq!(read(&text, &plan).unwrap(), raw);
        let more = LivePlan { requests: vec![key("/c"), key("/b")], ..LivePlan::default() };
        let again = read(&text, &more).unwrap().exchanges();
        assert_eq!(again.unsent, [(key("/c"), "not in the recording".to_owned()), (key("/b"), "budget".to_owned())]);
        let dead = Raw { dead: Some("gone".into()), exchanges: Vec::new(), ..raw };
        assert_eq!(read(&write(&dead), &plan).unwrap(), dead);
    }

    #[test]
    fn what_is_no_recording_is_said() {
        let plan = LivePlan::default();
        for (text, part) in [
            ("{", "not a recording"),
            ("{}", "no schema"),
            ("{\"schema\":\"readyctl-recording/9\"}", "form"),
            ("{\"schema\":\"readyctl-recording/1\"}", "damaged"),
        ] {
            let error = read(text, &plan).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
