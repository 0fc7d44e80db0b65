//! Finds the matches of many code rules in one file: parsed once, visited once, every rule tried only at the node kinds at which
//! it can match.
//!
//! Files are hostile. A file that is too large, nested too deeply or takes too long is `Unparsed`, which a check must report as
//! "not checked", never as "nothing found". ast-grep's matchers recurse over a tree, so its depth is known before the first
//! matcher runs. `ast-grep-ignore` comments mean nothing here: an audited repository cannot silence a finding with them.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::meta_var::{MetaVarEnv, MetaVariable};
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc};
use ast_grep_core::{AstGrep, Node};
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::grammar::Grammar;
use super::mask::php_code;
use super::rule::CodeRule;
use crate::model::language::Language;

/// Largest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 2 << 20;
/// Deepest tree that rules are tried on, in nodes from the root.
pub const MAX_DEPTH: usize = 2_000;
/// Most hits per rule and file.
pub const MAX_HITS: usize = 200;
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

/// Why no rule was tried on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unparsed {
    TooLarge,
    TooDeep,
    OutOfTime,
}

impl std::fmt::Display for Unparsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unparsed::TooLarge => "too large to parse",
            Unparsed::TooDeep => "nested too deeply to parse",
            Unparsed::OutOfTime => "takes too long to parse",
        })
    }
}

/// Tries every rule on a text; hits come in the order of their place, then of their rule. Rules of another language match nothing.
pub fn find(language: Language, text: &str, rules: &[(usize, &CodeRule)], budget: Duration) -> Result<Vec<CodeHit>, Unparsed> {
    if text.len() > MAX_BYTES {
        return Err(Unparsed::TooLarge);
    }
    if bracket_depth(text.as_bytes()) > MAX_DEPTH {
        return Err(Unparsed::TooDeep);
    }
    let deadline = Instant::now() + budget;
    let source = match language {
        Language::Php => Cow::Owned(php_code(text)),
        _ => Cow::Borrowed(text),
    };
    let tree = parse(language, &source, deadline).ok_or(Unparsed::OutOfTime)?;
    let root = AstGrep::doc(StrDoc { src: source.into_owned(), lang: Grammar(language), tree });
    let dispatch = Dispatch::new(rules.iter().enumerate().filter(|(_, (_, rule))| rule.language == language));
    let candidates = candidates(root.root(), &dispatch)?;
    let found = match_all(&candidates, &dispatch, rules, deadline)?;
    Ok(locate(text, found))
}

/// The deepest nesting of brackets of any kind. Brackets in strings count too: the answer need only never be too small.
fn bracket_depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in bytes {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn parse(language: Language, source: &str, deadline: Instant) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&Grammar(language).get_ts_language()).ok()?;
    let bytes = source.as_bytes();
    let mut stop = |_: &ParseState| if Instant::now() > deadline { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut stop);
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
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
    found.sort_by(|a, b| (a.hit.start, a.hit.end, a.hit.rule).cmp(&(b.hit.start, b.hit.end, b.hit.rule)));
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
