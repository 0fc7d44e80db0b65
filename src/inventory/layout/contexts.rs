//! Images that are built from the folder around a component: `build: { context: ., dockerfile: Dockerfile.mcp }` builds `mcp/` with
//! the lockfile and the example of an environment that lie in the context.
//!
//! To teach it a lockfile or such an example, add it to [`is_lent`]. [`built`] says which component an image is built from.

use std::collections::BTreeSet;

use super::{Layout, folder_of};
use crate::inventory::document::{self, Format, compose::normalise};
use crate::inventory::role::is_dockerfile;
use crate::model::node::Node;

/// The files that a component uses although another one owns them, as (component, index of the file). `paths` are those of all
/// files in the order of the layout, `composes` the path and text of each compose file.
pub fn lent<'a>(layout: &Layout, paths: &[&str], composes: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<(usize, usize)> {
    let mut built: BTreeSet<(usize, String)> = BTreeSet::new();
    for (path, text) in composes.filter(|(_, text)| text.contains("dockerfile")) {
        let Some(document) = document::parse(Format::Yaml, text).ok().and_then(|documents| documents.into_iter().next()) else {
            continue;
        };
        let document = normalise(document);
        for service in document.get("services").map(Node::entries).unwrap_or_default() {
            let text = |key: &str| service.value.at(&["build", key]).and_then(Node::as_str);
            let Some(dockerfile) = text("dockerfile") else { continue };
            let Some(context) = below(folder_of(path), text("context").unwrap_or(".")) else { continue };
            let component = below(&context, dockerfile).and_then(|dockerfile| component(layout, &context, &dockerfile));
            built.extend(component.map(|component| (component, context)));
        }
    }
    let in_context = |(component, context): &(usize, String)| {
        let of = |(index, path): (usize, &&str)| (folder_of(path) == context && is_lent(path)).then_some((*component, index));
        paths.iter().enumerate().filter_map(of).collect::<Vec<_>>()
    };
    built.iter().flat_map(in_context).collect()
}

/// The component that a service is built from, in a compose file of this folder. A context that is no component belongs to the one
/// around it; one at the root is a component where the root is, or where there is no other.
pub fn built(layout: &Layout, folder: &str, context: &str, dockerfile: Option<&str>) -> Option<usize> {
    let context = below(folder, context)?;
    let named = dockerfile.and_then(|dockerfile| component(layout, &context, &below(&context, dockerfile)?));
    let holds =
        |path: &str| path == "." || context == path || context.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    let around = || {
        let around = layout.components.iter().enumerate().filter(|(_, component)| holds(&component.path));
        around.max_by_key(|(_, component)| if component.path == "." { 0 } else { component.path.len() }).map(|(index, _)| index)
    };
    named.or_else(around).or_else(|| (context.is_empty() && layout.components.len() == 1).then_some(0))
}

/// The component below the context that an image is of: the one around its Dockerfile, or the one it is named after.
fn component(layout: &Layout, context: &str, dockerfile: &str) -> Option<usize> {
    let inside = |path: &str| context.is_empty() || path.strip_prefix(context).is_some_and(|rest| rest.starts_with('/'));
    let candidates =
        || layout.components.iter().enumerate().filter(|(_, component)| component.path != "." && inside(&component.path));
    let around =
        candidates().filter(|(_, component)| dockerfile.strip_prefix(&component.path).is_some_and(|rest| rest.starts_with('/')));
    if let Some((index, _)) = around.max_by_key(|(_, component)| component.path.len()) {
        return Some(index);
    }
    let name = dockerfile.rsplit('/').next().unwrap_or(dockerfile);
    let lower = name.to_ascii_lowercase();
    let called =
        lower.strip_prefix("dockerfile.").or_else(|| lower.strip_suffix(".dockerfile")).filter(|_| is_dockerfile(name))?;
    let named = |component: &str| component.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(called));
    candidates().find(|(_, component)| named(&component.path)).map(|(index, _)| index)
}

/// A path that is written relative to a folder; `None` outside of the repository.
pub fn below(folder: &str, written: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    (!written.starts_with('/')).then(|| parts.join("/"))
}

/// Does the file lock the versions of what a package, or each of a workspace, needs?
pub(super) fn is_lockfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" | "bun.lockb" | "poetry.lock"
    ) || matches!(name, "uv.lock" | "pdm.lock" | "Pipfile.lock" | "Cargo.lock" | "go.sum" | "Gemfile.lock" | "composer.lock")
}

/// Does the file say what the image installs, or what has to be set in its environment?
fn is_lent(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_example =
        name.contains("env") && ["example", "sample", "template", ".dist", ".defaults"].iter().any(|word| name.contains(word));
    is_lockfile(path) || is_example
}

#[cfg(test)]
mod tests {
    use super::super::LayoutFile;
    use super::*;
    use crate::inventory::role::of_path;

    const PATHS: [&str; 9] = [
        ".env.example",
        "Dockerfile",
        "Dockerfile.mcp",
        "docker-compose.yml",
        "mcp/package.json",
        "mcp/src/server.ts",
        "package-lock.json",
        "package.json",
        "server.ts",
    ];

    fn lent_by(compose: &str) -> Vec<(String, &'static str)> {
        let files: Vec<LayoutFile<'_>> = PATHS.iter().map(|path| LayoutFile { path, role: of_path(path) }).collect();
        let layout = Layout::of(&files, &[]);
        let lent = lent(&layout, &PATHS, [("docker-compose.yml", compose)].into_iter());
        lent.into_iter().map(|(component, file)| (layout.components[component].id.clone(), PATHS[file])).collect()
    }

    #[test]
    fn a_component_that_is_built_from_around_it_has_the_lockfile_of_there() {
        let expected = [("mcp".to_owned(), ".env.example"), ("mcp".to_owned(), "package-lock.json")];
        let service = |build: &str| format!("services:\n  side:\n    build: {build}\n");
        assert_eq!(lent_by(&service("{ context: ., dockerfile: Dockerfile.mcp }")), expected);
        assert_eq!(lent_by(&service("{ dockerfile: ./mcp/Dockerfile }")), expected);
        for build in ["./mcp", ".", "{ context: mcp, dockerfile: Dockerfile }", "{ context: ., dockerfile: Dockerfile }"] {
            assert_eq!(lent_by(&service(build)), [], "{build}");
        }
        assert_eq!(lent_by("services: [dockerfile"), []);
        assert_eq!(lent_by(&service("{ context: ../.., dockerfile: Dockerfile.mcp }")), []);
    }
}
