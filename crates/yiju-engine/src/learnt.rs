//! The weights bundled with the program: read once, and checked before a library is opened with them.

use std::sync::LazyLock;

use crate::ask::confidence::{Confidence, ConfidenceFit, SimilarRates};
use crate::ask::reader::Reader;
use crate::error::EngineError;
use crate::ground::model::GroundModels;
use crate::verify::model::SupportModels;

/// The fitted models of the engine.
pub(crate) struct Learnt {
    /// How likely it is that the best candidate answers.
    pub confidence: Confidence,
    /// Where in a clause the answer begins and ends.
    pub reader: Reader,
    /// What the thresholds stand for where documents resemble each other.
    pub similar: SimilarRates,
    /// How likely it is that a quote supports a statement.
    pub support: SupportModels,
    /// How likely it is that sources say what a sentence says.
    pub ground: GroundModels,
}

/// A damaged file, and what is wrong with it.
type Damage = (&'static str, String);

impl Learnt {
    fn read(
        (confidence, similar): (&str, &str),
        reader: &[u8],
        support: &str,
        ground: &str,
    ) -> Result<Self, Damage> {
        let in_file = |file| move |reason| (file, reason);
        Ok(Self {
            confidence: Confidence::read(confidence).map_err(in_file("confidence/fit.json"))?,
            similar: SimilarRates::read(similar).map_err(in_file("confidence/similar.json"))?,
            reader: Reader::read_weights(reader).map_err(in_file("reader/weights.safetensors"))?,
            support: SupportModels::read(support).map_err(in_file("verify/support.json"))?,
            ground: GroundModels::read(ground).map_err(in_file("ground/support.json"))?,
        })
    }
}

/// The bundled weights.
///
/// # Errors
/// [`EngineError::DamagedWeights`].
pub(crate) fn learnt() -> Result<&'static Learnt, EngineError> {
    static LEARNT: LazyLock<Result<Learnt, Damage>> = LazyLock::new(|| {
        Learnt::read(
            (include_str!("ask/confidence/fit.json"), include_str!("ask/confidence/similar.json")),
            include_bytes!("ask/reader/weights.safetensors"),
            include_str!("verify/support.json"),
            include_str!("ground/support.json"),
        )
    });
    LEARNT
        .as_ref()
        .map_err(|(file, reason)| EngineError::DamagedWeights { file, reason: reason.clone() })
}

/// How confidence is computed, what from, and how often each threshold errs.
///
/// # Errors
/// [`EngineError::DamagedWeights`].
pub fn confidence_fit() -> Result<&'static ConfidenceFit, EngineError> {
    Ok(learnt()?.confidence.fit())
}

/// How often each threshold errs where documents resemble each other.
///
/// # Errors
/// [`EngineError::DamagedWeights`].
pub fn similar_rates() -> Result<&'static SimilarRates, EngineError> {
    Ok(&learnt()?.similar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_in_any_file_is_an_error_that_names_it() {
        let confidence = include_str!("ask/confidence/fit.json");
        let similar = include_str!("ask/confidence/similar.json");
        let reader = include_bytes!("ask/reader/weights.safetensors");
        let support = include_str!("verify/support.json");
        let confidence = (confidence, similar);
        let ground = include_str!("ground/support.json");
        let damaged =
            |confidence, reader, support| match Learnt::read(confidence, reader, support, ground) {
                Ok(_) => "",
                Err((file, reason)) => {
                    assert!(!reason.is_empty());
                    file
                }
            };
        assert_eq!(damaged(confidence, &reader[..], support), "");
        let other = confidence.0.replace("\"margin\"", "\"margins\"");
        assert_eq!(damaged((&other, similar), &reader[..], support), "confidence/fit.json");
        let other = similar.replace("\"kept\"", "\"held\"");
        let found = damaged((confidence.0, &other), &reader[..], support);
        assert_eq!(found, "confidence/similar.json");
        let short = &reader[..reader.len() - 1];
        assert_eq!(damaged(confidence, short, support), "reader/weights.safetensors");
        let short = &support[..support.len() / 2];
        assert_eq!(damaged(confidence, &reader[..], short), "verify/support.json");
        let found = Learnt::read(confidence, &reader[..], support, &ground[1..]);
        assert!(matches!(found, Err(("ground/support.json", _))));
    }
}
