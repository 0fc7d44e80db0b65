//! Report → bytes, one file per format.
//!
//! To add a format: a file here with `render(&Report, &Options, &mut dyn Write)`, its `mod` line, and one line between the
//! `<registry>` marks. It takes order and wording from `view` and its escaping from `escape`, and prints nothing but the report:
//! times stand only in JSON, so that the same report gives the same bytes.

mod escape;
mod json;
mod markdown;
#[cfg(test)]
mod sample;
mod style;
mod terminal;
mod view;
mod width;

use std::io::{self, Write};

use crate::model::report::Report;

/// How to write a report. A format ignores what does not concern it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; 0 if not known.
    pub width: u16,
    /// May colours be used?
    pub color: bool,
    /// List also what passes and what does not apply, and all evidence.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { width: 80, color: false, verbose: false }
    }
}

/// One way of writing a report.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// As `--format` names it.
    pub name: &'static str,
    /// The ending of files in this format, without the dot.
    pub extension: &'static str,
    /// What it is for, in one line of help.
    pub summary: &'static str,
    pub render: fn(&Report, &Options, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub static FORMATS: &[Format] = &[
    // <registry>
    Format { name: "terminal", extension: "txt", summary: "for reading at a terminal", render: terminal::render },
    Format { name: "markdown", extension: "md", summary: "for reviewers and pull requests", render: markdown::render },
    Format { name: "json", extension: "json", summary: "for programs (json-v1)", render: json::render },
    // </registry>
];

/// The format `--format` names.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of files with this ending, in any case, without the dot. The first one registered wins.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn formats_are_found_by_name_and_by_extension() {
        assert_eq!(by_name("json").map(|format| format.extension), Some("json"));
        assert_eq!(by_extension("MD").map(|format| format.name), Some("markdown"));
        assert!(by_name("pdf").is_none() && by_extension("").is_none());
        let names: BTreeSet<&str> = FORMATS.iter().map(|format| format.name).collect();
        assert_eq!(names.len(), FORMATS.len());
    }

    #[test]
    fn every_format_gives_the_same_bytes_twice_and_nothing_that_acts_on_a_terminal() {
        for format in FORMATS {
            let render = || {
                let mut out = Vec::new();
                (format.render)(&sample::report(), &Options::default(), &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            let text = render();
            assert_eq!(text, render(), "{}", format.name);
            let acting = text.chars().find(|c| *c != '\n' && escape::is_invisible(*c));
            assert_eq!(acting, None, "{}", format.name);
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}", format.name);
        }
    }
}
