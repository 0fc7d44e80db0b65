//! Tests over every code rule of the pack and every test file of the pack: a rule finds what ast-grep finds with it, and finds it in an
//! excerpt and behind its expressions, too.

use std::collections::BTreeMap;

use crate::inventory::syntax::rule::oracle;
use crate::inventory::syntax::{Automata, CodeRule, Parsed, Prefilter, Stretch, Traces, declarations, mask};
use crate::model::code::CodeSource;
use crate::model::language::Language;
use crate::model::needs::Look;

use super::load::Ruleset;
use super::pack::{self, Selection};

/// The source files in the tests of all checks and facts, each once.
fn files() -> BTreeMap<Language, Vec<String>> {
    let mut files: BTreeMap<Language, Vec<String>> = BTreeMap::new();
    for file in pack::with_tests(&Selection::default()).unwrap() {
        let tests = file.node.get("tests").into_iter().flat_map(|tests| tests.items());
        for entry in tests.filter_map(|test| test.get("files")).flat_map(|files| files.entries()) {
            if let (Some(language), Some(text)) = (Language::of_path(&entry.key), entry.value.as_str()) {
                files.entry(language).or_default().push(text.to_owned());
            }
        }
    }
    files.values_mut().for_each(|texts| {
        texts.sort();
        texts.dedup();
    });
    files
}

#[test]
fn every_rule_finds_what_ast_grep_finds() {
    let ruleset = pack::open(&Selection::default()).unwrap();
    let files = files();
    let minute = std::time::Duration::from_secs(60);
    let parsed: BTreeMap<Language, Vec<(&String, Parsed)>> = files
        .iter()
        .map(|(language, texts)| {
            (*language, texts.iter().map(|text| (text, Parsed::new(*language, text, minute).unwrap())).collect())
        })
        .collect();
    let (mut compared, mut found, mut refused) = (0, 0, 0);
    for need in ruleset.needs.needs() {
        let Look::Code { language, source, .. } = &need.look else { continue };
        // What is cited instead of a match is no business of ast-grep.
        let source = &CodeSource { cite: None, ..CodeSource::clone(source) };
        let rule = CodeRule::compile(*language, source).unwrap();
        let prefilter = Prefilter::from_rule(*language, source);
        let automata = Automata::default();
        let oracle = std::cell::LazyCell::new(|| oracle::compile(*language, source));
        let extension = mask::Syntax::from(*language);
        for (text, parsed) in parsed.get(language).into_iter().flatten() {
            let theirs = || oracle::places(*language, text, &oracle);
            if !prefilter.accepts(text, Some(&mask::Mask::new(extension, text))) {
                // What the prefilter refuses is compared now and then: it would be most of the work.
                if text.len() % 29 == 0 {
                    assert_eq!(theirs(), [], "the prefilter of {source:?} hides a match in\n{text}");
                }
                continue;
            }
            let ours = parsed.find(text, &[(0, &rule)], &automata, minute).unwrap();
            let ours: Vec<_> = ours.iter().map(|hit| (hit.start, hit.end)).collect();
            let lower = text.to_ascii_lowercase();
            let stretch = Stretch { text, lower: lower.as_bytes(), number: 0 };
            let admitted = Traces::new(&automata).admit(&rule, stretch, true);
            assert!(admitted || ours.is_empty(), "the expressions of {source:?} hide a match in\n{text}");
            refused += usize::from(!admitted);
            assert_eq!(ours, theirs(), "{language}: {source:?} in\n{text}");
            compared += 1;
            found += ours.len();
        }
    }
    assert!(compared > 3_000 && found > 3_000 && refused > 300, "{compared} compared, {found} found, {refused} refused");
}

#[test]
fn local_rules_find_in_the_declarations_of_a_file_what_they_find_in_the_whole() {
    let ruleset = pack::open(&Selection::default()).unwrap();
    let mut files = files();
    for (language, rules, hits) in
        [(Language::Go, 150, 300), (Language::TypeScript, 400, 900), (Language::Tsx, 400, 10), (Language::JavaScript, 400, 900)]
    {
        let (local, found) = compare_excerpts(&ruleset, language, &files.remove(&language).unwrap_or_default());
        assert!(local > rules && found > hits, "{language}: {local} local rules, {found} found");
    }
}

/// How many rules of a language are local, and how often they match.
fn compare_excerpts(ruleset: &Ruleset, wanted: Language, files: &[String]) -> (usize, usize) {
    let minute = std::time::Duration::from_secs(60);
    let whole: Vec<Parsed> = files.iter().map(|text| Parsed::new(wanted, text, minute).unwrap()).collect();
    let masks: Vec<_> = files.iter().map(|text| mask::Mask::new(mask::Syntax::from(wanted), text)).collect();
    let (mut local, mut found, automata) = (0, 0, Automata::default());
    for need in ruleset.needs.needs() {
        let Look::Code { language, source, .. } = &need.look else { continue };
        let rule = CodeRule::compile(*language, source).unwrap();
        let prefilter = Prefilter::from_rule(*language, source);
        if *language != wanted || !rule.is_local() || prefilter.is_empty() {
            continue;
        }
        local += 1;
        for ((text, whole), mask) in files.iter().zip(&whole).zip(&masks) {
            let hits = whole.find(text, &[(0, &rule)], &automata, minute).unwrap();
            if hits.is_empty() {
                continue;
            }
            let starts = declarations(wanted, text, mask);
            let ends = starts.iter().copied().chain([text.len()]);
            let pieces = std::iter::once(0).chain(starts.iter().copied()).zip(ends).map(|(start, end)| start..end);
            let traces = Traces::new(&automata);
            let admits = |(number, piece): &(u32, std::ops::Range<usize>)| {
                let (text, lower) = (&text[piece.clone()], text[piece.clone()].to_ascii_lowercase());
                let stretch = Stretch { text, lower: lower.as_bytes(), number: *number };
                prefilter.accepts(text, None) && traces.admit(&rule, stretch, true)
            };
            let pieces: Vec<_> = (0..).zip(pieces).filter(admits).map(|(_, piece)| piece).collect();
            let cut = Parsed::excerpt(wanted, text, pieces, minute).unwrap();
            assert_eq!(cut.find(text, &[(0, &rule)], &automata, minute).unwrap(), hits, "{source:?} in\n{text}");
            found += hits.len();
        }
    }
    (local, found)
}
