//! A code rule: ast-grep's rule language, compiled for one language.
//!
//! The words are ast-grep's (`strictness`, `range` and selectors in `kind` aside), the matching is ours: rules of a hundred checks
//! share their automata, a pattern is read when the first node asks for it, and parents and siblings cost nothing. Everything in a
//! rule is checked: an unknown key, a pattern that cannot match, a utility that is not there.
//!
//! To allow a new key: read it in `reader`, say in `matching` when it holds, and in `literals` what it requires of a text.

use std::sync::Arc;
use std::sync::OnceLock;

use ast_grep_core::matcher::PatternNode;
use ast_grep_core::meta_var::MetaVariable;

use super::pattern::{self, CompiledPattern};
use crate::model::code::CodeSource;
use crate::model::language::Language;
use crate::model::node::Span;

mod locality;
pub(super) mod matching;
#[cfg(test)]
pub(crate) mod oracle;
mod patterns;
mod reader;
mod text;
mod trace;

use reader::Reader;
pub use text::Automata;
pub(super) use text::Known;
use text::TextTest;
pub(super) use text::names;
pub use trace::{Stretch, Traces};

/// How deeply rules may be nested in a rule.
const MAX_NESTING: usize = 48;

/// A compiled rule. Its patterns and expressions compile when the first node asks for them.
#[derive(Debug)]
pub struct CodeRule {
    pub(super) language: Language,
    root: Rule,
    constraints: Vec<(Arc<str>, Rule)>,
    utils: Vec<Rule>,
    /// The utility inside of which nothing counts.
    gate: Option<usize>,
    /// The metavariable that is the place of a match.
    pub(super) cite: Option<Arc<str>>,
    is_local: OnceLock<bool>,
}

/// Conditions that must all hold, in an order in which those without metavariables come first.
#[derive(Debug)]
struct Rule {
    parts: Vec<Part>,
    kinds: OnceLock<Kinds>,
}

#[derive(Debug)]
enum Part {
    Kind(u16),
    Pattern(Box<LazyPattern>),
    Regex(Box<TextTest>),
    NthChild {
        position: usize,
        of: Option<Box<Rule>>,
        reverse: bool,
    },
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    /// A utility, by its place among them.
    Matches(usize),
    Inside(Box<Relation>),
    Has(Box<Relation>),
    Precedes(Box<Relation>),
    Follows(Box<Relation>),
}

#[derive(Debug)]
struct Relation {
    rule: Rule,
    stop: Stop,
    field: Option<u16>,
}

/// How far a relation goes.
#[derive(Debug)]
enum Stop {
    Neighbor,
    End,
    At(Rule),
}

/// A pattern as written, and what it compiles to: more than one if it has variants.
#[derive(Debug)]
struct LazyPattern {
    span: Span,
    text: Arc<str>,
    selector: Option<Arc<str>>,
    compiled: OnceLock<Vec<CompiledPattern>>,
}

impl LazyPattern {
    fn variants(&self, language: Language) -> &[CompiledPattern] {
        self.compiled.get_or_init(|| pattern::compile(language, &self.text, self.selector.as_deref()).unwrap_or_default())
    }
}

/// The node kinds at which a rule can match.
#[derive(Debug)]
enum Kinds {
    Any,
    /// One bit for each kind.
    These(Vec<u64>),
}

impl Kinds {
    fn one(kind: u16) -> Kinds {
        let mut bits = vec![0; usize::from(kind) / 64 + 1];
        bits[usize::from(kind) / 64] |= 1 << (kind % 64);
        Kinds::These(bits)
    }

    fn admits(&self, kind: u16) -> bool {
        match self {
            Kinds::Any => true,
            Kinds::These(bits) => bits.get(usize::from(kind) / 64).is_some_and(|word| word & (1 << (kind % 64)) != 0),
        }
    }

    fn and(self, other: &Kinds) -> Kinds {
        match (self, other) {
            (Kinds::These(a), Kinds::These(b)) => Kinds::These(a.iter().zip(b).map(|(a, b)| a & b).collect()),
            (Kinds::Any, Kinds::These(b)) => Kinds::These(b.clone()),
            (a, Kinds::Any) => a,
        }
    }

    fn or(self, other: &Kinds) -> Kinds {
        match (self, other) {
            (Kinds::These(mut a), Kinds::These(b)) => {
                a.resize(a.len().max(b.len()), 0);
                a.iter_mut().zip(b).for_each(|(a, b)| *a |= b);
                Kinds::These(a)
            }
            _ => Kinds::Any,
        }
    }
}

/// What is wrong with a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    pub span: Span,
    pub message: String,
}

impl CodeRule {
    /// Compiles a rule, but for its patterns and expressions.
    ///
    /// # Errors
    /// The first thing that is no rule: an unknown key, a wrong type, a kind or field that the grammar does not have, a utility
    /// that is missing or refers to itself.
    pub fn compile(language: Language, source: &CodeSource) -> Result<CodeRule, RuleError> {
        let reader = Reader { language, source };
        let utils = source.utils.iter().map(|(_, rule)| reader.rule(rule, 0)).collect::<Result<Vec<_>, _>>()?;
        let root = reader.rule(source.rule(), 0)?;
        let constraints = source.constraints.iter().map(|(name, rule)| Ok((Arc::clone(name), reader.rule(rule, 0)?)));
        let constraints = constraints.collect::<Result<Vec<_>, _>>()?;
        let gate = source.gate.as_ref().map(|name| reader.util(name, source.rule.span)).transpose()?;
        let rule = CodeRule { language, root, constraints, utils, gate, cite: source.cite.clone(), is_local: OnceLock::new() };
        for (index, (name, written)) in source.utils.iter().enumerate() {
            if rule.refers_to(&rule.utils[index], index, 0) {
                let message = format!("the utility `{name}` refers to itself in a cycle");
                return Err(RuleError { span: written.span, message });
            }
        }
        Ok(rule)
    }

    /// Compiles everything that otherwise waits until it is needed.
    ///
    /// # Errors
    /// A pattern that cannot be read, an expression that does not compile, a constraint on a metavariable that nothing binds.
    pub fn verify(language: Language, source: &CodeSource) -> Result<(), RuleError> {
        let rule = CodeRule::compile(language, source)?;
        let mut names = Vec::new();
        let rules = rule.utils.iter().chain([&rule.root]).chain(rule.constraints.iter().map(|(_, rule)| rule));
        for part in rules {
            part.verify(language, &mut names)?;
        }
        for (name, written) in &source.constraints {
            if !names.iter().any(|known| known == &**name) {
                let message = format!("the constraints name `{name}`, which no pattern of the rule binds");
                return Err(RuleError { span: written.span, message });
            }
        }
        Ok(())
    }

    /// Can the rule match at every kind of node? Such a rule is tried at each node of a file.
    pub fn is_unselective(&self) -> bool {
        matches!(self.kinds_of(&self.root), Kinds::Any)
    }

    /// Can the rule match at nodes of this kind?
    pub(super) fn admits(&self, kind: u16) -> bool {
        self.kinds_of(&self.root).admits(kind)
    }

    fn kinds_of<'r>(&self, rule: &'r Rule) -> &'r Kinds {
        rule.kinds.get_or_init(|| rule.parts.iter().fold(Kinds::Any, |kinds, part| kinds.and(&self.kinds_of_part(part))))
    }

    fn kinds_of_part(&self, part: &Part) -> Kinds {
        let owned = |kinds: &Kinds| Kinds::Any.and(kinds);
        match part {
            Part::Kind(kind) => Kinds::one(*kind),
            Part::Pattern(pattern) => {
                let variants = pattern.variants(self.language).iter().map(kinds_of_pattern);
                variants.reduce(|a, b| a.or(&b)).unwrap_or(Kinds::These(Vec::new()))
            }
            Part::All(rules) => rules.iter().fold(Kinds::Any, |kinds, rule| kinds.and(self.kinds_of(rule))),
            Part::Any(rules) => {
                let none = Kinds::These(Vec::new());
                rules.iter().fold(none, |kinds, rule| kinds.or(self.kinds_of(rule)))
            }
            Part::Matches(util) => self.utils.get(*util).map_or(Kinds::Any, |rule| owned(self.kinds_of(rule))),
            _ => Kinds::Any,
        }
    }

    /// Does matching `rule` at a node ask for the utility at the same node?
    fn refers_to(&self, rule: &Rule, util: usize, depth: usize) -> bool {
        let any = |rules: &[Rule]| rules.iter().any(|rule| self.refers_to(rule, util, depth + 1));
        depth > MAX_NESTING * 4
            || rule.parts.iter().any(|part| match part {
                Part::All(rules) | Part::Any(rules) => any(rules),
                Part::Not(rule) => self.refers_to(rule, util, depth + 1),
                Part::Matches(named) => {
                    *named == util || self.utils.get(*named).is_some_and(|rule| self.refers_to(rule, util, depth + 1))
                }
                _ => false,
            })
    }
}

fn kinds_of_pattern(pattern: &CompiledPattern) -> Kinds {
    match &pattern.node {
        PatternNode::MetaVar { .. } => pattern.root_kind().map_or(Kinds::Any, Kinds::one),
        PatternNode::Terminal { kind_id, .. } => Kinds::one(*kind_id),
        // An error matches any kind.
        PatternNode::Internal { kind_id: u16::MAX, .. } => Kinds::Any,
        PatternNode::Internal { kind_id, .. } => Kinds::one(*kind_id),
    }
}

impl Rule {
    fn verify(&self, language: Language, names: &mut Vec<String>) -> Result<(), RuleError> {
        for part in &self.parts {
            match part {
                Part::Pattern(pattern) => {
                    let compiled = pattern::compile(language, &pattern.text, pattern.selector.as_deref())
                        .map_err(|message| RuleError { span: pattern.span, message })?;
                    compiled.iter().for_each(|pattern| variables(&pattern.node, names));
                }
                Part::Regex(test) => test.verify()?,
                Part::NthChild { of, .. } => of.iter().try_for_each(|rule| rule.verify(language, names))?,
                Part::All(rules) | Part::Any(rules) => rules.iter().try_for_each(|rule| rule.verify(language, names))?,
                Part::Not(rule) => rule.verify(language, names)?,
                Part::Inside(relation) | Part::Has(relation) | Part::Precedes(relation) | Part::Follows(relation) => {
                    relation.rule.verify(language, names)?;
                    if let Stop::At(rule) = &relation.stop {
                        rule.verify(language, names)?;
                    }
                }
                Part::Kind(_) | Part::Matches(_) => {}
            }
        }
        Ok(())
    }
}

fn variables(pattern: &PatternNode, names: &mut Vec<String>) {
    match pattern {
        PatternNode::MetaVar { meta_var: MetaVariable::Capture(name, _) } => names.push(name.clone()),
        PatternNode::Internal { children, .. } => children.iter().for_each(|child| variables(child, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(source: serde_json::Value) -> String {
        CodeRule::verify(Language::Python, &oracle::source(&source)).expect_err("compiled").message
    }

    #[test]
    fn errors_name_the_place_and_the_cause() {
        for (source, parts) in [
            (json!({"rule": []}), &["a rule", "mapping"][..]),
            (json!({"rule": {}}), &["empty"]),
            (json!({"rule": {"patern": "x"}}), &["`patern`", "pattern"]),
            (json!({"rule": {"has": {"kind": "call", "stopby": "end"}}}), &["`stopby`", "stopBy"]),
            (json!({"rule": {"any": [{"kind": "call"}, {"inside": {"foo": 1}}]}}), &["`foo`"]),
            (json!({"rule": {"any": []}}), &["empty"]),
            (json!({"rule": {"has": {"kind": "call", "stopBy": "ende"}}}), &["ende"]),
            (json!({"rule": {"kind": "no_such_kind"}}), &["no_such_kind", "python"]),
            (json!({"rule": {"kind": "call > identifier"}}), &["call > identifier"]),
            (json!({"rule": {"has": {"kind": "call", "field": "nope"}}}), &["`nope`", "field"]),
            (json!({"rule": {"regex": "("}}), &["regex"]),
            (json!({"rule": {"pattern": "def ("}}), &["def (", "python"]),
            (json!({"rule": {"pattern": {"context": "f(x)"  , "selector": "nope"}}}), &["nope"]),
            (json!({"rule": {"pattern": {"selector": "call"}}}), &["`context`"]),
            (json!({"rule": {"pattern": "f($X)"}, "constraints": {"Y": {"regex": "a"}}}), &["`Y`", "constraints"]),
            (json!({"rule": {"pattern": "f($X)"}, "constraints": {"$X": {"regex": "a"}}}), &["`$X`"]),
            (json!({"rule": {"matches": "u"}}), &["`u`", "not defined"]),
            (json!({"rule": {"matches": "u"}, "utils": {"u": {"matches": "u"}}}), &["`u`", "cycle"]),
            (json!({"rule": {"matches": "u"}, "utils": {"u": {"not": {"matches": "v"}}, "v": {"matches": "u"}}}), &["cycle"]),
            (json!({"rule": {"not": null}}), &["mapping"]),
            (json!({"rule": {"kind": 3}}), &["text"]),
            (json!({"rule": {"nthChild": "2n"}}), &["position"]),
            (json!({"rule": {"nthChild": {"position": 1, "of": {}}}}), &["`of`"]),
        ] {
            let error = error(source.clone());
            for part in parts {
                assert!(error.to_lowercase().contains(&part.to_lowercase()), "{source}: {error:?} lacks {part:?}");
            }
        }
    }

    #[test]
    fn rules_nested_without_end_are_refused() {
        let mut rule = json!({"kind": "call"});
        for _ in 0..1_000 {
            rule = json!({"has": rule});
        }
        assert!(error(json!({"rule": rule})).contains("nested"));
    }

    /// The places at which ours and ast-grep's matching find the rule, which must be the same.
    fn places(language: Language, text: &str, rule: serde_json::Value) -> Vec<String> {
        let source = oracle::source(&rule);
        let compiled = CodeRule::compile(language, &source).unwrap_or_else(|e| panic!("{e:?}"));
        let hits = super::super::scan::find(language, text, &[(0, &compiled)], std::time::Duration::from_secs(60)).unwrap();
        let found: Vec<_> = hits.iter().map(|hit| (hit.start, hit.end)).collect();
        assert_eq!(found, oracle::places(language, text, &oracle::compile(language, &source)), "{rule} in\n{text}");
        found.iter().map(|(start, end)| text[*start..*end].to_owned()).collect()
    }

    #[test]
    fn every_word_of_a_rule_means_what_it_means_to_ast_grep() {
        let text = "import os\n\ndef f(a, b=1):\n    # note\n    if DEBUG:\n        app.run(a, a, key='x')\n    app.run(b)\n    other.run(a, b, a)\n    return [a, b, a]\n\nf(1, 2)\nf()\n";
        for (rule, found) in [
            (json!({"pattern": "app.run($$$)"}), &["app.run(a, a, key='x')", "app.run(b)"][..]),
            (json!({"pattern": "$X.run($A, $$$, $A)"}), &["other.run(a, b, a)"]),
            (json!({"pattern": "$X.run($A, $A, $$$)"}), &["app.run(a, a, key='x')"]),
            (json!({"pattern": "f($_, $_)"}), &["f(1, 2)"]),
            (json!({"pattern": "$F($$$ARGS)", "not": {"has": {"kind": "attribute"}}}), &["f(1, 2)", "f()"]),
            (json!({"kind": "call", "inside": {"kind": "if_statement", "stopBy": "end"}}), &["app.run(a, a, key='x')"]),
            (json!({"kind": "identifier", "inside": {"field": "function", "kind": "call"}}), &["f", "f"]),
            (json!({"kind": "attribute", "inside": {"field": "function", "kind": "call"}, "regex": "^o"}), &["other.run"]),
            (json!({"kind": "call", "has": {"field": "function", "regex": "^app"}}), &["app.run(a, a, key='x')", "app.run(b)"]),
            (json!({"kind": "call", "has": {"field": "arguments", "has": {"kind": "integer", "regex": "^2$"}}}), &["f(1, 2)"]),
            (
                json!({"kind": "call", "has": {"field": "arguments", "kind": "string", "stopBy": "end"}}),
                &["app.run(a, a, key='x')"],
            ),
            (
                json!({"kind": "function_definition", "has": {"kind": "call", "regex": "^app.run.a", "stopBy": {"kind": "if_statement"}}}),
                &[],
            ),
            (json!({"kind": "identifier", "nthChild": 2, "inside": {"kind": "list"}}), &["b"]),
            (
                json!({"kind": "identifier", "nthChild": {"position": 1, "reverse": true, "ofRule": {"regex": "^a$"}}, "inside": {"kind": "list"}}),
                &["a"],
            ),
            (json!({"kind": "expression_statement", "follows": {"kind": "if_statement"}}), &["app.run(b)"]),
            (
                json!({"kind": "expression_statement", "follows": {"kind": "if_statement", "stopBy": "end"}}),
                &["app.run(b)", "other.run(a, b, a)"],
            ),
            (json!({"kind": "expression_statement", "precedes": {"kind": "return_statement"}}), &["other.run(a, b, a)"]),
            (json!({"kind": "comment"}), &["# note"]),
            (
                json!({"any": [{"pattern": "import os"}, {"all": [{"kind": "list"}, {"has": {"regex": "^b$"}}]}]}),
                &["import os", "[a, b, a]"],
            ),
            (json!({"pattern": {"context": "f(key='x')", "selector": "keyword_argument"}}), &["key='x'"]),
            (
                json!({"pattern": {"context": "f(key=$V)", "selector": "keyword_argument"}, "inside": {"pattern": "$X.run($$$)", "stopBy": "end"}}),
                &["key='x'"],
            ),
        ] {
            assert_eq!(places(Language::Python, text, json!({ "rule": rule })), found, "{rule}");
        }
        let util = json!({"rule": {"matches": "call"}, "utils": {"call": {"kind": "call", "has": {"matches": "name", "stopBy": "end"}}, "name": {"regex": "^other$"}}});
        assert_eq!(places(Language::Python, text, util), ["other.run(a, b, a)"]);
        let constrained =
            json!({"rule": {"pattern": "$X.$M($$$)"}, "constraints": {"X": {"regex": "^app$"}, "M": {"kind": "identifier"}}});
        assert_eq!(places(Language::Python, text, constrained), ["app.run(a, a, key='x')", "app.run(b)"]);
    }

    #[test]
    fn what_stands_in_a_gate_does_not_count() {
        let text = "if DEBUG:\n    run(1)\nrun(2)\n";
        let mut source = oracle::source(
            &json!({"rule": {"pattern": "run($X)"}, "utils": {"gate": {"kind": "if_statement", "has": {"regex": "^DEBUG$"}}}}),
        );
        source.gate = Some("gate".into());
        let rule = CodeRule::compile(Language::Python, &source).unwrap();
        let hits = super::super::scan::find(Language::Python, text, &[(0, &rule)], std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(hits.iter().map(|hit| hit.line).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_match_is_cited_where_its_metavariable_stands() {
        let text = "entries = (\n    tracker\n    .all()\n    .where(1)\n)\n";
        let mut source = oracle::source(
            &json!({"rule": {"kind": "call", "has": {"field": "function", "kind": "attribute", "has": {"field": "attribute", "pattern": "$NAME", "regex": "^where$"}}}}),
        );
        for (cite, line) in [(None, 2), (Some("NAME"), 4), (Some("OTHER"), 2)] {
            source.cite = cite.map(Into::into);
            let rule = CodeRule::compile(Language::Python, &source).unwrap();
            let hits =
                super::super::scan::find(Language::Python, text, &[(0, &rule)], std::time::Duration::from_secs(60)).unwrap();
            assert_eq!(hits.iter().map(|hit| hit.line).collect::<Vec<_>>(), [line], "{cite:?}");
        }
    }
}
