//! The search of one file: each place that a keyword hints at is visited, and what is found there is judged by what stands around it
//! and by the path of the file. To visit a new kind of place: a value in `Hint` and an arm in `Search::visit`.

use std::collections::BTreeMap;

use crate::inventory::syntax::Class;
use crate::model::secret::SecretKind;
use crate::model::terms::Confidence;

use super::assignment::{self, Form};
use super::context::{self, Context};
use super::custom::{self, Place};
use super::grammar::Grammar;
use super::judge::{self, Suspect};
use super::section::{self, Style};
use super::{Engine, Finding, Hint, MAX_FINDINGS, Subject, call, connection, field, key, name, placeholder, random};

/// Literals of one file whose surroundings are read line by line.
const MAX_GATES: usize = 400;
/// Literals of one file that are judged.
const MAX_JUDGED: usize = 5_000;

/// One file being searched.
pub(super) struct Search<'s> {
    engine: &'s Engine,
    subject: &'s Subject<'s>,
    grammar: Grammar,
    is_prose: bool,
    is_sample: bool,
    is_published: bool,
    /// Names before this byte were judged.
    named_until: usize,
    /// How the file writes sections.
    style: Option<Style>,
    /// Names of sections before this byte were read.
    sectioned_until: usize,
    sections: usize,
    gates: usize,
    judged: usize,
    /// For each format that was met, where the texts stand beside which a token is published.
    besides: BTreeMap<usize, Vec<usize>>,
    is_settings: Option<bool>,
    /// Rules of the user that were asked.
    ruled: Vec<usize>,
    found: Vec<Finding>,
    /// Tokens that are no secret, whatever name they are given to.
    harmless: Vec<(usize, usize)>,
}

impl<'s> Search<'s> {
    /// Nothing is found yet.
    pub(super) fn new(engine: &'s Engine, subject: &'s Subject<'s>) -> Search<'s> {
        Search {
            engine,
            subject,
            grammar: Grammar::of_path(subject.path),
            is_prose: is_prose(subject.path),
            is_sample: is_sample(subject.path),
            is_published: connection::is_published(subject.path),
            named_until: 0,
            style: Style::of_path(subject.path),
            sectioned_until: 0,
            sections: 0,
            gates: 0,
            judged: 0,
            besides: BTreeMap::new(),
            is_settings: None,
            ruled: Vec::new(),
            found: Vec::new(),
            harmless: Vec::new(),
        }
    }

    /// Were as many found as are kept?
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MAX_FINDINGS
    }

    pub(super) fn visit(&mut self, hint: Hint, at: usize, length: usize) {
        let text = self.subject.text;
        match hint {
            Hint::Token(index) => self.token(index, at),
            Hint::Rule(index) => self.rule(index),
            Hint::Name => self.name(at),
            Hint::Section => self.section(at),
            Hint::Call(argument) => self.call(at, at + length, argument),
            Hint::Dsn => {
                let found = connection::dsn(text, at).filter(|_| !self.in_comment(at));
                self.found.extend(found.map(|found| self.connection(&found)));
            }
            Hint::Url => {
                let found = connection::url(text, at, self.is_published).filter(|_| !self.in_comment(at));
                self.found.extend(found.map(|found| self.connection(&found)));
            }
            Hint::Pem => {
                if let Some(range) = key::pem(text, at) {
                    self.add(SecretKind::PrivateKey, Confidence::High, range);
                }
            }
            Hint::Jwt => {
                if let Some(end) = key::jwt(text, at).filter(|_| !self.in_comment(at)) {
                    self.add(SecretKind::Jwt, Confidence::Medium, (at, at, end));
                }
            }
        }
    }

    fn add(&mut self, kind: SecretKind, confidence: Confidence, (from, start, end): (usize, usize, usize)) {
        self.found.push(Finding { kind, confidence, from, start, end });
    }

    fn place(&self) -> Place<'_> {
        Place { path: self.subject.path, commit: self.subject.commit, text: self.subject.text }
    }

    /// Everything that a rule of the user finds; asked once.
    pub(super) fn rule(&mut self, index: usize) {
        if self.ruled.contains(&index) {
            return;
        }
        self.ruled.push(index);
        for found in self.engine.custom.rules[index].matches(&self.engine.custom, self.place()) {
            self.add(SecretKind::Provider, Confidence::High, (found.start, found.start, found.end));
        }
    }

    fn in_comment(&self, at: usize) -> bool {
        (self.subject.class_at)(at) == Class::Comment
    }

    fn connection(&self, found: &connection::Password) -> Finding {
        let &connection::Password { from, start, end, confidence } = found;
        Finding { kind: SecretKind::ConnectionString, confidence, from, start, end }
    }

    fn token(&mut self, index: usize, at: usize) {
        let format = &self.engine.formats[index];
        let Some(found) = format.at(self.subject.text, at) else { return };
        let besides = self.besides.entry(index).or_insert_with(|| format.besides(self.subject.text));
        let published = !besides.is_empty() && {
            let (from, to) = self.subject.neighbourhood(at);
            let first = besides.partition_point(|beside| *beside < from);
            besides.get(first).is_some_and(|beside| *beside < to)
        };
        let token = custom::Match { from: at, start: at, end: found.end };
        let is_allowed = || self.engine.custom.allows(&format.format.id, self.place(), token);
        if found.harmless || published || is_allowed() {
            self.harmless.push((at, found.end));
        } else {
            self.add(format.format.kind, found.confidence, (at, at, found.end));
        }
    }

    fn name(&mut self, at: usize) {
        if at < self.named_until || self.is_prose {
            return;
        }
        let text = self.subject.text;
        let name = assignment::name_at(text, at);
        self.named_until = name.1;
        if self.judged > MAX_JUDGED {
            return;
        }
        let Some(found) = assignment::read(text, name, self.grammar) else {
            return self.setting(name, at);
        };
        let (start, end) = found.value;
        let Some(value) = text.get(start..end).filter(|value| !value.is_empty()) else { return };
        let label = text.get(name.0..name.1).unwrap_or("");
        self.judged += 1;
        // Where values need no quotes, the rest of a connection string looks like the value of its password.
        let Some((kind, confidence)) = self.named(label, value, &found) else { return self.setting(name, at) };
        if self.is_said_in_passing(&found) || self.is_gated(name.0, label) {
            return;
        }
        let confidence = if kind == SecretKind::Assignment && self.is_sample { Confidence::Low } else { confidence };
        self.add(kind, confidence, (name.0, start, end));
    }

    /// Keys that only the section around them says are secrets.
    fn section(&mut self, at: usize) {
        let Some(style) = self.style.filter(|_| at >= self.sectioned_until && self.sections < MAX_GATES && !self.is_prose) else {
            return;
        };
        let text = self.subject.text;
        self.sectioned_until = assignment::name_at(text, at).1;
        for leaf in section::keys(text, at, style) {
            self.sections += 1;
            let Some((start, end)) = assignment::read(text, leaf, self.grammar).map(|found| found.value) else { continue };
            let value = &text[start..end];
            // A name of something that holds the key; a word of capitals may be replaced by it.
            if value.len() < 8 || field::is_field_name(value) || self.in_comment(leaf.0) {
                continue;
            }
            let confidence = if field::is_constant_name(value) && !placeholder::is_harmless(value) {
                Some(Confidence::Low)
            } else {
                self.signs_with(leaf.0, (start, end), Grammar::Source)
            };
            if let Some(confidence) = confidence.filter(|_| !self.is_gated(leaf.0, "")) {
                let confidence = if self.is_sample { Confidence::Low } else { confidence };
                self.add(SecretKind::Assignment, confidence, (leaf.0, start, end));
            }
        }
    }

    /// How sure it is that this literal, named at `at`, is a key that signs or encrypts.
    fn signs_with(&self, at: usize, (start, end): (usize, usize), grammar: Grammar) -> Option<Confidence> {
        let name = name::judge("signing_secret")?;
        let value = &self.subject.text[start..end];
        let context = Context::new(self.subject.text, at, end);
        let form = Form::Assigned;
        judge::judge(&Suspect { name: &name, value, form, grammar, context: &context, is_packaged: false, is_constant: true })
    }

    /// A password in a list of settings.
    fn setting(&mut self, name: (usize, usize), at: usize) {
        let text = self.subject.text;
        if text.as_bytes().get(name.1) != Some(&b'=') {
            return;
        }
        self.judged += 1;
        let is_password = name::judge(&text[name.0..name.1]).is_some_and(|name| name.noun == name::Noun::Password);
        let settings = connection::settings(text, name, self.is_published).filter(|_| is_password && !self.in_comment(at));
        self.found.extend(settings.map(|found| self.connection(&found)));
    }

    /// A literal as the key of a function that signs, encrypts or authenticates.
    fn call(&mut self, at: usize, arguments: usize, number: usize) {
        let text = self.subject.text;
        let Some((start, end)) = call::argument(text, arguments, number).filter(|_| !self.is_prose && self.grammar.is_source())
        else {
            return;
        };
        let Some(confidence) = self.signs_with(at, (start, end), self.grammar) else { return };
        if (self.subject.class_at)(at) == Class::Code && !self.is_gated(at, "") {
            let confidence = if self.is_sample { Confidence::Low } else { confidence };
            self.add(SecretKind::Assignment, confidence, (at, start, end));
        }
    }

    /// What the name and the value make of each other.
    fn named(&self, label: &str, value: &str, found: &assignment::Assignment) -> Option<(SecretKind, Confidence)> {
        let words = name::words(label);
        if name::ends_like_a_key(&words) {
            let joined = words.concat();
            if let Some(format) = self.engine.named().find(|format| format.named(&words, &joined, value)) {
                return Some((format.format.kind, format.format.confidence));
            }
        }
        let name = name::judge(label)?;
        let context = Context::new(self.subject.text, found.name.0, found.value.1);
        let is_constant = label.bytes().all(|byte| !byte.is_ascii_lowercase());
        let (form, grammar, is_packaged) = (found.form, self.grammar, is_packaged(self.subject.path));
        let suspect = Suspect { name: &name, value, form, grammar, context: &context, is_packaged, is_constant };
        Some((SecretKind::Assignment, judge::judge(&suspect)?))
    }

    /// In a comment, inside a longer text, or in a reference.
    fn is_said_in_passing(&self, found: &assignment::Assignment) -> bool {
        let name = found.name.0;
        // `${DB_PASSWORD:inventory}`: the default of a variable, which is a finding of its own. What a machine made is no default,
        // but a key that is in force.
        if self.subject.text[..name].ends_with("${") {
            let value = &self.subject.text[found.value.0..found.value.1];
            return !is_packaged(self.subject.path) || !random::is_made(value);
        }
        let around = if found.quoted_name { name.checked_sub(2) } else { Some(name) };
        match around.map(|at| (self.subject.class_at)(at)) {
            Some(Class::Comment) => true,
            Some(Class::String) => self.grammar.is_source() || self.grammar == Grammar::Sql,
            _ => self.in_comment(found.value.0),
        }
    }

    fn is_gated(&mut self, at: usize, label: &str) -> bool {
        self.gates += 1;
        self.gates > MAX_GATES || context::is_elsewhere(self.subject.text, at, label) || self.is_default_of_settings(at)
    }

    /// A field of a pydantic settings class: the default of a variable of the environment.
    fn is_default_of_settings(&mut self, at: usize) -> bool {
        let text = self.subject.text;
        let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
        let indented = at > line && text[line..at].bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        indented && self.grammar == Grammar::Python && *self.is_settings.get_or_insert_with(|| text.contains("BaseSettings"))
    }

    /// In order, without what is said twice or is no secret.
    pub(super) fn finish(self) -> Vec<Finding> {
        let place = Place { path: self.subject.path, commit: self.subject.commit, text: self.subject.text };
        let Search { mut found, harmless, .. } = self;
        let overlaps = |a: (usize, usize), b: (usize, usize)| a.0 < b.1 && b.0 < a.1;
        found.retain(|finding| {
            finding.kind != SecretKind::Assignment || !harmless.iter().any(|range| overlaps(*range, (finding.start, finding.end)))
        });
        found.sort_by_key(|finding| (finding.kind, std::cmp::Reverse(finding.confidence), finding.start, finding.end));
        let mut kept: Vec<Finding> = Vec::new();
        for finding in found {
            if !kept.iter().any(|known| overlaps((known.start, known.end), (finding.start, finding.end))) {
                kept.push(finding);
            }
        }
        kept.retain(|found| {
            let found = custom::Match { from: found.from, start: found.start, end: found.end };
            !self.engine.custom.allows("", place, found)
        });
        kept.sort_by_key(|finding| (finding.start, finding.end));
        kept
    }
}

/// Languages of texts rather than of programs: nothing is assigned there.
fn is_prose(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
    let folders = ["locales", "locale", "i18n", "l10n", "lang", "langs", "translations", "translation", "messages", "intl"];
    matches!(
        extension,
        "css"
            | "scss"
            | "less"
            | "svg"
            | "md"
            | "rst"
            | "po"
            | "pot"
            | "strings"
            | "arb"
            | "xlf"
            | "csv"
            | "lock"
            | "sum"
            | "snap"
    ) || lower.rsplit('/').skip(1).any(|folder| folders.contains(&folder))
        || lower.rsplit('/').next().is_some_and(|name| {
            name.starts_with("messages") && name.ends_with(".properties") || name == "pkg-info" || name == "metadata"
        })
}

/// Made-up data, by a word of the path that roles do not judge by.
fn is_sample(path: &str) -> bool {
    const WORDS: &[&str] = &[
        "defaults", "dummy", "fake", "faker", "mock", "mocks", "fixture", "fixtures", "sample", "samples", "stories", "test",
        "tests", "testing",
    ];
    path.split('/').flat_map(name::words).any(|word| WORDS.contains(&word.as_str()))
}

/// Settings that Spring and Quarkus put into the archive and use where nothing else is set.
fn is_packaged(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "application.yml" | "application.yaml" | "application.properties" | "bootstrap.yml" | "bootstrap.properties")
}
