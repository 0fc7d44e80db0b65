//! Inventory + ruleset → report. Pure: the same input gives the same report.

use std::cmp::Reverse;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::checks::check::Check;
use crate::checks::load::Ruleset;
use crate::inventory::view::Inventory;
use crate::model::evidence::EvidenceKind;
use crate::model::report::{
    CheckRow, ComponentOutcome, ComponentRow, FileCounts, Remediation, Report, Ruleset as RulesetRow, Run, Summary, Target, Tool,
};
use crate::model::terms::{Scope, Status};

use super::asked::Asked;
use super::judge::{Outcome, judge};
use super::live::join::{LiveRun, join};
use super::units::{Unit, unit, units};
use super::{evidence, observe, score, shared};

/// What an assessment needs besides the inventory.
pub struct Assessment<'a> {
    pub ruleset: &'a Ruleset,
    pub target: Target,
    /// Which checks to judge.
    pub selected: &'a (dyn Fn(&Check) -> bool + Sync),
    /// The configuration file in force.
    pub config: Option<String>,
    /// Is there a repository? Without one only live parts are judged.
    pub repository: bool,
    /// What the endpoint answered, if one was named.
    pub live: Option<LiveRun<'a>>,
}

/// Judges every selected check and writes the report.
pub fn assess(assessment: &Assessment<'_>, inventory: &Inventory) -> Report {
    let ruleset = assessment.ruleset;
    let units = units(ruleset, inventory);
    let whole = unit(ruleset, inventory, None);
    let selected: Vec<&Check> = ruleset.checks.iter().filter(|check| (assessment.selected)(check)).collect();
    let rows: Vec<CheckRow> = selected
        .par_iter()
        .map(|check| {
            let units = if check.scope == Scope::Repository { std::slice::from_ref(&whole) } else { &units };
            let mut row = joined(check, units, assessment, inventory);
            // What only an endpoint can show is no part of what this run could decide, unless one was named.
            let alone = check.live.is_some() && !check.reads_files() && assessment.live.is_none();
            row.awaits_endpoint = alone && row.status == Status::Unknown;
            row
        })
        .collect();
    let coverage = score::coverage(&ruleset.scoring, rows.iter().filter(|row| !row.awaits_endpoint));
    let (verdict, verdict_reason) = score::verdict(&ruleset.scoring, &rows, coverage);
    let points = score::percent(&rows);
    let summary = Summary {
        score: points,
        grade: points.and_then(|points| score::grade(&ruleset.scoring, points)),
        verdict,
        verdict_reason,
        coverage,
        conditions: score::conditions(&rows),
        counts: score::counts(rows.iter()),
        files: FileCounts {
            total: inventory.files.len(),
            scanned: inventory.files.iter().filter(|file| file.scanned).count(),
            skipped: inventory.skipped.clone(),
            unloaded: inventory.files.iter().filter(|file| file.unloaded).map(|file| file.path.to_string()).collect(),
        },
        notes: inventory
            .notes
            .iter()
            .cloned()
            .chain(unasked_note(rows.iter().filter(|row| row.awaits_endpoint).count()))
            .chain(live_notes(assessment))
            .collect(),
        config: assessment.config.clone(),
    };
    Report {
        schema_version: "1",
        tool: Tool { name: "readyctl", version: env!("CARGO_PKG_VERSION"), commit: option_env!("READYCTL_COMMIT") },
        ruleset: RulesetRow {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: ruleset.digest.clone(),
            checks: ruleset.checks.len(),
        },
        scoring_version: "1",
        target: assessment.target.clone(),
        components: units.iter().filter(|_| assessment.repository).map(component_row).collect(),
        summary,
        categories: score::categories(&ruleset.categories, &rows),
        checks: rows,
        run: Run::default(),
    }
}

/// Says that some checks wait for an endpoint, and that the coverage is of the others.
fn unasked_note(count: usize) -> Option<String> {
    let (checks, look) = if count == 1 { ("check", "looks") } else { ("checks", "look") };
    (count > 0).then(|| {
        format!(
            "{count} {checks} that {look} only at the deployed endpoint are not counted in the coverage; name it with `--url`"
        )
    })
}

/// What a reader must know about the live side: address, requests, what stands in front, and why it said nothing.
fn live_notes(assessment: &Assessment<'_>) -> Vec<String> {
    let Some(LiveRun { exchanges, .. }) = assessment.live else { return Vec::new() };
    let mut notes: Vec<String> =
        exchanges.dead.iter().map(|cause| format!("nothing was judged at {}: {cause}", exchanges.url)).collect();
    let plural = |count: u32, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let made = [plural(exchanges.requests, "request"), plural(exchanges.handshakes, "handshake")].join(" and ");
    notes.push(format!("{made} to {}", exchanges.url));
    notes.extend(exchanges.notes.iter().cloned());
    notes
}

/// The row of a check, of files and endpoint together.
fn joined(check: &Check, units: &[Unit], assessment: &Assessment<'_>, inventory: &Inventory) -> CheckRow {
    let of_files = if assessment.repository {
        row(check, units, assessment, inventory)
    } else if check.live.is_some() {
        let outcome = Outcome::without(Status::Unknown, "the endpoint was not asked".to_owned());
        let mut row = blank_row(check, outcome, assessment);
        row.remediation = remediation(check, None, &[], assessment);
        row
    } else {
        let reason = "it needs the repository; name its folder beside `--url`".to_owned();
        blank_row(check, Outcome::without(Status::NotApplicable, reason), assessment)
    };
    let Some(live) = assessment.live else { return of_files };
    let facts = &assessment.ruleset.facts;
    let applies = !assessment.repository
        || units.iter().any(|unit| observe::applies_with_endpoint(&check.applies, facts, &unit.view(inventory)));
    if !applies {
        return of_files;
    }
    join(check, of_files, assessment.repository && check.reads_files(), live, &assessment.ruleset.scoring)
}

fn component_row(unit: &Unit) -> ComponentRow {
    ComponentRow {
        id: unit.name.clone(),
        path: unit.path.clone(),
        facts: unit.facts.keys().map(|fact| fact.to_string()).collect(),
        languages: unit.languages.iter().map(|language| language.as_str().to_owned()).collect(),
    }
}

/// The row of a check: the outcome of the unit in which it came out worst.
fn row(check: &Check, units: &[Unit], assessment: &Assessment<'_>, inventory: &Inventory) -> CheckRow {
    let asked = OnceLock::new();
    let mut outcomes: Vec<Outcome<'_>> =
        units.iter().map(|unit| outcome(check, unit, assessment.ruleset, inventory, &asked)).collect();
    shared::settle(check, &assessment.ruleset.facts, units, inventory, &mut outcomes);
    let by_component = if check.scope == Scope::Repository {
        Vec::new()
    } else {
        let named = units.iter().zip(&outcomes);
        named.map(|(unit, outcome)| ComponentOutcome { component: unit.name.clone(), status: outcome.status }).collect()
    };
    // The first of the worst, so that the order of components decides ties.
    let mut worst = (0..outcomes.len()).min_by_key(|index| (outcomes[*index].status, *index)).unwrap_or_default();
    if outcomes.iter().all(|outcome| outcome.status == Status::NotApplicable) {
        // Where it applies nowhere, the component that lacks least says why: of a frontend beside the service, all is missing.
        let held = |index: &usize| observe::held_clauses(&check.applies, &units[*index].view(inventory));
        worst = (0..outcomes.len()).max_by_key(|index| (held(index), Reverse(*index))).unwrap_or_default();
    }
    let Some((unit, outcome)) = units.get(worst).zip(outcomes.get(worst)) else {
        return blank_row(check, Outcome::without(Status::NotApplicable, "there is nothing to judge".to_owned()), assessment);
    };
    let (evidence, evidence_omitted) = evidence::of(check, outcome, inventory);
    let decided = outcome.status != Status::NotApplicable && check.scope == Scope::Component;
    let mut row = blank_row(check, Outcome::without(outcome.status, outcome.reason.clone()), assessment);
    row.component = decided.then(|| unit.name.clone());
    row.strength = outcome.strength;
    row.remediation = remediation(check, Some(unit), &evidence, assessment);
    row.evidence = evidence;
    row.evidence_omitted = evidence_omitted;
    row.by_component = by_component;
    row
}

fn blank_row(check: &Check, outcome: Outcome<'_>, assessment: &Assessment<'_>) -> CheckRow {
    CheckRow {
        id: check.id.clone(),
        title: check.title.clone(),
        category: check.category.clone(),
        priority: check.priority,
        effort: check.effort,
        component: None,
        status: outcome.status,
        reason: outcome.reason,
        strength: outcome.strength,
        needs_strength: (!check.require.is_empty()).then_some(check.strength),
        awaits_endpoint: false,
        contradiction: None,
        evidence: Vec::new(),
        evidence_omitted: 0,
        points: score::points(&assessment.ruleset.scoring, check.priority, outcome.status),
        remediation: Remediation::default(),
        references: check.references.clone(),
        why: check.why.clone(),
        cannot_see: check.cannot_see.clone(),
        by_component: Vec::new(),
        waiver: None,
    }
}

fn outcome<'c>(check: &'c Check, unit: &Unit, ruleset: &Ruleset, inventory: &Inventory, asked: &OnceLock<Asked>) -> Outcome<'c> {
    let view = unit.view(inventory);
    if let Some(clause) = observe::deciding_clause(&check.applies, &view) {
        return Outcome::without(Status::NotApplicable, format!("it applies to `{clause}`, which does not hold here"));
    }
    let asked = asked.get_or_init(|| Asked::of(check, &ruleset.needs, inventory));
    if !inventory.broken.is_empty() && asked.needs.iter().any(|need| inventory.broken.contains(need)) {
        return Outcome::without(
            Status::Error,
            "one of its patterns or rules does not compile; `readyctl checks lint` names it".to_owned(),
        );
    }
    judge(check, observe::check(check, &view, &ruleset.needs, asked))
}

/// A URL as one word of a command line.
fn for_shell(url: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%+=,[]".contains(c);
    if url.chars().all(plain) { url.to_owned() } else { format!("'{}'", url.replace('\'', "%27")) }
}

fn remediation(
    check: &Check,
    unit: Option<&Unit>,
    evidence: &[crate::model::evidence::Evidence],
    assessment: &Assessment<'_>,
) -> Remediation {
    let how = unit.and_then(|unit| {
        let by_fact = check.fix.by_stack.iter().find(|(stack, _)| unit.facts.contains_key(stack.as_str()));
        let by_language = || unit.languages.iter().find_map(|language| check.fix.by_stack.get_key_value(language.as_str()));
        by_fact.or_else(by_language)
    });
    let target = &assessment.target;
    let path = Some(&target.path).filter(|path| !path.is_empty()).map_or(String::new(), |path| format!(" {path}"));
    let url =
        target.url.as_ref().filter(|_| check.live.is_some()).map_or(String::new(), |url| format!(" --url {}", for_shell(url)));
    Remediation {
        summary: check.fix.summary.clone(),
        how: how.map(|(_, how)| how.clone()),
        stack: how.map(|(stack, _)| stack.clone()),
        path: evidence.iter().find(|piece| piece.kind == EvidenceKind::Finding).and_then(|piece| piece.path.clone()),
        verify: format!("readyctl audit{path}{url} --only {}", check.id),
    }
}
