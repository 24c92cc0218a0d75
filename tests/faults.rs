//! A panic in one request is that request's error; the server serves on.

use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::support::{Place, Server};

/// A server that panics once, at a named point.
struct Faulty {
    place: Place,
    server: Server,
}

impl Faulty {
    fn at(point: &str) -> Self {
        let place = Place::new();
        let server = Server::start_with(&place, &[], &[("YIJU_PANIC_AT", point)]);
        Self { place, server }
    }

    fn post(&self, path: &str, body: Value) -> Response {
        self.server.post(path, &body)
    }

    fn add(&self, title: &str, text: &str) -> Response {
        self.post("/v1/documents", json!({"title": title, "text": text}))
    }

    fn found(&self, query: &str) -> Vec<String> {
        let answer = self.post("/v1/search", json!({"query": query, "limit": 9}));
        assert_eq!(answer.status(), 200);
        let hits = answer.json::<Value>().unwrap()["hits"].clone();
        let hits = hits.as_array().unwrap().iter();
        hits.map(|hit| hit["paragraph"].as_str().unwrap().to_owned()).collect()
    }

    /// Stops the server; checks its exit code, that its log has the cause of the fault, and that the
    /// library is sound.
    fn end(self, request_id: &str) {
        self.server.signal("-TERM");
        let (code, said) = self.server.end();
        assert_eq!(code, Some(0), "{said}");
        let line = said.lines().find(|line| line.contains(request_id));
        let line = line.unwrap_or_else(|| panic!("{request_id} is not in\n{said}"));
        assert!(line.contains("a test asked for a panic"), "{line}");
        let checked = self.place.json(&["check", "--json"]);
        assert_eq!(checked["sound"], true, "{checked:#}");
    }
}

/// The request id of an `internal` error. The response must not give the cause.
fn internal(answer: Response) -> String {
    assert_eq!(answer.status(), 500);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let text = answer.text().unwrap();
    assert!(!text.contains("panic"), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["error"]["code"], "internal", "{body:#}");
    assert_eq!(body["error"]["request_id"], id.as_str());
    id
}

const LIBRARY: &str = "第一条 图书馆周一闭馆。\n第二条 借书期限为三十天，可以续借一次。";
const RENT: &str = "第一条 押金不得超过两个月租金。\n第二条 厨房不得出租供人员居住。";

#[test]
fn a_fault_in_a_question_is_that_questions_error() {
    // Named points exist in debug builds only.
    if !cfg!(debug_assertions) {
        return;
    }
    let faulty = Faulty::at("ask:ranked");
    assert_eq!(faulty.add("图书馆规则", LIBRARY).status(), 201);
    let ask = || faulty.post("/v1/ask", json!({"question": "借书期限是多久？"}));
    let id = internal(ask());
    let answer: Value = ask().json().unwrap();
    assert_eq!(answer["answered"], true, "{answer:#}");
    let metrics = faulty.server.get("/metrics").text().unwrap();
    assert!(metrics.contains("yiju_errors_total{code=\"internal\"} 1"));
    faulty.end(&id);
}

#[test]
fn a_fault_while_writing_undoes_the_write_and_the_next_one_works() {
    if !cfg!(debug_assertions) {
        return;
    }
    let faulty = Faulty::at("write:written:2");
    assert_eq!(faulty.add("图书馆规则", LIBRARY).status(), 201);
    let id = internal(faulty.add("租赁规则", RENT));
    let found = faulty.found("押金");
    assert!(found.iter().all(|one| !one.contains("押金")), "{found:?}");
    assert_eq!(faulty.add("租赁规则", RENT).status(), 201);
    assert!(faulty.found("押金")[0].contains("押金"));
    faulty.end(&id);
}

#[test]
fn a_fault_in_the_indexes_is_made_good_from_the_store() {
    if !cfg!(debug_assertions) {
        return;
    }
    // While the indexes take in a write that is durable but not acknowledged.
    let faulty = Faulty::at("index:applied:2");
    assert_eq!(faulty.add("图书馆规则", LIBRARY).status(), 201);
    let before = faulty.found("借书期限");
    let id = internal(faulty.add("租赁规则", RENT));
    assert!(faulty.found("押金")[0].contains("押金"));
    assert_eq!(faulty.found("借书期限")[0], before[0]);
    let again = faulty.add("租赁规则", RENT);
    assert_eq!(again.status(), 200, "unchanged");
    assert_eq!(faulty.found("押金").len(), 4);
    faulty.end(&id);

    // While the next question commits a write to the lexical index. The first commit is that of the new
    // library.
    let faulty = Faulty::at("lexical:prepared:2");
    assert_eq!(faulty.add("租赁规则", RENT).status(), 201);
    let id = internal(faulty.post("/v1/search", json!({"query": "押金"})));
    assert!(faulty.found("押金")[0].contains("押金"));
    faulty.end(&id);
}
