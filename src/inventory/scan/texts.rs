//! Text patterns in one file.

use std::ops::Range;

use super::Scanner;
use super::file::{FileScan, MAX_HITS, MAX_ROWS};
use super::places::Places;
use super::subject::Subject;
use crate::inventory::automaton::{Automaton, Tester};
use crate::inventory::view::Hit;
use crate::model::needs::{Look, NeedId};

/// Matches of one pattern in one file after which what an exception takes away is passed over whole: each costs a search of its own.
const MAX_EXCEPTED: usize = 500;

/// Answers a text need in a file whose literals stand at these places.
pub(super) fn texts(scanner: &Scanner<'_>, need: NeedId, subject: &Subject<'_>, places: &Places, found: &mut FileScan) {
    let Look::Text { area, missing, capture, ignore_case, .. } = &scanner.needs.need(need).look else { return };
    let ranges = scanner.window(need).filter(|_| !missing).and_then(|window| window.ranges(subject.folded(), places));
    if ranges.as_ref().is_some_and(Vec::is_empty) {
        return;
    }
    let Some(pattern) = scanner.pattern(need) else {
        found.gaps.push((need, "its pattern does not compile".to_owned()));
        return;
    };
    let area = subject.area(*area);
    let text = area.as_bytes();
    if *missing {
        if !pattern.is_match(text) {
            found.hits.push((need, Hit::of_file(subject.id)));
        }
        return;
    }
    let ranges = ranges.unwrap_or_else(|| std::iter::once(0..text.len()).collect());
    let most = if capture.is_some() { MAX_ROWS } else { MAX_HITS };
    let kept = |start: usize, end: usize| {
        let text = area.get(start..end)?;
        Some((capture.as_deref()?.into(), if *ignore_case { text.to_ascii_lowercase().into() } else { text.into() }))
    };
    let hits = matches(text, pattern, || scanner.except(need), ranges, most);
    found.hits.extend(hits.map(|(start, end)| {
        let mut hit = subject.lines().hit(subject.id, start, end);
        hit.captures.extend(kept(start, end));
        (need, hit)
    }));
}

/// The first places of a pattern's matches on whose lines the exception, which compiles when there is the first, does not match. One that goes over several lines and is excepted takes
/// only its first line with it: another may begin on the next.
fn matches<'t>(
    text: &'t [u8],
    pattern: &'t Automaton,
    except: impl Fn() -> Option<&'t Tester> + 't,
    ranges: Vec<Range<usize>>,
    most: usize,
) -> impl Iterator<Item = (usize, usize)> + 't {
    // `^\s*name` begins on the lines before; what is cited begins with something.
    let blank = |start: usize, end: usize| text[start..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let excepted = move |start: usize, end: usize| except().is_some_and(|except| except.is_match(whole_lines(text, start, end)));
    let mut left = MAX_EXCEPTED;
    let search = move |mut range: Range<usize>| {
        let mut found = Vec::new();
        'again: loop {
            for (start, end) in pattern.matches_within(text, range.clone()) {
                let start = start + blank(start, end);
                if found.len() == most {
                    break;
                }
                if !excepted(start, end) {
                    found.push((start, end));
                    continue;
                }
                let next_line = memchr::memchr(b'\n', &text[start..end]).map(|line| start + line + 1);
                if let Some(next) = next_line.filter(|_| left > 0) {
                    left -= 1;
                    range.start = next;
                    continue 'again;
                }
            }
            return found;
        }
    };
    ranges.into_iter().flat_map(search).take(most)
}

/// The lines that a byte range touches.
fn whole_lines(text: &[u8], start: usize, end: usize) -> &[u8] {
    let from = memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1);
    let to = memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at);
    &text[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::automaton::{Against, Reading};

    fn found<'t>(text: &'t str, pattern: &str, except: &str) -> Vec<&'t str> {
        let reading = Reading { lines: true, ..Reading::default() };
        let pattern = Automaton::new(pattern, reading, Against::FewFiles).unwrap();
        let except = Tester::new(except, reading).unwrap();
        let ranges = std::iter::once(0..text.len()).collect();
        let places = matches(text.as_bytes(), &pattern, || Some(&except), ranges, MAX_HITS);
        places.map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn an_exception_takes_the_lines_of_a_match_and_no_match_behind_them() {
        assert_eq!(found("run a\nrun b # ok\nrun c\n", r"run \w", "# ok"), ["run a", "run c"]);
        // The first match goes over two lines, of which the second holds another.
        assert_eq!(found("run # ok\nrun b\n", r"run[^b]*b?", "# ok"), ["run b"]);
        assert_eq!(found("\n\n  run a\n", r"^\s*run \w", "# ok"), ["run a"]);
    }

    #[test]
    fn what_is_excepted_on_many_lines_is_searched_anew_only_so_often() {
        let text = |lines: usize| format!("{}run b\n", "run # ok\n".repeat(lines));
        assert_eq!(found(&text(MAX_EXCEPTED), r"run[^b]*b?", "# ok"), ["run b"]);
        // Behind the last that is looked at, what is excepted is passed over whole.
        assert!(found(&text(MAX_EXCEPTED + 1), r"run[^b]*b?", "# ok").is_empty());
    }
}
