//! `json-v1`: the report as JSON, for programs.
//!
//! The contract is the field names and their order in `model::report`; this file adds nothing to it. To add to the output, add a
//! field there. Characters that could act on a terminal stand as `\uXXXX`, so the output is safe to print and still exact.

use std::io::{self, Write};

use super::{Options, escape};
use crate::model::report::Report;

/// Writes the report as indented JSON with a line feed at the end.
pub fn render(report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    out.write_all(escape::json(&text).as_bytes())?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{Options, sample};
    use super::*;

    fn rendered() -> String {
        let mut out = Vec::new();
        render(&sample::report(), &Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn top_level_keys_are_the_contract_in_its_order() {
        let text = rendered();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            keys(&value),
            [
                "schema_version",
                "tool",
                "ruleset",
                "scoring_version",
                "target",
                "components",
                "summary",
                "categories",
                "checks",
                "run"
            ]
        );
        assert_eq!(value["schema_version"], "1");
        assert_eq!(value["summary"]["verdict"], "NO-GO");
        assert_eq!(keys(&value["summary"])[..4], ["score", "grade", "verdict", "verdict_reason"]);
        assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
    }

    #[test]
    fn a_check_has_its_evidence_and_points() {
        let value: Value = serde_json::from_str(&rendered()).unwrap();
        let checks = value["checks"].as_array().unwrap();
        let cors = checks.iter().find(|check| check["id"] == "cors/no-wildcard-origin").unwrap();
        assert_eq!(cors["status"], "fail");
        assert_eq!(cors["evidence"][0]["kind"], "finding");
        assert_eq!(cors["evidence"][0]["plane"], "static");
        assert_eq!(cors["evidence"][0]["line"], 27);
        assert_eq!(cors["points"]["possible"], 10.0);
        let statuses: std::collections::BTreeSet<&str> = checks.iter().filter_map(|check| check["status"].as_str()).collect();
        assert_eq!(statuses.len(), 8, "{statuses:?}");
    }

    #[test]
    fn hostile_text_is_exact_and_inert() {
        let text = rendered();
        assert!(!text.chars().any(|c| c != '\n' && escape::is_invisible(c)));
        let value: Value = serde_json::from_str(&text).unwrap();
        let checks = value["checks"].as_array().unwrap();
        let hostile = checks.iter().find(|check| check["id"] == "llm/hostile").unwrap();
        assert_eq!(hostile["evidence"][0]["message"], sample::HOSTILE);
    }
}
