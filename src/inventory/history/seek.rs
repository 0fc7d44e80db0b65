//! Secrets in one version of a file, as the needs about the history ask for them.
//!
//! The same engine as for the files of today, told to look for no more kinds than are asked for.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::inventory::role;
use crate::inventory::scan::Selection;
use crate::inventory::secrets::{self, Engine, Finding};
use crate::inventory::syntax::{self, Mask};
use crate::model::language::Language;
use crate::model::needs::{Look, NeedId, NeedSet, SelectorId};
use crate::model::role::Role;
use crate::model::secret::SecretKind;

use super::marks::{Keywords, Marks, Piece};
use super::paths::Wanted;
use super::store::Number;

/// How much of a text says what it is, in bytes.
pub(super) const HEAD: usize = 8 * 1024;

/// Everything that looks into the history.
pub(super) struct Seekers<'n> {
    needs: &'n NeedSet,
    selection: &'n Selection<'n>,
    seekers: Vec<Seeker>,
}

/// The needs that ask for the same kinds.
struct Seeker {
    kinds: Vec<SecretKind>,
    needs: Vec<NeedId>,
    engine: Engine,
    keywords: Keywords,
}

/// The marks of one text, for each seeker that looked.
pub(super) type AllMarks = Vec<Option<Marks>>;

/// A version of a file, in the oldest commit that has it.
pub(super) struct Version<'v> {
    pub(super) number: Number,
    pub(super) path: &'v str,
    pub(super) commit: Option<&'v str>,
}

/// A secret in one version of a file. Its value does not leave this module.
pub(super) struct Found {
    pub(super) need: NeedId,
    pub(super) number: Number,
    pub(super) value: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    /// Masked.
    pub(super) snippet: String,
}

impl<'n> Seekers<'n> {
    pub(super) fn new(needs: &'n NeedSet, selection: &'n Selection<'n>) -> Seekers<'n> {
        let mut groups: Vec<(Vec<SecretKind>, Vec<NeedId>)> = Vec::new();
        for (number, need) in needs.needs().iter().enumerate() {
            let Look::Secret { kinds, history: true, .. } = &need.look else { continue };
            let id = NeedId(number as u32);
            match groups.iter_mut().find(|(known, _)| simple(known) == simple(kinds)) {
                Some((known, needs)) => {
                    known.extend(kinds);
                    needs.push(id);
                }
                None => groups.push((kinds.clone(), vec![id])),
            }
        }
        let seeker = |(kinds, asking): (Vec<SecretKind>, Vec<NeedId>)| {
            let engine = Engine::of_kinds(&needs.token_formats, &needs.secret_rules, &kinds);
            let words: Vec<String> = engine.keywords().map(str::to_owned).collect();
            Some(Seeker { keywords: Keywords::new(&words)?, kinds, needs: asking, engine })
        };
        Seekers { needs, selection, seekers: groups.into_iter().filter_map(seeker).collect() }
    }

    /// Who looks into files of this path.
    pub(super) fn wants(&self, path: &str) -> Wanted {
        let selectors = self.selectors(path, role::of_path(path));
        let bits =
            self.seekers.iter().zip(0..).map(|(seeker, bit)| Wanted::from(seeker.is_admitted(self.needs, &selectors)) << bit);
        bits.fold(0, |all, bit| all | bit)
    }

    /// Must every file be searched, even one without keywords?
    pub(super) fn is_eager(&self) -> bool {
        self.seekers.iter().any(|seeker| seeker.engine.is_eager())
    }

    fn selectors(&self, path: &str, role: Role) -> Arc<[SelectorId]> {
        self.selection.of(path, Language::of_path(path), role, Some(true))
    }

    /// The selectors that a version of a file matches, judged by its content, too.
    fn of_version(&self, path: &str, content: &[u8]) -> Arc<[SelectorId]> {
        let by_path = role::of_path(path);
        let by_content = role::of_content(path, &content[..content.len().min(HEAD)]).filter(|_| by_path == Role::Production);
        self.selectors(path, by_content.unwrap_or(by_path))
    }

    /// Where the keywords of those who want a file stand in it.
    pub(super) fn marks(&self, wanted: Wanted, content: &[u8], base: Option<(&AllMarks, &[Piece])>) -> AllMarks {
        let of = |(index, seeker): (usize, &Seeker)| {
            let known = base.and_then(|(marks, pieces)| Some((marks.get(index)?.as_ref()?, pieces)));
            (wanted & 1 << index != 0).then(|| match known {
                Some((marks, pieces)) => seeker.keywords.of_delta(content, marks, pieces),
                None => seeker.keywords.all(content),
            })
        };
        self.seekers.iter().enumerate().map(of).collect()
    }

    /// The secrets of a version of a file.
    pub(super) fn search(&self, version: &Version<'_>, content: &[u8], marks: &AllMarks) -> Vec<Found> {
        let mut all = Vec::new();
        let selectors = &|| self.of_version(version.path, content);
        for (seeker, marks) in self.seekers.iter().zip(marks) {
            let Some(marks) = marks.as_ref().filter(|marks| !marks.is_empty() || seeker.engine.is_eager()) else { continue };
            match std::str::from_utf8(content) {
                Ok(text) => seeker.search(self.needs, version, text, marks.clone(), selectors, &mut all),
                Err(_) => {
                    // Places differ in a text that has to be mended.
                    let text = String::from_utf8_lossy(content);
                    let marks = seeker.keywords.all(text.as_bytes());
                    seeker.search(self.needs, version, &text, marks, selectors, &mut all);
                }
            }
        }
        all
    }
}

/// Tokens and keys only: few keywords, so every version of every file can be searched.
fn simple(kinds: &[SecretKind]) -> bool {
    kinds.iter().all(|kind| matches!(kind, SecretKind::Provider | SecretKind::PrivateKey))
}

impl Seeker {
    fn is_admitted(&self, needs: &NeedSet, selectors: &[SelectorId]) -> bool {
        self.needs.iter().any(|need| selectors.binary_search(&needs.need(*need).selector).is_ok())
    }

    fn search(
        &self,
        needs: &NeedSet,
        version: &Version<'_>,
        text: &str,
        mut marks: Marks,
        selectors: &dyn Fn() -> Arc<[SelectorId]>,
        all: &mut Vec<Found>,
    ) {
        let path = version.path;
        let mask: OnceCell<Mask> = OnceCell::new();
        let class_at = |at: usize| mask.get_or_init(|| syntax::mask(path, text)).class_at(at);
        let secrets = self.engine.find(&secrets::Subject { path, text, class_at: &class_at, commit: version.commit }, &mut marks);
        // A default that comes with every installation is no secret to erase.
        let tells = |secret: &Finding| {
            !matches!(secret.kind, SecretKind::Assignment | SecretKind::ConnectionString)
                || !secrets::is_well_known(&text[secret.start..secret.end])
        };
        let secrets: Vec<Finding> =
            secrets.into_iter().filter(|secret| self.kinds.contains(&secret.kind) && tells(secret)).collect();
        if secrets.is_empty() {
            return;
        }
        let (tests, selectors) = (test_lines(path, text), selectors());
        for need in self.needs.iter().filter(|need| selectors.binary_search(&needs.need(**need).selector).is_ok()) {
            let Look::Secret { kinds, min_confidence, .. } = &needs.need(*need).look else { continue };
            let wanted = secrets.iter().filter(|secret| kinds.contains(&secret.kind) && secret.confidence >= *min_confidence);
            for secret in wanted {
                let line = line_of(text, secret.from);
                if tests.iter().any(|(start, end)| (*start..=*end).contains(&line)) {
                    continue;
                }
                let line_start = text[..secret.from].rfind('\n').map_or(0, |at| at + 1);
                all.push(Found {
                    need: *need,
                    number: version.number,
                    value: text[secret.start..secret.end].to_owned(),
                    line,
                    column: text[line_start..secret.from].chars().count() as u32 + 1,
                    end_line: line_of(text, secret.end.saturating_sub(1).max(secret.from)),
                    snippet: secrets::snippet(text, secret, &secrets),
                });
            }
        }
    }
}

fn line_of(text: &str, at: usize) -> u32 {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count() as u32 + 1
}

/// Rust keeps tests beside the code they test.
fn test_lines(path: &str, text: &str) -> Vec<(u32, u32)> {
    if Language::of_path(path) != Some(Language::Rust) || !text.contains("test") {
        return Vec::new();
    }
    syntax::rust_facts(text).map_or_else(Vec::new, |facts| facts.test_lines)
}
