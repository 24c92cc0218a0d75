//! The indexes derived from the store: opened, caught up, or built anew.
//!
//! Each lane shows a generation of the store. What was saved is opened at whatever generation it
//! shows and then takes in what the store's log of changes says happened since; a lane is built anew
//! only where nothing usable is saved or the log does not reach back far enough. A graph that has
//! aged is built anew on another thread while searches go on over the old one and what was added
//! since (`yiju_index::AdaptiveIndex`).

use yiju_fault::kill_point;
use yiju_index::{AdaptiveIndex, LexicalIndex, VectorIndex};
use yiju_store::{NewDocument, State, Store};

use crate::error::EngineError;
use crate::keep::saved::{
    self, BATCH, CLAUSES, LEXICAL, SAVE_FROM, SENTENCES, Words, add_words, changes, directory,
    fill, heading, index_error, open_vectors, open_words, read_vectors,
};

/// The three lanes over one generation of the store.
pub(crate) struct Indexes {
    /// Vectors of whole clauses.
    pub clauses: AdaptiveIndex,
    /// Vectors of sentences.
    pub sentences: AdaptiveIndex,
    /// Words of clauses, under the ids of the clauses' passages.
    pub lexical: LexicalIndex,
    /// Whether the words are kept in the library's directory, where only its writer changes them.
    lexical_on_disk: bool,
    library_id: String,
    /// The generation that the vectors show.
    generation: u64,
    /// The generation that the words show once they are committed.
    lexical_generation: u64,
    /// Changes that the lexical lane does not show yet.
    pending: bool,
    /// Changes to the vectors since they were saved.
    unsaved: bool,
    /// Whether a panic may have left them half changed.
    distrusted: bool,
}

impl Indexes {
    /// Opens what is saved, catches up with the store, and builds the rest from the store.
    pub(crate) fn open(store: &Store) -> Result<Self, EngineError> {
        let state = store.state()?;
        if store.is_writable() {
            saved::remove_others(store, &state.library_id);
        }
        let (vectors, loaded) = open_vectors(store, &state)?;
        let words = open_words(store, &state)?;
        let mut indexes = Self {
            clauses: vectors.clauses,
            sentences: vectors.sentences,
            lexical: words.index,
            lexical_on_disk: words.on_disk,
            library_id: state.library_id,
            generation: vectors.generation,
            lexical_generation: words.generation,
            pending: false,
            unsaved: !loaded,
            distrusted: false,
        };
        indexes.refresh(store)?;
        Ok(indexes)
    }

    /// Whether they show this state of the store, whole.
    pub(crate) fn show(&self, state: &State) -> bool {
        !self.pending
            && !self.distrusted
            && self.library_id == state.library_id
            && self.generation == state.generation
            && self.lexical_generation == state.generation
    }

    /// Has them opened anew at the next [`Indexes::refresh`].
    pub(crate) fn distrust(&mut self) {
        self.distrusted = true;
    }

    /// Puts rebuilds of the vector lanes off, or lets them run again.
    pub(crate) fn hold_rebuilds(&mut self, held: bool) {
        self.clauses.hold_rebuilds(held);
        self.sentences.hold_rebuilds(held);
    }

    /// Brings them to the store's present state, whatever happened to either.
    pub(crate) fn refresh(&mut self, store: &Store) -> Result<(), EngineError> {
        // Another process may write meanwhile; its writes are far apart beside this.
        loop {
            let state = store.state()?;
            if self.show(&state) {
                return Ok(());
            }
            if self.distrusted || self.library_id != state.library_id {
                // Another library may have been restored over this one. Its lexical index needs the lock that
                // this one holds.
                self.lexical = LexicalIndex::in_memory().map_err(index_error(LEXICAL))?;
                *self = Self::open(store)?;
                continue;
            }
            if self.generation != state.generation {
                self.catch_up_vectors(store)?;
            }
            if let Err(error) = self.catch_up_words(store) {
                tracing::warn!(%error, "the lexical index is built anew in memory");
                self.lexical.roll_back();
                let words = Words::in_memory(store)?;
                self.take_words(words);
            }
        }
    }

    fn take_words(&mut self, words: Words) {
        self.lexical = words.index;
        self.lexical_on_disk = words.on_disk;
        self.lexical_generation = words.generation;
        self.pending = false;
    }

    /// Takes in a write that is durable already, so that an error is only logged: the indexes catch up
    /// with the store at the next [`Indexes::refresh`]. `ids` are those of the passages of `new`, in
    /// their order.
    pub(crate) fn follow(
        &mut self,
        generation: u64,
        removed: &[u64],
        ids: &[u64],
        new: &[NewDocument],
    ) {
        if let Err(error) = self.apply(generation, removed, placed(ids, new)) {
            tracing::warn!(%error, "the indexes did not take the change; they catch up with the store");
        }
    }

    /// Takes in a write of the store: passages that are gone and new ones with their vectors.
    ///
    /// # Errors
    /// A lane refused. What was taken in does no harm: [`Indexes::refresh`] does it over.
    fn apply<'a>(
        &mut self,
        generation: u64,
        removed: &[u64],
        added: impl IntoIterator<Item = Added<'a>>,
    ) -> Result<(), EngineError> {
        let follows = |shown: u64| shown + 1 == generation;
        if self.distrusted || !follows(self.generation) || !follows(self.lexical_generation) {
            // They are behind already; they catch up with this write, too.
            return Ok(());
        }
        self.pending = true;
        self.unsaved = true;
        for &id in removed {
            if self.clauses.remove(id) {
                self.lexical.remove(id).map_err(index_error(LEXICAL))?;
            } else {
                self.sentences.remove(id);
            }
        }
        for Added { id, vector, words } in added {
            match words {
                Some((heading, body)) => {
                    self.clauses.insert(id, vector).map_err(index_error(CLAUSES))?;
                    self.lexical.add(id, &heading, body).map_err(index_error(LEXICAL))?;
                }
                None => self.sentences.insert(id, vector).map_err(index_error(SENTENCES))?,
            }
        }
        kill_point("index:applied");
        self.generation = generation;
        self.lexical_generation = generation;
        Ok(())
    }

    /// Brings the vectors to a later generation by the store's log, or reads all of them.
    fn catch_up_vectors(&mut self, store: &Store) -> Result<(), EngineError> {
        let unsaved = std::mem::replace(&mut self.unsaved, true);
        let changes = changes(store, self.generation)?;
        let Some(changes) = changes else {
            let vectors = read_vectors(store)?;
            self.clauses = vectors.clauses;
            self.sentences = vectors.sentences;
            self.generation = vectors.generation;
            return Ok(());
        };
        for &id in &changes.removed {
            let _ = self.clauses.remove(id) || self.sentences.remove(id);
        }
        for ids in changes.added.chunks(BATCH) {
            let passages = store.passages(ids)?;
            let ids: Vec<u64> = passages.iter().map(|passage| passage.id).collect();
            for (passage, vector) in passages.iter().zip(store.vectors(&ids)?) {
                // One that is gone since is in the next changes.
                let Some(vector) = vector else { continue };
                let (index, name) = match passage.sentence {
                    None => (&mut self.clauses, CLAUSES),
                    Some(_) => (&mut self.sentences, SENTENCES),
                };
                index.insert(passage.id, &vector).map_err(index_error(name))?;
            }
        }
        self.unsaved = unsaved || !changes.added.is_empty() || !changes.removed.is_empty();
        self.generation = changes.generation;
        Ok(())
    }

    /// Brings the words to a later generation by the store's log, or reads all of them, and commits
    /// them.
    fn catch_up_words(&mut self, store: &Store) -> Result<(), EngineError> {
        if self.lexical_on_disk && !store.is_writable() {
            // The writer's, which may have moved on with the store.
            let words = open_words(store, &store.state()?)?;
            self.take_words(words);
            return Ok(());
        }
        if self.lexical_generation != self.generation {
            // What was not committed may be there in part.
            self.lexical.roll_back();
            let changes = match self.lexical.generation() {
                Some(shown) => changes(store, shown)?,
                None => None,
            };
            self.pending = true;
            let removed = match &changes {
                Some(changes) => changes.removed.clone(),
                None => self.lexical.ids().map_err(index_error(LEXICAL))?,
            };
            for id in removed {
                self.lexical.remove(id).map_err(index_error(LEXICAL))?;
            }
            let Some(changes) = changes else {
                self.lexical_generation = fill(&mut self.lexical, store)?;
                self.pending = false;
                return Ok(());
            };
            for ids in changes.added.chunks(BATCH) {
                add_words(&mut self.lexical, store, store.passages(ids)?)?;
            }
            self.lexical_generation = changes.generation;
        }
        if self.pending {
            self.lexical.commit(self.lexical_generation).map_err(index_error(LEXICAL))?;
            self.pending = false;
        }
        Ok(())
    }

    /// Saves the vectors where there are enough of them, and commits the words.
    pub(crate) fn save(&mut self, store: &Store) -> Result<(), EngineError> {
        self.refresh(store)?;
        let total = (self.clauses.len() + self.sentences.len()) as u64;
        if !self.unsaved || total < SAVE_FROM || !store.is_writable() {
            return Ok(());
        }
        self.clauses.settle().map_err(index_error(CLAUSES))?;
        self.sentences.settle().map_err(index_error(SENTENCES))?;
        let dir = directory(store, &self.library_id);
        let mut saved = true;
        for (name, index) in [(CLAUSES, &self.clauses), (SENTENCES, &self.sentences)] {
            if let Err(error) = index.save(&dir.join(name), self.generation) {
                tracing::warn!(%error, index = name, "the index was not saved; the next start builds it anew");
                saved = false;
            }
            kill_point("index:saved");
        }
        self.unsaved = !saved;
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

/// The new passages of these documents, under the ids that the store gave them in this order.
fn placed<'a>(ids: &'a [u64], documents: &'a [NewDocument]) -> impl Iterator<Item = Added<'a>> {
    let placed = documents
        .iter()
        .flat_map(|new| new.passages.iter().map(|passage| (&new.document, passage)));
    ids.iter().zip(placed).map(|(&id, (document, passage))| Added {
        id,
        vector: &passage.vector,
        words: passage.sentence.is_none().then(|| {
            let at = passage.clause as usize;
            let body = document.clauses.get(at).map_or("", |clause| document.slice(clause.span));
            (heading(document, at), body)
        }),
    })
}

#[cfg(test)]
#[path = "indexes_tests.rs"]
mod tests;
