//! Replacing one document by its id.

use yiju_document::Document;
use yiju_embed::Cancel;
use yiju_store::{DocumentRecord, NewDocument};

use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::keep::ingest::{AddOutcome, AddStatus, Source, parse, placed, source_hash};
use crate::keep::views::summary;

impl Engine {
    /// Replaces the document `id` by another version of its text, which keeps the id, the source's
    /// name and the place in the listing; the name in `source` is not used. `None` where there is no
    /// document of this id.
    ///
    /// A document that is alone in its source is replaced with the source: adding the same bytes
    /// under the source's name changes nothing then. One of several is replaced by itself: the others
    /// stay, and adding the source's own bytes again puts back what they hold.
    ///
    /// # Errors
    /// As [`Engine::add_unless`]; [`EngineError::NotOne`] where the new text is several documents.
    /// Nothing is changed then.
    pub fn replace_unless(
        &self,
        id: &str,
        mut source: Source,
        cancel: &Cancel,
    ) -> Result<Option<AddOutcome>, EngineError> {
        if !self.store.is_writable() {
            return Err(EngineError::ReadOnly(self.store.path().to_owned()));
        }
        let Some(record) = self.store.document_record(id)? else {
            return Ok(None);
        };
        let known = self.store.source(&record.source)?;
        let siblings = known.map_or(0, |source| source.document_ids.len());
        // One that is left of several is not what its source holds, unless it is the first.
        let alone = siblings == 1 && record.ordinal == 0;
        source.name.clone_from(&record.source);
        let sha256 = source_hash(&source);
        if alone && let Some(outcome) = self.unchanged(&source.name, &sha256)? {
            return Ok(Some(outcome));
        }
        let mut documents = parse(&source)?;
        if documents.len() != 1 {
            return Err(EngineError::NotOne {
                documents: documents.len(),
            });
        }
        if alone {
            return self
                .take_in(source.name, sha256, documents, &|_| {}, cancel)
                .map(Some);
        }
        if documents.iter().all(|new| is_same(&record, new)) {
            return Ok(Some(AddOutcome {
                status: AddStatus::Unchanged,
                documents: vec![summary(record)],
            }));
        }
        let passages = tracing::debug_span!("embed_passages")
            .in_scope(|| self.embed_passages(&documents, &|_| {}, cancel))?;
        go_on(cancel)?;
        let new = documents.pop().zip(passages.into_iter().next());
        let Some((document, passages)) = new else {
            return Ok(None);
        };
        let new = NewDocument { document, passages };
        tracing::debug_span!("write").in_scope(|| self.write_one(id, new))
    }

    /// Stores one document in the place of the document `id`.
    fn write_one(&self, id: &str, new: NewDocument) -> Result<Option<AddOutcome>, EngineError> {
        let _writing = self.writing();
        let (outcome, mut indexes) = self
            .store
            .replace_document_with(id, &new, |_| Ok::<_, EngineError>(self.change_indexes()))?;
        // It may have been removed while the new text was embedded.
        let Some(outcome) = outcome else {
            return Ok(None);
        };
        let new = [new];
        let added = placed(&outcome.added_passages, &new);
        if let Err(error) = indexes.apply(outcome.generation, &outcome.removed_passages, added) {
            tracing::warn!(%error, "the indexes did not take the change; they catch up with the store");
        }
        Ok(Some(AddOutcome {
            status: AddStatus::Replaced,
            documents: outcome.documents.into_iter().map(summary).collect(),
        }))
    }
}

/// Whether the stored document is what `new` would make of it.
fn is_same(record: &DocumentRecord, new: &Document) -> bool {
    record.sha256 == new.sha256
        && record.title == new.title
        && record.issuer == new.issuer
        && record.number == new.number
        && record.date == new.date
}
