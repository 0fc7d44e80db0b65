//! `readyctl checks`: list, show, lint, test, new, schema.

use std::fmt::Write as _;

use crate::checks::lint::lint;
use crate::checks::load::Ruleset;
use crate::checks::pack::{self, Selection};
use crate::engine::selftest::{self, Tested, Verdict};

use super::args::{ChecksCommand, PackArgs};
use super::error::{Exit, Failure};
use super::explain::unknown;
use super::output::print;
use super::{new_check, schema};

/// Runs the command.
///
/// # Errors
/// When the checks do not load or the id is unknown.
pub fn run(command: &ChecksCommand) -> Result<Exit, Failure> {
    match command {
        ChecksCommand::List { pack } => list(&open(pack, false)?),
        ChecksCommand::Show { id, pack } => show(id, pack),
        ChecksCommand::Lint { pack } => lint_all(&open(pack, true)?),
        ChecksCommand::Test { filter, mutate, pack } => test(filter.as_deref(), *mutate, pack),
        ChecksCommand::New { id } => new_check::run(id),
        ChecksCommand::Schema => schema::run(),
    }
}

fn selection(pack: &PackArgs, verify: bool) -> Selection {
    Selection { folders: pack.checks.clone(), only_folders: false, verify }
}

fn open(pack: &PackArgs, verify: bool) -> Result<Ruleset, Failure> {
    Ok(pack::open(&selection(pack, verify))?)
}

fn list(ruleset: &Ruleset) -> Result<Exit, Failure> {
    let mut text = String::new();
    for check in &ruleset.checks {
        let _ = writeln!(text, "{}  {:<6}  {:<42}  {}", check.priority, check.effort, check.id, check.title);
    }
    print(text.as_bytes())?;
    Ok(Exit::Met)
}

fn show(id: &str, pack: &PackArgs) -> Result<Exit, Failure> {
    let wanted = format!("{id}.yaml");
    match pack::source(&selection(pack, false), &wanted)? {
        Some(text) => {
            print(text.as_bytes())?;
            Ok(Exit::Met)
        }
        None => Err(unknown(id, &open(pack, false)?)),
    }
}

fn lint_all(ruleset: &Ruleset) -> Result<Exit, Failure> {
    let remarks = lint(ruleset);
    let mut text = String::new();
    for remark in &remarks {
        let _ = writeln!(text, "{}: {}", remark.id, remark.message);
    }
    let _ = writeln!(text, "{} checks and {} facts load; {} remarks", ruleset.checks.len(), ruleset.facts.len(), remarks.len());
    print(text.as_bytes())?;
    Ok(Exit::Met)
}

fn test(filter: Option<&str>, mutate: bool, pack: &PackArgs) -> Result<Exit, Failure> {
    let selection = selection(pack, true);
    let ruleset = pack::open(&selection)?;
    let files = pack::with_tests(&selection)?;
    let wanted = |id: &str| filter.is_none_or(|start| id.starts_with(start));
    let tested = selftest::run(&ruleset, &files, mutate, &wanted);
    let failed = tested.iter().filter(|test| test.verdict != Verdict::Ok).count();
    let mutated = tested.iter().filter(|test| test.mutated).count();
    let mut text = String::new();
    for test in tested.iter().filter(|test| test.verdict != Verdict::Ok) {
        let _ = writeln!(text, "{}", described(test));
    }
    let mutants = if mutate { format!(", {mutated} of them also with their evidence removed") } else { String::new() };
    let _ = writeln!(text, "{} tests{mutants}: {} ok, {failed} failed", tested.len(), tested.len() - failed);
    print(text.as_bytes())?;
    if tested.is_empty() {
        return Err(Failure::new(Exit::Usage, "no check's id starts like that; `readyctl checks list` shows them"));
    }
    Ok(if failed == 0 { Exit::Met } else { Exit::NotMet })
}

/// A failed test in a line or two.
pub(super) fn described(test: &Tested) -> String {
    let what = match &test.verdict {
        Verdict::Ok => "ok".to_owned(),
        Verdict::Outcome { got, reason } => format!("the outcome is {got}: {reason}"),
        Verdict::WrongPlace { wanted, got } => format!("{wanted} is not cited; cited: {}", got.join(", ")),
        Verdict::Rows { missing, surplus } => {
            let listed = |sign: char, rows: &[String]| rows.iter().map(|row| format!("\n  {sign} {row}")).collect::<String>();
            format!("the table differs{}{}", listed('-', missing), listed('+', surplus))
        }
        Verdict::Unmoved { cited } => format!("the outcome stays without what it cites ({})", cited.join(", ")),
    };
    format!("{} [{}]: {what}", test.id, test.case)
}
