//! Secrets in one file: what the engine finds, as hits of the needs that ask for it.

use super::Scanner;
use super::file::FileScan;
use super::subject::Subject;
use crate::inventory::secrets::{self, Engine};
use crate::inventory::view::{Hit, Snippet};
use crate::model::needs::{Look, NeedId, NeedSet, SelectorId};

/// The engine, and the needs that it answers.
pub(super) struct Secrets {
    engine: Engine,
    needs: Vec<NeedId>,
}

impl Secrets {
    /// Compiles the engine, if a need asks for it.
    pub(super) fn of(needs: &NeedSet) -> Option<Secrets> {
        let asking = (0u32..).zip(needs.needs()).filter(|(_, need)| matches!(need.look, Look::Secret { history: false, .. }));
        let asking: Vec<NeedId> = asking.map(|(number, _)| NeedId(number)).collect();
        (!asking.is_empty()).then(|| Secrets { engine: Engine::new(&needs.token_formats, &needs.secret_rules), needs: asking })
    }

    /// The needs that ask for secrets in files.
    pub(super) fn needs(&self) -> &[NeedId] {
        &self.needs
    }

    /// The literals whose places `scan` wants, by number.
    pub(super) fn keywords(&self) -> impl Iterator<Item = (u32, &str)> {
        (0u32..).zip(self.engine.keywords())
    }
}

/// Looks for secrets around the places of keywords.
pub(super) fn scan(
    scanner: &Scanner<'_>,
    selectors: &[SelectorId],
    marks: &mut [(u32, u32)],
    subject: &Subject<'_>,
    found: &mut FileScan,
) {
    let Some(Secrets { engine, needs }) = scanner.secrets.as_ref().filter(|known| !marks.is_empty() || known.engine.is_eager())
    else {
        return;
    };
    let admitted = |need: &&NeedId| selectors.binary_search(&scanner.needs.need(**need).selector).is_ok();
    let needs: Vec<NeedId> = needs.iter().filter(admitted).copied().collect();
    if needs.is_empty() {
        return;
    }
    let file =
        secrets::Subject { path: subject.path, text: subject.text, class_at: &|at| subject.mask().class_at(at), commit: None };
    let secrets = engine.find(&file, marks);
    for need in needs {
        let Look::Secret { kinds, min_confidence, .. } = &scanner.needs.need(need).look else { continue };
        let wanted = secrets.iter().filter(|secret| kinds.contains(&secret.kind) && secret.confidence >= *min_confidence);
        found.hits.extend(wanted.map(|secret| {
            let snippet = secrets::snippet(subject.text, secret, &secrets);
            let hit = subject.lines().hit(subject.id, secret.from, secret.end);
            (need, Hit { snippet: Some(Snippet::Redacted(snippet.into())), ..hit })
        }));
    }
}
