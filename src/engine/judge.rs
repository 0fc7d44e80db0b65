//! Observations → outcome. The order of the rules is the design's: applies, forbid, require, absent.

use crate::checks::check::{Check, Item};
use crate::model::terms::{Absent, Confidence, Status, Strength};

use super::observe::{Held, Observed};

/// The outcome of a check in one view, before evidence is rendered.
#[derive(Debug)]
pub struct Outcome<'c> {
    pub status: Status,
    /// Why, in a sentence.
    pub reason: String,
    /// The strength of the best evidence for it.
    pub strength: Option<Strength>,
    pub observed: Option<Observed<'c>>,
}

impl Outcome<'_> {
    /// An outcome that no observation led to.
    pub fn without(status: Status, reason: String) -> Outcome<'static> {
        Outcome { status, reason, strength: None, observed: None }
    }
}

/// Judges what was observed of a check that applies.
pub fn judge<'c>(check: &Check, observed: Observed<'c>) -> Outcome<'c> {
    let strength = observed.support.iter().map(|held| held.item.strength).max();
    let (status, reason) = decide(check, &observed, strength);
    Outcome { status, reason, strength, observed: Some(observed) }
}

fn decide(check: &Check, observed: &Observed<'_>, strength: Option<Strength>) -> (Status, String) {
    let weighs = |held: &&Held<'_>| held.item.confidence >= Confidence::Medium;
    if let Some(held) = observed.against.iter().filter(weighs).find(|held| !held.is_few()) {
        return (Status::Fail, held.item.say.clone());
    }
    if let Some(held) = observed.against.iter().find(weighs) {
        return (Status::Partial, format!("{}, in few places (up to {})", held.item.say, held.item.few));
    }
    if let Some(reason) = said(&observed.against, |_| true) {
        let unseen = observed.gap.as_ref().map_or(String::new(), |gap| format!("; {gap}"));
        return (Status::Partial, format!("{reason} (low confidence: verify by hand{unseen})"));
    }
    if let Some(reason) = said(&observed.look_alike, |_| true) {
        return if observed.support.is_empty() {
            (Status::Fail, reason)
        } else {
            (Status::Partial, format!("{reason}, beside evidence that it is done"))
        };
    }
    if let Some(strength) = strength {
        let best = said(&observed.support, |item| item.strength == strength).unwrap_or_default();
        if strength < check.strength {
            let missing = match check.strength {
                Strength::Declared | Strength::Configured => "it is set up",
                Strength::Wired => "it is in effect",
                Strength::Observed => "it holds at the deployed endpoint",
            };
            return (Status::Partial, format!("{best}; a pass also asks for proof that {missing}"));
        }
        return match &observed.gap {
            Some(gap) if !check.forbid.is_empty() => (Status::Unknown, format!("{best}, but {gap}")),
            _ => (Status::Pass, best),
        };
    }
    nothing_decisive(check, observed)
}

fn nothing_decisive(check: &Check, observed: &Observed<'_>) -> (Status, String) {
    let searched = searched(observed);
    if let Some(gap) = &observed.gap {
        return (Status::Unknown, gap.clone());
    }
    if !check.reads_files() && check.live.is_some() {
        return (Status::Unknown, "only the deployed endpoint can answer; name it with `--url`".to_owned());
    }
    if check.forbid.is_empty() && check.require.is_empty() {
        return (Status::Manual, "only a person can answer this; files cannot".to_owned());
    }
    let unseen = observed.unseen.as_ref().map_or(String::new(), |gap| format!("; {gap}"));
    match check.absent {
        // Silence is no proof when nothing was looked at.
        Absent::Pass if observed.searched == 0 && observed.history.is_none() => {
            (Status::Unknown, "no file to look into".to_owned())
        }
        Absent::Pass => (Status::Pass, format!("nothing that speaks against it in {searched}")),
        Absent::Fail => (Status::Fail, format!("no evidence of it in {searched}{unseen}")),
        Absent::Unknown => (Status::Unknown, format!("nothing decisive in {searched}{unseen}")),
    }
}

/// `1 file`, `12 files`, or how much of the history.
pub fn searched(observed: &Observed<'_>) -> String {
    match (&observed.history, observed.searched) {
        (Some(extent), _) => extent.clone(),
        (None, 1) => "1 file".to_owned(),
        (None, count) => format!("{count} files"),
    }
}

/// What the first item that `counts` says.
fn said(held: &[Held<'_>], counts: impl Fn(&Item) -> bool) -> Option<String> {
    held.iter().find(|held| counts(held.item)).map(|held| held.item.say.clone())
}
