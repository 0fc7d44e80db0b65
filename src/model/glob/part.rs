//! What a glob says of one folder or name: text, `*` and `[ab]`.

use super::{NameGlob, alternatives};

/// A glob for a part of a path.
#[derive(Debug)]
pub(super) enum PartGlob {
    Exact(String),
    Stars(NameGlob),
    Tokens(Vec<Token>),
}

/// A piece of a glob with brackets.
#[derive(Debug)]
pub(super) enum Token {
    Text(String),
    /// One of these characters of ASCII, a bit for each.
    One(u128),
    /// Any number of any characters.
    Star,
}

impl PartGlob {
    /// What a part of a glob stands for; `None` if it takes an expression to say. There, nothing between the commas is no alternative.
    pub(super) fn all(part: &str) -> Option<Vec<PartGlob>> {
        if part.is_empty() || part.contains("**") || ["{}", "{,", ",,", ",}"].iter().any(|empty| part.contains(empty)) {
            return None;
        }
        alternatives(part).iter().map(|part| PartGlob::of(part)).collect()
    }

    fn of(part: &str) -> Option<PartGlob> {
        if part.contains(['{', '}', '?', '\\']) {
            return None;
        }
        if part.contains(['[', ']']) {
            return tokens(part).map(PartGlob::Tokens);
        }
        Some(NameGlob::with_stars(part).map_or_else(|| PartGlob::Exact(part.to_owned()), PartGlob::Stars))
    }

    pub(super) fn is_match(&self, name: &str) -> bool {
        match self {
            PartGlob::Exact(exact) => exact == name,
            PartGlob::Stars(glob) => glob.is_match(name),
            PartGlob::Tokens(tokens) => is_match(tokens, name.as_bytes()),
        }
    }
}

/// The length of the brackets that a text begins with; `None` if they are not closed. Right behind the opening one, a closing one stands
/// for itself.
pub(super) fn brackets(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?.trim_start_matches(['!', '^']);
    let from = text.len() - inside.len();
    let first = inside.chars().next()?.len_utf8();
    text[from + first..].find(']').map(|at| from + first + at + 1)
}

fn tokens(part: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '[' => {
                let length = brackets(rest)?;
                tokens.push(Token::One(class(&rest[1..length - 1])?));
                length
            }
            '*' => {
                tokens.push(Token::Star);
                1
            }
            _ => {
                let length = rest.find(['*', '[']).unwrap_or(rest.len());
                tokens.push(Token::Text(rest[..length].to_owned()));
                length
            }
        };
        rest = &rest[length..];
    }
    Some(tokens)
}

/// The characters between brackets; `None` where not these are meant, or others than those of ASCII.
fn class(inside: &str) -> Option<u128> {
    let bytes = inside.as_bytes();
    if !inside.is_ascii() || inside.starts_with(['!', '^']) {
        return None;
    }
    let (mut set, mut at) = (0, 0);
    while at < bytes.len() {
        let (from, to, length) = match bytes[at..] {
            [from, b'-', to, ..] => (from, to, 3),
            [byte, ..] => (byte, byte, 1),
            [] => break,
        };
        at += length;
        // What a hyphen behind a range means is not told here.
        if from > to || (length > 1 && bytes.get(at) == Some(&b'-')) {
            return None;
        }
        (from..=to).for_each(|byte| set |= 1_u128 << byte);
    }
    Some(set)
}

/// Where what follows a star does not fit, the star takes in one byte more.
fn is_match(tokens: &[Token], name: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut star = None;
    loop {
        match tokens.get(token) {
            Some(Token::Star) => {
                star = Some((token + 1, at));
                token += 1;
                continue;
            }
            Some(Token::Text(text)) if name[at..].starts_with(text.as_bytes()) => {
                (token, at) = (token + 1, at + text.len());
                continue;
            }
            Some(Token::One(set)) if name.get(at).is_some_and(|byte| byte.is_ascii() && set >> byte & 1 == 1) => {
                (token, at) = (token + 1, at + 1);
                continue;
            }
            None if at == name.len() => return true,
            _ => {}
        }
        match star {
            Some((behind, taken)) if taken < name.len() => {
                star = Some((behind, taken + 1));
                (token, at) = (behind, taken + 1);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::glob::compile;

    #[test]
    fn a_part_matches_what_the_glob_does() {
        let letters = ["a", "b", "-", "0", "9", ".", "]", "é", "_"];
        let mut names: Vec<String> = letters.map(str::to_owned).into();
        for from in [0, letters.len()] {
            let longer: Vec<String> =
                names[from..].iter().flat_map(|name| letters.map(|letter| format!("{name}{letter}"))).collect();
            names.extend(longer);
        }
        for part in [
            "[ab]",
            "[0-9]*",
            "*[-_.]b",
            "[a-]",
            "[]a]*",
            "a[.]*",
            "*[0-9]",
            "[0-9][0-9]_*",
            "*[ab]*[0-9]*",
            "a",
            "*a",
            "{a,b}[-_]*",
            "[-a]",
            "[[]",
            "*[b]",
            "a]",
        ] {
            let (ours, by_glob) =
                (PartGlob::all(part).unwrap_or_else(|| panic!("{part}")), compile(part).expect("a glob").compile_matcher());
            for name in &names {
                assert_eq!(ours.iter().any(|glob| glob.is_match(name)), by_glob.is_match(name), "{part} {name}");
            }
        }
        for other in ["[!a]", "[^a]", "[é]", "[b-a]", "[a-b-9]", "[a-b-]", "[a", "a?", "a\\*", "{a,{b,c}}", "{a,}", "", "**"] {
            assert!(PartGlob::all(other).is_none(), "{other}");
        }
    }
}
