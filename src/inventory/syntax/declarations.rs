//! Where the declarations of a file begin that stand at its top, without parsing it.
//!
//! A rule that looks at nothing outside of the declaration in which it matches needs no tree of the others, and a tree costs a hundred
//! times what this does. A place counts where all signs agree: the line is not indented, it stands in code, no bracket is open, what
//! is before it may be the end of a statement, and it starts with a word that starts a declaration and nothing else. What is not seen
//! stays with the declaration before it, which costs time and no match.
//!
//! To add a language: its words in `Words::of`; what may stand before a declaration and belongs to it (decorators, attributes) has to be
//! kept with it. It pays where files are long and rules ask for words that are in all of them.

use super::mask::{Class, Mask};
use crate::model::language::Language;

/// How the declarations at the top of a file begin.
struct Words {
    /// After anything that may end a statement.
    always: &'static [&'static str],
    /// Only after what ends one for sure: the word may go on with an expression (`x =` and on the next line `function`), or be a name.
    after_end: &'static [&'static str],
    /// A declaration may begin with decorators.
    decorators: bool,
    /// A line may go on with the statement before it without an open bracket.
    goes_on: bool,
}

impl Words {
    /// `None` for languages that are not cut.
    fn of(language: Language) -> Option<&'static Words> {
        const GO: Words = Words { always: &["func", "type", "var", "const"], after_end: &[], decorators: false, goes_on: false };
        const NODE: Words = Words {
            always: &["export", "const", "let", "var"],
            after_end: &["function", "async", "class", "abstract", "interface", "type", "enum", "declare", "namespace"],
            decorators: true,
            goes_on: true,
        };
        match language {
            Language::Go => Some(&GO),
            Language::TypeScript | Language::Tsx | Language::JavaScript => Some(&NODE),
            _ => None,
        }
    }

    /// Does a declaration begin with this text, after code that ends with this byte?
    fn begin(&self, text: &str, before: u8) -> bool {
        let ends = matches!(before, 0 | b';' | b'}' | b')' | b']' | b'"');
        let may_end = ends || !self.goes_on || before.is_ascii_alphanumeric() || before == b'_';
        may_end && starts_with(text, self.always) || ends && starts_with(text, self.after_end)
    }
}

/// Is a file of this language ever cut?
pub fn are_known(language: Language) -> bool {
    Words::of(language).is_some()
}

/// Where each declaration begins, in order. What is before the first one is none.
pub fn declarations(language: Language, text: &str, mask: &Mask) -> Vec<usize> {
    let Some(words) = Words::of(language) else { return Vec::new() };
    let bytes = text.as_bytes();
    let mut starts = Vec::new();
    // How many brackets are open, and the last byte of code that is no blank; a string counts as a quote.
    let (mut depth, mut at, mut before) = (0_i32, 0, 0_u8);
    let mut is_decorated = false;
    for (start, end, class) in mask.regions().chain(std::iter::once((bytes.len(), bytes.len(), Class::Code))) {
        for place in at..start {
            let byte = bytes[place];
            if depth == 0 && (place == 0 || bytes[place - 1] == b'\n') {
                if words.decorators && byte == b'@' {
                    if !is_decorated {
                        starts.push(place);
                    }
                    is_decorated = true;
                } else if byte.is_ascii_lowercase() && words.begin(&text[place..], before) {
                    // What is decorated began with its decorator.
                    if !std::mem::take(&mut is_decorated) {
                        starts.push(place);
                    }
                }
            }
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                before = byte;
            }
        }
        if class == Class::String {
            before = b'"';
        }
        at = end;
    }
    starts
}

/// Does the text start with one of the words, whole?
fn starts_with(text: &str, words: &[&str]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$';
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

    fn firsts(language: Language, text: &str) -> Vec<&str> {
        pieces(language, Syntax::from(language), text).iter().map(|piece| piece.lines().next().unwrap_or_default()).collect()
    }

    #[test]
    fn typescript_is_cut_where_a_statement_ended() {
        let text = "import a from 'a'\n\nconst b = `\nconst no = 1\n`\nexport const c = {\nconst: 1,\n}\n// more\nfunction d() {}\nlet e =\nfunction () {}\nf(\nclass {},\n)\nclass G {}\nh = i\ntype\ntype J = 1;\ntype K = 2\n";
        let cut = ["const b = `", "export const c = {", "function d() {}", "let e =", "class G {}", "type K = 2"];
        assert_eq!(firsts(Language::TypeScript, text), cut);
        let jsx = "const a = <p>\nconst b\n</p>\nexport const c = 1\n";
        assert_eq!(firsts(Language::Tsx, jsx), ["const a = <p>"]);
    }

    #[test]
    fn a_decorator_begins_what_it_decorates() {
        let text =
            "const a = 1;\n@Module({\n  imports: [],\n})\n@Global()\nexport class A {}\n@B()\nclass C {}\nexport class D {}\n";
        assert_eq!(firsts(Language::TypeScript, text), ["const a = 1;", "@Module({", "@B()", "export class D {}"]);
        assert_eq!(firsts(Language::Go, "@a\nvar b = 1\n"), ["var b = 1"]);
    }

    #[test]
    fn other_languages_are_not_cut() {
        let text = "fn a() {}\nfn b() {}\n";
        assert!(!are_known(Language::Rust) && pieces(Language::Rust, Syntax::Rust, text).is_empty());
    }
}
