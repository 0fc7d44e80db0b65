//! Floor 5: arguments, dispatch, exit codes. Nobody imports it.
//!
//! Findings go to stdout, progress and errors to stderr. To add a command: a variant in `args::Command`, a file here with a `run`
//! that returns an `Exit`, and a case in `dispatch`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

mod args;
mod audit;
mod checks;
mod env;
mod error;
mod explain;
mod live;
mod new_check;
mod output;
mod routes;
mod schema;

pub use error::{Exit, Failure};

/// Parses the arguments, runs the command, prints what went wrong.
pub fn run() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nothing is left to be done when not even this can be printed.
            let _ = error.print();
            return if help { Exit::Met.into() } else { Exit::Usage.into() };
        }
    };
    match dispatch(&args) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let _ = writeln!(anstream::stderr(), "{failure}");
            failure.exit.into()
        }
    }
}

fn dispatch(args: &args::Args) -> Result<Exit, Failure> {
    match &args.command {
        args::Command::Audit(options) => audit::run(options),
        args::Command::Explain(options) => explain::run(options),
        args::Command::Checks(command) => checks::run(command),
        args::Command::Routes(options) => routes::run(options),
        args::Command::Env(options) => env::run(options),
        args::Command::Completions { shell } => output::completions(*shell),
    }
}
