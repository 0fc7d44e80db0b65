//! Required literals of a code rule. Read from the rule as it is written, without compiling it: this runs for every rule of every
//! check, compiling only for those whose literals occur.

use std::collections::BTreeSet;

use ast_grep_core::Pattern;
use ast_grep_core::matcher::PatternNode;
use ast_grep_core::meta_var::MetaVariable;
use ast_grep_core::tree_sitter::LanguageExt;

use super::clause::{MAX_ALTERNATIVES, any_of, literal};
use super::keywords::{is_keyword, keyword};
use super::{Literal, Prefilter, known};
use crate::inventory::syntax::grammar::Grammar;
use crate::inventory::syntax::mask::{Class, Mask, Syntax};
use crate::inventory::syntax::rule::names;
use crate::model::code::CodeSource;
use crate::model::language::Language;
use crate::model::node::{Entry, Node};

/// How deeply rules are followed; deeper ones require nothing.
const MAX_NESTING: usize = 48;

impl Prefilter {
    /// What a text must contain for the rule to match in it. A rule that does not compile requires what could be read of it.
    pub fn from_rule(language: Language, source: &CodeSource) -> Prefilter {
        let reader = Reader { language, source };
        let mut clauses = reader.rule(source.rule(), 0);
        if !source.constraints.is_empty() {
            let bound = reader.bound(source.rule(), 0);
            for (name, constraint) in &source.constraints {
                // A constraint on a variable that some branch leaves unbound is not tried there.
                if bound.contains(&**name) {
                    let names = reader.names(constraint).filter(|_| reader.is_code(source.rule(), name, 0));
                    clauses.extend(names.map_or_else(|| reader.rule(constraint, 0), |names| vec![names]));
                }
            }
        }
        Prefilter::of(clauses)
    }
}

struct Reader<'s> {
    language: Language,
    source: &'s CodeSource,
}

impl Reader<'_> {
    fn rule(&self, rule: &Node, depth: usize) -> Vec<Vec<Literal>> {
        if depth >= MAX_NESTING {
            return Vec::new();
        }
        let mut out = Vec::new();
        for Entry { key, value, .. } in rule.entries() {
            match &**key {
                "pattern" => out.extend(self.pattern(value).0),
                "regex" => match self.names(rule).filter(|_| is_name(rule)) {
                    Some(names) => out.push(names),
                    None => {
                        out.extend(value.as_str().and_then(|text| known::derived(text, false).ok()).unwrap_or_default());
                    }
                },
                "kind" => out.extend(
                    value
                        .as_str()
                        .and_then(|kind| keyword(self.language, kind))
                        .and_then(|word| Some(vec![literal(word, true)?])),
                ),
                "has" | "inside" | "follows" | "precedes" => out.extend(self.rule(value, depth + 1)),
                "all" => out.extend(value.items().iter().flat_map(|part| self.rule(part, depth + 1))),
                "any" => out.extend(any_of(value.items().iter().map(|part| self.rule(part, depth + 1)))),
                "matches" => {
                    let util = value.as_str().and_then(|name| self.source.util(name));
                    out.extend(util.map(|util| self.rule(util, depth + 1)).unwrap_or_default());
                }
                // `not`, `nthChild` require no text.
                _ => {}
            }
        }
        out
    }

    /// The names one of which is the whole text of whatever the rule matches, by its `regex`.
    fn names(&self, rule: &Node) -> Option<Vec<Literal>> {
        let names = names(rule.get("regex")?.as_str()?)?;
        let clause: Option<Vec<Literal>> = names.iter().map(|name| literal(name, true)).collect();
        clause.filter(|clause| clause.len() <= MAX_ALTERNATIVES)
    }

    /// Does the metavariable stand in code wherever a pattern has it? In a string it may be a part of one.
    fn is_code(&self, rule: &Node, name: &str, depth: usize) -> bool {
        depth < MAX_NESTING
            && rule.items().iter().all(|part| self.is_code(part, name, depth + 1))
            && rule.entries().iter().all(|Entry { key, value, .. }| match (&**key, value.as_str()) {
                ("pattern" | "context", Some(text)) => {
                    let mask = Mask::new(syntax_of(self.language), text);
                    let wanted = format!("${name}");
                    text.match_indices(&wanted).all(|(at, _)| mask.class_at(at) == Class::Code)
                }
                ("matches", Some(util)) => self.source.util(util).is_none_or(|util| self.is_code(util, name, depth + 1)),
                _ => self.is_code(value, name, depth + 1),
            })
    }

    /// The metavariables that are bound whenever the rule matches.
    fn bound(&self, rule: &Node, depth: usize) -> BTreeSet<String> {
        if depth >= MAX_NESTING {
            return BTreeSet::new();
        }
        let mut out = BTreeSet::new();
        for Entry { key, value, .. } in rule.entries() {
            match &**key {
                "pattern" => out.extend(self.pattern(value).1),
                "has" | "inside" | "follows" | "precedes" => out.extend(self.bound(value, depth + 1)),
                "all" => out.extend(value.items().iter().flat_map(|part| self.bound(part, depth + 1))),
                "any" => {
                    let branches = value.items().iter().map(|part| self.bound(part, depth + 1));
                    out.extend(branches.reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default());
                }
                _ => {}
            }
        }
        out
    }

    /// The clauses and the single metavariables of a pattern.
    fn pattern(&self, pattern: &Node) -> (Vec<Vec<Literal>>, BTreeSet<String>) {
        if let Some(text) = pattern.as_str() {
            return of_text(self.language, text);
        }
        let text = |key: &str| pattern.get(key).and_then(Node::as_str);
        let Some(context) = text("context") else { return Default::default() };
        match text("selector") {
            None => of_text(self.language, context),
            Some(selector) => {
                // Only what is selected is required: this needs the tree.
                let pattern = Pattern::contextual(context, selector, Grammar(self.language));
                let mut found = Found::default();
                if let Ok(pattern) = pattern {
                    found.node(self.language, &pattern.node);
                }
                (found.clauses, found.variables)
            }
        }
    }
}

#[derive(Default)]
struct Found {
    clauses: Vec<Vec<Literal>>,
    variables: BTreeSet<String>,
}

impl Found {
    fn node(&mut self, language: Language, node: &PatternNode) {
        match node {
            PatternNode::MetaVar { meta_var: MetaVariable::Capture(name, _) } => {
                self.variables.insert(name.clone());
            }
            PatternNode::MetaVar { .. } => {}
            PatternNode::Internal { children, .. } => children.iter().for_each(|child| self.node(language, child)),
            // An unnamed token may be left out behind `$$$`.
            PatternNode::Terminal { is_named: false, .. } => {}
            PatternNode::Terminal { text, kind_id, .. } => {
                let grammar = Grammar(language).get_ts_language();
                let kind = grammar.node_kind_for_id(*kind_id).unwrap_or_default();
                let is_name = ["identifier", "name", "constant"].iter().any(|part| kind.ends_with(part));
                self.add(words(text).filter(|(_, word)| !is_keyword(word)).filter_map(|(_, word)| literal(word, is_name)));
            }
        }
    }

    fn add(&mut self, literals: impl Iterator<Item = Literal>) {
        self.clauses.extend(literals.map(|literal| vec![literal]));
    }
}

/// The lexer of code that stands alone.
fn syntax_of(language: Language) -> Syntax {
    if language == Language::Php { Syntax::PhpCode } else { Syntax::from(language) }
}

/// Is what the rule matches a name in code, never a part of a string?
fn is_name(rule: &Node) -> bool {
    let kind = rule.get("kind").and_then(Node::as_str);
    rule.get("field").is_some()
        || kind.is_some_and(|kind| ["identifier", "name", "constant"].iter().any(|end| kind.ends_with(end)))
}

/// Reads a bare pattern with the lexer of the texts it will be compared with, so both agree on what is code.
fn of_text(language: Language, pattern: &str) -> (Vec<Vec<Literal>>, BTreeSet<String>) {
    let mask = Mask::new(syntax_of(language), pattern);
    let mut found = Found { variables: variables(pattern), ..Found::default() };
    let mut code = |start: usize, end: usize| {
        let stretch = &pattern[start..end];
        for (at, word) in words(stretch) {
            let is_variable = pattern[..start + at].ends_with('$') && is_variable_name(word);
            if !is_variable && !is_keyword(word) {
                found.add(literal(word, true).into_iter());
            }
        }
    };
    let mut strings = Vec::new();
    let mut at = 0;
    for (start, end, class) in mask.regions() {
        code(at, start);
        if class == Class::String {
            strings.push((start, end));
        }
        at = end;
    }
    code(at, pattern.len());
    for (start, end) in strings {
        found.add(pieces(&pattern[start..end]).filter_map(|piece| literal(piece, false)));
    }
    (found.clauses, found.variables)
}

/// The names in code, with their offsets; numbers are none.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(move |c| !is_word(c))
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .filter(|(_, word)| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// The stretches of a string literal that stand in the text as they are: between quotes, escapes and metavariables.
fn pieces(literal: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| matches!(c, '\'' | '"' | '`' | '\\' | '$' | '{' | '}' | '#' | '%' | '@' | '\n' | '\r' | '/' | '[' | ']');
    let mut after_sign = false;
    literal.split_inclusive(ends).filter_map(move |part| {
        let piece = part.trim_end_matches(ends);
        // What follows `$` may be a metavariable's name, what follows a backslash part of an escape.
        let skip = after_sign;
        after_sign = part.ends_with(['$', '\\']);
        (!skip && piece.bytes().any(|b| b.is_ascii_alphanumeric())).then(|| piece.trim())
    })
}

/// The single metavariables (`$A`, `$$A`) of a pattern's text.
fn variables(pattern: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('$') {
        let after = rest[at..].trim_start_matches('$');
        let signs = rest.len() - at - after.len();
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
        if signs < 3 && is_variable_name(&after[..end]) && !after.starts_with('_') {
            out.insert(after[..end].to_string());
        }
        rest = &after[end..];
    }
    out
}

fn is_variable_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inventory::syntax::rule::oracle;

    /// `text` for a literal anywhere, `text!` for one in code.
    fn required(language: Language, source: serde_json::Value) -> Vec<Vec<String>> {
        let show = |l: Literal| if l.in_code { format!("{}!", l.text) } else { l.text };
        Prefilter::from_rule(language, &oracle::source(&source))
            .clauses
            .into_iter()
            .map(|c| c.into_iter().map(show).collect())
            .collect()
    }

    fn clause(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn names_are_required_in_code_and_strings_anywhere() {
        let found = required(
            Language::Python,
            json!({"rule": {"pattern": "app.add_middleware(CORSMiddleware, $$$, allow_origins=['https://*.x'], $X)"}}),
        );
        assert_eq!(
            found,
            [clause(&["add_middleware!"]), clause(&["corsmiddleware!"]), clause(&["allow_origins!"]), clause(&["https:"])]
        );
        assert_eq!(
            required(Language::Php, json!({"rule": {"pattern": "$request->input($KEY)"}})),
            [clause(&["request!"]), clause(&["input!"])]
        );
        assert_eq!(
            required(Language::Rust, json!({"rule": {"pattern": "fn load<'a>(x: &'a $T) -> Handler { $$$ }"}})),
            [clause(&["handler!"]), clause(&["load!"])]
        );
        assert_eq!(
            required(Language::JavaScript, json!({"rule": {"pattern": "/(select|insert)/"}})),
            [clause(&["(select|insert)"])]
        );
        assert!(
            !required(Language::Kotlin, json!({"rule": {"pattern": "log(\"user $NAME said ${helper.text}\")"}}))
                .concat()
                .contains(&"name".to_string())
        );
    }

    #[test]
    fn rules_are_joined_as_they_say() {
        let any = json!({"rule": {"any": [{"pattern": "app.run($$$)"}, {"pattern": "server.listen($$$)"}], "inside": {"pattern": "main($$$)", "stopBy": "end"}, "not": {"pattern": "otherwise()"}}});
        assert_eq!(
            required(Language::Python, any),
            [clause(&["main!"]), clause(&["app!", "listen!"]), clause(&["run!", "server!"])]
        );
        let open = json!({"rule": {"any": [{"pattern": "app.run($$$)"}, {"kind": "call"}]}});
        assert!(required(Language::Python, open).is_empty());
        let utils = json!({"rule": {"matches": "u"}, "utils": {"u": {"all": [{"regex": "^secret"}, {"kind": "except_clause"}]}}});
        assert_eq!(required(Language::Python, utils), [clause(&["except!"]), clause(&["secret"])]);
        let cyclic = json!({"rule": {"matches": "u"}, "utils": {"u": {"matches": "u"}}});
        assert!(required(Language::Python, cyclic).is_empty());
    }

    #[test]
    fn a_constraint_counts_where_its_variable_is_certain() {
        let constraints = json!({"M": {"regex": "^(disable|permitAll)$"}});
        let certain = json!({"rule": {"pattern": "$X.$M()"}, "constraints": constraints});
        assert_eq!(required(Language::Java, certain), [clause(&["disable!", "permitall!"])]);
        let uncertain =
            json!({"rule": {"any": [{"pattern": "$X.$M()"}, {"pattern": "otherwise($X)"}]}, "constraints": constraints});
        assert!(required(Language::Java, uncertain).is_empty());
    }

    #[test]
    fn a_list_of_names_is_required_in_code_where_it_can_be_no_part_of_a_string() {
        let kind = json!({"rule": {"kind": "property_identifier", "regex": "^(exp|expiresIn)$"}});
        assert_eq!(required(Language::JavaScript, kind), [clause(&["exp!", "expiresin!"])]);
        let field = json!({"rule": {"kind": "call_expression", "has": {"field": "function", "regex": "^fetch$"}}});
        assert_eq!(required(Language::JavaScript, field), [clause(&["fetch!"])]);
        let anywhere = json!({"rule": {"kind": "pair", "has": {"stopBy": "end", "regex": "^exp$"}}});
        assert_eq!(required(Language::JavaScript, anywhere), [clause(&["exp"])]);
        let part = json!({"rule": {"kind": "identifier", "regex": "^exp"}});
        assert_eq!(required(Language::JavaScript, part), [clause(&["exp"])]);
        let quoted = json!({"rule": {"pattern": "f('$X')"}, "constraints": {"X": {"regex": "^secret$"}}});
        assert_eq!(required(Language::JavaScript, quoted), [clause(&["secret"])]);
    }

    #[test]
    fn only_what_a_selector_selects_is_required() {
        let rule = json!({"rule": {"pattern": {"context": "unrelated(debug=True, name=$N)", "selector": "keyword_argument"}}});
        assert_eq!(required(Language::Python, rule), [clause(&["debug!"])]);
    }

    #[test]
    fn what_is_no_rule_requires_nothing() {
        for source in
            [json!(null), json!({}), json!({"rule": 3}), json!({"rule": {"pattern": 3, "any": {}, "all": 1, "regex": "("}})]
        {
            assert!(required(Language::Go, source).is_empty());
        }
    }
}
