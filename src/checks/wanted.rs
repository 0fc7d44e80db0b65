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
    pub waiting: &'a [u32],
    /// By need id, does it wait in a file of the view? What is not awaited there need not be asked for.
    pub here: Vec<bool>,
    /// Does a need ask for a few declarations of a file only?
    pub is_local: &'a (dyn Fn(NeedId) -> bool + Sync),
}

impl Asking<'_> {
    fn waits(&self, need: NeedId) -> bool {
        self.here.get(need.0 as usize) == Some(&true)
    }
}

/// How much more it costs to ask for the tree of a file than for a few declarations of it, about.
const WHOLE_FILE: usize = 3;

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
        // What does not hold in the whole component may hold in one file of it, if there is a negation in it.
        if self.within == Within::File && !part.is_positive() {
            return true;
        }
        let Observation { holds, hits, setting } = part.observe_so_far(view);
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
            Expression::Probe(probe) => {
                probe.needs().iter().filter(|need| asking.waits(**need)).for_each(|need| into.add(*need, place));
            }
            // What is not cited joins nothing.
            Expression::Not(inner) | Expression::Given(inner) | Expression::Without(inner) => {
                inner.wanted(view, asking, &Place { files: place.files.clone(), names: None }, into);
            }
            Expression::Any(of) => of.iter().for_each(|part| part.wanted(view, asking, place, into)),
            Expression::All { .. } if !self.waits(asking) => {}
            Expression::All { of, within, join } => {
                let needs = asking.needs;
                let costing = |cost: Cost| of.iter().filter(move |part| part.cost(needs) == cost);
                let mut known = Known { within: *within, join: join.as_deref(), needs, place: place.clone() };
                if !costing(Cost::None).all(|part| known.narrow(part, view)) {
                    return;
                }
                // Searches are asked for together, trees one after the other.
                costing(Cost::Search).for_each(|part| part.wanted(view, asking, &known.place_for(part), into));
                let mut trees: Vec<&Expression> = costing(Cost::Tree).collect();
                trees.sort_by_cached_key(|part| part.waiting(asking));
                // Behind the last that waits, nothing is to be narrowed.
                while trees.pop_if(|part| !part.waits(asking)).is_some() {}
                let Some(last) = trees.pop() else { return };
                let narrowing = costing(Cost::Search).map(|part| (part, false)).chain(trees.into_iter().map(|part| (part, true)));
                for (part, is_tree) in narrowing {
                    if is_tree {
                        part.wanted(view, asking, &known.place_for(part), into);
                    }
                    if !known.narrow(part, view) {
                        return;
                    }
                }
                last.wanted(view, asking, &known.place_for(last), into);
            }
        }
    }

    /// Is there a need below that waits?
    fn waits(&self, asking: &Asking<'_>) -> bool {
        match self {
            Expression::All { of, .. } | Expression::Any(of) => of.iter().any(|part| part.waits(asking)),
            Expression::Not(inner) | Expression::Given(inner) | Expression::Without(inner) => inner.waits(asking),
            Expression::Probe(probe) => probe.needs().iter().any(|need| asking.waits(*need)),
        }
    }

    /// What its trees would cost, in files of which a few declarations are asked for: the part that can be ruled out most cheaply
    /// is asked for first.
    fn waiting(&self, asking: &Asking<'_>) -> usize {
        match self {
            Expression::All { of, .. } | Expression::Any(of) => of.iter().map(|part| part.waiting(asking)).sum(),
            Expression::Not(inner) | Expression::Given(inner) | Expression::Without(inner) => inner.waiting(asking),
            Expression::Probe(probe) => {
                let trees = probe.needs().iter().filter(|need| asking.needs.cost(**need) == Cost::Tree);
                let cost = |need: &NeedId| match asking.waiting.get(need.0 as usize) {
                    None | Some(0) => 0,
                    Some(files) if (asking.is_local)(*need) => *files as usize,
                    Some(files) => *files as usize * WHOLE_FILE,
                };
                trees.map(cost).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::source::Memory;
    use crate::inventory::view::Hit;
    use crate::model::code::CodeSource;
    use crate::model::language::Language;
    use crate::model::needs::Selector;
    use crate::probes::Probe;

    /// A probe with an answer: under these names, in these files.
    #[derive(Debug)]
    struct Answered {
        need: [NeedId; 1],
        hits: Vec<Hit>,
    }

    impl Probe for Answered {
        fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
            self.hits.iter().filter(|hit| view.contains(hit.file)).cloned().map(Cow::Owned).collect()
        }

        fn needs(&self) -> &[NeedId] {
            &self.need
        }
    }

    fn code(needs: &mut NeedSet, name: &str) -> NeedId {
        let look = Look::Code {
            language: Language::Go,
            source: Arc::new(CodeSource::default()),
            imports: vec![name.to_owned()],
            capture: vec!["FN".to_owned()],
        };
        needs.add(Selector::any(), look)
    }

    #[test]
    fn names_found_beside_a_negation_say_where_the_other_part_matters() {
        let mut needs = NeedSet::default();
        let (makes, spoils, uses) = (code(&mut needs, "makes"), code(&mut needs, "spoils"), code(&mut needs, "uses"));
        let files = ["a.go", "b.go", "c.go"].map(|name| (name.to_owned(), Vec::new()));
        let (memory, prepared) = (Memory::new(files.into()), Prepared::new(&needs, 0));
        let inventory = collect(&memory, &prepared, Context::default()).inventory;
        let named = |file, name: &str| Hit { captures: vec![("FN".into(), name.into())], ..Hit::of_file(FileId(file)) };
        let probe = |need, hits| Expression::Probe(Box::new(Answered { need: [need], hits }));
        let wanted_where = |spoilt: Vec<Hit>, here: [bool; 3]| {
            let made =
                vec![probe(makes, vec![named(0, "make"), named(1, "draw")]), Expression::Not(Box::new(probe(spoils, spoilt)))];
            let made = Expression::All { of: made, within: Within::File, join: None };
            let all = Expression::All {
                of: vec![probe(uses, Vec::new()), made],
                within: Within::Component,
                join: Some("FN".to_owned()),
            };
            let asking = Asking { needs: &needs, waiting: &[9, 9, 7], here: here.to_vec(), is_local: &|need| need != uses };
            let mut wants = Wants::default();
            all.wanted(&inventory.whole(), &asking, &Place::default(), &mut wants);
            let names = |place: &Place| place.names.as_ref().map(|names| names.iter().cloned().collect::<Vec<_>>());
            wants.all().map(|(need, places)| (need, places.iter().map(names).collect::<Vec<_>>())).collect::<BTreeMap<_, _>>()
        };
        let wanted = |spoilt| wanted_where(spoilt, [true; 3]).remove(&uses);
        let names = |names: &[&str]| Some(vec![Some(names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>())]);
        assert_eq!(wanted(Vec::new()), names(&["draw", "make"]));
        assert_eq!(wanted(vec![Hit::of_file(FileId(0))]), names(&["draw"]));
        assert_eq!(wanted(vec![Hit::of_file(FileId(0)), Hit::of_file(FileId(1))]), None, "nothing is left to be joined");
        // What waits nowhere is not asked for, and says all the same where others are.
        let wanted = |here| wanted_where(vec![Hit::of_file(FileId(0))], here).into_iter().collect::<Vec<_>>();
        assert_eq!(wanted([false, false, true]), [(uses, names(&["draw"]).unwrap())]);
        assert_eq!(wanted([true, false, false]).iter().map(|(need, _)| *need).collect::<Vec<_>>(), [makes]);
        assert_eq!(wanted([false; 3]), []);
    }
}
