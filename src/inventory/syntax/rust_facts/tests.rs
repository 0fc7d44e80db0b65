//! Tests of the facts of Rust files.

use super::*;

fn facts(text: &str) -> RustFacts {
    rust_facts(text).expect("brackets match")
}

fn receivers(text: &str) -> Vec<String> {
    facts(text).calls.into_iter().filter(|call| call.is_named("unwrap")).map(|call| call.receiver).collect()
}

#[test]
fn calls_know_their_place_function_and_handler() {
    let text = "\
async fn create(State(db): State<Db>, Json(body): Json<New>) -> Reply {
    let id = body.id.parse::<u32>().unwrap();
    println!(\"é {}\", id.checked_add(1).expect(\"x\"));
    fn helper() { panic!(\"no\") }
}
#[get(\"/x\")]
pub(crate) fn index() -> String { todo!() }
async fn load(path: &Path) -> u8 { read(path).await.unwrap() }
impl S { async fn plain(&self, q: u8) { dbg!(q); } }
static X: u8 = f().unwrap();
";
    let found: Vec<_> = facts(text)
        .calls
        .into_iter()
        .map(|c| (c.name, c.line, c.column, c.in_function.unwrap_or_default(), c.in_handler))
        .collect();
    let expected = [
        ("parse", 2, 22, "create", true),
        ("unwrap", 2, 37, "create", true),
        ("println", 3, 5, "create", true),
        ("checked_add", 3, 25, "create", true),
        ("expect", 3, 40, "create", true),
        ("panic", 4, 19, "helper", false),
        ("todo", 7, 35, "index", true),
        ("unwrap", 8, 53, "load", false),
        ("dbg", 9, 41, "plain", false),
        ("unwrap", 10, 20, "", false),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(n, l, c, f, h)| (n.to_owned(), l, c, f.to_owned(), h)).collect();
    assert_eq!(found, expected);
}

#[test]
fn handlers_of_each_framework_are_known() {
    for signature in [
        "async fn h(web::Path(id): web::Path<u32>)",
        "async fn h(form: web::Json<New>)",
        "async fn h(req: HttpRequest)",
        "#[post(\"/a\", data = \"<x>\")]\nfn h(x: Form<A>)",
        "#[actix_web::get(\"/a\")]\nasync fn h()",
        "#[handler]\npub async fn h()",
        "pub(crate) async fn h<T: Fn(u8) -> u8>(Query(q): Query<T>) -> impl Reply where T: Clone",
    ] {
        assert!(facts(&format!("{signature} {{ x.unwrap() }}")).calls[0].in_handler, "{signature}");
    }
    for signature in ["fn h(Json(x): Json<A>)", "async fn h(p: &Path)", "async fn h()", "#[get(\"/\")]\nstruct S; fn h()"] {
        assert!(!facts(&format!("{signature} {{ x.unwrap() }}")).calls[0].in_handler, "{signature}");
    }
}

#[test]
fn receivers_are_whole_expressions() {
    for (expression, receiver) in [
        ("env::var(\"X\")", "env::var(\"X\")"),
        ("std::env::var_os::<Vec<u8>>(a, b)", "std::env::var_os::<Vec<u8>>(a, b)"),
        ("a = req\n    .headers()\n    .get(\"x\")?", "req.headers().get(\"x\")?"),
        ("return (a + b)", "(a + b)"),
        ("0..list[1].0", "list[1].0"),
        ("if !serde_json::from_str(&body)", "serde_json::from_str(&body)"),
        ("&*lock", "lock"),
        ("format!(\"{}\", a)", "format!(\"{}\", a)"),
        ("x.await", "x.await"),
        ("f(a).b::<T>()", "f(a).b::<T>()"),
        ("match x { _ => y }", "{ _ => y }"),
        ("\"1\"", "\"1\""),
    ] {
        assert_eq!(receivers(&format!("fn f() {{ {expression}.unwrap() }}")), [receiver], "{expression}");
    }
    assert_eq!(receivers(&format!("{}.unwrap()", "é".repeat(500)))[0].chars().count(), 200);
}

#[test]
fn test_code_is_known_by_its_lines() {
    let text = "\
fn a() {}

#[cfg(test)]
#[allow(dead_code)]
mod tests {
    #[test]
    fn b() {}
}
#[tokio::test(flavor = \"x\")]
async fn c() {
}
#[cfg(not(test))]
fn d() {}
#[cfg(all(test, unix))]
use x::{y};
#[cfg_attr(test, derive(Debug))]
struct S { #[cfg(test)] a: u8, b: u8 }
";
    assert_eq!(facts(text).test_lines, [(3, 8), (9, 11), (14, 15), (17, 17)]);
    assert_eq!(facts("#![cfg(test)]\nfn a() {}\n").test_lines, [(1, 2)]);
    assert_eq!(facts("fn x() {}\nmod m {\n    #![cfg(test)]\n}\n").test_lines, [(2, 4)]);
    assert_eq!(facts("proptest! {\n    #[test]\n    fn a(x in 0..1) {\n    }\n}\n").test_lines, [(2, 4)]);
}

#[test]
fn what_only_looks_like_a_call_is_none() {
    let text = "// a.unwrap()\nfn f() { let s = \"b.unwrap()\"; c.unwrap; unwrap(); if !(d) {} e != (f); macro_rules! g { () => {} } r#\"h.unwrap()\"#; }";
    assert_eq!(facts(text).calls, []);
    assert!(facts("fn f() { vec![a.unwrap(), 'x', b'y'] }").calls.iter().any(|call| call.is_named("vec!")));
    assert!(!facts("fn f() { x.panic() }").calls[0].is_named("panic!"));
}

#[test]
fn texts_that_are_no_rust_do_no_harm() {
    for text in ["(", ")", "(]", "fn", "#", "#[", "#![]", "fn f", "fn f(", "fn f()", ".", "a.", "a.b::<", "!", "'", "#[]", "x!"] {
        let _ = rust_facts(text);
    }
    assert_eq!(rust_facts("fn f() { ( }"), None);
    assert_eq!(rust_facts(""), Some(RustFacts::default()));
}

#[test]
fn hostile_texts_take_linear_time() {
    // `syn` ends the process on most of these.
    for piece in [
        "!",
        "a.b().",
        "a.b()",
        "Vec<",
        "&",
        "fn f(",
        "fn f<",
        "#[test]",
        "#![test]",
        "a.b::<",
        "x!(",
        "|a|",
        "else if a {} ",
        "#[get]fn f(){",
        "é.a()",
    ] {
        let _ = rust_facts(&piece.repeat(60_000 / piece.len()));
    }
    let nested = format!("{}{}", "{a.unwrap();".repeat(10_000), "}".repeat(10_000));
    assert_eq!(facts(&nested).calls.len(), 10_000);
}
