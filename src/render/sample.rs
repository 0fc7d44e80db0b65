//! A realistic report for the tests of the formats: every status, two components, all planes, and strings that try to break out.
//!
//! To cover something new, add a row to `checks`; the counts follow by themselves.

use crate::model::evidence::{Evidence, EvidenceKind};
use crate::model::report::*;
use crate::model::role::Role;
use crate::model::terms::{Confidence, Effort, Plane, Priority, Status, Strength, Verdict};

/// What a hostile repository would like to do to a terminal and to a page.
pub const HOSTILE: &str =
    "x\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}|a|`</details><script>alert(1)</script>\n# gone @team \u{9b}31m\u{200b}";

/// The sample.
pub fn report() -> Report {
    let checks = checks();
    let counts = counts(checks.iter().map(|row| row.status));
    Report {
        schema_version: "1",
        tool: Tool { name: "readyctl", version: "0.1.0", commit: Some("5f3a91c20d") },
        ruleset: Ruleset { version: "2026.11".into(), digest: "9c1f4f0b7a55e2d81c30".into(), checks: 212 },
        scoring_version: "1",
        target: Target {
            path: "./shop".into(),
            commit: Some("3f2c1ab9d4e85b7760a1f0c2d3e4f5061728394a".into()),
            dirty: Some(true),
            url: Some("https://shop.example".into()),
        },
        components: vec![
            component("api", "services/api", &["database", "fastapi", "uses-llm", "web-service"], &["python"]),
            component("web", "services/web", &["browser-app", "react"], &["typescript", "javascript"]),
        ],
        summary: summary(counts),
        categories: categories(&checks),
        checks,
        run: Run { started_at: "2026-11-20T09:00:00Z".into(), duration_ms: 412 },
    }
}

fn component(id: &str, path: &str, facts: &[&str], languages: &[&str]) -> ComponentRow {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    ComponentRow { id: id.into(), path: path.into(), facts: owned(facts), languages: owned(languages) }
}

fn summary(counts: Counts) -> Summary {
    let condition =
        |check: &str, priority, status, text: &str| Condition { check: check.into(), priority, status, text: text.into() };
    Summary {
        score: Some(41.3),
        grade: Some('E'),
        verdict: Verdict::NoGo,
        verdict_reason:
            "2 of 6 P0 checks fail: any origin may read the API with the user's cookies, and a database password is in the \
                         repository"
                .into(),
        coverage: 71.4,
        conditions: vec![
            condition(
                "cors/no-wildcard-origin",
                Priority::P0,
                Status::Fail,
                "Cross-origin access is not opened to every origin: CORSMiddleware allows every origin",
            ),
            condition("secrets/no-committed-secrets", Priority::P0, Status::Fail, "No secret is committed"),
            condition("tls/hsts", Priority::P1, Status::Fail, "HSTS is sent by the deployed endpoint"),
        ],
        counts,
        files: FileCounts {
            total: 412,
            scanned: 398,
            skipped: vec![
                SkippedFile { path: "data/dump.sql".into(), reason: "larger than 5 MiB".into() },
                SkippedFile { path: format!("notes/{HOSTILE}.txt"), reason: "not a regular file".into() },
            ],
            unloaded: Vec::new(),
        },
        notes: vec!["The clone is shallow: checks of the history saw 1 commit".into(), format!("Unused waiver for {HOSTILE}")],
        config: Some("readyctl.toml".into()),
    }
}

fn categories(checks: &[CheckRow]) -> Vec<CategoryRow> {
    let named = [
        ("api", "Input validation and abuse limits"),
        ("cors", "Cross-origin resource sharing"),
        ("database", "Database"),
        ("delivery", "CI/CD, testing and release"),
        ("governance", "Governance, compliance and documentation | with a pipe"),
        ("llm", "Language models"),
        ("reliability", "Reliability and recovery"),
        ("secrets", "Secrets"),
        ("tls", "Transport security"),
    ];
    let row = |(id, title): &(&str, &str)| {
        let own: Vec<&CheckRow> = checks.iter().filter(|check| check.category == *id).collect();
        let possible: f64 = own.iter().map(|check| check.points.possible).sum();
        let earned: f64 = own.iter().map(|check| check.points.earned).sum();
        CategoryRow {
            id: (*id).into(),
            title: (*title).into(),
            score: (possible > 0.0).then(|| (earned / possible * 100.0).round() / 10.0),
            possible,
            earned,
            counts: counts(own.iter().map(|check| check.status)),
        }
    };
    named.iter().map(row).collect()
}

fn counts(statuses: impl Iterator<Item = Status>) -> Counts {
    let mut counts = Counts::default();
    for status in statuses {
        *match status {
            Status::Pass => &mut counts.pass,
            Status::Fail => &mut counts.fail,
            Status::Partial => &mut counts.partial,
            Status::Unknown => &mut counts.unknown,
            Status::Manual => &mut counts.manual,
            Status::NotApplicable => &mut counts.not_applicable,
            Status::Waived => &mut counts.waived,
            Status::Error => &mut counts.error,
        } += 1;
    }
    counts
}

/// A row with the parts that every row has.
fn check(id: &str, title: &str, priority: Priority, status: Status, reason: &str) -> CheckRow {
    let weight = [10.0, 6.0, 3.0, 1.0][priority as usize];
    let possible = if status.is_decided() { weight } else { 0.0 };
    let earned = if status == Status::Pass {
        weight
    } else if status == Status::Partial {
        weight / 2.0
    } else {
        0.0
    };
    CheckRow {
        id: id.into(),
        title: title.into(),
        category: id.split('/').next().unwrap_or_default().into(),
        priority,
        effort: Effort::Low,
        component: Some("api".into()),
        status,
        reason: reason.into(),
        strength: None,
        needs_strength: None,
        awaits_endpoint: false,
        contradiction: None,
        evidence: Vec::new(),
        evidence_omitted: 0,
        points: Points { possible, earned },
        remediation: Remediation {
            summary: "Do what the title says".into(),
            verify: format!("readyctl audit ./shop --only {id}"),
            ..Remediation::default()
        },
        references: vec!["CWE-942".into(), "https://owasp.org/x".into()],
        why: "Whatever goes wrong in production goes wrong here first.".into(),
        cannot_see: None,
        by_component: vec![ComponentOutcome { component: "api".into(), status }],
        waiver: None,
    }
}

fn at(kind: EvidenceKind, path: &str, line: u32, snippet: &str, message: &str) -> Evidence {
    Evidence {
        kind,
        plane: Plane::Static,
        path: Some(path.into()),
        line: Some(line),
        column: Some(5),
        end_line: Some(line),
        url: None,
        exchange: None,
        snippet: (!snippet.is_empty()).then(|| snippet.to_owned()),
        message: message.into(),
        confidence: Some(Confidence::High),
        role: Some(Role::Production),
        fingerprint: Some("f00dfeed".into()),
        commit: None,
    }
}

fn searched(message: &str) -> Evidence {
    let none = at(EvidenceKind::Searched, "", 0, "", message);
    Evidence { path: None, line: None, column: None, end_line: None, confidence: None, role: None, fingerprint: None, ..none }
}

fn live(kind: EvidenceKind, url: &str, snippet: &str, message: &str) -> Evidence {
    Evidence { plane: Plane::Live, url: Some(url.into()), snippet: Some(snippet.into()), ..searched(message) }.of(kind)
}

impl Evidence {
    fn of(self, kind: EvidenceKind) -> Evidence {
        Evidence { kind, ..self }
    }
}

fn checks() -> Vec<CheckRow> {
    let mut rows = vec![cors(), secret(), validation(), migrations(), hsts(), hostile(), rate_limit(), budget(), waived()];
    rows.extend(undecided());
    rows.extend(settled());
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows
}

fn cors() -> CheckRow {
    let finding = EvidenceKind::Finding;
    let mut row = check(
        "cors/no-wildcard-origin",
        "Cross-origin access is not opened to every origin",
        Priority::P0,
        Status::Fail,
        "CORSMiddleware allows every origin",
    );
    row.evidence = vec![
        at(finding, "services/api/app/main.py", 27, "allow_origins=[\"*\"],", "CORSMiddleware allows every origin"),
        at(
            finding,
            "services/api/app/admin/main.py",
            1204,
            "app.add_middleware(CORSMiddleware, allow_origins=[\"*\"], allow_credentials=True, allow_methods=[\"*\"], allow_headers=[\"*\"])",
            "CORSMiddleware allows every origin",
        ),
        live(
            finding,
            "https://shop.example/api/v1/products",
            "access-control-allow-origin: *",
            "The endpoint answers a foreign origin with a wildcard",
        ),
    ];
    row.evidence_omitted = 4;
    row.remediation.summary = "Name the origins that may call the API and read them from configuration".into();
    row.remediation.how = Some("Pass `allow_origins=settings.cors_origins` to CORSMiddleware, with a list of https origins and no default; never combine `*` with allow_credentials".into());
    row.remediation.stack = Some("fastapi".into());
    row.remediation.path = Some("services/api/app/main.py".into());
    row.why = "With a wildcard any page a user visits can read the API in the user's name.".into();
    row.cannot_see = Some("A gateway in front of the application may narrow the header".into());
    row.by_component.push(ComponentOutcome { component: "web".into(), status: Status::Fail });
    row
}

fn secret() -> CheckRow {
    let mut row = check(
        "secrets/no-committed-secrets",
        "No secret is committed",
        Priority::P0,
        Status::Fail,
        "A database password stands in a file of the repository",
    );
    row.component = None;
    row.by_component.clear();
    row.effort = Effort::Medium;
    row.evidence = vec![at(
        EvidenceKind::Finding,
        "deploy/compose.prod.yaml",
        14,
        "POSTGRES_PASSWORD: hunt…(16 characters)",
        "A database password is written out",
    )];
    row.remediation.summary = "Rotate the password, then read it from the environment or a secret store".into();
    row
}

fn validation() -> CheckRow {
    let mut row = check(
        "api/request-size-limit",
        "Requests are limited in size before they are read",
        Priority::P0,
        Status::Partial,
        "The limit is declared, not wired: the middleware is imported but never added to the application",
    );
    row.strength = Some(Strength::Declared);
    row.needs_strength = Some(Strength::Wired);
    row.evidence = vec![
        at(EvidenceKind::Support, "services/api/app/limits.py", 3, "from app.limits import BodyLimit", "BodyLimit is imported"),
        searched("0 of 41 production Python files add BodyLimit; looked for add_middleware(BodyLimit) and Middleware(BodyLimit)"),
    ];
    row.remediation.summary = "Add the middleware to the application".into();
    row
}

fn migrations() -> CheckRow {
    let mut row = check(
        "database/migrations",
        "The schema is changed by migrations",
        Priority::P1,
        Status::Fail,
        "Tables are created at start-up and no migration tool is set up",
    );
    row.effort = Effort::High;
    row.evidence = vec![
        searched("0 of 398 files configure alembic, yoyo or django migrations"),
        at(
            EvidenceKind::Finding,
            "services/api/app/db.py",
            51,
            "Base.metadata.create_all(engine)\n# creates whatever is missing",
            "create_all runs at start-up",
        ),
    ];
    row.remediation.how =
        Some("alembic init migrations\nalembic revision --autogenerate -m \"baseline\"\nalembic upgrade head".into());
    row.remediation.stack = Some("sqlalchemy".into());
    row
}

fn hsts() -> CheckRow {
    let mut row = check(
        "tls/hsts",
        "HSTS is sent by the deployed endpoint",
        Priority::P1,
        Status::Fail,
        "HSTS is set in nginx.conf:12, the endpoint does not send it",
    );
    row.contradiction = Some(vec![Plane::Static, Plane::Live]);
    row.evidence = vec![
        at(
            EvidenceKind::Support,
            "deploy/nginx.conf",
            12,
            "add_header Strict-Transport-Security \"max-age=31536000\" always;",
            "nginx sets the header",
        ),
        live(
            EvidenceKind::Finding,
            "https://shop.example/",
            "HTTP/2 200\ncontent-type: text/html",
            "The response has no Strict-Transport-Security header",
        ),
    ];
    row
}

fn hostile() -> CheckRow {
    let mut row = check(
        "llm/hostile",
        "Prompts do not contain what a user typed",
        Priority::P2,
        Status::Fail,
        &format!("A file says {HOSTILE}"),
    );
    row.evidence = vec![at(
        EvidenceKind::Finding,
        "src/a|b`c\u{1b}[31m\u{202e}.py",
        7,
        &format!("print(\"{HOSTILE}\")\n```\n</details>"),
        HOSTILE,
    )];
    row.remediation.summary = format!("Remove {HOSTILE}");
    row.remediation.how = Some(HOSTILE.into());
    row.remediation.stack = Some(HOSTILE.into());
    row.waiver = None;
    row
}

fn rate_limit() -> CheckRow {
    let mut row = check(
        "api/rate-limit",
        "Callers are limited in how often they may call",
        Priority::P1,
        Status::Fail,
        "No limiter is attached to the application",
    );
    row.effort = Effort::Medium;
    row.evidence = vec![searched(
        "0 of 41 production Python files call slowapi, limits or fastapi-limiter; the ingress sets no limit either",
    )];
    row.remediation.path = Some("services/api/app/main.py".into());
    row
}

fn budget() -> CheckRow {
    let mut row = check(
        "llm/spend-limit",
        "Spending on the model is limited",
        Priority::P2,
        Status::Partial,
        "max_tokens is set on 3 of 5 calls",
    );
    row.evidence = vec![
        at(
            EvidenceKind::Finding,
            "services/api/app/chat/日本語のファイル.py",
            88,
            "client.responses.create(model=model, input=text)  # 日本語のコメントがここにあります、とても長いコメントです、端末の幅を超えます",
            "A call without max_output_tokens",
        ),
        at(
            EvidenceKind::Support,
            "services/api/app/chat/stream.py",
            40,
            "max_output_tokens=800,",
            "A call with max_output_tokens",
        ),
    ];
    row
}

fn waived() -> CheckRow {
    let mut row = check(
        "delivery/signed-images",
        "Images are signed and verified",
        Priority::P2,
        Status::Waived,
        "cosign is not called in any workflow",
    );
    row.evidence = vec![searched("0 of 4 workflows call cosign")];
    row.waiver = Some(Waiver {
        reason: "accepted-risk".into(),
        statement: "The registry is private until launch".into(),
        owner: "ops@shop.example".into(),
        expires: "2027-02-01".into(),
    });
    row
}

fn undecided() -> Vec<CheckRow> {
    let mut error = check(
        "delivery/pinned-actions",
        "Actions are pinned to a commit",
        Priority::P1,
        Status::Error,
        "The workflow could not be parsed: line 14, column 3: found a tab",
    );
    error.evidence = vec![at(EvidenceKind::Searched, ".github/workflows/release.yml", 14, "", "This file could not be parsed")];
    vec![
        error,
        check(
            "reliability/restore-tested",
            "A restore from backup has been tried",
            Priority::P0,
            Status::Manual,
            "Only the people who run it can say when a restore was last tried",
        ),
        check(
            "tls/redirect",
            "HTTP is redirected to HTTPS",
            Priority::P1,
            Status::Unknown,
            "Nothing in the repository terminates TLS; the platform may",
        ),
        check(
            "reliability/alerts",
            "Somebody is woken when it is down",
            Priority::P1,
            Status::Manual,
            "Alerting is usually set up outside the repository",
        ),
        check("governance/dpia", "A data protection assessment exists", Priority::P3, Status::Unknown, "No document was found"),
    ]
}

fn settled() -> Vec<CheckRow> {
    let mut parameterised = check(
        "database/parameterised-queries",
        "Queries are built with parameters",
        Priority::P0,
        Status::Pass,
        "All 38 calls of execute pass their values as parameters",
    );
    parameterised.strength = Some(Strength::Wired);
    parameterised.evidence = vec![at(
        EvidenceKind::Support,
        "services/api/app/orders.py",
        19,
        "cur.execute(\"SELECT 1 WHERE id = %s\", (id,))",
        "A call with parameters",
    )];
    let mut lock =
        check("delivery/lockfile", "Dependencies are locked", Priority::P1, Status::Pass, "Every manifest has a lock file");
    lock.evidence = vec![
        at(EvidenceKind::Support, "services/api/uv.lock", 1, "", "uv.lock stands beside pyproject.toml"),
        at(EvidenceKind::Support, "services/web/package-lock.json", 1, "", "package-lock.json stands beside package.json"),
    ];
    let mut attested = check(
        "governance/owner",
        "Somebody owns the service",
        Priority::P3,
        Status::Pass,
        "Attested by Ada Lovelace until 2027-03-01",
    );
    attested.evidence = vec![
        Evidence { plane: Plane::Attested, ..searched("Ada Lovelace, 2026-09-01: \"The shop team owns it\"") }
            .of(EvidenceKind::Support),
    ];
    vec![
        parameterised,
        lock,
        attested,
        check(
            "llm/tools-allowlist",
            "Tools the model may call are listed",
            Priority::P1,
            Status::NotApplicable,
            "No component has the fact llm-tools",
        ),
        check(
            "database/tls",
            "The database is reached over TLS",
            Priority::P2,
            Status::NotApplicable,
            "api: the database is a local file (sqlite)",
        ),
    ]
}
