//! `audit --url` as a user runs it, against servers of this process: verdicts, the join with files, what is sent, exit codes.

use std::collections::BTreeMap;
use std::process::Output;

use serde_json::Value;

use crate::live::fixture::Fixture;
use crate::live::mode::{Mode, Version};
use crate::live::mutation::passing;
use crate::support::{readyctl, stderr, stdout, tree};

const CHECKS: &[&str] = &["cors", "tls", "auth/session-cookie-flags"];

/// An audit of the fixture, as JSON.
fn audit(fixture: &Fixture, arguments: &[&str]) -> Output {
    let (url, http, ca) = (fixture.url(), fixture.http_url(), fixture.ca_file().display().to_string());
    let mut all = vec!["audit"];
    all.extend(arguments);
    all.extend(["--url", &url, "--http-url", &http, "--ca-file", &ca, "--as-public", "--format", "json", "--no-config"]);
    CHECKS.iter().for_each(|check| all.extend(["--only", check]));
    readyctl(&all).output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("no report: {}", stderr(output)))
}

fn statuses(report: &Value) -> BTreeMap<String, String> {
    let rows = report["checks"].as_array().unwrap().iter();
    rows.map(|row| (row["id"].as_str().unwrap().to_owned(), row["status"].as_str().unwrap().to_owned())).collect()
}

fn row<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["checks"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap()
}

#[test]
fn a_good_site_passes_and_each_fault_is_found_by_its_check() {
    let good = Fixture::start(&[]);
    let output = audit(&good, &[]);
    let found = statuses(&report(&output));
    let passing: Vec<&str> = passing().filter(|id| found.contains_key(*id)).collect();
    assert!(passing.len() >= 12, "{passing:?}");
    for id in passing {
        assert_eq!(found[id], "pass", "{id}: {}", row(&report(&output), id));
    }
    assert_eq!(found["cors/explicit-production-origins"], "not_applicable");
    let first = stderr(&output).lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("localhost") && first.contains("127.0.0.1") && first.contains("passive, at most"), "{first}");
    // Faults that do not touch each other share a site.
    type Fault = (&'static str, &'static str);
    let faults: &[(&[Mode], &[Fault])] = &[
        (
            &[Mode::NoHsts, Mode::CookieBare, Mode::CorsStar, Mode::PlainServes, Mode::Accepts(Version::Tls10)],
            &[
                ("tls/hsts", "fail"),
                ("auth/session-cookie-flags", "fail"),
                ("cors/no-wildcard-origin", "partial"),
                ("tls/http-redirects-to-https", "fail"),
                ("tls/protocol-versions", "fail"),
            ],
        ),
        (
            &[Mode::HstsZero, Mode::CookiePrefix, Mode::CorsEchoCredentials, Mode::PlainTemporary],
            &[
                ("tls/hsts", "fail"),
                ("auth/session-cookie-flags", "partial"),
                ("cors/no-origin-reflection", "fail"),
                ("cors/no-credentials-with-wildcard", "fail"),
                ("tls/http-redirects-to-https", "partial"),
            ],
        ),
        (
            &[Mode::HstsTwice, Mode::NoCookies, Mode::CorsEcho, Mode::PlainOffHost],
            &[
                ("tls/hsts", "partial"),
                ("auth/session-cookie-flags", "unknown"),
                ("cors/no-origin-reflection", "partial"),
                ("tls/http-redirects-to-https", "fail"),
            ],
        ),
        (
            &[Mode::CorsNull, Mode::PlainRefused],
            &[("cors/no-origin-reflection", "fail"), ("tls/http-redirects-to-https", "pass")],
        ),
        (&[Mode::Expired], &[("tls/certificate-valid", "fail"), ("tls/https-enabled", "partial"), ("tls/hsts", "unknown")]),
        (&[Mode::WrongName], &[("tls/certificate-valid", "fail")]),
        (&[Mode::SelfSigned], &[("tls/certificate-valid", "fail")]),
        (&[Mode::MissingIntermediate], &[("tls/certificate-valid", "fail")]),
    ];
    let mut wrong = Vec::new();
    for (modes, expected) in faults {
        let site = Fixture::start(modes);
        let report = report(&audit(&site, &[]));
        let found = statuses(&report);
        for (id, wanted) in expected.iter().filter(|(id, wanted)| found[*id] != *wanted) {
            wrong.push(format!("{modes:?}: {id} is {}, not {wanted}: {}", found[*id], row(&report, id)["reason"]));
        }
        assert!(site.canary_is_untouched(), "{modes:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn evidence_names_the_exchange_and_contradicts_what_files_say() {
    let nginx = "events {}\nhttp {\n  server {\n    listen 443 ssl;\n    add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always;\n    location / { proxy_pass http://127.0.0.1:8000; }\n  }\n}\n";
    let folder = tree(&[
        ("requirements.txt", "fastapi==0.115.0\n"),
        ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
        ("nginx.conf", nginx),
    ]);
    let site = Fixture::start(&[Mode::NoHsts]);
    let report = report(&audit(&site, &[folder.path().to_str().unwrap()]));
    assert_eq!(report["target"]["url"], format!("{}/", site.url()));
    let hsts = row(&report, "tls/hsts");
    assert_eq!(hsts["status"], "fail");
    assert_eq!(hsts["contradiction"], serde_json::json!(["static", "live"]));
    assert!(hsts["reason"].as_str().unwrap().contains("nginx.conf:5 says otherwise"), "{hsts}");
    let live = hsts["evidence"].as_array().unwrap().iter().find(|piece| piece["plane"] == "live").unwrap();
    assert_eq!((live["kind"].as_str(), live["exchange"]["method"].as_str()), (Some("finding"), Some("GET")));
    assert_eq!((live["exchange"]["status"].as_u64(), live["exchange"]["hops"].as_u64()), (Some(200), Some(1)));
    assert!(live["message"].as_str().unwrap().starts_with("GET https://localhost:"), "{live}");
    assert!(live["fingerprint"].is_string());
    let verify = hsts["remediation"]["verify"].as_str().unwrap();
    assert!(verify.contains("--url https://localhost:") && verify.contains("--only tls/hsts"), "{verify}");
}

#[test]
fn a_dead_endpoint_leaves_what_files_say_and_exits_3() {
    let site = Fixture::start(&[Mode::PlainRefused]);
    let dead = site.http_url();
    let folder =
        tree(&[("requirements.txt", "fastapi==0.115.0\n"), ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")]);
    let path = folder.path().to_str().unwrap();
    let run = |more: &[&str]| {
        let mut all = vec!["audit", path, "--url", &dead, "--as-public", "--format", "json", "--no-config", "--only", "cors"];
        all.extend(more);
        readyctl(&all).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(3));
    let json = report(&output);
    assert_eq!(statuses(&json)["cors/no-origin-reflection"], "error");
    assert!(row(&json, "cors/no-origin-reflection")["reason"].as_str().unwrap().contains("refused"));
    // No live part, and a decision of files: both as without an endpoint.
    assert_ne!(statuses(&json)["cors/explicit-production-origins"], "error");
    let optional = run(&["--live-optional"]);
    assert_eq!(optional.status.code(), Some(0));
    assert_eq!(statuses(&report(&optional))["cors/no-origin-reflection"], "unknown");
}

#[test]
fn options_of_the_endpoint_need_one_and_credentials_come_from_the_environment() {
    let refused = |arguments: &[&str], wanted: &str| {
        let output = readyctl(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(wanted), "{arguments:?}: {}", stderr(&output));
    };
    for option in ["--active", "--dry-run", "--insecure", "--live-optional"] {
        refused(&["audit", "fixtures/chat-demo", option], "--url");
    }
    let url = ["audit", "--url", "https://app.example"];
    refused(&[&url[..], &["--header", "Authorization: Bearer x"]].concat(), "--auth-env");
    refused(&[&url[..], &["--header", "Cookie: a=b"]].concat(), "--cookie");
    refused(&[&url[..], &["--header", "X-Api-Key: abc"]].concat(), "env:VARIABLE");
    refused(&[&url[..], &["--header", "no header"]].concat(), "NAME: VALUE");
    refused(&[&url[..], &["--auth-env", "READYCTL_TEST_UNSET"]].concat(), "READYCTL_TEST_UNSET is not set");
    refused(&["audit", "--url", "ftp://app.example"], "only http and https");
    refused(&[&url[..], &["-4", "-6"]].concat(), "cannot be used with");
}

#[test]
fn a_recording_replays_to_the_same_report_and_a_dry_run_sends_nothing() {
    let site = Fixture::start(&[Mode::NoHsts, Mode::CookieBare]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json").display().to_string();
    let dry = audit(&site, &["--dry-run"]);
    assert!(dry.status.success() && stdout(&dry).contains("OPTIONS"), "{}", stderr(&dry));
    assert!(site.received().is_empty());
    let credential = ["Bearer ", "s3cr3t", "-of-the-user"].concat();
    let (url, http, ca) = (site.url(), site.http_url(), site.ca_file().display().to_string());
    let mut arguments = vec!["audit", "--url", &url, "--http-url", &http, "--ca-file", &ca, "--as-public", "--format", "json"];
    arguments.extend(["--no-config", "--record", &file, "--auth-env", "TOKEN", "--only", "tls", "--only", "auth"]);
    let recorded = readyctl(&arguments).env("TOKEN", &credential).output().unwrap();
    let sent = site.received().len();
    assert!(sent > 0, "{}", stderr(&recorded));
    let replayed = readyctl(&["audit", "--replay", &file, "--format", "json", "--no-config", "--only", "tls", "--only", "auth"])
        .output()
        .unwrap();
    assert_eq!(statuses(&report(&recorded)), statuses(&report(&replayed)));
    assert_eq!(report(&recorded)["target"], report(&replayed)["target"]);
    assert_eq!(site.received().len(), sent, "a replay sends nothing");
    let recording = std::fs::read_to_string(&file).unwrap();
    for text in [&stdout(&recorded), &stderr(&recorded), &recording] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    let broken = folder.path().join("broken.json").display().to_string();
    std::fs::write(&broken, "{}").unwrap();
    let refused = readyctl(&["audit", "--replay", &broken]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("broken.json"), "{}", stderr(&refused));
}

#[test]
fn a_pass_at_one_url_leaves_what_files_cite() {
    let folder = tree(&[
        ("requirements.txt", "fastapi==0.115.0\n"),
        (
            "main.py",
            "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=[\"*\"])\n",
        ),
    ]);
    let site = Fixture::start(&[]);
    let report = report(&audit(&site, &[folder.path().to_str().unwrap()]));
    let row = row(&report, "cors/no-wildcard-origin");
    assert_eq!((row["status"].as_str(), &row["contradiction"]), (Some("fail"), &serde_json::json!(["static", "live"])), "{row}");
    assert!(row["reason"].as_str().unwrap().contains("says otherwise: a foreign origin is not answered"), "{row}");
    let cites = |plane: &str| row["evidence"].as_array().unwrap().iter().any(|piece| piece["plane"] == plane);
    assert!(cites("static") && cites("live"), "{row}");
}

#[test]
fn all_built_in_checks_fit_the_budget() {
    // Fewer than these, the search for a description included; what only --active sends has budgets of its own.
    let rows: [(&[Mode], &[&str], usize); 3] =
        [(&[], &[], 80), (&[Mode::NoHealth], &[], 71), (&[Mode::NoHealth], &["--active"], 71 + 20 + 30)];
    for (modes, more, most) in rows {
        let site = Fixture::start(modes);
        let (url, http, ca) = (site.url(), site.http_url(), site.ca_file().display().to_string());
        let mut all = vec!["audit", "--url", &url, "--http-url", &http, "--ca-file", &ca, "--as-public", "--format", "json"];
        all.extend(["--no-config"].iter().chain(more));
        let text = stdout(&readyctl(&all).output().unwrap());
        let received = site.received();
        assert!(received.len() < most, "{modes:?} {more:?}: {}", received.len());
        assert!(!text.contains("requests is used up"), "{modes:?} {more:?}: {text}");
        if more.is_empty() {
            let mut seen = BTreeMap::new();
            for request in &received {
                let headers = format!("{:?} {:?}", request.port, request.headers);
                *seen.entry((request.method.clone(), request.path.clone(), headers)).or_insert(0) += 1;
            }
            // Whether a second request is answered from a cache, and how long several take, is what checks ask by `times`.
            let repeated = ["/favicon.ico", "/healthz"];
            let again: Vec<_> =
                seen.iter().filter(|((_, path, _), times)| **times > 1 && !repeated.contains(&path.as_str())).collect();
            eprintln!("{} requests", received.len());
            assert!(again.is_empty(), "{again:?}");
        }
    }
}

#[test]
fn routes_of_the_repository_are_asked_where_no_description_is() {
    let folder = tree(&[
        ("requirements.txt", "fastapi==0.115.0\n"),
        (
            "main.py",
            "from fastapi import Depends, FastAPI\n\nfrom auth import get_current_user\n\napp = FastAPI()\n\n\n@app.get(\"/api/orders\")\ndef orders(user=Depends(get_current_user)):\n    return []\n\n\n@app.get(\"/api/invoices\")\ndef invoices(user=Depends(get_current_user)):\n    return []\n\n\n@app.get(\"/api/news\")\ndef news():\n    return []\n",
        ),
        (
            "auth.py",
            "from fastapi import HTTPException, Request\n\n\ndef get_current_user(request: Request):\n    if not request.headers.get(\"authorization\"):\n        raise HTTPException(status_code=401)\n    return request\n",
        ),
    ]);
    let json = "application/json";
    let modes = [
        Mode::Serve("/api/orders", json, "[{\"id\":1}]"),
        Mode::Status("/api/invoices", 401),
        Mode::Serve("/api/news", json, "[]"),
    ];
    let site = Fixture::start(&modes);
    let (url, http, ca) = (site.url(), site.http_url(), site.ca_file().display().to_string());
    let mut all = vec!["audit", folder.path().to_str().unwrap(), "--url", &url, "--http-url", &http, "--ca-file", &ca];
    all.extend(["--as-public", "--format", "json", "--no-config", "--only", "auth/endpoints-require-auth"]);
    let report = report(&readyctl(&all).output().unwrap());
    let row = row(&report, "auth/endpoints-require-auth");
    assert_eq!(row["status"], "fail", "{row}");
    let reason = row["reason"].as_str().unwrap();
    assert!(reason.contains("1 of 2") && reason.contains("/api/orders") && !reason.contains("/api/news"), "{reason}");
    let asked = |path: &str| site.received().iter().filter(|request| request.path == path).count();
    assert_eq!((asked("/api/orders"), asked("/api/invoices")), (1, 1));
}

#[test]
fn a_limit_that_ordinary_requests_meet_is_seen_though_no_burst_is_sent() {
    let site = Fixture::start(&[Mode::RateLimited(6)]);
    let (url, http, ca) = (site.url(), site.http_url(), site.ca_file().display().to_string());
    let mut all = vec!["audit", "--url", &url, "--http-url", &http, "--ca-file", &ca, "--as-public", "--format", "json"];
    all.extend(["--no-config", "--active", "--only", "api", "--only", "cors"]);
    let report = report(&readyctl(&all).output().unwrap());
    let row = row(&report, "api/rate-limit-global");
    assert_eq!(row["status"], "pass", "{row}");
    assert!(row["reason"].as_str().unwrap().contains("sent one by one"), "{row}");
}
