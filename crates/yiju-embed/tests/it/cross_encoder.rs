//! Cross-encoders, made up: scores, batches, windows, and what is refused.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use yiju_embed::{CrossEncoder, EmbedError};

use crate::tiny::Tiny;

/// Writes `tiny` with a classifier of so many labels; `flat` gives every text the logit 1.
fn write(tiny: &Tiny, directory: &Path, labels: usize, flat: bool) {
    tiny.write(directory);
    let prefix = if tiny.model_type == "bert" { "bert." } else { "roberta." };
    let mut tensors: HashMap<String, Tensor> = tiny
        .tensors()
        .into_iter()
        .map(|(name, tensor)| (format!("{prefix}{name}"), tensor))
        .collect();
    let hidden = tiny.hidden;
    let spread = |count: usize| -> Vec<f32> {
        (0..count).map(|at| (at as f32 * 0.7).sin() * if flat { 0.0 } else { 1.0 }).collect()
    };
    let tensor =
        |values: Vec<f32>, shape: &[usize]| Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
    let last = if tiny.model_type == "bert" {
        tensors.insert("bert.pooler.dense.bias".into(), tensor(vec![0.1; hidden], &[hidden]));
        "classifier"
    } else {
        let square = spread(hidden * hidden);
        tensors.insert("classifier.dense.weight".into(), tensor(square, &[hidden, hidden]));
        tensors.insert("classifier.dense.bias".into(), tensor(vec![0.1; hidden], &[hidden]));
        "classifier.out_proj"
    };
    tensors.insert(format!("{last}.weight"), tensor(spread(labels * hidden), &[labels, hidden]));
    tensors.insert(format!("{last}.bias"), tensor(vec![1.0; labels], &[labels]));
    candle_core::safetensors::save(&tensors, directory.join("model.safetensors")).unwrap();
}

fn made(tiny: &Tiny, labels: usize, flat: bool) -> (tempfile::TempDir, CrossEncoder) {
    let directory = tempfile::tempdir().unwrap();
    write(tiny, directory.path(), labels, flat);
    let opened = CrossEncoder::open(directory.path()).unwrap();
    (directory, opened)
}

#[test]
fn batches_are_single_pairs_and_scores_are_probabilities() {
    for tiny in [Tiny::bert(), Tiny::xlm_r()] {
        let (_directory, encoder) = made(&tiny, 1, false);
        let passages = ["city plan", "城市", "", "a b c d e f g", "city plan"];
        let all = encoder.scores("plan", &passages).unwrap();
        for (passage, score) in passages.iter().zip(&all) {
            assert_eq!(encoder.scores("plan", &[passage]).unwrap(), [*score]);
            assert!((0.0..=1.0).contains(score), "{score}");
        }
        assert_eq!(all[0], all[4]);
        assert!(all[0] != all[1] && all[0] != all[3], "{all:?}");
        let other = encoder.scores("城市", &passages).unwrap();
        assert!(other[0] != all[0], "the question is read, too");
        assert!(encoder.scores("plan", &[]).unwrap().is_empty());
    }
}

#[test]
fn a_score_is_the_sigmoid_of_the_logit() {
    for tiny in [Tiny::bert(), Tiny::xlm_r()] {
        let (_directory, encoder) = made(&tiny, 1, true);
        let score = encoder.scores("plan", &["city"]).unwrap()[0];
        assert!((score - 1.0 / (1.0 + (-1.0f32).exp())).abs() < 1e-6, "{score}");
    }
}

#[test]
fn long_texts_are_read_in_windows() {
    for tiny in [Tiny::bert(), Tiny::xlm_r()] {
        let (_directory, encoder) = made(&tiny, 1, false);
        let short = "city plan . ".repeat(4);
        let long = format!("{short}{}", "a b c d ".repeat(100));
        let scores = encoder.scores("plan", &[&short, &long]).unwrap();
        assert!(scores.iter().all(|score| score.is_finite()));
        // A question longer than the model can read, too.
        let question = "plan ".repeat(200);
        assert_eq!(encoder.scores(&question, &[&long]).unwrap().len(), 1);
    }
}

#[test]
fn what_is_no_cross_encoder_is_refused_by_name() {
    let refused = |change: &dyn Fn(&Path)| -> EmbedError {
        let directory = tempfile::tempdir().unwrap();
        write(&Tiny::bert(), directory.path(), 1, false);
        change(directory.path());
        CrossEncoder::open(directory.path()).unwrap_err()
    };
    let error = refused(&|path| Tiny::bert().write(path));
    assert!(error.to_string().contains("no tensor classifier.weight"), "{error}");
    let error = refused(&|path| write(&Tiny::bert(), path, 3, false));
    assert!(error.to_string().contains("3 labels"), "{error}");
    let error = refused(&|path| std::fs::remove_file(path.join("model.safetensors")).unwrap());
    assert!(matches!(error, EmbedError::MissingFile { file: "model.safetensors", .. }), "{error}");
    let error = refused(&|path| std::fs::write(path.join("model.safetensors"), b"junk").unwrap());
    assert!(matches!(error, EmbedError::InvalidFile { .. }), "{error}");
    let error = refused(&|path| std::fs::write(path.join("config.json"), b"{}").unwrap());
    assert!(matches!(error, EmbedError::InvalidFile { .. }), "{error}");
    let mut wide = Tiny::bert();
    wide.hidden = 32;
    let error = refused(&|path| {
        std::fs::write(path.join("config.json"), wide.config().to_string()).unwrap();
    });
    assert!(matches!(error, EmbedError::InvalidFile { .. }), "{error}");
    let error = CrossEncoder::open(Path::new("no-such-model")).unwrap_err();
    assert!(matches!(error, EmbedError::UnknownModel { .. }), "{error}");
}
