//! `/v1/embeddings`.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{SHARED, post, shared};

fn floats(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).unwrap()
}

#[tokio::test]
async fn both_encodings_hold_the_same_unit_vectors() {
    let app = shared();
    let texts: Vec<String> = (0..20).map(|number| format!("第{number}个问题")).collect();
    let plain = post(&app, "/v1/embeddings", json!({"input": texts})).await;
    assert_eq!(plain.status, StatusCode::OK, "{}", plain.text());
    let plain = plain.json();
    assert_eq!(plain["object"], "list");
    assert_eq!(plain["model"], SHARED.engine.model_name());
    let data = plain["data"].as_array().unwrap();
    assert_eq!(data.len(), 20);
    let body = json!({"input": texts, "encoding_format": "base64", "model": SHARED.engine.model_name(), "user": "u"});
    let packed = post(&app, "/v1/embeddings", body).await.json();
    assert_eq!(packed["usage"], plain["usage"]);
    for (index, (one, other)) in data.iter().zip(packed["data"].as_array().unwrap()).enumerate() {
        assert_eq!(one["index"], index);
        let vector = floats(&one["embedding"]);
        assert_eq!(vector.len(), SHARED.engine.dimension());
        assert!((vector.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-3);
        let bytes = STANDARD.decode(other["embedding"].as_str().unwrap()).unwrap();
        let unpacked: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        assert_eq!(unpacked, vector);
    }
    let alone = post(&app, "/v1/embeddings", json!({"input": texts[17]})).await.json();
    assert_eq!(
        alone["data"][0]["embedding"], data[17]["embedding"],
        "a batch equals the single text"
    );
}

#[tokio::test]
async fn the_input_type_chooses_the_prefix() {
    let app = shared();
    let vector = async |body: Value| {
        floats(&post(&app, "/v1/embeddings", body).await.json()["data"][0]["embedding"])
    };
    let default = vector(json!({"input": "租金"})).await;
    let query = vector(json!({"input": "租金", "input_type": "query"})).await;
    let passage = vector(json!({"input": "租金", "input_type": "passage"})).await;
    let document = vector(json!({"input": "租金", "input_type": "document"})).await;
    assert_eq!(passage, document);
    assert_eq!(default, query);
    assert_ne!(query, passage);
}

/// OpenAI's ids of "hello world": LangChain sends them, not the text.
#[tokio::test]
async fn token_ids_are_read_as_the_text_they_stand_for() {
    let app = shared();
    let text = post(&app, "/v1/embeddings", json!({"input": "hello world"})).await.json();
    for input in [json!([15339, 1917]), json!([[15339, 1917]])] {
        let ids = post(&app, "/v1/embeddings", json!({"input": input, "model": "yiju"})).await;
        assert_eq!(ids.json()["data"], text["data"]);
    }
    let blank = post(&app, "/v1/embeddings", json!({"input": ["a", " "]})).await.json();
    assert_eq!(blank["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_embedded_is_said() {
    let app = shared();
    let too_many: Vec<&str> = vec!["a"; 2049];
    for (body, code, status) in [
        (json!({"input": []}), "invalid_request", 400),
        (json!({"input": ""}), "invalid_request", 400),
        (json!({"input": ["a", ""]}), "invalid_request", 400),
        (json!({"input": [[1, -2]]}), "invalid_request", 400),
        (json!({"input": too_many}), "invalid_request", 400),
        (json!({"input": "a", "dimensions": 7}), "invalid_request", 400),
        (json!({"input": "a", "encoding_format": "hex"}), "invalid_request", 400),
        (json!({"input": "长".repeat(100_001)}), "invalid_request", 400),
        (json!({"input": "a", "model": "text-embedding-3-small"}), "model_not_found", 404),
    ] {
        assert_eq!(post(&app, "/v1/embeddings", body.clone()).await.error(status), code, "{body}");
    }
}
