//! Small documents made after faults of real ones, with what is right: every question of `tests/data/cases` is asked.
//!
//! `NAME.jsonl` are the questions over the folder `NAME`: `docs` is the file or folder asked (empty: all of it), `must` what
//! the first citation's quotes hold (after `any:`: those of some citation), `must_not` what no quote holds, `answered`
//! whether there is an answer at all. What is not right yet stands in [`NOT_YET`] with the reason; a question that
//! becomes right must be taken off.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Place, Server, root};

/// Questions that are answered wrongly, and why.
const NOT_YET: &[(&str, &str)] = &[
    ("青河区2024年3月21日零时起恢复营业的有哪些？", "refused: the confidence is too low"),
    ("Who does the policy apply to?", "refused: the confidence is too low"),
];

#[test]
fn every_case_is_answered_rightly() {
    let mut wrong: Vec<(String, String)> = Vec::new();
    let mut asked = 0;
    for set in ["answers", "ask"] {
        for (docs, questions) in questions(set) {
            let folder = root().join("tests/data/cases").join(set);
            let documents = if docs.is_empty() { folder } else { folder.join(docs) };
            let place = Place::new();
            place.ok(&["add", documents.to_str().unwrap()]);
            let server = Server::start(&place, &[]);
            for question in questions {
                let text = question["q"].as_str().unwrap();
                // Confidences differ in the third digit between instruction sets.
                let threshold = if question["answered"] == true { 0.48 } else { 0.52 };
                let body = json!({"question": text, "threshold": threshold});
                let answer: Value = server.post("/v1/ask", &body).json().unwrap();
                asked += 1;
                if let Some(fault) = fault(&question, &answer) {
                    wrong.push((text.to_owned(), fault));
                }
            }
        }
    }
    assert!(asked >= 59, "{asked} questions only");
    let listed = |text: &str| NOT_YET.iter().any(|(question, _)| *question == text);
    let new: Vec<_> = wrong.iter().filter(|(text, _)| !listed(text)).collect();
    assert!(new.is_empty(), "wrong now: {new:#?}");
    let is_wrong = |text: &str| wrong.iter().any(|(question, _)| question == text);
    let right: Vec<_> = NOT_YET.iter().filter(|(text, _)| !is_wrong(text)).collect();
    assert!(right.is_empty(), "right now, to be taken off NOT_YET: {right:#?}");
}

/// The questions of a set by the documents that they are asked of.
fn questions(set: &str) -> BTreeMap<String, Vec<Value>> {
    let path = root().join("tests/data/cases").join(format!("{set}.jsonl"));
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in fs::read_to_string(Path::new(&path)).unwrap().lines() {
        let question: Value = serde_json::from_str(line).unwrap();
        found.entry(question["docs"].as_str().unwrap().to_owned()).or_default().push(question);
    }
    found
}

/// What is wrong with an answer; `None` where nothing is.
fn fault(question: &Value, answer: &Value) -> Option<String> {
    if answer["answered"] != question["answered"] {
        let said = if answer["answered"] == true { first_quote(answer) } else { "refused".into() };
        return Some(said);
    }
    let citations = answer["citations"].as_array().unwrap();
    let quotes: Vec<String> = citations.iter().map(quoted).collect();
    let strings = |key: &str| -> Vec<String> {
        let list = question[key].as_array().unwrap();
        list.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    for must in strings("must") {
        let there = match must.strip_prefix("any:") {
            Some(must) => quotes.iter().any(|quote| quote.contains(&squeezed(must))),
            None => quotes.first().is_some_and(|quote| quote.contains(&squeezed(&must))),
        };
        if !there {
            return Some(format!("lacks {must}: {}", first_quote(answer)));
        }
    }
    let must_not = strings("must_not");
    let held = must_not
        .iter()
        .find(|must_not| quotes.iter().any(|quote| quote.contains(&squeezed(must_not))));
    held.map(|held| format!("quotes {held}"))
}

fn first_quote(answer: &Value) -> String {
    answer["citations"][0]["quote"].as_str().unwrap_or("").to_owned()
}

/// All that a citation says but the paragraph around its quote: quote, context, title, headings.
fn quoted(citation: &Value) -> String {
    let mut citation = citation.clone();
    citation.as_object_mut().unwrap().remove("paragraph");
    squeezed(&citation.to_string().replace("\\n", ""))
}

/// Without white space and the width of brackets.
fn squeezed(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace());
    kept.map(|c| match c {
        '(' => '（',
        ')' => '）',
        c => c,
    })
    .collect()
}
