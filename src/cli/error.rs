//! Exit codes, and failures as users see them: a sentence, a place, a next step.

use std::fmt;
use std::process::ExitCode;

/// How a run ended. A display filter never changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Ran; the gate, if one was asked for, is met.
    Met = 0,
    /// Ran; the gate is not met.
    NotMet = 1,
    /// The command line, the configuration or a check is wrong.
    Usage = 2,
    /// Nothing was audited, or the verdict that a gate needs is inconclusive.
    Inconclusive = 3,
    /// An internal or I/O failure.
    Failed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    message: String,
}

impl Failure {
    /// A failure with a message that needs no prefix of its own.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "readyctl: {}", self.message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(Exit::Failed, format!("cannot write the output: {error}"))
    }
}

impl From<Vec<crate::checks::load::FileProblem>> for Failure {
    fn from(problems: Vec<crate::checks::load::FileProblem>) -> Failure {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let count = lines.len();
        let plural = if count == 1 { "problem" } else { "problems" };
        Failure::new(Exit::Usage, format!("the checks do not load, {count} {plural}:\n{}", lines.join("\n")))
    }
}
