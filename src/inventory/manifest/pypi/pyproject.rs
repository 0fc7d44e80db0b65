//! `pyproject.toml`: PEP 621 metadata, PEP 735 groups, and the tables of poetry, pdm, uv, rye and hatch.

use super::group_scope;
use super::requirement::Requirement;
use crate::inventory::document::{Entry, Node};
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree, version};

/// Lists of requirements, each with its scope.
const LISTS: [(&[&str], DependencyScope); 4] = [
    (&["project", "dependencies"], DependencyScope::Runtime),
    (&["build-system", "requires"], DependencyScope::Build),
    (&["tool", "uv", "dev-dependencies"], DependencyScope::Development),
    (&["tool", "rye", "dev-dependencies"], DependencyScope::Development),
];

/// Tables whose presence says that something can be started.
const ENTRY_POINTS: [&[&str]; 4] =
    [&["project", "scripts"], &["project", "gui-scripts"], &["project", "entry-points"], &["tool", "poetry", "scripts"]];

pub(in crate::inventory::manifest) fn pyproject(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::PyPi);
    let name = [["project", "name"].as_slice(), &["tool", "poetry", "name"]].iter().find_map(|keys| document.at(keys)?.scalar());
    let mut package = LocalPackage::new(Ecosystem::PyPi, &name.unwrap_or_default(), path);
    package.has_entry_point = ENTRY_POINTS.iter().any(|keys| document.at(keys).is_some());

    for (keys, scope) in LISTS {
        if let Some(list) = document.at(keys) {
            requirement_list(list, scope, &mut manifest);
        }
    }
    for group in document.at(&["project", "optional-dependencies"]).map(Node::entries).unwrap_or_default() {
        requirement_list(&group.value, group_scope(&group.key), &mut manifest);
    }
    for group in document.get("dependency-groups").map(Node::entries).unwrap_or_default() {
        requirement_list(&group.value, group_scope(&group.key), &mut manifest);
    }
    for group in document.at(&["tool", "pdm", "dev-dependencies"]).map(Node::entries).unwrap_or_default() {
        requirement_list(&group.value, DependencyScope::Development, &mut manifest);
    }
    for environment in document.at(&["tool", "hatch", "envs"]).map(Node::entries).unwrap_or_default() {
        for list in ["dependencies", "extra-dependencies"].iter().filter_map(|key| environment.value.get(key)) {
            requirement_list(list, DependencyScope::Development, &mut manifest);
        }
    }
    if let Some(poetry) = document.at(&["tool", "poetry"]) {
        poetry_tables(poetry, &mut manifest, &mut package);
    }
    if let Some(entry) = document.get("project").and_then(|project| project.entry("requires-python")) {
        manifest.runtime("python", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    uv_workspace(&document, &mut package);
    manifest.package = Some(package);
    Ok(manifest)
}

/// A list of PEP 508 strings. The tables among them include other groups, which are read on their own.
fn requirement_list(list: &Node, scope: DependencyScope, manifest: &mut Manifest) {
    for item in list.items() {
        if let Some(requirement) = item.as_str().and_then(Requirement::parse) {
            manifest.dependencies.push(Dependency { scope, ..requirement.dependency(&manifest.path, item.span.line) });
        }
    }
}

/// Sources that stand in the repository, and members of a uv workspace.
fn uv_workspace(document: &Node, package: &mut LocalPackage) {
    for source in document.at(&["tool", "uv", "sources"]).map(Node::entries).unwrap_or_default() {
        if tree::is_true(&source.value, "workspace") {
            package.local_dependencies.push(super::normalise(&source.key));
        } else {
            package.local_dependencies.extend(tree::text_of(&source.value, "path"));
        }
    }
    if let Some(workspace) = document.at(&["tool", "uv", "workspace"]) {
        package.is_workspace_root = true;
        package.workspace_members = workspace.get("members").map(tree::texts).unwrap_or_default();
    }
}

fn poetry_tables(poetry: &Node, manifest: &mut Manifest, package: &mut LocalPackage) {
    let main = poetry.get("dependencies").map(|table| (table, DependencyScope::Runtime));
    let old = poetry.get("dev-dependencies").map(|table| (table, DependencyScope::Development));
    let groups = poetry.get("group").map(Node::entries).unwrap_or_default().iter();
    let groups = groups.filter_map(|group| Some((group.value.get("dependencies")?, poetry_group_scope(group))));
    for (table, scope) in main.into_iter().chain(old).chain(groups) {
        for entry in table.entries() {
            if &*entry.key == "python" {
                let spec = entry.value.scalar().or_else(|| tree::text_of(&entry.value, "version"));
                manifest.runtime("python", &spec.unwrap_or_default(), entry.key_span.line);
                continue;
            }
            package.local_dependencies.extend(tree::text_of(&entry.value, "path"));
            manifest.dependencies.push(poetry_dependency(&manifest.path, entry, scope));
        }
    }
}

/// A group is installed by default; only its name tells whether production should leave it out.
fn poetry_group_scope(group: &Entry) -> DependencyScope {
    match group_scope(&group.key) {
        DependencyScope::Optional if &*group.key == "main" => DependencyScope::Runtime,
        scope => scope,
    }
}

/// `name = "^1"`, `name = {version, extras, optional, git, …}`, or a list of such tables for different platforms.
fn poetry_dependency(path: &str, entry: &Entry, scope: DependencyScope) -> Dependency {
    let stated = entry.value.items().first().unwrap_or(&entry.value);
    let requirement = stated.scalar().or_else(|| ["version", "git", "url"].iter().find_map(|key| tree::text_of(stated, key)));
    let requirement = requirement.filter(|text| text != "*");
    let optional = tree::is_true(stated, "optional") && scope == DependencyScope::Runtime;
    Dependency {
        resolved: requirement.as_deref().and_then(poetry_pin),
        requirement,
        scope: if optional { DependencyScope::Optional } else { scope },
        features: stated.get("extras").map(tree::texts).unwrap_or_default(),
        ..Dependency::new(Ecosystem::PyPi, &entry.key, path, entry.key_span.line)
    }
}

/// Poetry reads a bare version as an exact one.
fn poetry_pin(requirement: &str) -> Option<String> {
    version::exact(Ecosystem::PyPi, &format!("=={}", requirement.trim_start_matches('=')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    fn shown(text: &str) -> Vec<(String, Option<String>, DependencyScope, u32)> {
        parse("pyproject.toml", text)
            .unwrap()
            .dependencies
            .into_iter()
            .map(|d| (d.name, d.requirement, d.scope, d.line))
            .collect()
    }

    #[test]
    fn pep_621() {
        let text = r#"[project]
name = "My_App"
requires-python = ">=3.11"
dependencies = [
  "fastapi>=0.110",
  "uvicorn[standard]==0.29.0",
]
[project.scripts]
run = "app:main"
[project.optional-dependencies]
postgres = ["asyncpg"]
dev = ["ruff"]
[dependency-groups]
test = ["pytest>8", {include-group = "dev"}]
[build-system]
requires = ["hatchling"]
"#;
        use DependencyScope::*;
        assert_eq!(
            shown(text),
            [
                ("fastapi".into(), Some(">=0.110".into()), Runtime, 5),
                ("uvicorn".into(), Some("==0.29.0".into()), Runtime, 6),
                ("hatchling".into(), None, Build, 16),
                ("asyncpg".into(), None, Optional, 11),
                ("ruff".into(), None, Development, 12),
                ("pytest".into(), Some(">8".into()), Development, 14),
            ]
        );
        let manifest = parse("pyproject.toml", text).unwrap();
        assert_eq!(manifest.runtime_versions[0].spec, ">=3.11");
        let package = manifest.package.unwrap();
        assert_eq!((package.name.as_str(), package.has_entry_point), ("my-app", true));
    }

    #[test]
    fn poetry() {
        let text = r#"[tool.poetry]
name = "api"
[tool.poetry.dependencies]
python = "^3.11"
Django = "^5.0"
celery = { version = "5.3.6", extras = ["redis"] }
sentry-sdk = { version = "*", optional = true }
shared = { path = "../shared" }
[tool.poetry.dev-dependencies]
black = "*"
[tool.poetry.group.test.dependencies]
pytest = "^8"
[tool.poetry.group.worker.dependencies]
rq = "^1"
"#;
        use DependencyScope::*;
        assert_eq!(
            shown(text),
            [
                ("django".into(), Some("^5.0".into()), Runtime, 5),
                ("celery".into(), Some("5.3.6".into()), Runtime, 6),
                ("sentry-sdk".into(), None, Optional, 7),
                ("shared".into(), None, Runtime, 8),
                ("black".into(), None, Development, 10),
                ("pytest".into(), Some("^8".into()), Development, 12),
                ("rq".into(), Some("^1".into()), Optional, 14),
            ]
        );
        let manifest = parse("pyproject.toml", text).unwrap();
        assert_eq!(manifest.dependencies[1].resolved.as_deref(), Some("5.3.6"));
        assert_eq!(manifest.dependencies[1].features, ["redis"]);
        assert_eq!(manifest.runtime_versions[0].line, 4);
        assert_eq!(manifest.package.unwrap().local_dependencies, ["../shared"]);
    }

    #[test]
    fn uv_pdm_and_hatch() {
        let text = r#"[tool.uv]
dev-dependencies = ["mypy"]
[tool.uv.sources]
shared_lib = { workspace = true }
[tool.uv.workspace]
members = ["packages/*"]
[tool.pdm.dev-dependencies]
extra = ["tox"]
[tool.hatch.envs.x]
dependencies = ["nox"]
"#;
        use DependencyScope::Development;
        assert_eq!(
            shown(text),
            [("mypy".into(), None, Development, 2), ("tox".into(), None, Development, 8), ("nox".into(), None, Development, 10)]
        );
        let package = parse("pyproject.toml", text).unwrap().package.unwrap();
        assert!(package.is_workspace_root);
        assert_eq!(package.workspace_members, ["packages/*"]);
        assert_eq!(package.local_dependencies, ["shared-lib"]);
    }
}
