//! Adds that go on after their request, many files at once, and removals by filter.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use yiju_api::{AppState, Limits, Webhook, app};
use yiju_engine::{Access, Engine};

use crate::support::{Answer, Library, form_to, get, library, open, post, send};

fn served(engine: &Arc<Engine>, tasks: &Path) -> (Router, AppState) {
    let state = AppState::new(Limits::default());
    state.set_engine(Arc::clone(engine));
    state.open_tasks(tasks).unwrap();
    (app(state.clone()), state)
}

fn tasks_of(library: &Library) -> std::path::PathBuf {
    library.directory.path().join("tasks")
}

async fn add_later(app: &Router, title: &str, text: &str) -> Answer {
    let body = json!({"title": title, "text": text}).to_string();
    let request = Request::post("/v1/documents")
        .header(header::CONTENT_TYPE, "application/json")
        .header("prefer", "wait=1, respond-async")
        .body(Body::from(body));
    send(app, request.unwrap()).await
}

/// The task once it is in this state, or has ended.
async fn until(app: &Router, id: &str, state: &str) -> Value {
    for _ in 0..12_000 {
        let task = get(app, &format!("/v1/tasks/{id}")).await.json();
        if task["state"] == state || task["ended_at"] != Value::Null {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the task {id} was never {state}");
}

/// A text that takes some time.
fn long_text() -> String {
    (1..1500)
        .map(|n| format!("第{n}条 第{n}种情形由主管部门在{n}日内办理，并书面告知申请人。\n"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_add_may_go_on_after_its_request() {
    let library = library();
    let (app, _state) = served(&library.engine, &tasks_of(&library));
    let accepted = add_later(&app, "门禁管理办法", "第一条 门禁卡每人一张。\n").await;
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    assert_eq!(accepted.header("preference-applied"), "respond-async");
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(accepted.header("location"), format!("/v1/tasks/{id}"));
    let task = until(&app, &id, "done").await;
    assert_eq!(task["state"], "done", "{task:#}");
    assert_eq!(task["share"], 1.0);
    assert_eq!(task["outcomes"][0]["status"], "added");
    let document = task["outcomes"][0]["document_ids"][0].as_str().unwrap();
    assert_eq!(get(&app, &format!("/v1/documents/{document}")).await.status, 200);

    let bad = add_later(&app, "空", " ").await.json();
    let task = until(&app, bad["id"].as_str().unwrap(), "failed").await;
    assert_eq!(task["state"], "failed");
    assert_eq!(task["outcomes"][0]["error"]["code"], "unreadable", "{task:#}");

    let all = get(&app, "/v1/tasks").await.json();
    assert_eq!(all["tasks"].as_array().unwrap().len(), 2);
    assert_eq!(all["tasks"][0]["id"], bad["id"], "the latest first");
    let first = get(&app, "/v1/tasks?limit=1").await.json();
    let next = format!("/v1/tasks?cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(get(&app, &next).await.json()["tasks"][0]["id"], id);
    let failed = get(&app, "/v1/tasks?state=failed").await.json();
    assert_eq!(failed["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(get(&app, "/v1/tasks/none").await.error(404), "not_found");
    let ended = post(&app, &format!("/v1/tasks/{id}/cancel"), json!({})).await;
    assert_eq!(ended.error(409), "conflict");
    // What the tasks brought is not kept once they have ended.
    let left: Vec<_> = std::fs::read_dir(tasks_of(&library)).unwrap().flatten().collect();
    assert!(left.iter().all(|file| file.path().extension().is_some_and(|e| e == "json")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_can_be_cancelled() {
    let library = library();
    let (app, _state) = served(&library.engine, &tasks_of(&library));
    let id =
        add_later(&app, "长办法", &long_text()).await.json()["id"].as_str().unwrap().to_owned();
    let running = until(&app, &id, "running").await;
    assert_eq!(running["state"], "running", "{running:#}");
    let answer = post(&app, &format!("/v1/tasks/{id}/cancel"), json!({})).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let task = until(&app, &id, "cancelled").await;
    assert_eq!(task["state"], "cancelled", "{task:#}");
    assert_eq!(library.engine.document_count().unwrap(), 1, "nothing of it was added");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_goes_on_after_a_restart() {
    let mut library = library();
    let tasks = tasks_of(&library);
    let id = {
        let (app, state) = served(&library.engine, &tasks);
        let id =
            add_later(&app, "长办法", &long_text()).await.json()["id"].as_str().unwrap().to_owned();
        until(&app, &id, "running").await;
        stop(state).await;
        assert_eq!(library.engine.document_count().unwrap(), 1);
        id
    };
    let directory = library.directory.path().join("library");
    library.engine = Arc::new(open(&directory.with_file_name("other"), Access::ReadWrite));
    library.engine = Arc::new(open(&directory, Access::ReadWrite));
    let (app, _state) = served(&library.engine, &tasks);
    let task = until(&app, &id, "done").await;
    assert_eq!((&task["state"], &task["outcomes"][0]["status"]), (&json!("done"), &json!("added")));
    assert_eq!(library.engine.document_count().unwrap(), 2);
}

/// Stops a server over `state`, as `yiju serve` does.
async fn stop(state: AppState) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let grace = Duration::from_secs(60);
    let stopped = yiju_api::serve(listener, state, None, std::future::ready(()), grace).await;
    assert_eq!(stopped.unwrap(), yiju_api::Stopped::Finished);
}

/// The headers and the body of a delivery.
type Delivery = (Vec<(&'static str, String)>, Vec<u8>);

/// Keeps what it is told, and fails the first time.
#[derive(Default)]
struct Told(Mutex<Vec<Delivery>>);

impl Webhook for Told {
    fn deliver(&self, headers: &[(&'static str, String)], body: &[u8]) -> Result<u16, String> {
        let mut all = self.0.lock().unwrap();
        all.push((headers.to_vec(), body.to_vec()));
        Ok(if all.len() == 1 { 500 } else { 204 })
    }

    fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut sign = [0; 32];
        sign[0] = message.len() as u8;
        sign
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_until_it_has_heard() {
    let library = library();
    let told = Arc::new(Told::default());
    let (app, state) = served(&library.engine, &tasks_of(&library));
    state.set_webhook(Arc::clone(&told) as Arc<dyn Webhook>);
    let id =
        add_later(&app, "门禁管理办法", "第一条 门禁卡每人一张。\n").await.json()["id"].clone();
    for _ in 0..6000 {
        if told.0.lock().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let all = told.0.lock().unwrap();
    assert_eq!(all.len(), 2);
    for (headers, body) in &*all {
        let task: Value = serde_json::from_slice(body).unwrap();
        assert_eq!((&task["id"], &task["state"]), (&id, &json!("done")));
        let value = |name: &str| headers.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        assert_eq!(value("webhook-id"), id.as_str().unwrap());
        let signed = format!("{}.{}.", value("webhook-id"), value("webhook-timestamp")).len();
        assert!(value("webhook-signature").starts_with("v1,"));
        let signature = value("webhook-signature");
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(&signature[3..]).unwrap();
        assert_eq!(bytes[0], (signed + body.len()) as u8);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_files_are_added_at_once_and_removed_by_a_filter() {
    let library = library();
    let (app, _state) = served(&library.engine, &tasks_of(&library));
    let corpus = "{\"title\": \"甲办法\", \"text\": \"第一条 甲方负责。\"}\n{\"title\": \"乙办法\", \"text\": \"第一条 乙方负责。\"}\n";
    let files: [(&str, &[u8]); 3] = [
        (
            "name=\"file\"; filename=\"门禁.txt\"",
            "门禁管理办法\n第一条 门禁卡每人一张。\n".as_bytes(),
        ),
        ("name=\"file\"; filename=\"bad.pdf\"", b"%PDF-1.7\n\x00\x01"),
        ("name=\"file\"; filename=\"laws.jsonl\"", corpus.as_bytes()),
    ];
    let answer = form_to(&app, Method::POST, "/v1/documents/batch", &files).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let done = answer.json();
    let statuses: Vec<&str> = done["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["added", "failed", "added"]);
    assert_eq!((&done["failed"], &done["outcomes"][2]["documents"]), (&json!(1), &json!(2)));
    assert_eq!(done["outcomes"][1]["error"]["code"], "unreadable");
    assert_eq!(library.engine.document_count().unwrap(), 4);
    let twice = [files[0], files[0]];
    let refused = form_to(&app, Method::POST, "/v1/documents/batch", &twice).await;
    assert_eq!(refused.error(400), "invalid_request");

    let sources =
        json!({"filter": {"sources": ["laws.jsonl#甲办法", "门禁.txt"]}, "dry_run": true});
    let shown = post(&app, "/v1/documents/delete", sources).await.json();
    assert_eq!((shown["documents"].as_array().unwrap().len(), &shown["removed"]), (2, &json!(0)));
    let sources = json!({"filter": {"sources": ["laws.jsonl#甲办法", "门禁.txt"]}});
    let removed = post(&app, "/v1/documents/delete", sources).await.json();
    assert_eq!(removed["removed"], 2, "{removed:#}");
    assert_eq!(library.engine.document_count().unwrap(), 2);
    for bad in [json!({"filter": {}}), json!({"filter": {"section": "一"}})] {
        assert_eq!(post(&app, "/v1/documents/delete", bad).await.error(400), "invalid_request");
    }
}
