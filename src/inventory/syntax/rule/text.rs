//! The `regex` of a rule: most are a list of names, which needs no automaton.
//!
//! Building an automaton costs more than parsing a small file, so the plain forms (`^(get|post)$`, `^X-`, `secret`) are compared as
//! texts, and the others are built when the first node asks, once for all rules that say the same.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::super::literals::Required;
use super::super::tree::NodeId;
use super::RuleError;
use super::trace::{Stretch, Traces};
use crate::inventory::automaton::{Against, Automaton, Reading, Tester};
use crate::model::node::Span;

/// Which part of a node's text has to be one of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Whole,
    Start,
    End,
    Anywhere,
}

/// A plain form: one of these words, at this place.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    anchor: Anchor,
    words: Vec<String>,
    ignore_case: bool,
}

/// A test of a node's text.
#[derive(Debug)]
pub(crate) struct TextTest {
    pattern: String,
    span: Span,
    form: OnceLock<Form>,
}

#[derive(Debug)]
enum Form {
    Words(Words),
    Regex(Arc<NodeText>),
}

/// An expression over the texts of nodes, and what it requires of them.
#[derive(Debug)]
pub struct NodeText {
    pattern: String,
    required: Required,
    /// For short texts, while they are few: quickly built.
    short: OnceLock<Option<Automaton>>,
    /// For long texts, and for many.
    quick: OnceLock<Option<Tester>>,
    /// The same for texts that hold the node's: without anchors.
    anywhere: OnceLock<Option<Tester>>,
    /// How many bytes it was held against.
    read: AtomicUsize,
}

/// Longest text that is short, in bytes.
const SHORT: usize = 512;
/// Bytes of short texts after which it pays to build what is quick.
const MANY: usize = 2 << 10;

impl NodeText {
    fn new(pattern: &str) -> NodeText {
        NodeText {
            pattern: pattern.to_owned(),
            required: Required::by(pattern, false),
            short: OnceLock::new(),
            quick: OnceLock::new(),
            anywhere: OnceLock::new(),
            read: AtomicUsize::new(0),
        }
    }

    /// The automaton for texts that hold a node's; only one that is built already, unless it may be built for this.
    fn anywhere(&self, builds: bool) -> Option<&Tester> {
        match builds {
            true => self.anywhere.get_or_init(|| Tester::without_anchors(&self.pattern).ok()).as_ref(),
            false => self.anywhere.get()?.as_ref(),
        }
    }

    fn is_match(&self, text: &[u8]) -> bool {
        if !self.required.admits(text) {
            return false;
        }
        let read = self.read.fetch_add(text.len(), Ordering::Relaxed);
        let quick = (text.len() > SHORT || read > MANY)
            .then(|| self.quick.get_or_init(|| Tester::new(&self.pattern, Reading::default()).ok()).as_ref());
        if let Some(quick) = quick.flatten() {
            return quick.is_match(text);
        }
        let build = || Automaton::new(&self.pattern, Reading::default(), Against::Values).ok();
        self.short.get_or_init(build).as_ref().is_some_and(|automaton| automaton.is_match(text))
    }
}

/// Length of a text from which it pays to remember what an expression said of it, in bytes.
const WORTH_KNOWING: usize = 48;

/// What expressions said of the nodes of one tree: every node in a function asks again what the function says.
#[derive(Debug, Default)]
pub(crate) struct Known(RefCell<HashMap<(usize, NodeId), bool>>);

impl Known {
    /// What these automata said of the node; asks them if they were not asked before.
    fn or_else(&self, automata: &Arc<NodeText>, node: NodeId, ask: impl FnOnce() -> bool) -> bool {
        // The automata outlive the tree, so none takes the place of another.
        *self.0.borrow_mut().entry((Arc::as_ptr(automata).addr(), node)).or_insert_with(ask)
    }
}

/// Automata by their expression, shared by the rules of a scan.
pub type Automata = std::sync::Mutex<HashMap<String, Arc<NodeText>>>;

impl TextTest {
    pub(super) fn new(pattern: &str, span: Span) -> TextTest {
        TextTest { pattern: pattern.to_owned(), span, form: OnceLock::new() }
    }

    /// The error of an expression that does not compile.
    pub(super) fn verify(&self) -> Result<(), RuleError> {
        let fail = |error| RuleError { span: self.span, message: format!("`regex`: {error}") };
        Automaton::new(&self.pattern, Reading::default(), Against::FewFiles).map(|_| ()).map_err(fail)
    }

    /// Does the expression match in the text of this node? One that does not compile matches nothing.
    pub(super) fn is_match(&self, node: NodeId, text: &str, automata: &Automata, known: &Known) -> bool {
        match self.form.get_or_init(|| self.form(automata)) {
            Form::Words(words) => words.is_match(text),
            Form::Regex(expression) if text.len() < WORTH_KNOWING => expression.is_match(text.as_bytes()),
            Form::Regex(expression) => known.or_else(expression, node, || expression.is_match(text.as_bytes())),
        }
    }

    /// Can a node within this stretch of text have a text that it matches?
    pub(super) fn may_occur(&self, stretch: Stretch<'_>, traces: &Traces<'_>, builds: bool) -> bool {
        match self.form.get_or_init(|| self.form(traces.automata)) {
            Form::Words(words) => words.occur(stretch.lower),
            Form::Regex(expression) => {
                expression.required.admits_folded(stretch.lower)
                    && expression.anywhere(builds).is_none_or(|automaton| {
                        traces.known.or_else(expression, stretch.number, || automaton.is_match(stretch.text.as_bytes()))
                    })
            }
        }
    }

    fn form(&self, automata: &Automata) -> Form {
        if let Some(words) = Words::parse(&self.pattern) {
            return Form::Words(words);
        }
        let mut automata = automata.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let new = || Arc::new(NodeText::new(&self.pattern));
        Form::Regex(Arc::clone(automata.entry(self.pattern.clone()).or_insert_with(new)))
    }
}

impl Words {
    /// Reads a plain form; `None` for anything else.
    fn parse(pattern: &str) -> Option<Words> {
        let (ignore_case, rest) = match pattern.strip_prefix("(?i)") {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let (at_start, rest) = strip(rest, rest.strip_prefix('^'));
        let (at_end, rest) = strip(rest, rest.strip_suffix('$').filter(|rest| !rest.ends_with('\\')));
        let group = rest.strip_prefix("(?:").or_else(|| rest.strip_prefix('(')).and_then(|rest| rest.strip_suffix(')'));
        let alternatives = match group {
            Some(group) => group,
            // Without a group an alternation takes the anchors apart.
            None if rest.contains('|') && (at_start || at_end) => return None,
            None => rest,
        };
        let words = alternatives.split('|').map(|word| literal(word, ignore_case)).collect::<Option<Vec<_>>>()?;
        let anchor = match (at_start, at_end) {
            (true, true) => Anchor::Whole,
            (true, false) => Anchor::Start,
            (false, true) => Anchor::End,
            (false, false) => Anchor::Anywhere,
        };
        Some(Words { anchor, words, ignore_case })
    }

    fn is_match(&self, text: &str) -> bool {
        self.words.iter().any(|word| self.is_at(text, word))
    }

    /// Does one of the words stand anywhere in a text in lower case?
    fn occur(&self, lower: &[u8]) -> bool {
        self.words.iter().any(|word| memchr::memmem::find(lower, word.to_ascii_lowercase().as_bytes()).is_some())
    }

    fn is_at(&self, text: &str, word: &str) -> bool {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        let same = |part: &[u8]| if self.ignore_case { part.eq_ignore_ascii_case(word) } else { part == word };
        if text.len() < word.len() {
            return false;
        }
        match self.anchor {
            Anchor::Whole => same(text),
            Anchor::Start => same(&text[..word.len()]),
            Anchor::End => same(&text[text.len() - word.len()..]),
            Anchor::Anywhere if self.ignore_case => text.windows(word.len().max(1)).any(same) || word.is_empty(),
            Anchor::Anywhere => memchr::memmem::find(text, word).is_some(),
        }
    }
}

/// The words of an expression that a whole text must be one of, if it is of that form and each is a name.
pub(crate) fn names(pattern: &str) -> Option<Vec<String>> {
    let is_name = |word: &String| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    Words::parse(pattern)
        .filter(|words| words.anchor == Anchor::Whole && words.words.iter().all(is_name))
        .map(|words| words.words)
}

fn strip<'t>(whole: &'t str, stripped: Option<&'t str>) -> (bool, &'t str) {
    stripped.map_or((false, whole), |rest| (true, rest))
}

/// The text that an expression without operators stands for.
fn literal(pattern: &str, ignore_case: bool) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.push(characters.next().filter(char::is_ascii_punctuation)?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '$' | '|' => return None,
            // Letters beyond ASCII have more than two cases; `k` and `s` have one beyond ASCII.
            _ if ignore_case && (!character.is_ascii() || matches!(character, 'k' | 'K' | 's' | 'S')) => return None,
            _ => out.push(character),
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_forms_are_words_and_others_are_not() {
        for (pattern, anchor, words) in [
            ("^(get|post)$", Anchor::Whole, &["get", "post"][..]),
            ("^(?:a|b)", Anchor::Start, &["a", "b"]),
            (r"\.env$", Anchor::End, &[".env"]),
            ("secret|token", Anchor::Anywhere, &["secret", "token"]),
            (r"^\$$", Anchor::Whole, &["$"]),
        ] {
            let parsed = Words::parse(pattern).unwrap_or_else(|| panic!("{pattern}"));
            assert_eq!((parsed.anchor, parsed.words), (anchor, words.iter().map(ToString::to_string).collect()), "{pattern}");
        }
        for pattern in ["^a|b$", "a.b", "^(a|b)(c|d)$", r"\w", "a+", "", "^$", "(a", "(?i)key", r"a\$", r"\bx", "(a|)", "((a)|b)"]
        {
            assert!(Words::parse(pattern).is_none_or(|words| words.words == ["a$"]), "{pattern}");
        }
    }

    #[test]
    fn an_expression_says_the_same_however_much_it_was_asked() {
        for pattern in [r"^\w+ b+$", r"[é]\b"] {
            let expression = NodeText::new(pattern);
            let texts = ["a bb", "a b c", "é", "", &format!("{} bb", "a".repeat(SHORT)), &format!("{} b c", "a".repeat(SHORT))];
            let whole = Automaton::new(pattern, Reading::default(), Against::FewFiles).unwrap();
            for round in 0..MANY {
                for text in texts {
                    let found = expression.is_match(text.as_bytes());
                    assert_eq!(found, whole.is_match(text.as_bytes()), "{pattern} on {text:?} in round {round}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_plain_form_says_what_the_expression_says(
            pattern in r"(\(\?i\))?\^?(\((\?:)?)?[ab.\\$|-]{0,4}(\|[abX]{1,2})?\)?\$?",
            text in "[abABxX.$|-]{0,6}",
        ) {
            let compiled = Automaton::new(&pattern, Reading::default(), Against::FewFiles);
            if let (Ok(regex), Some(words)) = (compiled, Words::parse(&pattern)) {
                prop_assert_eq!(regex.is_match(text.as_bytes()), words.is_match(&text), "{} on {}", pattern, text);
            }
        }
    }
}
