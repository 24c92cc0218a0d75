//! Stored records as callers see them.

use std::ops::Range;

use yiju_document::Span;
use yiju_store::{ClauseRecord, DocumentRecord, Layout, PrintedLine, Store};

use crate::error::EngineError;
use crate::response::{ClauseView, DocumentRef, DocumentSummary, PageBox};

/// The id of a clause as the document's and its place there. Only the form that ids are given in: `+1` and `01` are no
/// clauses.
pub(crate) fn clause_place(id: &str) -> Option<(&str, u32)> {
    let (document, place) = id.rsplit_once('.')?;
    let index = place.parse::<u32>().ok().filter(|index| index.to_string() == place)?;
    Some((document, index))
}

/// The printed lines that these bytes of a document's text stand in, in their order.
pub(crate) fn boxes(bytes: Range<usize>, layout: &Layout) -> Vec<PageBox> {
    layout.lines_of(bytes).iter().map(page_box).collect()
}

/// Where a printed line is.
pub(crate) fn page_box(line: &PrintedLine) -> PageBox {
    let [left, top, right, bottom] = line.area;
    PageBox { page: line.page, left, top, right, bottom }
}

/// A clause, with its lines where its document has a layout.
pub(crate) fn view(record: ClauseRecord, layout: Option<&Layout>) -> ClauseView {
    let Span { byte_start, byte_end, .. } = record.clause.span;
    let boxes = layout.map(|layout| boxes(byte_start..byte_end, layout)).unwrap_or_default();
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
        page: boxes.first().map(|first| first.page),
        boxes,
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
