//! From a route up through routers, groups and mounts to the application: the path, and what a guard may be attached to.

use std::collections::BTreeMap;

use crate::inventory::view::{FileId, View};
use crate::model::route::{Framework, Section};

use super::fact::{Fact, Facts};
use super::path::{self, Paths};
use super::resolve::Modules;

/// Deepest nesting of routers.
const MAX_DEPTH: usize = 16;
/// Most ways in which one route is reached.
const MAX_CHAINS: usize = 16;
/// What stands on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Route(usize),
    Scope(usize),
    Mount(usize),
}

/// A link, and the scope that it is attached to.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) link: Link,
    pub(super) into: Option<usize>,
}

/// One way from a route to the application.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    /// From the route outwards.
    pub(super) steps: Vec<Step>,
    pub(super) paths: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Where something is attached.
enum Place {
    /// To the application itself.
    Root,
    Scope(usize),
    /// Nobody knows where, and why.
    Unknown(String),
}

/// The scopes and mounts of a framework, ready to be followed.
pub(super) struct Chains<'a> {
    pub(super) facts: &'a Facts<'a>,
    framework: &'a Framework,
    pub(super) modules: Modules<'a>,
    pub(super) view: View<'a>,
    /// By file and name.
    pub(super) named: BTreeMap<(FileId, &'a str), Vec<usize>>,
    pub(super) by_file: BTreeMap<FileId, Vec<usize>>,
    /// By scope, the mounts that attach it.
    mounted: Vec<Vec<usize>>,
    /// By function that makes a router, the mount that may attach what it returns, or that of a namesake.
    doubted: BTreeMap<usize, usize>,
}

impl<'a> Chains<'a> {
    pub(super) fn new(view: View<'a>, framework: &'a Framework, facts: &'a Facts<'a>) -> Chains<'a> {
        let mut chains = Chains {
            facts,
            framework,
            modules: Modules::new(view, &facts.imports),
            view,
            named: BTreeMap::new(),
            by_file: BTreeMap::new(),
            mounted: vec![Vec::new(); facts.scopes.len()],
            doubted: BTreeMap::new(),
        };
        for (index, scope) in facts.scopes.iter().enumerate() {
            chains.by_file.entry(scope.file).or_default().push(index);
            if let Some(name) = scope.get("NAME") {
                chains.named.entry((scope.file, name)).or_default().push(index);
            }
        }
        for (index, mount) in facts.mounts.iter().enumerate() {
            if mount.definition.loose && !matches!(chains.place(mount, mount.get("INTO")), Place::Scope(_)) {
                continue;
            }
            // What may be several is none for certain.
            let Some(child) = mount.get("CHILD") else { continue };
            match chains.meant(child, mount)[..] {
                // What is taken for the router that it is attached to is something that hangs on it: `app.use(app.sessions)`.
                [only] if matches!(chains.place(mount, mount.get("INTO")), Place::Scope(into) if into == only) => {}
                [only] => chains.mounted[only].push(index),
                _ => {
                    for maker in chains.makers_called(child) {
                        chains.doubted.entry(maker).or_insert(index);
                    }
                }
            }
        }
        chains
    }

    /// Every way to a route.
    pub(super) fn of_route(&self, index: usize) -> Vec<Chain> {
        let route = &self.facts.routes[index];
        let own = self.own_paths(route);
        let start = Chain { steps: Vec::new(), paths: own.alternatives, notes: own.note.into_iter().collect() };
        let mut done = Vec::new();
        let place = self.place(route, route.get("ROUTER"));
        // Something unknown that is asked for something computed: a map or a client, no route.
        if matches!(place, Place::Unknown(_)) && start.paths.iter().all(|path| path == "?") {
            return done;
        }
        self.follow(start, Link::Route(index), place, &mut done);
        for (token, ending) in &self.framework.handler_tokens {
            let named = route.get("NAME").map(path::unquoted);
            let handler = || route.get("HANDLER").map(|handler| handler.strip_suffix(ending.as_str()).unwrap_or(handler));
            let Some(name) = named.or_else(handler) else { continue };
            done.iter_mut().flat_map(|chain| &mut chain.paths).for_each(|path| *path = path.replace(token.as_str(), name));
        }
        done
    }

    /// Attaches `link` to `place` and goes on from there.
    fn follow(&self, mut chain: Chain, link: Link, place: Place, done: &mut Vec<Chain>) {
        if done.len() >= MAX_CHAINS {
            return;
        }
        match place {
            Place::Root => {
                chain.steps.push(Step { link, into: None });
                // A mount of nothing in particular is one of everything.
                if let Some(all) = self.facts.mounts.iter().find(|mount| mount.get("CHILD").is_none()) {
                    self.under(&mut chain, all);
                }
                done.push(finished(chain));
            }
            Place::Unknown(why) => {
                chain.steps.push(Step { link, into: None });
                chain.paths.iter_mut().for_each(|path| *path = path::join("?", path));
                chain.notes.push(why);
                done.push(finished(chain));
            }
            Place::Scope(scope) => {
                chain.steps.push(Step { link, into: Some(scope) });
                let visited = chain.steps.iter().filter(|step| step.into == Some(scope)).count();
                if visited > 1 || chain.steps.len() > MAX_DEPTH {
                    let why = "nothing was seen that mounts its routers but themselves".to_owned();
                    return self.follow(chain, link, Place::Unknown(why), done);
                }
                let bare = chain.paths.clone();
                self.under(&mut chain, &self.facts.scopes[scope]);
                self.outwards(chain, &bare, scope, done);
            }
        }
    }

    /// From a scope to what it is attached to. `bare` are the paths without its own.
    fn outwards(&self, chain: Chain, bare: &[String], index: usize, done: &mut Vec<Chain>) {
        let scope = &self.facts.scopes[index];
        if let Some(parent) = scope.get("PARENT") {
            return self.follow(chain, Link::Scope(index), self.place(scope, Some(parent)), done);
        }
        if !self.mounted[index].is_empty() {
            for mount in &self.mounted[index] {
                let fact = &self.facts.mounts[*mount];
                let mut chain = chain.clone();
                chain.steps.push(Step { link: Link::Scope(index), into: None });
                if fact.get("ONLY").is_some() {
                    chain.paths = bare.to_vec();
                }
                self.under(&mut chain, fact);
                let place = self.place(fact, fact.get("INTO"));
                self.follow(chain, Link::Mount(*mount), place, done);
            }
            return;
        }
        // What a function makes and returns hangs where the function is called.
        let maker = self.enclosing(scope, None).filter(|outer| !self.mounted[*outer].is_empty());
        let place = if let Some(outer) = maker {
            Place::Scope(outer)
        } else if let Some(mount) = self.enclosing(scope, None).and_then(|maker| self.doubted.get(&maker)) {
            let mount = &self.facts.mounts[*mount];
            let child = path::short(mount.get("CHILD").unwrap_or_default());
            Place::Unknown(format!(
                "nothing was seen that mounts it for certain: `{child}` in {} may mean a namesake",
                mount.path
            ))
        } else if scope.definition.inside && scope.get("NAME").is_none() && scope.get("ROUTER").is_none() {
            // A group written in place hangs where it stands.
            match self.enclosing(scope, None) {
                Some(outer) => Place::Scope(outer),
                None if scope.definition.loose => Place::Unknown(format!("nothing was seen that mounts {}", scope.path)),
                None => Place::Root,
            }
        } else if scope.definition.root {
            Place::Root
        } else {
            let name = scope.get("NAME").or(scope.get("ROUTER")).unwrap_or("the router");
            Place::Unknown(format!("nothing was seen that mounts `{}` of {}", path::short(name), scope.path))
        };
        self.follow(chain, Link::Scope(index), place, done);
    }

    /// Puts what the fact says of a path before the chain's.
    fn under(&self, chain: &mut Chain, fact: &Fact<'_>) {
        let own = self.own_paths(fact);
        if own.alternatives.iter().all(|path| path.trim_matches('/').is_empty()) && !own.alternatives.is_empty() {
            return;
        }
        chain.notes.extend(own.note);
        let joined = own.alternatives.iter().flat_map(|prefix| chain.paths.iter().map(move |path| path::join(prefix, path)));
        chain.paths = joined.take(MAX_CHAINS).collect();
    }

    /// What a fact itself says of a path.
    fn own_paths(&self, fact: &Fact<'_>) -> Paths {
        if !fact.definition.from_file.is_empty() {
            let mut path = fact.path.to_owned();
            for (pattern, with) in &fact.definition.from_file {
                path = pattern.replaced(&path, with).into_owned();
            }
            return Paths { alternatives: vec![path], note: None };
        }
        if let Some(template) = &fact.definition.path {
            let path = fact.filled(template).replace("//", "/");
            let known = !path.contains(['{', '(']);
            let note = (!known).then(|| format!("the path is `{}`", path::short(&path)));
            return Paths { alternatives: vec![if known { path } else { "?".to_owned() }], note };
        }
        // What a mount captures as ONLY takes the place of the child's own path.
        let instead = fact.get("ONLY").filter(|_| fact.definition.section == Section::Mounts);
        let mut paths = fact.get("PATH").or(instead).map_or(Paths { alternatives: vec![String::new()], note: None }, path::read);
        for (token, ending) in &self.framework.class_tokens {
            let class = self.class_of(fact).unwrap_or("?");
            let name = class.strip_suffix(ending.as_str()).unwrap_or(class);
            paths.alternatives.iter_mut().for_each(|path| *path = path.replace(token.as_str(), name));
        }
        paths
    }

    /// The class that a fact stands in, or is.
    pub(super) fn class_of(&self, fact: &Fact<'a>) -> Option<&'a str> {
        if let Some(class) = fact.get("CLASS") {
            return Some(class);
        }
        let outer = self.enclosing_any(fact)?;
        self.facts.scopes[outer].get("CLASS")
    }

    /// The words in what the scopes around a fact captured.
    pub(super) fn words_around(&self, fact: &Fact<'_>) -> Vec<String> {
        let around = self.by_file.get(&fact.file).into_iter().flatten().map(|scope| &self.facts.scopes[*scope]);
        let around = around.filter(|scope| scope.contains(fact)).flat_map(|scope| [scope.get("PATH"), scope.get("MODULE")]);
        let own = [fact.get("HANDLER"), fact.get("PATH")];
        around.chain(own).flatten().flat_map(super::fact::words).map(str::to_owned).collect()
    }

    /// The innermost scope around a fact that has a class.
    fn enclosing_any(&self, fact: &Fact<'_>) -> Option<usize> {
        let inside = self.by_file.get(&fact.file).into_iter().flatten().copied();
        inside
            .filter(|scope| self.facts.scopes[*scope].contains(fact) && self.facts.scopes[*scope].get("CLASS").is_some())
            .min_by_key(|scope| self.facts.scopes[*scope].size())
    }

    /// The innermost scope around a fact that hands its router in under this name.
    pub(super) fn enclosing(&self, fact: &Fact<'_>, router: Option<&str>) -> Option<usize> {
        let inside = self.by_file.get(&fact.file).into_iter().flatten().copied();
        inside
            .filter(|scope| {
                let scope = &self.facts.scopes[*scope];
                scope.definition.inside && scope.contains(fact) && (scope.get("ROUTER") == router)
            })
            .min_by_key(|scope| self.facts.scopes[*scope].size())
    }

    /// Where something is attached that names its router, or none.
    fn place(&self, fact: &Fact<'_>, router: Option<&str>) -> Place {
        let Some(router) = router else {
            return self.enclosing(fact, None).map_or(Place::Root, Place::Scope);
        };
        if let Some(scope) = self.router(router, fact) {
            return Place::Scope(scope);
        }
        match self.meant(router, fact)[..] {
            [] => Place::Unknown(format!("`{}` is not known in {}", path::short(router), fact.path)),
            [scope] => Place::Scope(scope),
            _ => Place::Unknown(format!("`{}` in {} may be several routers", path::short(router), fact.path)),
        }
    }

    /// The router of this name in the file: the last one made before, or the one that is handed in around.
    pub(super) fn router(&self, name: &str, fact: &Fact<'_>) -> Option<usize> {
        let given = self.enclosing(fact, Some(name));
        let made = self.named.get(&(fact.file, name)).into_iter().flatten().copied();
        let made: Vec<usize> = made.filter(|scope| !self.facts.scopes[*scope].is(fact)).collect();
        let start = |scope: &usize| self.facts.scopes[*scope].start;
        let before = made.iter().copied().filter(|scope| start(scope) < fact.start).max_by_key(start);
        match (given, before) {
            (Some(given), Some(before)) => Some(if start(&before) > start(&given) { before } else { given }),
            (given, before) => given.or(before).or_else(|| made.into_iter().min_by_key(start)),
        }
    }
}

fn finished(mut chain: Chain) -> Chain {
    chain.paths.iter_mut().for_each(|path| *path = path::join("", path));
    chain.paths.sort();
    chain.paths.dedup();
    chain.notes.sort();
    chain.notes.dedup();
    chain
}
