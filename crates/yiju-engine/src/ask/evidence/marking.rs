//! Which part of a quote is marked as the answer.
//!
//! The reader gives each span of tokens a probability, of its beginning times of its end. Marked is not the
//! likeliest span but the one that shares most with the likely ones: whose expected F1, over the spans of
//! highest probability, is greatest (the least expected loss, as in Kumar and Byrne, "Minimum Bayes-Risk
//! Decoding for Statistical Machine Translation", 2004). So a sure answer is marked to the character, and an
//! unsure one by the phrase or sentence that holds it.

use std::ops::Range;

use super::quote::{ACROSS_SENTENCES, LONGEST, Quote};
use crate::ask::rank::Ranked;
use crate::ask::reader::{Token, likelihoods};

/// Temperature of the softmax over the logits: the reader is underconfident.
const TEMPERATURE: f32 = 0.75;
/// The number of likeliest spans that the expectation is over.
const HEARD: usize = 48;
/// How many of the likeliest beginnings and ends are tried, besides those of sentences.
const TRIED: usize = 12;
/// Most tokens of a span.
const LONGEST_SPAN: usize = 150;

/// What may be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// From the beginning of a word to the end of one.
    Words,
    /// One sentence or a few adjacent ones: for answers that explain or list.
    Sentences,
}

/// A span of tokens (first, last) and its probability.
type Likely = (usize, usize, f32);

/// The part of a quote of `found` that answers, as bytes of the clause's text; `None` where it is the whole
/// quote, or the reader says nothing of it.
pub(super) fn answer(
    found: &Ranked,
    tokens: &[Token],
    quote: &Quote,
    grain: Grain,
) -> Option<Range<usize>> {
    let within = found.record.within(quote.span)?;
    let inside = |token: &Token| within.start <= token.range.start && token.range.end <= within.end;
    let first = tokens.iter().position(inside)?;
    let last = tokens.iter().rposition(inside)?;
    let best = best_span(tokens.get(first..=last)?, grain)?;
    let text = &found.record.text;
    let whole = trimmed(text, within);
    Some(trimmed(text, best)).filter(|part| !part.is_empty() && *part != whole)
}

/// The span of greatest expected F1, as bytes of the clause's text.
fn best_span(tokens: &[Token], grain: Grain) -> Option<Range<usize>> {
    let begin = likelihoods(tokens, |t| t.begin, TEMPERATURE);
    let end = likelihoods(tokens, |t| t.end, TEMPERATURE);
    let mut spans: Vec<Likely> = Vec::new();
    let mut begins = vec![0.0f32; tokens.len()];
    let mut ends = vec![0.0f32; tokens.len()];
    for (from, first) in tokens.iter().enumerate() {
        for (to, last) in tokens.iter().enumerate().skip(from).take(LONGEST_SPAN) {
            let across = last.sentence.saturating_sub(first.sentence);
            if across >= LONGEST {
                break;
            }
            let factor = if across == 0 { 1.0 } else { ACROSS_SENTENCES };
            let probability = begin[from] * end[to] * factor;
            begins[from] += probability;
            ends[to] += probability;
            spans.push((from, to, probability));
        }
    }
    if spans.len() > HEARD {
        spans.select_nth_unstable_by(HEARD, |a, b| b.2.total_cmp(&a.2));
        spans.truncate(HEARD);
    }
    let opens = |at: usize| at == 0 || tokens[at - 1].sentence != tokens[at].sentence;
    let closes = |at: usize| tokens.get(at + 1).is_none_or(|t| t.sentence != tokens[at].sentence);
    let begins = tried(&begins, grain, opens, |at| tokens[at].begins_word);
    let ends = tried(&ends, grain, closes, |at| tokens[at].ends_word);
    let mut best: Option<(f32, Range<usize>)> = None;
    for &from in &begins {
        let near = |to: usize| {
            to >= from && tokens[to].sentence.saturating_sub(tokens[from].sentence) < LONGEST
        };
        for &to in ends.iter().filter(|&&to| near(to)) {
            let range = tokens[from].range.start..tokens[to].range.end;
            let score = expected_f1(&range, &spans, tokens);
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                best = Some((score, range));
            }
        }
    }
    best.map(|(_, range)| range)
}

/// The places that `always` names and, where words may be marked, the likeliest of those that `word` allows;
/// in the order of the text.
fn tried(
    mass: &[f32],
    grain: Grain,
    always: impl Fn(usize) -> bool,
    word: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..mass.len()).filter(|&at| always(at)).collect();
    if grain == Grain::Words {
        let mut words: Vec<usize> = (0..mass.len()).filter(|&at| word(at)).collect();
        words.sort_by(|&a, &b| mass[b].total_cmp(&mass[a]));
        places.extend(words.into_iter().take(TRIED));
        places.sort_unstable();
        places.dedup();
    }
    places
}

/// What `range` is expected to share with the answer, up to a factor: F1 over bytes, weighed by probability.
fn expected_f1(range: &Range<usize>, spans: &[Likely], tokens: &[Token]) -> f32 {
    spans
        .iter()
        .map(|&(from, to, probability)| {
            let (start, end) = (tokens[from].range.start, tokens[to].range.end);
            let shared = range.end.min(end).saturating_sub(range.start.max(start));
            let both = range.len() + end.saturating_sub(start);
            probability * 2.0 * shared as f32 / both.max(1) as f32
        })
        .sum()
}

/// `range` of `text` without white space and closing marks at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(range.clone()) else {
        return 0..0;
    };
    let ends = |c: char| c.is_whitespace() || "，。；：、！？,.;:!?".contains(c);
    let front = part.len() - part.trim_start_matches(ends).len();
    let back = part.len() - part.trim_end_matches(ends).len();
    if front + back >= part.len() {
        return range.start..range.start;
    }
    range.start + front..range.end - back
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of one byte each, ten to a sentence, words of two; likely beginnings and ends by place.
    fn tokens(begins: &[(usize, f32)], ends: &[(usize, f32)]) -> Vec<Token> {
        let logit = |list: &[(usize, f32)], at| {
            list.iter().find(|(place, _)| *place == at).map_or(-20.0, |(_, p)| p.ln())
        };
        (0..30)
            .map(|at| Token {
                range: at..at + 1,
                sentence: at / 10,
                begin: logit(begins, at),
                end: logit(ends, at),
                begins_word: at % 2 == 0,
                ends_word: at % 2 == 1,
            })
            .collect()
    }

    #[test]
    fn a_sure_answer_is_marked_to_the_word() {
        let sure = tokens(&[(12, 1.0)], &[(15, 1.0)]);
        assert_eq!(best_span(&sure, Grain::Words), Some(12..16));
        // Within a word nothing is marked.
        let within = tokens(&[(13, 1.0)], &[(14, 1.0)]);
        assert_eq!(best_span(&within, Grain::Words), Some(12..16));
        assert_eq!(best_span(&sure, Grain::Sentences), Some(10..20));
    }

    #[test]
    fn an_unsure_answer_is_marked_by_what_most_likely_ones_share() {
        let unsure =
            tokens(&[(10, 0.3), (12, 0.35), (14, 0.35)], &[(15, 0.3), (17, 0.35), (19, 0.35)]);
        let span = best_span(&unsure, Grain::Words).unwrap();
        assert!(span.start <= 12 && span.end >= 18, "{span:?}");
    }

    #[test]
    fn marks_at_the_ends_are_not_the_answer() {
        let text = "，在北京。";
        assert_eq!(&text[trimmed(text, 0..text.len())], "在北京");
        assert!(trimmed("。，", 0..6).is_empty());
    }
}
