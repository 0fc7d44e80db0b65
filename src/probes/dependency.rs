//! `dependency`: packages that manifests declare, by scope and version, and whether production code imports them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::inventory::manifest::{self, Dependency, DependencyScope, Ecosystem};
use crate::inventory::view::{DeclaredDependency, Hit, Snippet, View};
use crate::model::language::Language;
use crate::model::needs::{Look, NeedId, Selector};
use crate::model::node::Node;
use crate::model::terms::vocabulary;

use super::params::Map;
use super::{Loading, Probe, ProbeKind};

/// The `dependency` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "dependency",
    summary: "packages that manifests declare; the declaring line is the citation",
    keys: &[
        ("ecosystem", "npm, pypi, cargo, go, maven, rubygems, composer, nuget"),
        ("name", "names of packages; `*` at the end matches any rest"),
        ("scope", "runtime (default), development, any"),
        ("transitive", "true: packages that only a lockfile names count, too"),
        ("version", "range that holds the locked version, or all that the requirement allows, such as `<3.4.0`"),
        ("imported", "true (default for runtime scope): source of the component must import it; false: declaring is enough"),
        ("module", "what source imports, where it differs from the package's usual module"),
        ("feature", "cargo: one of these features must be on"),
    ],
    parse,
};

vocabulary! {
    /// Which dependencies count.
    Wanted { Runtime = "runtime", Development = "development", Any = "any" }
}

#[derive(Debug)]
struct DependencyProbe {
    ecosystem: Ecosystem,
    names: Vec<String>,
    wanted: Wanted,
    transitive: bool,
    version: Option<String>,
    features: Vec<String>,
    /// For each name, the need that finds its imports; empty when declaring is enough.
    needs: Vec<NeedId>,
}

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`dependency`", loading.problems);
    let ecosystem = map.word::<Ecosystem>("ecosystem", None);
    let names = map.texts("name");
    let wanted = map.word("scope", Some(Wanted::Runtime));
    let transitive = map.flag("transitive", false);
    let version = map.opt_text("version");
    let imported = map.flag("imported", wanted == Some(Wanted::Runtime) && !transitive);
    let modules = map.texts("module");
    let features = map.texts("feature");
    if names.is_empty() {
        map.note("`dependency` needs `name`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let (ecosystem, wanted) = (ecosystem?, wanted?);
    let mut needs = Vec::new();
    if imported && let Some(languages) = importing_languages(ecosystem) {
        for name in &names {
            let modules =
                if modules.is_empty() { manifest::module_names(ecosystem, name.trim_end_matches('*')) } else { modules.clone() };
            needs
                .push(loading.needs.add(Selector { languages: languages.to_vec(), ..Selector::any() }, Look::Import { modules }));
        }
    }
    Some(Box::new(DependencyProbe { ecosystem, names, wanted, transitive, version, features, needs }))
}

/// The languages whose source imports packages of an ecosystem by name; `None` where a framework loads them unasked
/// (Bundler, Composer's autoloader, .NET's implicit usings), so that an import proves nothing either way.
fn importing_languages(ecosystem: Ecosystem) -> Option<&'static [Language]> {
    match ecosystem {
        Ecosystem::Npm => Some(&[Language::JavaScript, Language::TypeScript, Language::Tsx]),
        Ecosystem::PyPi => Some(&[Language::Python]),
        Ecosystem::Cargo => Some(&[Language::Rust]),
        Ecosystem::Go => Some(&[Language::Go]),
        Ecosystem::Maven | Ecosystem::RubyGems | Ecosystem::Composer | Ecosystem::NuGet => None,
    }
}

impl DependencyProbe {
    /// Does a dependency of one of the names count?
    fn counts(&self, dependency: &Dependency) -> bool {
        if dependency.ecosystem != self.ecosystem || !(dependency.direct || self.transitive) {
            return false;
        }
        let scope_fits = match self.wanted {
            Wanted::Runtime => dependency.scope == DependencyScope::Runtime,
            Wanted::Development => matches!(dependency.scope, DependencyScope::Development | DependencyScope::Build),
            Wanted::Any => true,
        };
        let feature_fits = self.features.is_empty() || self.features.iter().any(|f| dependency.features.contains(f));
        scope_fits && feature_fits && self.version_fits(dependency)
    }

    /// The dependencies of the view with one of the names, in their order, with the number of the first name that fits.
    fn named<'v>(&self, view: &View<'v>) -> BTreeMap<usize, (usize, &'v DeclaredDependency)> {
        let mut found = BTreeMap::new();
        for (number, name) in self.names.iter().enumerate() {
            let (name, is_start) = name.strip_suffix('*').map_or((name.as_str(), false), |start| (start, true));
            for (place, declared) in view.dependencies(name, is_start) {
                found.entry(place).or_insert((number, declared));
            }
        }
        found
    }

    fn version_fits(&self, dependency: &Dependency) -> bool {
        let Some(range) = &self.version else { return true };
        let version = dependency.resolved.as_deref().or(dependency.requirement.as_deref()).unwrap_or_default();
        let plain = version.trim_start_matches(['=', ' ', 'v']);
        // Nobody locked it: what is installed is any version that the requirement allows.
        let is_range = dependency.resolved.is_none() && (plain.starts_with(['^', '~']) || self.ecosystem == Ecosystem::Cargo);
        (!is_range)
            .then(|| manifest::version_matches(self.ecosystem, plain, range))
            .flatten()
            .or_else(|| manifest::requirement_within(self.ecosystem, version, range))
            .unwrap_or(false)
    }
}

impl Probe for DependencyProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        let mut hits: Vec<Cow<'_, Hit>> = Vec::new();
        for (index, declared) in self.named(view).into_values() {
            // A lockfile at the root lists what any component asked for; only the manifest says which.
            if (declared.locked && !self.transitive) || !self.counts(&declared.dependency) {
                continue;
            }
            let import = self.needs.get(index).map(|need| view.hits(*need).next());
            if import == Some(None) {
                continue;
            }
            let dependency = &declared.dependency;
            let shown = as_written(&dependency.name, dependency.requirement.as_deref(), dependency.resolved.as_deref());
            hits.push(Cow::Owned(Hit {
                line: Some(dependency.line),
                end_line: dependency.line,
                snippet: Some(Snippet::Raw(shown.into())),
                ..Hit::of_file(declared.file)
            }));
            hits.extend(import.flatten().map(Cow::Borrowed));
        }
        hits.sort();
        hits.dedup();
        hits
    }

    fn needs(&self) -> &[NeedId] {
        &self.needs
    }
}

/// A dependency as it is written in the manifest, and what the lockfile made of it.
fn as_written(name: &str, requirement: Option<&str>, resolved: Option<&str>) -> String {
    match (requirement, resolved) {
        (Some(asked), Some(locked)) if asked.trim_start_matches('=') != locked => format!("{name} {asked} (locked: {locked})"),
        (Some(version), _) | (None, Some(version)) => format!("{name} {version}"),
        (None, None) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::as_written;

    #[test]
    fn what_is_cited_stands_in_the_manifest() {
        for (requirement, resolved, shown) in [
            (Some("^6.1.0"), Some("5.18.0"), "prisma ^6.1.0 (locked: 5.18.0)"),
            (Some("==5.18.0"), Some("5.18.0"), "prisma ==5.18.0"),
            (Some("^6.1.0"), None, "prisma ^6.1.0"),
            (None, Some("5.18.0"), "prisma 5.18.0"),
            (None, None, "prisma"),
        ] {
            assert_eq!(as_written("prisma", requirement, resolved), shown);
        }
    }
}
