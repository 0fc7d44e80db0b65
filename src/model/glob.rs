//! What a glob means, everywhere in checks and configuration: as in .gitignore, without a slash it matches a name at any depth.
//!
//! `*` and `?` stay inside a folder, `**/` crosses them, `{a,b}` is either, case is ignored.

use std::borrow::Cow;
use std::sync::OnceLock;

use globset::{Glob, GlobBuilder, GlobMatcher};
use memchr::memmem::Finder;

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
    let glob = glob.to_lowercase();
    let anywhere = if glob.contains('/') { glob } else { format!("**/{glob}") };
    GlobBuilder::new(&anywhere).literal_separator(true).build()
}

/// The path as globs are matched against it.
pub fn folded(path: &str) -> Cow<'_, str> {
    if path.chars().any(char::is_uppercase) { Cow::Owned(path.to_lowercase()) } else { Cow::Borrowed(path) }
}

/// The globs that a glob with `{a,b}` in its last part stands for, which are compared as texts where it would need an automaton. A
/// glob that is nested, or stands for many, is left as it is; so are the folders, of which each would cost an automaton.
pub fn alternatives(glob: &str) -> Vec<String> {
    const MOST: usize = 64;
    let name_start = glob.rfind('/').map_or(0, |at| at + 1);
    if glob[..name_start].matches('{').count() != glob[..name_start].matches('}').count() {
        return vec![glob.to_owned()];
    }
    let mut done = vec![glob[..name_start].to_owned()];
    let mut rest = &glob[name_start..];
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { return vec![glob.to_owned()] };
        let inside = &rest[open + 1..close];
        let parts: Vec<&str> = inside.split(',').collect();
        if inside.contains(['{', '[', '\\']) || done.len() * parts.len() > MOST {
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

/// The longest of some texts, the first of several; empty without one.
fn longest<'t>(texts: impl Iterator<Item = &'t [u8]>) -> &'t [u8] {
    texts.fold(&[], |longest, text| if text.len() > longest.len() { text } else { longest })
}

/// A glob for names at any depth whose only wildcard is `*`, such as `*settings*.py`. Compared as text, it needs no automaton.
#[derive(Debug)]
pub struct NameGlob {
    start: String,
    between: Vec<Finder<'static>>,
    end: String,
}

impl NameGlob {
    /// `None` for every other glob, and for `*.py`: a glob set finds extensions by their hash.
    pub fn of(glob: &str) -> Option<NameGlob> {
        let name = glob.strip_prefix("**/").unwrap_or(glob).to_lowercase();
        if name.contains(['/', '?', '[', ']', '{', '}', '\\']) || name.contains("**") {
            return None;
        }
        let (start, rest) = name.split_once('*')?;
        let (between, end) = rest.rsplit_once('*').map_or((None, rest), |(between, end)| (Some(between), end));
        let parts = between.into_iter().flat_map(|between| between.split('*'));
        let between: Vec<_> = parts.map(|part| Finder::new(part).into_owned()).collect();
        let is_extension = start.is_empty() && between.is_empty() && end.rfind('.') == Some(0);
        (!is_extension).then(|| NameGlob { start: start.to_owned(), between, end: end.to_owned() })
    }

    /// The longest stretch that stands in every name that it matches; empty for `*`.
    pub fn stretch(&self) -> &[u8] {
        let between = self.between.iter().map(Finder::needle);
        longest([self.start.as_bytes()].into_iter().chain(between).chain([self.end.as_bytes()]))
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

/// A glob over folders and names that compiles when a path comes that has all of its plain stretches. One that is none matches nothing.
#[derive(Debug)]
pub struct PathGlob {
    glob: String,
    stretches: Vec<Finder<'static>>,
    compiled: OnceLock<Option<GlobMatcher>>,
}

impl PathGlob {
    /// Any glob.
    pub fn new(glob: &str) -> PathGlob {
        let glob = glob.to_lowercase();
        let stretches = stretches(&glob).into_iter().map(|stretch| Finder::new(stretch).into_owned()).collect();
        PathGlob { glob, stretches, compiled: OnceLock::new() }
    }

    /// The longest stretch that stands in every path that it matches; empty where there is none.
    pub fn stretch(&self) -> &[u8] {
        longest(self.stretches.iter().map(Finder::needle))
    }

    /// Does it match a path in lower case?
    pub fn is_match(&self, path: &str) -> bool {
        self.stretches.iter().all(|stretch| stretch.find(path.as_bytes()).is_some())
            && self
                .compiled
                .get_or_init(|| compile(&self.glob).ok().map(|glob| glob.compile_matcher()))
                .as_ref()
                .is_some_and(|glob| glob.is_match(path))
    }
}

/// The stretches of a glob that stand in every path that it matches, slashes apart.
fn stretches(glob: &str) -> Vec<&str> {
    if glob.contains('\\') {
        return Vec::new();
    }
    let mut depth = 0_usize;
    let is_end = |c: char| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 0 || matches!(c, '*' | '?' | '/' | '}' | ']')
    };
    glob.split(is_end).filter(|stretch| !stretch.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{NameGlob, PathGlob, alternatives, compile, folded, folders, problem};

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

    #[test]
    fn a_path_glob_matches_what_the_glob_does() {
        let paths =
            ["a.yml", "a/b.yml", "x/a/b.yml", "a/b/c.yml", "ab/b.yml", "a/.b/c.YML", "a/b", "a/b.yml/c", "[a]/b", "a/x.yml"];
        for glob in [
            "a/*.yml",
            "**/a/*.{yml,x}",
            "a/**",
            "**/a/b.yml",
            "{a,ab}/b.yml",
            "a/[bx].yml",
            "A/.b/*",
            "a/**/c.yml",
            "[[]a]/b",
            "a/{b,x}*",
        ] {
            let (ours, by_glob) = (PathGlob::new(glob), compile(glob).unwrap().compile_matcher());
            for path in paths.map(|path| path.to_lowercase()) {
                assert_eq!(ours.is_match(&path), by_glob.is_match(&path), "{glob} {path}");
                assert!(!ours.is_match(&path) || path.contains(std::str::from_utf8(ours.stretch()).unwrap()), "{glob} {path}");
            }
        }
        assert!(!PathGlob::new("a/[").is_match("a/["));
        let stretches = ["a/*.yml", "a/b.tar.gz", "ab/*.{a,b}", "{a,b}/[cd]*", "a\\\\*b"];
        let longest = stretches.map(|glob| String::from_utf8(PathGlob::new(glob).stretch().to_vec()).unwrap());
        assert_eq!(longest, [".yml", "b.tar.gz", "ab", "", ""]);
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
        for kept in ["{a,{b,c}}", "{a", "{[ab],c}", "*.ts", "{a,b/c}.ts", "{a,b}/**"] {
            assert_eq!(alternatives(kept), [kept]);
        }
    }
}
