//! Finds the matches of many code rules in one file: parsed once, visited once, every rule tried only at the node kinds at which
//! it can match.
//!
//! Files are hostile. A file that is too large, nested too deeply or takes too long is `Unparsed`, which a check must report as
//! "not checked", never as "nothing found". ast-grep's matchers recurse over a tree, so its depth is known before the first
//! matcher runs. `ast-grep-ignore` comments mean nothing here: an audited repository cannot silence a finding with them.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::meta_var::{MetaVarEnv, MetaVariable};
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{AstGrep, Node};

use super::grammar::Grammar;
use super::mask::php_code;
use super::parse::{MAX_DEPTH, Unparsed, parse};
use super::rule::CodeRule;
use crate::model::language::Language;

/// Most hits per rule and file.
const MAX_HITS: usize = 200;
/// Longest text of a capture, in characters.
const MAX_CAPTURE: usize = 200;

type Source = StrDoc<Grammar>;

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

/// Tries every rule on a text; hits come in the order of their place, then of their rule. Rules of another language match nothing.
pub fn find(language: Language, text: &str, rules: &[(usize, &CodeRule)], budget: Duration) -> Result<Vec<CodeHit>, Unparsed> {
    let deadline = Instant::now() + budget;
    let source = match language {
        Language::Php => Cow::Owned(php_code(text)),
        _ => Cow::Borrowed(text),
    };
    let tree = parse(language, &source, deadline)?;
    let root = AstGrep::doc(StrDoc { src: source.into_owned(), lang: Grammar(language), tree });
    let dispatch = Dispatch::new(rules.iter().enumerate().filter(|(_, (_, rule))| rule.language == language));
    let candidates = candidates(root.root(), &dispatch)?;
    let found = match_all(&candidates, &dispatch, rules, deadline)?;
    Ok(locate(text, found))
}

/// Which rules to try at a node: positions in the caller's list, by node kind.
struct Dispatch {
    by_kind: Vec<Vec<usize>>,
    everywhere: Vec<usize>,
}

impl Dispatch {
    fn new<'r>(rules: impl Iterator<Item = (usize, &'r (usize, &'r CodeRule))>) -> Dispatch {
        let mut dispatch = Dispatch { by_kind: Vec::new(), everywhere: Vec::new() };
        for (position, (_, rule)) in rules {
            let Some(kinds) = &rule.kinds else {
                dispatch.everywhere.push(position);
                continue;
            };
            for kind in kinds {
                let kind = usize::from(*kind);
                if dispatch.by_kind.len() <= kind {
                    dispatch.by_kind.resize_with(kind + 1, Vec::new);
                }
                dispatch.by_kind[kind].push(position);
            }
        }
        dispatch
    }

    fn at(&self, kind: u16) -> &[usize] {
        self.by_kind.get(usize::from(kind)).map_or(&[], Vec::as_slice)
    }

    fn wants(&self, kind: u16) -> bool {
        !self.everywhere.is_empty() || !self.at(kind).is_empty()
    }
}

/// Visits every node once. The depth comes from the number of children still to come at each level.
fn candidates<'t>(root: Node<'t, Source>, dispatch: &Dispatch) -> Result<Vec<Node<'t, Source>>, Unparsed> {
    let mut to_come: Vec<usize> = Vec::new();
    let mut out = Vec::new();
    for node in root.dfs() {
        while to_come.last() == Some(&0) {
            to_come.pop();
        }
        if let Some(left) = to_come.last_mut() {
            *left -= 1;
        }
        let children = node.get_inner_node().child_count() as usize;
        if children > 0 {
            to_come.push(children);
            if to_come.len() > MAX_DEPTH {
                return Err(Unparsed::TooDeep);
            }
        }
        if dispatch.wants(node.kind_id()) {
            out.push(node);
        }
    }
    Ok(out)
}

/// A match without its column.
struct Found {
    hit: CodeHit,
    line_start: usize,
}

fn match_all(
    candidates: &[Node<'_, Source>],
    dispatch: &Dispatch,
    rules: &[(usize, &CodeRule)],
    deadline: Instant,
) -> Result<Vec<Found>, Unparsed> {
    let mut counts = vec![0usize; rules.len()];
    let mut found = Vec::new();
    for (i, node) in candidates.iter().enumerate() {
        if i % 8 == 0 && Instant::now() > deadline {
            return Err(Unparsed::OutOfTime);
        }
        for position in dispatch.at(node.kind_id()).iter().chain(&dispatch.everywhere) {
            if counts[*position] >= MAX_HITS {
                continue;
            }
            let (number, rule) = rules[*position];
            if let Some(matched) = rule.core.match_node(node.clone()) {
                counts[*position] += 1;
                found.push(found_at(number, &matched, matched.get_env()));
            }
        }
    }
    Ok(found)
}

fn found_at(rule: usize, node: &Node<'_, Source>, env: &MetaVarEnv<'_, Source>) -> Found {
    let range = node.range();
    let (row, byte_column) = node.start_pos().byte_point();
    let (end_row, end_column) = node.end_pos().byte_point();
    // A node that ends with a newline ends, for a reader, on the line before.
    let last_row = if end_column == 0 && end_row > row { end_row - 1 } else { end_row };
    let hit = CodeHit {
        rule,
        start: range.start,
        end: range.end,
        line: one_based(row),
        column: 0,
        end_line: one_based(last_row),
        captures: captures(env),
    };
    Found { hit, line_start: range.start.saturating_sub(byte_column) }
}

fn captures(env: &MetaVarEnv<'_, Source>) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = env
        .get_matched_variables()
        .filter_map(|variable| match variable {
            MetaVariable::Capture(name, _) => {
                let text = env.get_match(&name)?.text().chars().take(MAX_CAPTURE).collect();
                Some((name, text))
            }
            _ => None,
        })
        .collect();
    out.sort();
    out
}

/// Sorts, drops repetitions and counts the columns, all hits of a line in one pass over it.
fn locate(text: &str, mut found: Vec<Found>) -> Vec<CodeHit> {
    found.sort_by_key(|found| (found.hit.start, found.hit.end, found.hit.rule));
    found.dedup_by(|a, b| (a.hit.start, a.hit.end, a.hit.rule) == (b.hit.start, b.hit.end, b.hit.rule));
    let (mut line_start, mut counted_to, mut characters) = (usize::MAX, 0, 0);
    let mut out = Vec::with_capacity(found.len());
    for Found { mut hit, line_start: start_of_line } in found {
        if start_of_line != line_start {
            (line_start, counted_to, characters) = (start_of_line, start_of_line, 0);
        }
        characters += text.get(counted_to..hit.start).map_or(0, |part| part.chars().count());
        counted_to = hit.start;
        hit.column = one_based(characters);
        out.push(hit);
    }
    out
}

fn one_based(zero_based: usize) -> u32 {
    u32::try_from(zero_based).unwrap_or(u32::MAX - 1).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse::MAX_BYTES;
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn rule(language: Language, source: serde_json::Value) -> CodeRule {
        CodeRule::compile(language, &source).unwrap_or_else(|e| panic!("{e}"))
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
