//! What the whole rule set says of a fixture, without files: plan, run, decide.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use readyctl::checks::check::Check;
use readyctl::engine::live::{Verdict, decide, plan};
use readyctl::live::{OpenApi, Settings, run};
use readyctl::model::live::{Exchanges, LiveSpec};

use super::answer::CREDENTIAL;
use super::fixture::Fixture;
use super::pages::OPENAPI;
use crate::support::tokens::ruleset;

/// Every check that has a live part, by its id.
pub fn live_checks() -> BTreeMap<&'static str, (&'static Check, &'static LiveSpec)> {
    let checks = ruleset().checks.iter();
    checks.filter_map(|check| Some((check.id.as_str(), (check, check.live.as_ref()?.spec()?)))).collect()
}

/// Settings of a user who tells everything: what must not answer, what the interface is, who he is, and that more may be sent.
pub fn told(fixture: &Fixture) -> Settings {
    Settings {
        active: true,
        auth: Some(CREDENTIAL.to_owned()),
        protected: ["/api/items", "/api/admin/users"].map(str::to_owned).to_vec(),
        openapi: Some(OpenApi::Text { name: "openapi.json".to_owned(), text: OPENAPI.to_owned() }),
        ..fixture.settings()
    }
}

/// The verdicts of all live checks, and what they say.
pub type Verdicts = BTreeMap<&'static str, (String, String)>;

/// Asks the fixture what all checks want to know, and judges.
pub fn verdicts(fixture: &Fixture, settings: &Settings) -> Verdicts {
    let checks = live_checks();
    let exchanges = run(settings, &plan(checks.values().map(|(check, _)| *check)));
    assert!(fixture.canary_is_untouched());
    judged(&exchanges)
}

/// What the tables conclude of these exchanges.
pub fn judged(exchanges: &Exchanges) -> Verdicts {
    let rule = |(id, (_, spec)): (&'static str, (&Check, &LiveSpec))| {
        let ruling = decide(spec, exchanges);
        let word = match ruling.verdict {
            Verdict::Table(verdict) => verdict.to_string(),
            Verdict::Unsent => "unsent".to_owned(),
        };
        (id, (word, ruling.say))
    };
    live_checks().into_iter().map(rule).collect()
}

/// Does something for each item, several at a time: most of each waits for the other side. Results in the order of the items.
pub fn each<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync) -> Vec<R> {
    const THREADS: usize = 4;
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(at)
        {
            done.push((at, work(item)));
        }
        done
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(take)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}
