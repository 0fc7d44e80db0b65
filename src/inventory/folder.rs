//! Reading the files of a folder that is not being audited: check packs.

use std::path::Path;

use anyhow::Context;
use walkdir::WalkDir;

use super::source::read_regular;

/// Largest pack file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// Largest recording that is read, in bytes: a few hundred bodies of 256 KiB, as JSON writes them.
const MAX_RECORDING: u64 = 256 * 1024 * 1024;

/// The texts of the files with this ending below `root`, as (relative POSIX path, content), ordered by path.
///
/// # Errors
/// When the folder or a file cannot be read, is too large, or is not UTF-8.
pub fn read_texts(root: &Path, extension: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(root).follow_links(false).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot read the folder {}; name an existing folder", root.display()))?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|found| found != extension) {
            continue;
        }
        let length = entry.metadata().map(|metadata| metadata.len()).unwrap_or_default();
        anyhow::ensure!(length <= MAX_BYTES, "{} is larger than 1 MiB; split it", path.display());
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {} as UTF-8", path.display()))?;
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        found.push((relative, text));
    }
    Ok(found)
}

/// The text of one file.
///
/// # Errors
/// When it cannot be read, is too large, or is not UTF-8.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    read_up_to(path, MAX_BYTES)
}

/// The text of one file of what this program wrote, a recording.
///
/// # Errors
/// As `read_text`.
pub fn read_long_text(path: &Path) -> anyhow::Result<String> {
    read_up_to(path, MAX_RECORDING)
}

fn read_up_to(path: &Path, most: u64) -> anyhow::Result<String> {
    let bytes = read_regular(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()), most)
        .map_err(|reason| anyhow::anyhow!("it cannot be read: {reason}"))?;
    String::from_utf8(bytes).context("it is not UTF-8")
}

/// Writes a file so that readers see the old content or the new one, never a part.
///
/// # Errors
/// When the folder does not exist or cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = Path::new(&temporary);
    let written = std::fs::write(temporary, bytes).and_then(|()| std::fs::rename(temporary, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(temporary);
    }
    written
}
