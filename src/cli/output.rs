//! Where reports go: standard output or files written atomically, with colour where it is wanted; progress; completions.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory;

use crate::inventory::folder;
use crate::model::report::Report;
use crate::render::{self, Format, Options};

use super::args::{Args, AuditArgs, Color};
use super::error::{Exit, Failure};

/// One report to write.
pub(super) struct Output {
    format: &'static Format,
    options: Options,
    /// `None`: standard output.
    path: Option<PathBuf>,
}

/// Pairs formats with files, in the order given.
pub(super) fn plan(args: &AuditArgs) -> Result<Vec<Output>, Failure> {
    let count = args.format.len().max(args.output.len()).max(1);
    if args.format.len() > args.output.len() + 1 {
        let message = "several formats cannot share standard output; give all but one its own --output";
        return Err(Failure::new(Exit::Usage, message));
    }
    (0..count)
        .map(|index| {
            let path = args.output.get(index).cloned();
            let by_ending = || {
                let ending = path.as_ref()?.extension()?.to_str()?;
                render::by_extension(ending)
            };
            let format = match args.format.get(index) {
                Some(name) => render::by_name(name),
                None if path.is_some() => by_ending(),
                None => render::by_name("terminal"),
            };
            let Some(format) = format else {
                let shown = path.map(|path| path.display().to_string()).unwrap_or_default();
                return Err(Failure::new(Exit::Usage, format!("no format for {shown}; add --format")));
            };
            Ok(Output { format, options: options(args, path.is_none()), path })
        })
        .collect()
}

fn options(args: &AuditArgs, to_stdout: bool) -> Options {
    let color = match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => to_stdout && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
    };
    Options { width: width(args.width), color, verbose: args.verbose }
}

/// The columns to fill: what was asked for, `COLUMNS`, the terminal's, else those of a report by itself.
pub(super) fn width(asked: Option<u16>) -> u16 {
    let terminal = || comfy_table::Table::new().width();
    let columns = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.or_else(columns).or_else(terminal).unwrap_or(Options::default().width)
}

/// Text from the repository, without what would steer a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Renders every output. A closed pipe is no error.
pub(super) fn write(report: &Report, outputs: &[Output]) -> Result<(), Failure> {
    for output in outputs {
        let mut bytes = Vec::new();
        (output.format.render)(report, &output.options, &mut bytes)?;
        match &output.path {
            Some(path) => folder::write_atomically(path, &bytes)
                .map_err(|error| Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display())))?,
            None => print(&bytes)?,
        }
    }
    Ok(())
}

/// Writes bytes to standard output; a reader that went away is no error.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints completions.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "readyctl", &mut bytes);
    print(&bytes)?;
    Ok(Exit::Met)
}

/// Says on a terminal's stderr that a long run is alive. Ends when dropped.
pub(super) struct Progress {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Starts to speak after a second, if stderr is a terminal.
    pub(super) fn start() -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut seconds = 0u32;
            while stopped.recv_timeout(Duration::from_secs(1)) == Err(mpsc::RecvTimeoutError::Timeout) {
                seconds += 1;
                let _ = write!(std::io::stderr(), "\rscanning … {seconds} s");
            }
            if seconds > 0 {
                let _ = write!(std::io::stderr(), "\r\x1b[K");
            }
        });
        Progress { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A progress thread that panicked has nothing to say.
            let _ = thread.join();
        }
    }
}
