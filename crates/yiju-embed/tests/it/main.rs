//! The crate from outside: the bundled model against its source, made-up models, damaged files.

mod cross_encoder;
mod damage;
mod models;
mod parity;
mod tiny;
mod tokenizer;

use std::path::PathBuf;

use yiju_embed::{EmbedderOptions, Precision};

/// The bundled model.
fn bundled() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/yiju-e5-small-q8")
}

/// A file of test data.
fn data(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// How to open a model.
fn options(precision: Precision, threads: usize) -> EmbedderOptions {
    EmbedderOptions { precision, threads }
}

/// The dot product, which is the cosine of unit vectors.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
