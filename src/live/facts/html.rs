//! Start tags of an HTML page and their attributes: enough to see what it loads and which policy it declares.
//!
//! Linear and without a tree. Comments and the text of scripts, styles and the like are skipped.

/// A start tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tag {
    /// In lower case.
    pub name: String,
    /// Names in lower case, values without entities; of a repeated one the first.
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Elements whose content is text.
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "template"];

/// More tags than this are not looked at.
const MAX_TAGS: usize = 20_000;

pub(super) fn tags(page: &str) -> Vec<Tag> {
    let lower = page.to_ascii_lowercase();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(open) = page[at..].find('<').map(|offset| at + offset) {
        let rest = &page[open + 1..];
        if rest.starts_with("!--") {
            let Some(end) = page[open + 4..].find("-->") else { break };
            at = open + 4 + end + 3;
            continue;
        }
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            at = open + 1;
            continue;
        }
        let (tag, length) = tag(rest);
        at = open + 1 + length;
        if RAW.contains(&tag.name.as_str()) {
            match lower[at..].find(&format!("</{}", tag.name)) {
                Some(end) => at += end,
                None => at = page.len(),
            }
        }
        found.push(tag);
        if found.len() >= MAX_TAGS {
            break;
        }
    }
    found
}

/// The tag at the start of `text`, and the bytes it takes up to and with `>`.
fn tag(text: &str) -> (Tag, usize) {
    let bytes = text.as_bytes();
    let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
        from + bytes[from..].iter().position(|byte| stop(*byte)).unwrap_or(bytes.len() - from)
    };
    let space = |byte: u8| byte.is_ascii_whitespace() || byte == b'/';
    let mut at = until(0, &|byte| space(byte) || byte == b'>');
    let mut tag = Tag { name: text[..at].to_ascii_lowercase(), attributes: Vec::new() };
    loop {
        at = until(at, &|byte| !space(byte));
        if at >= bytes.len() || bytes[at] == b'>' {
            return (tag, (at + 1).min(bytes.len()));
        }
        let start = at;
        at = until(at + 1, &|byte| space(byte) || byte == b'=' || byte == b'>');
        let name = text[start..at].to_ascii_lowercase();
        let behind = until(at, &|byte| !byte.is_ascii_whitespace());
        let mut value = String::new();
        if bytes.get(behind) == Some(&b'=') {
            let from = until(behind + 1, &|byte| !byte.is_ascii_whitespace());
            let quote = bytes.get(from).copied().filter(|byte| matches!(byte, b'"' | b'\''));
            let (from, end) = match quote {
                Some(quote) => (from + 1, until(from + 1, &|byte| byte == quote)),
                None => (from, until(from, &|byte| byte.is_ascii_whitespace() || byte == b'>')),
            };
            value = unescape(&text[from..end]);
            at = if quote.is_some() { (end + 1).min(bytes.len()) } else { end };
        }
        if tag.get(&name).is_none() && tag.attributes.len() < 100 {
            tag.attributes.push((name, value));
        }
    }
}

/// Replaces the entities that occur in attributes and in quoted traces.
pub(super) fn unescape(text: &str) -> String {
    const ENTITIES: &[(&str, &str)] = &[
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&#x2F;", "/"),
        ("&#47;", "/"),
        ("&amp;", "&"),
    ];
    if !text.contains('&') {
        return text.to_owned();
    }
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
