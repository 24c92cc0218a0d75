//! `/mcp`: the protocol over HTTP, of both kinds of clients, with keys.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use yiju_access::{KeyFile, NewKey, Scope};
use yiju_api::{AppState, Limits, Policy, app};

use crate::support::{Answer, SHARED, send, shared};

const STATELESS: &str = "2026-07-28";
const WITH_SESSIONS: &str = "2025-06-18";

async fn call(app: &Router, version: &str, method: &str, params: Value) -> Answer {
    call_at(app, "/mcp", None, version, method, params).await
}

async fn call_at(
    app: &Router,
    path: &str,
    key: Option<&str>,
    version: &str,
    method: &str,
    mut params: Value,
) -> Answer {
    if version == STATELESS {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header(header::HOST, "localhost:8700")
        .header("mcp-protocol-version", version);
    if version == STATELESS {
        request = request.header("mcp-method", method);
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            request = request.header("mcp-name", name);
        }
    }
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn result(app: &Router, version: &str, method: &str, params: Value) -> Value {
    let answer = call(app, version, method, params).await;
    assert_eq!(answer.status, StatusCode::OK, "{method}: {}", answer.text());
    let json = answer.json();
    assert!(json.get("error").is_none(), "{method}: {json:#}");
    json["result"].clone()
}

async fn tool(app: &Router, name: &str, arguments: Value) -> Value {
    let params = json!({"name": name, "arguments": arguments});
    result(app, WITH_SESSIONS, "tools/call", params).await
}

#[tokio::test]
async fn both_kinds_of_clients_are_served() {
    let app = shared();
    let params = json!({
        "protocolVersion": WITH_SESSIONS,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let begun = result(&app, WITH_SESSIONS, "initialize", params).await;
    assert_eq!(begun["protocolVersion"], WITH_SESSIONS);
    assert_eq!(begun["serverInfo"]["name"], "yiju");
    assert!(begun["instructions"].as_str().unwrap().contains("verify_quote"));
    let found = result(&app, STATELESS, "server/discover", json!({})).await;
    let versions = found["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(STATELESS)), "{found:#}");
    let old = result(&app, WITH_SESSIONS, "tools/list", json!({})).await;
    let new = result(&app, STATELESS, "tools/list", json!({})).await;
    assert_eq!(old["tools"], new["tools"]);
}

#[tokio::test]
async fn tools_only_read_and_say_what_they_take_and_give() {
    let tools = result(&shared(), WITH_SESSIONS, "tools/list", json!({})).await;
    let tools = tools["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ask", "search", "get_clause", "outline", "verify_quote", "list_documents"]);
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true);
        assert_eq!(tool["annotations"]["openWorldHint"], false);
        for schema in [&tool["inputSchema"], &tool["outputSchema"]] {
            assert_eq!(schema["type"], "object", "{schema:#}");
            // Every reference leads to a definition beside it.
            let text = schema.to_string();
            for target in text.split("\"$ref\":\"").skip(1) {
                let target = target.split('"').next().unwrap();
                assert!(schema.pointer(target.trim_start_matches('#')).is_some(), "{target}");
            }
        }
    }
}

#[tokio::test]
async fn tools_do_what_the_routes_do() {
    let app = shared();
    let question = "押金最多可以收几个月的租金？";
    let asked = tool(&app, "ask", json!({"question": question})).await;
    let answer = &asked["structuredContent"];
    assert_eq!(answer["answered"], true);
    let clause = answer["citations"][0]["clause_id"].as_str().unwrap().to_owned();
    let text = asked["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("两个月租金") && text.contains(&format!("yiju://clauses/{clause}")),
        "{text}"
    );
    let history = json!({"question": "那什么时候退？", "history": [question]});
    let followed = tool(&app, "ask", history).await;
    assert_eq!(followed["structuredContent"]["understood_as"], "押金什么时候退？");

    let found = tool(&app, "search", json!({"query": "押金", "limit": 1})).await;
    assert_eq!(found["structuredContent"]["hits"].as_array().unwrap().len(), 1);
    let read = tool(&app, "get_clause", json!({"clause_id": clause})).await;
    assert_eq!(read["structuredContent"]["id"], clause);
    let document = answer["citations"][0]["document"]["id"].as_str().unwrap();
    let outline = tool(&app, "outline", json!({"document_id": document})).await;
    assert_eq!(outline["structuredContent"]["clauses"].as_array().unwrap().len(), 4);
    let verified = tool(&app, "verify_quote", json!({"quote": "押金不得超过三个月租金。"})).await;
    assert_eq!(verified["structuredContent"]["citations"][0]["status"], "altered");
    let listed = tool(&app, "list_documents", json!({})).await;
    assert_eq!(listed["structuredContent"]["documents"][0]["id"], document);

    for (name, arguments, word) in [
        ("ask", json!({"question": ""}), "length"),
        ("ask", json!({"questions": "a"}), "questions"),
        ("get_clause", json!({"clause_id": "nope.1"}), "nope.1"),
        ("outline", json!({"document_id": "nope"}), "nope"),
        ("list_documents", json!({"limit": 0}), "limit"),
    ] {
        let failed = tool(&app, name, arguments).await;
        assert_eq!(failed["isError"], true);
        let said = failed["content"][0]["text"].as_str().unwrap();
        assert!(said.contains(word), "{said}");
    }
    let params = json!({"name": "delete_all", "arguments": {}});
    let unknown = call(&app, WITH_SESSIONS, "tools/call", params).await.json();
    assert!(unknown["error"]["message"].as_str().unwrap().contains("list_documents"));
}

#[tokio::test]
async fn documents_are_resources_and_there_is_a_prompt() {
    let app = shared();
    let list = result(&app, WITH_SESSIONS, "resources/list", json!({})).await;
    let uri = list["resources"][0]["uri"].as_str().unwrap();
    let read = result(&app, WITH_SESSIONS, "resources/read", json!({"uri": uri})).await;
    assert!(read["contents"][0]["text"].as_str().unwrap().contains("第三条"));
    let clause = format!("{}.2", uri.replace("documents", "clauses"));
    let read = result(&app, STATELESS, "resources/read", json!({"uri": clause})).await;
    assert!(read["contents"][0]["text"].as_str().unwrap().contains("押金"));
    let absent = json!({"uri": "yiju://documents/nope"});
    let absent = call(&app, WITH_SESSIONS, "resources/read", absent).await.json();
    assert!(absent["error"]["message"].as_str().unwrap().contains("nope"), "{absent:#}");
    let templates = result(&app, WITH_SESSIONS, "resources/templates/list", json!({})).await;
    assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 2);

    let prompts = result(&app, WITH_SESSIONS, "prompts/list", json!({})).await;
    let name = prompts["prompts"][0]["name"].as_str().unwrap();
    let params = json!({"name": name, "arguments": {"topic": "押金"}});
    let prompt = result(&app, WITH_SESSIONS, "prompts/get", params).await;
    assert!(prompt["messages"][0]["content"]["text"].as_str().unwrap().contains("押金"));
    let without = call(&app, WITH_SESSIONS, "prompts/get", json!({"name": name})).await.json();
    assert!(without["error"]["message"].as_str().unwrap().contains("topic"));
}

#[tokio::test]
async fn a_key_reaches_what_it_reaches() {
    let keys = tempfile::tempdir().unwrap();
    let file = KeyFile::new(keys.path().join("keys.json"));
    let (_, reader) = file.add(NewKey::new("reader", [Scope::Read])).unwrap();
    let (_, writer) = file.add(NewKey::new("writer", [Scope::Write])).unwrap();
    let mut other = NewKey::new("other", [Scope::Read]);
    other.documents = vec!["0000000000000000".into()];
    let (_, other) = file.add(other).unwrap();
    let mut policy = Policy::default();
    policy.keys = Some(file);
    let state = AppState::with_policy(Limits::default(), policy).unwrap();
    state.set_engine(std::sync::Arc::clone(&SHARED.engine));
    let app = app(state);
    let list = json!({"name": "list_documents", "arguments": {}});
    let ask = json!({"name": "ask", "arguments": {"question": "押金最多几个月？"}});
    let at = async |key: Option<&str>, params: &Value| {
        let path = "/v1/collections/default/mcp";
        call_at(&app, path, key, WITH_SESSIONS, "tools/call", params.clone()).await
    };
    assert_eq!(at(None, &list).await.error(401), "unauthorized");
    let read = at(Some(reader.reveal()), &list).await.json();
    assert_eq!(read["result"]["structuredContent"]["documents"].as_array().unwrap().len(), 1);
    let refused = at(Some(writer.reveal()), &list).await.json();
    assert_eq!(refused["result"]["isError"], true);
    assert!(refused["result"]["content"][0]["text"].as_str().unwrap().contains("read"));
    let answer = at(Some(other.reveal()), &ask).await.json();
    assert_eq!(answer["result"]["structuredContent"]["answered"], false, "{answer:#}");
}
