//! `POST /v1/verify`.

use serde_json::json;

use crate::support::{post, shared};

#[tokio::test]
async fn quotes_are_verified_in_their_order() {
    let body = json!({
        "statement": "押金最多两个月租金。",
        "citations": [
            {"quote": "押金不得超过两个月租金。"},
            {"quote": "押金不得超过三个月租金。"},
            {"quote": "承租人可以养宠物。"},
        ],
    });
    let found = post(&shared(), "/v1/verify", body).await.json();
    let status: Vec<&str> =
        (0..3).map(|at| found["citations"][at]["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["exists", "altered", "absent"], "{found}");
    let exists = &found["citations"][0];
    assert_eq!(exists["places"][0]["label"], "第三条");
    assert!(found["support"].as_f64() >= exists["support"]["score"].as_f64());
    let replaced = &found["citations"][1]["differences"][1];
    assert_eq!(
        (&replaced["op"], &replaced["document"], &replaced["quote"]),
        (&json!("replace"), &json!("两"), &json!("三"))
    );
    assert!(found["citations"][2]["support"].is_null());
}

#[tokio::test]
async fn bad_requests_are_named() {
    for (body, part) in [
        (json!({"citations": []}), "citations"),
        (json!({"citations": [{"quote": "。"}]}), "quote's length"),
        (json!({"statement": "", "citations": [{"quote": "水"}]}), "statement"),
        (json!({"citations": [{"text": "水"}]}), "text"),
        (json!({"statement": "水"}), "citations"),
    ] {
        let answer = post(&shared(), "/v1/verify", body).await;
        answer.error(400);
        assert!(answer.message().contains(part), "{}", answer.message());
    }
}
