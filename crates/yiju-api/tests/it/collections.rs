//! `/v1/collections`: separate libraries in one server.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use futures_util::stream;
use serde_json::{Value, json};
use tempfile::TempDir;
use yiju_access::{KeyFile, NewKey, Scope};
use yiju_api::{AppState, Limits, Policy, app};
use yiju_engine::{Access, Engine};

use crate::support::{Answer, delete, get, open, post, send};

struct Place {
    directory: TempDir,
    engine: Arc<Engine>,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let engine = open(&directory.path().join("library"), Access::ReadWrite);
        Self { directory, engine: Arc::new(engine) }
    }

    fn root(&self) -> std::path::PathBuf {
        self.directory.path().join("server/collections")
    }

    fn app(&self) -> Router {
        self.app_with(Limits::default(), Policy::default())
    }

    fn app_with(&self, limits: Limits, policy: Policy) -> Router {
        let state = AppState::with_policy(limits, policy).unwrap();
        state.set_engine(Arc::clone(&self.engine));
        state.open_collections(&self.root()).unwrap();
        app(state)
    }
}

async fn put(app: &Router, path: &str, body: Value) -> Answer {
    let request = Request::put(path).header(header::CONTENT_TYPE, "application/json");
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

fn document(number: usize) -> Value {
    json!({"title": format!("规则{number}"), "text": format!("第一条 这是第{number}号借书规则。")})
}

#[tokio::test]
async fn collections_are_made_searched_limited_and_removed_apart() {
    let place = Place::new();
    let app = place.app();
    let made = put(&app, "/v1/collections/cities", json!({})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["documents"], 0);
    assert_eq!(put(&app, "/v1/collections/cities", json!({})).await.status, StatusCode::OK);

    let added = post(&app, "/v1/collections/cities/documents", document(1)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let path = added.header("location").to_owned();
    assert!(path.starts_with("/v1/collections/cities/documents/"), "{path}");
    assert_eq!(get(&app, &path).await.json()["title"], "规则1");
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(get(&app, &format!("/v1/documents/{id}")).await.error(404), "not_found");
    post(&app, "/v1/documents", document(2)).await;

    let titles = async |path: &str| -> Vec<String> {
        let found = post(&app, path, json!({"query": "借书"})).await.json();
        let hits = found["hits"].as_array().unwrap().iter();
        hits.map(|hit| hit["document"]["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles("/v1/collections/cities/search").await, ["规则1"]);
    assert_eq!(titles("/v1/search").await, ["规则2"]);
    assert_eq!(titles("/v1/collections/default/search").await, ["规则2"]);
    let asked =
        post(&app, "/v1/collections/cities/ask", json!({"question": "第一条讲什么？"})).await;
    assert_eq!(asked.json()["citations"][0]["document"]["title"], "规则1");

    let list = get(&app, "/v1/collections").await.json();
    let names: Vec<&str> = list["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["default", "cities"]);
    assert_eq!(list["collections"][1]["documents"], 1);
    let metrics = get(&app, "/metrics").await;
    assert!(
        metrics.text().contains("yiju_documents{collection=\"cities\"} 1"),
        "{}",
        metrics.text()
    );

    assert_eq!(delete(&app, "/v1/collections/cities").await.status, StatusCode::NO_CONTENT);
    assert_eq!(delete(&app, "/v1/collections/cities").await.error(404), "not_found");
    assert_eq!(get(&app, &path).await.error(404), "not_found");
    assert_eq!(std::fs::read_dir(place.root()).unwrap().count(), 0, "nothing is left on disk");
    assert!(!get(&app, "/metrics").await.text().contains("cities"));
    assert_eq!(titles("/v1/search").await, ["规则2"]);
    // The name is free again, and empty.
    assert_eq!(put(&app, "/v1/collections/cities", json!({})).await.json()["documents"], 0);
}

#[tokio::test]
async fn limits_hold_and_outlast_the_server() {
    let place = Place::new();
    let app = place.app();
    put(&app, "/v1/collections/small", json!({"max_documents": 2})).await;
    let add =
        async |app: &Router, body: Value| post(app, "/v1/collections/small/documents", body).await;
    assert_eq!(add(&app, document(1)).await.status, StatusCode::CREATED);
    assert_eq!(add(&app, document(2)).await.status, StatusCode::CREATED);
    assert_eq!(add(&app, document(3)).await.error(409), "full");
    assert_eq!(add(&app, document(2)).await.status, StatusCode::OK, "unchanged is no addition");
    let changed = json!({"title": "规则2", "text": "第一条 新的规则。"});
    assert_eq!(add(&app, changed).await.json()["status"], "replaced");

    drop(app);
    let app = place.app();
    let view = get(&app, "/v1/collections/small").await.json();
    assert_eq!((&view["documents"], &view["max_documents"]), (&json!(2), &json!(2)));
    assert_eq!(add(&app, document(3)).await.error(409), "full");
    put(&app, "/v1/collections/small", json!({"max_bytes": 1})).await;
    let long = json!({"title": "长", "text": "第一条 很长的规则说了很多。\n".repeat(2000)});
    assert_eq!(add(&app, long).await.error(409), "full");
    put(&app, "/v1/collections/small", json!({})).await;
    assert_eq!(add(&app, document(3)).await.status, StatusCode::CREATED);

    // The default collection has limits of the same kind.
    let set = put(&app, "/v1/collections/default", json!({"max_documents": 1})).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text());
    assert_eq!(post(&app, "/v1/documents", document(1)).await.status, StatusCode::CREATED);
    assert_eq!(post(&app, "/v1/documents", document(2)).await.error(409), "full");
}

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_and_broken_collections_reported() {
    let place = Place::new();
    let app = place.app();
    put(&app, "/v1/collections/kept", json!({})).await;
    drop(app);
    let root = place.root();
    for left in [".new-a", ".trash-b"] {
        std::fs::create_dir_all(root.join(left).join("index")).unwrap();
    }
    std::fs::create_dir(root.join("broken")).unwrap();
    std::fs::write(root.join("broken/strange"), "x").unwrap();
    std::fs::create_dir(root.join("Not A Name")).unwrap();
    let app = place.app();
    assert!(!root.join(".new-a").exists() && !root.join(".trash-b").exists());
    assert_eq!(get(&app, "/v1/collections/kept").await.status, StatusCode::OK);
    assert_eq!(get(&app, "/v1/collections/broken").await.error(503), "unavailable");
    assert_eq!(put(&app, "/v1/collections/broken", json!({})).await.error(503), "unavailable");
    assert_eq!(delete(&app, "/v1/collections/broken").await.status, StatusCode::NO_CONTENT);
    assert!(!root.join("broken").exists() && root.join("Not A Name").exists());
}

#[tokio::test]
async fn names_and_numbers_are_checked() {
    let place = Place::new();
    let mut limits = Limits::default();
    limits.collections = 1;
    let app = place.app_with(limits, Policy::default());
    for bad in ["A", "-a", "a.b", "..", "a%2Fb", "a%00", "%E5%9F%8E", &"a".repeat(65)] {
        let path = format!("/v1/collections/{bad}");
        assert_eq!(put(&app, &path, json!({})).await.error(400), "invalid_request", "{bad}");
        assert_eq!(get(&app, &path).await.error(404), "not_found", "{bad}");
    }
    for body in [json!({"max_documents": 0}), json!({"max_bytes": -1}), json!({"most": 1})] {
        assert_eq!(put(&app, "/v1/collections/a", body).await.error(400), "invalid_request");
    }
    assert_eq!(delete(&app, "/v1/collections/default").await.error(409), "conflict");
    assert_eq!(put(&app, "/v1/collections/a", json!({})).await.status, StatusCode::CREATED);
    assert_eq!(put(&app, "/v1/collections/b", json!({})).await.error(409), "full");
}

#[tokio::test]
async fn a_key_for_a_collection_reaches_no_other() {
    let place = Place::new();
    let file = KeyFile::new(place.directory.path().join("keys.json"));
    let mut new = NewKey::new("cities", [Scope::Read, Scope::Write]);
    new.collections = vec!["cities".into()];
    let (_, limited) = file.add(new).unwrap();
    let (_, whole) = file.add(NewKey::new("whole", [Scope::Read, Scope::Write])).unwrap();
    let mut policy = Policy::default();
    policy.keys = Some(file);
    let app = place.app_with(Limits::default(), policy);
    let call = async |token: &yiju_access::Token, method: Method, path: &str, body: Value| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        send(&app, request.body(Body::from(body.to_string())).unwrap()).await
    };
    for name in ["cities", "others"] {
        let path = format!("/v1/collections/{name}");
        assert_eq!(call(&limited, Method::PUT, &path, json!({})).await.error(403), "forbidden");
        assert_eq!(call(&whole, Method::PUT, &path, json!({})).await.status, StatusCode::CREATED);
    }
    let at = "/v1/collections/cities/documents";
    assert_eq!(call(&limited, Method::POST, at, document(1)).await.status, StatusCode::CREATED);
    let list = call(&limited, Method::GET, "/v1/collections", Value::Null).await.json();
    assert_eq!(list["collections"].as_array().unwrap().len(), 1);
    for path in [
        "/v1/documents",
        "/v1/collections/others/documents",
        "/v1/collections/default",
        "/v1/collections/none/documents",
    ] {
        assert_eq!(
            call(&limited, Method::GET, path, Value::Null).await.error(403),
            "forbidden",
            "{path}"
        );
    }
    let gone = call(&limited, Method::DELETE, "/v1/collections/cities", Value::Null).await;
    assert_eq!(gone.error(403), "forbidden");
}

#[tokio::test]
async fn a_removal_lets_requests_that_use_the_collection_finish() {
    let place = Place::new();
    let app = place.app();
    put(&app, "/v1/collections/busy", json!({})).await;
    // A body that never ends holds the collection.
    let endless = stream::pending::<Result<Bytes, std::io::Error>>();
    let holder = tokio::spawn({
        let app = app.clone();
        let request = Request::post("/v1/collections/busy/documents")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from_stream(endless))
            .unwrap();
        async move { send(&app, request).await }
    });
    tokio::task::yield_now().await;
    let removal = tokio::spawn({
        let app = app.clone();
        async move { delete(&app, "/v1/collections/busy").await }
    });
    while get(&app, "/v1/collections/busy").await.status == StatusCode::OK {
        tokio::task::yield_now().await;
    }
    let again = put(&app, "/v1/collections/busy", json!({})).await;
    assert_eq!(again.error(409), "conflict", "it is being removed");
    assert!(place.root().join("busy").exists() && !removal.is_finished());
    holder.abort();
    assert_eq!(removal.await.unwrap().status, StatusCode::NO_CONTENT);
    assert!(!place.root().join("busy").exists());
}
