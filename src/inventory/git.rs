//! Git facts, read from the files of the `.git` folder. No program is run, nothing is written, no hook or filter is consulted.
//!
//! A `.git` folder of an audited repository is as hostile as the rest of it, so every file is opened only if it is a regular file
//! of a bounded size. To add a fact: a field of [`GitFacts`], filled in [`facts_of`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::git_index::{self, EntryKind, Index, Seen, Stamp};
use super::ignore_rules::MAX_RULE_FILE_BYTES;
use super::source::{SkipReason, read_regular};

/// What git knows about the audited folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFacts {
    /// The root of the work tree; the audited root or a folder above it.
    pub root: PathBuf,
    /// The commit checked out, as 40 hexadecimal digits; `None` before the first commit.
    pub head: Option<String>,
    /// The branch checked out; `None` when HEAD is detached.
    pub branch: Option<String>,
    /// How many tags there are.
    pub tags: usize,
    /// Is the history cut off? Then nothing can be said about it.
    pub shallow: bool,
    /// Tracked files, relative to the audited root, ordered; those outside it are left out.
    pub tracked: Vec<String>,
    /// Folders of submodules, relative to the audited root, ordered.
    pub submodules: Vec<String>,
    /// Do tracked files below the audited root differ from HEAD? `None`: not cheap to tell. A branch moved without touching
    /// index and files (`git reset --soft`) goes unnoticed.
    pub dirty: Option<bool>,
}

/// What looking for git around a folder brought up.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// The folder that holds `.git`, even if that is unusable.
    pub work_tree: Option<PathBuf>,
    pub facts: Option<GitFacts>,
    /// Why facts are missing, as sentences.
    pub notes: Vec<String>,
    index: Index,
    index_file: PathBuf,
    /// `.git/info/exclude`, if there is one.
    pub exclude: Option<Vec<u8>>,
    /// What leads from the work tree's root to the audited root, ending in `/`; "" when they are the same.
    pub prefix: String,
}

const MAX_SMALL_BYTES: u64 = 64 * 1024;
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;
const MAX_PACKED_REFS_BYTES: u64 = 64 * 1024 * 1024;
const MAX_INDEX_BYTES: u64 = 256 * 1024 * 1024;
/// Symbolic references are followed this far, and folders of tags are entered this deep.
const MAX_HOPS: usize = 5;
/// Folders of references are entered this deep.
const MAX_DEPTH: usize = 16;
/// More references than this are not read.
const MAX_REFERENCES: usize = 1_000_000;
/// More tags than this are not counted.
const MAX_TAGS: usize = 100_000;

/// Looks for git at `root` (canonical) and above.
pub(super) fn discover(root: &Path) -> Discovery {
    let Some(work_tree) = root.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()) else {
        return Discovery::default();
    };
    let Some(prefix) = posix_prefix(root, work_tree) else {
        let note = "Git facts are missing: the path of the audited folder is not valid UTF-8.".to_string();
        return Discovery { notes: vec![note], ..Discovery::default() };
    };
    let mut discovery = Discovery { work_tree: Some(work_tree.to_path_buf()), prefix, ..Discovery::default() };
    if let Err(reason) = read_facts(work_tree, &mut discovery) {
        discovery.notes.push(format!("Git facts are missing: {reason}."));
    }
    discovery
}

/// Is `folder` itself the inside of a git repository, without a work tree?
pub(super) fn is_bare_repository(folder: &Path) -> bool {
    let head = read_regular(&folder.join("HEAD"), MAX_SMALL_BYTES).is_ok_and(|head| parse_head(&head).is_some());
    head && folder.join("objects").is_dir() && folder.join("refs").is_dir() && !folder.join(".git").exists()
}

fn posix_prefix(root: &Path, work_tree: &Path) -> Option<String> {
    let mut prefix = String::new();
    for part in root.strip_prefix(work_tree).ok()?.components() {
        prefix.push_str(part.as_os_str().to_str()?);
        prefix.push('/');
    }
    Some(prefix)
}

/// The folders of a repository: they differ for linked work trees, which share everything but HEAD and index.
struct GitFolders {
    own: PathBuf,
    common: PathBuf,
}

fn read_facts(work_tree: &Path, discovery: &mut Discovery) -> Result<(), String> {
    let folders = locate(work_tree)?;
    check_config(&folders)?;
    discovery.exclude = read_regular(&folders.common.join("info/exclude"), MAX_RULE_FILE_BYTES).ok();
    let index_file = folders.own.join("index");
    discovery.index = match read_regular(&index_file, MAX_INDEX_BYTES) {
        Ok(data) => git_index::decode(&data).map_err(str::to_string)?,
        Err(SkipReason::Vanished) => Index::default(),
        Err(reason) => return Err(format!("the index is unusable ({reason})")),
    };
    discovery.index_file = index_file;
    discovery.facts = Some(facts_of(work_tree, &folders, discovery)?);
    Ok(())
}

fn facts_of(work_tree: &Path, folders: &GitFolders, discovery: &Discovery) -> Result<GitFacts, String> {
    let head_file = read_regular(&folders.own.join("HEAD"), MAX_SMALL_BYTES);
    let head_file = head_file.map_err(|reason| format!(".git/HEAD is unusable ({reason})"))?;
    let head = parse_head(&head_file).ok_or(".git/HEAD names neither a branch nor a commit")?;
    let packed = read_regular(&folders.common.join("packed-refs"), MAX_PACKED_REFS_BYTES).unwrap_or_default();
    let (commit, branch) = match head {
        Head::Commit(id) => (Some(id), None),
        Head::Reference(name) => {
            let branch = name.strip_prefix("refs/heads/").filter(|branch| *branch != ".invalid");
            (resolve(folders, &packed, &name), branch.map(str::to_string))
        }
    };
    let below = |kinds: &[EntryKind]| -> Vec<String> {
        let entries = discovery.index.entries.iter().filter(|entry| kinds.contains(&entry.kind));
        let mut paths: Vec<String> =
            entries.filter_map(|entry| entry.path.strip_prefix(&discovery.prefix)).map(str::to_string).collect();
        // The sides of a merge conflict share one path.
        paths.dedup();
        paths
    };
    Ok(GitFacts {
        root: work_tree.to_path_buf(),
        head: commit,
        branch,
        tags: count_tags(&folders.common, &packed),
        shallow: folders.common.join("shallow").metadata().is_ok_and(|metadata| metadata.len() > 0),
        tracked: below(&[EntryKind::File, EntryKind::Link]),
        submodules: below(&[EntryKind::Submodule]),
        dirty: None,
    })
}

/// The `.git` folder of a work tree, or the one that its `.git` file names.
fn locate(work_tree: &Path) -> Result<GitFolders, String> {
    let dot_git = work_tree.join(".git");
    let own = if dot_git.is_dir() {
        dot_git
    } else {
        let content = read_regular(&dot_git, MAX_SMALL_BYTES).map_err(|reason| format!(".git is unusable ({reason})"))?;
        let text = String::from_utf8_lossy(&content);
        let target = text.strip_prefix("gitdir:").map(str::trim).filter(|target| !target.is_empty());
        work_tree.join(target.ok_or(".git is a file that names no git folder")?)
    };
    let common = match read_regular(&own.join("commondir"), MAX_SMALL_BYTES) {
        Ok(content) => own.join(String::from_utf8_lossy(&content).trim()),
        Err(_) => own.clone(),
    };
    if common.join("objects").is_dir() {
        Ok(GitFolders { own, common })
    } else {
        Err(".git leads to no git repository".to_string())
    }
}

/// Refuses repositories whose files do not mean what is assumed here.
fn check_config(folders: &GitFolders) -> Result<(), String> {
    let content = match read_regular(&folders.common.join("config"), MAX_CONFIG_BYTES) {
        Ok(content) => content,
        Err(SkipReason::Vanished) => return Ok(()),
        Err(reason) => return Err(format!(".git/config is unusable ({reason})")),
    };
    let text = String::from_utf8_lossy(&content);
    let config = gix::config::File::try_from(text.as_ref()).map_err(|_| ".git/config cannot be parsed")?;
    let value = |key: &str| config.string(key).map(|value| value.to_string().to_ascii_lowercase());
    // A bare repository may have linked work trees.
    if folders.own == folders.common && value("core.bare").as_deref() == Some("true") {
        return Err("the repository is bare: it has no work tree".to_string());
    }
    match value("extensions.objectFormat").as_deref() {
        None | Some("sha1") => {}
        Some(other) => return Err(format!("the object format {other:?} is not supported")),
    }
    match value("extensions.refStorage").as_deref() {
        None | Some("files") => Ok(()),
        Some(other) => Err(format!("the reference storage {other:?} is not supported")),
    }
}

enum Head {
    Commit(String),
    Reference(String),
}

fn parse_head(content: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(content).ok()?.trim();
    match text.strip_prefix("ref:") {
        Some(name) => Some(name.trim()).filter(|name| is_reference(name)).map(|name| Head::Reference(name.to_string())),
        None => commit_id(text).map(Head::Commit),
    }
}

fn commit_id(text: &str) -> Option<String> {
    (text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

/// Is `name` a reference that can be looked up as a path without leaving the git folder?
fn is_reference(name: &str) -> bool {
    let tame = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0', ':']);
    name.starts_with("refs/") && name.len() <= 1024 && name.split('/').all(tame)
}

fn resolve(folders: &GitFolders, packed: &[u8], name: &str) -> Option<String> {
    let mut name = name.to_string();
    for _ in 0..MAX_HOPS {
        let loose = [&folders.own, &folders.common]
            .into_iter()
            .find_map(|folder| read_regular(&folder.join(&name), MAX_SMALL_BYTES).ok());
        match loose {
            Some(content) => match parse_head(&content)? {
                Head::Commit(id) => return Some(id),
                Head::Reference(next) => name = next,
            },
            None => return packed_references(packed).find(|(_, packed)| *packed == name).and_then(|(id, _)| commit_id(id)),
        }
    }
    None
}

/// Id and name of every reference in a `packed-refs` file.
fn packed_references(content: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let lines = content.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    lines.filter(|line| !line.starts_with(['#', '^'])).filter_map(|line| line.trim_end().split_once(' '))
}

/// The git folders of a work tree: its own, and the one of what it shares with others.
///
/// # Errors
/// Why there are none, as half a sentence.
pub(super) fn locate_folders(work_tree: &Path) -> Result<(PathBuf, PathBuf), String> {
    let folders = locate(work_tree)?;
    check_config(&folders)?;
    Ok((folders.own, folders.common))
}

/// Does the git folder `own` say that it belongs to this work tree, as those of linked work trees and submodules do?
pub(super) fn names_work_tree(own: &Path, work_tree: &Path) -> bool {
    let is = |path: PathBuf, wanted: &Path| matches!((path.canonicalize(), wanted.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if let Ok(content) = read_regular(&own.join("gitdir"), MAX_SMALL_BYTES) {
        return is(own.join(String::from_utf8_lossy(&content).trim()), &work_tree.join(".git"));
    }
    let Ok(content) = read_regular(&own.join("config"), MAX_CONFIG_BYTES) else { return false };
    let text = String::from_utf8_lossy(&content);
    let config = gix::config::File::try_from(text.as_ref()).ok();
    let named = config.and_then(|config| config.string("core.worktree").map(|value| value.to_string()));
    named.is_some_and(|named| is(own.join(named), work_tree))
}

/// The ids that the references of a repository name, of the other work trees, too; and that of HEAD.
pub(super) fn tips(own: &Path, common: &Path) -> (Vec<String>, Option<String>) {
    let folders = GitFolders { own: own.to_path_buf(), common: common.to_path_buf() };
    let packed = read_regular(&common.join("packed-refs"), MAX_PACKED_REFS_BYTES).unwrap_or_default();
    // What a symbolic reference names is listed itself.
    let of_file = |path: &Path| match parse_head(&read_regular(path, MAX_SMALL_BYTES).ok()?)? {
        Head::Commit(id) => Some(id),
        Head::Reference(_) => None,
    };
    let mut tips: Vec<String> = packed_references(&packed).filter_map(|(id, _)| commit_id(id)).take(MAX_REFERENCES).collect();
    let mut waiting = vec![(common.join("refs"), 0), (own.join("refs"), 0), (common.join("worktrees"), MAX_DEPTH - 1)];
    while let Some((folder, depth)) = waiting.pop() {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_file() && tips.len() < MAX_REFERENCES && depth <= MAX_DEPTH => {
                    let is_head = depth < MAX_DEPTH || entry.file_name() == "HEAD";
                    tips.extend(Some(entry.path()).filter(|_| is_head).and_then(|path| of_file(&path)));
                }
                Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => waiting.push((entry.path(), depth + 1)),
                _ => {}
            }
        }
    }
    tips.extend(of_file(&common.join("HEAD")));
    let head = match read_regular(&own.join("HEAD"), MAX_SMALL_BYTES).ok().as_deref().and_then(parse_head) {
        Some(Head::Commit(id)) => Some(id),
        Some(Head::Reference(name)) => resolve(&folders, &packed, &name),
        None => None,
    };
    (tips, head)
}

fn count_tags(common: &Path, packed: &[u8]) -> usize {
    let mut tags: BTreeSet<String> = packed_references(packed)
        .filter_map(|(_, name)| name.strip_prefix("refs/tags/"))
        .take(MAX_TAGS)
        .map(str::to_string)
        .collect();
    let mut folders = vec![(common.join("refs/tags"), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        let Ok(listing) = folder.read_dir() else { continue };
        for entry in listing.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = format!("{prefix}{name}");
            if kind.is_file() && tags.len() < MAX_TAGS {
                tags.insert(name);
            } else if kind.is_dir() && depth < MAX_HOPS {
                folders.push((entry.path(), format!("{name}/"), depth + 1));
            }
        }
    }
    tags.len()
}

impl Discovery {
    /// Fills in `dirty`. `seen` says how the walk saw a tracked file (relative to the audited root; asked in order of path);
    /// whatever it did not see is asked of the file system.
    pub(super) fn compare(&mut self, mut seen: impl FnMut(&str) -> Option<Stamp>) {
        let (Some(facts), Some(work_tree)) = (&mut self.facts, &self.work_tree) else { return };
        let Ok(written) = self.index_file.metadata().and_then(|metadata| metadata.modified()) else { return };
        let below = self.index.entries.iter().filter_map(|entry| {
            let path = entry.path.strip_prefix(&self.prefix)?;
            let look = || match work_tree.join(&entry.path).symlink_metadata() {
                Ok(found) => Seen::Other(Stamp::of(&found)),
                Err(_) => Seen::Gone,
            };
            Some((entry, seen(path).map_or_else(look, Seen::Walked)))
        });
        facts.dirty = git_index::is_dirty(&self.index, below, written, work_tree);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::git_index::testing::{encode, file};
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    /// A work tree whose `.git` holds these files and an empty object store.
    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("tempdir");
        fs::create_dir_all(folder.path().join(".git/objects")).expect("created");
        for (path, text) in files {
            let path = folder.path().join(".git").join(path);
            fs::create_dir_all(path.parent().expect("parent")).expect("created");
            fs::write(path, text).expect("written");
        }
        folder
    }

    fn facts(files: &[(&str, &str)]) -> GitFacts {
        let folder = repository(files);
        let found = discover(folder.path());
        assert_eq!(found.notes, Vec::<String>::new());
        found.facts.expect("facts")
    }

    fn note(files: &[(&str, &str)]) -> String {
        let folder = repository(files);
        let found = discover(folder.path());
        assert_eq!(found.facts, None);
        assert_eq!(found.work_tree.as_deref(), Some(folder.path()));
        found.notes.join(" ")
    }

    #[test]
    fn head_is_resolved() {
        let loose = facts(&[("HEAD", "ref: refs/heads/main\n"), ("refs/heads/main", ID)]);
        assert_eq!((loose.head.as_deref(), loose.branch.as_deref()), (Some(ID), Some("main")));
        let packed =
            facts(&[("HEAD", "ref: refs/heads/feat/x"), ("packed-refs", &format!("# pack-refs\n{ID} refs/heads/feat/x\n"))]);
        assert_eq!((packed.head.as_deref(), packed.branch.as_deref()), (Some(ID), Some("feat/x")));
        let detached = facts(&[("HEAD", ID)]);
        assert_eq!((detached.head.as_deref(), detached.branch), (Some(ID), None));
        let unborn = facts(&[("HEAD", "ref: refs/heads/main")]);
        assert_eq!((unborn.head, unborn.branch.as_deref()), (None, Some("main")));
        let circle = facts(&[("HEAD", "ref: refs/heads/a"), ("refs/heads/a", "ref: refs/heads/a")]);
        assert_eq!(circle.head, None);
    }

    #[test]
    fn tags_and_shallow_are_counted() {
        let packed = format!("{ID} refs/tags/v1\n^{ID}\n{ID} refs/tags/v2\n{ID} refs/heads/main\n");
        let files =
            [("HEAD", ID), ("packed-refs", packed.as_str()), ("refs/tags/v2", ID), ("refs/tags/rc/v3", ID), ("shallow", ID)];
        let found = facts(&files);
        assert_eq!((found.tags, found.shallow), (3, true));
        assert!(!facts(&[("HEAD", ID)]).shallow);
    }

    #[test]
    fn unusable_repositories_are_noted() {
        assert!(note(&[]).contains(".git/HEAD is unusable (disappeared"));
        assert!(note(&[("HEAD", "ref: ../../etc/passwd")]).contains("neither a branch nor a commit"));
        assert!(note(&[("HEAD", "ref: refs/../../../etc/passwd")]).contains("neither a branch nor a commit"));
        assert!(note(&[("HEAD", ID), ("config", "[core]\n\tbare = true\n")]).contains("bare"));
        assert!(note(&[("HEAD", ID), ("config", "[extensions]\n\tobjectFormat = sha256\n")]).contains("sha256"));
        assert!(note(&[("HEAD", ID), ("config", "[extensions]\n\trefStorage = reftable\n")]).contains("reftable"));
        assert!(note(&[("HEAD", ID), ("config", "\u{0}[[[")]).contains("cannot be parsed"));
        assert!(note(&[("HEAD", ID), ("index", "nonsense")]).contains("index"));
    }

    #[test]
    fn dot_git_may_be_a_file() {
        let main = repository(&[("HEAD", ID), ("worktrees/w/HEAD", "ref: refs/heads/w"), ("refs/heads/w", ID)]);
        let common = main.path().join(".git");
        fs::write(common.join("worktrees/w/commondir"), "../..\n").expect("written");
        fs::write(common.join("config"), "[core]\n\tbare = true\n").expect("written");
        let linked = tempfile::tempdir().expect("tempdir");
        fs::write(linked.path().join(".git"), format!("gitdir: {}\n", common.join("worktrees/w").display())).expect("written");
        let found = discover(linked.path()).facts.expect("facts");
        assert_eq!((found.head.as_deref(), found.branch.as_deref()), (Some(ID), Some("w")));

        for text in ["", "gitdir:", "gitdir: nowhere", "what?"] {
            fs::write(linked.path().join(".git"), text).expect("written");
            let found = discover(linked.path());
            assert_eq!((found.facts, found.notes.len()), (None, 1), "{text:?}");
        }
    }

    #[test]
    fn tracked_paths_are_seen_from_the_audited_root() {
        let folder = repository(&[("HEAD", ID)]);
        let stamp = Stamp { size: 0, seconds: 1, nanoseconds: 0 };
        let mut entries: Vec<_> = ["a.py", "api/b.py", "api/lib", "apix/c.py"].map(|path| file(path, stamp, b"")).into();
        entries[2].kind = EntryKind::Submodule;
        fs::write(folder.path().join(".git/index"), encode(2, &entries, true)).expect("written");
        fs::create_dir(folder.path().join("api")).expect("created");
        let whole = discover(folder.path()).facts.expect("facts");
        assert_eq!(whole.tracked, ["a.py", "api/b.py", "apix/c.py"]);
        let part = discover(&folder.path().join("api"));
        assert_eq!(part.prefix, "api/");
        let part = part.facts.expect("facts");
        assert_eq!((part.tracked, part.submodules), (vec!["b.py".to_string()], vec!["lib".to_string()]));
        assert_eq!(part.root, folder.path());
    }

    #[test]
    fn no_git_is_no_note() {
        let folder = tempfile::tempdir().expect("tempdir");
        let found = discover(folder.path());
        assert_eq!((found.facts, found.work_tree, found.notes.len()), (None, None, 0));
    }
}
