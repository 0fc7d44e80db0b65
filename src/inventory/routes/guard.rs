//! Which guards and public marks are in effect on a route.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::layout::folder_of as folder;
use crate::model::route::{Access, Framework, Reach};

use super::GuardRef;
use super::chain::{Chain, Chains, Link};
use super::fact::{Fact, Facts, words};
use super::handler::{class_of_handler, last, parts_of_file, references};
use super::names::{Aliases, Names, Verdict};
use super::path;

/// How far out a guard or a mark stands: what is nearer decides over what is farther.
const OF_PATH: usize = 500;
const OF_APPLICATION: usize = 1_000;
const OF_CLASS: usize = 100;

/// The guards and public marks of a framework, each with what it is held against.
pub(super) struct Guards<'a> {
    facts: &'a Facts<'a>,
    chains: &'a Chains<'a>,
    marks: Vec<Mark<'a>>,
    /// By the name of a handler, the marks on functions of that name, and all marks that do not stand on a handler.
    on_handlers: BTreeMap<&'a str, Vec<usize>>,
    elsewhere: Vec<usize>,
    /// By the name of a function on which a guard stands, the files of such functions.
    handlers: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// By class, the files that define one of the name.
    places: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// By class, those it derives from.
    bases: BTreeMap<&'a str, Vec<(&'a str, &'a Fact<'a>)>>,
}

/// A guard or a public mark.
struct Mark<'a> {
    fact: &'a Fact<'a>,
    /// `None`: it says that no guard is wanted.
    guards: Option<Verdict>,
    holder: Option<Link>,
    router: Option<usize>,
}

/// Is a mark in effect?
enum Effect {
    None,
    At(usize),
    /// It may be, and why that is not known.
    Perhaps(String),
}

/// What is asked of the guards: a route, under a path, by these methods (none: any).
pub(super) struct Asked<'r, 'a> {
    pub(super) route: &'r Fact<'a>,
    pub(super) path: &'r str,
    pub(super) methods: &'r [String],
    pub(super) handler: Option<&'r str>,
}

/// The marks that are in effect, each with how far out it stands, and why others may be.
struct Effects<'m, 'a> {
    known: Vec<(&'m Mark<'a>, usize)>,
    perhaps: Vec<String>,
}

impl<'a> Guards<'a> {
    pub(super) fn new(framework: &Framework, facts: &'a Facts<'a>, chains: &'a Chains<'a>) -> Guards<'a> {
        let names = Names::new(framework, &chains.view.inventory.expressions, &facts.defines, &facts.passes);
        let mut guards = Guards {
            facts,
            chains,
            marks: Vec::new(),
            on_handlers: BTreeMap::new(),
            elsewhere: Vec::new(),
            handlers: BTreeMap::new(),
            places: BTreeMap::new(),
            bases: BTreeMap::new(),
        };
        for fact in &facts.classes {
            if let Some(class) = fact.get("CLASS") {
                guards.places.entry(last(class)).or_default().insert(fact.path);
            }
            if let (Some(class), Some(base)) = (fact.get("CLASS"), fact.get("BASE")) {
                guards.bases.entry(last(class)).or_default().push((last(base), fact));
            }
        }
        let aliases = Aliases::new(&facts.imports);
        let judged = |fact: &Fact<'_>| {
            let guard = fact.get("GUARD").map(|name| aliases.meant(fact, name));
            let passes = guard.as_deref().and_then(|name| names.passing(name));
            match guard.as_deref() {
                // What is attached to everything by one that only asks where it is told to ask guards what nobody can tell.
                _ if passes == Some(Verdict::Harmless) => Verdict::Harmless,
                _ if fact.definition.doubt => Verdict::Unknown,
                _ if passes.is_some() && fact.definition.reach == Reach::Application => Verdict::Unknown,
                // A router that is attached is no guard, whatever it is called.
                Some(name) if fact.definition.judge => match names.of(name, fact.definition.strict) {
                    // On everything: some of what sounds like a guard only looks who calls.
                    Verdict::Guard if is_wide(fact) && names.of(name, true) != Verdict::Guard => Verdict::Unknown,
                    Verdict::Unknown if !chains.meant(name, fact).is_empty() => Verdict::Harmless,
                    verdict => verdict,
                },
                _ => Verdict::Guard,
            }
        };
        let own =
            facts.guards.iter().map(|fact| (fact, Some(judged(fact)))).filter(|(_, verdict)| *verdict != Some(Verdict::Harmless));
        let marks: Vec<Mark<'a>> =
            own.chain(facts.public.iter().map(|fact| (fact, None))).map(|(fact, v)| guards.mark(fact, v)).collect();
        guards.marks = marks;
        for mark in guards.marks.iter().filter(|mark| mark.fact.definition.reach == Reach::Handler) {
            if let Some(handler) = mark.fact.get("HANDLER") {
                guards.handlers.entry(handler).or_default().insert(mark.fact.path);
            }
        }
        guards.marks.sort_by_key(|mark| (mark.fact.file, mark.fact.start));
        for (index, mark) in guards.marks.iter().enumerate() {
            match mark.fact.get("HANDLER").filter(|_| mark.fact.definition.reach == Reach::Handler) {
                Some(handler) => guards.on_handlers.entry(handler).or_default().push(index),
                None => guards.elsewhere.push(index),
            }
        }
        guards
    }

    /// The marks that can be in effect on a route with this handler, in the order of their places.
    fn candidates(&self, handler: Option<&str>) -> impl Iterator<Item = &Mark<'a>> {
        let names = handler.map(references).into_iter().flatten().filter_map(|reference| words(reference).last());
        let on_handler = names.filter_map(|name| self.on_handlers.get(name)).flatten();
        let mut indexes: Vec<usize> = self.elsewhere.iter().chain(on_handler).copied().collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes.into_iter().map(|index| &self.marks[index])
    }

    fn mark(&self, fact: &'a Fact<'a>, guards: Option<Verdict>) -> Mark<'a> {
        let holder = (fact.definition.reach == Reach::Holder).then(|| self.holder(fact)).flatten();
        let is_on_router = matches!(fact.definition.reach, Reach::Router | Reach::WholeRouter);
        let router = if is_on_router { fact.get("ROUTER") } else { None };
        let router =
            router.and_then(|name| self.chains.router(name, fact).or_else(|| self.chains.meant(name, fact).first().copied()));
        Mark { fact, guards, holder, router }
    }

    /// The smallest route, mount or scope that a fact stands in.
    fn holder(&self, fact: &Fact<'_>) -> Option<Link> {
        let routes = self.facts.routes.iter().enumerate().map(|(index, found)| (found, Link::Route(index)));
        let mounts = self.facts.mounts.iter().enumerate().map(|(index, found)| (found, Link::Mount(index)));
        let scopes = self.facts.scopes.iter().enumerate().map(|(index, found)| (found, Link::Scope(index)));
        let around = routes.chain(mounts).chain(scopes).filter(|(found, _)| found.contains(fact));
        around.min_by_key(|(found, _)| found.size()).map(|(_, link)| link)
    }

    /// Does something guard some methods only?
    pub(super) fn tell_methods_apart(&self) -> bool {
        self.marks.iter().any(|mark| !mark.fact.definition.methods.is_empty() && mark.fact.definition.reach != Reach::Path)
    }

    /// The guards in effect on a route that is reached by a chain under a path by these methods, what that makes of it, and why it
    /// is not known.
    pub(super) fn on(&self, chain: &Chain, asked: &Asked<'_, 'a>) -> (Vec<GuardRef>, Access, Vec<String>) {
        let (mut guards, mut notes): (Vec<(usize, GuardRef)>, Vec<String>) = Default::default();
        let mut public: Option<usize> = None;
        let mut doubts = Vec::new();
        let effects = self.in_effect(chain, asked);
        let nearest = |(mark, level): &(&Mark<'_>, usize)| mark.fact.definition.instead.then_some(*level);
        let instead = effects.known.iter().filter_map(nearest).min();
        for (mark, level) in effects.known {
            let is_replaced = mark.fact.definition.instead && instead.is_some_and(|nearest| level > nearest);
            if is_replaced || !mark.covers(asked.methods) {
                continue;
            }
            match mark.guards {
                None => public = Some(public.map_or(level, |known| known.min(level))),
                Some(Verdict::Unknown) => doubts.push((level, format!("`{}` may guard it", path::short(&mark.name())))),
                Some(_) => guards.push((level, mark.reference())),
            }
        }
        doubts.extend(effects.perhaps.into_iter().map(|why| (usize::MAX, why)));
        if let Some(public) = public {
            guards.retain(|(level, _)| *level < public);
            doubts.retain(|(level, _)| *level < public);
        }
        let access = match (guards.is_empty(), doubts.is_empty(), public) {
            (false, _, _) => Access::Guarded,
            (true, false, _) => Access::Unknown,
            (true, true, Some(_)) => Access::Public,
            (true, true, None) if chain.steps.last().is_some_and(|_| !chain.notes.is_empty() && is_adrift(chain)) => {
                notes.push("what guards its router is not known".to_owned());
                Access::Unknown
            }
            (true, true, None) => Access::Open,
        };
        if access == Access::Unknown {
            notes.extend(doubts.into_iter().map(|(_, why)| why));
            notes.sort();
            notes.dedup();
        }
        // Marks come in the order of their places, so what is equally far out stays in it.
        guards.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        guards.dedup_by(|a, b| a.1 == b.1);
        (guards.into_iter().map(|(_, guard)| guard).collect(), access, notes)
    }

    fn in_effect(&self, chain: &Chain, asked: &Asked<'_, 'a>) -> Effects<'_, 'a> {
        let mut effects = Effects { known: Vec::new(), perhaps: Vec::new() };
        let mut decided_by_path = false;
        for mark in self.candidates(asked.handler) {
            let is_by_path = mark.fact.definition.reach == Reach::Path;
            if is_by_path && decided_by_path {
                continue;
            }
            match self.effect(mark, chain, asked.route, asked.path, asked.handler) {
                Effect::None => {}
                Effect::Perhaps(why) => effects.perhaps.push(why),
                Effect::At(level) => {
                    decided_by_path |= is_by_path;
                    effects.known.push((mark, level));
                }
            }
        }
        effects
    }

    fn effect(&self, mark: &Mark<'a>, chain: &Chain, route: &Fact<'a>, path: &str, handler: Option<&str>) -> Effect {
        let at = |level: Option<usize>| level.map_or(Effect::None, Effect::At);
        match mark.fact.definition.reach {
            Reach::Holder => at(mark.holder.and_then(|holder| chain.steps.iter().position(|step| step.link == holder))),
            Reach::Inside => at(chain.steps.iter().position(|step| mark.fact.contains(self.fact(step.link)))),
            Reach::Router | Reach::WholeRouter => self.on_router(mark, chain, path),
            Reach::Handler => self.on_handler(mark, route, handler),
            Reach::Class => self.on_class(mark, route, handler),
            Reach::Path if !mark.fact.methods().is_empty() && mark.fact.methods() != route.methods() => Effect::None,
            Reach::Path => match path::fits(path, path::unquoted(mark.fact.get("PATH").unwrap_or("**"))) {
                Some(true) => Effect::At(OF_PATH),
                Some(false) => Effect::None,
                None => Effect::Perhaps(format!("its path decides whether `{}` applies", mark.name())),
            },
            Reach::Application => Effect::At(OF_APPLICATION),
        }
    }

    fn fact(&self, link: Link) -> &'a Fact<'a> {
        match link {
            Link::Route(index) => &self.facts.routes[index],
            Link::Scope(index) => &self.facts.scopes[index],
            Link::Mount(index) => &self.facts.mounts[index],
        }
    }

    fn on_router(&self, mark: &Mark<'a>, chain: &Chain, path: &str) -> Effect {
        let Some(router) = mark.router else { return Effect::None };
        let Some(level) = chain.steps.iter().position(|step| step.into == Some(router)) else { return Effect::None };
        let attached = self.fact(chain.steps[level].link);
        let earlier = attached.file == mark.fact.file && attached.start < mark.fact.start;
        if earlier && mark.fact.definition.reach == Reach::Router {
            return Effect::None;
        }
        let Some(prefix) = mark.fact.get("PATH") else { return Effect::At(level) };
        let prefixes = path::read(prefix).alternatives;
        // The prefix counts from the router, whose own is in front; only routers at the root are told apart by it.
        let below: Vec<Option<bool>> = prefixes
            .iter()
            .map(|prefix| {
                let prefix = prefix.trim_matches('/').trim_end_matches('*').trim_end_matches('/');
                let within = || !prefix.is_empty() && format!("{path}/").contains(&format!("/{prefix}/"));
                path::is_below(path, prefix).map(|below| below || within())
            })
            .collect();
        if below.contains(&Some(true)) {
            Effect::At(level)
        } else if below.contains(&None) {
            Effect::Perhaps(format!("its path decides whether `{}` applies", path::short(&mark.name())))
        } else {
            Effect::None
        }
    }

    fn on_handler(&self, mark: &Mark<'a>, route: &Fact<'a>, handler: Option<&str>) -> Effect {
        let (Some(handler), Some(guarded)) = (handler, mark.fact.get("HANDLER")) else { return Effect::None };
        let names_it = |reference: &&str| words(reference).last() == Some(guarded);
        let Some(reference) = references(handler).find(names_it) else { return Effect::None };
        let parts: Vec<&str> = words(reference).collect();
        // A route that stands in a class is handled by a method of that class, whatever others are called.
        if let Some(class) = mark.fact.get("CLASS")
            && let Some(own) = self.chains.class_of(route)
        {
            return if class == own && route.file == mark.fact.file { Effect::At(0) } else { Effect::None };
        }
        let from = parts.first().map(|first| self.chains.files_of_import(route.file, first)).unwrap_or_default();
        let qualifier = if parts.len() > 1 { parts[parts.len() - 2] } else { "" };
        let is_named = |path: &str| parts_of_file(path).iter().any(|part| part.eq_ignore_ascii_case(qualifier));
        let none = BTreeSet::new();
        let others = self.handlers.get(guarded).unwrap_or(&none);
        let is_beside = |path: &str| folder(path) == folder(route.path) && is_named(path);
        let own = mark.fact.path;
        if route.file == mark.fact.file
            || from.contains(&mark.fact.file)
            || is_beside(own)
            || (is_named(own) && others.len() == 1)
        {
            return Effect::At(0);
        }
        if !from.is_empty() || others.iter().any(|path| is_beside(path)) {
            return Effect::None;
        }
        Effect::Perhaps(format!("`{guarded}` of {own} looks at the caller; it may be the handler"))
    }

    /// Of several classes of one name, is this the one whose folder is in the path that the route was given?
    fn is_nearest(&self, mark: &Fact<'a>, class: &str, route: &Fact<'a>) -> bool {
        let Some(same) = self.places.get(class) else { return true };
        if same.len() < 2 || mark.get("CLASS").is_none() || mark.file == route.file {
            return true;
        }
        let around: Vec<String> = self.chains.words_around(route);
        let score = |path: &str| {
            let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
            let own = folders.rsplit_once("controllers").map_or("", |(_, own)| own);
            let parts: Vec<&str> = own.split('/').filter(|part| !part.is_empty()).collect();
            let known = parts.iter().filter(|part| around.iter().any(|word| word.eq_ignore_ascii_case(part))).count();
            (parts.len() == known, known)
        };
        let best = same.iter().map(|path| score(path)).max();
        Some(score(mark.path)) == best
    }

    fn on_class(&self, mark: &Mark<'a>, route: &Fact<'a>, handler: Option<&str>) -> Effect {
        let wanted: Vec<&str> = match mark.fact.get("CLASS") {
            Some(class) => vec![last(class)],
            None => mark.fact.definition.class.iter().map(String::as_str).collect(),
        };
        let from_handler = handler.and_then(class_of_handler);
        let class = self.chains.class_of(route).map(|class| (last(class).to_owned(), None)).or(from_handler);
        let Some((class, action)) = class else { return Effect::None };
        let mut queue = vec![(class, 0usize)];
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some((class, distance)) = queue.pop() {
            if wanted.contains(&class.as_str()) && (distance > 0 || self.is_nearest(mark.fact, &class, route)) {
                let action = action.as_deref().or_else(|| route.get("ACTION"));
                let named = |list: &str| action.is_some_and(|action| words(list).any(|word| word == action));
                let in_effect = mark.fact.get("ONLY").is_none_or(named) && !mark.fact.get("EXCEPT").is_some_and(named);
                return if in_effect { Effect::At(OF_CLASS + distance) } else { Effect::None };
            }
            if seen.len() < 100 && seen.insert(class.clone()) {
                let bases = self.bases.get(class.as_str()).into_iter().flatten();
                let bases = bases.filter(|(_, fact)| distance > 0 || self.is_nearest(fact, &class, route));
                queue.extend(bases.map(|(base, _)| ((*base).to_owned(), distance + 1)));
            }
        }
        Effect::None
    }
}

/// Does the chain end at a router of which nobody knows where it is attached?
fn is_adrift(chain: &Chain) -> bool {
    chain.notes.iter().any(|note| note.starts_with("nothing was seen that mounts") || note.contains("is not known in"))
        || chain.notes.iter().any(|note| note.ends_with("may be several routers"))
}

/// Is it middleware of a whole router? Guards of a whole application are declared as such.
fn is_wide(fact: &Fact<'_>) -> bool {
    matches!(fact.definition.reach, Reach::Router | Reach::WholeRouter)
}

impl Mark<'_> {
    /// Is it in effect on all of these methods? What guards paths compares them by itself.
    fn covers(&self, methods: &[String]) -> bool {
        let own = &self.fact.definition.methods;
        let is_all = || methods.iter().all(|method| own.contains(method)) && !methods.is_empty();
        own.is_empty() || self.fact.definition.reach == Reach::Path || is_all()
    }

    fn name(&self) -> String {
        let text = match &self.fact.definition.guard {
            Some(template) => self.fact.filled(template),
            None => self.fact.get("GUARD").unwrap_or("guard").to_owned(),
        };
        path::short(&text)
    }

    fn reference(&self) -> GuardRef {
        GuardRef { name: self.name().into(), file: self.fact.file, line: self.fact.line }
    }
}
