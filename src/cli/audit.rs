//! `readyctl audit`: collect, assess, render, gate.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::checks::check::Check;
use crate::checks::gitleaks;
use crate::checks::load::Ruleset;
use crate::checks::pack::{self, Selection};
use crate::config::{self, Policy};
use crate::engine::assess::{Assessment, assess};
use crate::engine::live::join::LiveRun;
use crate::engine::units::complete;
use crate::inventory::collect::{Context, Prepared, collect};
use crate::inventory::source::{Memory, Source};
use crate::inventory::view::{GitSummary, Inventory};
use crate::inventory::walk::Disk;
use crate::model::date;
use crate::model::report::{Report, Target};
use crate::model::role::RoleOverride;
use crate::model::terms::{Priority, Status, Verdict};
use crate::model::text::stable_hash;

use super::args::{AuditArgs, LiveArgs, TargetArgs};
use super::error::{Exit, Failure};
use super::live::Endpoint;
use super::output;

/// Runs the command.
///
/// # Errors
/// When the target, the configuration or the checks cannot be used, or the output cannot be written.
pub fn run(args: &AuditArgs) -> Result<Exit, Failure> {
    let outputs = output::plan(args)?;
    if args.live.dry_run {
        return dry_run(args);
    }
    let Audited { report, ruleset, dead } = audited(&args.target, &args.live)?;
    output::write(&report, &outputs)?;
    let exit = match gate(args, &report) {
        Exit::Met if dead && !args.live.live_optional => Exit::Inconclusive,
        exit => exit,
    };
    // The process ends here: taking a million small allocations apart would be a tenth of a short run.
    std::mem::forget((report, ruleset));
    Ok(exit)
}

/// Prints what would be sent.
fn dry_run(args: &AuditArgs) -> Result<Exit, Failure> {
    let target = &args.target;
    let (policy, _, ruleset) = rules(target)?;
    let selected = selector(target, &policy, &ruleset)?;
    let endpoint = Endpoint::of(&args.live, ruleset.checks.iter().filter(|check| selected(check)))?;
    output::print(endpoint.map(|endpoint| endpoint.dry_run()).unwrap_or_default().as_bytes())?;
    Ok(Exit::Met)
}

/// The configuration in force, its file, and the checks.
fn rules(target: &TargetArgs) -> Result<(Policy, Option<String>, Ruleset), Failure> {
    let root = target.path.as_deref().unwrap_or(Path::new("."));
    let (policy, config) = config::find(root, target.config.config.as_deref(), target.config.no_config)
        .map_err(|error| Failure::new(Exit::Usage, format!("{error:#}")))?;
    let mut folders = policy.checks.clone();
    folders.extend(target.pack.checks.iter().cloned());
    let ruleset = pack::open(&Selection { verify: false, folders, only_folders: false })?;
    Ok((policy, config, ruleset))
}

/// A report and what it rests on.
pub(super) struct Audited {
    pub report: Report,
    /// The checks that judged.
    pub ruleset: Ruleset,
    /// An endpoint was named and did not answer.
    pub dead: bool,
}

/// Audits the repository, the endpoint, or both.
pub(super) fn audited(target: &TargetArgs, live: &LiveArgs) -> Result<Audited, Failure> {
    let started = (SystemTime::now(), Instant::now());
    if let Some(threads) = target.threads {
        // A second pool in one process is refused; there is none before this.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global();
    }
    let root = target.path.as_deref().unwrap_or(Path::new("."));
    let named = (target.path.is_some() || !live.names_endpoint()).then_some(root);
    let disk = named.map(open).transpose()?;
    let (policy, config, mut ruleset) = rules(target)?;
    let notes = secrets_config(target, &mut ruleset)?;
    let selected = selector(target, &policy, &ruleset)?;
    let mut endpoint = Endpoint::of(live, ruleset.checks.iter().filter(|check| selected(check)))?;
    if let Some(endpoint) = &mut endpoint {
        endpoint.announce()?;
    }
    let progress = output::Progress::start();
    let scan =
        || scanned(target, disk.as_ref(), &ruleset, &selected, Context { notes, roles: policy.roles, ..Context::default() });
    // The network is waited for while files are read.
    let (exchanges, scanned) = std::thread::scope(|scope| {
        let asked = endpoint.map(|endpoint| scope.spawn(|| endpoint.ask(disk.as_ref(), &ruleset.routes)));
        let scanned = scan();
        let gone = || Err(Failure::new(Exit::Failed, "the endpoint could not be asked: an internal failure"));
        (asked.map(|asked| asked.join().unwrap_or_else(|_| gone())), scanned)
    });
    drop(progress);
    let (exchanges, Scanned { inventory, commit, dirty }) = (exchanges.transpose()?, scanned?);
    let assessment = Assessment {
        ruleset: &ruleset,
        target: Target {
            path: named.map(|path| path.display().to_string()).unwrap_or_default(),
            commit,
            dirty,
            url: exchanges.as_ref().map(|exchanges| exchanges.url.clone()),
        },
        selected: &selected,
        config,
        repository: named.is_some(),
        live: exchanges.as_ref().map(|exchanges| LiveRun { exchanges, optional: live.live_optional }),
    };
    let mut report = assess(&assessment, &inventory);
    report.run.started_at = date::second(started.0.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    report.run.duration_ms = started.1.elapsed().as_millis() as u64;
    let dead = exchanges.is_some_and(|exchanges| exchanges.dead.is_some());
    // As at the end of `run`.
    std::mem::forget((inventory, disk));
    Ok(Audited { report, ruleset, dead })
}

/// The repository, which must hold something.
fn open(path: &Path) -> Result<Disk, Failure> {
    let disk = Disk::open(path).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    if disk.entries().is_empty() {
        return Err(Failure::new(Exit::Inconclusive, nothing(path, "holds no files")));
    }
    Ok(disk)
}

/// What files said.
struct Scanned {
    inventory: Inventory,
    commit: Option<String>,
    dirty: Option<bool>,
}

/// Scans the repository; without one the inventory is empty.
fn scanned(
    target: &TargetArgs,
    disk: Option<&Disk>,
    ruleset: &Ruleset,
    selected: &(dyn Fn(&Check) -> bool + Sync),
    given: Context,
) -> Result<Scanned, Failure> {
    let Some(disk) = disk else {
        let prepared = Prepared::new(&ruleset.needs, 0);
        let nothing = Context { roles: Vec::new(), ..given };
        let inventory = collect(&Memory::new(BTreeMap::new()), &prepared, nothing).inventory;
        return Ok(Scanned { inventory, commit: None, dirty: None });
    };
    let (mut context, commit, dirty) = context(disk, given.roles);
    context.notes.extend(given.notes);
    context.read_history(disk, target.history);
    let prepared = Prepared::of(&ruleset.needs, disk.entries());
    let inventory = complete(ruleset, selected, collect(disk, &prepared, context));
    // As at the end of `run`.
    std::mem::forget(prepared);
    if inventory.files.iter().all(|file| !file.scanned) {
        let path = target.path.as_deref().unwrap_or(Path::new("."));
        return Err(Failure::new(Exit::Inconclusive, nothing(path, "holds no text file that a check looks into")));
    }
    Ok(Scanned { inventory, commit, dirty })
}

/// Adds the rules and exceptions of `--secrets-config`. Returns what the reader must know about them.
fn secrets_config(target: &TargetArgs, ruleset: &mut Ruleset) -> Result<Vec<String>, Failure> {
    let Some(path) = &target.secrets_config else { return Ok(Vec::new()) };
    let config = gitleaks::open(path, &ruleset.needs.token_formats).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(Exit::Usage, format!("the secrets configuration does not load:\n{}", lines.join("\n")))
    })?;
    ruleset.needs.secret_rules = config.rules;
    ruleset.digest = format!("{:016x}", stable_hash([ruleset.digest.as_str(), &config.hash.to_string()]));
    Ok(config.notes)
}

fn nothing(path: &Path, why: &str) -> String {
    format!("{} {why}, so nothing was audited; name the folder that holds the application", path.display())
}

pub(super) fn context(disk: &Disk, roles: Vec<RoleOverride>) -> (Context, Option<String>, Option<bool>) {
    let mut notes = disk.notes().to_vec();
    let git = disk.git();
    let summary = git.map(|git| GitSummary { head: git.head.clone(), dirty: git.dirty, shallow: git.shallow });
    if git.is_some_and(|git| git.shallow) {
        notes.push("the clone is shallow: checks of the history see only a part of it".to_owned());
    }
    let (commit, dirty) = summary.as_ref().map_or((None, None), |git| (git.head.clone(), git.dirty));
    (Context { git: summary, past: None, notes, roles }, commit, dirty)
}

/// Which checks to judge, from the command line and the configuration.
fn selector(target: &TargetArgs, policy: &Policy, ruleset: &Ruleset) -> Result<impl Fn(&Check) -> bool + Sync + use<>, Failure> {
    // A category may be written as the folder of its checks.
    let words = |written: &[String]| written.iter().map(|word| word.trim_end_matches('/').to_owned()).collect::<Vec<_>>();
    let only = words(if target.only.is_empty() { &policy.only } else { &target.only });
    let skip: Vec<String> = words(&target.skip).into_iter().chain(words(&policy.skip)).collect();
    for word in only.iter().chain(&skip) {
        let known = ruleset.checks.iter().any(|check| check.id == *word || check.category == *word);
        if !known {
            let names = ruleset.checks.iter().flat_map(|check| [check.id.as_str(), check.category.as_str()]);
            let hint = crate::probes::params::suggestion(word, names);
            let message = format!("no check or category is called `{word}`{hint}; `readyctl checks list` shows them");
            return Err(Failure::new(Exit::Usage, message));
        }
    }
    Ok(move |check: &Check| {
        let named = |list: &[String]| list.iter().any(|word| check.id == *word || check.category == *word);
        (only.is_empty() || named(&only)) && !named(&skip)
    })
}

/// The exit code that the gate options ask for.
fn gate(args: &AuditArgs, report: &Report) -> Exit {
    let gated = args.fail_on.is_some() || args.min_score.is_some() || args.require_verdict;
    if !gated {
        return Exit::Met;
    }
    let fails = |priority: Priority| report.checks.iter().any(|row| row.priority <= priority && row.status == Status::Fail);
    let breaks_priority = args.fail_on.is_some_and(fails);
    let below = args.min_score.is_some_and(|lowest| report.summary.score.is_none_or(|score| score < f64::from(lowest)));
    let verdict = report.summary.verdict;
    if breaks_priority || below || (args.require_verdict && verdict == Verdict::NoGo) {
        return Exit::NotMet;
    }
    let unrun = args
        .fail_on
        .is_some_and(|priority| report.checks.iter().any(|row| row.priority <= priority && row.status == Status::Error));
    if unrun || (args.require_verdict && verdict == Verdict::Inconclusive) { Exit::Inconclusive } else { Exit::Met }
}
