//! Certificates that sign themselves.

use std::{fs, path::Path, sync::Arc};

use libtest_mimic::Failed;
use rcgen::CertifiedKey;
use tempfile::TempDir;
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// A certificate of its own, and its key, in files.
pub struct Identity {
    directory: TempDir,
    /// The path of the certificate.
    pub certificate: String,
    /// The path of the key.
    pub key: String,
}

impl Identity {
    /// A new one, for the name `localhost`.
    ///
    /// # Errors
    ///
    /// Fails if the files cannot be written.
    pub fn make() -> Result<Self, Failed> {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let write = |name: &str, text: String| {
            let path = directory.path().join(name);
            fs::write(&path, text)?;
            Ok::<_, Failed>(path.display().to_string())
        };
        let certificate = write("certificate.pem", cert.pem())?;
        let key = write("key.pem", signing_key.serialize_pem())?;
        Ok(Self {
            directory,
            certificate,
            key,
        })
    }

    /// The folder with the files.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// The flags of a server that shows the certificate.
    pub fn flags(&self) -> [&str; 4] {
        [
            "--tls-certificate",
            &self.certificate,
            "--tls-key",
            &self.key,
        ]
    }

    /// A client that trusts this certificate alone, and speaks `protocols`.
    ///
    /// # Errors
    ///
    /// Fails if the certificate cannot be used.
    pub fn connector(&self, protocols: &[&str]) -> Result<TlsConnector, Failed> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.certificate)?)?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    /// What shows the certificate to clients.
    ///
    /// # Errors
    ///
    /// Fails if the certificate cannot be used.
    pub fn acceptor(&self) -> Result<TlsAcceptor, Failed> {
        let chain = vec![CertificateDer::from_pem_file(&self.certificate)?];
        let key = PrivateKeyDer::from_pem_file(&self.key)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
