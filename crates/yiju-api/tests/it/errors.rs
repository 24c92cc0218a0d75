//! Every row of the table of errors, and what the errors look like.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use yiju_access::{KeyFile, NewKey, Scope};
use yiju_api::{AppState, ErrorCode, Limits, Policy, app};
use yiju_engine::{Access, LibraryLimits};

use crate::support::{
    Answer, SHARED, app_of, delete, form, get, library, open, post, post_raw, send, shared,
};

#[tokio::test]
async fn every_code_is_given() {
    let seen = Mutex::new(BTreeSet::new());
    let see = |answer: Answer, status: u16, code: &str| {
        assert_eq!(answer.error(status), code);
        seen.lock().unwrap().insert(code.to_owned());
    };
    let app = shared();
    see(post(&app, "/v1/ask", json!({"question": ""})).await, 400, "invalid_request");
    see(get(&app, "/v1/documents/0123").await, 404, "not_found");
    see(get(&app, "/v2/ask").await, 404, "route_not_found");
    see(
        post(&app, "/v1/embeddings", json!({"input": "a", "model": "x"})).await,
        404,
        "model_not_found",
    );
    let wrong = get(&app, "/v1/verify").await;
    assert_eq!(wrong.header("allow"), "POST");
    see(wrong, 405, "method_not_allowed");
    let long = json!({"question": "长".repeat(1 << 20)});
    see(post(&app, "/v1/ask", long).await, 413, "body_too_large");
    see(post_raw(&app, "/v1/ask", "text/plain", "{}").await, 415, "unsupported_format");
    let program = ("name=\"file\"; filename=\"a\"", &b"\x7fELF\x02\x01\x01\x00\x00"[..]);
    see(form(&app, &[program]).await, 415, "unsupported_format");
    let damaged = ("name=\"file\"; filename=\"a.pdf\"", &b"%PDF-1.7\n\x00\x01\x02"[..]);
    see(form(&app, &[damaged]).await, 422, "unreadable");
    see(post(&app, "/v1/documents", json!({"title": "t", "text": " "})).await, 422, "unreadable");

    let mut limits = Limits::default();
    limits.document_bytes = 10;
    let small = app_of(&SHARED.engine, limits);
    let body = json!({"title": "t", "text": "0123456789a"});
    see(post(&small, "/v1/documents", body).await, 413, "document_too_large");

    let mut limits = Limits::default();
    limits.deadline = Duration::ZERO;
    let hasty = app_of(&SHARED.engine, limits);
    let late = post(&hasty, "/v1/ask", json!({"question": "租金？"})).await;
    assert_eq!(late.header("retry-after"), "1");
    see(late, 503, "timeout");

    let loading = crate::support::get(&app_without_engine(), "/readyz").await;
    see(loading, 503, "unavailable");

    let reader = library();
    let directory = reader.directory.path().join("library");
    drop(reader.engine);
    let reader = app_of(&Arc::new(open(&directory, Access::ReadOnly)), Limits::default());
    let body = json!({"title": "t", "text": "第一条 甲。"});
    see(post(&reader, "/v1/documents", body).await, 409, "conflict");

    see(full_queue().await, 429, "too_many_requests");

    let keys = tempfile::tempdir().unwrap();
    let file = KeyFile::new(keys.path().join("keys.json"));
    let mut new = NewKey::new("a", [Scope::Write]);
    new.requests_per_minute = NonZeroU32::new(1);
    let (_, token) = file.add(new).unwrap();
    let mut policy = Policy::default();
    policy.keys = Some(file);
    let state = AppState::with_policy(Limits::default(), policy).unwrap();
    state.set_engine(Arc::clone(&SHARED.engine));
    let keyed = yiju_api::app(state);
    see(get(&keyed, "/v1/documents").await, 401, "unauthorized");
    let bearing = async || {
        let request = Request::get("/v1/documents")
            .header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        send(&keyed, request.body(Body::empty()).unwrap()).await
    };
    see(bearing().await, 403, "forbidden");
    see(bearing().await, 429, "rate_limited");

    let full = library();
    let limits = LibraryLimits { max_documents: Some(1), ..LibraryLimits::default() };
    full.engine.set_limits(limits).unwrap();
    let body = json!({"title": "t", "text": "第一条 甲。"});
    let full = app_of(&full.engine, Limits::default());
    see(post(&full, "/v1/documents", body).await, 409, "full");

    // `internal` needs a bug, which another process has: see [`a_bug`].
    let found = Command::new(std::env::current_exe().unwrap())
        .args(["errors::a_bug", "--exact", "--ignored", "--nocapture"])
        .env("YIJU_PANIC_AT", "ask:ranked")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&found.stdout);
    assert!(found.status.success(), "{said}");
    if said.contains(BUG_FOUND) || cfg!(not(debug_assertions)) {
        seen.lock().unwrap().insert("internal".to_owned());
    }
    // The socket gives these two before there is a request: see `sockets`.
    let of_socket = [ErrorCode::AddressTooLong, ErrorCode::HeadersTooLarge];
    let of_routes = ErrorCode::TABLE.iter().filter(|row| !of_socket.contains(&row.code));
    let all: BTreeSet<_> = of_routes.map(|row| row.name.to_owned()).collect();
    assert_eq!(*seen.lock().unwrap(), all);
}

/// Printed by [`a_bug`] when it got the right error.
const BUG_FOUND: &str = "the client was told `internal`";

/// Run by [`every_code_is_given`] in a process where the engine panics at a named point; debug builds only.
#[tokio::test]
#[ignore = "a part of every_code_is_given"]
async fn a_bug() {
    if std::env::var_os("YIJU_PANIC_AT").is_none() {
        return;
    }
    let app = shared();
    let question = json!({"question": "押金最多是几个月租金？"});
    let answer = post(&app, "/v1/ask", question.clone()).await;
    assert_eq!(answer.error(500), "internal");
    assert!(!answer.text().contains("panic"), "{}", answer.text());
    let answer = post(&app, "/v1/ask", question).await;
    assert_eq!(answer.status, StatusCode::OK, "the next one is answered");
    println!("{BUG_FOUND}");
}

fn app_without_engine() -> axum::Router {
    app(AppState::new(Limits::default()))
}

/// The answer to a second upload while the first fills its caller's half of the room.
async fn full_queue() -> Answer {
    let mut limits = Limits::default();
    limits.waiting_bytes = 4;
    let app = app_of(&SHARED.engine, limits);
    let upload = |body: Body| {
        Request::post("/v1/documents")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap()
    };
    // One byte of a body that never ends.
    let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
    let endless = Body::from_stream(first.chain(stream::pending()));
    let holder = tokio::spawn({
        let app = app.clone();
        let request = upload(endless);
        async move { send(&app, request).await }
    });
    let second = loop {
        let answer = send(&app, upload(Body::from("{}"))).await;
        if answer.status != StatusCode::BAD_REQUEST {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(second.header("retry-after"), "5");
    holder.abort();
    assert!(holder.await.unwrap_err().is_cancelled());
    // The aborted request gave its room back.
    assert_eq!(send(&app, upload(Body::from("{}"))).await.error(400), "invalid_request");
    second
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let app = shared();
    let message = async |body: &str| {
        let answer = post_raw(&app, "/v1/ask", "application/json", body.to_owned()).await;
        assert_eq!(answer.error(400), "invalid_request");
        answer.message()
    };
    let messages = [
        message("").await,
        message("{\"question\": \"a\"").await,
        message("{}").await,
        message("{\"question\": 1}").await,
        message("{\"question\": \"a\", \"quesiton\": \"b\"}").await,
        message("{\"question\": \"a\", \"filter\": {\"document\": []}}").await,
        message("{\"question\": \"a\", \"filter\": {\"date_from\": \"2025-13-01\"}}").await,
        message(
            "{\"question\": \"a\", \"filter\": \
             {\"date_from\": \"2025-02-01\", \"date_to\": \"2025-01-31\"}}",
        )
        .await,
        message("{\"question\": \"a\", \"limit\": 0}").await,
        message("{\"question\": \"a\", \"limit\": 21}").await,
        message("{\"question\": \"a\", \"limit\": -1}").await,
        message("{\"question\": \"a\", \"threshold\": 1.5}").await,
        message("{\"question\": \"  \"}").await,
        message(&json!({"question": "长".repeat(2001)}).to_string()).await,
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[tokio::test]
async fn the_request_id_is_the_clients_where_it_is_plain() {
    let app = shared();
    let with = async |id: &str| {
        let request =
            Request::get("/healthz").header("x-request-id", id).body(Body::empty()).unwrap();
        send(&app, request).await.header("x-request-id").to_owned()
    };
    assert_eq!(with("my-id.7").await, "my-id.7");
    for bad in ["", "a b", "<script>", &"x".repeat(129)] {
        let given = with(bad).await;
        assert_ne!(given, bad);
        assert_eq!(given.len(), 36, "a new id");
    }
    assert_ne!(with("").await, with("").await);
}

#[tokio::test]
async fn before_the_engine_is_set_only_health_answers() {
    let app = app_without_engine();
    assert_eq!(get(&app, "/healthz").await.json(), json!({"status": "ok"}));
    assert_eq!(get(&app, "/v1/documents").await.error(503), "unavailable");
    assert_eq!(post(&app, "/v1/ask", json!({"question": "a"})).await.error(503), "unavailable");
    assert_eq!(delete(&app, "/v1/documents/a").await.error(503), "unavailable");
    let ready = get(&shared(), "/readyz").await.json();
    assert_eq!(ready["status"], "ready");
}

#[tokio::test]
async fn the_metrics_count_requests_by_route() {
    let app = shared();
    let _ = post(&app, "/v1/ask", json!({"question": "租金怎么定？"})).await;
    let _ = get(&app, "/v1/documents/some-id").await;
    let _ = get(&app, "/made/up/path").await;
    let metrics = get(&app, "/metrics").await;
    let text = metrics.text();
    for line in [
        "yiju_requests_total{route=\"/v1/ask\",method=\"POST\",status=\"200\"} 1",
        "yiju_requests_total{route=\"/v1/documents/{id}\",method=\"GET\",status=\"404\"} 1",
        "yiju_requests_total{route=\"other\",method=\"GET\",status=\"404\"} 1",
        "yiju_queue_depth{lane=\"read\"} 0",
        "yiju_ready 1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(!text.contains("some-id") && !text.contains("made"));
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_at_the_deadline() {
    let mut limits = Limits::default();
    limits.deadline = Duration::from_millis(20);
    let app = app_of(&SHARED.engine, limits);
    for path in ["/v1/ask", "/v1/search", "/v1/embeddings", "/v1/documents"] {
        let start = stream::iter([Ok(Bytes::from_static(b"{"))]);
        let never = stream::pending::<Result<Bytes, std::io::Error>>();
        let body = Body::from_stream(start.chain(never));
        let answer = post_raw(&app, path, "application/json", body).await;
        assert_eq!(answer.error(503), "timeout", "{path}");
    }
}

#[tokio::test]
async fn a_list_is_no_object() {
    let app = shared();
    for (path, body) in [
        ("/v1/ask", json!(["押金？"])),
        ("/v1/ask", json!({"question": "押金？", "filter": [[]]})),
        ("/v1/search", json!(["押金", 1])),
        ("/v1/search/batch", json!({"queries": [["押金", 1]]})),
        ("/v1/documents", json!(["t", "第一条 甲。", null])),
        ("/v1/embeddings", json!(["a"])),
    ] {
        let answer = post(&app, path, body.clone()).await;
        assert_eq!(answer.error(400), "invalid_request", "{path} {body}");
    }
}

#[tokio::test]
async fn an_unknown_field_of_a_document_is_refused() {
    let body: Value = json!({"title": "t", "text": "x", "tilte": "u"});
    assert_eq!(post(&shared(), "/v1/documents", body).await.error(400), "invalid_request");
}
