//! TLS from a certificate and a key in PEM.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, version};

/// A certificate with its key, ready to serve; clones share it.
#[derive(Clone)]
pub struct Tls {
    files: Arc<(PathBuf, PathBuf)>,
    current: Arc<RwLock<TlsAcceptor>>,
}

impl Tls {
    /// Reads the certificate (with its intermediates) and its private key, both PEM. Serves TLS 1.3 and
    /// 1.2.
    ///
    /// # Errors
    /// A file cannot be read or holds something else, or the key is not the certificate's.
    pub fn read(certificate: &Path, key: &Path) -> io::Result<Self> {
        let acceptor = acceptor(certificate, key)?;
        Ok(Self {
            files: Arc::new((certificate.to_owned(), key.to_owned())),
            current: Arc::new(RwLock::new(acceptor)),
        })
    }

    /// Reads the files anew, for connections that come from now on.
    ///
    /// # Errors
    /// As [`Tls::read`]; what was read before stays in use.
    pub fn reload(&self) -> io::Result<()> {
        let new = acceptor(&self.files.0, &self.files.1)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn acceptor(certificate: &Path, key: &Path) -> io::Result<TlsAcceptor> {
    let bad = |path: &Path, why: String| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{}: {why}", path.display()))
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| bad(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(certificate, "there is no certificate in it".into()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|error| bad(certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| bad(certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
