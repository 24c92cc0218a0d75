//! Stored records as callers see them.

use yiju_store::{ClauseRecord, DocumentRecord};

use crate::response::{ClauseView, DocumentRef, DocumentSummary};

pub(crate) fn view(record: ClauseRecord) -> ClauseView {
    let id = |index: u32| format!("{}.{index}", record.document.id);
    ClauseView {
        id: record.id(),
        document: DocumentRef::of(&record.document),
        label: record.clause.label.clone(),
        heading: record.clause.heading.clone(),
        path: record.path.clone(),
        span: record.clause.span,
        sentences: record.clause.sentences.clone(),
        previous: record.index.checked_sub(1).map(id),
        next: record
            .index
            .checked_add(1)
            .filter(|&n| (n as usize) < record.document.clauses)
            .map(id),
        paragraph: record.text,
    }
}

pub(crate) fn summary(record: DocumentRecord) -> DocumentSummary {
    DocumentSummary {
        id: record.id,
        title: record.title,
        issuer: record.issuer,
        number: record.number,
        date: record.date,
        language: record.language,
        sha256: record.sha256,
        source: record.source,
        source_sha256: record.source_sha256,
        ordinal: record.ordinal,
        characters: record.characters,
        sections: record.sections,
        clauses: record.clauses,
        added_at: record.added_at,
    }
}
