//! Commits in memory, searched as those of a repository are; and a pack that is searched with less memory.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::model::needs::{Look, Selector};
use crate::model::secret::{SecretKind, TokenFormat};
use crate::model::terms::Confidence;

const DAY: i64 = 86_400;

fn needs() -> NeedSet {
    let mut needs = NeedSet::default();
    let kinds = vec![SecretKind::Provider];
    needs.add(Selector::any(), Look::Secret { kinds, min_confidence: Confidence::High, history: true });
    needs.token_formats = vec![TokenFormat::example("acme", "acm_[0-9A-Za-z]{20}")];
    needs
}

fn token(end: &str) -> String {
    ["acm_q8Zr2LmX0p", "Vt5KcY7w", end].concat()
}

fn commits(commits: &[&[(&str, String)]]) -> Repository {
    let snapshot = |(day, files): (i64, &&[(&str, String)])| Snapshot {
        files: files.iter().map(|(path, text)| ((*path).to_owned(), text.clone().into_bytes())).collect(),
        time: day * DAY,
    };
    let snapshots: Vec<Snapshot> = (0..).zip(commits).map(snapshot).collect();
    Repository::of_snapshots(&snapshots, false)
}

/// Place, day and where it stands, of everything that is found.
fn found(repository: &mut Repository) -> Vec<(String, String, Option<String>)> {
    let needs = needs();
    let answers = answer(repository, &needs, &Selection::new(&needs), FileId(0));
    let shown = |(_, hit): (NeedId, Hit)| {
        let past = hit.past.expect("a place in the past");
        let snippet = hit.snippet.expect("a snippet");
        let snippet = snippet.redacted();
        assert!(!snippet.contains("q8Zr2LmX0p"), "{snippet}");
        (format!("{}:{}", past.path, hit.line.unwrap_or(0)), past.date.clone(), past.standing.clone())
    };
    answers.hits.into_iter().map(shown).collect()
}

#[test]
fn a_value_is_reported_once_where_it_was_committed_first() {
    let mut repository = commits(&[
        &[("a.py", "x = 1\n".to_owned())],
        &[("a.py", format!("x = 1\nk = '{}'\n", token("Nd")))],
        &[("b/a.py", format!("# moved\nx = 1\nk = '{}'\n", token("Nd"))), ("c.py", format!("k = '{}'", token("Ne")))],
        &[("README.md", format!("as in {}\n", token("Nd"))), ("d.py", String::new())],
    ]);
    let gone = ("c.py:1".to_owned(), "1970-01-03".to_owned(), None);
    let stands = ("a.py:2".to_owned(), "1970-01-02".to_owned(), Some("README.md".to_owned()));
    assert_eq!(found(&mut repository), [stands, gone]);
}

#[test]
fn tests_documents_and_binaries_are_left_out() {
    let mut repository = commits(&[&[
        ("tests/a.py", token("Na")),
        ("docs/a.md", token("Nb")),
        ("node_modules/x/a.js", token("Nc")),
        ("a.bin", format!("\0{}", token("Nd"))),
        ("src/lib.rs", format!("#[cfg(test)]\nmod tests {{\n    const K: &str = \"{}\";\n}}\n", token("Ne"))),
    ]]);
    assert_eq!(found(&mut repository), []);
}

#[test]
fn a_folder_of_a_repository_has_the_history_of_its_files() {
    let mut repository = commits(&[
        &[("api/a.py", format!("k = '{}'", token("Na"))), ("web/b.js", format!("k = '{}'", token("Nb")))],
        &[("web/b.js", "k".to_owned())],
    ]);
    repository.prefix = "api/".to_owned();
    assert_eq!(found(&mut repository), [("a.py:1".to_owned(), "1970-01-01".to_owned(), None)]);
}

#[test]
fn what_is_missing_is_said() {
    let needs = needs();
    let extent = |repository: &mut Repository| answer(repository, &needs, &Selection::new(&needs), FileId(0)).extent;
    let mut repository = commits(&[&[("a.py", "x".to_owned())], &[("a.py", "y".to_owned()), ("b.py", "z".to_owned())]]);
    let whole = extent(&mut repository);
    assert_eq!((whole.commits, whole.versions, whole.gap.clone()), (2, 3, None));
    assert_eq!(whole.to_string(), "3 versions of files in 2 commits");
    repository.shallow = true;
    assert!(extent(&mut repository).gap.is_some_and(|gap| gap.contains("shallow")));
    repository.shallow = false;
    repository.tips.push(Id([7; 20]));
    assert!(extent(&mut repository).gap.is_some_and(|gap| gap.contains("1 of the objects")));
}

/// Two letters that tell numbers apart.
fn letters(number: usize) -> String {
    [number / 26, number % 26].map(|digit| char::from(b'A' + digit as u8)).iter().collect()
}

#[test]
fn of_many_values_the_oldest_are_reported() {
    let name = |number: usize| format!("a{number}.py");
    let text = |number: usize| (name(number), format!("k = '{}'", token(&letters(number))));
    let commit = |files: std::ops::Range<usize>, day: i64| Snapshot {
        files: files.map(text).map(|(path, text)| (path, text.into_bytes())).collect(),
        time: day * DAY,
    };
    let snapshots = [commit(300..500, 0), commit(0..500, 1), commit(0..20, 2)];
    let found = found(&mut Repository::of_snapshots(&snapshots, false));
    let expected: Vec<String> = (300..500).map(|number| format!("{}:1", name(number))).collect();
    assert_eq!(found.iter().map(|(place, _, _)| place.clone()).collect::<Vec<_>>(), expected);
}

#[test]
fn texts_that_are_not_held_are_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str], input: &str| {
        let mut command = Command::new("git");
        let piped = command.arg("-C").arg(folder.path()).args(arguments).stdin(Stdio::piped());
        let mut child = piped.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("git");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
        assert!(child.wait().expect("an end").success(), "{arguments:?}");
    };
    // Eight families of seven texts, each made from the first of its family, and those from one text.
    let who = "committer T <t@example.org> 0 +0000";
    let mut stream = format!("commit refs/heads/main\n{who}\ndata 1\nx\n");
    for (family, member) in (0..9).flat_map(|family| (0..7).map(move |member| (family, member))) {
        let line = |line: usize| match line {
            line if line == 1 + member * 5 => format!("k = '{}'\n", token(&letters(family * 7 + member))),
            line if line / 40 == family => format!("own_{family}_{line} = {}\n", line * 41 * (family + 3)),
            line => format!("value_{line} = {}\n", line * 37_000_000),
        };
        let text: String = (0..360).map(line).collect();
        stream += &format!("M 100644 inline f{family}/{member}/a.py\ndata {}\n{text}\n", text.len());
    }
    git(&["init", "-q", "-b", "main"], "");
    git(&["fast-import", "--quiet"], &stream);
    git(&["repack", "-adfq", "--depth=2", "--window=100"], "");
    let repository = Repository::open(folder.path(), folder.path()).expect("a repository");
    let needs = needs();
    let selection = Selection::new(&needs);
    let seekers = Seekers::new(&needs, &selection);
    let walked = walk::walk(&repository.store, &repository.tips, "", &|path| seekers.wants(path));
    let search = |max_held: usize| {
        let mut blobs = Blobs::new(&repository.store, &walked, &seekers);
        blobs.max_held = max_held;
        let (found, tally) = blobs.search();
        (found.into_iter().map(|found| (found.number, found.value, found.line)).collect::<Vec<_>>(), tally)
    };
    let (found, tally) = search(usize::MAX);
    assert_eq!((found.len(), tally.scanned, tally.unreadable), (63, 63, 0));
    assert_eq!(search(0), (found, tally));
}
