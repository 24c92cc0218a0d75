//! How well a quote supports a statement: as [`model`](super::model) has it, less where the statement
//! contradicts the quote in a number, a duty, a bound or a denial: vectors hardly tell 30日 from 60日.

use yiju_embed::{InputType, Priority};
use yiju_text::chars::is_han;
use yiju_text::normalize;

use super::claims::{Mismatch, MismatchKind, mismatches};
use super::report::{QuoteStatus, Support, VerifiedQuote};
use crate::ask::question::Question;
use crate::engine::Engine;
use crate::error::EngineError;

/// The most that a quote supports a statement that contradicts it.
const CONTRADICTED: f32 = 0.2;
/// What is left of the support for each number that the quote has none for.
const UNSUPPORTED_NUMBER: f32 = 0.7;

/// The support that each quote gives by its first place; `None` for those without one.
pub(super) fn supports(
    engine: &Engine,
    statement: &str,
    citations: &[VerifiedQuote],
) -> Result<Vec<Option<Support>>, EngineError> {
    let question = Question::new(statement, &engine.library.fresh_indexes()?.lexical)?;
    let texts: Vec<&str> = citations
        .iter()
        .filter(|citation| citation.status != QuoteStatus::Absent)
        .filter_map(|citation| citation.places.first())
        .map(|place| place.text.as_str())
        .collect();
    if texts.is_empty() {
        return Ok(vec![None; citations.len()]);
    }
    let embedded = engine.model.embed_tokens(Priority::Question, InputType::Query, &[statement])?;
    let (meaning, words) = embedded.into_iter().next().expect("one text was embedded");
    let weights = question.weigh(&words);
    let passages = engine.model.embed_tokens(Priority::Question, InputType::Passage, &texts)?;
    let models = &engine.learnt.support;
    let mut found = texts.into_iter().zip(passages).map(|(text, (whole, tokens))| {
        let late = words
            .tokens
            .iter()
            .zip(&weights)
            .map(|(word, weight)| {
                let best = tokens.tokens.iter().map(|token| dot(&word.vector, &token.vector));
                weight * best.fold(0.0, f32::max)
            })
            .sum();
        let across = text.chars().any(is_han) != statement.chars().any(is_han);
        let coverage = question.coverage(&normalize(text)).filter(|_| !across).map(round);
        let cosine = dot(&meaning.vector, &whole.vector);
        let mismatches = mismatches(statement, text);
        Support {
            score: round(lowered(models.score(across, late, cosine, coverage), &mismatches)),
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

/// The score of a statement with these mismatches.
fn lowered(mut score: f32, mismatches: &[Mismatch]) -> f32 {
    for mismatch in mismatches {
        score = match mismatch.kind {
            MismatchKind::MissingNumber => score * UNSUPPORTED_NUMBER,
            _ => score.min(CONTRADICTED),
        };
    }
    score
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn round(value: f32) -> f32 {
    (value * 1e4).round() / 1e4
}
