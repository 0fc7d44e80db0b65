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
mod tests {
    use super::*;

    fn assert_roles(role: Role, paths: &[&str]) {
        for path in paths {
            assert_eq!(of_path(path), role, "{path}");
        }
    }

    #[test]
    fn lists_are_sorted() {
        assert!(TEST_FOLDERS.is_sorted() && INFRA_FOLDERS.is_sorted() && DEPLOYMENT_FOLDERS.is_sorted());
        assert!(TEST_FOLDERS.iter().all(|folder| MAY_BE_TESTS.admits(folder)));
        assert!(INFRA_FOLDERS.iter().chain(DEPLOYMENT_FOLDERS).all(|folder| MAY_BE_INFRA.admits(folder)));
        for other in ["", "é", "lib", "t", &"t".repeat(70)] {
            assert!(!MAY_BE_TESTS.admits(other), "{other}");
        }
    }

    #[test]
    fn production() {
        assert_roles(
            Role::Production,
            &[
                "main.py",
                "src/app.ts",
                "app/docs/page.tsx",
                "apps/docs/models.py",
                "src/apps/docs/page.tsx",
                "src/main/java/com/x/test/Runner.java",
                "src/main/java/com/x/LoadTest.java",
                "myapp/testing/helpers.py",
                "shop/management/commands/test_mail.py",
                "shop/management/commands/send_test.py",
                "shop/migrations/test_flags.py",
                "app/models/test_result.rb",
                "requirements.txt",
                "requirements/base.txt",
                "requirements-prod.txt",
                "package-lock.json",
                "Cargo.lock",
                "poetry.lock",
                "static/app.js",
                "public/index.html",
                "public/robots.txt",
                "robots.txt",
                "CMakeLists.txt",
                "app/migrations/0001_initial.py",
                "vite.config.ts",
                "next.config.js",
                ".env",
                ".env.production",
                ".env.staging",
                ".gitignore",
                "appsettings.json",
                "appsettings.Production.json",
                "application.yml",
                "application-prod.yml",
                "settings/production.py",
                "config/environments/production.rb",
                "src/vendor/vendor.service.ts",
                "apps/vendor/models.py",
                "src/build/graph.ts",
                "internal/archive/zip.go",
                "src/backups/service.ts",
                "src/data_archive/service.ts",
                "src/chart.src.js",
                "threshold.py",
                "cmd/dist/main.go",
                "migrations/20240101-add-users.js",
                "static/app-default.js",
                "latest.py",
                "contest.py",
                "Latest.java",
                "attest.go",
                "src/infrastructure/db.ts",
                "infrastructure/database.py",
                "backend/infra/db.py",
                "monitoring/tracing.py",
                "pkg/prometheus/m.go",
                "templates/email/welcome.txt",
                "prompts/system.txt",
                "src/main/java/com/example/demo/DemoApplication.java",
                "app/samples/models.py",
                "resources/views/sample/index.blade.php",
                "src/use-schema-example.ts",
                "ab_test.py",
                "ab_testing.py",
                "src/ab-test.ts",
                "openapi-spec.yaml",
                "spec/openapi.yaml",
                "scripts/db_backup.py",
                "email.template.html",
                "src/auth/local.strategy.ts",
                "src/develop.py",
                "src/devices/list.py",
                "bin/server",
                "web.config",
                "setup.cfg",
                "pyproject.toml",
                ".eslintrc.json",
                "src/local.ts",
                "Infrastructure/Db.cs",
                "app.spec",
                "src/template.ts",
                "a/b/c/readme.py",
                "",
            ],
        );
    }

    #[test]
    fn tests_and_what_they_use() {
        assert_roles(
            Role::Test,
            &[
                "shop/management/commands/tests/test_mail.py",
                "shop/management/test_commands.py",
                "shop/models/test_result.py",
                "test/a.py",
                "src/Sylius/Behat/Page/A.php",
                "src/behat/A.php",
                "smoketest_api.py",
                "backend/fuzz/fuzz_targets/parse.rs",
                "billing/orders_testing.py",
                ".env.test_local",
                "features/login.feature",
                "features/step_definitions/login.rb",
                "database/factories/UserFactory.php",
                "k6/orders.js",
                "server/_jest-setup_/utils/env-setup.js",
                "benchmarks/orders.py",
                "tests/a.py",
                "src/__tests__/a.ts",
                "spec/models/user_spec.rb",
                "spec/swagger_helper.rb",
                "e2e/login.ts",
                "pkg/testdata/x.json",
                "app/fixtures/a.json",
                "src/mocks/handlers.ts",
                "cypress/support/e2e.ts",
                "playwright/a.ts",
                "pkg/a_test.go",
                "src/a.spec.ts",
                "src/a.test.tsx",
                "app/conftest.py",
                "app/test_a.py",
                "OrderTest.java",
                "OrderTests.cs",
                "OrderIT.java",
                "src/test/java/A.java",
                "src/integrationTest/kotlin/A.kt",
                "src/androidTest/A.kt",
                "Shop.Tests/Basket.cs",
                "Shop.UnitTests/A.cs",
                "app/tests.py",
                "settings/test.py",
                "config/environments/test.rb",
                ".env.test",
                "docker-compose.test.yml",
                "Dockerfile.test",
                "Dockerfile-test",
                "appsettings.Test.json",
                "application-test.yml",
                "src/main/resources/application-e2e.yml",
                "application-it.properties",
                "requirements-test.txt",
                "requirements/test.txt",
                "jest.config.js",
                "vitest.config.ts",
                "playwright.config.ts",
                "playwright-ct.config.ts",
                "web/global-setup.ts",
                "web/global-teardown.ts",
                "globalSetup.js",
                ".env.e2e",
                "web/.env.ci",
                ".env.testing",
                "pytest.ini",
                "phpunit.xml",
                "src/a.e2e-spec.ts",
                "src/a.cy.ts",
                "web/a-test.js",
                "tests/docker-compose.yml",
                "tests/README.md",
                "test/Dockerfile",
                "src/testFixtures/A.java",
                "tests/fixtures/node_modules/x.js",
                "command/test-resources/exiter.py",
                "agent/test_helpers.go",
                "lib/spec_helper.rb",
                "src/setupTests.ts",
            ],
        );
    }

    #[test]
    fn examples() {
        assert_roles(
            Role::Example,
            &[
                "examples/a.py",
                "example/main.go",
                "samples/a/b.cs",
                ".env.example",
                "example.env",
                "env.example",
                ".env.dist",
                ".env.sample",
                ".env.template",
                "nginx/.env.template",
                "nginx/env.template",
                "nginx/index.html.template",
                "web/default.template",
                "config.example.yml",
                "settings.sample.json",
                "config-example.yaml",
                "settings_example.py",
                "php.ini.dist",
                "local_settings.py.example",
                "docker-compose.example.yml",
                "application-sample.properties",
                ".env-example",
                ".env.production.example",
                "examples/a/tests/b_test.go",
            ],
        );
    }

    #[test]
    fn docs() {
        assert_roles(
            Role::Docs,
            &[
                "README.md",
                "docs/index.md",
                "apps/docs/src/app/page.tsx",
                "docs/conf.py",
                "LICENSE",
                "LICENSE-MIT",
                "CHANGELOG",
                "notes.txt",
                "a/b.rst",
                "analysis.ipynb",
                "doc/x.yaml",
                ".github/PULL_REQUEST_TEMPLATE.md",
                "k8s/README.md",
                "app/docs/guide.md",
                "docs/examples/docker-compose.yml",
                "prompts/system.md",
            ],
        );
    }

    #[test]
    fn development() {
        assert_roles(
            Role::Development,
            &[
                "docker-compose.override.yml",
                "compose.override.yaml",
                "docker-compose.dev.yml",
                "dev.docker-compose.yml",
                "local.Dockerfile",
                "Shop/Properties/launchSettings.json",
                "compose.local.yaml",
                "docker-compose-dev.yml",
                "docker-compose-local-full.yml",
                "docker-compose.debug.yml",
                "settings/dev.py",
                "settings/local.py",
                "settings/development.py",
                "settings_dev.py",
                "local_settings.py",
                "appsettings.Development.json",
                "application-dev.yml",
                "application-local.properties",
                "values-dev.yaml",
                ".env.development",
                ".env.local",
                ".env.production.local",
                ".env.dev",
                ".devcontainer/Dockerfile",
                ".vscode/launch.json",
                ".idea/workspace.xml",
                "Tiltfile",
                ".gitpod.Dockerfile",
                "src/Button.stories.tsx",
                "scripts/dev.sh",
                ".scripts/release.sh",
                "scripts/dev-setup.sh",
                "bin/dev",
                "Taskfile.yml",
                ".planning/schema.sql",
                "helm/shop/public-values/dev.yaml",
                "Dockerfile.dev",
                "Procfile.dev",
                "webpack.dev.js",
                "requirements-dev.txt",
                "requirements/dev.txt",
                "requirements_dev.txt",
                "config/environments/development.rb",
                "config/dev.exs",
                "src/environments/environment.development.ts",
                "dev/setup.py",
                "terraform/environments/dev/main.tf",
                "k8s/overlays/dev/deployment.yaml",
                "compose/local/django/start",
                ".ddev/config.yaml",
                ".ddev/nginx_full/nginx-site.conf",
                "web/.lando/php.ini",
                ".lando.yml",
                ".lando.base.yml",
                "nginx/nginx-dev.conf",
                "nginx-dev-x.conf",
                "nginx.dev.conf",
                "deploy/nginx.local.conf",
                "docker/nginx-dev.conf.template",
                "docker/nginx-dev.template",
                "docker/nginx_local_tls.conf",
                ".husky/pre-commit",
            ],
        );
    }

    #[test]
    fn infra() {
        assert_roles(
            Role::Infra,
            &[
                "Dockerfile",
                "Dockerfile.prod",
                "api.Dockerfile",
                "api/Dockerfile",
                "docker-compose.yml",
                "docker-compose.prod.yml",
                "docker-stack.yml",
                "stack.yml",
                "swarm-prod.yml",
                "compose.yaml",
                ".dockerignore",
                "k8s/deployment.yaml",
                "helm/app/templates/deployment.yaml",
                "charts/a/values.yaml",
                "main.tf",
                "infra/lib/stack.ts",
                "deploy/run.sh",
                "nginx.conf",
                "nginx/conf.d/default.conf",
                "nginx/templates/default.conf.template",
                "server/nginx/default.template",
                "src/nginx/templates/shop.j2",
                "src/nginx/default.template",
                "web/nginx.template",
                "nginx/device.conf",
                "nginx/devices-x.conf",
                "server/shop.conf.tpl",
                "roles/web/templates/site.conf.j2",
                "Caddyfile",
                "Procfile",
                "fly.toml",
                "render.yaml",
                "app.yaml",
                "vercel.json",
                "netlify.toml",
                "serverless.yml",
                "ansible/site.yml",
                "haproxy.cfg",
                "build/package/Dockerfile",
                "src/main/docker/Dockerfile.jvm",
                "src/Catalog/k8s/service.yaml",
                "prometheus/alerts.yml",
                "docker/entrypoint.sh",
                "app.service",
                "apps/api/terraform/x.json",
                "kustomization.yaml",
                "values.yaml",
            ],
        );
    }

    #[test]
    fn ci() {
        assert_roles(
            Role::Ci,
            &[
                ".github/workflows/test.yml",
                ".github/dependabot.yml",
                "services/api/.github/workflows/ci.yml",
                ".gitlab-ci.yml",
                ".circleci/config.yml",
                "azure-pipelines.yml",
                "Jenkinsfile",
                "Jenkinsfile.release",
                "bitbucket-pipelines.yml",
                ".travis.yml",
                ".drone.yml",
                "cloudbuild.yaml",
                "buildspec.yml",
                ".pre-commit-config.yaml",
                "ci/build.sh",
                "docker-compose.ci.yml",
            ],
        );
    }

    #[test]
    fn generated() {
        assert_roles(
            Role::Generated,
            &[
                "api/a.pb.go",
                "a_pb2.py",
                "a_pb2_grpc.py",
                "lib/a.g.dart",
                "src/a.generated.ts",
                "src/__generated__/a.ts",
                "a.pb.gw.go",
                "zz_generated.deepcopy.go",
                "Form.Designer.cs",
                "src/generated/client.ts",
                "coverage/lcov.info",
                "next-env.d.ts",
            ],
        );
    }

    #[test]
    fn vendored() {
        assert_roles(
            Role::Vendored,
            &[
                "node_modules/a/test/b.js",
                "vendor/github.com/a/b.go",
                "vendor/assets/javascripts/a.js",
                "src/vendor/jquery.js",
                "third_party/a.c",
                "dist/app.js",
                "build/app.js",
                "out/a.js",
                ".next/a.js",
                "target/a.class",
                "lib/site-packages/a.py",
                "static/jquery.min.js",
                "static/a.min.css",
                "app.js.map",
                "views_old.py",
                "views_backup.py",
                "backups/a.sql",
                "archive/a.py",
                "settings.py.bak",
                "Dockerfile.original",
                "nginx.conf.orig",
                "docker-compose.old.yml",
                "docker-compose-old.yml",
                "alembic/versions_archive/0001_users.py",
                "app/migrations_archived/0001_users.py",
                "static/js/chart.src.js",
                "public/plugins/editor-5.17.0/editor.js",
                "app copy.js",
                "app copy 2.js",
                "packages/a/dist/b.js",
                "app/build/outputs/a.js",
                "bin/Debug/a.json",
                "Shop/obj/a.json",
                "wwwroot/lib/jquery/jquery.js",
                "src_old/a.py",
                "public/build/app.css",
                "public/js/app.4ed993c7.js",
                "static/main-0f1e2d3c4b.css",
                "internal/web/dist/assets/index.js",
                "dist/Dockerfile",
            ],
        );
    }

    #[test]
    fn odd_paths_have_a_role() {
        for path in
            ["/", "//", "a//b.py", ".", "..", "...", "tests/", "é/ü.PY", "\u{0}", "_backup", ".test", "-min.js", "IT.java", "~"]
        {
            of_path(path);
        }
        of_path(&"a/".repeat(50_000));
    }

    #[test]
    fn dockerfiles() {
        for path in ["Dockerfile", "a/Dockerfile.prod", "api.dockerfile", "Containerfile"] {
            assert!(is_dockerfile(path), "{path}");
        }
        for path in [".dockerignore", "Dockerfile.dockerignore", "dockerfile_parser.py", "docker-compose.yml", "dockerfiles.md"] {
            assert!(!is_dockerfile(path), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_path_has_a_role(path: String, head: Vec<u8>) {
            of_path(&path);
            of_content(&path, &head);
            of_content("a.js", &head);
        }
    }
}
