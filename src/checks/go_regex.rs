//! Regular expressions as Go writes them → as the regex crate does.
//!
//! Both are linear-time and nearly alike. They differ in classes (in Go `[` and `&&` inside one are characters), in `{` that opens no
//! repetition, in `\Q…\E`, and in `\w \d \s \b`, which are those of ASCII in Go.

use std::iter::Peekable;
use std::str::Chars;

/// The same expression for the regex crate.
///
/// # Errors
/// What it uses that neither of the two supports, or only Go.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\\' => escape(&mut rest, &mut out, false)?,
            '[' => class(&mut rest, &mut out)?,
            '{' if !is_repetition(rest.clone()) => out.push_str("\\{"),
            other => out.push(other),
        }
    }
    Ok(out)
}

/// `3}`, `3,}`, `3,5}`.
fn is_repetition(rest: Peekable<Chars<'_>>) -> bool {
    let text: String = rest.take(12).collect();
    let Some((inside, _)) = text.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String, in_class: bool) -> Result<(), String> {
    let next = rest.next().ok_or("it ends in a backslash")?;
    let (inside, outside) = match next {
        'w' => ("0-9A-Za-z_", "[0-9A-Za-z_]"),
        'W' => ("[^0-9A-Za-z_]", "[^0-9A-Za-z_]"),
        'd' => ("0-9", "[0-9]"),
        'D' => ("[^0-9]", "[^0-9]"),
        's' => ("\\t\\n\\f\\r\\x20", "[\\t\\n\\f\\r\\x20]"),
        'S' => ("[^\\t\\n\\f\\r\\x20]", "[^\\t\\n\\f\\r\\x20]"),
        'b' if !in_class => ("", "(?-u:\\b)"),
        'Q' if !in_class => {
            literal(rest, out);
            return Ok(());
        }
        'C' => return Err("`\\C` matches half a character and is not supported".to_owned()),
        '1'..='9' => return Err("references to groups are not supported".to_owned()),
        // These mean the beginning and end of a word in the other dialect.
        '<' | '>' => {
            out.push(next);
            return Ok(());
        }
        other => {
            out.push('\\');
            out.push(other);
            return Ok(());
        }
    };
    out.push_str(if in_class { inside } else { outside });
    Ok(())
}

/// What follows `\Q`, up to `\E`.
fn literal(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        if next == '\\' && rest.next_if_eq(&'E').is_some() {
            break;
        }
        text.push(next);
    }
    out.push_str(&regex::escape(&text));
}

/// What follows `[`.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    out.push('[');
    if let Some(negation) = rest.next_if_eq(&'^') {
        out.push(negation);
    }
    if rest.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    let mut last = None;
    while let Some(next) = rest.next() {
        match next {
            ']' => {
                out.push(']');
                return Ok(());
            }
            '\\' => escape(rest, out, true)?,
            '[' if rest.peek() == Some(&':') => {
                out.push('[');
                for named in rest.by_ref() {
                    out.push(named);
                    if named == ']' {
                        break;
                    }
                }
            }
            '[' => out.push_str("\\["),
            '&' | '~' => out.extend(['\\', next]),
            '-' if last == Some('-') => out.push_str("\\-"),
            other => out.push(other),
        }
        last = Some(next);
    }
    Err("a class `[…` has no end".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::translate;
    use crate::inventory::secrets::compile;

    fn finds(pattern: &str, text: &str) -> bool {
        let regex = compile(&translate(pattern).expect(pattern)).expect(pattern);
        regex.find(text).is_some_and(|found| found.as_str() == text)
    }

    #[test]
    fn what_go_means_is_what_is_matched() {
        for (pattern, yes, no) in [
            (r"[\w.-]{3}", "a.-", "aä-"),
            (r"[^\W_]+", "ab", "a_"),
            (r"[[({]x", "[x", "<x"),
            (r"[]a]", "]", "["),
            (r"[a&&b]+", "a&b", "c"),
            (r"a{,3}", "a{,3}", "aaa"),
            (r"\${x}", "${x}", "$x"),
            (r"\Qa.b\E+", "a.bb", "axb"),
            (r"\<b\>", "<b>", "b"),
            (r"[[:alpha:]]{2}", "ab", "a1"),
            (r"(?i)KEY\b", "key", "kex"),
            (r"a{2,3}", "aaa", "aaaa"),
            (r"[\s=]", "=", "\u{a0}"),
            (r#"["'`\s]"#, "`", "x"),
            (r"(?P<n>x)\z", "x", "y"),
        ] {
            assert!(finds(pattern, yes), "{pattern} on {yes}");
            assert!(!finds(pattern, no), "{pattern} on {no}");
        }
    }

    #[test]
    fn what_is_not_supported_is_said() {
        for pattern in [r"a\1", r"\C", "[a", "a\\"] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
        assert!(compile(&translate("a(?=b)").expect("as it is")).is_err());
    }

    proptest! {
        #[test]
        fn any_text_ends(pattern in "[\\PC\\\\\\[\\]{}&~^-]{0,30}") {
            let _ = translate(&pattern).map(|pattern| compile(&pattern));
        }
    }
}
