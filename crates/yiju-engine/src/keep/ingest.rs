//! Taking a source in: parse, embed, store, index.

use sha2::{Digest, Sha256};
use yiju_document::Document;
use yiju_format::Format;
use yiju_store::{Layout, NewDocument, NewPassage, NewSource, Told};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::library::Library;
use crate::keep::passages::{Progress, embed};
use crate::keep::reading::{ReadSource, read_source};
use crate::keep::views::{held, summary};
use crate::response::DocumentSummary;

/// A text to add.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name: adding another source under the same name replaces it.
    pub name: String,
    /// A title to use instead of the one in the text; the whole text is then one document. Without, a
    /// text that has no title is called by the source's name, the ending left out.
    pub title: Option<String>,
    /// The text.
    pub bytes: Vec<u8>,
}

/// What an addition did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddStatus {
    /// The source is new.
    Added,
    /// It replaced the source of the same name.
    Replaced,
    /// The same bytes were there under this name; nothing was done.
    Unchanged,
}

impl AddStatus {
    /// Its name in JSON and in print: `added`, `replaced`, `unchanged`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What an addition did, and the documents of the source.
#[derive(Clone, Debug, PartialEq)]
pub struct AddOutcome {
    /// What was done.
    pub status: AddStatus,
    /// The source's documents, in its order.
    pub documents: Vec<DocumentSummary>,
    /// What of the file could not be read, a sentence each; empty where nothing was done.
    pub unread: Vec<String>,
}

impl AddOutcome {
    /// Nothing was done: the library has these documents of the source.
    pub fn unchanged(documents: Vec<DocumentSummary>) -> Self {
        Self { status: AddStatus::Unchanged, documents, unread: Vec::new() }
    }
}

/// Adds a source whose bytes are of this format, with what users say of the time of its one document.
pub(crate) fn add(
    engine: &Engine,
    source: Source,
    format: Format,
    told: &Told,
    progress: &dyn Fn(Progress),
) -> Result<AddOutcome, EngineError> {
    engine.library.check_writable()?;
    check_told(&engine.library, told)?;
    let sha256 = source_hash(&source);
    if let Some(outcome) = unchanged(&engine.library, &source.name, &sha256)? {
        tell_of(&engine.library, &outcome, told)?;
        return Ok(outcome);
    }
    let read = read_source(&source, format, &engine.recognition)?;
    if !told.is_empty() && read.documents.len() != 1 {
        return Err(EngineError::ToldOfSeveral { documents: read.documents.len() });
    }
    let incoming = Incoming::read(&engine.library, source, sha256, read);
    take_in(engine, Incoming { told: told.clone(), ..incoming }, progress)
}

/// Refuses what is told of documents that are not there.
pub(crate) fn check_told(library: &Library, told: &Told) -> Result<(), EngineError> {
    for id in &told.replaces {
        if !library.store.contains(id)? {
            return Err(EngineError::NotThere { what: format!("document {id} to be replaced") });
        }
    }
    Ok(())
}

/// Keeps what is told of the one document of a source that is there already.
pub(crate) fn tell_of(
    library: &Library,
    outcome: &AddOutcome,
    told: &Told,
) -> Result<(), EngineError> {
    if told.is_empty() {
        return Ok(());
    }
    let [document] = outcome.documents.as_slice() else {
        return Err(EngineError::ToldOfSeveral { documents: outcome.documents.len() });
    };
    let _writing = library.writing();
    let (generation, mut indexes) = library
        .store
        .tell_with(&document.id, told, |_| Ok::<_, EngineError>(library.change_indexes()))?;
    if let Some(generation) = generation {
        indexes.follow(generation, &[], &[], &[]);
    }
    Ok(())
}

/// A source that was read, before it is embedded and written.
pub(crate) struct Incoming {
    pub(crate) name: String,
    /// Of what the documents were read from, 64 lower-case hex digits.
    pub(crate) sha256: String,
    /// The file, where it is kept.
    pub(crate) original: Option<Vec<u8>>,
    pub(crate) documents: Vec<Document>,
    /// How each document stands in the file; `None` for text.
    pub(crate) layouts: Option<Vec<Layout>>,
    /// What of the file could not be read.
    pub(crate) unread: Vec<String>,
    /// What users say of the time of each document.
    pub(crate) told: Told,
}

impl Incoming {
    /// A source with what was read of it; its file is kept where it is no plain text and files are kept.
    pub(crate) fn read(
        library: &Library,
        source: Source,
        sha256: String,
        read: ReadSource,
    ) -> Self {
        let ReadSource { documents, layouts, unread } = read;
        let Source { name, bytes, .. } = source;
        let original = layouts.is_some().then_some(bytes).filter(|_| library.keeps_originals());
        Self { name, sha256, original, documents, layouts, unread, told: Told::default() }
    }

    /// A source that was given as text.
    pub(crate) fn text(name: String, sha256: String, documents: Vec<Document>) -> Self {
        Self {
            name,
            sha256,
            original: None,
            documents,
            layouts: None,
            unread: Vec::new(),
            told: Told::default(),
        }
    }
}

/// Embeds and writes the documents of a source.
pub(crate) fn take_in(
    engine: &Engine,
    incoming: Incoming,
    progress: &dyn Fn(Progress),
) -> Result<AddOutcome, EngineError> {
    check_room(&engine.library, &incoming.name, incoming.documents.len())?;
    let passages = embed(&engine.model, &incoming.documents, progress)?;
    tracing::debug_span!("write").in_scope(|| write(&engine.library, incoming, passages))
}

/// Whether the source `name` may have this many documents beside those of other sources.
fn check_room(library: &Library, name: &str, documents: usize) -> Result<(), EngineError> {
    let Some(limit) = library.limits().max_documents else {
        return Ok(());
    };
    let store = &library.store;
    let replaced = store.source(name)?.map_or(0, |s| s.document_ids.len());
    let after = (store.document_count()? + documents as u64).saturating_sub(replaced as u64);
    if after > limit {
        return Err(EngineError::Full { after, limit });
    }
    Ok(())
}

/// The outcome of adding the source `name` where it is in the library whole, made from bytes of this
/// SHA-256 (64 lower-case hex digits).
pub(crate) fn unchanged(
    library: &Library,
    name: &str,
    sha256: &str,
) -> Result<Option<AddOutcome>, EngineError> {
    let documents = held(&library.store, name, sha256)?;
    Ok(documents.map(AddOutcome::unchanged))
}

fn write(
    library: &Library,
    incoming: Incoming,
    passages: Vec<Vec<NewPassage>>,
) -> Result<AddOutcome, EngineError> {
    let Incoming { name, sha256, original, documents, layouts, unread, told } = incoming;
    let _writing = library.writing();
    // The same source may have been added while this one was embedded.
    if let Some(outcome) = unchanged(library, &name, &sha256)? {
        return Ok(outcome);
    }
    check_room(library, &name, documents.len())?;
    let layouts = layouts.into_iter().flatten().map(Some).chain(std::iter::repeat(None));
    let new = NewSource {
        name,
        sha256,
        original,
        documents: documents
            .into_iter()
            .zip(layouts)
            .zip(passages)
            .map(|((document, layout), passages)| NewDocument {
                document,
                layout,
                passages,
                told: told.clone(),
            })
            .collect(),
    };
    // The lock is taken just before the store changes, so that no question sees the store without the
    // indexes or the other way round; while the rows are written, questions go on.
    let (outcome, mut indexes) =
        library.store.put_source_with(&new, |_| Ok::<_, EngineError>(library.change_indexes()))?;
    indexes.follow(
        outcome.generation,
        &outcome.removed_passages,
        &outcome.added_passages,
        &new.documents,
    );
    let status = if outcome.replaced { AddStatus::Replaced } else { AddStatus::Added };
    let documents = outcome.documents.into_iter().map(summary).collect();
    Ok(AddOutcome { status, documents, unread })
}

pub(crate) fn remove(library: &Library, document_id: &str) -> Result<bool, EngineError> {
    library.check_writable()?;
    let _writing = library.writing();
    let (outcome, mut indexes) = library
        .store
        .remove_document_with(document_id, |_| Ok::<_, EngineError>(library.change_indexes()))?;
    if let Some(outcome) = &outcome {
        indexes.follow(outcome.generation, &outcome.removed_passages, &[], &[]);
    }
    Ok(outcome.is_some())
}

/// A given title is part of what was given: the same text under another title is a change.
pub(crate) fn source_hash(source: &Source) -> String {
    let mut hash = Sha256::new();
    if let Some(title) = &source.title {
        hash.update(title.as_bytes());
        hash.update([0]);
    }
    hash.update(&source.bytes);
    base16ct::lower::encode_string(&hash.finalize())
}
