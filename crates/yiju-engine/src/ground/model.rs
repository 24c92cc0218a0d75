//! The probability that the evidence says what a claim says: a logistic model over [`Signals`].

use serde::Deserialize;

use super::evidence::Signals;

/// The fitted models, within a language and across two. Weights and provenance are in `support.json`, from what
/// benches/ground/fit.py prints.
#[derive(Deserialize)]
pub(crate) struct GroundModels {
    within: Weights,
    across: Weights,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    late: f32,
    worst: f32,
    part: f32,
    cosine: f32,
    words: f32,
    pairs: f32,
    part_pairs: f32,
    constant: f32,
}

impl GroundModels {
    /// Reads the text of `support.json`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The probability, 0 to 1; `across` where claim and evidence are in different scripts.
    pub(super) fn score(&self, across: bool, signals: &Signals) -> f32 {
        let weights = if across { &self.across } else { &self.within };
        let sum = weights.late * signals.late
            + weights.worst * signals.worst
            + weights.part * signals.part
            + weights.cosine * signals.cosine
            + weights.words * signals.words
            + weights.pairs * signals.pairs
            + weights.part_pairs * signals.part_pairs
            + weights.constant;
        1.0 / (1.0 + (-sum).exp())
    }
}
