//! What goes into the store and what comes out.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use yiju_document::{Clause, Document, Span};

/// How a library is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only: needs no lock, works while another process writes, and makes no library.
    ReadOnly,
    /// Reading and writing: one process at a time; makes the library where there is none.
    ReadWrite,
}

/// The model whose vectors a library holds. Vectors of two fingerprints are never mixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Identifies weights, tokenizer, pooling and prefixes.
    pub fingerprint: String,
    /// Its name, for people.
    pub name: String,
    /// Length of its vectors.
    pub dimension: usize,
}

/// Which library is open and in which state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// 32 hex digits, drawn when the library was made or restored.
    pub library_id: String,
    /// 0 when new, one more with every write.
    pub generation: u64,
}

/// A source to store: one file or one body given to the API, parsed and embedded.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// Its name, 1 to 4,096 bytes without control characters. It is taken as it is given:
    /// names that differ in any byte are different sources.
    pub name: String,
    /// SHA-256 of the source's bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Its documents in order, at least one.
    pub documents: Vec<NewDocument>,
}

/// A document to store.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// The parsed document. Every span must lie in the text on character boundaries.
    pub document: Document,
    /// Its passages; may be empty.
    pub passages: Vec<NewPassage>,
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
    /// Its token vectors as the index codes them, kept as they are given; empty for none.
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
    /// Ids of the new passages, ascending: those of the first document in the order given, then
    /// those of the second, and so on.
    pub added_passages: Vec<u64>,
    /// Ids of the passages that are gone, ascending.
    pub removed_passages: Vec<u64>,
}

/// What a removal did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveOutcome {
    /// The library's generation after the write.
    pub generation: u64,
    /// Ids of the documents that are gone.
    pub document_ids: Vec<String>,
    /// Ids of the passages that are gone, ascending.
    pub removed_passages: Vec<u64>,
}

/// A stored source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Whether its documents are all there as its bytes had them: false once one of them was removed
    /// or replaced by itself, so that adding the same bytes again has something to do.
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
    /// When its present text was stored.
    pub updated_at: Timestamp,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentList {
    /// The documents, in the order they were first added.
    pub documents: Vec<DocumentRecord>,
    /// Give back for the next page; `None` on the last.
    pub next_cursor: Option<String>,
}

/// One clause with all that a citation needs, read without the rest of its document.
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

    /// The text at a span of the document that lies in this clause; `None` where it does not.
    pub fn slice(&self, span: Span) -> Option<&str> {
        self.text.get(self.within(span)?)
    }

    /// The bytes of the text at a span of the document that begins in this clause or behind it; `None` for
    /// one that begins before.
    pub fn within(&self, span: Span) -> Option<Range<usize>> {
        let start = span.byte_start.checked_sub(self.clause.span.byte_start)?;
        let end = span.byte_end.checked_sub(self.clause.span.byte_start)?;
        Some(start..end)
    }

    /// The span of the document at bytes of the text; `None` where no characters begin and end there.
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

/// Where a passage stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassageRecord {
    /// Its id, never used again.
    pub id: u64,
    /// Its document.
    pub document_id: String,
    /// Index of its clause in the document.
    pub clause: u32,
    /// Index of its sentence in the clause; `None` for the clause as a whole.
    pub sentence: Option<u32>,
}

/// Where a passage stands, borrowed while [`crate::Store::for_each_passage`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassageRef<'a> {
    /// Its id, never used again.
    pub id: u64,
    /// Its document.
    pub document_id: &'a str,
    /// Index of its clause in the document.
    pub clause: u32,
    /// Index of its sentence in the clause; `None` for the clause as a whole.
    pub sentence: Option<u32>,
}

/// What happened to the passages between two generations, net: a passage added and removed in
/// between is in neither list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The generation these changes lead to.
    pub generation: u64,
    /// Ids of new passages, ascending.
    pub added: Vec<u64>,
    /// Ids of passages that are gone, ascending.
    pub removed: Vec<u64>,
}
