//! What an expression still wants to know, and of which files: an answer that cannot change what it says is not asked for, because it
//! costs a search or a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{Expression, Observation, Within, captured};
use crate::inventory::view::{FileId, View};
use crate::model::needs::{Cost, Look, NeedId, NeedSet};

/// Where an answer can matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// In these files; `None`: in all.
    pub files: Option<Arc<BTreeSet<FileId>>>,
    /// In files that hold one of these names; `None`: whatever they hold.
    pub names: Option<Arc<BTreeSet<Arc<str>>>>,
}

/// What is wanted, and in which places.
#[derive(Debug, Default)]
pub struct Wants(BTreeMap<NeedId, Vec<Place>>);

impl Wants {
    fn add(&mut self, need: NeedId, place: &Place) {
        let places = self.0.entry(need).or_default();
        if *place == Place::default() {
            places.clear();
        }
        if places.first() != Some(&Place::default()) && !places.contains(place) {
            places.push(place.clone());
        }
    }

    /// Every need that is wanted, and in which places.
    pub fn all(&self) -> impl Iterator<Item = (NeedId, &[Place])> {
        self.0.iter().map(|(need, places)| (*need, places.as_slice()))
    }

    /// Adds what another wants.
    pub fn extend(&mut self, other: Wants) {
        other.0.into_iter().for_each(|(need, places)| places.iter().for_each(|place| self.add(need, place)));
    }
}

/// What is known of the needs when parts are asked for.
pub struct Asking<'a> {
    pub needs: &'a NeedSet,
    /// By need id, in how many files it waits for an answer.
    pub waiting: Vec<u32>,
}

/// What the parts of an `all` that were looked at leave for the others.
struct Known<'k> {
    within: Within,
    join: Option<&'k str>,
    needs: &'k NeedSet,
    place: Place,
}

impl Known<'_> {
    /// Takes a part into account. False: the `all` cannot hold as far as is known.
    fn narrow(&mut self, part: &Expression, view: &View<'_>) -> bool {
        let (part, is_cited) = match part {
            Expression::Given(inner) => (&**inner, false),
            part => (part, true),
        };
        // What does not hold in the whole component may hold in one file of it, if it is a negation.
        if !part.is_positive() {
            return self.within == Within::File || part.cost(self.needs) > Cost::None || part.observe(view).holds;
        }
        let Observation { holds, hits, setting } = part.observe(view);
        if !holds {
            return false;
        }
        // What holds without citing anything may hold in any file.
        if self.within == Within::File && setting.is_empty() && part.cites() {
            let admits = |file: &FileId| self.place.files.as_ref().is_none_or(|files| files.contains(file));
            let files: BTreeSet<FileId> = hits.iter().map(|hit| hit.file).filter(admits).collect();
            self.place.files = Some(Arc::new(files));
        }
        if let Some(join) = self.join.filter(|_| is_cited) {
            let names: BTreeSet<Arc<str>> = hits.iter().filter_map(|hit| captured(hit, join)).collect();
            if !names.is_empty() {
                let common = |known: &Arc<BTreeSet<Arc<str>>>| known.intersection(&names).cloned().collect();
                self.place.names = Some(Arc::new(self.place.names.as_ref().map_or_else(|| names.clone(), common)));
            }
        }
        self.place.files.as_ref().is_none_or(|files| !files.is_empty())
    }

    /// Where a part is wanted. Names narrow it only if whatever it finds has one.
    fn place_for(&self, part: &Expression) -> Place {
        let captures = |need: &NeedId| match &self.needs.need(*need).look {
            Look::Code { capture, .. } => self.join.is_some_and(|join| capture.iter().any(|name| name == join)),
            _ => false,
        };
        let names = self.place.names.clone().filter(|_| part.all_needs(&captures));
        Place { files: self.place.files.clone(), names }
    }
}

impl Expression {
    /// The needs whose answer can still change whether it holds, as far as is known, and where: an `all` asks for the trees of a
    /// part only when the parts that cost nothing and those before it hold, in the files in which they do, or that hold a name
    /// to be joined.
    pub fn wanted(&self, view: &View<'_>, asking: &Asking<'_>, place: &Place, into: &mut Wants) {
        match self {
            Expression::Probe(probe) => probe.needs().iter().for_each(|need| into.add(*need, place)),
            // What is not cited joins nothing.
            Expression::Not(inner) | Expression::Given(inner) => {
                inner.wanted(view, asking, &Place { files: place.files.clone(), names: None }, into);
            }
            Expression::Any(of) => of.iter().for_each(|part| part.wanted(view, asking, place, into)),
            Expression::All { of, within, join } => {
                let needs = asking.needs;
                let costing = |cost: Cost| of.iter().filter(move |part| part.cost(needs) == cost);
                let mut known = Known { within: *within, join: join.as_deref(), needs, place: place.clone() };
                if !costing(Cost::None).all(|part| known.narrow(part, view)) {
                    return;
                }
                // Searches are asked for together, trees one after the other.
                costing(Cost::Search).for_each(|part| part.wanted(view, asking, &known.place_for(part), into));
                if !costing(Cost::Search).all(|part| known.narrow(part, view)) {
                    return;
                }
                let mut trees: Vec<&Expression> = costing(Cost::Tree).collect();
                trees.sort_by_cached_key(|part| part.waiting(asking));
                for part in trees {
                    part.wanted(view, asking, &known.place_for(part), into);
                    if !known.narrow(part, view) {
                        return;
                    }
                }
            }
        }
    }

    /// In how many files its needs wait for an answer: the part that can be ruled out most cheaply is asked for first.
    fn waiting(&self, asking: &Asking<'_>) -> usize {
        match self {
            Expression::All { of, .. } | Expression::Any(of) => of.iter().map(|part| part.waiting(asking)).sum(),
            Expression::Not(inner) | Expression::Given(inner) => inner.waiting(asking),
            Expression::Probe(probe) => {
                probe.needs().iter().map(|need| asking.waiting.get(need.0 as usize).map_or(0, |files| *files as usize)).sum()
            }
        }
    }
}
