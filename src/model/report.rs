//! The result of an audit: the only input of every output format.
//!
//! The field names and order are the JSON contract, version 1: additive changes only. Times live only in `run`.

use serde::Serialize;

use super::evidence::Evidence;
use super::terms::{Effort, Plane, Priority, Status, Strength, Verdict};

/// Everything one audit found out.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub schema_version: &'static str,
    pub tool: Tool,
    pub ruleset: Ruleset,
    pub scoring_version: &'static str,
    pub target: Target,
    pub components: Vec<ComponentRow>,
    pub summary: Summary,
    pub categories: Vec<CategoryRow>,
    /// One row per check, ordered by id.
    pub checks: Vec<CheckRow>,
    pub run: Run,
}

#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<&'static str>,
}

/// Which checks judged.
#[derive(Debug, Clone, Serialize)]
pub struct Ruleset {
    pub version: String,
    /// Hash over every loaded check: two reports with one digest were judged alike.
    pub digest: String,
    /// The number of checks loaded.
    pub checks: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// As given on the command line; empty if only an endpoint was audited.
    pub path: String,
    /// HEAD of the repository, in full.
    pub commit: Option<String>,
    /// Are tracked files modified? `None`: no git, or not determined.
    pub dirty: Option<bool>,
    pub url: Option<String>,
}

/// A deployable unit that was found.
#[derive(Debug, Clone, Serialize)]
pub struct ComponentRow {
    pub id: String,
    /// Relative POSIX path of its folder; `.` for the root.
    pub path: String,
    pub facts: Vec<String>,
    pub languages: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// 0 to 100, one decimal; `None` when nothing was decided.
    pub score: Option<f64>,
    /// A to F after the score; `None` with it.
    pub grade: Option<char>,
    pub verdict: Verdict,
    /// One sentence: why this verdict and no better one.
    pub verdict_reason: String,
    /// Decided weight over applicable weight, 0 to 100, one decimal.
    pub coverage: f64,
    /// What has to be true for a GO, most urgent first.
    pub conditions: Vec<Condition>,
    pub counts: Counts,
    pub files: FileCounts,
    /// Things the reader must know about this run: skipped inputs, config in force, shallow history.
    pub notes: Vec<String>,
    pub config: Option<String>,
}

/// One thing that stands between this application and a GO.
#[derive(Debug, Clone, Serialize)]
pub struct Condition {
    pub check: String,
    pub priority: Priority,
    pub status: Status,
    pub text: String,
}

/// Checks by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub pass: usize,
    pub fail: usize,
    pub partial: usize,
    pub unknown: usize,
    pub manual: usize,
    pub not_applicable: usize,
    pub waived: usize,
    pub error: usize,
}

/// Files by what became of them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FileCounts {
    /// Files in the inventory.
    pub total: usize,
    /// Files read and scanned.
    pub scanned: usize,
    /// Files that were left out for a reason a reader should know, named with the reason.
    pub skipped: Vec<SkippedFile>,
    /// Source files that nothing loads, which show nothing of the application.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unloaded: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SkippedFile {
    pub path: String,
    /// E.g. "larger than 5 MiB", "not a regular file", "permission denied", "symbolic link to outside the repository".
    pub reason: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct CategoryRow {
    pub id: String,
    pub title: String,
    /// 0 to 10, one decimal; `None` when nothing was decided.
    pub score: Option<f64>,
    pub possible: f64,
    pub earned: f64,
    pub counts: Counts,
}

/// One check and its outcome: the outcome of the component in which it came out worst.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRow {
    pub id: String,
    /// True when it passes.
    pub title: String,
    pub category: String,
    pub priority: Priority,
    pub effort: Effort,
    /// The component that decided; `None` for checks of the whole repository.
    pub component: Option<String>,
    pub status: Status,
    /// One sentence: what was observed that led to the status.
    pub reason: String,
    /// The strength of the best evidence for it.
    pub strength: Option<Strength>,
    /// The strength it needs to pass.
    pub needs_strength: Option<Strength>,
    /// Only the deployed endpoint can answer, and none was named: the row counts in no coverage.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub awaits_endpoint: bool,
    /// The planes that disagree, if they do.
    pub contradiction: Option<Vec<Plane>>,
    pub evidence: Vec<Evidence>,
    /// How many more findings there are than `evidence` shows.
    pub evidence_omitted: usize,
    pub points: Points,
    pub remediation: Remediation,
    pub references: Vec<String>,
    pub why: String,
    pub cannot_see: Option<String>,
    /// Outcomes in every component it applies to, ordered by component.
    pub by_component: Vec<ComponentOutcome>,
    pub waiver: Option<Waiver>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ComponentOutcome {
    pub component: String,
    pub status: Status,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Points {
    /// The check's weight if it is decided, else 0.
    pub possible: f64,
    pub earned: f64,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Remediation {
    /// What to do, in the imperative.
    pub summary: String,
    /// How, for the stack of the deciding component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Which stack `how` is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The file to touch first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The command that verifies the fix.
    pub verify: String,
}

/// A decision to live with a failing check for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiver {
    pub reason: String,
    pub statement: String,
    pub owner: String,
    pub expires: String,
}

/// What differs between two runs over the same input.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Run {
    /// RFC 3339, UTC.
    pub started_at: String,
    pub duration_ms: u64,
}
