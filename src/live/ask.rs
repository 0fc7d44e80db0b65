//! Asking under the contract: who gets credentials, where redirects may lead, what is sent again, and what is kept of an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::Url;
use tokio::sync::OnceCell;

use super::facts::{self, Answer};
use super::failure::Failure;
use super::mask;
use super::pace::{Pace, Purpose};
use super::roots::Roots;
use super::scrub::Scrub;
use super::settings::Settings;
use super::target::Target;
use super::wire::{Outgoing, Wire};
use crate::model::live::{Hop, safety};

/// Redirects that are followed.
const HOPS: usize = 5;

/// As whom a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    /// With all credentials of the user.
    User,
    /// With those but the token that is judged: what is answered otherwise then is answered for the token.
    WithoutToken,
    /// With the credential of the other account.
    Other,
}

impl Who {
    /// The user, if a check asks for credentials.
    pub fn of(auth: bool) -> Who {
        if auth { Who::User } else { Who::Nobody }
    }
}

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub method: &'static str,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub follow: bool,
    pub who: Who,
    pub purpose: Purpose,
    /// Dropped first, when the server limits requests.
    pub low: bool,
    /// Its body may be as large as the description of an API.
    pub large: bool,
    /// Sent although the same was sent before.
    pub again: bool,
}

impl Ask {
    /// A plain GET without credentials.
    pub fn get(url: Url) -> Ask {
        let (headers, body) = (Vec::new(), None);
        let purpose = Purpose::Check;
        Ask {
            method: "GET",
            url,
            headers,
            body,
            follow: false,
            who: Who::Nobody,
            purpose,
            low: false,
            large: false,
            again: false,
        }
    }
}

/// The answers to one question, without secrets.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    pub hops: Vec<Answer>,
    pub log: Vec<Hop>,
    pub failure: Option<Failure>,
}

impl Chain {
    /// The answer behind all redirects that were followed, if there is one.
    pub fn answer(&self) -> Option<&Answer> {
        self.hops.last().filter(|_| self.failure.is_none())
    }
}

/// What makes two requests the same one on the wire: method, URL, headers and body.
type Line = (&'static str, String, Vec<(String, String)>, Option<String>);
/// What became of one request; an error says why there is no answer.
type Outcome = Result<Answer, Failure>;

/// What asks.
pub(super) struct Asker {
    pub settings: Settings,
    pub target: Target,
    pub pace: Pace,
    /// Marks the requests of this run in the server's log.
    pub id: String,
    scrub: Scrub,
    own: Wire,
    twin: Option<Wire>,
    /// The certificate is not trusted, and requests are sent nevertheless.
    pub trusting: bool,
    /// Why no HTTPS request can be answered; none is sent then.
    pub blocked: Option<Failure>,
    notes: Mutex<Vec<String>>,
    /// What was sent: the same is not sent again.
    known: Mutex<BTreeMap<Line, Arc<OnceCell<Outcome>>>>,
}

impl Asker {
    pub fn new(settings: Settings, target: Target, roots: &Roots, pace: Pace, id: String) -> Result<Asker, String> {
        let own = Wire::new(&settings, &target.url, &target.addresses, roots, false)?;
        let twin = match &target.plain {
            Some(plain) if plain.origin() != target.url.origin() => {
                Some(Wire::new(&settings, plain, &target.plain_addresses, roots, false)?)
            }
            _ => None,
        };
        let scrub = Scrub::new(settings.secrets());
        let (notes, known) = (Mutex::default(), Mutex::default());
        Ok(Asker { settings, target, pace, id, scrub, own, twin, trusting: false, blocked: None, notes, known })
    }

    /// From now on any certificate will do, and credentials stay here.
    pub fn trust_any(&mut self, roots: &Roots) -> Result<(), String> {
        self.own = Wire::new(&self.settings, &self.target.url, &self.target.addresses, roots, true)?;
        self.trusting = true;
        self.known = Mutex::default();
        Ok(())
    }

    /// Asks, and follows redirects as far as allowed. An error says why nothing was sent.
    pub async fn ask(&self, ask: &Ask) -> Result<Chain, String> {
        let (mut chain, mut visited) = (Chain::default(), Vec::new());
        let mut url = ask.url.clone();
        loop {
            let outgoing = Outgoing {
                method: ask.method,
                headers: self.headers(ask, &url),
                url: url.clone(),
                body: ask.body.clone(),
                large: ask.large,
            };
            let mut hop =
                Hop { method: ask.method.to_owned(), url: self.shown(&mask::url(url.as_str())), status: None, cause: None };
            let answer = match self.once(&outgoing, ask).await? {
                Ok(answer) => answer,
                Err(failure) => {
                    let failure = Failure::new(failure.word, self.shown(&failure.cause));
                    hop.cause = Some(failure.cause.clone());
                    chain.log.push(hop);
                    chain.failure = Some(failure);
                    return Ok(chain);
                }
            };
            hop.status = Some(answer.status);
            chain.log.push(hop);
            visited.push(url.clone());
            let next = facts::target(&answer);
            chain.hops.push(mask::answer(&self.scrub.answer(answer)));
            match next {
                Some(mut to) if ask.follow && chain.hops.len() <= HOPS && self.may_follow(ask.method, &url, &to) => {
                    to.set_fragment(None);
                    if visited.contains(&to) {
                        return Ok(chain);
                    }
                    url = to;
                }
                _ => return Ok(chain),
            }
        }
    }

    /// The answer to a request, which is sent unless the same was sent before. What was not sent may be asked for again.
    async fn once(&self, outgoing: &Outgoing, ask: &Ask) -> Result<Outcome, String> {
        if let (Some(failure), "https") = (&self.blocked, outgoing.url.scheme()) {
            return Ok(Err(failure.clone()));
        }
        if ask.again || ask.large {
            return self.one(outgoing, ask).await;
        }
        let mut headers: Vec<(String, String)> =
            outgoing.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        headers.sort();
        let line = (outgoing.method, outgoing.url.to_string(), headers, outgoing.body.clone());
        let cell = {
            let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.entry(line).or_default().clone()
        };
        cell.get_or_try_init(|| self.one(outgoing, ask)).await.cloned()
    }

    /// One request, and once more if the connection broke before an answer.
    async fn one(&self, outgoing: &Outgoing, ask: &Ask) -> Result<Outcome, String> {
        let mut again = matches!(outgoing.method, "GET" | "HEAD" | "OPTIONS") && !ask.purpose.provokes();
        loop {
            let turn = self.pace.turn(ask.purpose, ask.low).await?;
            let wire = match &self.twin {
                Some(twin) if self.target.plain.as_ref().is_some_and(|plain| plain.origin() == outgoing.url.origin()) => twin,
                _ => &self.own,
            };
            let sent = tokio::time::timeout_at(self.pace.deadline().into(), wire.send(outgoing)).await;
            drop(turn);
            match sent {
                Err(_) => return Ok(Err(Failure::new("timeout", "the time for the live side is over"))),
                Ok(Err(failure)) if again && failure.word == "reset" => again = false,
                Ok(Err(failure)) => return Ok(Err(failure)),
                Ok(Ok((answer, address))) => {
                    // What answers on plain HTTP may be somebody else.
                    let own = outgoing.url.origin() == self.target.url.origin();
                    if !ask.purpose.provokes() && own {
                        self.pace.answered(answer.status);
                    }
                    if !ask.purpose.provokes() && (matches!(answer.status, 429 | 503) || answer.first("retry-after").is_some()) {
                        self.pace.slow_down();
                    }
                    if let (Some(address), true) = (address, own) {
                        self.note(format!("{} answered from {address}", self.target.authority()));
                    }
                    return Ok(Ok(answer));
                }
            }
        }
    }

    /// The check's headers, those of the run, and credentials where they may go.
    fn headers(&self, ask: &Ask, url: &Url) -> Vec<(String, String)> {
        let allowed = |name: &str| !safety::is_of_engine(name);
        let mut headers: Vec<(String, String)> = ask.headers.iter().filter(|(name, _)| allowed(name)).cloned().collect();
        headers.extend(self.plain_headers());
        if self.may_know(ask, url) {
            headers.extend(super::credential::of(&self.settings, ask.who));
        }
        headers
    }

    /// What every request of the run carries: its id, and the user's headers that are no credentials.
    pub fn plain_headers(&self) -> Vec<(String, String)> {
        let own = self.settings.headers.iter().filter(|(name, _)| !safety::is_of_engine(name) && !is_credential(name));
        [("X-Readyctl-Run".to_owned(), self.id.clone())].into_iter().chain(own.cloned()).collect()
    }

    /// May credentials be sent to the target at all?
    pub fn may_sign_in(&self) -> bool {
        self.is_safe(&self.target.url)
    }

    fn is_safe(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => !self.trusting,
            _ => self.target.is_loopback(),
        }
    }

    /// May this request carry the user's credentials?
    fn may_know(&self, ask: &Ask, url: &Url) -> bool {
        let foreign = ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("origin"));
        ask.who != Who::Nobody
            && self.is_safe(url)
            && !foreign
            && ask.purpose.may_sign_in()
            && ask.method != "TRACE"
            && url.origin() == self.target.url.origin()
            // Whoever can change plain HTTP could lead the credential to a path of their choice.
            && ask.url.origin() == url.origin()
    }

    /// Only within the origin, or from plain HTTP to HTTPS of the same host, and to nothing that looks as if it changed something.
    fn may_follow(&self, method: &str, from: &Url, to: &Url) -> bool {
        let upgrade = from.scheme() == "http" && to.scheme() == "https" && from.host_str() == to.host_str();
        let reads = matches!(method, "GET" | "HEAD" | "OPTIONS");
        reads
            && (from.origin() == to.origin() || upgrade)
            && to.username().is_empty()
            && to.password().is_none()
            && safety::changing(to.path()).is_none()
    }

    /// The text without credentials.
    pub fn shown(&self, text: &str) -> String {
        self.scrub.text(text)
    }

    /// Something that the reader must know, once.
    pub fn note(&self, note: String) {
        let mut notes = self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().map(|note| self.shown(note)).collect()
    }
}

/// Is this the name of a header that holds a credential?
pub(super) fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "cookie", "token", "secret", "key", "password", "session", "credential", "auth", "jwt"]
        .iter()
        .any(|word| name.contains(word))
}
