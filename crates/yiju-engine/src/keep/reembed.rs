//! Embedding a library anew with another model.
//!
//! The new vectors are staged beside the library's own, a few documents at a time, and take their place at once in the end
//! (`yiju_store::Staging`). Texts and clauses are taken as they are stored; nothing is parsed.

use std::path::{Path, PathBuf};

use yiju_embed::{EmbedQueue, Embedder, QueueOptions};
use yiju_store::{Access, NewDocument, Origin, PendingDocument, Staging, StoreError, Told};

use crate::engine::stored;
use crate::error::{EngineError, go_on};
use crate::keep::corpus::CorpusProgress;
use crate::keep::library::Library;
use crate::keep::passages::{Progress, embed};

/// Most bytes of text of documents that are embedded and staged together, where it is more than one.
const TOGETHER: usize = 8 * 1024;

/// What [`Reembedding::run`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reembedded {
    /// Documents that the library holds.
    pub documents: u64,
    /// Passages that the library holds.
    pub passages: u64,
    /// How many documents were embedded by this run; an earlier one did the others.
    pub embedded: usize,
}

/// A library that is embedded anew. It stays as it is for every other process until all of it is done, and what is
/// done outlasts this value: the next one for the same model goes on there.
pub struct Reembedding {
    library: PathBuf,
    model: EmbedQueue,
    staging: Staging,
}

impl Reembedding {
    /// Opens a library to embed it anew with this model.
    ///
    /// # Errors
    /// There is no library or it cannot be read or written, or another process is doing the same. Nothing is
    /// changed then.
    pub fn open(library: &Path, embedder: Embedder) -> Result<Self, EngineError> {
        let staging = Staging::open(library, &stored(&embedder))?;
        let model = EmbedQueue::new(embedder, QueueOptions::default());
        Ok(Self { library: library.to_owned(), model, staging })
    }

    /// What was done before: [`Origin::Own`] where there is nothing to do.
    pub fn origin(&self) -> &Origin {
        self.staging.origin()
    }

    /// The name of the model that the library was made with.
    pub fn model_before(&self) -> &str {
        &self.staging.library_model().name
    }

    /// Embeds what is not done yet, puts the new vectors in place and makes the indexes. What other processes change
    /// meanwhile is embedded, too. `None` where the library has vectors of this model already.
    ///
    /// # Errors
    /// A document cannot be read, the model or writing failed, or the call was cancelled; or, once all is embedded, a
    /// process has the library open for writing, which embeds with the old model. The library is as it was
    /// then, and the next run goes on where this one stopped.
    pub fn run(
        &mut self,
        progress: &dyn Fn(CorpusProgress),
    ) -> Result<Option<Reembedded>, EngineError> {
        if matches!(self.origin(), Origin::Own(_)) {
            return Ok(None);
        }
        let (mut embedded, mut passages, mut before) = (0, 0, None);
        let outcome = loop {
            let plan = self.staging.plan()?;
            let left = plan.pending.iter().map(|document| document.bytes).sum();
            let done = plan.bytes.saturating_sub(left);
            let mut at = CorpusProgress {
                documents_done: plan.documents.saturating_sub(plan.pending.len()),
                documents_total: plan.documents,
                bytes_done: done,
                bytes_unchanged: *before.get_or_insert(done),
                bytes_total: plan.bytes,
                passages,
            };
            for batch in batches(&plan.pending) {
                embedded += self.embed(batch, &mut at, progress)?;
            }
            passages = at.passages;
            progress(at);
            // Where something changed since the plan was made, there is more to do.
            match self.staging.swap() {
                Ok(Some(outcome)) => break outcome,
                Ok(None) => {}
                Err(error @ StoreError::Locked { .. }) => {
                    return Err(EngineError::NotSwapped(error));
                }
                Err(error) => return Err(error.into()),
            }
        };
        self.make_indexes();
        let (documents, passages) = (outcome.documents, outcome.passages);
        Ok(Some(Reembedded { documents, passages, embedded }))
    }

    /// Embeds and stages documents; says how many there were.
    fn embed(
        &mut self,
        batch: &[PendingDocument],
        at: &mut CorpusProgress,
        progress: &dyn Fn(CorpusProgress),
    ) -> Result<usize, EngineError> {
        go_on()?;
        let (mut versions, mut documents) = (Vec::new(), Vec::new());
        for pending in batch {
            // One that was removed since the plan was made needs nothing.
            if let Some((version, document)) = self.staging.document(&pending.id)? {
                versions.push(version);
                documents.push(document);
            }
        }
        let bytes: usize = batch.iter().map(|pending| pending.bytes).sum();
        let start = *at;
        let within = |made: Progress| {
            progress(CorpusProgress {
                bytes_done: start.bytes_done + (made.share * bytes as f64) as usize,
                passages: start.passages + made.passages_done,
                ..start
            });
        };
        let passages = embed(&self.model, &documents, &within)?;
        at.passages += passages.iter().map(Vec::len).sum::<usize>();
        let new = documents.into_iter().zip(passages).map(|(document, passages)| NewDocument {
            document,
            layout: None,
            passages,
            told: Told::default(),
        });
        let staged = self.staging.stage(&versions.into_iter().zip(new).collect::<Vec<_>>())?;
        at.documents_done += batch.len();
        at.bytes_done += bytes;
        Ok(staged)
    }

    /// Makes the indexes of the new vectors and saves them as after an add. They are derived: without them the next
    /// start only takes longer.
    fn make_indexes(&self) {
        let model = stored(self.model.embedder());
        let made = Library::open(&self.library, Access::ReadWrite, &model)
            .and_then(|library| library.save_indexes());
        if let Err(error) = made {
            tracing::warn!(%error, "the indexes were not made; the next start makes them");
        }
    }
}

/// Documents in runs of at most [`TOGETHER`] bytes of text where it is more than one: short ones are embedded together, and
/// what a kill undoes is no more than that.
fn batches(pending: &[PendingDocument]) -> impl Iterator<Item = &[PendingDocument]> {
    let mut bytes = 0;
    pending.chunk_by(move |one, next| {
        bytes += one.bytes;
        let fits = bytes + next.bytes <= TOGETHER;
        if !fits {
            bytes = 0;
        }
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_documents_are_embedded_together_and_long_ones_alone() {
        let pending: Vec<PendingDocument> = [10, 20, 5_000, 4_000, 90_000, 5, 8_000, 600]
            .into_iter()
            .map(|bytes| PendingDocument { id: String::new(), bytes })
            .collect();
        let sizes: Vec<usize> = batches(&pending).map(<[_]>::len).collect();
        assert_eq!(sizes, [3, 1, 1, 2, 1]);
        assert_eq!(batches(&[]).count(), 0);
    }
}
