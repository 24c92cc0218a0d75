//! The types that go into the store and come out of it.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use yiju_document::{Clause, Document, Span};

use crate::layout::Layout;
use crate::times::Told;

/// How a library is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only: needs no lock, works while another process writes, and creates no library.
    ReadOnly,
    /// Reading and writing: one process at a time; creates the library if there is none.
    ReadWrite,
}

/// The model whose vectors a library holds. Vectors of different fingerprints are never mixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Identifies weights, tokenizer, pooling and prefixes.
    pub fingerprint: String,
    /// Its name, for people.
    pub name: String,
    /// Length of its vectors.
    pub dimension: usize,
}

impl Model {
    /// Whether vectors of the two belong together; names do not count.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.dimension == other.dimension
    }
}

/// Which library is open and in which state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// 32 random hex digits, new when the library is made or restored.
    pub library_id: String,
    /// 0 when new, one more with every write.
    pub generation: u64,
}

/// A source to store: one file or one request body, parsed and embedded.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// Its name, 1 to 4,096 bytes without control characters, stored as given: names that differ in any
    /// byte are different sources.
    pub name: String,
    /// SHA-256 of the source's bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// The file to keep; `None` to keep none.
    pub original: Option<Vec<u8>>,
    /// Its documents in order, at least one.
    pub documents: Vec<NewDocument>,
}

/// A document to store.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// The parsed document. Every span must lie in the text on character boundaries.
    pub document: Document,
    /// How it stands in the source's file; `None` for one that was given as text.
    pub layout: Option<Layout>,
    /// Its passages; may be empty.
    pub passages: Vec<NewPassage>,
    /// What users say of its time, added to what they said of the document before.
    pub told: Told,
}

/// A passage to store.
#[derive(Clone, Debug)]
pub struct NewPassage {
    /// Index of its clause in the document, from 0.
    pub clause: u32,
    /// Index of its sentence in the clause; `None` for the clause as a whole.
    pub sentence: Option<u32>,
    /// Its vector: finite, of unit length, as long as the model's dimension.
    pub vector: Vec<f32>,
    /// Its token vectors as the index quantises them, stored as given; empty for none.
    pub tokens: Vec<u8>,
}

/// What [`crate::Store::put_source`] or [`crate::Store::replace_document_with`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutOutcome {
    /// The library's generation after the write.
    pub generation: u64,
    /// Whether a source of this name was there before.
    pub replaced: bool,
    /// The documents that were stored, in the source's order.
    pub documents: Vec<DocumentRecord>,
    /// Ids of the new passages, ascending: those of the first document in the given order, then those of
    /// the second, and so on.
    pub added_passages: Vec<u64>,
    /// Ids of the removed passages, ascending.
    pub removed_passages: Vec<u64>,
}

/// What a removal did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveOutcome {
    /// The library's generation after the write.
    pub generation: u64,
    /// Ids of the removed documents.
    pub document_ids: Vec<String>,
    /// Ids of the removed passages, ascending.
    pub removed_passages: Vec<u64>,
}

/// A stored source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Whether all documents of its bytes are there unchanged: false once one of them was removed or
    /// replaced, so that adding the same bytes again restores it.
    pub complete: bool,
    /// Ids of its documents, in its order.
    pub document_ids: Vec<String>,
    /// When it was first added.
    pub added_at: Timestamp,
    /// When it was last added or replaced.
    pub updated_at: Timestamp,
}

/// A stored document without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRecord {
    /// 16 hex digits; the same after a replacement.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who issued it.
    pub issuer: Option<String>,
    /// 文号.
    pub number: Option<String>,
    /// Its date.
    pub date: Option<Date>,
    /// BCP 47 language tag.
    pub language: String,
    /// SHA-256 of its clean text.
    pub sha256: String,
    /// Name of its source.
    pub source: String,
    /// SHA-256 of the source's bytes.
    pub source_sha256: String,
    /// Its place among the documents of its source, from 0.
    pub ordinal: u32,
    /// Length of the clean text in Unicode scalar values.
    pub characters: usize,
    /// Length of the clean text in bytes.
    pub bytes: usize,
    /// How many sections it has.
    pub sections: usize,
    /// How many clauses it has.
    pub clauses: usize,
    /// How many passages it has.
    pub passages: usize,
    /// When it was first added.
    pub added_at: Timestamp,
    /// When its current text was stored.
    pub updated_at: Timestamp,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentList {
    /// The documents, in the order they were first added.
    pub documents: Vec<DocumentRecord>,
    /// The cursor of the next page; `None` on the last.
    pub next_cursor: Option<String>,
}

/// One clause with all that a citation needs, without the rest of its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseRecord {
    /// Its document.
    pub document: Arc<DocumentRecord>,
    /// Its index in the document, from 0.
    pub index: u32,
    /// The parsed clause; its spans refer to the document's text.
    pub clause: Clause,
    /// The document's text at the clause's span.
    pub text: String,
    /// Headings from the outermost to the clause's own, as `Document::path` gives them.
    pub path: Vec<String>,
}

impl ClauseRecord {
    /// `<document id>.<clause index>`.
    pub fn id(&self) -> String {
        format!("{}.{}", self.document.id, self.index)
    }

    /// The text at a span of the document; `None` if it is not within this clause.
    pub fn slice(&self, span: Span) -> Option<&str> {
        self.text.get(self.within(span)?)
    }

    /// A span of the document as bytes from the start of this clause; `None` if it begins before the
    /// clause. It may end after the clause.
    pub fn within(&self, span: Span) -> Option<Range<usize>> {
        let start = span.byte_start.checked_sub(self.clause.span.byte_start)?;
        let end = span.byte_end.checked_sub(self.clause.span.byte_start)?;
        Some(start..end)
    }

    /// The span in the document of bytes of the text; `None` if they are not on character boundaries.
    pub fn span_at(&self, bytes: Range<usize>) -> Option<Span> {
        let before = self.text.get(..bytes.start)?.chars().count();
        let inside = self.text.get(bytes.clone())?.chars().count();
        let start = self.clause.span;
        Some(Span {
            char_start: start.char_start + before,
            char_end: start.char_start + before + inside,
            byte_start: start.byte_start + bytes.start,
            byte_end: start.byte_start + bytes.end,
        })
    }
}

/// The place of a passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassageRecord {
    /// Its id, never reused.
    pub id: u64,
    /// Its document.
    pub document_id: String,
    /// Index of its clause in the document.
    pub clause: u32,
    /// Index of its sentence in the clause; `None` for the clause as a whole.
    pub sentence: Option<u32>,
}

/// The place of a passage, borrowed while [`crate::Store::for_each_passage`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassageRef<'a> {
    /// Its id, never reused.
    pub id: u64,
    /// Its document.
    pub document_id: &'a str,
    /// Index of its clause in the document.
    pub clause: u32,
    /// Index of its sentence in the clause; `None` for the clause as a whole.
    pub sentence: Option<u32>,
}

/// The net changes to the passages between two generations: a passage added and removed in between is
/// in neither list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The generation these changes lead to.
    pub generation: u64,
    /// Ids of new passages, ascending.
    pub added: Vec<u64>,
    /// Ids of removed passages, ascending.
    pub removed: Vec<u64>,
}
