//! What the thresholds stand for where documents resemble each other: `similar.json`, which benches/similar/rates.py writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Error rates on documents that resemble each other (the same matter for other cities, years and groups).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarRates {
    /// The day of the measurement, ISO 8601.
    pub date: String,
    /// Questions of each half of the set: `dev`, from which the confidence is learnt, and `kept`, which no weight saw.
    pub questions: BTreeMap<String, usize>,
    /// The rates at some thresholds, ascending.
    pub error_rates: Vec<SimilarRow>,
}

/// The error rates of one threshold, for both halves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarRow {
    /// The threshold.
    pub threshold: f32,
    /// The half from which the confidence is learnt.
    pub dev: SimilarHalf,
    /// The half that no weight saw.
    pub kept: SimilarHalf,
}

/// Shares, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarHalf {
    /// Of the questions that the documents answer: refused.
    pub refused_answerable: f32,
    /// Of the same: answered, with a first citation that is wrong.
    pub answered_wrongly: f32,
    /// Of the questions that only documents of another city, year or group answer: answered.
    pub answered_unanswerable: f32,
    /// Of the questions with an answer, with the clauses that hold it taken out: answered.
    pub answered_without_gold: f32,
}

impl SimilarRates {
    /// Reads the text of `similar.json`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_thresholds_refuse_more() {
        let rates = SimilarRates::read(include_str!("similar.json")).unwrap();
        assert!(rates.questions.values().all(|&questions| questions > 1_000));
        assert!(rates.error_rates.len() >= 3);
        for pair in rates.error_rates.windows(2) {
            assert!(pair[0].threshold < pair[1].threshold);
            for (low, high) in [(pair[0].dev, pair[1].dev), (pair[0].kept, pair[1].kept)] {
                assert!(low.refused_answerable <= high.refused_answerable);
                assert!(low.answered_unanswerable >= high.answered_unanswerable);
                assert!(low.answered_without_gold >= high.answered_without_gold);
            }
        }
    }
}
