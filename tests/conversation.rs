//! `yiju chat` and `yiju mcp`: one line after the other on standard input.

use serde_json::{Value, json};

use crate::support::{Place, run, seeded};

#[test]
fn a_conversation_goes_on_after_what_cannot_be_asked() {
    let place = Place::new();
    let mut command = place.command(&["chat", "--docs", "seeds", "--limit", "1", "--json"]);
    let questions = "超大城市的规模要不要控制？\n\n！！！\n那中小城市呢？\nexit\n从不问到\n";
    let done = run(&mut command, questions.as_bytes());
    assert!(done.ok(), "{}", done.err);
    assert!(done.err.contains("1 to 2000"), "{}", done.err);
    let answers: Vec<Value> =
        serde_json::Deserializer::from_str(&done.out).into_iter().map(Result::unwrap).collect();
    let understood: Vec<&Value> = answers.iter().map(|answer| &answer["understood_as"]).collect();
    assert_eq!(understood, [&Value::Null, &json!("中小城市的规模要不要控制？")]);

    let mut command = place.command(&["chat", "--limit", "1"]);
    let done = run(&mut command, "超大城市的规模要不要控制？\n那中小城市呢？\n".as_bytes());
    assert!(done.out.contains("= 中小城市的规模要不要控制？\n"), "{}", done.out);
}

#[test]
fn an_agent_is_served_over_standard_input_and_output() {
    let place = seeded();
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "ask", "arguments": {"question": "超大城市的规模要不要控制？"}}}),
    ];
    let input: String = messages.iter().map(|message| format!("{message}\n")).collect();
    let done = run(&mut place.command(&["mcp"]), input.as_bytes());
    assert!(done.ok(), "{}", done.err);
    // Nothing but messages of the protocol.
    let answers: Vec<Value> =
        done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["result"]["serverInfo"]["name"], "yiju");
    let answer = &answers[1]["result"]["structuredContent"];
    assert!(answer["answer"].as_str().unwrap().contains("控制超大城市的规模"), "{answer:#}");

    let without = Place::new();
    let done = without.fails(&["mcp"]);
    assert!(done.err.contains("hint"), "{}", done.err);
}
