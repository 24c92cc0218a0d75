//! `/v1/chat/completions`, `/v1/responses` and `/v1/models`.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{SHARED, app_of, get, post, send, shared};

const QUESTION: &str = "押金最多可以收几个月的租金？";

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

/// The text between the offsets of an annotation.
fn cut(text: &str, of: &Value) -> String {
    let at = |key: &str| usize::try_from(of[key].as_u64().unwrap()).unwrap();
    text.chars().skip(at("start_index")).take(at("end_index") - at("start_index")).collect()
}

/// The data of the events of a stream.
fn data(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_completion_quotes_and_annotates_each_marker() {
    let app = shared();
    let body =
        json!({"model": "yiju", "messages": [user(QUESTION)], "temperature": 0, "tools": []});
    let request = Request::post("/v1/chat/completions")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::HOST, "localhost:8700")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = send(&app, request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let json = answer.json();
    assert_eq!((&json["object"], &json["model"]), (&json!("chat.completion"), &json!("yiju")));
    let choice = &json["choices"][0];
    assert_eq!(choice["finish_reason"], "stop");
    let content = choice["message"]["content"].as_str().unwrap();
    assert!(content.contains("押金不得超过两个月租金"), "{content}");
    let asked = post(&app, "/v1/ask", json!({"question": QUESTION})).await.json();
    assert!(content.starts_with(asked["answer"].as_str().unwrap()));
    assert!(content.contains("\n[1] 住房租赁管理办法 · 第三条"), "{content}");
    let citations = json["yiju"]["citations"].as_array().unwrap();
    assert_eq!(json["yiju"]["citations"], asked["citations"]);
    let annotations = choice["message"]["annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), citations.len());
    for (annotation, citation) in annotations.iter().zip(citations) {
        assert_eq!(annotation["type"], "url_citation");
        let of = &annotation["url_citation"];
        assert_eq!(cut(content, of), format!("[{}]", citation["marker"]));
        let id = citation["clause_id"].as_str().unwrap();
        let path = of["url"].as_str().unwrap().strip_prefix("http://localhost:8700").unwrap();
        assert_eq!(path, format!("/v1/clauses/{id}"));
        assert_eq!(get(&app, path).await.status, StatusCode::OK);
        assert!(of["title"].as_str().unwrap().starts_with("住房租赁管理办法"));
    }
    let usage = &json["usage"];
    let engine = &SHARED.engine;
    let tokens = |text: &str| engine.tokenize(text).unwrap().len();
    assert_eq!(usage["prompt_tokens"], tokens(QUESTION));
    assert_eq!(usage["completion_tokens"], tokens(content));
    assert_eq!(usage["total_tokens"], tokens(QUESTION) + tokens(content));
}

#[tokio::test]
async fn a_stream_of_chunks_holds_what_the_completion_holds() {
    let app = shared();
    let body = json!({"messages": [user(QUESTION)]});
    let whole = post(&app, "/v1/chat/completions", body).await.json();
    let body = json!({"messages": [user(QUESTION)], "stream": true, "stream_options": {"include_usage": true}});
    let streamed = post(&app, "/v1/chat/completions", body).await;
    assert_eq!(streamed.header("content-type"), "text/event-stream");
    let mut chunks = data(streamed.text());
    assert_eq!(chunks.pop().as_deref(), Some("[DONE]"));
    let chunks: Vec<Value> =
        chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk"));
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    let message = &whole["choices"][0]["message"];
    assert_eq!(text, message["content"].as_str().unwrap());
    let (usage, rest) = chunks.split_last().unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]), (&json!([]), &whole["usage"]));
    let end = rest.last().unwrap();
    assert_eq!(end["choices"][0]["finish_reason"], "stop");
    assert_eq!(end["choices"][0]["delta"]["annotations"], message["annotations"]);
    assert_eq!(end["yiju"]["citations"], whole["yiju"]["citations"]);
    // Without the option no chunk tells tokens.
    let body = json!({"messages": [user(QUESTION)], "stream": true});
    let plain = post(&app, "/v1/chat/completions", body).await;
    assert!(!plain.text().contains("\"usage\""));
}

#[tokio::test]
async fn that_nothing_was_found_is_an_answer_with_the_nearest_clauses() {
    let body = json!({"messages": [user("火星上有多少个城市？")], "threshold": 1.0});
    let json = post(&shared(), "/v1/chat/completions", body).await.json();
    let message = &json["choices"][0]["message"];
    let content = message["content"].as_str().unwrap();
    assert!(content.contains("\n- 住房租赁管理办法 · "), "{content}");
    assert_eq!((&message["annotations"], &message["refusal"]), (&json!([]), &Value::Null));
    assert_eq!(json["yiju"]["refusal"]["code"], "no_match");
}

#[tokio::test]
async fn earlier_turns_and_the_system_message_count() {
    let app = shared();
    let messages = json!([
        {"role": "system", "content": "你是助手。"},
        user(QUESTION),
        {"role": "assistant", "content": "押金不得超过两个月租金。[1]"},
        user("那什么时候退？"),
    ]);
    let json = post(&app, "/v1/chat/completions", json!({"messages": messages})).await.json();
    assert_eq!(json["yiju"]["understood_as"], "押金什么时候退？", "{json:#}");
    assert!(json["choices"][0]["message"]["content"].as_str().unwrap().contains("三个工作日"));
    // The native route has the same.
    let body = json!({"question": "那什么时候退？", "history": [QUESTION]});
    let asked = post(&app, "/v1/ask", body).await.json();
    assert_eq!(asked["understood_as"], "押金什么时候退？");
    assert_eq!(asked["question"], "那什么时候退？");
    assert_eq!(asked["citations"], json["yiju"]["citations"]);
    for (title, answered) in [("《住房租赁管理办法》", true), ("《渔业船舶检验条例》", false)]
    {
        let system = format!("只根据{title}回答。");
        let messages = json!([{"role": "system", "content": system}, user(QUESTION)]);
        let json = post(&app, "/v1/chat/completions", json!({"messages": messages})).await.json();
        assert_eq!(json["yiju"]["answered"], answered, "{json:#}");
    }
}

#[tokio::test]
async fn a_response_has_the_shape_of_openais() {
    let app = shared();
    let body =
        json!({"model": "yiju", "input": QUESTION, "instructions": "简短", "metadata": {"a": "b"}});
    let json = post(&app, "/v1/responses", body).await.json();
    assert_eq!((&json["object"], &json["status"]), (&json!("response"), &json!("completed")));
    let item = &json["output"][0];
    assert_eq!((&item["type"], &item["role"]), (&json!("message"), &json!("assistant")));
    let part = &item["content"][0];
    assert_eq!(part["type"], "output_text");
    let text = part["text"].as_str().unwrap();
    assert_eq!(cut(text, &part["annotations"][0]), "[1]");
    assert_eq!(part["annotations"][0]["type"], "url_citation");
    assert_eq!(json["metadata"], json!({"a": "b"}));
    let sum = json["usage"]["input_tokens"].as_u64().unwrap()
        + json["usage"]["output_tokens"].as_u64().unwrap();
    assert_eq!(json["usage"]["total_tokens"].as_u64(), Some(sum));

    let input = json!([{"role": "user", "content": [{"type": "input_text", "text": QUESTION}]}]);
    let streamed = post(&app, "/v1/responses", json!({"input": input, "stream": true})).await;
    let events: Vec<Value> =
        data(streamed.text()).iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"response.created"));
    assert_eq!(kinds.last(), Some(&"response.completed"));
    let deltas: String = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(deltas, text);
    let last = &events.last().unwrap()["response"];
    assert_eq!(last["output"][0]["content"], item["content"]);
}

#[tokio::test]
async fn models_are_listed() {
    let app = shared();
    let list = get(&app, "/v1/models").await.json();
    let ids: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["yiju", SHARED.engine.model_name()]);
    let one = get(&app, "/v1/models/yiju").await.json();
    assert_eq!(one, list["data"][0]);
    assert_eq!(get(&app, "/v1/models/gpt").await.error(404), "model_not_found");
    let named = get(&app, "/v1/collections/default/models").await.json();
    assert_eq!(named, list);
    assert_eq!(get(&app, "/v1/collections/default/models/yiju").await.json(), one);
    assert_eq!(get(&app, "/v1/collections/absent/models").await.error(404), "not_found");
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let app = shared();
    for (path, body, status, word) in [
        ("chat/completions", json!({"messages": []}), 400, "empty"),
        ("chat/completions", json!({"messages": [{"role": "user", "content": ""}]}), 400, "length"),
        ("chat/completions", json!({"messages": [user("a")], "n": 2}), 400, "`n` is 2"),
        ("chat/completions", json!({"messages": [user("a")], "model": "gpt-4o"}), 404, "gpt-4o"),
        ("chat/completions", json!({"messages": [user("a")], "limit": 0}), 400, "limit"),
        (
            "chat/completions",
            json!({"messages": [user("a")], "response_format": {"type": "json_object"}}),
            400,
            "json_object",
        ),
        (
            "chat/completions",
            json!({"messages": [user("a")], "tool_choice": "required"}),
            400,
            "tool_choice",
        ),
        ("responses", json!({"input": 1}), 400, "input"),
        ("responses", json!({"input": "a", "previous_response_id": "r"}), 400, "previous"),
    ] {
        let answer = post(&app, &format!("/v1/{path}"), body.clone()).await;
        answer.error(status);
        assert!(answer.message().contains(word), "{body}: {}", answer.message());
    }
    // Once the stream has begun, the error is an event that OpenAI's clients raise.
    let mut limits = yiju_api::Limits::default();
    limits.stream_after = std::time::Duration::ZERO;
    let app = app_of(&SHARED.engine, limits);
    let body = json!({"messages": [user("")], "stream": true});
    let streamed = post(&app, "/v1/chat/completions", body).await;
    let events = data(streamed.text());
    let error: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(error["error"]["code"], "invalid_request");
    assert_eq!(events[1], "[DONE]");
    let streamed = post(&app, "/v1/responses", json!({"input": "", "stream": true})).await;
    let last: Value = serde_json::from_str(data(streamed.text()).last().unwrap()).unwrap();
    assert_eq!(last["type"], "response.failed");
}
