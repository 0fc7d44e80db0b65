//! Every check loads without a remark that matters, passes its own tests, and flips when its evidence is removed.

use crate::support::{run, stdout};

#[test]
fn every_check_passes_its_tests_and_flips_when_its_evidence_is_removed() {
    let output = run(&["checks", "test", "--mutate"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn every_check_is_free_of_remarks() {
    let output = run(&["checks", "lint"]);
    assert_eq!(output.status.code(), Some(0));
    // Rules that only common words gate are slow, not wrong.
    let text = stdout(&output);
    let wrong: Vec<&str> = text.lines().filter(|line| line.contains(": ") && !line.contains(" gate")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_broken_check_names_every_mistake_with_its_place() {
    let folder = crate::support::tree(&[(
        "web/broken.yaml",
        "titel: x\npriority: P9\neffort: low\nwhy: y\nfix: { summary: Do. }\nabsent: fail\nforbid:\n  - say: z\n    txet: { pattern: '(' }\ntests: []\n",
    )]);
    let output = run(&["checks", "lint", "--checks", folder.path().to_str().unwrap()]);
    let error = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{error}");
    for expected in [
        "broken.yaml:1:1: unknown key `titel`",
        "did you mean `title`",
        "broken.yaml:2:11: `P9` is no priority",
        "did you mean `text`",
    ] {
        assert!(error.contains(expected), "{expected} is not in:\n{error}");
    }
}

#[test]
fn a_negation_in_one_file_does_not_hide_the_code_of_another() {
    let pack = crate::support::tree(&[(
        "logging/no-console.yaml",
        "title: t\npriority: P1\neffort: low\nwhy: y\nfix: { summary: Do. }\nabsent: pass\nforbid:\n  - say: it logs\n    within: file\n    all:\n      - code: { language: node, rule: { pattern: console.log($X) } }\n      - not: { file: { path: ['tools/**'] } }\ntests:\n  - { name: code, expect: fail, files: { src/a.js: 'console.log(1)', tools/b.js: 'console.log(2)' }, at: ['src/a.js:1'] }\n  - { name: tools alone, expect: pass, files: { src/a.js: 'f(1)', tools/b.js: 'console.log(2)' } }\n",
    )]);
    let output = run(&["checks", "test", "logging/no-console", "--checks", pack.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), crate::support::stderr(&output));
}

#[test]
fn a_check_may_ask_the_route_table() {
    let check = r#"title: Routes that change data are guarded
priority: P0
effort: low
why: Otherwise anybody changes it.
fix: { summary: Guard them. }
absent: pass
forbid:
  - say: a route that changes data has no guard
    route: { access: open, method: [POST, PUT, PATCH, DELETE], not-matches: 'login' }
tests:
  - name: one is open
    expect: fail
    at: ["main.py:3"]
    files: &files
      main.py: |
        from fastapi import Depends, FastAPI
        app = FastAPI()
        @app.post("/orders")
        def orders(): ...
        @app.post("/login")
        def login(): ...
        @app.get("/open")
        def read(): ...
  - name: guarded
    expect: pass
    files:
      main.py: |
        from fastapi import Depends, FastAPI
        app = FastAPI(dependencies=[Depends(get_current_user)])
        @app.post("/orders")
        def orders(): ...
"#;
    let folder = crate::support::tree(&[("auth/guarded-writes.yaml", check)]);
    let path = folder.path().to_str().unwrap();
    let output = run(&["checks", "test", "auth/guarded-writes", "--mutate", "--checks", path]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), crate::support::stderr(&output));
    assert!(stdout(&output).starts_with("2 tests"), "{}", stdout(&output));
}

#[test]
fn a_line_that_is_found_wanting_supports_nothing() {
    let check = r#"title: The header is set
priority: P2
effort: low
why: It matters.
forbid:
  - say: the header is empty
    text: { language: python, pattern: 'HEADER = ""' }
require:
  - say: the header is set
    strength: configured
    text: { language: python, pattern: 'HEADER = "' }
strength: configured
absent: fail
fix: { summary: Set it. }
tests:
  - name: empty
    expect: fail
    files: { main.py: 'HEADER = ""' }
  - name: set
    expect: pass
    files: { main.py: 'HEADER = "x"' }
"#;
    let pack = crate::support::tree(&[("web/own-header.yaml", check)]);
    let folder = crate::support::tree(&[("main.py", "HEADER = \"\"\nOTHER_HEADER = \"x\"\n")]);
    let (pack, path) = (pack.path().to_str().unwrap(), folder.path().to_str().unwrap());
    let output = run(&["audit", path, "--checks", pack, "--only", "web/own-header", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let evidence = report["checks"][0]["evidence"].as_array().unwrap();
    let cited: Vec<_> = evidence.iter().map(|one| (one["kind"].as_str().unwrap(), one["line"].as_u64().unwrap())).collect();
    assert_eq!(cited, [("finding", 1), ("support", 2)], "{}", stdout(&output));
}
