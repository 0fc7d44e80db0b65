//! The compiled scan: every need of every check, in one look at each file.
//!
//! Literals of all patterns in one pass → what costs nothing more, and what facts rest on, is answered at once → patterns and rules
//! whose literals occurred wait until it is known that their answer matters; then their files are read again, searched, and parsed
//! if a rule is among them → hits are kept, texts and most trees are dropped. Expressions and rules compile when first needed. To answer a new kind of `Look`, add a file here and a case in `file::scan`.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use super::automaton::{Against, Automaton, Reading, Tester};
use super::document::query::Path;
use super::syntax::{Automata, CodeRule, Literal, Prefilter, Required};
use crate::model::language::Language;
use crate::model::needs::{Condition, DocumentKind, Look, NeedId, NeedSet, NodeTest};

pub mod compose;
mod documents;
mod excerpt;
mod file;
mod finder;
mod finders;
mod folded;
mod importing;
mod imports;
mod places;
mod position;
mod profiles;
mod roots;
mod secrets;
mod select;
mod subject;
mod texts;
mod window;

pub use documents::evaluate as evaluate_document;
pub use documents::{asks_for_scripts, has_services, is_compose, is_stack};
pub use file::{FileScan, Scratch, resume, scan};
pub(super) use imports::is_imported_by;
pub use places::Places;
pub use select::Selection;

use finders::Finders;

/// Clauses of a prefilter that are looked at; dropping the rest only lets more through.
const MAX_CLAUSES: usize = 16;

/// Bytes to scan from which it pays to build the search for literals into each expression.
const PREFILTERS_PAY_BYTES: u64 = 8 * 1024 * 1024;

/// Everything the needs ask for, compiled.
pub struct Scanner<'n> {
    pub needs: &'n NeedSet,
    compiled: Vec<Compiled>,
    literals: Vec<LiteralUse>,
    /// The modules that needs ask for, each once.
    modules: Vec<importing::Module<'n>>,
    /// Lists of them, each once.
    lists: Vec<Vec<usize>>,
    /// By need, its own literals and what they satisfy; made when first asked for.
    by_need: OnceLock<Vec<Vec<Own>>>,
    finders: Finders,
    /// Needs that look into every file that their selector admits.
    ungated: Vec<NeedId>,
    secrets: Option<secrets::Secrets>,
    /// The automata of the code rules.
    automata: Automata,
    /// About how many bytes there are to scan.
    bytes: u64,
}

/// The clauses that a literal satisfies.
#[derive(Default)]
struct LiteralUse {
    uses: Vec<ClauseUse>,
    /// Text needs that it decides nothing of, but that ask where it stands.
    beside: Vec<NeedId>,
    /// The keyword of the secret engine that it is.
    keyword: Option<u32>,
}

/// One clause of one need, and whether the literal must stand in code.
#[derive(Clone, Copy)]
struct ClauseUse {
    need: NeedId,
    clause: u8,
    in_code: bool,
}

/// A literal of a need, by number, and what it satisfies; `None`: it only says where the need can match.
type Own = (usize, Option<ClauseUse>);

/// One bit for each clause of a need.
type Clauses = u16;

/// The lazily compiled parts of a need.
#[derive(Default)]
struct Compiled {
    /// One bit for each clause; 0 for needs without literals.
    clauses: Clauses,
    /// Those that anywhere in the file satisfies: what it imports.
    anywhere: Clauses,
    /// The number of its list of modules to import, counted from 1; 0 without one. Many needs have the same list.
    imports: u32,
    /// There when it is asked the first time, which most needs are not.
    lazy: OnceLock<Box<Lazy>>,
}

/// What compiles when it is needed.
#[derive(Default)]
struct Lazy {
    pattern: OnceLock<Option<Automaton>>,
    /// The lines in which a text pattern can match.
    window: OnceLock<Option<window::Window>>,
    except: OnceLock<Option<Tester>>,
    rule: OnceLock<Option<CodeRule>>,
    document: OnceLock<Option<DocumentQuery>>,
}

/// A document need with its path and patterns compiled.
pub struct DocumentQuery {
    path: Path,
    /// Are its arrays blocks that repeat?
    has_blocks: bool,
    /// For each condition, its pattern if it has one.
    patterns: Vec<ConditionPattern>,
}

/// The pattern of a condition, compiled when the first text is held against it that may match.
#[derive(Default)]
pub struct ConditionPattern {
    required: OnceLock<Required>,
    compiled: OnceLock<Option<Automaton>>,
}

impl ConditionPattern {
    /// Does the pattern of the condition match? `None` if it has none that compiles.
    fn is_match(&self, condition: &Condition, text: &str) -> Option<bool> {
        let (NodeTest::Matches(pattern) | NodeTest::NotMatches(pattern) | NodeTest::Key(pattern) | NodeTest::KeyNot(pattern)) =
            &condition.op
        else {
            return None;
        };
        if !self.required.get_or_init(|| Required::by(pattern, false)).admits(text.as_bytes()) {
            return Some(false);
        }
        let reading = Reading { lines: true, ..Reading::default() };
        let compiled = self.compiled.get_or_init(|| Automaton::new(pattern, reading, Against::Values).ok());
        compiled.as_ref().map(|compiled| compiled.is_match(text.as_bytes()))
    }
}

impl<'n> Scanner<'n> {
    /// Prepares to scan about `bytes` bytes, in files of these languages and without one.
    pub fn new(needs: &'n NeedSet, bytes: u64, languages: &BTreeSet<Language>) -> Scanner<'n> {
        let mut scanner = Scanner {
            needs,
            compiled: needs.needs().iter().map(|_| Compiled::default()).collect(),
            literals: Vec::new(),
            modules: Vec::new(),
            lists: Vec::new(),
            by_need: OnceLock::new(),
            finders: Finders::new(Vec::new(), Vec::new()),
            ungated: Vec::new(),
            secrets: secrets::Secrets::of(needs),
            automata: Automata::default(),
            bytes,
        };
        let texts = scanner.gather_literals(languages);
        scanner.finders = Finders::new(texts, scanner.literals_of_selectors());
        scanner
    }

    /// Fills `literals` and `ungated`; returns the texts of the literals, by number. What is looked for in other languages than these
    /// is not found, and nothing is prepared for it.
    fn gather_literals(&mut self, languages: &BTreeSet<Language>) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        let mut index: HashMap<String, usize> = HashMap::new();
        for (number, need) in self.needs.needs().iter().enumerate() {
            let id = NeedId(number as u32);
            let wanted = &self.needs.selectors()[need.selector.0 as usize].languages;
            if !wanted.is_empty() && !wanted.iter().any(|language| languages.contains(language)) {
                continue;
            }
            let Some(Prefilter { mut clauses }) = prefilter(&need.look) else { continue };
            clauses.sort_by_key(|clause| std::cmp::Reverse(clause.iter().map(|l| l.text.len()).min()));
            clauses.truncate(MAX_CLAUSES - 1);
            let anywhere = clauses.len();
            clauses.extend(imported(&need.look));
            if clauses.is_empty() {
                self.ungated.push(id);
                continue;
            }
            let bits = |clauses: usize| ((1u32 << clauses) - 1) as Clauses;
            self.compiled[number].clauses = bits(clauses.len());
            self.compiled[number].anywhere = bits(clauses.len()) & !bits(anywhere);
            for (clause, literals) in clauses.iter().enumerate() {
                for literal in literals {
                    let at = self.number(&mut index, &mut texts, &literal.text);
                    self.literals[at].uses.push(ClauseUse { need: id, clause: clause as u8, in_code: literal.in_code });
                }
            }
        }
        self.gather_beside(&mut index, &mut texts);
        self.gather_modules(&index);
        let keywords: Vec<_> = self
            .secrets
            .iter()
            .flat_map(secrets::Secrets::keywords)
            .map(|(number, keyword)| (number, keyword.to_owned()))
            .collect();
        for (number, keyword) in keywords {
            let at = self.number(&mut index, &mut texts, &keyword);
            self.literals[at].keyword = Some(number);
        }
        texts
    }

    /// The number of a literal.
    fn number(&mut self, index: &mut HashMap<String, usize>, texts: &mut Vec<String>, text: &str) -> usize {
        if let Some(at) = index.get(text) {
            return *at;
        }
        index.insert(text.to_owned(), texts.len());
        texts.push(text.to_owned());
        self.literals.push(LiteralUse::default());
        texts.len() - 1
    }

    /// By selector, the literals of its needs.
    fn literals_of_selectors(&self) -> Vec<Vec<u32>> {
        let selector = |need: NeedId| self.needs.need(need).selector.0 as usize;
        let mut of_selector = vec![Vec::new(); self.needs.selectors().len()];
        let seeking: Vec<usize> = self.secrets.iter().flat_map(secrets::Secrets::needs).map(|need| selector(*need)).collect();
        for (number, literal) in (0..).zip(&self.literals) {
            let needs = literal.uses.iter().map(|usage| usage.need).chain(literal.beside.iter().copied());
            needs.for_each(|need| of_selector[selector(need)].push(number));
            if literal.keyword.is_some() {
                seeking.iter().for_each(|selector| of_selector[*selector].push(number));
            }
        }
        of_selector
    }

    /// Fills `lists` and `modules`, whose literals are known by their texts.
    fn gather_modules(&mut self, literals: &HashMap<String, usize>) {
        let (mut lists, mut modules): (HashMap<&[String], usize>, HashMap<&str, usize>) = (HashMap::new(), HashMap::new());
        for (number, need) in self.needs.needs().iter().enumerate() {
            let (Look::Code { imports: names, .. } | Look::Import { modules: names }) = &need.look else { continue };
            if names.is_empty() {
                continue;
            }
            let list = *lists.entry(names).or_insert_with(|| {
                let module = |name: &'n String| {
                    *modules.entry(name).or_insert_with(|| {
                        let literal = literals.get(&imports::anchor(name).to_ascii_lowercase()).copied().unwrap_or_default();
                        self.modules.push(importing::Module { name, literal });
                        self.modules.len() - 1
                    })
                };
                self.lists.push(names.iter().map(module).collect());
                self.lists.len()
            });
            self.compiled[number].imports = list as u32;
        }
    }

    /// Needs whose pattern or rule does not compile. Known only after the scan, since they compile when first used.
    pub fn broken(&self) -> impl Iterator<Item = NeedId> {
        let failed = |lazy: &Lazy| {
            matches!(lazy.pattern.get(), Some(None))
                || matches!(lazy.rule.get(), Some(None))
                || matches!(lazy.document.get(), Some(None))
        };
        let lazy = (0..).map(NeedId).zip(&self.compiled).filter_map(|(need, compiled)| Some((need, compiled.lazy.get()?)));
        lazy.filter(move |(_, lazy)| failed(lazy)).map(|(need, _)| need)
    }

    fn lazy(&self, need: NeedId) -> &Lazy {
        self.compiled[need.0 as usize].lazy.get_or_init(Box::default)
    }

    /// The clauses of a need that the place of a match satisfies, not the file around it.
    fn own_clauses(&self, need: NeedId) -> Clauses {
        let compiled = &self.compiled[need.0 as usize];
        compiled.clauses & !compiled.anywhere
    }

    /// An expression over whole files, or over lines that are `sought` already.
    fn automaton_of(&self, pattern: &str, ignore_case: bool, sought: bool) -> Option<Automaton> {
        let against = if self.bytes >= PREFILTERS_PAY_BYTES && !sought { Against::ManyFiles } else { Against::FewFiles };
        Automaton::new(pattern, Reading { ignore_case, lines: true }, against).ok()
    }

    /// The pattern of a text need, or the receiver pattern of a Rust need.
    fn pattern(&self, id: NeedId) -> Option<&Automaton> {
        let cell = &self.lazy(id).pattern;
        cell.get_or_init(|| match &self.needs.need(id).look {
            Look::Text { pattern, ignore_case, .. } => self.automaton_of(pattern, *ignore_case, self.window(id).is_some()),
            Look::RustCalls { receiver: Some(pattern), .. } => self.automaton_of(pattern, false, false),
            _ => None,
        })
        .as_ref()
    }

    /// Where the pattern of a text need can match; `None`: anywhere.
    fn window(&self, id: NeedId) -> Option<&window::Window> {
        let cell = &self.lazy(id).window;
        cell.get_or_init(|| match &self.needs.need(id).look {
            Look::Text { pattern, ignore_case, .. } => {
                let literal = |(number, _): &Own| (self.finders.text(*number), *number as u32);
                let literals: Vec<_> = self.own_literals(id).iter().map(literal).collect();
                window::Window::of(pattern, *ignore_case, &literals)
            }
            _ => None,
        })
        .as_ref()
    }

    /// The pattern of hits that do not count.
    fn except(&self, id: NeedId) -> Option<&Tester> {
        let cell = &self.lazy(id).except;
        cell.get_or_init(|| match &self.needs.need(id).look {
            Look::Text { except: Some(pattern), ignore_case, .. } => {
                Tester::new(pattern, Reading { ignore_case: *ignore_case, lines: true }).ok()
            }
            _ => None,
        })
        .as_ref()
    }

    /// Does a need ask for a few declarations of a file only?
    pub fn is_local(&self, id: NeedId) -> bool {
        self.rule(id).is_some_and(CodeRule::is_local)
    }

    /// The rule of a code need.
    fn rule(&self, id: NeedId) -> Option<&CodeRule> {
        let cell = &self.lazy(id).rule;
        cell.get_or_init(|| match &self.needs.need(id).look {
            Look::Code { language, source, .. } => CodeRule::compile(*language, source).ok(),
            _ => None,
        })
        .as_ref()
    }

    /// The query of a document need.
    pub fn document(&self, id: NeedId) -> Option<&DocumentQuery> {
        let cell = &self.lazy(id).document;
        cell.get_or_init(|| match &self.needs.need(id).look {
            Look::Document { select, conditions, kind, .. } => {
                let path = Path::parse(select).ok()?;
                let patterns = conditions.iter().map(|_| ConditionPattern::default()).collect();
                Some(DocumentQuery { path, has_blocks: *kind == DocumentKind::Hcl, patterns })
            }
            _ => None,
        })
        .as_ref()
    }
}

/// The literals without which a need cannot have a hit; `None` for needs that no text decides.
fn prefilter(look: &Look) -> Option<Prefilter> {
    match look {
        Look::Text { missing: true, .. } => Some(Prefilter::default()),
        Look::Text { pattern, ignore_case, .. } => Some(Prefilter::from_regex(pattern, *ignore_case).unwrap_or_default()),
        Look::Code { language, source, .. } => Some(Prefilter::from_rule(*language, source)),
        Look::Import { modules } => Some(Prefilter { clauses: vec![anchors(modules)] }),
        Look::RustCalls { names, .. } => {
            let literals =
                names.iter().map(|name| Literal { text: name.trim_end_matches('!').to_ascii_lowercase(), in_code: true });
            Some(Prefilter { clauses: vec![literals.collect()] })
        }
        Look::File | Look::Document { .. } | Look::Secret { .. } | Look::GitIgnores { .. } => None,
    }
}

/// What a file must contain besides, to import one of the modules of a need.
fn imported(look: &Look) -> Option<Vec<Literal>> {
    match look {
        Look::Code { imports, .. } if !imports.is_empty() => Some(anchors(imports)),
        _ => None,
    }
}

/// What stands in every import of one of these modules.
fn anchors(modules: &[String]) -> Vec<Literal> {
    modules.iter().map(|module| Literal { text: imports::anchor(module).to_ascii_lowercase(), in_code: false }).collect()
}
