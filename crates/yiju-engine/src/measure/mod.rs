//! What evaluation and benchmarks look at beside answers, behind the feature `measure`.

pub(crate) mod ablation;
pub(crate) mod bench;
pub(crate) mod candidates;
mod engine;
