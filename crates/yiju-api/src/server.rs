//! Runs the routes on a socket until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::app::{app, refusal};
use crate::connections::{Busy, Connection, Connections, Place};
use crate::share::Peer;
use crate::socket::{Refusal, Socket, Stream};
use crate::state::AppState;
use crate::tls::Tls;

/// Pause after a failed accept, for example when the process has too many files open.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);

/// How often a client of HTTP/2 is asked whether it is still there, and its time to answer.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Requests that one connection of HTTP/2 may have open.
const STREAMS: u32 = 100;

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every accepted request was finished.
    Finished,
    /// The time limit passed first; some requests were cut off.
    CutOff,
}

/// Serves `state` on `listener`, by HTTP/1.1 and HTTP/2, until `stop` completes, then accepts no new connections and
/// finishes the accepted requests within `grace`.
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
    let connections = Connections::new(state.limits().connections);
    let serving = Serving::new(&state, tls);
    let open = GracefulShutdown::new();
    let (stopping, stops) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener) => accepted,
        };
        let (stream, address) = accepted?;
        let Some(place) = connections.enter(address) else {
            tracing::warn!("a connection was closed at once: all that may be open are busy");
            continue;
        };
        let (serving, watcher) = (serving.clone(), open.watcher());
        let mut stops = stops.clone();
        tokio::spawn(async move {
            // A connection still in its TLS handshake has no request to finish.
            let stream = tokio::select! {
                biased;
                stream = serving.secured(stream) => stream,
                () = place.connection.closed() => None,
                _ = stops.changed() => None,
            };
            let Some(stream) = stream else {
                return;
            };
            let socket = serving.socket(stream, &place);
            let service =
                Service { app: serving.app, connection: Arc::clone(&place.connection), address };
            let connection = serving.http.serve_connection(TokioIo::new(socket), service);
            let served = tokio::select! {
                served = watcher.watch(connection) => served,
                () = place.connection.closed() => Ok(()),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended");
            }
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

/// How connections are served.
#[derive(Clone)]
struct Serving {
    app: Router,
    http: auto::Builder<TokioExecutor>,
    tls: Option<Tls>,
    refusal: Refusal,
    /// Time for a TLS handshake, and for the headers of a request.
    patience: Duration,
    /// Time for a client to take some of what is sent.
    send_timeout: Duration,
}

impl Serving {
    fn new(state: &AppState, tls: Option<Tls>) -> Self {
        let patience = state.limits().header_timeout;
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(patience);
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY);
        let send_timeout = state.limits().send_timeout;
        Self { app: app(state.clone()), http, tls, refusal: refusal(state), patience, send_timeout }
    }

    fn socket(&self, stream: Box<dyn Stream>, place: &Place) -> Socket {
        let connection = Arc::clone(&place.connection);
        let refusal = Arc::clone(&self.refusal);
        Socket::new(stream, connection, self.patience, self.send_timeout, refusal)
    }

    /// The connection after its TLS handshake, if it needs one; `None` if that failed or took too long.
    async fn secured(&self, stream: TcpStream) -> Option<Box<dyn Stream>> {
        let Some(tls) = &self.tls else {
            return Some(Box::new(stream));
        };
        match tokio::time::timeout(self.patience, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => Some(Box::new(stream)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }
}

/// The next connection. Errors of a single connection, and temporary ones, are logged and skipped.
async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // Answers are small: send them at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY");
                }
                return Ok((stream, address.ip()));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_A_FAILURE).await;
            }
        }
    }
}

/// The routes, as one connection reaches them.
struct Service {
    app: Router,
    connection: Arc<Connection>,
    address: IpAddr,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Watched<Body, Busy>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let busy = self.connection.busy();
        let left = OnUnread(Arc::clone(&self.connection));
        let mut request = request.map(|body| Body::new(Watched { body, ended: false, held: left }));
        request
            .extensions_mut()
            .insert(Peer { address: self.address, spare: self.connection.is_spare() });
        let app = self.app.clone();
        Box::pin(async move {
            let response = app.oneshot(request).await?;
            Ok(response.map(|body| Watched { body, ended: false, held: busy }))
        })
    }
}

/// A body that holds something until it is dropped, and tells it whether it ended.
struct Watched<B: hyper::body::Body, H: Hold> {
    body: B,
    ended: bool,
    held: H,
}

/// What a body holds.
trait Hold {
    /// The body is dropped before its end.
    fn unfinished(&self) {}
}

impl Hold for Busy {}

/// Tells a connection of a request that was not read to its end.
struct OnUnread(Arc<Connection>);

impl Hold for OnUnread {
    fn unfinished(&self) {
        self.0.leave_unread();
    }
}

impl<B: hyper::body::Body<Data = Bytes> + Unpin, H: Hold + Unpin> hyper::body::Body
    for Watched<B, H>
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        this.ended |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: hyper::body::Body, H: Hold> Drop for Watched<B, H> {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.held.unfinished();
        }
    }
}
