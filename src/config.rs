//! Floor 1: readyctl.toml → policy. Unknown keys are errors; the run says which file won.
//!
//! To add a setting: a field in `Written` and in `Policy`, and a line in the README's table.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

/// Places of the configuration file, below the audited folder, first wins.
const PLACES: [&str; 2] = ["readyctl.toml", ".github/readyctl.toml"];

/// What the configuration decides.
#[derive(Debug, Default, Clone)]
pub struct Policy {
    pub only: Vec<String>,
    pub skip: Vec<String>,
    /// Folders of more checks.
    pub checks: Vec<PathBuf>,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
    only: Vec<String>,
    skip: Vec<String>,
    checks: Vec<PathBuf>,
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
    let folder = path.parent().unwrap_or(root);
    let checks = written.checks.into_iter().map(|checks| folder.join(checks)).collect();
    Ok((Policy { only: written.only, skip: written.skip, checks }, Some(path.display().to_string())))
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
