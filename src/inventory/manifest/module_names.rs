//! Under which names source code imports a package, where that is not simply the package's name.
//!
//! To add a difference, add a row to the table of its ecosystem. Rows are sorted by package name; a test says if they are not.

use super::{Ecosystem, normalise};

/// The modules that `name` provides. By default: pypi `-` → `_`, cargo `-` → `_`, maven the group (packages usually start with it),
/// go the module path, else the name. The first entry is the usual one.
pub fn module_names(ecosystem: Ecosystem, name: &str) -> Vec<String> {
    let name = normalise(ecosystem, name);
    let (table, default) = match ecosystem {
        Ecosystem::PyPi => (PYPI, name.replace('-', "_")),
        Ecosystem::Cargo => (CARGO, name.replace('-', "_")),
        Ecosystem::Maven => (MAVEN, name.split(':').next().unwrap_or_default().to_string()),
        Ecosystem::RubyGems => (RUBYGEMS, name.clone()),
        _ => (&[] as Table, name.clone()),
    };
    if let Some(modules) = look_up(table, &name) {
        return modules;
    }
    // Maven rows may name a whole group.
    let group = name.split(':').next().filter(|_| ecosystem == Ecosystem::Maven);
    group.and_then(|group| look_up(table, group)).unwrap_or_else(|| vec![default])
}

fn look_up(table: Table, name: &str) -> Option<Vec<String>> {
    let at = table.binary_search_by_key(&name, |(package, _)| package).ok()?;
    Some(table[at].1.iter().map(|module| (*module).to_string()).collect())
}

type Table = &'static [(&'static str, &'static [&'static str])];

const PYPI: Table = &[
    ("antlr4-python3-runtime", &["antlr4"]),
    ("apache-airflow", &["airflow"]),
    ("attrs", &["attr", "attrs"]),
    ("azure-identity", &["azure.identity"]),
    ("azure-keyvault-secrets", &["azure.keyvault.secrets"]),
    ("azure-monitor-opentelemetry", &["azure.monitor.opentelemetry"]),
    ("azure-storage-blob", &["azure.storage.blob"]),
    ("beautifulsoup4", &["bs4"]),
    ("discord-py", &["discord"]),
    ("django-allauth", &["allauth"]),
    ("django-axes", &["axes"]),
    ("django-cors-headers", &["corsheaders"]),
    ("django-csp", &["csp"]),
    ("django-debug-toolbar", &["debug_toolbar"]),
    ("django-environ", &["environ"]),
    ("django-filter", &["django_filters"]),
    ("django-health-check", &["health_check"]),
    ("django-ninja", &["ninja"]),
    ("django-oauth-toolkit", &["oauth2_provider"]),
    ("django-ratelimit", &["django_ratelimit", "ratelimit"]),
    ("django-storages", &["storages"]),
    ("djangorestframework", &["rest_framework"]),
    ("djangorestframework-simplejwt", &["rest_framework_simplejwt"]),
    ("dnspython", &["dns"]),
    ("elastic-apm", &["elasticapm"]),
    ("faiss-cpu", &["faiss"]),
    ("faiss-gpu", &["faiss"]),
    ("gitpython", &["git"]),
    ("google-api-python-client", &["googleapiclient"]),
    ("google-auth", &["google.auth", "google.oauth2"]),
    ("google-cloud-aiplatform", &["google.cloud.aiplatform", "vertexai"]),
    ("google-cloud-bigquery", &["google.cloud.bigquery"]),
    ("google-cloud-logging", &["google.cloud.logging"]),
    ("google-cloud-pubsub", &["google.cloud.pubsub", "google.cloud.pubsub_v1"]),
    ("google-cloud-secret-manager", &["google.cloud.secretmanager"]),
    ("google-cloud-storage", &["google.cloud.storage"]),
    ("google-genai", &["google.genai"]),
    ("google-generativeai", &["google.generativeai"]),
    ("grpcio", &["grpc"]),
    ("grpcio-health-checking", &["grpc_health"]),
    ("grpcio-tools", &["grpc_tools"]),
    ("guardrails-ai", &["guardrails"]),
    ("kafka-python", &["kafka"]),
    ("kafka-python-ng", &["kafka"]),
    ("launchdarkly-server-sdk", &["ldclient"]),
    ("msgpack-python", &["msgpack"]),
    ("mysql-connector-python", &["mysql.connector"]),
    ("mysqlclient", &["MySQLdb"]),
    ("opencv-python", &["cv2"]),
    ("opencv-python-headless", &["cv2"]),
    ("opensearch-py", &["opensearchpy"]),
    ("opentelemetry-api", &["opentelemetry"]),
    ("opentelemetry-distro", &["opentelemetry.distro"]),
    ("opentelemetry-exporter-otlp", &["opentelemetry.exporter.otlp"]),
    ("opentelemetry-exporter-otlp-proto-grpc", &["opentelemetry.exporter.otlp.proto.grpc"]),
    ("opentelemetry-exporter-otlp-proto-http", &["opentelemetry.exporter.otlp.proto.http"]),
    ("opentelemetry-instrumentation-django", &["opentelemetry.instrumentation.django"]),
    ("opentelemetry-instrumentation-fastapi", &["opentelemetry.instrumentation.fastapi"]),
    ("opentelemetry-instrumentation-flask", &["opentelemetry.instrumentation.flask"]),
    ("opentelemetry-instrumentation-httpx", &["opentelemetry.instrumentation.httpx"]),
    ("opentelemetry-instrumentation-logging", &["opentelemetry.instrumentation.logging"]),
    ("opentelemetry-instrumentation-requests", &["opentelemetry.instrumentation.requests"]),
    ("opentelemetry-instrumentation-sqlalchemy", &["opentelemetry.instrumentation.sqlalchemy"]),
    ("opentelemetry-sdk", &["opentelemetry.sdk"]),
    ("pillow", &["PIL"]),
    ("pinecone-client", &["pinecone"]),
    ("protobuf", &["google.protobuf"]),
    ("psycopg-binary", &["psycopg"]),
    ("psycopg2-binary", &["psycopg2"]),
    ("pycrypto", &["Crypto"]),
    ("pycryptodome", &["Crypto"]),
    ("pycryptodomex", &["Cryptodome"]),
    ("pyjwt", &["jwt"]),
    ("pymongo", &["pymongo", "bson", "gridfs"]),
    ("pymupdf", &["fitz", "pymupdf"]),
    ("pynacl", &["nacl"]),
    ("pyopenssl", &["OpenSSL"]),
    ("pypdf2", &["PyPDF2"]),
    ("pyserial", &["serial"]),
    ("python-consul", &["consul"]),
    ("python-dateutil", &["dateutil"]),
    ("python-decouple", &["decouple"]),
    ("python-docx", &["docx"]),
    ("python-dotenv", &["dotenv"]),
    ("python-jose", &["jose"]),
    ("python-json-logger", &["pythonjsonlogger"]),
    ("python-keycloak", &["keycloak"]),
    ("python-ldap", &["ldap"]),
    ("python-logstash", &["logstash"]),
    ("python-magic", &["magic"]),
    ("python-memcached", &["memcache"]),
    ("python-multipart", &["multipart", "python_multipart"]),
    ("python-pptx", &["pptx"]),
    ("python-slugify", &["slugify"]),
    ("python-socketio", &["socketio"]),
    ("python-telegram-bot", &["telegram"]),
    ("python3-saml", &["onelogin"]),
    ("pywin32", &["win32api", "win32con", "win32gui"]),
    ("pyyaml", &["yaml"]),
    ("pyzmq", &["zmq"]),
    ("redis-py-cluster", &["rediscluster"]),
    ("ruamel-yaml", &["ruamel.yaml"]),
    ("scikit-image", &["skimage"]),
    ("scikit-learn", &["sklearn"]),
    ("setuptools", &["setuptools", "pkg_resources"]),
    ("social-auth-app-django", &["social_django"]),
    ("tensorflow-cpu", &["tensorflow"]),
    ("tensorflow-gpu", &["tensorflow"]),
    ("unleashclient", &["UnleashClient"]),
    ("websocket-client", &["websocket"]),
];

const CARGO: Table = &[("md-5", &["md5"]), ("sha-1", &["sha1"])];

/// A row names one artifact, or a group whose artifacts all share their packages.
const MAVEN: Table = &[
    ("com.auth0:java-jwt", &["com.auth0.jwt"]),
    ("com.bucket4j", &["io.github.bucket4j"]),
    ("com.github.vladimir-bukhtoyarov", &["io.github.bucket4j"]),
    ("com.google.code.gson:gson", &["com.google.gson"]),
    ("com.google.guava:guava", &["com.google.common"]),
    ("com.h2database:h2", &["org.h2"]),
    ("com.nimbusds:nimbus-jose-jwt", &["com.nimbusds.jose", "com.nimbusds.jwt"]),
    ("com.squareup.okhttp3", &["okhttp3"]),
    ("com.squareup.retrofit2", &["retrofit2"]),
    ("commons-codec:commons-codec", &["org.apache.commons.codec"]),
    ("commons-fileupload:commons-fileupload", &["org.apache.commons.fileupload"]),
    ("commons-io:commons-io", &["org.apache.commons.io"]),
    ("commons-logging:commons-logging", &["org.apache.commons.logging"]),
    ("io.dropwizard.metrics", &["com.codahale.metrics"]),
    ("joda-time:joda-time", &["org.joda.time"]),
    ("junit:junit", &["org.junit", "junit.framework"]),
    ("log4j:log4j", &["org.apache.log4j"]),
    ("mysql:mysql-connector-java", &["com.mysql"]),
    ("org.apache.httpcomponents", &["org.apache.http"]),
    ("org.apache.httpcomponents.client5", &["org.apache.hc.client5"]),
    ("org.hibernate.validator:hibernate-validator", &["org.hibernate.validator", "jakarta.validation", "javax.validation"]),
    ("org.jetbrains.kotlin", &["kotlin"]),
    ("org.jetbrains.kotlinx:kotlinx-coroutines-core", &["kotlinx.coroutines"]),
    ("org.jetbrains.kotlinx:kotlinx-serialization-json", &["kotlinx.serialization"]),
    ("org.liquibase:liquibase-core", &["liquibase"]),
    ("org.projectlombok:lombok", &["lombok"]),
    ("org.springdoc", &["org.springdoc", "io.swagger.v3.oas"]),
    ("org.springframework.boot:spring-boot-starter-actuator", &["org.springframework.boot.actuate"]),
    ("org.springframework.boot:spring-boot-starter-amqp", &["org.springframework.amqp"]),
    ("org.springframework.boot:spring-boot-starter-cache", &["org.springframework.cache"]),
    (
        "org.springframework.boot:spring-boot-starter-data-jpa",
        &["org.springframework.data.jpa", "jakarta.persistence", "javax.persistence"],
    ),
    ("org.springframework.boot:spring-boot-starter-data-mongodb", &["org.springframework.data.mongodb"]),
    ("org.springframework.boot:spring-boot-starter-data-redis", &["org.springframework.data.redis"]),
    ("org.springframework.boot:spring-boot-starter-jdbc", &["org.springframework.jdbc"]),
    ("org.springframework.boot:spring-boot-starter-oauth2-resource-server", &["org.springframework.security.oauth2"]),
    ("org.springframework.boot:spring-boot-starter-security", &["org.springframework.security"]),
    ("org.springframework.boot:spring-boot-starter-validation", &["jakarta.validation", "javax.validation"]),
    ("org.springframework.boot:spring-boot-starter-web", &["org.springframework.web", "org.springframework.http"]),
    ("org.springframework.boot:spring-boot-starter-webflux", &["org.springframework.web.reactive", "reactor.core"]),
    ("org.springframework:spring-web", &["org.springframework.web", "org.springframework.http"]),
    ("org.springframework:spring-webmvc", &["org.springframework.web.servlet"]),
    ("redis.clients:jedis", &["redis.clients.jedis"]),
];

/// What `require` names.
const RUBYGEMS: Table = &[
    ("activerecord", &["active_record"]),
    ("activesupport", &["active_support"]),
    ("aws-sdk-s3", &["aws-sdk-s3", "aws-sdk"]),
    ("bcrypt-ruby", &["bcrypt"]),
    ("opentelemetry-sdk", &["opentelemetry/sdk"]),
    ("prometheus-client", &["prometheus/client"]),
    ("rack-attack", &["rack/attack"]),
    ("rack-cors", &["rack/cors"]),
    ("ruby-openai", &["openai"]),
    ("sentry-rails", &["sentry-rails", "sentry"]),
    ("sentry-ruby", &["sentry-ruby", "sentry"]),
    ("sinatra-contrib", &["sinatra/contrib"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_normalised() {
        for (ecosystem, table) in
            [(Ecosystem::PyPi, PYPI), (Ecosystem::Cargo, CARGO), (Ecosystem::Maven, MAVEN), (Ecosystem::RubyGems, RUBYGEMS)]
        {
            for pair in table.windows(2) {
                assert!(pair[0].0 < pair[1].0, "{} must stand before {}", pair[1].0, pair[0].0);
            }
            for (name, modules) in table {
                assert_eq!(normalise(ecosystem, name), *name);
                assert!(!modules.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn known_differences_and_defaults() {
        assert_eq!(module_names(Ecosystem::PyPi, "PyJWT"), ["jwt"]);
        assert_eq!(module_names(Ecosystem::PyPi, "python_jose"), ["jose"]);
        assert_eq!(module_names(Ecosystem::PyPi, "some-lib"), ["some_lib"]);
        assert_eq!(module_names(Ecosystem::Cargo, "serde-json"), ["serde_json"]);
        assert_eq!(module_names(Ecosystem::Npm, "@nestjs/core"), ["@nestjs/core"]);
        assert_eq!(module_names(Ecosystem::Go, "github.com/gin-gonic/gin"), ["github.com/gin-gonic/gin"]);
        assert_eq!(
            module_names(Ecosystem::Maven, "org.springframework.boot:spring-boot-starter-security"),
            ["org.springframework.security"]
        );
        assert_eq!(module_names(Ecosystem::Maven, "com.squareup.okhttp3:okhttp"), ["okhttp3"]);
        assert_eq!(module_names(Ecosystem::Maven, "org.acme:thing"), ["org.acme"]);
        assert_eq!(module_names(Ecosystem::RubyGems, "rack-attack"), ["rack/attack"]);
        assert_eq!(module_names(Ecosystem::Composer, "Laravel/Framework"), ["laravel/framework"]);
    }
}
