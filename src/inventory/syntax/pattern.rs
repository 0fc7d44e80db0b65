//! Lets a rule's author write a bare pattern where the grammar alone would misread it.
//!
//! A grammar parses whole files. Some code is not one: a decorator, a `key: value` pair, a class member, and in Go even a call
//! (at the top of a file `http.Get(x)` reads as a type conversion). Such a pattern is put into a context in which it can stand
//! and the node that is exactly the pattern is selected: ast-grep's `{context: …, selector: …}`, found automatically. A pattern
//! that parses in no context is an error, not a rule that never matches.
//!
//! What an author has to know (`tests` below holds an example of each):
//! - Metavariables: `$NAME` is one node, `$$$` or `$$$NAME` any number of them. Names are upper case.
//! - Arguments count: `f($A)` is one argument. "With this keyword somewhere" is `f($$$, debug=True, $$$)`; `$$$` may stand for
//!   nothing there, also where ast-grep alone would insist on the comma (`variants`).
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

use ast_grep_core::matcher::{Pattern, PatternNode};
use ast_grep_core::tree_sitter::LanguageExt;
use ast_grep_core::{Language as _, Matcher as _};
use tree_sitter::{Node, Parser, Tree};

use super::grammar::Grammar;
use crate::model::language::Language;

/// A pattern as ast-grep reads it.
pub(super) struct CompiledPattern {
    pub(super) node: PatternNode,
    root_kind: Option<u16>,
}

impl CompiledPattern {
    fn new(pattern: Pattern) -> CompiledPattern {
        let kinds = pattern.potential_kinds();
        let root_kind = kinds.and_then(|kinds| kinds.iter().next()).and_then(|kind| u16::try_from(kind).ok());
        CompiledPattern { node: pattern.node, root_kind }
    }

    /// The kind of node that a pattern which is one metavariable was selected as.
    pub(super) fn root_kind(&self) -> Option<u16> {
        self.root_kind.filter(|_| matches!(self.node, PatternNode::MetaVar { .. }))
    }
}

impl std::fmt::Debug for CompiledPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledPattern").field("root_kind", &self.root_kind).finish_non_exhaustive()
    }
}

/// Compiles a pattern with its variants: bare code, or the first node of the kind `selector` in it.
pub(super) fn compile(language: Language, text: &str, selector: Option<&str>) -> Result<Vec<CompiledPattern>, String> {
    let first = compile_one(language, text, selector)?;
    // A variant that is no code of its own is no variant.
    let others = variants(text).into_iter().skip(1).filter_map(|variant| compile_one(language, &variant, selector).ok());
    Ok(std::iter::once(first).chain(others).collect())
}

fn compile_one(language: Language, text: &str, selector: Option<&str>) -> Result<CompiledPattern, String> {
    let grammar = Grammar(language);
    let pattern = match selector {
        Some(selector) => {
            check_contextual(language, text, selector)?;
            Pattern::contextual(text, selector, grammar)
        }
        None => match resolve(language, text)? {
            Resolved::Bare => Pattern::try_new(text.trim(), grammar),
            Resolved::Within { context, selector } => Pattern::contextual(&context, &selector, grammar),
        },
    };
    pattern.map(CompiledPattern::new).map_err(|error| error.to_string())
}

/// For tests: the pattern and its variants as ast-grep takes them.
#[cfg(test)]
pub(super) fn readings(language: Language, text: &str, selector: Option<&str>) -> Vec<serde_json::Value> {
    let reading = |text: &str| match (selector, resolve(language, text)) {
        (Some(selector), _) => Some(serde_json::json!({ "context": text, "selector": selector })),
        (None, Ok(Resolved::Bare)) => Some(text.trim().into()),
        (None, Ok(Resolved::Within { context, selector })) => {
            Some(serde_json::json!({ "context": context, "selector": selector }))
        }
        (None, Err(_)) => None,
    };
    variants(text).iter().filter(|text| compile_one(language, text, selector).is_ok()).filter_map(|text| reading(text)).collect()
}

/// How to hand a pattern to ast-grep.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Resolved {
    /// As it is.
    Bare,
    /// The first node of kind `selector` in `context` is the pattern.
    Within { context: String, selector: String },
}

/// Finds the reading of a bare pattern.
fn resolve(language: Language, pattern: &str) -> Result<Resolved, String> {
    let pattern = pattern.trim();
    if is_metavariable(pattern) {
        return Ok(Resolved::Bare);
    }
    let grammar = Grammar(language);
    let bare = bare_kind(grammar, pattern);
    // Statements stand alone in Go's grammar, but are read differently there.
    if language != Language::Go && bare.as_ref().is_some_and(|kind| !is_misread(language, pattern, kind)) {
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

/// `$NAME`: one node of any kind. In a context it would be taken for a node of the kind that stands there.
fn is_metavariable(pattern: &str) -> bool {
    let name = pattern.strip_prefix("$$").or_else(|| pattern.strip_prefix('$')).unwrap_or("");
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A pattern and what else its author means: `$$$` stands for any number of nodes, none included, but to ast-grep the comma
/// before a last `$$$` is a node that has to be there. Each such comma doubles the variants, so only the first few count.
fn variants(pattern: &str) -> Vec<String> {
    const MOST: usize = 3;
    let mut out = vec![pattern.to_string()];
    // From the right, so that the offsets of the others stay true.
    for (start, end) in last_ellipses(pattern).into_iter().rev().take(MOST) {
        let without: Vec<String> = out.iter().map(|variant| format!("{}{}", &variant[..start], &variant[end..])).collect();
        out.extend(without);
    }
    out
}

/// Where `, $$$` or `, $$$NAME` stands before a closing bracket.
fn last_ellipses(pattern: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (comma, _) in pattern.match_indices(',') {
        let Some(name) = pattern[comma + 1..].trim_start().strip_prefix("$$$") else { continue };
        let rest = name.trim_start_matches(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_').trim_start();
        if rest.starts_with([')', ']', '}']) {
            out.push((comma, pattern.len() - rest.len()));
        }
    }
    out
}

/// Checks what an author wrote with a selector.
fn check_contextual(language: Language, context: &str, selector: &str) -> Result<(), String> {
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
        // At the top of a file a call is a conversion; `Key: value` in a body is a label.
        Language::Go => matches!(kind, "labeled_statement" | "type_conversion_expression"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => match kind {
            "labeled_statement" => true,
            "statement_block" => pattern.starts_with('{'),
            // An attribute of JSX is written without spaces.
            "assignment_expression" | "field_definition" | "public_field_definition" => pattern.contains("={"),
            _ => false,
        },
        Language::CSharp => pattern.starts_with('[') && kind != "attribute_list",
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
        Language::Kotlin => &[("", "\nclass C"), ("fun f() { ", " }"), ("class C { ", " }"), ("val x = ", "\n"), ("f(", ")")],
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
    let mut broken = false;
    while is_single(node) {
        broken |= node.is_error();
        node = node.child(0)?;
    }
    // A name alone is no program, but ast-grep reads the name.
    let is_name = node.is_named() && node.child_count() == 0;
    (!node.has_error() && !node.is_error() && (!broken || is_name)).then(|| node.kind().to_string())
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
    if !is_pattern || node.parent().is_none() || is_misread(grammar.0, &context[start..start + length], node.kind()) {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::inventory::syntax::rule::oracle::source as written;
    use crate::inventory::syntax::scan::find;
    use crate::inventory::syntax::{CodeRule, Mask, Prefilter, Syntax};

    /// The pattern matches at every line that holds `HIT`, and at no other; every match holds what the prefilter requires.
    fn check(language: Language, pattern: &str, code: &str) {
        let source = written(&serde_json::json!({ "rule": { "pattern": pattern } }));
        CodeRule::verify(language, &source).unwrap_or_else(|e| panic!("{e:?}"));
        let rule = CodeRule::compile(language, &source).unwrap_or_else(|e| panic!("{e:?}"));
        let hits = find(language, code, &[(0, &rule)], Duration::from_secs(60)).unwrap_or_else(|e| panic!("{e}"));
        let prefilter = Prefilter::from_rule(language, &source);
        for hit in &hits {
            assert!(prefilter.accepts(&code[hit.start..hit.end], None), "{pattern}: {prefilter:?} in {hit:?}");
        }
        let mask = Mask::new(Syntax::from(language), code);
        assert!(hits.is_empty() || prefilter.accepts(code, Some(&mask)), "{pattern}: {prefilter:?} in\n{code}");
        let found: Vec<u32> = hits.iter().map(|hit| hit.line).collect();
        let is_wanted = |(i, line): (usize, &str)| line.contains("HIT").then_some(i as u32 + 1);
        let wanted: Vec<u32> = code.lines().enumerate().filter_map(is_wanted).collect();
        assert_eq!(found, wanted, "{language}: {pattern} in\n{code}\n{:?}", resolve(language, pattern));
    }

    #[test]
    fn python_patterns() {
        let code = "import x\napp.add_middleware(Cors, allow=['*'])  # HIT\napp.add_middleware()  # HIT\napp.other(1)\n";
        check(Language::Python, "app.add_middleware($$$A)", code);
        check(
            Language::Python,
            "f($$$, debug=True, $$$)",
            "f(1, debug=True, x=2)  # HIT\nf(debug=True)  # HIT\nf(debug=False)\n",
        );
        let decorated = "@app.route('/x')  # HIT\ndef a():\n    pass\n\n@other\n@app.route()  # HIT\nclass B:\n    pass\n";
        check(Language::Python, "@app.route($$$)", decorated);
        check(Language::Python, "except Exception: pass", "try:\n    a()\nexcept Exception: pass  # HIT\n");
        check(Language::Python, "'debug': True", "x = {'debug': True}  # HIT\ny = {'debug': False}\n");
        check(Language::Python, "from flask import $X", "from flask import Flask  # HIT\nfrom x import y\n");
        check(Language::Python, "DEBUG = True", "DEBUG = True  # HIT\nif x:\n    DEBUG = True  # HIT\nf(DEBUG=True)\n");
        check(Language::Python, "async def $F($$$): $$$", "async def a(x):  # HIT\n    pass\ndef b():\n    pass\n");
    }

    #[test]
    fn javascript_and_typescript_patterns() {
        for language in [Language::JavaScript, Language::TypeScript, Language::Tsx] {
            check(language, "app.use($$$)", "app.use(cors({ origin: '*' })); // HIT\nfoo.use(1);\n");
            check(language, "origin: '*'", "cors({ origin: '*' }); // HIT\ncors({ origin: 'x' });\n");
            check(language, "{ origin: $X }", "cors({ origin: '*' }); // HIT\n{ origin: foo; }\n");
            check(language, "await $X", "async function f() {\n  await g(); // HIT\n}\n");
            check(language, "new Pool($$$)", "const p = new Pool({ max: 5 }); // HIT\n");
            check(language, "process.env.$KEY || $D", "const x = process.env.PORT || 3000; // HIT\n");
            check(language, "const $X = require('express')", "const e = require('express'); // HIT\n");
            check(language, "import $X from 'express'", "import e from 'express'; // HIT\n");
        }
        for language in [Language::TypeScript, Language::Tsx] {
            check(
                language,
                "@UseGuards($$$)",
                "@UseGuards(A, B) // HIT\nclass C {\n  @UseGuards() // HIT\n  m() {}\n  @Get()\n  n() {}\n}\n",
            );
        }
        for language in [Language::JavaScript, Language::Tsx] {
            let code = "const a = <p dangerouslySetInnerHTML={{ __html: x }} />; // HIT\nconst b = <p className=\"x\" />;\n";
            check(language, "dangerouslySetInnerHTML={$X}", code);
            check(language, "<img $$$ />", "const a = <img src=\"a\" alt=\"b\" />; // HIT\nconst b = <p />;\n");
        }
    }

    #[test]
    fn go_patterns() {
        let code = "package main\nfunc main() {\n\thttp.Get(u) // HIT\n\tx, err := http.Get(\"a\") // HIT\n\thttp.Post(u)\n}\n";
        check(Language::Go, "http.Get($U)", code);
        let code = "package main\nvar c = cors.Config{AllowAllOrigins: true} // HIT\nfunc f() {\n\tr.Use(cors.New(cors.Config{})) // HIT\n\tx := &cors.Config{A: 1, B: 2} // HIT\n}\n";
        check(Language::Go, "cors.Config{$$$}", code);
        check(
            Language::Go,
            "AllowAllOrigins: true",
            "package main\nvar c = cors.Config{\n\tAllowAllOrigins: true, // HIT\n\tX: true,\n}\n",
        );
        check(Language::Go, "r.Use($$$)", "package main\nfunc f() {\n\tr.Use(a, b()) // HIT\n\tdefer r.Use() // HIT\n}\n");
        check(Language::Go, "func main() { $$$ }", "package main\nfunc main() { // HIT\n\tf()\n}\n");
        check(Language::Go, "$S := &http.Server{$$$}", "package main\nfunc f() {\n\ts := &http.Server{Addr: a} // HIT\n}\n");
        check(Language::Go, "go $F($$$)", "package main\nfunc f() {\n\tgo work(1) // HIT\n\twork(2)\n}\n");
        check(Language::Go, "if err != nil { $$$ }", "package main\nfunc f() {\n\tif err != nil { // HIT\n\t\treturn\n\t}\n}\n");
    }

    #[test]
    fn java_and_kotlin_patterns() {
        let java = "class C {\n  void m() {\n    http.csrf(c -> c.disable()); // HIT\n    http.csrf().disable(); // HIT\n    other.csrf();\n  }\n}\n";
        check(Language::Java, "http.csrf($$$)", java);
        check(
            Language::Java,
            "@CrossOrigin($$$)",
            "@CrossOrigin(origins = \"*\") // HIT\nclass C {\n  @CrossOrigin(\"x\") // HIT\n  void m() {}\n  @Other(1)\n  int x;\n}\n",
        );
        check(Language::Java, "@RestController", "@RestController // HIT\nclass C {}\n@Controller\nclass D {}\n");
        check(
            Language::Java,
            "new RestTemplate()",
            "class C {\n  Object a = new RestTemplate(); // HIT\n  Object b = new Other();\n}\n",
        );
        check(Language::Java, "e.printStackTrace();", "class C {\n  void m() {\n    e.printStackTrace(); // HIT\n  }\n}\n");
        check(Language::Kotlin, "http.csrf($$$)", "fun f() {\n  http.csrf(1) // HIT\n  http.cors(1)\n}\n");
        check(Language::Kotlin, "http.csrf { $$$ }", "fun f() {\n  http.csrf { disable() } // HIT\n  http.cors { x }\n}\n");
        check(
            Language::Kotlin,
            "install(CORS) { $$$ }",
            "fun Application.m() {\n  install(CORS) { // HIT\n    anyHost()\n  }\n}\n",
        );
        check(Language::Kotlin, "anyHost()", "fun Application.m() {\n  install(CORS) {\n    anyHost() // HIT\n  }\n}\n");
        check(Language::Kotlin, "@RestController", "@RestController // HIT\nclass C\n@Other\nclass D\n");
        check(Language::Kotlin, "@CrossOrigin($$$)", "@CrossOrigin(\"*\") // HIT\nclass C\n@Other(1)\nclass D\n");
    }

    #[test]
    fn ruby_and_php_patterns() {
        let ruby = "Rails.application.configure do\n  config.force_ssl = true # HIT\n  config.force_ssl = false\nend\n";
        check(Language::Ruby, "config.force_ssl = true", ruby);
        check(Language::Ruby, "origins '*'", "allow do\n  origins '*' # HIT\n  origins 'x'\nend\n");
        check(Language::Ruby, "use Rack::Attack", "use Rack::Attack # HIT\nuse Other\n");
        check(Language::Ruby, "skip_before_action $X, $$$", "class C\n  skip_before_action :verify, only: [:a] # HIT\nend\n");
        check(Language::Ruby, "verify: false", "f(verify: false) # HIT\nf(verify: true)\n");
        let php = "<?php\nRoute::get('/x', [A::class, 'b']); // HIT\nRoute::post('/x');\n";
        check(Language::Php, "Route::get($$$)", php);
        check(Language::Php, "$app->run($$$)", "<?php\n$app->run(); // HIT\n$x->run();\n");
        check(Language::Php, "'debug' => true", "<?php\nreturn [\n  'debug' => true, // HIT\n  'x' => true,\n];\n");
        check(Language::Php, "env($K, $D)", "<?php\n$a = env('A', true); // HIT\n$b = env('B');\n");
        check(Language::Php, "$X->disableCsrf()", "<?php\n$app->disableCsrf(); // HIT\n$this->y->disableCsrf(); // HIT\n");
    }

    #[test]
    fn php_files_with_html_and_without_tags() {
        let mixed = "<html>don't <b>\n<?php Route::get('/x'); // HIT ?>\n</b><?= Route::get('/y') /* HIT */ ?>\n<p>Route::get('/z')</p>\n<?php if ($a): ?>\n<i></i>\n<?php Route::get('/w') /* HIT */ ?>\n<?php endif; ?>\n";
        check(Language::Php, "Route::get($$$)", mixed);
        check(Language::Php, "Route::get($$$)", "Route::get('/x'); // HIT\n");
    }

    #[test]
    fn csharp_and_rust_patterns() {
        let csharp = "var app = b.Build();\napp.UseHttpsRedirection(); // HIT\nclass C {\n  void M(App app) {\n    app.UseHttpsRedirection(); // HIT\n    app.UseHsts();\n  }\n}\n";
        check(Language::CSharp, "app.UseHttpsRedirection()", csharp);
        check(
            Language::CSharp,
            "[Authorize]",
            "[Authorize] // HIT\nclass C {\n  [Authorize] // HIT\n  void M() {}\n  [Other]\n  void N() {}\n}\n",
        );
        check(Language::CSharp, "$X.AllowAnyOrigin()", "s.AddCors(o => o.AddPolicy(\"x\", p => p.AllowAnyOrigin())); // HIT\n");
        check(Language::CSharp, "new HttpClient()", "class C {\n  object a = new HttpClient(); // HIT\n}\n");
        check(
            Language::Rust,
            "CorsLayer::permissive()",
            "fn f() {\n    let app = Router::new().layer(CorsLayer::permissive()); // HIT\n    CorsLayer::new();\n}\n",
        );
        check(Language::Rust, "$X.unwrap()", "fn f() {\n    a.b().unwrap(); // HIT\n    c?;\n}\n");
        check(Language::Rust, "println!($$$)", "fn f() {\n    println!(\"a {}\", b); // HIT\n    print!(\"a\");\n}\n");
        check(Language::Rust, "#[tokio::main]", "#[tokio::main] // HIT\nasync fn main() {}\n#[test]\nfn t() {}\n");
        check(
            Language::Rust,
            "S { debug: true, $$$ }",
            "fn f() {\n    let a = S { debug: true, x: 1 }; // HIT\n    let b = S { x: 1 };\n}\n",
        );
        check(
            Language::Rust,
            "debug: true",
            "fn f() {\n    let a = S {\n        debug: true, // HIT\n        x: true,\n    };\n}\n",
        );
    }

    #[test]
    fn an_ellipsis_may_stand_for_nothing() {
        assert_eq!(variants("f($A, $$$)"), ["f($A, $$$)", "f($A)"]);
        assert_eq!(variants("f($$$, a, $$$ARGS )"), ["f($$$, a, $$$ARGS )", "f($$$, a)"]);
        assert_eq!(variants("f(g($A, $$$), $$$)").len(), 4);
        assert_eq!(variants("f($$$)"), ["f($$$)"]);
        check(Language::JavaScript, "app.get($P, $$$)", "app.get('/x'); // HIT\napp.get('/x', a, b); // HIT\napp.get();\n");
        check(
            Language::Go,
            "cors.Config{A: true, $$$}",
            "package p\nvar a = cors.Config{A: true} // HIT\nvar b = cors.Config{A: true, B: 1} // HIT\nvar c = cors.Config{B: 1}\n",
        );
    }

    #[test]
    fn a_metavariable_alone_is_a_node_of_any_kind() {
        for (language, code) in [
            (Language::Go, "package main\nfunc zebra() {} // HIT\n"),
            (Language::Go, "package main\ntype Zebra struct{ zebra int } // HIT\n"),
            (Language::Go, "package main\nvar a = b.zebra // HIT\nvar c = \"zebra\"// HIT\n"),
            (Language::Python, "def zebra(): pass # HIT\n"),
            (Language::Rust, "fn zebra() {} // HIT\n"),
        ] {
            let source = written(&serde_json::json!({ "rule": { "pattern": "$NAME", "regex": "^\"?zebra\"?$" } }));
            let rule = CodeRule::compile(language, &source).unwrap();
            let lines: std::collections::BTreeSet<u32> =
                find(language, code, &[(0, &rule)], Duration::from_secs(60)).unwrap().iter().map(|hit| hit.line).collect();
            let wanted = (1..).zip(code.lines()).filter(|(_, line)| line.contains("HIT")).map(|(number, _)| number).collect();
            assert_eq!(lines, wanted, "{language}: {code}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for (language, pattern) in
            [(Language::Python, "def ("), (Language::Go, "func ("), (Language::Java, "class {"), (Language::Rust, ")")]
        {
            let error = resolve(language, pattern).expect_err(pattern);
            assert!(error.contains(pattern) && error.contains(language.as_str()), "{error}");
        }
        assert!(check_contextual(Language::Go, "func f() { a( }", "call_expression").is_err());
        assert!(check_contextual(Language::Go, "func f() { a() }", "no_such").unwrap_err().contains("no_such"));
        assert!(check_contextual(Language::Go, "func f() { a() }", "import_spec").unwrap_err().contains("holds no node"));
        assert_eq!(check_contextual(Language::Go, "func f() { a() }", "call_expression"), Ok(()));
    }
}
