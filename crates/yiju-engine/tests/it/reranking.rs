//! A made-up cross-encoder in the second stage.

#[allow(dead_code)]
#[path = "../../../yiju-embed/tests/it/tiny.rs"]
mod tiny;

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use yiju_engine::{Access, AskRequest, CrossEncoder, SearchRequest};

use crate::library::{LAW, NOTICE, add, open};
use tiny::Tiny;

/// An XLM-R classifier of made-up weights.
fn write(directory: &Path) {
    let tiny = Tiny::xlm_r();
    tiny.write(directory);
    let mut tensors: HashMap<String, Tensor> = tiny
        .tensors()
        .into_iter()
        .map(|(name, tensor)| (format!("roberta.{name}"), tensor))
        .collect();
    let hidden = tiny.hidden;
    let mut put = |name: &str, shape: &[usize], scale: f32| {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|at| (at as f32).sin() * scale).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        tensors.insert(format!("classifier.{name}"), tensor);
    };
    put("dense.weight", &[hidden, hidden], 0.5);
    put("dense.bias", &[hidden], 0.1);
    put("out_proj.weight", &[1, hidden], 2.0);
    put("out_proj.bias", &[1], 0.1);
    candle_core::safetensors::save(&tensors, directory.join("model.safetensors")).unwrap();
}

#[test]
fn a_cross_encoder_sorts_the_best_again_and_quotes_stay_verbatim() {
    let (dir, model) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(model.path());
    let plain = open(dir.path(), Access::ReadWrite);
    add(&plain, "law.txt", LAW);
    add(&plain, "notice.txt", NOTICE);
    let request = SearchRequest::new("停水要提前多久通知用户？");
    let before = plain.search(&request).unwrap().hits;
    drop(plain);
    let encoder = CrossEncoder::open(model.path()).unwrap();
    let alone = |path: &[String], text: &str| {
        let text =
            if path.is_empty() { text.to_owned() } else { format!("{}\n{text}", path.join(" ")) };
        encoder.scores(&request.query, &[&text]).unwrap()[0]
    };
    // What the second stage would give is not shown: the order must follow the cross-encoder where
    // two clauses are as relevant as each other, so it is held by its own scores.
    let scores: Vec<f32> = before.iter().map(|hit| alone(&hit.path, &hit.paragraph)).collect();
    let spread = scores.iter().fold(0.0, |a: f32, &b| a.max(b))
        - scores.iter().fold(1.0, |a: f32, &b| a.min(b));
    assert!(spread > 0.05, "the made-up model says the same of all: {scores:?}");

    let engine = open(dir.path(), Access::ReadWrite)
        .with_reranker(CrossEncoder::open(model.path()).unwrap());
    assert!(engine.reranker_name().is_some());
    let after = engine.search(&request).unwrap().hits;
    let ids = |hits: &[yiju_engine::SearchHit]| {
        let mut ids: Vec<String> = hits.iter().map(|hit| hit.clause_id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&before), ids(&after));
    assert!(after.is_sorted_by(|a, b| a.score >= b.score));
    // A clause's relevance rises where the cross-encoder is above its middle, and falls below it.
    for hit in &after {
        let at = before.iter().position(|b| b.clause_id == hit.clause_id).unwrap();
        let change = hit.score - before[at].score;
        let expected = scores[at] - 0.5;
        assert!(change.abs() < 2e-4 || change.signum() == expected.signum(), "{change} {expected}");
    }
    let answer = engine
        .ask(&AskRequest { threshold: Some(0.0), ..AskRequest::new(&request.query) })
        .unwrap();
    for citation in &answer.citations {
        let text = engine.text(&citation.document.id).unwrap().unwrap();
        assert_eq!(text[citation.span.byte_start..citation.span.byte_end], citation.quote);
    }
    let again = engine.search(&request).unwrap().hits;
    assert_eq!(after, again);
}
