//! Regular expressions as checks write them, built for what they are held against.
//!
//! Building an expression costs more than matching it against a few short values, so what is not needed is left out: for values the
//! lazy automaton and the search for literals, for the files of a small repository the latter. `\w`, `\b` and case are those of
//! ASCII: the identifiers that checks look for are, and the engine is several times faster so. A pattern that cannot be written
//! without Unicode gets it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use regex_automata::meta::{Cache, Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::iter::Searcher;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::syntax::Required;

mod tester;

pub use tester::Tester;

/// What an expression is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Scalars and names, a few hundred bytes each.
    Values,
    /// Files; few of them.
    FewFiles,
    /// Files of a large repository.
    ManyFiles,
}

/// How an expression is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    pub ignore_case: bool,
    /// `^` and `$` match at lines.
    pub lines: bool,
}

/// Memory of the largest expression, in bytes.
const MAX_NFA: usize = 2 << 20;
/// Memory for the states that a search works out, in bytes.
const MAX_STATES: usize = 4 << 20;

/// An expression that says where it matches.
#[derive(Debug)]
pub struct Automaton {
    regex: Regex,
    idle: Shelf<Cache>,
}

/// The memories of searches that are over, each large itself, so that its address goes from hand to hand.
///
/// A search needs memory of its own, in which it also keeps the states that it has worked out. That memory is lent from search to search,
/// whichever thread runs it, so that there are as many of them as searches at one time: one for each thread would double both what is
/// kept and what is worked out.
#[derive(Debug)]
struct Shelf<C>(Mutex<Vec<Memory<C>>>);

#[derive(Debug)]
struct Memory<C>(Box<C>);

/// The memory of one search, which goes back when it ends.
struct Lent<'a, C> {
    shelf: &'a Shelf<C>,
    /// Here until then.
    memory: Option<Memory<C>>,
}

impl<C> Shelf<C> {
    fn lend(&self, new: impl FnOnce() -> C) -> Lent<'_, C> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Lent { shelf: self, memory: Some(idle.unwrap_or_else(|| Memory(Box::new(new())))) }
    }
}

impl<C> Default for Shelf<C> {
    fn default() -> Shelf<C> {
        Shelf(Mutex::default())
    }
}

impl<C> Lent<'_, C> {
    fn get(&mut self) -> Option<&mut C> {
        self.memory.as_mut().map(|memory| &mut *memory.0)
    }
}

impl<C> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner).extend(self.memory.take());
    }
}

impl Automaton {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Why it is none, or that it is too large.
    pub fn new(pattern: &str, reading: Reading, against: Against) -> Result<Automaton, String> {
        let config = config(against, pattern);
        let build =
            |unicode| Regex::builder().configure(config.clone()).syntax(reading.syntax(unicode)).build(pattern).map_err(Box::new);
        let regex = build(false).or_else(|_| build(true)).map_err(|error| error.to_string())?;
        Ok(Automaton { regex, idle: Shelf::default() })
    }

    /// Can the expression be written only with Unicode, by a class such as `[oó]`? Then it is several times slower than one with
    /// `(?:o|ó)`.
    pub fn needs_unicode(pattern: &str) -> bool {
        regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).is_err()
            && regex_syntax::parse(pattern).is_ok()
    }

    /// Memory for a search.
    fn lend(&self) -> Lent<'_, Cache> {
        self.idle.lend(|| self.regex.create_cache())
    }

    /// Does it match anywhere in the text?
    pub fn is_match(&self, text: &[u8]) -> bool {
        let mut lent = self.lend();
        lent.memory
            .as_mut()
            .is_some_and(|memory| self.regex.search_half_with(&mut memory.0, &Input::new(text).earliest(true)).is_some())
    }

    /// The places of its matches; a group called `at` narrows what is cited.
    pub fn matches<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, usize)> + 't {
        self.matches_within(text, 0..text.len())
    }

    /// The same for the matches in a part of a text; what stands around it is seen by `^`, `$` and `\b`.
    pub fn matches_within<'t>(&'t self, text: &'t [u8], part: Range<usize>) -> impl Iterator<Item = (usize, usize)> + 't {
        let narrow = self.regex.group_info().to_index(regex_automata::PatternID::ZERO, "at").is_some();
        let (mut lent, mut searcher) = (self.lend(), Searcher::new(Input::new(text).range(part)));
        let mut next = move |input: &Input<'_>| lent.get().and_then(|cache| self.regex.search_with(cache, input));
        std::iter::from_fn(move || searcher.advance(|input| Ok(next(input)))).map(move |found| {
            let group = narrow.then(|| self.group_at(text, found.start())).flatten();
            group.unwrap_or((found.start(), found.end()))
        })
    }

    /// The group `at` of the match that starts here.
    fn group_at(&self, text: &[u8], start: usize) -> Option<(usize, usize)> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(Input::new(text).range(start..).anchored(Anchored::Yes), &mut captures);
        captures.get_group_by_name("at").map(|group| (group.start, group.end))
    }
}

impl Reading {
    fn syntax(self, unicode: bool) -> syntax::Config {
        let syntax = syntax::Config::new().unicode(unicode).utf8(false);
        syntax.multi_line(self.lines).case_insensitive(self.ignore_case)
    }
}

fn config(against: Against, pattern: &str) -> Config {
    // Groups are states of an automaton, too; only what this one holds is asked for.
    let groups = if pattern.contains("<at>") { WhichCaptures::All } else { WhichCaptures::Implicit };
    Config::new()
        .which_captures(groups)
        .hybrid(against != Against::Values)
        .dfa(false)
        .onepass(false)
        .auto_prefilter(against == Against::ManyFiles)
        .utf8_empty(false)
        .nfa_size_limit(Some(MAX_NFA))
        .hybrid_cache_capacity(MAX_STATES)
}

/// Expressions over names and paths by what is written, each compiled once for all who ask.
#[derive(Debug, Default)]
pub struct Expressions(Mutex<BTreeMap<String, Arc<Lazy>>>);

impl Expressions {
    /// The expression of this text.
    pub fn of(&self, pattern: &str) -> Arc<Lazy> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(pattern) {
            Some(expression) => Arc::clone(expression),
            None => Arc::clone(known.entry(pattern.to_owned()).or_insert(Arc::new(Lazy::new(pattern.to_owned())))),
        }
    }
}

/// An expression over names and paths that is compiled when the first is held against it that may match. One that is none matches nothing: whoever
/// loads it says so.
#[derive(Debug)]
pub struct Lazy {
    pattern: String,
    required: OnceLock<Required>,
    compiled: OnceLock<Option<Automaton>>,
}

impl Lazy {
    /// What is written; the empty text matches nothing.
    pub fn new(pattern: String) -> Lazy {
        Lazy { pattern, required: OnceLock::new(), compiled: OnceLock::new() }
    }

    /// Does it match anywhere in the text?
    pub fn is_match(&self, text: &str) -> bool {
        self.may_match(text) && self.get().is_some_and(|expression| expression.is_match(text.as_bytes()))
    }

    /// Where its matches end.
    pub fn ends<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        let expression = Some(()).filter(|()| self.may_match(text)).and_then(|()| self.get());
        expression.into_iter().flat_map(|expression| expression.matches(text.as_bytes())).map(|(_, end)| end)
    }

    fn may_match(&self, text: &str) -> bool {
        self.required.get_or_init(|| Required::by(&self.pattern, false)).admits(text.as_bytes())
    }

    fn get(&self) -> Option<&Automaton> {
        let build = || Automaton::new(&self.pattern, Reading::default(), Against::Values).ok();
        self.compiled.get_or_init(|| Some(()).filter(|()| !self.pattern.is_empty()).and_then(|()| build())).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Against; 3] = [Against::Values, Against::FewFiles, Against::ManyFiles];

    #[test]
    fn an_expression_matches_the_same_whatever_it_is_built_for() {
        for (pattern, reading, text, found) in [
            (r"^b\w+$", Reading { lines: true, ..Reading::default() }, "a\nbcd\nbe f\n", &[(2, 5)][..]),
            (r"^b", Reading::default(), "a\nb", &[]),
            (r"secret|token", Reading { ignore_case: true, ..Reading::default() }, "SECRET x Token", &[(0, 6), (9, 14)]),
            (r"name:\s*(?P<at>\w+)", Reading::default(), "name: x, name: yz", &[(6, 7), (15, 17)]),
            (r"\bé+", Reading::default(), "éé", &[]),
            (r"\p{Lu}", Reading::default(), "aÉ", &[(1, 3)]),
        ] {
            for against in ALL {
                let automaton = Automaton::new(pattern, reading, against).unwrap();
                assert_eq!(automaton.matches(text.as_bytes()).collect::<Vec<_>>(), found, "{pattern} {against:?}");
                assert_eq!(automaton.is_match(text.as_bytes()), !found.is_empty(), "{pattern} {against:?}");
            }
        }
    }

    #[test]
    fn memory_goes_from_search_to_search() {
        let automaton = Automaton::new(r"\w+", Reading::default(), Against::FewFiles).unwrap();
        let idle = || automaton.idle.0.lock().unwrap().len();
        assert_eq!(idle(), 0);
        assert!(automaton.is_match(b"a b") && automaton.is_match(b"c"));
        assert_eq!(idle(), 1);
        let (mut left, mut right) = (automaton.matches(b"a bc"), automaton.matches(b"d ef"));
        assert_eq!((left.next(), right.next()), (Some((0, 1)), Some((0, 1))));
        assert_eq!((left.next(), right.next()), (Some((2, 4)), Some((2, 4))));
        drop((left, right));
        assert_eq!(idle(), 2);
    }

    #[test]
    fn a_class_of_letters_beyond_ascii_needs_unicode_and_a_letter_does_not() {
        for (pattern, needs) in [("sesi[oó]n", true), (r"\p{Lu}", true), ("sesi(?:o|ó)n", false), (r"\w+é", false), ("(", false)]
        {
            assert_eq!(Automaton::needs_unicode(pattern), needs, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_expression_or_too_large_is_refused() {
        for pattern in ["(", "a{1000}{1000}{1000}"] {
            assert!(ALL.iter().all(|against| Automaton::new(pattern, Reading::default(), *against).is_err()), "{pattern}");
        }
    }
}
