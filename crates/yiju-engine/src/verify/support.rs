//! How well a quote supports a statement.
//!
//! A logistic model over how the tokens of the statement meet those of the quote (late interaction,
//! each token weighed by its word's rarity), their cosine and the share of the statement's words that
//! the quote holds; across scripts without the words. A statement that contradicts its quote in a
//! number, a duty, a bound or a denial scores at most [`CONTRADICTED`], whatever the model says:
//! vectors hardly tell 30日 from 60日.

use serde::{Deserialize, Serialize};
use yiju_embed::{InputType, Priority};
use yiju_text::chars::is_han;
use yiju_text::normalize;

use super::claims::{Mismatch, MismatchKind, mismatches};
use super::{QuoteStatus, VerifiedQuote};
use crate::ask::question::Question;
use crate::engine::Engine;
use crate::error::EngineError;

/// The most that a quote supports a statement that contradicts it.
const CONTRADICTED: f32 = 0.2;
/// What is left of the support for each number that the quote has none for.
const UNSUPPORTED_NUMBER: f32 = 0.7;

/// How well a quote supports a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Support {
    /// 0 to 1: about the probability that the quote says what the statement says.
    pub score: f32,
    /// How well the statement's tokens find their like in the quote, about 0 to 1.
    pub late: f32,
    /// Cosine of statement and quote.
    pub cosine: f32,
    /// Share of the statement's words, by rarity, that the quote holds; null across scripts.
    #[cfg_attr(feature = "schema", schema(required))]
    pub coverage: Option<f32>,
    /// Where the statement says something else than the quote.
    pub mismatches: Vec<Mismatch>,
}

/// Weights of late interaction, cosine and coverage, and the constant.
struct Model([f32; 4]);

/// Learnt by benches/confidence/support.py with the bundled model (2026-11-23) from 5,087 pairs of a
/// statement and a sentence, 1,289 of them supporting, made of cmrc's and xquad's questions and answers;
/// on the fifth of the passages held out: AUROC 0.990, 0.043 of the supporting below 0.5, 0.068 of the
/// others not.
const WITHIN: Model = Model([6.25, 5.24, 9.39, -14.33]);
/// The same from xquad's English questions and its Chinese sentences (2,376 pairs, 610 supporting);
/// held out: AUROC 0.823, 0.156 of the supporting below 0.5, 0.326 of the others not.
const ACROSS: Model = Model([24.43, 6.14, 0.0, -22.87]);

/// The support that each quote gives by its first place; `None` for those without one.
pub(super) fn supports(
    engine: &Engine,
    statement: &str,
    citations: &[VerifiedQuote],
) -> Result<Vec<Option<Support>>, EngineError> {
    let indexes = engine.fresh_indexes()?;
    let mut question = Question::new(statement, &indexes.lexical)?;
    drop(indexes);
    let texts: Vec<&str> = citations
        .iter()
        .filter(|citation| citation.status != QuoteStatus::Absent)
        .filter_map(|citation| citation.places.first())
        .map(|place| place.text.as_str())
        .collect();
    if texts.is_empty() {
        return Ok(vec![None; citations.len()]);
    }
    question.embed(&engine.model)?;
    let words = embedded_words(engine, statement)?;
    let passages = engine
        .model
        .embed_tokens(Priority::Question, InputType::Passage, &texts)?;
    let mut found = texts
        .into_iter()
        .zip(passages)
        .map(|(text, (whole, tokens))| {
            let late = words
                .iter()
                .zip(&question.token_weights)
                .map(|(word, weight)| {
                    let best = tokens.tokens.iter().map(|token| dot(word, &token.vector));
                    weight * best.fold(0.0, f32::max)
                })
                .sum();
            let across = text.chars().any(is_han) != statement.chars().any(is_han);
            let coverage = question
                .coverage(&normalize(text))
                .filter(|_| !across)
                .map(round);
            let cosine = dot(&question.vector, &whole.vector);
            let mismatches = mismatches(statement, text);
            let model = if across { ACROSS } else { WITHIN };
            Support {
                score: round(model.score(late, cosine, coverage, &mismatches)),
                late: round(late),
                cosine: round(cosine),
                coverage,
                mismatches,
            }
        });
    Ok(citations
        .iter()
        .map(|citation| {
            let there = citation.status != QuoteStatus::Absent && !citation.places.is_empty();
            if there { found.next() } else { None }
        })
        .collect())
}

/// The vectors of the statement's tokens.
fn embedded_words(engine: &Engine, statement: &str) -> Result<Vec<Vec<f32>>, EngineError> {
    let embedded = engine
        .model
        .embed_tokens(Priority::Question, InputType::Query, &[statement])?;
    Ok(embedded
        .into_iter()
        .flat_map(|(_, tokens)| tokens.tokens)
        .map(|token| token.vector)
        .collect())
}

impl Model {
    fn score(&self, late: f32, cosine: f32, coverage: Option<f32>, mismatches: &[Mismatch]) -> f32 {
        let [of_late, of_cosine, of_coverage, constant] = self.0;
        let sum =
            of_late * late + of_cosine * cosine + of_coverage * coverage.unwrap_or(0.0) + constant;
        let mut score = 1.0 / (1.0 + (-sum).exp());
        for mismatch in mismatches {
            score = match mismatch.kind {
                MismatchKind::MissingNumber => score * UNSUPPORTED_NUMBER,
                _ => score.min(CONTRADICTED),
            };
        }
        score
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn round(value: f32) -> f32 {
    (value * 1e4).round() / 1e4
}
