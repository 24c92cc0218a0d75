//! The fitted models, with where they come from and the error rates of each threshold: data of
//! `fit.json`, which benches/confidence/fit.py writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The signals, each about 0 to 1, in their order.
pub(super) const NAMES: [&str; 17] = [
    "dense",
    "sentence",
    "late",
    "late_sentence",
    "above",
    "margin",
    "coverage",
    "coverage_squared",
    "missing",
    "misfit",
    "reading",
    "novelty",
    "named",
    "rival",
    "listed",
    "own_late",
    "own_coverage",
];

/// How confidence is computed, what from, and how often it errs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfidenceFit {
    /// At or above this confidence an answer is given, unless a request says otherwise.
    pub threshold: f32,
    /// For questions in the documents' script.
    pub within: LogisticModel,
    /// For questions in another script than the documents'.
    pub across: LogisticModel,
    /// How the models were learnt.
    pub provenance: Provenance,
    /// The error rates at each threshold, ascending by threshold.
    pub error_rates: Vec<ErrorRates>,
}

/// A logistic model: the probability that the best candidate answers is
/// `1 / (1 + exp(-(constant + Σ weight · signal)))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticModel {
    /// A weight for each signal, by the signal's name.
    pub weights: BTreeMap<String, f32>,
    /// The constant, with the odds in it.
    pub constant: f32,
    /// For how many answerable questions to one unanswerable the probability holds.
    pub odds: f32,
}

/// What a fit was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The day of the fit, ISO 8601.
    pub date: String,
    /// The embedding model whose cosines the signals are.
    pub model: String,
    /// The command, run at the top of the repository.
    pub command: String,
    /// How the error rates were measured.
    pub error_rates: String,
    /// The sets of questions.
    pub sets: Vec<FitSet>,
}

/// One set of questions of a fit, in one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitSet {
    /// Its name: that of the file of signals.
    pub name: String,
    /// `within` or `across`.
    pub script: String,
    /// How much it weighs beside the others.
    pub weight: f32,
    /// Questions with an answer whose best candidate is right.
    pub answerable: usize,
    /// Questions with an answer whose best candidate is wrong: left out of the fit, counted in the
    /// error rates.
    pub wrong: usize,
    /// Questions without an answer, those with the gold taken out included.
    pub unanswerable: usize,
    /// Area under the ROC curve, by the same cross-validation; `None` where one kind is missing.
    pub auroc: Option<f32>,
}

/// The error rates at a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorRates {
    /// The threshold.
    pub threshold: f32,
    /// For questions in the documents' script.
    pub within: Rates,
    /// For questions in another script.
    pub across: Rates,
}

/// Shares, 0 to 1, of the questions of all sets, each counting with its set's weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Of the questions that the documents answer: refused.
    pub refused_answerable: f32,
    /// Of the questions that the documents do not answer: answered.
    pub answered_unanswerable: f32,
}

impl LogisticModel {
    /// The weights in the order of [`NAMES`].
    ///
    /// # Errors
    /// A signal has no weight, or a weight no signal.
    pub(super) fn in_order(&self) -> Result<[f32; NAMES.len()], String> {
        if self.weights.len() != NAMES.len() {
            return Err(format!(
                "there are {} weights for {} signals",
                self.weights.len(),
                NAMES.len()
            ));
        }
        let mut weights = [0.0; NAMES.len()];
        for (slot, name) in weights.iter_mut().zip(NAMES) {
            let weight = self.weights.get(name);
            *slot = *weight.ok_or_else(|| format!("the signal {name} has no weight"))?;
        }
        Ok(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fit_is_sound() {
        let fit = crate::learnt::confidence_fit().unwrap();
        assert!((0.0..=1.0).contains(&fit.threshold));
        for model in [&fit.within, &fit.across] {
            assert!(model.weights.values().all(|weight| weight.is_finite()));
            assert!(model.constant.is_finite() && model.odds > 0.0);
        }
        for script in ["within", "across"] {
            assert!(fit.provenance.sets.iter().any(|set| set.script == script));
        }
        assert!(
            fit.error_rates.iter().any(|rates| rates.threshold == fit.threshold),
            "the error rates of the threshold itself"
        );
        assert!(fit.error_rates.is_sorted_by(|a, b| {
            // A higher threshold refuses more of both.
            let more = |a: Rates, b: Rates| {
                a.refused_answerable <= b.refused_answerable
                    && a.answered_unanswerable >= b.answered_unanswerable
            };
            a.threshold < b.threshold && more(a.within, b.within) && more(a.across, b.across)
        }));
    }
}
