//! Facts of a Rust file that need scope: which lines are test code, which calls stand in which function, on what receiver.
//!
//! To know another framework's handlers: its route attributes in `ROUTES`, its extractors in `EXTRACTORS`. To know another test
//! attribute: `TESTS`.

mod receiver;
mod tokens;

use receiver::receiver;
use tokens::{Kind, Token, tokens};

/// Attributes (their last path segment) of a function that is a test.
const TESTS: &[&str] = &["test", "bench", "rstest", "test_case", "wasm_bindgen_test", "quickcheck"];
/// Attributes of a request handler of actix, rocket, salvo and poem.
const ROUTES: &[&str] =
    &["get", "post", "put", "delete", "patch", "head", "options", "route", "connect", "trace", "handler", "endpoint"];
/// Generic argument types of a request handler of axum.
const EXTRACTORS: &[&str] = &["State", "Json", "Path", "Query", "Form", "Extension", "ConnectInfo", "TypedHeader"];
/// Argument types of a request handler that are not generic.
const PLAIN_EXTRACTORS: &[&str] = &["HttpRequest", "Multipart", "WebSocketUpgrade", "CookieJar", "HeaderMap"];
/// Longest head of an item that is read to its end, in tokens, brackets counted as one.
const MAX_HEAD: usize = 1_024;
/// Words before `fn` and after its attributes.
const MODIFIERS: &[&str] = &["pub", "async", "unsafe", "const", "extern", "default"];

/// What a Rust file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RustFacts {
    /// First and last 1-based line of each stretch of test code, attributes included; ascending, without overlaps.
    pub test_lines: Vec<(u32, u32)>,
    /// Every method call and macro call, also inside of macros, in the order of the text.
    pub calls: Vec<RustCall>,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RustCallKind {
    MethodCall,
    Macro,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustCall {
    pub kind: RustCallKind,
    /// Of a macro without its `!`.
    pub name: String,
    /// 1-based line of the name.
    pub line: u32,
    /// 1-based column of the name, in characters.
    pub column: u32,
    /// The innermost named function around the call.
    pub in_function: Option<String>,
    /// That function answers requests: a route attribute, or `async` with an argument that takes a request apart.
    pub in_handler: bool,
    /// The expression the method is called on, on one line, cut after 200 characters: `env::var("X")`. Empty for macros.
    pub receiver: String,
}

impl RustCall {
    /// Is this a call of the method `unwrap`, of the macro `println!`?
    pub fn is_named(&self, name: &str) -> bool {
        match self.kind {
            RustCallKind::MethodCall => name == self.name,
            RustCallKind::Macro => name.strip_suffix('!') == Some(&self.name),
        }
    }
}

/// Reads a file; `None` if its brackets do not match.
pub fn rust_facts(text: &str) -> Option<RustFacts> {
    let tokens = tokens(text)?;
    let mut reader =
        Reader { text, tokens: &tokens, around: Vec::new(), functions: Vec::new(), tests: Vec::new(), is_route: false };
    let mut calls = Vec::new();
    let mut place = Place::new(text);
    let mut at = 0;
    while at < tokens.len() {
        if let Some(after) = reader.attribute(at) {
            at = after;
            continue;
        }
        reader.enter(at);
        if let Some((kind, name)) = reader.call(at) {
            let function = reader.function_at(at);
            let (line, column) = place.of(tokens[name].start);
            calls.push(RustCall {
                kind,
                name: reader.text_of(name).to_owned(),
                line,
                column,
                in_function: function.map(|f| f.name.to_owned()),
                in_handler: function.is_some_and(|f| f.is_handler),
                receiver: if kind == RustCallKind::MethodCall { receiver(text, &tokens, at) } else { String::new() },
            });
        }
        at += 1;
    }
    let test_lines = lines_of(text, reader.tests);
    Some(RustFacts { test_lines, calls })
}

/// A function and the tokens of its body.
struct Function<'t> {
    name: &'t str,
    is_handler: bool,
    body: (usize, usize),
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    /// The brackets around the token read, the innermost last.
    around: Vec<usize>,
    /// The functions around the token read, the innermost last.
    functions: Vec<Function<'t>>,
    /// Byte offsets of test code.
    tests: Vec<(usize, usize)>,
    /// An attribute of the item read says that it answers requests.
    is_route: bool,
}

impl<'t> Reader<'t> {
    fn text_of(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| &self.text[token.start..token.end])
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is_name(&self, at: usize, name: &str) -> bool {
        self.kind(at) == Some(Kind::Name) && self.text_of(at) == name
    }

    /// Reads the attribute at `at`, if there is one, and says where it ends.
    fn attribute(&mut self, at: usize) -> Option<usize> {
        if self.kind(at) != Some(Kind::Punct(b'#')) {
            return None;
        }
        let is_inner = self.kind(at + 1) == Some(Kind::Punct(b'!'));
        let open = at + 1 + usize::from(is_inner);
        if self.kind(open) != Some(Kind::Open(b'[')) {
            return None;
        }
        let close = self.tokens[open].pair;
        if self.is_test(open + 1, close) {
            let (start, end) = if is_inner { self.block() } else { (self.tokens[at].start, self.item_end(close + 1)) };
            self.tests.push((start, end));
        }
        self.is_route |= ROUTES.contains(&self.path_end(open + 1, close));
        Some(close + 1)
    }

    /// The last segment of the path an attribute begins with.
    fn path_end(&self, from: usize, close: usize) -> &'t str {
        let mut at = from;
        while at + 3 < close && self.kind(at + 1) == Some(Kind::Punct(b':')) && self.kind(at + 2) == Some(Kind::Punct(b':')) {
            at += 3;
        }
        self.text_of(at)
    }

    fn is_test(&self, from: usize, close: usize) -> bool {
        let name = self.path_end(from, close);
        if name != "cfg" {
            return TESTS.contains(&name);
        }
        let mut at = from;
        while at < close {
            if self.is_name(at, "not") && self.kind(at + 1) == Some(Kind::Open(b'(')) {
                at = self.tokens[at + 1].pair;
            } else if self.is_name(at, "test") {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The offset after the item that begins at `from`: its body, its semicolon, or where a list goes on or ends.
    fn item_end(&self, from: usize) -> usize {
        let mut at = from;
        for _ in 0..MAX_HEAD {
            let Some(token) = self.tokens.get(at) else { break };
            match token.kind {
                Kind::Open(b'{') => return self.tokens[token.pair].end,
                Kind::Open(_) => at = token.pair,
                Kind::Punct(b';' | b',') | Kind::Close(_) => return token.end,
                _ => {}
            }
            at += 1;
        }
        self.tokens.get(at).map_or(self.text.len(), |token| token.start)
    }

    /// The offsets of the block around the token read, or of the whole file.
    fn block(&self) -> (usize, usize) {
        let whole = (0, self.text.len());
        self.around.last().map_or(whole, |open| (self.tokens[*open].start, self.tokens[self.tokens[*open].pair].end))
    }

    /// Leaves the functions that end before `at` and enters the one whose `fn` is there.
    fn enter(&mut self, at: usize) {
        match self.kind(at) {
            Some(Kind::Open(_)) => self.around.push(at),
            Some(Kind::Close(_)) => {
                self.around.pop();
            }
            _ => {}
        }
        while self.functions.last().is_some_and(|function| function.body.1 < at) {
            self.functions.pop();
        }
        if self.is_name(at, "fn") && self.kind(at + 1) == Some(Kind::Name) {
            self.functions.extend(self.function(at));
        }
        let is_modifier = match self.kind(at) {
            Some(Kind::Name) => MODIFIERS.contains(&self.text_of(at)) || matches!(self.text_of(at), "crate" | "super" | "in"),
            Some(Kind::Literal | Kind::Open(b'(') | Kind::Close(b')')) => true,
            _ => false,
        };
        self.is_route &= is_modifier;
    }

    fn function(&self, at: usize) -> Option<Function<'t>> {
        let arguments = self.arguments(at + 2)?;
        let after = self.tokens[arguments].pair;
        let open = self.head_until(after + 1, |kind, _| kind == Kind::Open(b'{'))?;
        let is_async = (1..=5)
            .map_while(|back| at.checked_sub(back))
            .take_while(|before| MODIFIERS.contains(&self.text_of(*before)) || self.kind(*before) == Some(Kind::Literal))
            .any(|before| self.text_of(before) == "async");
        let is_handler = self.is_route || (is_async && self.takes_request(arguments, after));
        Some(Function { name: self.text_of(at + 1), is_handler, body: (open, self.tokens[open].pair) })
    }

    /// The bracket of a function's arguments, behind its type parameters.
    fn arguments(&self, from: usize) -> Option<usize> {
        let mut angles = 0usize;
        self.head_until(from, |kind, at| {
            match kind {
                Kind::Open(b'(') => return angles == 0,
                Kind::Punct(b'<') => angles += 1,
                Kind::Punct(b'>') if self.kind(at - 1) != Some(Kind::Punct(b'-')) => angles = angles.saturating_sub(1),
                _ => {}
            }
            false
        })
    }

    /// The first token that is wanted, brackets passed in one step, before the item's head ends.
    fn head_until(&self, from: usize, mut is_wanted: impl FnMut(Kind, usize) -> bool) -> Option<usize> {
        let mut at = from;
        for _ in 0..MAX_HEAD {
            let kind = self.kind(at)?;
            if is_wanted(kind, at) {
                return Some(at);
            }
            match kind {
                Kind::Open(_) => at = self.tokens[at].pair,
                Kind::Punct(b';') | Kind::Close(_) => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn takes_request(&self, open: usize, close: usize) -> bool {
        (open + 1..close).take(MAX_HEAD).filter(|at| self.kind(*at) == Some(Kind::Name)).any(|at| {
            let name = self.text_of(at);
            let next = self.kind(at + 1);
            PLAIN_EXTRACTORS.contains(&name)
                || (EXTRACTORS.contains(&name) && matches!(next, Some(Kind::Punct(b'<') | Kind::Open(b'('))))
                || (name == "web" && next == Some(Kind::Punct(b':')))
        })
    }

    fn function_at(&self, at: usize) -> Option<&Function<'t>> {
        self.functions.iter().rev().find(|function| (function.body.0..=function.body.1).contains(&at))
    }

    /// The call at `at` (a method's dot, a macro's name), and the token of its name.
    fn call(&self, at: usize) -> Option<(RustCallKind, usize)> {
        match self.kind(at)? {
            Kind::Punct(b'.') if self.kind(at + 1) == Some(Kind::Name) => {
                let open = self.after_turbofish(at + 2);
                (self.kind(open) == Some(Kind::Open(b'('))).then_some((RustCallKind::MethodCall, at + 1))
            }
            Kind::Name if self.kind(at + 1) == Some(Kind::Punct(b'!')) => {
                let is_call = matches!(self.kind(at + 2), Some(Kind::Open(_))) && !is_keyword(self.text_of(at));
                is_call.then_some((RustCallKind::Macro, at))
            }
            _ => None,
        }
    }

    /// Behind `::<…>`, if that is at `at`.
    fn after_turbofish(&self, at: usize) -> usize {
        const LONGEST: usize = 64;
        if self.kind(at) != Some(Kind::Punct(b':')) || self.kind(at + 2) != Some(Kind::Punct(b'<')) {
            return at;
        }
        let mut angles = 0usize;
        for next in at + 2..at + 2 + LONGEST {
            match self.kind(next) {
                Some(Kind::Punct(b'<')) => angles += 1,
                Some(Kind::Punct(b'>')) if angles == 1 => return next + 1,
                Some(Kind::Punct(b'>')) => angles -= 1,
                _ => {}
            }
        }
        at
    }
}

/// `if !(…)` is no macro.
fn is_keyword(word: &str) -> bool {
    matches!(word, "if" | "while" | "match" | "return" | "in" | "else" | "break" | "let" | "mut" | "move" | "macro_rules" | "as")
}

/// Lines and columns of offsets asked for in ascending order: the text is passed once.
struct Place<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'t> Place<'t> {
    fn new(text: &'t str) -> Place<'t> {
        Place { text, at: 0, line: 1, column: 1 }
    }

    fn of(&mut self, offset: usize) -> (u32, u32) {
        for character in self.text[self.at..offset].chars() {
            if character == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.at = offset;
        (self.line, self.column)
    }
}

/// Stretches of a text as lines, joined where they touch.
fn lines_of(text: &str, mut stretches: Vec<(usize, usize)>) -> Vec<(u32, u32)> {
    stretches.sort_unstable();
    let starts: Vec<usize> = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
    let line = |offset: usize| u32::try_from(starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX);
    let mut out: Vec<(u32, u32)> = Vec::new();
    for (start, end) in stretches {
        let (first, last) = (line(start), line(end.saturating_sub(1)));
        match out.last_mut() {
            Some(previous) if first <= previous.1 => previous.1 = previous.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

#[cfg(test)]
mod tests;
