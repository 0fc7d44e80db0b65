//! Floor 1: the only code with tokio and the network. A plan and a target go in, exchanges come out.
//!
//! Three rules hold everywhere below: nothing leaves the origin under audit, every wait and every read has a bound, and nothing
//! that came from the server or the user as a secret is kept once its facts are known.

pub mod facts;
pub mod roots;
pub mod settings;
pub mod tls;

mod announce;
mod ask;
mod credential;
mod dry;
mod failure;
mod mask;
mod openapi;
mod owned;
mod pace;
mod perform;
mod record;
mod run;
mod scrub;
mod signin;
mod streams;
mod surface;
mod target;
mod upload;
mod wire;
mod yaml;

pub use announce::announce;
pub use settings::{Family, Limits, OpenApi, Pin, Settings};

use crate::model::live::{Exchanges, LivePlan};

/// Asks what the plan wants of the target. Never fails: a target that gives no answer stands in `dead`.
pub fn run(settings: &Settings, plan: &LivePlan) -> Exchanges {
    run::run(settings, plan).exchanges()
}

/// The same, and its recording as JSON: what came back, masked. The caller writes it where it belongs.
pub fn record(settings: &Settings, plan: &LivePlan) -> (Exchanges, String) {
    let raw = run::run(settings, plan);
    let text = record::write(&raw);
    (raw.exchanges(), text)
}

/// What a recording gives for a plan: nothing is sent, and what the recording lacks is unsent. An error is one sentence.
pub fn replay(recording: &str, plan: &LivePlan) -> Result<Exchanges, String> {
    record::read(recording, plan).map(run::Raw::exchanges)
}

/// Every request that `run` would send, one line each. Nothing is sent or resolved.
pub fn dry_run(settings: &Settings, plan: &LivePlan) -> Vec<String> {
    dry::lines(settings, plan)
}

#[cfg(test)]
mod tests;
