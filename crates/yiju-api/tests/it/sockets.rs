//! The server's sockets under clients that do not behave, and the protocols that it speaks.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yiju_api::{AppState, Limits, Stopped, serve};

use crate::support::SHARED;

/// A server on a port that the system chooses, stopped when dropped.
struct Server {
    address: std::net::SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    running: tokio::task::JoinHandle<std::io::Result<Stopped>>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let state = AppState::new(limits);
        state.set_engine(Arc::clone(&SHARED.engine));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let told = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(serve(listener, state, None, told, Duration::from_secs(30)));
        Self { address, stop: Some(stop), running }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The whole answer to these bytes, after which the server or the client closes.
    async fn answer(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        within(async {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.map(|_| answer)
        })
        .await
        .unwrap()
    }

    async fn stopped(mut self) -> Stopped {
        self.stop.take().unwrap().send(()).unwrap();
        within(&mut self.running).await.unwrap().unwrap()
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), work).await.expect("not done in time")
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

#[tokio::test]
async fn idle_connections_make_room_for_new_ones() {
    let mut limits = Limits::default();
    limits.connections = 8;
    let server = Server::start(limits).await;
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(server.connect().await);
    }
    assert!(server.answer(HEALTH).await.starts_with("HTTP/1.1 200"));
    // The oldest are the ones that were closed.
    let mut byte = [0];
    assert_eq!(within(idle[0].read(&mut byte)).await.unwrap_or(0), 0);
    let newest = idle.last_mut().unwrap();
    newest.write_all(HEALTH.as_bytes()).await.unwrap();
    assert_eq!(within(newest.read(&mut byte)).await.unwrap(), 1);
    assert_eq!(server.stopped().await, Stopped::Finished);
}

#[tokio::test]
async fn stalled_uploads_shut_nobody_out_and_end() {
    let mut limits = Limits::default();
    limits.connections = 8;
    limits.send_timeout = Duration::from_millis(500);
    let server = Server::start(limits).await;
    let upload = "POST /v1/documents HTTP/1.1\r\nhost: localhost\r\n\
        content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"title\": ";
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let mut stream = server.connect().await;
        stream.write_all(upload.as_bytes()).await.unwrap();
        stalled.push(stream);
    }
    // All eight are busy once their requests have arrived; a spare connection serves health checks only.
    let refused = loop {
        let answer = server
            .answer("GET /v1/documents HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await;
        if !answer.starts_with("HTTP/1.1 200") {
            break answer;
        }
    };
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert_eq!(body(&refused)["error"]["code"], "unavailable");
    assert!(server.answer(HEALTH).await.starts_with("HTTP/1.1 200"));
    for mut stream in stalled {
        let mut answer = vec![0; 4096];
        let read = within(stream.read(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("timeout"), "{answer}");
    }
    assert_eq!(server.stopped().await, Stopped::Finished);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up() {
    let mut limits = Limits::default();
    limits.send_timeout = Duration::from_millis(300);
    let server = Server::start(limits).await;
    let mut stream = server.connect().await;
    // Many answers in a row, none of which is read, fill what the system keeps for the client.
    let request = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(400);
    let sent = within(stream.write_all(request.as_bytes())).await;
    let mut all = Vec::new();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let read = within(stream.read_to_end(&mut all)).await;
    let answers = String::from_utf8_lossy(&all).matches("HTTP/1.1 200").count();
    assert!(sent.is_err() || read.is_err() || answers < 400, "{answers} answers were kept for it");
    assert_eq!(server.stopped().await, Stopped::Finished);
}

#[tokio::test]
async fn requests_that_cannot_be_read_get_the_usual_error() {
    let server = Server::start(Limits::default()).await;
    let (long, longer) = ("a".repeat(100_000), "a".repeat(1 << 20));
    let cases = [
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), 400, "invalid_request"),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".into(), 400, "invalid_request"),
        ("NOT HTTP AT ALL\r\n\r\n".into(), 400, "invalid_request"),
        (
            format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {longer}\r\n\r\n"),
            431,
            "headers_too_large",
        ),
        (format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n"), 414, "address_too_long"),
    ];
    for (request, status, code) in cases {
        let mut request = request;
        if !request.contains("connection") {
            request = request.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1);
        }
        let answer = server.answer(&request).await;
        let shown: String = answer.chars().take(400).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {shown}");
        let error = &body(&answer)["error"];
        assert_eq!(error["code"], code, "{shown}");
        assert!(answer.contains(error["request_id"].as_str().unwrap()));
    }
    let metrics = server.answer("GET /metrics HTTP/1.0\r\n\r\n").await;
    assert!(metrics.contains("route=\"unreadable\""), "{metrics}");
    assert_eq!(server.stopped().await, Stopped::Finished);
}

#[tokio::test]
async fn an_early_refusal_reaches_clients_that_send_first() {
    let mut limits = Limits::default();
    limits.document_bytes = 1000;
    let server = Server::start(limits).await;
    let mut stream = server.connect().await;
    let length = 8 << 20;
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // As clients do that look at the answer only when all is sent.
    within(stream.write_all(&vec![b' '; length])).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(body(&answer)["error"]["code"], "document_too_large");
    assert_eq!(server.stopped().await, Stopped::Finished);
}

#[tokio::test]
async fn http_2_is_spoken_and_long_answers_are_compressed() {
    let server = Server::start(Limits::default()).await;
    let stream = server.connect().await;
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, axum::body::Body>(executor, io)
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = axum::http::Request::get(format!("http://{}/openapi.json", server.address))
        .header("accept-encoding", "gzip")
        .body(axum::body::Body::empty())
        .unwrap();
    let response = within(sender.send_request(request)).await.unwrap();
    assert_eq!(response.version(), axum::http::Version::HTTP_2);
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = axum::body::to_bytes(axum::body::Body::new(response.into_body()), usize::MAX)
        .await
        .unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text).unwrap();
    assert!(serde_json::from_str::<Value>(&text).unwrap()["openapi"].is_string());
    drop(sender);
    assert_eq!(server.stopped().await, Stopped::Finished);
}
