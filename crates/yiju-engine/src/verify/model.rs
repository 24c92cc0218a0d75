//! The probability that a quote supports a statement: a logistic model over how the tokens of the
//! statement meet those of the quote (late interaction, each token weighed by its word's rarity), their
//! cosine and the share of the statement's words that the quote holds; across scripts without the words.

use serde::Deserialize;

/// The fitted models. Weights and provenance are in `support.json`, from what
/// benches/confidence/support.py prints.
#[derive(Deserialize)]
pub(crate) struct SupportModels {
    within: SupportModel,
    across: SupportModel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupportModel {
    late: f32,
    cosine: f32,
    coverage: f32,
    constant: f32,
}

impl SupportModels {
    /// Reads the text of `support.json`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The probability, 0 to 1; `across` where statement and quote are in different scripts.
    pub(super) fn score(&self, across: bool, late: f32, cosine: f32, coverage: Option<f32>) -> f32 {
        let model = if across { &self.across } else { &self.within };
        let sum = model.late * late
            + model.cosine * cosine
            + model.coverage * coverage.unwrap_or(0.0)
            + model.constant;
        1.0 / (1.0 + (-sum).exp())
    }
}
