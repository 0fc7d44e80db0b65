//! Components: which folders are deployable units or libraries of their own, and which file belongs to which.
//!
//! A folder is a candidate if it has a manifest, a Dockerfile or, where nothing above it has one, an entry point
//! ([`candidates`]). Candidates without source of their own are merged upwards, deepest first. The nearest remaining one owns a
//! file; what nobody owns, and infrastructure, pipelines and documents at the root, are shared. To teach it a manifest, an
//! entry point or a file that is no source, see [`candidates`].
//!
//! Decisions that are not obvious:
//! - A Dockerfile or entry point without a manifest of its own builds from the package around it, and includes that.
//! - The root's own Dockerfile belongs to the root component, if there is one; compose files and manifests of clusters are
//!   shared.
//! - A root that cannot be started, beside components that can, is common ground: its files are shared.
//! - A .NET project that is not started is part of the components that reference it, or else of what is around it.
//! - What others are built from and nothing starts is part of them, whatever its files are called ([`parts`]).
//! - At the root, `scripts/` and configuration written in code make no component beside others; its source is judged with one
//!   component ([`tooling`]).

mod candidates;
mod contexts;
mod gradle;
mod launched;
mod parts;
mod reach;
mod tooling;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::role::Role;

use super::file_set::FileSet;
use super::role::is_dockerfile;
use super::view::FileId;
use candidates::{Candidate, is_data, is_entry_point, is_source, is_tooling};
pub use contexts::{below, built, lent};
pub use launched::{holds_commands, launched, words};
use reach::Reach;

/// What a layout needs to know of a file.
#[derive(Debug, Clone, Copy)]
pub struct LayoutFile<'a> {
    /// Relative POSIX path.
    pub path: &'a str,
    pub role: Role,
}

/// What a layout needs to know of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManifestHint {
    /// The folder it is in; "." or "" for the root.
    pub dir: String,
    /// Names are looked up within one ecosystem.
    pub ecosystem: String,
    pub name: Option<String>,
    /// Packages of this repository that it uses: by name, by a path (to a folder or a project file) relative to `dir`,
    /// or by the path of a Gradle project, which begins with a colon.
    pub local_dependencies: Vec<String>,
    pub is_workspace_root: bool,
    pub has_entry_point: bool,
    /// It says nothing of how the package is started.
    pub is_part: bool,
    /// A kit for web applications builds it.
    pub is_web: bool,
}

/// A folder that is judged on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its path; `.` for the root.
    pub id: String,
    /// Relative POSIX path of its folder; `.` for the root.
    pub path: String,
    /// The components whose files it uses as well, directly or through others; ascending.
    pub includes: Vec<usize>,
    /// False for a library that is judged as part of the deployable components that include it.
    pub deployable: bool,
}

/// The components of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Ordered by path.
    pub components: Vec<Component>,
    /// By file, in the order given: the component that owns it; `None` for a file that all share.
    pub owner: Vec<Option<usize>>,
    /// Folders that would be components, but are beyond the limit of 1,000 and were merged upwards.
    pub merged: usize,
    /// Folders of what could be started, but is judged as part of others.
    pub parts: Vec<String>,
}

/// More components than this are no repository that a person could read a report about.
const MAX_COMPONENTS: usize = 1_000;

impl Layout {
    /// For each component, the files that it is judged by: its own, those of the components that it includes, and those that all share.
    pub fn seen(&self) -> Vec<FileSet> {
        let mut shared = FileSet::none_of(self.owner.len());
        let mut owned: Vec<Vec<FileId>> = vec![Vec::new(); self.components.len()];
        for (file, owner) in (0..).map(FileId).zip(&self.owner) {
            match owner {
                Some(owner) => owned[*owner].push(file),
                None => shared.insert(file),
            }
        }
        let of = |(index, component): (usize, &Component)| {
            let mut seen = shared.clone();
            component.includes.iter().chain([&index]).flat_map(|owner| &owned[*owner]).for_each(|file| seen.insert(*file));
            seen
        };
        self.components.iter().enumerate().map(of).collect()
    }

    /// Finds the components of a repository. A repository without any, but with files, is one component.
    pub fn of(files: &[LayoutFile<'_>], hints: &[ManifestHint]) -> Layout {
        Layout::with(files, hints, &BTreeSet::new())
    }

    /// The same, where commands start what lies in the `launched` folders.
    pub fn with(files: &[LayoutFile<'_>], hints: &[ManifestHint], launched: &BTreeSet<String>) -> Layout {
        let mut found = candidates::find(files, hints);
        found.iter_mut().for_each(|(folder, candidate)| candidate.is_launched = launched.contains(folder));
        let merged = limit(&mut found);
        settle(files, &mut found);
        if found.is_empty() && !files.is_empty() {
            found.insert(String::new(), Candidate::default());
        }
        let mut links = Links::between(files, hints, &found);
        let unused = links.unused_libraries(&found);
        if !unused.is_empty() {
            found.retain(|folder, _| !unused.contains(folder));
            if found.is_empty() {
                found.insert(String::new(), Candidate::default());
            }
            links = Links::between(files, hints, &found);
        }
        if links.root_is_common_ground(&found) {
            found.remove("");
            links = Links::between(files, hints, &found);
        }
        let deployable = parts::deployable(&links.includes, &links.started);
        let parts = links.parts.iter().filter_map(|part| found.keys().nth(*part).cloned()).collect();
        let components = found.keys().zip(links.includes).zip(deployable).map(|((folder, includes), deployable)| {
            let path = if folder.is_empty() { "." } else { folder }.to_string();
            Component { id: path.clone(), path, includes, deployable }
        });
        let components: Vec<Component> = components.collect();
        tooling::assign(files, &components, &mut links.owner);
        Layout { components, owner: links.owner, merged, parts }
    }
}

/// How files and components hang together; components are numbered in order of path.
struct Links {
    /// By file.
    owner: Vec<Option<usize>>,
    /// By component.
    includes: Vec<Vec<usize>>,
    /// By component: can it be started?
    started: Vec<bool>,
    /// The components that could be, but are started as parts of others only.
    parts: Vec<usize>,
}

impl Links {
    fn between(files: &[LayoutFile<'_>], hints: &[ManifestHint], found: &BTreeMap<String, Candidate>) -> Links {
        let folders: Vec<&str> = found.keys().map(String::as_str).collect();
        let owner = owners(files, &folders, found.get("").is_some_and(|root| root.is_workspace_root));
        let includes = includes(found, &folders, hints);
        let by_file = started_by_file(files, &owner, found);
        let mut started: Vec<bool> =
            found.values().zip(&by_file).map(|(candidate, by_file)| candidate.is_started() || *by_file).collect();
        let mut parts = parts::of(found, &includes, &by_file);
        parts.retain(|part| std::mem::take(&mut started[*part]));
        Links { owner, includes, started, parts }
    }

    /// Does the root only hold code for the components below it? Then nobody would find it under the root's name.
    fn root_is_common_ground(&self, found: &BTreeMap<String, Candidate>) -> bool {
        let is_started = self.started.first().copied().unwrap_or_default();
        let is_included = self.includes.iter().any(|includes| includes.first() == Some(&0));
        found.contains_key("") && !is_started && !is_included && self.started.contains(&true)
    }

    /// Folders of .NET libraries that no component which can be started includes.
    fn unused_libraries(&self, found: &BTreeMap<String, Candidate>) -> BTreeSet<String> {
        let unused = found.iter().zip(self.apart()).filter(|((_, candidate), apart)| candidate.is_library && *apart);
        unused.map(|((folder, _), _)| folder.clone()).collect()
    }

    /// By component: can it be started, or is it part of nothing that can?
    fn apart(&self) -> Vec<bool> {
        let mut used = vec![false; self.started.len()];
        for (includes, _) in self.includes.iter().zip(&self.started).filter(|(_, started)| **started) {
            includes.iter().for_each(|library| used[*library] = true);
        }
        self.started.iter().zip(used).map(|(started, used)| *started || !used).collect()
    }
}

/// Which components have a file that is an entry point by its name.
fn started_by_file(files: &[LayoutFile<'_>], owner: &[Option<usize>], found: &BTreeMap<String, Candidate>) -> Vec<bool> {
    let mut started = vec![false; found.len()];
    let folders: Vec<&String> = found.keys().collect();
    for (file, owner) in files.iter().zip(owner) {
        let Some(owner) = *owner else { continue };
        if !started[owner] && file.role == Role::Production {
            started[owner] = is_entry_point(file.path[folders[owner].len()..].trim_start_matches('/'));
        }
    }
    started
}

/// The folder of a path; "" for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Keeps the candidates nearest to the root. Returns how many had to go.
fn limit(found: &mut BTreeMap<String, Candidate>) -> usize {
    if found.len() <= MAX_COMPONENTS {
        return 0;
    }
    let mut folders: Vec<String> = found.keys().cloned().collect();
    folders.sort_by_key(|folder| if folder.is_empty() { 0 } else { folder.matches('/').count() + 1 });
    let gone = folders.split_off(MAX_COMPONENTS);
    for folder in &gone {
        found.remove(folder);
    }
    gone.len()
}

/// What speaks for a candidate.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// Source files that only a component has.
    source: usize,
    /// Source files that tooling around components has as well.
    tooling: usize,
    /// Other production files that are more than data.
    other: usize,
}

/// Removes candidates that are no components, deepest first.
fn settle(files: &[LayoutFile<'_>], found: &mut BTreeMap<String, Candidate>) {
    let folders: Vec<String> = found.keys().cloned().collect();
    let names: Vec<&str> = folders.iter().map(String::as_str).collect();
    let mut nearest = Nearest::new(&names);
    let mut weights = vec![Weight::default(); folders.len()];
    for file in files.iter().filter(|file| file.role == Role::Production) {
        let Some(index) = nearest.of(folder_of(file.path)) else { continue };
        let weight = &mut weights[index];
        if is_source(file.path) {
            let inside = file.path[names[index].len()..].trim_start_matches('/');
            if is_tooling(inside) { weight.tooling += 1 } else { weight.source += 1 }
        } else if !is_data(file.path) {
            weight.other += 1;
        }
    }
    let mut kept = 0;
    // In reverse order of path a folder comes after everything inside it.
    for index in (0..folders.len()).rev() {
        let folder = &folders[index];
        let Some(candidate) = found.get(folder) else { continue };
        let weight = weights[index];
        let around_others = kept > 0 && (folder.is_empty() || candidate.is_workspace_root);
        let stays = if around_others {
            weight.source > 0
        } else {
            weight.source + weight.tooling > 0 || (candidate.has_dockerfile && weight.other > 0)
        };
        if stays {
            kept += 1;
            continue;
        }
        found.remove(folder);
        // What lies in a folder that is no component speaks for the one around it.
        if let Some(above) = (!folder.is_empty()).then(|| nearest.of(folder_of(folder))).flatten() {
            weights[above].source += weight.source;
            weights[above].tooling += weight.tooling;
            weights[above].other += weight.other;
        }
    }
}

/// Finds the innermost of some folders that holds a given one.
struct Nearest<'a> {
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Nearest<'a> {
    fn new(folders: &[&'a str]) -> Nearest<'a> {
        Nearest { known: folders.iter().enumerate().map(|(index, folder)| (*folder, Some(index))).collect() }
    }

    /// Each folder on the way is asked about once, however many files it holds.
    fn of(&mut self, folder: &'a str) -> Option<usize> {
        let mut asked = Vec::new();
        let mut step = folder;
        let answer = loop {
            if let Some(answer) = self.known.get(step) {
                break *answer;
            }
            asked.push(step);
            if step.is_empty() {
                break None;
            }
            step = folder_of(step);
        };
        self.known.extend(asked.into_iter().map(|step| (step, answer)));
        answer
    }
}

fn owners(files: &[LayoutFile<'_>], folders: &[&str], root_is_workspace: bool) -> Vec<Option<usize>> {
    let mut nearest = Nearest::new(folders);
    let several = folders.len() > 1;
    files
        .iter()
        .map(|file| {
            let owner = nearest.of(folder_of(file.path))?;
            let locks_all = root_is_workspace && folder_of(file.path).is_empty() && contexts::is_lockfile(file.path);
            let shared = folders[owner].is_empty() && several && (locks_all || concerns_all(file));
            (!shared).then_some(owner)
        })
        .collect()
}

/// Is a file of the root component about the other components as well?
fn concerns_all(file: &LayoutFile<'_>) -> bool {
    match file.role {
        Role::Infra => !(folder_of(file.path).is_empty() && is_dockerfile(file.path)),
        Role::Ci | Role::Docs => true,
        _ => matches!(file.path, ".gitignore" | ".gitattributes" | ".editorconfig" | "CODEOWNERS"),
    }
}

/// By component: the components it includes, directly or through others; ascending.
fn includes(found: &BTreeMap<String, Candidate>, folders: &[&str], hints: &[ManifestHint]) -> Vec<Vec<usize>> {
    let mut nearest = Nearest::new(folders);
    let mut reach = Reach::new(folders.len());
    let names = names(&mut nearest, hints);
    let projects = gradle::Projects::new(folders, hints);
    for hint in hints {
        let folder = candidates::normal(&hint.dir);
        let Some(from) = nearest.of(folder) else { continue };
        for dependency in &hint.local_dependencies {
            let named = names.get(&(hint.ecosystem.as_str(), dependency.as_str())).copied();
            let found = || projects.of(folder, dependency).or_else(|| by_path(folders, folder, dependency));
            if let Some(to) = named.or_else(found) {
                reach.add(from, to);
            }
        }
    }
    for (index, (folder, candidate)) in found.iter().enumerate() {
        if !candidate.has_manifest && !folder.is_empty() {
            let around = std::iter::successors(nearest.of(folder_of(folder)), |above| {
                let folder = folders[*above];
                (!folder.is_empty()).then(|| nearest.of(folder_of(folder))).flatten()
            });
            let mut packages = around.filter(|above| found.get(folders[*above]).is_some_and(|above| above.has_manifest));
            if let Some(package) = packages.next() {
                reach.add(index, package);
            }
        }
    }
    reach.close()
}

/// The component of each named package.
fn names<'a>(nearest: &mut Nearest<'a>, hints: &'a [ManifestHint]) -> BTreeMap<(&'a str, &'a str), usize> {
    let mut names = BTreeMap::new();
    for hint in hints {
        let Some(name) = hint.name.as_deref().filter(|name| !name.is_empty()) else { continue };
        if let Some(component) = nearest.of(candidates::normal(&hint.dir)) {
            names.entry((hint.ecosystem.as_str(), name)).or_insert(component);
        }
    }
    names
}

/// The component at a path that is written relative to `folder`: a folder, or a project file in it.
fn by_path(folders: &[&str], folder: &str, written: &str) -> Option<usize> {
    let at = |path: &str| folders.binary_search(&path).ok();
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    let path = parts.join("/");
    at(&path).or_else(|| if candidates::is_manifest(&path) { at(folder_of(&path)) } else { None })
}

#[cfg(test)]
mod tests;
