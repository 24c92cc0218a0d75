//! Yiju's side of `benches/peers/question.py`: takes texts in and searches them, as JSON from a file and
//! to standard output.
//!
//! Arguments: the model directory, an empty directory for the library, threads, and the file with
//! `documents` (`name` and `path` each, as `yiju add` takes them), `questions`, and `seconds` to measure.
//! Prints every clause (`id`, `text`), the ten best clauses for each question, and latencies.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use yiju_engine::{Access, Engine, EngineOptions, Precision, SearchRequest, Source, Step, traced};
use yiju_eval::percentile;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |name: &str| arguments.next().ok_or(format!("the argument {name} is missing"));
    let (model, library) = (next("model")?, next("library")?);
    let threads = next("threads")?.parse()?;
    let given: serde_json::Value = serde_json::from_slice(&std::fs::read(next("texts")?)?)?;
    let engine = Engine::open(EngineOptions {
        library: PathBuf::from(library),
        model: PathBuf::from(model),
        access: Access::ReadWrite,
        threads,
        precision: Precision::Int8,
    })?;
    let list = |name: &str| given[name].as_array().cloned().unwrap_or_default();
    for document in list("documents") {
        let path = document["path"].as_str().unwrap_or_default();
        let source = Source {
            name: document["name"].as_str().unwrap_or(path).to_owned(),
            title: None,
            bytes: std::fs::read(path)?,
        };
        engine.add(source, &|_| {})?;
    }
    let mut clauses = Vec::new();
    for document in engine.documents(None, 1_000)?.documents {
        for clause in engine.clauses(&document.id)?.unwrap_or_default() {
            clauses.push(serde_json::json!({"id": clause.id, "text": clause.paragraph}));
        }
    }

    let requests: Vec<SearchRequest> = list("questions")
        .iter()
        .filter_map(|question| question.as_str().map(SearchRequest::new))
        .collect();
    let mut found = Vec::new();
    for request in &requests {
        let hits = engine.search(request)?.hits;
        let ids: Vec<String> = hits.into_iter().map(|hit| hit.clause.clause_id).collect();
        found.push(ids);
    }
    let seconds = given["seconds"].as_f64().unwrap_or(3.0);
    let (mut whole, mut first_stage, mut embedding) = (Vec::new(), Vec::new(), Vec::new());
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < seconds && !requests.is_empty() {
        for request in &requests {
            let start = Instant::now();
            let (hits, steps) = traced(|| engine.search(request));
            let all = start.elapsed();
            hits?;
            whole.push(all);
            first_stage.push(all - steps.get(Step::SecondStage));
            embedding.push(steps.get(Step::Tokenise) + steps.get(Step::Embed));
        }
    }
    println!(
        "{}",
        serde_json::json!({
            "clauses": clauses, "found": found,
            "embed": figures(embedding), "retrieve": figures(first_stage), "rank": figures(whole),
        })
    );
    Ok(())
}

fn figures(latencies: Vec<Duration>) -> serde_json::Value {
    let mut milliseconds: Vec<f64> = latencies.iter().map(|one| one.as_secs_f64() * 1e3).collect();
    milliseconds.sort_by(f64::total_cmp);
    let at = |percent| percentile(&milliseconds, percent);
    serde_json::json!({"p50": at(50.0), "p99": at(99.0), "count": latencies.len()})
}
