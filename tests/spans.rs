//! Spans sent to a collector, in builds with the feature `otlp`.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use serde_json::json;

use crate::support::{Server, seeded, serve};

/// A collector that stores what it receives; its URL and what it has.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let taken = Arc::<Mutex<Vec<u8>>>::default();
    let all = Arc::clone(&taken);
    let take = move |body: Bytes| async move { all.lock().unwrap().extend(body) };
    let url = serve(Router::new().route("/v1/traces", post(take)));
    (format!("{url}/v1/traces"), taken)
}

#[test]
fn the_steps_of_a_question_reach_the_collector() {
    let place = seeded();
    let (url, taken) = collector();
    let server = Server::start(&place, &["--otlp-endpoint", &url]);
    let answer = server
        .client
        .post(server.at("/v1/ask"))
        .header("x-request-id", "the-request-of-this-test")
        .json(&json!({"question": "群租房怎么管？"}))
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    server.signal("-TERM");
    assert_eq!(server.end().0, Some(0));
    let taken = taken.lock().unwrap();
    let has = |name: &str| taken.windows(name.len()).any(|part| part == name.as_bytes());
    for name in [
        "yiju",
        "request",
        "analyse",
        "tokenise",
        "embed",
        "retrieve",
        "clauses",
        "sentences",
        "lexical",
        "fuse",
        "second_stage",
        "evidence",
        "compose",
        "the-request-of-this-test",
    ] {
        assert!(has(name), "{name} was not sent");
    }
    assert!(!has("群租房"), "questions stay here");
}

#[test]
fn a_collector_that_cannot_be_reached_is_said_and_harms_nothing() {
    let place = seeded();
    // A port on which nothing listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    drop(listener);
    let server = Server::start(&place, &["--otlp-endpoint", &url]);
    assert_eq!(server.ask("群租房怎么管？").status(), 200);
    server.signal("-TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("ExportError"), "{said}");
}
