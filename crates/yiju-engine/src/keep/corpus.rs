//! Adding a corpus: each document is a source, so that it is durable as soon as it is done and an
//! addition that was interrupted goes on where it stopped.

use std::cell::Cell;
use std::collections::HashSet;

use yiju_document::{Entry, group_corpus};
use yiju_store::check_name;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::ingest::{AddStatus, Incoming, remove, take_in, unchanged};
use crate::keep::library::Library;
use crate::keep::passages::Progress;
use crate::response::DocumentSummary;

/// Characters of a name that are shown where it is too long.
const SHOWN: usize = 40;

/// How far the addition of a corpus, or [`Reembedding::run`](crate::Reembedding::run), has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorpusProgress {
    /// Documents done.
    pub documents_done: usize,
    /// Documents of the corpus, or of the library.
    pub documents_total: usize,
    /// Bytes of text done, the share of the present document among them.
    pub bytes_done: usize,
    /// How many of these were done before.
    pub bytes_unchanged: usize,
    /// Bytes of text in all of them.
    pub bytes_total: usize,
    /// Passages embedded.
    pub passages: usize,
}

/// What the addition of a corpus did.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusOutcome {
    /// `Added` where nothing of it was replaced or removed, `Unchanged` where nothing was done.
    pub status: AddStatus,
    /// Its documents, in the order of their first entries.
    pub documents: Vec<DocumentSummary>,
    /// The clause's id for each entry, in their order.
    pub clause_ids: Vec<String>,
}

/// While it lives, the vector indexes are not rebuilt; see [`Engine::hold_rebuilds`].
pub struct HeldRebuilds<'a>(&'a Library);

impl<'a> HeldRebuilds<'a> {
    pub(crate) fn of(library: &'a Library) -> Self {
        library.change_indexes().hold_rebuilds(true);
        Self(library)
    }
}

impl Drop for HeldRebuilds<'_> {
    fn drop(&mut self) {
        self.0.change_indexes().hold_rebuilds(false);
    }
}

pub(crate) fn add(
    engine: &Engine,
    prefix: &str,
    corpus: &[Entry],
    progress: &dyn Fn(CorpusProgress),
) -> Result<CorpusOutcome, EngineError> {
    engine.library.check_writable()?;
    let groups = group_corpus(corpus);
    // All that can be wrong with a document is said before the first is embedded, which takes long.
    for group in &groups {
        let name = format!("{prefix}{}", group.name);
        check_name(&name).map_err(|reason| EngineError::OutOfRange {
            what: "the title of a corpus's entry",
            range: "one that can name a document".into(),
            value: format!("{}… ({reason})", name.chars().take(SHOWN).collect::<String>()),
        })?;
        group.check_size().map_err(|source| EngineError::Document { source_name: name, source })?;
    }
    let mut at = CorpusProgress {
        documents_done: 0,
        documents_total: groups.len(),
        bytes_done: 0,
        bytes_unchanged: 0,
        bytes_total: groups.iter().map(|group| group.bytes()).sum(),
        passages: 0,
    };
    let mut outcome = CorpusOutcome {
        status: AddStatus::Unchanged,
        documents: Vec::with_capacity(groups.len()),
        clause_ids: vec![String::new(); corpus.len()],
    };
    let mut sources = HashSet::with_capacity(groups.len());
    for group in &groups {
        progress(at);
        let name = format!("{prefix}{}", group.name);
        let bytes = group.bytes();
        let sha256 = group.sha256();
        let embedded = Cell::new(0);
        let added = match unchanged(&engine.library, &name, &sha256)? {
            Some(unchanged) => unchanged,
            None => {
                let document = group.document().map_err(|error| EngineError::Document {
                    source_name: name.clone(),
                    source: error,
                })?;
                let within = |passages: Progress| {
                    embedded.set(passages.passages_done);
                    progress(CorpusProgress {
                        bytes_done: at.bytes_done + (passages.share * bytes as f64) as usize,
                        passages: at.passages + passages.passages_done,
                        ..at
                    });
                };
                take_in(engine, Incoming::text(name.clone(), sha256, vec![document]), &within)?
            }
        };
        at.documents_done += 1;
        at.bytes_done += bytes;
        at.passages += embedded.get();
        match added.status {
            AddStatus::Unchanged => at.bytes_unchanged += bytes,
            AddStatus::Added if outcome.status == AddStatus::Unchanged => {
                outcome.status = AddStatus::Added;
            }
            AddStatus::Added => {}
            AddStatus::Replaced => outcome.status = AddStatus::Replaced,
        }
        if let Some(document) = added.documents.first() {
            for (clause, &place) in group.places.iter().enumerate() {
                if let Some(id) = outcome.clause_ids.get_mut(place) {
                    *id = format!("{}.{clause}", document.id);
                }
            }
        }
        outcome.documents.extend(added.documents);
        sources.insert(name);
    }
    progress(at);
    let gone = |source: &str| source.starts_with(prefix) && !sources.contains(source);
    if remove_sources(&engine.library, gone)? {
        outcome.status = AddStatus::Replaced;
    }
    Ok(outcome)
}

/// Removes the documents of all sources that `chosen` names; says whether there were any.
pub(crate) fn remove_sources(
    library: &Library,
    chosen: impl Fn(&str) -> bool,
) -> Result<bool, EngineError> {
    let mut going = Vec::new();
    library.store.for_each_document(|record| {
        if chosen(&record.source) {
            going.push(record.id);
        }
    })?;
    for id in &going {
        remove(library, id)?;
    }
    Ok(!going.is_empty())
}
