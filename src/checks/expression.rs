//! What an item of evidence asks: a small tree of `all`, `any` and `not` over probes.
//!
//! There are no expression strings. When a check cannot say what it means with these words, it is time for a new probe kind or a
//! new word here, not for a trick in the YAML.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::inventory::view::{FileId, Hit, View};
use crate::model::needs::{Cost, NeedId, NeedSet};
use crate::model::node::{Node, Value};
use crate::model::terms::vocabulary;
use crate::probes::params::{Map, suggestion};
use crate::probes::{self, Loading, Probe};

vocabulary! {
    /// Where the parts of an `all` have to be found.
    Within {
        /// Anywhere in the component.
        Component = "component",
        /// In one and the same file.
        File = "file",
    }
}

/// A tree over probes.
#[derive(Debug)]
pub enum Expression {
    /// Every part holds; `join` names a captured metavariable whose value must be the same in every part that captures it.
    All {
        of: Vec<Expression>,
        within: Within,
        join: Option<String>,
    },
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// It has to hold, and is not what is cited.
    Given(Box<Expression>),
    /// In an `all` that joins: what captures a name that this captures, too, is none.
    Without(Box<Expression>),
    Probe(Box<dyn Probe>),
}

/// Whether an expression holds, and what it cites.
#[derive(Debug, Default)]
pub struct Observation<'v> {
    pub holds: bool,
    pub hits: Vec<Cow<'v, Hit>>,
    /// The proof of facts that had to hold: where it happens, not what happens.
    pub setting: Vec<Cow<'v, Hit>>,
}

impl<'v> Observation<'v> {
    /// The places to cite: facts only where nothing else was found.
    pub fn citations(self) -> Vec<Cow<'v, Hit>> {
        if self.hits.is_empty() { self.setting } else { self.hits }
    }
}

/// The keys of an item that are not its expression.
const TREE_KEYS: [&str; 7] = ["all", "any", "not", "given", "without", "within", "join"];

/// Makes an expression of another.
type Around = fn(Box<Expression>) -> Expression;

/// The words that take one expression.
pub const AROUND_ONE: [(&str, Around); 3] =
    [("not", Expression::Not), ("given", Expression::Given), ("without", Expression::Without)];

/// The most of some costs; what comes behind a tree is not looked at.
fn most(costs: impl Iterator<Item = Cost>) -> Cost {
    let mut most = Cost::None;
    for cost in costs {
        most = most.max(cost);
        if most == Cost::Tree {
            break;
        }
    }
    most
}

/// Notes a `without` that stands where nothing is joined.
fn taking_nothing<'p>(mut parts: impl Iterator<Item = &'p Expression>, node: &Node, loading: &mut Loading<'_>) {
    if parts.any(|part| matches!(part, Expression::Without(_))) {
        loading.problems.note(node.span, "`without` takes names from what is joined; put it into an `all` with `join`");
    }
}

/// The value that a hit captured under a name.
pub(super) fn captured(hit: &Hit, name: &str) -> Option<Arc<str>> {
    hit.captures.iter().find(|(key, _)| &**key == name).map(|(_, value)| Arc::clone(value))
}

impl Expression {
    /// Reads the expression that stands among the keys of `map`.
    pub fn parse(map: &Map<'_>, loading: &mut Loading<'_>) -> Option<Expression> {
        let mut found = Vec::new();
        if let Some(node) = map.get("all") {
            let within = map.word("within", Some(Within::Component)).unwrap_or(Within::Component);
            let join = map.opt_text("join");
            let of = Expression::list(node, loading);
            if join.is_none() {
                taking_nothing(of.iter().flatten(), node, loading);
            }
            found.push(of.map(|of| Expression::All { of, within, join }));
        }
        if let Some(node) = map.get("any") {
            let of = Expression::list(node, loading);
            taking_nothing(of.iter().flatten(), node, loading);
            found.push(of.map(Expression::Any));
        }
        for (key, of) in AROUND_ONE {
            let Some(node) = map.get(key) else { continue };
            let inner = Map::new(node, key, loading.problems);
            let parsed = Expression::parse(&inner, loading);
            inner.finish();
            taking_nothing(parsed.iter(), node, loading);
            found.push(parsed.map(|inner| of(Box::new(inner))));
        }
        map.allow(probes::KINDS.iter().map(|kind| kind.name));
        for kind in probes::KINDS.iter().filter(|kind| map.has(kind.name)) {
            if let Some(node) = map.get(kind.name) {
                found.push((kind.parse)(node, loading).map(Expression::Probe));
            }
        }
        match found.len() {
            1 => found.pop().flatten(),
            0 => {
                let known = || {
                    probes::KINDS.iter().map(|kind| kind.name).chain(TREE_KEYS).filter(|key| !["within", "join"].contains(key))
                };
                let hint = map.keys().map(|key| suggestion(key, known())).find(|hint| !hint.is_empty()).unwrap_or_default();
                map.note(format!("no probe here{hint}; one of {}", known().collect::<Vec<_>>().join(", ")));
                None
            }
            _ => {
                map.note("more than one probe here; combine them with `all` or `any`");
                None
            }
        }
    }

    /// The keys that `parse` may read.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        probes::KINDS.iter().map(|kind| kind.name).chain(TREE_KEYS)
    }

    fn list(node: &Node, loading: &mut Loading<'_>) -> Option<Vec<Expression>> {
        if !matches!(&node.value, Value::Array(items) if !items.is_empty()) {
            loading.problems.note(node.span, "this takes a list that is not empty");
            return None;
        }
        let parsed: Vec<Option<Expression>> = node
            .items()
            .iter()
            .map(|item| {
                let map = Map::new(item, "an expression", loading.problems);
                let parsed = Expression::parse(&map, loading);
                map.finish();
                parsed
            })
            .collect();
        parsed.into_iter().collect()
    }

    /// Can it cite anything? `not`, `given` and `without` alone cannot.
    pub fn cites(&self) -> bool {
        match self {
            Expression::All { of, .. } => of.iter().any(Expression::cites),
            Expression::Any(of) => of.iter().all(Expression::cites),
            Expression::Not(_) | Expression::Given(_) | Expression::Without(_) => false,
            Expression::Probe(_) => true,
        }
    }

    /// Could it hold where only these needs can have hits?
    pub fn could_hold(&self, can_hit: &impl Fn(NeedId) -> bool) -> bool {
        match self {
            Expression::All { of, .. } => of.iter().all(|part| part.could_hold(can_hit)),
            Expression::Any(of) => of.iter().any(|part| part.could_hold(can_hit)),
            Expression::Not(_) | Expression::Without(_) => true,
            Expression::Given(inner) => inner.could_hold(can_hit),
            Expression::Probe(probe) => probe.needs().is_empty() || probe.needs().iter().any(|need| can_hit(*need)),
        }
    }

    /// Every need below, some more than once.
    pub fn needs(&self, into: &mut Vec<NeedId>) {
        match self {
            Expression::All { of, .. } | Expression::Any(of) => of.iter().for_each(|part| part.needs(into)),
            Expression::Not(inner) | Expression::Given(inner) | Expression::Without(inner) => inner.needs(into),
            // Probes of one kind often rest on the same long list.
            Expression::Probe(probe) if into.ends_with(probe.needs()) => {}
            Expression::Probe(probe) => into.extend(probe.needs()),
        }
    }

    /// Can more hits only ever make it hold?
    pub(super) fn is_positive(&self) -> bool {
        match self {
            Expression::Probe(_) => true,
            Expression::Not(_) | Expression::Without(_) => false,
            Expression::Given(inner) => inner.is_positive(),
            Expression::Any(of) | Expression::All { of, .. } => of.iter().all(Expression::is_positive),
        }
    }

    /// The most that a need below costs.
    pub(super) fn cost(&self, needs: &NeedSet) -> Cost {
        match self {
            Expression::All { of, .. } | Expression::Any(of) => most(of.iter().map(|part| part.cost(needs))),
            Expression::Not(inner) | Expression::Given(inner) | Expression::Without(inner) => inner.cost(needs),
            Expression::Probe(probe) => most(probe.needs().iter().map(|need| needs.cost(*need))),
        }
    }

    /// Does this hold for every need below?
    pub(super) fn all_needs(&self, test: &impl Fn(&NeedId) -> bool) -> bool {
        match self {
            Expression::All { of, .. } | Expression::Any(of) => of.iter().all(|part| part.all_needs(test)),
            Expression::Not(inner) | Expression::Given(inner) | Expression::Without(inner) => inner.all_needs(test),
            Expression::Probe(probe) => probe.needs().iter().all(test),
        }
    }

    /// Does it hold in the view, and by which hits?
    pub fn observe<'v>(&self, view: &View<'v>) -> Observation<'v> {
        self.see(view, Answers::All)
    }

    /// Could it hold, and by which hits so far, if needs below negations may be answered yet?
    pub(super) fn observe_so_far<'v>(&self, view: &View<'v>) -> Observation<'v> {
        self.see(view, Answers::SomeToCome)
    }

    fn see<'v>(&self, view: &View<'v>, answers: Answers) -> Observation<'v> {
        match self {
            Expression::Probe(probe) => {
                let found = probe.observe(view);
                let holds = !found.is_empty();
                let (hits, setting) = if probe.is_setting() { (Vec::new(), found) } else { (found, Vec::new()) };
                Observation { holds, hits, setting }
            }
            // An answer to come can only make what holds by hits alone hold more.
            Expression::Not(inner) => {
                let is_open = answers == Answers::SomeToCome && !inner.is_positive();
                Observation { holds: is_open || !inner.see(view, Answers::All).holds, ..Observation::default() }
            }
            Expression::Given(inner) => Observation { holds: inner.see(view, answers).holds, ..Observation::default() },
            // It says what is left of others, in `all`.
            Expression::Without(_) => Observation { holds: true, ..Observation::default() },
            Expression::Any(of) => {
                let held: Vec<Observation<'_>> = of.iter().map(|part| part.see(view, answers)).filter(|o| o.holds).collect();
                merged(held)
            }
            Expression::All { of, within: Within::Component, join } => all(of, view, join.as_deref(), answers),
            Expression::All { of, within: Within::File, join } => {
                let held: Vec<Observation<'_>> = candidate_files(of, view, answers)
                    .into_iter()
                    .map(|file| all(of, &view.only(file), join.as_deref(), answers))
                    .filter(|observation| observation.holds)
                    .collect();
                merged(held)
            }
        }
    }
}

/// Are the needs answered?
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    All,
    SomeToCome,
}

/// The files in which the first part that can cite has hits; no other file can hold all parts.
fn candidate_files(of: &[Expression], view: &View<'_>, answers: Answers) -> BTreeSet<FileId> {
    let first = of.iter().find(|part| part.cites());
    first.map(|part| part.see(view, answers).citations().iter().map(|hit| hit.file).collect()).unwrap_or_default()
}

fn all<'v>(of: &[Expression], view: &View<'v>, join: Option<&str>, answers: Answers) -> Observation<'v> {
    let mut observed = Vec::with_capacity(of.len());
    for part in of {
        let observation = part.see(view, answers);
        if !observation.holds {
            return Observation::default();
        }
        observed.push(observation);
    }
    let Some(name) = join else { return merged(observed) };
    let mut taken = BTreeSet::new();
    for part in of {
        // What may still be taken back takes nothing.
        if let Expression::Without(inner) = part
            && (answers == Answers::All || inner.is_positive())
        {
            taken.extend(inner.see(view, answers).hits.iter().filter_map(|hit| captured(hit, name)));
        }
    }
    joined(observed, name, &taken)
}

/// Keeps the hits whose capture `name` has a value that every capturing part found, and that is not among those `taken`; none of them means it
/// does not hold.
fn joined<'v>(observed: Vec<Observation<'v>>, name: &str, taken: &BTreeSet<Arc<str>>) -> Observation<'v> {
    let captured = |hit: &Hit| captured(hit, name);
    let mut common: Option<BTreeSet<_>> = None;
    for observation in &observed {
        let values: BTreeSet<_> = observation.hits.iter().filter_map(|hit| captured(hit)).collect();
        if !values.is_empty() {
            common = Some(common.map_or(values.clone(), |seen| seen.intersection(&values).cloned().collect()));
        }
    }
    let mut common = common.unwrap_or_default();
    common.retain(|value| !taken.contains(value));
    if common.is_empty() {
        return Observation::default();
    }
    let mut whole = merged(observed);
    whole.hits.retain(|hit| captured(hit).is_none_or(|value| common.contains(&value)));
    whole
}

/// What these found together; none of them found nothing.
fn merged(observed: Vec<Observation<'_>>) -> Observation<'_> {
    let mut whole = Observation { holds: !observed.is_empty(), ..Observation::default() };
    for observation in observed {
        whole.hits.extend(observation.hits);
        whole.setting.extend(observation.setting);
    }
    for hits in [&mut whole.hits, &mut whole.setting] {
        hits.sort();
        hits.dedup();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::source::Memory;

    /// Finds one file.
    #[derive(Debug)]
    struct Finds(FileId, bool);

    impl Probe for Finds {
        fn observe<'v>(&self, _: &View<'v>) -> Vec<Cow<'v, Hit>> {
            vec![Cow::Owned(Hit::of_file(self.0))]
        }

        fn needs(&self) -> &[NeedId] {
            &[]
        }

        fn is_setting(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn a_fact_is_cited_only_where_nothing_else_is() {
        let needs = NeedSet::default();
        let (memory, prepared) = (Memory::new([("a".to_owned(), Vec::new())].into()), Prepared::new(&needs, 0));
        let inventory = collect(&memory, &prepared, Context::default()).inventory;
        let probe = |file, setting| Expression::Probe(Box::new(Finds(FileId(file), setting)));
        let cited = |of| {
            let all = Expression::All { of, within: Within::Component, join: None };
            all.observe(&inventory.whole()).citations().iter().map(|hit| hit.file.0).collect::<Vec<_>>()
        };
        assert_eq!(cited(vec![probe(0, true), probe(1, false)]), [1]);
        assert_eq!(cited(vec![Expression::Any(vec![probe(0, true), probe(2, false)]), probe(1, false)]), [1, 2]);
        assert_eq!(cited(vec![probe(0, true)]), [0]);
        let given = |inner| Expression::Given(Box::new(inner));
        assert_eq!(cited(vec![given(probe(0, false)), probe(1, false)]), [1]);
        assert!(!given(probe(0, false)).cites() && given(probe(0, false)).observe(&inventory.whole()).holds);
        let never = Expression::Not(Box::new(probe(0, false)));
        assert!(!given(never).observe(&inventory.whole()).holds);
    }
}
