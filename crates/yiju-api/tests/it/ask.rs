//! `/v1/ask` and `/v1/search`.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{RENT, get, post, send, shared};

const QUESTION: &str = "押金最多可以收几个月的租金？";

#[tokio::test]
async fn an_answer_quotes_the_text_at_its_spans() {
    let app = shared();
    let answer = post(&app, "/v1/ask", json!({"question": QUESTION})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let json = answer.json();
    assert_eq!(json["answered"], true, "{json:#}");
    assert_eq!(json["refusal"], Value::Null);
    let first = &json["citations"][0];
    assert!(first["quote"].as_str().unwrap().contains("押金不得超过两个月租金"));
    assert_eq!(first["label"], "第三条");

    let id = first["document"]["id"].as_str().unwrap();
    let text = crate::support::get(&app, &format!("/v1/documents/{id}/text")).await;
    for citation in json["citations"].as_array().unwrap() {
        let span = &citation["span"];
        let at = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
        let quote = citation["quote"].as_str().unwrap();
        assert_eq!(&text.text()[at("byte_start")..at("byte_end")], quote);
        let by_chars: String = text
            .text()
            .chars()
            .skip(at("char_start"))
            .take(at("char_end") - at("char_start"))
            .collect();
        assert_eq!(by_chars, quote);
        assert!(RENT.contains(quote));
    }
}

#[tokio::test]
async fn a_yes_or_no_question_has_its_word_where_a_sentence_decides_it() {
    let ask = |question: &str| {
        let question = question.to_owned();
        async move { post(&shared(), "/v1/ask", json!({"question": question})).await.json() }
    };
    let json = ask("租赁期内出租人能不能单方面提高租金？").await;
    assert_eq!(json["verdict"], "prohibited", "{json:#}");
    assert!(json["answer"].as_str().unwrap().starts_with("不得。"), "{json:#}");
    let open = ask(QUESTION).await;
    assert_eq!(open["verdict"], Value::Null, "no question for a yes or a no");
    let refused = post(
        &shared(),
        "/v1/ask",
        json!({"question": "租赁期内出租人能不能单方面提高租金？", "threshold": 1.0}),
    )
    .await
    .json();
    assert_eq!(refused["verdict"], Value::Null);
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let answer =
        post(&shared(), "/v1/ask", json!({"question": "火星上有多少个城市？", "threshold": 1.0}))
            .await;
    assert_eq!(answer.status, StatusCode::OK);
    let json = answer.json();
    assert_eq!(json["answered"], false);
    assert_eq!(json["refusal"]["code"], "no_match");
    assert_eq!(json["citations"], json!([]));
    assert_eq!(json["answer"], "");
}

#[tokio::test]
async fn a_filter_that_lets_nothing_through_leads_to_a_refusal() {
    let filter = json!({"document_ids": ["0000000000000000"]});
    let answer = post(&shared(), "/v1/ask", json!({"question": QUESTION, "filter": filter})).await;
    assert_eq!(answer.json()["answered"], false);
}

/// The events of a stream: names and data.
pub(crate) fn events(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| block.contains("event:"));
    let line = |block: &str, key: &str| {
        let start = format!("{key}: ");
        block.lines().find_map(|line| line.strip_prefix(&start)).unwrap().to_owned()
    };
    blocks
        .map(|block| (line(block, "event"), serde_json::from_str(&line(block, "data")).unwrap()))
        .collect()
}

#[tokio::test]
async fn a_stream_holds_what_the_answer_holds() {
    let app = shared();
    let plain = post(&app, "/v1/ask", json!({"question": QUESTION})).await.json();
    let by_field = post(&app, "/v1/ask", json!({"question": QUESTION, "stream": true})).await;
    let by_header = Request::post("/v1/ask")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::from(json!({"question": QUESTION}).to_string()))
        .unwrap();
    for streamed in [by_field, send(&app, by_header).await] {
        assert_eq!(streamed.header("content-type"), "text/event-stream");
        let events = events(streamed.text());
        let names: Vec<_> = events.iter().map(|event| event.0.as_str()).collect();
        let citations = plain["citations"].as_array().unwrap();
        let mut wanted = vec!["citation"; citations.len()];
        wanted.extend(["answer", "done"]);
        assert_eq!(names, wanted);
        for (event, citation) in events.iter().zip(citations) {
            assert_eq!(event.1, *citation);
        }
        let answer = &events[citations.len()].1;
        for key in ["question", "answered", "refusal", "answer", "verdict", "nearest", "confidence"]
        {
            assert_eq!(answer[key], plain[key], "{key}");
        }
        let done = &events[citations.len() + 1].1;
        assert_eq!(done["request_id"].as_str().unwrap(), streamed.header("x-request-id"));
        assert!(done["timings_ms"]["total"].is_number());
    }
}

#[tokio::test]
async fn a_fault_before_the_stream_has_its_own_status() {
    let answer = post(&shared(), "/v1/ask", json!({"question": "", "stream": true})).await;
    assert_eq!(answer.error(400), "invalid_request");
}

#[tokio::test]
async fn a_fault_after_the_stream_began_is_an_event() {
    let mut limits = yiju_api::Limits::default();
    limits.stream_after = std::time::Duration::ZERO;
    let app = crate::support::app_of(&crate::support::SHARED.engine, limits);
    let answer = post(&app, "/v1/ask", json!({"question": "", "stream": true})).await;
    assert_eq!(answer.status, StatusCode::OK);
    let events = events(answer.text());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].0, "error");
    assert_eq!(events[0].1["error"]["code"], "invalid_request");
    let metrics = get(&app, "/metrics").await;
    let counted = "yiju_errors_total{code=\"invalid_request\"} 1";
    assert!(metrics.text().contains(counted), "{}", metrics.text());
}

#[tokio::test]
async fn search_ranks_and_highlights() {
    let answer = post(&shared(), "/v1/search", json!({"query": "押金退还", "limit": 2})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let json = answer.json();
    let hits = json["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0]["label"], "第三条");
    assert_eq!((hits[0]["rank"].as_u64(), hits[1]["rank"].as_u64()), (Some(1), Some(2)));
    assert!(hits[0]["score"].as_f64() >= hits[1]["score"].as_f64());
    assert!(!hits[0]["highlights"].as_array().unwrap().is_empty());
}
