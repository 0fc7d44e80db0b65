//! Planted trees.

use super::super::role::of_path;
use super::*;

pub(super) fn layout(paths: &[&str], hints: &[ManifestHint]) -> Layout {
    let files: Vec<LayoutFile> = paths.iter().map(|path| LayoutFile { path, role: of_path(path) }).collect();
    Layout::of(&files, hints)
}

/// Path, includes by path, deployable.
pub(super) fn components(layout: &Layout) -> Vec<(&str, Vec<&str>, bool)> {
    let path = |index: &usize| layout.components[*index].path.as_str();
    layout.components.iter().map(|c| (c.path.as_str(), c.includes.iter().map(path).collect(), c.deployable)).collect()
}

fn ids(layout: &Layout) -> Vec<&str> {
    layout.components.iter().map(|component| component.id.as_str()).collect()
}

/// Each file with the id of its owner, "shared" without one.
fn owned<'a>(layout: &'a Layout, paths: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let id = |owner: &Option<usize>| owner.map_or("shared", |index| layout.components[index].id.as_str());
    paths.iter().copied().zip(layout.owner.iter().map(id)).collect()
}

pub(super) fn hint(dir: &str, ecosystem: &str, name: &str, dependencies: &[&str]) -> ManifestHint {
    ManifestHint {
        dir: dir.into(),
        ecosystem: ecosystem.into(),
        name: (!name.is_empty()).then(|| name.into()),
        local_dependencies: dependencies.iter().map(|dependency| dependency.to_string()).collect(),
        ..ManifestHint::default()
    }
}

pub(super) fn workspace(dir: &str, ecosystem: &str) -> ManifestHint {
    ManifestHint { is_workspace_root: true, ..hint(dir, ecosystem, "", &[]) }
}

pub(super) fn startable(hint: ManifestHint) -> ManifestHint {
    ManifestHint { has_entry_point: true, ..hint }
}

#[test]
fn nothing_at_all() {
    assert_eq!(layout(&[], &[]), Layout::default());
}

#[test]
fn everything_in_the_root() {
    let paths =
        ["Dockerfile", "README.md", "app/routes.py", "docker-compose.yml", "main.py", "requirements.txt", "tests/test_a.py"];
    let layout = layout(&paths, &[]);
    assert_eq!(components(&layout), [(".", vec![], true)]);
    assert!(layout.owner.iter().all(|owner| *owner == Some(0)));
}

#[test]
fn a_repository_without_anything_known_is_one_component() {
    for paths in [&["index.html"][..], &["README.md"], &["Dockerfile"], &["package.json"], &["src/util.py"], &["k8s/a.yaml"]] {
        assert_eq!(ids(&layout(paths, &[])), ["."], "{paths:?}");
    }
}

#[test]
fn a_module_called_setup_is_no_component() {
    let paths = ["app/main.py", "app/routers/__init__.py", "app/routers/setup.py", "app/routers/users.py", "requirements.txt"];
    assert_eq!(ids(&layout(&paths, &[])), ["."]);
    assert_eq!(
        ids(&layout(&["a/requirements.txt", "a/x.py", "b/setup.py", "b/tool/__init__.py", "b/tool/x.py"], &[])),
        ["a", "b"]
    );
}

#[test]
fn frontend_and_backend() {
    let paths = [
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "backend/Dockerfile",
        "backend/app/main.py",
        "backend/k8s/app.yaml",
        "backend/requirements.txt",
        "docker-compose.yml",
        "frontend/package.json",
        "frontend/src/App.tsx",
        "frontend/tests/a.test.ts",
        "k8s/backend.yaml",
        "scripts/seed.py",
    ];
    let layout = layout(&paths, &[]);
    assert_eq!(components(&layout), [("backend", vec![], true), ("frontend", vec![], true)]);
    assert_eq!(
        owned(&layout, &paths),
        [
            (".github/workflows/ci.yml", "shared"),
            (".gitignore", "shared"),
            ("README.md", "shared"),
            ("backend/Dockerfile", "backend"),
            ("backend/app/main.py", "backend"),
            ("backend/k8s/app.yaml", "backend"),
            ("backend/requirements.txt", "backend"),
            ("docker-compose.yml", "shared"),
            ("frontend/package.json", "frontend"),
            ("frontend/src/App.tsx", "frontend"),
            ("frontend/tests/a.test.ts", "frontend"),
            ("k8s/backend.yaml", "shared"),
            ("scripts/seed.py", "backend"),
        ]
    );
}

#[test]
fn a_dotnet_library_is_part_of_what_references_it_or_of_what_is_around_it() {
    let paths = [
        "Shop.sln",
        "src/Api/Api.csproj",
        "src/Api/Orders.cs",
        "src/Core/Core.csproj",
        "src/Core/Order.cs",
        "src/Legacy/Global.asax",
        "src/Legacy/Legacy.csproj",
        "src/Legacy/Page.cs",
        "src/Plugin/Plugin.csproj",
        "src/Plugin/Plugin.cs",
    ];
    let hints = [
        startable(hint("src/Api", "nuget", "Api", &["../Core/Core.csproj"])),
        hint("src/Core", "nuget", "Core", &[]),
        hint("src/Legacy", "nuget", "Legacy", &[]),
        hint("src/Plugin", "nuget", "Plugin", &["../Core/Core.csproj"]),
    ];
    let layout = layout(&paths, &hints);
    assert_eq!(
        components(&layout),
        [("src/Api", vec!["src/Core"], true), ("src/Core", vec![], false), ("src/Legacy", vec![], true)]
    );
    assert_eq!(owned(&layout, &paths)[9], ("src/Plugin/Plugin.cs", "shared"));
    assert_eq!(ids(&self::layout(&paths[8..], &hints[3..])), ["."]);
}

#[test]
fn an_application_in_the_root_beside_another() {
    let paths = [
        ".gitignore",
        "Dockerfile",
        "compose.yaml",
        "frontend/package.json",
        "frontend/src/main.ts",
        "manage.py",
        "requirements.txt",
        "shop/views.py",
    ];
    let layout = layout(&paths, &[]);
    assert_eq!(components(&layout), [(".", vec![], true), ("frontend", vec![], true)]);
    assert_eq!(
        owned(&layout, &paths),
        [
            (".gitignore", "shared"),
            ("Dockerfile", "."),
            ("compose.yaml", "shared"),
            ("frontend/package.json", "frontend"),
            ("frontend/src/main.ts", "frontend"),
            ("manage.py", "."),
            ("requirements.txt", "."),
            ("shop/views.py", "."),
        ]
    );
}

#[test]
fn tooling_in_the_root_is_no_component() {
    let paths = [
        "api/main.py",
        "api/requirements.txt",
        "eslint.config.js",
        "package.json",
        "scripts/release.js",
        "web/package.json",
        "web/src/a.ts",
    ];
    let layout = layout(&paths, &[]);
    assert_eq!(ids(&layout), ["api", "web"]);
    assert_eq!(layout.owner[2], None);
}

#[test]
fn tooling_alone_is_one() {
    assert_eq!(ids(&layout(&["package.json", "scripts/release.js"], &[])), ["."]);
}

#[test]
fn folders_of_dockerfiles_are_infrastructure() {
    let paths = [
        "app.py",
        "deploy/Dockerfile",
        "docker/api/Dockerfile",
        "docker/api/start.sh",
        "db/Dockerfile",
        "db/init.sql",
        "proxy/Dockerfile",
        "proxy/nginx.conf",
        "requirements.txt",
    ];
    let one = layout(&paths, &[]);
    assert_eq!(ids(&one), ["."]);
    let site = layout(&["app.py", "requirements.txt", "site/Dockerfile", "site/index.html"], &[]);
    assert_eq!(ids(&site), [".", "site"]);
}

#[test]
fn entry_points_make_components_where_nothing_else_does() {
    let layout = layout(
        &["README.md", "backend/src/main.py", "backend/src/jobs/run.py", "frontend/server.js", "frontend/static/app.js"],
        &[],
    );
    assert_eq!(components(&layout), [("backend", vec![], true), ("frontend", vec![], true)]);
    assert_eq!(ids(&super::tests::layout(&["src/app/main.py", "src/util.py"], &[])), ["."]);
    assert_eq!(ids(&super::tests::layout(&["package.json", "a.js", "jobs/main.py"], &[])), ["."]);
}

#[test]
fn examples_tests_and_vendored_folders_are_no_components() {
    let paths = [
        "examples/a/package.json",
        "examples/a/main.js",
        "go.mod",
        "main.go",
        "tests/e2e/package.json",
        "tests/e2e/app.ts",
        "vendor/x/go.mod",
        "vendor/x/main.go",
    ];
    let hints = [startable(hint("examples/a", "npm", "a", &[])), hint("tests/e2e", "npm", "e", &[])];
    assert_eq!(ids(&layout(&paths, &hints)), ["."]);
}

#[test]
fn npm_workspace() {
    let paths = [
        "apps/api/package.json",
        "apps/api/src/main.ts",
        "apps/web/next.config.js",
        "apps/web/package.json",
        "apps/web/pages/index.tsx",
        "package.json",
        "packages/eslint-config/index.js",
        "packages/eslint-config/package.json",
        "packages/ui/package.json",
        "packages/ui/src/button.tsx",
        "packages/util/package.json",
        "packages/util/src/index.ts",
        "turbo.json",
    ];
    let hints = [
        workspace(".", "npm"),
        hint("apps/api", "npm", "api", &["@x/util"]),
        startable(hint("apps/web", "npm", "web", &["@x/ui"])),
        hint("packages/eslint-config", "npm", "@x/eslint-config", &[]),
        hint("packages/ui", "npm", "@x/ui", &["@x/util"]),
        hint("packages/util", "npm", "@x/util", &[]),
    ];
    let layout = layout(&paths, &hints);
    assert_eq!(
        components(&layout),
        [
            ("apps/api", vec!["packages/util"], true),
            ("apps/web", vec!["packages/ui", "packages/util"], true),
            ("packages/eslint-config", vec![], true),
            ("packages/ui", vec!["packages/util"], false),
            ("packages/util", vec![], false),
        ]
    );
    assert_eq!(layout.owner[5], None);
}

#[test]
fn a_package_that_nothing_starts_is_part_of_what_uses_it() {
    let part = |hint: ManifestHint| ManifestHint { is_part: true, ..startable(hint) };
    let paths = ["api/package.json", "api/server.ts", "core/package.json", "core/app.ts", "package.json"];
    let api = || startable(hint("api", "npm", "api", &["core"]));
    let built = layout(&paths, &[workspace("", "npm"), api(), part(hint("core", "npm", "core", &[]))]);
    assert_eq!(components(&built), [("api", vec!["core"], true), ("core", vec![], false)]);
    // It has an image of its own, nothing uses it, or both use each other.
    let image = ["api/package.json", "api/server.ts", "core/Dockerfile", "core/app.ts", "core/package.json"];
    let built = layout(&image, &[workspace("", "npm"), api(), part(hint("core", "npm", "core", &[]))]);
    assert!(built.components.iter().all(|component| component.deployable));
    let alone = layout(&paths, &[startable(hint("api", "npm", "api", &[])), part(hint("core", "npm", "core", &[]))]);
    assert!(alone.components.iter().all(|component| component.deployable));
    for api in [api(), part(hint("api", "npm", "api", &["core"]))] {
        let paths = ["api/main.ts", "api/package.json", "core/app.ts", "core/package.json"];
        let circle = layout(&paths, &[api, part(hint("core", "npm", "core", &["api"]))]);
        assert!(circle.components.iter().all(|component| component.deployable));
    }
}

#[test]
fn applications_of_one_manifest() {
    let paths = ["nx.json", "package.json", "apps/api/src/main.ts", "apps/web/src/main.tsx", "libs/core/src/index.ts"];
    let built = layout(&paths, &[startable(hint("", "npm", "shop", &[]))]);
    assert_eq!(components(&built), [(".", vec![], false), ("apps/api", vec!["."], true), ("apps/web", vec!["."], true)]);
    assert_eq!(owned(&built, &paths)[4].1, ".", "both include it");
    // One application is its whole workspace.
    let one = ["nest-cli.json", "package.json", "apps/api/src/main.ts", "libs/core/src/index.ts"];
    assert_eq!(ids(&layout(&one, &[startable(hint("", "npm", "shop", &[]))])), ["."]);
    let beside = [
        "package.json",
        "x.ts",
        "web/nx.json",
        "web/package.json",
        "web/x.ts",
        "webapps/api/src/main.ts",
        "webapps/b/src/main.ts",
    ];
    assert!(ids(&layout(&beside, &[])).iter().all(|id| !id.starts_with("webapps/")));
    let packages = ["package.json", "apps/api/src/main.ts", "apps/web/src/main.tsx"];
    assert_eq!(ids(&layout(&packages, &[])), ["."]);
}

#[test]
fn cargo_workspace() {
    let paths = [
        "Cargo.lock",
        "Cargo.toml",
        "crates/core/Cargo.toml",
        "crates/core/src/lib.rs",
        "crates/server/Cargo.toml",
        "crates/server/src/main.rs",
    ];
    let hints = [
        workspace("", "cargo"),
        hint("crates/core", "cargo", "core", &[]),
        hint("crates/server", "cargo", "server", &["../core"]),
    ];
    let layout = layout(&paths, &hints);
    assert_eq!(components(&layout), [("crates/core", vec![], false), ("crates/server", vec!["crates/core"], true)]);
}

#[test]
fn a_workspace_root_with_source_is_a_component() {
    let paths = ["Cargo.toml", "lib/Cargo.toml", "lib/src/lib.rs", "src/main.rs"];
    let mut root = hint(".", "cargo", "app", &["./lib"]);
    root.is_workspace_root = true;
    assert_eq!(
        components(&layout(&paths, &[root, hint("lib", "cargo", "lib", &[])])),
        [(".", vec!["lib"], true), ("lib", vec![], false)]
    );
}

#[test]
fn the_lockfile_of_a_workspace_is_about_all_its_members() {
    let paths = ["Cargo.lock", "Cargo.toml", "src/main.rs", "worker/Cargo.toml", "worker/src/main.rs"];
    let hints = |root| [root, hint("worker", "cargo", "worker", &[])];
    let of_lockfile = |root| owned(&layout(&paths, &hints(root)), &paths)[0].1.to_owned();
    assert_eq!(of_lockfile(workspace("", "cargo")), "shared");
    assert_eq!(of_lockfile(hint("", "cargo", "app", &[])), ".");
}

#[test]
fn maven_modules() {
    let paths = [
        "common/pom.xml",
        "common/src/main/java/x/Util.java",
        "pom.xml",
        "web/pom.xml",
        "web/src/main/java/x/y/z/ShopApplication.java",
        "web/src/test/java/x/WebTest.java",
    ];
    let hints = [workspace("", "maven"), hint("common", "maven", "x:common", &[]), hint("web", "maven", "x:web", &["x:common"])];
    assert_eq!(components(&layout(&paths, &hints)), [("common", vec![], false), ("web", vec!["common"], true)]);
    // `LoanApplication` is what a bank calls a form.
    let loans = [&paths[..1], &["common/src/main/java/x/LoanApplication.java"], &paths[2..]].concat();
    let part = ManifestHint { is_part: true, ..hints[1].clone() };
    let built = layout(&loans, &[hints[0].clone(), part, startable(hints[2].clone())]);
    assert_eq!(components(&built), [("common", vec![], false), ("web", vec!["common"], true)]);
}

#[test]
fn gradle_projects() {
    let paths = [
        "app/build.gradle.kts",
        "app/src/main/kotlin/App.kt",
        "build.gradle.kts",
        "core/net/build.gradle.kts",
        "core/net/src/main/kotlin/N.kt",
        "settings.gradle.kts",
    ];
    let hints =
        [workspace("", "maven"), startable(hint("app", "maven", "app", &[":core:net"])), hint("core/net", "maven", "net", &[])];
    assert_eq!(components(&layout(&paths, &hints)), [("app", vec!["core/net"], true), ("core/net", vec![], false)]);
}

#[test]
fn the_shell_of_a_phone_is_no_component() {
    for tool in ["capacitor.config.ts", "metro.config.js", "config.xml"] {
        let own = format!("web/{tool}");
        let mut paths = vec![
            own.as_str(),
            "native/android/app/build.gradle",
            "native/android/app/src/main/java/x/MainActivity.java",
            "web/android/app/build.gradle",
            "web/android/app/src/main/java/x/MainActivity.java",
            "web/ios/App/Package.swift",
            "web/ios/App/App/AppDelegate.swift",
            "web/package.json",
            "web/src/main.ts",
        ];
        let hints =
            [startable(hint("web/android/app", "maven", "", &[])), startable(hint("native/android/app", "maven", "", &[]))];
        assert_eq!(ids(&layout(&paths, &hints)), ["native/android/app", "web"], "{tool}");
        paths.remove(0);
        assert_eq!(ids(&layout(&paths, &hints)), ["native/android/app", "web", "web/android/app", "web/ios/App"]);
    }
}

#[test]
fn dotnet_solution() {
    let paths = [
        "Shop.sln",
        "src/Shop.Api/Program.cs",
        "src/Shop.Api/Shop.Api.csproj",
        "src/Shop.Core/Order.cs",
        "src/Shop.Core/Shop.Core.csproj",
        "tests/Shop.Tests/OrderTests.cs",
        "tests/Shop.Tests/Shop.Tests.csproj",
    ];
    let hints = [
        hint("src/Shop.Api", "nuget", "shop.api", &["..\\Shop.Core\\Shop.Core.csproj"]),
        hint("src/Shop.Core", "nuget", "shop.core", &[]),
        hint("tests/Shop.Tests", "nuget", "shop.tests", &["../../src/Shop.Api/Shop.Api.csproj"]),
    ];
    let layout = layout(&paths, &hints);
    assert_eq!(components(&layout), [("src/Shop.Api", vec!["src/Shop.Core"], true), ("src/Shop.Core", vec![], false)]);
    assert_eq!(layout.owner[5], None);
}

#[test]
fn go_modules_and_services_of_one_module() {
    let nested = layout(&["go.mod", "main.go", "tools/gen/go.mod", "tools/gen/main.go"], &[]);
    assert_eq!(ids(&nested), ["."]);
    let nested = layout(&["go.mod", "main.go", "sdk/go.mod", "sdk/client.go"], &[]);
    assert_eq!(ids(&nested), [".", "sdk"]);
    let paths = [
        "go.mod",
        "internal/db.go",
        "services/api/Dockerfile",
        "services/api/main.go",
        "services/worker/Dockerfile",
        "services/worker/main.go",
    ];
    let services = layout(&paths, &[]);
    assert_eq!(
        components(&services),
        [(".", vec![], false), ("services/api", vec!["."], true), ("services/worker", vec!["."], true)]
    );
}

#[test]
fn python_monorepo() {
    let paths = [
        "libs/common/common/log.py",
        "libs/common/pyproject.toml",
        "pyproject.toml",
        "services/a/main.py",
        "services/a/requirements.txt",
        "services/b/b/app.py",
        "services/b/pyproject.toml",
        "shared/helpers.py",
    ];
    let hints = [
        hint("libs/common", "pypi", "common", &[]),
        hint("services/a", "pypi", "", &["../../libs/common"]),
        hint("services/b", "pypi", "b", &["common"]),
    ];
    let layout = layout(&paths, &hints);
    assert_eq!(layout.owner[7], None, "nobody's package, used by all");
    assert_eq!(
        components(&layout),
        [("libs/common", vec![], false), ("services/a", vec!["libs/common"], true), ("services/b", vec!["libs/common"], true),]
    );
}

#[test]
fn inclusion_may_go_in_circles() {
    let paths = ["a/package.json", "a/x.js", "b/package.json", "b/x.js", "c/package.json", "c/server.js"];
    let hints = [
        hint("a", "npm", "a", &["b", "a"]),
        hint("b", "npm", "b", &["a"]),
        hint("c", "npm", "c", &["a", "missing", "../../..", "../b"]),
    ];
    assert_eq!(
        components(&layout(&paths, &hints)),
        [("a", vec!["b"], false), ("b", vec!["a"], false), ("c", vec!["a", "b"], true)]
    );
}

#[test]
fn names_count_within_their_ecosystem() {
    let paths = ["a/package.json", "a/server.js", "b/pyproject.toml", "b/lib.py"];
    let hints = [hint("a", "npm", "a", &["b"]), hint("b", "pypi", "b", &[])];
    assert_eq!(components(&layout(&paths, &hints)), [("a", vec![], true), ("b", vec![], true)]);
}

#[test]
fn candidates_without_source_are_merged_upwards() {
    let paths =
        ["api/db/package.json", "api/db/schema.sql", "api/main.py", "api/requirements.txt", "web/package.json", "web/src/a.ts"];
    let layout = layout(&paths, &[]);
    assert_eq!(ids(&layout), ["api", "web"]);
    assert_eq!(layout.owner[1], Some(0));
}

#[test]
fn a_flood_of_manifests_is_bounded() {
    let mut paths: Vec<String> = (0..3_000).flat_map(|i| [format!("p{i}/package.json"), format!("p{i}/a.js")]).collect();
    paths.push(format!("{}x.py", "d/".repeat(2_000)));
    let names: Vec<&str> = paths.iter().map(String::as_str).collect();
    let all: Vec<String> = (0..3_000).map(|i| format!("n{i}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let hints: Vec<ManifestHint> = (0..50).map(|i| hint(&format!("p{i}"), "npm", &format!("n{i}"), &all)).collect();
    let layout = layout(&names, &hints);
    assert_eq!((layout.components.len(), layout.merged), (1_000, 2_000));
    assert_eq!(layout.owner.len(), paths.len());
}

proptest::proptest! {
    #[test]
    fn any_paths_have_owners(
        paths in proptest::collection::vec("(/?(src|a|tools|docker|é|\\.|)){0,4}/?(package\\.json|Dockerfile|main\\.py|x\\.js|pom\\.xml|)", 0..20),
        dirs in proptest::collection::vec("[a./\\\\:é]{0,6}", 0..4),
        dependency in "[a./\\\\:é]{0,8}",
    ) {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let hints: Vec<ManifestHint> = dirs.iter().map(|dir| hint(dir, "npm", dir, &[&dependency])).collect();
        let layout = layout(&names, &hints);
        assert_eq!(layout.owner.len(), names.len());
        let within = |index: &usize| *index < layout.components.len();
        assert!(layout.owner.iter().flatten().all(within));
        assert!(layout.components.iter().flat_map(|component| &component.includes).all(within));
        assert!(names.is_empty() || !layout.components.is_empty());
    }
}

#[test]
fn a_folder_of_images_and_what_starts_them_is_no_component() {
    let paths = [
        "backend/Docker/Api.Dockerfile",
        "backend/Docker/migrate.sh",
        "backend/src/Api/Api.csproj",
        "backend/src/Api/Program.cs",
    ];
    assert_eq!(ids(&layout(&paths, &[])), ["backend/src/Api"]);
    let with_source = [&paths[..], &["backend/Docker/migrate.py"]].concat();
    assert_eq!(ids(&layout(&with_source, &[])), ["backend/Docker", "backend/src/Api"]);
}
