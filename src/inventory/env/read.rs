//! From a hit to names, and to what is used where the variable is not set.

use regex::{Captures, Regex};

use super::Place;
use crate::inventory::view::Hit;
use crate::model::env::{DEFAULT, Definition, Fallback, Form, PREFIX};
use crate::model::needs::NAME;
use crate::model::pattern::Pattern;
use crate::model::route::SPAN;

/// Longest name of a variable, in characters.
const MAX_NAME: usize = 120;

/// One variable at one place.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) place: Place,
    /// First byte of the match, where it is code.
    pub(super) start: Option<u32>,
}

impl Found {
    /// Did both see the same thing?
    pub(super) fn is_same_place(&self, other: &Found) -> bool {
        let place = |found: &Found| (found.place.file, found.start, found.place.line, found.place.column);
        place(self) == place(other)
    }

    /// Orders by place.
    pub(super) fn key(&self) -> (u32, Option<u32>, u32, u32, &str) {
        (self.place.file.0, self.start, self.place.line, self.place.column, &self.name)
    }
}

/// The variables of a hit. What is no name of a variable is none.
pub(super) fn found(definition: &Definition, hit: &Hit) -> Vec<Found> {
    let get = |name: &str| hit.captures.iter().find(|(known, _)| &**known == name).map(|(_, text)| &**text);
    let (Some(written), Some(line)) = (get(NAME), hit.line) else { return Vec::new() };
    let start = get(SPAN).and_then(|span| span.split_once("..")?.0.parse().ok());
    let fallback = get(DEFAULT).map_or(definition.fallback, |text| fallback(text, definition.fallback));
    let one = |written: &str, fallback: Fallback| {
        if definition.leave_out.as_ref().is_some_and(|pattern| pattern.is_match(unquoted(written))) {
            return None;
        }
        let written = match &definition.name {
            Some(template) => {
                template.replace("{PREFIX}", unquoted(get(PREFIX).unwrap_or_default())).replace("{NAME}", unquoted(written))
            }
            None => unquoted(written).to_owned(),
        };
        let place = Place {
            file: hit.file,
            line,
            column: hit.column,
            end_line: hit.end_line,
            fallback,
            by: std::sync::Arc::clone(&definition.by),
            standing: definition.standing,
            snippet: hit.snippet.clone(),
        };
        Some(Found { name: formed(&written, definition.form)?, place, start })
    };
    let Some(split) = definition.split.as_ref().and_then(Pattern::get) else {
        return one(written, fallback).into_iter().collect();
    };
    let parts =
        split.captures_iter(written).filter_map(|part| one(part.name("name")?.as_str(), said(split, &part).unwrap_or(fallback)));
    parts.collect()
}

/// What the groups of `split` say of what stands in for the variable.
fn said(split: &Regex, part: &Captures<'_>) -> Option<Fallback> {
    // A name stands once in an expression, so that alternatives are numbered: `code`, `code2`.
    let groups = split.capture_names().flatten().filter_map(|name| Some((name.trim_end_matches('2'), part.name(name)?.as_str())));
    groups.into_iter().find_map(|(name, text)| match name {
        "default" if unquoted(text).trim().is_empty() => Some(Fallback::Empty),
        "default" => Some(Fallback::Literal),
        "code" => Some(fallback(text, Fallback::Computed)),
        "none" => Some(Fallback::None),
        "empty" => Some(Fallback::Empty),
        "required" => Some(Fallback::Required),
        _ => None,
    })
}

/// The name of the variable, if this can be one.
fn formed(written: &str, form: Form) -> Option<String> {
    let name = match form {
        Form::AsIs => written.to_owned(),
        Form::Upper => written.to_uppercase(),
        Form::Relaxed => written.to_uppercase().replace('.', "_").replace('-', ""),
        Form::Sections => written.replace([':', '.'], "__"),
    };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.chars().any(|c| c.is_ascii_alphanumeric());
    (starts && is_name && (2..=MAX_NAME).contains(&name.len())).then_some(name)
}

/// A literal without its quotes, a symbol without its colon.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let bare = text.trim_start_matches(['r', 'R', 'u', 'U', 'b', 'B', 'f', 'F', '@', '$', '#']);
    let text = if bare.starts_with(['"', '\'', '`']) { bare } else { text };
    let text = text.strip_prefix(':').unwrap_or(text);
    let quote = |c: char| matches!(c, '"' | '\'' | '`');
    text.trim_matches(quote)
}

/// What a default in code is; `otherwise` if it says nothing.
fn fallback(text: &str, otherwise: Fallback) -> Fallback {
    let mut text = text.trim();
    // A closure or function that makes the default.
    for head in ["move ", "lambda:", "lambda :", "() =>", "()=>", "() ->", "|_|", "||", "|_e|", "fn() =>", "fn () =>"] {
        text = text.strip_prefix(head).unwrap_or(text).trim_start();
    }
    text = text.trim_start_matches(['{', '(']).trim_start();
    for head in ["String::from(", "Some(", "Cow::Borrowed(", "str(", "SecretStr(", "SecretString::from("] {
        text = text.strip_prefix(head).unwrap_or(text).trim_start();
    }
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '.').collect();
    let quoted = text.trim_start_matches(['r', 'u', 'b', 'f', '@', '$']);
    let bare = if quoted.starts_with(['"', '\'', '`']) { quoted } else { text };
    match word.as_str() {
        "None" | "null" | "nil" | "undefined" | "NULL" | "Null" => return Fallback::None,
        "throw" | "error" | "raise" | "panic" | "abort" | "fail" | "die" | "exit" | "..." | "bail" | "unreachable"
        | "sys.exit" => {
            return Fallback::Required;
        }
        "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => return Fallback::Literal,
        _ => {}
    }
    match bare.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => {
            let inner = bare.trim_start_matches(quote);
            let is_empty =
                matches!(bare.len() - inner.len(), 2 | 6) || inner.split(quote).next().is_some_and(|s| s.trim().is_empty());
            let interpolated = bare.len() < text.len() && text.contains('{') || quote == '`' && inner.contains("${");
            match (is_empty, interpolated) {
                (true, _) => Fallback::Empty,
                (_, true) => Fallback::Computed,
                _ => Fallback::Literal,
            }
        }
        Some(c) if c.is_ascii_digit() || c == '-' => Fallback::Literal,
        Some('[' | ']' | '}' | ')') => {
            if text.len() <= 3 {
                Fallback::Empty
            } else {
                Fallback::Literal
            }
        }
        Some(_) => Fallback::Computed,
        None => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_what_it_looks_like() {
        for (text, wanted) in [
            ("'redis://localhost'", Fallback::Literal),
            ("\"\"", Fallback::Empty),
            ("''", Fallback::Empty),
            ("[]", Fallback::Empty),
            ("['a']", Fallback::Literal),
            ("None", Fallback::None),
            ("undefined", Fallback::None),
            ("...", Fallback::Required),
            ("5432", Fallback::Literal),
            ("True", Fallback::Literal),
            ("DEFAULT_URL", Fallback::Computed),
            ("b", Fallback::Computed),
            ("os.getenv('B')", Fallback::Computed),
            ("f\"http://{host}\"", Fallback::Computed),
            ("`http://${host}`", Fallback::Computed),
            ("|_| \"dev\".to_string()", Fallback::Literal),
            ("String::from(\"dev\")", Fallback::Literal),
            ("\"\".to_string()", Fallback::Empty),
            ("|_| panic!(\"x\")", Fallback::Required),
            ("throw new Error('x')", Fallback::Required),
            ("{ raise 'x' }", Fallback::Required),
        ] {
            assert_eq!(fallback(text, Fallback::None), wanted, "{text}");
        }
    }

    #[test]
    fn names_follow_from_what_is_written() {
        assert_eq!(formed("jwt.secret-key", Form::Relaxed).as_deref(), Some("JWT_SECRETKEY"));
        assert_eq!(formed("Jwt:Key", Form::Sections).as_deref(), Some("Jwt__Key"));
        assert_eq!(formed("database_url", Form::Upper).as_deref(), Some("DATABASE_URL"));
        assert_eq!(formed("{name}_URL", Form::AsIs), None);
        assert_eq!(formed("A", Form::AsIs), None);
        assert_eq!(
            [unquoted("b'X_Y'"), unquoted("\"USER\""), unquoted(":DB_URL"), unquoted("r#\"A_B\"#")],
            ["X_Y", "USER", "DB_URL", "A_B\"#"]
        );
    }
}
