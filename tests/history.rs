//! The history of real repositories: packs, loose objects, clones that are shallow, linked or borrow; and hostile ones.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use readyctl::checks::check::Check;
use readyctl::engine::assess::{Assessment, assess};
use readyctl::engine::units::complete;
use readyctl::inventory::collect::{Context, Prepared, collect};
use readyctl::inventory::view::GitSummary;
use readyctl::inventory::walk::Disk;
use readyctl::model::report::Target;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::tokens::{Dice, formats, ruleset, token};
use crate::support::{git, run, stderr, tree};

const CHECK: &str = "secrets/no-secrets-in-git-history";

/// The built-in checks, compiled once.
fn prepared() -> &'static Prepared<'static> {
    static PREPARED: OnceLock<Prepared<'static>> = OnceLock::new();
    PREPARED.get_or_init(|| Prepared::new(&ruleset().needs, 0))
}

/// The row of the check, after the history was read or not.
fn audit(folder: &Path, read_history: bool) -> Value {
    let (ruleset, prepared) = (ruleset(), prepared());
    let disk = Disk::open(folder).unwrap();
    let mut context = Context { git: Some(GitSummary::default()), ..Context::default() };
    context.read_history(&disk, read_history);
    let selected = |check: &Check| check.id == CHECK;
    let inventory = complete(ruleset, &selected, collect(&disk, prepared, context));
    let target = Target { path: ".".to_owned(), commit: None, dirty: None, url: None };
    let report =
        assess(&Assessment { ruleset, target, selected: &selected, config: None, repository: true, live: None }, &inventory);
    serde_json::to_value(&report.checks[0]).unwrap()
}

fn history(folder: &Path) -> Value {
    audit(folder, true)
}

fn places(row: &Value) -> Vec<String> {
    let findings = row["evidence"].as_array().unwrap().iter().filter(|evidence| evidence["kind"] == "finding");
    findings.map(|evidence| format!("{}:{}", evidence["path"].as_str().unwrap(), evidence["line"])).collect()
}

fn key(seed: u64) -> String {
    let formats = formats();
    let format = formats.iter().find(|format| format.id == "github-token").unwrap();
    token(format, &mut Dice::new(seed))
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// One commit in the language of `git fast-import`.
fn commit(stream: &mut String, branch: &str, from: Option<&str>, files: &[(&str, &str)]) {
    let who = "T <t@example.org> 1767225600 +0000";
    stream.push_str(&format!("commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\ndata 1\nx\n"));
    from.iter().for_each(|from| stream.push_str(&format!("from refs/heads/{from}\n")));
    for (path, text) in files {
        stream.push_str(&format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()));
    }
}

/// Forty versions of a long file; in the tenth a key comes, in the twentieth it goes; on a branch there is another one.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    let mut stream = String::new();
    for version in 0..40 {
        let mut lines: Vec<String> =
            (0..300).map(|line| format!("value_{line} = {}", line * 31 + (line + version) / 300)).collect();
        if (10..20).contains(&version) {
            lines[150] = format!("TOKEN = \"{}\"", key(1));
        }
        lines[version * 7] = format!("changed = {version}");
        commit(&mut stream, "main", None, &[("app/settings.py", &lines.join("\n")), ("main.py", "print('hi')\n")]);
    }
    commit(&mut stream, "side", Some("main"), &[("app/side.py", &format!("TOKEN = \"{}\"\n", key(2)))]);
    // Fewer objects than this limit become loose ones.
    let mut import = Command::new("git")
        .args(["-c", "fastimport.unpackLimit=10000", "fast-import", "--quiet"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    git(root, &["reset", "-q", "--hard"]);
    folder
}

const WANTED: [&str; 2] = ["app/settings.py:151", "app/side.py:1"];

#[test]
fn loose_and_packed_objects_say_the_same() {
    let folder = repository();
    let loose = history(folder.path());
    assert_eq!((loose["status"].as_str(), places(&loose)), (Some("fail"), WANTED.map(str::to_owned).to_vec()));
    git(folder.path(), &["gc", "-q", "--aggressive", "--prune=now"]);
    assert!(fs::read_dir(folder.path().join(".git/objects/pack")).unwrap().count() >= 2);
    let packed = history(folder.path());
    assert_eq!(packed["evidence"], loose["evidence"]);
    git(folder.path(), &["repack", "-q", "-a", "-d", "-F", "--depth=50", "--window=50"]);
    assert_eq!(history(folder.path())["evidence"], loose["evidence"]);
    let message = loose["evidence"][0]["message"].as_str().unwrap();
    assert!(message.contains("committed on 2026-01-01 and no longer in HEAD"), "{message}");
    assert!(!packed.to_string().contains(&key(1)[4..]));
}

#[test]
fn a_large_history_is_read_when_asked_for_and_a_small_one_always() {
    let folder = repository();
    assert_eq!(places(&audit(folder.path(), false)), WANTED);
    let mut dice = Dice::new(9);
    let noise: Vec<u8> = (0..9 << 20).map(|_| dice.roll(256) as u8).collect();
    fs::write(folder.path().join("noise.bin"), noise).unwrap();
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "noise"]);
    git(folder.path(), &["-c", "pack.compression=0", "gc", "-q", "--prune=now"]);
    let unread = audit(folder.path(), false);
    assert_eq!(unread["status"], "unknown");
    assert!(unread["reason"].as_str().unwrap().contains("--history"), "{}", unread["reason"]);
    assert_eq!(places(&history(folder.path())), WANTED);
    // What the files of today give away is no answer for the rest.
    let password = "appsettings.json";
    write(folder.path(), password, "{ \"Smtp\": { \"Password\": \"vX9#kQ2m!Lw7Tz\" } }\n");
    git(folder.path(), &["add", "-A"]);
    let of_today = audit(folder.path(), false);
    assert_eq!((of_today["status"].as_str(), places(&of_today)), (Some("partial"), vec![format!("{password}:1")]));
    assert!(of_today["reason"].as_str().unwrap().contains("--history"), "{}", of_today["reason"]);
}

#[test]
fn in_a_shallow_clone_nothing_is_claimed() {
    let folder = repository();
    let clone = tempfile::tempdir().unwrap();
    let from = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "3", &from, "."]);
    let shallow = history(clone.path());
    assert_eq!(shallow["status"], "unknown");
    assert!(shallow["reason"].as_str().unwrap().contains("shallow, so only 3"), "{}", shallow["reason"]);
    let whole = tempfile::tempdir().unwrap();
    git(whole.path(), &["clone", "-q", "--single-branch", &from, "."]);
    assert_eq!(places(&history(whole.path())), WANTED[..1]);
}

#[test]
fn borrowed_objects_are_not_read() {
    let folder = repository();
    let clone = tempfile::tempdir().unwrap();
    git(clone.path(), &["clone", "-q", "--shared", folder.path().to_str().unwrap(), "."]);
    let row = history(clone.path());
    assert_eq!((row["status"].as_str(), places(&row).len()), (Some("unknown"), 0));
    assert!(row["reason"].as_str().unwrap().contains("borrows"), "{}", row["reason"]);
}

#[test]
fn a_linked_work_tree_has_its_history_and_a_forged_link_has_none() {
    let folder = repository();
    let parent = tempfile::tempdir().unwrap();
    let linked = parent.path().join("linked");
    git(folder.path(), &["worktree", "add", "-q", linked.to_str().unwrap(), "side"]);
    let row = history(&linked);
    assert_eq!(places(&row), WANTED);
    let stands = &row["evidence"][1]["commit"]["stands_in"];
    assert_eq!(stands, "app/side.py");

    let forged = tree(&[("main.py", "print('hi')\n")]);
    write(forged.path(), ".git", &format!("gitdir: {}\n", folder.path().join(".git").display()));
    let row = history(forged.path());
    assert_eq!((row["status"].as_str(), places(&row).len()), (Some("unknown"), 0), "{row}");
    #[cfg(unix)]
    {
        let linked = tree(&[("main.py", "print('hi')\n")]);
        std::os::unix::fs::symlink(folder.path().join(".git"), linked.path().join(".git")).unwrap();
        assert_eq!(places(&history(linked.path())).len(), 0);
        let borrowed = tree(&[("main.py", "print('hi')\n")]);
        git(borrowed.path(), &["init", "-q"]);
        fs::remove_dir_all(borrowed.path().join(".git/objects")).unwrap();
        std::os::unix::fs::symlink(folder.path().join(".git/objects"), borrowed.path().join(".git/objects")).unwrap();
        fs::copy(folder.path().join(".git/refs/heads/main"), borrowed.path().join(".git/refs/heads/main")).unwrap();
        assert_eq!(places(&history(borrowed.path())).len(), 0);
    }
}

#[test]
fn a_folder_below_the_root_has_the_history_of_its_files() {
    let folder = repository();
    assert_eq!(places(&history(&folder.path().join("app"))), ["settings.py:151", "side.py:1"]);
}

#[test]
fn broken_packs_end_in_unknown_never_in_a_crash() {
    let folder = repository();
    git(folder.path(), &["gc", "-q", "--prune=now"]);
    let packs = folder.path().join(".git/objects/pack");
    let names: Vec<_> = fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path()).collect();
    let whole: Vec<(std::path::PathBuf, Vec<u8>)> = names
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "pack" || ending == "idx"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    let mut dice = Dice::new(3);
    for round in 0..24 {
        for (path, bytes) in &whole {
            let _ = fs::remove_file(path);
            let is_index = path.extension().is_some_and(|ending| ending == "idx");
            let mut bytes = bytes.clone();
            match round % 4 {
                0 if !is_index => bytes.truncate(dice.roll(bytes.len())),
                1 if is_index => bytes.truncate(dice.roll(bytes.len())),
                2 if !is_index => (0..20).for_each(|_| {
                    let at = dice.roll(bytes.len());
                    bytes[at] = dice.roll(256) as u8;
                }),
                3 if is_index => (0..20).for_each(|_| {
                    let at = dice.roll(bytes.len());
                    bytes[at] = dice.roll(256) as u8;
                }),
                _ => {}
            }
            fs::write(path, bytes).unwrap();
        }
        let row = history(folder.path());
        assert!(["unknown", "fail", "pass"].contains(&row["status"].as_str().unwrap()), "{row}");
    }
}

#[test]
fn rules_and_exceptions_of_a_gitleaks_configuration_count() {
    let folder = tree(&[
        ("requirements.txt", "fastapi==0.115.0\n"),
        ("main.py", &format!("from fastapi import FastAPI\napp = FastAPI()\nOURS = \"ours_{}\"\n", "a1b2c3d4e5")),
        ("other.py", &format!("KEY = \"{}\"\n", key(5))),
    ]);
    let check = "secrets/no-hardcoded-credentials";
    let audit = |config: &str| {
        let file = folder.path().with_extension("toml");
        fs::write(&file, config).unwrap();
        let arguments = ["audit", folder.path().to_str().unwrap(), "--format", "json", "--only", check, "--secrets-config"];
        let output = run(&[&arguments[..], &[file.to_str().unwrap()]].concat());
        let _ = fs::remove_file(&file);
        output
    };
    let places = |config: &str| {
        let output = audit(config);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        places(&report["checks"][0])
    };
    let rule = "[[rules]]\nid = 'ours'\nregex = '''ours_([a-z0-9]{10})'''\nkeywords = ['ours_']\n";
    assert_eq!(places("title = 'none'\n"), ["other.py:1"]);
    assert_eq!(places(rule), ["main.py:3", "other.py:1"]);
    assert_eq!(places(&format!("{rule}[allowlist]\npaths = ['^other']\n")), ["main.py:3"]);
    assert_eq!(places("[extend]\nuseDefault = true\ndisabledRules = ['github-token']\n").len(), 0);
    let broken = audit("[[rules]]\nid = 'x'\nregex = '''(?=a)'''\n");
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains(".toml:3:"), "{}", stderr(&broken));
}
