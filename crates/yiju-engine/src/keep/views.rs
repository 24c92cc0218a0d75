//! Documents and clauses, listed and read.

use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use yiju_store::{ClauseRecord, DocumentRecord, Store};

use crate::ask::compose::document_ref;
use crate::engine::{Engine, LibraryLimits, LibrarySize};
use crate::error::EngineError;
use crate::response::{ClauseView, DocumentPage, DocumentSummary};

/// Most documents on a page.
const MOST_ON_PAGE: usize = 1_000;

impl Engine {
    /// How much the library holds.
    ///
    /// # Errors
    /// Reading failed.
    pub fn size(&self) -> Result<LibrarySize, EngineError> {
        Ok(LibrarySize {
            documents: self.store.document_count()?,
            passages: self.store.passage_count()?,
            generation: self.store.generation()?,
            database_bytes: bytes_in(self.store.path(), false),
            index_bytes: bytes_in(&self.store.index_dir(), true),
        })
    }

    /// Limits what the library may hold; a write that would pass a limit changes nothing. The limits
    /// hold until they are set anew or the engine is dropped. What is there already stays.
    ///
    /// # Errors
    /// The library is open for reading only.
    pub fn set_limits(&self, limits: LibraryLimits) -> Result<(), EngineError> {
        self.store.limit_size(limits.max_bytes)?;
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
        Ok(())
    }

    /// A page of documents, in the order they were first added.
    ///
    /// # Errors
    /// The limit is not 1 to 1,000, the cursor is not one of this library's, or reading failed.
    pub fn documents(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DocumentPage, EngineError> {
        if limit == 0 || limit > MOST_ON_PAGE {
            return Err(EngineError::OutOfRange {
                what: "limit",
                range: format!("1 to {MOST_ON_PAGE}"),
                value: limit.to_string(),
            });
        }
        let page = self.store.documents(cursor, limit)?;
        Ok(DocumentPage {
            documents: page.documents.into_iter().map(summary).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_count(&self) -> Result<u64, EngineError> {
        Ok(self.store.document_count()?)
    }

    /// A document; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document(&self, id: &str) -> Result<Option<DocumentSummary>, EngineError> {
        Ok(self.store.document_record(id)?.map(summary))
    }

    /// The documents of a source, by the source's name, in its order; empty where there is none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn source_documents(&self, name: &str) -> Result<Vec<DocumentSummary>, EngineError> {
        let mut documents = Vec::new();
        for id in self
            .store
            .source(name)?
            .map(|source| source.document_ids)
            .unwrap_or_default()
        {
            documents.extend(self.document(&id)?);
        }
        Ok(documents)
    }

    /// The clean text of a document, to which all spans refer; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn text(&self, id: &str) -> Result<Option<String>, EngineError> {
        Ok(self.store.text(id)?)
    }

    /// The clauses of a document, in the order of the text; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn clauses(&self, id: &str) -> Result<Option<Vec<ClauseView>>, EngineError> {
        let Some(record) = self.store.document_record(id)? else {
            return Ok(None);
        };
        let wanted: Vec<(&str, u32)> = (0u32..)
            .take(record.clauses)
            .map(|clause| (id, clause))
            .collect();
        let found = self.store.clauses(&wanted)?;
        Ok(Some(found.into_iter().flatten().map(view).collect()))
    }

    /// A clause; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn clause(&self, id: &str) -> Result<Option<ClauseView>, EngineError> {
        let Some((document, index)) = id.rsplit_once('.') else {
            return Ok(None);
        };
        // Only the form that ids are given in: `+1` and `01` are no clauses.
        let Some(index) = index.parse::<u32>().ok().filter(|n| n.to_string() == index) else {
            return Ok(None);
        };
        Ok(self.store.clause(document, index)?.map(view))
    }
}

fn view(record: ClauseRecord) -> ClauseView {
    let id = |index: u32| format!("{}.{index}", record.document.id);
    ClauseView {
        id: record.id(),
        document: document_ref(&record),
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

/// Bytes of the files in a directory, of those below it too where `deep`; what cannot be read counts
/// nothing.
fn bytes_in(dir: &Path, deep: bool) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(found, path)| match found.is_dir() {
            true if deep => bytes_in(&path, true),
            true => 0,
            false => found.len(),
        })
        .sum()
}
