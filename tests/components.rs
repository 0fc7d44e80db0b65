//! What several components of a repository share.

use serde_json::Value;

use crate::support::{readyctl, stdout, tree};

/// The outcome of one check by component, in a workspace whose worker begins with `worker`.
fn by_component(check: &str, worker: &str) -> Vec<(String, String)> {
    let user = "import { Column, Entity } from 'typeorm';
@Entity()
export class User {
  @Column()
  passwordHash: string;
}
";
    let server = "import express from 'express';
import bcrypt from 'bcrypt';
import { User } from '@acme/accounts';
const app = express();
app.post('/users', async (req, res) => {
  const user = new User();
  user.passwordHash = await bcrypt.hash(req.body.password, 12);
  res.json({});
});
app.post('/login', async (req, res) => {
  const user = await find(req.body.email);
  if (!(await bcrypt.compare(req.body.password, user.passwordHash))) return res.status(401).end();
  res.json({});
});
app.listen(3000);
";
    let manifest = |name: &str, more: &str| {
        format!(r#"{{"name": "{name}", "scripts": {{"start": "node dist"}}, "dependencies": {{"@acme/accounts": "*", {more}}}}}"#)
    };
    let (api, worker_manifest) =
        (manifest("api", r#""express": "5", "bcrypt": "6""#), manifest("worker", r#""express": "5", "bullmq": "5""#));
    let repository = tree(&[
        ("package.json", r#"{"private": true, "workspaces": ["apps/*", "packages/*"]}"#),
        ("packages/accounts/package.json", r#"{"name": "@acme/accounts", "dependencies": {"typeorm": "0.3.20"}}"#),
        ("packages/accounts/src/user.ts", user),
        ("apps/api/package.json", &api),
        ("apps/api/src/server.ts", server),
        ("apps/worker/package.json", &worker_manifest),
        ("apps/worker/src/main.ts", worker),
    ]);
    let mut command = readyctl(&["audit", repository.path().to_str().unwrap(), "--only", check, "--format", "json"]);
    let output = command.output().unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = report["checks"][0]["by_component"].as_array().unwrap().clone();
    rows.iter().map(|row| (text(&row["component"]), text(&row["status"]))).collect()
}

#[test]
fn a_worker_lacks_nothing_that_the_service_has_with_which_it_shares_the_models() {
    let worker = "import { Worker } from 'bullmq';
import { User } from '@acme/accounts';
new Worker('mail', async (job) => console.log(job.data as User));
";
    let expected = [("apps/api", "pass"), ("apps/worker", "not_applicable")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(by_component("auth/password-hashing", worker), expected);
}

#[test]
fn a_second_service_is_judged_by_itself() {
    let service = "import express from 'express';
import { User } from '@acme/accounts';
const app = express();
app.get('/users', (req, res) => res.json([new User()]));
app.listen(3001);
";
    let found = by_component("auth/password-hashing", service);
    assert_eq!(found[0], ("apps/api".to_owned(), "pass".to_owned()));
    assert_eq!((found[1].0.as_str(), found[1].1.as_str()), ("apps/worker", "unknown"));
}

#[test]
fn what_applies_nowhere_says_what_the_nearest_component_lacks() {
    let service = "import express from 'express';\nconst app = express();\napp.get('/time', (req, res) => res.json({}));\napp.listen(3000);\n";
    let repository = tree(&[
        ("cli/package.json", r#"{"name": "cli", "bin": "main.js", "scripts": {"start": "node main.js"}}"#),
        ("cli/main.js", "console.log(process.argv);\n"),
        ("server/package.json", r#"{"name": "server", "scripts": {"start": "node main.js"}, "dependencies": {"express": "5"}}"#),
        ("server/main.js", service),
    ]);
    let mut command =
        readyctl(&["audit", repository.path().to_str().unwrap(), "--only", "api/rate-limit-per-user", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout(&command.output().unwrap())).unwrap();
    let check = &report["checks"][0];
    assert_eq!(check["reason"], "it applies to `has-auth`, which does not hold here", "{check}");
}
