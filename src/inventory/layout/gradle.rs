//! Projects of a Gradle build: which component `:libs:core` is.
//!
//! A project path counts from the root of its build, which is a folder around the project that names it; the folders of a project
//! follow the path unless the settings say otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{ManifestHint, candidates, folder_of};

/// The components, as project paths name them.
pub(super) struct Projects<'a> {
    by_folder: BTreeMap<String, usize>,
    /// By the last part of the path; `None` for a name that several have.
    by_name: BTreeMap<String, Option<usize>>,
    /// Folders whose settings list projects.
    builds: BTreeSet<&'a str>,
}

/// An accessor writes `projects.orderCore` for `:order-core`.
fn folded(path: &str) -> String {
    path.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
}

impl<'a> Projects<'a> {
    pub(super) fn new(folders: &[&str], hints: &'a [ManifestHint]) -> Projects<'a> {
        let mut by_name = BTreeMap::new();
        for (index, folder) in folders.iter().enumerate().filter(|(_, folder)| !folder.is_empty()) {
            let name = folded(folder.rsplit('/').next().unwrap_or(folder));
            by_name.entry(name).and_modify(|known| *known = None).or_insert(Some(index));
        }
        let builds = hints.iter().filter(|hint| hint.is_workspace_root).map(|hint| candidates::normal(&hint.dir)).collect();
        let by_folder = folders.iter().enumerate().map(|(index, folder)| (folded(folder), index)).collect();
        Projects { by_folder, by_name, builds }
    }

    /// The component that a project in `folder` means by a project path; `None` if what is written is no project path.
    pub(super) fn of(&self, folder: &str, written: &str) -> Option<usize> {
        let project = written.strip_prefix(':')?.replace(':', "/");
        let around = || std::iter::successors(Some(folder), |inner| (!inner.is_empty()).then(|| folder_of(inner)));
        let (builds, others): (Vec<&str>, Vec<&str>) = around().partition(|folder| self.builds.contains(folder));
        let mut roots = builds.into_iter().chain(others);
        let found = roots.find_map(|root| self.by_folder.get(&folded(format!("{root}/{project}").trim_start_matches('/'))));
        // The settings may put a project elsewhere; it seldom loses its name.
        let named = || self.by_name.get(&folded(project.rsplit('/').next().unwrap_or(&project))).copied().flatten();
        found.copied().or_else(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_path_counts_from_the_root_of_its_build() {
        let folders = ["a/app", "a/core", "a/libs/net", "b", "b/app", "b/core", "core", "modules/x-tools"];
        let hints = [ManifestHint { dir: "b".to_owned(), is_workspace_root: true, ..ManifestHint::default() }];
        let projects = Projects::new(&folders, &hints);
        let of = |folder, written| projects.of(folder, written).map(|index| folders[index]);
        assert_eq!(of("a/app", ":core"), Some("a/core"));
        assert_eq!(of("a/libs/net", ":core"), Some("a/core"));
        assert_eq!(of("b/app", ":core"), Some("b/core"));
        assert_eq!(of("a/app", ":libs:net"), Some("a/libs/net"));
        assert_eq!(of("a/app", ":xTools"), Some("modules/x-tools"));
        assert_eq!(of("modules/x-tools", ":app"), None, "two have this name");
        assert_eq!(of("modules/x-tools", ":core"), Some("core"));
        assert_eq!(of("a/app", "./core"), None);
    }
}
