//! The server over a socket: TLS, and a client that disconnects.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use yiju_api::{AppState, Limits, Policy, Stopped, Tls, app, serve};

use crate::support::{SHARED, get, library, post};

#[tokio::test]
async fn the_server_speaks_tls_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = Tls::read(&certificate, &key).unwrap();
    for (certificate, key) in [(&key, &key), (&certificate, &certificate)] {
        assert!(Tls::read(certificate, key).is_err());
    }
    assert!(Tls::read(&directory.path().join("none"), &key).is_err());

    let mut policy = Policy::default();
    policy.tls = true;
    let state = AppState::with_policy(Limits::default(), policy).unwrap();
    state.set_engine(Arc::clone(&SHARED.engine));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let told = async move {
        let _ = stopped.await;
    };
    let server = tokio::spawn(serve(listener, state, Some(tls), told, Duration::from_secs(30)));

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();
    let plain = TcpStream::connect(address).await.unwrap();
    let mut stream = connector.connect(name, plain).await.unwrap();
    let request = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");

    // A silent connection must not delay the stop; the next one shows that it was accepted.
    let silent = TcpStream::connect(address).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "nothing is answered in the clear");

    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap().unwrap(), Stopped::Finished);
    drop(silent);
}

/// The value of a metric without labels, or with exactly these.
async fn metric(app: &Router, name: &str) -> u64 {
    let metrics = get(app, "/metrics").await;
    let mut lines = metrics.text().lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

#[tokio::test]
async fn the_work_of_a_client_that_leaves_is_stopped() {
    const TEXTS: u64 = 2000;
    let library = library();
    let state = AppState::new(Limits::default());
    state.set_engine(Arc::clone(&library.engine));
    let app = app(state.clone());
    let text = "押金不得超过两个月租金，退租时应当在三个工作日内退还。".repeat(6);
    let one = post(&app, "/v1/embeddings", json!({"input": text})).await;
    let tokens = one.json()["usage"]["total_tokens"].as_u64().unwrap();
    let before = metric(&app, "yiju_batch_tokens_total").await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        tokio::spawn(serve(listener, state, None, std::future::pending(), Duration::from_secs(30)));
    let texts = vec![text; TEXTS as usize];
    let body = json!({"input": texts}).to_string();
    let head = format!(
        "POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(body.as_bytes()).await.unwrap();
    while metric(&app, "yiju_batch_tokens_total").await == before {
        tokio::task::yield_now().await;
    }
    drop(client);
    while metric(&app, "yiju_running{lane=\"read\"}").await > 0 {
        tokio::task::yield_now().await;
    }
    let ran = metric(&app, "yiju_batch_tokens_total").await - before;
    assert!(ran < tokens * TEXTS, "all {ran} tokens were embedded");
    server.abort();
}
