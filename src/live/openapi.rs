//! The GET operations of an OpenAPI or Swagger description: which declare that they need credentials, and how to call them.
//!
//! Read as a generic tree, so that a description with mistakes still gives what it has.

use crate::model::live::safety;
use serde_json::Value as Json;

/// Where frameworks serve their description.
pub(super) const PLACES: &[&str] = &[
    "/openapi.json",
    "/swagger.json",
    "/v3/api-docs",
    "/api-json",
    "/swagger/v1/swagger.json",
    "/openapi.yaml",
    "/api/openapi.json",
    "/docs-json",
    "/api-docs",
    "/v2/api-docs",
    "/api/docs.json",
    "/api/schema/",
    "/docs/openapi.json",
    "/.well-known/openapi.json",
];

/// Names of operations that are not for everybody.
const PRIVATE: &[&str] =
    &["admin", "user", "account", "internal", "billing", "token", "export", "customer", "invoice", "payment"];

/// References that are followed in a row.
const REFERENCES: usize = 8;
/// Operations that are looked at.
const OPERATIONS: usize = 5000;

/// A GET operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    /// As the description writes it.
    pub template: String,
    /// Path and query with its parameters filled in; `None`: it is not called.
    pub path: Option<String>,
    /// It needs credentials by its description.
    pub declared: bool,
    group: String,
    parameters: usize,
}

impl Operation {
    /// A route of the repository.
    pub fn route(path: &str, public: bool) -> Operation {
        let callable = path.starts_with('/') && !path.contains(['{', ':', '*', '<', '(']) && safety::changing(path).is_none();
        let group = path.split('/').nth(1).unwrap_or("").to_owned();
        Operation { template: path.to_owned(), path: callable.then(|| path.to_owned()), declared: !public, group, parameters: 0 }
    }

    /// Does its path look as if it were not for everybody?
    pub fn looks_private(&self) -> bool {
        let lower = self.template.to_ascii_lowercase();
        lower.split(|c: char| !c.is_ascii_alphabetic()).any(|word| {
            PRIVATE.contains(&word) || word.strip_suffix('s').is_some_and(|one| PRIVATE.contains(&one)) || word == "me"
        })
    }
}

/// The description in a text, JSON or YAML.
pub(super) fn parse(text: &str) -> Option<Json> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('<') {
        return None;
    }
    let json = match start.starts_with('{') {
        true => serde_json::from_str(start).ok().or_else(|| super::yaml::parse(start)),
        false => super::yaml::parse(start),
    }?;
    let versioned = json.get("openapi").or_else(|| json.get("swagger")).is_some_and(|version| !version.is_object());
    (versioned && json.get("paths").is_some_and(Json::is_object)).then_some(json)
}

/// Every GET operation, in the order of the description.
pub(super) fn operations(description: &Json, random: &str) -> Vec<Operation> {
    let prefix = prefix(description);
    let Some(paths) = description.get("paths").and_then(Json::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (template, item) in paths.iter().take(OPERATIONS) {
        let item = follow(description, item);
        let Some(operation) = item.get("get").map(|get| follow(description, get)).filter(|get| get.is_object()) else { continue };
        let parameters: Vec<&Json> = [item, operation]
            .iter()
            .filter_map(|own| own.get("parameters")?.as_array())
            .flatten()
            .map(|parameter| follow(description, parameter))
            .collect();
        let name = operation.get("operationId").and_then(Json::as_str).unwrap_or("");
        let flag = |name: &str| operation.get(name).or_else(|| item.get(name)).and_then(Json::as_bool).unwrap_or(false);
        let body = operation.get("requestBody").map(|body| follow(description, body));
        let needs_body = body.is_some_and(|body| body.get("required").and_then(Json::as_bool).unwrap_or(false));
        let skip = flag("deprecated")
            || flag("x-internal")
            || needs_body
            || [template, name].into_iter().any(|text| safety::changing(text).is_some());
        let path = if skip { None } else { fill(description, &format!("{prefix}{template}"), &parameters, random) };
        let tag = operation.get("tags").and_then(|tags| tags.get(0)).and_then(Json::as_str);
        let group = tag.unwrap_or_else(|| template.split('/').nth(1).unwrap_or("")).to_owned();
        let declared = is_declared(operation.get("security").or_else(|| description.get("security")));
        found.push(Operation { template: template.clone(), path, declared, group, parameters: parameters.len() });
    }
    found
}

/// At most `most` of those that can be called: declared ones first, then those with private names, spread over groups, with few
/// parameters first.
pub(super) fn choose(operations: &[Operation], most: usize) -> Vec<&Operation> {
    let mut callable: Vec<&Operation> = operations.iter().filter(|operation| operation.path.is_some()).collect();
    callable.sort_by_key(|operation| (operation.parameters, &operation.template));
    let mut seen: std::collections::BTreeMap<(u8, &str), usize> = std::collections::BTreeMap::new();
    let mut ranked: Vec<(u8, usize, &Operation)> = Vec::new();
    for operation in callable {
        let rank = if operation.declared { 0 } else { 2 - u8::from(operation.looks_private()) };
        let turn = seen.entry((rank, &operation.group)).or_insert(0);
        ranked.push((rank, *turn, operation));
        *turn += 1;
    }
    ranked.sort_by_key(|(rank, turn, _)| (*rank, *turn));
    ranked.into_iter().take(most).map(|(_, _, operation)| operation).collect()
}

/// The requirement holds if no alternative is empty: one empty alternative makes credentials optional.
fn is_declared(security: Option<&Json>) -> bool {
    let Some(alternatives) = security.and_then(Json::as_array) else { return false };
    !alternatives.is_empty() && alternatives.iter().all(|own| own.as_object().is_some_and(|own| !own.is_empty()))
}

/// The path that stands before every operation. Hosts are ignored: only the target is asked.
fn prefix(description: &Json) -> String {
    let swagger = description.get("basePath").and_then(Json::as_str);
    let server = description.get("servers").and_then(|servers| servers.get(0)?.get("url")?.as_str());
    let path = match (swagger, server) {
        (Some(path), _) => path,
        (None, Some(url)) => match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => url,
        },
        (None, None) => "",
    };
    let path = path.trim_end_matches('/');
    if path.contains('{') || path.contains("..") || (!path.is_empty() && !path.starts_with('/')) {
        String::new()
    } else {
        path.to_owned()
    }
}

/// What a reference within the document stands for; a few in a row.
fn follow<'a>(description: &'a Json, mut value: &'a Json) -> &'a Json {
    for _ in 0..REFERENCES {
        let Some(pointer) = value.get("$ref").and_then(Json::as_str).and_then(|to| to.strip_prefix('#')) else { break };
        let Some(next) = description.pointer(pointer) else { break };
        value = next;
    }
    value
}

/// The template with its required parameters. `None`: it needs something that a GET does not send by itself.
fn fill(description: &Json, template: &str, parameters: &[&Json], random: &str) -> Option<String> {
    let (mut path, mut query) = (template.to_owned(), Vec::new());
    for parameter in parameters {
        let name = parameter.get("name").and_then(Json::as_str)?;
        let required = parameter.get("required").and_then(Json::as_bool).unwrap_or(false);
        let value = || encode(&example(description, parameter, random));
        match parameter.get("in").and_then(Json::as_str) {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &value()),
            Some("query") if required => query.push(format!("{}={}", encode(name), value())),
            Some("header" | "cookie" | "body" | "formData") if required => return None,
            _ => {}
        }
    }
    // A parameter that is not described.
    while let (Some(open), Some(close)) = (path.find('{'), path.find('}')) {
        if close < open {
            return None;
        }
        path.replace_range(open..=close, "1");
    }
    let plain = path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic())
        && !path.contains("..")
        && !path.contains(['#', '?']);
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    plain.then(|| path + &query)
}

/// A value for a parameter: an example, a default, or one of its type.
fn example(description: &Json, parameter: &Json, random: &str) -> String {
    let schema = parameter.get("schema").map_or(parameter, |schema| follow(description, schema));
    let first = |value: &Json| match value {
        Json::Object(members) => members.values().next().map(|example| example.get("value").unwrap_or(example).clone()),
        Json::Array(items) => items.first().cloned(),
        _ => None,
    };
    let given = [
        parameter.get("example").cloned(),
        parameter.get("examples").and_then(first),
        schema.get("example").cloned(),
        schema.get("examples").and_then(first),
        schema.get("default").cloned(),
        schema.get("enum").and_then(first),
        schema.get("minimum").filter(|least| least.is_i64()).cloned(),
    ];
    let text = |value: Json| match value {
        Json::String(text) if !text.is_empty() && text.len() <= 200 => Some(text),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    if let Some(own) = given.into_iter().flatten().find_map(text) {
        return own;
    }
    let word = |name: &str| schema.get(name).and_then(|own| own.as_str().or_else(|| own.get(0)?.as_str())).unwrap_or("");
    match (word("type"), word("format")) {
        ("integer" | "number", _) => "1".to_owned(),
        ("boolean", _) => "true".to_owned(),
        (_, "uuid") => "00000000-0000-0000-0000-000000000000".to_owned(),
        (_, "date") => "2024-01-01".to_owned(),
        (_, "date-time") => "2024-01-01T00:00:00Z".to_owned(),
        (_, "email") => "nobody@example.invalid".to_owned(),
        _ => format!("readyctl-{random}"),
    }
}

fn encode(text: &str) -> String {
    super::scrub::percent(text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Json {
        parse(
            r##"{"openapi":"3.0.0","servers":[{"url":"https://other.example/api/"}],"security":[{"key":[]}],
            "components":{"parameters":{"id":{"name":"id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/id"}}},
                          "schemas":{"id":{"type":"integer"},"loop":{"$ref":"#/components/schemas/loop"}}},
            "paths":{
              "/items":{"get":{"tags":["items"]},"post":{}},
              "/items/{id}":{"parameters":[{"$ref":"#/components/parameters/id"}],"get":{"tags":["items"]}},
              "/open":{"get":{"security":[]}},
              "/optional":{"get":{"security":[{},{"key":[]}]}},
              "/search":{"get":{"parameters":[{"name":"q","in":"query","required":true,"schema":{"enum":["a b"]}},{"name":"x","in":"query"}]}},
              "/header":{"get":{"parameters":[{"name":"X-A","in":"header","required":true}]}},
              "/account/delete":{"get":{}},
              "/old":{"get":{"deprecated":true}},
              "/users/{name}":{"get":{"security":[],"parameters":[{"name":"name","in":"path","schema":{"$ref":"#/components/schemas/loop"}}]}},
              "/undescribed/{x}":{"get":{"security":[]}},
              "/bad":{"get":"text"}
            }}"##,
        )
        .unwrap()
    }

    #[test]
    fn operations_are_read_and_called() {
        let all = operations(&description(), "r");
        let find = |template: &str| all.iter().find(|own| own.template == template).unwrap();
        assert_eq!(all.len(), 10);
        assert_eq!(find("/items").path.as_deref(), Some("/api/items"));
        assert_eq!(find("/items/{id}").path.as_deref(), Some("/api/items/1"));
        assert_eq!(find("/search").path.as_deref(), Some("/api/search?q=a%20b"));
        assert_eq!(find("/users/{name}").path.as_deref(), Some("/api/users/readyctl-r"));
        assert_eq!(find("/undescribed/{x}").path.as_deref(), Some("/api/undescribed/1"));
        for skipped in ["/header", "/account/delete", "/old"] {
            assert_eq!(find(skipped).path, None, "{skipped}");
        }
        for (template, declared) in [("/items", true), ("/open", false), ("/optional", false)] {
            assert_eq!(find(template).declared, declared, "{template}");
        }
        assert!(find("/users/{name}").looks_private() && !find("/items").looks_private());
    }

    #[test]
    fn the_choice_is_spread_and_declared_first() {
        let all = operations(&description(), "r");
        let chosen: Vec<&str> = choose(&all, 4).iter().map(|own| own.template.as_str()).collect();
        assert_eq!(chosen, ["/items", "/search", "/items/{id}", "/users/{name}"]);
        assert_eq!(choose(&all, 100).len(), 7);
    }

    #[test]
    fn only_descriptions_are_taken_for_one() {
        assert!(parse("swagger: '2.0'\nbasePath: /v1\npaths:\n  /a: {get: {}}\n").is_some());
        for other in [
            "<html>openapi: 3</html>",
            "{\"paths\":{}}",
            "{\"openapi\":{},\"paths\":{}}",
            "",
            "text",
            "[1]",
            "{\"openapi\":\"3\"}",
        ] {
            assert!(parse(other).is_none(), "{other}");
        }
        let swagger = parse("swagger: '2.0'\nbasePath: /v1/\npaths:\n  /a: {get: {}}\n").unwrap();
        assert_eq!(operations(&swagger, "r")[0].path.as_deref(), Some("/v1/a"));
    }

    #[test]
    fn routes_with_parameters_are_not_called() {
        assert_eq!(Operation::route("/api/me", false).path.as_deref(), Some("/api/me"));
        for path in ["/users/:id", "/users/{id}", "/files/*", "/users/<int:id>", "logout", "/logout"] {
            assert_eq!(Operation::route(path, false).path, None, "{path}");
        }
    }
}
