//! How likely it is that the best candidate answers the question.
//!
//! A logistic model over a few signals, one for questions in the documents' script and one across
//! scripts, where shared words say nothing. Weights, provenance and error rates are in
//! `confidence/fit.json`, which benches/confidence/fit.py writes.

mod fit;
mod similar;

use crate::ask::reader::likeliest_span;
use crate::ask::rerank::Read;
use fit::NAMES;
pub use fit::{ConfidenceFit, ErrorRates, FitSet, LogisticModel, Provenance, Rates};
pub use similar::{SimilarHalf, SimilarRates, SimilarRow};

/// The fitted models, ready for use.
pub(crate) struct Confidence {
    fit: ConfidenceFit,
    /// Weights by the order of [`NAMES`], for questions in the documents' script and in another.
    within: [f32; NAMES.len()],
    across: [f32; NAMES.len()],
}

impl Confidence {
    /// Reads the text of `fit.json`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let fit: ConfidenceFit = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self { within: fit.within.in_order()?, across: fit.across.in_order()?, fit })
    }

    pub(crate) fn fit(&self) -> &ConfidenceFit {
        &self.fit
    }

    /// The probability, 0 to 1, that the best candidate answers the question.
    pub(crate) fn of(&self, features: &Features) -> f32 {
        let (weights, model) = if features.across {
            (&self.across, &self.fit.across)
        } else {
            (&self.within, &self.fit.within)
        };
        let sum: f32 =
            weights.iter().zip(features.values).map(|(weight, value)| weight * value).sum();
        let probability = 1.0 / (1.0 + (-(sum + model.constant)).exp());
        (probability * 1e4).round() / 1e4
    }
}

/// The signals, each about 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// The question is written in another script than the best candidate.
    pub across: bool,
    values: [f32; NAMES.len()],
}

impl Features {
    /// The signals by name, then whether the scripts differ.
    #[cfg(feature = "measure")]
    pub(crate) fn named(&self) -> Vec<(&'static str, f32)> {
        let across = ("across", if self.across { 1.0 } else { 0.0 });
        NAMES.into_iter().zip(self.values).chain([across]).collect()
    }
}

/// The signals of the best of `ranked` (best first), compared with the `others`.
pub(crate) fn features(ranked: &[Read], others: &[Read]) -> Features {
    let Some(best) = ranked.first() else {
        return Features { across: false, values: [0.0; NAMES.len()] };
    };
    let across = best.across;
    let id = best.record.id();
    let rest: Vec<&Read> = others.iter().filter(|other| other.record.id() != id).collect();
    let mean_late = if rest.is_empty() {
        best.lanes.late
    } else {
        rest.iter().map(|other| other.lanes.late).sum::<f32>() / rest.len() as f32
    };
    let margin = rest.first().map_or(0.0, |second| best.own_score() - second.own_score());
    let evidence = best.evidence();
    let elsewhere = rest.iter().find(|other| other.record.document.id != best.record.document.id);
    let rival = elsewhere.map_or(0.0, |other| best.own_score() - other.own_score());
    let values = [
        best.lanes.dense,
        best.lanes.sentence,
        best.lanes.late,
        evidence.map_or(best.lanes.late, |sentence| sentence.late),
        best.lanes.late - mean_late,
        margin,
        best.coverage,
        // Where few words are shared, other signals decide: how people ask and how drafters write differ.
        best.coverage * best.coverage,
        best.missing,
        1.0 - evidence.map_or(1.0, |sentence| sentence.fit),
        best.read.as_deref().map_or(0.0, likeliest_span) / 20.0,
        evidence.map_or(0.0, |sentence| sentence.novelty),
        best.named,
        rival,
        if evidence.is_some_and(|sentence| sentence.listed) { 1.0 } else { 0.0 },
        evidence.map_or(best.lanes.late, |sentence| sentence.own_late),
        best.own_coverage,
    ];
    Features { across, values }
}
