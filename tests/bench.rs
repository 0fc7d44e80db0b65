//! The bench: CPU time of whole audits as ratios of B (`rg -c ''`) and T (a tree-sitter tree of every known file), all measured
//! in the same run on the same trees.
//!
//! `cargo bench --bench audit -- PATH…` prints one row for each tree. It needs `rg` on the PATH. Nothing here decides a test: times
//! are not asserted anywhere. The column `10x` needs a binary with every check ten times: `READYCTL_COPIES=10 cargo build --release
//! --target-dir target/ten`, then READYCTL_TEN=target/ten/release/readyctl. `--trees PATH` is the child process that measures T.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot go on")]

use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use rayon::prelude::*;
use tree_sitter::{Language, Parser};

/// Interleaved runs of each command; the smallest counts.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|first| first == "--trees") {
        parse_all(Path::new(&arguments[1]));
        return;
    }
    let empty = tempfile::tempdir().unwrap();
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>7} {:>7} {:>10} {:>7} {:>9}",
        "tree", "B ms", "T ms", "audit ms", "A/B", "T/B", "0.5T+2B", "10x", "peak MiB"
    );
    for tree in &arguments {
        row(Path::new(tree));
    }
    let version = best(|| cpu(&mut readyctl(&["--version"])));
    let rg = best(|| cpu(Command::new("rg").arg("--version")));
    let nothing = best(|| cpu(&mut readyctl(&["audit", empty.path().to_str().unwrap()])));
    println!("rg --version {rg:.1} ms, readyctl --version {:.1}x, empty folder {:.1}x", version / rg, nothing / rg);
}

fn row(tree: &Path) {
    let path = tree.to_str().unwrap();
    let own = std::env::current_exe().unwrap();
    let (mut b, mut t, mut audit, mut ten) = (f64::MAX, f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        b = b.min(cpu(Command::new("rg").args(["-c", "", "--hidden", path])));
        t = t.min(cpu(Command::new(&own).args(["--trees", path])));
        audit = audit.min(cpu(&mut readyctl(&["audit", path, "--format", "json"])));
        if let Some(binary) = std::env::var_os("READYCTL_TEN") {
            ten = ten.min(cpu(Command::new(binary).args(["audit", path, "--format", "json"])));
        }
    }
    let peak = peak_mib(path);
    let name = tree.file_name().unwrap_or_default().to_string_lossy();
    let ten = if ten == f64::MAX { "-".to_owned() } else { format!("{:.2}", ten / audit) };
    println!(
        "{name:<28} {b:>9.0} {t:>9.0} {audit:>9.0} {:>7.2} {:>7.2} {:>10.2} {ten:>7} {peak:>9.0}",
        audit / b,
        t / b,
        audit / (0.5 * t + 2.0 * b)
    );
}

fn readyctl(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_readyctl"));
    command.args(arguments);
    command
}

/// CPU time of a child, user and system, in milliseconds.
fn cpu(command: &mut Command) -> f64 {
    let total = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
        let milliseconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
        milliseconds(usage.user_time()) + milliseconds(usage.system_time())
    };
    let before = total();
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    total() - before
}

fn best(mut measure: impl FnMut() -> f64) -> f64 {
    (0..4 * ROUNDS).map(|_| measure()).fold(f64::MAX, f64::min)
}

/// Peak resident memory of an audit, from a wrapper whose only child it is.
fn peak_mib(path: &str) -> f64 {
    let script = "import resource,subprocess,sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let output = Command::new("python3").args(["-c", script, env!("CARGO_BIN_EXE_readyctl"), "audit", path]).output();
    output.ok().and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// Parses every file of a language with a grammar, on all cores: what a tool pays that looks at trees of everything.
fn parse_all(root: &Path) {
    let paths: Vec<_> = ignore::WalkBuilder::new(root)
        .hidden(false)
        .build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((grammar(entry.path().to_str()?)?, entry.into_path())))
        .collect();
    let nodes: usize = paths
        .par_iter()
        .map(|(language, path)| {
            let text = std::fs::read(path).unwrap_or_default();
            let mut parser = Parser::new();
            parser.set_language(language).unwrap();
            parser.parse(&text, None).map_or(0, |tree| tree.root_node().descendant_count())
        })
        .sum();
    println!("{nodes}");
}

fn grammar(path: &str) -> Option<Language> {
    use readyctl::model::language::Language::*;
    Some(match readyctl::model::language::Language::of_path(path)? {
        Python => tree_sitter_python::LANGUAGE.into(),
        JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Go => tree_sitter_go::LANGUAGE.into(),
        Java => tree_sitter_java::LANGUAGE.into(),
        Kotlin => tree_sitter_kotlin_sg::LANGUAGE.into(),
        Ruby => tree_sitter_ruby::LANGUAGE.into(),
        Php => tree_sitter_php::LANGUAGE_PHP.into(),
        CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
        Rust => tree_sitter_rust::LANGUAGE.into(),
    })
}
