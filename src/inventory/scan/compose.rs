//! Compose files: base and production override are one document, merged as `docker compose -f base -f override` merges them.
//!
//! A file called `*prod*` beside a base is an override of it, unless it stands on its own: each of its services brings an image
//! or a build, and so does the base's service of the same name. Then the base is the development file and does not decide.
//! What a swarm runs (`docker-stack.yml`) is deployed as it is.

use std::collections::BTreeMap;

use super::Scanner;
use super::documents::{Found, asks_for_scripts, evaluate, is_stack, named};
use super::position::Lines;
use crate::inventory::document::{
    self, Format,
    compose::{merge, normalise},
    scripts::{Commands, Scripts},
};
use crate::inventory::view::{File, FileId, Hit};
use crate::model::needs::{DocumentKind, Look, NeedId, SelectorId};
use crate::model::node::Node;

/// A compose file that was read.
pub struct ComposeFile {
    pub id: FileId,
    pub text: String,
}

/// Needs that could not be answered in a file, with the reason.
pub type Gaps = Vec<(NeedId, FileId, String)>;

/// A document to judge: what the files with these indexes make together.
struct Merged {
    node: Node,
    origins: Vec<usize>,
}

impl Merged {
    /// Does the selector name one of its files? What stands in the base is in force under the override, and the other way round.
    fn is_selected(&self, selector: SelectorId, files: &[File], composes: &[ComposeFile]) -> bool {
        let file = |origin: &usize| &files[composes[*origin].id.0 as usize];
        self.origins.iter().any(|origin| file(origin).selectors.binary_search(&selector).is_ok())
    }
}

/// Answers the compose needs. Returns hits and gaps by need.
pub fn answer(
    scanner: &Scanner<'_>,
    files: &[File],
    composes: &[ComposeFile],
    scripts: Option<&Scripts>,
) -> (Vec<(NeedId, Hit)>, Gaps) {
    let (mut hits, mut gaps) = (Vec::new(), Vec::new());
    let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, compose) in composes.iter().enumerate() {
        let path = &files[compose.id.0 as usize].path;
        by_folder.entry(path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default().push(index);
    }
    let needs: Vec<NeedId> = (0..scanner.needs.needs().len() as u32)
        .map(NeedId)
        .filter(|id| matches!(scanner.needs.need(*id).look, Look::Document { kind: DocumentKind::Compose, .. }))
        .collect();
    for members in by_folder.values() {
        for merged in documents(files, composes, members, &needs, &mut gaps) {
            let resolved = scripts.map(|scripts| {
                let mut node = merged.node.clone();
                let path = merged.origins.first().map_or("", |first| &*files[composes[*first].id.0 as usize].path);
                scripts.resolve(Commands::Compose, path, &mut node);
                node
            });
            for need in &needs {
                let asks = asks_for_scripts(&scanner.needs.need(*need).look);
                let node = resolved.as_ref().filter(|_| asks).unwrap_or(&merged.node);
                let selector = scanner.needs.need(*need).selector;
                for Found { span, name } in evaluate(scanner, *need, &[node]) {
                    let Some(compose) = merged.origins.get(span.origin as usize).map(|index| &composes[*index]) else { continue };
                    if merged.is_selected(selector, files, composes) {
                        let lines = Lines::new(&compose.text);
                        let hit = lines.hit_at(compose.id, span.line, span.column, span.line);
                        hits.push((*need, named(hit, name)));
                    }
                }
            }
        }
    }
    (hits, gaps)
}

/// The documents that the compose files of one folder make.
fn documents(files: &[File], composes: &[ComposeFile], members: &[usize], needs: &[NeedId], gaps: &mut Gaps) -> Vec<Merged> {
    let mut parsed: Vec<(usize, Node)> = Vec::new();
    for index in members {
        match document::parse(Format::Yaml, &composes[*index].text) {
            Ok(documents) => parsed.extend(documents.into_iter().next().map(|node| (*index, node))),
            Err(error) => {
                let reason = format!("line {}: {}", error.line, error.message);
                gaps.extend(needs.iter().map(|need| (*need, composes[*index].id, reason.clone())));
            }
        }
    }
    let name = |index: usize| {
        let path = &files[composes[index].id.0 as usize].path;
        path.rsplit('/').next().unwrap_or(path).to_lowercase()
    };
    let is_base =
        |index: usize| matches!(&*name(index), "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml");
    let base = parsed.iter().position(|(index, _)| is_base(*index)).map(|at| parsed.remove(at));
    let production = parsed
        .iter()
        .position(|(index, _)| name(*index).contains("prod") && !is_stack(&name(*index)))
        .map(|at| parsed.remove(at));
    let mut merged = Vec::new();
    match (base, production) {
        (Some((_, base)), Some((index, node))) if stands_alone(&node, &base) => merged.push(single(index, node)),
        (Some((base_index, base)), Some((index, mut node))) => {
            node.set_origin(1);
            merged.push(Merged { node: merge(base, node), origins: vec![base_index, index] });
        }
        (Some((index, node)), None) | (None, Some((index, node))) => merged.push(single(index, node)),
        (None, None) => {}
    }
    merged.extend(parsed.into_iter().map(|(index, node)| single(index, node)));
    merged
}

fn single(index: usize, node: Node) -> Merged {
    Merged { node: normalise(node), origins: vec![index] }
}

/// Does every service bring its own image or build, and none to a service of the base that would not run without it?
fn stands_alone(node: &Node, base: &Node) -> bool {
    let services = node.get("services").map(Node::entries).unwrap_or_default();
    let runs = |service: &Node| service.get("image").is_some() || service.get("build").is_some();
    let in_base = |name: &str| base.get("services").and_then(|all| all.get(name));
    !services.is_empty() && services.iter().all(|s| runs(&s.value) && in_base(&s.key).is_none_or(runs))
}

#[cfg(test)]
mod tests {
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::source::Memory;
    use crate::model::needs::{Condition, DocumentKind, Look, NeedSet, NodeTest, Selector};
    use crate::model::role::RoleSet;

    const BASE: &str = "services:\n  db:\n    image: postgres:17\n    restart: always\n";

    /// The places that `$.services.*` is cited at, under these conditions, in a base and its production override.
    fn cited(conditions: &[(&str, NodeTest)]) -> Vec<String> {
        cited_in(BASE, "services:\n  db:\n    ports: [\"5432:5432\"]\n    user: root\n", conditions)
    }

    fn cited_in(base: &str, production: &str, conditions: &[(&str, NodeTest)]) -> Vec<String> {
        let files = [("compose.yaml", base), ("compose.prod.yaml", production)];
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
        let conditions = conditions.iter().map(|(at, op)| Condition { at: vec![(*at).to_owned()], op: op.clone() }).collect();
        let select = "$.services.*".to_owned();
        let mut needs = NeedSet::default();
        let look = Look::Document { kind: DocumentKind::Compose, objects: Vec::new(), select, conditions, named: None };
        // A selector that names one of the files judges what they make together.
        let need = needs.add(Selector { globs: vec!["*prod*".to_owned()], ..Selector::any() }, look);
        let (memory, prepared) = (Memory::new(files), Prepared::new(&needs, 0));
        let inventory = collect(&memory, &prepared, Context::default()).inventory;
        let hits = &inventory.hits[need.0 as usize];
        hits.iter().map(|hit| format!("{}:{}", inventory.file(hit.file).path, hit.line.unwrap())).collect()
    }

    #[test]
    fn the_value_that_decides_is_cited_in_its_own_file() {
        let image = ("image", NodeTest::Matches("^postgres".to_owned()));
        let ports = ("ports", NodeTest::Exists(true));
        assert_eq!(cited(&[ports.clone(), image.clone()]), ["compose.yaml:3"]);
        assert_eq!(cited(&[image.clone(), ports]), ["compose.prod.yaml:3"]);
        // What is not there has no place.
        assert_eq!(cited(&[image, ("network_mode", NodeTest::Exists(false))]), ["compose.yaml:3"]);
    }

    #[test]
    fn an_override_completes_the_base_beside_it_and_no_other() {
        let production = "services:\n  db:\n    ports: [\"5432:5432\"]\n";
        let complete = |base: &str| {
            let files = [("compose.prod.yaml", production), (base, BASE)];
            let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
            let exists = |at: &str| Condition { at: vec![at.to_owned()], op: NodeTest::Exists(true) };
            let (select, conditions) = ("$.services.*".to_owned(), vec![exists("image"), exists("ports")]);
            let look = Look::Document { kind: DocumentKind::Compose, objects: Vec::new(), select, conditions, named: None };
            let mut needs = NeedSet::default();
            let need = needs.add(Selector::any(), look);
            let (memory, prepared) = (Memory::new(files), Prepared::new(&needs, 0));
            !collect(&memory, &prepared, Context::default()).inventory.hits[need.0 as usize].is_empty()
        };
        assert!(complete("compose.yaml"));
        assert!(!complete("backend/compose.yaml"));
    }

    #[test]
    fn what_a_swarm_runs_is_deployed_as_it_is() {
        let stack = "services:\n  db:\n    ports: [\"5432:5432\"]\n";
        let found = |path: &str, text: &str| {
            let files = [("docker-compose.yml", BASE), (path, text)];
            let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
            let conditions = vec![Condition { at: vec!["ports".to_owned()], op: NodeTest::Exists(true) }];
            let select = "$.services.*".to_owned();
            let look = Look::Document { kind: DocumentKind::Compose, objects: Vec::new(), select, conditions, named: None };
            let mut needs = NeedSet::default();
            let roles = RoleSet::DECIDING;
            let need = needs.add(Selector { globs: vec![path.to_owned()], roles, ..Selector::any() }, look);
            let (memory, prepared) = (Memory::new(files), Prepared::new(&needs, 0));
            collect(&memory, &prepared, Context::default()).inventory.hits[need.0 as usize].len()
        };
        for path in ["docker-stack.yml", "docker-stack.prod.yml", "stack.yml", "swarm.yaml", "swarm-prod.yml"] {
            assert_eq!(found(path, stack), 1, "{path}");
            assert_eq!(found(path, &format!("x:\n  {}", stack.replace('\n', "\n  "))), 0, "{path}");
        }
        assert_eq!(found("stacks.yml", stack), 0);
    }

    #[test]
    fn an_override_that_completes_a_service_does_not_stand_alone() {
        let complete = "services:\n  db:\n    image: a/b:1\n";
        let restart = [("restart", NodeTest::Exists(true))];
        assert_eq!(cited_in("services:\n  db:\n    restart: always\n", complete, &restart), ["compose.yaml:3"]);
        // Both run on their own: the base is the development file.
        assert!(cited_in(BASE, complete, &restart).is_empty());
    }
}
