//! Facts and items observed in a view.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::checks::check::{Check, Clause, Fact, Item};
use crate::inventory::history::Extent;
use crate::inventory::view::{Facts, FileId, Hit, View};
use crate::model::needs::{Look, NeedId, NeedSet};

use super::asked::{Asked, is_history};

/// An item that holds, with what it cites.
#[derive(Debug)]
pub struct Held<'c> {
    pub item: &'c Item,
    pub hits: Vec<Hit>,
}

impl Held<'_> {
    /// Is it in so few places that it is only a remark?
    pub fn is_few(&self) -> bool {
        let places: BTreeSet<_> = self.hits.iter().map(|hit| (hit.file, hit.line)).collect();
        places.len() <= self.item.few
    }
}

/// What a check's items observed in one view.
#[derive(Debug)]
pub struct Observed<'c> {
    pub against: Vec<Held<'c>>,
    pub look_alike: Vec<Held<'c>>,
    pub support: Vec<Held<'c>>,
    /// Scanned files that its needs looked into; counted only where nothing was found, since only then it is said.
    pub searched: usize,
    /// What was looked for in them, as the items say it; only where nothing was found.
    pub wanted: Vec<&'c str>,
    /// What it looks into besides, in words: the extent of the history.
    pub history: Option<String>,
    /// Where bad evidence could not be looked for, as half a sentence.
    pub gap: Option<String>,
    /// A file in which good evidence could not be looked for.
    pub unseen: Option<String>,
}

/// Whether a check applies, and the clause that decided if it does not.
pub fn deciding_clause<'c>(clauses: &'c [Clause], view: &View<'_>) -> Option<&'c Clause> {
    clauses.iter().find(|clause| !clause_holds(clause, view))
}

/// How many clauses hold before the one that decides: where one more does, less is missing for a check to apply.
pub fn held_clauses(clauses: &[Clause], view: &View<'_>) -> usize {
    clauses.iter().take_while(|clause| clause_holds(clause, view)).count()
}

/// Does a check apply to a view whose endpoint answers? What an answer proves holds there, whatever files say.
pub fn applies_with_endpoint(clauses: &[Clause], facts: &[Fact], view: &View<'_>) -> bool {
    let proven = |name: &str| facts.iter().any(|fact| fact.endpoint && fact.name == name);
    clauses
        .iter()
        .all(|clause| clause_holds(clause, view) || clause.any.iter().any(|literal| literal.holds && proven(&literal.fact)))
}

fn clause_holds(clause: &Clause, view: &View<'_>) -> bool {
    clause.any.iter().any(|literal| view.fact(&literal.fact).is_some() == literal.holds)
}

/// The facts that hold in a view. `facts` come in an order in which each follows those it rests on.
pub fn facts(facts: &[Fact], view: View<'_>) -> Facts {
    let mut holding = Facts::new();
    for fact in facts {
        let view = view.with_facts(&holding);
        let mut proof: Vec<Hit> = held(&fact.from, &view).into_iter().flat_map(|held| held.hits).collect();
        if !proof.is_empty() {
            proof.sort();
            proof.dedup();
            // What is of its own says more than what it shares with others.
            proof.sort_by_key(|hit| !view.owns(hit.file));
            proof.truncate(8);
            holding.insert(Arc::from(fact.name.as_str()), proof);
        }
    }
    holding
}

/// The items that hold.
fn held<'c>(items: &'c [Item], view: &View<'_>) -> Vec<Held<'c>> {
    let counts = |item: &&Item| item.when.iter().all(|clause| clause_holds(clause, view));
    items
        .iter()
        .filter(counts)
        .filter_map(|item| {
            let observation = item.expression.observe(view);
            let holds = observation.holds;
            let hits: Vec<Hit> = observation.citations().into_iter().map(Cow::into_owned).collect();
            (holds && !hits.is_empty()).then_some(Held { item, hits })
        })
        .collect()
}

/// Observes every item of a check in a view.
pub fn check<'c>(check: &'c Check, view: &View<'_>, needs: &NeedSet, asked: &Asked) -> Observed<'c> {
    let gap_of = |doubtful: &[NeedId]| doubtful.iter().find_map(|need| gap(*need, view, needs));
    let (gap, unseen) = (gap_of(&asked.doubtful_against), gap_of(&asked.doubtful_support));
    let (against, look_alike) = (held(&check.forbid, view), held(&check.look_alike, view));
    let support = held(&check.require, view);
    let silent = against.is_empty() && look_alike.is_empty() && support.is_empty();
    let searched = if silent { view.count(asked.searched(needs, view.inventory)) } else { 0 };
    let wanted = if silent { sought(check, view, needs) } else { Vec::new() };
    let history = view.inventory.history.as_ref().filter(|_| asked.asks_history).map(Extent::to_string);
    Observed { against, look_alike, support, searched, wanted, history, gap, unseen }
}

/// What a check looks for where it found nothing: a component without Java was not searched for Spring.
fn sought<'c>(check: &'c Check, view: &View<'_>, needs: &NeedSet) -> Vec<&'c str> {
    let items = if check.require.is_empty() { &check.forbid } else { &check.require };
    let can_hit = |need: NeedId| {
        let need = needs.need(need);
        let of_language = |file: FileId| match &need.look {
            Look::Code { language, .. } => view.inventory.file(file).language == Some(*language),
            _ => true,
        };
        // That a file is not there is an answer, too.
        matches!(need.look, Look::File | Look::GitIgnores { .. }) || view.files(need.selector).any(of_language)
    };
    let mut says: Vec<&str> = Vec::new();
    for item in items.iter().filter(|item| item.expression.could_hold(&can_hit)) {
        if !says.contains(&item.say.as_str()) {
            says.push(&item.say);
        }
    }
    if says.is_empty() { items.iter().map(|item| item.say.as_str()).collect() } else { says }
}

fn gap(need: NeedId, view: &View<'_>, needs: &NeedSet) -> Option<String> {
    if is_history(&needs.need(need).look) {
        let unread = || Some("the history was not read: it is large, run with `--history`".to_owned());
        return view.inventory.history.as_ref().map_or_else(unread, |extent| extent.gap.clone());
    }
    // An import that could not be looked for never hides bad evidence by itself.
    if matches!(needs.need(need).look, Look::Import { .. }) {
        return None;
    }
    view.gap(need).map(|(file, reason)| format!("{} could not be judged: {reason}", view.inventory.file(file).path))
}
