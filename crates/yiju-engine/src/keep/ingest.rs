//! Taking a source in: parse, embed, store, index.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use yiju_document::Document;
use yiju_embed::{Cancel, InputType, Priority};
use yiju_index::{TokenVector, encode_tokens};
use yiju_store::{NewDocument, NewPassage, NewSource};

use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::keep::indexes::{Added, heading};
use crate::keep::views::{held, summary};
use crate::response::DocumentSummary;

/// Passages embedded between two reports of progress.
const BATCH: usize = 64;

/// A text to add.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name: adding another source under the same name replaces it.
    pub name: String,
    /// A title to use instead of the one in the text; the whole text is then one document.
    pub title: Option<String>,
    /// The text.
    pub bytes: Vec<u8>,
}

/// How far an addition has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Passages embedded.
    pub passages_done: usize,
    /// Passages in the source.
    pub passages_total: usize,
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

/// What an addition did, and the documents of the source.
#[derive(Clone, Debug, PartialEq)]
pub struct AddOutcome {
    /// What was done.
    pub status: AddStatus,
    /// The source's documents, in its order.
    pub documents: Vec<DocumentSummary>,
}

/// A text to embed and where it belongs.
struct Piece<'a> {
    document: usize,
    clause: u32,
    sentence: Option<u32>,
    text: &'a str,
}

impl Engine {
    /// Adds a source, or replaces the one of the same name; the same bytes again change nothing.
    /// When this returns, its documents are durable and can be found.
    ///
    /// # Errors
    /// The source cannot be parsed or stored, or the library is open for reading only. Nothing is
    /// changed then.
    pub fn add(
        &self,
        source: Source,
        progress: &dyn Fn(Progress),
    ) -> Result<AddOutcome, EngineError> {
        self.add_unless(source, progress, &Cancel::default())
    }

    /// As [`Engine::add`], given up while nothing is written yet once `cancel` says so.
    ///
    /// # Errors
    /// As [`Engine::add`], and [`EngineError::Cancelled`].
    pub fn add_unless(
        &self,
        source: Source,
        progress: &dyn Fn(Progress),
        cancel: &Cancel,
    ) -> Result<AddOutcome, EngineError> {
        if !self.store.is_writable() {
            return Err(EngineError::ReadOnly(self.store.path().to_owned()));
        }
        let sha256 = source_hash(&source);
        if let Some(outcome) = self.unchanged(&source.name, &sha256)? {
            return Ok(outcome);
        }
        let documents = parse(&source)?;
        self.take_in(source.name, sha256, documents, progress, cancel)
    }

    /// Adds documents that were parsed elsewhere as the source `name`; `sha256` is of what they were
    /// parsed from, 64 lower-case hex digits.
    ///
    /// # Errors
    /// As [`Engine::add`].
    pub fn add_parsed(
        &self,
        name: String,
        sha256: String,
        documents: Vec<Document>,
        progress: &dyn Fn(Progress),
    ) -> Result<AddOutcome, EngineError> {
        if let Some(outcome) = self.unchanged(&name, &sha256)? {
            return Ok(outcome);
        }
        self.take_in(name, sha256, documents, progress, &Cancel::default())
    }

    pub(crate) fn take_in(
        &self,
        name: String,
        sha256: String,
        documents: Vec<Document>,
        progress: &dyn Fn(Progress),
        cancel: &Cancel,
    ) -> Result<AddOutcome, EngineError> {
        self.check_room(&name, documents.len())?;
        let passages = tracing::debug_span!("embed_passages")
            .in_scope(|| self.embed_passages(&documents, progress, cancel))?;
        go_on(cancel)?;
        tracing::debug_span!("write").in_scope(|| self.write(name, sha256, documents, passages))
    }

    /// Whether the source `name` may have this many documents beside those of other sources.
    fn check_room(&self, name: &str, documents: usize) -> Result<(), EngineError> {
        let Some(limit) = self.limits().max_documents else {
            return Ok(());
        };
        let replaced = self.store.source(name)?.map_or(0, |s| s.document_ids.len());
        let after =
            (self.store.document_count()? + documents as u64).saturating_sub(replaced as u64);
        if after > limit {
            return Err(EngineError::Full { after, limit });
        }
        Ok(())
    }

    /// Whether the source `name` is in the library whole, made from bytes of this SHA-256 (64
    /// lower-case hex digits): adding it again would change nothing.
    ///
    /// # Errors
    /// Reading failed.
    pub fn holds(&self, name: &str, sha256: &str) -> Result<bool, EngineError> {
        let source = self.store.source(name)?;
        Ok(source.is_some_and(|source| source.sha256 == sha256 && source.complete))
    }

    pub(crate) fn unchanged(
        &self,
        name: &str,
        sha256: &str,
    ) -> Result<Option<AddOutcome>, EngineError> {
        let documents = held(&self.store, name, sha256)?;
        Ok(documents.map(|documents| AddOutcome {
            status: AddStatus::Unchanged,
            documents,
        }))
    }

    /// The passages of each document: every clause, followed by its sentences.
    pub(crate) fn embed_passages(
        &self,
        documents: &[Document],
        progress: &dyn Fn(Progress),
        cancel: &Cancel,
    ) -> Result<Vec<Vec<NewPassage>>, EngineError> {
        let pieces: Vec<Piece<'_>> = documents
            .iter()
            .enumerate()
            .flat_map(|(at, d)| pieces(at, d))
            .collect();
        // Texts of like length are embedded together.
        let mut order: Vec<usize> = (0..pieces.len())
            .filter(|&i| pieces[i].sentence.is_none() || pieces[i].text != pieces[i - 1].text)
            .collect();
        order.sort_by_key(|&i| pieces[i].text.len());
        let mut made: Vec<Option<NewPassage>> = pieces.iter().map(|_| None).collect();
        let mut done = pieces.len() - order.len();
        progress(Progress {
            passages_done: 0,
            passages_total: pieces.len(),
        });
        let above = self.embed_headings(documents, cancel)?;
        for batch in order.chunks(BATCH) {
            go_on(cancel)?;
            let (clauses, sentences): (Vec<usize>, Vec<usize>) =
                batch.iter().partition(|&&i| pieces[i].sentence.is_none());
            let texts = |ids: &[usize]| ids.iter().map(|&i| pieces[i].text).collect::<Vec<_>>();
            let embedded = self.model.embed_tokens(
                Priority::Ingestion,
                InputType::Passage,
                &texts(&clauses),
            )?;
            for (&i, (embedding, tokens)) in clauses.iter().zip(embedded) {
                let heading = headings_above(&documents[pieces[i].document], pieces[i].clause);
                let own = tokens.tokens.into_iter().map(|token| TokenVector {
                    range: Some(token.range),
                    vector: token.matching,
                });
                let above = above.get(&heading).cloned().unwrap_or_default();
                let tokens: Vec<TokenVector> = own.chain(above).collect();
                let codes = encode_tokens(&tokens, self.dimension());
                made[i] = Some(new_passage(&pieces[i], embedding.vector, codes));
            }
            let embedded =
                self.model
                    .embed(Priority::Ingestion, InputType::Passage, &texts(&sentences))?;
            for (&i, embedding) in sentences.iter().zip(embedded) {
                made[i] = Some(new_passage(&pieces[i], embedding.vector, Vec::new()));
            }
            done += batch.len();
            progress(Progress {
                passages_done: done,
                passages_total: pieces.len(),
            });
        }
        // The only sentence of a clause is the clause: its vector is the same.
        for i in 1..pieces.len() {
            if made[i].is_none() {
                made[i] = made[i - 1]
                    .as_ref()
                    .map(|whole| new_passage(&pieces[i], whole.vector.clone(), Vec::new()));
            }
        }
        let mut passages: Vec<Vec<NewPassage>> = documents.iter().map(|_| Vec::new()).collect();
        for (piece, passage) in pieces.iter().zip(made) {
            passages[piece.document].extend(passage);
        }
        Ok(passages)
    }

    /// The token vectors of what stands above clauses, by that text.
    fn embed_headings(
        &self,
        documents: &[Document],
        cancel: &Cancel,
    ) -> Result<HashMap<String, Vec<TokenVector>>, EngineError> {
        let mut headings: Vec<String> = documents
            .iter()
            .flat_map(|document| {
                (0u32..)
                    .take(document.clauses.len())
                    .map(|clause| headings_above(document, clause))
            })
            .collect();
        headings.sort_unstable();
        headings.dedup();
        let mut above = HashMap::with_capacity(headings.len());
        for batch in headings.chunks(BATCH) {
            go_on(cancel)?;
            let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
            let embedded =
                self.model
                    .embed_tokens(Priority::Ingestion, InputType::Passage, &texts)?;
            for (heading, (_, tokens)) in batch.iter().zip(embedded) {
                let tokens = tokens.tokens.into_iter().map(|token| TokenVector {
                    range: None,
                    vector: token.matching,
                });
                above.insert(heading.clone(), tokens.collect());
            }
        }
        Ok(above)
    }

    fn write(
        &self,
        name: String,
        sha256: String,
        documents: Vec<Document>,
        passages: Vec<Vec<NewPassage>>,
    ) -> Result<AddOutcome, EngineError> {
        let _writing = self.writing();
        // The same source may have been added while this one was embedded.
        if let Some(outcome) = self.unchanged(&name, &sha256)? {
            return Ok(outcome);
        }
        self.check_room(&name, documents.len())?;
        let new = NewSource {
            name,
            sha256,
            documents: documents
                .into_iter()
                .zip(passages)
                .map(|(document, passages)| NewDocument { document, passages })
                .collect(),
        };
        // Held from just before the store changes, so that no question sees the one without the
        // other; while the rows are written, questions go on.
        let (outcome, mut indexes) = self
            .store
            .put_source_with(&new, |_| Ok::<_, EngineError>(self.change_indexes()))?;
        let added = placed(&outcome.added_passages, &new.documents);
        // The source is durable now, whatever becomes of the indexes: they catch up then.
        if let Err(error) = indexes.apply(outcome.generation, &outcome.removed_passages, added) {
            tracing::warn!(%error, "the indexes did not take the change; they catch up with the store");
        }
        let status = if outcome.replaced {
            AddStatus::Replaced
        } else {
            AddStatus::Added
        };
        Ok(AddOutcome {
            status,
            documents: outcome.documents.into_iter().map(summary).collect(),
        })
    }

    /// Removes a document; says whether it was there.
    ///
    /// # Errors
    /// The library is open for reading only, or writing failed. Nothing is changed then.
    pub fn remove(&self, document_id: &str) -> Result<bool, EngineError> {
        if !self.store.is_writable() {
            return Err(EngineError::ReadOnly(self.store.path().to_owned()));
        }
        let _writing = self.writing();
        let (outcome, mut indexes) = self
            .store
            .remove_document_with(document_id, |_| Ok::<_, EngineError>(self.change_indexes()))?;
        let Some(outcome) = outcome else {
            return Ok(false);
        };
        if let Err(error) = indexes.apply(outcome.generation, &outcome.removed_passages, []) {
            tracing::warn!(%error, "the indexes did not take the change; they catch up with the store");
        }
        Ok(true)
    }
}

/// The new passages of these documents, under the ids that the store gave them in this order.
pub(crate) fn placed<'a>(
    ids: &'a [u64],
    documents: &'a [NewDocument],
) -> impl Iterator<Item = Added<'a>> {
    let placed = documents
        .iter()
        .flat_map(|new| new.passages.iter().map(|passage| (&new.document, passage)));
    ids.iter()
        .zip(placed)
        .map(|(&id, (document, passage))| Added {
            id,
            vector: &passage.vector,
            words: passage.sentence.is_none().then(|| {
                let at = passage.clause as usize;
                let body = document
                    .clauses
                    .get(at)
                    .map_or("", |clause| document.slice(clause.span));
                (heading(document, at), body)
            }),
        })
}

/// A clause is embedded as printed, without its heading path: with the path before it the seed's
/// questions found the right clause first less often (docs/retrieval.md). The headings take part in
/// the second stage, as tokens of their own.
fn pieces(at: usize, document: &Document) -> impl Iterator<Item = Piece<'_>> {
    (0u32..)
        .zip(&document.clauses)
        .flat_map(move |(index, clause)| {
            let whole = Piece {
                document: at,
                clause: index,
                sentence: None,
                text: document.slice(clause.span),
            };
            let sentences = (0u32..)
                .zip(&clause.sentences)
                .map(move |(sentence, &span)| Piece {
                    document: at,
                    clause: index,
                    sentence: Some(sentence),
                    text: document.slice(span),
                });
            std::iter::once(whole).chain(sentences)
        })
}

/// The document's title and the headings of the clause's sections; the clause's own heading is part
/// of its text.
fn headings_above(document: &Document, clause: u32) -> String {
    let mut above = document.title.clone();
    let path = document.path(clause as usize);
    let own = document
        .clauses
        .get(clause as usize)
        .is_some_and(|clause| !clause.label.is_empty() || clause.heading.is_some());
    for part in path
        .iter()
        .take(path.len() - usize::from(own && !path.is_empty()))
    {
        above.push(' ');
        above.push_str(part);
    }
    above
}

fn new_passage(piece: &Piece<'_>, vector: Vec<f32>, tokens: Vec<u8>) -> NewPassage {
    NewPassage {
        clause: piece.clause,
        sentence: piece.sentence,
        vector,
        tokens,
    }
}

pub(crate) fn parse(source: &Source) -> Result<Vec<Document>, EngineError> {
    let parsed = match &source.title {
        Some(title) => std::str::from_utf8(&source.bytes)
            .map_err(|error| yiju_document::DocumentError::NotUtf8 {
                offset: error.valid_up_to(),
            })
            .and_then(|text| yiju_document::parse_text(Some(title), text)),
        None => yiju_document::parse(&source.bytes),
    };
    parsed.map_err(|error| EngineError::Document {
        source_name: source.name.clone(),
        source: error,
    })
}

/// A given title is part of what was given: the same text under another title is a change.
pub(crate) fn source_hash(source: &Source) -> String {
    let mut hash = Sha256::new();
    if let Some(title) = &source.title {
        hash.update(title.as_bytes());
        hash.update([0]);
    }
    hash.update(&source.bytes);
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
