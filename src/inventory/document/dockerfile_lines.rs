//! Splits a Dockerfile into instructions: parser directives, continuations, comments inside them, heredocs, flags, words.

use std::collections::HashMap;

use super::node::Span;
use super::position::lines_of;

/// More flags than any instruction has; a hostile file's others stay in the text.
const MAX_FLAGS: usize = 100;

/// One instruction, its continuations joined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Instruction {
    /// In upper case.
    pub(super) op: String,
    /// Everything after the operator, comments and continuation characters removed.
    pub(super) text: String,
    /// `--name=value`, in order; a flag without a value is `true`.
    pub(super) flags: Vec<(String, String)>,
    /// The part of `text` after the flags.
    pub(super) rest: String,
    /// The bodies of its heredocs.
    pub(super) heredocs: Vec<String>,
    pub(super) span: Span,
}

/// The instructions of a Dockerfile.
pub(super) fn instructions(text: &str) -> Vec<Instruction> {
    let lines: Vec<&str> = lines_of(text).map(|(_, line)| line).collect();
    let escape = escape_character(&lines);
    let last = LastLines::new(&lines);
    let mut result = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim_start();
        if line.is_empty() || line.starts_with('#') {
            at += 1;
            continue;
        }
        let column = lines[at].chars().count() - line.chars().count();
        let (logical, next) = join(&lines, at, escape);
        let (op, text) = logical.split_once(char::is_whitespace).unwrap_or((&logical, ""));
        let op = op.to_ascii_uppercase();
        let (heredocs, next) = match &*op {
            "RUN" | "COPY" | "ADD" => heredoc_bodies(&lines, next, text, &last),
            _ => (Vec::new(), next),
        };
        let (flags, rest) = split_flags(text.trim());
        let span = Span { end_line: next as u32, ..Span::at(at as u32 + 1, column as u32 + 1) };
        result.push(Instruction { op, text: text.trim().to_string(), flags, rest, heredocs, span });
        at = next;
    }
    result
}

/// The last line of each content, as it is and without leading tabs: so that looking for the end of a heredoc never runs to the
/// end of the file in vain.
struct LastLines<'a> {
    exact: HashMap<&'a str, usize>,
    without_tabs: HashMap<&'a str, usize>,
}

impl<'a> LastLines<'a> {
    fn new(lines: &[&'a str]) -> LastLines<'a> {
        let numbered = || lines.iter().enumerate();
        LastLines {
            exact: numbered().map(|(index, line)| (*line, index)).collect(),
            without_tabs: numbered().map(|(index, line)| (line.trim_start_matches('\t'), index)).collect(),
        }
    }
}

/// The character that continues a line: a backslash unless a directive at the top says otherwise.
fn escape_character(lines: &[&str]) -> char {
    for line in lines {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|directive| directive.split_once('=')) else { break };
        if name.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// The logical line that begins at line `at`, and the line after it.
fn join(lines: &[&str], at: usize, escape: char) -> (String, usize) {
    let mut logical = String::new();
    let mut next = at;
    while next < lines.len() {
        let line = lines[next];
        let first = next == at;
        next += 1;
        if !first && (line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        let (content, continues) = match line.trim_end().strip_suffix(escape) {
            Some(content) => (content, true),
            None => (line, false),
        };
        let blank = [' ', '\t'];
        if !first && content.starts_with(blank) && !logical.ends_with(' ') {
            logical.push(' ');
        }
        logical.push_str(content.trim());
        if content.ends_with(blank) {
            logical.push(' ');
        }
        if !continues {
            break;
        }
    }
    logical.truncate(logical.trim_end().len());
    (logical, next)
}

/// The bodies of the heredocs that `text` opens and the line after the last.
fn heredoc_bodies(lines: &[&str], start: usize, text: &str, last: &LastLines<'_>) -> (Vec<String>, usize) {
    let mut bodies = Vec::new();
    let mut next = start;
    for word in text.split_whitespace() {
        let Some(name) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else { continue };
        let (strips_tabs, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
        let name = name.trim_matches(['"', '\'']);
        let named = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let last = if strips_tabs { last.without_tabs.get(name) } else { last.exact.get(name) };
        if !named || last.is_none_or(|last| *last < next) {
            continue;
        }
        let ends = |line: &str| if strips_tabs { line.trim_start_matches('\t') == name } else { line == name };
        let Some(length) = lines[next..].iter().position(|line| ends(line)) else { continue };
        bodies.push(lines[next..next + length].join("\n"));
        next += length + 1;
    }
    (bodies, next)
}

fn split_flags(text: &str) -> (Vec<(String, String)>, String) {
    let mut flags = Vec::new();
    let mut rest = text;
    while let Some(flag) = rest.strip_prefix("--").filter(|_| flags.len() < MAX_FLAGS) {
        let end = flag.find(char::is_whitespace).unwrap_or(flag.len());
        let (name, value) = flag[..end].split_once('=').unwrap_or((&flag[..end], "true"));
        if name.is_empty() {
            break;
        }
        flags.push((name.to_string(), value.trim_matches('"').to_string()));
        rest = flag[end..].trim_start();
    }
    (flags, rest.to_string())
}

/// Shell words: split at blanks outside quotes, quotes removed.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match quote {
            Some(open) if character == open => quote = None,
            Some('\'') => word.get_or_insert_default().push(character),
            _ if character == '\\' => word.get_or_insert_default().extend(characters.next()),
            None if matches!(character, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn joins_continuations_and_drops_comments_in_them() {
        let found = instructions(
            "# syntax=docker/dockerfile:1\nFROM a\n\n  RUN apt-get update \\\n  # why\n\n    && apt-get install -y \\\n    curl\nUSER app\n",
        );
        assert_eq!(found.len(), 3);
        assert_eq!(found[1].text, "apt-get update && apt-get install -y curl");
        assert_eq!((found[1].span.line, found[1].span.column, found[1].span.end_line), (4, 3, 8));
        assert_eq!((&*found[2].op, found[2].span.line), ("USER", 9));
    }

    #[test]
    fn the_escape_directive_changes_the_continuation() {
        let found = instructions("# escape=`\nFROM a\nRUN dir `\n  c:\\\nCMD x\n");
        assert_eq!(found[1].text, "dir c:\\");
        assert_eq!(found[2].op, "CMD");
        assert_eq!(instructions("FROM a\n# escape=`\nRUN a \\\n b\n")[1].text, "a b");
    }

    #[test]
    fn heredocs_belong_to_their_instruction() {
        let text = "RUN <<EOF\napt-get update\n# kept\nEOF\nCOPY <<-'A' <<B /x/\n\ta\n\tA\nb\nB\nRUN cat <<NEVER\nUSER app\n";
        let found = instructions(text);
        let ops: Vec<_> = found.iter().map(|instruction| &*instruction.op).collect();
        assert_eq!(ops, ["RUN", "COPY", "RUN", "USER"]);
        assert_eq!(found[0].heredocs, ["apt-get update\n# kept"]);
        assert_eq!(found[0].span.end_line, 4);
        assert_eq!(found[1].heredocs, ["\ta", "b"]);
        assert!(found[2].heredocs.is_empty());
    }

    #[test]
    fn flags_are_split_off() {
        let found = instructions(
            "RUN --mount=type=cache,target=/a --mount=type=secret,id=x --network=none make\nCOPY --link --chown=1:1 a b\n",
        );
        assert_eq!(found[0].rest, "make");
        assert_eq!(found[0].flags.len(), 3);
        assert_eq!(found[1].flags, [("link".into(), "true".into()), ("chown".into(), "1:1".into())]);
    }

    #[test]
    fn words_follow_the_shell() {
        assert_eq!(words("a \"b c\" d\\ e 'f\"' \"\" x=\"1 2\""), ["a", "b c", "d e", "f\"", "", "x=1 2"]);
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_in_the_file(text in "(RUN |COPY |<<A|A\n|#|--f=|[a`\\\\ \t\n\r\"'é])|# escape=`\n{0,60}") {
            let lines = text.matches('\n').count() as u32 + 1;
            for instruction in instructions(&text) {
                prop_assert!((1..=lines).contains(&instruction.span.line));
                prop_assert!((instruction.span.line..=lines).contains(&instruction.span.end_line));
                let _ = words(&instruction.rest);
            }
        }
    }
}
