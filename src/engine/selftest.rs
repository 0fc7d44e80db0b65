//! Runs the tests inside checks through the production path, and proves by mutation that their evidence decides.
//!
//! A test's files become an inventory in memory, which is collected and assessed as any repository is. Mutation removes the lines
//! that an outcome cites and runs the test again: an outcome that stays was not decided by what it cites.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::checks::cases::{self, Case};
use crate::checks::check::Check;
use crate::checks::load::{PackFile, Ruleset};
use crate::inventory::collect::{Context, Prepared, collect};
use crate::inventory::history::{Repository, Snapshot};
use crate::inventory::source::Memory;
use crate::inventory::view::{GitSummary, Inventory};
use crate::model::evidence::{Evidence, EvidenceKind};
use crate::model::live::{Exchanges, LiveSpec};
use crate::model::report::{CheckRow, Report, Target};
use crate::model::terms::Status;
use crate::probes::params::Problems;

use super::assess::{Assessment, assess};
use super::live::join::LiveRun;
use super::live::{self, script};
use super::observe;
use super::units::complete;

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    /// Another outcome than expected.
    Outcome {
        got: Status,
        reason: String,
    },
    /// The right outcome, but not at the place that the test names.
    WrongPlace {
        wanted: String,
        got: Vec<String>,
    },
    /// Another table: the rows that are missing, and those that are too many.
    Rows {
        missing: Vec<String>,
        surplus: Vec<String>,
    },
    /// The outcome stayed although everything it cites was removed.
    Unmoved {
        cited: Vec<String>,
    },
}

/// The result of one test.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Of the check, or `facts/<name>`.
    pub id: String,
    pub case: String,
    pub verdict: Verdict,
    /// Was it also run with its evidence removed?
    pub mutated: bool,
}

/// Runs the tests of the checks and facts whose id `wanted` accepts.
pub fn run(ruleset: &Ruleset, files: &[PackFile], mutate: bool, wanted: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Tested> {
    let jobs: Vec<(String, Case)> = files
        .iter()
        .map(|file| (file.path.trim_end_matches(".yaml").to_owned(), file))
        .filter(|(id, _)| wanted(id))
        .filter_map(|(id, file)| Some((id, file.node.get("tests")?)))
        .flat_map(|(id, tests)| {
            let problems = Problems::default();
            cases::parse(tests, &problems).into_iter().map(move |case| (id.clone(), case))
        })
        .collect();
    let suite = Suite { ruleset, prepared: Prepared::new(&ruleset.needs, 0) };
    jobs.par_iter().map(|(id, case)| test(&suite, id, case, mutate)).collect()
}

/// What all tests share: compiled once.
struct Suite<'r> {
    ruleset: &'r Ruleset,
    prepared: Prepared<'r>,
}

fn test(suite: &Suite<'_>, id: &str, case: &Case, mutate: bool) -> Tested {
    let tested = |verdict, mutated| Tested { id: id.to_owned(), case: case.name.clone(), verdict, mutated };
    if let Some(fact) = id.strip_prefix("facts/") {
        return tested(test_fact(suite, fact, case), false);
    }
    if id.starts_with("routes/") {
        return tested(test_routes(suite, case), false);
    }
    if id.starts_with("env/") {
        return tested(test_env(suite, case), false);
    }
    let Some(row) = outcome(suite, id, case) else {
        return tested(Verdict::Outcome { got: Status::Error, reason: "no such check is loaded".to_owned() }, false);
    };
    if row.status != case.expect {
        return tested(Verdict::Outcome { got: row.status, reason: row.reason.clone() }, false);
    }
    if let Some(wanted) = case.at.iter().find(|wanted| !is_cited(&row, wanted)) {
        let got = row.evidence.iter().filter_map(Evidence::place).collect();
        return tested(Verdict::WrongPlace { wanted: wanted.clone(), got }, false);
    }
    if !mutate {
        return tested(Verdict::Ok, false);
    }
    match unmoved(suite, id, case, &row) {
        None => tested(Verdict::Ok, false),
        Some(None) => tested(Verdict::Ok, true),
        Some(Some(cited)) => tested(Verdict::Unmoved { cited }, true),
    }
}

fn test_fact(suite: &Suite<'_>, fact: &str, case: &Case) -> Verdict {
    let inventory = inventory(suite, case, &|_| false);
    let views = (0..inventory.layout.components.len()).map(|index| inventory.component(index)).chain([inventory.whole()]);
    let holds = views.map(|view| observe::facts(&suite.ruleset.facts, view)).any(|facts| facts.contains_key(fact));
    let got = if holds { Status::Pass } else { Status::Fail };
    if got == case.expect {
        return Verdict::Ok;
    }
    let reason = if holds { "the fact holds" } else { "the fact does not hold" };
    Verdict::Outcome { got, reason: reason.to_owned() }
}

fn test_routes(suite: &Suite<'_>, case: &Case) -> Verdict {
    let files = case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let table = super::routes::table(&suite.ruleset.routes, &Memory::new(files), Context::default());
    rows(case, &table.rows.iter().map(|(_, row)| super::routes::line(row, &table.inventory)).collect::<Vec<_>>())
}

fn test_env(suite: &Suite<'_>, case: &Case) -> Verdict {
    let files = case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let table = super::env::table(&suite.ruleset.env, &Memory::new(files), Context::default());
    rows(case, &table.rows.iter().map(|row| super::env::line(row, &table)).collect::<Vec<_>>())
}

/// Are these the rows that the test states?
fn rows(case: &Case, rows: &[String]) -> Verdict {
    let beyond =
        |some: &[String], others: &[String]| some.iter().filter(|row| !others.contains(row)).cloned().collect::<Vec<_>>();
    let (missing, surplus) = (beyond(&case.rows, rows), beyond(rows, &case.rows));
    if missing.is_empty() && surplus.is_empty() { Verdict::Ok } else { Verdict::Rows { missing, surplus } }
}

fn is_cited(row: &CheckRow, wanted: &str) -> bool {
    row.evidence
        .iter()
        .any(|evidence| evidence.file_place().as_deref() == Some(wanted) || (evidence.path.as_deref() == Some(wanted)))
}

fn inventory(suite: &Suite<'_>, case: &Case, wanted: &(dyn Fn(&Check) -> bool + Sync)) -> Inventory {
    let files: BTreeMap<String, Vec<u8>> =
        case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let mut context = Context::default();
    let memory = if case.git.repository {
        context.git = Some(GitSummary { shallow: case.git.shallow, ..GitSummary::default() });
        context.past = case.history.as_ref().map(|past| past_of(case, past));
        let tracked = files.keys().filter(|path| !case.git.untracked.contains(*path)).cloned().collect();
        Memory::with_tracked(files, &tracked)
    } else {
        Memory::new(files)
    };
    complete(suite.ruleset, wanted, collect(&memory, &suite.prepared, context))
}

/// The commits of a test: those it lists, a day apart, then its files as they are.
fn past_of(case: &Case, past: &[BTreeMap<String, String>]) -> Repository {
    let tracked = case.files.iter().filter(|(path, _)| !case.git.untracked.contains(*path));
    let last = tracked.map(|(path, text)| (path.clone(), text.clone())).collect();
    let bytes =
        |files: &BTreeMap<String, String>| files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    let snapshot = |(day, files)| Snapshot { files: bytes(files), time: 1_767_225_600 + 86_400 * day };
    let snapshots: Vec<Snapshot> = (0i64..).zip(past.iter().chain([&last])).map(snapshot).collect();
    Repository::of_snapshots(&snapshots, case.git.shallow)
}

fn report(suite: &Suite<'_>, id: &str, case: &Case) -> Report {
    let selected = |check: &Check| check.id == id;
    let inventory = inventory(suite, case, &selected);
    let exchanges = exchanges(suite, id, case).map(|(_, exchanges)| exchanges);
    let target = Target { path: ".".to_owned(), commit: None, dirty: None, url: None };
    let assessment = Assessment {
        ruleset: suite.ruleset,
        target,
        selected: &selected,
        config: None,
        repository: !case.files.is_empty() || exchanges.is_none(),
        live: exchanges.as_ref().map(|exchanges| LiveRun { exchanges, optional: false }),
    };
    assess(&assessment, &inventory)
}

/// What the test's endpoint answers to the check.
fn exchanges<'s>(suite: &'s Suite<'_>, id: &str, case: &Case) -> Option<(&'s LiveSpec, Exchanges)> {
    let spec = suite.ruleset.checks.iter().find(|check| check.id == id)?.live.as_ref()?.spec()?;
    Some((spec, script::exchanges(spec, case.live.as_ref()?)))
}

fn outcome(suite: &Suite<'_>, id: &str, case: &Case) -> Option<CheckRow> {
    report(suite, id, case).checks.into_iter().next()
}

/// `None`: nothing is cited, so nothing can be removed. `Some(None)`: the outcome moved. Otherwise what was removed in vain.
fn unmoved(suite: &Suite<'_>, id: &str, case: &Case, row: &CheckRow) -> Option<Option<Vec<String>>> {
    if let Some((spec, exchanges)) = exchanges(suite, id, case) {
        let ruling = live::decide(spec, &exchanges);
        if ruling.verdict.is_decisive() {
            return Some(script::unmoved(spec, &exchanges, &ruling));
        }
    }
    let kind = match row.status {
        Status::Fail | Status::Partial if has(row, EvidenceKind::Finding) => EvidenceKind::Finding,
        Status::Pass | Status::Partial if has(row, EvidenceKind::Support) => EvidenceKind::Support,
        _ => return None,
    };
    let mut mutant = case.clone();
    let mut removed = Vec::new();
    // Reports show only the first findings of many, so removal goes on until no cited place is left.
    for _ in 0..8 {
        let current = outcome(suite, id, &mutant)?;
        let cited: Vec<Evidence> = current.evidence.iter().filter(|evidence| evidence.kind == kind).cloned().collect();
        if cited.is_empty() || current.status != row.status {
            return Some(None);
        }
        for evidence in &cited {
            removed.extend(evidence.place());
            remove(&mut mutant, evidence);
        }
    }
    Some(Some(removed))
}

fn has(row: &CheckRow, kind: EvidenceKind) -> bool {
    row.evidence.iter().any(|evidence| evidence.kind == kind)
}

/// Blanks the cited lines, or drops the file that is cited as a whole.
fn remove(case: &mut Case, evidence: &Evidence) {
    let Some(path) = &evidence.path else { return };
    let Some(line) = evidence.line else {
        case.files.remove(path);
        return;
    };
    let last = evidence.end_line.unwrap_or(line);
    let past = case.history.iter_mut().flatten().filter(|_| evidence.commit.is_some());
    for text in past.chain([&mut case.files]).filter_map(|files| files.get_mut(path)) {
        let kept = text.lines().zip(1u32..).map(|(text, number)| if (line..=last).contains(&number) { "" } else { text });
        *text = kept.collect::<Vec<_>>().join("\n");
    }
}
