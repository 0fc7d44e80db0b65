//! Whole files through the engine: what is found, what is not, and that no value is ever shown.

use proptest::prelude::*;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::*;
use crate::inventory::document::yaml;
use crate::inventory::syntax;
use crate::model::secret::{Checksum, SecretRules};

/// Every format of the built-in pack.
fn formats() -> Vec<TokenFormat> {
    let mut formats = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/checks/tokens")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for entry in yaml::parse_plain(&text).unwrap()[0].entries() {
            let text = |key: &str| entry.value.get(key).and_then(|node| node.scalar());
            let texts =
                |key: &str| entry.value.get(key).map(|node| node.items().iter().filter_map(|item| item.scalar()).collect());
            formats.push(TokenFormat {
                id: entry.key.to_string(),
                provider: text("provider").unwrap(),
                pattern: text("pattern").unwrap(),
                names: texts("names").unwrap_or_default(),
                kind: text("kind").and_then(|kind| SecretKind::parse(&kind)).unwrap_or(SecretKind::Provider),
                confidence: text("confidence").and_then(|word| Confidence::parse(&word)).unwrap_or(Confidence::High),
                entropy: text("entropy").and_then(|text| text.parse().ok()),
                checksum: text("checksum").and_then(|word| Checksum::parse(&word)),
                public: text("public").is_some(),
                public_beside: texts("public-beside").unwrap_or_default(),
            });
        }
    }
    formats.sort_by(|a, b| a.id.cmp(&b.id));
    formats
}

pub(super) fn engine() -> Engine {
    Engine::new(&formats(), &SecretRules::default())
}

/// What the scan does: the places of keywords in one pass.
pub(super) fn find(engine: &Engine, path: &str, text: &str) -> Vec<Finding> {
    let automaton = aho_corasick::AhoCorasick::builder().ascii_case_insensitive(true).build(engine.keywords()).unwrap();
    let mut marks: Vec<_> =
        automaton.find_overlapping_iter(text).map(|found| (found.pattern().as_u32(), found.start() as u32)).collect();
    let mask = syntax::mask(path, text);
    engine.find(&Subject { path, text, class_at: &|at| mask.class_at(at), commit: None }, &mut marks)
}

/// Found with at least medium confidence.
pub(super) fn sure(engine: &Engine, path: &str, text: &str) -> Vec<(SecretKind, String)> {
    let found = find(engine, path, text);
    found.iter().filter(|f| f.confidence >= Confidence::Medium).map(|f| (f.kind, text[f.start..f.end].to_owned())).collect()
}

/// Small random numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// A text that the expression matches.
    fn sample(&mut self, hir: &Hir, out: &mut String) {
        match hir.kind() {
            HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).unwrap()),
            HirKind::Class(Class::Unicode(class)) => {
                let all: Vec<char> = class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect();
                out.push(all[self.roll(all.len() as u64) as usize]);
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(repetition.min + 4);
                for _ in 0..u64::from(repetition.min) + self.roll(u64::from(most - repetition.min) + 1) {
                    self.sample(&repetition.sub, out);
                }
            }
            HirKind::Capture(capture) => self.sample(&capture.sub, out),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.sample(part, out)),
            HirKind::Alternation(branches) => {
                let branch = self.roll(branches.len() as u64) as usize;
                self.sample(&branches[branch], out);
            }
            _ => {}
        }
    }
}

/// A token of this format that is not by chance a placeholder.
fn token(format: &TokenFormat, seed: u64) -> String {
    let hir = regex_syntax::Parser::new().parse(&format.pattern).unwrap();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut token = String::new();
    dice.sample(&hir, &mut token);
    let length = match format.checksum {
        Some(Checksum::Crc32Base62) => 6,
        Some(Checksum::Crc32Hex | Checksum::Crc32HexLe) => 8,
        Some(Checksum::Crc32Base36) if token.contains('.') => 7,
        Some(Checksum::Crc32Base36) | None => 0,
    };
    if let Some(checksum) = format.checksum.filter(|_| length > 0) {
        token.truncate(token.len() - length);
        let sum = checksum::sum_of(checksum, &token, token.rfind('_').map_or(0, |at| at + 1));
        token.push_str(&sum);
    }
    token
}

#[test]
fn every_format_of_the_pack_compiles_and_has_its_own_id() {
    let formats = formats();
    assert!(formats.len() > 200, "{}", formats.len());
    for format in &formats {
        prefixes(format).unwrap_or_else(|error| panic!("{}: {error}", format.id));
    }
    assert!(formats.windows(2).all(|pair| pair[0].id != pair[1].id));
}

#[test]
fn tokens_of_every_format_are_found() {
    let formats = formats();
    let mut missed = Vec::new();
    for format in formats.iter().filter(|format| !format.public && format.confidence >= Confidence::Medium) {
        let engine = Engine::new(std::slice::from_ref(format), &SecretRules::default());
        let found = (1..=5).filter(|seed| {
            let token = token(format, *seed);
            let text = match format.names.first() {
                Some(name) => format!("{}_AUTH_KEY = \"{token}\"\n", name.to_ascii_uppercase()),
                None => format!("client.connect(\"{token}\")\n"),
            };
            // A sample may be a placeholder or a sequence by chance, so most of five must be found.
            find(&engine, "src/app.py", &text)
                .iter()
                .any(|f| f.kind == format.kind && f.confidence >= Confidence::Medium && token.contains(&text[f.start..f.end]))
        });
        if found.count() < 4 {
            missed.push((&format.id, token(format, 1)));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn published_and_test_keys_are_not() {
    let engine = engine();
    for format in formats().iter().filter(|format| format.public) {
        for seed in 1..4 {
            let text = format!("const api_key = \"{}\";", token(format, seed));
            assert_eq!(sure(&engine, "src/app.ts", &text), [], "{}", format.id);
        }
    }
}

#[test]
fn a_wrong_checksum_is_unlikely_to_be_a_token() {
    let engine = engine();
    let formats = formats();
    let format = formats.iter().find(|format| format.id == "github-token").unwrap();
    let good = token(format, 1);
    assert_eq!(sure(&engine, "a.py", &format!("t(\"{good}\")")).len(), 1);
    let bad = format!("{}{}", &good[..good.len() - 1], if good.ends_with('a') { 'b' } else { 'a' });
    assert_eq!(sure(&engine, "a.py", &format!("t(\"{bad}\")")), []);
}

/// Real secrets in the languages that applications are written in: path, line, value.
const ASSIGNED: &[(&str, &str, &str)] = &[
    ("auth.py", r#"    "admin": {"password": "admin123", "role": "admin"},"#, "admin123"),
    ("config.py", r#"SECRET_KEY = "my-super-secret-key-2024""#, "my-super-secret-key-2024"),
    ("settings.py", r#"SECRET_KEY = 'django-insecure-q8zr2lmx0pvt5kcy7wnd'"#, "django-insecure-q8zr2lmx0pvt5kcy7wnd"),
    ("app.py", r#"app.config['SECRET_KEY'] = 'supersecret'"#, "supersecret"),
    ("app.py", r#"conn = connect(host="db.acme.io", user="app", password="SuperSecret!2024")"#, "SuperSecret!2024"),
    ("app.py", r#"if user == "root" and password == "letmein42":"#, "letmein42"),
    ("app.py", r#"    if password == "1202":"#, "1202"),
    ("app.js", "if (req.body.password === '123456') {", "123456"),
    ("Login.java", "if (password.equals(\"1202\")) {", "1202"),
    ("src/main/resources/application.yml", "url: jdbc:mysql://localhost/x\nusername: root\npassword: root", "root"),
    ("application.properties", "spring.datasource.username=root\nspring.datasource.password=root", "root"),
    ("src/llm.rs", r#"const UPSTREAM_API_KEY: &str = "lab-models-5b81e07c";"#, "lab-models-5b81e07c"),
    ("src/main.rs", r#"const JWT_SECRET: &str = "hunter-of-shadows";"#, "hunter-of-shadows"),
    ("src/auth.module.ts", "JwtModule.register({ secret: 'my-secret-key', signOptions: {} })", "my-secret-key"),
    ("src/app.ts", "app.use(session({ secret: 'keyboard cat', resave: false }))", "keyboard cat"),
    ("src/app.module.ts", "TypeOrmModule.forRoot({ host: 'db.acme.io', username: 'app', password: 'postgres' })", "postgres"),
    ("src/app.ts", "const dbPassword: string = 'Tr0ub4dor&3';", "Tr0ub4dor&3"),
    ("main.go", "const apiKey = \"q8Zr2LmX0pVt5KcY7wNd\"", "q8Zr2LmX0pVt5KcY7wNd"),
    ("main.go", "\tjwtSecret = []byte(\"orchard-lantern-quill\")", "orchard-lantern-quill"),
    ("App.java", "private static final String DB_PASSWORD = \"s3cr3tPw\";", "s3cr3tPw"),
    ("App.kt", "val clientSecret = \"q8Zr2LmX0pVt5KcY7wNd\"", "q8Zr2LmX0pVt5KcY7wNd"),
    ("src/main/resources/application.properties", "spring.datasource.password=Winter2024", "Winter2024"),
    ("src/main/resources/application.yml", "spring:\n  datasource:\n    username: app\n    password: Winter2024", "Winter2024"),
    ("config/app.php", "'app_secret' => 'hunter-of-shadows',", "hunter-of-shadows"),
    ("wp-config.php", "define('DB_PASSWORD', 'Winter2024');", "Winter2024"),
    ("Program.cs", "var jwtKey = \"this-is-my-very-own-signing-key\";", "this-is-my-very-own-signing-key"),
    ("appsettings.json", "{ \"Smtp\": { \"User\": \"app\", \"Password\": \"Winter2024\" } }", "Winter2024"),
    (
        "config/initializers/x.rb",
        "Rails.application.config.secret_key_base = '9f8e7d6c5b4a39281706f5e49f8e7d6c'",
        "9f8e7d6c5b4a39281706f5e49f8e7d6c",
    ),
    (".env", "DB_PASSWORD=Winter2024", "Winter2024"),
    (".env", "JWT_SECRET=q8Zr2LmX0pVt5KcY7wNd", "q8Zr2LmX0pVt5KcY7wNd"),
    ("deploy.sh", "export DB_PASSWORD=Winter2024", "Winter2024"),
    ("settings.xml", "<server><username>ci</username><password>Winter2024</password></server>", "Winter2024"),
    ("web.config", "<add key=\"SmtpPassword\" value=\"Winter2024\" />", "Winter2024"),
    ("V1__user.sql", "CREATE USER app WITH PASSWORD 'Winter2024';", "Winter2024"),
    ("api.js", "axios.get(u, { headers: { Authorization: 'Bearer q8Zr2LmX0pVt5KcY7wNd' } })", "Bearer q8Zr2LmX0pVt5KcY7wNd"),
    ("a.js", "{ Authorization: 'Bearer 7d3c91e2-5a4f-4b8e-9c06-e1f2a8b7d340' }", "Bearer 7d3c91e2-5a4f-4b8e-9c06-e1f2a8b7d340"),
    ("api.js", "headers: { 'Authorization': 'Basic YXBwOldpbnRlcjIwMjQ=' }", "Basic YXBwOldpbnRlcjIwMjQ="),
    ("src/auth.module.ts", "JwtModule.register({ secret: 'secret' })", "secret"),
    ("src/config.ts", "export const SECRET = 'secret-key';", "secret-key"),
    (
        "auth.js",
        "const t = jwt.sign({ id: user.id, roles: ['a', 'b'] }, 'orchard-lantern', { expiresIn: '1h' });",
        "orchard-lantern",
    ),
    ("auth.py", "claims = jwt.decode(token, \"orchard-lantern\", algorithms=[\"HS256\"])", "orchard-lantern"),
    ("auth.py", "digest = hmac.new(b\"orchard-lantern\", message, hashlib.sha256)", "orchard-lantern"),
    ("app.js", "app.use(cookieParser('orchard-lantern'))", "orchard-lantern"),
    ("auth.go", "return token.SignedString([]byte(\"orchard-lantern\"))", "orchard-lantern"),
    ("src/auth.rs", "let key = EncodingKey::from_secret(b\"orchard-lantern\");", "orchard-lantern"),
    // Close to names and yet values.
    ("a.py", "DB_PASSWORD = \"db_password42!\"", "db_password42!"),
    ("A.cs", "string JwtSecret => \"orchard-lantern\";", "orchard-lantern"),
    ("Db.php", "return ['db_password' => 'lantern12'];", "lantern12"),
    ("a.rb", "connect(:password => 'lantern12')", "lantern12"),
    ("a.py", "JWT_SECRET = \"my-jwt-secret-key\"", "my-jwt-secret-key"),
    (".env", "POSTGRES_PASSWORD=postgres", "postgres"),
    ("api.js", "headers: { 'X-Api-Key': 'q8Zr2LmX0pVt5KcY7wNd' }", "q8Zr2LmX0pVt5KcY7wNd"),
];

/// The default of a variable in settings that are packaged.
#[test]
fn a_default_that_a_machine_made_is_a_key() {
    let engine = engine();
    let key = key::tests::noise(b"0123456789abcdef", 64, 5);
    for (path, text) in [
        ("src/main/resources/application.yml", format!("daily:\n  key: ${{DAILY_API_KEY:{key}}}\n")),
        ("src/main/resources/application.yml", format!("daily:\n  key: \"${{JWT_SECRET:{key}}}\"\n")),
        ("src/main/resources/application.properties", format!("daily.key=${{DAILY_API_KEY:{key}}}\n")),
    ] {
        assert_eq!(sure(&engine, path, &text), [(SecretKind::Assignment, key.clone())], "{text}");
    }
    for value in ["inventory1", "change-me-please-1", "my-jwt-secret-key", "", "admin123"] {
        let text = format!("daily:\n  key: ${{DAILY_API_SECRET:{value}}}\n");
        assert_eq!(sure(&engine, "src/main/resources/application.yml", &text), [], "{text}");
    }
}

/// A key of the same format is published beside a map, and a secret elsewhere in the file.
#[test]
fn the_lines_around_say_whether_a_key_is_published() {
    let engine = engine();
    let key =
        |seed| format!("AIza{}", key::tests::noise(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 35, seed));
    let text = format!(
        "const map = new google.maps.Map(e, {{ key: '{}' }});\n{}const gemini = '{}';\n",
        key(1),
        "f();\n".repeat(20),
        key(2)
    );
    assert_eq!(sure(&engine, "src/a.ts", &text), [(SecretKind::Provider, key(2))]);
    let text = format!("{{\"project_info\": {{}},\n{}\"current_key\": \"{}\"}}", "\"a\": 1,\n".repeat(40), key(3));
    assert_eq!(sure(&engine, "google-services.json", &text), []);
}

#[test]
fn literals_given_to_names_of_secrets_are_found() {
    let engine = engine();
    for (path, text, value) in ASSIGNED {
        assert_eq!(sure(&engine, path, text), [(SecretKind::Assignment, (*value).to_owned())], "{path}: {text}");
    }
}

/// What looks like a secret and is none.
const LOOK_ALIKE: &[(&str, &str)] = &[
    ("src/main/resources/application.yml", "url: ${DB_URL:jdbc:mysql://localhost/x}\npassword: ${DB_PASSWORD:inventory1}"),
    ("schema.ts", "totpSecret: text('totp_secret'),"),
    ("settings.go", "const (\n\tPostGreSQLPassword = \"postgresql_password\"\n\tLDAPSearchPwd = \"ldap_search_password\"\n)"),
    ("settings.go", "const AdminInitialPassword = \"admin_initial_password\""),
    ("Keys.java", "static final String PROVISION_SECRET = \"provisionDeviceSecret\";"),
    ("a.py", "FIELDS = {\"RA_TUNNEL_TOKEN_SECRET\": \"tunnel_token_secret\"}"),
    (
        "a.py",
        "def state():\n    return {\"X_TOKEN_SECRET\": \"configured\" if f() else \"missing\", \"DB_PASSWORD\": \"redacted\"}",
    ),
    ("a.py", "login(json={\"username\": \"mock\", \"password\": \"mock\"})"),
    (
        "Settings.php",
        "protected $casts = ['db_password' => 'encrypted', 'hook_secret' => 'encrypted:array', 'db_pass' => 'hashed'];",
    ),
    ("guard.ts", "const isSecret = (x: Any): x is SocialTokenSetSecret =>\n  'connectorId' in x && 'userId' in x;"),
    ("guard.ts", "values.map((dbPassword) => 'lantern12').map(jwtSecret => 'orchard-lantern')"),
    ("src/main/resources/application.yml", "url: jdbc:tc:postgresql:15:///x\nusername: root\npassword: lantern12"),
    ("A.java", "\"jdbc:tc:mysql:8.0://root:lantern12@db.acme.io/x?user=app&password=lantern12\""),
    ("a.py", r#"password = os.getenv("DB_PASSWORD", "dev-pass-1")"#),
    ("a.py", r#"SECRET_KEY = os.environ.get("SECRET_KEY") or "dev-secret-1""#),
    ("a.py", r#"password = input("Password1: ")"#),
    ("a.py", r#"password: str = Field(min_length=12)"#),
    ("a.py", r#"PASSWORD_HASHER = "argon2id""#),
    ("a.py", r#"password = "pbkdf2:sha256:600000$abc$def""#),
    ("a.py", r#"password = "$2b$12$KIXQJ8fYdY5vXzQy""#),
    ("a.py", r#"token_url = "https://id.acme.io/oauth2/token1""#),
    ("a.py", r#"OAuth2PasswordBearer(tokenUrl="/auth/token1")"#),
    ("a.py", r#"tokenizer = "cl100k_base""#),
    ("a.py", r#"pad_token = "<|endoftext1|>""#),
    ("a.py", r#"api_key = "your-api-key-1""#),
    ("a.py", r#"api_key = "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#),
    ("a.py", r#"OPENAI_API_KEY = "sk-...""#),
    ("a.py", r#"secret = secrets.token_hex(32)"#),
    ("a.py", r#"password = getpass.getpass("password1")"#),
    ("a.py", r#"def login(username: str, password: str) -> Token: ..."#),
    ("a.py", r#"# password = "Winter2024""#),
    ("a.py", "\"\"\"\nExample:\n    password = \"Winter2024\"\n\"\"\""),
    ("a.py", r#"logger.info("password='Winter2024'")"#),
    ("a.py", r#"raise ValueError("password: 'abc123' is too weak")"#),
    (
        "a.py",
        r#"class Settings(BaseSettings):
    jwt_secret: str = "local-secret-42""#,
    ),
    ("a.py", "if settings.DEBUG:\n    SECRET_KEY = 'my-own-secret-42'"),
    ("a.py", "class DevelopmentConfig(Config):\n    SECRET_KEY = 'my-own-secret-42'"),
    ("a.py", r#"assert token == "function42""#),
    ("a.py", r#"CSRF_TOKEN = "csrf-token-42""#),
    ("a.py", r#"grant_type = "password""#),
    ("a.py", r#"SECRET_NAME = "prod/api/jwt-2024""#),
    ("a.py", r#"secret_id = "projects/acme/secrets/jwt2""#),
    ("a.py", r#"password = "{{ vault_password }}""#),
    ("a.py", r#"password = f"{prefix}1""#),
    ("a.py", r#"credentials = "include""#),
    ("a.py", r#"access_token = response["access_token"]"#),
    ("a.ts", "password: string;"),
    ("a.ts", "type: 'password', name: 'password1', autocomplete: 'new-password1'"),
    ("a.ts", "const token = process.env.TOKEN || 'dev-token-123456789'"),
    ("a.ts", "password: z.string().min(8),"),
    ("a.ts", "export const DATABASE_TOKEN = 'DATABASE';"),
    ("a.ts", "export const CONFIG_TOKEN = Symbol('config1');"),
    ("a.ts", "provide: 'API_KEY', secret: config.get('JWT_SECRET1'),"),
    ("a.ts", "const STORAGE_KEY = 'auth_token_v1_0001';"),
    ("a.ts", "accessToken: 'access_token',"),
    ("a.ts", "secretOrKey: process.env.JWT_SECRET,"),
    ("a.ts", "resetPassword: '/auth/reset-password/v1',"),
    ("a.ts", "password: 'Password must have 8 characters',"),
    ("a.ts", "password: 'Passwort',"),
    ("a.ts", "passwordLabel: 'Password1',"),
    ("a.ts", "invalidPassword: 'wrong-password-1',"),
    ("a.ts", "<input type=\"password\" placeholder=\"password123\" />"),
    ("a.tsx", "<Trans i18nKey=\"password1\" label='x' password=\"Passw0rd\" placeholder='p' />"),
    ("a.ts", "$('#password1').val()"),
    ("a.ts", "clientSecret: 'client-secret',"),
    ("a.ts", "clientSecret: 'CLIENT_SECRET',"),
    ("a.ts", "credentials: 'same-origin',"),
    ("a.ts", "token: '550e8400-e29b-41d4-a716-446655440000',"),
    ("a.ts", "if (token === 'undefined') return;"),
    ("a.ts", "publicKey: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE',"),
    ("a.ts", "apiKey: \"AIzaSyD-q8Zr2LmX0pVt5KcY7wNdJb3RfG6uHeA\",\n authDomain: \"x.firebaseapp.com\","),
    ("a.ts", "secret: 'a' | 'b';"),
    ("a.js", "const passwordRegex = /^(?=.*[0-9]).{8,}$/;"),
    ("a.js", "password: '^(?=.*[0-9]).{8,}$',"),
    ("a.js", "xhr.setRequestHeader('Authorization', 'Bearer ' + token1)"),
    ("a.js", "headers: { Authorization: `Bearer ${token}` }"),
    ("a.js", "'Authorization': 'Bearer <token>'"),
    ("a.js", "'Authorization': 'Bearer 123e4567-e89b-12d3-a456-426614174000'"),
    ("a.js", "'Authorization': 'Bearer 00000000-0000-0000-0000-000000000000'"),
    ("a.js", "jwt.sign(payload, process.env.JWT_SECRET || 'dev-secret-1')"),
    ("a.js", "jwt.verify(token, getKey, { algorithms: ['RS256'] })"),
    ("a.js", "crypto.createHmac('sha256', secret).update('text-to-sign-1')"),
    ("a.py", "password = password.encode(\"utf-8\")"),
    ("a.py", "Fernet(settings.key1)"),
    ("a.py", "SECRET = \"secret\""),
    ("a.js", "localStorage.getItem('accessToken1')"),
    ("a.js", "var e={password:t,token:n,secret:r};"),
    ("a.js", "i.password=\"password\",i.token=\"token\""),
    ("User.php", "protected $casts = ['password' => 'hashed'];"),
    ("Rules.php", "'password' => 'required|string|min:8',"),
    ("config/x.php", "'password' => env('DB_PASSWORD', 'secret1'),"),
    ("schema.graphql", "login(password: \"String!\")"),
    ("main.go", "Password string `json:\"password1\"`"),
    ("main.go", "token := r.Header.Get(\"X-Token1\")"),
    ("main.go", "case token == \"+=\":"),
    ("main.go", "const SourceClientSecret KeySource = \"client_secret_v2\""),
    ("main.go", "if secret == \"\" {\n\tjwtSecret := secret\n\tsecret = \"quill-harbor-7\"\n}"),
    ("a.ts", "if (!http.jwtSecret) {\n  http.jwtSecret = 'supersecret'\n}"),
    ("a.json", "\"https://storage.acme.io/o/a.png?alt=media&token=e69e72c1-9f02-4a51-8c5e-b28b0ee1a115\""),
    ("prisma/fixtures/users.ts", "{ email: 'a@acme.io', password: 'Winter2024' }"),
    ("A.java", "@Value(\"${jwt.secret:defaultSecret1}\") String secret;"),
    ("A.java", "String passwordEncoder = \"bcrypt\";"),
    ("a.rs", "#[serde(rename = \"password1\")] password: String,"),
    ("a.rs", "let token = Token::new(\"ident1\");"),
    ("a.yml", "password: ${DB_PASSWORD:-changeme}"),
    ("a.yml", "password: {{ .Values.db.password }}"),
    ("a.yml", "password: !vault |"),
    ("a.yml", "secret: my-app-tls"),
    ("a.yml", "secretName: db-credentials-1"),
    ("a.yml", "token: ${{ secrets.GITHUB_TOKEN }}"),
    ("a.yml", "development:\n  password: winter2024"),
    ("a.yml", "password: file:/run/secrets/db1"),
    ("locales/en.json", "{\"password\": \"Passw0rd\", \"username\": \"User\"}"),
    ("i18n/de/auth.ts", "password: 'Kennwort1',"),
    (".env", "DB_PASSWORD="),
    (".env", "DB_PASSWORD=changeme"),
    (".env", "API_KEY=<your-key>"),
    (".env", "JWT_SECRET=your-secret-key-change-in-production"),
    ("a.properties", "jwt.secret.expiration=86400000"),
    ("a.properties", "spring.datasource.password=${DB_PASSWORD}"),
    ("pom.xml", "<password>${env.NEXUS_PASSWORD}</password>"),
    ("a.sql", "password VARCHAR(255) NOT NULL,"),
    ("a.sql", "ALTER TABLE users ADD COLUMN password text DEFAULT 'x';"),
    ("style.css", ".password:before { content: 'password1'; }"),
    ("README.md", "password = \"Winter2024\""),
    ("yarn.lock", "  integrity sha512-q8Zr2LmX0pVt5KcY7wNdJb3RfG6uHe=="),
    ("a.json", "{\"integrity\": \"sha512-q8Zr2LmX0pVt5KcY7wNdJb3RfG6uHe==\", \"token\": \"v1.2.3\"}"),
    ("a.html", "<img src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA\" />"),
    ("a.py", "DATABASE_URL = \"postgresql://postgres:postgres@localhost:5432/app\""),
    ("a.py", "if password == \"hidden\":"),
    ("a.tsx", "if (password === 'required') {"),
    ("src/main/resources/application.yml", "username: root\npassword: ${DB_PASSWORD}"),
    ("a.yml", "url: jdbc:mysql://localhost/x\nusername: root\npassword: root"),
    ("a.py", "url = f\"postgresql://{user}:{password}@{host}/app\""),
    ("a.cs", "\"Server=localhost;Database=x;User Id=sa;Password=Winter2024;\""),
    ("a.py", "EXAMPLE_KEY = \"AKIAIOSFODNN7EXAMPLE\""),
    (
        "a.pem",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
    ),
    ("a.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 user@host"),
];

#[test]
fn look_alikes_are_not() {
    let engine = engine();
    let wrong: Vec<_> = LOOK_ALIKE
        .iter()
        .map(|(path, text)| (path, text, sure(&engine, path, text)))
        .filter(|(_, _, found)| !found.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Values that no name makes a secret, given to names that ask for a key or a token.
#[test]
fn harmless_values_are_none_whatever_they_are_given_to() {
    let engine = engine();
    let values = [
        "550e8400-e29b-41d4-a716-446655440000",
        "access_token",
        "refresh-token",
        "X-CSRF-TOKEN",
        "Bearer",
        "my-app",
        "1.0.0",
        "v1.2.3-beta.4",
        "application/json",
        "https://id.acme.io/token",
        "/run/secrets/token",
        "${TOKEN}",
        "{{ token }}",
        "<token>",
        "xxxxxxxxxxxxxxxxxxxx",
        "00000000000000000000",
        "your-token-here",
        "changeme",
        "TOKEN_FROM_ENV",
        "auth.token.refresh",
        "com.acme.security.Token",
        "12345678901234567890",
        "abcdefghijklmnopqrstuvwxyz",
        "authorization_code",
        "someVeryLongIdentifierInCamelCase",
        "kebab-case-identifier-of-five-words",
        "eu-central-1",
        "sha256-47DEQpj8HBSa",
        "true",
        "null",
        "undefined",
        "production",
        "localhost:5432",
        "2024-01-01T00:00:00Z",
        "a@b.example.com",
        "#ff00ff",
        "example-token-1234",
        "test-token",
        "dummy-key-123",
        "%API_TOKEN%",
        "@Microsoft.KeyVault(x)",
        "arn:aws:secretsmanager:eu:1:secret:x",
    ];
    let names = ["token", "api_token", "accessToken", "api_key", "apiKey", "credentials", "access-key"];
    for name in names {
        for value in values {
            for text in [format!("{name} = \"{value}\""), format!("\"{name}\": \"{value}\",")] {
                assert_eq!(sure(&engine, "src/app.py", &text), [], "{text}");
            }
        }
    }
}

#[test]
fn keys_connections_and_tokens_are_told_apart() {
    let engine = engine();
    let url = "url: process.env.DATABASE_URL || 'postgresql://persona:Heron-Lantern-88@db.persona.internal:5432/x',";
    assert_eq!(sure(&engine, "a.ts", url), [(SecretKind::ConnectionString, "Heron-Lantern-88".to_owned())]);
    let settings = "\"Default\": \"Server=db.acme.io;User Id=sa;Password=Winter2024;\"";
    assert_eq!(sure(&engine, "appsettings.json", settings), [(SecretKind::ConnectionString, "Winter2024".to_owned())]);
    let pem = format!("KEY = \"\"\"{}\"\"\"", key::tests::block("RSA ", "\n"));
    assert_eq!(sure(&engine, "a.py", &pem).iter().map(|found| found.0).collect::<Vec<_>>(), [SecretKind::PrivateKey]);
    let jwt = format!("token = '{}'", key::tests::token(r#"{"alg":"HS256"}"#, r#"{"role":"service_role"}"#));
    assert_eq!(sure(&engine, "a.js", &jwt).iter().map(|found| found.0).collect::<Vec<_>>(), [SecretKind::Jwt]);
}

#[test]
fn several_secrets_on_a_line_are_all_masked() {
    let engine = engine();
    let text = r#"USERS = {"admin": {"password": "admin123"}, "ana": {"password": "analyst123"}}  # not admin123"#;
    let found = find(&engine, "auth.py", text);
    assert_eq!(found.len(), 2);
    let shown = snippet(text, &found[0], &found);
    assert!(!shown.contains("admin123") && !shown.contains("analyst123"), "{shown}");
    assert!(shown.starts_with(r#"USERS = {"admin": {"password": "a…(8 characters)"}"#), "{shown}");
}

#[test]
fn a_long_line_shows_the_name_and_the_masked_value_only() {
    let engine = engine();
    let text = format!("{} password: 'Winter2024', {}", "a,".repeat(400), "b,".repeat(400));
    let found = find(&engine, "bundle.js", &text);
    assert_eq!(snippet(&text, &found[0], &found), "…password: 'W…(10 characters)…");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever stands around it, no value is shown.
    #[test]
    fn no_snippet_ever_shows_a_value(
        picks in proptest::collection::vec((0usize..ASSIGNED.len(), "[ -~]{0,40}", any::<bool>()), 1..4),
    ) {
        let engine = engine();
        let mut text = String::new();
        for (pick, noise, line_break) in &picks {
            text.push_str(noise);
            text.push_str(if *line_break { "\n" } else { " " });
            text.push_str(ASSIGNED[*pick].1);
            text.push('\n');
        }
        for path in ["a.py", "a.ts", ".env"] {
            let found = find(&engine, path, &text);
            for finding in &found {
                let shown = snippet(&text, finding, &found);
                for other in found.iter().filter(|other| other.from == finding.from) {
                    prop_assert!(!shown.contains(&text[other.start..other.end]), "{shown}");
                }
            }
        }
    }

    /// No text of any kind makes the engine stumble, and what it finds lies inside the text.
    #[test]
    fn any_text_is_searched(text in "(password|secret|token|api_key|jwt|key|@tcp[(]|[{]|[}]|\\[|\\]|://|@|:|=|\"|'|`|\n| |eyJ|PRIVATE KEY-----|-----BEGIN |AKIA|ghp_|é|[a-z0-9]{1,9}|\\\\|<|>|[(]|[)]|,){0,60}") {
        let engine = engine();
        for path in ["a.py", "a.go", "a.xml", "a.yml", ".env", "a.sh", "a.sql", "a.rs", "a.json", "a.ini", "a"] {
            let found = find(&engine, path, &text);
            for finding in &found {
                prop_assert!(text.get(finding.start..finding.end).is_some());
                snippet(&text, finding, &found);
            }
        }
    }
}

/// What a hostile file repeats does not cost more than its length; the test ends at all only if it is so.
#[test]
fn repeated_beginnings_stay_linear() {
    let engine = engine();
    let begin = format!("-----BEGIN {}-----", "PRIVATE KEY");
    for part in [
        "password=\"",
        "password=x;",
        "password=\"abcd\" ",
        "://a:b@",
        ".eyJ",
        "token(",
        "AIza",
        begin.as_str(),
        "jwt.sign(",
        "secret:\n",
        "\"token\":",
        "user:x@tcp(",
    ] {
        let text = part.repeat(400_000 / part.len());
        for path in ["a.py", "a.yml", "a.xml"] {
            find(&engine, path, &text);
        }
    }
    find(&engine, "a.json", &"\"jwt\":{".repeat(40_000));
    find(&engine, "a.ini", &"[jwt]\nkey=".repeat(40_000));
}
