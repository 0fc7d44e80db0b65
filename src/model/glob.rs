//! What a glob means, everywhere in checks and configuration: as in .gitignore, without a slash it matches a name at any depth.
//!
//! `*` and `?` stay inside a folder, `**/` crosses them, `{a,b}` is either, case is ignored.

mod part;

use std::borrow::Cow;
use std::sync::OnceLock;

use globset::{Glob, GlobBuilder, GlobMatcher};
use memchr::memmem::Finder;

use part::{PartGlob, brackets};

/// What is wrong with a glob, in a sentence.
pub fn problem(glob: &str) -> Option<String> {
    if glob.starts_with('!') {
        return Some(format!("`{glob}` would match nothing: no glob takes files back"));
    }
    if glob.starts_with('/') || glob.split('/').any(|part| part == "..") {
        return Some(format!("`{glob}` leaves the repository; globs are relative to its root"));
    }
    compile(glob).err().map(|error| format!("`{glob}` is no glob: {}", error.kind()))
}

/// The glob, ready to be matched against a relative path in lower case (`folded`). Without a flag for case, most globs are compared
/// as texts and need no automaton.
///
/// # Errors
/// When it is none.
pub fn compile(glob: &str) -> Result<Glob, globset::Error> {
    expression(&anywhere(glob.to_lowercase()))
}

fn expression(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build()
}

/// The glob from the root on: without a slash, it matches at any depth.
fn anywhere(glob: String) -> String {
    if glob.contains('/') { glob } else { format!("**/{glob}") }
}

/// The path as globs are matched against it.
pub fn folded(path: &str) -> Cow<'_, str> {
    if path.chars().any(char::is_uppercase) { Cow::Owned(path.to_lowercase()) } else { Cow::Borrowed(path) }
}

/// The globs that a glob with `{a,b}` in its last part stands for, which are compared as texts where it would need an automaton. A
/// glob that is nested, or stands for many, is left as it is; so are the folders, of which each would cost an automaton.
pub fn alternatives(glob: &str) -> Vec<String> {
    let name_start = glob.rfind('/').map_or(0, |at| at + 1);
    if glob[..name_start].matches('{').count() != glob[..name_start].matches('}').count() {
        return vec![glob.to_owned()];
    }
    expanded_from(glob, name_start)
}

/// The globs that a glob with `{a,b}` anywhere stands for, folders too, if each can be looked for where a stretch of its own stands.
pub fn expanded(glob: &str) -> Vec<String> {
    // Nothing between commas is no alternative for an expression.
    if ["{}", "{,", ",,", ",}"].iter().any(|empty| glob.contains(empty)) {
        return vec![glob.to_owned()];
    }
    let expanded = expanded_from(glob, 0);
    // Two stars that come to stand together would mean something else.
    let crossings = |glob: &str| glob.matches("**").count();
    if expanded.iter().any(|one| crossings(one) != crossings(glob)) { vec![glob.to_owned()] } else { expanded }
}

fn expanded_from(glob: &str, start: usize) -> Vec<String> {
    const MOST: usize = 64;
    let mut done = vec![glob[..start].to_owned()];
    let mut rest = &glob[start..];
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { return vec![glob.to_owned()] };
        let inside = &rest[open + 1..close];
        let parts: Vec<&str> = inside.split(',').collect();
        if inside.contains(['{', '[', '\\', '/']) || done.len() * parts.len() > MOST {
            return vec![glob.to_owned()];
        }
        done = done.iter().flat_map(|start| parts.iter().map(move |part| format!("{start}{}{part}", &rest[..open]))).collect();
        rest = &rest[close + 1..];
    }
    done.iter().map(|start| format!("{start}{rest}")).collect()
}

/// The folders of a glob for everything below folders of some name, wherever they stand: `**/{seeds,fixtures}/**`. `None` for every
/// other glob. That a path has such a folder is found by its name alone.
pub fn folders(glob: &str) -> Option<Vec<String>> {
    let inner = glob.strip_prefix("**/")?.strip_suffix("/**")?.to_lowercase();
    let names = match inner.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?.split(',').map(str::to_owned).collect(),
        None => vec![inner],
    };
    let is_plain = |name: &String| !name.is_empty() && !name.contains(['/', '*', '?', '[', ']', '{', '}', '\\', ',']);
    names.iter().all(is_plain).then_some(names)
}

/// What a name must be like, wherever it stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Plain {
    /// `*.py`, with its dot.
    Extension(String),
    Name(String),
}

/// A glob that needs no comparison: what it matches is found by hash. `None` for every other glob.
pub fn plain(glob: &str) -> Option<Plain> {
    let name = glob.strip_prefix("**/").unwrap_or(glob).to_lowercase();
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['/', '*', '?', '[', ']', '{', '}', '\\']);
    match name.strip_prefix('*') {
        Some(end) => (is_plain(end) && end.rfind('.') == Some(0)).then(|| Plain::Extension(end.to_owned())),
        None => is_plain(&name).then_some(Plain::Name(name)),
    }
}

/// The longest of some texts, the first of several; empty without one.
fn longest<'t>(texts: impl Iterator<Item = &'t str>) -> &'t str {
    texts.fold("", |longest, text| if text.len() > longest.len() { text } else { longest })
}

/// A glob for names at any depth whose only wildcard is `*`, such as `*settings*.py`. Compared as text, it needs no automaton.
#[derive(Debug)]
pub struct NameGlob {
    start: String,
    between: Vec<Finder<'static>>,
    end: String,
}

impl NameGlob {
    /// `None` for every other glob, and for `*.py`: extensions are found by their hash (`plain`).
    pub fn of(glob: &str) -> Option<NameGlob> {
        let name = glob.strip_prefix("**/").unwrap_or(glob).to_lowercase();
        if name.contains(['/', '?', '[', ']', '{', '}', '\\']) || name.contains("**") {
            return None;
        }
        NameGlob::with_stars(&name).filter(|glob| !glob.is_extension())
    }

    /// `None` without a star.
    fn with_stars(name: &str) -> Option<NameGlob> {
        let (start, rest) = name.split_once('*')?;
        let (between, end) = rest.rsplit_once('*').map_or((None, rest), |(between, end)| (Some(between), end));
        let parts = between.into_iter().flat_map(|between| between.split('*'));
        let between: Vec<_> = parts.map(|part| Finder::new(part).into_owned()).collect();
        Some(NameGlob { start: start.to_owned(), between, end: end.to_owned() })
    }

    fn is_extension(&self) -> bool {
        self.start.is_empty() && self.between.is_empty() && self.end.rfind('.') == Some(0)
    }

    /// The longest stretch that stands in every name that it matches; empty for `*`.
    pub fn stretch(&self) -> &str {
        let between = self.between.iter().map(|part| std::str::from_utf8(part.needle()).unwrap_or_default());
        longest([self.start.as_str()].into_iter().chain(between).chain([self.end.as_str()]))
    }

    /// Does it match a name without folders, in lower case?
    pub fn is_match(&self, name: &str) -> bool {
        let inner = name.strip_prefix(self.start.as_str()).and_then(|rest| rest.strip_suffix(self.end.as_str()));
        let Some(mut rest) = inner.map(str::as_bytes) else { return false };
        self.between.iter().all(|part| {
            let found = part.find(rest);
            rest = found.map_or(&[], |at| &rest[at + part.needle().len()..]);
            found.is_some()
        })
    }
}

/// A path, divided once for all globs that are held against it.
pub struct Divided<'p> {
    path: &'p str,
    parts: Vec<&'p str>,
}

impl<'p> Divided<'p> {
    /// Globs of checks and configuration ask for a path as `folded` gives it.
    pub fn new(path: &'p str) -> Divided<'p> {
        let mut parts = Vec::with_capacity(16);
        let mut start = 0;
        for slash in memchr::memchr_iter(b'/', path.as_bytes()) {
            parts.push(&path[start..slash]);
            start = slash + 1;
        }
        parts.push(&path[start..]);
        Divided { path, parts }
    }

    fn parts(&self) -> &[&'p str] {
        &self.parts
    }
}

/// A glob over folders and names. What is made of names, `*`, `**/` and `{a,b}` is compared part by part; any other compiles when a path
/// comes that has its longest stretch. One that is none matches nothing.
#[derive(Debug)]
pub struct PathGlob {
    stretch: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Steps(Vec<Step>),
    Expression { glob: String, compiled: OnceLock<Option<GlobMatcher>> },
}

/// What one part of a glob admits.
#[derive(Debug)]
enum Step {
    /// `**`: any number of folders; at the end, everything below.
    Across,
    /// One folder or name that is like one of these.
    Part(Vec<PartGlob>),
}

impl PathGlob {
    /// A glob as checks and configuration write it.
    pub fn new(glob: &str) -> PathGlob {
        let glob = anywhere(glob.to_lowercase());
        let stretch = longest(stretches(&glob).into_iter()).to_owned();
        let form = steps(&glob).map_or_else(|| Form::Expression { glob, compiled: OnceLock::new() }, Form::Steps);
        PathGlob { stretch, form }
    }

    /// The longest stretch that stands in every path that it matches; empty where there is none.
    pub fn stretch(&self) -> &str {
        &self.stretch
    }

    /// Does it match this path?
    pub fn is_match(&self, divided: &Divided<'_>) -> bool {
        match &self.form {
            Form::Steps(steps) => walk(steps, divided.parts()),
            Form::Expression { glob, compiled } => {
                let path = divided.path;
                let compile = || expression(glob).ok().map(|glob| glob.compile_matcher());
                path.contains(&self.stretch) && compiled.get_or_init(compile).as_ref().is_some_and(|glob| glob.is_match(path))
            }
        }
    }
}

/// The steps of a glob, if it has nothing that only an expression can say.
fn steps(glob: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in glob.split('/') {
        let step = if part == "**" { Step::Across } else { Step::Part(PartGlob::all(part)?) };
        if matches!((steps.last(), &step), (Some(Step::Across), Step::Across)) {
            return None;
        }
        steps.push(step);
    }
    Some(steps)
}

/// Do the parts of a path take these steps? Where `**` has led to no end, the last one takes in one part more.
fn walk(steps: &[Step], parts: &[&str]) -> bool {
    if let (Some(Step::Part(names)), Some(name)) = (steps.last(), parts.last())
        && !is_one_of(names, name)
    {
        return false;
    }
    let (mut step, mut part) = (0, 0);
    let mut across = None;
    loop {
        match (steps.get(step), parts.get(part)) {
            (Some(Step::Across), next) if step + 1 == steps.len() => return next.is_some(),
            (Some(Step::Across), _) => {
                across = Some((step + 1, part));
                step += 1;
            }
            (Some(Step::Part(names)), Some(name)) if is_one_of(names, name) => (step, part) = (step + 1, part + 1),
            (None, None) => return true,
            (_, None) => return false,
            _ => {
                let Some((behind, taken)) = across else { return false };
                across = Some((behind, taken + 1));
                (step, part) = (behind, taken + 1);
            }
        }
    }
}

fn is_one_of(names: &[PartGlob], name: &str) -> bool {
    names.iter().any(|glob| glob.is_match(name))
}

/// The stretches of a glob that stand in every path that it matches, slashes apart.
fn stretches(glob: &str) -> Vec<&str> {
    if glob.contains('\\') {
        return Vec::new();
    }
    let mut stretches = Vec::new();
    let (mut depth, mut start, mut at) = (0_usize, 0, 0);
    while let Some(byte) = glob.as_bytes().get(at) {
        let length = match byte {
            b'[' => brackets(&glob[at..]).unwrap_or(glob.len() - at),
            b'{' | b'}' | b'*' | b'?' | b'/' => 1,
            _ => 0,
        };
        at += length.max(1);
        if length > 0 {
            stretches.push((depth, &glob[start..at - length]));
            start = at;
        }
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    stretches.push((depth, &glob[start..]));
    stretches.into_iter().filter(|(depth, stretch)| *depth == 0 && !stretch.is_empty()).map(|(_, stretch)| stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::{Divided, Form, NameGlob, PathGlob, Plain, alternatives, compile, expanded, folded, folders, plain, problem};

    #[test]
    fn a_name_glob_matches_what_the_glob_does() {
        let names = [
            "a",
            "a.py",
            "ab.py",
            "settings.py",
            "settings_prod.py",
            "x.settings.py",
            ".env",
            ".env.prod",
            "dev.env",
            "settings.pyc",
            "aa",
            "aba",
        ];
        for glob in ["*settings*.py", "settings*", ".env*", "*.e*v", "**/*", "a*a", "a*b*a", "*SETTINGS.py", "*.py*", "a*"] {
            let (by_name, by_glob) = (NameGlob::of(glob).unwrap(), compile(glob).unwrap().compile_matcher());
            for name in names {
                assert_eq!(by_name.is_match(name), by_glob.is_match(format!("src/{name}")), "{glob} {name}");
            }
        }
        for other in ["settings.py", "*.py", "a/*.py", "a?*", "*.{a,b}", "**/a/*", "a**b", "[ab]*"] {
            assert!(NameGlob::of(other).is_none(), "{other}");
        }
    }

    /// Every path of up to four parts, of which some are alike.
    fn paths() -> Vec<String> {
        let names = ["a", "ab", "b", "a.yml", ".b", "x.c.yml", "[a]"];
        let mut paths: Vec<String> = names.map(str::to_owned).into();
        for from in [0, names.len(), names.len() * (names.len() + 1)] {
            let longer: Vec<String> = paths[from..].iter().flat_map(|path| names.map(|name| format!("{path}/{name}"))).collect();
            paths.extend(longer);
        }
        paths
    }

    fn matches(glob: &PathGlob, path: &str) -> bool {
        glob.is_match(&Divided::new(path))
    }

    #[test]
    fn a_path_glob_matches_what_the_glob_does() {
        let by_steps = [
            "a/*.yml",
            "**/a/*.{yml,x}",
            "a/**",
            "**/a/b.yml",
            "{a,ab}/b",
            "A/.b/*",
            "a/**/a.yml",
            "a/{b,x}*",
            "**/a*/b/**",
            "**/a/**/b",
            "a/**/b/**/ab",
            "*/**/a",
            "**/*b*/*.yml",
            "**/{a,.*}/**",
            "a*b",
            "*.yml",
            "a,b/*",
            "**/a/*/**",
            "**/a/a/b",
            "a/[bx].yml",
            "[[]a]/b",
            "[]b]/*",
            "*[b.]/*.yml",
            "**/[ax]*/**/[.a]*",
        ];
        let by_expression = ["a/[!b].yml", "a?/b", "{a,{b,ab}}/*", "a/{b,}*", "a**b/b", "**/**/a", "**", "a/"];
        let paths = paths();
        for (globs, is_expression) in [(&by_steps[..], false), (&by_expression[..], true)] {
            for glob in globs {
                let (ours, by_glob) = (PathGlob::new(glob), compile(glob).unwrap().compile_matcher());
                assert_eq!(matches!(ours.form, Form::Expression { .. }), is_expression, "{glob}");
                for path in &paths {
                    assert_eq!(matches(&ours, path), by_glob.is_match(path), "{glob} {path}");
                    assert!(!matches(&ours, path) || path.contains(ours.stretch()), "{glob} {path}");
                }
            }
        }
        assert!(!matches(&PathGlob::new("a/["), "a/[") && !matches(&PathGlob::new("a/b}"), "a/b}"));
        let stretches = ["a/*.yml", "a/b.tar.gz", "ab/*.{a,b}", "{a,b}/[cd]*", "a\\\\*b", "[]ab]c", "{a,{b,c},d}e*[f"];
        let stretches = stretches.map(|glob| PathGlob::new(glob).stretch().to_owned());
        assert_eq!(stretches, [".yml", "b.tar.gz", "ab", "", "", "c", "e"]);
    }

    #[test]
    fn a_plain_glob_matches_what_the_glob_does() {
        assert_eq!(plain("*.PY"), Some(Plain::Extension(".py".to_owned())));
        assert_eq!(plain("**/Makefile"), Some(Plain::Name("makefile".to_owned())));
        for other in ["*.tar.gz", "*", "*py", "a/b", "**/a/b", "a*", "[a]", "a?", "{a,b}", "*.{a,b}", "", "**"] {
            assert!(plain(other).is_none(), "{other}");
        }
        for glob in ["*.yml", "**/*.yml", "a.yml", "**/a", "*.b", "*."] {
            let (plain, by_glob) = (plain(glob).unwrap(), compile(glob).unwrap().compile_matcher());
            for path in paths() {
                let name = path.rsplit('/').next().unwrap();
                let by_plain = match &plain {
                    Plain::Extension(extension) => name.rfind('.').is_some_and(|dot| name[dot..] == *extension),
                    Plain::Name(exact) => name == exact,
                };
                assert_eq!(by_plain, by_glob.is_match(&path), "{glob} {path}");
            }
        }
    }

    #[test]
    fn a_folder_glob_matches_what_the_glob_does() {
        let paths = ["a", "a/x", "b/a/x.py", "ab/x", "x/a", "a/b/c", "c-d/x", "C-D/x/y"];
        for glob in ["**/a/**", "**/{a,b}/**", "**/{c-d,x}/**", "**/A/**"] {
            let (folders, by_glob) = (folders(glob).unwrap(), compile(glob).unwrap().compile_matcher());
            for path in paths.map(|path| path.to_lowercase()) {
                let above = path.rsplit_once('/').map_or("", |(above, _)| above);
                let by_folder = above.split('/').any(|folder| folders.iter().any(|name| name == folder));
                assert_eq!(by_folder, by_glob.is_match(&path), "{glob} {path}");
            }
        }
        for other in
            ["a/**", "**/a", "**/*a/**", "**/{a,*b}/**", "**/a/b/**", "**/{a,{b,c}}/**", "**/a?/**", "**/{a,}/**", "**/**"]
        {
            assert!(folders(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_name_matches_at_any_depth_and_a_path_where_it_stands() {
        let matches = |glob: &str, path: &str| compile(glob).unwrap().compile_matcher().is_match(&*folded(path));
        assert!(matches("*.yml", "deploy/a.YML") && matches("deploy/**", "deploy/a/b.yml"));
        assert!(!matches("deploy/*.yml", "deploy/a/b.yml") && !matches("deploy/*.yml", "x/deploy/a.yml"));
    }

    #[test]
    fn globs_that_could_match_nothing_are_refused() {
        for (glob, expected) in [("!dist/**", "takes files back"), ("/etc/*", "leaves"), ("a/../b", "leaves"), ("{a", "no glob")]
        {
            assert!(problem(glob).is_some_and(|problem| problem.contains(expected)), "{glob}: {:?}", problem(glob));
        }
        assert_eq!(problem("src/**/*.{ts,tsx}"), None);
    }

    #[test]
    fn alternatives_match_together_what_the_glob_matches() {
        assert_eq!(alternatives("*.{yml,yaml}"), ["*.yml", "*.yaml"]);
        assert_eq!(alternatives("{a,b}/x{1,}.c"), ["{a,b}/x1.c", "{a,b}/x.c"]);
        assert_eq!(expanded("**/{a,*b}/**"), ["**/a/**", "**/*b/**"]);
        assert_eq!(expanded("{a,b}/{c,d}"), ["a/c", "a/d", "b/c", "b/d"]);
        for kept in ["{a,}/b", "{a,{b,c}}/d", "{a/b", "a/**", "{*,a}*/b", "{a,**/b}/c", "{a,b/c}/d"] {
            assert_eq!(expanded(kept), [kept]);
        }
        for kept in ["{a,{b,c}}", "{a", "{[ab],c}", "*.ts", "{a,b/c}.ts", "{a,b}/**"] {
            assert_eq!(alternatives(kept), [kept]);
        }
    }
}
