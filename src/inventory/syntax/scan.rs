//! Finds the matches of many code rules in one file: parsed once, visited once, every rule tried only at the node kinds at which
//! it can match.
//!
//! Files are hostile. A file that is too large, nested too deeply or takes too long is `Unparsed`, which a check must report as
//! "not checked", never as "nothing found". Matchers recurse over a tree, so its depth is known before the first one runs. `ast-grep-ignore` comments mean nothing here: an audited repository cannot silence a finding with them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::mask::php_code;
use super::parse::{Unparsed, parse};
use super::rule::matching::{Bound, Matching, Steps};
use super::rule::{Automata, CodeRule, Known};
use super::tree::{NodeId, Tree};
use crate::model::language::Language;

/// Most hits per rule and file.
const MAX_HITS: usize = 200;
/// Most hits of a rule beyond these that have captured what none before them has.
const MAX_DISTINCT: usize = 5_000;
/// Most steps of matching in one search; an optimised build takes them in some seconds.
const MAX_STEPS: u64 = 50_000_000;
/// Longest text of a capture, in characters.
const MAX_CAPTURE: usize = 200;

/// One match of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHit {
    /// The number the caller gave the rule.
    pub rule: usize,
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte.
    pub end: usize,
    /// 1-based line of the first character.
    pub line: u32,
    /// 1-based column of the first character, in characters.
    pub column: u32,
    /// 1-based line of the last character.
    pub end_line: u32,
    /// Name and text of each single metavariable, by name; long texts are cut.
    pub captures: Vec<(String, String)>,
}

/// A parsed text, for any number of searches.
#[derive(Debug)]
pub struct Parsed {
    language: Language,
    /// What was parsed, where that is not the text itself.
    source: Option<String>,
    tree: Tree,
    /// The parts of the text that the tree is of; none where it is of all.
    excerpt: Vec<Range<usize>>,
}

impl Parsed {
    /// Parses a text in a limited number of steps, and in no case longer than `net`.
    ///
    /// # Errors
    /// Why it was not parsed.
    pub fn new(language: Language, text: &str, net: Duration) -> Result<Parsed, Unparsed> {
        let source = match language {
            Language::Php => Cow::Owned(php_code(text)),
            _ => Cow::Borrowed(text),
        };
        let tree = Tree::new(&parse(language, &source, Instant::now() + net)?)?;
        let source = match source {
            Cow::Owned(source) => Some(source),
            Cow::Borrowed(_) => None,
        };
        Ok(Parsed { language, source, tree, excerpt: Vec::new() })
    }

    /// Parses parts of a text as if nothing stood between them: whole declarations, in order. Rules are then tried in these alone, and
    /// only those that are local say the same as on the whole text.
    ///
    /// # Errors
    /// Why they were not parsed.
    pub fn excerpt(language: Language, text: &str, parts: Vec<Range<usize>>, net: Duration) -> Result<Parsed, Unparsed> {
        let (mut source, mut pieces) = (String::new(), Vec::with_capacity(parts.len()));
        for part in &parts {
            pieces.push((source.len(), part.start));
            source.push_str(text.get(part.clone()).unwrap_or_default());
        }
        // As tree-sitter has it, what stands before the first word is not of the root.
        let whole = text.len() - text.trim_start().len()..text.len();
        let tree = Tree::new(&parse(language, &source, Instant::now() + net)?)?.moved(&pieces, whole);
        Ok(Parsed { language, source: None, tree, excerpt: parts })
    }

    /// Is it a tree of these parts, or of more? Without parts: of the whole text?
    pub fn covers(&self, parts: Option<&[Range<usize>]>) -> bool {
        let is_in = |part: &Range<usize>| self.excerpt.iter().any(|known| known.start <= part.start && part.end <= known.end);
        self.excerpt.is_empty() || parts.is_some_and(|parts| parts.iter().all(is_in))
    }

    /// How many nodes the tree has: what keeping it costs.
    pub fn nodes(&self) -> usize {
        self.tree.all().len()
    }

    /// Tries every rule on the text that was parsed; hits come in the order of their place, then of their rule. Rules of another
    /// language match nothing.
    ///
    /// # Errors
    /// It took too many steps, or longer than `net`.
    pub fn find(
        &self,
        text: &str,
        rules: &[(usize, &CodeRule)],
        automata: &Automata,
        net: Duration,
    ) -> Result<Vec<CodeHit>, Unparsed> {
        self.search(&Kept::First(MAX_HITS), text, rules, automata, net)
    }

    /// As `find`, for rules that are joined with others by what they capture: beyond the limit a hit still counts if it captures
    /// anything new under the `names` of its rule, which stand in the order of the rules.
    ///
    /// # Errors
    /// It took too many steps, or longer than `net`.
    pub fn find_distinct(
        &self,
        names: &[&[String]],
        text: &str,
        rules: &[(usize, &CodeRule)],
        automata: &Automata,
        net: Duration,
    ) -> Result<Vec<CodeHit>, Unparsed> {
        self.search(&Kept::Distinct(names), text, rules, automata, net)
    }

    /// As `find`, with another limit of hits per rule.
    ///
    /// # Errors
    /// It took too many steps, or longer than `net`.
    pub fn find_up_to(
        &self,
        limit: usize,
        text: &str,
        rules: &[(usize, &CodeRule)],
        automata: &Automata,
        net: Duration,
    ) -> Result<Vec<CodeHit>, Unparsed> {
        self.search(&Kept::First(limit), text, rules, automata, net)
    }

    fn search(
        &self,
        kept: &Kept<'_>,
        text: &str,
        rules: &[(usize, &CodeRule)],
        automata: &Automata,
        net: Duration,
    ) -> Result<Vec<CodeHit>, Unparsed> {
        let deadline = Instant::now() + net;
        let steps = Steps::new(MAX_STEPS);
        let source = self.source.as_deref().unwrap_or(text);
        let mut dispatch = Dispatch { rules, language: self.language, by_kind: vec![None; self.tree.kinds() + 1] };
        let mut counts = vec![0usize; rules.len()];
        let mut seen: Vec<BTreeSet<Vec<(String, String)>>> = vec![BTreeSet::new(); rules.len()];
        let (known, mut found) = (Known::default(), Vec::new());
        for node in self.tree.all() {
            let kind = self.tree.kind(node);
            let mut tried = false;
            for position in dispatch.at(kind) {
                tried = true;
                if counts[*position] >= kept.most() {
                    continue;
                }
                let (number, rule) = rules[*position];
                let matching = Matching { rule, tree: &self.tree, text: source, automata, known: &known, steps: &steps };
                if let Some(bound) = matching.at(node) {
                    let hit = found_at(number, source, &self.tree, rule, node, &bound);
                    let is_new = kept.key(*position, &hit).is_none_or(|key| seen[*position].insert(key));
                    if is_new || counts[*position] < MAX_HITS {
                        counts[*position] += 1;
                        found.push(hit);
                    }
                }
            }
            if steps.are_spent() || (tried && node % 8 == 0 && Instant::now() > deadline) {
                return Err(Unparsed::OutOfTime);
            }
        }
        Ok(locate(text, found))
    }
}

/// Which hits of a rule are kept where there are many.
enum Kept<'k> {
    First(usize),
    /// The first, and of the others those that capture something new under these names, in the order of the rules.
    Distinct(&'k [&'k [String]]),
}

impl Kept<'_> {
    fn most(&self) -> usize {
        match self {
            Kept::First(most) => *most,
            Kept::Distinct(_) => MAX_HITS + MAX_DISTINCT,
        }
    }

    /// What makes a hit of the rule at this place distinct, if that matters.
    fn key(&self, position: usize, hit: &CodeHit) -> Option<Vec<(String, String)>> {
        let Kept::Distinct(names) = self else { return None };
        Some(hit.captures.iter().filter(|(name, _)| names[position].contains(name)).cloned().collect())
    }
}

/// Which rules to try at a node: positions in the caller's list, by node kind, found out when the first node of a kind comes.
struct Dispatch<'r> {
    rules: &'r [(usize, &'r CodeRule)],
    language: Language,
    by_kind: Vec<Option<Vec<usize>>>,
}

impl Dispatch<'_> {
    fn at(&mut self, kind: u16) -> &[usize] {
        // Errors, whose number is the highest there is, come last.
        let place = usize::from(kind).min(self.by_kind.len() - 1);
        self.by_kind[place].get_or_insert_with(|| {
            let admits = |(_, (_, rule)): &(usize, &(usize, &CodeRule))| rule.language == self.language && rule.admits(kind);
            self.rules.iter().enumerate().filter(admits).map(|(position, _)| position).collect()
        })
    }
}

fn found_at(number: usize, source: &str, tree: &Tree, rule: &CodeRule, node: NodeId, bound: &Bound<'_>) -> CodeHit {
    let cited = rule.cite.as_deref().and_then(|name| bound.single(name));
    let range = tree.range(cited.unwrap_or(node));
    let text = |node: NodeId| source.get(tree.range(node)).unwrap_or_default().chars().take(MAX_CAPTURE).collect();
    let captures = bound.captures().into_iter().map(|(name, node)| (name.to_owned(), text(node))).collect();
    CodeHit { rule: number, start: range.start, end: range.end, line: 0, column: 0, end_line: 0, captures }
}

/// Sorts, drops repetitions, and counts lines and columns in one pass over the text.
fn locate(text: &str, mut found: Vec<CodeHit>) -> Vec<CodeHit> {
    found.sort_by_key(|hit| (hit.start, hit.end, hit.rule));
    found.dedup_by(|a, b| (a.start, a.end, a.rule) == (b.start, b.end, b.rule));
    let bytes = text.as_bytes();
    let breaks = |from: usize, to: usize| memchr::memchr_iter(b'\n', bytes.get(from..to).unwrap_or_default()).count() as u32;
    let (mut line, mut line_start, mut counted_to, mut characters) = (1, 0, 0, 0);
    for hit in &mut found {
        let passed = bytes.get(counted_to..hit.start).unwrap_or_default();
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            line += breaks(counted_to, hit.start);
            line_start = counted_to + last + 1;
            characters = 0;
        }
        characters += text.get(line_start.max(counted_to)..hit.start).map_or(0, |part| part.chars().count() as u32);
        counted_to = hit.start;
        hit.line = line;
        hit.column = characters + 1;
        // A node that ends with a newline ends, for a reader, on the line before.
        let last_byte = hit.end.saturating_sub(1).max(hit.start);
        hit.end_line = line + breaks(hit.start, last_byte);
    }
    found
}

/// For tests: parses and searches.
#[cfg(test)]
pub(super) fn find(
    language: Language,
    text: &str,
    rules: &[(usize, &CodeRule)],
    budget: Duration,
) -> Result<Vec<CodeHit>, Unparsed> {
    Parsed::new(language, text, budget)?.find(text, rules, &Automata::default(), budget)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse::MAX_DEPTH;
    use super::super::rule::oracle;

    use super::super::parse::MAX_BYTES;
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn rule(language: Language, source: serde_json::Value) -> CodeRule {
        CodeRule::compile(language, &oracle::source(&source)).unwrap_or_else(|e| panic!("{e:?}"))
    }

    #[test]
    fn one_scan_answers_every_rule_in_the_order_of_places() {
        let timeout = rule(
            Language::Python,
            json!({"rule": {"pattern": "requests.$M($$$)", "not": {"pattern": "requests.$M($$$, timeout=$T, $$$)"}}, "constraints": {"M": {"regex": "^(get|post)$"}}}),
        );
        let shell = rule(
            Language::Python,
            json!({"rule": {"kind": "keyword_argument", "pattern": {"context": "f(shell=True)", "selector": "keyword_argument"}, "inside": {"pattern": "subprocess.run($$$)", "stopBy": "end"}}}),
        );
        let text = "import requests\nrequests.get(url)\nrequests.get(url, timeout=3)\nrequests.put(url)\nsubprocess.run(x, shell=True)\ny(shell=True)\n";
        let hits = find(Language::Python, text, &[(7, &shell), (3, &timeout)], MINUTE).expect("parsed");
        let short: Vec<_> =
            hits.iter().map(|hit| (hit.rule, hit.line, hit.column, hit.end_line, &text[hit.start..hit.end])).collect();
        assert_eq!(short, [(3, 2, 1, 2, "requests.get(url)"), (7, 5, 19, 5, "shell=True")]);
        assert_eq!(hits[0].captures, [("M".to_string(), "get".to_string())]);
    }

    #[test]
    fn a_negation_about_the_text_of_the_file_sees_what_was_not_parsed() {
        let rule = rule(
            Language::TypeScript,
            json!({"rule": {"pattern": "f($X)", "not": {"inside": {"kind": "program", "stopBy": "end", "regex": "process\\.exit"}}}}),
        );
        assert!(rule.is_local());
        for (last, found) in [("process.exit();\n", 0), ("process.stop();\n", 1)] {
            let text = format!("\nexport const a = 1;\nexport const b = f(a);\n{last}");
            let start = text.find("export const b").unwrap_or_default();
            let part = start..start + "export const b = f(a);\n".len();
            let parsed = Parsed::excerpt(Language::TypeScript, &text, vec![part], MINUTE).expect("parsed");
            let hits = parsed.find(&text, &[(0, &rule)], &Automata::default(), MINUTE).expect("searched");
            assert_eq!(hits.len(), found, "{text}");
        }
    }

    #[test]
    fn columns_count_characters_and_a_trailing_newline_ends_the_line_before() {
        let call = rule(Language::Python, json!({"rule": {"pattern": "f($X)"}}));
        let hits = find(Language::Python, "x = 'ééé'; f(1); f(2)\nf(\n3)\n", &[(0, &call)], MINUTE).expect("parsed");
        let places: Vec<_> = hits.iter().map(|hit| (hit.line, hit.column, hit.end_line)).collect();
        assert_eq!(places, [(1, 12, 1), (1, 18, 1), (2, 1, 3)]);
        let module = rule(Language::Python, json!({"rule": {"kind": "module"}}));
        let hits = find(Language::Python, "a\nb\n", &[(0, &module)], MINUTE).expect("parsed");
        assert_eq!((hits[0].line, hits[0].end_line), (1, 2));
    }

    #[test]
    fn a_rule_without_kinds_is_tried_everywhere_and_one_of_another_language_nowhere() {
        let regex = rule(Language::Go, json!({"rule": {"regex": "^secret$"}}));
        assert!(regex.is_unselective());
        assert_eq!(find(Language::Go, "package p\nvar secret = 1\n", &[(0, &regex)], MINUTE).expect("parsed").len(), 1);
        let other = rule(Language::Java, json!({"rule": {"pattern": "secret"}}));
        assert_eq!(find(Language::Go, "package p\nvar secret = 1\n", &[(0, &other)], MINUTE), Ok(Vec::new()));
    }

    #[test]
    fn suppression_comments_of_the_audited_code_mean_nothing() {
        let eval = rule(Language::JavaScript, json!({"rule": {"pattern": "eval($X)"}}));
        let text = "// ast-grep-ignore\neval(a)\neval(b) // ast-grep-ignore: x\n";
        assert_eq!(find(Language::JavaScript, text, &[(0, &eval)], MINUTE).expect("parsed").len(), 2);
    }

    #[test]
    fn hits_and_captures_are_bounded() {
        let call = rule(Language::JavaScript, json!({"rule": {"pattern": "f($X)"}}));
        let text = format!("f('{}');\n", "é".repeat(500)).repeat(300);
        let hits = find(Language::JavaScript, &text, &[(0, &call)], MINUTE).expect("parsed");
        assert_eq!(hits.len(), MAX_HITS);
        assert_eq!(hits[0].captures[0].1.chars().count(), MAX_CAPTURE);
    }

    #[test]
    fn a_new_capture_counts_however_many_hits_there_are() {
        let call = rule(Language::JavaScript, json!({"rule": {"pattern": "f($X, $Y)"}}));
        let text: String = (0..1_000).map(|number| format!("f(a, {number});\n")).chain(["f(b, 1);\n".to_owned()]).collect();
        let parsed = Parsed::new(Language::JavaScript, &text, MINUTE).expect("parsed");
        let names = vec!["X".to_owned()];
        let hits = parsed.find_distinct(&[&names], &text, &[(0, &call)], &Automata::default(), MINUTE).expect("searched");
        assert_eq!(hits.len(), MAX_HITS + 1);
        assert_eq!(hits.last().map(|hit| (hit.line, hit.captures[0].1.as_str())), Some((1_001, "b")));
        let first = parsed.find(&text, &[(0, &call)], &Automata::default(), MINUTE).expect("searched");
        assert_eq!(first.len(), MAX_HITS);
    }

    #[test]
    fn broken_code_is_still_searched() {
        let call = rule(Language::Python, json!({"rule": {"pattern": "app.run($$$)"}}));
        let text = "def (:\n  x = [\napp.run(debug=True)\n";
        assert!(find(Language::Python, text, &[(0, &call)], MINUTE).is_ok());
        assert_eq!(find(Language::Python, "", &[(0, &call)], MINUTE), Ok(Vec::new()));
        let lonely = rule(Language::Ruby, json!({"rule": {"pattern": "foo($X)"}}));
        assert!(find(Language::Ruby, "\u{feff}foo(1)\r\n\0\u{1}", &[(0, &lonely)], MINUTE).is_ok());
    }

    /// Runs on a stack as small as a worker's.
    fn on_small_stack(work: impl FnOnce() + Send + 'static) {
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work).expect("a thread");
        thread.join().expect("no panic");
    }

    #[test]
    fn deep_and_large_texts_are_refused_without_harm() {
        on_small_stack(|| {
            for language in Language::ALL {
                // The repeated variable makes ast-grep compare whole trees.
                let rules = [
                    rule(*language, json!({"rule": {"pattern": "$A == $A"}})),
                    rule(*language, json!({"rule": {"regex": "^zz$", "inside": {"regex": "^q", "stopBy": "end"}}})),
                ];
                let rules: Vec<_> = rules.iter().enumerate().collect();
                for piece in [
                    "f(",
                    "<a>",
                    "!",
                    "a ? b : ",
                    "x => ",
                    "if a { } else ",
                    "a.b().",
                    "'${",
                    "\"#{",
                    "<<A ",
                    "/$=",
                    "a<",
                    "+::;",
                ] {
                    let text = piece.repeat(12_000 / piece.len());
                    let found = find(*language, &text, &rules, Duration::from_millis(100));
                    assert!(matches!(found, Ok(_) | Err(Unparsed::TooDeep | Unparsed::OutOfTime)));
                }
                let brackets = "[".repeat(100_000);
                assert_eq!(find(*language, &brackets, &rules, MINUTE), Err(Unparsed::TooDeep));
            }
        });
        assert_eq!(find(Language::Go, &" ".repeat(MAX_BYTES + 1), &[], MINUTE), Err(Unparsed::TooLarge));
        assert_eq!(find(Language::Go, &"var a = 1\n".repeat(1_000), &[], Duration::ZERO).map(|_| ()), Err(Unparsed::OutOfTime));
    }

    /// Every node is compared with every other: its cost is counted, so that it ends at the same place on any machine.
    #[test]
    fn matching_is_limited_in_steps() {
        let pairs = rule(
            Language::JavaScript,
            json!({"rule": {"kind": "identifier", "inside": {"kind": "program", "stopBy": "end", "has": {"regex": "^none$", "stopBy": "end"}}}}),
        );
        let text = |lines: usize| "f(a, b, c);\n".repeat(lines);
        let minutes = 10 * MINUTE;
        assert_eq!(find(Language::JavaScript, &text(20), &[(0, &pairs)], minutes), Ok(Vec::new()));
        assert_eq!(find(Language::JavaScript, &text(3_000), &[(0, &pairs)], minutes), Err(Unparsed::OutOfTime));
    }

    #[test]
    fn matchers_stand_the_deepest_tree_they_are_given() {
        on_small_stack(|| {
            let depth = MAX_DEPTH / 2 - 20;
            let nested = format!("{}a{}", "[".repeat(depth), "]".repeat(depth));
            let text = format!("{nested} == {nested};\n");
            let rules = [
                rule(Language::JavaScript, json!({"rule": {"pattern": "$A == $A"}})),
                rule(
                    Language::JavaScript,
                    json!({"rule": {"kind": "binary_expression", "has": {"regex": "^b$", "stopBy": {"regex": "^c$"}}}}),
                ),
                rule(
                    Language::JavaScript,
                    json!({"rule": {"kind": "identifier", "inside": {"kind": "binary_expression", "stopBy": "end"}}}),
                ),
            ];
            let rules: Vec<_> = rules.iter().enumerate().collect();
            let hits = find(Language::JavaScript, &text, &rules, MINUTE).expect("parsed");
            assert_eq!(hits.iter().filter(|hit| hit.rule == 0).count(), 1);
            assert_eq!(hits.iter().filter(|hit| hit.rule == 2).count(), 2);
        });
    }
}
