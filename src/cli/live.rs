//! The endpoint of an audit: settings from the command line, asked beside the scan of the files, or replayed from a recording.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::live::plan;
use crate::engine::routes::table;
use crate::inventory::collect::Context;
use crate::inventory::folder;
use crate::inventory::walk::Disk;
use crate::live::settings::OWNED_PATHS;
use crate::live::{self, Family, OpenApi, Settings};
use crate::model::live::{Exchanges, LivePlan};
use crate::model::route::{Access, Framework};

use super::args::LiveArgs;
use super::error::{Exit, Failure};

/// Headers that carry a credential, or parts of their names.
const CREDENTIAL: [&str; 9] = ["authorization", "cookie", "api-key", "apikey", "token", "secret", "auth", "session", "signature"];

/// An endpoint that is about to be asked.
pub(super) struct Endpoint<'a> {
    args: &'a LiveArgs,
    plan: LivePlan,
    settings: Settings,
}

impl<'a> Endpoint<'a> {
    /// What the command line says of an endpoint; `None` if it names none.
    pub(super) fn of<'c>(
        args: &'a LiveArgs,
        checks: impl IntoIterator<Item = &'c crate::checks::check::Check>,
    ) -> Result<Option<Endpoint<'a>>, Failure> {
        if !args.names_endpoint() {
            return Ok(None);
        }
        Ok(Some(Endpoint { args, plan: plan(checks), settings: settings(args)? }))
    }

    /// The requests that would be sent, one on each line.
    pub(super) fn dry_run(&self) -> String {
        let lines = live::dry_run(&self.settings, &self.plan);
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// Says on stderr whom it is going to ask, and how much; a recording is not asked anything.
    pub(super) fn announce(&mut self) -> Result<(), Failure> {
        if self.args.replay.is_some() {
            return Ok(());
        }
        let line = live::announce(&mut self.settings, &self.plan).map_err(|sentence| Failure::new(Exit::Usage, sentence))?;
        // A line that cannot be shown is no reason to stop.
        let _ = writeln!(anstream::stderr(), "{line}");
        Ok(())
    }

    /// Does a check ask which operations refuse anonymous calls, with no description of them at hand?
    fn wants_routes(&self) -> bool {
        self.args.replay.is_none() && self.settings.openapi.is_none() && self.plan.groups.contains("openapi")
    }

    /// Asks the endpoint, or the recording. The routes of the repository stand in for a description of the API.
    pub(super) fn ask(mut self, disk: Option<&Disk>, frameworks: &Arc<Vec<Framework>>) -> Result<Exchanges, Failure> {
        if let Some(disk) = disk.filter(|_| self.wants_routes()) {
            self.settings.routes = routes(disk, frameworks);
        }
        if let Some(path) = &self.args.replay {
            let usage = |message: String| Failure::new(Exit::Usage, format!("the recording {}: {message}", path.display()));
            let text = folder::read_long_text(path).map_err(|error| usage(format!("{error:#}")))?;
            return live::replay(&text, &self.plan).map_err(usage);
        }
        let Some(path) = &self.args.record else { return Ok(live::run(&self.settings, &self.plan)) };
        let (exchanges, recording) = live::record(&self.settings, &self.plan);
        folder::write_atomically(path, recording.as_bytes())
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display())))?;
        Ok(exchanges)
    }
}

/// Routes that answer GET, and whether they mean to answer everybody; what is not certain is left out.
fn routes(disk: &Disk, frameworks: &Arc<Vec<Framework>>) -> Vec<(String, bool)> {
    let found = table(frameworks, disk, Context::default());
    let gets = found.rows.iter().filter(|(_, row)| row.methods.iter().any(|method| &**method == "GET"));
    let mut routes: Vec<(String, bool)> = gets
        .filter_map(|(_, row)| match row.access {
            Access::Guarded => Some((row.path.to_string(), false)),
            Access::Public | Access::Open => Some((row.path.to_string(), true)),
            Access::Unknown => None,
        })
        .collect();
    routes.sort();
    routes.dedup();
    routes
}

fn settings(args: &LiveArgs) -> Result<Settings, Failure> {
    let mut headers = Vec::new();
    for written in &args.header {
        headers.push(header(written)?);
    }
    let family = match (args.ipv4, args.ipv6) {
        (true, _) => Some(Family::V4),
        (_, true) => Some(Family::V6),
        _ => None,
    };
    if args.owned.len() > OWNED_PATHS {
        return Err(Failure::new(Exit::Usage, format!("--owned takes at most {OWNED_PATHS} paths")));
    }
    Ok(Settings {
        url: args.url.clone().unwrap_or_default(),
        http_url: args.http_url.clone(),
        resolve: args.resolve.clone(),
        as_public: args.as_public,
        ca_file: args.ca_file.clone(),
        insecure: args.insecure,
        auth: args.auth_env.as_deref().map(from_environment).transpose()?,
        headers,
        cookie: args.cookie.as_deref().map(value).transpose()?,
        user_agent: args.user_agent.clone(),
        family,
        timeout: Duration::from_secs(args.live_timeout),
        active: args.active,
        protected: args.protected.clone(),
        login: args.login.clone(),
        logout: args.logout.clone(),
        stream: args.stream.clone(),
        owned: args.owned.clone(),
        other_auth: args.other_auth_env.as_deref().map(from_environment).transpose()?,
        health: args.health.clone(),
        openapi: args.openapi.as_deref().map(openapi).transpose()?,
        ..Settings::default()
    })
}

/// `NAME: VALUE`. A credential may not stand on the command line, which every user of the machine can read.
fn header(written: &str) -> Result<(String, String), Failure> {
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let Some((name, written_value)) = written.split_once(':') else {
        return Err(usage("--header takes `NAME: VALUE`".to_owned()));
    };
    let (name, written_value) = (name.trim(), written_value.trim());
    let lower = name.to_ascii_lowercase();
    if lower == "authorization" {
        return Err(usage("the value of Authorization comes from the environment: `--auth-env NAME`".to_owned()));
    }
    if lower == "cookie" {
        return Err(usage("cookies have an option of their own: `--cookie env:NAME`".to_owned()));
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err(usage(format!("`{name}` is no name of a header")));
    }
    if CREDENTIAL.iter().any(|word| lower.contains(word)) && !written_value.starts_with("env:") {
        return Err(usage(format!("the value of {name} comes from the environment: `--header \"{name}: env:VARIABLE\"`")));
    }
    Ok((name.to_owned(), value(written_value)?))
}

/// The value itself, or for `env:NAME` that of the variable.
fn value(written: &str) -> Result<String, Failure> {
    written.strip_prefix("env:").map_or_else(|| Ok(written.to_owned()), from_environment)
}

fn from_environment(name: &str) -> Result<String, Failure> {
    let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let value = value.ok_or_else(|| Failure::new(Exit::Usage, format!("the environment variable {name} is not set or empty")))?;
    if value.trim().chars().any(char::is_control) {
        return Err(Failure::new(Exit::Usage, format!("the environment variable {name} holds more than one line")));
    }
    Ok(value.trim().to_owned())
}

/// A file if there is one of this name, else a URL or path of the endpoint.
fn openapi(written: &str) -> Result<OpenApi, Failure> {
    let path = std::path::Path::new(written);
    if written.contains("://") || !path.is_file() {
        return Ok(OpenApi::Path(written.to_owned()));
    }
    let text = folder::read_text(path).map_err(|error| Failure::new(Exit::Usage, format!("{written}: {error:#}")))?;
    Ok(OpenApi::Text { name: written.to_owned(), text })
}
