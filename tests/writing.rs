//! `yiju ask --write` and `yiju chat --write` with an endpoint behind a socket.

use serde_json::Value;

use crate::scripted::{Seen, Step, reply, serve, stream};
use crate::support::{run, seeded};

const QUESTION: &str = "超大城市的规模要不要控制？";
const TRUE: &str = "推动超大特大城市控制超大城市的规模，合理有序疏解非核心功能[1]。";
const FALSE: &str = "超大城市的规模控制在九百万人以内[1]。";

/// Says both sentences, and the true one when asked again, unless asked for that already.
fn both(_: usize, seen: &Seen) -> Vec<Step> {
    let asked = seen.body["messages"][1]["content"].as_str().unwrap();
    stream(if asked.contains("没有通过核对") {
        FALSE
    } else {
        "超大城市的规模控制在九百万人以内[1]。推动超大特大城市控制超大城市的规模，合理有序疏解非核心功能[1]。"
    })
}

#[test]
fn sentences_are_shown_with_their_citations_and_what_was_dropped() {
    let place = seeded();
    let server = serve(both);
    let log = place.named("sent.jsonl");
    let writer = ["--writer-url", &server.url, "--writer-model", "m", "--writer-log", &log];
    let done = place.ok(&[&["ask", "--write", QUESTION][..], &writer].concat());
    let shown = TRUE.replace("[1]。", "。[1]");
    assert!(
        done.out.starts_with(&format!("{shown}\n  - dropped: {}", FALSE.replace("[1]。", "。[1]"))),
        "{}",
        done.out
    );
    assert!(done.out.contains("\n[1] "), "{}", done.out);
    // Sent was the question with the quotes, twice; the log has both.
    let seen = server.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    let logged = std::fs::read_to_string(&log).unwrap();
    let logged: Vec<Value> =
        logged.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(logged[0]["request"], seen[0].body);
    assert_eq!(logged[1]["request"], seen[1].body);

    let json = place.json(&[&["ask", "--json", "--write", QUESTION][..], &writer].concat());
    assert_eq!(json["answer"], shown.as_str());
    assert_eq!(json["written"]["dropped"][0]["text"], FALSE.replace("[1]。", "。[1]").as_str());

    let mut command = place.command(&[&["chat", "--write"][..], &writer].concat());
    let done = run(&mut command, format!("{QUESTION}\n").as_bytes());
    assert!(done.out.starts_with(&shown), "{}{}", done.out, done.err);
}

#[test]
fn without_write_nothing_is_sent_and_without_a_writer_nothing_is_written() {
    let place = seeded();
    let server = serve(both);
    let mut command = place.command(&["ask", QUESTION]);
    command.env("YIJU_WRITER_URL", &server.url).env("YIJU_WRITER_MODEL", "m");
    assert!(run(&mut command, b"").ok());
    assert!(server.seen.lock().unwrap().is_empty());
    let done = place.fails(&["ask", "--write", QUESTION]);
    assert!(
        done.err.contains("none is named") && done.err.contains("--writer-url"),
        "{}",
        done.err
    );
    let done = place.fails(&["ask", "--write", "--writer-url", &server.url, QUESTION]);
    assert!(done.err.contains("--writer-model"), "{}", done.err);
    let file = place.file("no.gguf", "GGUF is not all there is");
    let done = place.fails(&["ask", "--write", "--writer", &file, QUESTION]);
    assert!(done.err.contains("no GGUF file"), "{}", done.err);
    let both = ["ask", "--write", "--writer", &file, "--writer-url", "http://a", QUESTION];
    assert!(place.fails(&both).err.contains("both are named"));
}

#[test]
fn a_writer_that_refuses_leaves_the_quotes_and_is_said() {
    let place = seeded();
    let server = serve(|_, _| {
        reply("401 Unauthorized", "application/json", "", r#"{"error":{"message":"bad key"}}"#)
    });
    let mut command = place.command(&[
        "ask",
        "--write",
        "--writer-url",
        &server.url,
        "--writer-model",
        "m",
        QUESTION,
    ]);
    command.env("YIJU_WRITER_KEY", "secret");
    let done = run(&mut command, b"");
    assert!(done.ok() && done.out.contains("控制超大城市的规模"), "{}{}", done.out, done.err);
    assert!(done.err.contains("the writer refused with status 401: bad key"), "{}", done.err);
    let seen = server.seen.lock().unwrap();
    assert!(seen[0].head.contains("authorization: Bearer secret"), "{}", seen[0].head);
}
