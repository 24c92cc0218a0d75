//! A clause as it is compared.

use yiju_document::{Document, Span};

use crate::Side;

/// A clause, with the parts that go on with it.
pub(crate) struct Unit {
    /// Index of the clause.
    pub(crate) clause: usize,
    pub(crate) label: String,
    /// The text without the number.
    pub(crate) text: String,
    span: Span,
}

impl Unit {
    pub(crate) fn side(&self, document: &Document) -> Side {
        Side {
            clause: self.clause,
            label: self.label.clone(),
            path: document.path(self.clause),
            text: self.text.clone(),
            span: self.span,
        }
    }
}

/// The clauses of a document, each too long one whole.
pub(crate) fn units(document: &Document) -> Vec<Unit> {
    let mut units = Vec::new();
    for (at, clause) in document.clauses.iter().enumerate() {
        if clause.continues && at > 0 {
            continue;
        }
        let last = document.parts(at).end.saturating_sub(1).max(at);
        let end = document.clauses.get(last).map_or(clause.span, |last| last.span);
        let span = Span { char_end: end.char_end, byte_end: end.byte_end, ..clause.span };
        let whole = document.slice(span);
        // The first paragraph begins behind the number; a heading stands between the two.
        let from = match clause.paragraphs.first() {
            Some(first) if clause.heading.is_none() && !clause.label.is_empty() => {
                first.byte_start.saturating_sub(span.byte_start)
            }
            _ => 0,
        };
        let text = whole.get(from..).unwrap_or(whole).trim().to_owned();
        units.push(Unit { clause: at, label: clause.label.clone(), text, span });
    }
    units
}
