//! A library without its model and indexes: listed, looked up and removed from.

use std::path::Path;

use jiff::civil::Date;
use yiju_document::{Document, Entry, group_corpus};
use yiju_format::PagePicture;
use yiju_store::{Access, Store};

use crate::error::EngineError;
use crate::keep::archive::{contents, is_archive};
use crate::keep::history::{self, VersionView};
use crate::keep::ingest::{Source, source_hash};
use crate::keep::picture::{PictureRequest, draw};
use crate::keep::today::today;
use crate::keep::versions::Versions;
use crate::keep::views::{held, summary};
use crate::response::DocumentSummary;

/// Documents read at once while listing.
const PAGE: usize = 500;

/// A library opened without its model and indexes. Documents can be removed even where their content is
/// damaged; the indexes catch up when an [`Engine`](crate::Engine) next opens the library.
pub struct Shelf {
    store: Store,
}

impl Shelf {
    /// Opens an existing library, whichever model it was made with.
    ///
    /// # Errors
    /// As [`yiju_store::Store::open`].
    pub fn open(library: &Path, access: Access) -> Result<Self, EngineError> {
        let store = Store::open(library, access, None)?;
        Ok(Self { store })
    }

    /// All documents, in the order they were first added.
    ///
    /// # Errors
    /// Reading failed.
    pub fn documents(&self) -> Result<Vec<DocumentSummary>, EngineError> {
        let mut documents = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.store.documents(cursor.as_deref(), PAGE)?;
            documents.extend(page.documents.into_iter().map(summary));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(documents);
            }
        }
    }

    /// The document of this id with its clauses; `None` where there is none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document(&self, id: &str) -> Result<Option<Document>, EngineError> {
        Ok(self.store.document(id)?.map(|(_, document)| document))
    }

    /// All documents that have other versions, those of one family together, the earliest first, with whether they are in
    /// force on `day`, or else today.
    ///
    /// # Errors
    /// Reading failed.
    pub fn families(&self, day: Option<Date>) -> Result<Vec<Vec<VersionView>>, EngineError> {
        let versions = Versions::read(&self.store)?;
        history::families(&self.store, &versions, day.unwrap_or_else(today))
    }

    /// Whether there is a document of this id, whatever state it is in.
    ///
    /// # Errors
    /// Reading failed.
    pub fn contains(&self, document_id: &str) -> Result<bool, EngineError> {
        Ok(self.store.contains(document_id)?)
    }

    /// The documents of `source` where adding it would change nothing: the library holds all of it, made
    /// from the same bytes. `None` otherwise.
    ///
    /// # Errors
    /// Reading failed.
    pub fn held(&self, source: &Source) -> Result<Option<Vec<DocumentSummary>>, EngineError> {
        if !is_archive(source) {
            return held(&self.store, &source.name, &source_hash(source));
        }
        let Some(files) = contents(source) else { return Ok(None) };
        let mut documents = Vec::new();
        for (name, sha256) in files {
            match held(&self.store, &name, &sha256)? {
                Some(found) => documents.extend(found),
                None => return Ok(None),
            }
        }
        Ok(Some(documents))
    }

    /// The documents of a corpus where the library holds each of them, made from the same entries, under a
    /// source name that begins with `prefix`. `None` otherwise.
    ///
    /// # Errors
    /// Reading failed.
    pub fn held_corpus(
        &self,
        prefix: &str,
        corpus: &[Entry],
    ) -> Result<Option<Vec<DocumentSummary>>, EngineError> {
        let mut documents = Vec::new();
        for group in group_corpus(corpus) {
            let name = format!("{prefix}{}", group.name);
            match held(&self.store, &name, &group.sha256())? {
                Some(found) => documents.extend(found),
                None => return Ok(None),
            }
        }
        Ok(Some(documents))
    }

    /// As [`Engine::page_picture`](crate::Engine::page_picture).
    ///
    /// # Errors
    /// As there.
    pub fn page_picture(
        &self,
        request: &PictureRequest,
    ) -> Result<Option<PagePicture>, EngineError> {
        draw(&self.store, request)
    }

    /// Removes a document; says whether it was there.
    ///
    /// # Errors
    /// The library is open for reading only, or writing failed. Nothing is changed then.
    pub fn remove(&self, document_id: &str) -> Result<bool, EngineError> {
        Ok(self.store.remove_document(document_id)?.is_some())
    }
}
