//! Cipher suites by IANA number and name. What a suite is weak in is read from its name; to add a suite, add a row.

/// Number on the wire and IANA name without `TLS_`. In the order in which hellos offer them: strong ones first.
const SUITES: &[(u16, &str)] = &[
    (0x1301, "AES_128_GCM_SHA256"),
    (0x1302, "AES_256_GCM_SHA384"),
    (0x1303, "CHACHA20_POLY1305_SHA256"),
    (0x1304, "AES_128_CCM_SHA256"),
    (0xc02b, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xc02c, "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xc02f, "ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xc030, "ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xcca8, "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xcca9, "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0x009e, "DHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0x009f, "DHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xccaa, "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xc023, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    (0xc024, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    (0xc027, "ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0xc028, "ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
    (0xc009, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (0xc00a, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    (0xc013, "ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (0xc014, "ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    (0x0067, "DHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0x006b, "DHE_RSA_WITH_AES_256_CBC_SHA256"),
    (0x0033, "DHE_RSA_WITH_AES_128_CBC_SHA"),
    (0x0039, "DHE_RSA_WITH_AES_256_CBC_SHA"),
    (0x0032, "DHE_DSS_WITH_AES_128_CBC_SHA"),
    (0x0038, "DHE_DSS_WITH_AES_256_CBC_SHA"),
    (0x0045, "DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"),
    (0x0088, "DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"),
    (0x009c, "RSA_WITH_AES_128_GCM_SHA256"),
    (0x009d, "RSA_WITH_AES_256_GCM_SHA384"),
    (0x003c, "RSA_WITH_AES_128_CBC_SHA256"),
    (0x003d, "RSA_WITH_AES_256_CBC_SHA256"),
    (0x002f, "RSA_WITH_AES_128_CBC_SHA"),
    (0x0035, "RSA_WITH_AES_256_CBC_SHA"),
    (0x0041, "RSA_WITH_CAMELLIA_128_CBC_SHA"),
    (0x0084, "RSA_WITH_CAMELLIA_256_CBC_SHA"),
    (0x0096, "RSA_WITH_SEED_CBC_SHA"),
    (0xc012, "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xc008, "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
    (0x0016, "DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0x0013, "DHE_DSS_WITH_3DES_EDE_CBC_SHA"),
    (0x000a, "RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xc011, "ECDHE_RSA_WITH_RC4_128_SHA"),
    (0xc007, "ECDHE_ECDSA_WITH_RC4_128_SHA"),
    (0x0005, "RSA_WITH_RC4_128_SHA"),
    (0x0004, "RSA_WITH_RC4_128_MD5"),
    (0x0015, "DHE_RSA_WITH_DES_CBC_SHA"),
    (0x0012, "DHE_DSS_WITH_DES_CBC_SHA"),
    (0x0009, "RSA_WITH_DES_CBC_SHA"),
    (0x0062, "RSA_EXPORT1024_WITH_DES_CBC_SHA"),
    (0x0064, "RSA_EXPORT1024_WITH_RC4_56_SHA"),
    (0x0014, "DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
    (0x0011, "DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"),
    (0x0008, "RSA_EXPORT_WITH_DES40_CBC_SHA"),
    (0x0006, "RSA_EXPORT_WITH_RC2_CBC_40_MD5"),
    (0x0003, "RSA_EXPORT_WITH_RC4_40_MD5"),
    (0x00a6, "DH_anon_WITH_AES_128_GCM_SHA256"),
    (0x00a7, "DH_anon_WITH_AES_256_GCM_SHA384"),
    (0x006c, "DH_anon_WITH_AES_128_CBC_SHA256"),
    (0x006d, "DH_anon_WITH_AES_256_CBC_SHA256"),
    (0x0034, "DH_anon_WITH_AES_128_CBC_SHA"),
    (0x003a, "DH_anon_WITH_AES_256_CBC_SHA"),
    (0x001b, "DH_anon_WITH_3DES_EDE_CBC_SHA"),
    (0x001a, "DH_anon_WITH_DES_CBC_SHA"),
    (0x0018, "DH_anon_WITH_RC4_128_MD5"),
    (0x0019, "DH_anon_EXPORT_WITH_DES40_CBC_SHA"),
    (0x0017, "DH_anon_EXPORT_WITH_RC4_40_MD5"),
    (0xc018, "ECDH_anon_WITH_AES_128_CBC_SHA"),
    (0xc019, "ECDH_anon_WITH_AES_256_CBC_SHA"),
    (0xc017, "ECDH_anon_WITH_3DES_EDE_CBC_SHA"),
    (0xc016, "ECDH_anon_WITH_RC4_128_SHA"),
    (0xc015, "ECDH_anon_WITH_NULL_SHA"),
    (0xc006, "ECDHE_ECDSA_WITH_NULL_SHA"),
    (0xc010, "ECDHE_RSA_WITH_NULL_SHA"),
    (0x003b, "RSA_WITH_NULL_SHA256"),
    (0x0002, "RSA_WITH_NULL_SHA"),
    (0x0001, "RSA_WITH_NULL_MD5"),
];

/// A class of suites that one hello asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Anonymous,
    Null,
    Export,
    Des,
    Rc4,
    TripleDes,
    Cbc,
    StaticRsa,
    Dhe,
}

impl Class {
    /// Broken: none of these may be accepted.
    pub const WEAK: [Class; 6] = [Class::Anonymous, Class::Null, Class::Export, Class::Des, Class::Rc4, Class::TripleDes];
    /// Outdated.
    pub const LEGACY: [Class; 3] = [Class::Cbc, Class::StaticRsa, Class::Dhe];

    /// Its word in the facts.
    pub fn word(self) -> &'static str {
        match self {
            Class::Anonymous => "anonymous",
            Class::Null => "null",
            Class::Export => "export",
            Class::Des => "des",
            Class::Rc4 => "rc4",
            Class::TripleDes => "3des",
            Class::Cbc => "cbc-only",
            Class::StaticRsa => "static-rsa",
            Class::Dhe => "dhe",
        }
    }

    fn holds(self, name: &str) -> bool {
        let has = |part: &str| name.contains(part);
        let weak = has("_anon_") || has("NULL") || has("EXPORT") || has("WITH_DES") || has("RC4") || has("3DES");
        match self {
            Class::Anonymous => has("_anon_"),
            Class::Null => has("WITH_NULL") && !has("_anon_"),
            Class::Export => has("EXPORT") && !has("_anon_"),
            Class::Des => has("WITH_DES_") && !has("EXPORT") && !has("_anon_"),
            Class::Rc4 => has("WITH_RC4") && !has("EXPORT") && !has("_anon_"),
            Class::TripleDes => has("3DES") && !has("_anon_"),
            Class::Cbc => has("_CBC_") && !weak,
            Class::StaticRsa => name.starts_with("RSA_") && !weak,
            Class::Dhe => name.starts_with("DHE_") && !weak,
        }
    }
}

/// The suites of a class.
pub fn of_class(class: Class) -> Vec<u16> {
    SUITES.iter().filter(|(_, name)| class.holds(name)).map(|(number, _)| *number).collect()
}

/// Everything that a server of TLS 1.2 or older may know; those of TLS 1.3 are left out.
pub fn up_to_tls12() -> Vec<u16> {
    SUITES.iter().map(|(number, _)| *number).filter(|number| number >> 8 != 0x13).collect()
}

/// The suites of TLS 1.3.
pub fn of_tls13() -> Vec<u16> {
    SUITES.iter().map(|(number, _)| *number).filter(|number| number >> 8 == 0x13).collect()
}

/// The IANA name, or the number of a suite that is not in the table.
pub fn name(number: u16) -> String {
    match SUITES.iter().find(|(own, _)| *own == number) {
        Some((_, name)) => format!("TLS_{name}"),
        None => format!("0x{number:04x}"),
    }
}

/// Does the key exchange leave nothing behind that opens a recording later?
pub fn forward_secrecy(number: u16) -> bool {
    let name = name(number);
    number >> 8 == 0x13 || name.starts_with("TLS_ECDHE_") || name.starts_with("TLS_DHE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_stands_twice() {
        let numbers: std::collections::BTreeSet<u16> = SUITES.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers.len(), SUITES.len());
    }

    #[test]
    fn weak_classes_share_no_suite_and_hold_no_current_one() {
        let mut seen = std::collections::BTreeSet::new();
        for class in Class::WEAK {
            let suites = of_class(class);
            assert!(suites.len() >= 3, "{class:?}");
            assert!(suites.iter().all(|suite| seen.insert(*suite)), "{class:?}");
        }
        for class in Class::LEGACY {
            assert!(of_class(class).iter().all(|suite| !seen.contains(suite)), "{class:?}");
        }
        for current in [0x1301, 0xc02b, 0xc02f, 0xc030, 0xcca8] {
            assert!(!Class::WEAK.iter().chain(&Class::LEGACY).any(|class| of_class(*class).contains(&current)));
        }
    }

    #[test]
    fn classes_by_known_members() {
        for (class, member) in [
            (Class::Anonymous, 0x0034),
            (Class::Null, 0xc010),
            (Class::Export, 0x0062),
            (Class::Des, 0x0009),
            (Class::Rc4, 0x0005),
            (Class::TripleDes, 0xc012),
            (Class::Cbc, 0xc013),
            (Class::StaticRsa, 0x009c),
            (Class::Dhe, 0x009e),
        ] {
            assert!(of_class(class).contains(&member), "{class:?}");
        }
        assert!(!of_class(Class::Cbc).contains(&0xc02f) && !of_class(Class::StaticRsa).contains(&0x0033));
    }

    #[test]
    fn names_and_forward_secrecy() {
        assert_eq!(name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(name(0x9999), "0x9999");
        assert!(forward_secrecy(0x1301) && forward_secrecy(0x0033));
        assert!(!forward_secrecy(0x002f) && !forward_secrecy(0x0034) && !forward_secrecy(0x9999));
    }
}
