//! All questions to one address, and what follows from the answers. Only a ServerHello of exactly the version and one of the
//! suites asked for proves that they are accepted; any alert means no; silence and a reset mean nothing; a close without a word
//! means no only where a current handshake worked over the same path.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use super::client::{self, Negotiated};
use super::hello::{Offer, Version};
use super::socket::{self, Reply};
use super::suites::{self, Class};
use super::{Endpoint, Handshakes, certificate};
use crate::live::roots::{Roots, provider};
use crate::model::live::{Facts, Value};

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    Whole,
    /// The certificate and the old versions: what differs between the addresses of one name.
    Differences,
}

/// The answer to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Refused,
    /// Closed without a word.
    Closed,
    Unclear,
}

/// What one address answered.
#[derive(Debug, Default)]
pub struct Seen {
    client: Negotiated,
    versions: BTreeMap<Version, Verdict>,
    classes: BTreeMap<Class, Verdict>,
    /// The best version and its suite, from hellos.
    best: Option<(Version, u16)>,
    /// A chain that was sent in clear.
    chain: Vec<Vec<u8>>,
}

impl Seen {
    /// Was there TLS of any kind?
    pub fn answered(&self) -> bool {
        self.client.error.is_none() || !self.client.chain.is_empty() || self.accepted().next().is_some()
    }

    /// Why a current client got no handshake.
    pub fn error(&self) -> Option<&'static str> {
        self.client.error
    }

    fn accepted(&self) -> impl Iterator<Item = Version> {
        self.versions.iter().filter(|(_, verdict)| **verdict == Verdict::Accepted).map(|(version, _)| *version)
    }

    /// A close means no only if the path carries a current handshake.
    fn settle(&mut self) {
        let works = self.client.error.is_none() || self.accepted().any(|version| version >= Version::Tls12);
        let settled = if works { Verdict::Refused } else { Verdict::Unclear };
        for verdict in self.versions.values_mut().chain(self.classes.values_mut()) {
            if *verdict == Verdict::Closed {
                *verdict = settled;
            }
        }
    }
}

/// Asks. `None`: not even one handshake was left.
pub fn probe(endpoint: &Endpoint, address: SocketAddr, depth: Depth, deadline: Instant, budget: &mut Handshakes) -> Option<Seen> {
    let mut seen = Seen { client: client::shake(address, endpoint.host(), true, budget.take(deadline)?), ..Seen::default() };
    if seen.client.alpn_refused
        && let Some(until) = budget.take(deadline)
    {
        seen.client = client::shake(address, endpoint.host(), false, until);
    }
    // Whoever does not speak to a current client at all is not asked again.
    if matches!(seen.client.error, Some("refused" | "timeout" | "not-tls" | "other")) {
        return Some(seen);
    }
    let mut asker = Asker { endpoint, address, deadline, budget };
    if seen.client.error.is_none() {
        seen.versions.extend(seen.client.version.map(|version| (version, Verdict::Accepted)));
    }
    let wanted: Vec<Version> = Version::ALL
        .into_iter()
        .filter(|version| !seen.versions.contains_key(version))
        .filter(|version| depth == Depth::Whole || *version < Version::Tls12)
        .collect();
    // The current ones first: should the budget or the time end, they are the ones to know.
    let wanted: Vec<Version> = wanted.into_iter().rev().collect();
    versions(&mut asker, &wanted, &mut seen);
    if depth == Depth::Whole {
        classes(&mut asker, &mut seen);
    }
    seen.settle();
    Some(seen)
}

fn versions(asker: &mut Asker<'_>, wanted: &[Version], seen: &mut Seen) {
    let offers: Vec<Offer> = wanted
        .iter()
        .map(|version| {
            let suites = if *version == Version::Tls13 { suites::of_tls13() } else { suites::up_to_tls12() };
            asker.offer(*version, suites)
        })
        .collect();
    let replies = asker.ask(&offers);
    for (offer, reply) in offers.iter().zip(replies) {
        let verdict = verdict(offer, &reply, |version| version == offer.version.number());
        seen.versions.insert(offer.version, verdict);
        if let Reply::Flight(flight) = reply {
            if let (Verdict::Accepted, Some(hello)) = (verdict, flight.hello)
                && seen.best.is_none_or(|(best, _)| best < offer.version)
            {
                seen.best = Some((offer.version, hello.suite));
            }
            if seen.chain.is_empty() {
                seen.chain = flight.chain;
            }
        }
    }
}

/// One hello for each class, in the best version before TLS 1.3 that the server has; weak ones again in its oldest, since some
/// servers keep them for old clients.
fn classes(asker: &mut Asker<'_>, seen: &mut Seen) {
    let before: Vec<Version> = seen.accepted().filter(|version| *version < Version::Tls13).collect();
    let refused = |version: &Version| seen.versions.get(version) == Some(&Verdict::Refused);
    let old = [Version::Ssl3, Version::Tls10, Version::Tls11, Version::Tls12];
    let all: Vec<Class> = Class::WEAK.into_iter().chain(Class::LEGACY).collect();
    if before.is_empty() && old.iter().all(refused) {
        // TLS 1.3 has no such suites.
        seen.classes.extend(all.into_iter().map(|class| (class, Verdict::Refused)));
        return;
    }
    let newest = before.last().copied().unwrap_or(Version::Tls12);
    class_round(asker, newest, &all, seen);
    if let Some(oldest) = before.first().filter(|oldest| **oldest < newest) {
        let again: Vec<Class> =
            Class::WEAK.into_iter().filter(|class| seen.classes.get(class) != Some(&Verdict::Accepted)).collect();
        class_round(asker, *oldest, &again, seen);
    }
}

fn class_round(asker: &mut Asker<'_>, version: Version, classes: &[Class], seen: &mut Seen) {
    let offers: Vec<Offer> = classes.iter().map(|class| asker.offer(version, suites::of_class(*class))).collect();
    let replies = asker.ask(&offers);
    for ((class, offer), reply) in classes.iter().zip(&offers).zip(replies) {
        // A server may answer with an older version that it has: the suite is what counts.
        let new = verdict(offer, &reply, |version| version <= offer.version.number());
        let old = seen.classes.get(class).copied();
        seen.classes.insert(*class, old.map_or(new, |old| worse(old, new)));
    }
}

/// Of two answers to the same question the one that says more against the server; unclear outweighs no.
fn worse(a: Verdict, b: Verdict) -> Verdict {
    [Verdict::Accepted, Verdict::Unclear, Verdict::Closed]
        .into_iter()
        .find(|verdict| [a, b].contains(verdict))
        .unwrap_or(Verdict::Refused)
}

fn verdict(offer: &Offer, reply: &Reply, version: impl Fn(u16) -> bool) -> Verdict {
    match reply {
        Reply::Flight(flight) => match flight.hello {
            Some(hello) if version(hello.version) && offer.suites.contains(&hello.suite) => Verdict::Accepted,
            // Another version: it does not have the one asked for.
            Some(hello) if !version(hello.version) => Verdict::Refused,
            // A suite that was not offered proves nothing.
            Some(_) => Verdict::Unclear,
            None => Verdict::Refused,
        },
        Reply::Eof => Verdict::Closed,
        Reply::NotTls | Reply::Failed(_) => Verdict::Unclear,
    }
}

/// Sends hellos to one address within the budget.
struct Asker<'a> {
    endpoint: &'a Endpoint,
    address: SocketAddr,
    deadline: Instant,
    budget: &'a mut Handshakes,
}

impl Asker<'_> {
    fn offer(&self, version: Version, suites: Vec<u16>) -> Offer {
        let mut random = [0x5a; 96];
        // Should the system have no random bytes, constant ones ask the same question.
        let _ = provider().secure_random.fill(&mut random);
        Offer { version, suites, name: self.endpoint.server_name(), random }
    }

    /// The replies, in order; two connections at a time.
    fn ask(&mut self, offers: &[Offer]) -> Vec<Reply> {
        let mut replies = Vec::new();
        for pair in offers.chunks(2) {
            let asked: Vec<(Vec<u8>, Option<Instant>)> =
                pair.iter().map(|offer| (offer.bytes(), self.budget.take(self.deadline))).collect();
            let address = self.address;
            replies.extend(std::thread::scope(|scope| {
                let threads: Vec<_> = asked
                    .iter()
                    .map(|(hello, until)| until.map(|until| scope.spawn(move || socket::ask(address, hello, until))))
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| thread.and_then(|thread| thread.join().ok()).unwrap_or(Reply::Failed("timeout")))
                    .collect::<Vec<_>>()
            }));
        }
        replies
    }
}

/// The facts of an address. Lists are absent instead of empty.
pub fn facts(seen: &Seen, host: &str, roots: &Roots, now: i64) -> Facts {
    let mut facts = Facts::new();
    let text = |text: &str| Value::Text(text.to_owned());
    let mut set = |name: &str, value: Value| facts.insert(format!("tls.{name}"), value);

    let unclear = |verdict: &Verdict| matches!(verdict, Verdict::Unclear | Verdict::Closed);
    let versions = seen.versions.iter().filter(|(_, verdict)| unclear(verdict)).map(|(version, _)| version.word());
    let classes = seen.classes.iter().filter(|(_, verdict)| unclear(verdict)).map(|(class, _)| class.word());
    let of = |classes: &[Class]| {
        let accepted = classes.iter().filter(|class| seen.classes.get(class) == Some(&Verdict::Accepted));
        accepted.map(|class| class.word()).collect::<Vec<_>>()
    };
    for (name, words) in [
        ("accepted", seen.accepted().map(Version::word).collect::<Vec<_>>()),
        ("inconclusive", versions.chain(classes).collect()),
        ("weak", of(&Class::WEAK)),
        ("legacy", of(&Class::LEGACY)),
    ] {
        if !words.is_empty() {
            set(name, Value::List(words.into_iter().map(str::to_owned).collect()));
        }
    }
    let client = &seen.client;
    let got = client.version.zip(client.suite).filter(|_| client.error.is_none()).or(seen.best);
    if let Some((version, suite)) = got {
        set("version", text(version.word()));
        set("suite", text(&suites::name(suite)));
        set("forward-secrecy", Value::Bool(suites::forward_secrecy(suite)));
    }
    if let Some(alpn) = &client.alpn {
        set("alpn", text(alpn));
    }
    if let Some(error) = client.error {
        set("error", text(error));
    }
    let chain = if client.chain.is_empty() { &seen.chain } else { &client.chain };
    facts.extend(certificate::facts(chain, host, roots.store(), now));
    facts
}
