//! Does an expression match in a text? The half of an automaton that says so, and not where.
//!
//! Where a match begins takes a second automaton that reads backwards, and groups a third; a rule asks for neither. What is left costs
//! a third to build, and a few steps for each byte once its states are known.

use std::sync::{Mutex, PoisonError};

use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, Compiler, WhichCaptures};
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Hir, HirKind};

/// An expression as `inventory::automaton` reads it: `\w`, `\b` and case of ASCII, Unicode where a pattern needs it.
#[derive(Debug)]
pub(super) struct Quick {
    automaton: DFA,
    /// What was worked out by searches that are over, for the next one.
    idle: Mutex<Vec<Cache>>,
}

impl Quick {
    /// `None` for what is no expression, is too large, or asks for a kind of place that this automaton does not know.
    pub(super) fn new(pattern: &str) -> Option<Quick> {
        [false, true].into_iter().find_map(|unicode| Quick::of(&parse(pattern, unicode)?))
    }

    /// An expression over values, for texts that hold such a value somewhere: `^`, `$` and `\b` hold everywhere.
    pub(super) fn without_anchors(pattern: &str) -> Option<Quick> {
        [false, true].into_iter().find_map(|unicode| Quick::of(&unanchored(&parse(pattern, unicode)?)))
    }

    fn of(expression: &Hir) -> Option<Quick> {
        let config = thompson::Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(2 << 20));
        let states = Compiler::new().configure(config).build_from_hir(expression).ok()?;
        let config = Config::new().match_kind(MatchKind::LeftmostFirst).cache_capacity(4 << 20).skip_cache_capacity_check(true);
        let automaton = DFA::builder().configure(config).build_from_nfa(states).ok()?;
        Some(Quick { automaton, idle: Mutex::default() })
    }

    /// Does it match anywhere in the text?
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let mut cache = known.unwrap_or_else(|| self.automaton.create_cache());
        // It never gives up, so there always is an answer.
        let found = self.automaton.try_search_fwd(&mut cache, &Input::new(text).earliest(true));
        idle().push(cache);
        !matches!(found, Ok(None))
    }
}

fn parse(pattern: &str, unicode: bool) -> Option<Hir> {
    regex_syntax::ParserBuilder::new().unicode(unicode).utf8(false).build().parse(pattern).ok()
}

/// The same expression without assertions about places.
fn unanchored(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Repetition(repetition) => Hir::repetition(repetition.with(unanchored(&repetition.sub))),
        HirKind::Capture(capture) => unanchored(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(unanchored).collect()),
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(unanchored).collect()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::automaton::{Against, Automaton, Reading};

    #[test]
    fn what_is_no_expression_is_none() {
        for pattern in ["(", "a{1000}{1000}{1000}", r"[é]\b"] {
            assert!(Quick::new(pattern).is_none(), "{pattern}");
        }
        for (pattern, text) in [(r"[oó]n", "ón"), (r"\w+é", "aé"), ("", ""), (r"^$", ""), (r"(?i)SeC\b", "xsec-")] {
            assert!(Quick::new(pattern).is_some_and(|quick| quick.is_match(text.as_bytes())), "{pattern}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn it_says_what_the_whole_automaton_says(
            pattern in r"(\(\?i\))?\^?(a|b|\\w|\\b|[.]|[^b]|\\d|ab|(a|b)|é){0,5}[*+?]?\$?",
            texts in prop::collection::vec(r"[abAB1 .é]{0,8}", 1..4),
        ) {
            if let (Ok(whole), Some(quick)) = (Automaton::new(&pattern, Reading::default(), Against::FewFiles), Quick::new(&pattern)) {
                let anywhere = Quick::without_anchors(&pattern);
                for text in texts {
                    let matches = whole.is_match(text.as_bytes());
                    prop_assert_eq!(quick.is_match(text.as_bytes()), matches, "{} on {}", pattern, text);
                    let around = format!("b{text}a");
                    prop_assert!(!matches || anywhere.as_ref().is_none_or(|anywhere| anywhere.is_match(around.as_bytes())));
                }
            }
        }
    }
}
