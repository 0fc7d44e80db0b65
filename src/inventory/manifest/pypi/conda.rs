//! `environment.yml` of conda: its own packages and the `pip:` section.
//!
//! Conda's packages are counted as PyPI packages: their names agree for almost all Python libraries.

use super::requirement::Requirement;
use crate::inventory::document::Node;
use crate::inventory::manifest::{Dependency, Ecosystem, Manifest, ManifestKind, tree};

pub(in crate::inventory::manifest) fn conda_environment(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::yaml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::PyPi);
    for item in document.get("dependencies").map(Node::items).unwrap_or_default() {
        match item.as_str() {
            Some(specification) => conda_package(specification, item.span.line, &mut manifest),
            None => pip_section(item, &mut manifest),
        }
    }
    Ok(manifest)
}

fn pip_section(item: &Node, manifest: &mut Manifest) {
    for requirement in item.get("pip").map(Node::items).unwrap_or_default() {
        if let Some(parsed) = requirement.as_str().and_then(Requirement::parse) {
            manifest.dependencies.push(parsed.dependency(&manifest.path, requirement.span.line));
        }
    }
}

/// `channel::name`, `name=1.2=build`, `name>=1.2` or `name ==1.2`.
fn conda_package(specification: &str, line: u32, manifest: &mut Manifest) {
    let specification = specification.rsplit("::").next().unwrap_or(specification).trim();
    let end = specification.find(|c: char| "=<>!~ [".contains(c)).unwrap_or(specification.len());
    let (name, rest) = specification.split_at(end);
    let rest = rest.split('[').next().unwrap_or_default().trim();
    let (requirement, resolved) = match rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')) {
        // One `=` is a prefix match, and a build string behind another one names a single package.
        Some(version) => match version.split_once('=') {
            Some((version, _build)) => (format!("=={version}"), Some(version.to_string())),
            None => (format!("=={version}.*"), None),
        },
        None => (rest.to_string(), rest.strip_prefix("==").map(str::to_string)),
    };
    match name {
        "" => {}
        "python" => manifest.runtime("python", rest.trim_start_matches('='), line),
        _ => manifest.dependencies.push(Dependency {
            requirement: Some(requirement).filter(|text| !text.is_empty()),
            resolved,
            ..Dependency::new(Ecosystem::PyPi, name, &manifest.path, line)
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory::manifest::parse;

    #[test]
    fn conda_and_pip() {
        let text = r"name: app
dependencies:
  - python=3.11
  - conda-forge::numpy=1.26
  - pandas=2.1.0=py311
  - scipy>=1.10
  - pip:
    - fastapi==0.110.0
";
        let manifest = parse("environment.yml", text).unwrap();
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (d.name.as_str(), d.requirement.as_deref(), d.resolved.as_deref(), d.line))
            .collect();
        assert_eq!(
            found,
            [
                ("numpy", Some("==1.26.*"), None, 4),
                ("pandas", Some("==2.1.0"), Some("2.1.0"), 5),
                ("scipy", Some(">=1.10"), None, 6),
                ("fastapi", Some("==0.110.0"), Some("0.110.0"), 8),
            ]
        );
        assert_eq!(manifest.runtime_versions[0].spec, "3.11");
    }
}
