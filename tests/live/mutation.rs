//! One fault at a time: exactly the checks that it concerns may come to another verdict than on the good site. The rows stand in
//! [`super::rows`].

use std::collections::{BTreeMap, BTreeSet};

use readyctl::model::live::LiveVerdict;

use super::fixture::Fixture;
use super::judge::{Verdicts, each, live_checks, told, verdicts};
use super::mode::Mode;
use super::rows::{GIVEN, GOOD, MODES};

/// The parts of a row as one table.
fn table(parts: &[&'static str]) -> BTreeMap<&'static str, &'static str> {
    let mut table = BTreeMap::new();
    for part in parts {
        let mut words = part.split_whitespace();
        let verdict = words.next().unwrap();
        for id in words {
            assert!(table.insert(id, verdict).is_none(), "{id} stands twice in {parts:?}");
        }
    }
    table
}

/// The checks that a good site passes.
pub fn passing() -> impl Iterator<Item = &'static str> {
    table(GOOD).into_iter().filter(|(_, verdict)| *verdict == "pass").map(|(id, _)| id)
}

pub fn good() -> Verdicts {
    let fixture = Fixture::start(&[]);
    verdicts(&fixture, &told(&fixture))
}

/// What differs from the good site, as lines that say why; empty if it is what the row says.
fn differs(good: &Verdicts, found: &Verdicts, changes: &[&'static str]) -> Option<String> {
    let expected = table(changes);
    let unknown: Vec<_> = expected.keys().filter(|id| !good.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "no such check: {unknown:?}");
    let changed: BTreeMap<&str, &str> = found
        .iter()
        .filter(|(id, (verdict, _))| *verdict != good[*id].0)
        .map(|(id, (verdict, _))| (*id, verdict.as_str()))
        .collect();
    let told: BTreeMap<&str, &str> = expected.iter().map(|(id, verdict)| (*id, *verdict)).collect();
    let wrong = |id: &&&str| changed.get(**id) != told.get(**id);
    let all: BTreeSet<&str> = changed.keys().chain(told.keys()).copied().collect();
    let lines: Vec<String> = all
        .iter()
        .filter(wrong)
        .map(|id| format!("\n    {id}: {}, not {}: {}", found[id].0, told.get(id).copied().unwrap_or("as before"), found[id].1))
        .collect();
    (!lines.is_empty()).then(|| lines.concat())
}

#[test]
fn a_good_site_has_the_verdict_of_its_line_for_every_live_check() {
    let expected = table(GOOD);
    let found = good();
    let wrong: Vec<String> = found
        .iter()
        .filter(|(id, (verdict, _))| expected.get(*id) != Some(&verdict.as_str()))
        .map(|(id, (verdict, say))| format!("{id} is {verdict}, the table says {:?}: {say}", expected.get(id)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let gone: Vec<_> = expected.keys().filter(|id| !found.contains_key(*id)).collect();
    assert!(gone.is_empty(), "no live part: {gone:?}");
}

#[test]
fn a_fault_changes_the_verdicts_that_it_concerns_and_no_other() {
    let good = good();
    let wrong = each(MODES, |(modes, changes)| {
        let fixture = Fixture::start(modes);
        let found = verdicts(&fixture, &told(&fixture));
        differs(&good, &found, changes).map(|lines| format!("{modes:?}:{lines}"))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_user_tells_changes_the_verdicts_that_it_concerns_and_no_other() {
    let good = good();
    let wrong = each(GIVEN, |given| {
        let fixture = Fixture::start(given.modes);
        let mut settings = told(&fixture);
        (given.set)(&mut settings);
        let found = verdicts(&fixture, &settings);
        differs(&good, &found, given.changes).map(|lines| format!("{} {:?}:{lines}", given.what, given.modes))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows hold, by the tests above; here they must be enough.
#[test]
fn every_live_check_is_seen_good_where_it_can_pass_and_bad_where_it_can_find() {
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let rows = MODES.iter().map(|(_, changes)| *changes).chain(GIVEN.iter().map(|given| given.changes)).chain([GOOD]);
    for (id, verdict) in rows.flat_map(table) {
        seen.entry(id).or_default().insert(verdict);
    }
    for (id, (_, spec)) in live_checks() {
        let seen = seen.get(id).cloned().unwrap_or_default();
        let can = |verdict: LiveVerdict| spec.decisions().any(|decision| decision.verdict == verdict);
        for verdict in [LiveVerdict::Pass, LiveVerdict::Warn, LiveVerdict::Fail] {
            assert!(!can(verdict) || seen.contains(verdict.as_str()), "no row shows {id} come to {verdict}: {seen:?}");
        }
        assert!(seen.len() > 1, "no row changes {id}");
    }
}

#[test]
fn a_server_that_refuses_everybody_from_the_start_is_not_judged_by_that() {
    // Only plain HTTP, which may be somebody else, answers otherwise.
    let fixture = Fixture::start(&[Mode::RateLimited(1), Mode::NoEdge, Mode::IgnoresForwardedHost, Mode::LargeBodies]);
    let found = verdicts(&fixture, &told(&fixture));
    let decided: Vec<_> = found
        .iter()
        .filter(|(id, (verdict, _))| {
            !id.starts_with("tls/") && !["inconclusive", "unsent", "not-applicable"].contains(&verdict.as_str())
        })
        .collect();
    assert!(decided.is_empty(), "{decided:#?}");
}
