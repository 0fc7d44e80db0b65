//! What a probe observed, as every report shows it.

use serde::Serialize;

use super::role::Role;
use super::terms::{Confidence, Plane};

/// What a piece of evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceKind {
    /// Against the check.
    Finding,
    /// For the check.
    Support,
    /// What was looked for, and in how many files: the proof behind "not found".
    Searched,
    /// What a document of the repository claims.
    Claim,
}

/// One observation. Text taken from the repository is already redacted (`model::redact`) when it gets here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub kind: EvidenceKind,
    pub plane: Plane,
    /// Relative POSIX path of the file, for static evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// 1-based line of the first character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column of the first character, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// 1-based line of the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What was sent there and what came back, for live evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// The line or lines, trimmed, redacted, without control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// One observation in a sentence without a final full stop.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Stable name of a finding: check, path, normalised content, ordinal; never a line number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The commit in which it stands, if that is an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
}

/// One request with its redirects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Exchange {
    pub method: String,
    /// Of the last answer; `null` if there was none.
    pub status: Option<u16>,
    /// How many requests it took, redirects included.
    pub hops: usize,
}

/// A commit that evidence stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commit {
    /// Short id.
    pub id: String,
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// The file of HEAD that still holds the value; `null` if none does.
    pub stands_in: Option<String>,
}

impl Evidence {
    /// `path:line`, or the path or URL alone; what a report prints as the place. In an earlier commit, `commit:path:line`, as git
    /// writes it.
    pub fn place(&self) -> Option<String> {
        match (&self.commit, self.file_place()) {
            (Some(commit), Some(place)) => Some(format!("{}:{place}", commit.id)),
            (_, place) => place,
        }
    }

    /// The place without the commit.
    pub fn file_place(&self) -> Option<String> {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => Some(format!("{path}:{line}")),
            (Some(path), None) => Some(path.clone()),
            (None, _) => self.url.clone(),
        }
    }
}
