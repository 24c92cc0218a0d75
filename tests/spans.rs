//! Spans sent to a collector, in builds with the feature `otlp`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::{Server, seeded};

/// A collector that stores what it receives and answers 200.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            loop {
                let (mut length, mut line) = (0, String::new());
                while stream.read_line(&mut line).unwrap_or(0) > 2 {
                    let header = line.to_ascii_lowercase();
                    if let Some(value) = header.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                if line.is_empty() {
                    break;
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                all.lock().unwrap().extend(body);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                stream.get_mut().write_all(answer).unwrap();
            }
        }
    });
    (url, taken)
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
    let has = |name: &str| {
        taken
            .windows(name.len())
            .any(|part| part == name.as_bytes())
    };
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
