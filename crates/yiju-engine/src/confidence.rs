//! How likely it is that the best candidate answers the question.
//!
//! A logistic model over a few signals, one for questions in the documents' script and one across
//! scripts, where shared words say nothing. Provenance of the weights: docs/retrieval.md.

use crate::rank::Ranked;

/// At or above this confidence an answer is given.
pub(crate) const THRESHOLD: f32 = 0.5;

/// The signals, each about 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// The question is written in another script than the best candidate.
    pub across: bool,
    values: [f32; NAMES.len()],
}

const NAMES: [&str; 9] = [
    "dense",
    "sentence",
    "late",
    "late_sentence",
    "above",
    "margin",
    "coverage",
    "missing",
    "misfit",
];

/// Weights in the order of `NAMES`, then the constant.
struct Model {
    weights: [f32; NAMES.len()],
    constant: f32,
}

/// Learnt by benches/confidence/fit.py from 3,334 signals: xquad's Chinese questions and cmrc's, each with
/// its gold and without, and 153 questions on the seed. The constant is ln 3 above the fitted one, which
/// weighed answers and refusals equally: for a library that answers three questions in four.
const WITHIN: Model = Model {
    weights: [-67.41, 46.17, 0.91, 17.76, 37.01, 6.11, 3.40, 1.30, -4.83],
    constant: -2.50,
};
/// Learnt the same way from xquad's English questions (1,134 signals) and 17 questions on the seed, at
/// even odds: a wrong answer in a language the reader does not know is hard to notice. Words shared or
/// missing say nothing here and have no weight.
const ACROSS: Model = Model {
    weights: [-33.96, 81.67, 9.28, 45.01, -39.66, 10.68, 0.0, 0.0, -5.0],
    constant: -76.0,
};

impl Features {
    pub(crate) fn named(&self) -> Vec<(&'static str, f32)> {
        let across = ("across", if self.across { 1.0 } else { 0.0 });
        NAMES.into_iter().zip(self.values).chain([across]).collect()
    }
}

/// The signals of the best of `ranked` (best first) beside the `others` it stands out from.
pub(crate) fn features(ranked: &[Ranked], others: &[Ranked]) -> Features {
    let Some(best) = ranked.first() else {
        return Features {
            across: false,
            values: [0.0; NAMES.len()],
        };
    };
    let across = best.across;
    let id = best.record.id();
    let rest: Vec<&Ranked> = others
        .iter()
        .filter(|other| other.record.id() != id)
        .collect();
    let mean_late = if rest.is_empty() {
        best.lanes.late
    } else {
        rest.iter().map(|other| other.lanes.late).sum::<f32>() / rest.len() as f32
    };
    let margin = rest.first().map_or(0.0, |second| best.score - second.score);
    let evidence = best.evidence();
    let values = [
        best.lanes.dense,
        best.lanes.sentence,
        best.lanes.late,
        evidence.map_or(best.lanes.late, |sentence| sentence.late),
        best.lanes.late - mean_late,
        margin,
        best.coverage,
        best.missing,
        1.0 - evidence.map_or(1.0, |sentence| sentence.fit),
    ];
    Features { across, values }
}

/// The probability, 0 to 1, that the best candidate answers the question.
pub(crate) fn confidence(features: &Features) -> f32 {
    let model = if features.across { &ACROSS } else { &WITHIN };
    let sum: f32 = model
        .weights
        .iter()
        .zip(features.values)
        .map(|(weight, value)| weight * value)
        .sum();
    let probability = 1.0 / (1.0 + (-(sum + model.constant)).exp());
    (probability * 1e4).round() / 1e4
}
