//! Finding a quote in a document, word for word or in another writing.

use std::ops::Range;

use yiju_document::{Document, Span};
use yiju_store::DocumentRecord;

use super::folds::Folds;
use super::report::QuotePlace;
use crate::limits::MOST_PLACES;
use crate::response::DocumentRef;

/// A document with its text and clauses.
pub(super) struct Whole {
    pub record: DocumentRecord,
    pub document: Document,
}

/// Every place where a document holds `quote` word for word, at most [`MOST_PLACES`].
pub(super) fn verbatim(whole: &Whole, quote: &str) -> Vec<QuotePlace> {
    let text = &whole.document.text;
    let step = quote.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    let mut places = Vec::new();
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(quote))
        && places.len() < MOST_PLACES
    {
        let start = from + at;
        places.push(place(whole, start..start + quote.len()));
        from = start + step;
    }
    places
}

/// Every place where a document holds `quote` in another writing, at most [`MOST_PLACES`].
pub(super) fn folded(whole: &Whole, quote: &Folds) -> Vec<QuotePlace> {
    let text = Folds::of(&whole.document.text);
    let plain: String = text.folded.iter().map(|one| one.char).collect();
    let wanted: String = quote.folded.iter().map(|one| one.char).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut places = Vec::new();
    let (mut from, mut characters) = (0, 0);
    while let Some(at) = plain.get(from..).and_then(|rest| rest.find(&wanted))
        && places.len() < MOST_PLACES
    {
        let start = from + at;
        characters += plain.get(from..start).map_or(0, |skipped| skipped.chars().count());
        let bytes = text.bytes(characters..characters + quote.len());
        places.push(place(whole, bytes));
        from = start + plain[start..].chars().next().map_or(1, char::len_utf8);
        characters += 1;
    }
    places
}

/// The place of these bytes of a document's text.
pub(super) fn place(whole: &Whole, bytes: Range<usize>) -> QuotePlace {
    let document = &whole.document;
    let characters = |to: usize| document.text.get(..to).map_or(0, |text| text.chars().count());
    let over: Vec<usize> = document
        .clauses
        .iter()
        .enumerate()
        .filter(|(_, clause)| {
            clause.span.byte_start < bytes.end && bytes.start < clause.span.byte_end
        })
        .map(|(at, _)| at)
        .collect();
    let first = over.first().and_then(|&at| document.clauses.get(at));
    QuotePlace {
        document: DocumentRef::of(&whole.record),
        clause_ids: over.iter().map(|at| format!("{}.{at}", whole.record.id)).collect(),
        label: first.map_or(String::new(), |clause| clause.label.clone()),
        path: over.first().map_or(Vec::new(), |&at| document.path(at)),
        text: document.text.get(bytes.clone()).unwrap_or("").to_owned(),
        in_force: None,
        span: Span {
            char_start: characters(bytes.start),
            char_end: characters(bytes.end),
            byte_start: bytes.start,
            byte_end: bytes.end,
        },
    }
}
