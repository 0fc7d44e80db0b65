//! Passwords that everybody knows, because they come with every installation. To add one, add its word to the list.

use super::{field, placeholder};

/// Words that images, manuals and tutorials set as a password, as they come with every installation.
const DEFAULT: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "redis",
    "rabbitmq",
    "guest",
    "root",
    "toor",
    "admin",
    "administrator",
    "minio",
    "minioadmin",
    "grafana",
    "elastic",
    "neo",
    "sa",
    "user",
    "username",
    "app",
    "demo",
    "default",
    "dev",
    "local",
    "docker",
    "test",
    "testing",
    "example",
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "mysecret",
    "supersecret",
    "mypassword",
    "mysecretpassword",
    "secretpassword",
    "adminpassword",
    "rootpassword",
    "dbpassword",
    "userpassword",
    "postgrespassword",
    "yourpassword",
    "yourstrongpassword",
    "strongpassword",
    "strong",
    "yourstrong",
    "changeme",
    "changeit",
    "change",
    "welcome",
    "letmein",
    "qwerty",
    "abc",
    "odoo",
    "airflow",
    "superset",
    "keycloak",
    "wordpress",
    "drupal",
    "joomla",
    "magento",
    "laravel",
    "sail",
    "django",
    "rails",
    "symfony",
    "spring",
    "sonar",
    "nexus",
    "jenkins",
    "vagrant",
    "homestead",
    "keyboard cat",
];

/// Is it a default that everybody knows (`postgres`, `Admin123!`, `p@ssw0rd`, `123456`), so that it gives nothing away by having
/// been written down?
pub fn is_well_known(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let stem = lower.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    let letters = |text: &str| -> String {
        let plain = text.replace(['@', '4'], "a").replace('0', "o").replace(['5', '$'], "s").replace('3', "e").replace('1', "i");
        plain.chars().filter(char::is_ascii_alphabetic).collect()
    };
    let numbers = !lower.is_empty() && lower.len() <= 10 && lower.bytes().all(|byte| byte.is_ascii_digit());
    numbers
        || placeholder::is_placeholder(&lower)
        || field::is_field_name(&lower)
        || lower.len() <= 24 && (DEFAULT.contains(&stem) || DEFAULT.contains(&letters(stem).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_everybody_knows() {
        for value in [
            "postgres",
            "changeme",
            "Admin123!",
            "p@ssw0rd",
            "P@ssw0rd123",
            "123456",
            "root",
            "secret",
            "guest",
            "db_password",
            "minioadmin",
            "my-secret-pw1",
            "Pa$$w0rd",
        ] {
            assert_eq!(is_well_known(value), value != "my-secret-pw1", "{value}");
        }
        for value in ["hunter2x", "Heron-Lantern-88", "q8Zr2LmX0pVt5K", "rootbeer77", "20391847561", ""] {
            assert_eq!(is_well_known(value), value.is_empty(), "{value}");
        }
    }
}
