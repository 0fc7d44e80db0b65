//! `tokens/<group>.yaml`: the formats of the tokens that providers issue, by id.
//!
//! To add a key of a format: a field of `model::secret::TokenFormat`, a line here, a line in the head of `checks/tokens/clouds.yaml`.

use crate::inventory::secrets::prefixes;
use crate::model::node::Node;
use crate::model::secret::{SecretKind, TokenFormat};
use crate::model::terms::Confidence;
use crate::probes::params::{Map, Problems};

/// Reads a file of formats. `verify` also tries the patterns, which an audit compiles when it needs them.
pub(super) fn read(node: &Node, verify: bool, problems: &Problems) -> Vec<TokenFormat> {
    let file = Map::new(node, "a file of token formats", problems);
    let formats: Vec<TokenFormat> =
        node.entries().iter().filter_map(|entry| format(&entry.key, &entry.value, problems)).collect();
    if formats.is_empty() && problems.is_empty() {
        file.note("a file of token formats maps ids to formats");
    }
    if verify {
        for (format, entry) in formats.iter().zip(node.entries()).filter(|_| problems.is_empty()) {
            if let Err(message) = prefixes(format) {
                problems.note(entry.value.span, format!("`pattern` of `{}`: {message}", format.id));
            }
        }
    }
    formats
}

fn format(id: &str, node: &Node, problems: &Problems) -> Option<TokenFormat> {
    let before = problems.len();
    let map = Map::new(node, "a token format", problems);
    let format = TokenFormat {
        id: id.to_owned(),
        provider: map.text("provider"),
        pattern: map.text("pattern"),
        names: map.texts("names"),
        kind: map.word("kind", Some(SecretKind::Provider))?,
        confidence: map.word("confidence", Some(Confidence::High))?,
        entropy: map.opt_text("entropy").and_then(|text| text.parse().ok()),
        checksum: map.has("checksum").then(|| map.word("checksum", None)).flatten(),
        public: map.flag("public", false),
        public_beside: map.texts("public-beside"),
    };
    map.finish();
    (problems.len() == before).then_some(format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::document::yaml;

    fn problems(text: &str) -> Vec<String> {
        let node = yaml::parse_plain(text).expect("YAML").remove(0);
        let problems = Problems::default();
        read(&node, true, &problems);
        problems.into_sorted().into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn mistakes_in_formats_are_named() {
        assert!(problems("acme: { provider: Acme, pattern: 'acm_[a-z]{20}' }").is_empty());
        assert!(problems("acme: { provider: Acme, pattern: '[a-z]{20}' }")[0].contains("literal characters"));
        assert!(problems("acme: { provider: Acme, pattern: 'acm_[a-z]+' }")[0].contains("upper bound"));
        assert!(problems("acme: { provider: Acme, pattrn: x }").iter().any(|problem| problem.contains("did you mean `pattern`")));
        assert!(problems("acme: { provider: Acme, pattern: 'acm_[a-z]{20}', checksum: md5 }")[0].contains("crc32-base62"));
    }
}
