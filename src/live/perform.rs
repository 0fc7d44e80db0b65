//! Sending one request of a plan: its variables filled in, its candidates one after the other, again and again, and how the server
//! answers for what does not exist.

use std::collections::BTreeMap;

use reqwest::Url;
use tokio::sync::Mutex;

use super::ask::{Ask, Asker, Chain, Who};
use super::facts::{self, Answer, Sent};
use super::pace::Purpose;
use super::roots;
use super::run::Exchange;
use super::settings::Settings;
use super::target::Target;
use crate::model::live::{Base, Class, Method, RequestKey, Shape};

/// What came back, of a request with this path and these headers.
pub(super) fn exchange(path: String, headers: Vec<(String, String)>, chain: Chain) -> Exchange {
    let error = chain.failure.map(|failure| failure.word.to_owned());
    let sent = Sent { path, headers, error, attempts: 1, ..Sent::default() };
    Exchange { sent, hops: chain.hops, log: chain.log }
}

/// Values of the variables of a run.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    /// Twelve letters and digits.
    pub random: String,
    host: String,
    origin: String,
}

impl Variables {
    pub fn new(target: &Target) -> Result<Variables, String> {
        let mut bytes = [0u8; 12];
        roots::provider().secure_random.fill(&mut bytes).map_err(|_| "no random numbers".to_owned())?;
        let random =
            bytes.iter().map(|byte| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[usize::from(*byte) % 36])).collect();
        Ok(Variables::of(random, target))
    }

    pub fn of(random: String, target: &Target) -> Variables {
        Variables { random, host: target.url.host_str().unwrap_or("").to_owned(), origin: target.origin() }
    }

    pub fn fill(&self, text: &str) -> String {
        text.replace("{{random}}", &self.random)
            .replace("{{foreign}}", &format!("https://{}.invalid", self.random))
            .replace("{{host}}", &self.host)
            .replace("{{origin}}", &self.origin)
    }

    /// The URL of a path below the origin; of the empty path the URL under audit itself.
    pub fn url(&self, target: &Target, base: Base, path: &str) -> Result<Url, String> {
        let own = match base {
            Base::Target => &target.url,
            Base::Plain => target.plain.as_ref().ok_or("no plain HTTP twin is known (--http-url)")?,
        };
        if path.is_empty() {
            return Ok(own.clone());
        }
        let path = self.fill(path);
        if !path.starts_with('/') || path.contains(['\r', '\n', '\t', ' ', '\\']) {
            return Err(format!("{path}: not a path below the origin"));
        }
        let url =
            Url::parse(&format!("{}{path}", own.origin().ascii_serialization())).map_err(|error| format!("{path}: {error}"))?;
        if url.origin() != own.origin() {
            return Err(format!("{path}: not a path below the origin"));
        }
        Ok(url)
    }
}

/// A run whose target answers.
pub(super) struct Run {
    pub asker: Asker,
    pub variables: Variables,
    /// Answers for things that do not exist, by shape.
    misses: Mutex<BTreeMap<(Base, Shape, bool), Vec<Answer>>>,
}

impl Run {
    pub fn new(asker: Asker, variables: Variables) -> Run {
        Run { asker, variables, misses: Mutex::default() }
    }

    /// Sends a request of the plan, or says why not.
    pub async fn perform(&self, key: &RequestKey, low: bool) -> Result<Exchange, String> {
        Ok(self.find(key, low).await?.1)
    }

    /// Asks for the candidates in order, until one is there. Its path, if one is, and what came back: else from the one that tells most.
    async fn find(&self, key: &RequestKey, low: bool) -> Result<(Option<String>, Exchange), String> {
        let ask = self.prepare(key, low)?;
        let mut best: Option<(u8, Exchange)> = None;
        for path in candidates(&self.asker.settings, key) {
            let (asked, chain) = match self.member(key, &ask, &path).await {
                // What was found before is better than nothing.
                Err(reason) => return best.map(|(_, exchange)| (None, exchange)).ok_or(reason),
                Ok(found) => found,
            };
            let shown = self.path(&asked);
            let claims = chain.answer().is_some_and(|answer| (200..300).contains(&answer.status));
            // Only what claims to be there is compared with what is not.
            let calibration = match key.calibrate {
                // Without knowing what is answered for nothing, it is not known whether this is something.
                Some(shape) if claims => self.misses(key.base, shape, key.follow).await?,
                _ => Vec::new(),
            };
            let there = chain.answer().is_some_and(|answer| exists(key, &shown, answer, &calibration));
            let rank = match chain.answer() {
                None => 4,
                Some(answer) if answer.status == 429 || there => 4,
                Some(answer) if matches!(answer.status, 401 | 403) || answer.status >= 500 => 2,
                Some(_) => 1,
            };
            let mut own = exchange(shown, ask.headers.clone(), chain);
            own.sent.calibration = calibration;
            if there {
                return Ok((Some(path), own));
            }
            if best.as_ref().is_none_or(|(least, _)| rank > *least) {
                best = Some((rank, own));
            }
            if rank == 4 {
                break;
            }
        }
        best.map(|(_, exchange)| (None, exchange)).ok_or_else(|| "it has no path".to_owned())
    }

    /// What a path answers; where nothing of its folder is there, what the one answers that would be. Also the path that was asked.
    async fn member(&self, key: &RequestKey, ask: &Ask, path: &str) -> Result<(String, Chain), String> {
        if let Some(first) = head_of_folder(key, path) {
            let url = self.variables.url(&self.asker.target, key.base, first)?;
            let chain = self.asker.ask(&Ask { url, ..ask.clone() }).await?;
            if chain.answer().is_some_and(|answer| matches!(answer.status, 404 | 410)) {
                return Ok((first.to_owned(), chain));
            }
        }
        let url = self.variables.url(&self.asker.target, key.base, path)?;
        Ok((path.to_owned(), self.asker.ask(&Ask { url, ..ask.clone() }).await?))
    }

    /// A path as it is shown, without credentials.
    pub fn path(&self, path: &str) -> String {
        let path = if path.is_empty() { self.asker.target.path() } else { self.variables.fill(path) };
        self.asker.shown(&super::mask::url(&path))
    }

    /// The request without its path. An error says why it is not sent.
    fn prepare(&self, key: &RequestKey, low: bool) -> Result<Ask, String> {
        permitted(&self.asker.settings, key)?;
        let url = self.variables.url(&self.asker.target, key.base, "")?;
        let headers = key.headers.iter().map(|(name, value)| (name.clone(), self.variables.fill(value))).collect();
        let body = key.body.as_ref().filter(|_| key.method == Method::Post).map(|body| self.variables.fill(body));
        let purpose = if is_active(key) { Purpose::Active } else { Purpose::Check };
        let method = key.method.as_str();
        Ok(Ask { method, headers, body, follow: key.follow, who: Who::of(key.auth), purpose, low, ..Ask::get(url) })
    }

    /// Sends a request again and again, until it is told to stop; of several candidates the one that is there.
    pub async fn burst(&self, key: &RequestKey) -> Result<Exchange, String> {
        let mut ask = self.prepare(key, true)?;
        let paths = candidates(&self.asker.settings, key);
        let (path, calibration) = match paths.as_slice() {
            [] => (String::new(), Vec::new()),
            [one] if key.calibrate.is_none() => (one.clone(), Vec::new()),
            _ => match self.find(key, true).await? {
                (None, exchange) => return Ok(exchange),
                (Some(path), exchange) => (path, exchange.sent.calibration),
            },
        };
        ask.url = self.variables.url(&self.asker.target, key.base, &path)?;
        (ask.follow, ask.who, ask.again) = (false, Who::Nobody, true);
        if key.class == Class::Active {
            ask.purpose = Purpose::Burst;
        }
        let mut all = exchange(self.path(&path), ask.headers.clone(), Chain::default());
        (all.sent.attempts, all.sent.calibration) = (0, calibration);
        for _ in 0..key.times {
            let chain = match self.asker.ask(&ask).await {
                Ok(chain) => chain,
                Err(reason) if all.sent.attempts == 0 => return Err(reason),
                Err(_) => break,
            };
            all.sent.attempts += 1;
            let stop = chain.answer().is_none_or(|answer| answer.status == 429 || answer.status >= 500);
            all.log.extend(chain.log);
            all.hops.extend(chain.hops);
            if stop {
                all.sent.error = chain.failure.map(|failure| failure.word.to_owned());
                break;
            }
        }
        Ok(all)
    }

    /// How the server answers for something of this shape that does not exist: once, or twice if it claims that it does. An error
    /// says why it was not asked; where it gave no answer, the list is empty.
    pub async fn misses(&self, base: Base, shape: Shape, follow: bool) -> Result<Vec<Answer>, String> {
        let mut known = self.misses.lock().await;
        if let Some(answers) = known.get(&(base, shape, follow)) {
            return Ok(answers.clone());
        }
        let mut answers = Vec::new();
        for turn in ["a", "b"] {
            let name = format!("{}{turn}", self.variables.random);
            let path = match shape {
                Shape::Page => format!("/{name}"),
                Shape::DotFile => format!("/.{name}.env"),
                Shape::DotDir => format!("/.{name}/config"),
                Shape::Json => format!("/{name}.json"),
                Shape::File => format!("/{name}.sql"),
            };
            let Ok(url) = self.variables.url(&self.asker.target, base, &path) else { break };
            let chain = match self.asker.ask(&Ask { follow, ..Ask::get(url) }).await {
                Err(reason) if answers.is_empty() => return Err(reason),
                Err(_) => break,
                Ok(chain) => chain,
            };
            let Some(answer) = chain.answer().cloned() else { break };
            let claims = (200..300).contains(&answer.status);
            answers.push(answer);
            if !claims {
                break;
            }
        }
        if answers.is_empty() {
            self.asker
                .note("it is not known how the server answers for what does not exist: only contents decide there".to_owned());
        }
        known.insert((base, shape, follow), answers.clone());
        Ok(answers)
    }
}

/// Is it there?
fn exists(key: &RequestKey, path: &str, answer: &Answer, calibration: &[Answer]) -> bool {
    match key.calibrate {
        Some(shape) => facts::found(answer, path, shape, calibration),
        None => (200..300).contains(&answer.status),
    }
}

/// Folders of which one path is there if anything is. Of Spring's endpoints each is exposed by itself, also without the one for
/// health, and the folder lists those that are.
const FOLDERS: [(&str, &str); 2] = [("/.git/", "/.git/config"), ("/actuator/", "/actuator")];

/// The path that is asked for before this one, which is not there without it.
pub(super) fn head_of_folder(key: &RequestKey, path: &str) -> Option<&'static str> {
    let plain = key.method == Method::Get && key.headers.is_empty();
    let (_, first) = FOLDERS.into_iter().find(|(folder, first)| plain && path.starts_with(folder) && path != *first)?;
    Some(first)
}

/// The paths to try, in order.
pub(super) fn candidates(settings: &Settings, key: &RequestKey) -> Vec<String> {
    let health = key.paths.len() > 1 && key.paths.iter().any(|path| path == "/healthz" || path == "/health");
    match &settings.health {
        Some(path) if health => vec![rooted(path)],
        _ if key.paths.is_empty() => vec![String::new()],
        _ => key.paths.clone(),
    }
}

/// A path that a user wrote, below the origin.
pub(super) fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// Passive requests are what any visitor sends; the rest is asked for.
pub(super) fn permitted(settings: &Settings, key: &RequestKey) -> Result<(), String> {
    if is_active(key) { permits_active(settings) } else { Ok(()) }
}

/// May active requests be sent? An error says why not.
pub(super) fn permits_active(settings: &Settings) -> Result<(), String> {
    if settings.active { Ok(()) } else { Err("it is sent only with --active".to_owned()) }
}

fn is_active(key: &RequestKey) -> bool {
    key.class == Class::Active || matches!(key.method, Method::Trace | Method::Post)
}
