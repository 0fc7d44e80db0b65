//! What the Markdown report must keep: the order of its parts, whole tables, and nothing hostile that becomes markup.

use super::super::sample;
use super::*;

fn rendered(report: &Report) -> String {
    let mut out = Vec::new();
    render(report, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The lines outside fenced code.
fn outside_fences(text: &str) -> Vec<&str> {
    let mut fence: Option<usize> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let ticks = line.bytes().take_while(|b| *b == b'`').count();
        match fence {
            None if ticks >= 3 && !line[ticks..].contains('`') => fence = Some(ticks),
            None => lines.push(line),
            Some(open) if ticks >= open && line[ticks..].trim().is_empty() => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a fence is left open");
    lines
}

/// Cells of a table row as GitHub splits them.
fn cells(line: &str) -> usize {
    let mut cells = 0;
    let mut escaped = false;
    for c in line.chars() {
        cells += usize::from(c == '|' && !escaped);
        escaped = c == '\\' && !escaped;
    }
    cells - 1
}

#[test]
fn parts_stand_in_the_order_reviewers_ask() {
    let text = rendered(&sample::report());
    let headings: Vec<&str> =
        outside_fences(&text).into_iter().filter(|line| line.starts_with("# ") || line.starts_with("## ")).collect();
    assert_eq!(
        headings,
        [
            "# Production readiness: NO-GO",
            "## Conditions",
            "## Coverage, and what could not be seen",
            "## Score by category",
            "## P0: blocks go-live",
            "## P1: within days",
            "## P2: in the first weeks",
            "## P3: planned",
            "## Details",
            "## Passes",
            "## Not applicable",
            "## How to reproduce",
        ]
    );
}

#[test]
fn every_open_check_is_a_row_of_its_priority() {
    let report = sample::report();
    let text = rendered(&report);
    for priority in Priority::ALL {
        let section = text.split(&format!("## {priority}: ")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| **")).count();
        assert_eq!(rows, view::open_rows(&report, *priority).len(), "{priority}");
    }
    let row = text.lines().find(|line| line.contains("`cors/no-wildcard-origin` | ")).unwrap();
    for part in
        ["| **FAIL** |", "`services/api/app/main.py:27`", "CORSMiddleware allows every origin.", "Name the origins", "| low |"]
    {
        assert!(row.contains(part), "{part} in {row}");
    }
}

#[test]
fn every_row_has_as_many_cells_as_its_header() {
    let text = rendered(&sample::report());
    let mut columns = 0;
    let mut rows = 0;
    for line in outside_fences(&text) {
        if !line.starts_with('|') {
            columns = 0;
            continue;
        }
        if columns == 0 {
            columns = cells(line);
        }
        assert_eq!(cells(line), columns, "{line}");
        rows += 1;
    }
    assert!(rows > 30, "{rows}");
}

#[test]
fn details_are_given_for_what_fails_and_proof_for_what_passes() {
    let text = rendered(&sample::report());
    let details = text.split("## Details").nth(1).unwrap();
    for part in [
        "### P0 FAIL: Cross-origin",
        "```python\nallow_origins=[\"*\"],\n```",
        "And 4 more.",
        "**Fix** (low effort): Name",
        "For fastapi: Pass `allow_origins=settings.cors_origins`",
        "- Component: `api`; also in web",
        "- Points: 0 of 10",
        "<https://owasp.org/x>",
    ] {
        assert!(details.contains(part), "{part}");
    }
    assert!(text.contains("<summary>Passes (3)</summary>"));
    assert!(text.contains("`services/api/uv.lock:1` uv.lock stands beside pyproject.toml<br>`services/web/package-lock.json:1`"));
    assert!(text.contains("<summary>Not applicable (2)</summary>") && text.contains("has the fact llm-tools"));
}

#[test]
fn the_run_can_be_repeated() {
    let text = rendered(&sample::report());
    let end = text.split("## How to reproduce").nth(1).unwrap();
    for part in [
        "readyctl audit ./shop --url https://shop.example",
        "readyctl 0.1.0",
        "`9c1f4f0b7a55e2d81c30`",
        "`3f2c1ab9d4e85b7760a1f0c2d3e4f5061728394a`",
    ] {
        assert!(end.contains(part), "{part}");
    }
    assert!(!text.contains("412 ms") && !text.contains("2026-11-20"), "a time of the run");
}

#[test]
fn hostile_text_becomes_no_markup() {
    let text = rendered(&sample::report());
    let lines = outside_fences(&text);
    let opened = lines.iter().filter(|line| **line == "<details>").count();
    let closed = lines.iter().filter(|line| **line == "</details>").count();
    assert_eq!((opened, closed), (3, 3));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    for line in lines {
        let bare = without_code(line);
        assert!(!bare.contains("<script") && !bare.replace("</details>", "").contains("</"), "{line}");
        assert!(!bare.contains("@team"), "{line}");
        assert!(!line.starts_with("# gone"), "{line}");
    }
}

/// The line without its code spans; the summary tags of our own are left out too.
fn without_code(line: &str) -> String {
    let mut bare = String::new();
    let mut rest = line.replace("</summary>", "");
    while let Some(start) = rest.find('`') {
        if rest[..start].ends_with('\\') {
            bare.push_str(&rest[..=start]);
            rest = rest[start + 1..].to_owned();
            continue;
        }
        bare.push_str(&rest[..start]);
        let ticks = rest[start..].bytes().take_while(|b| *b == b'`').count();
        let after = start + ticks;
        let close = closing(&rest[after..], ticks).unwrap_or_else(|| panic!("an open code span in {line}"));
        rest = rest[after + close + ticks..].to_owned();
    }
    bare + &rest
}

/// Where the run of exactly `ticks` backticks begins that closes a code span.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let run = text[start..].bytes().take_while(|b| *b == b'`').count();
        if run == ticks {
            return Some(start);
        }
        at = start + run;
    }
    None
}

#[test]
fn an_empty_report_has_no_empty_tables() {
    let mut report = sample::report();
    report.checks.clear();
    report.categories.clear();
    report.summary.conditions.clear();
    report.summary.counts = Default::default();
    let text = rendered(&report);
    assert!(text.contains("## Conditions\n\nNone.\n"));
    for part in ["## Details", "## Passes", "## P0", "<details>"] {
        assert!(!text.contains(part), "{part}");
    }
}
