//! What goes with a quote so that it says what the text says: the whole list that is asked for, the lead-in of an item,
//! the header of a row, the sentence that it points back to.

use yiju_document::{Role, Span};
use yiju_store::ClauseRecord;

use super::quote::Quote;

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
