//! The fixtures: every P0 that a demo's list names fails at its line, none does in its twin, and golden reports in every format.
//!
//! `READYCTL_BLESS=1 cargo test fixtures` rewrites the golden reports in `tests/golden`.

use std::path::Path;

use serde_json::Value;

use crate::support::{files, fixture, readyctl, root, stderr};

const NAMES: [&str; 5] = ["chat", "streamlit", "hearings", "agent", "axum"];

fn report(folder: &Path) -> Value {
    let output = readyctl(&["audit", ".", "--format", "json"]).current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `tests/fixtures/<name>.yaml` expects: check and place, one pair a line, as its authors verified them.
fn expected(name: &str) -> Vec<(String, Option<String>)> {
    let text = std::fs::read_to_string(root().join("tests/fixtures").join(format!("{name}.yaml"))).unwrap();
    text.lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once("check:")?;
            let check = rest.split([',', '}']).next()?.trim().to_owned();
            let at = rest.split_once("at:").map(|(_, at)| at.trim().trim_end_matches('}').trim().trim_matches('"').to_owned());
            Some((check, at.filter(|at| !at.is_empty())))
        })
        .collect()
}

fn cites(row: &Value, place: &str) -> bool {
    row["evidence"].as_array().unwrap().iter().any(|evidence| {
        let path = evidence["path"].as_str().unwrap_or_default();
        evidence["line"].as_u64().map_or(path == place, |line| format!("{path}:{line}") == place || path == place)
    })
}

/// Categories whose checks look into files. Of the others only what an endpoint shows is written; lists may be ahead of it.
const READS_FILES: [&str; 7] = ["auth", "cors", "database", "logging", "secrets", "supply-chain", "tls"];

#[test]
fn every_p0_that_a_demo_names_fails_at_its_line() {
    let mut wrong = Vec::new();
    for name in NAMES.map(|name| format!("{name}-demo")) {
        let report = report(fixture(&name).path());
        let rows = report["checks"].as_array().unwrap();
        for (check, place) in expected(&name) {
            if !READS_FILES.contains(&check.split('/').next().unwrap()) {
                continue;
            }
            let Some(row) = rows.iter().find(|row| row["id"] == check.as_str()) else {
                wrong.push(format!("{name}: {check} is not loaded"));
                continue;
            };
            if row["status"] != "fail" {
                wrong.push(format!("{name}: {check} is {}: {}", row["status"], row["reason"]));
            } else if let Some(place) = place.filter(|place| !cites(row, place)) {
                wrong.push(format!("{name}: {check} does not cite {place}"));
            }
        }
        assert_eq!(report["summary"]["verdict"], "NO-GO", "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_p0_fails_in_a_production_twin() {
    let mut wrong = Vec::new();
    for name in NAMES.map(|name| format!("{name}-prod")) {
        let report = report(fixture(&name).path());
        for row in report["checks"].as_array().unwrap() {
            if row["priority"] == "P0" && row["status"] == "fail" {
                wrong.push(format!("{name}: {} fails: {}", row["id"], row["reason"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn golden_reports_hold_in_every_format() {
    let bless = std::env::var_os("READYCTL_BLESS").is_some();
    let golden = root().join("tests/golden");
    let mut stale = Vec::new();
    for name in NAMES.map(|name| format!("{name}-demo")).into_iter().chain(["chat-prod".to_owned()]) {
        let folder = fixture(&name);
        for (format, ending) in [("terminal", "txt"), ("markdown", "md"), ("json", "json")] {
            let output =
                readyctl(&["audit", ".", "--format", format, "--width", "100"]).current_dir(folder.path()).output().unwrap();
            let text = scrubbed(&String::from_utf8(output.stdout).unwrap());
            let path = golden.join(format!("{name}.{ending}"));
            if bless {
                std::fs::create_dir_all(&golden).unwrap();
                std::fs::write(&path, &text).unwrap();
            } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
                stale.push(path.display().to_string());
            }
        }
    }
    assert!(stale.is_empty(), "READYCTL_BLESS=1 cargo test fixtures rewrites: {}", stale.join(", "));
}

/// The report without what differs between runs, or with every change of any check.
fn scrubbed(text: &str) -> String {
    let volatile = ["\"started_at\"", "\"duration_ms\"", "\"digest\"", "\"commit\""];
    let digest = regex::Regex::new(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{40}\b").unwrap();
    text.lines()
        .filter(|line| !volatile.iter().any(|word| line.trim_start().starts_with(word)))
        .map(|line| if line.contains("fingerprint") { line.to_owned() } else { digest.replace_all(line, "<hash>").into_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_expectation_names_an_existing_file() {
    for path in files(&root().join("tests/fixtures"), "yaml") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (_, place) in expected(&name) {
            let Some(place) = place else { continue };
            let file = place.split(':').next().unwrap();
            assert!(root().join("fixtures").join(&name).join(file).is_file(), "{name}: {place}");
        }
    }
}
