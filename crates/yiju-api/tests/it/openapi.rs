//! `/openapi.json` describes what the routes accept and return.

use serde_json::{Value, json};

use crate::support::{get, post, shared};

/// The schema that `schema` stands for: references followed, the parts of `allOf` (of a flattened field)
/// merged.
fn resolve(api: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let found = api.pointer(name.trim_start_matches('#'));
        return resolve(api, found.unwrap_or_else(|| panic!("no schema {name}")));
    }
    let Some(parts) = schema["allOf"].as_array() else {
        return schema.clone();
    };
    let mut whole = json!({"type": "object", "required": [], "properties": {}});
    for part in parts {
        let mut part = resolve(api, part);
        if let Some(required) = part["required"].as_array_mut() {
            whole["required"].as_array_mut().unwrap().append(required);
        }
        if let Some(properties) = part["properties"].as_object_mut() {
            whole["properties"].as_object_mut().unwrap().append(properties);
        }
    }
    whole
}

/// Checks `value` against `schema`, as far as the description's schemas go; says where they differ.
fn check(api: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = &resolve(api, schema);
    if let Some(any) = schema["oneOf"].as_array() {
        let failures: Vec<_> =
            any.iter().filter_map(|one| check(api, one, value, at).err()).collect();
        return if failures.len() < any.len() { Ok(()) } else { Err(failures.join("; ")) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Err(format!("{at}: a schema without a type: {schema}")),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() && !types.contains(&"number") => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.contains(&kind) {
        return Err(format!("{at}: {kind}, not {types:?}"));
    }
    if let Value::Array(items) = value {
        for (index, item) in items.iter().enumerate() {
            check(api, &schema["items"], item, &format!("{at}[{index}]"))?;
        }
    }
    if let Value::Object(fields) = value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        if let Some(lacking) =
            required.iter().find(|name| !fields.contains_key(name.as_str().unwrap()))
        {
            return Err(format!("{at}: lacks {lacking}"));
        }
        for (name, field) in fields {
            let Some(known) = schema["properties"].get(name) else {
                return Err(format!("{at}: {name} is not described"));
            };
            check(api, known, field, &format!("{at}.{name}"))?;
        }
        // Responses always carry every field that is described.
        for name in schema["properties"].as_object().into_iter().flat_map(|all| all.keys()) {
            if !fields.contains_key(name) {
                return Err(format!("{at}: {name} is described and not there"));
            }
        }
    }
    Ok(())
}

async fn verified(quote: &str, statement: Option<&str>) -> Value {
    let body = json!({"statement": statement, "citations": [{"quote": quote}]});
    post(&shared(), "/v1/verify", body).await.json()
}

#[tokio::test]
async fn responses_are_as_described() {
    let app = shared();
    let api = get(&app, "/openapi.json").await.json();
    let list = get(&app, "/v1/documents").await.json();
    let id = list["documents"][0]["id"].as_str().unwrap().to_owned();
    let answered = post(&app, "/v1/ask", json!({"question": "押金最多几个月？"})).await.json();
    let refused =
        post(&app, "/v1/ask", json!({"question": "火星？", "threshold": 1.0})).await.json();
    assert_eq!((&answered["answered"], &refused["answered"]), (&json!(true), &json!(false)));
    let clauses = get(&app, &format!("/v1/documents/{id}/clauses")).await.json();
    let clause = clauses["clauses"][0].clone();
    let clause_path = format!("/v1/clauses/{}", clause["id"].as_str().unwrap());
    for (method, path, value) in [
        ("post", "/v1/ask", answered),
        ("post", "/v1/ask", refused),
        ("post", "/v1/search", post(&app, "/v1/search", json!({"query": "押金"})).await.json()),
        (
            "post",
            "/v1/verify",
            verified("租金由出租人和承租人协商确定。", Some("租金由双方商定。")).await,
        ),
        (
            "post",
            "/v1/verify",
            verified("租金由出租人与承租人协商确定。", Some("租金不得商定。")).await,
        ),
        ("post", "/v1/verify", verified("火星没有空气。", None).await),
        (
            "post",
            "/v1/ground",
            post(&app, "/v1/ground", json!({"answer": "您好。押金不得超过三个月租金。"}))
                .await
                .json(),
        ),
        (
            "post",
            "/v1/ground",
            post(
                &app,
                "/v1/ground",
                json!({"answer": "押金可以退还。[1]", "sources": [{"text": "押金应当退还。"}]}),
            )
            .await
            .json(),
        ),
        (
            "post",
            "/v1/embeddings",
            post(&app, "/v1/embeddings", json!({"input": "a"})).await.json(),
        ),
        (
            "post",
            "/v1/chat/completions",
            post(
                &app,
                "/v1/chat/completions",
                json!({"messages": [{"role": "user", "content": "押金最多几个月？"}]}),
            )
            .await
            .json(),
        ),
        ("get", "/v1/models", get(&app, "/v1/models").await.json()),
        ("get", "/v1/models/{id}", get(&app, "/v1/models/yiju").await.json()),
        (
            "post",
            "/v1/rerank",
            post(
                &app,
                "/v1/rerank",
                json!({"query": "押金", "documents": ["押金"], "return_documents": true}),
            )
            .await
            .json(),
        ),
        ("post", "/embed", post(&app, "/embed", json!({"inputs": "a"})).await.json()),
        (
            "post",
            "/rerank",
            post(&app, "/rerank", json!({"query": "a", "texts": ["a"], "return_text": true}))
                .await
                .json(),
        ),
        ("post", "/tokenize", post(&app, "/tokenize", json!({"inputs": "a"})).await.json()),
        ("get", "/info", get(&app, "/info").await.json()),
        ("get", "/v1/documents", list),
        ("get", "/v1/documents/{id}", get(&app, &format!("/v1/documents/{id}")).await.json()),
        ("get", "/v1/documents/{id}/clauses", clauses),
        ("get", "/v1/clauses/{id}", get(&app, &clause_path).await.json()),
        (
            "post",
            "/v1/search/batch",
            post(
                &app,
                "/v1/search/batch",
                json!({"queries": [{"query": "押金"}, {"query": "租金", "limit": 1}]}),
            )
            .await
            .json(),
        ),
        ("get", "/v1/collections", get(&app, "/v1/collections").await.json()),
        ("get", "/v1/collections/{collection}", get(&app, "/v1/collections/default").await.json()),
        (
            "post",
            "/v1/collections/{collection}/ask",
            post(&app, "/v1/collections/default/ask", json!({"question": "押金最多几个月？"}))
                .await
                .json(),
        ),
        ("get", "/healthz", get(&app, "/healthz").await.json()),
        ("get", "/readyz", get(&app, "/readyz").await.json()),
    ] {
        let schema = &api["paths"][path][method]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert!(schema.is_object(), "{method} {path} describes no JSON");
        check(&api, schema, &value, &format!("{method} {path}")).unwrap();
    }
    let error = get(&app, "/v1/documents/nope").await.json();
    check(&api, &json!({"$ref": "#/components/schemas/ErrorBody"}), &error, "error").unwrap();
}

#[tokio::test]
async fn every_described_route_is_there() {
    let app = shared();
    let api = get(&app, "/openapi.json").await.json();
    let paths = api["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 58);
    let places = |path: &str| {
        let parameters = paths[path]["get"]["parameters"].as_array().unwrap();
        parameters.iter().map(|one| one["in"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places("/v1/documents"), ["query", "query", "query"]);
    assert_eq!(places("/v1/documents/{id}/text"), ["path", "header"]);
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            // Generators name functions by the ids, and want words for each response.
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{method} {path}: `{id}` is another's, too");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let words = response["description"].as_str().unwrap();
                assert!(!words.is_empty(), "{method} {path} {status} has no description");
            }
            let request = axum::http::Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path.replace("{id}", "x").replace("{collection}", "default"))
                .body(axum::body::Body::empty())
                .unwrap();
            let answer = crate::support::send(&app, request).await;
            assert!(
                answer.status != 405 && !answer.text().contains("route_not_found"),
                "{method} {path}: {}",
                answer.status
            );
        }
    }
}
