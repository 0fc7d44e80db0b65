//! The binary: hands the arguments to `cli::run` and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    readyctl::cli::run()
}
