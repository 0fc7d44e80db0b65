//! HCL (Terraform, Packer, Nomad), in the shape of Terraform's JSON syntax as `hcl2json` prints it.
//!
//! An attribute is a member. A block is found under its type and then its labels, and is always an element of an array, because
//! blocks repeat:
//!
//! ```text
//! resource "aws_s3_bucket" "logs" { versioning { enabled = true } }
//! {resource: {aws_s3_bucket: {logs: [{versioning: [{enabled: true}]}]}}}
//! ```
//!
//! so `$.resource.aws_s3_bucket.*[*]` selects every bucket and `$.terraform[*].backend` every back end. Literals have their value;
//! everything that must be evaluated (references, calls, operators, strings with `${ }`) is `Templated` with its source text.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::template::{Element, Template};

use super::node::{Entry, Node, Span, Value};
use super::position::Lines;
use super::{MAX_DEPTH, ParseError};

/// Most members of one object. The parser compares each key with all before it.
const MAX_MEMBERS: usize = 2_000;

/// Reads one HCL file.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    if let Some(offset) = too_many_members_at(text) {
        let line = Lines::new(text).line(offset);
        return Err(ParseError::new(line, format!("an object with more than {MAX_MEMBERS} members")));
    }
    let body = hcl_edit::parser::parse_body(text)
        .map_err(|error| ParseError::new(error.location().line() as u32, format!("not HCL: {}", error.message())))?;
    let reader = Reader { source: text, lines: Lines::new(text) };
    let span = reader.lines.span(0..text.len());
    Ok(vec![reader.body(&body, span, 1)?])
}

/// Where braces hold more assignments than an object may have members: a rough count that strings and comments can only raise.
fn too_many_members_at(text: &str) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push(0),
            b'}' => {
                open.pop();
            }
            b'=' | b':' => {
                let Some(count) = open.last_mut() else { continue };
                *count += 1;
                if *count > MAX_MEMBERS {
                    return Some(offset);
                }
            }
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    source: &'a str,
    lines: Lines<'a>,
}

/// What stands under a name while blocks are gathered.
enum Slot {
    Value(Node),
    Blocks(Vec<Node>),
    Labels(Group),
}

/// Members in the order in which their names first appear.
#[derive(Default)]
struct Group {
    members: Vec<(Arc<str>, Span, Slot)>,
    by_name: HashMap<Arc<str>, usize>,
}

impl Group {
    fn push(&mut self, name: &str, span: Span, slot: Slot) -> usize {
        let name: Arc<str> = name.into();
        self.by_name.insert(name.clone(), self.members.len());
        self.members.push((name, span, slot));
        self.members.len() - 1
    }

    /// Adds a block whose path (type and labels, each with its place) is `path`.
    fn add_block(&mut self, path: &[(&str, Span)], node: Node) {
        let Some(((name, span), rest)) = path.split_first() else { return };
        let known = self.by_name.get(*name).copied();
        let fits = |index: &usize| {
            matches!((&self.members[*index].2, rest.is_empty()), (Slot::Blocks(_), true) | (Slot::Labels(_), false))
        };
        let index = known.filter(fits).unwrap_or_else(|| {
            let slot = if rest.is_empty() { Slot::Blocks(Vec::new()) } else { Slot::Labels(Group::default()) };
            self.push(name, *span, slot)
        });
        match &mut self.members[index].2 {
            Slot::Blocks(blocks) => blocks.push(node),
            Slot::Labels(group) => group.add_block(rest, node),
            Slot::Value(_) => {}
        }
    }

    fn finish(self, span: Span) -> Node {
        let entries = self.members.into_iter().map(|(name, key_span, slot)| {
            let value = match slot {
                Slot::Value(node) => node,
                Slot::Labels(group) => group.finish(key_span),
                Slot::Blocks(blocks) => {
                    let end_line = blocks.last().map_or(key_span.end_line, |last| last.span.end_line);
                    Node::new(Value::Array(blocks), Span { end_line, ..key_span })
                }
            };
            Entry::new(name, key_span, value)
        });
        let entries: Vec<Entry> = entries.collect();
        let end_line = entries.iter().map(|entry| entry.value.span.end_line).fold(span.end_line, u32::max);
        Node::new(Value::Object(entries), Span { end_line, ..span })
    }
}

impl Reader<'_> {
    fn place(&self, range: Option<Range<usize>>, default: Span) -> Span {
        range.map_or(default, |range| self.lines.span(range))
    }

    fn body(&self, body: &Body, span: Span, depth: usize) -> Result<Node, ParseError> {
        let mut group = Group::default();
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => self.attribute(attribute, span, depth, &mut group)?,
                Structure::Block(block) => self.block(block, span, depth, &mut group)?,
            }
        }
        Ok(group.finish(span))
    }

    fn attribute(&self, attribute: &Attribute, parent: Span, depth: usize, group: &mut Group) -> Result<(), ParseError> {
        let key_span = self.place(attribute.key.span(), parent);
        let value = self.expression(&attribute.value, key_span, depth + 1)?;
        group.push(attribute.key.as_str(), key_span, Slot::Value(value));
        Ok(())
    }

    fn block(&self, block: &Block, parent: Span, depth: usize, group: &mut Group) -> Result<(), ParseError> {
        let span = self.place(block.span(), parent);
        // Type, labels and the array are levels of their own.
        let depth = depth + block.labels.len() + 2;
        if depth >= MAX_DEPTH {
            return Err(ParseError::too_deep(span.line));
        }
        let mut path = vec![(block.ident.as_str(), self.place(block.ident.span(), span))];
        path.extend(block.labels.iter().map(|label| (label.as_str(), self.place(label.span(), span))));
        group.add_block(&path, self.body(&block.body, span, depth)?);
        Ok(())
    }

    fn expression(&self, expression: &Expression, parent: Span, depth: usize) -> Result<Node, ParseError> {
        let span = self.place(expression.span(), parent);
        if depth >= MAX_DEPTH {
            return Err(ParseError::too_deep(span.line));
        }
        let value = match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(value), _) => Value::Int(value),
                (None, Some(value)) => Value::Float(value),
                (None, None) => self.unknown(expression),
            },
            Expression::String(text) => Value::String(text.as_str().into()),
            Expression::HeredocTemplate(heredoc) => self.literal(&heredoc.template).unwrap_or_else(|| self.unknown(expression)),
            Expression::Parenthesis(inner) => return self.expression(inner.inner(), span, depth + 1),
            Expression::Array(array) => {
                Value::Array(array.iter().map(|item| self.expression(item, span, depth + 1)).collect::<Result<_, _>>()?)
            }
            Expression::Object(object) => {
                let member = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    let (key, key_span) = self.key(key, span);
                    Ok(Entry::new(key, key_span, self.expression(value.expr(), key_span, depth + 1)?))
                };
                Value::Object(object.iter().map(member).collect::<Result<_, _>>()?)
            }
            _ => self.unknown(expression),
        };
        Ok(Node::new(value, span))
    }

    fn key(&self, key: &ObjectKey, parent: Span) -> (String, Span) {
        match key {
            ObjectKey::Ident(ident) => (ident.as_str().to_string(), self.place(ident.span(), parent)),
            ObjectKey::Expression(expression) => {
                let text = expression.as_str().map_or_else(|| self.source_of(expression), str::to_string);
                (text, self.place(expression.span(), parent))
            }
        }
    }

    fn source_of(&self, expression: &Expression) -> String {
        expression.span().and_then(|range| self.source.get(range)).unwrap_or("").trim().to_string()
    }

    fn unknown(&self, expression: &Expression) -> Value {
        Value::Templated(self.source_of(expression).into())
    }

    /// The text of a template without interpolations and directives.
    fn literal(&self, template: &Template) -> Option<Value> {
        let mut text = String::new();
        for element in template.iter() {
            let Element::Literal(literal) = element else { return None };
            text.push_str(literal);
        }
        Some(Value::String(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    const MAIN: &str = "terraform {
  required_version = \">= 1.5\"
  backend \"s3\" {
    encrypt = true
  }
}

variable \"port\" {
  type    = number
  default = 8080
}

resource \"aws_security_group\" \"web\" {
  name = \"web-${var.env}\"
  ingress {
    cidr_blocks = [\"0.0.0.0/0\"]
    from_port   = var.port
  }
  ingress {
    cidr_blocks = []
  }
  tags = {
    Name        = \"web\"
    \"quoted\"    = -1.5
    (var.key)   = null
  }
}

resource \"aws_security_group\" \"db\" {
  description = <<-EOT
    two
    lines
  EOT
  count = (2)
  policy = jsonencode({ a = 1 })
}
";

    #[test]
    fn blocks_are_found_under_type_and_labels() {
        let node = one(MAIN);
        assert_eq!(
            node.get("terraform").unwrap().items()[0].at(&["backend", "s3"]).unwrap().items()[0].get("encrypt").unwrap().value,
            Value::Bool(true)
        );
        let groups = node.at(&["resource", "aws_security_group"]).unwrap();
        assert_eq!(groups.entries().len(), 2);
        let web = &groups.get("web").unwrap().items()[0];
        assert_eq!((web.span.line, web.span.column, web.span.end_line), (13, 1, 27));
        let ingress = web.get("ingress").unwrap().items();
        assert_eq!(ingress.len(), 2);
        let open = &ingress[0].get("cidr_blocks").unwrap().items()[0];
        assert_eq!((open.as_str(), open.span.line, open.span.column), (Some("0.0.0.0/0"), 16, 20));
        assert_eq!(groups.entry("db").unwrap().key_span.line, 29);
    }

    #[test]
    fn literals_have_values_and_expressions_their_source() {
        let node = one(MAIN);
        let variable = &node.at(&["variable", "port"]).unwrap().items()[0];
        assert_eq!(variable.get("default").unwrap().value, Value::Int(8080));
        assert_eq!(variable.get("type").unwrap().value, Value::Templated("number".into()));
        let web = &node.at(&["resource", "aws_security_group", "web"]).unwrap().items()[0];
        assert_eq!(web.get("name").unwrap().value, Value::Templated("\"web-${var.env}\"".into()));
        assert_eq!(web.at(&["tags", "Name"]).unwrap().as_str(), Some("web"));
        assert_eq!(web.at(&["tags", "quoted"]).unwrap().value, Value::Float(-1.5));
        assert_eq!(web.at(&["tags", "(var.key)"]).unwrap().value, Value::Null);
        let db = &node.at(&["resource", "aws_security_group", "db"]).unwrap().items()[0];
        assert_eq!(db.get("description").unwrap().as_str(), Some("two\nlines\n"));
        assert_eq!(db.get("count").unwrap().value, Value::Int(2));
        assert_eq!(db.get("policy").unwrap().value, Value::Templated("jsonencode({ a = 1 })".into()));
    }

    #[test]
    fn errors_name_their_line_and_depth_is_bounded() {
        assert_eq!(parse("a = 1\nb = = 2\n").unwrap_err().line, 2);
        assert!(parse(&"a {\n".repeat(10_000)).is_err());
        assert!(parse(&format!("a = {}", "[".repeat(10_000))).is_err());
        assert!(parse(&format!("a = {}1", "(".repeat(10_000))).is_err());
        assert!(parse(&format!("a = {}1", "-".repeat(10_000))).is_err());
        assert!(parse(&format!("a = {}1", "1 + ".repeat(10_000))).is_err());
        assert!(parse(&format!("a = {}1", "b ? c : ".repeat(10_000))).is_err());
        assert!(parse(&format!("a = \"{}\"", "${\"".repeat(10_000))).is_err());
        assert!(parse(&format!("a {} {{}}", "\"b\" ".repeat(10_000))).unwrap_err().message.contains("nested deeper"));
    }

    #[test]
    fn objects_are_bounded() {
        let members: String = (0..MAX_MEMBERS + 1).map(|number| format!("k{number} = 1\n")).collect();
        assert!(parse(&format!("a = {{\n{members}}}\n")).unwrap_err().message.contains("more than"));
        assert_eq!(one(&members).entries().len(), MAX_MEMBERS + 1);
    }

    #[test]
    fn an_attribute_and_a_block_of_one_name_both_stay() {
        let node = one("a \"x\" {}\na {}\na \"x\" {}\n");
        assert_eq!(node.entries().len(), 3);
    }

    proptest! {
        #[test]
        fn never_panics(text in "([ab=\"{}()\\[\\]$<1.,:?+ \né-]|<<A\n|A\n|\\$\\{|a = |b \\{\n){0,50}") {
            let _ = parse(&text);
        }
    }
}
