//! Many streams of one anonymous client at once: does the server refuse some of them?

use std::time::{Duration, Instant};

use reqwest::{Client, Response, Url};

use super::pace::Purpose;
use super::perform::{Run, permits_active, rooted};
use super::roots::Roots;
use super::settings::{STREAM_BUDGET, Settings};
use super::wire;
use crate::model::live::{Base, Facts, Value};

/// Bytes of one stream that are read; then it is only held.
const MOST: usize = 1 << 20;

/// What became of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was open when the time was over.
    Open,
    /// 429 or 503.
    Refused,
    /// The server ended it, or the connection before it began.
    Closed,
    /// Another answer, or none in time.
    Unclear,
}

/// What the user did not give.
pub(super) fn missing(settings: &Settings) -> Option<String> {
    match settings.stream {
        None => Some("no stream is known: name its path with --stream PATH".to_owned()),
        Some(_) => permits_active(settings).err(),
    }
}

/// Adds `stream.*`. One is opened first: only if it is a stream, the others are.
pub(super) async fn explore(run: &Run, roots: &Roots, facts: &mut Facts) {
    let mut put = |name: &str, value: Value| drop(facts.insert(format!("stream.{name}"), value));
    let settings = &run.asker.settings;
    let path = rooted(settings.stream.as_deref().unwrap_or_default());
    let ready = || {
        missing(settings).map_or(Ok(()), Err)?;
        let url = run.variables.url(&run.asker.target, Base::Target, &path)?;
        Ok::<_, String>((wire::streams(settings, &run.asker.target, roots, run.asker.trusting)?, url))
    };
    let (client, url) = match ready() {
        Ok(ready) => ready,
        Err(reason) => return put("unsent", Value::Text(reason)),
    };
    if let Err(reason) = run.asker.pace.count(Purpose::Stream) {
        return put("unsent", Value::Text(reason));
    }
    put("path", Value::Text(run.path(&path)));
    let patience = settings.limits.first_byte;
    let first = open(&client, &url, run.asker.plain_headers(), patience).await.ok();
    if let Some(first) = &first {
        put("status", Value::Int(i64::from(first.status().as_u16())));
    }
    let first = first.filter(is_stream);
    put("is-stream", Value::Bool(first.is_some()));
    let Some(first) = first else { return put("sent", Value::Int(1)) };
    let end = (Instant::now() + settings.hold).min(run.asker.pace.deadline());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(hold(first, end));
    for _ in 1..STREAM_BUDGET {
        if run.asker.pace.count(Purpose::Stream).is_err() {
            break;
        }
        let (client, url, headers) = (client.clone(), url.clone(), run.asker.plain_headers());
        tasks.spawn(async move {
            match open(&client, &url, headers, patience.min(end.saturating_duration_since(Instant::now()))).await {
                Ok(response) if is_stream(&response) => hold(response, end).await,
                Ok(response) if matches!(response.status().as_u16(), 429 | 503) => Fate::Refused,
                Err(fate) => fate,
                Ok(_) => Fate::Unclear,
            }
        });
    }
    let mut fates = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        fates.push(joined.unwrap_or(Fate::Unclear));
    }
    put("sent", Value::Int(super::surface::count(fates.len())));
    for (name, fate) in [("open", Fate::Open), ("refused", Fate::Refused), ("closed", Fate::Closed)] {
        put(name, Value::Int(super::surface::count(fates.iter().filter(|own| **own == fate).count())));
    }
}

async fn open(client: &Client, url: &Url, headers: Vec<(String, String)>, patience: Duration) -> Result<Response, Fate> {
    let mut request = client.get(url.clone()).header("Accept", "text/event-stream");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match tokio::time::timeout(patience, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_timeout() => Err(Fate::Unclear),
        Ok(Err(_)) => Err(Fate::Closed),
        Err(_) => Err(Fate::Unclear),
    }
}

fn is_stream(response: &Response) -> bool {
    let media = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    response.status().as_u16() == 200 && media.trim().to_ascii_lowercase().starts_with("text/event-stream")
}

/// Reads until the time is over, or the server ends it.
async fn hold(mut response: Response, end: Instant) -> Fate {
    let mut read = 0;
    while read < MOST {
        match tokio::time::timeout_at(end.into(), response.chunk()).await {
            Err(_) => return Fate::Open,
            Ok(Ok(Some(chunk))) => read += chunk.len(),
            Ok(Ok(None) | Err(_)) => return Fate::Closed,
        }
    }
    tokio::time::sleep_until(end.into()).await;
    Fate::Open
}
