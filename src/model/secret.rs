//! Kinds of secrets, and the formats of the tokens that providers issue, as packs define them in `tokens/`.
//!
//! Plain data: `inventory::secrets` compiles and looks for it. To teach the scan a provider, add a format to `checks/tokens/`.

use super::terms::{Confidence, vocabulary};

vocabulary! {
    /// What makes a text a secret.
    SecretKind {
        /// It has the format in which a provider issues its tokens.
        Provider = "provider",
        /// Key material: a PEM block, or a service account that holds one.
        PrivateKey = "private-key",
        /// A URL or a list of settings with a password, for a server elsewhere.
        ConnectionString = "connection-string",
        /// A signed JSON web token.
        Jwt = "jwt",
        /// A literal that is given to the name of a password, key, token or secret.
        Assignment = "assignment",
    }
}

vocabulary! {
    /// How a token proves that it is one.
    Checksum {
        /// Its last six characters are the CRC-32 of those between prefix and checksum, in base 62.
        Crc32Base62 = "crc32-base62",
    }
}

/// How one kind of a provider's tokens looks.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenFormat {
    /// Its key in the file that defines it.
    pub id: String,
    /// Who issues it.
    pub provider: String,
    /// ASCII regular expression over the whole token. It starts with a literal, unless `names` is given.
    pub pattern: String,
    /// Words of which the name of the variable must have one; then the token needs no prefix of its own.
    pub names: Vec<String>,
    /// What a match is; a provider's token unless the format says `private-key`.
    pub kind: SecretKind,
    pub confidence: Confidence,
    /// Lowest entropy of the token without its prefix, in bits per character; `None` for what its length lets expect.
    pub entropy: Option<f64>,
    pub checksum: Option<Checksum>,
    /// Made to be published, or for tests: never a finding, whatever the name it is given to.
    pub public: bool,
    /// Texts beside which, in the same file, the token is a published identifier.
    pub public_beside: Vec<String>,
}
