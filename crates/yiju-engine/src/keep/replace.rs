//! Replacing one document by its id.

use yiju_document::Document;
use yiju_format::detect;
use yiju_store::{DocumentRecord, NewDocument, Told};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::ingest::{
    AddOutcome, AddStatus, Incoming, Source, check_told, source_hash, take_in, tell_of, unchanged,
};
use crate::keep::library::Library;
use crate::keep::passages::embed;
use crate::keep::reading::{ReadSource, read_source};
use crate::keep::views::summary;

pub(crate) fn replace(
    engine: &Engine,
    id: &str,
    mut source: Source,
    told: &Told,
) -> Result<Option<AddOutcome>, EngineError> {
    let library = &engine.library;
    library.check_writable()?;
    check_told(library, told)?;
    let Some(record) = library.store.document_record(id)? else {
        return Ok(None);
    };
    let known = library.store.source(&record.source)?;
    let siblings = known.map_or(0, |source| source.document_ids.len());
    // The last one left of several is not what its source holds, unless it is the first.
    let alone = siblings == 1 && record.ordinal == 0;
    source.name.clone_from(&record.source);
    let sha256 = source_hash(&source);
    if alone && let Some(outcome) = unchanged(library, &source.name, &sha256)? {
        tell_of(library, &outcome, told)?;
        return Ok(Some(outcome));
    }
    let read = read_source(&source, detect(&source.bytes), &engine.recognition)?;
    if read.documents.len() != 1 {
        return Err(EngineError::NotOne { documents: read.documents.len() });
    }
    if alone {
        let incoming = Incoming::read(library, source, sha256, read);
        let incoming = Incoming { told: told.clone(), ..incoming };
        return take_in(engine, incoming, &|_| {}).map(Some);
    }
    let ReadSource { mut documents, unread, .. } = read;
    if documents.iter().all(|new| is_same(&record, new)) {
        let outcome = AddOutcome::unchanged(vec![summary(record)]);
        tell_of(library, &outcome, told)?;
        return Ok(Some(outcome));
    }
    let passages = embed(&engine.model, &documents, &|_| {})?;
    let Some((document, passages)) = documents.pop().zip(passages.into_iter().next()) else {
        return Ok(None);
    };
    let new = NewDocument { document, layout: None, passages, told: told.clone() };
    tracing::debug_span!("write").in_scope(|| write_one(library, id, new, unread))
}

/// Stores one document in the place of the document `id`.
fn write_one(
    library: &Library,
    id: &str,
    new: NewDocument,
    unread: Vec<String>,
) -> Result<Option<AddOutcome>, EngineError> {
    let _writing = library.writing();
    let (outcome, mut indexes) = library
        .store
        .replace_document_with(id, &new, |_| Ok::<_, EngineError>(library.change_indexes()))?;
    // It may have been removed while the new text was embedded.
    let Some(outcome) = outcome else {
        return Ok(None);
    };
    indexes.follow(outcome.generation, &outcome.removed_passages, &outcome.added_passages, &[new]);
    Ok(Some(AddOutcome {
        status: AddStatus::Replaced,
        documents: outcome.documents.into_iter().map(summary).collect(),
        unread,
    }))
}

/// Whether the stored document is what `new` would make of it.
fn is_same(record: &DocumentRecord, new: &Document) -> bool {
    record.sha256 == new.sha256
        && record.title == new.title
        && record.issuer == new.issuer
        && record.number == new.number
        && record.date == new.date
}
