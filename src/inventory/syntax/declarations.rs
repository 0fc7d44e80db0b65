//! Where the declarations of a file begin that stand at its top, without parsing it.
//!
//! A rule that looks at nothing outside of the declaration in which it matches needs no tree of the others, and a tree costs a hundred
//! times what this does. A place counts where all signs agree: the line is not indented, it stands in code, no bracket is open, and
//! it starts with a word that starts a declaration and nothing else. What is not seen stays with the declaration before it, which
//! costs time and no match.
//!
//! To add a language: its words in `words`; what may stand before a declaration and belongs to it (decorators, attributes) has to be
//! kept with it. It pays where files are long and rules ask for words that are in all of them: of TypeScript and Python the rules that
//! parse most are not local.

use super::mask::{Class, Mask};
use crate::model::language::Language;

/// Words with which a declaration at the top starts; empty for languages that are not cut.
fn words(language: Language) -> &'static [&'static str] {
    match language {
        Language::Go => &["func", "type", "var", "const"],
        _ => &[],
    }
}

/// Is a file of this language ever cut?
pub fn are_known(language: Language) -> bool {
    !words(language).is_empty()
}

/// Where each declaration begins, in order. What is before the first one is none.
pub fn declarations(language: Language, text: &str, mask: &Mask) -> Vec<usize> {
    let (bytes, words) = (text.as_bytes(), words(language));
    let mut starts = Vec::new();
    let (mut depth, mut at) = (0_i32, 0);
    for (start, end, _) in mask.regions().chain(std::iter::once((bytes.len(), bytes.len(), Class::Code))) {
        for place in at..start {
            let is_line = || place == 0 || bytes[place - 1] == b'\n';
            match bytes[place] {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                _ if depth == 0 && is_line() && starts_with(&text[place..], words) => starts.push(place),
                _ => {}
            }
        }
        at = end;
    }
    starts
}

/// Does the text start with one of the words, whole?
fn starts_with(text: &str, words: &[&str]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    words.iter().any(|word| text.strip_prefix(word).is_some_and(|rest| !rest.as_bytes().first().is_some_and(is_word)))
}

#[cfg(test)]
mod tests {
    use super::super::mask::Syntax;
    use super::*;

    fn pieces(language: Language, syntax: Syntax, text: &str) -> Vec<&str> {
        let starts = declarations(language, text, &Mask::new(syntax, text));
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        starts.iter().zip(ends).map(|(start, end)| text[*start..end].trim_end()).collect()
    }

    #[test]
    fn go_is_cut_at_its_declarations_and_not_inside_of_strings_comments_and_brackets() {
        let text = "package p\n\nimport \"x\"\n\n// A does.\nfunc A() {\n\tvar x = `\nfunc no() {}\n`\n}\nvar (\nb = 1\n)\n/*\nfunc no() {}\n*/\ntype T struct{}\nfunc (t T) M() {\nfunc() {}()\nLoop:\n}\nvariable é\n";
        let found = pieces(Language::Go, Syntax::Go, text);
        let firsts: Vec<_> = found.iter().map(|piece| piece.lines().next().unwrap_or_default()).collect();
        assert_eq!(firsts, ["func A() {", "var (", "type T struct{}", "func (t T) M() {"]);
        assert!(found[3].ends_with("variable é"));
    }

    #[test]
    fn other_languages_are_not_cut() {
        let text = "fn a() {}\nfn b() {}\n";
        assert!(!are_known(Language::Rust) && pieces(Language::Rust, Syntax::Rust, text).is_empty());
    }
}
