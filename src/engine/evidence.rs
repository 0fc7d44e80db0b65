//! Hits → evidence as reports show it, with fingerprints that survive moved lines.

use std::collections::BTreeMap;

use crate::checks::check::Check;
use crate::inventory::role;
use crate::inventory::view::{Hit, Inventory, Past, Snippet};
use crate::model::evidence::{Commit, Evidence, EvidenceKind};
use crate::model::terms::Plane;
use crate::model::text::stable_hash;

use super::judge::{Outcome, searched};
use super::observe::Held;

/// Pieces of evidence that a report shows for one check and kind.
const MAX_SHOWN: usize = 12;

/// The evidence of an outcome, and how many findings were left out.
pub fn of(check: &Check, outcome: &Outcome<'_>, inventory: &Inventory) -> (Vec<Evidence>, usize) {
    let Some(observed) = &outcome.observed else { return (Vec::new(), 0) };
    let mut ordinals = BTreeMap::new();
    let mut evidence = Vec::new();
    let mut findings: Vec<&Held<'_>> = observed.against.iter().chain(&observed.look_alike).collect();
    findings.sort_by_key(|held| std::cmp::Reverse(held.item.confidence));
    for held in findings {
        evidence.extend(places(held).into_iter().map(|hit| finding(check, held, hit, inventory, &mut ordinals)));
    }
    let omitted = evidence.len().saturating_sub(MAX_SHOWN);
    evidence.truncate(MAX_SHOWN);
    let mut support = Vec::new();
    // A line that is found wanting proves nothing good.
    let is_found = |hit: &Hit| {
        let findings = observed.against.iter().chain(&observed.look_alike).flat_map(|held| &held.hits);
        findings.into_iter().any(|found| is_same_place(found, hit))
    };
    // What is weaker than the evidence that decides often says what was not seen, which that evidence has shown.
    let decides = |held: &&Held<'_>| outcome.strength.is_none_or(|best| held.item.strength >= best.min(check.strength));
    for held in observed.support.iter().filter(decides) {
        let hits = places(held).into_iter().filter(|hit| !is_found(hit));
        support.extend(hits.map(|hit| located(EvidenceKind::Support, held, hit, inventory)));
    }
    support.truncate(MAX_SHOWN);
    let silent = evidence.is_empty() && support.is_empty();
    evidence.extend(support);
    if silent && check.reads_files() {
        evidence.push(looked_for(&observed.wanted, &searched(observed)));
    }
    (evidence, omitted)
}

/// The hits of an item, each line once, those that name a line before those that name a whole file.
fn places<'h>(held: &'h Held<'_>) -> Vec<&'h Hit> {
    let mut hits: Vec<&Hit> = held.hits.iter().collect();
    hits.sort_by_key(|hit| (hit.line.is_none(), hit.file, date(hit), &hit.past, hit.line, hit.column));
    hits.dedup_by_key(|hit| (hit.file, &hit.past, hit.line));
    hits
}

/// Do two hits cite one line of one version? The line of an earlier commit is none of today's: its `file` is any file.
fn is_same_place(a: &Hit, b: &Hit) -> bool {
    a.line.is_some() && (a.file, a.line, &a.past) == (b.file, b.line, &b.past)
}

/// When it was committed, for hits in earlier commits.
fn date(hit: &Hit) -> Option<&str> {
    hit.past.as_ref().map(|past| past.date.as_str())
}

fn located(kind: EvidenceKind, held: &Held<'_>, hit: &Hit, inventory: &Inventory) -> Evidence {
    let file = inventory.file(hit.file);
    if let Some(past) = &hit.past {
        return Evidence {
            path: Some(past.path.clone()),
            role: Some(role::of_path(&past.path)),
            message: format!("{}; {}", held.item.say, said_of(past)),
            commit: Some(Commit { id: past.commit.clone(), date: past.date.clone(), stands_in: past.standing.clone() }),
            ..located(kind, held, &Hit { past: None, ..hit.clone() }, inventory)
        };
    }
    Evidence {
        kind,
        plane: Plane::Static,
        path: Some(file.path.to_string()),
        line: hit.line,
        column: hit.line.map(|_| hit.column),
        end_line: hit.line.map(|_| hit.end_line),
        url: None,
        exchange: None,
        snippet: hit.snippet.as_ref().map(Snippet::redacted),
        message: held.item.say.clone(),
        confidence: (kind == EvidenceKind::Finding).then_some(held.item.confidence),
        role: Some(file.role),
        fingerprint: None,
        commit: None,
    }
}

/// Since when something was committed, and whether it still is there.
fn said_of(past: &Past) -> String {
    match &past.standing {
        Some(path) => format!("committed on {} and still in HEAD, in {path}", past.date),
        None => format!("committed on {} and no longer in HEAD", past.date),
    }
}

fn finding(
    check: &Check,
    held: &Held<'_>,
    hit: &Hit,
    inventory: &Inventory,
    ordinals: &mut BTreeMap<(String, String), u32>,
) -> Evidence {
    let mut evidence = located(EvidenceKind::Finding, held, hit, inventory);
    let path = evidence.path.clone().unwrap_or_default();
    let content = evidence.snippet.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let ordinal = ordinals.entry((path.clone(), content.clone())).or_default();
    *ordinal += 1;
    let hash = stable_hash([check.id.as_str(), &path, &content, &ordinal.to_string()]);
    evidence.fingerprint = Some(format!("{hash:016x}"));
    evidence
}

/// The proof behind "not found": what was looked for and in how many files.
fn looked_for(wanted: &[&str], searched: &str) -> Evidence {
    let message = format!("looked into {searched} for: {}", wanted.join("; "));
    Evidence {
        kind: EvidenceKind::Searched,
        plane: Plane::Static,
        path: None,
        line: None,
        column: None,
        end_line: None,
        url: None,
        exchange: None,
        snippet: None,
        message,
        confidence: None,
        role: None,
        fingerprint: None,
        commit: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::inventory::view::FileId;

    #[test]
    fn a_line_of_the_past_is_none_of_today() {
        let today = Hit { line: Some(3), ..Hit::of_file(FileId(0)) };
        let commit = |commit: &str| Past {
            commit: commit.to_owned(),
            date: "2026-01-02".to_owned(),
            path: "settings.py".to_owned(),
            standing: None,
        };
        let past = |id: &str| Hit { past: Some(Arc::new(commit(id))), ..today.clone() };
        assert!(is_same_place(&today, &today));
        assert!(!is_same_place(&past("a"), &today));
        assert!(!is_same_place(&past("a"), &past("b")));
        assert!(is_same_place(&past("a"), &past("a")));
        assert!(!is_same_place(&today, &Hit { line: Some(4), ..today.clone() }));
        // Files as a whole are no lines.
        assert!(!is_same_place(&Hit::of_file(FileId(0)), &Hit::of_file(FileId(0))));
    }
}
