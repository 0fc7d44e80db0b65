//! `loading.yaml`: what loads source files that nothing imports, so that no live file is taken for one that nothing loads.
//!
//! The keys stand at the head of `checks/loading.yaml`. To add one: a field of `model::loading`, a line here, its use in
//! `inventory::loaded`.

use crate::model::glob::{self, PathGlob};
use crate::model::loading::{Conventions, Family, Framework, Loading};
use crate::model::needs::{Area, Look, NeedId, NeedSet, Selector};
use crate::model::node::Node;
use crate::model::role::{Role, RoleSet};
use crate::probes::params::{Map, Problems};

/// Reads the file; its patterns become needs that are answered in the first look at each file.
pub(super) fn read(node: &Node, needs: &mut NeedSet, problems: &Problems) -> Loading {
    let map = Map::new(node, "what is known of loading", problems);
    map.text("means");
    let mut conventions = Vec::new();
    for (family, key) in [(Family::Node, "node"), (Family::Python, "python")] {
        if let Some(node) = map.get(key) {
            conventions.push((family, family_of(node, family, needs, problems)));
        }
    }
    let listed = map.get("frameworks").map(Node::items).unwrap_or_default();
    let frameworks = listed.iter().map(|node| framework(node, problems)).collect();
    let aside = globs(&map, "aside");
    map.finish();
    Loading { conventions, frameworks, aside }
}

fn family_of(node: &Node, family: Family, needs: &mut NeedSet, problems: &Problems) -> Conventions {
    let map = Map::new(node, "what is known of a family of languages", problems);
    let conventions = Conventions {
        stems: map.texts("stems"),
        entries: globs(&map, "entries"),
        starts: patterns(&map, "starts", family, needs),
        folders: patterns(&map, "folders", family, needs),
    };
    map.finish();
    conventions
}

fn framework(node: &Node, problems: &Problems) -> Framework {
    let map = Map::new(node, "a framework", problems);
    let framework = Framework { names: map.texts("names"), entries: globs(&map, "entries") };
    map.finish();
    framework
}

fn globs(map: &Map<'_>, key: &'static str) -> Vec<PathGlob> {
    let globs = map.texts(key);
    if map.problems().verify() {
        globs.iter().filter_map(|glob| glob::problem(glob)).for_each(|problem| map.note_at(key, problem));
    }
    globs.iter().map(|glob| PathGlob::new(glob)).collect()
}

fn patterns(map: &Map<'_>, key: &'static str, family: Family, needs: &mut NeedSet) -> Vec<NeedId> {
    let running = [Role::Production, Role::Infra, Role::Ci, Role::Generated, Role::Development];
    let roles = running.iter().fold(RoleSet::NONE, |set, role| set.with(*role));
    let patterns = map.texts(key);
    let need = |pattern: String| {
        if map.problems().verify()
            && let Err(error) = regex_syntax::parse(&pattern)
        {
            map.note_at(key, format!("`{pattern}` is no regular expression: {error}"));
        }
        let selector = Selector { languages: family.languages().to_vec(), roles, ..Selector::any() };
        let need = needs.add(selector, Look::text(pattern, Area::Code));
        needs.await_answer(need);
        need
    };
    patterns.into_iter().map(need).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::document::yaml;

    #[test]
    fn mistakes_are_named() {
        let read = |text: &str| {
            let node = yaml::parse_plain(text).expect("YAML").remove(0);
            let problems = Problems::default();
            let loading = read(&node, &mut NeedSet::default(), &problems);
            (loading, problems.into_sorted().into_iter().map(|problem| problem.message).collect::<Vec<_>>())
        };
        let (loading, problems) = read("means: x\npython: { stems: [main], folders: ['\\bpkgutil\\b'] }\n");
        assert!(problems.is_empty() && loading.conventions[0].1.folders.len() == 1, "{problems:?}");
        assert!(read("means: x\nnode: { stem: [a] }\n").1[0].contains("did you mean `stems`"));
        assert!(read("means: x\nnode: { starts: ['('] }\n").1[0].contains("no regular expression"));
        assert!(read("means: x\naside: ['../a']\n").1[0].contains("leaves the repository"));
    }
}
