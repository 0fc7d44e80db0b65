//! What is known of web frameworks, as `checks/routes` says it, and the rows of the route table that is made of it.
//!
//! A definition is a code rule with the name of what its matches are: routes, scopes that routes stand in, mounts of one scope in
//! another, guards, public marks, functions that guard or let everybody through, imports, classes. `inventory::routes` joins the matches; nothing there
//! knows a framework. To add a framework: a file in `checks/routes`. To add a way in which things hang together: a `Reach`.

use std::sync::Arc;

use super::needs::{Look, NeedId, NeedSet, Selector};
use super::pattern::Pattern;
use super::terms::vocabulary;

/// Among the captures of a rule: the bytes of the match itself, as `start..end`.
pub const SPAN: &str = "@span";

/// Every metavariable that a definition may capture.
pub const CAPTURES: &[&str] = &[
    SPAN, "METHOD", "PATH", "HANDLER", "ROUTER", "GUARD", "NAME", "PARENT", "INTO", "CHILD", "MODULE", "SYMBOL", "CLASS", "BASE",
    "ONLY", "EXCEPT", "VIA",
];

vocabulary! {
    /// What the matches of a definition are.
    Section {
        /// METHOD, PATH, HANDLER, ROUTER, CLASS.
        Routes = "routes",
        /// Something that routes stand in: a router with a NAME and a PARENT, a class, a closure; with a PATH.
        Scopes = "scopes",
        /// Puts CHILD under PATH in INTO.
        Mounts = "mounts",
        /// GUARD, and what its reach needs.
        Guards = "guards",
        /// Says that no guard is wanted; as guards.
        Public = "public",
        /// The function or alias NAME is a guard, or is one if VIA is.
        Defines = "defines",
        /// The function or class NAME lets callers without credentials through; with `doubt`, where nothing else is said.
        Passes = "lets-through",
        /// The local NAME is SYMBOL of MODULE, or MODULE itself.
        Imports = "bindings",
        /// CLASS derives from BASE.
        Classes = "classes",
    }
}

vocabulary! {
    /// Which routes a guard or a public mark is in effect on.
    Reach {
        /// The smallest route, mount or scope that it stands in. The default.
        Holder = "holder",
        /// What stands inside the match.
        Inside = "inside",
        /// What is attached to ROUTER after it.
        Router = "router",
        /// What is attached to ROUTER, before or after it.
        WholeRouter = "whole-router",
        /// Routes that HANDLER handles.
        Handler = "handler",
        /// Routes of CLASS and of the classes that derive from it; ONLY and EXCEPT name handlers.
        Class = "class",
        /// Routes whose PATH matches: the first such guard or mark decides.
        Path = "path",
        /// Every route of the framework in the component.
        Application = "application",
    }
}

/// One rule with what its matches are.
#[derive(Debug, Clone)]
pub struct Definition {
    pub section: Section,
    /// One for each language.
    pub looks: Vec<(Selector, Look)>,
    pub reach: Reach,
    /// Is GUARD judged by its name and by what is known of the function, or a guard by itself?
    pub judge: bool,
    /// Of a mount: does it count only if INTO is known? Of a scope that is a file: may anything load it from anywhere?
    pub loose: bool,
    /// Do only certain names and known functions count, when judged?
    pub strict: bool,
    /// Is it only something that may guard, which nobody can tell from files?
    pub doubt: bool,
    /// Does the nearest guard of those that say so stand in place of the farther ones?
    pub instead: bool,
    /// Is the scope attached to the application by itself?
    pub root: bool,
    /// Do routes belong to the scope by standing inside it (if ROUTER is captured: through that name), or by its NAME?
    pub inside: bool,
    /// Where METHOD says nothing. Of a guard: the only methods that it is in effect on.
    pub methods: Vec<String>,
    /// Where PATH is not captured; `{PATH}` and the like stand for captures.
    pub path: Option<String>,
    /// For the reach `class`, where CLASS is not captured: any of these.
    pub class: Vec<String>,
    /// As `path`, for HANDLER.
    pub handler: Option<String>,
    /// As `path`, for GUARD.
    pub guard: Option<String>,
    /// The path is made of the file's: regular expressions and what takes the place of their matches, in order.
    pub from_file: Vec<(Pattern, String)>,
    /// The route stands for these.
    pub expand: Vec<Expansion>,
}

/// One of the routes that a resource stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    pub method: String,
    /// Behind the path of the resource.
    pub path: String,
    /// Name of the handler.
    pub action: String,
}

/// What names of guards look like; regular expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Certainly none, whatever else is said: guards that let everybody pass.
    pub never: String,
    /// Certainly guards.
    pub guard: String,
    /// Certainly none.
    pub harmless: String,
    /// Guards, unless harmless.
    pub likely: String,
}

/// A framework.
#[derive(Debug, Clone)]
pub struct Framework {
    pub name: String,
    pub means: String,
    pub definitions: Vec<Definition>,
    pub names: Names,
    /// May something that is attached like a guard be one if nothing is known of it?
    pub unknown_guards: bool,
    /// Texts in paths that stand for the name of the class around, and the ending of the class that goes.
    pub class_tokens: Vec<(String, String)>,
    /// Texts in paths that stand for the name of the action (NAME of the route, else its HANDLER), and the ending of the handler that goes.
    pub handler_tokens: Vec<(String, String)>,
}

/// The frameworks with the needs that answer their definitions.
#[derive(Debug, Clone, Default)]
pub struct RouteNeeds {
    pub frameworks: Arc<Vec<Framework>>,
    /// By framework and definition.
    pub needs: Vec<Vec<Vec<NeedId>>>,
    /// Every need, each once.
    pub all: Arc<[NeedId]>,
}

impl RouteNeeds {
    /// Asks for everything that the definitions need.
    pub fn ask(frameworks: &Arc<Vec<Framework>>, set: &mut NeedSet) -> RouteNeeds {
        let needs: Vec<Vec<Vec<NeedId>>> = frameworks
            .iter()
            .map(|framework| {
                let of = |definition: &Definition, set: &mut NeedSet| {
                    definition.looks.iter().map(|(selector, look)| set.add(selector.clone(), look.clone())).collect()
                };
                framework.definitions.iter().map(|definition| of(definition, set)).collect()
            })
            .collect();
        let mut all: Vec<NeedId> = needs.iter().flatten().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        RouteNeeds { frameworks: Arc::clone(frameworks), needs, all: all.into() }
    }
}

vocabulary! {
    /// Who may call a route, as far as the code says.
    Access {
        /// A guard is in effect.
        Guarded = "guarded",
        /// Marked as public.
        Public = "public",
        /// No guard is in effect and no mark says that none is wanted.
        Open = "open",
        /// It cannot be decided; the notes say why.
        Unknown = "?",
    }
}
