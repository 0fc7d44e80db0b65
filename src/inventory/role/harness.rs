//! Folders that hold tests by what lies in them, whatever they are called: the harness of a test runner, and .NET test projects.
//!
//! To teach it a test runner, add its configuration to [`starts_a_harness`]; for a sign that a folder is an application after all,
//! see [`is_application`].
//!
//! Decisions that are not obvious:
//! - A folder called after testing may be an application about it; one that holds nothing but configuration and a script is none.
//! - A folder with a manifest in it or below it is a package: its tests lie below it.
//! - The configuration of a test runner in a folder of sources or of configuration says nothing about what lies beside it.
//! - Of two .NET projects the nearer one decides about a file; of two in one folder the one that is no test.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::manifest;
use crate::model::language::Language;

/// The folders whose files are tests.
#[derive(Debug, Default)]
pub struct Harness {
    folders: BTreeSet<String>,
    /// By folder of a .NET project: is it one of tests?
    projects: BTreeMap<String, bool>,
}

impl Harness {
    /// Looks at all paths, relative and POSIX; `read` gives the text of the file with a number.
    pub fn find<'p>(paths: impl Iterator<Item = &'p str> + Clone, read: &dyn Fn(usize) -> Option<String>) -> Harness {
        let trials = trials(paths.clone());
        let mut projects: BTreeMap<String, bool> = BTreeMap::new();
        for (index, path) in paths.clone().enumerate().filter(|(_, path)| is_project(path) && path.contains('/')) {
            let package = read(index).and_then(|text| manifest::parse(path, &text).ok()).and_then(|manifest| manifest.package);
            let is_test = package.is_some_and(|package| package.is_test);
            *projects.entry(split(path).0.to_owned()).or_insert(true) &= is_test;
        }
        let mut folders: BTreeSet<&str> = paths.clone().filter(|path| starts_a_harness(path)).map(|path| split(path).0).collect();
        folders.retain(|folder| !folder.is_empty() && !is_general(split(folder).1));
        if !folders.is_empty() {
            let packages: BTreeSet<&str> =
                paths.clone().filter(|path| is_package(split(path).1)).map(|path| split(path).0).collect();
            let applications: BTreeSet<&str> =
                paths.filter(|path| is_application(split(path).1)).map(|path| split(path).0).collect();
            folders.retain(|folder| {
                let below = format!("{folder}/");
                let first_below = packages.range(below.as_str()..).next();
                let holds_package = packages.contains(folder) || first_below.is_some_and(|package| package.starts_with(&below));
                !holds_package && around(folder).any(|around| packages.contains(around)) && !applications.contains(folder)
            });
        }
        Harness { folders: folders.into_iter().chain(trials).map(str::to_owned).collect(), projects }
    }

    /// Is the file at this path part of a harness?
    pub fn holds(&self, path: &str) -> bool {
        if self.folders.is_empty() && self.projects.is_empty() {
            return false;
        }
        around(path).find_map(|folder| self.projects.get(folder)) == Some(&true)
            || around(path).any(|folder| self.folders.contains(folder))
    }
}

/// Folders in the root that are called after testing (`fhir_testing/`) and hold a script that does it, but no source: an application
/// about testing has some.
fn trials<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<&'p str> {
    let mut found: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for path in paths {
        let Some((folder, _)) = path.split_once('/').filter(|(folder, _)| is_called_after_testing(folder)) else { continue };
        let name = split(path).1;
        let is_script = name.ends_with(".sh");
        let (tests, is_application) = found.entry(folder).or_default();
        *tests |= is_script && name.contains("test");
        *is_application |= is_package(name) || (Language::of_path(path).is_some() && !is_script);
    }
    found.into_iter().filter(|(_, (tests, is_application))| *tests && !is_application).map(|(folder, _)| folder).collect()
}

fn is_called_after_testing(folder: &str) -> bool {
    ["_testing", "-testing", "_test", "-test"].iter().any(|end| folder.ends_with(end))
}

/// The folders that a path lies in, from the innermost to the root.
fn around(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(split(path).0), |folder| (!folder.is_empty()).then(|| split(folder).0))
}

/// Folder and name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn is_project(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "csproj" | "fsproj" | "vbproj")))
}

fn starts_a_harness(path: &str) -> bool {
    let name = split(path).1;
    let is_script = matches!(name.rsplit_once('.'), Some((_, "js" | "ts" | "mjs" | "cjs" | "mts" | "cts" | "json")));
    let mut parts = name.split('.');
    match parts.next() {
        Some("jest" | "vitest" | "playwright" | "jest-e2e" | "jest-integration") => {
            is_script && (parts.next() == Some("config") || name == "jest-e2e.json")
        }
        Some("global-setup" | "global-teardown" | "globalSetup" | "globalTeardown") => is_script,
        _ => false,
    }
}

/// A folder whose name says that it holds more than one kind of thing.
fn is_general(folder: &str) -> bool {
    matches!(
        folder,
        "src" | "app" | "apps" | "lib" | "libs" | "packages" | "config" | "configs" | "conf" | ".config" | "settings"
    ) || matches!(
        folder,
        "server" | "client" | "frontend" | "backend" | "api" | "web" | "build" | "scripts" | "tools" | "internal"
    )
}

fn is_package(name: &str) -> bool {
    matches!(
        name,
        "package.json" | "project.json" | "deno.json" | "deno.jsonc" | "pyproject.toml" | "go.mod" | "Cargo.toml" | "pom.xml"
    ) || matches!(name, "composer.json" | "Gemfile" | "build.gradle" | "build.gradle.kts" | "requirements.txt" | "setup.py")
        || is_project(name)
}

fn is_application(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let is_configuration = name.split('.').nth(1) == Some("config");
    name == "index.html"
        || name == "tsconfig.app.json"
        || name == "manage.py"
        || super::is_dockerfile(name)
        || (is_configuration && matches!(stem, "vite" | "next" | "nuxt" | "astro" | "svelte" | "remix" | "webpack"))
        || (matches!(stem, "main" | "server" | "app")
            && matches!(name.rsplit('.').next(), Some("js" | "ts" | "mjs" | "cjs" | "tsx")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harness(paths: &[&str], texts: &[(&str, &str)]) -> Harness {
        let paths: Vec<&str> = paths.iter().copied().chain(texts.iter().map(|(path, _)| *path)).collect();
        let text = |index: usize| texts.iter().find(|(path, _)| *path == paths[index]).map(|(_, text)| (*text).to_owned());
        Harness::find(paths.iter().copied(), &text)
    }

    #[test]
    fn a_folder_with_a_test_runner_and_no_manifest_is_a_harness() {
        let found = harness(
            &["web/package.json", "web/src/a.ts", "web/checks/playwright.config.ts", "web/journeys/support/global-setup.ts"],
            &[],
        );
        assert!(found.holds("web/checks/pages/login.ts") && found.holds("web/journeys/support/seed.ts"));
        assert!(!found.holds("web/src/a.ts") && !found.holds("web/checks.ts") && !found.holds("web/journeys/a.ts"));
    }

    #[test]
    fn a_folder_called_after_testing_is_a_harness_if_all_it_does_is_test() {
        let files = ["fhir_testing/run-test.sh", "fhir_testing/compose.yml", "fhir_testing/nginx/nginx.conf"];
        assert!(files.iter().all(|path| harness(&files, &[]).holds(path)));
        assert!(!harness(&files[1..], &[]).holds("fhir_testing/compose.yml"));
        for application in ["fhir_testing/main.go", "fhir_testing/web/package.json"] {
            assert!(!harness(&[&files[..], &[application]].concat(), &[]).holds("fhir_testing/compose.yml"), "{application}");
        }
        assert!(!harness(&["deploy/x-testing/test.sh"], &[]).holds("deploy/x-testing/values.yaml"));
    }

    #[test]
    fn packages_applications_and_configuration_are_none() {
        for paths in [
            &["package.json", "jest.config.js"][..],
            &["package.json", "apps/shop/package.json", "apps/shop/vitest.config.ts"],
            &["package.json", "apps/shop/project.json", "apps/shop/jest.config.ts"],
            &["package.json", "services/jest.config.ts", "services/a/package.json"],
            &["package.json", "shop/vitest.config.ts", "shop/vite.config.ts"],
            &["package.json", "shop/jest.config.js", "shop/server.js"],
            &["package.json", "config/jest.config.js"],
            &["shop/jest.config.js"],
        ] {
            let folder = split(paths[paths.len() - 1]).0;
            let found = harness(paths, &[]);
            assert!(!found.holds(&format!("{folder}/a.js")) && !found.holds("shop/a.js"), "{paths:?}");
        }
    }

    #[test]
    fn a_test_project_of_dotnet_holds_tests_whatever_it_is_called() {
        let project = |sdk: &str, items: &str| format!("<Project Sdk=\"{sdk}\"><ItemGroup>{items}</ItemGroup></Project>");
        let plain = "Microsoft.NET.Sdk";
        let test_sdk = project(plain, "<PackageReference Include=\"Microsoft.NET.Test.Sdk\" Version=\"17.0.0\" />");
        let xunit = "<PackageReference Include=\"xunit\" Version=\"2.9.0\" />";
        let (helpers, program) = (project(plain, xunit), project("Microsoft.NET.Sdk.Web", xunit));
        let found = harness(
            &[],
            &[
                ("src/Verify/Verify.csproj", &test_sdk),
                ("src/Helpers/Helpers.csproj", &helpers),
                ("src/Api/Api.csproj", &program),
                ("src/Verify/Site/Site.csproj", &project(plain, "")),
            ],
        );
        assert!(found.holds("src/Verify/Orders/Cases.cs") && found.holds("src/Helpers/A.cs"));
        assert!(!found.holds("src/Api/A.cs") && !found.holds("src/Verify/Site/A.cs") && !found.holds("src/A.cs"));
    }
}
