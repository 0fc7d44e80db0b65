//! What is answered only when it turns out to matter: needs whose trees are built in later rounds.
//!
//! A collection hands over the needs that a file may answer; the engine says which of them are due, round by round.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::model::needs::NeedId;

use super::collect::keep;
use super::decode::decode;
use super::names::{Lookup, Names, Sought};
use super::scan::{self, FileScan, Places, Scanner};
use super::source::Source;
use super::syntax::Parsed;
use super::view::{File, FileId, Inventory, View};

/// A collection in progress: everything is answered but the code needs, whose trees are built when they turn out to matter.
pub struct Collector<'s> {
    pub(super) source: &'s dyn Source,
    pub(super) scanner: &'s Scanner<'s>,
    pub inventory: Inventory,
    /// What waits for an answer, by file.
    pub(super) deferred: Vec<Waiting>,
    /// Trees of files for which needs are still deferred, as far as memory goes.
    pub(super) trees: BTreeMap<FileId, Parsed>,
}

/// What a file may answer: the needs whose literals occurred.
pub(super) struct Waiting {
    pub(super) file: FileId,
    pub(super) needs: Vec<NeedId>,
    /// Where their literals stand, if that was kept.
    pub(super) places: Option<Places>,
}

/// Nodes of trees that are kept between rounds, at 24 bytes each: enough for every file of a small repository.
const MAX_KEPT_NODES: usize = 1_000_000;

impl<'s> Collector<'s> {
    /// By need id, in how many files it waits for an answer.
    pub fn waiting(&self) -> Vec<u32> {
        let mut counts = vec![0; self.inventory.hits.len()];
        self.deferred.iter().flat_map(|waiting| &waiting.needs).for_each(|need| counts[need.0 as usize] += 1);
        counts
    }

    /// By need id, does it wait for an answer in a file of this view?
    pub fn waiting_in(&self, view: &View<'_>) -> Vec<bool> {
        let mut waits = vec![false; self.inventory.hits.len()];
        for waiting in self.deferred.iter().filter(|waiting| view.contains(waiting.file)) {
            waiting.needs.iter().for_each(|need| waits[need.0 as usize] = true);
        }
        waits
    }

    /// Which needs ask for a few declarations of a file only, not for the tree of the whole.
    pub fn is_local(&self) -> impl Fn(NeedId) -> bool + Sync + use<'s> {
        let scanner = self.scanner;
        move |need| scanner.is_local(need)
    }

    /// Answers the deferred needs that are due. Every other one stays deferred. Returns how many were answered.
    pub fn answer(&mut self, due: &(dyn Fn(&Inventory, NeedId, FileId) -> Due + Sync)) -> usize {
        let mut jobs: Vec<Job> = Vec::new();
        for Waiting { file, needs, places } in &mut self.deferred {
            let mut asked = Vec::new();
            needs.retain(|need| match due(&self.inventory, *need, *file) {
                Due::No => true,
                when => {
                    asked.push((*need, when));
                    false
                }
            });
            if !asked.is_empty() {
                jobs.push(Job { file: *file, asked, places: places.take(), tree: self.trees.remove(file) });
            }
        }
        let kept = AtomicUsize::new(self.trees.values().map(Parsed::nodes).sum());
        let names = Lookup::new(jobs.iter().flat_map(|job| &job.asked).flat_map(|(_, due)| due.names()));
        let answers: Vec<Answer> = jobs.into_par_iter().map(|job| self.work(job, &names, &kept)).collect();
        let mut answered = 0;
        for Answer { file, scan, left, count, places, tree } in answers {
            answered += count;
            keep(&mut self.inventory, file, scan);
            let Ok(at) = self.deferred.binary_search_by_key(&file, |waiting| waiting.file) else { continue };
            let waiting = &mut self.deferred[at];
            waiting.needs.extend(left);
            waiting.places = places;
            self.trees.extend(tree.filter(|_| !waiting.needs.is_empty()).map(|tree| (file, tree)));
        }
        self.deferred.retain(|waiting| !waiting.needs.is_empty());
        self.inventory.broken = self.scanner.broken().collect();
        for list in &mut self.inventory.hits {
            list.sort();
            list.dedup();
        }
        answered
    }

    fn work(&self, Job { file, asked, places, mut tree }: Job, names: &Lookup, kept: &AtomicUsize) -> Answer {
        let File { path, language, .. } = &self.inventory.files[file.0 as usize];
        // It was read a moment ago; if it is gone now, its needs stay unanswered.
        let Ok(bytes) = self.source.read(file.0 as usize) else {
            let needs: Vec<NeedId> = asked.into_iter().map(|(need, _)| need).collect();
            let scan = FileScan::unanswered(&needs, "it disappeared");
            return Answer { file, scan, left: Vec::new(), count: 0, places: None, tree: None };
        };
        let text = decode(bytes);
        let mut sought = names.within(&text);
        let (needs, left): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(_, due)| due.is_in(&mut sought));
        let numbers = |needs: Vec<(NeedId, Due)>| needs.into_iter().map(|(need, _)| need).collect::<Vec<_>>();
        let (needs, left) = (numbers(needs), numbers(left));
        let scan = match needs.is_empty() {
            true => FileScan::default(),
            false => scan::resume(self.scanner, (file, path, *language), &text, &needs, places.as_ref(), &mut tree),
        };
        let nodes = tree.as_ref().map_or(0, Parsed::nodes);
        let fits = kept.fetch_add(nodes, Ordering::Relaxed) + nodes <= MAX_KEPT_NODES;
        Answer { file, scan, left, count: needs.len(), places, tree: tree.filter(|_| fits) }
    }
}

/// Whether the answer of a need in a file matters.
#[derive(Debug)]
pub enum Due {
    No,
    Yes,
    /// If the file holds a name of one of these sets.
    WithNames(Vec<Names>),
}

impl Due {
    /// It matters here, too: with these names, or anyhow.
    pub fn also(&mut self, names: Option<&Names>) {
        match (&mut *self, names) {
            (Due::Yes, _) => {}
            (_, None) => *self = Due::Yes,
            (Due::WithNames(sets), Some(names)) => sets.push(Arc::clone(names)),
            (Due::No, Some(names)) => *self = Due::WithNames(vec![Arc::clone(names)]),
        }
    }

    fn names(&self) -> &[Names] {
        match self {
            Due::WithNames(sets) => sets,
            Due::No | Due::Yes => &[],
        }
    }

    fn is_in(&self, sought: &mut Sought<'_>) -> bool {
        match self {
            Due::No => false,
            Due::Yes => true,
            Due::WithNames(sets) => sets.iter().any(|names| sought.holds_one_of(names)),
        }
    }
}

/// The needs of one file that may be due now.
struct Job {
    file: FileId,
    asked: Vec<(NeedId, Due)>,
    places: Option<Places>,
    tree: Option<Parsed>,
}

/// What became of a job.
struct Answer {
    file: FileId,
    scan: FileScan,
    /// Needs that were not due after all.
    left: Vec<NeedId>,
    /// How many were answered.
    count: usize,
    places: Option<Places>,
    tree: Option<Parsed>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_with_names_matters_in_texts_that_hold_one() {
        let set = |names: &[&str]| -> Names { Arc::new(names.iter().map(|name| Arc::from(*name)).collect()) };
        let (here, nowhere) = (set(&["missing", "guard"]), set(&["missing"]));
        let mut due = Due::No;
        due.also(Some(&nowhere));
        let lookup = Lookup::new([&here, &nowhere].into_iter());
        let is_in = |due: &Due| due.is_in(&mut lookup.within("app.use(guard)"));
        assert!(!is_in(&due) && !is_in(&Due::No) && is_in(&Due::Yes));
        due.also(Some(&here));
        assert!(is_in(&due));
        assert_eq!(due.names().len(), 2);
        due.also(None);
        assert!(matches!(due, Due::Yes));
    }
}
