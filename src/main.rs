//! The binary: hands the arguments to `cli::run` and returns its exit code.

use std::process::ExitCode;

/// An audit makes a million small allocations on two threads; the system's allocator would be a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    readyctl::cli::run()
}
