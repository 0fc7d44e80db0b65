//! `env`: rows of the config contract, by where a variable is read, documented and provided.
//!
//! What is known of languages and platforms is data, `checks/env`. A probe asks only for the sections that its parameters speak of, and a
//! pack without a probe of this kind pays nothing.

use std::borrow::Cow;
use std::sync::Arc;

use crate::inventory::automaton::Lazy;
use crate::inventory::env::{Conspicuous, EnvVar, Note, Place, table};
use crate::inventory::view::{Hit, View};
use crate::model::env::{EnvNeeds, Fallback, Section, Standing};
use crate::model::needs::NeedId;
use crate::model::node::Node;

use super::params::Map;
use super::{Loading, Probe, ProbeKind, shared};

/// The `env` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "env",
    summary: "environment variables and config keys, by where they are read, documented and provided",
    keys: &[
        ("read", "true: code reads it; false: none does"),
        ("default", "what a read yields where it is not set: none, empty, literal, computed, required; only such reads count"),
        ("documented", "true or false: an example file or the documentation lists it"),
        ("provided", "true or false: compose, Kubernetes, CI, a Dockerfile, a production dotenv file sets it"),
        (
            "looks-alike",
            "documented or provided: there stands another name, which is much like this one and which nothing reads; or this one stands there and the other is read",
        ),
        ("matches", "regex over the name"),
        ("not-matches", "regex over the name: such variables do not count"),
        (
            "share",
            "percent: it holds only if so many of the variables that are read, and whose name matches, are such; default 0",
        ),
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`env`", loading.problems);
    let (read, documented, provided) = (map.opt_flag("read"), map.opt_flag("documented"), map.opt_flag("provided"));
    let defaults = map.words::<Fallback>("default");
    let alike = map.words::<Section>("looks-alike");
    let expression = |key| shared::pattern(&map, key).map(Lazy::new);
    let (matches, not_matches) = (expression("matches"), expression("not-matches"));
    let share = map.opt_int("share").unwrap_or(0);
    if !(0..=100).contains(&share) {
        map.note_at("share", "`share` is a percentage, 0 to 100");
    }
    if [read, documented, provided].iter().all(Option::is_none) && alike.is_empty() {
        map.note("`env` needs `read`, `documented`, `provided` or `looks-alike`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let sections: Vec<Section> = Section::ALL
        .iter()
        .copied()
        .filter(|section| {
            alike.contains(section)
                || match section {
                    Section::Reads => read.is_some() || !defaults.is_empty() || !alike.is_empty() || share > 0,
                    Section::Documented => documented.is_some(),
                    Section::Provided => provided.is_some(),
                }
        })
        .collect();
    let known = loading.env_needs.iter().find(|(known, _)| *known == sections).map(|(_, asked)| Arc::clone(asked));
    let asked = known.unwrap_or_else(|| {
        let asked = Arc::new(EnvNeeds::ask(loading.env, &sections, loading.needs));
        loading.env_needs.push((sections, Arc::clone(&asked)));
        asked
    });
    Some(Box::new(EnvProbe { asked, read, documented, provided, defaults, alike, matches, not_matches, share }))
}

#[derive(Debug)]
struct EnvProbe {
    asked: Arc<EnvNeeds>,
    read: Option<bool>,
    documented: Option<bool>,
    provided: Option<bool>,
    defaults: Vec<Fallback>,
    alike: Vec<Section>,
    matches: Option<Lazy>,
    not_matches: Option<Lazy>,
    /// Percent.
    share: i64,
}

impl EnvProbe {
    fn is_named(&self, row: &EnvVar) -> bool {
        self.matches.as_ref().is_none_or(|expression| expression.is_match(&row.name))
            && !self.not_matches.as_ref().is_some_and(|expression| expression.is_match(&row.name))
    }

    fn counts(&self, row: &EnvVar) -> bool {
        let is = |wanted: Option<bool>, holds: bool| wanted.is_none_or(|wanted| wanted == holds);
        is(self.read, row.is_read())
            && is(self.documented, row.is_documented())
            && is(self.provided, !row.provided.is_empty())
            && (self.defaults.is_empty() || row.reads.iter().any(|place| self.is_read_so(place)))
            && (self.alike.is_empty() || row.notes.iter().any(|note| self.is_alike(note)))
    }

    fn is_alike(&self, note: &Note) -> bool {
        note.what == Conspicuous::Alike && note.is_firm && self.alike.contains(&note.by)
    }

    fn is_read_so(&self, place: &Place) -> bool {
        place.standing == Standing::Firm && (self.defaults.is_empty() || self.defaults.contains(&place.fallback))
    }

    /// Where a row is cited: where it is read, else where it is told of or set.
    fn places<'r>(&'r self, row: &'r EnvVar) -> Vec<&'r Place> {
        let reads: Vec<&Place> = row.reads.iter().filter(|place| self.is_read_so(place)).collect();
        if !reads.is_empty() && self.read != Some(false) {
            return reads;
        }
        if row.documented.is_empty() { row.provided.iter().collect() } else { row.documented.iter().collect() }
    }
}

impl EnvProbe {
    /// Where the other name stands that a row looks like.
    fn other_places<'r>(&self, row: &EnvVar, all: &'r [EnvVar]) -> Vec<&'r Place> {
        let notes = row.notes.iter().filter(|note| self.is_alike(note));
        let others = notes.filter_map(|note| Some((note.by, all.iter().find(|other| Some(&other.name) == note.other.as_ref())?)));
        others.flat_map(|(by, other)| if by == Section::Documented { &other.documented } else { &other.provided }).collect()
    }
}

impl Probe for EnvProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        let all = table(view, &self.asked);
        let rows = || all.iter().filter(|row| self.is_named(row));
        let such: Vec<&EnvVar> = rows().filter(|row| self.counts(row)).collect();
        let read = rows().filter(|row| row.is_read()).count() as i64;
        if (such.len() as i64) * 100 < self.share * read {
            return Vec::new();
        }
        let places = such.iter().flat_map(|row| self.places(row));
        let mut hits: Vec<Cow<'_, Hit>> = places.map(Place::hit).map(Cow::Owned).collect();
        hits.extend(such.iter().flat_map(|row| self.other_places(row, &all)).map(Place::hit).map(Cow::Owned));
        hits.sort();
        hits.dedup();
        hits
    }

    fn needs(&self) -> &[NeedId] {
        &self.asked.all
    }
}
