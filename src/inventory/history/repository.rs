//! Where a repository's objects and references are; and repositories in memory, for the tests inside checks.
//!
//! The `.git` of an audited folder may be a file that names another place. That is followed only if the place names the folder in
//! turn, as git itself arranges it for linked work trees and submodules; else a folder could have anybody's history read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::inventory::git;

use super::store::Store;
use super::{Id, Kind};

/// Packs and indices up to this size, together and in bytes, are read without being asked to.
const MAX_SMALL_BYTES: u64 = 8 * 1024 * 1024;
/// So are up to this many loose objects.
const MAX_SMALL_LOOSE: usize = 8_000;

/// The history of a work tree, ready to be read.
pub struct Repository {
    pub(super) store: Store,
    /// What references name, each once.
    pub(super) tips: Vec<Id>,
    pub(super) head: Option<Id>,
    pub(super) shallow: bool,
    /// What leads from the work tree to the audited folder, ending in `/`; empty when they are the same.
    pub(super) prefix: String,
}

/// The files of one commit, for tests.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// By path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Seconds since 1970.
    pub time: i64,
}

impl Repository {
    /// Opens the repository of a work tree; `audited` is that folder or one below it. Both are without links.
    ///
    /// # Errors
    /// Why the history cannot be read, as half a sentence.
    pub fn open(work_tree: &Path, audited: &Path) -> Result<Repository, String> {
        let (own, common) = folders(work_tree)?;
        let store = Store::open(&common.join("objects"))?;
        let (tips, head) = git::tips(&own, &common);
        let mut tips: Vec<Id> = tips.iter().filter_map(|id| Id::of_hex(id)).collect();
        let head = head.as_deref().and_then(Id::of_hex);
        tips.extend(head);
        tips.sort_unstable();
        tips.dedup();
        let mut prefix = String::new();
        for part in audited.strip_prefix(work_tree).map_err(|_| "it does not hold the audited folder")?.components() {
            prefix.push_str(part.as_os_str().to_str().ok_or("the path of the audited folder is not valid UTF-8")?);
            prefix.push('/');
        }
        let shallow = common.join("shallow").metadata().is_ok_and(|metadata| metadata.len() > 0);
        Ok(Repository { store, tips, head, shallow, prefix })
    }

    /// A repository in memory: one commit after the other, the last of them HEAD.
    pub fn of_snapshots(snapshots: &[Snapshot], shallow: bool) -> Repository {
        let mut objects = BTreeMap::new();
        let mut head: Option<Id> = None;
        for snapshot in snapshots {
            let tree = write_tree(&mut objects, &snapshot.files);
            let parent = head.map_or(String::new(), |id| format!("parent {}\n", super::hex(&id)));
            let who = format!("Test <test@example.org> {} +0000", snapshot.time);
            let text = format!("tree {}\n{parent}author {who}\ncommitter {who}\n\na change\n", super::hex(&tree));
            head = Some(put(&mut objects, Kind::Commit, text.into_bytes()));
        }
        Repository { store: Store::of_memory(objects), tips: head.into_iter().collect(), head, shallow, prefix: String::new() }
    }

    /// Do the objects of a work tree take so little that reading them costs less than reading its files?
    pub fn is_small(work_tree: &Path) -> bool {
        let Ok((_, common)) = folders(work_tree) else { return true };
        let listed = |folder: PathBuf| folder.read_dir().into_iter().flatten().flatten();
        let mut size = 0;
        for entry in listed(common.join("objects/pack")) {
            size += entry.metadata().map_or(0, |metadata| metadata.len());
        }
        // Loose objects are spread evenly: one folder of the 256 tells how many there are.
        let sample = (0..8).map(|first| listed(common.join(format!("objects/{first:02x}"))).take(MAX_SMALL_LOOSE).count());
        size <= MAX_SMALL_BYTES && sample.sum::<usize>() * 32 <= MAX_SMALL_LOOSE
    }
}

/// The folder of a work tree's own git files, and the one of what it shares.
fn folders(work_tree: &Path) -> Result<(PathBuf, PathBuf), String> {
    let dot_git = work_tree.join(".git");
    let metadata = dot_git.symlink_metadata().map_err(|_| ".git is missing")?;
    if metadata.is_symlink() {
        return Err("`.git` is a link".to_owned());
    }
    let (own, common) = git::locate_folders(work_tree)?;
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if metadata.is_dir() {
        return if same(&own, &common) {
            Ok((own, common))
        } else {
            Err("`.git` shares the objects of another repository".to_owned())
        };
    }
    let names_back = git::names_work_tree(&own, work_tree);
    let shares_its_parent = same(&own, &common) || same(&common, &own.join("../.."));
    if names_back && shares_its_parent {
        Ok((own, common))
    } else {
        Err("`.git` leads to a repository that does not know this folder".to_owned())
    }
}

fn put(objects: &mut BTreeMap<Id, (Kind, Vec<u8>)>, kind: Kind, content: Vec<u8>) -> Id {
    let named = match kind {
        Kind::Commit => gix::objs::Kind::Commit,
        Kind::Tree => gix::objs::Kind::Tree,
        Kind::Blob => gix::objs::Kind::Blob,
        Kind::Tag => gix::objs::Kind::Tag,
    };
    let hash = gix::objs::compute_hash(gix::hash::Kind::Sha1, named, &content).ok();
    let id = hash.and_then(|hash| Id::of_bytes(hash.as_bytes())).unwrap_or(Id([0; 20]));
    objects.insert(id, (kind, content));
    id
}

/// A folder being written as a tree: its entries by name.
#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: BTreeMap<String, Id>,
}

fn write_tree(objects: &mut BTreeMap<Id, (Kind, Vec<u8>)>, files: &BTreeMap<String, Vec<u8>>) -> Id {
    let mut root = Folder::default();
    for (path, content) in files {
        let mut folder = &mut root;
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        for part in above.split('/').filter(|part| !part.is_empty()) {
            folder = folder.folders.entry(part.to_owned()).or_default();
        }
        folder.files.insert(name.to_owned(), put(objects, Kind::Blob, content.clone()));
    }
    root.write(objects)
}

impl Folder {
    fn write(&self, objects: &mut BTreeMap<Id, (Kind, Vec<u8>)>) -> Id {
        // Git orders folders as if their names ended in a slash.
        let mut entries: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let entry = |mode: &str, name: &str, id: Id| [format!("{mode} {name}\0").as_bytes(), &id.0].concat();
        for (name, folder) in &self.folders {
            let id = folder.write(objects);
            entries.insert(format!("{name}/"), entry("40000", name, id));
        }
        for (name, id) in &self.files {
            entries.insert(name.clone(), entry("100644", name, *id));
        }
        put(objects, Kind::Tree, entries.into_values().flatten().collect())
    }
}
