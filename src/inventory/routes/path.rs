//! Path literals of all languages, their joining, and patterns over paths.

/// A path as far as it is known: the alternatives, and why a part of them is `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paths {
    pub(super) alternatives: Vec<String>,
    pub(super) note: Option<String>,
}

/// The text without its quotes, or the name of a symbol.
pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = ["\"\"\"", "\"", "'", "`"].iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or_else(|| text.strip_prefix(':').unwrap_or(text))
}

/// Reads the literal or the list of literals that a capture is.
pub(super) fn read(text: &str) -> Paths {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).map_or(text, str::trim);
    let unknown = || Paths { alternatives: vec!["?".to_owned()], note: Some(format!("the path is `{}`", short(text))) };
    let list = text.strip_prefix(['[', '{']).and_then(|text| text.strip_suffix([']', '}']));
    if let Some(list) = list {
        let literals: Option<Vec<String>> = list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(literal).collect();
        return match literals {
            Some(alternatives) if !alternatives.is_empty() => Paths { alternatives, note: None },
            _ if list.trim().is_empty() => Paths { alternatives: vec![String::new()], note: None },
            _ => unknown(),
        };
    }
    match literal(text) {
        Some(path) => {
            let is_computed = interpolations(text);
            let note = is_computed.then(|| format!("a part of the path is computed: {}", short(text)));
            Paths { alternatives: vec![path], note }
        }
        None => unknown(),
    }
}

/// Does a literal hold something that is filled in?
fn interpolations(text: &str) -> bool {
    let quoted = text.find(['"', '\'', '`']).unwrap_or(0);
    let fills = text[..quoted].contains(['f', 'F', '$']) && text.contains('{');
    fills || text.contains("${") || text.contains("#{")
}

/// The text of one literal; what it interpolates is `?`. `None` for anything else.
fn literal(text: &str) -> Option<String> {
    let symbol = text.strip_prefix(':').filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    if let Some(name) = symbol {
        return Some(name.to_owned());
    }
    let bare = text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '@' || c == '$' || c == '#');
    let prefix = &text[..text.len() - bare.len()];
    if prefix.len() > 2 {
        return None;
    }
    let bare = bare.trim_matches('#');
    let quote = bare.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = bare.strip_prefix(quote)?.strip_suffix(quote)?;
    if inner.contains(quote) {
        return None;
    }
    let inner = verb(inner).map_or(inner, |(_, path)| path);
    let interpolates = prefix.eq_ignore_ascii_case("f") || prefix.contains('$');
    let inner = without(inner, if interpolates { "{" } else { "${" }, '}');
    Some(without(&inner, "#{", '}'))
}

/// The method that stands before a path, as in `GET /orders`, and the path.
pub(super) fn verb(text: &str) -> Option<(&str, &str)> {
    let (verb, path) = text.split_once(' ')?;
    let is_verb = verb.len() > 2 && verb.chars().all(|c| c.is_ascii_uppercase());
    (is_verb && path.trim_start().starts_with('/')).then(|| (verb, path.trim_start()))
}

/// The text with every stretch from `open` to `close` replaced.
fn without(text: &str, open: &str, close: char) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        out.push('?');
        rest = after.split_once(close).map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// At most sixty characters, on one line.
pub(super) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Two parts of a path, with one slash between them and one before them.
pub(super) fn join(prefix: &str, path: &str) -> String {
    let prefix = prefix.trim_end_matches('/');
    let path = path.trim().trim_start_matches('^').trim_end_matches('$').trim_start_matches('/');
    let prefix = prefix.trim_start_matches('/');
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => format!("/{prefix}"),
        _ => format!("/{prefix}/{path}"),
    }
}

/// Does a path fit a pattern? `**`, `:rest*` and a trailing `/*` stand for any number of parts, `*` for one. `None`: a part that
/// is not known decides, or a group.
pub(super) fn fits(path: &str, pattern: &str) -> Option<bool> {
    if let Some(excepted) = pattern.trim_start_matches('/').strip_prefix("((?!") {
        return fits_all_but(path, excepted);
    }
    if pattern.contains('(') {
        return None;
    }
    let parts =
        |text: &str| text.trim_matches('/').split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    fits_parts(&parts(path), &parts(pattern))
}

/// A pattern of all paths but those that begin with one of the alternatives of a negative lookahead: `/((?!api|_next/static).*)`.
/// An alternative that is no plain text may leave out more; one of endings, as `.*\\.png$`, leaves out files only.
fn fits_all_but(path: &str, excepted: &str) -> Option<bool> {
    let path = path.trim_start_matches('/');
    let has_ending = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let mut is_open = path.starts_with('?');
    for except in excepted.split(')').next().unwrap_or_default().split('|').filter(|except| !except.is_empty()) {
        if except.starts_with(".*") && except.contains("\\.") {
            is_open |= has_ending;
        } else if except.contains(['*', '\\', '$', '[', '(', '?', '+']) {
            is_open = true;
        } else if path.starts_with(except.trim_start_matches('/').trim_end_matches('.')) {
            return Some(false);
        }
    }
    (!is_open).then_some(true)
}

/// Does a part of a pattern stand for any number of parts, as `:path*` does?
fn is_rest(part: &str) -> bool {
    part.len() > 2 && part.starts_with(':') && part.ends_with(['*', '+'])
}

fn fits_parts(path: &[String], pattern: &[String]) -> Option<bool> {
    match (path.first(), pattern.first()) {
        (_, Some(wild)) if wild == "**" || is_rest(wild) => Some(true),
        (_, Some(wild)) if wild == "*" && pattern.len() == 1 => Some(true),
        (None, None) => Some(true),
        (None, Some(_)) | (Some(_), None) => Some(false),
        (Some(part), Some(wanted)) => {
            let is_variable = |text: &str| text.starts_with(['{', ':', '<']) || text.contains('*');
            if part.contains('?') || wanted.contains('?') {
                return None;
            }
            let fits = part == wanted || is_variable(wanted) || is_variable(part);
            if fits { fits_parts(&path[1..], &pattern[1..]) } else { Some(false) }
        }
    }
}

/// Is the path below the prefix? `None`: a part that is not known decides.
pub(super) fn is_below(path: &str, prefix: &str) -> Option<bool> {
    let prefix = prefix.trim_matches('/').trim_end_matches('*').trim_end_matches('/');
    if prefix.is_empty() {
        return Some(true);
    }
    fits(path, &format!("{prefix}/**"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_all_languages_are_read_and_nothing_else() {
        for (text, path) in [
            ("\"/a\"", "/a"),
            ("'/a'", "/a"),
            ("`/a/${id}`", "/a/?"),
            ("r'^a/(?P<id>\\d+)$'", "^a/(?P<id>\\d+)$"),
            ("f\"/a/{x}/b\"", "/a/?/b"),
            ("\"/a/#{x}\"", "/a/?"),
            (":orders", "orders"),
            ("\"GET /a\"", "/a"),
            ("( '/a' )", "/a"),
            ("PREFIX", "?"),
            ("'/a' + B", "?"),
            ("fn('/a')", "?"),
        ] {
            assert_eq!(read(text).alternatives, [path], "{text}");
        }
        assert_eq!(read("{\"/a\", \"/b\"}").alternatives, ["/a", "/b"]);
        assert_eq!(read("[]").alternatives, [""]);
        assert!(read("PREFIX").note.is_some() && read("f'/{x}'").note.is_some() && read("r'(?P<x>a)'").note.is_none());
    }

    #[test]
    fn parts_are_joined_by_one_slash() {
        for (prefix, path, joined) in
            [("", "", "/"), ("/", "a", "/a"), ("/a/", "/b/", "/a/b/"), ("a", "", "/a"), ("", "^x/$", "/x/"), ("?", "/a", "/?/a")]
        {
            assert_eq!(join(prefix, path), joined);
        }
    }

    #[test]
    fn patterns_fit_paths_unless_it_is_not_known() {
        for (path, pattern, fits_it) in [
            ("/a/b", "/a/**", Some(true)),
            ("/a", "/a/**", Some(true)),
            ("/b", "/a/**", Some(false)),
            ("/a/{id}", "/a/*", Some(true)),
            ("/a/b/c", "/a/*/c", Some(true)),
            ("/a/b", "/a", Some(false)),
            ("/?/b", "/a/**", None),
            ("/x", "**", Some(true)),
            ("/a/b/c", "/a/:path*", Some(true)),
            ("/a", "/a/:path*", Some(true)),
            ("/b", "/a/:path*", Some(false)),
            ("/api/b", "/((?!api|_next/static|.*\\.png$).*)", Some(false)),
            ("/b", "/((?!api|_next/static|.*\\.png$).*)", Some(true)),
            ("/?/b", "/((?!api).*)", None),
            ("/x.png", "/((?!api|.*\\.png$).*)", None),
            ("/b", "/((?!api|(?:login|join)).*)", None),
            // Of a lookahead further in, nobody can tell what stands before it.
            ("/b", "/admin/((?!api).*)", None),
            ("/api/b", "/(api|trpc)(.*)", None),
        ] {
            assert_eq!(fits(path, pattern), fits_it, "{path} {pattern}");
        }
        assert_eq!(
            (is_below("/api/x", "/api"), is_below("/apis", "/api"), is_below("/x", "")),
            (Some(true), Some(false), Some(true))
        );
    }
}
