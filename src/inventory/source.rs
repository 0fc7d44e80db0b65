//! Where files come from: the disk ([`super::walk::Disk`]) or memory ([`Memory`], for the tests inside checks).
//!
//! Both follow one policy, so that a check behaves in its own tests as it does on a repository: what git ignores is left out
//! unless git tracks it, folders that only tools fill are left out (`PRUNED`), and everything is ordered by path. To add a kind
//! of source, implement [`Source`]; to leave out another folder, name it in `PRUNED`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use crate::model::report::SkippedFile;

use super::ignore_rules::{Chain, IgnoreRules};

/// Files above this size, in bytes, are not read.
pub const MAX_FILE_BYTES: u64 = 5 * 1024 * 1024;

/// A file that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Relative POSIX path.
    pub path: String,
    /// In bytes, when the source was opened.
    pub size: u64,
    /// Does git track it? `None`: there is no git, or the file belongs to a submodule.
    pub tracked: Option<bool>,
}

/// Why a file was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    TooLarge,
    NotRegular,
    PermissionDenied,
    /// A symbolic link that leaves the audited folder.
    OutsideLink,
    NameNotUtf8,
    /// It was there when the folder was listed.
    Vanished,
    Io(io::ErrorKind),
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipReason::TooLarge => f.write_str("larger than 5 MiB"),
            SkipReason::NotRegular => f.write_str("not a regular file"),
            SkipReason::PermissionDenied => f.write_str("permission denied"),
            SkipReason::OutsideLink => f.write_str("symbolic link to outside the repository"),
            SkipReason::NameNotUtf8 => f.write_str("name is not valid UTF-8"),
            SkipReason::Vanished => f.write_str("disappeared while the audit ran"),
            SkipReason::Io(kind) => write!(f, "cannot be read: {kind}"),
        }
    }
}

impl From<io::Error> for SkipReason {
    fn from(error: io::Error) -> SkipReason {
        match error.kind() {
            io::ErrorKind::PermissionDenied => SkipReason::PermissionDenied,
            io::ErrorKind::NotFound => SkipReason::Vanished,
            kind => SkipReason::Io(kind),
        }
    }
}

/// A tree of files.
pub trait Source: Sync {
    /// Every file, ordered by path. Files too large to be read are among them.
    fn entries(&self) -> &[FileEntry];

    /// The content of the entry at `index`. The reason of an `Err` is not in [`Source::skipped`]; whoever reads reports it.
    fn read(&self, index: usize) -> Result<Vec<u8>, SkipReason>;

    /// What could not become an entry, ordered by path: unreadable folders, devices, links that lead out.
    fn skipped(&self) -> &[SkippedFile];

    /// The ignore rules in force.
    fn ignore_rules(&self) -> &IgnoreRules;

    /// Would git ignore `path`, whether or not it exists? Returns `file:line` of the rule that decides. A trailing `/` asks for a
    /// folder.
    fn would_ignore(&self, path: &str) -> Option<String> {
        self.ignore_rules().would_ignore(path)
    }

    /// The index of the entry with this path.
    fn position(&self, path: &str) -> Option<usize> {
        self.entries().binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()
    }
}

/// Reads a file found by name rather than by the walk: a regular file of at most `cap` bytes. Asks before it opens, because
/// opening a pipe waits for a writer.
pub(super) fn read_regular(path: &Path, cap: u64) -> Result<Vec<u8>, SkipReason> {
    if !path.symlink_metadata()?.is_file() {
        return Err(SkipReason::NotRegular);
    }
    read_opened(File::open(path)?, cap)
}

/// Reads a file that the walk found to be a regular one of `size` bytes: what was there then, if it has grown meanwhile.
pub(super) fn read_sized(path: &Path, size: u64) -> Result<Vec<u8>, SkipReason> {
    let file = File::open(path)?;
    // Some file systems state no length.
    if size == 0 {
        return read_opened(file, MAX_FILE_BYTES);
    }
    let mut content = Vec::with_capacity(size as usize);
    file.take(size).read_to_end(&mut content)?;
    Ok(content)
}

/// Reads an open regular file of at most `cap` bytes.
pub(super) fn read_opened(file: File, cap: u64) -> Result<Vec<u8>, SkipReason> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(SkipReason::NotRegular);
    }
    if metadata.len() > cap {
        return Err(SkipReason::TooLarge);
    }
    let mut content = Vec::with_capacity(metadata.len() as usize + 1);
    // Some file systems state no length, and a file may grow meanwhile.
    file.take(cap + 1).read_to_end(&mut content)?;
    if content.len() as u64 > cap { Err(SkipReason::TooLarge) } else { Ok(content) }
}

/// Folders that tools fill and that never hold the application's own source, by name.
const PRUNED: &[&str] = &[
    ".angular",
    ".aws-sam",
    ".dart_tool",
    ".eggs",
    ".gradle",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".next",
    ".nox",
    ".nuxt",
    ".output",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".ruff_cache",
    ".serverless",
    ".svelte-kit",
    ".terraform",
    ".terragrunt-cache",
    ".tox",
    ".turbo",
    ".venv",
    "__pycache__",
    "bower_components",
    "cdk.out",
    "jspm_packages",
    "node_modules",
    "site-packages",
];

/// Should the folder `name` be left out? `holds` says whether it directly contains a file of the given name.
pub(super) fn is_pruned(name: &str, holds: impl Fn(&str) -> bool) -> bool {
    match name {
        // Names that people also give to their own folders: left out only if the tool left its mark.
        "target" => holds("CACHEDIR.TAG"),
        "venv" | "env" | "virtualenv" => holds("pyvenv.cfg"),
        _ => PRUNED.binary_search(&name).is_ok(),
    }
}

/// Is the sorted list `tracked` aware of something inside `folder`?
pub(super) fn tracks_inside(tracked: &[String], folder: &str) -> bool {
    let inside = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    // `folder/` sorts after `folder-x` and before `folder0`, so the first path not below it is the only candidate.
    let first = tracked.partition_point(|path| compare_with_folder(path, folder).is_lt());
    tracked.get(first).is_some_and(|path| inside(path))
}

/// Compares `path` with `folder` + "/" without building the latter.
fn compare_with_folder(path: &str, folder: &str) -> std::cmp::Ordering {
    path.bytes().cmp(folder.bytes().chain(std::iter::once(b'/')))
}

/// Files held in memory.
#[derive(Debug)]
pub struct Memory {
    entries: Vec<FileEntry>,
    contents: Vec<Vec<u8>>,
    rules: IgnoreRules,
}

impl Memory {
    /// A tree without git: every file that its own `.gitignore` files leave in.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Memory {
        Memory::build(files, None)
    }

    /// A git work tree in which exactly `tracked` is tracked.
    pub fn with_tracked(files: BTreeMap<String, Vec<u8>>, tracked: &BTreeSet<String>) -> Memory {
        Memory::build(files, Some(tracked))
    }

    fn build(files: BTreeMap<String, Vec<u8>>, tracked: Option<&BTreeSet<String>>) -> Memory {
        let rules = rules_of(&files);
        let is_tracked = |path: &str| tracked.map(|set| set.contains(path));
        let keep: Vec<bool> = files
            .keys()
            .map(|path| is_tracked(path) == Some(true) || !(in_pruned_folder(&files, path) || rules.ignores(path)))
            .collect();
        let mut entries = Vec::with_capacity(files.len());
        let mut contents = Vec::with_capacity(files.len());
        for ((path, content), _) in files.into_iter().zip(keep).filter(|(_, keep)| *keep) {
            entries.push(FileEntry { size: content.len() as u64, tracked: is_tracked(&path), path });
            contents.push(content);
        }
        Memory { entries, contents, rules }
    }
}

/// The rules in the `.gitignore` files among `files`.
fn rules_of(files: &BTreeMap<String, Vec<u8>>) -> IgnoreRules {
    let mut rules = IgnoreRules::default();
    for (path, content) in files {
        let folder = match path.rsplit_once('/') {
            Some((folder, ".gitignore")) => folder,
            None if path == ".gitignore" => "",
            _ => continue,
        };
        if let Some(link) = Chain::of_file(folder, path, content, None) {
            rules.insert(Arc::new(link));
        }
    }
    rules
}

fn in_pruned_folder(files: &BTreeMap<String, Vec<u8>>, path: &str) -> bool {
    path.match_indices('/').any(|(end, _)| {
        let folder = &path[..end];
        let name = folder.rsplit('/').next().unwrap_or(folder);
        is_pruned(name, |file| files.contains_key(&format!("{folder}/{file}")))
    })
}

impl Source for Memory {
    fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    fn read(&self, index: usize) -> Result<Vec<u8>, SkipReason> {
        let content = self.contents.get(index).ok_or(SkipReason::Vanished)?;
        if content.len() as u64 > MAX_FILE_BYTES {
            return Err(SkipReason::TooLarge);
        }
        Ok(content.clone())
    }

    fn skipped(&self) -> &[SkippedFile] {
        &[]
    }

    fn ignore_rules(&self) -> &IgnoreRules {
        &self.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        list.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect()
    }

    fn paths(source: &dyn Source) -> Vec<&str> {
        source.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn memory_is_ordered_and_readable() {
        let memory = Memory::new(files(&[("b/c.py", "two"), ("a.py", "one"), ("b-x", "")]));
        assert_eq!(paths(&memory), ["a.py", "b-x", "b/c.py"]);
        let index = memory.position("b/c.py").expect("present");
        assert_eq!(memory.read(index).expect("readable"), b"two");
        assert_eq!(memory.entries()[index], FileEntry { path: "b/c.py".into(), size: 3, tracked: None });
        assert_eq!(memory.position("nope"), None);
        assert_eq!(memory.read(99), Err(SkipReason::Vanished));
    }

    #[test]
    fn ignored_files_are_out_unless_tracked() {
        let tree = files(&[(".gitignore", ".env\n"), (".env", "A=1"), ("main.py", "")]);
        assert_eq!(paths(&Memory::new(tree.clone())), [".gitignore", "main.py"]);
        let tracked = BTreeSet::from([".env".to_string()]);
        let memory = Memory::with_tracked(tree, &tracked);
        assert_eq!(paths(&memory), [".env", ".gitignore", "main.py"]);
        let flags: Vec<_> = memory.entries().iter().map(|entry| entry.tracked).collect();
        assert_eq!(flags, [Some(true), Some(false), Some(false)]);
    }

    #[test]
    fn tool_folders_are_out() {
        let memory = Memory::new(files(&[
            ("node_modules/a/index.js", ""),
            ("x/.venv/lib/a.py", ""),
            ("target/CACHEDIR.TAG", ""),
            ("target/debug/a.rs", ""),
            ("src/target/mod.rs", ""),
            ("env/settings.py", ""),
            ("node_modules.md", ""),
        ]));
        assert_eq!(paths(&memory), ["env/settings.py", "node_modules.md", "src/target/mod.rs"]);
    }

    #[test]
    fn too_large_is_listed_and_not_read() {
        let big = BTreeMap::from([("big.json".to_string(), vec![b'x'; MAX_FILE_BYTES as usize + 1])]);
        let memory = Memory::new(big);
        assert_eq!(memory.entries().len(), 1);
        assert_eq!(memory.read(0).map_err(|reason| reason.to_string()), Err("larger than 5 MiB".to_string()));
    }

    #[test]
    fn memory_answers_hypothetical_paths() {
        let memory = Memory::new(files(&[("api/.gitignore", "# secrets\n.env\n")]));
        assert_eq!(memory.would_ignore("api/.env").as_deref(), Some("api/.gitignore:2"));
        assert_eq!(memory.would_ignore(".env"), None);
    }

    #[test]
    fn tracks_inside_finds_only_children() {
        let tracked: Vec<String> = ["a-b", "a/x", "b0", "c"].iter().map(|path| path.to_string()).collect();
        assert!(tracks_inside(&tracked, "a"));
        assert!(!tracks_inside(&tracked, "b"));
        assert!(!tracks_inside(&tracked, "c"));
        assert!(!tracks_inside(&[], "a"));
    }

    #[test]
    fn the_pruned_list_is_sorted() {
        assert!(PRUNED.is_sorted());
    }
}
