//! Components that could be started, but are parts of others: templates leave entry points behind, and a file may be called like one.
//!
//! Nothing is a part that has an image of its own or that a command names ([`mod@super::launched`]). To teach it another kind of part, let
//! the manifest say so (`is_part`), or see [`Parts::uses`].

use std::collections::BTreeMap;

use super::candidates::Candidate;

/// The components that are started as parts of others only; `by_file` says which have an entry point by the name of a file.
pub(super) fn of(found: &BTreeMap<String, Candidate>, includes: &[Vec<usize>], by_file: &[bool]) -> Vec<usize> {
    let candidates: Vec<(&str, Candidate)> = found.iter().map(|(folder, candidate)| (folder.as_str(), *candidate)).collect();
    if !candidates.iter().any(|(_, candidate)| candidate.is_part || candidate.is_web) {
        return Vec::new();
    }
    let parts = Parts { candidates, includes, by_file, is_included: included(includes) };
    let all = 0..parts.candidates.len();
    all.clone().filter(|part| all.clone().any(|user| parts.uses(user, *part))).collect()
}

/// By component: does another include it that it does not include itself?
fn included(includes: &[Vec<usize>]) -> Vec<bool> {
    let mut included = vec![false; includes.len()];
    for (user, others) in includes.iter().enumerate() {
        others.iter().filter(|other| !has(includes, **other, user)).for_each(|other| included[*other] = true);
    }
    included
}

fn has(includes: &[Vec<usize>], user: usize, other: usize) -> bool {
    includes[user].binary_search(&other).is_ok()
}

struct Parts<'a> {
    /// With their folders.
    candidates: Vec<(&'a str, Candidate)>,
    includes: &'a [Vec<usize>],
    by_file: &'a [bool],
    is_included: Vec<bool>,
}

impl Parts<'_> {
    /// Is `user` started with the other as a part of it?
    fn uses(&self, user: usize, part: usize) -> bool {
        let ((_, by), (_, used)) = (self.candidates[user], self.candidates[part]);
        let includes = || has(self.includes, user, part) && !has(self.includes, part, user);
        // A web application that another one references is a module of it. What only seeds its database or runs it while developing
        // references it, too, and is no web application.
        let is_module = used.is_web && by.is_web;
        let is_library = used.is_part && (!self.is_part(user) || (self.is_idle(part) && !self.is_included[user]));
        !used.is_named() && (is_module || is_library) && includes()
    }

    fn is_part(&self, index: usize) -> bool {
        let (_, candidate) = self.candidates[index];
        candidate.is_part && !candidate.is_named()
    }

    /// Does it have nothing that could be started but what its manifest calls its main module? An application of a workspace may hide
    /// how it is started.
    fn is_idle(&self, index: usize) -> bool {
        let folder = self.candidates[index].0;
        !self.by_file[index] && !folder.split('/').any(|part| matches!(part, "apps" | "services" | "servers" | "functions"))
    }
}

/// By component: what can be started, and what is part of nothing that is deployed, which is better judged on its own than not at all.
pub(super) fn deployable(includes: &[Vec<usize>], started: &[bool]) -> Vec<bool> {
    let is_included = included(includes);
    let mut used = vec![false; started.len()];
    for (user, others) in includes.iter().enumerate().filter(|(user, _)| started[*user] || !is_included[*user]) {
        others.iter().filter(|other| !has(includes, **other, user) || started[user]).for_each(|other| used[*other] = true);
    }
    started.iter().zip(used).map(|(started, used)| *started || !used).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{components, hint, layout, startable, workspace};
    use super::super::{Layout, LayoutFile, ManifestHint};
    use crate::inventory::role::of_path;

    #[test]
    fn a_package_without_a_file_that_starts_it_is_part_of_one_that_hides_how_it_is_started() {
        let part = |hint: ManifestHint| ManifestHint { is_part: true, ..hint };
        let paths =
            |file: &'static str| ["package.json", "packages/ui/package.json", file, "web/package.json", "web/pages/a.tsx"];
        let hints = |dir: &str| {
            let ui = part(startable(hint(dir, "npm", "ui", &[])));
            [workspace("", "npm"), ui, part(hint("web", "npm", "web", &["ui"]))]
        };
        let built = layout(&paths("packages/ui/src/button.tsx"), &hints("packages/ui"));
        assert_eq!(components(&built), [("packages/ui", vec![], false), ("web", vec!["packages/ui"], true)]);
        assert_eq!(built.parts, ["packages/ui"]);
        // Its name says that it is started, or where it stands.
        let server = layout(&paths("packages/ui/src/server.ts"), &hints("packages/ui"));
        assert_eq!(components(&server)[0], ("packages/ui", vec![], true));
        let apps = ["package.json", "apps/ui/package.json", "apps/ui/src/a.ts", "web/package.json", "web/pages/a.tsx"];
        assert_eq!(components(&layout(&apps, &hints("apps/ui")))[0], ("apps/ui", vec![], true));
    }

    #[test]
    fn what_a_template_leaves_in_a_dotnet_library_starts_nothing() {
        let library = |hint: ManifestHint| ManifestHint { is_part: true, ..hint };
        let web = |hint: ManifestHint| startable(ManifestHint { is_web: true, ..hint });
        let paths = [
            "Api/Api.csproj",
            "Api/Program.cs",
            "Core/Core.csproj",
            "Core/Program.cs",
            "Orders/Orders.csproj",
            "Orders/Program.cs",
            "Seed/Program.cs",
            "Seed/Seed.csproj",
        ];
        let hints = |user: ManifestHint| {
            [
                user,
                library(hint("Core", "nuget", "core", &[])),
                web(hint("Orders", "nuget", "orders", &["../Core/Core.csproj"])),
                startable(hint("Seed", "nuget", "seed", &["../Orders/Orders.csproj"])),
            ]
        };
        let api = hint("Api", "nuget", "api", &["../Orders/Orders.csproj"]);
        let deployable = |layout: &Layout| {
            layout
                .components
                .iter()
                .filter(|component| component.deployable)
                .map(|component| component.id.clone())
                .collect::<Vec<_>>()
        };
        let built = layout(&paths, &hints(web(api.clone())));
        assert_eq!(
            (deployable(&built), &*built.parts),
            (vec!["Api".into(), "Seed".into()], &["Core".into(), "Orders".into()][..])
        );
        // What is no web application itself seeds the other's database, or runs it while developing.
        assert_eq!(deployable(&layout(&paths, &hints(startable(api.clone())))), ["Api", "Orders", "Seed"]);
        let image = [&paths[..], &["Orders/Dockerfile"]].concat();
        assert_eq!(deployable(&layout(&image, &hints(web(api.clone())))), ["Api", "Orders", "Seed"]);
        let files: Vec<LayoutFile> = paths.iter().map(|path| LayoutFile { path, role: of_path(path) }).collect();
        let launched = Layout::with(&files, &hints(web(api)), &["Orders".to_owned()].into());
        assert_eq!(
            (deployable(&launched), &*launched.parts),
            (vec!["Api".into(), "Orders".into(), "Seed".into()], &["Core".into()][..])
        );
    }

    #[test]
    fn scripts_beside_a_program_do_not_make_it_a_part() {
        let paths = ["shop/Program.cs", "shop/package.json", "shop/shop.csproj", "tool/Program.cs", "tool/tool.csproj"];
        let hints = [
            ManifestHint { is_part: true, ..hint("shop", "npm", "pages", &[]) },
            startable(hint("shop", "nuget", "shop", &[])),
            startable(hint("tool", "nuget", "tool", &["../shop/shop.csproj"])),
        ];
        assert!(layout(&paths, &hints).components.iter().all(|component| component.deployable));
    }
}
