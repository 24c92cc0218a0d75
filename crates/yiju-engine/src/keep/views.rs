//! Stored records as callers see them.

use yiju_store::{ClauseRecord, DocumentRecord, Store};

use crate::error::EngineError;
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
        roles: record.clause.roles.clone(),
        inferred: record.clause.inferred,
        continues: record.clause.continues,
        previous: record.index.checked_sub(1).map(id),
        next: record
            .index
            .checked_add(1)
            .filter(|&n| (n as usize) < record.document.clauses)
            .map(id),
        paragraph: record.text,
    }
}

/// The documents of the source `name` where all of it is there, made from bytes of this SHA-256.
pub(crate) fn held(
    store: &Store,
    name: &str,
    sha256: &str,
) -> Result<Option<Vec<DocumentSummary>>, EngineError> {
    let Some(source) = store.source(name)? else {
        return Ok(None);
    };
    if source.sha256 != sha256 || !source.complete {
        return Ok(None);
    }
    let mut documents = Vec::new();
    for id in &source.document_ids {
        documents.extend(store.document_record(id)?.map(summary));
    }
    Ok(Some(documents))
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
