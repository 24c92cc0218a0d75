//! Runs the routes on a socket until told to stop.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::app::app;
use crate::state::AppState;
use crate::tls::Tls;

/// Pause after a failed accept, for example when the process has too many files open.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every accepted request was finished.
    Finished,
    /// The time limit passed first; some requests were cut off.
    CutOff,
}

/// Serves `state` on `listener` until `stop` completes, then accepts no new connections and finishes
/// the accepted requests within `grace`.
///
/// A client that closes its connection frees its place in the queue at once. With `tls`, only TLS is
/// accepted.
///
/// # Errors
/// The socket fails for good.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    tls: Option<Tls>,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<Stopped> {
    let connections = Arc::new(Semaphore::new(state.limits().connections.max(1)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(state.limits().header_timeout);
    let patience = state.limits().header_timeout;
    let service = TowerToHyperService::new(app(state.clone()));
    let open = GracefulShutdown::new();
    let (stopping, stops) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let stream = stream?;
        let (http, service, tls) = (http.clone(), service.clone(), tls.clone());
        let watcher = open.watcher();
        let mut stops = stops.clone();
        tokio::spawn(async move {
            // A connection still in its TLS handshake has no request to finish.
            let stream = tokio::select! {
                biased;
                stream = secured(stream, tls, patience) => stream,
                _ = stops.changed() => None,
            };
            let Some(stream) = stream else {
                return;
            };
            let connection = http.serve_connection(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    drop(stopping);
    let told = Instant::now();
    if tokio::time::timeout(grace, open.shutdown()).await.is_err() {
        return Ok(Stopped::CutOff);
    }
    // A write whose client has left may still be running.
    let finished = state.drain(grace.saturating_sub(told.elapsed())).await;
    Ok(if finished { Stopped::Finished } else { Stopped::CutOff })
}

/// A connection, with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The connection after its TLS handshake, if it needs one; `None` if that failed or took too long.
async fn secured(
    stream: TcpStream,
    tls: Option<Tls>,
    patience: Duration,
) -> Option<Box<dyn Stream>> {
    let Some(tls) = tls else {
        return Some(Box::new(stream));
    };
    match tokio::time::timeout(patience, tls.0.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

/// The next connection. Errors of a single connection, and temporary ones, are logged and skipped.
async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small: send them at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY");
                }
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
        }
    }
}
