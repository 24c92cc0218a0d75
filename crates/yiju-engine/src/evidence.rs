//! Which sentences an answer quotes.

use yiju_document::Span;

use crate::expect::Expected;
use crate::question::Question;
use crate::rank::{Ranked, Sentence};

/// How far below the best sentence another of the same clause may be and still be quoted.
const SAME_CLAUSE: f32 = 0.05;
/// How far below the best candidate another clause may be and still be cited.
const OTHER_CLAUSE: f32 = 0.09;
/// How far below the best sentence the best one of another clause may be and still be quoted.
const OTHER_SENTENCE: f32 = 0.06;
/// Both distances are this much longer where several things are asked for.
const LIST_FACTOR: f32 = 1.6;
/// Most sentences quoted of one clause.
const MOST_OF_CLAUSE: usize = 3;

/// A quote: a candidate and the span of one or several adjacent sentences of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// Index among the ranked candidates.
    pub candidate: usize,
    pub span: Span,
}

/// The quotes that answer `question`, best first, at most `limit`; empty where no candidate has a
/// sentence.
pub(crate) fn choose(question: &Question, ranked: &[Ranked], limit: usize) -> Vec<Quote> {
    let Some(best) = ranked.first() else {
        return Vec::new();
    };
    let Some(top) = best.evidence() else {
        return Vec::new();
    };
    let reach = if question.expected == Expected::List {
        LIST_FACTOR
    } else {
        1.0
    };
    let mut quotes = of_clause(0, best, top, SAME_CLAUSE * reach);
    for (at, other) in ranked.iter().enumerate().skip(1) {
        let near = best.score - other.score <= OTHER_CLAUSE * reach;
        let Some(sentence) = other.evidence().filter(|_| near) else {
            continue;
        };
        if top.score - sentence.score <= OTHER_SENTENCE * reach && !sentence.is_heading {
            quotes.push(Quote {
                candidate: at,
                span: sentence.span,
            });
        }
    }
    quotes.truncate(limit);
    quotes
}

/// The best sentence and those nearly as good, adjacent ones joined; the one that holds the best
/// sentence first, the others in the order of the text.
fn of_clause(at: usize, found: &Ranked, top: &Sentence, reach: f32) -> Vec<Quote> {
    let mut chosen: Vec<(usize, &Sentence)> = found
        .sentences
        .iter()
        .enumerate()
        .filter(|(_, sentence)| {
            top.score - sentence.score <= reach
                && (!sentence.is_heading || sentence.span == top.span)
        })
        .collect();
    chosen.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
    chosen.truncate(MOST_OF_CLAUSE);
    chosen.sort_by_key(|(index, _)| *index);
    let mut spans: Vec<(usize, Span)> = Vec::new();
    for (index, sentence) in chosen {
        match spans.last_mut() {
            Some((last, span)) if *last + 1 == index => {
                *last = index;
                span.char_end = sentence.span.char_end;
                span.byte_end = sentence.span.byte_end;
            }
            _ => spans.push((index, sentence.span)),
        }
    }
    let holds_top =
        |span: &Span| span.byte_start <= top.span.byte_start && top.span.byte_end <= span.byte_end;
    spans.sort_by_key(|(_, span)| (!holds_top(span), span.byte_start));
    spans
        .into_iter()
        .map(|(_, span)| Quote {
            candidate: at,
            span,
        })
        .collect()
}
