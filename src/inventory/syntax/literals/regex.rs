//! What is known of a regular expression before it is built: a walk over its parsed form. The build script shares this file.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::clause::{Literal, any_of, literal};

/// How deeply groups may be nested; the walk recurses.
const MAX_NESTING: u32 = 100;
/// Characters of a class that are looked at.
const MAX_CLASS: usize = 8;
/// Texts of which one has to stand at a place.
const MAX_RUNS: usize = 16;

/// What a text must contain for an expression to match there. One that cannot be parsed is an error.
pub(super) fn derive(pattern: &str, case_insensitive: bool) -> Result<Vec<Vec<Literal>>, String> {
    Ok(required(&parse(pattern, case_insensitive)?))
}

/// Parses it.
pub(super) fn parse(pattern: &str, case_insensitive: bool) -> Result<Hir, String> {
    // The classes of Unicode are costly to build and are never literals; a pattern that needs them gets them.
    let parse = |unicode| {
        let mut builder = ParserBuilder::new();
        builder.case_insensitive(case_insensitive).unicode(unicode).utf8(false).nest_limit(MAX_NESTING);
        builder.build().parse(pattern).map_err(|error| error.to_string())
    };
    parse(false).or_else(|_| parse(true))
}

/// The same for one that is parsed.
pub(super) fn required(hir: &Hir) -> Vec<Vec<Literal>> {
    clauses(hir, &[Vec::new()])
}

/// What is required behind one of the texts `lead`, which comes right before.
fn clauses(hir: &Hir, lead: &[Vec<u8>]) -> Vec<Vec<Literal>> {
    let mut parts = Vec::new();
    flatten(hir, &mut parts);
    let mut out = Vec::new();
    // One of these stands here.
    let mut runs: Vec<Vec<u8>> = lead.to_vec();
    for part in parts {
        if let Some(texts) = texts(part, MAX_RUNS / runs.len()) {
            let longer = |run: &Vec<u8>| texts.iter().map(|text| [run.as_slice(), text].concat()).collect::<Vec<_>>();
            runs = runs.iter().flat_map(longer).collect();
            continue;
        }
        match part.kind() {
            HirKind::Repetition(repetition) => {
                flush(&mut runs, &mut out);
                if repetition.min > 0 {
                    out.extend(clauses(&repetition.sub, &[Vec::new()]));
                }
            }
            HirKind::Alternation(branches) => {
                // `p(?:assword|wd)`, as the parser writes `password|pwd`.
                let lead = runs.clone();
                flush(&mut runs, &mut out);
                out.extend(any_of(branches.iter().map(|branch| clauses(branch, &lead))));
            }
            // The others are flattened above, or are texts.
            _ => flush(&mut runs, &mut out),
        }
    }
    flush(&mut runs, &mut out);
    out
}

/// The texts that a part stands for, in lower case where it ignores case, if it stands for no more than so many and nothing else.
fn texts(hir: &Hir, most: usize) -> Option<Vec<Vec<u8>>> {
    let texts = match hir.kind() {
        HirKind::Literal(text) => vec![text.0.to_vec()],
        // An assertion takes no room: what is before it goes on behind it.
        HirKind::Empty | HirKind::Look(_) => vec![Vec::new()],
        HirKind::Class(class) => few(class)?.into_iter().map(|byte| vec![byte]).collect(),
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut texts = texts(&repetition.sub, most)?;
            texts.push(Vec::new());
            texts
        }
        HirKind::Repetition(_) => return None,
        HirKind::Capture(capture) => texts(&capture.sub, most)?,
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Vec::new()], |runs, part| {
            let texts = texts(part, most / runs.len())?;
            Some(
                runs.iter()
                    .flat_map(|run| texts.iter().map(|text| [run.as_slice(), text].concat()).collect::<Vec<_>>())
                    .collect(),
            )
        })?,
        HirKind::Alternation(branches) => {
            branches.iter().map(|branch| texts(branch, most)).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect()
        }
    };
    (texts.len() <= most).then_some(texts)
}

/// The parts that follow one another, groups opened.
fn flatten<'h>(hir: &'h Hir, parts: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Concat(subs) => subs.iter().for_each(|sub| flatten(sub, parts)),
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        _ => parts.push(hir),
    }
}

/// One of the runs is required, if each is worth looking for.
fn flush(runs: &mut Vec<Vec<u8>>, out: &mut Vec<Vec<Literal>>) {
    let literals = runs.iter().map(|run| std::str::from_utf8(run).ok().and_then(|text| literal(text, false)));
    if let Some(mut clause) = literals.collect::<Option<Vec<Literal>>>() {
        clause.sort();
        clause.dedup();
        // What holds another one of them is found with it.
        let known = clause.clone();
        clause.retain(|one| !known.iter().any(|other| other != one && one.text.contains(&other.text)));
        out.push(clause);
    }
    *runs = vec![Vec::new()];
}

/// The ASCII letters and signs that a class stands for, in lower case, if they are few.
fn few(class: &Class) -> Option<Vec<u8>> {
    let mut members: Vec<char> = Vec::new();
    let mut add = |start: u32, end: u32| {
        let wide = end.saturating_sub(start) as usize >= MAX_CLASS;
        members.extend((start..=end).take(MAX_CLASS).filter_map(char::from_u32));
        !wide && members.len() <= MAX_CLASS
    };
    let fits = match class {
        Class::Unicode(class) => class.ranges().iter().all(|r| add(u32::from(r.start()), u32::from(r.end()))),
        Class::Bytes(class) => class.ranges().iter().all(|r| r.end() < 0x80 && add(u32::from(r.start()), u32::from(r.end()))),
    };
    let lower = |c: &char| match c {
        'ſ' => Some(b's'),
        '\u{212A}' => Some(b'k'),
        c => u8::try_from(*c).ok().filter(u8::is_ascii).map(|b| b.to_ascii_lowercase()),
    };
    let mut bytes = members.iter().map(lower).collect::<Option<Vec<u8>>>().filter(|bytes| fits && !bytes.is_empty())?;
    bytes.sort_unstable();
    bytes.dedup();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Prefilter;

    fn required(pattern: &str, case_insensitive: bool) -> Vec<Vec<String>> {
        let prefilter = Prefilter::from_regex(pattern, case_insensitive).expect(pattern);
        prefilter.clauses.into_iter().map(|clause| clause.into_iter().map(|literal| literal.text).collect()).collect()
    }

    fn clause(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn literals_are_joined_across_assertions_groups_and_case() {
        assert_eq!(required(r"\bX-Powered-By\b", false), [clause(&["x-powered-by"])]);
        assert_eq!(required(r"(foo)(?:bar)baz", false), [clause(&["foobarbaz"])]);
        assert_eq!(required(r"token_Key", true), [clause(&["token_key"])]);
        assert_eq!(required(r"(?i)secret\s*=", false), [clause(&["secret"])]);
        assert_eq!(required(r"AKIA[0-9A-Z]{16}", false), [clause(&["akia"])]);
        assert_eq!(required(r"\b40[13]\b", false), [clause(&["401", "403"])]);
        assert_eq!(required(r"(?i)authori[sz]ed?", false), [clause(&["authorise", "authorize"])]);
        // More than so many texts end where they became too many.
        assert_eq!(
            required(r"x[ab][cd][ef][ghi]y", false),
            [clause(&["xace", "xacf", "xade", "xadf", "xbce", "xbcf", "xbde", "xbdf"])]
        );
    }

    #[test]
    fn what_may_be_left_out_joins_what_is_around_it() {
        assert_eq!(required(r"secret_?key", false), [clause(&["secret_key", "secretkey"])]);
        assert_eq!(
            required(r"(?i)(?:log|sign)[-_]?out\b", false),
            [clause(&["log-out", "log_out", "logout", "sign-out", "sign_out", "signout"])]
        );
        assert_eq!(required(r"passwords?", false), [clause(&["password"])]);
        assert_eq!(required(r"foo\s*(?:bar)?baz", false), [clause(&["baz"]), clause(&["foo"])]);
        assert_eq!(required(r"(?:secret)?", false), Vec::<Vec<String>>::new());
    }

    #[test]
    fn every_required_part_is_a_clause() {
        assert_eq!(
            required(r"allow_origins\s*=\s*(none|star)+ end", false),
            [clause(&["allow_origins"]), clause(&[" end"]), clause(&["none", "star"])]
        );
        assert_eq!(required(r"(abc)?def(ghi)*", false), [clause(&["def"])]);
        assert_eq!(required(r"(?:abc){2,}", false), [clause(&["abc"])]);
    }

    #[test]
    fn alternatives_need_one_of_them() {
        assert_eq!(required(r"password|secret|token", false), [clause(&["password", "secret", "token"])]);
        assert_eq!(required(r"(?i)^(admin_?)?(password|passwd|pwd)$", false), [clause(&["passwd", "password", "pwd"])]);
        assert!(required(r"password|x", false).is_empty());
        assert!(required(r"password|.*", false).is_empty());
        let many: Vec<String> = (0..40).map(|i| format!("word{}{}", (b'a' + (i % 26) as u8) as char, i)).collect();
        assert!(required(&format!("(?:{}).x", many.join("|")), false).len() <= 1);
    }

    #[test]
    fn nothing_required_is_nothing_claimed() {
        for pattern in [r"\w+", r".*", r"[a-z]{10}", r"(?:abc)?", r"a", r"^$", r"\d{3}-\d{4}", "", r"\bdb\b", "secret|ok"] {
            assert!(required(pattern, false).is_empty(), "{pattern}");
        }
        assert_eq!(required(r"a\s*=>", false), [clause(&["=>"])]);
        assert!(Prefilter::from_regex("(", false).is_err());
        assert!(Prefilter::from_regex(&"(".repeat(500), false).is_err());
    }

    #[test]
    fn long_literals_are_cut_between_characters() {
        let pattern = "é".repeat(60);
        let clauses = required(&pattern, false);
        assert_eq!(clauses[0][0], "é".repeat(32));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Patterns are put together from pieces; texts are generated from the pattern, so they match it.
        #[test]
        fn a_matching_text_is_accepted(
            (pattern, text) in proptest::collection::vec("(abc|Def|gh|[xX]|[a-c]|(abc|defg)|(?:foo|barb?)|(ab){1,2}|(abc)?|_key|(?i:sek)|\\.|é|(x|yyy(zzz|w))){1}", 1..8)
                .prop_map(|pieces| pieces.concat())
                .prop_flat_map(|pattern| {
                    let texts = proptest::string::string_regex(&pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
                    (Just(pattern), texts)
                })
        ) {
            let prefilter = Prefilter::from_regex(&pattern, false).map_err(TestCaseError::fail)?;
            prop_assert!(prefilter.accepts(&text, None), "{pattern} {text} {prefilter:?}");
        }
    }
}
