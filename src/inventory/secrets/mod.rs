//! Secrets in the text of files: provider tokens, private keys, connection strings, JSON web tokens, assigned literals.
//!
//! The engine says which literals it needs to see (`keywords`); the scan finds them in its one pass over a file and hands their
//! places back (`find`). Around each place a few hundred bytes are judged, so the cost is linear in the number of places.
//!
//! | file | holds |
//! |---|---|
//! | `search` | the search of one file |
//! | `formats`, `checksum` | tokens of providers, as packs define them in `tokens/` |
//! | `key` | PEM blocks, JSON web tokens |
//! | `connection` | passwords in URLs and lists of settings |
//! | `grammar`, `assignment`, `functions`, `call` | where literals are given to names |
//! | `name`, `field`, `placeholder`, `random`, `context`, `judge` | whether that makes them secrets |
//! | `known` | passwords that come with every installation |
//! | `custom` | rules and exceptions of users |
//! | `snippet` | a line as evidence may show it |
//!
//! To find a new kind: a value in `model::secret::SecretKind`, a keyword in `Engine::of_kinds` and an arm in `Search::visit`.

mod assignment;
mod call;
mod checksum;
mod connection;
mod context;
mod custom;
mod field;
mod formats;
mod functions;
mod grammar;
mod judge;
mod key;
mod known;
mod name;
mod placeholder;
mod random;
mod search;
mod section;
mod snippet;

use std::collections::BTreeMap;

use crate::inventory::syntax::Class;
use crate::model::secret::{SecretKind, SecretRules, TokenFormat};
use crate::model::terms::Confidence;

use custom::Custom;
use formats::Compiled;
use search::Search;

pub use custom::compile;
pub use formats::prefixes;
pub use known::is_well_known;
pub use snippet::snippet;

/// Secrets of one file that are kept.
const MAX_FINDINGS: usize = 200;
/// Lines to either side of a token that say whether it is published, and how many bytes they may have.
const NEIGHBOURS: usize = 15;
const MAX_NEIGHBOURHOOD: usize = 4 * 1024;

/// What a keyword hints at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    /// A token of this format starts here.
    Token(usize),
    /// It is part of a name.
    Name,
    /// It is part of the name of a section, which says what its keys are for.
    Section,
    /// A function that takes a key as this argument.
    Call(usize),
    Url,
    /// The server of a data source name of Go.
    Dsn,
    Pem,
    Jwt,
    /// A rule of the user may match somewhere in the file.
    Rule(usize),
}

/// Everything that is needed to find secrets, compiled.
pub struct Engine {
    formats: Vec<Compiled>,
    /// By keyword, in lower case.
    hints: Vec<(String, Vec<Hint>)>,
    custom: Custom,
}

/// A secret in a text; byte offsets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    pub kind: SecretKind,
    pub confidence: Confidence,
    /// Where the name or the connection string begins; `start` if there is nothing of the kind.
    pub from: usize,
    /// The secret itself.
    pub start: usize,
    pub end: usize,
}

/// A file in which secrets are looked for.
pub struct Subject<'t> {
    pub path: &'t str,
    pub text: &'t str,
    /// What the byte at an offset is part of.
    pub class_at: &'t dyn Fn(usize) -> Class,
    /// Id of the commit, if it is an earlier version of the file.
    pub commit: Option<&'t str>,
}

impl Subject<'_> {
    /// The bytes of the lines around a token that say what it is for: in data the whole file.
    fn neighbourhood(&self, at: usize) -> (usize, usize) {
        let bytes = self.text.as_bytes();
        if [".json", ".plist", ".xml"].iter().any(|ending| self.path.ends_with(ending)) {
            return (0, bytes.len());
        }
        let (first, last) = (at.saturating_sub(MAX_NEIGHBOURHOOD), (at + MAX_NEIGHBOURHOOD).min(bytes.len()));
        let before = memchr::memrchr_iter(b'\n', &bytes[first..at]).nth(NEIGHBOURS);
        let after = memchr::memchr_iter(b'\n', &bytes[at..last]).nth(NEIGHBOURS);
        (before.map_or(first, |line| first + line), after.map_or(last, |line| at + line))
    }
}

impl Engine {
    /// Compiles the formats. One that does not compile was reported by the loader and is left out here.
    pub fn new(formats: &[TokenFormat], rules: &SecretRules) -> Engine {
        Engine::of_kinds(formats, rules, SecretKind::ALL)
    }

    /// The same, with the keywords of these kinds only. What it finds may be of another kind all the same.
    pub fn of_kinds(formats: &[TokenFormat], rules: &SecretRules, kinds: &[SecretKind]) -> Engine {
        let has = |kind: SecretKind| kinds.contains(&kind);
        let formats = formats.iter().filter(|format| has(format.kind) && !rules.disabled.contains(&format.id));
        let formats: Vec<Compiled> = formats.cloned().filter_map(Compiled::new).collect();
        let mut hints: BTreeMap<String, Vec<Hint>> = BTreeMap::new();
        let mut add = |keyword: String, hint: Hint| {
            let known = hints.entry(keyword).or_default();
            if !known.contains(&hint) {
                known.push(hint);
            }
        };
        for (index, format) in formats.iter().enumerate() {
            let hint = if format.format.names.is_empty() { Hint::Token(index) } else { Hint::Name };
            format.keywords().into_iter().for_each(|keyword| add(keyword, hint));
        }
        if has(SecretKind::Assignment) {
            section::KEYWORDS.iter().for_each(|keyword| add((*keyword).to_owned(), Hint::Section));
            name::KEYWORDS.iter().for_each(|keyword| add((*keyword).to_owned(), Hint::Name));
            call::FUNCTIONS.iter().for_each(|(function, argument)| add((*function).to_owned(), Hint::Call(*argument)));
        }
        let shapes = [
            (SecretKind::ConnectionString, "://", Hint::Url),
            (SecretKind::ConnectionString, "@tcp(", Hint::Dsn),
            (SecretKind::PrivateKey, "private key", Hint::Pem),
            (SecretKind::Jwt, "eyj", Hint::Jwt),
        ];
        shapes.into_iter().filter(|(kind, ..)| has(*kind)).for_each(|(_, keyword, hint)| add(keyword.to_owned(), hint));
        let mut custom = Custom::new(rules);
        custom.rules.truncate(if has(SecretKind::Provider) { custom.rules.len() } else { 0 });
        for (index, rule) in custom.rules.iter().enumerate() {
            rule.keywords.iter().for_each(|keyword| hints.entry(keyword.clone()).or_default().push(Hint::Rule(index)));
        }
        Engine { formats, hints: hints.into_iter().collect(), custom }
    }

    /// Must every file be searched, even one without keywords?
    pub fn is_eager(&self) -> bool {
        self.custom.is_eager()
    }

    /// The literals to look for, in lower case and without regard to case; their index is what `find` wants.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.hints.iter().map(|(keyword, _)| keyword.as_str())
    }

    /// The formats that need the name of their provider.
    fn named(&self) -> impl Iterator<Item = &Compiled> {
        self.formats.iter().filter(|format| !format.format.names.is_empty())
    }

    /// The secrets of a file in which keywords start at these bytes, in order.
    pub fn find(&self, subject: &Subject<'_>, marks: &mut [(u32, u32)]) -> Vec<Finding> {
        marks.sort_unstable_by_key(|(keyword, at)| (*at, *keyword));
        let mut search = Search::new(self, subject);
        for (index, _) in self.custom.rules.iter().enumerate().filter(|(_, rule)| rule.keywords.is_empty()) {
            search.rule(index);
        }
        for (keyword, at) in marks.iter() {
            let (keyword, hints) = &self.hints[*keyword as usize];
            for hint in hints {
                search.visit(*hint, *at as usize, keyword.len());
            }
            if search.is_full() {
                break;
            }
        }
        search.finish()
    }
}

#[cfg(test)]
mod tests;
