//! Is something that is attached like a guard one? By its name, or by what is known of the function.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::inventory::automaton::{Expressions, Lazy};
use crate::inventory::view::FileId;
use crate::model::route::Framework;

use super::fact::{Fact, words};

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Guard,
    Harmless,
    Unknown,
}

/// Names under which files import something that is called otherwise where it is defined.
pub(super) struct Aliases<'a>(BTreeMap<(FileId, &'a str), &'a str>);

impl<'a> Aliases<'a> {
    pub(super) fn new(imports: &'a [Fact<'_>]) -> Aliases<'a> {
        let renamed = |fact: &'a Fact<'_>| {
            let (name, symbol) = (fact.get("NAME")?, words(fact.get("SYMBOL")?).last()?);
            (name != symbol && symbol != "default").then_some(((fact.file, name), symbol))
        };
        Aliases(imports.iter().filter_map(renamed).collect())
    }

    /// What is meant in the file of a fact: `gate(x)` is `login_required(x)` where that is imported under this name.
    pub(super) fn meant<'t>(&self, fact: &Fact<'_>, text: &'t str) -> Cow<'t, str> {
        let name = words(text).next().filter(|name| text.starts_with(*name));
        match name.and_then(|name| Some((name, *self.0.get(&(fact.file, name))?))) {
            Some((name, symbol)) => Cow::Owned(format!("{symbol}{}", &text[name.len()..])),
            None => Cow::Borrowed(text),
        }
    }
}

/// The judge of one framework.
pub(super) struct Names<'a> {
    never: Arc<Lazy>,
    guard: Arc<Lazy>,
    harmless: Arc<Lazy>,
    likely: Arc<Lazy>,
    /// Functions and aliases that guard.
    defined: BTreeSet<&'a str>,
    /// Functions and classes that let callers without credentials through: all of them, or (true) all that nothing else stops.
    passes: BTreeMap<&'a str, bool>,
    unknown_guards: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(framework: &Framework, known: &Expressions, defines: &[Fact<'a>], passes: &[Fact<'a>]) -> Names<'a> {
        let compiled = |pattern: &str| known.of(pattern);
        let names = &framework.names;
        let mut judge = Names {
            never: compiled(&names.never),
            guard: compiled(&names.guard),
            harmless: compiled(&names.harmless),
            likely: compiled(&names.likely),
            defined: BTreeSet::new(),
            passes: BTreeMap::new(),
            unknown_guards: framework.unknown_guards,
        };
        // An alias lets through whom what it stands for does.
        let (aliases, bodies): (Vec<&Fact<'a>>, Vec<&Fact<'a>>) = passes.iter().partition(|fact| fact.get("VIA").is_some());
        for fact in bodies {
            let Some(name) = fact.get("NAME") else { continue };
            // Another one of the name refuses: which of them is attached is not known.
            let has_namesake = defines.iter().any(|other| other.get("NAME") == Some(name) && other.file != fact.file);
            let is_doubtful = judge.passes.entry(name).or_insert(true);
            *is_doubtful &= fact.definition.doubt || has_namesake;
        }
        for fact in aliases {
            let (Some(name), Some(via)) = (fact.get("NAME"), fact.get("VIA")) else { continue };
            if let Some(verdict) = judge.passing(via) {
                judge.passes.entry(name).or_insert(verdict == Verdict::Unknown);
            }
        }
        let (by_others, by_itself): (Vec<&Fact<'a>>, Vec<&Fact<'a>>) = defines.iter().partition(|fact| fact.get("VIA").is_some());
        judge.defined.extend(by_itself.iter().filter_map(|fact| fact.get("NAME")));
        // Guards that rest on guards; each round finds at least one, or ends.
        loop {
            let before = judge.defined.len();
            for fact in &by_others {
                let (Some(name), Some(via)) = (fact.get("NAME"), fact.get("VIA")) else { continue };
                if judge.of(via, true) == Verdict::Guard {
                    judge.defined.insert(name);
                }
            }
            if judge.defined.len() == before {
                return judge;
            }
        }
    }

    /// What the body of a function says that lets callers through: all of them, or (unknown) all that nothing else stops.
    pub(super) fn passing(&self, text: &str) -> Option<Verdict> {
        let is_doubtful = match text.strip_prefix(['\'', '"']) {
            // An alias with what it is told: `'role:admin'`.
            Some(alias) => self.passes.get(alias.split([':', '\'', '"']).next()?)?,
            None => {
                let callee = text.split('(').next().unwrap_or(text);
                let mut parts = words(callee).collect::<Vec<_>>().into_iter().rev();
                // `Gate::new()` and `Gate::class` are a gate.
                let is_own = |name: &&str| !matches!(*name, "new" | "default" | "build" | "class");
                let name = parts.next().filter(is_own).or_else(|| parts.next())?;
                // The attribute `[Gate]` is the class `GateAttribute`.
                self.passes.get(name).or_else(|| self.passes.get(format!("{name}Attribute").as_str()))?
            }
        };
        Some(if *is_doubtful { Verdict::Unknown } else { Verdict::Harmless })
    }

    /// What a text says that is attached like a guard. `strict`: only certain names and known functions count.
    pub(super) fn of(&self, text: &str, strict: bool) -> Verdict {
        let says = |expression: &Lazy| expression.is_match(text);
        let callee = text.split('(').next().unwrap_or(text);
        // What is called decides before what it is called on or with: `authService.verify` is no service,
        // `requireStudent(authService)` neither.
        let last = callee.rfind('.').map_or(0, |dot| dot + 1);
        let named = text.get(..=callee.len()).unwrap_or(text);
        let says_itself = |expression: &Lazy, text: &str| expression.ends(text).any(|end| end > last);
        // The attribute `[Gate]` is the class `GateAttribute`.
        let is_known = |name: &str| self.defined.contains(name) || self.defined.contains(format!("{name}Attribute").as_str());
        let is_defined = words(callee).last().is_some_and(is_known);
        if says(&self.never) || self.passing(text) == Some(Verdict::Harmless) {
            Verdict::Harmless
        } else if says(&self.guard) {
            Verdict::Guard
        } else if says_itself(&self.harmless, named) {
            Verdict::Harmless
        } else if is_defined || (!strict && self.likely.is_match(callee)) {
            Verdict::Guard
        } else if says(&self.harmless) {
            Verdict::Harmless
        } else if self.unknown_guards && !strict {
            Verdict::Unknown
        } else {
            Verdict::Harmless
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::route;

    #[test]
    fn never_comes_before_guard_before_harmless_before_likely() {
        let names = route::Names {
            never: "optional".to_owned(),
            guard: "requireAuth".to_owned(),
            harmless: "limit|Schema".to_owned(),
            likely: "auth".to_owned(),
        };
        let framework = |unknown_guards| Framework {
            name: String::new(),
            means: String::new(),
            definitions: Vec::new(),
            names: names.clone(),
            unknown_guards,
            class_tokens: Vec::new(),
            handler_tokens: Vec::new(),
        };
        let judge = Names::new(&framework(true), &Expressions::default(), &[], &[]);
        for (text, strict, verdict) in [
            ("optional.requireAuth", false, Verdict::Harmless),
            ("requireAuth(limit)", false, Verdict::Guard),
            ("authlimit", false, Verdict::Harmless),
            ("auth.check()", false, Verdict::Guard),
            ("auth.check()", true, Verdict::Harmless),
            // What it is called with does not make it one.
            ("robots('auth')", false, Verdict::Unknown),
            ("authOnly(limit)", false, Verdict::Guard),
            ("wrap(limit)", false, Verdict::Harmless),
            ("limits.auth", false, Verdict::Guard),
            ("auth.limit", false, Verdict::Harmless),
            ("limiter.single", false, Verdict::Harmless),
        ] {
            assert_eq!(judge.of(text, strict), verdict, "{text}");
        }
        assert_eq!(Names::new(&framework(false), &Expressions::default(), &[], &[]).of("robots()", false), Verdict::Harmless);
    }
}
