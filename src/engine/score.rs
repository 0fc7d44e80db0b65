//! Rows → score, coverage, verdict, conditions.

use crate::checks::check::{Category, Scoring};
use crate::model::report::{CategoryRow, CheckRow, Condition, Counts, Points};
use crate::model::terms::{Priority, Status, Verdict};

/// Points of a check: its weight if it is decided, half of it earned by a partial.
pub fn points(scoring: &Scoring, priority: Priority, status: Status) -> Points {
    let weight = scoring.weight(priority);
    match status {
        Status::Pass => Points { possible: weight, earned: weight },
        Status::Partial => Points { possible: weight, earned: weight / 2.0 },
        Status::Fail => Points { possible: weight, earned: 0.0 },
        _ => Points::default(),
    }
}

/// Earned over possible in percent, one decimal; `None` when nothing was decided.
pub fn percent(rows: &[CheckRow]) -> Option<f64> {
    let (possible, earned) = sums(rows.iter());
    (possible > 0.0).then(|| round(100.0 * earned / possible))
}

/// Decided weight over applicable weight, in percent, one decimal; 0 when nothing applies.
pub fn coverage<'r>(scoring: &Scoring, rows: impl Iterator<Item = &'r CheckRow> + Clone) -> f64 {
    let applies = |row: &&CheckRow| row.status != Status::NotApplicable;
    let applicable: f64 = rows.clone().filter(applies).map(|row| scoring.weight(row.priority)).sum();
    let (decided, _) = sums(rows);
    if applicable > 0.0 { round(100.0 * decided / applicable) } else { 0.0 }
}

/// The grade of a score.
pub fn grade(scoring: &Scoring, score: f64) -> Option<char> {
    scoring.grades.iter().find(|(_, lowest)| score >= *lowest).map(|(grade, _)| *grade)
}

/// Rows by category, in the pack's order, without categories in which nothing was loaded.
pub fn categories(all: &[Category], rows: &[CheckRow]) -> Vec<CategoryRow> {
    all.iter()
        .filter_map(|category| {
            let own = || rows.iter().filter(|row| row.category == category.id);
            let (possible, earned) = sums(own());
            own().next()?;
            Some(CategoryRow {
                id: category.id.clone(),
                title: category.title.clone(),
                score: (possible > 0.0).then(|| round(10.0 * earned / possible)),
                possible,
                earned,
                counts: counts(own()),
            })
        })
        .collect()
}

/// Checks by outcome.
pub fn counts<'r>(rows: impl Iterator<Item = &'r CheckRow>) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        let slot = match row.status {
            Status::Pass => &mut counts.pass,
            Status::Fail => &mut counts.fail,
            Status::Partial => &mut counts.partial,
            Status::Unknown => &mut counts.unknown,
            Status::Manual => &mut counts.manual,
            Status::NotApplicable => &mut counts.not_applicable,
            Status::Waived => &mut counts.waived,
            Status::Error => &mut counts.error,
        };
        *slot += 1;
    }
    counts
}

/// The verdict and the sentence that explains it.
pub fn verdict(scoring: &Scoring, rows: &[CheckRow], coverage: f64) -> (Verdict, String) {
    let count = |priority: Priority, statuses: &[Status]| {
        rows.iter().filter(|row| row.priority == priority && statuses.contains(&row.status)).count()
    };
    let failing = count(Priority::P0, &[Status::Fail]);
    if failing > 0 {
        let checks = if failing == 1 {
            "1 check that blocks go-live (P0) fails".to_owned()
        } else {
            format!("{failing} checks that block go-live (P0) fail")
        };
        return (Verdict::NoGo, checks);
    }
    if count(Priority::P0, &[Status::Error]) > 0 {
        return (Verdict::Inconclusive, "a check that blocks go-live (P0) could not run".to_owned());
    }
    if coverage < scoring.coverage_floor {
        let floor = scoring.coverage_floor;
        return (
            Verdict::Inconclusive,
            format!("only {coverage:.0} % of what applies could be decided; a verdict needs {floor:.0} %"),
        );
    }
    let open = conditions(rows).len();
    if open > 0 {
        let plural = if open == 1 { "condition" } else { "conditions" };
        return (Verdict::GoWithConditions, format!("no P0 fails; {open} {plural} to meet"));
    }
    (Verdict::Go, "no P0 or P1 fails, and no P0 is open".to_owned())
}

/// What stands between these rows and a GO, most urgent first.
pub fn conditions(rows: &[CheckRow]) -> Vec<Condition> {
    let stands = |row: &&CheckRow| {
        matches!(
            (row.priority, row.status),
            (Priority::P0 | Priority::P1, Status::Fail | Status::Partial | Status::Waived | Status::Error)
                | (Priority::P0, Status::Unknown | Status::Manual)
        )
    };
    let mut open: Vec<&CheckRow> = rows.iter().filter(stands).collect();
    open.sort_by_key(|row| (row.priority, row.status, &row.id));
    open.into_iter()
        .map(|row| Condition { check: row.id.clone(), priority: row.priority, status: row.status, text: row.title.clone() })
        .collect()
}

fn sums<'r>(rows: impl Iterator<Item = &'r CheckRow>) -> (f64, f64) {
    rows.fold((0.0, 0.0), |(possible, earned), row| (possible + row.points.possible, earned + row.points.earned))
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
