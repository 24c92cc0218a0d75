//! Yiju's side of `benches/peers/compare.py`: embeds the texts of a JSON file and prints figures
//! and vectors as JSON.
//!
//! Arguments: the model directory, the file of texts (`questions`, `passages`, `long`, `parity`),
//! threads, and `int8` or `f32`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use yiju_embed::{Embedder, EmbedderOptions, InputType, Precision};
use yiju_eval::percentile;
use yiju_kernels::Variant;

fn main() -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut arguments = std::env::args().skip(1);
    let mut next = |name: &str| arguments.next().ok_or(format!("the argument {name} is missing"));
    let model = PathBuf::from(next("model")?);
    let texts = PathBuf::from(next("texts")?);
    let threads = next("threads")?.parse()?;
    let precision = match next("precision")?.as_str() {
        "int8" => Precision::Int8,
        "f32" => Precision::F32,
        other => return Err(format!("precision is int8 or f32, not {other}").into()),
    };
    let embedder = Embedder::open(&model, EmbedderOptions { precision, threads })?;
    embedder.embed(InputType::Query, &["a"])?;
    let start = started.elapsed();

    let texts: serde_json::Value = serde_json::from_slice(&std::fs::read(texts)?)?;
    let list = |name: &str| -> Vec<String> {
        let entries = texts[name].as_array().map_or(&[][..], Vec::as_slice);
        entries.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let seconds = texts["seconds"].as_f64().unwrap_or(3.0);

    let questions = list("questions");
    let mut latencies = Vec::new();
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < seconds && !questions.is_empty() {
        for question in &questions {
            let one = Instant::now();
            embedder.embed(InputType::Query, &[question])?;
            latencies.push(one.elapsed().as_secs_f64());
        }
    }
    latencies.sort_by(f64::total_cmp);

    let speed = |texts: &[String]| -> Result<f64, Box<dyn Error>> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
        let mut best = f64::MAX;
        let begin = Instant::now();
        while begin.elapsed().as_secs_f64() < seconds {
            let one = Instant::now();
            embedder.embed(InputType::Passage, &texts)?;
            best = best.min(one.elapsed().as_secs_f64());
        }
        Ok(characters as f64 / best)
    };
    let passages = speed(&list("passages"))?;
    let long = speed(&list("long"))?;

    let mut vectors = Vec::new();
    for entry in texts["parity"].as_array().map_or(&[][..], Vec::as_slice) {
        let input_type = match entry["input_type"].as_str() {
            Some("query") => InputType::Query,
            _ => InputType::Passage,
        };
        let text = entry["text"].as_str().unwrap_or_default();
        vectors.extend(embedder.embed(input_type, &[text])?.into_iter().map(|one| one.vector));
    }
    println!(
        "{}",
        serde_json::json!({
            "kernels": Variant::detect()?.name(),
            "start": start.as_secs_f64(),
            "p50": percentile(&latencies, 50.0), "p99": percentile(&latencies, 99.0),
            "passages": passages, "long": long, "vectors": vectors,
        })
    );
    Ok(())
}
