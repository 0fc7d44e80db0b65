//! Odd answers and the facts they must give.

use std::collections::BTreeMap;

use super::{Answer, Sent, derive};
use crate::model::live::facts::OF_CAPTURE;
use crate::model::live::{Base, Facts, RequestKey, Shape, Value};

fn key() -> RequestKey {
    RequestKey::get("/")
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    Answer {
        url: "https://app.example/".to_owned(),
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
        ..Answer::default()
    }
}

fn of(headers: &[(&str, &str)], body: &str) -> Facts {
    derive(&key(), &Sent::default(), &[answer(200, headers, body)])
}

fn html(body: &str) -> Facts {
    of(&[("Content-Type", "text/html; charset=utf-8")], body)
}

fn flag(facts: &Facts, path: &str) -> Option<bool> {
    match facts.get(path) {
        Some(Value::Bool(value)) => Some(*value),
        None => None,
        other => panic!("{path}: {other:?}"),
    }
}

fn int(facts: &Facts, path: &str) -> Option<i64> {
    match facts.get(path) {
        Some(Value::Int(value)) => Some(*value),
        None => None,
        other => panic!("{path}: {other:?}"),
    }
}

fn text<'a>(facts: &'a Facts, path: &str) -> &'a str {
    match facts.get(path) {
        Some(Value::Text(value)) => value,
        other => panic!("{path}: {other:?}"),
    }
}

fn list<'a>(facts: &'a Facts, path: &str) -> Vec<&'a str> {
    match facts.get(path) {
        Some(Value::List(value)) => value.iter().map(String::as_str).collect(),
        None => Vec::new(),
        other => panic!("{path}: {other:?}"),
    }
}

fn cookie(line: &str) -> BTreeMap<String, Value> {
    match of(&[("Set-Cookie", line)], "").get("cookies") {
        Some(Value::Rows(rows)) => rows[0].clone(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn hsts_as_browsers_read_it() {
    // header → valid, max-age, includeSubDomains, preload
    type Row<'a> = (&'a str, bool, Option<i64>, Option<bool>, Option<bool>);
    let table: &[Row<'_>] = &[
        ("max-age=31536000; includeSubDomains; preload", true, Some(31_536_000), Some(true), Some(true)),
        ("MAX-AGE=\"0\" ;; INCLUDESUBDOMAINS", true, Some(0), Some(true), Some(false)),
        ("includeSubDomains", false, None, None, None),
        ("max-age", false, None, None, None),
        ("max-age=-1", false, None, None, None),
        ("max-age=1 year", false, None, None, None),
        ("max-age=1; max-age=2", false, None, None, None),
        ("max-age=31536000, max-age=0", false, Some(31_536_000), Some(false), Some(false)),
        ("max-age=99999999999999999999; unknown=1", true, Some(i64::MAX), Some(false), Some(false)),
        ("max-age=1 includeSubDomains", false, None, None, None),
    ];
    for (header, valid, age, subdomains, preload) in table {
        let facts = of(&[("Strict-Transport-Security", header)], "");
        assert_eq!(flag(&facts, "hsts.valid"), Some(*valid), "{header}");
        assert_eq!(int(&facts, "hsts.max-age"), *age, "{header}");
        assert_eq!(flag(&facts, "hsts.include-subdomains"), *subdomains, "{header}");
        assert_eq!(flag(&facts, "hsts.preload"), *preload, "{header}");
    }
    let twice = of(&[("Strict-Transport-Security", "max-age=10"), ("strict-transport-security", "max-age=20")], "");
    assert_eq!((flag(&twice, "hsts.valid"), int(&twice, "hsts.max-age")), (Some(false), Some(10)));
    assert_eq!(flag(&of(&[], ""), "hsts.valid"), None);
}

#[test]
fn policies_fall_back_and_hold_together() {
    let csp = |policy: &str| of(&[("Content-Security-Policy", policy)], "");
    // policy → unsafe-inline, sources of scripts
    let table: &[(&str, bool, &[&str])] = &[
        ("default-src 'self'", false, &["'self'"]),
        ("default-src 'self'; script-src 'unsafe-inline'", true, &["'unsafe-inline'"]),
        ("script-src 'unsafe-inline' 'nonce-Ab1'", false, &["'nonce-Ab1'"]),
        ("script-src 'UNSAFE-INLINE' 'sha256-xYz='", false, &["'sha256-xYz='"]),
        ("script-src 'strict-dynamic' 'nonce-a' https: 'unsafe-inline' *", false, &["'strict-dynamic'", "'nonce-a'"]),
        ("script-src 'self'; script-src 'unsafe-inline'", false, &["'self'"]),
        ("SCRIPT-SRC *", false, &["*"]),
        ("script-src", false, &["'none'"]),
        ("img-src *", true, &[]),
        ("default-src 'self'; script-src-attr 'unsafe-inline'", true, &["'self'"]),
        ("default-src 'unsafe-inline', script-src 'self'", false, &["'self'"]),
    ];
    for (policy, inline, sources) in table {
        let facts = csp(policy);
        assert_eq!(flag(&facts, "csp.unsafe-inline"), Some(*inline), "{policy}");
        assert_eq!(list(&facts, "csp.directive.script-src"), *sources, "{policy}");
    }
    let facts = csp("default-src 'none'; frame-ancestors 'self'; upgrade-insecure-requests");
    assert_eq!(list(&facts, "csp.frame-ancestors"), ["'self'"]);
    assert_eq!(list(&facts, "csp.directive.worker-src"), ["'none'"]);
    assert!(facts.contains_key("csp.directive.upgrade-insecure-requests"));
    assert!(!facts.contains_key("csp.directive.base-uri"), "no fallback");
    let facts = of(&[("Content-Security-Policy-Report-Only", "default-src 'self'"), ("Content-Security-Policy", " ")], "");
    assert_eq!((flag(&facts, "csp.enforced"), flag(&facts, "csp.report-only")), (Some(false), Some(true)));
}

#[test]
fn a_policy_in_a_meta_element_has_no_frame_ancestors() {
    let facts = html(
        "<head><!-- <meta http-equiv=Content-Security-Policy content=\"object-src *\"> -->\
         <META content='default-src &#39;self&#39;; frame-ancestors &quot;x&quot;' Http-Equiv=\"content-security-policy\"></head>",
    );
    assert_eq!(flag(&facts, "csp.enforced"), Some(true));
    assert_eq!(list(&facts, "csp.directive.script-src"), ["'self'"]);
    assert_eq!(list(&facts, "csp.directive.object-src"), ["'self'"]);
    assert!(!facts.contains_key("csp.frame-ancestors"));
    let only = html("<meta http-equiv=content-security-policy content=\"frame-ancestors 'none'\">");
    assert_eq!(flag(&only, "csp.enforced"), Some(false));
    let quoted = html("<script>var x = '<meta http-equiv=content-security-policy content=\"default-src *\">'</script>");
    assert_eq!(flag(&quoted, "csp.enforced"), Some(false));
}

#[test]
fn cookies_are_read_raw() {
    type Row<'a> = (&'a str, &'a str, bool, bool, &'a str, bool, bool, bool);
    // line → name, secure, http-only, same-site, prefix-ok, session-like, deletion
    let table: &[Row<'_>] = &[
        ("connect.sid=s%3Aabc; Path=/; HttpOnly", "connect.sid", false, true, "missing", true, true, false),
        ("PHPSESSID=abc; secure; HTTPONLY; samesite=LAX", "PHPSESSID", true, true, "lax", true, true, false),
        ("sid=abc; SameSite=foo", "sid", false, false, "invalid", true, true, false),
        ("sid=abc; SameSite", "sid", false, false, "invalid", true, true, false),
        ("sid=abc; SameSite=Lax; SameSite=None", "sid", false, false, "none", true, true, false),
        ("__Host-session=abc; Secure; Path=/", "__Host-session", true, false, "missing", true, true, false),
        ("__host-session=abc; Secure; Path=/; Domain=x.example", "__host-session", true, false, "missing", false, true, false),
        ("__Host-session=abc; Secure", "__Host-session", true, false, "missing", false, true, false),
        ("__Secure-token=abc", "__Secure-token", false, false, "missing", false, true, false),
        ("sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid", false, false, "missing", true, true, true),
        ("sid=deleted; expires=Thu, 01-Jan-70 00:00:01 GMT", "sid", false, false, "missing", true, true, true),
        ("sid=x; Max-Age=0", "sid", false, false, "missing", true, true, true),
        ("sid=x; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid", false, false, "missing", true, true, false),
        ("sid=x; Max-Age=abc", "sid", false, false, "missing", true, true, false),
        ("XSRF-TOKEN=abc; Secure", "XSRF-TOKEN", true, false, "missing", true, false, false),
        ("csrftoken=abc", "csrftoken", false, false, "missing", true, false, false),
        ("AWSALB=abc; Path=/", "AWSALB", false, false, "missing", true, false, false),
        ("heroku-session-affinity=abc", "heroku-session-affinity", false, false, "missing", true, false, false),
        ("__cf_bm=abc; secure", "__cf_bm", true, false, "missing", true, false, false),
        ("author=x", "author", false, false, "missing", true, false, false),
        ("inside=x", "inside", false, false, "missing", true, false, false),
        ("accessToken=x", "accessToken", false, false, "missing", true, true, false),
        ("laravel_session=x; httponly", "laravel_session", false, true, "missing", true, true, false),
        (".AspNetCore.Cookies=x", ".AspNetCore.Cookies", false, false, "missing", true, true, false),
        ("novalue", "", false, false, "missing", true, false, false),
    ];
    for (line, name, secure, http_only, same_site, prefix_ok, session_like, deletion) in table {
        let row = cookie(line);
        let expected = BTreeMap::from([
            ("name".to_owned(), Value::Text((*name).to_owned())),
            ("secure".to_owned(), Value::Bool(*secure)),
            ("http-only".to_owned(), Value::Bool(*http_only)),
            ("same-site".to_owned(), Value::Text((*same_site).to_owned())),
            ("prefix-ok".to_owned(), Value::Bool(*prefix_ok)),
            ("session-like".to_owned(), Value::Bool(*session_like)),
            ("deletion".to_owned(), Value::Bool(*deletion)),
        ]);
        let own: BTreeMap<_, _> = row.into_iter().filter(|(field, _)| field != "max-age" && field != "lifetime").collect();
        assert_eq!(own, expected, "{line}");
    }
    assert_eq!(cookie("a=b; Max-Age=60; Max-Age=x")["max-age"], Value::Int(60));
    let past = [("Date", "Sat, 21 Nov 2026 20:00:00 GMT"), ("Set-Cookie", "sid=x; Expires=Fri, 20 Nov 2026 00:00:00 GMT")];
    let Some(Value::Rows(rows)) = of(&past, "").remove("cookies") else { panic!() };
    assert_eq!(rows[0]["deletion"], Value::Bool(true));
}

#[test]
fn an_echo_of_the_origin_is_told_from_a_list() {
    let sent = Sent { headers: vec![("origin".to_owned(), "https://x.invalid".to_owned())], ..Sent::default() };
    let cors = |headers: &[(&str, &str)]| derive(&key(), &sent, &[answer(200, headers, "")]);
    let facts = cors(&[
        ("Access-Control-Allow-Origin", "https://x.invalid"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "get, Put"),
        ("Access-Control-Allow-Headers", "X-A,*"),
        ("Access-Control-Max-Age", "600"),
        ("Vary", "Accept-Encoding"),
        ("vary", "Origin"),
    ]);
    assert_eq!((flag(&facts, "cors.echoed"), flag(&facts, "cors.credentials")), (Some(true), Some(true)));
    assert_eq!(list(&facts, "cors.methods"), ["GET", "PUT"]);
    assert_eq!(list(&facts, "cors.headers"), ["x-a", "*"]);
    assert_eq!((flag(&facts, "cors.vary-origin"), int(&facts, "cors.max-age")), (Some(true), Some(600)));
    let facts = cors(&[("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "TRUE")]);
    assert_eq!((flag(&facts, "cors.echoed"), flag(&facts, "cors.credentials")), (Some(false), Some(false)));
    let facts = cors(&[]);
    assert_eq!((flag(&facts, "cors.echoed"), facts.get("cors.allow-origin")), (Some(false), None));
    assert_eq!(flag(&of(&[], ""), "cors.echoed"), None, "no origin was sent");
}

#[test]
fn cache_directives_outside_of_quotes_count() {
    let cache = |value: &str| of(&[("Cache-Control", value)], "");
    let facts = cache("Private, no-cache=\"Set-Cookie, public\", max-age=\"60\", max-age=90");
    assert_eq!((flag(&facts, "cache.private"), flag(&facts, "cache.no-cache")), (Some(true), Some(false)));
    assert_eq!((flag(&facts, "cache.public"), int(&facts, "cache.max-age")), (Some(false), Some(60)));
    assert_eq!(flag(&cache("no-store"), "cache.no-store"), Some(true));
    assert_eq!(flag(&cache("public, immutable"), "cache.immutable"), Some(true));
    assert_eq!(flag(&of(&[], ""), "cache.no-store"), Some(false));
}

/// A chain of redirects by URL, status and location; the last entry has no location if an answer followed.
fn chain(hops: &[(&str, u16, &str)]) -> Facts {
    let hops: Vec<Answer> = hops
        .iter()
        .map(|(url, status, to)| Answer {
            url: (*url).to_owned(),
            headers: if to.is_empty() { Vec::new() } else { vec![("Location".to_owned(), (*to).to_owned())] },
            ..answer(*status, &[], "")
        })
        .collect();
    derive(&RequestKey { base: Base::Plain, follow: true, ..key() }, &Sent::default(), &hops)
}

#[test]
fn redirects_are_judged_over_the_chain() {
    let facts = chain(&[("http://a.example/", 301, "https://a.example/"), ("https://a.example/", 200, "")]);
    assert_eq!((int(&facts, "redirects.count"), int(&facts, "redirects.first-status")), (Some(1), Some(301)));
    assert_eq!(text(&facts, "redirects.final"), "https://a.example/");
    assert_eq!(text(&facts, "redirects.offhost"), "none");
    assert_eq!((flag(&facts, "redirects.loop"), flag(&facts, "redirects.downgrade")), (Some(false), Some(false)));

    let facts = chain(&[("http://a.example/", 302, "//www.a.example/x")]);
    assert_eq!(text(&facts, "redirects.first-location"), "http://www.a.example/x");
    assert_eq!((text(&facts, "redirects.offhost"), text(&facts, "redirects.final")), ("first", "http://www.a.example/x"));

    let facts = chain(&[("https://a.example/", 302, "/b"), ("https://a.example/b", 302, "http://b.example/login?x=1")]);
    assert_eq!((text(&facts, "redirects.offhost"), flag(&facts, "redirects.downgrade")), ("later", Some(true)));
    assert_eq!(flag(&facts, "redirects.login"), Some(true));

    let facts = chain(&[("https://a.example/", 302, "/b"), ("https://a.example/b", 302, "/#top")]);
    assert_eq!(flag(&facts, "redirects.loop"), Some(true));

    let plain = chain(&[("http://a.example/", 200, "")]);
    assert_eq!((int(&plain, "redirects.count"), text(&plain, "redirects.final")), (Some(0), "http://a.example/"));
    assert_eq!(flag(&chain(&[("https://a.example/", 302, "/blogin")]), "redirects.login"), Some(false));
    // A page that tests whether cookies come back is no loop.
    let mut asks = answer(302, &[("Location", "/"), ("Set-Cookie", "probe=1")], "");
    asks.url = "https://app.example/".to_owned();
    assert_eq!(flag(&derive(&key(), &Sent::default(), &[asks]), "redirects.loop"), Some(false));
}

#[test]
fn traces_need_a_frame_and_an_exception() {
    let traces = [
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 12, in f\nValueError: x",
        "java.lang.IllegalStateException: x\n\tat com.acme.Shop.buy(Shop.java:12)",
        "<pre>TypeError: x is not a function<br> &nbsp; &nbsp;at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)</pre>",
        "System.NullReferenceException: x\n   at Acme.Shop.Buy(Int32 id) in C:\\src\\Shop.cs:line 12",
        "<b>Fatal error</b>: Uncaught Error in <b>/var/www/x.php</b> on line <b>3</b>",
        "NoMethodError\napp/models/x.rb:12:in `call'",
        "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:8 +0x39",
        "thread 'main' panicked at src/main.rs:3:5:",
    ];
    for trace in traces {
        assert_eq!(flag(&of(&[], trace), "trace"), Some(true), "{trace}");
    }
    for none in ["Error: not found", "See File \"x\", line 3", "at the shop (open 10:30:00)", "TypeError happens at runtime"] {
        assert_eq!(flag(&of(&[], none), "trace"), Some(false), "{none}");
    }
}

#[test]
fn a_page_tells_what_it_loads() {
    let facts = html(
        "<script src='//cdn.other.example/a.js'></script><script src=https://cdn.other.example/b.js integrity=sha384-x></script>\
         <script src=https://static.app.example/c.js></script><script src=/d.js></script>\
         <img src=http://img.example/x.png><a href='http://link.example/?Token=abcdef&x=1'>x</a><link rel=canonical href=http://c.example/>\
         <link rel='shortcut icon' href='http://app.example/i.ico'>",
    );
    assert_eq!(list(&facts, "unpinned-scripts"), ["https://cdn.other.example/a.js"]);
    assert_eq!(list(&facts, "mixed"), ["http://app.example/i.ico", "http://img.example/x.png"]);
    assert_eq!(list(&facts, "links.credential"), ["token"]);
    assert!(!text(&facts, "body").contains("abcdef"));
    let upgraded = of(
        &[("Content-Type", "text/html"), ("Content-Security-Policy", "upgrade-insecure-requests")],
        "<img src=http://img.example/x.png>",
    );
    assert!(list(&upgraded, "mixed").is_empty());
    let shared = Answer {
        url: "https://one.github.io/".to_owned(),
        ..answer(200, &[("Content-Type", "text/html")], "<script src=https://two.github.io/x.js></script>")
    };
    assert_eq!(list(&derive(&key(), &Sent::default(), &[shared]), "unpinned-scripts").len(), 1);
}

#[test]
fn values_of_an_environment_file_are_not_kept() {
    let body = "# settings\nDB_PASSWORD=hunter2hunter2\nexport API_URL=\"https://x.example\"\nEMPTY=\n";
    let facts = of(&[("Content-Type", "text/plain")], body);
    assert_eq!(list(&facts, "env-keys"), ["DB_PASSWORD", "API_URL", "EMPTY"]);
    assert!(!format!("{facts:?}").contains("hunter2"), "{facts:?}");
    assert!(!format!("{facts:?}").contains("x.example"), "{facts:?}");
    for none in ["A=1", "hello world\nthis is = text\nno file", "<p>A=1</p>\n<p>B=2</p>", "a=1\nb=2\n"] {
        assert!(list(&of(&[], none), "env-keys").is_empty(), "{none}");
    }
}

#[test]
fn tokens_are_named_and_not_kept() {
    let aws = ["AKIA", "ABCDEFGHIJKLMNOP"].concat();
    let key = ["-----BEGIN RSA PRIVATE", " KEY-----\nMIIEabcdefghijklmnop\n-----END RSA PRIVATE KEY-----"].concat();
    let body = format!("{{\"k\":\"{aws}\", \"dsn\":\"postgres://u:{}@db/x\"}}\n{key}", "hunter2hunter2");
    let facts = of(&[("Content-Type", "text/plain")], &body);
    assert_eq!(list(&facts, "secret-like"), ["aws-access-key", "connection-string", "private-key"]);
    let shown = format!("{facts:?}");
    assert!(!shown.contains(&aws) && !shown.contains("hunter2") && !shown.contains("MIIE"), "{shown}");
    assert!(shown.contains("BEGIN RSA PRIVATE KEY"), "{shown}");
    let env = format!("AWS_KEY={aws}\nOTHER=1\n");
    assert_eq!(list(&of(&[], &env), "secret-like"), ["aws-access-key"]);
}

#[test]
fn json_is_read_by_dotted_keys() {
    let facts =
        of(&[("Content-Type", "application/problem+json")], r#"{"status":"DOWN","parts":[{"db":true}],"n":1.5,"x":null}"#);
    assert_eq!((text(&facts, "json.status"), text(&facts, "json.parts.0.db"), text(&facts, "json.n")), ("DOWN", "true", "1.5"));
    assert_eq!(flag(&facts, "is-json"), Some(true));
    assert_eq!(flag(&of(&[("Content-Type", "application/json")], "{"), "is-json"), Some(false));
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(flag(&of(&[("Content-Type", "application/json")], &deep), "is-json"), Some(true));
    let masked = of(&[("Content-Type", "application/json")], r#"{"password":"hun\"ter2","status":"up"}"#);
    assert_eq!((flag(&masked, "is-json"), text(&masked, "json.status")), (Some(true), "up"));
    assert!(!format!("{masked:?}").contains("ter2"));
}

#[test]
fn banners_name_a_version() {
    let facts =
        of(&[("Server", "nginx/1.22.1"), ("X-Powered-By", "Express"), ("Via", "1.1 varnish"), ("X-AspNet-Version", "4")], "");
    assert_eq!(list(&facts, "version-banner"), ["Server: nginx/1.22.1", "X-Aspnet-Version: 4"]);
    for none in ["nginx", "cloudflare", "AmazonS3", "gws", "ECS (dcb/7F83)", "ECAcc (lac/5512)"] {
        assert!(list(&of(&[("Server", none)], ""), "version-banner").is_empty(), "{none}");
    }
}

#[test]
fn limits_are_seen_in_every_form() {
    for name in ["RateLimit", "RateLimit-Policy", "ratelimit-remaining", "X-RateLimit-Limit", "X-Rate-Limit-Reset", "Retry-After"]
    {
        assert_eq!(flag(&of(&[(name, "1")], ""), "rate-limit"), Some(true), "{name}");
    }
    assert_eq!(flag(&of(&[("Rate", "1")], ""), "rate-limit"), Some(false));
}

fn found(path: &str, shape: Shape, own: (u16, &str, &str), miss: Option<(u16, &str, &str)>) -> Option<bool> {
    let make = |(status, media, body): (u16, &str, &str), path: &str| Answer {
        url: format!("https://app.example{path}"),
        ..answer(status, &[("Content-Type", media)], body)
    };
    let sent = Sent {
        path: path.to_owned(),
        calibration: miss.into_iter().map(|miss| make(miss, "/.abcdefabcdef/config")).collect(),
        ..Sent::default()
    };
    flag(&derive(&RequestKey { calibrate: Some(shape), ..key() }, &sent, &[make(own, path)]), "found")
}

#[test]
fn a_catch_all_page_is_no_find() {
    let page = "<html><title>App</title><body>Welcome to the app, request 12345</body></html>";
    let other = "<html><title>App</title><body>Welcome to the app, request 999</body></html>";
    assert_eq!(found("/.git/config", Shape::DotDir, (200, "text/html", page), None), Some(false));
    assert_eq!(found("/healthz", Shape::Page, (200, "text/html", page), Some((200, "text/html", other))), Some(false));
    assert_eq!(found("/healthz", Shape::Page, (200, "text/plain", "ok"), Some((200, "text/html", other))), Some(true));
    assert_eq!(found("/healthz", Shape::Page, (404, "text/plain", "ok"), None), Some(false));
    assert_eq!(
        found("/.env", Shape::DotFile, (200, "text/plain", "A=1\nB=2"), Some((200, "text/plain", "A=1\nB=2"))),
        Some(false)
    );
    assert_eq!(
        found("/.env", Shape::DotFile, (200, "text/plain", "A=1\nSECRET=2\n"), Some((200, "text/html", page))),
        Some(true)
    );
    assert_eq!(found("/.env", Shape::DotFile, (200, "text/html", "A=1\nB=2"), Some((404, "text/html", page))), Some(true));
    assert_eq!(
        found("/.git/", Shape::DotDir, (200, "text/html", "<html>Index of /.git/</html>"), Some((404, "", ""))),
        Some(true)
    );
    // A page that quotes the path that was asked for.
    let quotes = |path: &str| format!("{{\"error\":\"no route for {path}\",\"path\":\"{path}\"}}");
    let (one, two) = (quotes("/health.json"), quotes("/.abcdefabcdef/config"));
    assert_eq!(
        found("/health.json", Shape::Json, (200, "application/json", &one), Some((200, "application/json", &two))),
        Some(false)
    );
    assert_eq!(flag(&of(&[], ""), "found"), None);
}

#[test]
fn an_error_is_all_there_is_unless_plain_http_had_answered() {
    let sent = Sent { error: Some("timeout".to_owned()), ..Sent::default() };
    let moved = answer(301, &[("Location", "https://app.example/x")], "");
    let facts = derive(&key(), &sent, std::slice::from_ref(&moved));
    assert_eq!((facts.len(), text(&facts, "error")), (1, "timeout"));
    let facts = derive(&RequestKey { base: Base::Plain, ..key() }, &sent, &[moved]);
    assert_eq!((facts.get("error"), text(&facts, "redirects.final")), (None, "https://app.example/x"));
}

#[test]
fn a_burst_counts() {
    let many = RequestKey { times: 4, ..key() };
    let limited = answer(429, &[("Retry-After", "1")], "");
    let hops = [answer(200, &[], ""), answer(500, &[], ""), limited];
    let facts = derive(&many, &Sent { attempts: 4, ..Sent::default() }, &hops);
    assert_eq!((int(&facts, "burst.sent"), int(&facts, "burst.first-limited")), (Some(4), Some(3)));
    assert_eq!((flag(&facts, "burst.retry-after"), int(&facts, "burst.errors")), (Some(true), Some(1)));
}

#[test]
fn a_body_that_cannot_be_read_has_no_facts() {
    let opaque = Answer { opaque: true, ..answer(200, &[("Content-Encoding", "br")], "") };
    let facts = derive(&key(), &Sent::default(), std::slice::from_ref(&opaque));
    assert_eq!((facts.get("body"), facts.get("length"), text(&facts, "content-encoding")), (None, None, "br"));
    let asked = RequestKey { calibrate: Some(Shape::File), ..key() };
    assert_eq!(flag(&derive(&asked, &Sent::default(), std::slice::from_ref(&opaque)), "found"), None);
    assert_eq!(flag(&derive(&asked, &Sent::default(), &[Answer { status: 404, ..opaque }]), "found"), Some(false));
}

#[test]
fn duplicates_of_nosniff_stay_visible() {
    let facts = of(&[("X-Content-Type-Options", " nosniff, nosniff"), ("x-content-type-options", "nosniff")], "");
    assert_eq!(list(&facts, "header.x-content-type-options"), ["nosniff, nosniff", "nosniff"]);
}

/// Answers that between them give every fact.
fn samples() -> Vec<Facts> {
    let origin = Sent { headers: vec![("Origin".to_owned(), "https://x.invalid".to_owned())], ..Sent::default() };
    let rich = answer(
        200,
        &[
            ("Content-Type", "text/html"),
            ("Content-Encoding", "gzip"),
            ("Strict-Transport-Security", "max-age=1"),
            ("Content-Security-Policy", "script-src 'self'; frame-ancestors 'none'"),
            ("Set-Cookie", "sid=1; Max-Age=5"),
            ("Access-Control-Allow-Origin", "https://x.invalid"),
            ("Access-Control-Allow-Methods", "GET"),
            ("Access-Control-Allow-Headers", "x"),
            ("Access-Control-Max-Age", "1"),
            ("Cache-Control", "max-age=1"),
            ("Server", "nginx/1.2"),
        ],
        &["<img src=http://a/><script src=https://b.example/x.js></script><a href='?token=1'>", "AKIA", "ABCDEFGHIJKLMNOP"]
            .concat(),
    );
    let moved = answer(301, &[("Location", "/x")], "");
    vec![
        derive(&key(), &Sent { error: Some("dns".to_owned()), ..Sent::default() }, &[]),
        derive(&RequestKey { calibrate: Some(Shape::Page), ..key() }, &origin, &[moved, rich]),
        of(&[("Content-Type", "application/json")], "{\"status\":1}"),
        of(&[], "A=1\nB=2\n"),
        derive(&RequestKey { times: 2, ..key() }, &Sent::default(), &[answer(429, &[("Retry-After", "1")], "")]),
    ]
}

#[test]
fn every_declared_fact_is_produced_and_has_its_type() {
    use crate::model::live::facts::{Kind, kind};
    let samples = samples();
    for fact in OF_CAPTURE {
        let produced = samples.iter().flat_map(BTreeMap::keys).any(|path| match fact.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == fact.path,
        });
        assert!(produced, "no sample gives {}", fact.path);
    }
    for (path, value) in samples.iter().flatten() {
        let fits = match (kind(path, false), value) {
            (Some(Kind::Bool), Value::Bool(_)) | (Some(Kind::Int), Value::Int(_)) => true,
            (Some(Kind::Text), Value::Text(_)) | (Some(Kind::List), Value::List(_)) => true,
            (Some(Kind::Word(words)), Value::Text(word)) => words.contains(&word.as_str()),
            (Some(Kind::Rows(fields)), Value::Rows(rows)) => {
                rows.iter().all(|row| row.keys().all(|key| fields.iter().any(|(name, _)| name == key)))
            }
            _ => false,
        };
        assert!(fits, "{path}: {value:?}");
    }
}

/// What texts with secrets are made of.
const PIECES: &[&str] = &[
    "password",
    "token",
    "=",
    ": ",
    "\"",
    "'",
    "\n",
    "abcdefgh12",
    "DB_KEY=",
    "?sid=",
    "&",
    "://u:",
    "@",
    " ",
    "masked-",
    "-3",
    "-----BEGIN RSA PRIVATE",
    " KEY-----",
    "<input name=csrf value='",
    ">",
    "\\",
    "eyJ",
    "hbGciOiJI.",
    "postgres",
    "#",
    "export ",
];

#[test]
fn masking_twice_changes_nothing() {
    let bodies = [
        "DB_PASSWORD=hunter2hunter2\nA=\"b\"\n",
        "{\"token\": \"abcdefgh\", 'secret': 'x y z'}",
        "password: hunter2hunter2\n<input name=csrf_token type=hidden value=\"abcdef\">",
        "https://u:hunter2@x.example/?token=abcdef&x=1#access_token=abc",
        &["eyJ", "hbGciOiJI.eyJzdWIiOiIxMjM.abcdefghijk"].concat(),
    ];
    for body in bodies {
        let once =
            crate::live::mask::answer(&answer(200, &[("Set-Cookie", "sid=abc; Path=/"), ("X-Auth-Token", "abcdef")], body));
        assert_ne!(once.body, body.as_bytes(), "{body}");
        assert_eq!(crate::live::mask::answer(&once), once, "{body}");
    }
}

proptest::proptest! {
    #[test]
    fn masking_is_stable(parts in proptest::collection::vec(0usize..PIECES.len(), 0..12)) {
        let text: String = parts.iter().map(|at| PIECES[*at]).collect();
        let once = crate::live::mask::body(&text);
        assert_eq!(crate::live::mask::body(&once), once);
    }

    #[test]
    fn hostile_answers_do_no_harm(header in ".{0,80}", body in "[<>/a-z=\"' !;,#&\\-]{0,200}") {
        let names = ["Strict-Transport-Security", "Content-Security-Policy", "Set-Cookie", "Cache-Control", "Location", "Via"];
        let mut headers: Vec<(&str, &str)> = names.iter().map(|name| (*name, header.as_str())).collect();
        headers.push(("Content-Type", "text/html"));
        let facts = derive(&key(), &Sent::default(), &[answer(302, &headers, &body)]);
        assert_eq!(int(&facts, "status"), Some(302));
    }
}
