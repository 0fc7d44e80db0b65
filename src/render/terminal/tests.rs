//! What the terminal report must keep whatever it looks like: order, width, no escapes without colour, nothing hostile.

use super::super::{escape, sample, width};
use super::*;

fn drawn(report: &Report, columns: u16, color: bool, verbose: bool) -> String {
    let mut out = Vec::new();
    render(report, &Options { width: columns, color, verbose }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The text without the colours this program itself writes.
fn stripped(text: &str) -> String {
    text.split('\n').map(escape::line).collect::<Vec<_>>().join("\n")
}

fn assert_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let found = text[from..].find(part);
        assert!(found.is_some(), "{part:?} does not follow in:\n{text}");
        from += found.unwrap_or(0) + part.len();
    }
}

#[test]
fn the_verdict_comes_first_and_the_way_on_last() {
    let text = drawn(&sample::report(), 80, false, false);
    assert!(text.starts_with("NO-GO ─"), "{text}");
    assert_order(
        &text,
        &[
            "score 41.3/100 · grade E · coverage 71.4 %",
            "2 of 6 P0 checks fail",
            "6 fail · 2 partial",
            "Fix first",
            "1. P0  Cross-origin access",
            "main.py:27",
            "P0 · blocks go-live",
            "FAIL    Cross-origin",
            "--> services/api/app/main.py:27",
            "27 │ allow_origins=[\"*\"],",
            "and 4 more",
            "fix: Name the origins",
            "fastapi: Pass",
            "cors/no-wildcard-origin · low effort · component api · also in web",
            "PARTIAL Requests are limited",
            "MANUAL  A restore",
            "P1 · within days ─",
            "0 of 41 production Python files call",
            "The evidence disagrees: static and live.",
            "ERROR   Actions are pinned",
            "UNKNOWN HTTP is redirected",
            "P2 · in the first weeks",
            "WAIVED",
            "ops@shop.example",
            "Score by category",
            "Components",
            "What could not be seen",
            "SKIPPED data/dump.sql: larger than 5 MiB",
            "NOTE",
            "Next",
            "readyctl explain cors/no-wildcard-origin",
        ],
    );
}

#[test]
fn settled_checks_are_listed_only_if_asked_for() {
    let report = sample::report();
    let brief = drawn(&report, 100, false, false);
    assert!(!brief.contains("Dependencies are locked") && brief.contains("2 not applicable"));
    let full = drawn(&report, 100, false, true);
    assert_order(
        &full,
        &[
            "PASS    Queries are built",
            "orders.py:19",
            "PASS    Dependencies are locked",
            "N/A     Tools the model",
            "has the fact",
        ],
    );
    assert!(full.contains("why: With a wildcard"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut report = sample::report();
    // Only a path may be too long, and these fit; see `style` for one that does not.
    for columns in [72, 80, 100, 120] {
        for color in [false, true] {
            for verbose in [false, true] {
                let text = stripped(&drawn(&report, columns, color, verbose));
                let wide: Vec<&str> = text.lines().filter(|line| width::of(line) > usize::from(columns)).collect();
                assert!(wide.is_empty(), "at {columns}: {wide:#?}");
            }
        }
    }
    report.summary.verdict_reason = "x".repeat(1000);
    let text = drawn(&report, 80, false, false);
    assert!(text.lines().all(|line| width::of(line) <= 80));
}

#[test]
fn without_colour_there_is_no_escape_and_with_colour_the_same_text() {
    let report = sample::report();
    let plain = drawn(&report, 80, false, false);
    assert!(!plain.contains('\u{1b}'));
    let coloured = drawn(&report, 80, true, false);
    assert!(coloured.starts_with("\u{1b}[1m\u{1b}[97m\u{1b}[41m NO-GO "), "{:?}", &coloured[..40]);
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31mFAIL"));
    // The first line differs by the spaces of the coloured ground.
    let below = |text: &str| text.split_once('\n').map(|(_, below)| below.to_owned());
    assert_eq!(below(&stripped(&coloured)), below(&plain));
}

#[test]
fn lines_end_without_spaces() {
    let text = drawn(&sample::report(), 80, false, true);
    assert!(text.lines().all(|line| line.trim_end() == line));
}

#[test]
fn hostile_text_cannot_act() {
    let report = sample::report();
    let text = drawn(&report, 80, true, true);
    assert!(!text.contains("\u{1b}[2J") && !text.contains("owned") && !text.contains('\u{202e}'));
    let sequences = text.split('\u{1b}').skip(1);
    assert!(sequences.into_iter().all(|after| {
        after.starts_with('[') && after[1..].split_once('m').is_some_and(|(digits, _)| digits.bytes().all(|b| b.is_ascii_digit()))
    }));
}

#[test]
fn an_empty_report_is_a_verdict_and_no_empty_parts() {
    let mut report = sample::report();
    report.checks.clear();
    report.categories.clear();
    report.components.clear();
    report.summary.counts = Counts::default();
    report.summary.files.skipped.clear();
    report.summary.notes.clear();
    report.summary.score = None;
    report.summary.grade = None;
    let text = drawn(&report, 80, false, false);
    assert!(text.contains("no score · coverage"));
    for part in ["Fix first", "P0 ·", "Score by category", "Components", "could not be seen"] {
        assert!(!text.contains(part), "{part}");
    }
}

#[test]
fn strong_enough_evidence_does_not_have_to_be_stronger() {
    let mut report = sample::report();
    assert!(drawn(&report, 120, false, false).contains("declared, has to be wired"));
    for row in &mut report.checks {
        row.strength = row.needs_strength;
    }
    assert!(!drawn(&report, 120, false, false).contains("has to be wired"));
}
