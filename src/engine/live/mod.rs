//! The live side of judging: what to send for the selected checks, what each check's table decides, and how that joins what files say.
//!
//! Pure: exchanges go in, outcomes come out; `live` is where they are made, from the network or from a recording.

pub mod join;
mod say;
pub mod script;
mod truth;

use crate::checks::check::Check;
use crate::model::live::{Capture, Condition, Decision, Exchanges, FactPath, LivePlan, LiveSpec, LiveVerdict};

use truth::{Answer, Received, Truth};

/// What a check's table concluded, with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    pub verdict: Verdict,
    /// The observation, in a sentence without full stop.
    pub say: String,
    /// The requests whose answers decided, by index in `send`.
    pub cited: Vec<usize>,
    /// Facts that decided, for the mutation of tests.
    pub facts: Vec<FactPath>,
}

/// The conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Table(LiveVerdict),
    /// None of its requests was sent.
    Unsent,
}

impl Verdict {
    /// Does it decide the check?
    pub fn is_decisive(self) -> bool {
        matches!(self, Verdict::Table(LiveVerdict::Pass | LiveVerdict::Warn | LiveVerdict::Fail))
    }
}

/// Everything that the checks ask, each distinct request once, those of the most urgent checks first.
pub fn plan<'c>(checks: impl IntoIterator<Item = &'c Check>) -> LivePlan {
    let mut asking: Vec<(&Check, &LiveSpec)> =
        checks.into_iter().filter_map(|check| Some((check, check.live.as_ref()?.spec()?))).collect();
    asking.sort_by_key(|(check, spec)| (spec.class, check.priority, check.id.as_str()));
    let mut plan = LivePlan::default();
    for (_, spec) in asking {
        for request in &spec.send {
            if !plan.requests.contains(&request.key) {
                plan.requests.push(request.key.clone());
            }
        }
        let conditions = spec.when.iter().chain(spec.rules.iter().map(|rule| &rule.when));
        conditions.for_each(|condition| {
            each_fact(condition, &mut |path| {
                if path.capture.is_none() {
                    plan.groups.extend(path.path.split('.').next().map(str::to_owned));
                }
            });
        });
    }
    plan
}

/// Calls for every fact of a condition, fields of rows aside.
fn each_fact<'c>(condition: &'c Condition, call: &mut impl FnMut(&'c FactPath)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| each_fact(part, call)),
        Condition::Not(part) => each_fact(part, call),
        Condition::Fact { path, .. } | Condition::Some { path, .. } | Condition::Each { path, .. } => call(path),
    }
}

/// Decides by the table. Never passes without an observation: see `truth` for what is known, and below for what a row needs.
pub fn decide(spec: &LiveSpec, exchanges: &Exchanges) -> Ruling {
    let received = Received::of(spec, exchanges);
    let table = Table { spec, received };
    if let Some(when) = &spec.when {
        match table.received.truth(when) {
            Truth::Yes => {}
            Truth::No => return table.ruling(LiveVerdict::NotApplicable, table.unmet(when), Some(when)),
            Truth::Unknown => return table.unclear(Some(when)),
        }
    }
    let answers = || table.received.answers.values();
    if !spec.send.is_empty() && answers().all(|answer| matches!(answer, Answer::Unsent(_))) {
        return table.unsent();
    }
    // Rows that could have decided before, had there been an answer.
    let mut doubtful: Vec<&Decision> = Vec::new();
    for rule in &spec.rules {
        match table.received.truth(&rule.when) {
            Truth::No => {}
            Truth::Unknown => doubtful.push(&rule.then),
            Truth::Yes => return table.decided(&rule.then, Some(&rule.when), &doubtful),
        }
    }
    table.decided(&spec.otherwise, None, &doubtful)
}

/// A table and what was received for it.
struct Table<'a> {
    spec: &'a LiveSpec,
    received: Received<'a>,
}

impl Table<'_> {
    /// The row decides, unless one before it might have decided otherwise, or a pass would rest on nothing.
    fn decided(&self, then: &Decision, when: Option<&Condition>, doubtful: &[&Decision]) -> Ruling {
        let bad = matches!(then.verdict, LiveVerdict::Fail | LiveVerdict::Warn);
        let would_differ =
            |earlier: &&&Decision| earlier.verdict != then.verdict && !(bad && earlier.verdict == LiveVerdict::Inconclusive);
        if doubtful.iter().any(|earlier| would_differ(&earlier)) {
            // What the table says of knowing nothing tells more, unless an answer is missing.
            let own = then.verdict == LiveVerdict::Inconclusive && self.missing().is_none();
            return if own { self.ruling(then.verdict, self.filled(then, when), when) } else { self.unclear(None) };
        }
        if then.verdict == LiveVerdict::Pass && !self.is_grounded(when) {
            return self.unclear(when);
        }
        self.ruling(then.verdict, self.filled(then, when), when)
    }

    /// Does a pass rest on something that was seen?
    fn is_grounded(&self, when: Option<&Condition>) -> bool {
        match when {
            Some(when) => {
                let mut witnesses = Vec::new();
                self.received.witnesses(when, &mut witnesses);
                witnesses.iter().any(|path| self.received.is_grounded(path))
            }
            // `otherwise` rests on answers, and where the check sends nothing on facts of the run.
            None if self.spec.send.is_empty() => self.asked().iter().any(|path| self.received.value(path).is_some()),
            None => self.received.answers.values().any(|answer| answer.missing().is_none()),
        }
    }

    /// None of the requests was sent: what is known of the run may decide by itself, else nothing does.
    fn unsent(&self) -> Ruling {
        let truths = self.spec.rules.iter().map(|rule| (rule, self.received.truth(&rule.when)));
        let first = truths.into_iter().find(|(_, truth)| *truth != Truth::No).filter(|(_, truth)| *truth == Truth::Yes);
        match first.map(|(rule, _)| self.decided(&rule.then, Some(&rule.when), &[])) {
            Some(ruling) if ruling.verdict.is_decisive() => ruling,
            _ => {
                let say = self.missing().unwrap_or_default();
                Ruling { verdict: Verdict::Unsent, say, cited: Vec::new(), facts: Vec::new() }
            }
        }
    }

    fn asked(&self) -> Vec<&FactPath> {
        let mut asked = Vec::new();
        self.spec.rules.iter().for_each(|rule| each_fact(&rule.when, &mut |path| asked.push(path)));
        asked
    }

    fn filled(&self, then: &Decision, when: Option<&Condition>) -> String {
        let row = when.and_then(|when| self.received.row(when));
        say::filled(&then.say, self.spec, &self.received, row)
    }

    fn ruling(&self, verdict: LiveVerdict, say: String, when: Option<&Condition>) -> Ruling {
        let mut facts = Vec::new();
        match when {
            Some(when) => self.received.witnesses(when, &mut facts),
            None => facts = self.asked(),
        }
        let named = |name: &str| facts.iter().any(|path| path.capture.as_deref() == Some(name));
        let cited = (0..self.spec.send.len()).filter(|index| named(&self.spec.send[*index].name)).collect();
        Ruling { verdict: Verdict::Table(verdict), say, cited, facts: facts.into_iter().cloned().collect() }
    }

    fn unclear(&self, when: Option<&Condition>) -> Ruling {
        let unknown = || {
            self.asked().into_iter().find(|path| !self.received.is_grounded(path)).map(|path| match path.path.split_once('.') {
                Some(("protected", _)) => {
                    "no path that must not answer everybody is known: name some with --protected PATH".to_owned()
                }
                Some(("openapi", _)) => "no description of the API was found: give it with --openapi".to_owned(),
                _ => format!("nothing is known of `{}`", path.path),
            })
        };
        let say = self.missing().or_else(unknown).unwrap_or_else(|| "what it needs to know was not found out".to_owned());
        self.ruling(LiveVerdict::Inconclusive, say, when)
    }

    /// Why the first request that has no answer has none.
    fn missing(&self) -> Option<String> {
        let request = self
            .spec
            .send
            .iter()
            .find_map(|request| Some((request, self.received.answers.get(request.name.as_str())?.missing()?)));
        request.map(|(request, reason)| {
            let path = request.key.paths.first().map_or_else(|| "the URL".to_owned(), |path| say::named(path));
            format!("{} {path} has no answer: {reason}", request.key.method)
        })
    }

    /// Which facts of the target say that it does not apply.
    fn unmet(&self, when: &Condition) -> String {
        let mut witnesses = Vec::new();
        self.received.witnesses(when, &mut witnesses);
        witnesses.dedup();
        let said: Vec<String> = witnesses
            .iter()
            .map(|path| {
                let filled = say::filled(&format!("{{{{{}}}}}", path.path), self.spec, &self.received, None);
                format!("`{}` is {filled}", path.path)
            })
            .collect();
        format!("it does not apply to this endpoint: {}", said.join(", "))
    }
}

/// The answer to a request of a check.
fn capture<'e>(spec: &LiveSpec, index: usize, exchanges: &'e Exchanges) -> Option<&'e Capture> {
    let key = &spec.send.get(index)?.key;
    exchanges.captures.iter().find(|(other, _)| other == key).map(|(_, capture)| capture)
}

#[cfg(test)]
mod tests;
