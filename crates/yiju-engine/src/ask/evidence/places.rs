//! The same sentence in several documents is one quote with its places; quotes go by document.

use yiju_document::Span;
use yiju_store::ClauseRecord;

use super::framing::governing;
use super::quote::Quote;
use crate::ask::rerank::Read;
use crate::limits::MOST_PLACES;

/// Gives each of the first `limit` quotes the other places of its text, and drops quotes that are such a place.
pub(super) fn gather(ranked: &[Read], quotes: &mut Vec<Quote>, limit: usize) {
    let mut at = 0;
    while at < quotes.len().min(limit) {
        let places = others(ranked, &quotes[at]);
        let held = |quote: &Quote| {
            places.iter().any(|(candidate, span)| {
                *candidate == quote.candidate
                    && span.byte_start <= quote.span.byte_start
                    && quote.span.byte_end <= span.byte_end
            })
        };
        let mut index = 0;
        quotes.retain(|quote| {
            index += 1;
            index <= at + 1 || !held(quote)
        });
        quotes[at].also = places;
        at += 1;
    }
}

/// Puts quotes of one document together, documents in the order of their first quotes.
pub(super) fn by_document(ranked: &[Read], quotes: &mut [Quote]) {
    let document =
        |quote: &Quote| ranked.get(quote.candidate).map(|found| &found.record.document.id);
    let mut order = Vec::new();
    for quote in quotes.iter() {
        let of = document(quote);
        if !order.contains(&of) {
            order.push(of);
        }
    }
    quotes.sort_by_key(|quote| order.iter().position(|of| *of == document(quote)));
}

/// Where the text of a quote stands in other candidates: from the beginning of a sentence, and governed by the same.
fn others(ranked: &[Read], quote: &Quote) -> Vec<(usize, Span)> {
    let Some(own) = ranked.get(quote.candidate) else { return Vec::new() };
    let Some(text) = own.record.slice(quote.span).map(str::trim_end).filter(|t| !t.is_empty())
    else {
        return Vec::new();
    };
    let frame = frame(&own.record, &quote.context);
    let elsewhere = ranked.iter().enumerate().filter(|(at, _)| *at != quote.candidate);
    let found = elsewhere.filter(|(_, other)| other.meets).filter_map(|(at, other)| {
        let record = &other.record;
        let starts = record.text.match_indices(text).map(|(start, _)| start);
        let spans = starts.filter_map(|start| record.span_at(start..start + text.len()));
        let mut same = spans.filter(|span| {
            let begins = |sentence: &Span| sentence.byte_start == span.byte_start;
            let ends = |sentence: &Span| ends_at(record, *sentence, *span);
            record.clause.sentences.iter().any(begins)
                && record.clause.sentences.iter().any(ends)
                && self::frame(record, &governing(record, *span)) == frame
        });
        Some((at, same.next()?))
    });
    found.take(MOST_PLACES).collect()
}

/// Whether a span ends where a sentence ends, white space apart.
fn ends_at(record: &ClauseRecord, sentence: Span, span: Span) -> bool {
    let text = record.slice(sentence).unwrap_or("");
    sentence.byte_start + text.trim_end().len() == span.byte_end
}

/// What governs a quote, and the headings above an item that a lead-in in another clause governs.
fn frame<'r>(record: &'r ClauseRecord, context: &[Span]) -> (Vec<&'r str>, bool) {
    let parts = context.iter().filter_map(|span| record.slice(*span).map(str::trim_end));
    (parts.collect(), record.clause.lead.is_some())
}
