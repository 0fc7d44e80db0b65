//! `poetry.lock`, `uv.lock`, `pdm.lock`, `pylock.toml` and `Pipfile.lock`.

use super::{group_scope, normalise};
use crate::inventory::document::Node;
use crate::inventory::manifest::graph::Graph;
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, Manifest, ManifestKind, tree};

pub(in crate::inventory::manifest) fn poetry_lock(path: &str, text: &str) -> Result<Manifest, String> {
    toml_lock(path, text, "package", |package| {
        let category = tree::text_of(package, "category").map(|category| vec![category]);
        let groups = package.get("groups").map(tree::texts).or(category).unwrap_or_default();
        match scope_of_groups(&groups, "main") {
            DependencyScope::Runtime if tree::is_true(package, "optional") => DependencyScope::Optional,
            scope => scope,
        }
    })
}

pub(in crate::inventory::manifest) fn pdm_lock(path: &str, text: &str) -> Result<Manifest, String> {
    toml_lock(path, text, "package", |package| {
        scope_of_groups(&package.get("groups").map(tree::texts).unwrap_or_default(), "default")
    })
}

/// PEP 751. The file states neither groups nor who asked.
pub(in crate::inventory::manifest) fn pylock(path: &str, text: &str) -> Result<Manifest, String> {
    toml_lock(path, text, "packages", |_| DependencyScope::Runtime)
}

/// Lockfiles that list packages under `key` and do not tell which are direct.
fn toml_lock(path: &str, text: &str, key: &str, scope: impl Fn(&Node) -> DependencyScope) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::PyPi);
    for package in document.get(key).map(Node::items).unwrap_or_default() {
        if let Some(dependency) = locked(path, package) {
            manifest.dependencies.push(Dependency { scope: scope(package), direct: false, ..dependency });
        }
    }
    if let Some(entry) = document.get("metadata").and_then(|metadata| metadata.entry("python-versions")) {
        manifest.runtime("python", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    Ok(manifest)
}

fn locked(path: &str, package: &Node) -> Option<Dependency> {
    let name = package.entry("name")?;
    Some(Dependency {
        resolved: tree::text_of(package, "version"),
        ..Dependency::new(Ecosystem::PyPi, &name.value.scalar()?, path, name.key_span.line)
    })
}

/// Runtime if the main group has it or nothing is said, else development if every group is.
fn scope_of_groups(groups: &[String], main: &str) -> DependencyScope {
    if groups.is_empty() || groups.iter().any(|group| group == main) {
        DependencyScope::Runtime
    } else if groups.iter().all(|group| group_scope(group) == DependencyScope::Development) {
        DependencyScope::Development
    } else {
        DependencyScope::Optional
    }
}

/// uv lists the packages of the repository too; what they need is direct, and scopes follow from there.
pub(in crate::inventory::manifest) fn uv_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::PyPi);
    let packages = document.get("package").map(Node::items).unwrap_or_default();
    let mut graph = Graph::default();
    for package in packages {
        let is_local = is_local(package);
        let name = normalise(&tree::text_of(package, "name").unwrap_or_default());
        for (dependency, scope) in needs(package) {
            if is_local {
                graph.root(&dependency, scope);
            }
            if scope != DependencyScope::Development {
                graph.edge(&name, &dependency);
            }
        }
    }
    let scopes = graph.scopes();
    for package in packages.iter().filter(|package| !is_local(package)) {
        if let Some(dependency) = locked(path, package) {
            manifest.dependencies.push(Dependency {
                scope: scopes.get(dependency.name.as_str()).copied().unwrap_or(DependencyScope::Runtime),
                direct: graph.is_root(&dependency.name),
                ..dependency
            });
        }
    }
    if let Some(entry) = document.entry("requires-python") {
        manifest.runtime("python", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    Ok(manifest)
}

fn is_local(package: &Node) -> bool {
    let source = package.get("source");
    source.is_some_and(|source| ["editable", "virtual", "directory"].iter().any(|kind| source.get(kind).is_some()))
}

/// What a package of `uv.lock` needs, normalised.
fn needs(package: &Node) -> Vec<(String, DependencyScope)> {
    let main = package.get("dependencies").map(|list| (list, DependencyScope::Runtime));
    let extras = package.get("optional-dependencies").map(Node::entries).unwrap_or_default().iter();
    let extras = extras.map(|extra| (&extra.value, group_scope(&extra.key)));
    let groups = package.get("dev-dependencies").map(Node::entries).unwrap_or_default().iter();
    let groups = groups.map(|group| (&group.value, DependencyScope::Development));
    let lists = main.into_iter().chain(extras).chain(groups);
    lists
        .flat_map(|(list, scope)| list.items().iter().map(move |item| (item, scope)))
        .filter_map(|(item, scope)| Some((normalise(&tree::text_of(item, "name")?), scope)))
        .collect()
}

pub(in crate::inventory::manifest) fn pipfile_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::PyPi);
    for section in document.entries().iter().filter(|section| &*section.key != "_meta") {
        let scope = match &*section.key {
            "default" => DependencyScope::Runtime,
            "develop" => DependencyScope::Development,
            category => group_scope(category),
        };
        for entry in section.value.entries() {
            let version = tree::text_of(&entry.value, "version");
            manifest.dependencies.push(Dependency {
                resolved: version.map(|version| version.trim_start_matches('=').to_string()),
                scope,
                direct: false,
                ..Dependency::new(Ecosystem::PyPi, &entry.key, path, entry.key_span.line)
            });
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;
    use DependencyScope::*;

    fn shown(path: &str, text: &str) -> Vec<(String, String, DependencyScope, bool, u32)> {
        let manifest = parse(path, text).unwrap();
        assert_eq!(manifest.kind, ManifestKind::Lockfile);
        manifest.dependencies.into_iter().map(|d| (d.name, d.resolved.unwrap_or_default(), d.scope, d.direct, d.line)).collect()
    }

    #[test]
    fn poetry_old_and_new() {
        let text = r#"[[package]]
name = "Flask"
version = "3.0.0"
category = "main"

[[package]]
name = "pytest"
version = "8.0"
groups = ["dev", "test"]

[[package]]
name = "redis"
version = "5.0"
optional = true
"#;
        assert_eq!(
            shown("poetry.lock", text),
            [
                ("flask".into(), "3.0.0".into(), Runtime, false, 2),
                ("pytest".into(), "8.0".into(), Development, false, 7),
                ("redis".into(), "5.0".into(), Optional, false, 12),
            ]
        );
    }

    #[test]
    fn uv_tells_direct_and_scope() {
        let text = r#"version = 1
requires-python = ">=3.12"
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "httpx" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "httpx"
version = "0.27.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "idna" }]
[[package]]
name = "idna"
version = "3.6"
[[package]]
name = "pytest"
version = "8.1"
dependencies = [{ name = "pluggy" }]
[[package]]
name = "pluggy"
version = "1.4"
"#;
        assert_eq!(
            shown("uv.lock", text),
            [
                ("httpx".into(), "0.27.0".into(), Runtime, true, 11),
                ("idna".into(), "3.6".into(), Runtime, false, 16),
                ("pytest".into(), "8.1".into(), Development, true, 19),
                ("pluggy".into(), "1.4".into(), Development, false, 23),
            ]
        );
    }

    #[test]
    fn pdm_pylock_and_pipfile() {
        let pdm = r#"[[package]]
name = "a"
version = "1"
groups = ["default"]
[[package]]
name = "b"
version = "2"
groups = ["lint"]
"#;
        assert_eq!(
            shown("pdm.lock", pdm),
            [("a".into(), "1".into(), Runtime, false, 2), ("b".into(), "2".into(), Development, false, 6)]
        );
        let pylock = r#"lock-version = "1.0"
[[packages]]
name = "attrs"
version = "25.1.0"
"#;
        assert_eq!(shown("pylock.toml", pylock), [("attrs".into(), "25.1.0".into(), Runtime, false, 3)]);
        let pipfile = r#"{
 "_meta": {"hash": {}},
 "default": {
  "Flask": {"version": "==2.3.2"}
 },
 "develop": {
  "pytest": {"version": "==8.0"}
 }
}"#;
        assert_eq!(
            shown("Pipfile.lock", pipfile),
            [("flask".into(), "2.3.2".into(), Runtime, false, 4), ("pytest".into(), "8.0".into(), Development, false, 7)]
        );
    }
}
