//! Go: `go.mod`, `go.sum` and `go.work`, read line by line.

use super::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind};
use std::collections::BTreeSet;

/// One directive of a `go.mod` or `go.work`, whether it stands alone or in a `verb ( … )` block.
struct Directive<'a> {
    verb: &'a str,
    words: Vec<&'a str>,
    comment: &'a str,
    line: u32,
}

fn directives(text: &str) -> Vec<Directive<'_>> {
    let mut found = Vec::new();
    let mut block = None;
    for (line, raw) in (1..).zip(text.lines()) {
        let (content, comment) = raw.split_once("//").unwrap_or((raw, ""));
        let mut words = content.split_whitespace().map(|word| word.trim_matches('"')).peekable();
        match (block, words.peek().copied()) {
            (_, None) => {}
            (Some(_), Some(")")) => block = None,
            (Some(verb), Some(_)) => found.push(Directive { verb, words: words.collect(), comment: comment.trim(), line }),
            (None, Some(verb)) => {
                words.next();
                let words: Vec<&str> = words.collect();
                if words == ["("] {
                    block = Some(verb);
                } else {
                    found.push(Directive { verb, words, comment: comment.trim(), line });
                }
            }
        }
    }
    found
}

pub(super) fn go_mod(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Go);
    let mut package = LocalPackage::new(Ecosystem::Go, "", path);
    let mut tools: BTreeSet<&str> = BTreeSet::new();
    for directive in directives(text) {
        match (directive.verb, directive.words.as_slice()) {
            ("module", [name, ..]) => package.name = (*name).to_string(),
            ("go", [version, ..]) => manifest.runtime("go", version, directive.line),
            ("toolchain", [version, ..]) => manifest.runtime("go", version.trim_start_matches("go"), directive.line),
            ("tool", [name, ..]) => {
                tools.insert(name);
            }
            ("require", [name, version, ..]) => manifest.dependencies.push(Dependency {
                requirement: Some((*version).to_string()),
                resolved: Some((*version).to_string()),
                direct: !directive.comment.starts_with("indirect"),
                ..Dependency::new(Ecosystem::Go, name, path, directive.line)
            }),
            ("replace", words) => {
                let target = words.iter().position(|word| *word == "=>").and_then(|at| words.get(at + 1));
                let folder = target.filter(|target| target.starts_with("./") || target.starts_with("../"));
                package.local_dependencies.extend(folder.map(|folder| (*folder).to_string()));
            }
            _ => {}
        }
    }
    for dependency in &mut manifest.dependencies {
        if is_tool(&dependency.name, &tools) {
            dependency.scope = DependencyScope::Build;
        }
    }
    manifest.package = Some(package);
    Ok(manifest)
}

/// A tool is a package inside a module: `golang.org/x/tools/cmd/stringer` in `golang.org/x/tools`.
fn is_tool(module: &str, tools: &BTreeSet<&str>) -> bool {
    let mut from_here = tools.range(module..);
    from_here.next().is_some_and(|tool| tool.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Every module whose content was verified. Several versions of one module may stand here; not all need be in the build.
pub(super) fn go_sum(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Go);
    for (line, content) in (1..).zip(text.lines()) {
        let mut words = content.split_whitespace();
        if let (Some(name), Some(version), Some(_)) = (words.next(), words.next(), words.next())
            && !version.ends_with("/go.mod")
        {
            manifest.dependencies.push(Dependency {
                resolved: Some(version.to_string()),
                direct: false,
                ..Dependency::new(Ecosystem::Go, name, path, line)
            });
        }
    }
    Ok(manifest)
}

pub(super) fn go_work(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Go);
    let mut package = LocalPackage::new(Ecosystem::Go, "", path);
    package.is_workspace_root = true;
    for directive in directives(text) {
        match (directive.verb, directive.words.as_slice()) {
            ("use", [folder, ..]) => package.workspace_members.push((*folder).to_string()),
            ("go", [version, ..]) => manifest.runtime("go", version, directive.line),
            _ => {}
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
    fn go_mod_directives() {
        let text = "module github.com/acme/api // the API\n\ngo 1.22\ntoolchain go1.22.3\n\nrequire github.com/gin-gonic/gin v1.9.1\nrequire (\n\t\
                    golang.org/x/net v0.17.0 // indirect\n\tgolang.org/x/tools v0.20.0\n\t// a note\n)\nreplace github.com/acme/shared => ../shared\n\
                    replace a.b/c v1.0.0 => a.b/d v1.0.1\ntool golang.org/x/tools/cmd/stringer\n";
        let manifest = parse("go.mod", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.resolved.as_deref(), d.direct, d.scope, d.line)).collect();
        assert_eq!(
            found,
            [
                ("github.com/gin-gonic/gin", Some("v1.9.1"), true, DependencyScope::Runtime, 6),
                ("golang.org/x/net", Some("v0.17.0"), false, DependencyScope::Runtime, 8),
                ("golang.org/x/tools", Some("v0.20.0"), true, DependencyScope::Build, 9),
            ]
        );
        let versions: Vec<_> = manifest.runtime_versions.iter().map(|v| (v.spec.as_str(), v.line)).collect();
        assert_eq!(versions, [("1.22", 3), ("1.22.3", 4)]);
        let package = manifest.package.unwrap();
        assert_eq!(package.name, "github.com/acme/api");
        assert_eq!(package.local_dependencies, ["../shared"]);
    }

    #[test]
    fn go_sum_skips_module_files() {
        let text = "github.com/a/b v1.0.0 h1:x=\ngithub.com/a/b v1.0.0/go.mod h1:y=\n";
        let manifest = parse("go.sum", text).unwrap();
        assert_eq!(manifest.dependencies.len(), 1);
        assert_eq!((manifest.dependencies[0].line, manifest.dependencies[0].direct), (1, false));
    }

    #[test]
    fn go_work_members() {
        let package = parse("go.work", "go 1.22\nuse (\n\t./api\n\t./worker\n)\n").unwrap().package.unwrap();
        assert_eq!(package.workspace_members, ["./api", "./worker"]);
    }
}
