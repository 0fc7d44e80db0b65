//! What a file names that may be loaded: one cheap look at its imports and quoted paths, of which only hashes are kept.
//!
//! Decisions that are not obvious:
//! - A relative import of JavaScript is resolved as Node does; every other path is compared by its last two parts, and where no file
//!   fits, by its last one. Naming too much is harmless here, naming too little is not.
//! - A quoted word without a slash counts only where it is imported, or has the ending of source; so do paths that begin with a slash,
//!   which are mostly those of requests.
//! - An import that a comment takes out names nothing.

use memchr::{memchr_iter, memchr2_iter, memchr3_iter, memmem, memrchr};

use crate::model::loading::Family;

/// What a file names.
#[derive(Debug, Default)]
pub struct References {
    pub list: Vec<Reference>,
    /// Does it import by a name that it computes, or by a pattern over files?
    pub is_computed: bool,
}

/// One thing that a file names, as hashes (`hash`) of paths without endings; 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reference {
    /// The path from the root of the repository.
    pub exact: u64,
    /// The last two parts.
    pub two: u64,
    /// The last part.
    pub one: u64,
    /// If this is a file or folder, the last part alone does not count: it is a name inside of it.
    pub parent: u64,
    /// The package that a bare import is of.
    pub package: u64,
}

/// Endings of files that are markup with imports of JavaScript.
const MARKUP: [&str; 9] = ["vue", "svelte", "astro", "mdx", "html", "htm", "ejs", "hbs", "pug"];

/// Endings of source.
const SOURCE: [&str; 12] = ["js", "ts", "jsx", "tsx", "mjs", "cjs", "mts", "cts", "py", "vue", "svelte", "astro"];

/// Longest quoted path, in bytes.
const MAX_PATH: usize = 200;

/// Most names of one import statement of Python, in bytes.
const MAX_NAMES: usize = 4_000;

/// The hash of a path without an ending; case does not count, as it does not on the machines of most developers.
pub fn hash(path: &str) -> u64 {
    more(START, path).max(1)
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of what was hashed so far, and this.
fn more(hash: u64, text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(hash, step)
}

/// The hash of the path that these parts make.
fn hash_parts(parts: &[&str]) -> u64 {
    let Some((first, rest)) = parts.split_first() else { return hash("") };
    rest.iter().fold(more(START, first), |hash, part| more(more(hash, "/"), part)).max(1)
}

/// The hash of the last two parts of a path; 0 if there is but one.
pub fn hash_two(parts: &[&str]) -> u64 {
    match parts {
        [.., above, last] => hash_parts(&[above, last]),
        _ => 0,
    }
}

/// How the names in a file are to be read: by its language, or as markup.
pub fn reads(path: &str, family: Option<Family>) -> Option<Family> {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    family.or_else(|| MARKUP.contains(&ending).then_some(Family::Node))
}

/// What the text of a file at this path names.
pub fn find(path: &str, family: Family, text: &str) -> References {
    let mut found = References::default();
    let folder: Vec<&str> = path.rsplit_once('/').map(|(folder, _)| folder.split('/').collect()).unwrap_or_default();
    match family {
        Family::Node => {
            memchr3_iter(b'"', b'\'', b'`', text.as_bytes()).for_each(|end| quoted(text, end, &folder, &mut found));
            found.is_computed |= computes(text, "require(") || computes(text, "import(");
        }
        Family::Python => {
            imported(text, &folder, &mut found);
            memchr2_iter(b'"', b'\'', text.as_bytes()).for_each(|end| dotted(text, end, &mut found));
        }
    }
    found
}

/// Does this path have the ending of source?
pub fn is_source(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| SOURCE.contains(&ending))
}

/// The path without the ending of source.
pub fn without_ending(path: &str) -> &str {
    path.rsplit_once('.').filter(|(_, ending)| SOURCE.contains(ending)).map_or(path, |(stem, _)| stem)
}

/// Does the line around a place begin as a comment?
fn is_commented(text: &str, at: usize) -> bool {
    let start = memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |before| before + 1);
    let line = text[start..].trim_start();
    line.starts_with("//") || line.starts_with('#') || line.starts_with("* ")
}

/// The stretch of bytes of a kind that ends at a place, if it is no longer than a path, and all that is known of its bytes together.
fn stretch<'t>(text: &'t str, end: usize, kinds: &[u8; 256]) -> Option<(&'t str, u8)> {
    let bytes = text.as_bytes();
    let least = end.saturating_sub(MAX_PATH);
    let (mut start, mut all) = (end, 0);
    for byte in bytes[least..end].iter().rev() {
        let kind = kinds[usize::from(*byte)];
        if kind == 0 {
            break;
        }
        all |= kind;
        start -= 1;
    }
    let is_whole = start > least || start == 0;
    is_whole.then(|| text.get(start..end)).flatten().filter(|stretch| !stretch.is_empty()).map(|stretch| (stretch, all))
}

/// What a byte of a path is; 0 for one of none.
const ANY: u8 = 1;
const SLASH: u8 = 2;
const DOT: u8 = 4;
const STAR: u8 = 8;
const CLOSE: u8 = 16;
const ASK: u8 = 32;
const COLON: u8 = 64;

/// For paths made of letters and digits, these bytes, and beyond ASCII if that is asked for.
const fn kinds(others: &[u8], beyond_ascii: bool) -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() || (byte >= 0x80 && beyond_ascii) {
            kinds[byte] = ANY;
        }
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        kinds[others[at] as usize] = match others[at] {
            b'/' => SLASH,
            b'.' => DOT,
            b'*' => STAR,
            b'}' => CLOSE,
            b'?' => ASK,
            b':' => COLON,
            _ => ANY,
        };
        at += 1;
    }
    kinds
}

static OF_NODE: [u8; 256] = kinds(b"_-./@~#$+[]()?=&*{},", true);
static OF_PYTHON: [u8; 256] = kinds(b"_./:-", false);

/// A path of JavaScript that ends at this quote.
fn quoted(text: &str, end: usize, folder: &[&str], found: &mut References) {
    let Some((run, kinds)) = stretch(text, end, &OF_NODE) else { return };
    let start = end - run.len();
    let is_open = start > 0 && matches!(text.as_bytes()[start - 1], b'"' | b'\'' | b'`');
    // Most texts are words, of which only those that are imported name a file.
    let is_word = kinds & (SLASH | DOT | STAR | CLOSE | ASK) == 0;
    if is_word && !is_open {
        return;
    }
    let is_imported = is_open && is_import_position(&text[..start - 1]);
    if is_word && !is_imported {
        return;
    }
    if kinds & STAR != 0 {
        found.is_computed |= is_glob(run) && !is_commented(text, start);
        return;
    }
    // What a template fills in stands before the last brace.
    let filled = run.rsplit_once('}').filter(|_| kinds & CLOSE != 0);
    let (path, is_filled) = filled.map_or((run, false), |(_, path)| (path, true));
    let path = if kinds & ASK == 0 { path } else { path.split('?').next().unwrap_or(path) };
    let has_slash = kinds & SLASH != 0 && path.contains('/');
    if !has_slash && !is_open && kinds & DOT == 0 {
        return;
    }
    let has_ending = is_source(path);
    if !has_slash && !has_ending && !is_open {
        return;
    }
    let is_import = is_imported && !is_filled;
    let is_relative = path.starts_with('.');
    let counts = if has_slash {
        (is_open || is_filled || has_ending) && (!path.starts_with('/') || is_import || has_ending || is_filled)
    } else {
        is_import || has_ending
    };
    if !counts || path.contains("//") || is_commented(text, start) {
        return;
    }
    found.list.extend(path_reference(path, (is_import && is_relative).then_some(folder), is_import));
}

/// What a path names: resolved from a folder, or anywhere.
fn path_reference(path: &str, folder: Option<&[&str]>, is_import: bool) -> Option<Reference> {
    let path = without_ending(path.trim_end_matches('/'));
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let mut reference =
        Reference { two: hash_two(&parts), one: parts.last().map_or(0, |last| hash(last)), ..Reference::default() };
    if let Some(folder) = folder {
        let mut resolved = folder.to_vec();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    resolved.pop();
                }
                part => resolved.push(part),
            }
        }
        reference.exact = hash_parts(&resolved);
        reference.two = 0;
    } else if is_import && !path.starts_with(['.', '/']) {
        let length = if path.starts_with('@') { 2 } else { 1 };
        reference.package = hash_parts(&parts[..parts.len().min(length)]);
    }
    (reference.one != 0 || reference.exact != 0).then_some(reference)
}

/// Does the text before a quote say that something is imported?
fn is_import_position(before: &str) -> bool {
    let before = before.trim_end_matches(|c: char| c.is_ascii_whitespace() || c == '(');
    // What these words end in tells them from nearly all others.
    matches!(before.as_bytes().last(), Some(b'm' | b't' | b'e' | b'/'))
        && ["from", "import", "require", "*/", "resolve"].iter().any(|word| before.ends_with(word))
}

/// Is it a pattern over files of source, rather than over routes or hosts?
fn is_glob(run: &str) -> bool {
    let name = run.rsplit('/').next().unwrap_or(run);
    name.contains('*') && name.split(['.', '{', '}', ',', '*']).any(|part| SOURCE.contains(&part))
        || run.ends_with("/**/*") && run.starts_with(['.', '@', '~', 's'])
}

/// Is this called with anything but a text?
fn computes(text: &str, call: &str) -> bool {
    memmem::find_iter(text.as_bytes(), call).any(|at| {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
        if at > 0 && is_word(text.as_bytes()[at - 1]) {
            return false;
        }
        let mut rest = text[at + call.len()..].trim_start();
        while let Some((_, after)) = rest.strip_prefix("/*").and_then(|rest| rest.split_once("*/")) {
            rest = after.trim_start();
        }
        let computed = match rest.as_bytes().first() {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                let inside = &rest[1..];
                let Some(close) = memchr_iter(*quote, inside.as_bytes()).next() else { return false };
                let is_filled = *quote == b'`' && inside[..close].contains("${");
                is_filled || inside[close + 1..].trim_start().starts_with('+')
            }
            Some(byte) => is_word(*byte) || *byte == b'(',
            None => false,
        };
        computed && !is_commented(text, at)
    })
}

/// A dotted path of Python, or the path of a file of it, that ends at this quote.
fn dotted(text: &str, end: usize, found: &mut References) {
    let Some((run, kinds)) = stretch(text, end, &OF_PYTHON) else { return };
    if kinds & (DOT | COLON) == 0 {
        return;
    }
    let is_file = is_source(run);
    if run.contains("//") || (run.contains('/') && !is_file) || is_commented(text, end - run.len()) {
        return;
    }
    if is_file {
        found.list.extend(path_reference(run, None, false));
        return;
    }
    let parts: Vec<&str> = run.split(['.', ':']).filter(|part| !part.is_empty()).collect();
    for count in 1..=parts.len() {
        let named = &parts[..count];
        let one = named.last().map_or(0, |last| hash(last));
        found.list.push(Reference { two: hash_two(named), one, ..Reference::default() });
    }
}

/// The imports of Python, wherever they stand.
fn imported(text: &str, folder: &[&str], found: &mut References) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memmem::find(&bytes[from..], b"import").map(|at| from + at) {
        from = at + "import".len();
        let start = memrchr(b'\n', &bytes[..at]).map_or(0, |before| before + 1);
        let before = text[start..at].trim();
        let after = &text[from..];
        if before.starts_with('#') || !after.starts_with([' ', '\t', '(', '\\']) {
            continue;
        }
        match before.rsplit_once("from ") {
            Some((_, module)) => import_names(module.trim(), after, folder, found),
            None => {
                let line = after.split(['\n', ';', '#']).next().unwrap_or(after);
                let modules = line.split(',').filter_map(|module| module.split_whitespace().next());
                modules.for_each(|module| module_reference(module, None, folder, found));
            }
        }
    }
}

/// `from module import names`
fn import_names(module: &str, after: &str, folder: &[&str], found: &mut References) {
    let after = after[..after.floor_char_boundary(MAX_NAMES.min(after.len()))].trim_start_matches([' ', '\t', '\\', '\r', '\n']);
    let (list, is_list) = after.strip_prefix('(').map_or((after, false), |list| (list, true));
    module_reference(module, None, folder, found);
    for line in list.lines() {
        let line = line.split('#').next().unwrap_or(line);
        for name in line.split(')').next().unwrap_or(line).split(',') {
            let name = name.split_whitespace().next().unwrap_or_default();
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80) {
                module_reference(module, Some(name), folder, found);
            }
        }
        if !is_list && !line.trim_end().ends_with('\\') || line.contains(')') {
            break;
        }
    }
}

/// A module, or a name that is imported from one and may be a module itself.
fn module_reference(module: &str, name: Option<&str>, folder: &[&str], found: &mut References) {
    let dots = module.bytes().take_while(|byte| *byte == b'.').count();
    let mut parts: Vec<&str> =
        if dots > 0 { folder[..(folder.len() + 1).saturating_sub(dots).min(folder.len())].to_vec() } else { Vec::new() };
    parts.extend(module.split('.').map(str::trim).filter(|part| !part.is_empty()));
    let parent = if name.is_none() || parts.is_empty() {
        0
    } else if dots > 0 {
        hash_parts(&parts)
    } else {
        hash_two(&parts)
    };
    parts.extend(name);
    let one = parts.last().map_or(0, |last| hash(last));
    let exact = if dots > 0 { hash_parts(&parts) } else { 0 };
    found.list.push(Reference { exact, two: hash_two(&parts), one, parent, package: 0 });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, family: Family, text: &str, wanted: &str) -> bool {
        let parts: Vec<&str> = wanted.split('/').collect();
        let last = parts.last().map_or(0, |last| hash(last));
        let is_wanted = |reference: &Reference| match reference.exact {
            0 if parts.len() > 1 => reference.two == hash_two(&parts),
            0 => reference.one == last && reference.two == 0,
            exact => exact == hash(wanted),
        };
        find(path, family, text).list.iter().any(is_wanted)
    }

    #[test]
    fn parts_have_the_hash_of_their_path() {
        assert_eq!((hash_parts(&["a", "B", "c"]), hash_parts(&[])), (hash("a/b/c"), hash("")));
        assert_eq!(hash_two(&["x", "a", "b"]), hash("a/b"));
    }

    #[test]
    fn paths_of_javascript() {
        for (text, wanted, expected) in [
            ("import a from './limit';", "src/routes/limit", true),
            ("import a from '../lib/limit.js';", "src/lib/limit", true),
            ("export * from \"..\";", "src", true),
            ("const a = require('../lib/limit')", "src/lib/limit", true),
            ("lazy(() => import(/* webpackChunkName: \"a\" */ './limit'))", "src/routes/limit", true),
            ("import {\n  a,\n} from '@/lib/limit'", "lib/limit", true),
            ("import a from 'limit'", "limit", true),
            ("new Worker(join(__dirname, 'limit.js'))", "limit", true),
            ("fork(`${root}/lib/limit`)", "lib/limit", true),
            ("entry: 'src/lib/limit'", "lib/limit", true),
            ("app.use('/api/limit', a)", "api/limit", false),
            ("// import a from './limit';", "src/routes/limit", false),
            ("log('limit')", "limit", false),
            ("fetch('https://a.example/lib/limit')", "lib/limit", false),
        ] {
            assert_eq!(names("src/routes/a.ts", Family::Node, text, wanted), expected, "{text}");
        }
    }

    #[test]
    fn modules_of_python() {
        for (text, wanted, expected) in [
            ("import app.core.limit as l", "core/limit", true),
            ("from app.core import limit, auth", "core/limit", true),
            ("from app.core.limit import Limiter", "core/limit", true),
            ("from app.core import (\n    auth,  # first\n    limit,\n)", "core/limit", true),
            ("from app.core import(auth, limit)", "core/limit", true),
            ("    from .limit import a", "app/api/limit", true),
            ("from ..core import limit", "app/core/limit", true),
            ("from . import limit", "app/api/limit", true),
            ("import os, limit", "limit", true),
            ("uvicorn.run('app.limit:app')", "app/limit", true),
            ("MIDDLEWARE = ['app.limit.Limit']", "app/limit", true),
            ("subprocess.run(['python', 'core/limit.py'])", "core/limit", true),
            ("# from app.core import limit", "core/limit", false),
            ("@app.get('/core/limit')", "core/limit", false),
        ] {
            assert_eq!(names("app/api/a.py", Family::Python, text, wanted), expected, "{text}");
        }
    }

    #[test]
    fn what_is_computed_may_name_anything() {
        for (text, expected) in [
            ("require(name)", true),
            ("await import(`./routes/${name}.js`)", true),
            ("require('./routes/' + name)", true),
            ("require(path.join(__dirname, name))", true),
            ("entities: ['dist/**/*.entity.js']", true),
            ("entities: [__dirname + '/**/*.entity{.ts,.js}']", true),
            ("require('./routes/a')", false),
            ("await import('./a')", false),
            ("import(/* webpackPrefetch: true */ './a')", false),
            ("app.get('/api/*', a)", false),
            ("cors({ origin: '*.example.com' })", false),
            ("// require(name)", false),
            ("createRequire(url)", false),
        ] {
            assert_eq!(find("a.js", Family::Node, text).is_computed, expected, "{text}");
        }
    }
}
