//! `POST /v1/bench` and `POST /v1/eval`.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use yiju_api::Limits;

use crate::ask::events;
use crate::support::{Answer, SHARED, app_of, post, send, shared};

async fn followed(path: &str, body: &Value) -> Answer {
    let mut limits = Limits::default();
    limits.stream_after = Duration::ZERO;
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::from(body.to_string()))
        .unwrap();
    send(&app_of(&SHARED.engine, limits), request).await
}

#[tokio::test]
async fn a_bench_is_the_report_of_the_command() {
    let body = json!({"seconds": 0.2, "callers": [2, 1]});
    let events = events(followed("/v1/bench", &body).await.text());
    let (last, before) = events.split_last().unwrap();
    assert!(!before.is_empty() && before.iter().all(|event| event.0 == "progress"), "{events:?}");
    let total = before[0].1["total"].as_f64().unwrap();
    assert!(before.iter().all(|event| event.1["done"].as_f64().unwrap() <= total));
    assert_eq!(last.0, "done");
    let report: yiju_eval::bench::BenchReport = serde_json::from_value(last.1.clone()).unwrap();
    let library = report.library.unwrap();
    assert_eq!((library.documents, library.closed.len(), library.open.len()), (1, 2, 1));
    assert_eq!(library.closed[0].callers, 1);
    assert!(library.closed[0].total.count > 0 && library.questions > 0, "{library:?}");
    assert!(library.open_seconds.is_none() && library.cold.is_none());
}

#[tokio::test]
async fn an_evaluation_is_the_report_of_the_command() {
    let body = json!({"questions": [
        {"q": "押金最多几个月的租金？", "evidence": ["两个月租金"]},
        {"q": "火星上有几座城市？"},
        {"q": "押金什么时候退还？", "evidence": ["没有这句话"]},
        {"q": "？"},
    ]});
    let events = events(followed("/v1/eval", &body).await.text());
    let (last, before) = events.split_last().unwrap();
    assert!(before.iter().all(|event| event.0 == "progress" && event.1["total"] == 3.0));
    assert_eq!(last.0, "done");
    let all = &last.1["figures"]["all"];
    assert_eq!(last.1["questions"], 3, "{}", last.1);
    assert_eq!(all["first_citation"]["mean"], 0.5, "{all}");
    assert_eq!(all["answered_unanswerable"]["mean"], 0.0, "{all}");
    assert_eq!(last.1["each"][0]["id"], "1");

    // By the ids of clauses, too.
    let found = post(&shared(), "/v1/search", json!({"query": "押金", "limit": 1})).await.json();
    let id = found["hits"][0]["clause_id"].as_str().unwrap();
    let body = json!({"questions": [{"q": "押金不得超过几个月？", "gold": [[id]]}]});
    let report = post(&shared(), "/v1/eval", body).await.json();
    assert_eq!(report["figures"]["all"]["recall"]["1"]["mean"], 1.0, "{report}");
}

#[tokio::test]
async fn what_cannot_be_measured_is_named() {
    for (path, body, part) in [
        ("/v1/bench", json!({"seconds": 60}), "0.1 to 10"),
        ("/v1/bench", json!({"callers": [0]}), "callers"),
        ("/v1/bench", json!({"callers": []}), "callers"),
        ("/v1/eval", json!({"questions": []}), "1 to 2000"),
        ("/v1/eval", json!({"questions": [{"q": "水"}, {"question": 1}]}), "questions[1]"),
        ("/v1/eval", json!({"questions": [{"q": "？！"}]}), "letter or digit"),
        ("/v1/eval", json!({"questions": [{"q": "水"}], "limit": 0}), "limit"),
        ("/v1/eval", json!({"questions": [{"q": "水"}], "threshold": 2}), "threshold"),
    ] {
        let answer = post(&shared(), path, body).await;
        assert_eq!(answer.error(400), "invalid_request");
        assert!(answer.message().contains(part), "{}", answer.message());
    }
}

#[tokio::test]
async fn one_measurement_runs_at_a_time() {
    let app = shared();
    let body = || json!({"seconds": 1, "callers": [1]});
    let (one, other) =
        tokio::join!(post(&app, "/v1/bench", body()), post(&app, "/v1/bench", body()));
    let mut status = [one.status.as_u16(), other.status.as_u16()];
    status.sort_unstable();
    assert_eq!(status, [200, 429]);
}
