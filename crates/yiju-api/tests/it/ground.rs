//! `POST /v1/ground`.

use serde_json::{Value, json};

use crate::support::{get, post, shared};

const CLAUSES: [&str; 2] = [
    "第二条 租金由出租人和承租人协商确定。租赁期内，出租人不得单方面提高租金。",
    "第三条 押金不得超过两个月租金。退租时，出租人应当在三个工作日内退还押金。",
];

fn sources() -> Value {
    json!([
        {"id": "a", "title": "住房租赁管理办法", "text": CLAUSES[0]},
        {"id": "b", "title": "住房租赁管理办法", "text": CLAUSES[1]},
    ])
}

fn kinds(claim: &Value) -> Vec<&str> {
    let failures = claim["failures"].as_array().unwrap();
    failures.iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_sentence_is_held_against_what_it_cites() {
    let answer = "您好！租金由出租人和承租人协商确定。[1]\n押金不得超过三个月租金。[2]\n\
        退租时，出租人可以在三个工作日内退还押金。[2]\n押金不得超过两个月租金。[1]\n\
        租金由双方协商确定。[9]";
    let found =
        post(&shared(), "/v1/ground", json!({"answer": answer, "sources": sources()})).await.json();
    let claims = found["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 6, "{found}");
    assert_eq!(claims[0]["needs_check"], false);
    assert!(claims[0]["score"].is_null());
    assert_eq!(claims[1]["supported"], true, "{found}");
    assert_eq!(claims[1]["citations"][0]["source"], 0);
    assert_eq!(kinds(&claims[2]), ["number"], "{found}");
    assert!(kinds(&claims[3]).contains(&"modality"), "{found}");
    assert!(kinds(&claims[4]).contains(&"wrong_source"), "{found}");
    assert!(kinds(&claims[5]).contains(&"unknown_marker"), "{found}");
    assert_eq!(found["support"], 0.2);
    assert!(found["contradictions"].as_array().unwrap().iter().any(|one| one["claim_index"] == 3));
    for claim in claims {
        for citation in claim["citations"].as_array().unwrap() {
            let text = CLAUSES[citation["source"].as_u64().unwrap() as usize];
            let span = |end: &str| citation["span"][end].as_u64().unwrap() as usize;
            assert_eq!(&text[span("byte_start")..span("byte_end")], citation["quote"]);
        }
        let span = |end: &str| claim["span"][end].as_u64().unwrap() as usize;
        assert_eq!(&answer[span("byte_start")..span("byte_end")], claim["text"]);
    }
}

#[tokio::test]
async fn clauses_of_the_library_are_found_or_named() {
    let app = shared();
    let body = json!({"answer": "退租时，出租人应当在三个工作日内退还押金。"});
    let found = post(&app, "/v1/ground", body).await.json();
    let claim = &found["claims"][0];
    assert_eq!(claim["supported"], true, "{found}");
    let source = claim["citations"][0]["source"].as_u64().unwrap() as usize;
    let clause = found["sources"][source]["clause"].clone();
    assert_eq!(clause["label"], "第三条");
    // The span is of the document's clean text.
    let id = clause["document"]["id"].as_str().unwrap();
    let text = get(&app, &format!("/v1/documents/{id}/text")).await;
    let text = text.text();
    let span = |end: &str| claim["citations"][0]["span"][end].as_u64().unwrap() as usize;
    assert_eq!(&text[span("byte_start")..span("byte_end")], claim["citations"][0]["quote"]);

    let cited = json!({
        "answer": "退租时，出租人应当在五个工作日内退还押金。[1]",
        "sources": [{"clause_id": clause["clause_id"], "document_id": id}],
    });
    let found = post(&app, "/v1/ground", cited).await.json();
    assert_eq!(kinds(&found["claims"][0]), ["number"], "{found}");
}

#[tokio::test]
async fn bad_requests_are_named() {
    for (body, part) in [
        (json!({"sources": []}), "answer"),
        (json!({"answer": "。"}), "answer's length"),
        (json!({"answer": "水", "threshold": 2.0}), "threshold"),
        (json!({"answer": "水", "sources": [{}]}), "either a text or a clause_id"),
        (json!({"answer": "水", "sources": [{"text": " "}]}), "more than white space"),
        (json!({"answer": "水", "sources": [{"text": "水", "clause_id": "a.0"}]}), "either"),
        (json!({"answer": "水", "sources": [{"text": "水", "marker": 0}]}), "marker"),
        (
            json!({"answer": "水", "sources": [{"text": "水", "marker": 2}, {"text": "水"}]}),
            "one that no other has",
        ),
        (json!({"answer": "水", "sources": [{"text": "水".repeat(60_001)}]}), "60000"),
    ] {
        let answer = post(&shared(), "/v1/ground", body).await;
        answer.error(400);
        assert!(answer.message().contains(part), "{}", answer.message());
    }
    let missing = json!({"answer": "水", "sources": [{"clause_id": "none.0"}]});
    assert_eq!(post(&shared(), "/v1/ground", missing).await.error(404), "not_found");
}
