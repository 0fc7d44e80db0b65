//! One file through the compiled scan.

use std::time::Duration;

use super::folded::fold;
use super::importing::Importing;
use super::places::{Places, Trail};
use super::subject::{Standing, Subject};
use super::texts::texts;
use super::{Scanner, Selection, documents, excerpt, imports, secrets};
use crate::inventory::document::scripts::Scripts;
use crate::inventory::syntax::Parsed;
use crate::inventory::view::{FileId, Hit};
use crate::model::language::Language;
use crate::model::needs::{Area, Cost, Look, NeedId, SelectorId};
use crate::model::role::Role;
use crate::model::route::SPAN;

/// How long parsing one file, or one search in it, may take at all. Both are limited in steps, which end long before: what a check
/// says must not depend on how busy a machine is.
const TIME_NET: Duration = Duration::from_secs(60);

/// Largest file that is parsed into a tree, in bytes.
const MAX_PARSED_BYTES: usize = 1024 * 1024;

/// Hits of one need in one file that are kept.
pub(super) const MAX_HITS: usize = 50;

/// Matches of one definition of the route table in one file that are kept.
pub(super) const MAX_ROWS: usize = 5_000;

/// Positions of one literal in one file that are looked at before it is taken to stand in code.
const MAX_POSITIONS: usize = 24;

/// Places of keywords of the secret engine in one file.
const MAX_MARKS: usize = 200_000;

/// What the scan of one file yields.
#[derive(Debug, Default)]
pub struct FileScan {
    pub hits: Vec<(NeedId, Hit)>,
    /// Needs that could not be answered, with the reason.
    pub gaps: Vec<(NeedId, String)>,
    /// Needs that survived everything but the search or the tree, which follow when they turn out to matter (`resume`).
    pub deferred: Vec<NeedId>,
    /// Needs of C# that survived everything but the imports of the file: its project may import for all of its files.
    pub unimported: Vec<NeedId>,
    /// Where the literals of these stand, if that is to be kept.
    pub places: Option<Places>,
    /// What this file imports for all files of its project, as lines of C#.
    pub global_imports: Vec<String>,
}

impl FileScan {
    /// The scan of a file that could not be read again.
    pub fn unanswered(needs: &[NeedId], reason: &str) -> FileScan {
        FileScan { gaps: needs.iter().map(|need| (*need, reason.to_owned())).collect(), ..FileScan::default() }
    }
}

/// Reusable memory of one thread.
pub struct Scratch {
    /// Satisfied clauses by need, valid where the generation is current.
    satisfied: Vec<(u32, u16)>,
    /// By literal, valid where the generation is current.
    seen: Vec<Seen>,
    trail: Trail,
    generation: u32,
    touched: Vec<NeedId>,
    /// Where keywords of the secret engine start, by keyword.
    marks: Vec<(u32, u32)>,
    /// The text in lower case, as the literals are.
    lower: Vec<u8>,
}

/// What is known of a literal in the current text.
#[derive(Clone, Copy, Default)]
struct Seen {
    generation: u32,
    /// How many of its places were looked at.
    count: u32,
    /// The last of its places on the trail.
    step: u32,
}

impl Scratch {
    /// Memory for files of this scanner.
    pub fn new(scanner: &Scanner<'_>) -> Scratch {
        Scratch {
            satisfied: vec![(0, 0); scanner.compiled.len()],
            seen: vec![Seen::default(); scanner.literals.len()],
            trail: Trail::default(),
            generation: 0,
            touched: Vec::new(),
            marks: Vec::new(),
            lower: Vec::new(),
        }
    }
}

/// Scans a file's text for every need that its selectors admit.
pub fn scan(
    scanner: &Scanner<'_>,
    selection: &Selection<'_>,
    scratch: &mut Scratch,
    scripts: Option<&Scripts>,
    file: (FileId, &str, Option<Language>, &[SelectorId]),
    text: &str,
) -> FileScan {
    let (id, path, language, selectors) = file;
    let subject = Subject::new(id, path, text, language);
    let mut found = FileScan::default();
    let candidates = candidates(scanner, scratch, selectors, &subject);
    let Scratch { seen, trail, generation, .. } = scratch;
    let last = |literal: usize| Some(seen[literal].step).filter(|_| seen[literal].generation == *generation);
    let occurs = |literal: usize| last(literal).is_some();
    let mut importing = Importing::new(scanner, &occurs);
    let places = match trail.is_full() {
        true => Places::search(scanner, &candidates, subject.lower()),
        false => Places::of(scanner, &candidates, text.len(), trail, last),
    };
    for need in candidates {
        match &scanner.needs.need(need).look {
            Look::Text { .. } if scanner.needs.cost(need) == Cost::None => texts(scanner, need, &subject, &places, &mut found),
            Look::Text { .. } => found.deferred.push(need),
            Look::Code { language: wanted, .. }
                if Some(*wanted) == language && importing.any(scanner.compiled[need.0 as usize].imports, &subject) =>
            {
                found.deferred.push(need);
            }
            Look::Code { language: Language::CSharp, .. } if language == Some(Language::CSharp) => found.unimported.push(need),
            Look::Import { .. } => {
                let list = scanner.compiled[need.0 as usize].imports;
                let hits = importing.places(list, &subject).into_iter().take(MAX_HITS);
                found.hits.extend(hits.map(|(start, end)| (need, subject.lines().hit(id, start, end))));
            }
            Look::RustCalls { .. } => found.deferred.push(need),
            _ => {}
        }
    }
    found.places = Some(places).filter(|places| !found.deferred.is_empty() && places.are_few());
    secrets::scan(scanner, selectors, &mut scratch.marks, &subject, &mut found);
    documents::scan(scanner, (selection, selectors), scripts, &subject, &mut found);
    found.global_imports = imports::for_project(path, language, text);
    drop_other_roles(scanner, &subject, &mut found);
    found
}

/// Answers these of a file's deferred needs after all. `places` are what the scan kept of them. Builds the tree, if they ask for one
/// and `parsed` is not it already.
pub fn resume(
    scanner: &Scanner<'_>,
    file: (FileId, &str, Option<Language>),
    text: &str,
    needs: &[NeedId],
    places: Option<&Places>,
    parsed: &mut Option<Parsed>,
) -> FileScan {
    let (id, path, language) = file;
    let subject = Subject::new(id, path, text, language);
    let searched;
    let places = match places.filter(|places| places.fit(text.len())) {
        Some(places) => places,
        None => {
            searched = Places::search(scanner, needs, subject.lower());
            &searched
        }
    };
    let mut found = FileScan::default();
    let mut rules = Vec::new();
    for need in needs.iter().copied() {
        match scanner.needs.need(need).look {
            Look::Text { .. } => texts(scanner, need, &subject, places, &mut found),
            Look::RustCalls { .. } => rust_calls(scanner, need, &subject, &mut found),
            _ => rules.push(need),
        }
    }
    code_hits(scanner, &rules, &subject, places, parsed, &mut found);
    drop_other_roles(scanner, &subject, &mut found);
    found
}

/// The needs whose literals all occurred where they must, and those without literals.
fn candidates(scanner: &Scanner<'_>, scratch: &mut Scratch, selectors: &[SelectorId], subject: &Subject<'_>) -> Vec<NeedId> {
    let admitted = |need: &NeedId| selectors.binary_search(&scanner.needs.need(*need).selector).is_ok();
    let mut candidates: Vec<NeedId> = scanner.ungated.iter().copied().filter(admitted).collect();
    mark(scanner, scratch, selectors, subject);
    let complete = |need: &NeedId| scratch.satisfied[need.0 as usize].1 == scanner.compiled[need.0 as usize].clauses;
    candidates.extend(scratch.touched.iter().copied().filter(complete).filter(admitted));
    candidates.sort_unstable();
    candidates
}

/// Notes which clauses of which needs the literals of the text satisfy.
fn mark(scanner: &Scanner<'_>, scratch: &mut Scratch, selectors: &[SelectorId], subject: &Subject<'_>) {
    let Scratch { satisfied, seen, trail, generation, touched, marks, lower } = scratch;
    *generation += 1;
    touched.clear();
    marks.clear();
    trail.clear();
    lower.clear();
    fold(subject.text, lower);
    scanner.finders.find(selectors, lower, |index, start| {
        let literal = &scanner.literals[index];
        if let Some(keyword) = literal.keyword
            && marks.len() < MAX_MARKS
        {
            marks.push((keyword, start as u32));
        }
        let seen = &mut seen[index];
        let is_first = seen.generation != *generation;
        if is_first {
            *seen = Seen { generation: *generation, ..Seen::default() };
        }
        trail.add(start, &mut seen.step, is_first);
        seen.count += 1;
        // A literal seen that often was judged already, or is so common that judging each place costs more than it saves.
        let count = seen.count as usize;
        if count > MAX_POSITIONS + 1 {
            return;
        }
        let mut standing = Standing { start, end: start + scanner.finders.text(index).len(), in_code: None };
        let mut is_open = false;
        for usage in &literal.uses {
            let entry = &mut satisfied[usage.need.0 as usize];
            if entry.0 != *generation {
                *entry = (*generation, 0);
                touched.push(usage.need);
            }
            let bit = 1 << usage.clause;
            if entry.1 & bit != 0 {
                continue;
            }
            if !usage.in_code || count > MAX_POSITIONS || standing.in_code(subject) {
                entry.1 |= bit;
            } else {
                is_open = true;
            }
        }
        if !is_open {
            // All that it can say is said.
            seen.count = MAX_POSITIONS as u32 + 1;
        }
    });
}

fn rust_calls(scanner: &Scanner<'_>, need: NeedId, subject: &Subject<'_>, found: &mut FileScan) {
    let Look::RustCalls { names, in_handlers, receiver } = &scanner.needs.need(need).look else { return };
    let Some(facts) = subject.rust() else {
        found.gaps.push((need, "it could not be parsed as Rust".to_owned()));
        return;
    };
    let pattern = scanner.pattern(need);
    let wanted = facts.calls.iter().filter(|call| {
        names.iter().any(|name| call.is_named(name))
            && (call.in_handler || !in_handlers)
            && (receiver.is_none() || pattern.is_some_and(|pattern| pattern.is_match(call.receiver.as_bytes())))
    });
    let hit = |line, column| subject.lines().hit_at(subject.id, line, column, line);
    found.hits.extend(wanted.take(MAX_HITS).map(|call| (need, hit(call.line, call.column))));
}

/// Runs the rules that survived, on one tree.
fn code_hits(
    scanner: &Scanner<'_>,
    needs: &[NeedId],
    subject: &Subject<'_>,
    places: &Places,
    parsed: &mut Option<Parsed>,
    found: &mut FileScan,
) {
    let Some(language) = subject.language.filter(|_| !needs.is_empty()) else { return };
    if subject.text.len() > MAX_PARSED_BYTES {
        // A list of texts that an application ships, which nothing in it can use.
        if !subject.area(Area::Code).contains('(') {
            return;
        }
        found.gaps.extend(needs.iter().map(|need| (*need, "it is larger than 1 MiB, too large to parse".to_owned())));
        return;
    }
    let mut rules = Vec::new();
    for (index, need) in needs.iter().enumerate() {
        match scanner.rule(*need) {
            Some(rule) => rules.push((index, rule)),
            None => found.gaps.push((*need, "its rule does not compile".to_owned())),
        }
    }
    let asked: Vec<_> = rules.iter().map(|(index, rule)| (needs[*index], *rule)).collect();
    let excerpt::Due { rules: due, parts } = excerpt::of(scanner, language, &asked, subject, places);
    if parts.as_ref().is_some_and(Vec::is_empty) {
        return;
    }
    let rules = rules.into_iter().zip(due).filter(|(_, due)| *due).map(|(rule, _)| rule);
    let tree = match parsed.take().filter(|parsed| parsed.covers(parts.as_deref())) {
        Some(parsed) => Ok(parsed),
        None => match parts {
            Some(parts) => Parsed::excerpt(language, subject.text, parts, TIME_NET),
            None => Parsed::new(language, subject.text, TIME_NET),
        },
    };
    // Of a route table every row counts.
    let (rows, rules): (Vec<_>, Vec<_>) = rules.partition(|(index, _)| captures_span(scanner, needs[*index]));
    // Of what is joined by a name every name counts.
    let (named, rules): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(index, _)| !captured(scanner, needs[*index]).is_empty());
    let names: Vec<&[String]> = named.iter().map(|(index, _)| captured(scanner, needs[*index])).collect();
    let hits = tree.and_then(|tree| {
        let tree = parsed.insert(tree);
        let mut hits = tree.find(subject.text, &rules, &scanner.automata, TIME_NET)?;
        if !named.is_empty() {
            hits.extend(tree.find_distinct(&names, subject.text, &named, &scanner.automata, TIME_NET)?);
        }
        if !rows.is_empty() {
            hits.extend(tree.find_up_to(MAX_ROWS, subject.text, &rows, &scanner.automata, TIME_NET)?);
        }
        Ok(hits)
    });
    match hits {
        Ok(hits) => {
            for code in hits {
                let need = needs[code.rule];
                let Look::Code { capture, .. } = &scanner.needs.need(need).look else { continue };
                let mut hit = subject.lines().hit_at(subject.id, code.line, code.column, code.end_line);
                let named = code.captures.into_iter().filter(|(name, _)| capture.contains(name));
                let is_row = capture.iter().any(|name| name == SPAN);
                let named = named
                    .map(|(name, value)| (name.as_str().into(), if is_row { &value } else { unquoted(language, &value) }.into()));
                hit.captures = named.collect();
                if capture.iter().any(|name| name == SPAN) {
                    hit.captures.push((SPAN.into(), format!("{}..{}", code.start, code.end).into()));
                }
                found.hits.push((need, hit));
            }
        }
        Err(unparsed) => found.gaps.extend(needs.iter().map(|need| (*need, unparsed.to_string()))),
    }
}

/// The name that a value spells: Ruby calls `ensure_owner` by the symbol `:ensure_owner`.
fn unquoted(language: Language, value: &str) -> &str {
    let name = value.strip_prefix(':').filter(|_| language == Language::Ruby);
    name.filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_')).unwrap_or(value)
}

/// The metavariables whose values this need keeps.
fn captured<'s>(scanner: &Scanner<'s>, need: NeedId) -> &'s [String] {
    match &scanner.needs.need(need).look {
        Look::Code { capture, .. } => capture,
        _ => &[],
    }
}

/// Is this need about the route table?
fn captures_span(scanner: &Scanner<'_>, need: NeedId) -> bool {
    captured(scanner, need).iter().any(|name| name == SPAN)
}

/// Rust keeps tests beside the code they test, Spring what is for a laptop beside the rest: such lines have a role of their own,
/// whatever the role of the file.
fn drop_other_roles(scanner: &Scanner<'_>, subject: &Subject<'_>, found: &mut FileScan) {
    let wants = |need: NeedId, role: Role| {
        let selector = scanner.needs.need(need).selector;
        scanner.needs.selectors()[selector.0 as usize].roles.contains(role)
    };
    found.hits.retain(|(need, hit)| {
        let Some(line) = hit.line else { return true };
        (!subject.in_rust_test(line) || wants(*need, Role::Test))
            && (!subject.is_beside_production(line) || wants(*need, Role::Development))
    });
}
