//! What the TLS of a server shows before any HTTP: which versions and classes of suites it accepts, what a current client gets,
//! and the certificate. [`inspect`] makes at most as many handshakes as its budget has and gives the facts `tls.*` and
//! `certificate.*`.
//!
//! - [`hello`] builds questions, [`answer`] reads what comes back, [`socket`] carries both; [`suites`] is the table of suites.
//! - [`client`] is the real handshake; [`certificate`] judges the recorded chain.
//! - [`probe`] asks one address everything and concludes.
//!
//! To add a class of suites: a variant of [`suites::Class`]. To add a fact: declare it in `model::live::facts`, fill it in
//! [`probe`] or [`certificate`].

mod answer;
mod certificate;
mod client;
mod hello;
mod probe;
mod socket;
mod suites;

pub(super) use socket::Timed;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::roots::Roots;
use crate::model::live::{Facts, Value};

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The name or address that the certificate must be for; an IPv6 address without brackets.
    pub host: String,
    /// Where it is, port included. The first that answers is asked everything, the others what may differ.
    pub addresses: Vec<SocketAddr>,
}

impl Endpoint {
    fn host(&self) -> &str {
        self.host.trim_end_matches('.')
    }

    /// The name for Server Name Indication.
    fn server_name(&self) -> Option<String> {
        let host = self.host();
        host.parse::<IpAddr>().is_err().then(|| host.to_owned())
    }
}

/// How many handshakes may be made, and how long each may take.
#[derive(Debug, Clone, Copy)]
pub struct Handshakes {
    pub used: u32,
    pub limit: u32,
    pub each: Duration,
}

impl Default for Handshakes {
    fn default() -> Handshakes {
        Handshakes { used: 0, limit: 25, each: Duration::from_secs(5) }
    }
}

impl Handshakes {
    /// Takes one, if there is one left and time for it; the moment at which it must have ended.
    fn take(&mut self, deadline: Instant) -> Option<Instant> {
        let now = Instant::now();
        if self.used >= self.limit || now >= deadline {
            return None;
        }
        self.used += 1;
        Some(deadline.min(now + self.each))
    }
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inspection {
    /// `tls.*` and `certificate.*`. Without an answer only `tls.error`.
    pub facts: Facts,
    /// What the reader must know: addresses that differ or do not answer.
    pub notes: Vec<String>,
}

/// Most addresses that are asked.
const ADDRESSES: usize = 4;

/// Asks the server. Blocks until it is done or `deadline`; `now` is the time at which certificates are judged, in seconds since
/// 1970. Of several addresses the worst answer counts for each fact.
pub fn inspect(endpoint: &Endpoint, roots: &Roots, now: i64, deadline: Instant, budget: &mut Handshakes) -> Inspection {
    let mut inspection = Inspection::default();
    let mut first: Option<SocketAddr> = None;
    for address in endpoint.addresses.iter().take(ADDRESSES) {
        let depth = if first.is_none() { probe::Depth::Whole } else { probe::Depth::Differences };
        let Some(seen) = probe::probe(endpoint, *address, depth, deadline, budget) else {
            inspection.notes.push(format!("{address}: TLS not tested, the budget of handshakes is used up"));
            continue;
        };
        let facts = probe::facts(&seen, endpoint.host(), roots, now);
        if !seen.answered() {
            let word = seen.error().unwrap_or("other");
            if endpoint.addresses.len() > 1 {
                inspection.notes.push(format!("{address}: no TLS ({word})"));
            }
            if first.is_none() {
                inspection.facts.entry("tls.error".to_owned()).or_insert(Value::Text(word.to_owned()));
            }
        } else if let Some(first) = first {
            let changed = worst(&mut inspection.facts, &facts);
            if !changed.is_empty() {
                inspection.notes.push(format!("{address} is worse than {first} in {}", changed.join(", ")));
            }
        } else {
            first = Some(*address);
            inspection.facts = facts;
        }
    }
    if endpoint.addresses.is_empty() {
        inspection.facts.insert("tls.error".to_owned(), Value::Text("dns".to_owned()));
    }
    inspection
}

/// Makes `total` the worst of both; the facts that `other` made worse.
fn worst(total: &mut Facts, other: &Facts) -> Vec<String> {
    const GOOD: [&str; 4] =
        ["certificate.trusted", "certificate.name-matches", "certificate.chain-complete", "tls.forward-secrecy"];
    const SMALLER: [&str; 2] = ["certificate.days-left", "certificate.key-bits"];
    let mut changed = Vec::new();
    for (path, new) in other {
        let merged = match (total.get(path), new) {
            (None, new) => new.clone(),
            (Some(Value::Bool(old)), Value::Bool(new)) => {
                Value::Bool(if GOOD.contains(&path.as_str()) { *old && *new } else { *old || *new })
            }
            (Some(Value::Int(old)), Value::Int(new)) if SMALLER.contains(&path.as_str()) => Value::Int(*old.min(new)),
            (Some(Value::List(old)), Value::List(new)) => {
                let more = new.iter().filter(|item| !old.contains(item));
                Value::List(old.iter().chain(more).cloned().collect())
            }
            (Some(old), _) => old.clone(),
        };
        if total.get(path) != Some(&merged) {
            changed.push(path.clone());
            total.insert(path.clone(), merged);
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(rows: &[(&str, Value)]) -> Facts {
        rows.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect()
    }

    #[test]
    fn the_worst_of_both() {
        let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
        let mut total = facts(&[
            ("tls.accepted", list(&["tls1.2"])),
            ("tls.weak", list(&[])),
            ("certificate.trusted", Value::Bool(true)),
            ("certificate.expired", Value::Bool(false)),
            ("certificate.days-left", Value::Int(30)),
            ("certificate.issuer", Value::Text("CN=A".to_owned())),
        ]);
        let other = facts(&[
            ("tls.accepted", list(&["tls1.0", "tls1.2"])),
            ("certificate.trusted", Value::Bool(false)),
            ("certificate.expired", Value::Bool(true)),
            ("certificate.days-left", Value::Int(-3)),
            ("certificate.issuer", Value::Text("CN=B".to_owned())),
        ]);
        let changed = worst(&mut total, &other);
        assert_eq!(changed, ["certificate.days-left", "certificate.expired", "certificate.trusted", "tls.accepted"]);
        assert_eq!(total["tls.accepted"], list(&["tls1.2", "tls1.0"]));
        assert_eq!(total["certificate.days-left"], Value::Int(-3));
        let before = total.clone();
        assert!(worst(&mut total, &facts(&[("certificate.trusted", Value::Bool(true))])).is_empty());
        assert_eq!(total, before);
    }

    #[test]
    fn the_budget_ends() {
        let mut budget = Handshakes { limit: 1, ..Handshakes::default() };
        let deadline = Instant::now() + Duration::from_secs(60);
        assert!(budget.take(deadline).is_some());
        assert!(budget.take(deadline).is_none());
        assert!(Handshakes::default().take(Instant::now()).is_none());
    }

    #[test]
    fn addresses_are_no_server_names() {
        let endpoint = |host: &str| Endpoint { host: host.to_owned(), addresses: Vec::new() };
        assert_eq!(endpoint("app.example.test.").server_name().as_deref(), Some("app.example.test"));
        assert_eq!(endpoint("127.0.0.1").server_name(), None);
        assert_eq!(endpoint("::1").server_name(), None);
    }
}
