//! Hides template expressions (Go templates as Helm uses them, Jinja, GitHub's `${{ }}`) so that what is left parses as YAML.
//!
//! Hiding keeps every byte offset: an expression that stands alone on its lines becomes spaces, an inline one underscores. The
//! front end then asks which of its scalars had an expression inside (`Template::within`), and hangs expressions that print
//! members or items where their indentation says (`Action::column`).
//!
//! To support another template language, add its delimiters to `closing` and its statements to `prints`.

use std::ops::Range;

/// One template expression of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Action {
    /// Bytes, delimiters included.
    pub(super) range: Range<usize>,
    /// Nothing else but comments stands on its lines, and it does not open a block scalar.
    pub(super) alone: bool,
    /// It was replaced; otherwise it was left in place (`${{ }}` while that parses).
    pub(super) hidden: bool,
    /// It puts text in its place, rather than deciding, looping or commenting.
    pub(super) prints: bool,
    /// Byte offset from which it is replaced by text rather than spaces although it stands alone: it opens a block scalar.
    text_from: Option<usize>,
    /// 0-based column at which its output begins: the argument of `indent` or `nindent`, or its own column.
    pub(super) column: usize,
}

/// A text without its template expressions.
pub(super) struct Template {
    /// As long as the original, with the same line breaks.
    pub(super) text: String,
    /// In source order, not overlapping.
    pub(super) actions: Vec<Action>,
}

/// Could `text` hold a template expression?
pub fn is_template(text: &str) -> bool {
    memchr::memchr_iter(b'{', text.as_bytes()).any(|at| closing(&text.as_bytes()[at..]).is_some())
}

impl Template {
    /// Hides the expressions of `text`; those of the form `${{ }}` only if `dollars`.
    pub(super) fn new(text: &str, dollars: bool) -> Template {
        let mut actions = find_actions(text, dollars);
        mark_alone(text, &mut actions);
        mark_openers(text, &mut actions);
        let mut bytes = text.as_bytes().to_vec();
        for action in actions.iter().filter(|action| action.hidden) {
            hide(&mut bytes, action);
        }
        // Only whole characters were replaced, by ASCII, so the conversion never fails; the original is a safe answer if it did.
        let text = String::from_utf8(bytes).unwrap_or_else(|_| text.to_string());
        Template { text, actions }
    }

    /// The expressions that overlap `range`.
    pub(super) fn within(&self, range: &Range<usize>) -> &[Action] {
        let from = self.actions.partition_point(|action| action.range.end <= range.start);
        let to = self.actions.partition_point(|action| action.range.start < range.end);
        &self.actions[from..to.max(from)]
    }
}

/// The delimiter that closes the expression at the start of `bytes`, if one opens there.
fn closing(bytes: &[u8]) -> Option<&'static [u8; 2]> {
    match bytes.get(..2)? {
        b"{{" => Some(b"}}"),
        b"{%" => Some(b"%}"),
        b"{#" => Some(b"#}"),
        _ => None,
    }
}

fn find_actions(text: &str, dollars: bool) -> Vec<Action> {
    let bytes = text.as_bytes();
    let mut actions = Vec::new();
    let mut unclosed: Vec<&[u8; 2]> = Vec::new();
    let mut at = 0;
    while let Some(skip) = memchr::memchr(b'{', &bytes[at..]) {
        at += skip;
        // A delimiter that is never closed after here needs no second look; this keeps the search linear.
        let Some(close) = closing(&bytes[at..]).filter(|close| !unclosed.contains(close)) else {
            at += 1;
            continue;
        };
        let Some(end) = end_of_action(bytes, at, close) else {
            unclosed.push(close);
            at += 1;
            continue;
        };
        let source = &text[at..end];
        actions.push(Action {
            range: at..end,
            alone: false,
            text_from: None,
            hidden: dollars || at == 0 || bytes[at - 1] != b'$',
            prints: prints(source),
            column: indentation(source).unwrap_or_else(|| column(&bytes[..at])),
        });
        at = end;
    }
    actions
}

/// How many bytes follow the last line break, at most 256: more is no indentation, and the bound keeps long lines cheap.
fn column(before: &[u8]) -> usize {
    let window = &before[before.len().saturating_sub(256)..];
    memchr::memrchr(b'\n', window).map_or(window.len(), |newline| window.len() - newline - 1)
}

/// Offset after the closing delimiter. Quoted strings and comments may contain it.
fn end_of_action(bytes: &[u8], start: usize, close: &[u8; 2]) -> Option<usize> {
    let body = &bytes[start + 2..];
    let comment = body.strip_prefix(b"-").unwrap_or(body).trim_ascii_start().starts_with(b"/*");
    if comment || close == b"#}" {
        let end = if comment { memchr::memmem::find(body, b"*/")? } else { 0 };
        return memchr::memmem::find(&body[end..], close).map(|skip| start + 2 + end + skip + 2);
    }
    let (mut at, mut plain_until) = (start + 2, 0);
    while at < bytes.len() {
        match bytes[at] {
            // Strings do not span lines; a quote without its pair on the line is an apostrophe, and so are the others after it.
            quote @ (b'"' | b'\'' | b'`') if at >= plain_until => match closing_quote(bytes, at, quote) {
                Ok(closed) => at = closed,
                Err(line_end) => plain_until = line_end,
            },
            _ if bytes[at..].starts_with(close) => return Some(at + 2),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Offset of the quote that pairs with the one at `open`, or of the end of the line.
fn closing_quote(bytes: &[u8], open: usize, quote: u8) -> Result<usize, usize> {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != b'\n' {
        match bytes[at] {
            byte if byte == quote => return Ok(at),
            b'\\' if quote != b'`' => at += 1,
            _ => {}
        }
        at += 1;
    }
    Err(at)
}

/// Does this expression put text in its place?
fn prints(source: &str) -> bool {
    const STATEMENTS: [&str; 9] = ["if", "else", "end", "range", "with", "define", "block", "break", "continue"];
    if !source.starts_with("{{") {
        return false;
    }
    let body = source.trim_start_matches(['{', '-', '~']).trim_start();
    let word = body.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().unwrap_or("");
    let assigns = word.starts_with('$') && body[word.len()..].trim_start().starts_with([':', '=', ',']);
    !(body.starts_with("/*") || assigns || STATEMENTS.contains(&word))
}

/// The argument of the last `indent` or `nindent` in the expression.
fn indentation(source: &str) -> Option<usize> {
    let at = source.rfind("indent ")? + "indent ".len();
    let digits: String = source[at..].trim_start().chars().take_while(char::is_ascii_digit).take(4).collect();
    digits.parse().ok()
}

/// Decides which actions have their lines for themselves (and for other actions and comments).
fn mark_alone(text: &str, actions: &mut [Action]) {
    let blank = |range: Range<usize>| text[range].trim().is_empty();
    let mut free_before = Vec::with_capacity(actions.len());
    for (index, action) in actions.iter().enumerate() {
        let previous = index.checked_sub(1).map(|previous| &actions[previous].range);
        let gap_start = previous.map_or(0, |range| range.end);
        let line = memchr::memrchr(b'\n', &text.as_bytes()[gap_start..action.range.start]).map(|at| gap_start + at + 1);
        free_before.push(match (line, previous) {
            (Some(line), _) => blank(line..action.range.start),
            (None, None) => blank(0..action.range.start),
            (None, Some(_)) => free_before[index - 1] && blank(gap_start..action.range.start),
        });
    }
    let mut next: Option<(usize, bool)> = None;
    for (index, action) in actions.iter_mut().enumerate().rev() {
        let gap_end = next.map_or(text.len(), |(start, _)| start);
        let rest = &text[action.range.end..gap_end];
        let free_after = match (rest.find('\n'), next) {
            (Some(newline), _) => is_blank_or_comment(&rest[..newline]),
            (None, None) => is_blank_or_comment(rest),
            (None, Some((_, free))) => rest.trim().is_empty() && free,
        };
        action.alone = free_before[index] && free_after && action.hidden;
        next = Some((action.range.start, free_after));
    }
}

/// Finds the actions that are the first line of a YAML block scalar. YAML forbids more spaces there than the text after them has,
/// so they become text themselves, from the column at which that text begins.
fn mark_openers(text: &str, actions: &mut [Action]) {
    for index in 0..actions.len() {
        let action = &actions[index];
        let own_column = column(&text.as_bytes()[..action.range.start]);
        let line_start = action.range.start - own_column;
        let Some(before) =
            text.get(..line_start).filter(|before| action.alone && text[before.len()..action.range.start].trim().is_empty())
        else {
            continue;
        };
        let Some(indent) = block_header_indent(before) else { continue };
        let column = content_column(text, &actions[index..]).filter(|column| *column > indent);
        let column = column.or_else(|| (own_column > indent).then_some(own_column));
        if let Some(column) = column {
            actions[index].alone = false;
            actions[index].text_from = Some(line_start + column);
        }
    }
}

/// The indentation of the last line that is not blank, if a block scalar begins after it.
fn block_header_indent(before: &str) -> Option<usize> {
    let header = before.trim_end();
    let header = &header[header.rfind('\n').map_or(0, |newline| newline + 1)..];
    let code = header.find(" #").map_or(header, |comment| &header[..comment]).trim_end();
    let indicator = code.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    [" |", " >"].iter().any(|end| indicator.ends_with(end)).then(|| header.len() - header.trim_start().len())
}

/// The column of the first text after the first of `actions` and those that follow it without text between.
fn content_column(text: &str, actions: &[Action]) -> Option<usize> {
    let mut line_start = actions.first()?.range.end;
    for action in actions {
        let gap = text.get(line_start..action.range.start).unwrap_or("");
        if !action.alone || !gap.trim().is_empty() {
            break;
        }
        line_start = action.range.end;
    }
    let rest = &text[line_start..];
    let content = rest.len() - rest.trim_start().len();
    let newline = rest[..content].rfind('\n')?;
    (content < rest.len()).then(|| content - newline - 1)
}

fn is_blank_or_comment(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with('#')
}

fn hide(bytes: &mut [u8], action: &Action) {
    let after = &bytes[action.range.end..];
    let ends_line = after.iter().take_while(|byte| **byte != b'\n').all(u8::is_ascii_whitespace);
    let range = &bytes[action.range.clone()];
    let first_line = memchr::memchr(b'\n', range).map_or(action.range.end, |newline| action.range.start + newline);
    let last_line = memchr::memrchr(b'\n', range).map_or(action.range.start, |newline| action.range.start + newline + 1);
    let start = action.text_from.unwrap_or(action.range.start);
    let from = start.min(action.range.start);
    for (at, byte) in (from..).zip(&mut bytes[from..action.range.end]) {
        let visible = at >= start && (at < first_line || (at >= last_line && !ends_line));
        *byte = match *byte {
            kept @ (b'\n' | b'\r') => kept,
            _ if action.alone || !visible => b' ',
            _ => b'_',
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_of_their_own_become_spaces_and_inline_ones_underscores() {
        let text = "a: {{ .x }}\n{{- if .y }}\nb: \"{{ q \"}}\" }}\"\n{{- end }} # done\n";
        let template = Template::new(text, false);
        assert_eq!(template.text, "a: ________\n            \nb: \"____________\"\n           # done\n");
        let flags: Vec<_> = template.actions.iter().map(|a| (a.alone, a.prints)).collect();
        assert_eq!(flags, [(false, true), (true, false), (false, true), (true, false)]);
    }

    #[test]
    fn several_on_one_line_and_several_lines_in_one() {
        let text = "{{ if .a }}{{ .b }}{{ end }}\nk: {{ include \"x\" (dict\n  \"a\" 1) }}-y\n{{- /* it's\n }} */ -}}\n";
        let template = Template::new(text, false);
        let first: Vec<_> = template.actions.iter().map(|a| (a.alone, a.prints)).collect();
        assert_eq!(first, [(true, false), (true, true), (true, false), (false, true), (true, false)]);
        let lines: Vec<_> = template.text.lines().collect();
        assert_eq!(lines[1], format!("k: {}", "_".repeat(20)));
        assert_eq!(lines[2], format!("{}-y", "_".repeat(11)));
        assert_eq!(lines[4].trim(), "");
    }

    #[test]
    fn output_columns_come_from_indent_or_the_own_column() {
        let text = "x:\n  {{- toYaml .a | nindent 8 }}\n{{ include \"l\" . | indent 4 }}\n  {{ .b }}\n";
        let columns: Vec<_> = Template::new(text, false).actions.iter().map(|a| a.column).collect();
        assert_eq!(columns, [8, 4, 2]);
    }

    #[test]
    fn statements_assignments_and_comments_print_nothing() {
        for source in ["{{ if x }}", "{{- end -}}", "{{ $a := 1 }}", "{{ $a = 1 }}", "{{/* c */}}", "{% for x in y %}", "{# c #}"]
        {
            assert!(!prints(source), "{source}");
        }
        for source in ["{{ .Values.x }}", "{{ $a }}", "{{- include \"x\" . }}", "{{ iffy }}", "{{ $.Values.y }}"] {
            assert!(prints(source), "{source}");
        }
    }

    #[test]
    fn dollar_expressions_stay_until_asked() {
        let text = "run: echo ${{ github.ref }}\n";
        assert_eq!(Template::new(text, false).text, text);
        assert_eq!(Template::new(text, false).actions.len(), 1);
        assert!(!Template::new(text, true).text.contains('{'));
    }

    #[test]
    fn the_first_line_of_a_block_scalar_becomes_text_of_its_indentation() {
        let text = "a: |\n{{- if .x }}\n  b\n{{- end }}\nc: >-\n      {{ .y }}\n    d\ne: |\n{{ .z }}\nf: 1\n";
        let lines: Vec<_> = Template::new(text, false).text.lines().map(str::to_string).collect();
        assert_eq!(lines[1], "  __________");
        assert_eq!(lines[5], "    __________");
        assert_eq!(lines[8].trim(), "");
    }

    #[test]
    fn unclosed_expressions_stay() {
        let text = "a: {{ b\nc: {% d\ne: { f: 1 }\n";
        assert_eq!(Template::new(text, true).text, text);
    }

    proptest! {
        #[test]
        fn keeps_length_and_lines(text in "([{}%#$ \n\"'`é/*-]|\\{\\{|\\}\\}|if|end){0,80}", dollars: bool) {
            let template = Template::new(&text, dollars);
            prop_assert_eq!(template.text.len(), text.len());
            for (a, b) in text.bytes().zip(template.text.bytes()) {
                prop_assert_eq!(a == b'\n', b == b'\n');
            }
        }
    }
}
