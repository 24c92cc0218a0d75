//! The order of close candidates, by what the reader of answers finds in them.
//!
//! Late interaction asks how well a clause meets the question's words; the reader, how well it holds an answer.
//! Its logits were learnt with one normalisation over a question's candidates, so those of the likeliest span can
//! be compared between clauses (Clark and Gardner, 2018; see [`crate::ask::reader`]). Chosen and measured by weights that never
//! saw the passages (docs/retrieval.md).

use crate::ask::question::Question;
use crate::ask::rank::Ranked;
use crate::ask::reader::{Reader, Token, likeliest_span};

/// Candidates that are read at most.
const MOST: usize = 4;
/// How far below the best candidate another may be and still be read.
const CLOSE: f32 = 0.15;
/// Weight of the likeliest span's logits.
const WEIGHT: f32 = 0.05;

/// Reads the first of `ranked` (best first) that are close to the best, and sorts those again. Nothing changes where the
/// reader does not know the model, or one of them has no token vectors for it.
pub(crate) fn reread(question: &Question, ranked: &mut [Ranked]) {
    let Some(reader) = Reader::of(question) else {
        return;
    };
    let Some(best) = ranked.first().map(|found| found.score) else {
        return;
    };
    let near = |found: &&Ranked| best - found.score <= CLOSE;
    let close = ranked.iter().take(MOST).take_while(near).count();
    if close < 2 {
        return;
    }
    let (close, rest) = ranked.split_at_mut(close);
    let read: Option<Vec<Vec<Token>>> = close
        .iter()
        .enumerate()
        .map(|(place, found)| reader.read(question, found, place))
        .collect();
    let Some(read) = read else {
        return;
    };
    let scores: Vec<f32> = close.iter().map(|found| found.score).collect();
    let spans: Vec<f32> = read.iter().map(|tokens| likeliest_span(tokens)).collect();
    let least = rest.first().map_or(f32::MIN, |next| next.score);
    let readings = readings(&scores, &spans, least);
    for ((found, tokens), reading) in close.iter_mut().zip(read).zip(readings) {
        found.reading = reading;
        found.score += reading;
        found.read = Some(tokens);
    }
    close.sort_by(Ranked::order);
}

/// What each score (best first) gains or loses by the logits of its likeliest span against the first one's; none
/// falls below `least`, the best score of what was not read.
fn readings(scores: &[f32], spans: &[f32], least: f32) -> Vec<f32> {
    let first = spans.first().copied().unwrap_or(0.0);
    scores
        .iter()
        .zip(spans)
        .map(|(score, span)| (WEIGHT * (span - first)).max(least - score))
        .collect()
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
        assert!(free[1] > free[0] && (free[2] - (4.9 - 10.0 * WEIGHT)).abs() < 1e-5);
        let held = after(4.88);
        assert_eq!(held[..2], free[..2]);
        assert!((held[2] - 4.88).abs() < 1e-5);
    }
}
