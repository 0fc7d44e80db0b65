//! Where the output of a template expression on a line of its own belongs in a YAML tree.
//!
//! While events arrive, the collections still open are the ancestors of whatever comes next; the column of the expression's output
//! says which of them it continues. What `yaml` documents about open objects and templated items is decided here.

use std::sync::Arc;

use super::node::{Entry, Node, Value};
use super::template::Action;
use super::yaml::{Builder, Frame, FrameKind};

impl<'a> Builder<'a> {
    /// A node that is what the expression prints.
    pub(super) fn templated(&self, action: &Action) -> Node {
        let text = self.source.get(action.range.clone()).unwrap_or("");
        Node::new(Value::Templated(text.into()), self.lines.span(action.range.clone()))
    }

    /// Attaches the printing expressions that stand alone before `offset`.
    pub(super) fn attach_actions(&mut self, offset: usize) {
        let template = self.template;
        while let Some(action) = template.actions.get(self.next_action).filter(|action| action.range.start < offset) {
            self.next_action += 1;
            if action.alone && action.prints {
                self.attach(action);
            }
        }
    }

    fn attach(&mut self, action: &'a Action) {
        if self.stack.is_empty() {
            let templated = self.templated(action);
            // An empty document ends where it begins, before the expression.
            match self.root.as_mut().or(self.documents.last_mut()) {
                Some(empty) if empty.value == Value::Null => *empty = templated,
                _ => {
                    self.pending.get_or_insert(action);
                }
            }
            return;
        }
        let fits = |frame: &Frame| frame.column.is_some_and(|column| column <= action.column);
        match self.stack.iter().rposition(fits) {
            None => self.add(0, action),
            Some(owner) if self.stack[owner].column == Some(action.column) => self.add(owner, action),
            // Between two levels of indentation it belongs to the inner one.
            Some(owner) if owner + 1 < self.stack.len() => self.add(owner + 1, action),
            Some(_) => self.fill(action),
        }
    }

    /// An expression further in than the innermost collection is its last value, or part of it.
    fn fill(&mut self, action: &'a Action) {
        let templated = self.templated(action);
        let Some(frame) = self.stack.last_mut() else { return };
        let last = match &mut frame.kind {
            FrameKind::Members { key: Some(_), .. } => {
                self.pending.get_or_insert(action);
                return;
            }
            FrameKind::Members { entries, .. } => entries.last_mut().map(|entry| &mut entry.value),
            FrameKind::Items(items) => items.last_mut(),
        };
        match last {
            Some(last) if frame.open_ended => {
                let end_line = templated.span.end_line;
                let before = last.text().filter(|text| !text.is_empty()).map(|text| format!("{}\n", text.trim_end()));
                let text = [before.as_deref().unwrap_or(""), templated.text().unwrap_or("")].concat();
                last.value = Value::Templated(text.into());
                last.span.end_line = end_line;
                // One expression tells that the value is unknown; collecting them all would be quadratic.
                frame.open_ended = false;
            }
            _ => {}
        }
    }

    /// Adds an item or a member to the collection at `index` of the stack.
    pub(super) fn add(&mut self, index: usize, action: &Action) {
        let node = self.templated(action);
        let reading = index + 1 < self.stack.len();
        let frame = &mut self.stack[index];
        match &mut frame.kind {
            _ if reading => frame.after.push(node),
            FrameKind::Items(items) => items.push(node),
            FrameKind::Members { entries, .. } => entries.push(printed_member(node)),
        }
    }
}

/// The member that stands for the members an expression prints.
pub(super) fn printed_member(printed: Node) -> Entry {
    let key: Arc<str> = printed.text().unwrap_or("").into();
    Entry::new(key, printed.span, printed)
}
