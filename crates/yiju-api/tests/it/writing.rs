//! Written answers over HTTP: `/v1/ask` with `write`, and the model `yiju-writer`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use yiju_api::{AppState, Limits, app};
use yiju_writer::{Call, Finish, Next, Prompt, Writer, WriterError};

use crate::support::{SHARED, get, post, shared};

const QUESTION: &str = "押金最多可以收几个月的租金？";
const TRUE: &str = "押金不得超过两个月租金[1]。";
const FALSE: &str = "押金不得超过六个月租金[1]。";

/// A writer that says one text, and then waits until it is cancelled, if it is to.
struct Says {
    text: String,
    hangs: bool,
    cancelled: Arc<Mutex<bool>>,
}

impl Writer for Says {
    fn model(&self) -> &str {
        "says"
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn write(
        &self,
        _: &Prompt,
        call: &Call<'_>,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        if piece(&self.text) == Next::Stop {
            return Ok(Finish::Stopped);
        }
        if !self.hangs {
            return Ok(Finish::Done);
        }
        while !(call.cancelled)() {
            std::thread::sleep(Duration::from_millis(5));
        }
        *self.cancelled.lock().unwrap() = true;
        Err(WriterError::Cancelled)
    }
}

fn writing_app(text: &str, hangs: bool) -> (Router, Arc<Mutex<bool>>) {
    let cancelled = Arc::new(Mutex::new(false));
    let state = AppState::new(Limits::default());
    state.set_engine(Arc::clone(&SHARED.engine));
    let says = Says { text: text.to_owned(), hangs, cancelled: Arc::clone(&cancelled) };
    state.set_writer(Arc::new(says));
    (app(state), cancelled)
}

/// The events of a stream: their names, where they have one, and their data.
fn events(text: &str) -> Vec<(String, Value)> {
    let mut name = String::new();
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some(event) = line.strip_prefix("event: ") {
            event.clone_into(&mut name);
        } else if let Some(data) = line.strip_prefix("data: ").filter(|data| *data != "[DONE]") {
            all.push((std::mem::take(&mut name), serde_json::from_str(data).unwrap()));
        }
    }
    all
}

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": QUESTION}]})
}

/// The text between the offsets of an annotation.
fn cut(text: &str, of: &Value) -> String {
    let at = |key: &str| usize::try_from(of[key].as_u64().unwrap()).unwrap();
    text.chars().skip(at("start_index")).take(at("end_index") - at("start_index")).collect()
}

#[tokio::test]
async fn without_a_writer_writing_is_refused_in_words() {
    let app = shared();
    let answer = post(&app, "/v1/ask", json!({"question": QUESTION, "write": true})).await;
    assert_eq!(answer.error(400), "invalid_request");
    assert!(answer.message().contains("has no model that writes"), "{}", answer.message());
    let answer = post(&app, "/v1/chat/completions", chat("yiju-writer", false)).await;
    assert_eq!(answer.error(404), "model_not_found");
    let models = get(&app, "/v1/models").await;
    assert!(!models.text().contains("yiju-writer"));
    assert_eq!(get(&app, "/v1/models/yiju-writer").await.error(404), "model_not_found");
    // Nothing of it is in an answer that was not asked to be written.
    let plain = post(&app, "/v1/ask", json!({"question": QUESTION})).await.json();
    assert_eq!(plain["written"], Value::Null);
}

#[tokio::test]
async fn an_answer_is_written_and_checked() {
    let (app, _) = writing_app(&format!("{TRUE}{FALSE}"), false);
    let body = json!({"question": QUESTION, "write": true});
    let answer = post(&app, "/v1/ask", body).await.json();
    assert_eq!(answer["answer"], "押金不得超过两个月租金。[1]", "{answer:#}");
    let written = &answer["written"];
    assert_eq!((&written["model"], &written["stands"]), (&json!("says"), &json!(true)));
    assert_eq!(written["sentences"][0]["citations"], json!([1]));
    let dropped = &written["dropped"][0];
    assert_eq!(dropped["text"], "押金不得超过六个月租金。[1]");
    assert!(dropped["reason"].as_str().unwrap().contains("六个月"), "{written:#}");
    assert_eq!(written["problem"], Value::Null);
    assert!(written.get("cause").is_none());
    // What is not asked to be written is not.
    let plain = post(&app, "/v1/ask", json!({"question": QUESTION})).await.json();
    assert_eq!(plain["written"], Value::Null);
    assert_eq!(plain["citations"], answer["citations"]);
}

#[tokio::test]
async fn a_stream_shows_checked_sentences_only() {
    let (app, _) = writing_app(&format!("{FALSE}{TRUE}"), false);
    let body = json!({"question": QUESTION, "write": true, "stream": true});
    let streamed = post(&app, "/v1/ask", body).await;
    let events = events(streamed.text());
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let citations = names.iter().take_while(|name| **name == "citation").count();
    assert_eq!(names[citations..], ["sentence", "answer", "done"], "{names:?}");
    let sentence = &events[citations].1;
    assert_eq!(sentence["text"], "押金不得超过两个月租金。[1]");
    let answer = &events[citations + 1].1;
    assert_eq!(answer["answer"], sentence["text"]);
    assert_eq!(answer["written"]["sentences"][0], *sentence);
    let before = streamed.text().split("event: answer").next().unwrap();
    assert!(!before.contains("六个月"), "{before}");
}

#[tokio::test]
async fn chat_windows_get_the_same() {
    let (app, _) = writing_app(&format!("{TRUE}押金在退租时应当在三个工作日内退还[1]。"), false);
    let models = get(&app, "/v1/models").await.json();
    let names: Vec<&Value> =
        models["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(names[..2], ["yiju", "yiju-writer"]);
    assert_eq!(get(&app, "/v1/models/yiju-writer").await.json()["id"], "yiju-writer");

    let whole = post(&app, "/v1/chat/completions", chat("yiju-writer", false)).await.json();
    assert_eq!(whole["model"], "yiju-writer");
    let message = &whole["choices"][0]["message"];
    let content = message["content"].as_str().unwrap();
    assert!(content.starts_with("押金不得超过两个月租金。[1]"), "{content}");
    assert!(content.contains("\n\n[1] 住房租赁管理办法 · 第三条"), "{content}");
    let sentences = whole["yiju"]["written"]["sentences"].as_array().unwrap();
    let annotations = message["annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), sentences.len());
    for annotation in annotations {
        assert_eq!(cut(content, &annotation["url_citation"]), "[1]");
    }

    let streamed = post(&app, "/v1/chat/completions", chat("yiju-writer", true)).await;
    let chunks = events(streamed.text());
    assert!(chunks.iter().all(|(_, chunk)| chunk["model"] == "yiju-writer"));
    let deltas: Vec<&str> = chunks
        .iter()
        .filter_map(|(_, chunk)| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(deltas[..2], ["", "押金不得超过两个月租金。[1]"]);
    assert_eq!(deltas.concat(), content);
    let end = &chunks.last().unwrap().1;
    assert_eq!(end["choices"][0]["delta"]["annotations"], message["annotations"]);

    let body = json!({"model": "yiju-writer", "input": QUESTION, "stream": true});
    let streamed = post(&app, "/v1/responses", body).await;
    let events = events(streamed.text());
    for (at, (name, data)) in events.iter().enumerate() {
        assert_eq!((&data["type"], &data["sequence_number"]), (&json!(name), &json!(at)));
    }
    let deltas: String = events.iter().filter_map(|(_, data)| data["delta"].as_str()).collect();
    assert_eq!(deltas, content);
    let (last, data) = events.last().unwrap();
    assert_eq!(last, "response.completed");
    assert_eq!(data["response"]["model"], "yiju-writer");
    assert_eq!(data["response"]["output"][0]["content"][0]["text"], content);
}

#[tokio::test]
async fn where_too_little_holds_the_quotes_follow_what_was_shown() {
    let (app, _) = writing_app(&format!("{TRUE}{FALSE}押金由房东自己决定[1]。"), false);
    let quotes = post(&app, "/v1/ask", json!({"question": QUESTION})).await.json();
    let whole = post(&app, "/v1/chat/completions", chat("yiju-writer", false)).await.json();
    assert_eq!(whole["yiju"]["written"]["stands"], false, "{whole:#}");
    let content = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(content.starts_with(quotes["answer"].as_str().unwrap()), "{content}");
    let streamed = post(&app, "/v1/chat/completions", chat("yiju-writer", true)).await;
    let chunks = events(streamed.text());
    let text: String = chunks
        .iter()
        .filter_map(|(_, chunk)| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, format!("押金不得超过两个月租金。[1]\n\n{content}"));
    let annotations = &chunks.last().unwrap().1["choices"][0]["delta"]["annotations"];
    for annotation in annotations.as_array().unwrap() {
        assert!(cut(&text, &annotation["url_citation"]).starts_with('['), "{annotations:#}");
    }
    assert_eq!(
        annotations.as_array().unwrap().len(),
        quotes["citations"].as_array().unwrap().len() + 1
    );
}

#[tokio::test]
async fn a_client_that_goes_ends_the_writing() {
    let (app, cancelled) = writing_app(TRUE, true);
    let body = json!({"question": QUESTION, "write": true, "stream": true}).to_string();
    let request = Request::post("/v1/ask")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let mut body = response.into_body();
    // The sentence is there while the writer goes on.
    let mut text = String::new();
    while !text.contains("event: sentence") {
        let frame = body.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert!(!*cancelled.lock().unwrap());
    drop(body);
    while !*cancelled.lock().unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
