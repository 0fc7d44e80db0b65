//! `readyctl explain`: a check in words, or every point of the score.

use std::fmt::Write as _;

use crate::checks::check::{Check, Item};
use crate::checks::load::Ruleset;
use crate::checks::pack::{self, Selection};
use crate::model::live::Class;
use crate::model::report::Report;
use crate::model::terms::Status;

use super::args::{ExplainArgs, LiveArgs};
use super::audit::{self, Audited};
use super::error::{Exit, Failure};
use super::output::print;

/// Runs the command.
///
/// # Errors
/// When the topic is unknown, or the audit that `score` needs cannot run.
pub fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    if args.topic == "score" {
        let Audited { report, ruleset, .. } = audit::audited(&args.target, &LiveArgs::default())?;
        print(score(&report, &ruleset).as_bytes())?;
        return Ok(Exit::Met);
    }
    let ruleset = pack::open(&Selection { folders: args.target.pack.checks.clone(), ..Selection::default() })?;
    let Some(check) = ruleset.checks.iter().find(|check| check.id == args.topic) else {
        return Err(unknown(&args.topic, &ruleset));
    };
    print(explained(check).as_bytes())?;
    Ok(Exit::Met)
}

/// The failure for a check that does not exist.
pub(super) fn unknown(id: &str, ruleset: &Ruleset) -> Failure {
    let hint = crate::probes::params::suggestion(id, ruleset.checks.iter().map(|check| check.id.as_str()).chain(["score"]));
    Failure::new(Exit::Usage, format!("no check is called `{id}`{hint}; `readyctl checks list` shows them all"))
}

fn explained(check: &Check) -> String {
    let mut text = String::new();
    let mut line = |content: String| {
        text.push_str(&content);
        text.push('\n');
    };
    line(format!("{}: {}", check.id, check.title));
    line(format!("{} · effort {} · {}", check.priority, check.effort, check.stage));
    line(String::new());
    line(check.why.clone());
    if !check.applies.is_empty() {
        let clauses: Vec<String> = check.applies.iter().map(ToString::to_string).collect();
        line(format!("\nApplies to: {}", clauses.join(" and ")));
    }
    let mut section = |title: &str, items: &[Item], with_strength: bool| {
        if items.is_empty() {
            return;
        }
        line(format!("\n{title}"));
        for item in items {
            let strength =
                if with_strength { format!(" ({})", item.strength) } else { format!(" ({} confidence)", item.confidence) };
            line(format!("  - {}{strength}", item.say));
        }
    };
    section("Fails when:", &check.forbid, false);
    section("Fails, unless it is done beside it, when:", &check.look_alike, false);
    section(&format!("Passes at strength `{}` when:", check.strength), &check.require, true);
    if let Some(spec) = check.live.as_ref().and_then(|part| part.spec()) {
        let class = if spec.class == Class::Active { " and --active" } else { "" };
        line(format!("\nAt the deployed endpoint, with --url{class}, the first of these decides:"));
        for then in spec.decisions() {
            line(format!("  - {}: {}", then.verdict, then.say));
        }
    }
    line(format!("\nWhen nothing decisive is seen: {}", check.absent));
    if let Some(limit) = &check.cannot_see {
        line(format!("Cannot see: {limit}"));
    }
    if let Some(attest) = &check.attest {
        line(format!("\nA person may vouch, for {} days: {}", attest.valid_days, attest.statement));
        if !attest.evidence.is_empty() {
            line(format!("  with: {}", attest.evidence.join(", ")));
        }
    }
    line(format!("\nFix: {}", check.fix.summary));
    for (stack, how) in &check.fix.by_stack {
        line(format!("  {stack}: {how}"));
    }
    if !check.references.is_empty() {
        line(format!("\nReferences: {}", check.references.join(", ")));
    }
    text
}

fn score(report: &Report, ruleset: &Ruleset) -> String {
    let mut text = String::new();
    let (possible, earned) =
        report.checks.iter().fold((0.0, 0.0), |(p, e), row| (p + row.points.possible, e + row.points.earned));
    let shown = report.summary.score.map_or("none, nothing was decided".to_owned(), |score| format!("{score:.1}"));
    let _ = writeln!(text, "Score {shown} = 100 × {earned} earned ÷ {possible} possible, over decided checks");
    let weights = ruleset.scoring.weights;
    let _ = writeln!(
        text,
        "Weights: P0 {} · P1 {} · P2 {} · P3 {}; partial earns half; unknown, manual, waived, error and not applicable count in neither sum",
        weights[0], weights[1], weights[2], weights[3]
    );
    let _ = writeln!(text, "Coverage {:.1} % of the applicable weight was decided\n", report.summary.coverage);
    for category in &report.categories {
        let _ = writeln!(text, "{} {} of {}", category.title, category.earned, category.possible);
        for row in report.checks.iter().filter(|row| row.category == category.id && row.points.possible > 0.0) {
            let _ = writeln!(text, "  {:>4} of {:<4} {:<8} {}", row.points.earned, row.points.possible, row.status, row.id);
        }
    }
    let mut lost: Vec<_> = report.checks.iter().filter(|row| row.points.earned < row.points.possible).collect();
    // Cheapest next points: most points for the least effort first.
    lost.sort_by(|a, b| {
        let gain = |row: &crate::model::report::CheckRow| row.points.possible - row.points.earned;
        a.effort.cmp(&b.effort).then(gain(b).total_cmp(&gain(a))).then(a.id.cmp(&b.id))
    });
    let _ = writeln!(text, "\nCheapest next points");
    for row in lost.iter().take(8) {
        let gain = row.points.possible - row.points.earned;
        let _ = writeln!(text, "  +{gain:<4} effort {:<7} {}: {}", row.effort, row.id, row.remediation.summary);
    }
    let open = report.checks.iter().filter(|row| matches!(row.status, Status::Unknown | Status::Manual | Status::Error)).count();
    if open > 0 {
        let _ = writeln!(text, "\n{open} applicable checks are undecided and would add to both sums once answered");
    }
    text
}
