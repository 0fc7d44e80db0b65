//! `yarn.lock`, both the first format and that of yarn 2 and later ("berry"), read line by line.
//!
//! A block starts with a line of descriptors (`a@^1, a@~1.2:`) and holds `version` and, in berry, `resolution`. Only berry lists the
//! packages of the repository and so tells which dependencies are direct.

use super::split_specifier;
use crate::inventory::manifest::{Dependency, Ecosystem, Manifest, ManifestKind};
use std::collections::BTreeSet;

/// One entry of the file.
struct Block<'a> {
    line: u32,
    descriptors: Vec<&'a str>,
    version: Option<&'a str>,
    /// Is it a package of the repository?
    is_local: bool,
    /// `name: range` under `dependencies:`, of such a package.
    needs: Vec<(&'a str, &'a str)>,
}

pub(in crate::inventory::manifest) fn yarn_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Npm);
    let blocks = blocks(text);
    let asked_for: BTreeSet<(&str, &str)> =
        blocks.iter().filter(|block| block.is_local).flat_map(|block| block.needs.iter().copied()).collect();
    for block in blocks.iter().filter(|block| !block.is_local) {
        let Some((key, first)) = block.descriptors.first().map(|descriptor| split_specifier(descriptor)) else { continue };
        let Some(version) = block.version else { continue };
        let name = aliased_name(first).unwrap_or(key);
        let ranges: Vec<&str> = block.descriptors.iter().filter_map(|text| split_specifier(text).1).map(bare_range).collect();
        let direct = block.descriptors.iter().any(|descriptor| {
            let (name, range) = split_specifier(descriptor);
            asked_for.contains(&(name, range.map(bare_range).unwrap_or_default()))
        });
        manifest.dependencies.push(Dependency {
            alias: (name != key).then(|| key.to_string()),
            requirement: (!ranges.is_empty()).then(|| ranges.join(", ")),
            resolved: Some(version.to_string()),
            direct,
            ..Dependency::new(Ecosystem::Npm, name, path, block.line)
        });
    }
    Ok(manifest)
}

/// `npm:other@^1` under another key.
fn aliased_name(range: Option<&str>) -> Option<&str> {
    let (name, range) = split_specifier(range?.strip_prefix("npm:")?);
    range.map(|_| name)
}

/// `npm:^1` and `npm:other@^1` ask for `^1`.
fn bare_range(range: &str) -> &str {
    let range = range.strip_prefix("npm:").unwrap_or(range);
    split_specifier(range).1.unwrap_or(range)
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut section = "";
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        // Most lines are about what packages of others need.
        let asks_for = section == "dependencies" && blocks.last().is_some_and(|block| block.is_local);
        if (indent > 2 && !asks_for) || content.is_empty() || content.starts_with('#') {
            continue;
        }
        let content = content.trim_end();
        if indent == 0 {
            section = "";
            // `__metadata:` becomes a block as well, so that its version is not taken for that of a package.
            let header = content.trim_end_matches(':');
            let descriptors: Vec<&str> = header.split(", ").map(unquoted).filter(|text| text.contains('@')).collect();
            let is_local = descriptors.iter().any(|descriptor| descriptor.contains("@workspace:"));
            blocks.push(Block { line: number, descriptors, version: None, is_local, needs: Vec::new() });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        let (key, value) = member(content);
        if indent <= 2 {
            section = key;
            if key == "version" && !value.is_empty() {
                block.version = Some(value);
            }
        } else {
            block.needs.push((key, bare_range(value)));
        }
    }
    blocks
}

/// `key "value"`, `key: value` or `"key": "value"`.
fn member(content: &str) -> (&str, &str) {
    let (key, value) = content.split_once([' ', ':']).unwrap_or((content, ""));
    if let Some(quoted) = content.strip_prefix('"')
        && let Some((key, value)) = quoted.split_once('"')
    {
        return (key, unquoted(value.trim_start_matches(':').trim()));
    }
    (key, unquoted(value.trim_start_matches(':').trim()))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use crate::inventory::manifest::parse;

    #[test]
    fn first_format() {
        let text = r#"# yarn lockfile v1


"@babel/core@^7.1.0", "@babel/core@^7.2.0":
  version "7.23.0"
  resolved "https://x"
  dependencies:
    version "9.9.9"

ms@2.0.0:
  version "2.0.0"
"alias@npm:real@^1.0.0":
  version "1.0.1"
"#;
        let manifest = parse("yarn.lock", text).unwrap();
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (d.name.as_str(), d.requirement.as_deref(), d.resolved.as_deref(), d.line))
            .collect();
        assert_eq!(
            found,
            [
                ("@babel/core", Some("^7.1.0, ^7.2.0"), Some("7.23.0"), 4),
                ("ms", Some("2.0.0"), Some("2.0.0"), 10),
                ("real", Some("^1.0.0"), Some("1.0.1"), 12),
            ]
        );
        assert!(manifest.dependencies.iter().all(|d| !d.direct));
        assert_eq!(manifest.dependencies[2].alias.as_deref(), Some("alias"));
    }

    #[test]
    fn berry_tells_what_is_direct() {
        let text = r#"__metadata:
  version: 8

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    express: "npm:^4.18.0"
  languageName: unknown

"express@npm:^4.18.0":
  version: 4.18.2
  resolution: "express@npm:4.18.2"
  dependencies:
    ms: "npm:2.0.0"

"ms@npm:2.0.0":
  version: 2.0.0
"#;
        let manifest = parse("yarn.lock", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.resolved.as_deref(), d.direct, d.line)).collect();
        assert_eq!(found, [("express", Some("4.18.2"), true, 11), ("ms", Some("2.0.0"), false, 17)]);
    }
}
