//! Floor 1: readyctl.toml → policy. Unknown keys are errors; the run says which file won.
//!
//! To add a setting: a field in `Written` and in `Policy`, and a line in the README's table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use toml::Spanned;

use crate::model::glob;
use crate::model::role::{Role, RoleOverride};
use crate::model::terms::Word;
use crate::model::text::did_you_mean;

/// Places of the configuration file, below the audited folder, first wins.
const PLACES: [&str; 2] = ["readyctl.toml", ".github/readyctl.toml"];

/// What the configuration decides.
#[derive(Debug, Default, Clone)]
pub struct Policy {
    pub only: Vec<String>,
    pub skip: Vec<String>,
    /// Folders of more checks.
    pub checks: Vec<PathBuf>,
    /// In the order of the file; the last that matches a path decides.
    pub roles: Vec<RoleOverride>,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
    only: Vec<String>,
    skip: Vec<String>,
    checks: Vec<PathBuf>,
    /// Globs by role.
    roles: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

/// The policy in force and the file it comes from.
///
/// # Errors
/// When the named file cannot be read, or a file has a mistake; the message names line and column.
pub fn find(root: &Path, named: Option<&Path>, ignore: bool) -> anyhow::Result<(Policy, Option<String>)> {
    if ignore {
        return Ok((Policy::default(), None));
    }
    let found = match named {
        Some(path) => Some(path.to_owned()),
        None => PLACES.iter().map(|place| root.join(place)).find(|path| path.is_file()),
    };
    let Some(path) = found else { return Ok((Policy::default(), None)) };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the configuration {}; name an existing file", path.display()))?;
    let written: Written = toml::from_str(&text).map_err(|error| {
        let place = error.span().map(|span| place(&text, span.start)).unwrap_or_default();
        anyhow::anyhow!("{}{place}: {}", path.display(), error.message())
    })?;
    let roles = roles(&written.roles).map_err(|mistakes| {
        let lines = mistakes.iter().map(|(offset, message)| format!("{}{}: {message}", path.display(), place(&text, *offset)));
        anyhow::anyhow!("{}", lines.collect::<Vec<_>>().join("\n"))
    })?;
    let folder = path.parent().unwrap_or(root);
    let checks = written.checks.into_iter().map(|checks| folder.join(checks)).collect();
    Ok((Policy { only: written.only, skip: written.skip, checks, roles }, Some(path.display().to_string())))
}

/// The overrides in the order in which they are written, or every mistake with its byte offset.
fn roles(written: &BTreeMap<Spanned<String>, Vec<Spanned<String>>>) -> Result<Vec<RoleOverride>, Vec<(usize, String)>> {
    let (mut overrides, mut mistakes) = (Vec::new(), Vec::new());
    for (word, globs) in written {
        let Some(role) = Role::parse(word.get_ref()) else {
            let hint = did_you_mean(word.get_ref(), Role::words());
            let hint = hint.map_or(String::new(), |found| format!("; did you mean `{found}`?"));
            let known = Role::words().join(", ");
            mistakes.push((word.span().start, format!("`{}` is no role{hint}; one of {known}", word.get_ref())));
            continue;
        };
        for glob in globs {
            let at = glob.span().start;
            match glob::problem(glob.get_ref()) {
                Some(problem) => mistakes.push((at, problem)),
                None => overrides.push((at, RoleOverride { glob: glob.get_ref().clone(), role })),
            }
        }
    }
    if !mistakes.is_empty() {
        mistakes.sort();
        return Err(mistakes);
    }
    overrides.sort_by_key(|(at, _)| *at);
    Ok(overrides.into_iter().map(|(_, rule)| rule).collect())
}

/// `:line:column` of a byte offset.
fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    format!(":{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::model::role::Role;

    fn roles_of(text: &str) -> Result<Vec<(String, Role)>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("readyctl.toml"), text).unwrap();
        let policy = find(folder.path(), None, false).map_err(|error| error.to_string())?.0;
        Ok(policy.roles.into_iter().map(|rule| (rule.glob, rule.role)).collect())
    }

    #[test]
    fn roles_keep_the_order_of_the_file() {
        let roles = roles_of("[roles]\ntest = [\"checks/**\"]\nexample = [\"checks/demo/**\", \"*.sample\"]\n").unwrap();
        let expected = [("checks/**", Role::Test), ("checks/demo/**", Role::Example), ("*.sample", Role::Example)];
        assert_eq!(roles, expected.map(|(glob, role)| (glob.to_owned(), role)));
    }

    #[test]
    fn every_mistake_in_roles_has_its_place_and_a_hint() {
        let error = roles_of("[roles]\ntset = [\"a/**\"]\ndocs = [\n  \"../x\",\n]\n").unwrap_err();
        assert!(error.contains("readyctl.toml:2:1: `tset` is no role; did you mean `test`?"), "{error}");
        assert!(error.contains("readyctl.toml:4:3: `../x` leaves the repository"), "{error}");
    }

    #[test]
    fn a_misspelt_key_is_an_error_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("readyctl.toml"), "skip = []\nonyl = [\"cors\"]\n").unwrap();
        let error = find(folder.path(), None, false).unwrap_err().to_string();
        assert!(error.contains("readyctl.toml:2:1"), "{error}");
        assert!(error.contains("onyl"), "{error}");
        assert!(find(folder.path(), None, true).is_ok());
    }
}
