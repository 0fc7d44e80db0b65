//! Bundles `checks/**/*.yaml` into the binary, sorted by path, so that no list names checks anywhere.
//!
//! Each file is embedded twice: whole, for `checks show` and `checks test`, and without its tests, which an audit never reads.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    let checks = root.join("checks");
    let mut files = Vec::new();
    collect(&checks, &mut files)?;
    files.sort();
    let mut source = String::from("pub(super) static FILES: &[Bundled] = &[\n");
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    for path in &files {
        let relative = path.strip_prefix(&checks).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path)?;
        for byte in relative.bytes().chain([0xff]).chain(text.bytes()).chain([0xff]) {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let lean = out.join("lean").join(&relative);
        if let Some(parent) = lean.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&lean, without_tests(&text))?;
        let _ = writeln!(
            source,
            "    Bundled {{ path: {relative:?}, lean: include_str!({:?}), whole: include_str!({:?}) }},",
            lean.display(),
            path.display()
        );
    }
    let _ = writeln!(source, "];\npub(super) static DIGEST: &str = \"{digest:016x}\";");
    fs::write(out.join("bundle.rs"), source)?;
    println!("cargo:rerun-if-changed=checks");
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-env-changed=READYCTL_COMMIT");
    Ok(())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            into.push(path);
        }
    }
    Ok(())
}

/// The text without its top-level `tests:` block; lines keep their numbers.
fn without_tests(text: &str) -> String {
    let mut inside = false;
    let mut lean = String::with_capacity(text.len());
    for line in text.lines() {
        let top_level = line.chars().next().is_some_and(|first| !first.is_whitespace() && first != '#' && first != '-');
        if top_level {
            inside = line.starts_with("tests:");
        }
        if !inside {
            lean.push_str(line);
        }
        lean.push('\n');
    }
    lean.truncate(lean.trim_end().len());
    lean.push('\n');
    lean
}
