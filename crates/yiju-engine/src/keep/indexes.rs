//! The indexes derived from the store: opened, caught up, or built anew.
//!
//! Each lane shows a generation of the store. What was saved is opened at whatever generation it
//! shows and then takes in what the store's log of changes says happened since; a lane is built anew
//! only where nothing usable is saved or the log does not reach back far enough. A graph that has
//! aged is built anew on another thread while searches go on over the old one and what was added
//! since (`yiju_index::AdaptiveIndex`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use yiju_fault::kill_point;
use yiju_index::{AdaptiveIndex, LexicalIndex, SnapshotError, VectorIndex};
use yiju_store::{Changes, PassageRecord, State, Store};

use crate::error::EngineError;

/// Vectors of libraries smaller than this are read from the store at each start: it takes less
/// time than checking a saved file, and leaves nothing to go stale.
pub(crate) const SAVE_FROM: u64 = 4_096;

/// Passages read from the store at once while catching up.
const BATCH: usize = 1_024;

/// Directories of the lanes, under the library's id.
pub(crate) const CLAUSES: &str = "clauses";
pub(crate) const SENTENCES: &str = "sentences";
pub(crate) const LEXICAL: &str = "lexical";

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

fn index_error(index: &'static str) -> impl Fn(yiju_index::IndexError) -> EngineError {
    move |source| EngineError::Index { index, source }
}

/// Indexes of another library that stood at this path before must not be taken for this one's.
pub(crate) fn directory(store: &Store, library_id: &str) -> PathBuf {
    store.index_dir().join(library_id)
}

impl Indexes {
    /// Opens what is saved, catches up with the store, and builds the rest from the store.
    pub(crate) fn open(store: &Store) -> Result<Self, EngineError> {
        let state = store.state()?;
        if store.is_writable() {
            remove_others(store, &state.library_id);
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

    /// Takes in a write of the store: passages that are gone and new ones with their vectors.
    ///
    /// # Errors
    /// A lane refused. What was taken in does no harm: [`Indexes::refresh`] does it over.
    pub(crate) fn apply<'a>(
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
                    self.clauses
                        .insert(id, vector)
                        .map_err(index_error(CLAUSES))?;
                    self.lexical
                        .add(id, &heading, body)
                        .map_err(index_error(LEXICAL))?;
                }
                None => self
                    .sentences
                    .insert(id, vector)
                    .map_err(index_error(SENTENCES))?,
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
                index
                    .insert(passage.id, &vector)
                    .map_err(index_error(name))?;
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
            self.lexical
                .commit(self.lexical_generation)
                .map_err(index_error(LEXICAL))?;
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

/// What happened since `generation`; `None` where that is not known, or is so much that reading
/// everything in its order is quicker.
fn changes(store: &Store, generation: u64) -> Result<Option<Changes>, EngineError> {
    let few = store.passage_count()? / 2;
    Ok(store
        .changes_since(generation)?
        .filter(|changes| changes.added.len() as u64 <= few.max(BATCH as u64)))
}

/// Indexes of libraries that stood here before this one was restored over them.
fn remove_others(store: &Store, library_id: &str) {
    let Ok(items) = std::fs::read_dir(store.index_dir()) else {
        return;
    };
    for item in items.flatten() {
        let is_id = |name: &str| name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let name = item.file_name();
        if name.to_str().is_some_and(|n| n != library_id && is_id(n)) {
            // Only space is lost where they stay.
            let _ = std::fs::remove_dir_all(item.path());
        }
    }
}

struct Vectors {
    clauses: AdaptiveIndex,
    sentences: AdaptiveIndex,
    generation: u64,
}

/// The saved vectors where both lanes are there and show one generation, or all of the store's; and
/// whether they are the saved ones.
fn open_vectors(store: &Store, state: &State) -> Result<(Vectors, bool), EngineError> {
    let dimension = store.model().dimension;
    let dir = directory(store, &state.library_id);
    let load = |name: &str| match AdaptiveIndex::load_any(&dir.join(name), dimension) {
        Ok(loaded) => Some(loaded),
        Err(SnapshotError::Missing { .. }) => None,
        Err(error) => {
            tracing::info!(%error, index = name, "reading the vectors from the store");
            None
        }
    };
    if store.passage_count()? >= SAVE_FROM
        && let Some((clauses, generation)) = load(CLAUSES)
        && let Some((sentences, other)) = load(SENTENCES)
    {
        // A process that ended between the two saves left two generations.
        if generation == other && changes(store, generation)?.is_some() {
            let vectors = Vectors {
                clauses,
                sentences,
                generation,
            };
            return Ok((vectors, true));
        }
        tracing::info!("the saved vectors are too old; reading them from the store");
    }
    Ok((read_vectors(store)?, false))
}

fn read_vectors(store: &Store) -> Result<Vectors, EngineError> {
    let dimension = store.model().dimension;
    let mut clauses = AdaptiveIndex::new(dimension);
    let mut sentences = AdaptiveIndex::new(dimension);
    let mut failed = None;
    let generation = store.for_each_passage(|passage, vector| {
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
        None => Ok(Vectors {
            clauses,
            sentences,
            generation,
        }),
    }
}

/// The words of a library and the generation they show.
struct Words {
    index: LexicalIndex,
    generation: u64,
    on_disk: bool,
}

impl Words {
    fn in_memory(store: &Store) -> Result<Self, EngineError> {
        let mut index = LexicalIndex::in_memory().map_err(index_error(LEXICAL))?;
        let generation = fill(&mut index, store)?;
        Ok(Self {
            index,
            generation,
            on_disk: false,
        })
    }
}

/// The saved lexical index, or a new one filled from the store. One that only reads the library
/// takes the saved one as it is or builds its own in memory.
fn open_words(store: &Store, state: &State) -> Result<Words, EngineError> {
    let dir = directory(store, &state.library_id).join(LEXICAL);
    match LexicalIndex::open_any(&dir) {
        Ok(index) => {
            let generation = index.generation().unwrap_or_default();
            if generation == state.generation
                || (store.is_writable() && changes(store, generation)?.is_some())
            {
                return Ok(Words {
                    index,
                    generation,
                    on_disk: true,
                });
            }
            tracing::info!(generation, "building the lexical index from the store");
        }
        Err(SnapshotError::Missing { .. }) => {}
        Err(error) => tracing::info!(%error, "building the lexical index from the store"),
    }
    if !store.is_writable() {
        return Words::in_memory(store);
    }
    let made = LexicalIndex::create(&dir).map_err(|error| error.to_string());
    let filled = made.and_then(|mut index| match fill(&mut index, store) {
        Ok(generation) => Ok(Ok((index, generation))),
        // The disk may be full: that is no reason not to answer.
        Err(EngineError::Index { source, .. }) => Err(source.to_string()),
        Err(error) => Ok(Err(error)),
    });
    match filled {
        Ok(outcome) => outcome.map(|(index, generation)| Words {
            index,
            generation,
            on_disk: true,
        }),
        Err(error) => {
            tracing::warn!(error, "the lexical index is kept in memory only");
            Words::in_memory(store)
        }
    }
}

/// Adds the words of every clause and commits them; gives the generation they show.
fn fill(index: &mut LexicalIndex, store: &Store) -> Result<u64, EngineError> {
    loop {
        let generation = store.generation()?;
        let mut documents = Vec::new();
        store.for_each_document(|record| documents.push(record.id))?;
        for id in documents {
            add_words(index, store, store.document_passages(&id)?)?;
        }
        // Another process may have written meanwhile; its writes are far apart beside this.
        if store.generation()? == generation {
            index.commit(generation).map_err(index_error(LEXICAL))?;
            return Ok(generation);
        }
        index.roll_back();
    }
}

/// Adds the words of those of these passages that are whole clauses.
fn add_words(
    index: &mut LexicalIndex,
    store: &Store,
    passages: Vec<PassageRecord>,
) -> Result<(), EngineError> {
    let mut by_document: BTreeMap<String, Vec<(u64, usize)>> = BTreeMap::new();
    for passage in passages {
        if passage.sentence.is_none() {
            by_document
                .entry(passage.document_id)
                .or_default()
                .push((passage.id, passage.clause as usize));
        }
    }
    for (id, clauses) in by_document {
        // One that is gone since is in the next changes.
        let Some((_, document)) = store.document(&id)? else {
            continue;
        };
        for (passage, at) in clauses {
            if let Some(clause) = document.clauses.get(at) {
                index
                    .add(
                        passage,
                        &heading(&document, at),
                        document.slice(clause.span),
                    )
                    .map_err(index_error(LEXICAL))?;
            }
        }
    }
    Ok(())
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

#[cfg(test)]
#[path = "indexes_tests.rs"]
mod tests;
