//! Makes text from a repository, an endpoint or a check pack harmless before it is shown.
//!
//! Every format passes every foreign string through one function of this file: `line` for a terminal, `markdown`, `prose`,
//! `code` and `fence` for Markdown, `json` for JSON. To add a format, add its escaping here, on top of `line`, so that control
//! characters are dealt with in one place.

/// Characters that change how a reader sees the text around them without being seen themselves: controls (C0, DEL, C1),
/// direction overrides and isolates, zero-width characters, soft hyphens, tags and variation selectors that can carry data.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line: escape sequences and invisible characters are gone, tabs and line ends are single spaces.
pub fn line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in Visible::new(text) {
        clean.push(if c == '\n' || c == '\t' { ' ' } else { c });
    }
    clean
}

/// The text as lines, each as `line` makes them; line ends of any system separate them.
pub fn lines(text: &str) -> Vec<String> {
    let clean: String = Visible::new(text).map(|c| if c == '\t' { ' ' } else { c }).collect();
    clean.split('\n').map(|l| l.trim_end().to_owned()).collect()
}

/// The visible characters of a text, with `\n` for a line end and `\t` kept. Linear in the length of the text.
struct Visible<'a> {
    rest: std::str::Chars<'a>,
    /// No string sequence ends in the rest: do not look for an end again.
    unterminated: bool,
}

impl<'a> Visible<'a> {
    fn new(text: &'a str) -> Visible<'a> {
        Visible { rest: text.chars(), unterminated: false }
    }

    /// Skips what follows ESC `[`: parameters, intermediates and one final byte.
    fn skip_control_sequence(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                '\u{20}'..='\u{3f}' => self.rest.next(),
                '\u{40}'..='\u{7e}' => {
                    self.rest.next();
                    return;
                }
                _ => return,
            };
        }
    }

    /// Skips the payload of an OSC, DCS, SOS, PM or APC sequence; leaves everything in place if it never ends.
    fn skip_string(&mut self) {
        if self.unterminated {
            return;
        }
        let mut ahead = self.rest.clone();
        while let Some(c) = ahead.next() {
            let ends = match c {
                '\u{7}' | '\u{9c}' => true,
                '\u{1b}' => ahead.as_str().starts_with('\\') && ahead.next().is_some(),
                _ => false,
            };
            if ends {
                self.rest = ahead;
                return;
            }
        }
        self.unterminated = true;
    }

    /// Skips what belongs to an ESC that has just been read.
    fn skip_escape(&mut self) {
        match self.peek() {
            Some('[') => {
                self.rest.next();
                self.skip_control_sequence();
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                self.rest.next();
                self.skip_string();
            }
            Some('\u{20}'..='\u{2f}') => {
                while matches!(self.peek(), Some('\u{20}'..='\u{2f}')) {
                    self.rest.next();
                }
                if matches!(self.peek(), Some('\u{30}'..='\u{7e}')) {
                    self.rest.next();
                }
            }
            Some('\u{30}'..='\u{7e}') => {
                self.rest.next();
            }
            _ => {}
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }
}

impl Iterator for Visible<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            match self.rest.next()? {
                '\u{1b}' => self.skip_escape(),
                '\u{9b}' => self.skip_control_sequence(),
                '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => self.skip_string(),
                '\r' => {
                    if self.peek() == Some('\n') {
                        self.rest.next();
                    }
                    return Some('\n');
                }
                '\u{85}' | '\u{2028}' | '\u{2029}' => return Some('\n'),
                c @ ('\n' | '\t') => return Some(c),
                c if is_invisible(c) => {}
                c => return Some(c),
            }
        }
    }
}

/// JSON text in which no invisible character stands raw: each becomes `\uXXXX`, which every parser reads back as it was.
///
/// `text` must be JSON already; outside its strings only spaces and line feeds are invisible, and those stay.
pub fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Text as one line of GitHub-flavoured Markdown that shows exactly this text, wherever a line or a table cell may stand:
/// no markup, HTML, mention, automatic link, table cell or block start survives.
pub fn markdown(text: &str) -> String {
    let clean = line(text);
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(clean.len() + 8);
    push_escaped(&mut safe, &clean);
    escape_start(safe)
}

/// Like `markdown`, but text between two backticks becomes a code span: for sentences written by authors of checks.
pub fn prose(text: &str) -> String {
    let clean = line(text);
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(clean.len() + 8);
    let mut rest = clean.as_str();
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inside, behind)) = after.split_once('`') else {
            break;
        };
        push_escaped(&mut safe, before);
        if inside.trim().is_empty() {
            push_escaped(&mut safe, "`");
            rest = after;
            continue;
        }
        safe.push_str(&code(inside));
        rest = behind;
    }
    push_escaped(&mut safe, rest);
    escape_start(safe)
}

fn push_escaped(safe: &mut String, text: &str) {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        match c {
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => safe.extend(['\\', c]),
            '_' if !(before.is_alphanumeric() && after.is_alphanumeric()) => safe.push_str("\\_"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // An empty comment: it shows nothing, and keeps GitHub from notifying whoever has that name or number.
            '@' => safe.push_str("@<!-- -->"),
            '#' if after.is_ascii_digit() => safe.push_str("#<!-- -->"),
            ':' if after == '/' => safe.push_str("&#58;"),
            '.' if ends_with_www(safe) => safe.push_str("&#46;"),
            _ => safe.push(c),
        }
        before = c;
    }
}

fn ends_with_www(text: &str) -> bool {
    text.len() >= 3 && text.as_bytes()[text.len() - 3..].eq_ignore_ascii_case(b"www")
}

/// Escapes what would open a block at the start of a line: heading, list, rule, setext underline.
fn escape_start(safe: String) -> String {
    if safe.starts_with(['#', '-', '+', '=']) {
        return format!("\\{safe}");
    }
    let digits = safe.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && safe[digits..].starts_with(['.', ')']) {
        return format!("{}\\{}", &safe[..digits], &safe[digits..]);
    }
    safe
}

/// Text as a Markdown code span. In a table use `cell`, which also hides the pipes.
pub fn code(text: &str) -> String {
    let clean = line(text);
    let clean = clean.trim();
    if clean.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(clean) + 1);
    let pad = if clean.starts_with('`') || clean.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{clean}{pad}{ticks}")
}

/// A piece of Markdown made by `prose` or `code` as the content of a table cell: GitHub splits cells at pipes before it looks at
/// code spans, so those need a backslash there. A pipe that has one keeps it.
pub fn cell(markdown: &str) -> String {
    let mut safe = String::with_capacity(markdown.len());
    let mut backslashes = 0;
    for c in markdown.chars() {
        if c == '|' && backslashes % 2 == 0 {
            safe.push('\\');
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        safe.push(if c == '\n' { ' ' } else { c });
    }
    safe
}

/// Text as a fenced code block that nothing inside can close. `language` is the info string; it must be trusted.
pub fn fence(text: &str, language: &str) -> String {
    let body = lines(text).join("\n");
    let ticks = "`".repeat(longest_run(&body).max(2) + 1);
    format!("{ticks}{language}\n{body}\n{ticks}\n")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_go_with_their_payload() {
        assert_eq!(line("a\u{1b}[31;1mred\u{1b}[0m b"), "ared b");
        assert_eq!(line("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{7}!"), "link!");
        assert_eq!(line("\u{9b}2Jx\u{9d}title\u{9c}y\u{1b}(Bz\u{1b}cw"), "xyzw");
        assert_eq!(line("\u{1b}P1$r\u{1b}x still DCS\u{1b}\\end"), "end");
    }

    #[test]
    fn a_sequence_that_never_ends_hides_nothing() {
        assert_eq!(line("a\u{1b}]0;title and more"), "a0;title and more");
        assert_eq!(line("\u{1b}"), "");
        assert_eq!(line("\u{1b}[31"), "");
    }

    #[test]
    fn unterminated_sequences_stay_linear() {
        let hostile = "\u{1b}]".repeat(200_000);
        assert_eq!(line(&hostile), "");
    }

    #[test]
    fn invisible_characters_are_stripped_and_white_space_is_space() {
        assert_eq!(line("a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{ad}f\u{e0041}g\0h\u{7f}"), "abcdefgh");
        assert_eq!(line("a\tb\r\nc\rd\u{2028}e"), "a b c d e");
        assert_eq!(lines("a\tb\r\nc\rd\n"), ["a b", "c", "d", ""]);
        assert_eq!(line("naïve 日本語 ✓"), "naïve 日本語 ✓");
    }

    #[test]
    fn json_keeps_the_value_and_hides_the_character() {
        let value = "x\u{202e}\u{9b}\u{7f}\u{e0041}y";
        let text = serde_json::to_string(value).unwrap();
        let safe = json(&text);
        assert!(!safe.chars().any(is_invisible), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
    }

    #[test]
    fn markdown_shows_what_was_written() {
        assert_eq!(markdown("a|b <img src=x> `c` *d* [e](f)"), "a\\|b &lt;img src=x&gt; \\`c\\` \\*d\\* \\[e\\](f)");
        assert_eq!(markdown("# no heading"), "\\# no heading");
        assert_eq!(markdown("  - no item"), "\\- no item");
        assert_eq!(markdown("1. no list"), "1\\. no list");
        assert_eq!(markdown("12) no list"), "12\\) no list");
        assert_eq!(markdown("two\nlines </details>"), "two lines &lt;/details&gt;");
        assert_eq!(markdown("snake_case _emph_"), "snake_case \\_emph\\_");
        assert_eq!(markdown("ping @team about #12"), "ping @<!-- -->team about #<!-- -->12");
        assert_eq!(markdown("https://x www.evil.example"), "https&#58;//x www&#46;evil.example");
    }

    #[test]
    fn prose_keeps_code_spans_and_nothing_else() {
        assert_eq!(prose("Set `a|b` to <x>"), "Set `a|b` to &lt;x&gt;");
        assert_eq!(prose("an odd ` tick"), "an odd \\` tick");
        assert_eq!(prose("``` fence"), "\\`\\`\\` fence");
    }

    #[test]
    fn code_survives_backticks_and_pipes() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(cell(&code("a|b\\|c")), "`a\\|b\\|c`");
        assert_eq!(cell(&markdown("a|b\\")), "a\\|b\\\\");
    }

    #[test]
    fn a_fence_cannot_be_closed_from_inside() {
        let block = fence("x\n````\n</details>\n```", "python");
        assert_eq!(block, "`````python\nx\n````\n</details>\n```\n`````\n");
    }
}
