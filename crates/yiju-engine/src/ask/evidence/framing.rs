//! What goes with a quote so that it says what the text says: the whole list that is asked for, the lead-in of an item,
//! the header of a row, the sentence that it points back to.

use yiju_document::{Role, Span};
use yiju_store::ClauseRecord;

use super::quote::Quote;
use crate::ask::rank::Ranked;
use crate::ask::verdict::Polar;

/// Most characters of a list that is quoted whole.
const LONGEST_LIST: usize = 4_000;

/// The sentences of a clause that hold a span, as a range of indexes.
fn sentences_at(record: &ClauseRecord, span: Span) -> std::ops::Range<usize> {
    let sentences = &record.clause.sentences;
    let first = sentences.iter().position(|s| s.byte_end > span.byte_start).unwrap_or(0);
    let end =
        sentences.iter().rposition(|s| s.byte_start < span.byte_end).map_or(first, |at| at + 1);
    first..end
}

/// From the beginning of one span to the end of another.
fn joined(first: Span, last: Span) -> Span {
    Span { char_end: last.char_end, byte_end: last.byte_end, ..first }
}

/// Widens a quote to the whole list that it is part of. What was marked as the answer is then the list's items.
pub(super) fn whole_list(record: &ClauseRecord, quote: &mut Quote) {
    let sentences = &record.clause.sentences;
    let lists = sentences_at(record, quote.span)
        .filter_map(|at| record.clause.list_around(&record.text, at))
        .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
    let Some(list) = lists else { return };
    let Some(first) = sentences.get(list.start) else { return };
    let fits = |at: &usize| sentences[*at].char_end - first.char_start <= LONGEST_LIST;
    let Some(last) = list.clone().take_while(fits).last() else { return };
    quote.cut = last + 1 < list.end;
    quote.span = joined(*first, sentences[last]);
    quote.answer = None;
}

/// Whether a quote is the lead-in of a list, or holds several of its members: then the list is what answers.
pub(super) fn speaks_of_a_list(record: &ClauseRecord, span: Span) -> bool {
    let roles = || sentences_at(record, span).filter_map(|at| record.clause.roles.get(at));
    roles().any(|role| *role == Role::LeadIn)
        || roles().filter(|role| **role == Role::Item).count() > 1
}

/// The least share of what a yes-or-no question is about that the sentence governs which is quoted for it, and how much
/// more that must be than what the first quote governs.
const LEAST_GOVERNED: f32 = 0.6;
const BETTER: f32 = 0.3;

/// Puts the sentence that says whether what is asked may or must be done before the others of the best clause, where
/// what is quoted first does not say so.
pub(super) fn deciding_first(polar: &Polar, best: &Ranked, quotes: &mut Vec<Quote>) {
    let record = &best.record;
    let governed = |span: Span| record.slice(span).and_then(|text| polar.governed_by(text));
    let Some(first) = quotes.first() else { return };
    let spans = [first.span].into_iter().chain(governing(record, first.span));
    let said = spans.filter_map(governed).fold(0.0, f32::max);
    // 加班应当事前审批。 is the heading of what follows and says it.
    let whole = |span: Span| {
        record.slice(span).is_some_and(|text| text.trim_end().ends_with(['。', '；', ';', '.']))
    };
    let sentences = best.sentences.iter();
    let able = sentences.filter(|one| one.quotable || (one.is_heading && whole(one.span)));
    let scored = able.filter_map(|sentence| Some((governed(sentence.span)?, sentence.span)));
    // Of equals the first.
    let decides = scored.rev().max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, span)) =
        decides.filter(|(share, _)| *share >= LEAST_GOVERNED && *share >= said + BETTER)
    {
        quotes.insert(0, Quote::of(first.candidate, span));
    }
}

/// The sentences that a quote cannot be read without, in the order of the text, adjacent ones joined.
pub(super) fn governing(record: &ClauseRecord, span: Span) -> Vec<Span> {
    let inside = sentences_at(record, span);
    let mut wanted: Vec<usize> = inside
        .clone()
        .flat_map(|at| record.clause.governing(&record.text, at))
        .filter(|at| !inside.contains(at))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut spans: Vec<(usize, Span)> = Vec::new();
    for at in wanted {
        let Some(&sentence) = record.clause.sentences.get(at) else { continue };
        match spans.last_mut() {
            Some((last, span)) if *last + 1 == at => {
                *last = at;
                *span = joined(*span, sentence);
            }
            _ => spans.push((at, sentence)),
        }
    }
    spans.into_iter().map(|(_, span)| span).collect()
}
