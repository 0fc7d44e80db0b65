//! How far over ends of lines an expression can match. The build script shares this file.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Most lines that are told from any number.
const MOST: u32 = 12;

/// How many ends of lines a match can cross, a run of blank lines counted once; `None`: any number.
pub(super) fn crossings(hir: &Hir) -> Option<u32> {
    let crossed = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(text) => Some(text.0.iter().filter(|byte| **byte == b'\n').count() as u32),
        HirKind::Class(class) => Some(u32::from(has_line_end(class))),
        HirKind::Repetition(repetition) => match crossings(&repetition.sub)? {
            0 => Some(0),
            _ if is_blank(&repetition.sub) => Some(1),
            once => Some(once.saturating_mul(repetition.max?)),
        },
        HirKind::Capture(capture) => crossings(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(0_u32, |sum, part| Some(sum.saturating_add(crossings(part)?))),
        HirKind::Alternation(branches) => branches.iter().try_fold(0, |most, branch| Some(crossings(branch)?.max(most))),
    };
    crossed.filter(|crossed| *crossed <= MOST)
}

fn has_line_end(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&'\n')),
        Class::Bytes(class) => class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&b'\n')),
    }
}

/// Does it match nothing but white space, one character at a time?
fn is_blank(hir: &Hir) -> bool {
    let blank = |byte: u32| matches!(byte, 0x09..=0x0d | 0x20);
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().all(|range| (u32::from(range.start())..=u32::from(range.end())).all(blank))
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().all(|range| (u32::from(range.start())..=u32::from(range.end())).all(blank))
        }
        HirKind::Literal(text) => text.0.len() == 1 && blank(u32::from(text.0[0])),
        HirKind::Capture(capture) => is_blank(&capture.sub),
        HirKind::Alternation(branches) => branches.iter().all(is_blank),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::regex;

    #[test]
    fn blank_lines_count_once_and_what_has_no_end_is_not_counted() {
        for (pattern, crossings) in [
            (r"secret\s*=\s*\w+", Some(2)),
            (r"^a[^\n]*b$", Some(0)),
            (r"a.*b", Some(0)),
            (r"a\nb\n", Some(2)),
            (r"a[^)]*b", None),
            (r"(?s)a.*b", None),
            (r"a[^)]b", Some(1)),
            (r"a[^)]{0,3}b", Some(3)),
            (r"a[^)]{0,40}b", None),
            (r"a(?:\s|\n)+b|c", Some(1)),
            (r"(?:a\s*){3}", Some(3)),
            (r"(?:a\s*)+", None),
            (r"[ \t]*x", Some(0)),
        ] {
            assert_eq!(super::crossings(&regex::parse(pattern, false).unwrap()), crossings, "{pattern}");
        }
    }
}
