//! Connections to an endpoint: TCP, and TLS over it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::address::Address;
use crate::WriterError;

/// Where more certificates to trust may be, as other programs read it.
const MORE_CERTIFICATES: &str = "SSL_CERT_FILE";

/// Either kind of connection.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What TLS needs: the certificates of the web's authorities, and those of the file that `SSL_CERT_FILE` names.
///
/// # Errors
/// What is wrong with that file.
pub(super) fn tls() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = std::env::var_os(MORE_CERTIFICATES).filter(|file| !file.is_empty()) {
        let file = Path::new(&file);
        let bad = |why: String| format!("{MORE_CERTIFICATES} ({}): {why}", file.display());
        let more: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|error| bad(error.to_string()))?;
        roots.add_parsable_certificates(more);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Connects within `patience`. The connection ends with the runtime that it was made on.
pub(super) async fn connect(
    address: &Address,
    tls: Option<&TlsConnector>,
    patience: Duration,
) -> Result<SendRequest<Full<Bytes>>, WriterError> {
    let connected = tokio::time::timeout(patience, opened(address, tls)).await;
    match connected {
        Ok(sender) => sender.map_err(|reason| WriterError::Unreachable {
            host: format!("{}:{}", address.host, address.port),
            reason,
        }),
        Err(_) => Err(WriterError::Slow { what: "connection", after: patience }),
    }
}

async fn opened(
    address: &Address,
    tls: Option<&TlsConnector>,
) -> Result<SendRequest<Full<Bytes>>, String> {
    let said = |error: std::io::Error| error.to_string();
    let tcp = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(said)?;
    // Requests are small and waited for.
    tcp.set_nodelay(true).map_err(said)?;
    let stream: Box<dyn Stream> = match tls {
        Some(tls) => {
            let name = ServerName::try_from(address.host.clone())
                .map_err(|_| format!("`{}` is no name that TLS can check", address.host))?;
            Box::new(tls.connect(name, tcp).await.map_err(said)?)
        }
        None => Box::new(tcp),
    };
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the writer's connection ended");
        }
    });
    Ok(sender)
}
