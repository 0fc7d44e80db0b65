//! Rules about checks beyond what loading demands.
//!
//! To add one, add a function that notes what it finds and call it in `lint`.

use crate::inventory::automaton::Automaton;
use crate::inventory::syntax::{Literal, Prefilter};
use crate::model::live::LiveSpec;
use crate::model::needs::Look;

use super::check::Item;
use super::live::Live;
use super::load::Ruleset;

/// A remark about a check; not an error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    pub id: String,
    pub message: String,
}

/// Everything worth a remark, ordered by id.
pub fn lint(ruleset: &Ruleset) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for fact in &ruleset.facts {
        for item in &fact.from {
            let id = format!("facts/{}", fact.name);
            remarks.extend(expensive(item, ruleset).map(|message| Remark { id: id.clone(), message }));
        }
    }
    for check in &ruleset.checks {
        let mut note = |message: String| remarks.push(Remark { id: check.id.clone(), message });
        if check.title.ends_with('.') {
            note("the title ends with a full stop".to_owned());
        }
        if check.fix.summary.chars().next().is_some_and(char::is_lowercase) {
            note("`fix.summary` starts in lower case".to_owned());
        }
        for item in check.forbid.iter().chain(&check.look_alike).chain(&check.require) {
            if item.say.ends_with('.') {
                note(format!("`say` ends with a full stop: {}", item.say));
            }
            for message in expensive(item, ruleset) {
                note(message);
            }
        }
        for then in check.live.iter().filter_map(Live::spec).flat_map(LiveSpec::decisions) {
            if then.say.ends_with('.') {
                note(format!("`say` ends with a full stop: {}", then.say));
            }
        }
    }
    remarks.sort();
    remarks.dedup();
    remarks
}

/// What an item asks that would parse or search every file that its path or language admits.
fn expensive<'r>(item: &'r Item, ruleset: &'r Ruleset) -> impl Iterator<Item = String> + 'r {
    let mut needs = Vec::new();
    item.expression.needs(&mut needs);
    needs.into_iter().filter_map(move |need| {
        let look = &ruleset.needs.need(need).look;
        if matches!(look, Look::Text { pattern, .. } if Automaton::needs_unicode(pattern)) {
            return Some(format!("a class with letters beyond ASCII makes a text pattern slow, write `(?:o|ó)`: {}", item.say));
        }
        let (what, clauses) = clauses(look)?;
        if clauses.is_empty() {
            return Some(format!(
                "no literal gates {what}, so every file that its path or language admits is looked into: {}",
                item.say
            ));
        }
        let common = |literal: &Literal| literal.text.len() < 3 || COMMON.contains(&literal.text.as_str());
        let weak = clauses.iter().all(|clause| clause.iter().any(common));
        let words = || clauses.iter().flatten().filter(|literal| common(literal)).map(|literal| literal.text.as_str());
        weak.then(|| format!("only common words gate {what} ({}): {}", words().collect::<Vec<_>>().join(", "), item.say))
    })
}

/// Words that stand in nearly every file of some language, so that looking for them excludes nothing.
const COMMON: &[&str] = &[
    "all", "any", "await", "async", "class", "config", "const", "create", "default", "delete", "end", "env", "func", "function",
    "get", "group", "import", "key", "let", "model", "name", "new", "post", "public", "put", "return", "route", "self",
    "session", "set", "string", "struct", "this", "token", "type", "use", "user", "var", "with",
];

/// What gates a look that costs a search or a tree; `None` for looks that cost neither.
fn clauses(look: &Look) -> Option<(&'static str, Vec<Vec<Literal>>)> {
    match look {
        Look::Code { language, source, imports, .. } => {
            if !imports.is_empty() {
                return None;
            }
            Some(("a code rule", Prefilter::from_rule(*language, source).clauses))
        }
        _ => None,
    }
}
