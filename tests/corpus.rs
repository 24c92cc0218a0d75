//! Corpora in JSON Lines: added, resumed, replaced, asked and removed.

use std::io::Write;
use std::process::Command;

use crate::support::Place;

fn laws(articles: &[(&str, &str, &str)]) -> String {
    let lines = articles.iter().map(|(law, article, text)| {
        serde_json::json!({"id": "x", "law": law, "article": article, "version": null, "text": text})
            .to_string()
            + "\n"
    });
    lines.collect()
}

const ARTICLES: [(&str, &str, &str); 4] = [
    ("图书馆条例", "第一条", "图书馆周一闭馆。"),
    ("图书馆条例", "第二条", "借书期限为三十天。\n逾期归还的，按日支付一角。"),
    ("泳池条例", "第一条", "泳池每日七时开放。"),
    ("图书馆条例", "第三条", "少年儿童阅览室免费开放。"),
];

#[test]
fn a_law_is_one_document_and_its_articles_are_found_by_number() {
    let place = Place::new();
    let path = place.file("laws.jsonl", laws(&ARTICLES));
    let done = place.ok(&["add", &path]);
    done.shows("(2 documents, 4 clauses)");
    let before = place.documents();
    assert_eq!(place.titles(), ["图书馆条例", "泳池条例"]);
    let answer = place.json(&["ask", "--json", "图书馆条例第二条第二款"]);
    assert_eq!(answer["citations"][0]["quote"], "逾期归还的，按日支付一角。", "{answer}");
    let answer = place.json(&["ask", "--json", "泳池几点开放？"]);
    assert_eq!(answer["citations"][0]["label"], "第一条", "{answer}");

    assert!(place.yiju(&["add", &path]).out.starts_with("unchanged"));
    // One article differs and one law is gone; the remaining document keeps its id.
    let mut changed = ARTICLES;
    changed[0].2 = "图书馆周二闭馆。";
    let shorter = [changed[0], changed[1], changed[3]];
    place.file("laws.jsonl", laws(&shorter));
    assert!(place.yiju(&["add", &path]).out.starts_with("replaced"));
    let after = place.documents();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0]["id"], before[0]["id"]);

    place.ok(&["remove", &path]);
    assert!(place.documents().is_empty());
}

#[test]
fn a_packed_corpus_can_be_asked_at_once() {
    let place = Place::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(laws(&ARTICLES).as_bytes()).unwrap();
    let path = place.file("laws.jsonl.gz", packed.finish().unwrap());
    for _ in 0..2 {
        let answer = place.json(&["ask", "--json", "--docs", &path, "逾期归还怎么办？"]);
        assert_eq!(answer["citations"][0]["label"], "第二条", "{answer}");
    }
}

#[test]
fn the_line_that_is_wrong_is_named() {
    let place = Place::new();
    let path = place.file("bad.jsonl", format!("{}{{\"title\": 1}}\n", laws(&ARTICLES)));
    let done = place.fails(&["add", &path]);
    done.says("bad.jsonl: line 5: ");
    done.says("hint: ");
    let path = place.file("cut.jsonl.gz", [0x1f, 0x8b, 8, 0, 0]);
    let done = place.fails(&["add", &path]);
    done.says("cut.jsonl.gz: line 1: ");
}

/// A process that is killed while adding leaves whole documents, and the next add resumes there.
#[cfg(unix)]
#[test]
fn an_add_that_was_killed_goes_on() {
    let place = Place::new();
    let articles: Vec<(String, String)> = (0..400)
        .map(|number| {
            (format!("条例{number}"), format!("第{number}号仓库的保管员每日检查一次温度。"))
        })
        .collect();
    let all: Vec<(&str, &str, &str)> =
        articles.iter().map(|(law, text)| (law.as_str(), "第一条", text.as_str())).collect();
    let path = place.file("many.jsonl", laws(&all));
    let mut child = place.command(&["add", "--quiet", &path]).spawn().unwrap();
    let count = || {
        let list = place.yiju(&["list", "--json"]);
        serde_json::from_str::<serde_json::Value>(&list.out)
            .ok()
            .and_then(|list| list["documents"].as_array().map(Vec::len))
            .unwrap_or(0)
    };
    while count() == 0 && child.try_wait().unwrap().is_none() {}
    let id = child.id().to_string();
    Command::new("kill").args(["-9", &id]).status().unwrap();
    child.wait().unwrap();
    let before = count();
    assert!((1..400).contains(&before), "{before} of 400 before the kill");
    let done = place.ok(&["add", &path]);
    assert_eq!(count(), 400);
    // Only the missing documents were embedded.
    let embedded: usize = done
        .err
        .split_once("documents, ")
        .and_then(|(_, rest)| rest.split(' ').next())
        .map_or(0, |number| number.parse().unwrap());
    assert_eq!(embedded, 2 * (400 - before), "{}", done.err);
}
