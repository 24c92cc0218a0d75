//! The lanes as they are saved in the library's directory, and how they are read anew from the store.

use std::collections::BTreeMap;
use std::path::PathBuf;

use yiju_index::{AdaptiveIndex, LexicalIndex, SnapshotError, VectorIndex};
use yiju_store::{Changes, PassageRecord, State, Store};

use crate::error::EngineError;

/// Vectors of libraries with fewer passages are read from the store at each start: that is faster than
/// checking a saved file, and nothing can go stale.
pub(crate) const SAVE_FROM: u64 = 4_096;

/// Passages read from the store at once while catching up.
pub(crate) const BATCH: usize = 1_024;

/// Directories of the lanes, under the library's id.
pub(crate) const CLAUSES: &str = "clauses";
pub(crate) const SENTENCES: &str = "sentences";
pub(crate) const LEXICAL: &str = "lexical";

/// The error of a failed index.
pub(crate) fn index_error(index: &'static str) -> impl Fn(yiju_index::IndexError) -> EngineError {
    move |source| EngineError::Index { index, source }
}

/// Indexes of another library that stood at this path before must not be taken for this one's.
pub(crate) fn directory(store: &Store, library_id: &str) -> PathBuf {
    store.index_dir().join(library_id)
}

/// What happened since `generation`; `None` where that is not known, or is so much that reading
/// everything in its order is quicker.
pub(crate) fn changes(store: &Store, generation: u64) -> Result<Option<Changes>, EngineError> {
    let few = store.passage_count()? / 2;
    Ok(store
        .changes_since(generation)?
        .filter(|changes| changes.added.len() as u64 <= few.max(BATCH as u64)))
}

/// Indexes of libraries that stood here before this one was restored over them.
pub(crate) fn remove_others(store: &Store, library_id: &str) {
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

pub(crate) struct Vectors {
    pub clauses: AdaptiveIndex,
    pub sentences: AdaptiveIndex,
    pub generation: u64,
}

/// The saved vectors where both lanes are there and show one generation, or all of the store's; and
/// whether they are the saved ones.
pub(crate) fn open_vectors(store: &Store, state: &State) -> Result<(Vectors, bool), EngineError> {
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
            let vectors = Vectors { clauses, sentences, generation };
            return Ok((vectors, true));
        }
        tracing::info!("the saved vectors are too old; reading them from the store");
    }
    Ok((read_vectors(store)?, false))
}

pub(crate) fn read_vectors(store: &Store) -> Result<Vectors, EngineError> {
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
        None => Ok(Vectors { clauses, sentences, generation }),
    }
}

/// The words of a library and the generation they show.
pub(crate) struct Words {
    pub index: LexicalIndex,
    pub generation: u64,
    pub on_disk: bool,
}

impl Words {
    pub(crate) fn in_memory(store: &Store) -> Result<Self, EngineError> {
        let mut index = LexicalIndex::in_memory().map_err(index_error(LEXICAL))?;
        let generation = fill(&mut index, store)?;
        Ok(Self { index, generation, on_disk: false })
    }
}

/// The saved lexical index, or a new one filled from the store. One that only reads the library
/// takes the saved one as it is or builds its own in memory.
pub(crate) fn open_words(store: &Store, state: &State) -> Result<Words, EngineError> {
    let dir = directory(store, &state.library_id).join(LEXICAL);
    match LexicalIndex::open_any(&dir) {
        Ok(index) => {
            let generation = index.generation().unwrap_or_default();
            if generation == state.generation
                || (store.is_writable() && changes(store, generation)?.is_some())
            {
                return Ok(Words { index, generation, on_disk: true });
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
        Ok(outcome) => {
            outcome.map(|(index, generation)| Words { index, generation, on_disk: true })
        }
        Err(error) => {
            tracing::warn!(error, "the lexical index is kept in memory only");
            Words::in_memory(store)
        }
    }
}

/// Adds the words of every clause and commits them; gives the generation they show.
pub(crate) fn fill(index: &mut LexicalIndex, store: &Store) -> Result<u64, EngineError> {
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
pub(crate) fn add_words(
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
                    .add(passage, &heading(&document, at), document.slice(clause.span))
                    .map_err(index_error(LEXICAL))?;
            }
        }
    }
    Ok(())
}

/// What is indexed above a clause's text: the document's title and the heading path.
pub(crate) fn heading(document: &yiju_document::Document, clause: usize) -> String {
    let mut heading = document.title.clone();
    for part in document.path(clause) {
        heading.push(' ');
        heading.push_str(&part);
    }
    heading
}
