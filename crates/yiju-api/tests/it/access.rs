//! Keys: authentication, scopes, rates, and what is logged.

use std::io::Write;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use yiju_access::{KeyFile, NewKey, Scope};
use yiju_api::{AppState, Limits, Policy, app};

use crate::support::{Answer, RENT, SHARED, library, send};

struct Keyed {
    file: KeyFile,
    _directory: TempDir,
}

impl Keyed {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { file: KeyFile::new(directory.path().join("keys.json")), _directory: directory }
    }

    fn key(&self, new: NewKey) -> String {
        self.file.add(new).unwrap().1.reveal().to_owned()
    }

    fn scoped(&self, name: &str, scopes: &[Scope]) -> String {
        self.key(NewKey::new(name, scopes.iter().copied()))
    }

    fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        policy.keys = Some(self.file.clone());
        policy
    }

    fn app(&self) -> Router {
        let state = AppState::with_policy(Limits::default(), self.policy()).unwrap();
        state.set_engine(Arc::clone(&SHARED.engine));
        app(state)
    }
}

async fn call(app: &Router, method: Method, path: &str, key: &str, body: Value) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json");
    if !key.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn get(app: &Router, path: &str, key: &str) -> Answer {
    call(app, Method::GET, path, key, Value::Null).await
}

async fn post(app: &Router, path: &str, key: &str, body: Value) -> Answer {
    call(app, Method::POST, path, key, body).await
}

#[tokio::test]
async fn a_key_is_needed_and_its_scopes_hold() {
    let keyed = Keyed::new();
    let read = keyed.scoped("page", &[Scope::Read]);
    let write = keyed.scoped("loader", &[Scope::Write]);
    let metrics = keyed.scoped("prometheus", &[Scope::Metrics]);
    let app = keyed.app();
    let question = || json!({"question": "押金最多几个月？"});
    let document = || json!({"title": "t", "text": " "});

    for path in ["/healthz", "/readyz", "/openapi.json", "/docs"] {
        assert_eq!(get(&app, path, "").await.status, StatusCode::OK, "{path}");
    }
    for bad in ["", "yiju_wrong", &read[..read.len() - 1], &format!("{read}x")] {
        let refused = post(&app, "/v1/ask", bad, question()).await;
        assert_eq!(refused.error(401), "unauthorized");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        for path in
            ["/metrics", "/v1/documents", "/v1/collections", "/v1/collections/default/documents"]
        {
            assert_eq!(get(&app, path, bad).await.error(401), "unauthorized", "{path}");
        }
    }
    let answered = post(&app, "/v1/ask", &read, question()).await;
    assert_eq!(answered.json()["answered"], true);
    assert_eq!(get(&app, "/metrics", &metrics).await.status, StatusCode::OK);

    for (key, method, path, body) in [
        (&write, Method::POST, "/v1/ask", question()),
        (&write, Method::POST, "/v1/search", json!({"query": "押金"})),
        (&write, Method::POST, "/v1/embeddings", json!({"input": "a"})),
        (&write, Method::GET, "/v1/documents", Value::Null),
        (&write, Method::GET, "/v1/collections", Value::Null),
        (&write, Method::GET, "/metrics", Value::Null),
        (&read, Method::GET, "/metrics", Value::Null),
        (&metrics, Method::POST, "/v1/ask", question()),
        (&read, Method::POST, "/v1/bench", json!({})),
        (&write, Method::POST, "/v1/bench", json!({})),
        (&write, Method::POST, "/v1/eval", json!({"questions": [{"q": "押金"}]})),
        (&read, Method::POST, "/v1/documents", document()),
        (&read, Method::PUT, "/v1/documents/x", document()),
        (&read, Method::DELETE, "/v1/documents/x", Value::Null),
        (&read, Method::PUT, "/v1/collections/x", json!({})),
        (&read, Method::DELETE, "/v1/collections/x", Value::Null),
    ] {
        let refused = call(&app, method.clone(), path, key, body).await;
        assert_eq!(refused.error(403), "forbidden", "{method} {path}");
    }
    // Authenticated; refused for its body.
    let unreadable = post(&app, "/v1/documents", &write, document()).await;
    assert_eq!(unreadable.error(422), "unreadable");
}

#[tokio::test]
async fn keys_are_taken_up_and_revoked_while_the_server_runs() {
    let keyed = Keyed::new();
    let app = keyed.app();
    assert_eq!(get(&app, "/v1/documents", "").await.status, StatusCode::OK);
    let key = keyed.scoped("late", &[Scope::Read]);
    let until = async |key: &str, status: u16| {
        while get(&app, "/v1/documents", key).await.status != status {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until("", 401).await;
    until(&key, 200).await;
    keyed.file.revoke("late").unwrap();
    until(&key, 401).await;
    assert_eq!(
        get(&app, "/v1/documents", "").await.error(401),
        "unauthorized",
        "without its last key the server does not open again"
    );
}

#[tokio::test]
async fn a_damaged_key_file_changes_nobodys_access() {
    let keyed = Keyed::new();
    let key = keyed.scoped("a", &[Scope::Read]);
    let app = keyed.app();
    std::fs::write(keyed.file.path(), "{").unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(get(&app, "/v1/documents", "").await.error(401), "unauthorized");
    assert_eq!(get(&app, "/v1/documents", &key).await.status, StatusCode::OK);
    assert!(AppState::with_policy(Limits::default(), keyed.policy()).is_err());
}

#[tokio::test]
async fn a_key_for_some_documents_sees_no_others() {
    let library = library();
    let other = yiju_engine::Source {
        name: "books.txt".into(),
        title: Some("图书馆规则".into()),
        bytes: "第一条 借书期限为三十天。押金另行规定。".into(),
    };
    let books = library.engine.add(other, &|_| {}).unwrap().documents[0].id.clone();
    let rent = library.engine.source_documents("rent.txt").unwrap()[0].id.clone();
    let keyed = Keyed::new();
    let mut new = NewKey::new("books", [Scope::Read, Scope::Write]);
    new.documents = vec![books.clone()];
    let key = keyed.key(new);
    let state = AppState::with_policy(Limits::default(), keyed.policy()).unwrap();
    state.set_engine(Arc::clone(&library.engine));
    let app = app(state);

    for filter in [json!({}), json!({"document_ids": [books]})] {
        let found =
            post(&app, "/v1/search", &key, json!({"query": "押金", "filter": filter})).await;
        let hits = found.json()["hits"].as_array().unwrap().clone();
        assert!(!hits.is_empty());
        assert!(hits.iter().all(|hit| hit["document"]["id"] == books.as_str()));
    }
    let asked = post(&app, "/v1/ask", &key, json!({"question": "第三条讲什么？"})).await;
    assert!(!asked.text().contains(&rent), "{}", asked.text());

    let listed = get(&app, "/v1/documents", &key).await.json();
    assert_eq!(listed["documents"].as_array().unwrap().len(), 1);
    assert_eq!(listed["next_cursor"], Value::Null);
    assert_eq!(get(&app, "/v1/documents?cursor=7", &key).await.error(400), "invalid_request");

    let document = json!({"title": "t", "text": "第一条 甲。"});
    for (method, path, body) in [
        (Method::GET, format!("/v1/documents/{rent}"), Value::Null),
        (Method::GET, format!("/v1/documents/{rent}/text"), Value::Null),
        (Method::GET, format!("/v1/documents/{rent}/clauses"), Value::Null),
        (Method::GET, format!("/v1/clauses/{rent}.0"), Value::Null),
        (Method::GET, "/v1/clauses/nonsense".to_owned(), Value::Null),
        (Method::DELETE, format!("/v1/documents/{rent}"), Value::Null),
        (Method::PUT, format!("/v1/documents/{rent}"), document.clone()),
        (Method::POST, "/v1/documents".to_owned(), document.clone()),
        (Method::PUT, "/v1/collections/x".to_owned(), json!({})),
        (Method::POST, "/v1/verify".to_owned(), json!({"citations": [{"quote": "押金"}]})),
        (
            Method::POST,
            "/v1/ground".to_owned(),
            json!({"answer": "押金", "sources": [{"clause_id": format!("{rent}.0")}]}),
        ),
        (
            Method::POST,
            "/v1/ask".to_owned(),
            json!({"question": "押金？", "filter": {"document_ids": [rent]}}),
        ),
    ] {
        let refused = call(&app, method.clone(), &path, &key, body).await;
        assert_eq!(refused.error(403), "forbidden", "{method} {path}");
    }
    for path in ["", "/text", "/clauses"] {
        let path = format!("/v1/documents/{books}{path}");
        assert_eq!(get(&app, &path, &key).await.status, StatusCode::OK);
    }
    let put = call(&app, Method::PUT, &format!("/v1/documents/{books}"), &key, document).await;
    assert_eq!(put.json()["status"], "replaced", "{}", put.text());
}

#[tokio::test]
async fn a_key_is_limited_to_its_rate() {
    let keyed = Keyed::new();
    let mut new = NewKey::new("slow", [Scope::Read]);
    new.requests_per_minute = NonZeroU32::new(4);
    let slow = keyed.key(new);
    let free = keyed.scoped("free", &[Scope::Read]);
    let app = keyed.app();
    let batch = |count: usize| json!({"queries": vec![json!({"query": "押金"}); count]});
    let too_long = post(&app, "/v1/search/batch", &slow, batch(9)).await;
    assert_eq!(too_long.error(400), "invalid_request");
    assert_eq!(post(&app, "/v1/search/batch", &slow, batch(3)).await.status, StatusCode::OK);
    let refused = get(&app, "/v1/documents", &slow).await;
    assert_eq!(refused.error(429), "rate_limited");
    let message = "rate limit reached: 4 requests a minute for this key";
    assert_eq!(refused.message(), message);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=15).contains(&wait), "{wait}");
    assert_eq!(get(&app, "/v1/documents", &free).await.status, StatusCode::OK);

    let mut policy = keyed.policy();
    policy.requests_per_minute = NonZeroU32::new(1);
    let state = AppState::with_policy(Limits::default(), policy).unwrap();
    state.set_engine(Arc::clone(&SHARED.engine));
    let app = yiju_api::app(state);
    assert_eq!(get(&app, "/v1/documents", &free).await.status, StatusCode::OK);
    assert_eq!(get(&app, "/v1/documents", &free).await.error(429), "rate_limited");
}

/// The log of all tests in this process.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_holds_no_key_and_questions_only_if_configured() {
    // For the whole process: a subscriber of this thread would miss callsites that others registered.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(|| Log)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let keyed = Keyed::new();
    let key = keyed.scoped("key-of-the-log", &[Scope::Read]);
    for log_questions in [false, true] {
        let mut policy = keyed.policy();
        policy.log_questions = log_questions;
        let state = AppState::with_policy(Limits::default(), policy).unwrap();
        state.set_engine(Arc::clone(&SHARED.engine));
        let app = yiju_api::app(state);
        let (question, query) =
            (format!("押金最多几个月{log_questions}？"), format!("退租{log_questions}"));
        let _ = post(&app, "/v1/ask", &key, json!({"question": question})).await;
        let _ = post(&app, "/v1/search", &key, json!({"query": query})).await;
        let _ = get(&app, &format!("/v1/documents?key={key}"), &key).await;
        let _ = get(&app, "/v1/documents", "yiju_somebody-elses").await;
        let _ = post(&app, "/v1/ask", &key, json!({"question": ""})).await;
        let text = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
        assert!(text.contains("key=\"key-of-the-log\""), "{text}");
        let secret = key.strip_prefix(yiju_access::PREFIX).unwrap();
        assert!(!text.contains(secret) && !text.contains("somebody-elses"));
        assert_eq!(text.contains(&question), log_questions, "{text}");
        assert_eq!(text.contains(&query), log_questions, "{text}");
        assert!(!text.contains(RENT.lines().nth(2).unwrap()));
    }
}

#[tokio::test]
async fn without_keys_only_this_machines_own_requests_are_answered() {
    let keyed = Keyed::new();
    let mut policy = keyed.policy();
    policy.cors_origins = vec![HeaderValue::from_static("https://page.example")];
    let state = AppState::with_policy(Limits::default(), policy).unwrap();
    state.set_engine(Arc::clone(&SHARED.engine));
    assert!(state.is_open());
    let app = app(state.clone());
    let with = async |headers: &[(&str, &str)]| {
        let mut request = Request::get("/v1/documents");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(&app, request.body(Body::empty()).unwrap()).await
    };
    for fine in [
        &[][..],
        &[("host", "localhost:8700")],
        &[("host", "127.0.0.1:8700"), ("origin", "http://127.0.0.1:8700")],
        &[("host", "[::1]:8700")],
        &[("host", "localhost"), ("origin", "https://page.example")],
    ] {
        assert_eq!(with(fine).await.status, StatusCode::OK, "{fine:?}");
    }
    for foreign in [
        &[("host", "evil.example")][..],
        &[("host", "localhost"), ("origin", "https://evil.example")],
        &[("host", "localhost"), ("origin", "null")],
        &[("host", "localhost:8700"), ("origin", "http://localhost:3000")],
    ] {
        assert_eq!(with(foreign).await.error(403), "forbidden", "{foreign:?}");
    }
    let allowed = with(&[("host", "localhost"), ("origin", "https://page.example")]).await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://page.example");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(allowed.header(name), value);
    }
    assert!(allowed.header("content-security-policy").contains("default-src 'none'"));
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/ask")
        .header("host", "localhost")
        .header("origin", "https://page.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let preflight = send(&app, preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(preflight.status, StatusCode::OK);
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));

    let none = keyed.app();
    let request =
        Request::get("/healthz").header("origin", "http://localhost").header("host", "localhost");
    let answer = send(&none, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "", "CORS is off unless listed");
}
