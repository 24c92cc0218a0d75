//! The indexes derived from the store: opened, caught up, or built anew.

use std::path::PathBuf;

use yiju_index::{AdaptiveIndex, LexicalIndex, SnapshotError, VectorIndex};
use yiju_store::Store;

use crate::error::EngineError;

/// Vectors of libraries smaller than this are read from the store at each start: it takes less
/// time than checking a saved file, and leaves nothing to go stale.
const SAVE_FROM: u64 = 4_096;

/// The three lanes over one generation of the store.
pub(crate) struct Indexes {
    /// Vectors of whole clauses.
    pub clauses: AdaptiveIndex,
    /// Vectors of sentences.
    pub sentences: AdaptiveIndex,
    /// Words of clauses, under the ids of the clauses' passages.
    pub lexical: LexicalIndex,
    generation: u64,
    /// Changes that the lexical lane does not show yet.
    pending: bool,
    /// Changes since the indexes were saved.
    unsaved: bool,
    /// A change went in only in part: the indexes must be opened anew.
    partial: bool,
}

fn index_error(index: &'static str) -> impl Fn(yiju_index::IndexError) -> EngineError {
    move |source| EngineError::Index { index, source }
}

/// Indexes of another library that stood at this path before must not be taken for this one's.
fn directory(store: &Store) -> PathBuf {
    store.index_dir().join(store.library_id())
}

impl Indexes {
    /// Opens what is saved and shows the store's generation, and builds the rest from the store.
    pub(crate) fn open(store: &Store) -> Result<Self, EngineError> {
        loop {
            let indexes = Self::open_once(store)?;
            // Another process may have written meanwhile; its writes are far apart beside this.
            if store.generation()? == indexes.generation {
                return Ok(indexes);
            }
        }
    }

    fn open_once(store: &Store) -> Result<Self, EngineError> {
        let generation = store.generation()?;
        let dimension = store.model().dimension;
        let dir = directory(store);
        let saved = store.passage_count()? >= SAVE_FROM;
        let load = |name: &str| -> Option<AdaptiveIndex> {
            if !saved {
                return None;
            }
            match AdaptiveIndex::load(&dir.join(name), dimension, generation) {
                Ok(index) => Some(index),
                Err(error) => {
                    tracing::info!(%error, index = name, "reading the vectors from the store");
                    None
                }
            }
        };
        let (clauses, sentences, loaded) = match (load("clauses"), load("sentences")) {
            (Some(clauses), Some(sentences)) => (clauses, sentences, true),
            _ => {
                let (clauses, sentences) = read_vectors(store)?;
                (clauses, sentences, false)
            }
        };
        let lexical = open_lexical(store, generation)?;
        Ok(Self {
            clauses,
            sentences,
            lexical,
            generation,
            pending: false,
            unsaved: saved && !loaded,
            partial: false,
        })
    }

    /// Whether they show this generation of the store, whole.
    pub(crate) fn shows(&self, generation: u64) -> bool {
        !self.partial && self.generation == generation
    }

    /// Whether [`Indexes::commit`] has something to do.
    pub(crate) fn has_pending(&self) -> bool {
        self.pending
    }

    /// Puts rebuilds of the vector lanes off, or lets them run again.
    pub(crate) fn hold_rebuilds(&mut self, held: bool) {
        self.clauses.hold_rebuilds(held);
        self.sentences.hold_rebuilds(held);
    }

    /// Makes what was added findable in the lexical lane; the other lanes have it at once.
    pub(crate) fn commit(&mut self) -> Result<(), EngineError> {
        if self.pending {
            self.lexical
                .commit(self.generation)
                .map_err(index_error("lexical"))?;
            self.pending = false;
        }
        Ok(())
    }

    /// Takes in a write of the store: passages that are gone and new ones with their vectors.
    pub(crate) fn apply<'a>(
        &mut self,
        generation: u64,
        removed: &[u64],
        added: impl IntoIterator<Item = Added<'a>>,
    ) -> Result<(), EngineError> {
        self.pending = true;
        self.unsaved = true;
        self.partial = true;
        self.generation = generation;
        for &id in removed {
            if self.clauses.remove(id) {
                self.lexical.remove(id).map_err(index_error("lexical"))?;
            } else {
                self.sentences.remove(id);
            }
        }
        for Added { id, vector, words } in added {
            match words {
                Some((heading, body)) => {
                    self.clauses
                        .insert(id, vector)
                        .map_err(index_error("clause"))?;
                    self.lexical
                        .add(id, &heading, body)
                        .map_err(index_error("lexical"))?;
                }
                None => self
                    .sentences
                    .insert(id, vector)
                    .map_err(index_error("sentence"))?,
            }
        }
        self.partial = false;
        Ok(())
    }

    pub(crate) fn save(&mut self, store: &Store) -> Result<(), EngineError> {
        if self.partial {
            return Ok(());
        }
        self.commit()?;
        if !self.unsaved {
            return Ok(());
        }
        let total = (self.clauses.len() + self.sentences.len()) as u64;
        if total < SAVE_FROM || !store.is_writable() {
            return Ok(());
        }
        self.clauses.settle().map_err(index_error("clause"))?;
        self.sentences.settle().map_err(index_error("sentence"))?;
        let dir = directory(store);
        for (name, index) in [("clauses", &self.clauses), ("sentences", &self.sentences)] {
            if let Err(error) = index.save(&dir.join(name), self.generation) {
                tracing::warn!(%error, index = name, "the index was not saved; the next start builds it anew");
            }
        }
        self.unsaved = false;
        Ok(())
    }
}

/// A passage that a write added.
pub(crate) struct Added<'a> {
    pub id: u64,
    pub vector: &'a [f32],
    /// Heading path and text where the passage is a whole clause.
    pub words: Option<(String, &'a str)>,
}

fn read_vectors(store: &Store) -> Result<(AdaptiveIndex, AdaptiveIndex), EngineError> {
    let dimension = store.model().dimension;
    let mut clauses = AdaptiveIndex::new(dimension);
    let mut sentences = AdaptiveIndex::new(dimension);
    let mut failed = None;
    store.for_each_passage(|passage, vector| {
        let outcome = match passage.sentence {
            None => clauses.insert(passage.id, vector),
            Some(_) => sentences.insert(passage.id, vector),
        };
        if let Err(error) = outcome {
            failed.get_or_insert(error);
        }
    })?;
    match failed {
        Some(error) => Err(index_error("vector")(error)),
        None => Ok((clauses, sentences)),
    }
}

fn open_lexical(store: &Store, generation: u64) -> Result<LexicalIndex, EngineError> {
    let dir = directory(store).join("lexical");
    match LexicalIndex::open(&dir, generation) {
        Ok(index) => return Ok(index),
        Err(SnapshotError::Missing { .. }) => {}
        Err(error) => tracing::info!(%error, "building the lexical index from the store"),
    }
    let on_disk = if store.is_writable() {
        LexicalIndex::create(&dir)
            .inspect_err(|error| tracing::warn!(%error, "the lexical index is kept in memory only"))
            .ok()
    } else {
        None
    };
    let mut index = match on_disk {
        Some(index) => index,
        None => LexicalIndex::in_memory().map_err(index_error("lexical"))?,
    };
    let mut documents = Vec::new();
    store.for_each_document(|record| documents.push(record.id))?;
    for id in documents {
        let Some((_, document)) = store.document(&id)? else {
            continue;
        };
        for passage in store.document_passages(&id)? {
            let at = passage.clause as usize;
            if let (None, Some(clause)) = (passage.sentence, document.clauses.get(at)) {
                let heading = heading(&document, at);
                index
                    .add(passage.id, &heading, document.slice(clause.span))
                    .map_err(index_error("lexical"))?;
            }
        }
    }
    index.commit(generation).map_err(index_error("lexical"))?;
    Ok(index)
}

/// What stands over a clause: the document's title and the heading path.
pub(crate) fn heading(document: &yiju_document::Document, clause: usize) -> String {
    let mut heading = document.title.clone();
    for part in document.path(clause) {
        heading.push(' ');
        heading.push_str(&part);
    }
    heading
}
