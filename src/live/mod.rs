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
mod failure;
mod mask;
mod openapi;
mod pace;
mod run;
mod scrub;
mod surface;
mod target;
mod wire;
mod yaml;

pub use announce::announce;
pub use settings::{Family, Limits, OpenApi, Pin, Settings};

use crate::model::live::{Exchanges, LivePlan};

/// Asks what the plan wants of the target. Never fails: a target that gives no answer stands in `dead`.
pub fn run(settings: &Settings, plan: &LivePlan) -> Exchanges {
    run::run(settings, plan).exchanges()
}

#[cfg(test)]
mod tests;
