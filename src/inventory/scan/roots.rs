//! What may stand at the root of a YAML document, told by the lines that begin at the margin.
//!
//! Most YAML that a query for `$.security` is held against is long and has nothing of that name at its root. A document that opens with
//! a plain key at the margin is a block of such keys, each of which begins a line there. Whatever is written in another way may have
//! anything, and is parsed.

use crate::inventory::document::is_template;
use crate::inventory::document::query::Path;

/// The lines that may begin a member of the root.
pub(super) struct Roots<'t> {
    /// `None`: anything may stand there.
    lines: Option<Vec<&'t str>>,
}

impl<'t> Roots<'t> {
    /// Of a text that no template engine prints.
    pub(super) fn of(text: &'t str) -> Roots<'t> {
        Roots { lines: lines(text) }
    }

    /// May the path select anything here?
    pub(super) fn admit(&self, path: &Path) -> bool {
        let (Some(lines), Some(names)) = (&self.lines, path.root_names()) else { return true };
        names.iter().any(|name| lines.iter().any(|line| line.contains(name)))
    }
}

/// The lines at the margin, if they are plain keys of a block, items of a list below one, or quoted keys without escapes.
fn lines(text: &str) -> Option<Vec<&str>> {
    // A carriage return alone ends a line, too; a template may print anything.
    let lone_return = memchr::memchr_iter(b'\r', text.as_bytes()).any(|at| text.as_bytes().get(at + 1) != Some(&b'\n'));
    if lone_return || is_template(text) {
        return None;
    }
    let is_content = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    let mut content = text.lines().filter(is_content).peekable();
    content.next_if_eq(&"---");
    content.peek().filter(|first| is_plain_key(first))?;
    let mut lines = Vec::new();
    for line in content.filter(|line| !line.starts_with([' ', '\t'])) {
        let is_list = line == "-" || line.starts_with("- ");
        let is_quoted = line.starts_with(['"', '\'']) && !line.contains('\\');
        if !is_list && !is_quoted && !line.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '/' | '.')) {
            return None;
        }
        // Three dots end a document.
        if line.starts_with("...") {
            return None;
        }
        lines.push(line);
    }
    Some(lines)
}

/// `name: value` or `name:`, at the margin.
fn is_plain_key(line: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let rest = line.trim_start_matches(is_name);
    rest.len() < line.len() && line.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && {
        rest.strip_prefix(':').is_some_and(|value| value.is_empty() || value.starts_with([' ', '\t']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::document::yaml;
    use crate::inventory::source::Memory;
    use crate::model::needs::{DocumentKind, Look, NeedSet, Selector};

    fn admits(text: &str, path: &str) -> bool {
        Roots::of(text).admit(&Path::parse(path).expect("a path"))
    }

    #[test]
    fn what_no_line_begins_with_is_not_there() {
        let text = "# An API\n---\nopenapi: 3.0.0\npaths:\n  /a:\n    security: []\ntags:\n- name: a\n'x y': 1\n";
        assert!(!admits(text, "$.security[*]") && !admits(text, "$['security','servers'][0]"));
        assert!(admits(text, "$.paths.*") && admits(text, "$['security','tags']") && admits(text, "$['x y']"));
        assert!(admits(text, "$..security") && admits(text, "$.*.security") && admits(text, "$[?@.security]"));
    }

    #[test]
    fn long_files_are_parsed_for_what_they_may_have_and_short_ones_anyhow() {
        let look = Look::Document {
            kind: DocumentKind::Yaml,
            objects: Vec::new(),
            select: "$.security[*]".to_owned(),
            conditions: Vec::new(),
            named: None,
        };
        let mut needs = NeedSet::default();
        needs.add(Selector { globs: vec!["*.yml".to_owned()], ..Selector::any() }, look);
        let long = "b:\n  - an item of a list\n".repeat(5_000).replace("b:", "");
        for (text, hits, gaps) in [
            (format!("a: \"\\q\"\nb:\n  security: 1\n{long}"), 0, 0),
            ("a: \"\\q\"\nb:\n  security: 1\n".to_owned(), 0, 1),
            (format!("a: 1\nb:\n{long}security:\n- one\n- two\n"), 2, 0),
            (format!("a: \"\\q\"\nb:\n{long}security:\n- one\n"), 0, 1),
        ] {
            let memory = Memory::new([("api.yml".to_owned(), text.into_bytes())].into());
            let inventory = collect(&memory, &Prepared::new(&needs, 0), Context::default()).inventory;
            assert_eq!((inventory.hits[0].len(), inventory.gaps.len()), (hits, gaps));
        }
    }

    #[test]
    fn what_may_be_written_in_another_way_is_parsed() {
        for text in [
            "a: 1\n\"secu\\u0072ity\": 1\n",
            "a: 1\n? security\n: 1\n",
            "a: 1\n&x security: 1\n",
            "a: 1\n!!str security: 1\n",
            "a: &x { security: 1 }\n<<: *x\n",
            "{a: 1,\n security: 1}\n",
            "\u{feff}a: 1\n",
            " a: 1\n security: 1\n",
            "a: 1\n---\n security: 1\n",
            "a: 1\n...\n{security: 1}\n",
            "a:\r  b: 1\rsecurity: 1\r",
            "  # c\n  a: 1\n",
            "{{ include \"x\" . }}\na: 1\n",
            "a: 1\n{{ x }}\n",
            "%YAML 1.2\n---\na: 1\n",
            "--- {security: 1}\n",
            "",
        ] {
            assert!(admits(text, "$.security"), "{text}");
        }
    }

    #[test]
    fn nothing_that_a_parser_finds_is_missed() {
        let keys = [
            "a",
            "'b'",
            "\"c\"",
            "\"\\x64\"",
            "? e\n",
            "&f f",
            "- g",
            "h h",
            "<<",
            "# i",
            "---\nj",
            "...\nk",
            "/l",
            "$m",
            "[n]",
            "é",
        ];
        let values = [
            ": 1",
            ":",
            ": |\n  a: 1",
            ": [1,\n 2]",
            ":\n  x: { a: 1 }",
            ": >-\n  b: 1\n",
            ":\n- a: 1",
            "",
            ": 'x\n  c: 1'",
            ":\r",
        ];
        let lines: Vec<String> = keys.iter().flat_map(|key| values.iter().map(move |value| format!("{key}{value}\n"))).collect();
        let names = ["a", "b", "c", "d", "e", "f", "g", "h h", "j", "k", "/l", "$m", "n", "x", "é"];
        let paths = names.map(|name| (name, Path::parse(&format!("$['{name}']")).expect("a path")));
        let mut skipped = 0;
        for (first, second) in lines.iter().flat_map(|first| lines.iter().map(move |second| (first, second))) {
            for text in [format!("a: 1\n{first}{second}"), format!(" {first}{second}")] {
                let Ok(documents) = yaml::parse(&text) else { continue };
                let roots = Roots::of(&text);
                for (name, path) in &paths {
                    let is_there = documents.iter().any(|root| !path.select(root).is_empty());
                    assert!(!is_there || roots.admit(path), "{text:?} {name}");
                    skipped += usize::from(!roots.admit(path));
                }
            }
        }
        assert!(skipped > 1_000, "{skipped}");
    }
}
