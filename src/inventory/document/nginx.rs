//! nginx configuration as a directive tree.
//!
//! Every directive name is a member that holds an array, one object per occurrence: `args` (quotes removed), `text` (all after the
//! name, as written) and, for a block, its own directives as further members:
//!
//! ```text
//! {http: [{args: [], text: "", server: [{args: [], text: "", listen: [{args: ["443", "ssl"], text: "443 ssl"}],
//!     location: [{args: ["~", "\\.php$"], text: "~ \\.php$", deny: [{args: ["all"], text: "all"}]}]}]}]}
//! ```
//!
//! Lua blocks are passed over, their source is `text`. Template expressions make the arguments they stand in `Templated`. A
//! directive that is not closed by the end of the file is an error, as is a brace too many. Folders promise only that a file may be
//! one: a text that does not parse and has no line as in [`DIRECTIVES`] is none, and has no document.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::node::{Entry, Node, Span, Value};
use super::position::Lines;
use super::template::{Template, is_template};
use super::{MAX_DEPTH, ParseError};

/// Directives that files of nginx begin lines with, at least one of them.
const DIRECTIVES: [&str; 13] = [
    "add_header",
    "events",
    "fastcgi_pass",
    "http",
    "listen",
    "location",
    "proxy_pass",
    "proxy_set_header",
    "server",
    "server_name",
    "ssl_certificate",
    "stream",
    "upstream",
];

/// Reads one nginx file, whole or to be included.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    read(text).or_else(|error| if is_nginx(text) { Err(error) } else { Ok(Vec::new()) })
}

/// Is some line of the text a directive of nginx, or the start of a block? A template may stand in it.
fn is_nginx(text: &str) -> bool {
    let is_directive = |line: &str| {
        let line = line.trim();
        let word = line.split([' ', '\t', '{', ';']).next().unwrap_or_default();
        line.contains(['{', ';']) && DIRECTIVES.contains(&word)
    };
    text.lines().any(is_directive)
}

fn read(text: &str) -> Result<Vec<Node>, ParseError> {
    let template =
        if is_template(text) { Template::new(text, true) } else { Template { text: text.to_string(), actions: Vec::new() } };
    let mut reader = Reader { source: text, template: &template, lines: Lines::new(text), at: 0 };
    let mut stack: Vec<Block> = Vec::new();
    let mut block = Block::default();
    while let Some(token) = reader.token() {
        match token {
            Token::Word(range) => block.words.push(range),
            Token::Semicolon(at) if block.words.is_empty() => return Err(reader.error(at, "a semicolon without a directive")),
            Token::Semicolon(at) => {
                let words = std::mem::take(&mut block.words);
                block.add(reader.directive(&words, at, Vec::new()));
            }
            Token::Open(at) if reader.is_lua(&block.words) => {
                let end = reader.skip_lua(at).ok_or_else(|| reader.error(at, "a Lua block that is not closed"))?;
                let mut words = std::mem::take(&mut block.words);
                words.push(at..end);
                block.add(reader.directive(&words, end, Vec::new()));
            }
            // A block is an object in an array, which itself stands in an object.
            Token::Open(at) if (stack.len() + 3) * 2 > MAX_DEPTH => return Err(ParseError::too_deep(reader.lines.line(at))),
            Token::Open(at) => stack.push(std::mem::replace(&mut block, Block { opened_at: at, ..Block::default() })),
            Token::Close(at) => {
                let Some(parent) = stack.pop() else { return Err(reader.error(at, "a closing brace without an opening one")) };
                let child = std::mem::replace(&mut block, parent);
                if let Some(word) = child.words.first() {
                    return Err(reader.error(word.start, "a directive that is not closed"));
                }
                let words = std::mem::take(&mut block.words);
                let mut directive = reader.directive(&words, child.opened_at, child.entries);
                directive.1.span.end_line = reader.lines.line(at);
                block.add(directive);
            }
        }
    }
    if let Some(word) = block.words.first() {
        return Err(reader.error(word.start, "a directive that is not closed"));
    }
    if !stack.is_empty() {
        return Err(reader.error(block.opened_at, "a block that is not closed"));
    }
    Ok(vec![Node::new(Value::Object(block.entries), reader.lines.span(0..text.len()))])
}

enum Token {
    /// With its quotes.
    Word(Range<usize>),
    Open(usize),
    Close(usize),
    Semicolon(usize),
}

/// A block that is being read: its directives, and the words of the one that is not complete.
#[derive(Default)]
struct Block {
    opened_at: usize,
    words: Vec<Range<usize>>,
    entries: Vec<Entry>,
    by_name: HashMap<Arc<str>, usize>,
}

impl Block {
    fn add(&mut self, (name, node, key_span): Directive) {
        let index = *self.by_name.entry(name.clone()).or_insert(self.entries.len());
        match self.entries.get_mut(index).map(|entry| &mut entry.value) {
            Some(Node { value: Value::Array(items), span, .. }) => {
                span.end_line = node.span.end_line;
                items.push(node);
            }
            _ => {
                let span = node.span;
                self.entries.push(Entry::new(name, key_span, Node::new(Value::Array(vec![node]), span)));
            }
        }
    }
}

/// Name, object and place of the name.
type Directive = (Arc<str>, Node, Span);

struct Reader<'a> {
    source: &'a str,
    template: &'a Template,
    lines: Lines<'a>,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, at: usize, what: &str) -> ParseError {
        ParseError::new(self.lines.line(at), format!("not an nginx configuration: {what}"))
    }

    fn token(&mut self) -> Option<Token> {
        let bytes = self.template.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                byte if byte.is_ascii_whitespace() => self.at += 1,
                b'#' => self.at = memchr::memchr(b'\n', &bytes[self.at..]).map_or(bytes.len(), |skip| self.at + skip),
                _ => break,
            }
        }
        let start = self.at;
        self.at += 1;
        Some(match bytes[start] {
            b'{' => Token::Open(start),
            b'}' => Token::Close(start),
            b';' => Token::Semicolon(start),
            quote @ (b'"' | b'\'') => {
                self.at = end_of_quoted(bytes, start, quote);
                Token::Word(start..self.at)
            }
            _ => {
                self.at = end_of_bare(bytes, start);
                Token::Word(start..self.at)
            }
        })
    }

    /// The object of the directive with these words, which `end` closes.
    fn directive(&self, words: &[Range<usize>], end: usize, children: Vec<Entry>) -> Directive {
        let name_range = words.first().cloned().unwrap_or(end..end);
        let key_span = self.lines.span(name_range.clone());
        let span = self.lines.span(name_range.start..end.max(name_range.end));
        let args: Vec<Node> = words.iter().skip(1).map(|range| self.argument(range)).collect();
        let text_range = match words {
            [_, first, .., last] => first.start..last.end,
            [_, only] => only.clone(),
            _ => end..end,
        };
        let text = self.scalar(&text_range, self.source.get(text_range.clone()).unwrap_or(""));
        let mut entries = vec![
            Entry::new("args", span, Node::new(Value::Array(args), span)),
            Entry::new("text", span, Node { span: if words.len() > 1 { text.span } else { span }, ..text }),
        ];
        entries.extend(children);
        let name = self.source.get(name_range).unwrap_or("").trim_matches(['"', '\'']);
        (name.into(), Node::new(Value::Object(entries), span), key_span)
    }

    fn argument(&self, range: &Range<usize>) -> Node {
        let written = self.source.get(range.clone()).unwrap_or("");
        let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = quote.and_then(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
        match inner {
            Some(inner) => self.scalar(range, &unescaped(inner)),
            None => self.scalar(range, written),
        }
    }

    fn scalar(&self, range: &Range<usize>, text: &str) -> Node {
        let value =
            if self.template.within(range).is_empty() { Value::String(text.into()) } else { Value::Templated(text.into()) };
        Node::new(value, self.lines.span(range.clone()))
    }

    fn is_lua(&self, words: &[Range<usize>]) -> bool {
        words.first().and_then(|word| self.source.get(word.clone())).is_some_and(|name| name.ends_with("_by_lua_block"))
    }

    /// Passes over the Lua block whose brace opens at `open`; the offset after its closing brace.
    fn skip_lua(&mut self, open: usize) -> Option<usize> {
        let bytes = self.source.as_bytes();
        let (mut at, mut depth) = (open, 0usize);
        while at < bytes.len() {
            match bytes[at] {
                b'{' => depth += 1,
                b'}' if depth <= 1 => {
                    self.at = at + 1;
                    return Some(self.at);
                }
                b'}' => depth -= 1,
                quote @ (b'"' | b'\'') => at = end_of_quoted(bytes, at, quote) - 1,
                b'[' if bytes[at..].starts_with(b"[[") => at += memchr::memmem::find(&bytes[at..], b"]]")?,
                b'-' if bytes[at..].starts_with(b"--[[") => at += memchr::memmem::find(&bytes[at..], b"]]")?,
                b'-' if bytes[at..].starts_with(b"--") => at += memchr::memchr(b'\n', &bytes[at..])?,
                _ => {}
            }
            at += 1;
        }
        None
    }
}

/// Offset after the quote that closes the one at `start`, or the end of the text.
fn end_of_quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// Offset after a word without quotes. `${name}` belongs to it, as does whatever a backslash precedes.
fn end_of_bare(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                let name = bytes[at + 2..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                at += if bytes.get(at + 2 + name) == Some(&b'}') { name + 3 } else { 1 };
            }
            byte if byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b';') => break,
            _ => at += 1,
        }
    }
    at.clamp(start + 1, bytes.len())
}

fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.peek() {
            // nginx keeps other backslashes: they belong to regular expressions.
            Some(next @ ('"' | '\'' | '\\')) if character == '\\' => {
                result.push(*next);
                characters.next();
            }
            _ => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    const SITE: &str = "worker_processes auto; # cores
http {
    include mime.types;
    log_format main '$remote_addr \"$request\"'
                    ' $status';
    server {
        listen 443 ssl;
        listen [::]:443 ssl;
        server_name ${HOST} *.example.org;
        add_header X-A \"a b; c\" always;
        location ~ \\.(php|html)$ {
            return 301 https://$host$request_uri;
        }
        location = /x { deny all; }
    }
}
";

    #[test]
    fn directives_are_arrays_with_arguments_and_places() {
        let node = one(SITE);
        let http = &node.get("http").unwrap().items()[0];
        assert_eq!((http.span.line, http.span.column, http.span.end_line), (2, 1, 16));
        let server = &http.get("server").unwrap().items()[0];
        let listen = server.get("listen").unwrap().items();
        assert_eq!(listen.len(), 2);
        assert_eq!(listen[1].get("text").unwrap().as_str(), Some("[::]:443 ssl"));
        assert_eq!((listen[1].span.line, listen[1].span.column), (8, 9));
        let header = &server.get("add_header").unwrap().items()[0];
        assert_eq!(header.get("args").unwrap().items()[1].as_str(), Some("a b; c"));
        assert_eq!(header.get("text").unwrap().as_str(), Some("X-A \"a b; c\" always"));
        let name = &server.get("server_name").unwrap().items()[0].get("args").unwrap().items()[0];
        assert_eq!((name.as_str(), name.span.column), (Some("${HOST}"), 21));
        let locations = server.get("location").unwrap().items();
        assert_eq!(locations[0].get("text").unwrap().as_str(), Some("~ \\.(php|html)$"));
        assert!(locations[1].get("deny").is_some());
        let format = &http.get("log_format").unwrap().items()[0];
        assert_eq!(format.get("args").unwrap().items().len(), 3);
        assert_eq!((format.span.line, format.span.end_line), (4, 5));
        assert_eq!(node.get("worker_processes").unwrap().items()[0].get("text").unwrap().as_str(), Some("auto"));
    }

    #[test]
    fn lua_blocks_are_passed_over() {
        let node = one(
            "location / {\n  access_by_lua_block {\n    local t = { a = \"}\" } -- }\n    if x then t = { {1} } end\n  }\n  deny all;\n}\n",
        );
        let location = &node.get("location").unwrap().items()[0];
        let lua = &location.get("access_by_lua_block").unwrap().items()[0];
        assert!(lua.get("text").unwrap().text().unwrap().contains("local t"));
        assert_eq!((lua.span.line, lua.span.end_line), (2, 5));
        assert!(location.get("deny").is_some());
    }

    #[test]
    fn templates_make_arguments_unknown() {
        let node = one("{{ if .tls }}\nserver {\n  listen {{ .port }} ssl;\n}\n{{ end }}\n");
        let listen = &node.get("server").unwrap().items()[0].get("listen").unwrap().items()[0];
        assert_eq!(listen.get("args").unwrap().items()[0].value, Value::Templated("{{ .port }}".into()));
        assert_eq!(listen.get("args").unwrap().items()[1].as_str(), Some("ssl"));
    }

    #[test]
    fn errors_name_their_line() {
        for (text, line) in [
            ("a b;\n}\n", 2),
            ("server {\n a b;\n", 1),
            ("a;\nb c\n", 2),
            (";", 1),
            ("a {\n b\n}\n", 2),
            ("x_by_lua_block {\n", 1),
        ] {
            assert_eq!(read(text).unwrap_err().line, line, "{text}");
        }
        assert!(read(&"a {".repeat(10_000)).unwrap_err().message.contains("nested deeper"));
        assert!(one("# only a comment").entries().is_empty());
    }

    #[test]
    fn what_is_no_configuration_has_no_document() {
        for text in [
            "<VirtualHost *:80>\n  ServerName a.example.org\n  ProxyPass / http://api:8000/\n</VirtualHost>\n",
            "all: conf\n\tnginx -t; nginx -s reload\n",
            "#!/bin/sh\nfor f in *; do echo \"$f\"; done\n",
            "Permission is granted; the server is yours.\n",
        ] {
            assert_eq!(parse(text), Ok(Vec::new()), "{text}");
        }
        for (text, line) in [("server {\n listen 80\n}\n", 2), ("user nginx;\n  location / {\n", 2)] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_in_the_file(text in "([a-c{};#\"'\\\\$ \né]|\\$\\{a\\}|a_by_lua_block \\{|--|\\[\\[|\\{\\{|\\}\\}){0,60}") {
            let lines = text.matches('\n').count() as u32 + 1;
            for entry in parse(&text).unwrap_or_default().iter().flat_map(Node::entries) {
                prop_assert!((1..=lines).contains(&entry.key_span.line));
                prop_assert!((1..=lines).contains(&entry.value.span.end_line));
            }
        }
    }
}
