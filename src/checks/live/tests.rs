//! Every mistake in a live part is found, at its place, with a hint.

use super::parse;
use crate::inventory::document::yaml;
use crate::model::live::LiveSpec;
use crate::probes::params::Problems;

fn read(text: &str) -> (Option<LiveSpec>, Vec<String>) {
    let node = yaml::parse_plain(text).unwrap().remove(0);
    let problems = Problems::default();
    let spec = parse(&node, &problems);
    let found = problems.into_sorted();
    (spec, found.into_iter().map(|problem| format!("{}:{}: {}", problem.line, problem.column, problem.message)).collect())
}

const END: &str = "otherwise: {verdict: pass, say: fine}\n";

/// A request `get`, one rule with this condition.
fn rule(condition: &str) -> Vec<String> {
    read(&format!(
        "send: [{{as: get, path: /x, headers: {{Origin: \"{{{{foreign}}}}\"}}, calibrate: page}}]\nrules:\n  - {{if: {condition}, verdict: fail, say: bad}}\n{END}"
    ))
    .1
}

/// One request with these keys.
fn request(keys: &str) -> Vec<String> {
    read(&format!("send:\n  - {{as: get, {keys}}}\nrules: [{{if: {{status: {{ge: 500}}}}, verdict: fail, say: bad}}]\n{END}")).1
}

fn one(found: Vec<String>, wanted: &str) {
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(wanted), "{found:?}");
}

#[test]
fn a_whole_section_loads() {
    let (spec, problems) = read(concat!(
        "when: {all: [{target.scheme: {eq: https}}, {target.private: {eq: false}}]}\n",
        "send:\n  - {as: root, follow: true}\n  - {as: plain, base: plain, path: /}\n",
        "rules:\n",
        "  - {if: {plain.error: {in: [refused, timeout]}}, verdict: pass, say: \"{{plain.error}}\"}\n",
        "  - {if: {root.header.x-frame-options: absent}, verdict: warn, say: none}\n",
        "  - {if: {some: root.cookies, where: {all: [{session-like: {eq: true}}, {secure: {eq: false}}]}}, verdict: fail, say: \"{{name}} at {{root.status}}\"}\n",
        "  - {if: {tls.accepted: {contains: [ssl3, tls1.0]}}, verdict: fail, say: \"{{tls.accepted}}\"}\n",
        "  - {if: {redirects.count: {ge: 1, lt: 5}}, verdict: inconclusive, say: \"{{redirects.final}}\"}\n",
        "otherwise: {verdict: pass, say: \"{{root.status}}\"}\n",
    ));
    assert_eq!(problems, Vec::<String>::new());
    let spec = spec.unwrap();
    assert_eq!((spec.send.len(), spec.rules.len()), (2, 5));
}

#[test]
fn facts_are_declared_and_typed() {
    one(rule("{get.hsts.max_age: {lt: 1}}"), "3:11: no fact is called `hsts.max_age`; did you mean `hsts.max-age`?");
    one(rule("{gte.status: {lt: 1}}"), "no request is called `gte`; this check sends get");
    one(rule("{tls.acepted: present}"), "no fact is called `tls.acepted`; did you mean `tls.accepted`?");
    one(rule("{status: {matches: x}}"), "`status` is a number, `matches` does not fit");
    one(rule("{status: {lt: many}}"), "must be a whole number");
    one(rule("{header.server: {eq: nginx}}"), "`header.server` is a list, `eq` does not fit; it takes contains");
    one(rule("{error: {eq: refuse}}"), "`error` is never `refuse`; did you mean `refused`?");
    one(rule("{hsts.valid: {eq: yes please}}"), "is true or false, this is a text");
    one(rule("{status: {less: 3}}"), "no operator is called `less`");
    one(rule("{status: missing}"), "`status` is `present`, `absent` or compared");
    one(rule("{some: status, where: {name: present}}"), "`status` is a number, it has no rows");
    one(rule("{some: cookies, where: {samesite: {eq: none}}}"), "a row has no field `samesite`; did you mean `same-site`?");
    one(rule("{some: cookies}"), "rows are asked as");
    one(rule("{header.Server: present}"), "lower case");
    one(rule("{body: {matches: \"(\"}}"), "no regular expression");
    one(rule("{cors.allow-origin: {eq: \"{{foreign}}\"}}"), "ask `cors.echoed`");
    one(rule("{status: {eq: 1}, html: {eq: true}}"), "join several in a list");
    assert_eq!(rule("{all: [{found: {eq: true}}, {cors.echoed: {eq: true}}]}"), Vec::<String>::new());
}

#[test]
fn requests_stay_at_the_origin_and_change_nothing() {
    for path in [
        "https://other.example/",
        "//other.example/x",
        "x",
        "\"/a/../b\"",
        "\"/a/%2e%2e/b\"",
        "\"/a\\\\b\"",
        "\"/a b\"",
        "/user/logout",
    ] {
        let found = request(&format!("path: {path}"));
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
    assert_eq!(request("path: \"/.well-known/x?y=1&z={{random}}\""), Vec::<String>::new());
    one(request("path: \"/{{randon}}\""), "no variable is called `randon`; did you mean `random`?");
    one(request("headers: {Authorization: Basic}"), "only the engine sets `Authorization`; `auth: true`");
    one(request("headers: {cookie: a=b}"), "only the engine sets");
    one(request("headers: {Host: other}"), "only the engine sets `Host`");
    one(request("headers: {X-Test: \"{{secret}}\"}"), "no variable is called `secret`");
    one(request("method: TRACE"), "the check needs `class: active`");
    one(request("method: PUT"), "`PUT` is no method");
    one(request("body: x"), "GET has no body");
    one(request("times: 31"), "`times` is 1 to 30");
    one(request("times: 30"), "is a burst");
    one(request("calibrate: page"), "`calibrate` needs `path`");
    one(request("auth: true, base: plain"), "credentials are never sent");
    one(request("pathes: [/]"), "unknown key `pathes` in a request; did you mean `paths`?");
}

#[test]
fn names_of_requests_are_their_own() {
    let (_, found) =
        read(&format!("send: [{{as: status}}]\nrules: [{{if: {{status: {{ge: 500}}}}, verdict: fail, say: bad}}]\n{END}"));
    one(found, "`status` means something else");
    let (_, found) = read(&format!(
        "send: [{{as: a}}, {{as: b}}]\nrules: [{{if: {{any: [{{a.status: {{ge: 500}}}}, {{b.status: {{ge: 500}}}}]}}, verdict: fail, say: bad}}]\n{END}"
    ));
    one(found, "this is the request `a` again");
    let (_, found) = read(&format!(
        "send: [{{as: a}}, {{as: b, path: /b}}]\nrules: [{{if: {{status: {{ge: 500}}}}, verdict: fail, say: bad}}]\n{END}"
    ));
    one(found, "1:8: no rule asks about `a`");
}

#[test]
fn what_a_fact_needs_is_asked_for() {
    let bare =
        |condition: &str| read(&format!("send: [{{as: get}}]\nrules: [{{if: {condition}, verdict: fail, say: bad}}]\n{END}")).1;
    one(bare("{found: {eq: true}}"), "`found` needs `calibrate`");
    one(bare("{burst.errors: {gt: 0}}"), "needs `times`");
    one(bare("{cors.echoed: {eq: true}}"), "needs the header Origin");
    let (_, found) = read(&format!("rules: [{{if: {{status: {{ge: 500}}}}, verdict: fail, say: bad}}]\n{END}"));
    one(found, "nothing is sent whose answer it could be of");
    let (_, found) =
        read(&format!("when: {{status: {{eq: 1}}}}\nrules: [{{if: {{tls.weak: present}}, verdict: fail, say: bad}}]\n{END}"));
    one(found, "`when` asks facts of the run");
}

#[test]
fn rules_that_never_decide_are_found() {
    let two = |first: &str, second: &str| {
        let rules = [first, second].map(|condition| format!("  - {{if: {condition}, verdict: fail, say: bad}}\n")).concat();
        read(&format!("send: [{{as: get}}]\nrules:\n{rules}{END}")).1
    };
    let unreachable = [
        ("{status: {ge: 500}}", "{status: {ge: 500}}"),
        ("{status: {ge: 400}}", "{status: {gt: 499}}"),
        ("{status: {ge: 400}}", "{status: {in: [404, 500]}}"),
        ("{hsts.max-age: present}", "{hsts.max-age: {lt: 5}}"),
        ("{status: {ge: 400}}", "{all: [{status: {eq: 404}}, {html: {eq: true}}]}"),
        ("{any: [{status: {eq: 404}}, {html: {eq: true}}]}", "{html: {eq: true}}"),
        (
            "{some: cookies, where: {secure: {eq: false}}}",
            "{some: cookies, where: {all: [{secure: {eq: false}}, {name: {eq: a}}]}}",
        ),
    ];
    for (first, second) in unreachable {
        one(two(first, second), "4:5: this rule is never reached: where it holds, the one in line 3 does");
    }
    assert_eq!(two("{status: {gt: 499}}", "{status: {ge: 400}}"), Vec::<String>::new());
    assert_eq!(two("{hsts.max-age: absent}", "{hsts.max-age: {lt: 5}}"), Vec::<String>::new());
    let found = two("{any: [{hsts.valid: absent}, {hsts.valid: present}]}", "{status: {eq: 1}}");
    assert!(found.len() == 2 && found[0].contains("always holds") && found[1].contains("never reached"), "{found:?}");
}

#[test]
fn a_table_is_whole() {
    let (_, found) = read("send: [{as: get}]\nrules: [{if: {status: {eq: 1}}, verdict: fail, say: bad}]\n");
    one(found, "`live` needs `otherwise`");
    let (_, found) = read(
        "send: [{as: get}]\nrules: [{if: {status: {eq: 1}}, verdict: fial, say: \"{{stauts}}\"}]\notherwise: {verdict: pass}\nrule: []\n",
    );
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[0].contains("`fial` is no verdict; did you mean `fail`?"), "{found:?}");
    assert!(found[1].contains("no fact is called `stauts`; did you mean `status`?"), "{found:?}");
    assert!(found[2].contains("`otherwise` needs `say`"), "{found:?}");
    assert!(found[3].contains("unknown key `rule` in `live`; did you mean `rules`?"), "{found:?}");
}
