//! Runs the routes on a socket until told to stop.

use std::future::{Future, IntoFuture};
use std::io;
use std::time::{Duration, Instant};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::app;
use crate::state::AppState;

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
/// # Errors
/// Where the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<Stopped> {
    // Answers are small: sent at once, not held back for more.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    });
    let (told, stopping) = oneshot::channel();
    let server = axum::serve(listener, app(state.clone())).with_graceful_shutdown(async move {
        stop.await;
        let _ = told.send(Instant::now());
    });
    let cut_off = async {
        match stopping.await {
            Ok(_) => tokio::time::sleep(grace).await,
            // The server ended by itself; its result is on the other branch.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = server.into_future() => result?,
        () = cut_off => return Ok(Stopped::CutOff),
    }
    // A call whose client left may still be running: a write is not cut in two.
    let finished = state.drain(grace).await;
    Ok(if finished {
        Stopped::Finished
    } else {
        Stopped::CutOff
    })
}
