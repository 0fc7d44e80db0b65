//! Whom the live side trusts: the roots of the system (or of `SSL_CERT_FILE` and `SSL_CERT_DIR`), those of Mozilla where the
//! system has none (a scratch container), and what `--ca-file` adds. The choice of the cryptography stands here, once.

use std::path::Path;
use std::sync::Arc;

use ring::hmac;
use rustls::RootCertStore;
use rustls::client::ClientConfig;
use rustls::crypto::CryptoProvider;

/// The roots of one run.
#[derive(Debug, Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    used: String,
}

impl Roots {
    /// Reads the roots of this machine and adds those of `ca_file`. An error is one sentence about `ca_file`: a store of the
    /// system that cannot be read is no reason to stop.
    pub fn load(ca_file: Option<&Path>) -> Result<Roots, String> {
        let mut store = RootCertStore::empty();
        let (found, _unusable) = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let mut used = format!("{found} roots of the system");
        if found == 0 {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            used = format!("{} roots of Mozilla, as the system has none", store.len());
        }
        Roots { store: Arc::new(store), used }.with(ca_file)
    }

    /// Only the roots of `ca_file`: nothing of this machine.
    pub fn only(ca_file: &Path) -> Result<Roots, String> {
        Roots { store: Arc::new(RootCertStore::empty()), used: "no roots of the system".to_owned() }.with(Some(ca_file))
    }

    fn with(self, ca_file: Option<&Path>) -> Result<Roots, String> {
        let Some(path) = ca_file else { return Ok(self) };
        let mut store = RootCertStore::clone(&self.store);
        let read = rustls_native_certs::load_certs_from_paths(Some(path), None);
        if let (true, Some(error)) = (read.certs.is_empty(), read.errors.first()) {
            return Err(format!("{}: {error}", path.display()));
        }
        let (added, _unusable) = store.add_parsable_certificates(read.certs);
        if added == 0 {
            return Err(format!("{}: no certificate in PEM form that can be a root", path.display()));
        }
        Ok(Roots { store: Arc::new(store), used: format!("{} and {added} of {}", self.used, path.display()) })
    }

    /// The roots themselves.
    pub fn store(&self) -> &Arc<RootCertStore> {
        &self.store
    }

    /// Which roots these are, as a note of the report.
    pub fn used(&self) -> &str {
        &self.used
    }

    /// A client of TLS 1.2 and 1.3 that trusts these roots. Without client certificate; ALPN is left to the caller.
    pub fn client(&self) -> Result<ClientConfig, rustls::Error> {
        Ok(ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.store.clone())
            .with_no_client_auth())
    }
}

/// The cryptography of the live side. The only place that names it.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Is this the HMAC of a message by SHA-2 of so many bits (384 and 512; else 256) with this secret?
pub fn signs(bits: u16, secret: &[u8], message: &[u8], tag: &[u8]) -> bool {
    let hash = match bits {
        512 => hmac::HMAC_SHA512,
        384 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA256,
    };
    hmac::verify(&hmac::Key::new(hash, secret), message, tag).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_file_adds_to_the_roots() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, authority() + &authority()).unwrap();
        let plain = Roots::load(None).unwrap();
        let more = Roots::load(Some(&path)).unwrap();
        assert_eq!(more.store().len(), plain.store().len() + 2);
        assert!(more.used().contains("and 2 of"), "{}", more.used());
        assert_eq!(Roots::only(&path).unwrap().store().len(), 2);
        assert!(more.client().is_ok());
    }

    #[test]
    fn a_file_without_certificates_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(Roots::load(Some(&path)).unwrap_err().contains("ca.pem"));
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(Roots::load(Some(&path)).unwrap_err().contains("ca.pem"), "{text}");
        }
    }
}
