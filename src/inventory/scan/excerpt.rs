//! Which of a file's code rules can match in it at all, and which parts of it they need a tree of.
//!
//! A rule that is local can match only in a declaration that holds one literal of each of its clauses; where all rules asked for are,
//! the other declarations are not parsed: in a long file with one place of interest that is most of it. And a rule can match only where
//! its expressions do (`syntax::Traces`), which is asked of what is left.

use std::ops::Range;

use super::places::Places;
use super::subject::Subject;
use super::{Clauses, CodeRule, Scanner};
use crate::inventory::syntax::{self, Stretch, Traces};
use crate::model::language::Language;
use crate::model::needs::NeedId;

/// Texts up to this size are parsed whole or not at all, in bytes.
const SMALL: usize = 2 << 10;
/// Of a text whose declarations of interest are more than this part, in percent, the whole is parsed: the tree may serve again.
const MOST: usize = 70;

/// What is to be parsed.
pub(super) struct Due {
    /// By rule, can it match at all?
    pub(super) rules: Vec<bool>,
    /// The parts of the text in which these can match, declaration by declaration; `None`: anywhere.
    pub(super) parts: Option<Vec<Range<usize>>>,
}

/// What these rules need of a text in which their literals stand at these places.
pub(super) fn of(
    scanner: &Scanner<'_>,
    language: Language,
    rules: &[(NeedId, &CodeRule)],
    subject: &Subject<'_>,
    places: &Places,
) -> Due {
    let text = subject.text;
    // Of PHP, what stands between the tags is no code.
    let is_small = text.len() <= SMALL;
    if is_small && !asks(scanner) || language == Language::Php && text.contains("?>") {
        return Due { rules: vec![true; rules.len()], parts: None };
    }
    let traces = Traces::new(&scanner.automata);
    let whole = Stretch { text, lower: subject.lower(), number: u32::MAX };
    let can_cut = |(need, rule): &(NeedId, &CodeRule)| !is_small && scanner.own_clauses(*need) != 0 && rule.is_local();
    let are_cut: Vec<bool> = rules.iter().map(|rule| syntax::has_declarations(language) && can_cut(rule)).collect();
    let admits = |(rule, is_cut): (&(NeedId, &CodeRule), &bool)| {
        *is_cut || traces.admit(rule.1, whole, false) && (!asks(scanner) || traces.admit(rule.1, whole, true))
    };
    let admitted: Vec<bool> = rules.iter().zip(&are_cut).map(admits).collect();
    if !admitted.contains(&true) {
        return Due { rules: admitted, parts: Some(Vec::new()) };
    }
    let cuts = admitted.iter().zip(&are_cut).all(|(admitted, is_cut)| *is_cut || !admitted);
    let starts = if cuts { syntax::declarations(language, text, subject.mask()) } else { Vec::new() };
    if starts.is_empty() {
        return Due { rules: admitted, parts: None };
    }
    let asked: Vec<(NeedId, &CodeRule)> =
        rules.iter().zip(&are_cut).filter(|(_, is_cut)| **is_cut).map(|(rule, _)| *rule).collect();
    let pieces = pieces(&starts, text.len());
    let held = held(scanner, &asked, &pieces, subject, places);
    let due = due(scanner, &asked, &pieces, &traces, subject, &held);
    let mut anywhere = (0..asked.len()).map(|rule| due.iter().skip(rule).step_by(asked.len()).any(|due| *due));
    Due {
        rules: are_cut.iter().map(|is_cut| *is_cut && anywhere.next() == Some(true)).collect(),
        parts: parts(&pieces, due.chunks(asked.len()).map(|due| due.contains(&true)), text.len()),
    }
}

/// Do expressions pay that may show that a text need not be parsed? Building one costs about what parsing a small file does, so they do
/// where files are many, and there for the smallest text: most of those that hold the literals of a rule have no match of it. It must not
/// depend on what was asked before: whether a file is parsed shows in the report when it cannot be.
fn asks(scanner: &Scanner<'_>) -> bool {
    scanner.bytes >= super::PREFILTERS_PAY_BYTES
}

/// For each declaration and each rule: can the rule match there?
fn due(
    scanner: &Scanner<'_>,
    rules: &[(NeedId, &CodeRule)],
    pieces: &[Range<usize>],
    traces: &Traces<'_>,
    subject: &Subject<'_>,
    held: &[Clauses],
) -> Vec<bool> {
    let wanted: Vec<Clauses> = rules.iter().map(|(need, _)| scanner.own_clauses(*need)).collect();
    let mut due: Vec<bool> = held.iter().zip(wanted.iter().cycle()).map(|(held, wanted)| held & wanted == *wanted).collect();
    for builds in [false, true] {
        if builds && !asks(scanner) {
            break;
        }
        for ((due, piece), number) in due.chunks_mut(rules.len()).zip(pieces).zip(0..) {
            let (Some(text), lower) = (subject.text.get(piece.clone()), &subject.lower()[piece.clone()]) else { continue };
            for (due, (_, rule)) in due.iter_mut().zip(rules).filter(|(due, _)| **due) {
                *due = traces.admit(rule, Stretch { text, lower, number }, builds);
            }
        }
    }
    due
}

/// The declarations of a text, the first being what stands before all.
fn pieces(starts: &[usize], end: usize) -> Vec<Range<usize>> {
    let ends = starts.iter().copied().chain([end]);
    std::iter::once(0).chain(starts.iter().copied()).zip(ends).map(|(start, end)| start..end).collect()
}

/// The parts that are due, joined where they touch; `None` where that is nearly all.
fn parts(pieces: &[Range<usize>], due: impl Iterator<Item = bool>, length: usize) -> Option<Vec<Range<usize>>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (piece, _) in pieces.iter().zip(due).filter(|(_, due)| *due) {
        match parts.last_mut().filter(|last| last.end == piece.start) {
            Some(last) => last.end = piece.end,
            None => parts.push(piece.clone()),
        }
    }
    let bytes: usize = parts.iter().map(Range::len).sum();
    (bytes * 100 <= length * MOST).then_some(parts)
}

/// For each declaration, the first being what stands before all, and each rule: the clauses that its literals satisfy.
fn held(
    scanner: &Scanner<'_>,
    rules: &[(NeedId, &CodeRule)],
    pieces: &[Range<usize>],
    subject: &Subject<'_>,
    places: &Places,
) -> Vec<Clauses> {
    let mut held = vec![0; pieces.len() * rules.len()];
    for (rule, (need, _)) in rules.iter().enumerate() {
        for (literal, usage) in scanner.own_literals(*need) {
            let Some(usage) = usage else { continue };
            let (length, bit) = (scanner.finders.text(*literal).len(), 1 << usage.clause);
            let mut piece = 0;
            for start in places.of_literal(*literal as u32).iter().map(|start| *start as usize) {
                piece += pieces[piece..].partition_point(|piece| piece.end <= start);
                let Some(clauses) = held.get_mut(piece * rules.len() + rule) else { break };
                if *clauses & bit == 0 && (!usage.in_code || subject.stands_in_code(start, start + length)) {
                    *clauses |= bit;
                }
            }
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value as Json, json};

    use super::super::{PREFILTERS_PAY_BYTES as LARGE, resume};
    use super::*;
    use crate::inventory::syntax::rule::oracle;
    use crate::inventory::view::FileId;
    use crate::model::needs::{Look, NeedSet, Selector};

    const GO: Option<Language> = Some(Language::Go);

    fn needs(rules: &[Json]) -> NeedSet {
        let mut needs = NeedSet::default();
        for rule in rules {
            let source = Arc::new(oracle::source(&json!({ "rule": rule })));
            let look = Look::Code { language: Language::Go, source, imports: Vec::new(), capture: Vec::new() };
            needs.add(Selector::any(), look);
        }
        needs
    }

    /// Functions with these bodies, each long enough that leaving it out counts.
    fn text(bodies: &[&str]) -> String {
        let filler = "\tx := compute(1, 2, 3)\n".repeat(120);
        let function = |(number, body): (usize, &&str)| format!("func f{number}() {{\n{filler}\t{body}\n}}\n\n");
        format!("package p\n\n{}", bodies.iter().enumerate().map(function).collect::<String>())
    }

    /// Which rules are due in a repository of so many bytes, and the functions to be parsed for them, if not all.
    fn due(rules: &[Json], bodies: &[&str], bytes: u64) -> (Vec<bool>, Option<Vec<String>>) {
        let (needs, text) = (needs(rules), text(bodies));
        let scanner = Scanner::new(&needs, bytes, &[Language::Go].into());
        let subject = Subject::new(FileId(0), "a.go", &text, GO);
        let asked: Vec<_> = (0..rules.len() as u32).map(NeedId).map(|need| (need, scanner.rule(need).unwrap())).collect();
        let sought: Vec<NeedId> = asked.iter().map(|(need, _)| *need).collect();
        let places = Places::search(&scanner, &sought, subject.lower());
        let Due { rules, parts } = of(&scanner, Language::Go, &asked, &subject, &places);
        let name = |part: &str| part.split("func ").skip(1).map(|rest| rest[..2].to_owned()).collect::<Vec<_>>();
        (rules, parts.map(|parts| parts.into_iter().flat_map(|part| name(&text[part])).collect()))
    }

    fn functions(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(ToString::to_string).collect())
    }

    fn reads() -> Json {
        json!({"pattern": "os.Getenv($X)"})
    }

    fn short_key() -> Json {
        json!({"kind": "if_statement", "has": {"field": "condition", "regex": r"^len\([^)]*key[^)]*\)\s*<\s*32$"}})
    }

    /// Asks about the whole file.
    fn seeded() -> Json {
        json!({"pattern": "rand.Seed($X)", "inside": {"kind": "source_file", "stopBy": "end", "has": {"regex": r"^mode\d+$", "stopBy": "end"}}})
    }

    #[test]
    fn the_declarations_with_the_literals_of_a_rule_are_parsed() {
        let bodies = ["os.Getenv(a)", "other()", "os.Exit(1)", "os.Getenv(b)"];
        assert_eq!(due(&[reads()], &bodies, 0), (vec![true], functions(&["f0", "f3"])));
        assert_eq!(due(&[reads()], &["other()"], 0), (vec![false], functions(&[])));
    }

    #[test]
    fn a_large_repository_is_asked_for_expressions_before_it_is_parsed() {
        let near = ["if len(key) < 16 { }", "if len(a) < 32 { use(key) }", "other()", "other()", "other()", "other()"];
        assert_eq!(due(&[short_key()], &near, LARGE).0, [false]);
        assert_eq!(due(&[short_key()], &near, LARGE - 1), (vec![true], functions(&["f0", "f1"])));
        let one = ["if len(key) < 32 { }", "if len(a) < 32 { use(key) }", "if len(b) < 9 { use(key) }", "if len(c) > key { }"];
        assert_eq!(due(&[short_key()], &one, LARGE), (vec![true], functions(&["f0"])));
    }

    #[test]
    fn a_small_text_is_parsed_whole_or_not_at_all() {
        let due = |rules: &[Json], text: &str, bytes| {
            let needs = needs(rules);
            let scanner = Scanner::new(&needs, bytes, &[Language::Go].into());
            let subject = Subject::new(FileId(0), "a.go", text, GO);
            let asked: Vec<_> = (0..rules.len() as u32).map(NeedId).map(|need| (need, scanner.rule(need).unwrap())).collect();
            let sought: Vec<NeedId> = asked.iter().map(|(need, _)| *need).collect();
            let places = Places::search(&scanner, &sought, subject.lower());
            let Due { rules, parts } = of(&scanner, Language::Go, &asked, &subject, &places);
            (rules, parts)
        };
        let (near, there) = ("package p\nfunc f() { if len(key) < 16 { } }\n", "package p\nfunc f() { if len(key) < 32 { } }\n");
        assert_eq!(due(&[short_key()], near, LARGE), (vec![false], Some(Vec::new())));
        assert_eq!(due(&[short_key()], near, LARGE - 1), (vec![true], None));
        assert_eq!(due(&[short_key()], there, LARGE), (vec![true], None));
        assert_eq!(due(&[short_key(), seeded()], there, LARGE), (vec![true, false], None));
    }

    #[test]
    fn a_rule_about_the_whole_file_keeps_it_whole_only_where_it_may_match() {
        let rules = [reads(), seeded()];
        let bodies = ["os.Getenv(a)", "rand.Seed(mode)", "other()"];
        assert_eq!(due(&rules, &bodies, LARGE), (vec![true, false], functions(&["f0"])));
        assert_eq!(due(&rules, &["os.Getenv(a)", "rand.Seed(mode7)", "other()"], LARGE), (vec![true, true], None));
    }

    #[test]
    fn a_tree_of_some_declarations_serves_no_rule_about_others() {
        let (needs, text) =
            (needs(&[reads(), json!({"pattern": "os.Exit($X)"})]), text(&["os.Getenv(a)", "other()", "os.Exit(1)"]));
        let scanner = Scanner::new(&needs, 0, &[Language::Go].into());
        let mut tree = None;
        let mut hits = |need| resume(&scanner, (FileId(0), "a.go", GO), &text, &[NeedId(need)], None, &mut tree).hits.len();
        assert_eq!((hits(0), hits(1), hits(0)), (1, 1, 1));
    }
}
