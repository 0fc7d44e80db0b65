//! Folders that may be components, and the file names that make them so. To teach it a name, add it to the `match` of its kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::language::Language;
use crate::model::role::Role;

use super::super::role::{is_dockerfile, of_path};
use super::{LayoutFile, ManifestHint, folder_of};

/// What makes a folder a candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Candidate {
    pub has_manifest: bool,
    pub has_dockerfile: bool,
    /// A manifest says that something can be started.
    pub has_entry_point: bool,
    pub is_workspace_root: bool,
    /// All that declares it is .NET projects that are not started.
    pub is_library: bool,
    /// Its manifest says nothing of how it is started.
    pub is_part: bool,
    /// A kit for web applications builds it.
    pub is_web: bool,
    /// A command somewhere starts it.
    pub is_launched: bool,
}

impl Candidate {
    /// Does an image or a manifest say that it is started?
    pub(super) fn is_started(self) -> bool {
        self.has_dockerfile || self.has_entry_point || self.is_launched
    }

    /// Does anything start it by itself, rather than as part of another?
    pub(super) fn is_named(self) -> bool {
        self.has_dockerfile || self.is_launched
    }
}

/// "" for the root.
pub(super) fn normal(dir: &str) -> &str {
    let dir = dir.strip_prefix("./").unwrap_or(dir).trim_end_matches('/');
    if dir == "." { "" } else { dir }
}

/// Every candidate, by folder; "" is the root.
pub(super) fn find(files: &[LayoutFile<'_>], hints: &[ManifestHint]) -> BTreeMap<String, Candidate> {
    let mut found = declared(files, hints);
    add_entry_points(files, &mut found);
    add_projects(files, &mut found);
    // `tools/release/package.json` is tooling around the application, whatever it declares.
    found.retain(|folder, _| folder.is_empty() || !is_tooling(&format!("{folder}/")));
    found.retain(|folder, candidate| folder.is_empty() || candidate.has_manifest || !is_proxy(files, folder));
    let wrapped = wrapped(files);
    found.retain(|folder, _| !is_wrapper(&wrapped, folder));
    found
}

/// Folders of applications that a tool wraps for phones.
fn wrapped<'a>(files: &[LayoutFile<'a>]) -> BTreeSet<&'a str> {
    const TOOLS: [&str; 5] = ["capacitor.config", "ionic.config", "metro.config", "react-native.config", "pubspec"];
    let says = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        TOOLS.contains(&name.rsplit_once('.').map_or(name, |(stem, _)| stem))
    };
    let manifests: BTreeSet<&str> = files.iter().map(|file| file.path).filter(|path| is_manifest(path)).map(folder_of).collect();
    // Other tools have a file of this name, too.
    let is_cordova = |path: &str| path.rsplit('/').next() == Some("config.xml") && manifests.contains(folder_of(path));
    files.iter().map(|file| file.path).filter(|path| says(path) || is_cordova(path)).map(folder_of).collect()
}

/// Is it the shell around one of these applications (`android/app`, `ios/App`, `platforms/android`), which nobody deploys by itself?
fn is_wrapper(wrapped: &BTreeSet<&str>, folder: &str) -> bool {
    let mut at = 0;
    folder.split('/').any(|part| {
        let above = folder[..at].trim_end_matches('/');
        at += part.len() + 1;
        matches!(part, "android" | "ios" | "platforms") && wrapped.contains(above)
    })
}

/// Is a folder nothing but the image of a proxy: its configuration, and no source?
fn is_proxy(files: &[LayoutFile<'_>], folder: &str) -> bool {
    let inside = || files.iter().filter(|file| file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    let configures = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let made = [".template", ".tpl", ".tmpl", ".j2"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        made.ends_with(".conf") || matches!(name, "Caddyfile" | "haproxy.cfg")
    };
    inside().any(|file| configures(file.path)) && !inside().any(|file| is_source(file.path))
}

/// Folders with a manifest or a Dockerfile.
fn declared(files: &[LayoutFile<'_>], hints: &[ManifestHint]) -> BTreeMap<String, Candidate> {
    let mut found: BTreeMap<String, Candidate> = BTreeMap::new();
    let packages: BTreeSet<&str> =
        files.iter().filter(|file| file.path.ends_with("/__init__.py")).map(|file| folder_of(file.path)).collect();
    // In a package, `setup.py` is a module of it.
    let is_module = |path: &str| path.ends_with("/setup.py") && packages.contains(folder_of(path));
    for file in files {
        if file.role == Role::Production && is_manifest(file.path) && !is_module(file.path) {
            found.entry(folder_of(file.path).to_string()).or_default().has_manifest = true;
        } else if file.role == Role::Infra && is_dockerfile(file.path) {
            found.entry(folder_of(file.path).to_string()).or_default().has_dockerfile = true;
        }
    }
    let mut programs: BTreeSet<&str> = BTreeSet::new();
    for file in files.iter().filter(|file| file.role == Role::Production || file.role == Role::Infra) {
        let name = file.path.rsplit('/').next().unwrap_or(file.path);
        if is_dotnet_program(name) || (is_manifest(file.path) && !is_dotnet_project(name)) {
            programs.insert(folder_of(file.path));
        }
    }
    for (folder, candidate) in &mut found {
        candidate.is_library = candidate.has_manifest && !candidate.has_dockerfile && !programs.contains(folder.as_str());
    }
    let started: BTreeSet<&str> =
        hints.iter().filter(|hint| hint.has_entry_point && !hint.is_part).map(|hint| normal(&hint.dir)).collect();
    for hint in hints {
        let folder = normal(&hint.dir);
        if of_path(&format!("{folder}/_")) == Role::Production {
            let candidate = found.entry(folder.to_string()).or_default();
            candidate.has_manifest = true;
            candidate.has_entry_point |= hint.has_entry_point;
            candidate.is_library &= !hint.has_entry_point;
            candidate.is_workspace_root |= hint.is_workspace_root;
            // The scripts beside a program build its pages.
            candidate.is_part |= hint.is_part && !started.contains(folder);
            candidate.is_web |= hint.is_web;
        }
    }
    found
}

/// Makes candidates of the outermost folders with an entry point that lie in no other candidate.
fn add_entry_points(files: &[LayoutFile<'_>], found: &mut BTreeMap<String, Candidate>) {
    let production = files.iter().filter(|file| file.role == Role::Production);
    let mut folders: Vec<&str> = production
        .filter(|file| is_entry_point(file.path.rsplit('/').next().unwrap_or(file.path)) && !is_asset(file.path))
        .map(|file| package_folder(folder_of(file.path)))
        .collect();
    // Shortest first: what lies in an added folder is then seen to lie in it.
    folders.sort_unstable_by_key(|folder| (folder.len(), *folder));
    folders.dedup();
    for folder in folders {
        let inside_another = found.contains_key("") || found.contains_key(folder) || lies_in(found, folder);
        if !inside_another {
            found.insert(folder.to_string(), Candidate { has_entry_point: true, ..Candidate::default() });
        }
    }
}

/// Makes candidates of the applications of a workspace that has one manifest for all of them: Nx, Nest, Angular.
fn add_projects(files: &[LayoutFile<'_>], found: &mut BTreeMap<String, Candidate>) {
    const WORKSPACES: [&str; 3] = ["nx.json", "nest-cli.json", "angular.json"];
    const STARTED: [&str; 4] = ["/src/main.ts", "/src/main.tsx", "/src/main.js", "/src/main.jsx"];
    let name = |path: &'_ str| path.len() - path.rsplit('/').next().map_or(0, str::len);
    let workspaces = files.iter().filter(|file| WORKSPACES.contains(&&file.path[name(file.path)..]));
    let roots: BTreeSet<&str> = workspaces.map(|file| folder_of(file.path)).collect();
    let mut projects: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.role == Role::Production) {
        let Some(project) = STARTED.iter().find_map(|end| file.path.strip_suffix(end)) else { continue };
        let around = folder_of(project);
        let root = folder_of(around);
        if matches!(around.rsplit('/').next(), Some("apps" | "projects")) && roots.contains(root) {
            projects.entry(root).or_default().insert(project);
        }
    }
    for (root, projects) in projects.into_iter().filter(|(_, projects)| projects.len() > 1) {
        // What its manifest starts, or its image, is one of them.
        found.entry(root.to_owned()).and_modify(|root| (root.has_entry_point, root.has_dockerfile) = (false, false));
        for project in projects {
            found.entry(project.to_owned()).or_default().has_entry_point = true;
        }
    }
}

fn lies_in(found: &BTreeMap<String, Candidate>, folder: &str) -> bool {
    folder.match_indices('/').any(|(end, _)| found.contains_key(&folder[..end]))
}

/// `backend` of `backend/src/app`: packages are not named after what they hold.
fn package_folder(mut folder: &str) -> &str {
    loop {
        let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        if !matches!(last, "src" | "app" | "cmd" | "lib" | "public" | "bin" | "main") {
            return folder;
        }
        folder = above;
    }
}

/// Does a file of this name declare a package?
pub(super) fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "package.json" | "deno.json" | "pyproject.toml" | "requirements.txt" | "Pipfile" | "setup.py" | "environment.yml"
        | "go.mod" | "Cargo.toml" | "pom.xml" | "build.gradle" | "build.gradle.kts" | "Gemfile" | "composer.json" | "mix.exs"
        | "pubspec.yaml" | "Package.swift" | "build.sbt" => true,
        _ => is_dotnet_project(name),
    }
}

fn is_dotnet_project(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "csproj" | "fsproj" | "vbproj")))
}

/// Does a file of this name beside a .NET project show that it is started, whatever the project says: by itself, by IIS or by a
/// host of functions?
fn is_dotnet_program(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let starts = matches!(lower.split('.').next(), Some("program" | "startup"))
        && matches!(lower.rsplit('.').next(), Some("cs" | "fs" | "vb"));
    starts
        || matches!(
            lower.as_str(),
            "global.asax" | "web.config" | "host.json" | "serverless.template" | "aws-lambda-tools-defaults.json"
        )
}

/// Is it code of an application, in any language? Configuration written in code is not.
pub(super) fn is_source(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let other = matches!(
        extension,
        "vue"
            | "svelte"
            | "astro"
            | "ex"
            | "exs"
            | "erl"
            | "scala"
            | "clj"
            | "dart"
            | "swift"
            | "c"
            | "cc"
            | "cpp"
            | "fs"
            | "vb"
            | "lua"
            | "hs"
    );
    (other || Language::of_path(path).is_some()) && !is_configuration(name)
}

fn is_configuration(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let marked = name.split('.').skip(1).any(|part| matches!(part, "config" | "conf"));
    (marked && matches!(name.rsplit('.').next(), Some("js" | "ts" | "mjs" | "cjs" | "mts" | "cts")))
        || name.starts_with(".eslintrc")
        || name.starts_with(".prettierrc")
        || matches!(stem, "gulpfile" | "Gruntfile" | "webpack" | "rollup" | "dangerfile" | "lint-staged")
        || matches!(
            name,
            "setup.py"
                | "mix.exs"
                | "build.gradle.kts"
                | "settings.gradle.kts"
                | "build.rs"
                | "conf.py"
                | "tasks.py"
                | "fabfile.py"
        )
        || name.ends_with(".d.ts")
}

/// Is the source at this path, relative to its candidate, tooling around an application?
pub(super) fn is_tooling(path: &str) -> bool {
    matches!(
        path.split_once('/'),
        Some(("scripts" | "script" | "tools" | "tool" | "hack" | "bin" | "build-logic" | "buildSrc", _))
    )
}

/// Data, configuration and what starts a container: beside a Dockerfile they are an image, but no component.
pub(super) fn is_data(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with('.')
        || is_configuration(name)
        || matches!(
            name.rsplit_once('.').map_or("", |(_, extension)| extension),
            "sql"
                | "yml"
                | "yaml"
                | "json"
                | "toml"
                | "ini"
                | "conf"
                | "cfg"
                | "env"
                | "xml"
                | "properties"
                | "csv"
                | "crt"
                | "pem"
                | "lock"
                | "txt"
                | "sh"
                | "ps1"
                | ""
                | "mod"
                | "sum"
        )
}

/// Is it a file that is started, by its path relative to the component? Deep inside a package such names mean less.
pub(super) fn is_entry_point(path: &str) -> bool {
    const DEPTH: usize = 2;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if name.ends_with("Application.java") || name.ends_with("Application.kt") {
        return true;
    }
    if path.matches('/').count() > DEPTH || is_asset(path) {
        return false;
    }
    match name {
        "main.py" | "app.py" | "manage.py" | "wsgi.py" | "asgi.py" | "__main__.py" | "server.py" | "run.py"
        | "streamlit_app.py" | "application.py" => true,
        "server.js" | "server.ts" | "server.mjs" | "server.cjs" | "app.js" | "app.ts" | "app.mjs" | "app.cjs" | "main.js"
        | "main.ts" | "main.mjs" | "main.tsx" | "main.jsx" => true,
        "main.go" | "main.rs" | "Program.cs" | "config.ru" | "artisan" | "index.php" => true,
        _ => folder == "src/bin" && name.ends_with(".rs"),
    }
}

/// A script that a browser loads.
fn is_asset(path: &str) -> bool {
    let script = matches!(path.rsplit('.').next(), Some("js" | "mjs" | "cjs"));
    script && path.split('/').any(|part| matches!(part, "static" | "public" | "assets" | "wwwroot"))
}
