//! The command line as typed.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::live::Pin;
use crate::model::terms::{Priority, Word};
use crate::render::FORMATS;

/// Says whether an application may go to production, what is missing, in what order to fix it, and on what evidence.
#[derive(Debug, Parser)]
#[command(name = "readyctl", version, propagate_version = true, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Audit a repository
    Audit(Box<AuditArgs>),
    /// Explain a check, or how the score came about
    Explain(ExplainArgs),
    /// List, show, verify and test checks
    #[command(subcommand)]
    Checks(ChecksCommand),
    /// Print the route table: method, path, place, guards in effect, public or not
    Routes(RoutesArgs),
    /// Print the config contract: every environment variable, with where it is read, documented and provided
    Env(EnvArgs),
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
}

/// Where checks come from.
#[derive(Debug, Default, Clone, ClapArgs)]
pub struct PackArgs {
    /// Folder of more checks; a file replaces the built-in one with the same path
    #[arg(long = "checks", value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// Which configuration applies.
#[derive(Debug, Default, Clone, ClapArgs)]
pub struct ConfigArgs {
    /// Configuration file; default: readyctl.toml or .github/readyctl.toml in the repository
    #[arg(long, value_name = "FILE", env = "READYCTL_CONFIG", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Ignore configuration files
    #[arg(long)]
    pub no_config: bool,
}

/// When to use colour.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What to audit and what to judge.
#[derive(Debug, Clone, ClapArgs)]
pub struct TargetArgs {
    /// The repository; default: the current folder, or with --url none
    pub path: Option<PathBuf>,
    /// Judge only these checks or categories
    #[arg(long, value_name = "ID|CATEGORY")]
    pub only: Vec<String>,
    /// Leave these checks or categories out
    #[arg(long, value_name = "ID|CATEGORY")]
    pub skip: Vec<String>,
    #[command(flatten)]
    pub pack: PackArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Look for secrets in every version of every file that a commit holds, however large the history is; without it, only if all
    /// packs together are at most 8 MiB
    #[arg(long)]
    pub history: bool,
    /// Rules and exceptions for secrets, from a gitleaks configuration
    #[arg(long, value_name = "FILE")]
    pub secrets_config: Option<PathBuf>,
    /// Threads to use; default: one for each core
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// The deployed endpoint, and how it may be asked.
#[derive(Debug, Default, Clone, ClapArgs)]
#[command(next_help_heading = "Endpoint")]
#[group(skip)]
pub struct LiveArgs {
    /// Audit this deployed endpoint, too; without PATH it alone
    #[arg(long, value_name = "URL", group = "endpoint")]
    pub url: Option<String>,
    /// Judge what an earlier run recorded; nothing is sent
    #[arg(long, value_name = "FILE", group = "endpoint")]
    pub replay: Option<PathBuf>,
    /// Keep what the endpoint answered, without secrets, for --replay
    #[arg(long, value_name = "FILE", requires = "url")]
    pub record: Option<PathBuf>,
    /// Send requests that no ordinary visitor sends, too: bursts, TRACE, malformed input, and what --login, --logout, --owned and
    /// --stream name
    #[arg(long, requires = "endpoint")]
    pub active: bool,
    /// Print the requests that would be sent, and send none
    #[arg(long, requires = "url", conflicts_with = "record")]
    pub dry_run: bool,
    /// The plain HTTP twin, where that is not port 80 of the same host
    #[arg(long, value_name = "URL", requires = "url")]
    pub http_url: Option<String>,
    /// Use this address for a host, as in curl; repeat for several
    #[arg(long, value_name = "HOST:PORT:ADDRESS", requires = "url")]
    pub resolve: Vec<Pin>,
    /// Judge a private or local address as if it were public
    #[arg(long, requires = "url")]
    pub as_public: bool,
    /// Trust the certificate authorities in this PEM file, too
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca_file: Option<PathBuf>,
    /// Ask although the certificate is not trusted; checks of the certificate still fail, and no credential is sent
    #[arg(long, requires = "url")]
    pub insecure: bool,
    /// Environment variable that holds the value of Authorization
    #[arg(long, value_name = "NAME", requires = "url")]
    pub auth_env: Option<String>,
    /// Further header of every request; `NAME: env:VARIABLE` reads a credential from the environment
    #[arg(long, value_name = "NAME: VALUE", requires = "url")]
    pub header: Vec<String>,
    /// Cookies to send as credentials; `env:VARIABLE` reads them from the environment
    #[arg(long, value_name = "NAME=VALUE", requires = "url")]
    pub cookie: Option<String>,
    /// User-Agent to send
    #[arg(long, value_name = "TEXT", requires = "url")]
    pub user_agent: Option<String>,
    /// Use IPv4 only
    #[arg(short = '4', long, requires = "url", conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long, requires = "url")]
    pub ipv6: bool,
    /// Most seconds for the whole endpoint
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub live_timeout: u64,
    /// Go on as without --url if the endpoint does not answer
    #[arg(long, requires = "endpoint")]
    pub live_optional: bool,
    /// Path that must not answer without credentials; repeat for several
    #[arg(long, value_name = "PATH", requires = "url")]
    pub protected: Vec<String>,
    /// Path that signs in by POST; with --active at most 15 wrong passwords are tried there, and one body that is too large
    #[arg(long, value_name = "PATH", requires = "url")]
    pub login: Option<String>,
    /// Path that signs out by POST; with --active the session of the credentials ends there, after everything else: give those of a
    /// test account
    #[arg(long, value_name = "PATH", requires = "url")]
    pub logout: Option<String>,
    /// Path of an object that only another account may have; with --active it is asked for as both, repeat for at most 5
    #[arg(long, value_name = "PATH", requires = "url")]
    pub owned: Vec<String>,
    /// Environment variable that holds the value of Authorization of that other account
    #[arg(long, value_name = "NAME", requires = "url")]
    pub other_auth_env: Option<String>,
    /// Path that answers with a stream of events; with --active at most 20 are opened at once, for ten seconds
    #[arg(long, value_name = "PATH", requires = "url")]
    pub stream: Option<String>,
    /// Path of the health endpoint, instead of the usual ones
    #[arg(long, value_name = "PATH", requires = "url")]
    pub health: Option<String>,
    /// OpenAPI description: a file, or a URL or path of the endpoint
    #[arg(long, value_name = "FILE|URL", requires = "url")]
    pub openapi: Option<String>,
}

impl LiveArgs {
    /// Is there an endpoint to judge?
    pub fn names_endpoint(&self) -> bool {
        self.url.is_some() || self.replay.is_some()
    }
}

#[derive(Debug, ClapArgs)]
pub struct AuditArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub live: LiveArgs,
    /// Output format; repeat for several, each with its own --output
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(FORMATS.iter().map(|f| f.name)))]
    pub format: Vec<String>,
    /// Write to a file instead of stdout; its ending chooses the format
    #[arg(long, short, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Show passes and checks that do not apply, too
    #[arg(long, short)]
    pub verbose: bool,
    /// Gate: exit 1 if a check of this priority or a more urgent one fails
    #[arg(long, value_name = "P0..P3", value_parser = priority)]
    pub fail_on: Option<Priority>,
    /// Gate: exit 1 if the score is below this, 0 to 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_score: Option<u8>,
    /// Gate: exit 1 unless the verdict is GO or GO WITH CONDITIONS
    #[arg(long)]
    pub require_verdict: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
    /// Width of the terminal report in columns
    #[arg(long, value_name = "COLUMNS")]
    pub width: Option<u16>,
}

/// How the route table is written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    #[default]
    Terminal,
    Json,
}

#[derive(Debug, ClapArgs)]
pub struct RoutesArgs {
    /// The repository
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
    #[command(flatten)]
    pub pack: PackArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Threads to use; default: one for each core
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub struct EnvArgs {
    #[command(flatten)]
    pub table: RoutesArgs,
    /// Width of the table in columns
    #[arg(long, value_name = "COLUMNS")]
    pub width: Option<u16>,
}

#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// Id of a check, or `score`
    pub topic: String,
    #[command(flatten)]
    pub target: TargetArgs,
}

#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// List checks with priority, effort and title
    List {
        #[command(flatten)]
        pack: PackArgs,
    },
    /// Print a check's file
    Show {
        id: String,
        #[command(flatten)]
        pack: PackArgs,
    },
    /// Report every mistake in checks
    Lint {
        #[command(flatten)]
        pack: PackArgs,
    },
    /// Run the tests inside checks
    Test {
        /// Only checks whose id starts with this
        filter: Option<String>,
        /// Also remove each outcome's evidence; the outcome must change
        #[arg(long)]
        mutate: bool,
        #[command(flatten)]
        pack: PackArgs,
    },
    /// Write the skeleton of a new check to stdout
    New {
        /// category/name
        id: String,
    },
    /// Print the JSON Schema of check files
    Schema,
}

fn priority(text: &str) -> Result<Priority, String> {
    Priority::parse(&text.to_uppercase()).ok_or_else(|| format!("one of {}", Priority::words().join(", ")))
}
