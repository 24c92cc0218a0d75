//! A library with one small regulation, and ways to call the routes.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use yiju_api::{AppState, Limits, app};
use yiju_engine::{Access, Engine, EngineOptions, Precision, Source};

/// The regulation that the library holds.
pub(crate) const RENT: &str = "住房租赁管理办法\n(2024年3月1日)\n\
    第一条 为了规范住房租赁活动，保护当事人合法权益，制定本办法。\n\
    第二条 租金由出租人和承租人协商确定。租赁期内，出租人不得单方面提高租金。\n\
    第三条 押金不得超过两个月租金。退租时，出租人应当在三个工作日内退还押金。\n\
    第四条 厨房、卫生间、阳台和地下储藏室不得出租供人员居住。\n";

/// A library for one test.
pub(crate) struct Library {
    pub(crate) directory: TempDir,
    pub(crate) engine: Arc<Engine>,
}

pub(crate) fn open(directory: &std::path::Path, access: Access) -> Engine {
    let model = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/yiju-e5-small-q8");
    let library = directory.to_owned();
    Engine::open(EngineOptions { library, model, access, threads: 1, precision: Precision::Int8 })
        .unwrap()
}

pub(crate) fn library() -> Library {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(&directory.path().join("library"), Access::ReadWrite);
    let source = Source { name: "rent.txt".into(), title: None, bytes: RENT.into() };
    engine.add(source, &|_| {}).unwrap();
    Library { directory, engine: Arc::new(engine) }
}

/// The library of the tests that only read.
pub(crate) static SHARED: LazyLock<Library> = LazyLock::new(library);

pub(crate) fn shared() -> Router {
    app_of(&SHARED.engine, Limits::default())
}

pub(crate) fn app_of(engine: &Arc<Engine>, limits: Limits) -> Router {
    let state = AppState::new(limits);
    state.set_engine(Arc::clone(engine));
    app(state)
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| {
            panic!("{error} in {}", String::from_utf8_lossy(&self.bytes));
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error's code, after checking its status and shape.
    pub(crate) fn error(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        let json = self.json();
        let error = &json["error"];
        assert!(!error["message"].as_str().unwrap().is_empty());
        // Clients must not learn the server's paths.
        let places = std::env::temp_dir();
        assert!(!self.text().contains(places.to_str().unwrap()), "{json:#}");
        assert_eq!(error["request_id"].as_str().unwrap(), self.header("x-request-id"));
        error["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, bytes }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn delete(app: &Router, path: &str) -> Answer {
    send(app, Request::delete(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(app: &Router, path: &str, body: Value) -> Answer {
    post_raw(app, path, "application/json", body.to_string()).await
}

pub(crate) async fn post_raw(
    app: &Router,
    path: &str,
    kind: &str,
    body: impl Into<Body>,
) -> Answer {
    let request =
        Request::builder().method(Method::POST).uri(path).header(header::CONTENT_TYPE, kind);
    send(app, request.body(body.into()).unwrap()).await
}

/// The boundary of [`form`].
const BOUNDARY: &str = "XyZboundaryXyZ";

/// Posts a form of parts, each the parameters of its header and its content.
pub(crate) async fn form(app: &Router, parts: &[(&str, &[u8])]) -> Answer {
    form_to(app, Method::POST, "/v1/documents", parts).await
}

/// As [`form`], with another method and path.
pub(crate) async fn form_to(
    app: &Router,
    method: Method,
    path: &str,
    parts: &[(&str, &[u8])],
) -> Answer {
    let mut body = Vec::new();
    for (parameters, content) in parts {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {parameters}\r\n\r\n")
                .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
    send(app, request.body(Body::from(body)).unwrap()).await
}
