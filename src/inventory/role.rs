//! What a file is for, told by its path and, where the path says nothing, by its first lines.
//!
//! The folders of a path are read from the left and the first one that names a role decides ([`of_folders`]); then the file name
//! ([`names`]); what is left is production. Everything is a string test, because this runs for every path. To teach it a folder,
//! add it to the list or the `match` of its role and to the table in the tests; for a file name, see [`names`].
//!
//! Decisions that are not obvious:
//! - Below `src/main/` nothing is a test: Maven and Gradle keep tests elsewhere, and `…/test/…` there is a package.
//! - `testing` is a package name, not a test folder; so are `vendor`, `build`, `target`, `archive` and their like below a
//!   source folder (`src`, `internal`, `pkg`, …), and `docs` and `samples` there when the file is code.
//! - Source code in `infrastructure/`, or in an infra folder that is not at the root, is a layer of the application, not
//!   deployment.
//! - An infra file in `build/` (`build/package/Dockerfile`) is infra: Go projects keep it there.
//! - `static/`, `public/` and migrations are production.

mod content;
mod harness;
mod infra;
mod names;
mod overrides;
mod trials;

pub use content::{is_served_script, of_content};
pub use harness::Harness;
pub use overrides::Overrides;

use crate::model::language::Language;
use crate::model::role::Role;

use names::Name;

/// The role that `path` (relative, POSIX) says.
pub fn of_path(path: &str) -> Role {
    let (folders, original) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = original.to_ascii_lowercase();
    let file = Name::new(&lower, original, Language::of_path(path).is_some());
    match of_folders(folders, &file) {
        Place::Final(role) => role,
        Place::Inside(inside) => names::of_name(&file, &inside).unwrap_or(Role::Production),
    }
}

/// Is this the file that says how a container image is built?
pub fn is_dockerfile(path: &str) -> bool {
    let lower = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    infra::is_dockerfile(&Name::new(&lower, &lower, Language::of_path(&lower).is_some()))
}

/// What the folders of a path say about the files in them.
enum Place<'a> {
    Final(Role),
    Inside(Inside<'a>),
}

/// Where a file is, if no folder decides.
#[derive(Default)]
struct Inside<'a> {
    /// The role of a file whose name says nothing; `None` is production.
    infra_or_ci: Option<Role>,
    /// The innermost folder; "" at the root.
    parent: &'a str,
    /// The folder around it.
    grandparent: &'a str,
    /// Somewhere below a folder of sources.
    in_source: bool,
    /// Below one that cannot hold a whole package either, as `app` can.
    in_inner_source: bool,
    /// Below `src/main`, so tests are elsewhere.
    in_src_main: bool,
    /// Below a folder whose text files the application uses.
    in_content: bool,
    /// Below a folder whose scripts a browser gets as they are.
    in_served: bool,
}

const INNER_SOURCE_FOLDERS: &[&str] = &["cmd", "internal", "modules", "pkg", "src"];
const CONTENT_FOLDERS: &[&str] =
    &[".well-known", "assets", "prompts", "public", "requirements", "resources", "static", "templates"];

fn of_folders<'a>(folders: &'a str, file: &Name) -> Place<'a> {
    let mut inside = Inside::default();
    for (depth, folder) in folders.split('/').filter(|folder| !folder.is_empty()).enumerate() {
        if let Some(role) = of_folder(folder, depth, &inside, file) {
            return Place::Final(role);
        }
        match folder {
            "ci" if depth == 0 => inside.infra_or_ci = Some(Role::Ci),
            _ if is_infra_folder(folder, depth, &inside, file) => inside.infra_or_ci = Some(Role::Infra),
            _ => {}
        }
        inside.in_src_main |= inside.parent == "src" && folder == "main";
        inside.in_inner_source |= INNER_SOURCE_FOLDERS.contains(&folder);
        inside.in_source |= inside.in_inner_source || folder == "app" || folder == "apps";
        inside.in_content |= CONTENT_FOLDERS.contains(&folder);
        inside.in_served |= content::SERVED_FOLDERS.contains(&folder);
        (inside.grandparent, inside.parent) = (inside.parent, folder);
    }
    Place::Inside(inside)
}

/// The role that a folder gives to everything below it, if it does.
fn of_folder(folder: &str, depth: usize, above: &Inside, file: &Name) -> Option<Role> {
    if is_vendored_folder(folder, above, file) {
        return (folder != "build" || !infra::is_infra_name(file)).then_some(Role::Vendored);
    }
    if !above.in_src_main && is_test_folder(folder, above, file) && !is_interface_description(folder, file) {
        return Some(Role::Test);
    }
    let feature = above.in_source && file.is_code;
    Some(match folder {
        "__generated__" | "generated" | "coverage" | "htmlcov" => Role::Generated,
        ".devcontainer" | ".ddev" | ".lando" | ".vscode" | ".idea" | ".fleet" | ".zed" | ".storybook" | ".husky" | ".cursor"
        | ".claude" | ".planning" | ".scripts" => Role::Development,
        ".circleci" | ".gitlab" | ".gitlab-ci" | ".azure-pipelines" | ".azuredevops" | ".buildkite" | ".semaphore"
        | ".teamcity" | ".jenkins" | ".woodpecker" | ".ci" => Role::Ci,
        ".github" | ".gitea" | ".forgejo" if file.is_prose() => Role::Docs,
        ".github" | ".gitea" | ".forgejo" => Role::Ci,
        // `src/main/java/com/example` is the package that Spring's generator proposes.
        "examples" | "example" | "_examples" | "sample-apps" if !above.in_src_main => Role::Example,
        "samples" | "sample" if !feature && depth < 2 => Role::Example,
        // `apps/docs` of a workspace is a site of documents; of Python it is an application that has some.
        "docs" | "doc" | "documentation" if !feature || (is_workspace_folder(above) && file.is_of_node()) => Role::Docs,
        "dev" | "local" | "development" if depth == 0 || names::is_environment_folder(above) => Role::Development,
        _ => return None,
    })
}

/// `apps` and `packages` at the root, where the packages of a workspace are.
fn is_workspace_folder(above: &Inside) -> bool {
    above.grandparent.is_empty() && matches!(above.parent, "apps" | "packages" | "sites")
}

fn is_vendored_folder(folder: &str, above: &Inside, file: &Name) -> bool {
    match folder {
        "node_modules" | "bower_components" | "jspm_packages" | "third_party" | "third-party" | "thirdparty" | "_vendor"
        | "vendored" | "site-packages" | "__pycache__" | "Pods" | "Carthage" | "DerivedData" | ".next" | ".nuxt" | ".output"
        | ".svelte-kit" | ".vercel" | ".venv" | "venv" | ".terraform" | ".gradle" | ".yarn" | ".serverless" | ".tox" | ".nox"
        | "cdk.out" => true,
        // Below a source folder a package of the application; a script there is still somebody else's.
        "vendor" => !above.in_source || !file.is_code || matches!(file.extension(), "js" | "mjs" | "cjs"),
        // Go embeds `internal/web/dist`; nobody writes scripts in a folder of that name.
        "dist" if matches!(file.extension(), "js" | "mjs" | "cjs" | "css" | "map") => true,
        "dist" | "build" | "out" | "obj" => !above.in_inner_source,
        "target" | "archive" | "archived" | "backups" => !above.in_source,
        "lib" => above.parent == "wwwroot",
        "Debug" | "Release" => above.parent == "bin",
        _ if !folder.contains(['_', '-']) => false,
        _ => {
            ["_old", "_backup", "_backups"].iter().any(|end| folder.ends_with(end))
                || is_archive(folder, above)
                || (above.in_served && file.is_web() && is_versioned(folder))
        }
    }
}

/// `versions_archive`: below a source folder, only what is named after migrations.
fn is_archive(folder: &str, above: &Inside) -> bool {
    let of_migrations = || ["version", "migration"].iter().any(|what| folder.contains(what));
    let marked = ["_archive", "_archived", "-archive", "-archived"].iter().any(|end| folder.ends_with(end));
    (marked || folder.starts_with("archived_")) && (!above.in_source || of_migrations())
}

/// `codemirror-5.17.0`: a published package as it was unpacked.
fn is_versioned(folder: &str) -> bool {
    let numbers = folder.rsplit_once('-').and_then(|(_, version)| version.strip_prefix('v').unwrap_or(version).split_once('.'));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.is_some_and(|(major, rest)| number(major) && rest.split('.').all(number))
}

/// Sorted.
const TEST_FOLDERS: &[&str] = &[
    "Behat",
    "__fixtures__",
    "__jest__",
    "__mocks__",
    "__snapshots__",
    "__test__",
    "__tests__",
    "_jest-setup_",
    "_tests",
    "acceptance-tests",
    "acceptance_tests",
    "behat",
    "benches",
    "benchmarks",
    "cypress",
    "e2e",
    "e2e-tests",
    "e2e_tests",
    "fixture",
    "fixtures",
    "functional-tests",
    "functional_tests",
    "fuzz_targets",
    "integration-test",
    "integration-tests",
    "integration_test",
    "integration_tests",
    "jest",
    "jest-setup",
    "jest_setup",
    "k6",
    "load-testing",
    "load-tests",
    "load_testing",
    "load_tests",
    "loadtest",
    "loadtests",
    "mock",
    "mockdata",
    "mocks",
    "perf-tests",
    "performance-tests",
    "playwright",
    "smoke-tests",
    "smoke_tests",
    "spec",
    "specs",
    "step_definitions",
    "stress-tests",
    "stress_tests",
    "test",
    "test-data",
    "test-fixtures",
    "test-helpers",
    "test-resources",
    "test-support",
    "test-utils",
    "testData",
    "testFixtures",
    "testHelpers",
    "testSupport",
    "testUtil",
    "testUtils",
    "test_data",
    "test_fixtures",
    "test_helpers",
    "test_resources",
    "test_support",
    "test_utils",
    "testdata",
    "testfixtures",
    "testhelpers",
    "tests",
    "testutil",
    "testutils",
    "ui-tests",
    "unit-tests",
    "unit_tests",
];

fn is_test_folder(folder: &str, above: &Inside, file: &Name) -> bool {
    // .NET projects (`Shop.Tests`) and the source sets of Gradle (`src/integrationTest`).
    let is_mixed = folder.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_project = is_mixed
        && ([".Test", ".Specs", "Tests", "UnitTest", "IntegrationTest"].iter().any(|end| folder.ends_with(end))
            || folder.starts_with("Tests.")
            || folder.contains(".Tests."));
    let is_source_set = is_mixed && above.parent == "src" && (folder.ends_with("Test") || folder == "testFixtures");
    // A service may run the tests of its users; what is beside the images of an application runs its own.
    let runs_own = matches!(folder, "test-runner" | "test_runner") && above.infra_or_ci == Some(Role::Infra) && !file.is_code;
    is_project
        || is_source_set
        || runs_own
        || (MAY_BE_TESTS.admits(folder) && TEST_FOLDERS.binary_search(&folder).is_ok())
        || trials::is_kind_of_tests(folder)
}

/// `spec/openapi.yaml` specifies the interface, not the tests.
fn is_interface_description(folder: &str, file: &Name) -> bool {
    matches!(folder, "spec" | "specs")
        && matches!(file.extension(), "yaml" | "yml" | "json")
        && ["openapi", "swagger", "asyncapi"].iter().any(|kind| file.text.contains(kind))
}

/// Sorted. Folders whose configuration says how the application is deployed or watched.
const INFRA_FOLDERS: &[&str] = &[
    ".aws",
    ".do",
    ".docker",
    ".ebextensions",
    ".ecs",
    ".k8s",
    ".platform",
    "alertmanager",
    "argocd",
    "bicep",
    "caddy",
    "chart",
    "charts",
    "compose",
    "envoy",
    "flux",
    "gitops",
    "grafana",
    "haproxy",
    "infrastructure",
    "kube",
    "kustomize",
    "loki",
    "manifests",
    "monitoring",
    "nginx",
    "ops",
    "overlays",
    "playbooks",
    "prometheus",
    "systemd",
    "traefik",
];
/// Sorted. The same, also for code at the root and for configuration below a source folder.
const DEPLOYMENT_FOLDERS: &[&str] = &[
    "ansible",
    "cdk",
    "cloudformation",
    "deploy",
    "deployment",
    "deployments",
    "devops",
    "docker",
    "helm",
    "infra",
    "k8s",
    "kubernetes",
    "pulumi",
    "terraform",
];

/// What tells most names from those of some lists: by first byte, a bit for each length.
struct Shapes([u64; 128]);

impl Shapes {
    const fn of(lists: &[&[&str]]) -> Shapes {
        let mut shapes = [0; 128];
        let mut list = 0;
        while list < lists.len() {
            let mut at = 0;
            while at < lists[list].len() {
                let name = lists[list][at].as_bytes();
                shapes[name[0] as usize] |= 1 << name.len();
                at += 1;
            }
            list += 1;
        }
        Shapes(shapes)
    }

    /// May it stand in one of the lists?
    fn admits(&self, name: &str) -> bool {
        let shape = name.bytes().next().and_then(|first| self.0.get(usize::from(first)));
        shape.is_some_and(|lengths| name.len() < 64 && lengths >> name.len() & 1 == 1)
    }
}

static MAY_BE_TESTS: Shapes = Shapes::of(&[TEST_FOLDERS]);
static MAY_BE_INFRA: Shapes = Shapes::of(&[DEPLOYMENT_FOLDERS, INFRA_FOLDERS]);

fn is_infra_folder(folder: &str, depth: usize, above: &Inside, file: &Name) -> bool {
    if !MAY_BE_INFRA.admits(folder) {
        return false;
    }
    if DEPLOYMENT_FOLDERS.binary_search(&folder).is_ok() {
        return depth == 0 || !file.is_code;
    }
    !file.is_code && !above.in_source && INFRA_FOLDERS.binary_search(&folder).is_ok()
}

#[cfg(test)]
mod tests;
