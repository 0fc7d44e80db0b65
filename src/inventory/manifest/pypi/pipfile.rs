//! `Pipfile`.

use super::group_scope;
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree, version};

/// Tables that hold no packages; every other one is `packages`, `dev-packages` or a category of the user's.
const OTHER_TABLES: [&str; 4] = ["source", "requires", "pipenv", "scripts"];

pub(in crate::inventory::manifest) fn pipfile(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::PyPi);
    let mut package = LocalPackage::new(Ecosystem::PyPi, "", path);
    for table in document.entries().iter().filter(|table| !OTHER_TABLES.contains(&&*table.key)) {
        let scope = match &*table.key {
            "packages" => DependencyScope::Runtime,
            "dev-packages" => DependencyScope::Development,
            category => group_scope(category),
        };
        for entry in table.value.entries() {
            package.local_dependencies.extend(tree::text_of(&entry.value, "path"));
            let stated = ["version", "git", "file"].iter().find_map(|key| tree::text_of(&entry.value, key));
            let requirement = entry.value.as_str().map(str::to_string).or(stated).filter(|text| text != "*");
            manifest.dependencies.push(Dependency {
                resolved: requirement.as_deref().and_then(|text| version::exact(Ecosystem::PyPi, text)),
                requirement,
                scope,
                features: entry.value.get("extras").map(tree::texts).unwrap_or_default(),
                ..Dependency::new(Ecosystem::PyPi, &entry.key, path, entry.key_span.line)
            });
        }
    }
    package.has_entry_point = document.get("scripts").is_some();
    for key in ["python_version", "python_full_version"] {
        if let Some(entry) = document.get("requires").and_then(|table| table.entry(key)) {
            manifest.runtime("python", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
        }
    }
    manifest.package = Some(package);
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    #[test]
    fn reads_packages_and_categories() {
        let text = r#"[[source]]
url = "https://pypi.org/simple"
[packages]
flask = "==2.3.2"
gunicorn = {version = ">=20", extras = ["gevent"]}
lib = {path = "./lib", editable = true}
[dev-packages]
pytest = "*"
[docs]
sphinx = "*"
[requires]
python_version = "3.11"
"#;
        let manifest = parse("Pipfile", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.line)).collect();
        use DependencyScope::*;
        assert_eq!(
            found,
            [
                ("flask", Some("==2.3.2"), Runtime, 4),
                ("gunicorn", Some(">=20"), Runtime, 5),
                ("lib", None, Runtime, 6),
                ("pytest", None, Development, 8),
                ("sphinx", None, Development, 10),
            ]
        );
        assert_eq!(manifest.dependencies[0].resolved.as_deref(), Some("2.3.2"));
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("3.11", 12));
        assert_eq!(manifest.package.unwrap().local_dependencies, ["./lib"]);
    }
}
