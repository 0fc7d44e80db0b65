//! The disk as a source: one parallel walk of the audited folder, ordered by path.
//!
//! A file is an entry if git tracks it, or if git would not ignore it and it lies in no folder that only tools fill. Links are
//! never followed. The walk goes level by level, each level in parallel, so neither depth nor timing changes the result. To leave
//! out another kind of folder, see `PRUNED` in [`super::source`].

mod listing;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::model::report::SkippedFile;

use super::git::{self, Discovery, GitFacts};
use super::ignore_rules::{Chain, IgnoreRules, MAX_RULE_FILE_BYTES};
use super::source::{FileEntry, MAX_FILE_BYTES, SkipReason, Source, read_regular, read_sized};
use listing::{Found, Walk};

/// Why a folder cannot be audited.
#[derive(Debug)]
pub enum OpenError {
    Missing(PathBuf),
    NotAFolder(PathBuf),
    PermissionDenied(PathBuf),
    BareRepository(PathBuf),
    Io(PathBuf, io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Missing(path) => {
                write!(
                    f,
                    "there is no folder {}: check the spelling, or give the path of a checked-out repository",
                    path.display()
                )
            }
            OpenError::NotAFolder(path) => write!(f, "{} is not a folder: give the folder that holds it", path.display()),
            OpenError::PermissionDenied(path) => {
                write!(f, "{} may not be read: grant this user read and search permission on it", path.display())
            }
            OpenError::BareRepository(path) => {
                write!(f, "{} is a git repository without a work tree: clone it and audit the clone", path.display())
            }
            OpenError::Io(path, error) => write!(f, "{} cannot be opened ({error}): check the file system", path.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io(_, error) => Some(error),
            _ => None,
        }
    }
}

impl OpenError {
    fn of(path: &Path, error: io::Error) -> OpenError {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => OpenError::Missing(path),
            io::ErrorKind::NotADirectory => OpenError::NotAFolder(path),
            io::ErrorKind::PermissionDenied => OpenError::PermissionDenied(path),
            _ => OpenError::Io(path, error),
        }
    }
}

/// A folder on disk, as it was when it was opened.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    entries: Vec<FileEntry>,
    skipped: Vec<SkippedFile>,
    rules: IgnoreRules,
    git: Option<GitFacts>,
    work_tree: Option<PathBuf>,
    git_root_relative: Option<String>,
    notes: Vec<String>,
    pruned: usize,
}

impl Disk {
    /// Walks `root`. Errors: [`OpenError`] when there is nothing to walk; whatever goes wrong below it becomes a skipped file.
    pub fn open(root: &Path) -> anyhow::Result<Disk> {
        let canonical = root.canonicalize().map_err(|error| OpenError::of(root, error))?;
        // Listing it once tells a folder from a file, and a readable folder from another.
        canonical.read_dir().map_err(|error| OpenError::of(root, error))?;
        if git::is_bare_repository(&canonical) {
            return Err(OpenError::BareRepository(root.to_path_buf()).into());
        }
        let mut git = git::discover(&canonical);
        let behind = rules_behind(&git);
        let walk = Walk { root: &canonical, git: git.facts.as_ref() };
        let mut found = walk.run(behind.clone());
        found.files.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
        found.skipped.sort_unstable();
        let mut ahead = found.files.iter().peekable();
        git.compare(|path| {
            while ahead.next_if(|file| file.path.as_str() < path).is_some() {}
            ahead.peek().filter(|file| file.path == path).map(|file| file.stamp)
        });
        let mut rules = IgnoreRules::behind(behind);
        for chain in found.rules {
            rules.insert(chain);
        }
        let git_root_relative = git.work_tree.as_ref().map(|_| git.prefix.trim_end_matches('/').to_string());
        Ok(Disk {
            entries: entries(found.files, git.facts.as_ref()),
            skipped: found.skipped,
            rules,
            git_root_relative,
            work_tree: git.work_tree,
            git: git.facts,
            notes: git.notes,
            pruned: found.pruned,
            root: canonical,
        })
    }

    /// The audited folder, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What git knows. `None` without git, or when its files are unusable; then [`Disk::notes`] says why.
    pub fn git(&self) -> Option<&GitFacts> {
        self.git.as_ref()
    }

    /// The folder that holds `.git`: the audited root or one above it.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// What leads from the git root to the audited root: "" when they are the same, `None` without git. Unless it is "", what
    /// hosts expect at the root of a repository (`.github/workflows`) has no effect where the audit sees it.
    pub fn git_root_relative(&self) -> Option<&str> {
        self.git_root_relative.as_deref()
    }

    /// What the reader of a report must know, as sentences.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many folders that only tools fill were left out.
    pub fn pruned(&self) -> usize {
        self.pruned
    }
}

impl Source for Disk {
    fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    fn read(&self, index: usize) -> Result<Vec<u8>, SkipReason> {
        let entry = self.entries.get(index).ok_or(SkipReason::Vanished)?;
        if entry.size > MAX_FILE_BYTES {
            return Err(SkipReason::TooLarge);
        }
        read_sized(&self.root.join(&entry.path), entry.size)
    }

    fn skipped(&self) -> &[SkippedFile] {
        &self.skipped
    }

    fn ignore_rules(&self) -> &IgnoreRules {
        &self.rules
    }
}

/// The ignore rules that apply to the audited folder but stand outside it, nearest first.
fn rules_behind(git: &Discovery) -> Option<Arc<Chain>> {
    let work_tree = git.work_tree.as_ref()?;
    let whole = git.prefix.trim_end_matches('/');
    let exclude = git.exclude.as_ref();
    let mut chain = exclude.and_then(|content| Chain::of_file_above(whole, ".git/info/exclude", content, None)).map(Arc::new);
    let starts = std::iter::once(0).chain(git.prefix.match_indices('/').map(|(at, _)| at + 1));
    for start in starts.filter(|start| *start < git.prefix.len()) {
        let below = git.prefix[start..].trim_end_matches('/');
        let file = work_tree.join(&git.prefix[..start]).join(".gitignore");
        let Ok(content) = read_regular(&file, MAX_RULE_FILE_BYTES) else { continue };
        let name = format!("{}.gitignore", "../".repeat(below.split('/').count()));
        if let Some(link) = Chain::of_file_above(below, &name, &content, chain.clone()) {
            chain = Some(Arc::new(link));
        }
    }
    chain
}

/// Marks what git tracks; both lists are ordered by path.
fn entries(files: Vec<Found>, git: Option<&GitFacts>) -> Vec<FileEntry> {
    let mut tracked = git.map(|git| git.tracked.iter().peekable());
    let submodules = git.map_or(&[][..], |git| git.submodules.as_slice());
    let mut mark = |path: &str| -> Option<bool> {
        let tracked = tracked.as_mut()?;
        while tracked.next_if(|next| next.as_str() < path).is_some() {}
        Some(tracked.peek().is_some_and(|next| next.as_str() == path))
    };
    files
        .into_iter()
        .map(|file| {
            let known = !lies_in(submodules, &file.path);
            FileEntry { tracked: mark(&file.path).filter(|_| known), size: file.size, path: file.path }
        })
        .collect()
}

/// Does `path` lie in one of these sorted folders?
fn lies_in(folders: &[String], path: &str) -> bool {
    let in_folder = |end| folders.binary_search_by(|folder: &String| folder.as_str().cmp(&path[..end])).is_ok();
    !folders.is_empty() && path.match_indices('/').any(|(end, _)| in_folder(end))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::git_index::Stamp;
    use super::super::git_index::testing::{encode, file};
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("tempdir");
        for (path, text) in files {
            write(folder.path(), path, text);
        }
        folder
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("created");
        fs::write(path, text).expect("written");
    }

    /// Makes `root` a work tree in which `paths` are tracked as they are now.
    fn track(root: &Path, paths: &[&str]) {
        write(root, ".git/HEAD", "ref: refs/heads/main");
        fs::create_dir_all(root.join(".git/objects")).expect("created");
        let entries: Vec<_> = paths
            .iter()
            .map(|path| {
                let stamp = Stamp::of(&root.join(path).symlink_metadata().expect("exists"));
                file(path, stamp, &fs::read(root.join(path)).expect("readable"))
            })
            .collect();
        fs::write(root.join(".git/index"), encode(2, &entries, true)).expect("written");
    }

    fn open(root: &Path) -> Disk {
        Disk::open(root).expect("opens")
    }

    fn paths(disk: &Disk) -> Vec<&str> {
        disk.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    fn skips(disk: &Disk) -> Vec<(&str, &str)> {
        disk.skipped().iter().map(|skip| (skip.path.as_str(), skip.reason.as_str())).collect()
    }

    fn refusal(path: &Path) -> OpenError {
        Disk::open(path).expect_err("refused").downcast().expect("typed")
    }

    #[test]
    fn a_plain_folder() {
        let folder = tree(&[("b/c.py", "x"), ("a.py", ""), (".hidden/d", ""), ("b.py", ""), (".ignore", "a.py\n")]);
        let disk = open(folder.path());
        assert_eq!(paths(&disk), [".hidden/d", ".ignore", "a.py", "b.py", "b/c.py"]);
        assert_eq!(disk.entries()[4], FileEntry { path: "b/c.py".into(), size: 1, tracked: None });
        assert_eq!(disk.read(4).expect("readable"), b"x");
        assert!(disk.git().is_none() && disk.git_root_relative().is_none() && disk.notes().is_empty());
    }

    #[test]
    fn an_empty_folder() {
        let folder = tree(&[]);
        assert!(open(folder.path()).entries().is_empty());
    }

    #[test]
    fn refusals_say_what_to_do() {
        let folder = tree(&[("a", "")]);
        let missing = refusal(&folder.path().join("nope"));
        assert!(matches!(missing, OpenError::Missing(_)) && missing.to_string().contains("check the spelling"));
        let file = refusal(&folder.path().join("a"));
        assert!(matches!(file, OpenError::NotAFolder(_)) && file.to_string().contains("give the folder"));
        let bare = tree(&[("HEAD", "ref: refs/heads/main"), ("objects/x", ""), ("refs/x", "")]);
        assert!(matches!(refusal(bare.path()), OpenError::BareRepository(_)));
    }

    #[test]
    fn ignored_files_are_out_unless_tracked() {
        let folder = tree(&[
            (".gitignore", ".env\nbuild/\n*.log\n"),
            (".env", "A=1"),
            ("x.log", ""),
            ("build/kept.js", ""),
            ("build/other.js", ""),
            ("sub/.gitignore", "!*.log\n"),
            ("sub/y.log", ""),
            ("out/build/z.js", ""),
        ]);
        let untracked = [".gitignore", "sub/.gitignore", "sub/y.log"];
        assert_eq!(paths(&open(folder.path())), untracked);
        track(folder.path(), &[".env", ".gitignore", "build/kept.js"]);
        let disk = open(folder.path());
        assert_eq!(paths(&disk), [".env", ".gitignore", "build/kept.js", "sub/.gitignore", "sub/y.log"]);
        let flags: Vec<_> = disk.entries().iter().map(|entry| entry.tracked == Some(true)).collect();
        assert_eq!(flags, [true, true, true, false, false]);
        assert_eq!(disk.would_ignore("new.log").as_deref(), Some(".gitignore:3"));
        assert_eq!(disk.would_ignore("sub/new.log"), None);
        assert_eq!(disk.would_ignore("build/new.js").as_deref(), Some(".gitignore:2"));
    }

    #[test]
    fn tool_folders_are_counted_and_left_out() {
        let folder = tree(&[
            ("node_modules/a/i.js", ""),
            ("web/node_modules/kept.js", ""),
            ("web/node_modules/other.js", ""),
            ("target/CACHEDIR.TAG", ""),
            ("src/target/a.rs", ""),
            ("a.js", ""),
        ]);
        let disk = open(folder.path());
        assert_eq!((paths(&disk), disk.pruned()), (vec!["a.js", "src/target/a.rs"], 3));
        track(folder.path(), &["web/node_modules/kept.js"]);
        let disk = open(folder.path());
        assert_eq!((paths(&disk), disk.pruned()), (vec!["a.js", "src/target/a.rs", "web/node_modules/kept.js"], 3));
    }

    #[test]
    fn a_subfolder_of_a_work_tree() {
        let folder = tree(&[
            (".gitignore", "*.pem\n/svc/*/gen/\n"),
            ("svc/api/a.py", ""),
            ("svc/api/k.pem", ""),
            ("svc/api/gen/x.py", ""),
            ("svc/api/t.swp", ""),
            ("b.py", ""),
        ]);
        track(folder.path(), &["b.py", "svc/api/a.py"]);
        write(folder.path(), ".git/info/exclude", "*.swp\n");
        let disk = open(&folder.path().join("svc/api"));
        assert_eq!(paths(&disk), ["a.py"]);
        assert_eq!(disk.entries()[0].tracked, Some(true));
        assert_eq!(disk.git_root_relative(), Some("svc/api"));
        assert_eq!(disk.would_ignore("x.pem").as_deref(), Some("../../.gitignore:1"));
        assert_eq!(disk.would_ignore("gen/y").as_deref(), Some("../../.gitignore:2"));
        assert_eq!(disk.would_ignore("x.swp").as_deref(), Some(".git/info/exclude:1"));
        let whole = open(folder.path());
        assert_eq!((whole.git_root_relative(), paths(&whole)), (Some(""), vec![".gitignore", "b.py", "svc/api/a.py"]));
        assert_eq!(whole.work_tree(), Some(whole.root()));
    }

    #[test]
    fn nested_repositories_are_ordinary_folders_and_submodules_of_unknown_state() {
        let folder =
            tree(&[("a.py", ""), ("lib/b.py", ""), ("lib/.git/config", ""), ("lib2/c.py", ""), ("sub/.git", "gitdir: x")]);
        track(folder.path(), &["a.py"]);
        let mut entries = vec![file("a.py", Stamp { size: 0, seconds: 0, nanoseconds: 0 }, b"")];
        entries.push(super::super::git_index::IndexEntry {
            kind: super::super::git_index::EntryKind::Submodule,
            path: "lib".into(),
            ..entries[0].clone()
        });
        fs::write(folder.path().join(".git/index"), encode(2, &entries, true)).expect("written");
        let disk = open(folder.path());
        let found: Vec<_> = disk.entries().iter().map(|entry| (entry.path.as_str(), entry.tracked)).collect();
        assert_eq!(found, [("a.py", Some(true)), ("lib/b.py", None), ("lib2/c.py", Some(false))]);
    }

    #[test]
    fn a_broken_git_folder_is_noted() {
        let folder = tree(&[("a.py", ""), (".git/HEAD", "\u{0}"), (".git/objects/x", "")]);
        let disk = open(folder.path());
        assert_eq!((paths(&disk), disk.entries()[0].tracked, disk.notes().len()), (vec!["a.py"], None, 1));
        assert_eq!(disk.git_root_relative(), Some(""));
    }

    #[test]
    fn dirt_is_told() {
        let folder = tree(&[("a.py", "one"), ("b.py", "two")]);
        track(folder.path(), &["a.py", "b.py"]);
        let dirty = || open(folder.path()).git().and_then(|git| git.dirty);
        assert_eq!(dirty(), Some(false));
        write(folder.path(), "c.py", "untracked");
        assert_eq!(dirty(), Some(false));
        write(folder.path(), "a.py", "longer");
        assert_eq!(dirty(), Some(true));
        write(folder.path(), "a.py", "one");
        assert_eq!(dirty(), Some(false), "touched, with the same content");
        fs::remove_file(folder.path().join("b.py")).expect("removed");
        assert_eq!(dirty(), Some(true));
    }

    #[test]
    fn large_files_are_entries_that_cannot_be_read() {
        let folder = tree(&[]);
        let sparse = fs::File::create(folder.path().join("sparse.bin")).expect("created");
        sparse.set_len(2 << 30).expect("sized");
        let disk = open(folder.path());
        assert_eq!((disk.entries()[0].size, disk.read(0)), (2 << 30, Err(SkipReason::TooLarge)));
    }

    #[cfg(unix)]
    mod unix {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;

        #[test]
        fn links_are_not_followed() {
            let outside = tree(&[("secret", "x")]);
            let folder = tree(&[("real/a.py", "")]);
            let root = folder.path();
            symlink("real", root.join("inside")).expect("linked");
            symlink("real/a.py", root.join("inside.py")).expect("linked");
            symlink(outside.path(), root.join("outside")).expect("linked");
            symlink(outside.path().join("secret"), root.join("real/outside.py")).expect("linked");
            symlink("../../nowhere", root.join("broken-outside")).expect("linked");
            symlink("nowhere", root.join("broken-inside")).expect("linked");
            symlink("loop", root.join("loop")).expect("linked");
            symlink("..", root.join("real/up")).expect("linked");
            let disk = open(root);
            assert_eq!(paths(&disk), ["real/a.py"]);
            let reason = "symbolic link to outside the repository";
            assert_eq!(skips(&disk), [("broken-outside", reason), ("outside", reason), ("real/outside.py", reason)]);
        }

        #[test]
        fn the_root_may_be_a_link() {
            let folder = tree(&[("real/a.py", "x")]);
            symlink("real", folder.path().join("link")).expect("linked");
            let disk = open(&folder.path().join("link"));
            assert_eq!((paths(&disk), disk.read(0).expect("readable")), (vec!["a.py"], b"x".to_vec()));
        }

        fn pipe(path: &Path) {
            fs::create_dir_all(path.parent().expect("parent")).expect("created");
            assert!(std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
        }

        #[test]
        fn pipes_and_sockets_are_skipped_wherever_they_are() {
            let folder = tree(&[("a.py", ""), (".git/objects/x", "")]);
            let root = folder.path();
            for path in ["p", ".gitignore", "sub/.gitignore", ".git/HEAD", ".git/config", ".git/index", ".git/info/exclude"] {
                pipe(&root.join(path));
            }
            let _socket = std::os::unix::net::UnixListener::bind(root.join("s")).expect("bound");
            let disk = open(root);
            assert_eq!(paths(&disk), ["a.py"]);
            let reason = "not a regular file";
            assert_eq!(skips(&disk), [(".gitignore", reason), ("p", reason), ("s", reason), ("sub/.gitignore", reason)]);
            assert!(disk.notes()[0].contains("not a regular file"), "{:?}", disk.notes());
            fs::remove_dir_all(root.join(".git")).expect("removed");
            pipe(&root.join(".git"));
            assert_eq!(open(root).notes().len(), 1);
        }

        #[test]
        fn unreadable_folders_and_files_are_skipped() {
            let folder = tree(&[("closed/a.py", ""), ("b.py", "")]);
            let closed = folder.path().join("closed");
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
            // The superuser is not kept out.
            let kept_out = closed.read_dir().is_err();
            let disk = open(folder.path());
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("opened");
            if kept_out {
                assert_eq!((paths(&disk), skips(&disk)), (vec!["b.py"], vec![("closed", "permission denied")]));
            } else {
                assert_eq!(paths(&disk), ["b.py", "closed/a.py"]);
            }
        }

        #[test]
        fn names_may_be_any_bytes() {
            let folder = tree(&[("new\nline.py", "x"), ("ünïcode.py", "")]);
            fs::write(folder.path().join(OsStr::from_bytes(b"bad\xff.py")), "").expect("written");
            let disk = open(folder.path());
            assert_eq!(paths(&disk), ["new\nline.py", "ünïcode.py"]);
            assert_eq!(skips(&disk), [("bad\u{fffd}.py", "name is not valid UTF-8")]);
        }

        #[test]
        fn ignore_files_that_are_links_or_huge_have_no_say() {
            let folder = tree(&[("rules", "a.py\n"), ("a.py", ""), ("sub/a.py", "")]);
            symlink("rules", folder.path().join(".gitignore")).expect("linked");
            write(folder.path(), "sub/.gitignore", &"a.py\n".repeat(60_000));
            assert_eq!(paths(&open(folder.path())), ["a.py", "rules", "sub/.gitignore", "sub/a.py"]);
        }
    }

    #[test]
    fn depth_is_no_limit() {
        let folder = tree(&[]);
        let mut deep = folder.path().to_path_buf();
        deep.extend(std::iter::repeat_n("d", 900));
        fs::create_dir_all(&deep).expect("created");
        fs::write(deep.join("a.py"), "").expect("written");
        assert_eq!(open(folder.path()).entries().len(), 1);
    }

    #[test]
    fn two_walks_agree() {
        let files: Vec<(String, String)> = (0..300).map(|i| (format!("d{}/e{}/f{i}.py", i % 7, i % 11), i.to_string())).collect();
        let folder = tree(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>());
        let (one, two) = (open(folder.path()), open(folder.path()));
        assert_eq!(one.entries(), two.entries());
        assert!(one.entries().is_sorted_by(|a, b| a.path < b.path) && one.entries().len() == 300);
    }
}
