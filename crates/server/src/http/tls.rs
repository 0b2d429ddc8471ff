//! HTTPS, with a certificate and a key from files, which are read again when they change.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, InconsistentKeys, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
    },
};

use crate::command_error::CommandError;

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// There is a certificate without a key.
    #[error("tls_certificate is set, but tls_key is not")]
    MissingKey,
    /// There is a key without a certificate.
    #[error("tls_key is set, but tls_certificate is not")]
    MissingCertificate,
    /// A file cannot be read, or is malformed.
    #[error("cannot read {setting} {}: {source}", path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// A file does not contain what is needed.
    #[error("{setting} {} holds no {what} in PEM", path.display())]
    Empty {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is needed.
        what: &'static str,
    },
    /// The two files do not belong together.
    #[error("the key in {} does not belong to the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// The certificate or the key cannot be used.
    #[error("cannot serve HTTPS with {} and {}: {source}", certificate.display(), key.display())]
    Unusable {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

impl CommandError for TlsError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::MissingKey => "name the file with its private key with --tls-key",
            Self::MissingCertificate => "name the file with its certificate with --tls-certificate",
            Self::Empty { setting: KEY, .. } => {
                "remove the password of a key with `openssl pkey -in KEY -out PLAIN_KEY`"
            }
            Self::Mismatch { .. } => {
                "the server's own certificate must come first in its file, and the key must belong \
                 to it"
            }
            Self::Unreadable { .. } | Self::Empty { .. } | Self::Unusable { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

const CERTIFICATE: &str = "tls_certificate";
const KEY: &str = "tls_key";

/// The certificate that the server shows, with its key. All clones share it.
#[derive(Clone)]
pub struct Certificate(Arc<Files>);

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Loaded>,
}

/// What was read from the files.
struct Loaded {
    chain: Vec<CertificateDer<'static>>,
    acceptor: TlsAcceptor,
}

impl Certificate {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// If a file cannot be read, or the two do not belong together.
    pub fn read(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let current = RwLock::new(Loaded::read(&certificate, &key)?);
        Ok(Self(Arc::new(Files {
            certificate,
            key,
            current,
        })))
    }

    /// Reads the files again, and returns whether there is another certificate in them. If they cannot
    /// be used, the server keeps what it has.
    ///
    /// # Errors
    /// If a file cannot be read, or the two do not belong together.
    pub fn read_again(&self) -> Result<bool, TlsError> {
        let files = &self.0;
        let new = Loaded::read(&files.certificate, &files.key)?;
        let mut current = files
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let is_changed = current.chain != new.chain;
        *current = new;
        Ok(is_changed)
    }

    /// Terminates TLS on new connections, with HTTP/2 for clients that support it.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self
            .0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        current.acceptor.clone()
    }
}

impl Loaded {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| unreadable(CERTIFICATE, certificate, source))?;
        if chain.is_empty() {
            return Err(empty(CERTIFICATE, certificate, "certificate"));
        }
        let private_key = PrivateKeyDer::from_pem_file(key).map_err(|source| match source {
            pem::Error::NoItemsFound => empty(KEY, key, "private key without a password"),
            source => unreadable(KEY, key, source),
        })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(chain.clone(), private_key)
            })
            .map_err(|source| match source {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    TlsError::Mismatch {
                        certificate: certificate.to_owned(),
                        key: key.to_owned(),
                    }
                }
                source => TlsError::Unusable {
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                    source,
                },
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { chain, acceptor })
    }
}

fn unreadable(setting: &'static str, path: &Path, source: pem::Error) -> TlsError {
    TlsError::Unreadable {
        setting,
        path: path.to_owned(),
        source,
    }
}

fn empty(setting: &'static str, path: &Path, what: &'static str) -> TlsError {
    TlsError::Empty {
        setting,
        path: path.to_owned(),
        what,
    }
}
