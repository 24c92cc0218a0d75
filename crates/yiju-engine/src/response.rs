//! What the engine is asked and what it answers; the JSON of these types is the API's.

use std::ops::Deref;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
pub use yiju_document::{Role, Span};
use yiju_store::{ClauseRecord, DocumentRecord};

use crate::write::report::Written;

/// Which documents a question may rest on. An empty filter lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Only these documents; empty for all.
    pub document_ids: Vec<String>,
    /// Only documents of sources with these names; empty for all.
    pub sources: Vec<String>,
    /// Only documents whose issuer contains this text.
    pub issuer: Option<String>,
    /// Only documents dated on or after this day; undated ones are left out.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub date_from: Option<Date>,
    /// Only documents dated on or before this day; undated ones are left out.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub date_to: Option<Date>,
    /// Only clauses whose heading path contains this text.
    pub section: Option<String>,
}

/// A question and how to answer it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskRequest {
    /// The question, 1 to 2,000 characters.
    pub question: String,
    /// Earlier questions of the conversation, oldest first, at most 20, of the same length each: what the question leaves
    /// out is taken from them.
    pub history: Vec<String>,
    /// What the assistant was told, at most 100,000 characters: a sentence that limits it to documents by their titles in
    /// 《》 (只根据《…》回答) limits the answer to them. Empty for nothing.
    pub instructions: String,
    /// Most citations to give, 1 to 20.
    pub limit: usize,
    /// Which documents to look in.
    pub filter: Filter,
    /// Least confidence, 0 to 1, at which an answer is given; `None` for the engine's own.
    pub threshold: Option<f32>,
    /// The day whose law counts: only what is in force on it answers. `None` for today, or the time that the question
    /// itself names.
    pub as_of: Option<Date>,
}

impl AskRequest {
    /// A question over all documents, with at most three citations.
    pub fn new(question: impl Into<String>) -> Self {
        Self {
            question: question.into(),
            history: Vec::new(),
            instructions: String::new(),
            limit: 3,
            filter: Filter::default(),
            threshold: None,
            as_of: None,
        }
    }
}

impl SearchRequest {
    /// A query over all documents, for ten hits.
    pub fn new(query: impl Into<String>) -> Self {
        Self { query: query.into(), limit: 10, filter: Filter::default(), as_of: None }
    }
}

/// A query for ranked clauses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// The query, 1 to 2,000 characters.
    pub query: String,
    /// Most hits to give, 1 to 100.
    pub limit: usize,
    /// Which documents to look in.
    pub filter: Filter,
    /// The day whose law counts, as in [`AskRequest::as_of`].
    pub as_of: Option<Date>,
}

/// A document as cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DocumentRef {
    /// The document's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its date, where it has one.
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>, format = Date))]
    pub date: Option<Date>,
    /// SHA-256 of its clean text, to which spans refer.
    pub sha256: String,
}

impl DocumentRef {
    pub(crate) fn of(record: &DocumentRecord) -> Self {
        Self {
            id: record.id.clone(),
            title: record.title.clone(),
            date: record.date,
            sha256: record.sha256.clone(),
        }
    }
}

/// Whether a document is in force: `in_force`, `not_yet`, `superseded` by another version, `repealed`, or `expired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ForceStatus {
    /// It is.
    InForce,
    /// It comes into force later.
    NotYet,
    /// A later version is in its place.
    Superseded,
    /// It was repealed.
    Repealed,
    /// Its last day is over.
    Expired,
}

/// When a document is in force, and whether it is on the day that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InForce {
    /// Whether it is in force on the day that was asked for, or else today.
    pub status: ForceStatus,
    /// The first day on which this text is in force; null where it is not said.
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>, format = Date))]
    pub from: Option<Date>,
    /// The first day on which it is in force no more; null where there is none.
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>, format = Date))]
    pub until: Option<Date>,
    /// When it was last changed; null where it is not said.
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>, format = Date))]
    pub amended: Option<Date>,
    /// Id of the document that took its place.
    #[cfg_attr(feature = "schema", schema(required))]
    pub replaced_by: Option<String>,
    /// Id of the clause that repeals it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub repealed_by: Option<String>,
}

/// A clause as cited or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClauseRef {
    /// The document.
    pub document: DocumentRef,
    /// The clause's id.
    pub clause_id: String,
    /// The clause's number as cited, `（二）`; empty for a plain paragraph.
    pub label: String,
    /// Headings from the outermost to the clause's own.
    pub path: Vec<String>,
    /// The whole clause as printed.
    pub paragraph: String,
    /// Span of `paragraph` in the document's clean text.
    pub paragraph_span: Span,
    /// Whether its document is in force; null where nothing says so.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub in_force: Option<InForce>,
    /// Whether it begins where the source has no line break: its head was found inside running text, by its number.
    #[serde(default)]
    pub inferred: bool,
}

impl ClauseRef {
    pub(crate) fn of(record: &ClauseRecord) -> Self {
        Self {
            document: DocumentRef::of(&record.document),
            clause_id: record.id(),
            label: record.clause.label.clone(),
            path: record.path.clone(),
            paragraph: record.text.clone(),
            paragraph_span: record.clause.span,
            in_force: None,
            inferred: record.clause.inferred,
        }
    }
}

/// What is a clause and more reads like the clause.
macro_rules! with_clause {
    ($($kind:ty),+) => {$(
        impl Deref for $kind {
            type Target = ClauseRef;

            fn deref(&self) -> &ClauseRef {
                &self.clause
            }
        }
    )+};
}

with_clause!(Citation, Nearest, SearchHit);

/// A clause that an answer rests on, with the verbatim quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Citation {
    /// The number in `[n]` in the answer, from 1.
    pub marker: u32,
    /// Relevance to the question, 0 to 1.
    pub score: f32,
    /// The clause.
    #[serde(flatten)]
    pub clause: ClauseRef,
    /// The verbatim evidence: the document's text at `span`.
    pub quote: String,
    /// Span of the quote in the document's clean text.
    pub span: Span,
    /// What the quote cannot be read without, in the order of the text: the lead-in of an item, the header of a
    /// table's row, the sentence that it points back to.
    #[serde(default)]
    pub context: Vec<QuotePart>,
    /// Where the same stands word for word, governed by the same, among the clauses that were looked at: it is cited
    /// once.
    #[serde(default)]
    pub also_in: Vec<AlsoIn>,
    /// What the sentences of the quote are for, in their order; empty for a line outside the clauses.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The shortest part of the quote that answers, where one was found.
    #[cfg_attr(feature = "schema", schema(required))]
    pub answer_span: Option<Span>,
    /// The page that the quote begins on, from 1, where its source has pages.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub page: Option<u32>,
    /// The printed lines that the quote stands in, in their order; empty where its source has no pages.
    #[serde(default)]
    pub boxes: Vec<PageBox>,
    /// Whether some of the quote was recognised in a picture of the page, and may be misread.
    #[serde(default)]
    pub recognised: bool,
    /// How sure the recognition of the least sure line of it is, 0 to 1; null where nothing was recognised, or by another
    /// program, which did not say.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub recognition_confidence: Option<f32>,
}

/// A rectangle on a page, in points (1/72 inch) from the page's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PageBox {
    /// The page, from 1.
    pub page: u32,
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// A part of a document's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuotePart {
    /// The document's text at `span`.
    pub quote: String,
    /// Where it is in the document's clean text.
    pub span: Span,
}

/// Another place of what a citation quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AlsoIn {
    /// The document.
    pub document: DocumentRef,
    /// The clause's id.
    pub clause_id: String,
    /// The clause's number as cited; empty for a plain paragraph.
    pub label: String,
    /// Headings from the outermost to the clause's own.
    pub path: Vec<String>,
    /// Where the quote is in that document's clean text.
    pub span: Span,
}

/// The word of an answer to a yes-or-no question: `permitted` (可以), `prohibited` (不得), `required` (应当) or
/// `not_required` (不需要).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be done.
    Permitted,
    /// It must not be done.
    Prohibited,
    /// It must be done.
    Required,
    /// It need not be done.
    NotRequired,
}

/// A clause near the question, given with a refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Nearest {
    /// Relevance to the question, 0 to 1.
    pub score: f32,
    /// The clause.
    #[serde(flatten)]
    pub clause: ClauseRef,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// `no_match`: the documents do not answer.
    pub code: String,
    /// One sentence in the question's language.
    pub message: String,
}

/// How long each part of a call took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Timings {
    /// Embedding the question.
    pub embed: f64,
    /// Finding candidates.
    pub retrieve: f64,
    /// Scoring candidates and choosing evidence.
    pub rank: f64,
    /// From the call to the answer.
    pub total: f64,
}

/// An answer with its citations, or a refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Answer {
    /// The question as asked.
    pub question: String,
    /// The question written out with what it leaves out of the earlier ones; null where it was answered as asked.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub understood_as: Option<String>,
    /// Whether the documents answer it.
    pub answered: bool,
    /// Why not, where they do not.
    #[cfg_attr(feature = "schema", schema(required))]
    pub refusal: Option<Refusal>,
    /// Verbatim evidence with `[n]` markers, after the word of the verdict where there is one; empty on refusal. Where a
    /// written answer was asked for and stands, that.
    pub answer: String,
    /// To a yes-or-no question, the word that the first quote decides it by; null where no sentence decides exactly
    /// what is asked, and for all other questions.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub verdict: Option<Verdict>,
    /// One for each marker, in the order of the markers.
    pub citations: Vec<Citation>,
    /// The written answer, checked; null where none was asked for, and on refusal.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub written: Option<Written>,
    /// On refusal, the nearest clauses, best first.
    pub nearest: Vec<Nearest>,
    /// Estimated probability that the documents answer the question, 0 to 1.
    pub confidence: f32,
    /// How long each step took.
    pub timings_ms: Timings,
}

/// One ranked clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SearchHit {
    /// Rank, from 1.
    pub rank: u32,
    /// Relevance to the query, 0 to 1.
    pub score: f32,
    /// The clause.
    #[serde(flatten)]
    pub clause: ClauseRef,
    /// Spans of the best sentences, best first.
    pub highlights: Vec<Span>,
    /// The page that the paragraph begins on, from 1, where its source has pages.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub page: Option<u32>,
    /// The printed lines that the paragraph stands in, in their order; empty where its source has no pages.
    #[serde(default)]
    pub boxes: Vec<PageBox>,
    /// Whether some of the paragraph was recognised in a picture of the page, and may be misread.
    #[serde(default)]
    pub recognised: bool,
    /// How sure the recognition of the least sure line of it is, 0 to 1; null where nothing was recognised, or by another
    /// program, which did not say.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub recognition_confidence: Option<f32>,
}

/// Ranked clauses for a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SearchResponse {
    /// The query as given.
    pub query: String,
    /// Hits, best first.
    pub hits: Vec<SearchHit>,
    /// How long each step took.
    pub timings_ms: Timings,
}

/// A document in the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DocumentSummary {
    /// Its id: stays the same when the source is replaced.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who issued it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub issuer: Option<String>,
    /// 文号.
    #[cfg_attr(feature = "schema", schema(required))]
    pub number: Option<String>,
    /// Its date.
    #[cfg_attr(feature = "schema", schema(required, value_type = Option<String>, format = Date))]
    pub date: Option<Date>,
    /// BCP 47 language tag.
    pub language: String,
    /// SHA-256 of its clean text.
    pub sha256: String,
    /// Name of the source it came from: a file's name, or what the API was given.
    pub source: String,
    /// SHA-256 of the source's bytes.
    pub source_sha256: String,
    /// Its place among the documents of its source, from 0.
    pub ordinal: u32,
    /// Length of the clean text in Unicode scalar values.
    pub characters: usize,
    /// How many sections it has.
    pub sections: usize,
    /// How many clauses it has.
    pub clauses: usize,
    /// When it was added, ISO 8601.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub added_at: jiff::Timestamp,
}

/// A page of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DocumentPage {
    /// The documents, in the order they were first added.
    pub documents: Vec<DocumentSummary>,
    /// Hand back as `cursor` for the next page; null on the last.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next_cursor: Option<String>,
}

/// A clause in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClauseView {
    /// The clause's id.
    pub id: String,
    /// The document.
    pub document: DocumentRef,
    /// The clause's number as cited; empty for a plain paragraph.
    pub label: String,
    /// Its own heading, where it has one.
    #[cfg_attr(feature = "schema", schema(required))]
    pub heading: Option<String>,
    /// Headings from the outermost to the clause's own.
    pub path: Vec<String>,
    /// The whole clause as printed.
    pub paragraph: String,
    /// Span of `paragraph` in the document's clean text.
    pub span: Span,
    /// Spans of its sentences.
    pub sentences: Vec<Span>,
    /// What each of its sentences is for, in their order.
    pub roles: Vec<Role>,
    /// Whether its head was found inside running text, by its number.
    pub inferred: bool,
    /// Whether it goes on with the clause before it, which is too long for one.
    pub continues: bool,
    /// The page that it begins on, from 1, where its source has pages.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub page: Option<u32>,
    /// The printed lines that it stands in, in their order; empty where its source has no pages.
    #[serde(default)]
    pub boxes: Vec<PageBox>,
    /// Id of the clause before it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub previous: Option<String>,
    /// Id of the clause after it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next: Option<String>,
}
