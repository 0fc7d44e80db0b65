//! Hostile input: no crash, no hang, the rest of the audit intact, the skipped thing counted and named.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::Value;

use crate::support::{run, stderr, stdout, tree};

/// A small service, so that every audit below has something to say.
const APP: [(&str, &str); 2] = [
    ("requirements.txt", "fastapi==0.115.0\n"),
    ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/\")\ndef root():\n    return {}\n"),
];

fn audit(folder: &Path) -> Value {
    let output = run(&["audit", folder.to_str().unwrap(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn statuses(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["checks"].as_array().unwrap().iter().map(|row| (text(&row["id"]), text(&row["status"]))).collect()
}

/// The audit of `APP` alone is not changed by what else lies there.
fn unharmed(report: &Value) {
    let plain = audit(tree(&APP).path());
    assert_eq!(statuses(report), statuses(&plain));
}

fn skipped(report: &Value, path: &str) -> Option<String> {
    let rows = report["summary"]["files"]["skipped"].as_array().unwrap();
    rows.iter().find(|row| row["path"] == path).map(|row| row["reason"].as_str().unwrap().to_owned())
}

#[test]
fn an_empty_folder_and_a_folder_of_binaries_are_exit_3() {
    let empty = tempfile::tempdir().unwrap();
    let output = run(&["audit", empty.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("holds no files"), "{}", stderr(&output));
    let binaries = tempfile::tempdir().unwrap();
    std::fs::write(binaries.path().join("a.py"), [0u8, 1, 2, 3]).unwrap();
    std::fs::write(binaries.path().join("b.bin"), [0u8; 4096]).unwrap();
    let output = run(&["audit", binaries.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(stderr(&output).contains("nothing was audited"), "{}", stderr(&output));
}

#[test]
fn a_missing_path_and_a_file_are_exit_2_with_a_next_step() {
    let output = run(&["audit", "/nonexistent/folder"]);
    assert_eq!(output.status.code(), Some(2));
    let file = tree(&APP);
    let output = run(&["audit", file.path().join("main.py").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("main.py"), "{}", stderr(&output));
}

#[test]
fn a_file_too_large_to_parse_is_named_where_it_could_have_decided() {
    let folder = tree(&[APP[1], ("requirements.txt", "fastapi==0.115.0\nsqlalchemy==2.0.0\nPyJWT==2.9.0\n")]);
    let head = "import jwt\nimport logging\nfrom sqlalchemy import select\nlogger = logging.getLogger()\n\n";
    let step =
        "def total(rows):\n    logger.info(\"audit\", extra={\"user\": rows})\n    return session.execute(select(User))\n\n";
    std::fs::write(folder.path().join("store.py"), format!("{head}{}", step.repeat(1024 * 1024 / step.len() + 1))).unwrap();
    let report = audit(folder.path());
    let rows = report["checks"].as_array().unwrap();
    // The one looks for bad evidence, the other for good evidence only.
    for id in ["database/parameterized-queries", "logging/audit-trail"] {
        let row = rows.iter().find(|row| row["id"] == id).unwrap();
        assert!(row["status"] != "pass" && row["reason"].as_str().unwrap().contains("store.py could not be judged"), "{row}");
    }
}

#[test]
fn a_list_of_texts_too_large_to_parse_leaves_nothing_open() {
    let folder = tree(&[APP[1], ("requirements.txt", "fastapi==0.115.0\nsqlalchemy==2.0.0\n")]);
    let row = "    {\"name\": \"select(User) from users; logger.info(x) # session.execute\"},\n";
    std::fs::write(folder.path().join("names.py"), format!("NAMES = [\n{}]\n", row.repeat(1024 * 1024 / row.len() + 1))).unwrap();
    let report = audit(folder.path());
    let reasons: Vec<&str> = report["checks"].as_array().unwrap().iter().filter_map(|row| row["reason"].as_str()).collect();
    assert!(!reasons.iter().any(|reason| reason.contains("names.py")), "{reasons:?}");
}

#[test]
fn a_huge_sparse_file_is_skipped_by_name() {
    let folder = tree(&APP);
    let mut file = std::fs::File::create(folder.path().join("dump.py")).unwrap();
    file.seek(SeekFrom::Start(2 * 1024 * 1024 * 1024)).unwrap();
    file.write_all(b"x").unwrap();
    let report = audit(folder.path());
    assert_eq!(skipped(&report, "dump.py").as_deref(), Some("larger than 5 MiB"));
    unharmed(&report);
}

#[test]
fn exponential_aliases_and_deep_nesting_end() {
    let folder = tree(&APP);
    let mut bomb = String::from("apiVersion: v1\nkind: ConfigMap\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![alias; 9].join(", ")));
    }
    std::fs::write(folder.path().join("bomb.yaml"), &bomb).unwrap();
    std::fs::write(folder.path().join("docker-compose.yml"), &bomb).unwrap();
    std::fs::write(folder.path().join("package.json"), "[".repeat(10_000)).unwrap();
    std::fs::write(folder.path().join("deep.json"), format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))).unwrap();
    std::fs::write(
        folder.path().join("deep.js"),
        format!("const cors = require('cors'); f{}{}", "(".repeat(100_000), ")".repeat(100_000)),
    )
    .unwrap();
    std::fs::write(
        folder.path().join("deep.py"),
        format!("from fastapi import FastAPI\nx = {}{}\n", "[".repeat(100_000), "]".repeat(100_000)),
    )
    .unwrap();
    let report = audit(folder.path());
    assert!(report["summary"]["files"]["scanned"].as_u64().unwrap() >= 4);
}

#[test]
fn invalid_utf8_and_endless_lines_are_scanned() {
    let folder = tree(&APP);
    std::fs::write(folder.path().join("latin.py"), b"# caf\xe9\nx = '\xff\xfe'\n").unwrap();
    std::fs::write(folder.path().join("long.py"), format!("x = '{}'\n", "a".repeat(3_000_000))).unwrap();
    unharmed(&audit(folder.path()));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_unreadable_files_are_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tree(&APP);
    symlink(folder.path(), folder.path().join("loop")).unwrap();
    symlink("/etc/hostname", folder.path().join("outside.py")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.py")).status().unwrap();
    assert!(made.success());
    let locked = folder.path().join("locked.py");
    std::fs::write(&locked, "x = 1\n").unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    let report = audit(folder.path());
    assert_eq!(skipped(&report, "outside.py").as_deref(), Some("symbolic link to outside the repository"));
    assert_eq!(skipped(&report, "pipe.py").as_deref(), Some("not a regular file"));
    unharmed(&report);
}

#[test]
fn a_broken_check_and_an_unknown_configuration_key_are_exit_2() {
    let folder = tree(&APP);
    std::fs::write(folder.path().join("readyctl.toml"), "skpi = []\n").unwrap();
    let output = run(&["audit", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("readyctl.toml:1:1"), "{}", stderr(&output));
    let pack = tree(&[("web/x.yaml", "title: [\n")]);
    let output = run(&["audit", tree(&APP).path().to_str().unwrap(), "--checks", pack.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("x.yaml"), "{}", stderr(&output));
}

#[test]
fn control_characters_of_a_repository_never_reach_a_terminal() {
    let folder = tree(&[
        ("requirements.txt", "fastapi==0.115.0\n"),
        (
            "main.py",
            "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=[\"*\"]) # \u{1b}]0;owned\u{7}\u{202e}\n",
        ),
    ]);
    let output = run(&["audit", folder.path().to_str().unwrap(), "--verbose"]);
    let text = stdout(&output);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains('\u{202e}'));
}
