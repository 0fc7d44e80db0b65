//! npm, yarn, pnpm and bun: `package.json`, workspaces, and the lockfiles.
//!
//! Lockfiles written as JSON are in `lock`, pnpm's YAML in `pnpm`, yarn's own line format in `yarn`. To add another, give it a
//! function with the parser signature and name it in `manifest::parser_for`.

mod lock;
mod package;
mod pnpm;
mod yarn;

pub(super) use lock::{bun_lock, package_lock};
pub(super) use package::package_json;
pub(super) use pnpm::{pnpm_lock, pnpm_workspace};
pub(super) use yarn::yarn_lock;

/// The name and the version of `name@version`, `@scope/name@version` or just a name.
fn split_specifier(text: &str) -> (&str, Option<&str>) {
    let start = usize::from(text.starts_with('@'));
    match text[start..].find('@') {
        Some(at) => (&text[..start + at], Some(&text[start + at + 1..])),
        None => (text, None),
    }
}

/// A requirement that points into the repository: the path of `file:`, `link:` and `portal:`.
fn local_path(requirement: &str) -> Option<&str> {
    let path = ["file:", "link:", "portal:"].iter().find_map(|protocol| requirement.strip_prefix(protocol))?;
    (!path.ends_with(".tgz") && !path.ends_with(".tar.gz")).then_some(path)
}
