//! What every format for people agrees on: which rows come first, what is cited, how numbers and words are written.
//!
//! A new format for people takes its order and its wording from here, so that a terminal, a pull request and a page say the same.
//! Nothing here is escaped; that is the format's part.

use crate::model::evidence::{Evidence, EvidenceKind};
use crate::model::report::{CheckRow, Counts, Report};
use crate::model::terms::{Effort, Plane, Priority, Status};

/// How many items "Fix first" shows.
const FIRST: usize = 5;

/// The statuses in the order in which a priority lists them.
const ORDER: [Status; 8] = [
    Status::Fail,
    Status::Partial,
    Status::Error,
    Status::Unknown,
    Status::Manual,
    Status::Waived,
    Status::Pass,
    Status::NotApplicable,
];

/// The rows of one priority with one status, by id.
pub fn rows(report: &Report, priority: Priority, status: Status) -> impl Iterator<Item = &CheckRow> {
    report.checks.iter().filter(move |row| row.priority == priority && row.status == status)
}

/// The rows with one status, most urgent first.
pub fn with_status(report: &Report, status: Status) -> Vec<&CheckRow> {
    Priority::ALL.iter().flat_map(|priority| rows(report, *priority, status)).collect()
}

/// The rows of one priority that need somebody to act or to answer, in the order of a report.
pub fn open_rows(report: &Report, priority: Priority) -> Vec<&CheckRow> {
    let open = ORDER.iter().filter(|status| !is_settled(**status));
    open.flat_map(|status| rows(report, priority, *status)).collect()
}

/// Passes and what does not apply: only counted unless asked for.
pub fn is_settled(status: Status) -> bool {
    matches!(status, Status::Pass | Status::NotApplicable)
}

/// Does the code have to change?
pub fn is_to_fix(status: Status) -> bool {
    matches!(status, Status::Fail | Status::Partial)
}

/// What to fix first: by priority, then failures before half-done work, then the least effort for the points, then by id.
pub fn fix_first(report: &Report) -> Vec<&CheckRow> {
    let mut rows: Vec<&CheckRow> = report.checks.iter().filter(|row| is_to_fix(row.status)).collect();
    rows.sort_by(|a, b| {
        let rank = |row: &CheckRow| (row.priority, row.status != Status::Fail, row.effort);
        rank(a).cmp(&rank(b)).then_with(|| a.id.cmp(&b.id))
    });
    rows.truncate(FIRST);
    rows
}

/// The evidence a reader needs for this outcome: what decided first. What was searched counts only if nothing was found;
/// where planes disagree every plane speaks.
pub fn citations(row: &CheckRow) -> Vec<&Evidence> {
    let of = |kind: EvidenceKind| row.evidence.iter().filter(move |evidence| evidence.kind == kind);
    let both_sides = row.status == Status::Partial || row.contradiction.is_some();
    let passes = matches!(row.status, Status::Pass);
    let (first, second) = match passes {
        true => (EvidenceKind::Support, EvidenceKind::Finding),
        false => (EvidenceKind::Finding, EvidenceKind::Support),
    };
    let mut cited: Vec<&Evidence> = of(first).collect();
    if both_sides {
        cited.extend(of(second));
    }
    cited.extend(of(EvidenceKind::Claim));
    if cited.is_empty() {
        cited.extend(of(EvidenceKind::Searched));
    }
    cited
}

/// The one place to look at: of the first citation that has one, else the file the fix touches.
pub fn place(row: &CheckRow) -> Option<String> {
    citations(row).into_iter().find_map(Evidence::place).or_else(|| row.remediation.path.clone())
}

/// The planes that disagree, in words.
pub fn contradiction(row: &CheckRow) -> Option<String> {
    let planes = row.contradiction.as_ref()?;
    let planes = list(planes.iter().map(|plane| plane.as_str()));
    Some(format!("The evidence disagrees: {planes}"))
}

/// What a citation says, unless it is what has just been `said`.
pub fn observation<'a>(evidence: &'a Evidence, said: &str) -> &'a str {
    let message = evidence.message.trim();
    let repeated = message.trim_end_matches('.') == said.trim().trim_end_matches('.');
    if repeated { "" } else { message }
}

/// `(live)` or `(attested)`: where a citation comes from, if not from a file.
pub fn origin(evidence: &Evidence) -> &'static str {
    match evidence.plane {
        Plane::Static => "",
        Plane::Live => "(live)",
        Plane::Attested => "(attested)",
    }
}

/// The status as a table or a line starts with it.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pass => "PASS",
        Status::Fail => "FAIL",
        Status::Partial => "PARTIAL",
        Status::Unknown => "UNKNOWN",
        Status::Manual => "MANUAL",
        Status::NotApplicable => "N/A",
        Status::Waived => "WAIVED",
        Status::Error => "ERROR",
    }
}

/// What a priority means.
pub fn priority_means(priority: Priority) -> &'static str {
    match priority {
        Priority::P0 => "blocks go-live",
        Priority::P1 => "within days",
        Priority::P2 => "in the first weeks",
        Priority::P3 => "planned",
    }
}

/// How much work a fix is, as a sentence part.
pub fn effort_words(effort: Effort) -> String {
    format!("{effort} effort")
}

/// The counts that are not zero, in the order of a report, with their words: `(fail, "3 fail")`.
pub fn count_words(counts: &Counts) -> Vec<(Status, String)> {
    let count = |status| match status {
        Status::Pass => counts.pass,
        Status::Fail => counts.fail,
        Status::Partial => counts.partial,
        Status::Unknown => counts.unknown,
        Status::Manual => counts.manual,
        Status::NotApplicable => counts.not_applicable,
        Status::Waived => counts.waived,
        Status::Error => counts.error,
    };
    let word = |status: Status| {
        if status == Status::NotApplicable { "not applicable" } else { status.as_str() }
    };
    let counted = ORDER.iter().filter(|status| count(**status) > 0);
    counted.map(|status| (*status, format!("{} {}", count(*status), word(*status)))).collect()
}

/// The outcomes of one priority, counted.
pub fn counts_of(report: &Report, priority: Priority) -> Counts {
    let count = |status| rows(report, priority, status).count();
    Counts {
        pass: count(Status::Pass),
        fail: count(Status::Fail),
        partial: count(Status::Partial),
        unknown: count(Status::Unknown),
        manual: count(Status::Manual),
        not_applicable: count(Status::NotApplicable),
        waived: count(Status::Waived),
        error: count(Status::Error),
    }
}

/// The components other than the deciding one in which the check does not pass either.
pub fn also_in(row: &CheckRow) -> Vec<&str> {
    let elsewhere = row.by_component.iter().filter(|outcome| Some(&outcome.component) != row.component.as_ref());
    elsewhere.filter(|outcome| is_to_fix(outcome.status)).map(|outcome| outcome.component.as_str()).collect()
}

/// How many checks the report is about, and of how many, if only some were selected.
pub fn checks(report: &Report) -> String {
    match (report.checks.len(), report.ruleset.checks) {
        (some, all) if some < all => format!("only {some} of {}", plural(all, "check")),
        (_, all) => plural(all, "check"),
    }
}

/// How many checks a component has failed.
pub fn failed_in(report: &Report, component: &str) -> usize {
    let outcomes = report.checks.iter().flat_map(|row| &row.by_component);
    outcomes.filter(|outcome| outcome.component == component && outcome.status == Status::Fail).count()
}

/// `count` and the noun, in the plural unless it is one.
pub fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A score or a percentage: one decimal, none if it is zero.
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<&str> = items.into_iter().collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The sentence with a full stop, unless it ends with punctuation.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?', ':', ';']) { "" } else { "." };
    format!("{text}{stop}")
}

/// The first ten digits of a commit or digest.
pub fn short(hash: &str) -> String {
    hash.chars().take(10).collect()
}

/// A word for a POSIX shell, quoted if it needs to be.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The command that repeats this audit, with `options` added.
pub fn audit_command(report: &Report, options: &str) -> String {
    let mut command = "readyctl audit".to_owned();
    if !report.target.path.is_empty() {
        command.push_str(&format!(" {}", quoted(&report.target.path)));
    }
    if let Some(url) = &report.target.url {
        command.push_str(&format!(" --url {}", quoted(url)));
    }
    if !options.is_empty() {
        command.push(' ');
        command.push_str(options);
    }
    command
}

/// What would raise the coverage: a sentence for each kind of check that is not decided, with the command for it.
pub fn raise_coverage(report: &Report) -> Vec<(Status, String, Option<String>)> {
    let counts = &report.summary.counts;
    let mut advice = Vec::new();
    if counts.error > 0 {
        let text = format!("{} could not run; the reason stands with each of them", plural(counts.error, "check"));
        advice.push((Status::Error, text, None));
    }
    if counts.unknown > 0 {
        let text = format!("{} saw nothing decisive; this says what would prove it", plural(counts.unknown, "check"));
        advice.push((Status::Unknown, text, Some("readyctl explain <check>".to_owned())));
    }
    if counts.manual > 0 {
        let text = format!("{} only a person can answer; this says what to find out", plural(counts.manual, "check"));
        advice.push((Status::Manual, text, Some("readyctl explain <check>".to_owned())));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn fix_first_takes_the_urgent_then_the_cheap() {
        let report = sample::report();
        let first = fix_first(&report);
        assert_eq!(first.len(), 5);
        assert!(first.windows(2).all(|pair| pair[0].priority <= pair[1].priority));
        assert_eq!(first[0].id, "cors/no-wildcard-origin");
        assert!(first.iter().all(|row| is_to_fix(row.status)));
    }

    #[test]
    fn open_rows_are_ordered_by_status() {
        let report = sample::report();
        let rank = |row: &&CheckRow| ORDER.iter().position(|status| *status == row.status);
        for priority in Priority::ALL {
            let rows = open_rows(&report, *priority);
            assert!(rows.is_sorted_by_key(rank), "{priority}");
            assert!(rows.iter().all(|row| !is_settled(row.status)));
        }
    }

    #[test]
    fn a_contradiction_cites_both_planes() {
        let report = sample::report();
        let row = report.checks.iter().find(|row| row.contradiction.is_some()).unwrap();
        let planes: Vec<Plane> = citations(row).iter().map(|evidence| evidence.plane).collect();
        assert!(planes.contains(&Plane::Static) && planes.contains(&Plane::Live), "{planes:?}");
        assert_eq!(contradiction(row).unwrap(), "The evidence disagrees: static and live");
    }

    #[test]
    fn a_report_of_a_selection_says_so() {
        let mut report = sample::report();
        report.ruleset.checks = report.checks.len();
        assert!(!checks(&report).contains("only"));
        report.ruleset.checks += 1;
        assert_eq!(checks(&report), format!("only {} of {} checks", report.checks.len(), report.checks.len() + 1));
    }

    #[test]
    fn words_and_numbers() {
        assert_eq!(number(62.5), "62.5");
        assert_eq!(number(100.0), "100");
        assert_eq!(plural(1, "check"), "1 check");
        assert_eq!(plural(0, "check"), "0 checks");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(sentence("done "), "done.");
        assert_eq!(sentence("done?"), "done?");
    }

    #[test]
    fn a_hostile_path_is_quoted_for_the_shell() {
        assert_eq!(quoted("./shop-api"), "./shop-api");
        assert_eq!(quoted("it's; rm"), "'it'\\''s; rm'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn coverage_advice_names_what_explains_a_check() {
        let mut report = sample::report();
        (report.summary.counts.unknown, report.summary.counts.manual) = (3, 1);
        let advice = raise_coverage(&report);
        assert!(advice.len() >= 2);
        let open = advice.iter().filter(|(status, _, _)| *status != Status::Error);
        assert!(open.into_iter().all(|(_, _, command)| command.as_deref() == Some("readyctl explain <check>")));
    }
}
