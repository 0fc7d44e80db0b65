//! What several probe kinds read alike: the files to look into, languages with their family names, regular expressions.

use std::borrow::Cow;

use crate::inventory::fronts::{self, FrontNeeds};
use crate::inventory::view::{Hit, View};
use crate::model::glob;
use crate::model::language::Language;
use crate::model::needs::{NeedId, NeedSet, Selector};
use crate::model::node::{Node, Value};
use crate::model::role::{Role, RoleSet};
use crate::model::terms::Word;

use super::Probe;
use super::params::{Map, suggestion};

/// Documentation of the keys that `selector` reads.
pub const PATH_DOC: (&str, &str) = ("path", "globs over the relative path; one must match");
/// See `PATH_DOC`.
pub const EXCLUDE_DOC: (&str, &str) = ("exclude", "globs over the relative path; files that one of them matches do not count");
/// See `PATH_DOC`.
pub const ROLES_DOC: (&str, &str) = ("roles", "roles of the files that count; default production, infra, ci; `any` for all");

/// A probe that is nothing but the hits of its needs.
#[derive(Debug)]
pub struct NeedProbe {
    pub needs: Vec<NeedId>,
}

impl Probe for NeedProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        let mut hits: Vec<Cow<'_, Hit>> = self.needs.iter().flat_map(|need| view.hits(*need)).map(Cow::Borrowed).collect();
        hits.sort();
        hits.dedup();
        hits
    }

    fn needs(&self) -> &[NeedId] {
        &self.needs
    }
}

/// Documentation of the key that `hits_of` reads.
pub const FRONTS_DOC: (&str, &str) = (
    "fronts",
    "true: in the configuration of a proxy only what is for the component counts; what fronts another service, or is used while developing only, does not",
);

/// A probe that is the hits of a need; with `fronts` only those that are for the component.
pub fn hits_of(need: NeedId, fronts: bool, needs: &mut NeedSet) -> Box<dyn Probe> {
    let probe = NeedProbe { needs: vec![need] };
    if fronts { Box::new(FrontingProbe { probe, fronts: FrontNeeds::ask(needs) }) } else { Box::new(probe) }
}

/// A probe over configuration of proxies. The needs that say what these front are answered before all others.
#[derive(Debug)]
struct FrontingProbe {
    probe: NeedProbe,
    fronts: FrontNeeds,
}

impl Probe for FrontingProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        let mut hits = self.probe.observe(view);
        hits.retain(|hit| fronts::counts(view, &self.fronts, hit));
        hits
    }

    fn needs(&self) -> &[NeedId] {
        self.probe.needs()
    }
}

/// Reads `path`, `exclude` and `roles`.
pub fn selector(map: &Map<'_>) -> Selector {
    let (globs, exclude) = (globs(map, "path"), globs(map, "exclude"));
    Selector { globs, exclude, roles: roles(map), ..Selector::any() }
}

fn globs(map: &Map<'_>, key: &'static str) -> Vec<String> {
    let globs = map.texts(key);
    for glob in &globs {
        let Some(problem) = map.problems().verify().then(|| glob::problem(glob)).flatten() else { continue };
        let hint = glob.strip_prefix('!').map_or(String::new(), |left_out| format!("; write `exclude: [\"{left_out}\"]`"));
        map.note_at(key, format!("{problem}{hint}"));
    }
    globs
}

fn roles(map: &Map<'_>) -> RoleSet {
    if !map.has("roles") {
        return RoleSet::DECIDING;
    }
    if map.get("roles").and_then(Node::as_str) == Some("any") {
        return RoleSet::all();
    }
    map.words::<Role>("roles").into_iter().fold(RoleSet::NONE, RoleSet::with)
}

/// Reads `language`: one or several languages, or the families `node` (JavaScript, TypeScript, TSX) and `jvm` (Java, Kotlin).
pub fn languages(map: &Map<'_>) -> Vec<Language> {
    let Some(node) = map.get("language") else { return Vec::new() };
    let items = if matches!(node.value, Value::Array(_)) { node.items() } else { std::slice::from_ref(node) };
    let mut languages = Vec::new();
    for item in items {
        match item.as_str() {
            Some("node") => languages.extend([Language::JavaScript, Language::TypeScript, Language::Tsx]),
            Some("jvm") => languages.extend([Language::Java, Language::Kotlin]),
            Some(word) => match Language::from_word(word) {
                Some(language) => languages.push(language),
                None => {
                    let known = || Language::words().into_iter().chain(["node", "jvm"]);
                    let known_list = known().collect::<Vec<_>>().join(", ");
                    map.problems()
                        .note(item.span, format!("`{word}` is no language{}; one of {known_list}", suggestion(word, known())));
                }
            },
            None => map.problems().note(item.span, "`language` takes names of languages"),
        }
    }
    languages.sort();
    languages.dedup();
    languages
}

/// Reads a regular expression and notes what is wrong with it.
pub fn pattern(map: &Map<'_>, key: &'static str) -> Option<String> {
    let pattern = map.opt_text(key)?;
    if !map.problems().verify() {
        return Some(pattern);
    }
    // As the scan builds it: ASCII first, Unicode for patterns that need it.
    let parse =
        |unicode| regex_syntax::ParserBuilder::new().unicode(unicode).utf8(false).build().parse(&pattern).map_err(Box::new);
    match parse(false).or_else(|_| parse(true)) {
        Ok(hir) if hir.properties().minimum_len() == Some(0) => {
            map.note_at(key, "the pattern matches the empty text, so it matches everywhere");
            None
        }
        Ok(_) => Some(pattern),
        Err(error) => {
            let message = error.to_string();
            let last = message.lines().last().unwrap_or("it does not parse").trim_start_matches("error: ");
            map.note_at(key, format!("bad regular expression: {last}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::selector;
    use crate::inventory::document::yaml;
    use crate::probes::params::{Map, Problems};

    #[test]
    fn a_glob_that_takes_back_is_an_error_that_names_exclude() {
        let node = yaml::parse_plain("path: ['*.ts', '!dist/**']").unwrap().remove(0);
        let problems = Problems::default();
        assert!(selector(&Map::new(&node, "`text`", &problems)).exclude.is_empty());
        let found = problems.into_sorted();
        assert!(found.len() == 1 && found[0].message.contains(r#"write `exclude: ["dist/**"]`"#), "{found:?}");
    }

    #[test]
    fn exclude_is_read() {
        let node = yaml::parse_plain("{ path: '*.ts', exclude: 'dist/**' }").unwrap().remove(0);
        let problems = Problems::default();
        assert_eq!(selector(&Map::new(&node, "`text`", &problems)).exclude, ["dist/**"]);
        assert!(problems.is_empty());
    }
}
