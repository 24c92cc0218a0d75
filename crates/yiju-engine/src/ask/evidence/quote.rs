//! A quote, and how far an answer may reach.

use std::ops::Range;

use yiju_document::Span;

use crate::ask::rank::Ranked;

/// Most sentences that one answer reaches over.
pub(super) const LONGEST: usize = 3;
/// How much less likely an answer over several sentences is than the reader's two ends say.
pub(super) const ACROSS_SENTENCES: f32 = 0.5;

/// A quote: a candidate and the span of one or several adjacent sentences of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// Index among the ranked candidates.
    pub candidate: usize,
    pub span: Span,
    /// The part of the quote that answers, where that is not all of it: bytes of the clause's text.
    pub answer: Option<Range<usize>>,
    /// What the quote cannot be read without, in the order of the text.
    pub context: Vec<Span>,
    /// Where else the same stands: candidates and spans.
    pub also: Vec<(usize, Span)>,
    /// Whether it is the beginning of a list that is too long to quote whole.
    pub cut: bool,
}

impl Quote {
    pub(super) fn of(candidate: usize, span: Span) -> Self {
        Self { candidate, span, answer: None, context: Vec::new(), also: Vec::new(), cut: false }
    }
}

/// Quotes of the sentences `chosen` of a clause, adjacent ones joined; the one that holds the span
/// `first` first, the others in the order of the text.
pub(super) fn joined(at: usize, found: &Ranked, mut chosen: Vec<usize>, first: Span) -> Vec<Quote> {
    chosen.sort_unstable();
    let mut spans: Vec<(usize, Span)> = Vec::new();
    for index in chosen {
        let Some(sentence) = found.sentences.get(index) else {
            continue;
        };
        match spans.last_mut() {
            Some((last, span)) if *last + 1 == index => {
                *last = index;
                span.char_end = sentence.span.char_end;
                span.byte_end = sentence.span.byte_end;
            }
            _ => spans.push((index, sentence.span)),
        }
    }
    let holds_first =
        |span: &Span| span.byte_start <= first.byte_start && first.byte_end <= span.byte_end;
    spans.sort_by_key(|(_, span)| (!holds_first(span), span.byte_start));
    spans.into_iter().map(|(_, span)| Quote::of(at, span)).collect()
}
