//! The grammar of assignments: which literal a name is given, in source, configuration and markup alike.
//!
//! No parser: from the name it looks a few characters to both sides. `name = "x"`, `name: "x"`, `"name": "x"`, `'name' => 'x'`,
//! `name: str = "x"`, `Name string = "x"`, `config["name"] = "x"`, `name=SecretStr("x")`, `define('name', 'x')`, `.name("x")`,
//! `<name>x</name>`, and `name=x` where files need no quotes. A value that is computed, looked up or put together is none.

use super::functions::{CONVERSIONS, SETTERS, WRAPPERS};
use super::grammar::Grammar;

/// How a literal was given to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Assigned,
    /// `name == "x"`.
    Compared,
    /// An argument behind the name, or of a function with the name.
    Passed,
    /// As assigned, in a file whose values need no quotes.
    Bare,
}

/// A literal given to a name; byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: (usize, usize),
    pub(super) value: (usize, usize),
    pub(super) form: Form,
    /// The name stands in quotes of its own.
    pub(super) quoted_name: bool,
}

/// Longest name and longest value that are looked at, in bytes.
const MAX_NAME: usize = 64;
const MAX_VALUE: usize = 400;
/// Longest way from a name to its value, in bytes.
const MAX_GAP: usize = 96;

/// The name around the byte at `at`, without dashes at its ends.
pub(super) fn name_at(text: &str, at: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    let mut start = at;
    while start > 0 && at - start < MAX_NAME && is_name(&bytes[start - 1]) {
        start -= 1;
    }
    let mut end = at;
    while end < bytes.len() && end - at < MAX_NAME && is_name(&bytes[end]) {
        end += 1;
    }
    while start < end && matches!(bytes[start], b'-' | b'$') {
        start += 1;
    }
    while end > start && bytes[end - 1] == b'-' {
        end -= 1;
    }
    (start, end)
}

/// The literal that the name at these bytes is given.
pub(super) fn read(text: &str, name: (usize, usize), grammar: Grammar) -> Option<Assignment> {
    Reader { text, bytes: text.as_bytes(), grammar, at: name.1, limit: name.1 + MAX_GAP }.read(name)
}

/// The literal that stands at this byte, or behind a few blanks.
pub(super) fn literal_at(text: &str, at: usize) -> Option<(usize, usize)> {
    Reader { text, bytes: text.as_bytes(), grammar: Grammar::Source, at, limit: at + MAX_GAP }.literal(false)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    grammar: Grammar,
    at: usize,
    limit: usize,
}

impl Reader<'_> {
    fn read(&mut self, name: (usize, usize)) -> Option<Assignment> {
        let before = name.0.checked_sub(1).map(|at| self.bytes[at]);
        let quote = before.filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let quoted_name = quote.is_some() && self.peek() == quote;
        if quote.is_some() && !quoted_name {
            return None;
        }
        self.at += usize::from(quoted_name);
        if quoted_name && self.is_outcome(name.0) {
            return None;
        }
        if quoted_name && self.peek() == Some(b']') {
            self.at += 1;
        }
        if matches!(self.peek(), Some(b'?' | b'!')) && self.bytes.get(self.at + 1) == Some(&b':') {
            self.at += 1;
        }
        let assignment = |(value, form)| Assignment { name, value, form, quoted_name };
        if self.grammar == Grammar::Xml
            && let Some(value) = self.markup(before, quoted_name)
        {
            return Some(assignment((value, Form::Assigned)));
        }
        let tight = self.at;
        self.blanks();
        let form = self.operator(quoted_name, name.0, tight)?;
        if form == Form::Assigned && self.is_configuration() && !matches!(self.peek_past_blanks(), Some(b'"' | b'\'')) {
            return self.bare().map(|value| assignment((value, Form::Bare)));
        }
        self.literal(form == Form::Passed).map(|value| assignment((value, form)))
    }

    /// Is the quoted name what a condition comes to, `is_set ? 'name' : 'other'`?
    fn is_outcome(&self, name_start: usize) -> bool {
        self.peek_past_blanks() == Some(b':') && self.bytes[..name_start - 1].trim_ascii_end().ends_with(b"?")
    }

    fn is_configuration(&self) -> bool {
        matches!(self.grammar, Grammar::Yaml | Grammar::Settings | Grammar::Shell)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes[self.at.min(self.bytes.len())..].starts_with(text.as_bytes())
    }

    fn blanks(&mut self) {
        while self.at < self.limit && matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek_past_blanks(&self) -> Option<u8> {
        self.bytes[self.at.min(self.bytes.len())..].iter().copied().find(|byte| !matches!(byte, b' ' | b'\t'))
    }

    /// Goes past what stands between name and value.
    fn operator(&mut self, quoted_name: bool, name_start: usize, tight: usize) -> Option<Form> {
        for (text, form) in [
            ("===", Form::Compared),
            ("!==", Form::Compared),
            ("==", Form::Compared),
            ("!=", Form::Compared),
            (":=", Form::Assigned),
            (".equals(", Form::Compared),
            (".Equals(", Form::Compared),
        ] {
            if self.starts(text) {
                self.at += text.len();
                return Some(form);
            }
        }
        match self.peek()? {
            b'=' if self.starts("=~") || self.grammar == Grammar::Yaml => None,
            // A function, and before its arrow a parameter or a type.
            b'=' if self.starts("=>") && self.grammar == Grammar::Script => None,
            b'=' => {
                self.at += if self.starts("=>") { 2 } else { 1 };
                Some(Form::Assigned)
            }
            b':' if self.starts("::") => None,
            b':' => {
                self.at += 1;
                let annotated = self.annotation();
                // Behind the colon of a variable Python has a type, which may be quoted.
                (annotated || quoted_name || self.grammar != Grammar::Python).then_some(Form::Assigned)
            }
            b',' if quoted_name && (self.is_setter(name_start) || self.is_pair(name_start)) => {
                self.at += 1;
                Some(Form::Passed)
            }
            b'(' if !quoted_name && self.at == tight => {
                self.at += 1;
                Some(Form::Passed)
            }
            b'{' if self.starts("{ get;") => {
                let end = self.text.get(self.at..self.limit.min(self.text.len()))?.find("} =")?;
                self.at += end + 3;
                Some(Form::Assigned)
            }
            b'\'' if self.grammar == Grammar::Sql && self.at > tight => Some(Form::Assigned),
            b's' | b'[' if self.grammar == Grammar::Go && self.at > tight => {
                // A type of its own makes it one of a closed set.
                self.at += ["string", "[]byte"].iter().find(|word| self.starts(word)).map(|word| word.len())?;
                self.blanks();
                (self.peek() == Some(b'=') && !self.starts("==")).then(|| {
                    self.at += 1;
                    Form::Assigned
                })
            }
            _ => None,
        }
    }

    /// Goes past a type between the colon and an equals sign. Is there one?
    fn annotation(&mut self) -> bool {
        // `Secret: <span class="…">` is markup.
        let opens_tag = self.text.get(self.at..).is_some_and(|rest| rest.trim_start_matches(' ').starts_with('<'));
        if self.is_configuration() || opens_tag {
            return false;
        }
        let (mut depth, mut at) = (0u32, self.at);
        while let Some(byte) = self.bytes.get(at).filter(|_| at < self.limit) {
            match byte {
                b'<' | b'[' => depth += 1,
                b'>' | b']' => depth = depth.saturating_sub(1),
                b'=' if self.bytes.get(at + 1).is_none_or(|next| !matches!(next, b'=' | b'>')) && at > self.at => {
                    self.at = at + 1;
                    return true;
                }
                b',' if depth > 0 => {}
                // A lifetime, but no literal.
                b'\'' if self.bytes.get(at.wrapping_sub(1)) == Some(&b'&') => {}
                byte if byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'.' | b'&' | b'|' | b'?' | b'*' | b':') => {
                }
                _ => return false,
            }
            at += 1;
        }
        false
    }

    /// Is the quoted name the first argument of a function that stores its second?
    fn is_setter(&self, name_start: usize) -> bool {
        let head = &self.text.as_bytes()[..name_start.saturating_sub(1)];
        let Some(head) = head.strip_suffix(b"(") else { return false };
        let start = head.iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).map_or(0, |at| at + 1);
        let name = String::from_utf8_lossy(&head[start.max(head.len().saturating_sub(MAX_NAME))..]).to_ascii_lowercase();
        SETTERS.contains(&name.as_str())
    }

    /// Is the quoted name the first of a pair in the initializer of a collection, `{ { "name", "value" }, … }`?
    fn is_pair(&self, name_start: usize) -> bool {
        let head = self.text[..name_start.saturating_sub(1)].trim_end();
        let around = head.strip_suffix('{').map(str::trim_end);
        self.grammar == Grammar::Source && around.is_some_and(|around| around.ends_with(['{', ',']))
    }

    /// `<name>value</name>`, and `key="name" value="…"`.
    fn markup(&mut self, before: Option<u8>, quoted_name: bool) -> Option<(usize, usize)> {
        let rest = self.text.get(self.at..)?;
        let (skip, close) = if before == Some(b'<') && rest.starts_with('>') {
            (1, '<')
        } else {
            let value = rest.trim_start();
            let attribute = value.strip_prefix("value=\"").filter(|_| quoted_name)?;
            (rest.len() - attribute.len(), '"')
        };
        let start = self.at + skip;
        let value = &self.text[start..];
        let end = value.bytes().take(MAX_VALUE).position(|byte| byte == close as u8 || byte == b'\n')?;
        value[..end].chars().all(|c| c.is_ascii_graphic()).then_some((start, start + end))
    }

    /// A value without quotes.
    fn bare(&mut self) -> Option<(usize, usize)> {
        self.blanks();
        let line = &self.bytes[self.at..];
        let end = line.iter().take(MAX_VALUE).position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(line.len().min(MAX_VALUE));
        let mut value = &line[..end];
        let cuts: &[&[u8]] = match self.grammar {
            Grammar::Shell => &[b" ", b"\t", b";", b"&", b"|", b")"],
            Grammar::Yaml => &[b" #", b", ", b"}"],
            _ => &[b" #", b" ;", b"\t#"],
        };
        for cut in cuts {
            if let Some(at) = value.windows(cut.len()).position(|window| window == *cut) {
                value = &value[..at];
            }
        }
        // The default of a variable ends with its bracket.
        if let Some(at) = value.iter().position(|byte| *byte == b'}').filter(|at| !value[..*at].contains(&b'{')) {
            value = &value[..at];
        }
        let value = value.trim_ascii_end();
        // What a script prints: `echo "  PASSWORD: leave it empty"`.
        let is_told = self.grammar == Grammar::Shell && self.bytes[..self.at].trim_ascii_end().ends_with(b":");
        if is_told && line[value.len()..end].trim_ascii_start().first().is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let is_plain = value.first().is_some_and(|first| self.grammar != Grammar::Yaml || !b"{[|>&*!%@`".contains(first));
        (is_plain && value.iter().all(u8::is_ascii_graphic)).then_some((self.at, self.at + value.len()))
    }

    /// A literal, possibly wrapped, of which nothing else is made.
    fn literal(&mut self, only_argument: bool) -> Option<(usize, usize)> {
        self.space();
        for _ in 0..3 {
            if !self.wrapper() {
                break;
            }
        }
        let prefix = self.prefix();
        let quote = self.peek().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
        let width = if self.bytes[self.at..].starts_with(&[quote; 3]) { 3 } else { 1 };
        let start = self.at + width;
        let mut end = start;
        loop {
            match *self.bytes.get(end)? {
                b'\\' => end += 2,
                b'\n' | b'\r' => return None,
                byte if byte == quote => break,
                _ => end += 1,
            }
            if end - start > MAX_VALUE {
                return None;
            }
        }
        let value = self.text.get(start..end)?;
        let interpolated = (prefix.contains(['f', 'F', '$']) && value.contains('{')) || (quote == b'`' && value.contains("${"));
        (!interpolated && self.ends(end + width, only_argument)).then_some((start, end))
    }

    fn space(&mut self) {
        while self.at < self.limit && self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Goes past `Wrapper::from(` and the like.
    fn wrapper(&mut self) -> bool {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let rest = rest.strip_prefix(b"new ").unwrap_or(rest);
        let rest = rest.strip_prefix(b"[]").unwrap_or(rest);
        let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
        let length = rest.iter().take(MAX_NAME).position(|byte| !is_path(byte)).unwrap_or(0);
        if length == 0 || rest.get(length) != Some(&b'(') {
            return false;
        }
        let path = String::from_utf8_lossy(&rest[..length]).to_ascii_lowercase();
        let mut segments = path.rsplit(['.', ':']);
        let known = segments.next().is_some_and(|last| WRAPPERS.contains(&last));
        // `environ.get(`, `config.get(`: a lookup, whatever its name.
        if !known || segments.any(|segment| segment.contains("env") || segment.contains("config")) {
            return false;
        }
        self.at = self.bytes.len() - rest.len() + length + 1;
        self.limit = self.limit.max(self.at + 16);
        self.space();
        true
    }

    /// Goes past the letters before a quote, and Rust's `#`.
    fn prefix(&mut self) -> String {
        let start = self.at;
        while self.at - start < 3
            && matches!(self.peek(), Some(b'r' | b'R' | b'b' | b'B' | b'u' | b'U' | b'f' | b'F' | b'@' | b'$' | b'#' | b'c'))
        {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or("").to_owned()
    }

    /// Is the literal that ends here the whole value?
    fn ends(&self, end: usize, only_argument: bool) -> bool {
        let rest = &self.bytes[end.min(self.bytes.len())..];
        let rest = &rest[..rest.len().min(MAX_NAME)];
        let mut rest = rest.trim_ascii_start();
        if only_argument && !matches!(rest.first(), Some(b')' | b'}' | b'.' | b'#')) {
            return rest.starts_with(b",") && rest[1..].trim_ascii_start().starts_with(b")");
        }
        while let Some(next) = rest.strip_prefix(b")") {
            rest = next.trim_ascii_start();
        }
        match rest.first() {
            Some(b'+' | b'%' | b'|' | b'[' | b'?') => false,
            Some(b'.') => {
                let method =
                    rest[1..].iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(rest.len() - 1);
                let method = String::from_utf8_lossy(&rest[1..=method]).to_ascii_lowercase();
                CONVERSIONS.contains(&method.as_str()) || method.is_empty()
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(path: &str, text: &str) -> Option<(String, String, Form)> {
        let lower = text.to_ascii_lowercase();
        let at = ["passw", "secret", "token", "apikey", "api_key", "api-key"].iter().filter_map(|word| lower.find(word)).min()?;
        let found = read(text, name_at(text, at), Grammar::of_path(path))?;
        Some((text[found.name.0..found.name.1].to_owned(), text[found.value.0..found.value.1].to_owned(), found.form))
    }

    #[track_caller]
    fn reads(path: &str, text: &str, name: &str, literal: &str) {
        let found = value(path, text).unwrap_or_else(|| panic!("nothing in {text}"));
        assert_eq!((found.0.as_str(), found.1.as_str()), (name, literal), "{text}");
    }

    #[test]
    fn assignments_of_many_languages() {
        for (path, text) in [
            ("a.py", r#"password = "LIT""#),
            ("a.py", r#"password: str = "LIT""#),
            ("a.py", r#"password: Optional[str, None] = 'LIT'"#),
            ("a.py", r#"password = b"LIT""#),
            ("a.py", r#"password=SecretStr("LIT"),"#),
            ("a.py", r#"{"password": "LIT", "role": 1}"#),
            ("a.py", r#"config["password"] = "LIT""#),
            ("a.py", r#"password = """LIT""""#),
            ("a.ts", "password: 'LIT',"),
            ("a.ts", "password?: string = 'LIT';"),
            ("a.ts", "const password =\n  'LIT';"),
            ("a.js", "password: `LIT`"),
            ("a.js", "password = Buffer.from('LIT')"),
            ("a.js", "config.password='LIT'"),
            ("a.go", "const password = \"LIT\""),
            ("a.go", "const password string = \"LIT\""),
            ("a.go", "password := []byte(\"LIT\")"),
            ("A.java", "private String password = \"LIT\";"),
            ("a.kt", "val password: String = \"LIT\""),
            ("a.rs", "const password: &str = \"LIT\";"),
            ("a.rs", "let password: &'static str = \"LIT\";"),
            ("a.rs", "password: \"LIT\".to_string(),"),
            ("a.rs", "password: String::from(\"LIT\")"),
            ("a.php", "'password' => 'LIT',"),
            ("a.php", "$this->password = 'LIT';"),
            ("a.php", "define('password', 'LIT');"),
            ("a.rb", ":password => 'LIT'"),
            ("a.rb", "password: 'LIT'"),
            ("A.cs", "public string password { get; set; } = \"LIT\";"),
            ("A.cs", "password = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(\"LIT\"));"),
            ("A.cs", r#"new QueryBuilder { { "grant", "x" }, { "password", "LIT" } };"#),
            ("A.cs", "new()\n{\n    { \"password\", \"LIT\" },\n}"),
            ("A.java", ".password(\"LIT\")"),
            ("a.json", r#""password" : "LIT""#),
            ("a.yml", "password: LIT"),
            ("a.yml", "password: \"LIT\""),
            ("a.yml", "password: LIT # why"),
            ("a.yml", "{password: LIT, user: x}"),
            ("a.properties", "spring.password=LIT"),
            ("a.ini", "password = LIT"),
            (".env", "password=LIT"),
            ("a.sh", "export password=LIT; run"),
            ("a.sh", "password='LIT' run"),
            ("a.sh", "password=LIT run"),
            ("a.sh", "cat <<EOF > a.yml\npassword: LIT\nEOF"),
            ("a.js", "is_set ? { a: 1, 'password': 'LIT' } : {}"),
            ("a.xml", "<password>LIT</password>"),
            ("web.config", "<add key=\"password\" value=\"LIT\" />"),
            ("a.sql", "ALTER USER x WITH PASSWORD 'LIT';"),
            ("a.py", "if password == \"LIT\":"),
        ] {
            let name = if path == "a.sql" { "PASSWORD" } else { "password" };
            reads(path, text, name, "LIT");
        }
    }

    #[test]
    fn what_is_no_literal() {
        for (path, text) in [
            ("a.py", r#"password = os.getenv("PASSWORD", "x")"#),
            ("a.py", r#"os.getenv("PASSWORD", "x")"#),
            ("a.py", r#"password = "a" + suffix"#),
            ("a.py", r#"password = f"{a}b""#),
            ("a.py", r#"password = "a%s" % b"#),
            ("a.py", r#"password = "a{}".format(b)"#),
            ("a.js", "process.env.PASSWORD || 'x'"),
            ("a.js", "password = `${a}`"),
            ("a.py", "def load(password: \"_Password\", x): pass"),
            ("a.ts", "password: string;"),
            ("a.ts", "secret: 'a' | 'b';"),
            ("a.ts", "password: config.get('x')"),
            ("a.js", "'the password is required'"),
            ("a.js", "password => 5"),
            ("a.js", "const from = is_set ? 'password-in-base64' : 'nowhere';"),
            ("a.js", "const from = is_set ?\n  'password' : 'nowhere';"),
            ("a.sh", "echo \"  - PASSWORD: remove or leave empty\""),
            ("a.rs", "secret::new()"),
            ("a.java", "password(\"a\", \"b\")"),
            ("A.cs", r#"{ { "password", "a", "b" } }"#),
            ("A.cs", r#"new[] { "password", "a" }"#),
            ("a.yml", "password:\n  secretKeyRef: x"),
            ("a.yml", "password: {a: b}"),
            ("a.yml", "password: two words"),
            ("a.sh", "password=$1x y"),
            ("a.php", "Client Secret: <span class=\"font-mono\">"),
            ("a.js", "password = \"unclosed"),
            ("a.js", "password"),
        ] {
            let found = value(path, text);
            assert!(found.is_none() || found.as_ref().is_some_and(|(_, value, _)| value.starts_with('$')), "{text}: {found:?}");
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in [
            "password=\"\\",
            "password:'é",
            "é password = \"ü\"",
            "\"password\"",
            "password=\"\u{1F511}\"",
            "password = r#\"x",
            "'password",
        ] {
            for path in ["a.py", "a.go", "a.xml", "a.yml", ".env", "a.sh", "a.sql"] {
                let _ = value(path, text);
            }
        }
    }
}
