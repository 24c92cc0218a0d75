//! Reranking: the best candidates, looked at again by what costs too much for all of them.
//!
//! The reader of answers comes first. Late interaction asks how well a clause meets the question's words; the
//! reader, how well it holds an answer. Its logits were learnt with one normalisation over a question's candidates,
//! so those of the likeliest span can be compared between clauses (Clark and Gardner, 2018; see
//! [`crate::ask::reader`]). Chosen and measured by weights that never saw the passages (docs/retrieval.md).
//!
//! Then a cross-encoder, if the engine has one. Its score is added with a weight that decides between close
//! candidates and leaves the scale as it is: relevance, evidence and confidence were learnt without a
//! cross-encoder, with the bundled model alone.

use std::cmp::Ordering;
use std::ops::Deref;

use tracing::Span;
use yiju_embed::CrossEncoder;

use crate::ask::embedded::Embedded;
use crate::ask::rank::Ranked;
use crate::ask::reader::{Reader, Token, likeliest_span};
use crate::error::EngineError;

/// The most candidates that the reader reads.
pub const MOST_READ: usize = 4;
/// How far below the best candidate another may be and still be read.
pub const CLOSE: f32 = 0.15;
/// Weight of the likeliest span's logits.
const SPAN_WEIGHT: f32 = 0.05;
/// The most candidates that the cross-encoder reads.
const MOST_ENCODED: usize = 24;
/// Weight of the cross-encoder's score, 0 to 1. The best two candidates of the second stage are 0.05 to 0.15
/// apart as a rule. Not tuned: no cross-encoder comes with Yiju.
const ENCODED_WEIGHT: f32 = 0.3;

/// A candidate after the reranking stages; reads like the [`Ranked`] that it was.
pub(crate) struct Read {
    ranked: Ranked,
    /// The second stage's score with what the rerankers add; comparable within a question.
    pub score: f32,
    /// The reader's part of the score.
    pub reading: f32,
    /// The clause's tokens as the reader reads them, where it has read the clause.
    pub read: Option<Vec<Token>>,
}

impl Deref for Read {
    type Target = Ranked;

    fn deref(&self) -> &Ranked {
        &self.ranked
    }
}

impl From<Ranked> for Read {
    fn from(ranked: Ranked) -> Self {
        Self { score: ranked.score, reading: 0.0, read: None, ranked }
    }
}

impl Read {
    /// Relevance for people, 0 to 1, in the order of the fused scores, a half midway between those of right first
    /// candidates and of what comes first where these are taken out (xquad, cmrc, the seed): with the bundled model unrelated
    /// text is below a half and the same words near 1. Across scripts all cosines are lower.
    pub(crate) fn relevance(&self) -> f32 {
        let relevance = 1.0 / (1.0 + (-self.logit()).exp());
        (relevance * 1e4).round() / 1e4
    }

    /// The logit of the relevance.
    pub(crate) fn logit(&self) -> f32 {
        let middle = if self.across { 3.65 } else { 4.5 };
        5.0 * (self.score - middle)
    }

    /// The score without the parts of the neighbours and the reader.
    pub(crate) fn own_score(&self) -> f32 {
        self.score - self.neighbours - self.reading
    }

    /// Best first; equal ones by their clauses' ids.
    fn order(&self, other: &Self) -> Ordering {
        let by_id = || self.record.id().cmp(&other.record.id());
        other.score.total_cmp(&self.score).then_with(by_id)
    }
}

/// Candidates for an answer, best first.
pub(crate) struct Answerable {
    pub found: Vec<Read>,
    /// What the question fixes and no candidate meets, as the question says it.
    pub unmet: Vec<String>,
}

/// A stage that looks again at the best candidates.
pub(crate) trait Reranker {
    fn span(&self) -> Span;

    /// How many of `found` (best first) it looks at.
    fn reach(&self, found: &[Read]) -> usize;

    /// Changes the scores of the `best` candidates, and keeps `rest` behind them; whether it changed any.
    ///
    /// # Errors
    /// Its model failed.
    fn rescore(
        &self,
        question: &Embedded,
        best: &mut [Read],
        rest: &mut [Read],
    ) -> Result<bool, EngineError>;
}

/// Sorts the best of `found` (best first) again.
///
/// # Errors
/// The reranker failed.
pub(crate) fn rerank(
    reranker: &dyn Reranker,
    question: &Embedded,
    found: &mut [Read],
) -> Result<(), EngineError> {
    let _span = reranker.span().entered();
    let (best, rest) = found.split_at_mut(reranker.reach(found));
    if reranker.rescore(question, best, rest)? {
        best.sort_by(Read::order);
    }
    Ok(())
}

impl Reranker for Reader {
    fn span(&self) -> Span {
        tracing::debug_span!("reread")
    }

    fn reach(&self, found: &[Read]) -> usize {
        let best = found.first().map_or(0.0, |best| best.score);
        let near = |other: &&Read| best - other.score <= CLOSE;
        found.iter().take(MOST_READ).take_while(near).count()
    }

    /// Nothing changes where one of the best has no token vectors for the reader.
    fn rescore(
        &self,
        question: &Embedded,
        best: &mut [Read],
        rest: &mut [Read],
    ) -> Result<bool, EngineError> {
        let read: Option<Vec<Vec<Token>>> = best
            .iter()
            .enumerate()
            .map(|(place, found)| self.read(question, found, place))
            .collect();
        let Some(read) = read else {
            return Ok(false);
        };
        let scores: Vec<f32> = best.iter().map(|found| found.score).collect();
        let spans: Vec<f32> = read.iter().map(|tokens| likeliest_span(tokens)).collect();
        let least = rest.first().map_or(f32::MIN, |next| next.score);
        let readings = readings(&scores, &spans, least);
        for ((found, tokens), reading) in best.iter_mut().zip(read).zip(readings) {
            found.reading = reading;
            found.score += reading;
            found.read = Some(tokens);
        }
        Ok(true)
    }
}

/// What each score (best first) gains or loses by the logits of its likeliest span against the first one's; none
/// falls below `least`, the best score of what was not read.
fn readings(scores: &[f32], spans: &[f32], least: f32) -> Vec<f32> {
    let first = spans.first().copied().unwrap_or(0.0);
    scores
        .iter()
        .zip(spans)
        .map(|(score, span)| (SPAN_WEIGHT * (span - first)).max(least - score))
        .collect()
}

impl Reranker for CrossEncoder {
    fn span(&self) -> Span {
        tracing::debug_span!("rerank")
    }

    fn reach(&self, found: &[Read]) -> usize {
        found.len().min(MOST_ENCODED)
    }

    fn rescore(
        &self,
        question: &Embedded,
        best: &mut [Read],
        rest: &mut [Read],
    ) -> Result<bool, EngineError> {
        let texts: Vec<String> = best.iter().map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let scores = self.scores(&question.text, &texts)?;
        for (found, score) in best.iter_mut().zip(scores) {
            // Around the middle, so that scores stay where they are on the whole.
            found.score += ENCODED_WEIGHT * (score - 0.5);
        }
        let least = best.iter().map(|found| found.score).fold(f32::INFINITY, f32::min);
        for found in rest {
            found.score = found.score.min(least);
        }
        Ok(true)
    }
}

/// Adds what a cross-encoder says of each of `found`, without sorting them.
///
/// # Errors
/// Its model failed.
pub(crate) fn rerank_each(
    cross_encoder: &CrossEncoder,
    question: &Embedded,
    found: &mut [Read],
) -> Result<(), EngineError> {
    cross_encoder.rescore(question, found, &mut []).map(|_| ())
}

/// What the cross-encoder reads of a clause: the headings above it and its text.
fn text(found: &Read) -> String {
    let mut text = found.record.path.join(" ");
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&found.record.text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surer_span_overtakes_and_nothing_read_falls_behind_what_was_not() {
        let scores = [5.0, 4.96, 4.9];
        let spans = [2.0, 4.0, -8.0];
        let after = |least: f32| -> Vec<f32> {
            let gains = readings(&scores, &spans, least);
            scores.iter().zip(gains).map(|(a, b)| a + b).collect()
        };
        let free = after(f32::MIN);
        assert_eq!(free[0], 5.0);
        assert!(free[1] > free[0] && (free[2] - (4.9 - 10.0 * SPAN_WEIGHT)).abs() < 1e-5);
        let held = after(4.88);
        assert_eq!(held[..2], free[..2]);
        assert!((held[2] - 4.88).abs() < 1e-5);
    }
}
