//! `secret`: secrets in the text of files, by the formats of providers, as key material, or given to the name of a secret.

use crate::model::needs::Look;
use crate::model::node::Node;
use crate::model::secret::SecretKind;
use crate::model::terms::Confidence;

use super::params::Map;
use super::shared::{self, EXCLUDE_DOC, NeedProbe, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind};

/// The `secret` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "secret",
    summary: "secrets in the text of files; values are masked in what is cited",
    keys: &[
        ("kinds", "provider, private-key, connection-string, jwt, assignment; default all"),
        ("min-confidence", "low, medium (default), high: what is less sure is none"),
        ("history", "true: in every version that a commit holds; asked only with `audit --history`"),
        PATH_DOC,
        EXCLUDE_DOC,
        ROLES_DOC,
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`secret`", loading.problems);
    let selector = shared::selector(&map);
    let mut kinds = map.words::<SecretKind>("kinds");
    let min_confidence = map.word("min-confidence", Some(Confidence::Medium));
    let history = map.flag("history", false);
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    if kinds.is_empty() {
        kinds = SecretKind::ALL.to_vec();
    }
    kinds.sort();
    kinds.dedup();
    let look = Look::Secret { kinds, min_confidence: min_confidence?, history };
    Some(Box::new(NeedProbe { needs: vec![loading.needs.add(selector, look)] }))
}
