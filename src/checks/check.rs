//! A check, a fact and their parts, as the engine uses them.

use std::collections::BTreeMap;

use crate::model::terms::{Absent, Confidence, Effort, Priority, Scope, Stage, Strength};

use super::expression::Expression;
use super::live::Live;

/// One checklist item.
#[derive(Debug)]
pub struct Check {
    /// `category/stem`, from its path.
    pub id: String,
    pub category: String,
    /// True when it passes.
    pub title: String,
    pub priority: Priority,
    pub effort: Effort,
    pub stage: Stage,
    pub scope: Scope,
    /// Facts, ANDed.
    pub applies: Vec<Clause>,
    pub why: String,
    /// The honest limit.
    pub cannot_see: Option<String>,
    pub fix: Fix,
    pub references: Vec<String>,
    /// Any of these is evidence against.
    pub forbid: Vec<Item>,
    /// Bad evidence that decides only without good evidence beside it.
    pub look_alike: Vec<Item>,
    /// Evidence for.
    pub require: Vec<Item>,
    /// The strength that evidence must have for a pass.
    pub strength: Strength,
    pub absent: Absent,
    /// What the deployed endpoint is asked.
    pub live: Option<Live>,
    pub attest: Option<Attest>,
}

impl Check {
    /// Do files say anything about it?
    pub fn reads_files(&self) -> bool {
        !self.forbid.is_empty() || !self.look_alike.is_empty() || !self.require.is_empty()
    }
}

/// What to do about a failing check.
#[derive(Debug, Default)]
pub struct Fix {
    pub summary: String,
    /// By fact or language: how to do it there.
    pub by_stack: BTreeMap<String, String>,
}

/// What a person may vouch for.
#[derive(Debug)]
pub struct Attest {
    pub statement: String,
    /// What to attach.
    pub evidence: Vec<String>,
    pub valid_days: i64,
}

/// One piece of evidence that counts for or against.
#[derive(Debug)]
pub struct Item {
    /// The observation, as the report says it.
    pub say: String,
    /// How sure a hit means what it says.
    pub confidence: Confidence,
    /// Up to so many places are a remark, not a failure; for `forbid` only.
    pub few: usize,
    /// How strongly it proves; for `require` only.
    pub strength: Strength,
    /// Facts under which it counts.
    pub when: Vec<Clause>,
    pub expression: Expression,
}

/// Alternatives of facts, possibly negated: `a|!b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    pub any: Vec<Literal>,
}

/// A fact that must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    pub fact: String,
    pub holds: bool,
}

impl Clause {
    /// Reads `a|!b`.
    pub fn parse(text: &str) -> Clause {
        let any = text.split('|').map(str::trim).map(|word| match word.strip_prefix('!') {
            Some(fact) => Literal { fact: fact.trim().to_owned(), holds: false },
            None => Literal { fact: word.to_owned(), holds: true },
        });
        Clause { any: any.collect() }
    }
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, literal) in self.any.iter().enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            write!(f, "{separator}{}{}", if literal.holds { "" } else { "!" }, literal.fact)?;
        }
        Ok(())
    }
}

/// How a fact is recognised.
#[derive(Debug)]
pub struct Fact {
    pub name: String,
    /// What it means, in a sentence.
    pub means: String,
    /// Any of these makes it hold.
    pub from: Vec<Item>,
    /// The facts that `from` refers to.
    pub rests_on: Vec<String>,
    /// Does an endpoint that answers prove it, whatever files say?
    pub endpoint: bool,
}

/// A group of checks.
#[derive(Debug, Clone)]
pub struct Category {
    pub id: String,
    pub title: String,
}

/// How outcomes become a score and a verdict.
#[derive(Debug, Clone)]
pub struct Scoring {
    pub version: String,
    /// By priority, P0 first.
    pub weights: [f64; 4],
    /// Share of decided weight, in percent, below which the verdict is inconclusive.
    pub coverage_floor: f64,
    /// Lowest score of each grade, best first.
    pub grades: Vec<(char, f64)>,
}

impl Scoring {
    /// The weight of a priority.
    pub fn weight(&self, priority: Priority) -> f64 {
        self.weights[priority as usize]
    }
}
