//! What evaluation and benchmarks look at beside answers.

pub(crate) mod ablation;
pub(crate) mod bench;
