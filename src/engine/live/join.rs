//! What the endpoint showed, joined with what files say, into the row of a check.
//!
//! The endpoint is authoritative for what is deployed: a decisive ruling is the outcome, and where cited files say otherwise the row
//! carries the contradiction with both citations. Only a pass that is `sampled` leaves a cited finding as it is. A ruling that decides nothing leaves the outcome of the files as it is.

use crate::checks::check::{Check, Scoring};
use crate::model::evidence::{Evidence, EvidenceKind, Exchange};
use crate::model::live::{Exchanges, LiveVerdict};
use crate::model::report::CheckRow;
use crate::model::terms::{Confidence, Plane, Status, Strength};
use crate::model::text::stable_hash;

use super::{Ruling, Verdict, capture, decide};
use crate::engine::score;

/// Exchanges cited for one ruling.
const MAX_CITED: usize = 3;

/// The live side of an audit.
#[derive(Debug, Clone, Copy)]
pub struct LiveRun<'a> {
    pub exchanges: &'a Exchanges,
    /// Is an endpoint that does not answer only worth a note?
    pub optional: bool,
}

/// Joins the live part of a check that applies, if it has one, into the row of what files say. `files`: was the check looked for in
/// files?
pub fn join(check: &Check, mut row: CheckRow, files: bool, live: LiveRun<'_>, scoring: &Scoring) -> CheckRow {
    let Some(spec) = check.live.as_ref().and_then(|part| part.spec()) else { return row };
    if let Some(cause) = &live.exchanges.dead {
        if !row.status.is_decided() && row.status != Status::NotApplicable && !live.optional {
            (row.status, row.reason) = (Status::Error, cause.clone());
            row.points = score::points(scoring, row.priority, row.status);
        }
        return row;
    }
    let ruling = decide(spec, live.exchanges);
    let evidence = evidence(check, &ruling, live.exchanges);
    match ruling.verdict {
        Verdict::Table(LiveVerdict::Pass) if spec.sampled && outweighed(&row).is_some() => beside(&mut row, &ruling, evidence),
        Verdict::Table(LiveVerdict::Pass) => decisive(&mut row, Status::Pass, &ruling, evidence),
        Verdict::Table(LiveVerdict::Warn) => decisive(&mut row, Status::Partial, &ruling, evidence),
        Verdict::Table(LiveVerdict::Fail) => decisive(&mut row, Status::Fail, &ruling, evidence),
        Verdict::Table(LiveVerdict::NotApplicable | LiveVerdict::Inconclusive) | Verdict::Unsent => {
            undecided(&mut row, files, &ruling, evidence);
        }
    }
    row.points = score::points(scoring, row.priority, row.status);
    row
}

/// The cited finding in files that a look at one URL does not disprove.
fn outweighed(row: &CheckRow) -> Option<&Evidence> {
    let found = matches!(row.status, Status::Fail | Status::Partial);
    row.evidence.iter().find(|evidence| found && evidence.kind == EvidenceKind::Finding && evidence.place().is_some())
}

/// What files say stands, and the pass at the one URL is shown as what contradicts it.
fn beside(row: &mut CheckRow, ruling: &Ruling, live: Vec<Evidence>) {
    row.contradiction = Some(vec![Plane::Static, Plane::Live]);
    let place = live.first().and_then(Evidence::place).unwrap_or_else(|| "the endpoint".to_owned());
    row.reason = format!("{}; {place}, the one URL that was asked, says otherwise: {}", row.reason, ruling.say);
    row.evidence.extend(live);
}

/// The ruling is the outcome.
fn decisive(row: &mut CheckRow, status: Status, ruling: &Ruling, live: Vec<Evidence>) {
    let disagrees = match row.status {
        Status::Pass => status != Status::Pass,
        Status::Fail => status == Status::Pass,
        _ => false,
    };
    // Silence in files contradicts nothing.
    let kind = if row.status == Status::Pass { EvidenceKind::Support } else { EvidenceKind::Finding };
    let cited = row.evidence.iter().find(|evidence| evidence.kind == kind && evidence.place().is_some());
    row.reason = match cited.filter(|_| disagrees) {
        Some(cited) => {
            row.contradiction = Some(vec![Plane::Static, Plane::Live]);
            let place = cited.place().unwrap_or_default();
            format!("{}; {place} says otherwise: {}", ruling.say, cited.message)
        }
        None => ruling.say.clone(),
    };
    for outcome in row.by_component.iter_mut().filter(|outcome| outcome.status != Status::NotApplicable) {
        outcome.status = status;
    }
    row.status = status;
    row.component = None;
    row.strength = (status == Status::Pass).then_some(Strength::Observed);
    row.evidence.splice(0..0, live);
}

/// What files say stands; the observation goes with it.
fn undecided(row: &mut CheckRow, files: bool, ruling: &Ruling, live: Vec<Evidence>) {
    row.evidence.extend(live);
    if row.status.is_decided() || matches!(row.status, Status::NotApplicable | Status::Error) {
        return;
    }
    if !files {
        let not_here = ruling.verdict == Verdict::Table(LiveVerdict::NotApplicable);
        row.status = if not_here { Status::NotApplicable } else { Status::Unknown };
        row.reason = ruling.say.clone();
    } else if row.evidence.iter().any(|evidence| evidence.plane == Plane::Static) {
        row.reason = format!("{}; at the endpoint: {}", row.reason, ruling.say);
    } else {
        row.reason = ruling.say.clone();
    }
}

/// The exchanges that decided, as reports show them.
fn evidence(check: &Check, ruling: &Ruling, exchanges: &Exchanges) -> Vec<Evidence> {
    let kind = match ruling.verdict {
        Verdict::Table(LiveVerdict::Fail | LiveVerdict::Warn) => EvidenceKind::Finding,
        Verdict::Table(LiveVerdict::Pass) => EvidenceKind::Support,
        _ => EvidenceKind::Searched,
    };
    let spec = check.live.as_ref().and_then(|part| part.spec());
    let captures = ruling.cited.iter().filter_map(|index| {
        let repeated = spec?.send.get(*index)?.key.times > 1;
        Some((repeated, capture(spec?, *index, exchanges)?))
    });
    let mut evidence: Vec<Evidence> = captures
        .filter(|(_, capture)| !capture.hops.is_empty())
        .take(MAX_CITED)
        .enumerate()
        .map(|(index, (repeated, capture))| {
            let (url, exchange, what) = exchange(capture, repeated, exchanges);
            let message = if index == 0 { format!("{what}: {}", ruling.say) } else { what };
            piece(check, kind, url, message, Some(exchange))
        })
        .collect();
    if evidence.is_empty() {
        let of_tls =
            |path: &&crate::model::live::FactPath| path.path.starts_with("tls.") || path.path.starts_with("certificate.");
        let handshakes = ruling.facts.iter().any(|path| of_tls(&path) && path.capture.is_none());
        let what = if handshakes { "handshakes with " } else { "" };
        let message = format!("{what}{}: {}", exchanges.url, ruling.say);
        evidence.push(piece(check, kind, exchanges.url.clone(), message, None));
    }
    evidence
}

/// Where it was, what it was, and both in words: `GET https://… over 2 hops answered 200`, or `… sent 2 times` if it was repeated.
fn exchange(capture: &crate::model::live::Capture, repeated: bool, exchanges: &Exchanges) -> (String, Exchange, String) {
    let (Some(first), Some(last)) = (capture.hops.first(), capture.hops.last()) else {
        return (exchanges.url.clone(), Exchange::default(), String::new());
    };
    let hops = match capture.hops.len() {
        0 | 1 => String::new(),
        times if repeated => format!(" sent {times} times"),
        hops => format!(" over {hops} hops"),
    };
    let ended = match (last.status, &last.cause) {
        (Some(status), _) => format!("answered {status}"),
        (None, Some(cause)) => format!("got no answer ({cause})"),
        (None, None) => "got no answer".to_owned(),
    };
    let exchange = Exchange { method: first.method.clone(), status: last.status, hops: capture.hops.len() };
    (first.url.clone(), exchange, format!("{} {}{hops} {ended}", first.method, first.url))
}

fn piece(check: &Check, kind: EvidenceKind, url: String, message: String, exchange: Option<Exchange>) -> Evidence {
    let is_finding = kind == EvidenceKind::Finding;
    let method = exchange.as_ref().map(|exchange| exchange.method.clone()).unwrap_or_default();
    let hash = stable_hash([check.id.as_str(), "live", &method, url.split('?').next().unwrap_or_default()]);
    Evidence {
        kind,
        plane: Plane::Live,
        path: None,
        line: None,
        column: None,
        end_line: None,
        url: Some(url),
        exchange,
        snippet: None,
        message,
        confidence: is_finding.then_some(Confidence::High),
        role: None,
        fingerprint: is_finding.then(|| format!("{hash:016x}")),
        commit: None,
    }
}
