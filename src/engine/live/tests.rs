//! Tables over exchanges: which row decides, and that silence never passes.

use super::{Ruling, Verdict, decide, plan};
use crate::checks::live::parse;
use crate::inventory::document::yaml;
use crate::model::live::{Capture, Exchanges, Facts, Hop, LiveSpec, LiveVerdict, Value};
use crate::probes::params::Problems;

fn spec(text: &str) -> LiveSpec {
    let problems = Problems::default();
    let spec = parse(&yaml::parse_plain(text).unwrap().remove(0), &problems);
    assert_eq!(problems.into_sorted(), Vec::new(), "{text}");
    spec.unwrap()
}

fn facts(pairs: &[(&str, Value)]) -> Facts {
    pairs.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The answers to the requests of a spec, in order; `None`: not sent.
fn received(spec: &LiveSpec, run: &[(&str, Value)], answers: &[Option<Facts>]) -> Exchanges {
    let mut exchanges = Exchanges { url: "https://app.example/".to_owned(), facts: facts(run), ..Exchanges::default() };
    for (request, answer) in spec.send.iter().zip(answers) {
        match answer {
            Some(facts) => {
                let hop =
                    Hop { method: "GET".to_owned(), url: "https://app.example/".to_owned(), status: Some(200), cause: None };
                exchanges.captures.push((request.key.clone(), Capture { facts: facts.clone(), hops: vec![hop] }));
            }
            None => exchanges.unsent.push((request.key.clone(), "budget".to_owned())),
        }
    }
    exchanges
}

fn ruling(spec: &LiveSpec, run: &[(&str, Value)], answers: &[Option<Facts>]) -> Ruling {
    decide(spec, &received(spec, run, answers))
}

fn table(verdict: LiveVerdict) -> Verdict {
    Verdict::Table(verdict)
}

const HSTS: &str = concat!(
    "when: {target.scheme: {eq: https}}\n",
    "send: [{as: root}]\n",
    "rules:\n",
    "  - {if: {hsts.max-age: absent}, verdict: fail, say: not sent}\n",
    "  - {if: {hsts.max-age: {lt: 100}}, verdict: warn, say: \"max-age {{hsts.max-age}} is short\"}\n",
    "otherwise: {verdict: pass, say: \"max-age is {{root.hsts.max-age}}\"}\n",
);
const HTTPS: (&str, &str) = ("target.scheme", "https");

#[test]
fn the_first_row_that_holds_decides() {
    let spec = spec(HSTS);
    let run = [(HTTPS.0, text(HTTPS.1))];
    let of = |answer: &[(&str, Value)]| ruling(&spec, &run, &[Some(facts(answer))]);
    assert_eq!(of(&[("status", Value::Int(200))]).verdict, table(LiveVerdict::Fail));
    let short = of(&[("hsts.max-age", Value::Int(9))]);
    assert_eq!((short.verdict, short.say.as_str()), (table(LiveVerdict::Warn), "max-age 9 is short"));
    let good = of(&[("hsts.max-age", Value::Int(100))]);
    assert_eq!((good.verdict, good.say.as_str(), good.cited.clone()), (table(LiveVerdict::Pass), "max-age is 100", vec![0]));
}

#[test]
fn no_answer_is_no_verdict() {
    let spec = spec(HSTS);
    let run = [(HTTPS.0, text(HTTPS.1))];
    let timeout = ruling(&spec, &run, &[Some(facts(&[("error", text("timeout"))]))]);
    assert_eq!((timeout.verdict, timeout.say.as_str()), (table(LiveVerdict::Inconclusive), "GET the URL has no answer: timeout"));
    let unsent = ruling(&spec, &run, &[None]);
    assert_eq!((unsent.verdict, unsent.say.as_str()), (Verdict::Unsent, "GET the URL has no answer: budget"));
    let elsewhere = ruling(&spec, &[("target.scheme", text("http"))], &[Some(Facts::new())]);
    assert_eq!(elsewhere.verdict, table(LiveVerdict::NotApplicable));
    assert!(elsewhere.say.contains("`target.scheme` is http"), "{}", elsewhere.say);
    assert_eq!(ruling(&spec, &[], &[Some(Facts::new())]).verdict, table(LiveVerdict::Inconclusive));
}

const TWO: &str = concat!(
    "send: [{as: get, path: /a}, {as: pre, path: /b, method: OPTIONS}]\n",
    "rules:\n",
    "  - {if: {any: [{get.status: {eq: 200}}, {pre.status: {eq: 200}}]}, verdict: fail, say: open}\n",
    "otherwise: {verdict: pass, say: closed}\n",
);

#[test]
fn one_missing_answer_of_two_cannot_pass_but_can_fail() {
    let spec = spec(TWO);
    let (open, closed) = (facts(&[("status", Value::Int(200))]), facts(&[("status", Value::Int(404))]));
    let failed = facts(&[("error", text("reset"))]);
    let verdict = |get: &Facts, pre: Option<&Facts>| ruling(&spec, &[], &[Some(get.clone()), pre.cloned()]).verdict;
    assert_eq!(verdict(&open, Some(&failed)), table(LiveVerdict::Fail));
    assert_eq!(verdict(&open, None), table(LiveVerdict::Fail));
    assert_eq!(verdict(&closed, Some(&failed)), table(LiveVerdict::Inconclusive));
    assert_eq!(verdict(&closed, None), table(LiveVerdict::Inconclusive));
    assert_eq!(verdict(&closed, Some(&closed)), table(LiveVerdict::Pass));
}

#[test]
fn a_comparison_with_what_is_absent_is_false_whatever_the_operator() {
    for test in ["{ne: a}", "{not-in: [a]}", "{not-contains: a}", "{not-matches: a}", "{eq: a}", "{contains: a}", "absent"] {
        let spec = spec(&format!(
            "send: [{{as: get}}]\nrules: [{{if: {{content-encoding: {test}}}, verdict: fail, say: bad}}]\notherwise: {{verdict: pass, say: fine}}\n"
        ));
        let verdict = ruling(&spec, &[], &[Some(facts(&[("status", Value::Int(200))]))]).verdict;
        let wanted = if test == "absent" { LiveVerdict::Fail } else { LiveVerdict::Pass };
        assert_eq!(verdict, table(wanted), "{test}");
        let verdict = ruling(&spec, &[], &[Some(facts(&[("error", text("timeout"))]))]).verdict;
        assert_eq!(verdict, table(LiveVerdict::Inconclusive), "{test} without an answer");
    }
}

#[test]
fn an_error_can_be_what_is_wanted() {
    let spec = spec(concat!(
        "send: [{as: plain, base: plain}]\n",
        "rules:\n  - {if: {error: {in: [refused]}}, verdict: pass, say: nothing listens}\n",
        "  - {if: {redirects.count: {eq: 0}}, verdict: fail, say: served}\n",
        "otherwise: {verdict: pass, say: redirected}\n",
    ));
    let of = |answer: &[(&str, Value)]| ruling(&spec, &[], &[Some(facts(answer))]).verdict;
    assert_eq!(of(&[("error", text("refused"))]), table(LiveVerdict::Pass));
    assert_eq!(of(&[("error", text("dns"))]), table(LiveVerdict::Inconclusive));
    assert_eq!(of(&[("redirects.count", Value::Int(0))]), table(LiveVerdict::Fail));
}

#[test]
fn facts_of_the_run_that_nobody_looked_into_decide_nothing() {
    let spec =
        spec("rules: [{if: {tls.weak: present}, verdict: fail, say: \"{{tls.weak}}\"}]\notherwise: {verdict: pass, say: fine}\n");
    let of = |run: &[(&str, Value)]| ruling(&spec, run, &[]).verdict;
    assert_eq!(of(&[]), table(LiveVerdict::Inconclusive));
    assert_eq!(of(&[("tls.weak", Value::List(vec!["rc4".to_owned()]))]), table(LiveVerdict::Fail));
    let compared = self::spec(
        "rules: [{if: {tls.accepted: {contains: [ssl3]}}, verdict: fail, say: old}]\notherwise: {verdict: pass, say: \"{{tls.accepted}}\"}\n",
    );
    assert_eq!(ruling(&compared, &[], &[]).verdict, table(LiveVerdict::Inconclusive));
    let accepted = [("tls.accepted", Value::List(vec!["tls1.2".to_owned(), "tls1.3".to_owned()]))];
    assert_eq!(ruling(&compared, &accepted, &[]).say, "tls1.2, tls1.3");
}

#[test]
fn what_was_not_found_may_be_asked() {
    let spec = spec(concat!(
        "rules:\n  - {if: {openapi.found: absent}, verdict: not-applicable, say: no description was found}\n",
        "  - {if: {openapi.open: {gt: 0}}, verdict: fail, say: \"{{openapi.open-list}}\"}\n",
        "otherwise: {verdict: pass, say: closed}\n",
    ));
    assert_eq!(ruling(&spec, &[], &[]).verdict, table(LiveVerdict::NotApplicable));
    let list = (1..8).map(|number| format!("/orders/{number}")).collect();
    let open =
        [("openapi.found", text("/openapi.json")), ("openapi.open", Value::Int(7)), ("openapi.open-list", Value::List(list))];
    let ruling = ruling(&spec, &open, &[]);
    assert_eq!(ruling.verdict, table(LiveVerdict::Fail));
    assert_eq!(ruling.say, "/orders/1, /orders/2, /orders/3, /orders/4, /orders/5 and 2 more");
}

#[test]
fn what_the_user_could_give_is_named() {
    let table = concat!(
        "send: [{as: get, path: \"/?{{random}}=1\"}]\nrules:\n",
        "  - {if: {protected.open: {contains: [/a]}}, verdict: fail, say: open}\n",
        "  - {if: {get.status: {eq: 500}}, verdict: fail, say: broken}\n",
    );
    let own = spec(&format!("{table}otherwise: {{verdict: inconclusive, say: nothing to protect is known}}\n"));
    let pass = spec(&format!("{table}otherwise: {{verdict: pass, say: closed}}\n"));
    let answered = [Some(facts(&[("status", Value::Int(200))]))];
    assert_eq!(ruling(&own, &[], &answered).say, "nothing to protect is known");
    assert!(ruling(&pass, &[], &answered).say.contains("--protected PATH"), "{:?}", ruling(&pass, &[], &answered));
    assert_eq!(ruling(&own, &[], &[Some(facts(&[("error", text("reset"))]))]).say, "GET /?RANDOM=1 has no answer: reset");
}

#[test]
fn facts_of_the_run_may_decide_where_nothing_was_sent() {
    let table = |first: &str| {
        spec(&format!(
            "send: [{{as: many}}]\nrules:\n  - {{if: {{target.limited: {{eq: true}}}}, verdict: {first}, say: limited}}\n  - {{if: {{many.status: {{eq: 200}}}}, verdict: fail, say: not}}\notherwise: {{verdict: inconclusive, say: unclear}}\n"
        ))
    };
    let of = |first: &str, limited: bool| ruling(&table(first), &[("target.limited", Value::Bool(limited))], &[None]).verdict;
    assert_eq!(of("pass", true), self::table(LiveVerdict::Pass));
    assert_eq!(of("pass", false), Verdict::Unsent);
    assert_eq!(of("inconclusive", true), Verdict::Unsent);
}

#[test]
fn rows_are_asked_one_by_one() {
    let some = spec(concat!(
        "send: [{as: get}]\nrules:\n",
        "  - {if: {cookies: absent}, verdict: not-applicable, say: none}\n",
        "  - {if: {some: cookies, where: {all: [{session-like: {eq: true}}, {secure: {eq: false}}]}}, verdict: fail, say: \"{{name}} lacks Secure\"}\n",
        "  - {if: {each: cookies, where: {deletion: {eq: true}}}, verdict: not-applicable, say: only deletions}\n",
        "otherwise: {verdict: pass, say: fine}\n",
    ));
    let cookie = |name: &str, session: bool, secure: bool, deletion: bool| {
        facts(&[
            ("name", text(name)),
            ("session-like", Value::Bool(session)),
            ("secure", Value::Bool(secure)),
            ("deletion", Value::Bool(deletion)),
        ])
    };
    let of = |rows: Vec<Facts>| ruling(&some, &[], &[Some(facts(&[("cookies", Value::Rows(rows))]))]);
    let bad = of(vec![cookie("lang", false, false, false), cookie("sid", true, false, false)]);
    assert_eq!((bad.verdict, bad.say.as_str()), (table(LiveVerdict::Fail), "sid lacks Secure"));
    assert_eq!(of(vec![cookie("sid", true, true, false)]).verdict, table(LiveVerdict::Pass));
    assert_eq!(of(vec![cookie("lang", false, true, true)]).verdict, table(LiveVerdict::NotApplicable));
    let none = ruling(&some, &[], &[Some(facts(&[("status", Value::Int(200))]))]);
    assert_eq!(none.verdict, table(LiveVerdict::NotApplicable));
}

#[test]
fn a_credential_in_an_observation_is_masked_and_a_long_value_cut() {
    let spec = spec(
        "send: [{as: get}]\nrules: [{if: {redirects.first-location: present}, verdict: fail, say: \"to {{redirects.first-location}}\"}]\notherwise: {verdict: pass, say: fine}\n",
    );
    let password = ["Corr3ct", "Horse"].concat();
    let location = format!("https://bob:{password}@app.example/{}", "x".repeat(500));
    let say = ruling(&spec, &[], &[Some(facts(&[("redirects.first-location", Value::Text(location))]))]).say;
    assert!(!say.contains(&password), "{say}");
    assert!(say.len() < 200, "{say}");
}

#[test]
fn a_plan_asks_each_thing_once() {
    let ruleset = crate::checks::pack::open(&crate::checks::pack::Selection::default()).unwrap();
    let plan = plan(&ruleset.checks);
    for (index, key) in plan.requests.iter().enumerate() {
        assert!(!plan.requests[..index].contains(key), "{key:?}");
    }
}
