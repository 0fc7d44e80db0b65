//! Whether an expression matches at all, not where: for that it need not be read backwards, which is half of what it costs to build and to keep.

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind};

use super::{MAX_NFA, MAX_STATES, Reading, Shelf};

/// How often the states may have been thrown away, and of how many bytes each must have been of use by then.
const MANY_TIMES: usize = 3;
const FEW_BYTES: usize = 10;

/// An expression that says whether it matches.
#[derive(Debug)]
pub struct Tester {
    /// `None`: it asks what states alone do not say.
    states: Option<(DFA, Shelf<Cache>)>,
    /// What is left where states do not pay.
    machine: PikeVM,
    idle: Shelf<pikevm::Cache>,
}

impl Tester {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Why it is none, or that it is too large.
    pub fn new(pattern: &str, reading: Reading) -> Result<Tester, String> {
        Tester::of(&parse(pattern, reading)?)
    }

    /// Compiles an expression over values for texts that hold such a value somewhere: `^`, `$` and `\b` hold everywhere.
    ///
    /// # Errors
    /// Why it is none, or that it is too large.
    pub fn without_anchors(pattern: &str) -> Result<Tester, String> {
        Tester::of(&core(&unanchored(&parse(pattern, Reading::default())?)))
    }

    fn of(expression: &Hir) -> Result<Tester, String> {
        let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(MAX_NFA)).which_captures(WhichCaptures::None);
        let nfa = NFA::compiler().configure(config).build_from_hir(expression).map_err(|error| error.to_string())?;
        let config = DFA::config()
            .cache_capacity(MAX_STATES)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(MANY_TIMES))
            .minimum_bytes_per_state(Some(FEW_BYTES));
        let states = DFA::builder().configure(config).build_from_nfa(nfa.clone()).ok();
        let machine = PikeVM::new_from_nfa(nfa).map_err(|error| error.to_string())?;
        Ok(Tester { states: states.map(|states| (states, Shelf::default())), machine, idle: Shelf::default() })
    }

    /// Does it match anywhere in the text?
    pub fn is_match(&self, text: &[u8]) -> bool {
        let input = Input::new(text).earliest(true);
        if let Some((states, idle)) = &self.states {
            let mut lent = idle.lend(|| states.create_cache());
            if let Some(Ok(found)) = lent.get().map(|cache| states.try_search_fwd(cache, &input)) {
                return found.is_some();
            }
        }
        let mut lent = self.idle.lend(|| self.machine.create_cache());
        lent.get().is_some_and(|cache| self.machine.is_match(cache, input))
    }
}

/// With the classes of ASCII, or of Unicode if it cannot be written without.
fn parse(pattern: &str, reading: Reading) -> Result<Hir, String> {
    let parse = |unicode| syntax::parse_with(pattern, &reading.syntax(unicode)).map_err(Box::new);
    parse(false).or_else(|_| parse(true)).map_err(|error| error.to_string())
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

/// What of an expression without assertions about places decides whether it matches at all: what may be empty at an end of it does not.
fn core(expression: &Hir) -> Hir {
    match expression.kind() {
        HirKind::Concat(parts) => {
            let counts = |part: &Hir| part.properties().minimum_len() != Some(0);
            let (first, last) = (parts.iter().position(counts), parts.iter().rposition(counts));
            match first.zip(last).map_or(&[][..], |(first, last)| &parts[first..=last]) {
                [one] => core(one),
                some => Hir::concat(some.to_vec()),
            }
        }
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(core).collect()),
        HirKind::Repetition(repetition) if repetition.min == 1 => core(&repetition.sub),
        _ => expression.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Against, Automaton};
    use super::*;

    const LINES: Reading = Reading { ignore_case: true, lines: true };

    #[test]
    fn places_hold_everywhere_where_they_are_left_out() {
        let matches = |pattern: &str, text: &str| Tester::without_anchors(pattern).unwrap().is_match(text.as_bytes());
        assert!(matches(r"^a\b(b|$)c", "xabcx") && matches("^(a$|b)", "xax") && !matches("^a", "x"));
        assert!(!Tester::new("^a", Reading::default()).unwrap().is_match(b"xa"));
    }

    #[test]
    fn ends_that_may_be_empty_are_left_out() {
        let core = |pattern: &str| core(&unanchored(&parse(pattern, Reading::default()).unwrap())).to_string();
        for (pattern, rest) in [
            (r"^(\w+\.)*\w*(key|secret)\w*$", "(?:(?:key)|(?:secret))"),
            (r"(x?a{1,9}y*|b*)", "(?:a|b*)"),
            ("[^=]*key\\s*=.*x?", "(?:(?:key)[\t-\r ]*=)"),
            ("ab", "(?:ab)"),
        ] {
            assert_eq!(core(pattern), self::core(&parse(rest, Reading::default()).unwrap()).to_string(), "{pattern}");
        }
    }

    #[test]
    fn what_states_do_not_say_is_still_said() {
        let word = Tester::new(r"\b\p{Lu}\w*\b", Reading::default()).unwrap();
        assert!(word.states.is_none() && word.is_match("é Éa".as_bytes()) && !word.is_match("éa".as_bytes()));
        for pattern in ["(", "a{1000}{1000}{1000}"] {
            assert!(Tester::new(pattern, Reading::default()).is_err() && Tester::without_anchors(pattern).is_err());
        }
    }

    #[test]
    fn where_states_do_not_pay_the_answer_is_the_same() {
        // Each text works out states of its own: `a` may stand 300 bytes before in any way.
        let tester = Tester::new("[ab]*a[ab]{300}c", Reading::default()).unwrap();
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 { b'a' } else { b'b' }
        };
        let text: Vec<u8> = (0..200_000).map(|_| next()).collect();
        let (states, _) = tester.states.as_ref().unwrap();
        assert!(states.try_search_fwd(&mut states.create_cache(), &Input::new(&text)).is_err());
        assert!(!tester.is_match(&text) && tester.is_match(&[&text, &b"a"[..], &[b'b'; 300], b"c"].concat()));
    }

    proptest! {
        #[test]
        fn it_says_what_the_other_says(
            pieces in proptest::collection::vec(r"(key|abc|\\s\*|\[\^x\]|\^|\$|\\b|\.\*|=|\\n|(key|abc)\?|\(\?:key\|abc\)|\|)", 1..8),
            words in proptest::collection::vec("(key|ABC|=|x| |\n|é)", 0..12),
        ) {
            let (pattern, text) = (pieces.concat(), words.concat());
            let other = Automaton::new(&pattern, LINES, Against::FewFiles).map_err(TestCaseError::fail)?;
            let tester = Tester::new(&pattern, LINES).map_err(TestCaseError::fail)?;
            prop_assert_eq!(tester.is_match(text.as_bytes()), other.is_match(text.as_bytes()), "{} {:?}", pattern, text);
            // What is left of it matches wherever the whole does, and nowhere else.
            let whole = unanchored(&parse(&pattern, LINES).map_err(TestCaseError::fail)?);
            let testers = [Tester::of(&whole), Tester::of(&core(&whole))].map(|tester| tester.map(|tester| tester.is_match(text.as_bytes())));
            prop_assert_eq!(&testers[0], &testers[1], "{} {:?}", pattern, text);
        }
    }
}
