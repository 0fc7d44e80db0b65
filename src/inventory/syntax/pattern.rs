//! Lets a rule's author write a bare pattern where the grammar alone would misread it.
//!
//! A grammar parses whole files. Some code is not one: a decorator, a `key: value` pair, a class member, and in Go even a call
//! (at the top of a file `http.Get(x)` reads as a type conversion). Such a pattern is put into a context in which it can stand
//! and the node that is exactly the pattern is selected: ast-grep's `{context: …, selector: …}`, found automatically. A pattern
//! that parses in no context is an error, not a rule that never matches.
//!
//! What an author has to know (`tests` below holds an example of each):
//! - Metavariables: `$NAME` is one node, `$$$` or `$$$NAME` any number of them. Names are upper case.
//! - Arguments count: `f($A)` is one argument. "With this keyword somewhere" is `f($$$, debug=True, $$$)`.
//! - `debug=True` alone is an assignment in Python, Ruby and Kotlin. For the argument write
//!   `{context: "f(debug=True)", selector: keyword_argument}`.
//! - `origin: "*"` alone is a pair in JavaScript, TypeScript, Ruby, Python and a keyed element in Go; `{…}` alone in JavaScript
//!   and TypeScript is an object, not a block.
//! - `@Name($$$)` is a decorator or an annotation; `@Name` is one without arguments, a different node: list both under `any`.
//!   `[Name]` alone in C# is an attribute list.
//! - A string in a pattern matches in the same quotes only where the grammar makes the quotes' kind part of the tree: write both
//!   under `any`, or use a metavariable with a `regex` constraint.
//! - Strings are compared with their text: `'$A'` is a string with any content, `'x$A'` is not a metavariable.
//! - A JavaScript rule sees no TypeScript: give the rule once per language (`javascript`, `typescript`, `tsx`).
//!
//! To add a context: a prefix and a suffix in `contexts`; they may hold no metavariable.

use ast_grep_core::Language as _;
use ast_grep_core::tree_sitter::LanguageExt;
use tree_sitter::{Node, Parser, Tree};

use super::grammar::Grammar;
use crate::model::language::Language;

/// How to hand a pattern to ast-grep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// As it is.
    Bare,
    /// The first node of kind `selector` in `context` is the pattern.
    Within { context: String, selector: String },
}

/// Finds the reading of a bare pattern.
pub(super) fn resolve(language: Language, pattern: &str) -> Result<Resolved, String> {
    let pattern = pattern.trim();
    let grammar = Grammar(language);
    let bare = bare_kind(grammar, pattern);
    let misread = match &bare {
        Some(kind) => is_misread(language, pattern, kind),
        None => true,
    };
    if !misread {
        return Ok(Resolved::Bare);
    }
    for (prefix, suffix) in contexts(language) {
        let context = format!("{prefix}{pattern}{suffix}");
        if let Some(selector) = selector_within(grammar, &context, prefix.len(), pattern.len()) {
            return Ok(Resolved::Within { context, selector });
        }
    }
    if bare.is_some() {
        return Ok(Resolved::Bare);
    }
    Err(format!(
        "the pattern `{pattern}` cannot be read as {language}: write code that can stand alone, or `{{context: <code around \
         it>, selector: <kind of the node meant>}}`"
    ))
}

/// Checks what an author wrote with a selector.
pub(super) fn check_contextual(language: Language, context: &str, selector: &str) -> Result<(), String> {
    let grammar = Grammar(language);
    if grammar.kind_to_id(selector) == 0 {
        return Err(format!("the selector `{selector}` is no node kind of {language}"));
    }
    let source = grammar.pre_process_pattern(context);
    let tree = parse(grammar, &source).ok_or_else(|| "the context cannot be parsed".to_string())?;
    let node = first_of_kind(&tree, selector)
        .ok_or_else(|| format!("the context `{context}` holds no node of the kind `{selector}`"))?;
    if node.has_error() {
        return Err(format!("the context `{context}` is not valid {language}"));
    }
    Ok(())
}

/// Parses that succeed but mean something nobody looks for.
fn is_misread(language: Language, pattern: &str, kind: &str) -> bool {
    match language {
        // At the top of a file a call is a conversion.
        Language::Go => true,
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            kind == "labeled_statement" || (kind == "statement_block" && pattern.starts_with('{'))
        }
        Language::CSharp => pattern.starts_with('['),
        _ => false,
    }
}

/// Code around a pattern, the likeliest reading first.
fn contexts(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Python => &[
            ("", "\ndef f(): pass\n"),
            ("f({", "})"),
            ("f(", ")"),
            ("try:\n    pass\n", "\n"),
            ("try:\n    pass\n", "\n    pass\n"),
            ("def f(", "): pass\n"),
        ],
        Language::JavaScript | Language::TypeScript | Language::Tsx => &[
            ("(", ")"),
            ("({", "})"),
            ("class C { ", " m() {} }"),
            ("class C { ", " }"),
            ("<a ", " />"),
            ("class C { m(", ") {} }"),
            ("async function f() { ", " }"),
        ],
        Language::Go => &[
            ("package p\nfunc f() {\n", "\n}\n"),
            ("package p\nvar _ = ", "\n"),
            ("package p\nvar _ = T{", "}\n"),
            ("package p\ntype T struct {\n", "\n}\n"),
            ("package p\nvar _ ", "\n"),
        ],
        Language::Java => &[
            ("class C { Object o = ", "; }"),
            ("class C { void m() { ", " } }"),
            ("class C { void m() { ", "; } }"),
            ("class C { ", " }"),
            ("", " class C {}"),
            ("@A(", ") class C {}"),
        ],
        Language::Kotlin => {
            &[("", "\nclass C"), ("fun f() { ", " }"), ("class C { ", " }"), ("val x = ", "\n"), ("f(", ")")]
        }
        Language::Ruby => &[("f(", ")"), ("begin\n  x\n", "\nend\n"), ("class C\n", "\nend\n")],
        Language::Php => &[("", ";"), ("f([", "]);"), ("", " class C {}"), ("class C { ", " }"), ("f(", ");")],
        Language::CSharp => &[
            ("", " class C { }"),
            ("class C { object o = ", "; }"),
            ("class C { void M() { ", "; } }"),
            ("class C { void M() { ", " } }"),
            ("class C { ", " }"),
            ("class C { void M() { f(", "); } }"),
        ],
        Language::Rust => &[
            ("fn f() { let _ = ", "; }"),
            ("fn f() { ", " }"),
            ("fn f() { let _ = S { ", " }; }"),
            ("impl S { ", " }"),
            ("", " fn f() {}"),
            ("fn f() { match x { ", " } }"),
        ],
    }
}

fn parse(grammar: Grammar, source: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&grammar.get_ts_language()).ok()?;
    parser.parse(source, None)
}

/// The kind of the one node a bare pattern is, if it is one and free of errors. Follows ast-grep's own descent.
fn bare_kind(grammar: Grammar, pattern: &str) -> Option<String> {
    let source = grammar.pre_process_pattern(pattern);
    let tree = parse(grammar, &source)?;
    let mut node = tree.root_node();
    if !is_single(node) {
        return None;
    }
    while is_single(node) {
        node = node.child(0)?;
    }
    (!node.has_error() && !node.is_error()).then(|| node.kind().to_string())
}

fn is_single(node: Node) -> bool {
    match node.child_count() {
        1 => true,
        2 => node.child(1).is_some_and(|child| child.is_missing() || child.kind().is_empty()),
        _ => false,
    }
}

/// The kind of the smallest named node that is exactly the pattern, if that is the context's first node of this kind.
fn selector_within(grammar: Grammar, context: &str, start: usize, length: usize) -> Option<String> {
    let before = grammar.pre_process_pattern(&context[..start]).len();
    let end = before + grammar.pre_process_pattern(&context[start..start + length]).len();
    let source = grammar.pre_process_pattern(context);
    let tree = parse(grammar, &source)?;
    if tree.root_node().has_error() {
        return None;
    }
    let node = tree.root_node().named_descendant_for_byte_range(before, end)?;
    let text = source.get(node.byte_range())?;
    let is_pattern = node.start_byte() == before && node.start_byte() + text.trim_end().len() == end;
    if !is_pattern || node.parent().is_none() {
        return None;
    }
    let first = first_of_kind(&tree, node.kind())?;
    (first.id() == node.id()).then(|| node.kind().to_string())
}

fn first_of_kind<'tree>(tree: &'tree Tree, kind: &str) -> Option<Node<'tree>> {
    let mut cursor = tree.walk();
    loop {
        if cursor.node().kind() == kind && cursor.node().is_named() {
            return Some(cursor.node());
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
        }
    }
}
