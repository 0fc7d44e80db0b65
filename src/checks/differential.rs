//! Test: every code rule of the pack finds in every test file of the pack what ast-grep finds with it.

use std::collections::BTreeMap;

use crate::inventory::syntax::rule::oracle;
use crate::inventory::syntax::{Automata, CodeRule, Parsed, Prefilter, mask};
use crate::model::code::CodeSource;
use crate::model::language::Language;
use crate::model::needs::Look;

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
    let (mut compared, mut found) = (0, 0);
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
            assert_eq!(ours, theirs(), "{language}: {source:?} in\n{text}");
            compared += 1;
            found += ours.len();
        }
    }
    assert!(compared > 3_000 && found > 3_000, "{compared} compared, {found} found");
}
