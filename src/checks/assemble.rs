//! What `load` read of each file → the pack: references are followed, facts ordered. Here because it asks what only all files together say.

use std::collections::BTreeSet;

use crate::model::language::Language;
use crate::model::terms::Word;
use crate::probes::params::{Problem, suggestion};

use super::check::{Fact, Scoring};
use super::load::{FileProblem, Loader, Ruleset};

impl Loader {
    /// What was read, as one pack. References that only now can be followed are: facts, stacks, categories.
    ///
    /// # Errors
    /// Every problem found so far and here, in order of path and place.
    pub(super) fn finish(mut self, digest: String) -> Result<Ruleset, Vec<FileProblem>> {
        let known = |name: &str| self.facts.contains_key(name);
        let mut late = Vec::new();
        for (path, fact, span) in &self.references {
            if !known(fact) {
                let hint = suggestion(fact, self.facts.keys().map(String::as_str));
                late.push((path, span, format!("no fact is called `{fact}`{hint}")));
            }
        }
        for (path, stack, span) in &self.stacks {
            if !known(stack) && Language::from_word(stack).is_none() {
                let names = self.facts.keys().map(String::as_str).chain(Language::words()).chain(["summary"]);
                late.push((path, span, format!("`{stack}` is neither a fact nor a language{}", suggestion(stack, names))));
            }
        }
        let late: Vec<FileProblem> = late
            .into_iter()
            .map(|(path, span, message)| FileProblem {
                path: path.clone(),
                problem: Problem { line: span.line, column: span.column, message },
            })
            .collect();
        self.problems.extend(late);
        let facts = self.ordered_facts();
        let scoring = self.scoring.take().unwrap_or_else(|| {
            let message = "the pack has no scoring.yaml".to_owned();
            self.problems.push(FileProblem { path: "scoring.yaml".to_owned(), problem: Problem { line: 1, column: 1, message } });
            Scoring { version: String::new(), weights: [0.0; 4], coverage_floor: 0.0, grades: Vec::new() }
        });
        for check in self.checks.values() {
            if !self.categories.iter().any(|category| category.id == check.category) {
                let message = format!("category `{}` is not in categories.yaml", check.category);
                self.problems
                    .push(FileProblem { path: format!("{}.yaml", check.id), problem: Problem { line: 1, column: 1, message } });
            }
        }
        if self.problems.is_empty() {
            let checks = self.checks.into_values().collect();
            return Ok(Ruleset {
                checks,
                facts,
                categories: self.categories,
                scoring,
                needs: self.needs,
                routes: self.frameworks,
                env: self.contract,
                digest,
            });
        }
        self.problems.sort();
        Err(self.problems)
    }

    /// The facts, each after those it rests on. A circle is a problem.
    fn ordered_facts(&mut self) -> Vec<Fact> {
        let mut remaining = std::mem::take(&mut self.facts);
        let mut done: BTreeSet<String> = BTreeSet::new();
        let mut ordered = Vec::new();
        while !remaining.is_empty() {
            let ready: Vec<String> = remaining
                .values()
                .filter(|fact| fact.rests_on.iter().all(|on| done.contains(on) || !remaining.contains_key(on)))
                .map(|fact| fact.name.clone())
                .collect();
            if ready.is_empty() {
                let names = remaining.keys().cloned().collect::<Vec<_>>().join(", ");
                let problem =
                    Problem { line: 1, column: 1, message: format!("these facts rest on each other in a circle: {names}") };
                self.problems.push(FileProblem { path: "facts".to_owned(), problem });
                break;
            }
            for name in ready {
                ordered.extend(remaining.remove(&name));
                done.insert(name);
            }
        }
        ordered
    }
}
