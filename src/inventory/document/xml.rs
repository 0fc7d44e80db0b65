//! XML (`pom.xml`, `*.csproj`, `web.xml`).
//!
//! ```text
//! <project xmlns="…"><dependency scope="test"><artifactId>junit</artifactId></dependency></project>
//! {project: {dependency: [{"@scope": "test", artifactId: [{"#text": "junit"}]}]}}
//! ```
//!
//! An element is an object: attributes under `@name`, its own text (trimmed) under `#text`, child elements under their local name,
//! always in an array, because elements repeat. Only the root is not in one. Values are strings; namespaces, comments and
//! processing instructions are left out. A document type is passed over; one that declares entities is refused.

use std::collections::HashMap;

use roxmltree::{Document, ParsingOptions};

use super::node::{Entry, Node, Span, Value};
use super::position::Lines;
use super::{MAX_DEPTH, ParseError};

/// Most attributes of one element. The parser compares each with all before it.
const MAX_ATTRIBUTES: usize = 200;

/// Most namespace declarations of a document. The parser copies those in force with each one.
const MAX_NAMESPACES: usize = 2_000;

/// Reads one XML document.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let lines = Lines::new(text);
    if let Some(offset) = too_many_attributes_at(text.as_bytes()) {
        return Err(ParseError::new(lines.line(offset), format!("an element with more than {MAX_ATTRIBUTES} attributes")));
    }
    if memchr::memmem::find_iter(text.as_bytes(), b"xmlns").count() > MAX_NAMESPACES {
        return Err(ParseError::new(1, format!("more than {MAX_NAMESPACES} namespace declarations")));
    }
    let without_type = without_document_type(text);
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(without_type.as_deref().unwrap_or(text), options)
        .map_err(|error| ParseError::new(error.pos().row, format!("not XML: {error}")))?;
    let root = document.root_element();
    let entry = Entry::new(root.tag_name().name(), key_place(&root, &lines), element(&root, &lines, 1)?);
    Ok(vec![Node::new(Value::Object(vec![entry]), lines.span(0..text.len()))])
}

/// Where an element has more attributes than it may. Looks at tags only: text, comments and CDATA may hold any number of `=`.
fn too_many_attributes_at(bytes: &[u8]) -> Option<usize> {
    let find = |from: usize, end: &[u8]| memchr::memmem::find(&bytes[from..], end).map_or(bytes.len(), |skip| from + skip);
    let mut at = 0;
    while let Some(skip) = memchr::memchr(b'<', &bytes[at..]) {
        at += skip + 1;
        let rest = &bytes[at..];
        if rest.starts_with(b"!--") {
            at = find(at, b"-->");
        } else if rest.starts_with(b"![CDATA[") {
            at = find(at, b"]]>");
        } else if !rest.starts_with(b"?") && !rest.starts_with(b"!") {
            let mut attributes = 0;
            while at < bytes.len() && bytes[at] != b'>' {
                match bytes[at] {
                    quote @ (b'"' | b'\'') => at = find(at + 1, &[quote]),
                    b'=' => attributes += 1,
                    _ => {}
                }
                if attributes > MAX_ATTRIBUTES {
                    return Some(at);
                }
                at += 1;
            }
            at = at.min(bytes.len());
        }
    }
    None
}

/// The text with spaces for a document type that declares nothing; `None` if there is none.
fn without_document_type(text: &str) -> Option<String> {
    let start = text.find("<!DOCTYPE")?;
    let length = text[start..].find(['>', '[']).filter(|at| text.as_bytes()[start + at] == b'>')? + 1;
    let blanked = |c: char| if c == '\n' { "\n".to_string() } else { " ".repeat(c.len_utf8()) };
    let spaces: String = text[start..start + length].chars().map(blanked).collect();
    Some([&text[..start], &spaces, &text[start + length..]].concat())
}

fn key_place(node: &roxmltree::Node<'_, '_>, lines: &Lines<'_>) -> Span {
    let start = node.range().start;
    lines.span(start..start + 1)
}

fn element(node: &roxmltree::Node<'_, '_>, lines: &Lines<'_>, depth: usize) -> Result<Node, ParseError> {
    let span = lines.span(node.range());
    // An element is an object in an array.
    if depth * 2 > MAX_DEPTH - 2 {
        return Err(ParseError::too_deep(span.line));
    }
    let mut entries: Vec<Entry> = node
        .attributes()
        .map(|attribute| {
            let value = Node::string(attribute.value(), lines.span(attribute.range_value()));
            Entry::new(format!("@{}", attribute.name()), lines.span(attribute.range_qname()), value)
        })
        .collect();
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    let mut text = String::new();
    let mut text_span = None;
    for child in node.children() {
        if let Some(piece) = child.text().filter(|piece| child.is_text() && !piece.trim().is_empty()) {
            text.push_str(piece);
            let range = child.range();
            let leading = piece.len() - piece.trim_start().len();
            text_span.get_or_insert(lines.span((range.start + leading).min(range.end)..range.end));
        }
        if !child.is_element() {
            continue;
        }
        let name = child.tag_name().name();
        let value = element(&child, lines, depth + 1)?;
        let index = *by_name.entry(name).or_insert(entries.len());
        match entries.get_mut(index).map(|entry| &mut entry.value) {
            Some(Node { value: Value::Array(items), span, .. }) => {
                span.end_line = value.span.end_line;
                items.push(value);
            }
            _ => {
                let span = value.span;
                entries.push(Entry::new(name, key_place(&child, lines), Node::new(Value::Array(vec![value]), span)));
            }
        }
    }
    if let Some(text_span) = text_span {
        entries.push(Entry::new("#text", text_span, Node::string(text.trim(), text_span)));
    }
    Ok(Node::new(Value::Object(entries), span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    const POM: &str = "<?xml version=\"1.0\"?>
<!DOCTYPE project
  SYSTEM \"x.dtd\">
<project xmlns=\"http://maven.apache.org/POM/4.0.0\" xmlns:xsi=\"http://x\" xsi:schemaLocation=\"a b\">
  <!-- deps -->
  <dependencies>
    <dependency>
      <artifactId>spring-boot-starter-web</artifactId>
      <version>
        3.2.0
      </version>
    </dependency>
    <dependency optional=\"true\"><artifactId><![CDATA[a&b]]></artifactId></dependency>
  </dependencies>
</project>
";

    #[test]
    fn elements_are_objects_with_places() {
        let node = one(POM);
        let project = node.get("project").unwrap();
        assert_eq!((project.span.line, project.span.end_line), (4, 15));
        assert_eq!(project.get("@schemaLocation").unwrap().as_str(), Some("a b"));
        let dependencies = project.get("dependencies").unwrap().items()[0].get("dependency").unwrap().items();
        assert_eq!(dependencies.len(), 2);
        let artifact = dependencies[0].get("artifactId").unwrap().items()[0].get("#text").unwrap();
        assert_eq!((artifact.as_str(), artifact.span.line, artifact.span.column), (Some("spring-boot-starter-web"), 8, 19));
        let version = dependencies[0].get("version").unwrap().items()[0].get("#text").unwrap();
        assert_eq!((version.as_str(), version.span.line), (Some("3.2.0"), 10));
        let optional = dependencies[1].entry("@optional").unwrap();
        assert_eq!((optional.value.as_str(), optional.key_span.line, optional.key_span.column), (Some("true"), 13, 17));
        assert_eq!(dependencies[1].get("artifactId").unwrap().items()[0].get("#text").unwrap().as_str(), Some("a&b"));
    }

    #[test]
    fn entities_are_refused_and_errors_name_their_line() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]>\n<a>&x;</a>";
        assert!(parse(bomb).is_err());
        assert_eq!(parse("<a>\n<b>\n</a>").unwrap_err().line, 3);
        assert!(parse("").is_err());
    }

    #[test]
    fn attributes_and_namespaces_are_bounded() {
        let attributes: String = (0..300).map(|number| format!("k{number}='>' ")).collect();
        assert!(parse(&format!("<a>\n<b {attributes}/></a>")).is_err_and(|error| error.line == 2));
        let fine = format!("<a><!-- {attributes} --><![CDATA[<b {attributes}]]>{}</a>", "<b k='='/>".repeat(300));
        assert!(parse(&fine).is_ok());
        assert!(parse(&format!("<a>{}</a>", "<b xmlns='x'/>".repeat(3000))).is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        assert!(parse(&deep).unwrap_err().message.contains("nested deeper"));
        assert!(parse(&"<a>".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(<a>|</a>|<b c='d'/>|<!DOCTYPE |\\[|&|<!--|-->|[a<>\"'= \né]){0,60}") {
            let _ = parse(&text);
        }
    }
}
