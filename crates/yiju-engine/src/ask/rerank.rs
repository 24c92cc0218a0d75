//! A cross-encoder over the best candidates, where one is named.
//!
//! Its score, 0 to 1, is added to the second stage's with a weight that decides between candidates the
//! second stage holds to be close and leaves the scale as it is: what relevance, evidence and
//! confidence make of scores was learnt without a cross-encoder, with the bundled model alone.

use yiju_embed::CrossEncoder;

use crate::ask::question::Question;
use crate::ask::rank::Ranked;
use crate::error::EngineError;

/// Candidates that are read.
const CANDIDATES: usize = 24;
/// Weight of the cross-encoder's score. The best two candidates of the second stage are 0.05 to 0.15
/// apart as a rule. Not tuned: no cross-encoder comes with Yiju.
const WEIGHT: f32 = 0.3;

/// Scores the first of `ranked` (best first) again and sorts them.
///
/// # Errors
/// The cross-encoder failed.
pub(crate) fn rerank(
    reranker: &CrossEncoder,
    question: &Question,
    ranked: &mut [Ranked],
) -> Result<(), EngineError> {
    let most = ranked.len().min(CANDIDATES);
    let (best, rest) = ranked.split_at_mut(most);
    let texts: Vec<String> = best.iter().map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let scores = reranker.scores(&question.text, &texts)?;
    for (found, score) in best.iter_mut().zip(scores) {
        // Around the middle, so that scores stay where they are on the whole.
        found.score += WEIGHT * (score - 0.5);
    }
    best.sort_by(Ranked::order);
    // What was not read stays behind what was.
    let least = best.last().map_or(f32::INFINITY, |found| found.score);
    for found in rest {
        found.score = found.score.min(least);
    }
    Ok(())
}

/// What is read of a clause: the headings above it and its text.
fn text(found: &Ranked) -> String {
    let mut text = found.record.path.join(" ");
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&found.record.text);
    text
}
