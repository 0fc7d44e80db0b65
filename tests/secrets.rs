//! Secrets: no output shows a value; how many of a generated corpus are found, and how many look-alikes.

use std::collections::BTreeMap;

use readyctl::engine::assess::{Assessment, assess};
use readyctl::engine::units::complete;
use readyctl::inventory::collect::{Context, Prepared, collect};
use readyctl::inventory::history::{Repository, Snapshot};
use readyctl::inventory::source::Memory;
use readyctl::inventory::view::GitSummary;
use readyctl::model::needs::{Look, NeedSet, Selector};
use readyctl::model::report::Target;
use readyctl::model::secret::{SecretKind, TokenFormat};
use readyctl::model::terms::Confidence;
use readyctl::render::{FORMATS, Format, Options};

use crate::support::tokens::{ALNUM, BASE64, Dice, HEX, LOWER, connection, formats, jwt, private_key, ruleset, token};

/// A file with something in it, and the values that are secret.
struct Planted {
    group: String,
    path: &'static str,
    text: String,
    values: Vec<String>,
}

/// A token in code, configuration or a call, as its format needs it.
fn planted_token(format: &TokenFormat, dice: &mut Dice, shape: usize) -> Planted {
    let token = token(format, dice);
    let name = format.names.first().map_or("SERVICE".to_owned(), |name| name.to_ascii_uppercase());
    let lower = name.to_ascii_lowercase();
    let (path, text) = match shape % 8 {
        0 => ("app/client.py", format!("{name}_API_KEY = \"{token}\"\n")),
        1 => ("src/client.ts", format!("const {lower}ApiKey = '{token}';\n")),
        2 => ("internal/client.go", format!("const {lower}AuthToken = \"{token}\"\n")),
        3 => ("src/main/java/Client.java", format!("String {lower}_secret_key = \"{token}\";\n")),
        4 => ("config/services.yml", format!("{lower}:\n  {lower}_api_key: {token}\n")),
        5 => ("config/prod.env", format!("{name}_SECRET_KEY={token}\n")),
        6 => ("config/app.php", format!("'{lower}_api_token' => '{token}',\n")),
        _ => ("src/client.rs", format!("const {name}_ACCESS_KEY: &str = \"{token}\";\n")),
    };
    Planted { group: format.id.clone(), path, text, values: vec![token] }
}

fn planted_other(dice: &mut Dice, shape: usize) -> Planted {
    let planted = |group: &str, path, text, value| Planted { group: group.to_owned(), path, text, values: vec![value] };
    match shape % 6 {
        0 => {
            let (text, value) = private_key(dice);
            planted("private-key", "deploy/server.key", text, value)
        }
        1 => {
            let (text, value) = private_key(dice);
            let text = format!("const key = \"{}\";\n", text.replace('\n', "\\n"));
            planted("private-key", "src/sign.js", text, value)
        }
        2 | 3 => {
            let (text, value) = connection(dice);
            let (path, text) = match dice.roll(3) {
                0 => ("app/db.py", format!("engine = create_engine(\"{text}\")\n")),
                1 => ("config/prod.env", format!("DATABASE_URL={text}\n")),
                _ => ("config/app.yml", format!("database:\n  url: \"{text}\"\n")),
            };
            planted("connection-string", path, text, value)
        }
        4 => {
            let value = jwt(dice);
            planted("jwt", "src/api.ts", format!("fetch(url, {{ headers: {{ cookie: '{value}' }} }});\n"), value)
        }
        _ => {
            let value = dice.text(ALNUM, 20);
            let (path, text) = match dice.roll(5) {
                0 => ("app/auth.py", format!("SECRET_KEY = \"{value}\"\n")),
                1 => ("src/auth.ts", format!("const t = jwt.sign({{ id }}, '{value}', {{ expiresIn: '1h' }});\n")),
                2 => ("src/main/resources/application.properties", format!("spring.datasource.password={value}\n")),
                3 => ("app/mail.py", format!("client.login(user=\"app\",\n             password=\"{value}\")\n")),
                _ => ("web.config", format!("<add key=\"SmtpPassword\" value=\"{value}\" />\n")),
            };
            planted("assignment", path, text, value)
        }
    }
}

/// The report of a repository with these files, now and in an earlier commit, in every format.
fn reports(
    ruleset: &readyctl::checks::load::Ruleset,
    prepared: &Prepared<'_>,
    files: &BTreeMap<String, Vec<u8>>,
) -> Vec<(String, String)> {
    let all = |_: &readyctl::checks::check::Check| true;
    let past = Snapshot { files: files.clone(), time: 1_700_000_000 };
    let context =
        Context { git: Some(GitSummary::default()), past: Some(Repository::of_snapshots(&[past], false)), ..Context::default() };
    let memory = Memory::with_tracked(files.clone(), &files.keys().cloned().collect());
    let inventory = complete(ruleset, &all, collect(&memory, prepared, context));
    let target = Target { path: ".".to_owned(), commit: None, dirty: None, url: None };
    let report = assess(&Assessment { ruleset, target, selected: &all, config: None, repository: true, live: None }, &inventory);
    let options = Options { verbose: true, ..Options::default() };
    let rendered = |format: &Format| {
        let mut out = Vec::new();
        (format.render)(&report, &options, &mut out).unwrap();
        (format.name.to_owned(), String::from_utf8(out).unwrap())
    };
    FORMATS.iter().map(rendered).collect()
}

#[test]
fn no_output_ever_shows_a_secret() {
    let ruleset = ruleset();
    let prepared = Prepared::new(&ruleset.needs, 0);
    let mut dice = Dice::new(7);
    let mut planted: Vec<Planted> = Vec::new();
    for (shape, format) in formats().iter().filter(|format| !format.public).enumerate() {
        planted.push(planted_token(format, &mut dice, shape));
    }
    planted.extend((0..120).map(|shape| planted_other(&mut dice, shape)));
    let manifest = ("requirements.txt".to_owned(), b"fastapi==0.115.0\n".to_vec());
    let mut shown = 0;
    for batch in planted.chunks(5) {
        let named = batch
            .iter()
            .enumerate()
            .map(|(index, planted)| (format!("p{index}/{}", planted.path), planted.text.clone().into_bytes()));
        let files: BTreeMap<String, Vec<u8>> = named.chain([manifest.clone()]).collect();
        for (format, text) in reports(ruleset, &prepared, &files) {
            for value in batch.iter().flat_map(|planted| &planted.values) {
                // Lines are wrapped, so blanks say nothing.
                let squeezed: String = text.split_whitespace().collect();
                assert!(!squeezed.contains(value.as_str()), "{format} shows {value}:\n{}", around(&text, value));
            }
            shown += text.matches(" characters)").count();
        }
    }
    // Nothing is shown either when nothing is found.
    assert!(shown > planted.len(), "{shown} masked values in the reports of {} secrets", planted.len());
}

fn around(text: &str, value: &str) -> String {
    let lines = text.lines().filter(|line| line.contains(&value[..value.len().min(20)]));
    lines.take(3).collect::<Vec<_>>().join("\n")
}

/// The files in which a secret of at least this confidence is found.
fn alarms(files: &[(String, String)]) -> Vec<bool> {
    let mut needs = NeedSet::default();
    needs.token_formats = formats().to_vec();
    let selector = Selector { roles: readyctl::model::role::RoleSet::all(), ..Selector::any() };
    let look = Look::Secret { kinds: SecretKind::ALL.to_vec(), min_confidence: Confidence::Medium, history: false };
    let need = needs.add(selector, look);
    let prepared = Prepared::new(&needs, 64 << 20);
    let named = files.iter().enumerate().map(|(index, (path, text))| (format!("f{index:05}/{path}"), text.clone().into_bytes()));
    let memory = Memory::new(named.collect());
    let inventory = collect(&memory, &prepared, Context::default()).inventory;
    let mut found = vec![false; files.len()];
    for hit in &inventory.hits[need.0 as usize] {
        let path = &inventory.file(hit.file).path;
        found[path[1..6].parse::<usize>().unwrap()] = true;
    }
    found
}

#[test]
fn recall_and_false_alarms_over_a_generated_corpus() {
    let mut dice = Dice::new(11);
    let mut positives: Vec<Planted> = Vec::new();
    for format in formats().iter().filter(|format| !format.public && format.confidence >= Confidence::Medium) {
        positives.extend((0..8).map(|shape| planted_token(format, &mut dice, shape)));
    }
    positives.extend((0..900).map(|shape| planted_other(&mut dice, shape)));
    let files: Vec<(String, String)> = positives.iter().map(|planted| (planted.path.to_owned(), planted.text.clone())).collect();
    let found = alarms(&files);
    let recalled = found.iter().filter(|found| **found).count();
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    for (planted, _) in positives.iter().zip(&found).filter(|(_, found)| !**found) {
        *missed.entry(&planted.group).or_default() += 1;
    }
    let negatives: Vec<(&str, String, String)> = (0..5_600).map(|number| look_alike(&mut dice, number)).collect();
    let files: Vec<(String, String)> = negatives.iter().map(|(_, path, text)| (path.clone(), text.clone())).collect();
    let wrong = alarms(&files);
    let false_alarms: Vec<&(&str, String, String)> =
        negatives.iter().zip(&wrong).filter(|(_, wrong)| **wrong).map(|(it, _)| it).collect();
    let recall = 100.0 * recalled as f64 / positives.len() as f64;
    eprintln!("{} positives: recall {recall:.2} %; missed: {missed:?}", positives.len());
    eprintln!("{} look-alikes: {} false alarms", negatives.len(), false_alarms.len());
    assert!(positives.len() >= 2_000 && negatives.len() >= 5_000);
    assert!(recall >= 98.0, "recall {recall:.2} %");
    assert!(false_alarms.len() <= negatives.len() / 1_000, "{false_alarms:#?}");
}

/// What has the look of a secret: kind, path, text.
fn look_alike(dice: &mut Dice, number: usize) -> (&'static str, String, String) {
    let made = |kind, path: &str, text: String| (kind, path.to_owned(), text);
    let d = dice;
    match number % 28 {
        0 => made("uuid", "app/a.py", format!("REQUEST_ID = \"{}\"\n", d.uuid())),
        1 => made("uuid", "src/a.ts", format!("const tenantId = '{}';\n", d.uuid())),
        2 => made("md5", "src/a.js", format!("const etag = \"{}\";\n", d.text(HEX, 32))),
        3 => made("sha1", ".github/workflows/ci.yml", format!("      - uses: acme/setup@{}\n", d.text(HEX, 40))),
        4 => made("sha256", "Dockerfile", format!("FROM python:3.12@sha256:{}\n", d.text(HEX, 64))),
        5 => made("sha512", "vendor.sh", format!("echo \"{}  tool.tgz\" | sha512sum -c\n", d.text(HEX, 128))),
        6 => made(
            "lock",
            "package-lock.json",
            format!("{{\"node_modules/a\": {{\"integrity\": \"sha512-{}==\"}}}}\n", d.text(BASE64, 86)),
        ),
        7 => made(
            "lock",
            "yarn.lock",
            format!(
                "a@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#{}\"\n",
                d.text(HEX, 40)
            ),
        ),
        8 => made(
            "lock",
            "Cargo.lock",
            format!("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"{}\"\n", d.text(HEX, 64)),
        ),
        9 => made("lock", "go.sum", format!("github.com/acme/a v1.0.0 h1:{}=\n", d.text(BASE64, 43))),
        10 => made(
            "lock",
            "poetry.lock",
            format!("files = [\n    {{file = \"a.whl\", hash = \"sha256:{}\"}},\n]\n", d.text(HEX, 64)),
        ),
        11 => made(
            "image",
            "src/logo.ts",
            format!("export const logo = \"data:image/png;base64,iVBORw0KGgo{}=\";\n", d.text(BASE64, 400)),
        ),
        12 => made(
            "image",
            "style/a.css",
            format!(".a {{ background: url(data:font/woff2;base64,d09GMgABAAAAA{}) }}\n", d.text(BASE64, 600)),
        ),
        13 => made(
            "public key",
            "keys/deploy.pub",
            format!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{} ci@acme\n", d.text(BASE64, 340)),
        ),
        14 => {
            let (dashes, body) = ("-".repeat(5), d.text(BASE64, 64));
            made(
                "public key",
                "src/keys.ts",
                format!(
                    "export const key = `{dashes}BEGIN PUBLIC KEY{dashes}\nMIIBIjAN{body}\n{dashes}END PUBLIC KEY{dashes}`;\n"
                ),
            )
        }
        15 => {
            let (dashes, body) = ("-".repeat(5), d.text(BASE64, 64));
            made(
                "certificate",
                "certs/ca.pem",
                format!("{dashes}BEGIN CERTIFICATE{dashes}\nMIID{body}\n{dashes}END CERTIFICATE{dashes}\n"),
            )
        }
        16 => {
            let statement = |d: &mut Dice| {
                format!(
                    "function {}({}){{return {}.{}({}[{}])}}",
                    d.text(LOWER, 1),
                    d.text(LOWER, 1),
                    d.text(LOWER, 1),
                    d.text(LOWER, 6),
                    d.text(LOWER, 1),
                    d.roll(900)
                )
            };
            made("minified", "static/app.js", (0..40).map(|_| statement(d)).collect::<Vec<_>>().join(";"))
        }
        17 => made(
            "placeholder",
            ".env.production",
            format!(
                "API_KEY={}\n",
                d.pick(&["changeme", "your-api-key", "<api-key>", "xxxxxxxxxxxx", "REPLACE_ME", "${API_KEY}", "todo", "***"])
            ),
        ),
        18 => made(
            "placeholder",
            "app/a.py",
            format!(
                "api_key = \"{}\"\n",
                d.pick(&[
                    "your_api_key_here",
                    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
                    "<YOUR_TOKEN>",
                    "example-token",
                    "insert-key-here",
                    "..."
                ])
            ),
        ),
        19 => made("reference", "src/a.ts", format!("const apiKey = process.env.{}_API_KEY;\n", d.text("ABCDEFGHIJ", 6))),
        20 => made(
            "reference",
            "deploy/values.yaml",
            format!("password:\n  secretKeyRef:\n    name: db-{}\n    key: password\n", d.text(LOWER, 5)),
        ),
        21 => made("hash", "db/seed.sql", format!("INSERT INTO u (password_hash) VALUES ('$2b$12${}');\n", d.text(ALNUM, 53))),
        22 => made(
            "hash",
            "app/users.py",
            format!("PASSWORD_HASH = \"$argon2id$v=19$m=65536,t=3,p=4${}${}\"\n", d.text(BASE64, 22), d.text(BASE64, 43)),
        ),
        23 => made("test key", "app/pay.py", format!("stripe.api_key = \"sk_{}_{}\"\n", "test", d.text(ALNUM, 24))),
        24 => made(
            "test key",
            "app/s3.py",
            format!("ACCESS_KEY = \"AKIA{}EXAMPLE\"\n", d.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 9)),
        ),
        25 => made(
            "label",
            "locales/en.json",
            format!(
                "{{\"password\": \"{} password\", \"token\": \"Your token {}\"}}\n",
                d.pick(&["Enter", "Repeat", "New"]),
                d.roll(99)
            ),
        ),
        26 => made(
            "local",
            "docker/dev.py",
            format!("URL = \"postgres://postgres:postgres@localhost:{}/app\"\n", 5000 + d.roll(900)),
        ),
        _ => made(
            "identifier",
            "src/a.go",
            format!("var buildID = \"{}-{}\"\nvar color = \"#{}\"\n", d.text(LOWER, 12), d.roll(99_999), d.text(HEX, 6)),
        ),
    }
}
