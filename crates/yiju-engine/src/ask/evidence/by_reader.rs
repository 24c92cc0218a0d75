//! Evidence by the reader's probabilities: which sentences of the best clause hold the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::quote::{ACROSS_SENTENCES, LONGEST, Quote, joined};
use crate::ask::rank::Ranked;
use crate::ask::reader::{Token, likelihoods};

/// Sentences are added as long as the next holds this much more of the probability: of all choices with as
/// many sentences over many questions, this one holds the most answers.
const LEAST_GAIN: f32 = 0.027;
/// Most sentences quoted of a clause.
const MOST: usize = 5;

/// An answer from one sentence to another, and its probability.
struct Reach {
    sentences: Range<usize>,
    probability: f32,
}

/// The quotes of the best clause by its `tokens` as read; `None` where their probabilities are not finite.
pub(super) fn of_best(found: &Ranked, tokens: &[Token]) -> Option<Vec<Quote>> {
    let chosen = gather(&reaches(found, tokens)?);
    let first = found.sentences.get(*chosen.first()?)?.span;
    Some(joined(0, found, chosen, first))
}

/// Every way in which an answer may reach over the sentences of a clause; those that may not be
/// quoted hold none.
fn reaches(found: &Ranked, tokens: &[Token]) -> Option<Vec<Reach>> {
    let begin = likelihoods(tokens, |t| t.begin, 1.0);
    let end = likelihoods(tokens, |t| t.end, 1.0);
    let count = found.sentences.len();
    let mut begins = vec![0.0f32; count];
    let mut ends = vec![0.0f32; count];
    for ((token, begin), end) in tokens.iter().zip(begin).zip(end) {
        let sentence = found.sentences.get(token.sentence)?;
        if sentence.quotable {
            begins[token.sentence] += begin;
            ends[token.sentence] += end;
        }
    }
    let mut reaches = Vec::new();
    for (from, begin) in begins.iter().enumerate() {
        for (to, end) in ends.iter().enumerate().skip(from).take(LONGEST) {
            let across = if from == to { 1.0 } else { ACROSS_SENTENCES };
            reaches.push(Reach { sentences: from..to + 1, probability: begin * end * across });
        }
    }
    let total: f32 = reaches.iter().map(|reach| reach.probability).sum();
    if !(total > 0.0 && total.is_finite()) {
        return None;
    }
    for reach in &mut reaches {
        reach.probability /= total;
    }
    Some(reaches)
}

/// Sentences while the next adds enough, the one that adds most first.
fn gather(reaches: &[Reach]) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut held: BTreeSet<usize> = BTreeSet::new();
    while chosen.len() < MOST {
        let mut gains: BTreeMap<usize, f32> = BTreeMap::new();
        for reach in reaches {
            let mut lacking = reach.sentences.clone().filter(|s| !held.contains(s));
            if let (Some(sentence), None) = (lacking.next(), lacking.next()) {
                *gains.entry(sentence).or_default() += reach.probability;
            }
        }
        // Of equals the first in the order of the text.
        let next = gains.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((sentence, gain)) = next else {
            break;
        };
        if !chosen.is_empty() && gain < LEAST_GAIN {
            break;
        }
        chosen.push(sentence);
        held.insert(sentence);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(sentences: Range<usize>, probability: f32) -> Reach {
        Reach { sentences, probability }
    }

    #[test]
    fn sentences_are_gathered_while_they_add_enough() {
        let sure = [reach(0..1, 0.98), reach(1..2, 0.02)];
        assert_eq!(gather(&sure), [0]);
        let unsure = [reach(0..1, 0.5), reach(2..3, 0.48), reach(1..2, 0.02)];
        assert_eq!(gather(&unsure), [0, 2]);
        // A sentence may complete an answer that reaches further.
        let further = [reach(1..2, 0.6), reach(1..3, 0.4)];
        assert_eq!(gather(&further), [1, 2]);
        assert!(gather(&[]).is_empty());
    }
}
