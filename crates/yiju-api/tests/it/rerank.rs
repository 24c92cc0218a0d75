//! `/v1/rerank`, and the routes of text-embeddings-inference.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{SHARED, get, post, shared};

const QUERY: &str = "押金什么时候退？";
const TEXTS: [&str; 4] = [
    "厨房不得出租供人员居住。",
    "退租时，出租人应当在三个工作日内退还押金。",
    "租金由双方协商确定。",
    "今天天气很好。",
];

fn order(results: &Value) -> Vec<u64> {
    results.as_array().unwrap().iter().map(|one| one["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn texts_are_ranked_each_by_itself() {
    let app = shared();
    let body =
        json!({"query": QUERY, "documents": TEXTS, "model": "yiju", "max_chunks_per_doc": 3});
    let answer = post(&app, "/v1/rerank", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let json = answer.json();
    let results = json["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    assert_eq!(results[0]["index"], 1, "{json:#}");
    let scores: Vec<f64> =
        results.iter().map(|one| one["relevance_score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores.iter().all(|s| (0.0..=1.0).contains(s)));
    assert!(results.iter().all(|one| one["document"].is_null()));
    assert!(json["usage"]["total_tokens"].as_u64().unwrap() > 20);
    // Among many, in several turns, as alone.
    let many: Vec<&str> = TEXTS.iter().copied().cycle().take(40).collect();
    let body = json!({"query": QUERY, "documents": many, "top_n": 10, "return_documents": true});
    let top = post(&app, "/v2/rerank", body).await.json();
    let top = top["results"].as_array().unwrap();
    assert_eq!(top.len(), 10);
    assert!(top.iter().all(|one| one["relevance_score"] == scores[0]));
    assert!(top.iter().all(|one| one["document"]["text"] == TEXTS[1]));
    let body = json!({"query": QUERY, "documents": [{"text": TEXTS[1], "id": 7}]});
    let alone = post(&app, "/v1/rerank", body).await.json();
    assert_eq!(alone["results"][0]["relevance_score"], scores[0]);
}

#[tokio::test]
async fn what_cannot_be_ranked_is_named() {
    let app = shared();
    let many = vec!["a"; 1001];
    let long = "租金由双方协商确定。".repeat(200);
    for (body, status, word) in [
        (json!({"query": "", "documents": ["a"]}), 400, "query"),
        (json!({"query": "a", "documents": []}), 400, "0 texts"),
        (json!({"query": "a", "documents": many}), 400, "1001"),
        (json!({"query": "a", "documents": ["a", 1]}), 400, "documents[1]"),
        (json!({"query": "a", "documents": [{"title": "a"}]}), 400, "documents[0]"),
        (json!({"query": "a", "documents": ["a"], "top_n": 0}), 400, "top_n"),
        (json!({"query": "a", "documents": ["a", long], "truncate": false}), 400, "documents[1]"),
        (json!({"query": "a", "documents": ["a"], "model": "x"}), 404, "`x`"),
    ] {
        let answer = post(&app, "/v1/rerank", body.clone()).await;
        answer.error(status);
        assert!(answer.message().contains(word), "{}", answer.message());
    }
    let body = json!({"query": "租金", "documents": ["", " ", long]});
    assert_eq!(post(&app, "/v1/rerank", body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_routes_of_tei_answer_in_its_shape() {
    let app = shared();
    let ranks = post(&app, "/rerank", json!({"query": QUERY, "texts": TEXTS})).await.json();
    let ours = post(&app, "/v1/rerank", json!({"query": QUERY, "documents": TEXTS})).await.json();
    assert_eq!(order(&ranks), order(&ours["results"]));
    assert_eq!(ranks[0]["score"], ours["results"][0]["relevance_score"]);
    assert!(ranks[0].get("text").is_none());
    let body = json!({"query": QUERY, "texts": TEXTS, "raw_scores": true, "return_text": true});
    let raw = post(&app, "/rerank", body).await.json();
    assert_eq!(raw[0]["text"], TEXTS[1]);
    let score = |of: &Value| of["score"].as_f64().unwrap();
    assert!((score(&ranks[0]) - 1.0 / (1.0 + (-score(&raw[0])).exp())).abs() < 1e-3);

    let embed = async |body: Value| post(&app, "/embed", body).await.json();
    let both = embed(json!({"inputs": ["租金", "押金"], "prompt_name": "document"})).await;
    let body = json!({"input": ["租金", "押金"], "input_type": "document"});
    let ours = post(&app, "/v1/embeddings", body).await.json();
    assert_eq!(both[1], ours["data"][1]["embedding"]);
    assert_eq!(embed(json!({"inputs": "租金", "prompt_name": "document"})).await[0], both[0]);

    for path in ["/embed", "/tokenize"] {
        let ids = post(&app, path, json!({"inputs": ["a", [1]]})).await;
        ids.error(400);
        assert!(ids.message().contains("inputs[1]"), "{}", ids.message());
    }

    let info = get(&app, "/info").await.json();
    assert_eq!(info["model_id"], SHARED.engine.model_name());
    assert_eq!((&info["max_input_length"], &info["dimension"]), (&json!(512), &json!(384)));
    assert_eq!(info["model_type"]["embedding"]["pooling"], "mean");

    let tokens = post(&app, "/tokenize", json!({"inputs": ["Hello world!", "押金"]})).await.json();
    let ids = |of: &Value| -> Vec<u64> {
        of.as_array().unwrap().iter().map(|token| token["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(&tokens[0]), [0, 35378, 8999, 38, 2]);
    assert_eq!(
        tokens[0][1],
        json!({"id": 35378, "text": "Hello", "special": false, "start": 0, "stop": 5})
    );
    assert_eq!(tokens[0][0]["special"], true);
    let stops: Vec<_> =
        tokens[1].as_array().unwrap().iter().filter_map(|t| t["stop"].as_u64()).collect();
    assert_eq!(stops.last(), Some(&2));
    let body = json!({"inputs": "Hello world!", "add_special_tokens": false});
    assert_eq!(ids(&post(&app, "/tokenize", body).await.json()[0]), [35378, 8999, 38]);
}

#[tokio::test]
async fn a_text_that_is_too_long_is_read_cut_or_refused_as_asked() {
    let app = shared();
    let start = "租金由出租人和承租人协商确定。".repeat(100);
    let long = format!("{start}押金不得超过两个月租金。");
    let vector = async |body: Value| {
        let answer = post(&app, "/v1/embeddings", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let json = answer.json();
        (json["data"][0]["embedding"].clone(), json["usage"]["total_tokens"].as_u64().unwrap())
    };
    let (windows, all) = vector(json!({"input": long})).await;
    let (cut, kept) = vector(json!({"input": long, "truncate": true})).await;
    let (tail, last) = vector(json!({"input": long, "truncate": "START"})).await;
    assert!(all > 512 && kept <= 512 && last <= 512, "{all} {kept} {last}");
    assert!(kept > 500 && last > 500, "as much as fits: {kept} {last}");
    assert!(windows != cut && cut != tail);
    for (path, body) in [
        ("/v1/embeddings", json!({"input": ["a", long], "truncate": false})),
        ("/v1/embeddings", json!({"input": ["a", long], "truncate": "NONE"})),
        ("/embed", json!({"inputs": ["a", long]})),
    ] {
        let answer = post(&app, path, body).await;
        answer.error(400);
        assert!(
            answer.message().contains("[1]") && answer.message().contains("512"),
            "{}",
            answer.message()
        );
    }
    let body = json!({"inputs": long, "truncate": true});
    assert_eq!(post(&app, "/embed", body).await.json()[0], cut);
}
