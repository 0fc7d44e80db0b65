//! What several components share, and one of them has done.
//!
//! A package of a workspace is part of every component that includes it, and what it shows counts for each: a worker that shares the
//! models with a service has accounts by that. Where such a component answers no requests of its own, and the only reason why a check
//! applies to it stands in files that another component includes as well, nothing is missing in it that the other has.

use crate::checks::check::{Check, Clause, Fact, Literal};
use crate::inventory::view::{Hit, Inventory};
use crate::model::terms::Status;

use super::judge::Outcome;
use super::units::Unit;

/// Takes back outcomes that only say what a component lacks which another one that shares the same files has.
pub(super) fn settle(check: &Check, facts: &[Fact], units: &[Unit], inventory: &Inventory, outcomes: &mut [Outcome<'_>]) {
    let lacks = |outcome: &Outcome<'_>| {
        let found = outcome.observed.as_ref().is_some_and(|observed| observed.against.len() + observed.look_alike.len() > 0);
        !found && matches!(outcome.status, Status::Fail | Status::Partial | Status::Unknown)
    };
    let done: Vec<usize> = (0..units.len()).filter(|index| outcomes[*index].status == Status::Pass).collect();
    if done.is_empty() {
        return;
    }
    for (unit, outcome) in units.iter().zip(outcomes).filter(|(_, outcome)| lacks(outcome)) {
        if answers(unit, facts, inventory) {
            continue;
        }
        let mut borrowed = check.applies.iter().filter_map(|clause| borrowed(clause, unit, inventory));
        let with = |hits: Vec<&Hit>| done.iter().map(|index| &units[*index]).find(|other| sees(other, &hits, inventory));
        if let Some(other) = borrowed.find_map(with) {
            let reason =
                format!("what it applies to stands in files that `{}` includes as well, and is judged there", other.name);
            *outcome = Outcome::without(Status::NotApplicable, reason);
        }
    }
}

/// Does a unit answer requests by what is its own, and nobody else's?
fn answers(unit: &Unit, facts: &[Fact], inventory: &Inventory) -> bool {
    let proof = facts.iter().filter(|fact| fact.endpoint).filter_map(|fact| unit.facts.get(fact.name.as_str()));
    let owner = |hit: &Hit| inventory.layout.owner.get(hit.file.0 as usize).copied().flatten();
    unit.component.is_none() || proof.flatten().any(|hit| owner(hit) == unit.component)
}

/// The proof of a clause, if no piece of it is the unit's own.
fn borrowed<'u>(clause: &Clause, unit: &'u Unit, inventory: &Inventory) -> Option<Vec<&'u Hit>> {
    let known = |literal: &Literal| unit.facts.get(literal.fact.as_str());
    let holds_by_silence = clause.any.iter().any(|literal| !literal.holds && known(literal).is_none());
    let proof: Vec<&Hit> = clause.any.iter().filter(|literal| literal.holds).filter_map(known).flatten().collect();
    let is_own = |hit: &&Hit| unit.view(inventory).owns(hit.file);
    (!holds_by_silence && !proof.is_empty() && !proof.iter().any(is_own)).then_some(proof)
}

fn sees(unit: &Unit, hits: &[&Hit], inventory: &Inventory) -> bool {
    hits.iter().all(|hit| unit.view(inventory).contains(hit.file))
}
