//! Kinds of questions that everyday documents are asked.

use yiju_engine::{Access, Answer, Engine};

use crate::library::{add, ask, open};

/// An engine that knows one document of benches/policies/dev.
fn knowing(name: &str) -> (tempfile::TempDir, Engine) {
    let path = format!("{}/../../benches/policies/dev/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, name, &text);
    (dir, engine)
}

/// All that the first citation quotes.
fn first(answer: &Answer) -> String {
    let citation = answer.citations.first().unwrap_or_else(|| panic!("{answer:?}"));
    let context = citation.context.iter().map(|part| part.quote.as_str());
    context.chain([citation.quote.as_str()]).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_name_of_the_document_does_not_draw_a_question_to_its_preface() {
    let (_dir, engine) = knowing("q05.txt");
    let answer = ask(&engine, "云泽区小餐饮登记证有效几年？");
    assert!(first(&answer).contains("三年，不收费"), "{answer:?}");
}
