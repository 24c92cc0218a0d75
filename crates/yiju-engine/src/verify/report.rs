//! What is asked about quotes, and what is answered; the JSON of these types is the API's.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use yiju_document::Span;

use super::claims::{Mismatch, MismatchKind};
use crate::response::{DocumentRef, InForce};

/// A quote as someone gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CitedQuote {
    /// The quoted text, 1 to 5,000 characters with a letter or digit among them.
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 5000))]
    pub quote: String,
    /// The document it is cited from.
    #[serde(default)]
    pub document_id: Option<String>,
    /// The clause it is cited from.
    #[serde(default)]
    pub clause_id: Option<String>,
    /// SHA-256 of the clean text that was quoted from.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// Quotes to verify, and what they are to support.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// What the quotes are given for, up to 2,000 characters; `None` to look for the quotes only.
    #[serde(default)]
    pub statement: Option<String>,
    /// The quotes, 1 to 20.
    pub citations: Vec<CitedQuote>,
    /// The day whose law counts; `None` for today.
    #[serde(default)]
    pub as_of: Option<Date>,
}

/// Whether the documents hold a quote: `exists`, `altered` (a passage is close to it) or `absent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuoteStatus {
    /// It does.
    Exists,
    /// A passage is close to it.
    Altered,
    /// Nothing is close to it.
    Absent,
}

/// The state of the document that a quote is cited from: `current`, `changed` (its SHA-256 is another than
/// the one given) or `missing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CitedDocument {
    /// It is in the library; with the SHA-256 given, where one was.
    Current,
    /// It is in the library with another SHA-256: its text has changed since.
    Changed,
    /// It is not in the library.
    Missing,
}

/// A place of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuotePlace {
    /// The document, with the SHA-256 of the version that holds it.
    pub document: DocumentRef,
    /// The clauses it reaches over, in the order of the text; empty outside of clauses.
    pub clause_ids: Vec<String>,
    /// The first clause's number as cited; empty for a plain paragraph.
    pub label: String,
    /// Headings from the outermost to the first clause's own.
    pub path: Vec<String>,
    /// Its span in the document's clean text.
    pub span: Span,
    /// The document's text at the span.
    pub text: String,
    /// Whether the document is in force; null where nothing says so.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub in_force: Option<InForce>,
}

/// The verification of one quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VerifiedQuote {
    /// The quote as given.
    pub quote: String,
    /// Whether the documents hold it.
    pub status: QuoteStatus,
    /// It exists in another writing only: width, case, kind of brackets, quotation marks and dashes,
    /// white space, Traditional or Simplified characters.
    pub normalized: bool,
    /// How close the passage is, 0 to 1: 1 less the share of the quote's characters that differ;
    /// 0 where it is absent.
    pub similarity: f32,
    /// Its places, or the closest passage: those in the cited clause first, at most 20.
    pub places: Vec<QuotePlace>,
    /// Whether it stands in a document that is in force on the day asked for, or else today: false where it stands only
    /// in versions that are not; null without a place and where nothing is said of it.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub in_force: Option<bool>,
    /// Where altered: the passage and the quote piece by piece. All `document` texts together are
    /// the passage, all `quote` texts the quote.
    pub differences: Vec<Difference>,
    /// Where altered: the differences by which it says otherwise than the passage, 千分之五 for 万分之五.
    #[serde(default)]
    pub contradictions: Vec<Contradiction>,
    /// Whether the first place is the cited one; null where no place was cited.
    #[cfg_attr(feature = "schema", schema(required))]
    pub as_cited: Option<bool>,
    /// The state of the document it is cited from; null where none was named.
    #[cfg_attr(feature = "schema", schema(required))]
    pub cited_document: Option<CitedDocument>,
    /// How well the first place supports the statement; null without a statement or a place.
    #[cfg_attr(feature = "schema", schema(required))]
    pub support: Option<Support>,
}

/// The verification of a statement and the quotes given for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Verification {
    /// The statement as given.
    #[cfg_attr(feature = "schema", schema(required))]
    pub statement: Option<String>,
    /// The best support among the quotes, 0 to 1; 0 where no quote is there at all, null without
    /// a statement.
    #[cfg_attr(feature = "schema", schema(required))]
    pub support: Option<f32>,
    /// The quotes, in the order given.
    pub citations: Vec<VerifiedQuote>,
    /// How long it took, in milliseconds.
    pub total_ms: f64,
}

/// A piece of the passage and of the quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Difference {
    /// What the quote did to the document's text.
    pub op: DifferenceKind,
    /// The document's text; empty for an insertion.
    pub document: String,
    /// The quote's text; empty for a deletion.
    pub quote: String,
}

/// What a quote did to the document's text: left it `equal` (writing apart), or `insert`, `delete` or `replace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The same, writing apart.
    Equal,
    /// The quote has more.
    Insert,
    /// The quote has less.
    Delete,
    /// The quote has something else.
    Replace,
}

/// Something that an altered quote says otherwise than the passage that it is closest to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Contradiction {
    /// What kind of thing.
    pub kind: MismatchKind,
    /// The document's words, in normal form.
    pub document: String,
    /// The quote's words, in normal form.
    pub quote: String,
}

/// How well a quote supports a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Support {
    /// 0 to 1: about the probability that the quote says what the statement says.
    pub score: f32,
    /// How well the statement's tokens find their like in the quote, about 0 to 1.
    pub late: f32,
    /// Cosine of statement and quote.
    pub cosine: f32,
    /// Share of the statement's words, by rarity, that the quote holds; `None` across scripts.
    #[cfg_attr(feature = "schema", schema(required))]
    pub coverage: Option<f32>,
    /// Where the statement says something else than the quote.
    pub mismatches: Vec<Mismatch>,
}
