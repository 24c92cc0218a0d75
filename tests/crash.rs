//! A process killed while it adds: the library opens again and holds everything acknowledged.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::support::Place;

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let place = Place::new();
    for number in 0..12 {
        let clauses: String = (1..20)
            .map(|clause| {
                format!(
                    "第{clause}条 第{number}号规则的第{clause}条，规定第{clause}种情形如何办理。\n"
                )
            })
            .collect();
        place.file(&format!("docs/{number:02}.txt"), format!("规则{number}\n{clauses}"));
    }
    let docs = place.named("docs");
    let add = ["add", "--json", &docs];
    // Killed after one acknowledgement, then on the same library after two more, and so on, each time while
    // the next file is being added.
    let mut acknowledged: Vec<Value> = Vec::new();
    for round in 0..3 {
        let mut child =
            place.command(&add).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut new = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            match line["status"].as_str().unwrap() {
                "added" => {
                    new += 1;
                    acknowledged.push(line);
                }
                status => assert_eq!(status, "unchanged"),
            }
            if new > round {
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        assert_eq!(new, round + 1, "it ended before it was killed");
        let documents = place.documents();
        for line in &acknowledged {
            for document in line["documents"].as_array().unwrap() {
                assert!(documents.contains(document), "lost {document:#}\nof {documents:#?}");
            }
        }
        // The file that was being added when killed may be there too; then it is whole.
        assert!(documents.len() <= acknowledged.len() + 1, "{} documents", documents.len());
        for document in documents {
            assert_eq!(document["clauses"], 19);
        }
    }
    place.ok(&["add", &docs]);
    assert_eq!(place.documents().len(), 12);
    let hits = place.json(&["search", "--json", "--limit", "1", "第7号规则的第5条"]);
    assert_eq!(hits["hits"][0]["document"]["title"], "规则7", "{hits:#}");
}
