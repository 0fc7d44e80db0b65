//! The disk as a source: one parallel walk of the audited folder, ordered by path.
//!
//! A file is an entry if git tracks it, or if git would not ignore it and it lies in no folder that only tools fill. Links are never
//! followed. The walk goes level by level, each level in parallel, so neither depth nor timing changes the result. To leave out
//! another kind of folder, see `PRUNED` in [`super::source`].

use std::ffi::OsStr;
use std::fmt;
use std::fs::{DirEntry, File, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::model::report::SkippedFile;

use super::git::{self, Discovery, GitFacts};
use super::git_index::Stamp;
use super::ignore_rules::{Chain, IgnoreRules, MAX_RULE_FILE_BYTES};
use super::source::{FileEntry, MAX_FILE_BYTES, SkipReason, Source, is_pruned, read_opened, read_regular, tracks_inside};

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
                write!(f, "there is no folder {}: check the spelling, or give the path of a checked-out repository", path.display())
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

    /// What leads from the git root to the audited root: "" when they are the same, `None` without git. Unless it is "", what hosts
    /// expect at the root of a repository (`.github/workflows`) has no effect where the audit sees it.
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
        read_opened(File::open(self.root.join(&entry.path))?, MAX_FILE_BYTES)
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

/// A file that the walk came across.
#[derive(Debug)]
struct Found {
    path: String,
    size: u64,
    stamp: Stamp,
}

/// A folder still to be listed.
struct Folder {
    /// Relative POSIX path; "" for the root.
    path: String,
    /// The rules of the nearest folder above that has some.
    chain: Option<Arc<Chain>>,
    /// Only what git tracks counts in here.
    tracked_only: bool,
}

/// What one folder, or the whole walk, brought up.
#[derive(Default)]
struct Listing {
    files: Vec<Found>,
    folders: Vec<Folder>,
    skipped: Vec<SkippedFile>,
    rules: Vec<Arc<Chain>>,
    pruned: usize,
}

impl Listing {
    fn skip(&mut self, path: String, reason: SkipReason) {
        self.skipped.push(SkippedFile { path, reason: reason.to_string() });
    }

    /// Takes over everything but the folders, which are returned.
    fn absorb(&mut self, other: Listing) -> Vec<Folder> {
        self.files.extend(other.files);
        self.skipped.extend(other.skipped);
        self.rules.extend(other.rules);
        self.pruned += other.pruned;
        other.folders
    }
}

struct Walk<'a> {
    root: &'a Path,
    git: Option<&'a GitFacts>,
}

impl Walk<'_> {
    fn run(&self, behind: Option<Arc<Chain>>) -> Listing {
        let mut all = Listing::default();
        let mut level = vec![Folder { path: String::new(), chain: behind, tracked_only: false }];
        while !level.is_empty() {
            let listings: Vec<Listing> = level.par_iter().map(|folder| self.list(folder)).collect();
            level = listings.into_iter().flat_map(|listing| all.absorb(listing)).collect();
        }
        all
    }

    fn list(&self, folder: &Folder) -> Listing {
        let mut listing = Listing::default();
        let absolute = self.root.join(&folder.path);
        let listed = match absolute.read_dir() {
            Ok(listed) => listed,
            Err(error) => {
                let path = if folder.path.is_empty() { ".".to_string() } else { folder.path.clone() };
                listing.skip(path, error.into());
                return listing;
            }
        };
        let mut children: Vec<DirEntry> = Vec::new();
        for child in listed {
            match child {
                Ok(child) if child.file_name() == ".git" => {}
                Ok(child) => children.push(child),
                Err(error) => listing.skip(folder.path.clone(), error.into()),
            }
        }
        let chain = self.rules_of(folder, &absolute, &children, &mut listing);
        for child in &children {
            self.visit(folder, child, chain.as_ref(), &mut listing);
        }
        listing
    }

    /// The rules in force in a folder, its own first.
    fn rules_of(&self, folder: &Folder, absolute: &Path, children: &[DirEntry], listing: &mut Listing) -> Option<Arc<Chain>> {
        let parent = folder.chain.clone();
        if folder.tracked_only || !children.iter().any(|child| child.file_name() == ".gitignore") {
            return parent;
        }
        let Ok(content) = read_regular(&absolute.join(".gitignore"), MAX_RULE_FILE_BYTES) else { return parent };
        let Some(link) = Chain::of_file(&folder.path, &join(&folder.path, ".gitignore"), &content, parent.clone()) else {
            return parent;
        };
        let link = Arc::new(link);
        listing.rules.push(Arc::clone(&link));
        Some(link)
    }

    fn visit(&self, folder: &Folder, child: &DirEntry, chain: Option<&Arc<Chain>>, listing: &mut Listing) {
        let name = child.file_name();
        let Some(name) = name.to_str() else {
            if !folder.tracked_only {
                listing.skip(join(&folder.path, &name.to_string_lossy()), SkipReason::NameNotUtf8);
            }
            return;
        };
        let path = join(&folder.path, name);
        match child.file_type() {
            Err(error) => listing.skip(path, error.into()),
            Ok(kind) if kind.is_dir() => self.visit_folder(folder, child, name, path, chain, listing),
            Ok(kind) => {
                let left_out = folder.tracked_only || Chain::ignores(chain, &path, false);
                if !left_out || self.tracks(&path) {
                    self.visit_file(child, kind, path, listing);
                }
            }
        }
    }

    fn visit_folder(
        &self,
        parent: &Folder,
        child: &DirEntry,
        name: &str,
        path: String,
        chain: Option<&Arc<Chain>>,
        listing: &mut Listing,
    ) {
        let mut tracked_only = parent.tracked_only;
        if !tracked_only {
            // Tool folders first: most are ignored as well, and the count should name them.
            let pruned = is_pruned(name, |file| child.path().join(file).is_file());
            listing.pruned += usize::from(pruned);
            tracked_only = pruned || Chain::ignores(chain, &path, true);
        }
        if !tracked_only || self.git.is_some_and(|git| tracks_inside(&git.tracked, &path)) {
            listing.folders.push(Folder { path, chain: chain.cloned(), tracked_only });
        }
    }

    fn visit_file(&self, child: &DirEntry, kind: FileType, path: String, listing: &mut Listing) {
        if kind.is_symlink() {
            if self.leads_outside(&child.path()) {
                listing.skip(path, SkipReason::OutsideLink);
            }
            return;
        }
        if !kind.is_file() {
            listing.skip(path, SkipReason::NotRegular);
            return;
        }
        match child.metadata() {
            Ok(metadata) => listing.files.push(Found { path, size: metadata.len(), stamp: Stamp::of(&metadata) }),
            Err(error) => listing.skip(path, error.into()),
        }
    }

    fn tracks(&self, path: &str) -> bool {
        self.git.is_some_and(|git| git.tracked.binary_search_by(|tracked| tracked.as_str().cmp(path)).is_ok())
    }

    fn leads_outside(&self, link: &Path) -> bool {
        match link.canonicalize() {
            Ok(target) => !target.starts_with(self.root),
            // Broken, or a loop: what it says is all there is.
            Err(_) => link.read_link().is_ok_and(|target| !spelled_inside(self.root, link, &target)),
        }
    }
}

/// Does the text of a link stay below `root`?
fn spelled_inside(root: &Path, link: &Path, target: &Path) -> bool {
    let mut place = link.parent().unwrap_or(root).to_path_buf();
    for part in target.components() {
        match part {
            Component::RootDir | Component::Prefix(_) => place = PathBuf::from(part.as_os_str()),
            Component::ParentDir => {
                place.pop();
            }
            Component::CurDir => {}
            Component::Normal(name) => place.push::<&OsStr>(name),
        }
    }
    place.starts_with(root)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        return name.to_string();
    }
    let mut path = String::with_capacity(folder.len() + 1 + name.len());
    path.push_str(folder);
    path.push('/');
    path.push_str(name);
    path
}
