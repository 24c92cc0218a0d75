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

/// Pause after a connection could not be accepted, as when the process has too many files open.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Everything accepted was finished.
    Finished,
    /// The time limit passed first; some requests were cut off.
    CutOff,
}

/// Serves `state` on `listener` until `stop` completes, then takes no new connections and finishes
/// what was accepted, within `grace`.
///
/// A client that closes its connection gives up its place in the queue at once. With `tls`, nothing
/// but TLS is spoken.
///
/// # Errors
/// Where the socket fails for good.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    tls: Option<Tls>,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<Stopped> {
    let connections = Arc::new(Semaphore::new(state.limits().connections.max(1)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(state.limits().header_timeout);
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
            // Who has not even shaken hands when the server stops has asked for nothing.
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
    // A call whose client left may still be running: a write is not cut in two.
    let finished = state.drain(grace.saturating_sub(told.elapsed())).await;
    Ok(if finished {
        Stopped::Finished
    } else {
        Stopped::CutOff
    })
}

/// What bytes of a request come from.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The connection after its handshake, where there is one; `None` where it failed or took too long.
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

/// The next connection. What concerns one connection, or passes, is no reason to stop.
async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small: sent at once, not held back for more.
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
