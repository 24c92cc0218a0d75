//! What is asked about a text and its sources, and what is answered; the JSON of these types is the API's.

use serde::{Deserialize, Serialize};
use yiju_document::Span;

use crate::response::{ClauseRef, Filter};

/// A text to check, and what it is to be checked against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundRequest {
    /// The text, 1 to 20,000 characters. Markers in it, `[2]` or `【1,3】`, say which sources a sentence cites.
    pub answer: String,
    /// The sources, at most 100, of 60,000 characters together. None: what is looked for is the clauses of the library
    /// that are nearest to each sentence.
    #[serde(default)]
    pub sources: Vec<GroundSource>,
    /// Which documents of the library to look in, where no sources are given.
    #[serde(default)]
    pub filter: Filter,
    /// The least support, 0 to 1, with which a sentence counts as supported; `None` for the engine's own,
    /// [`GROUND_THRESHOLD`].
    #[serde(default)]
    pub threshold: Option<f32>,
}

/// The least support with which a sentence counts as supported, where the caller names none.
pub const GROUND_THRESHOLD: f32 = 0.5;

/// Something that a text may rest on: a text, or a clause of the library.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GroundSource {
    /// The number by which `[n]` in the answer cites it, 1 to 999; left out, its place in the list, from 1.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 999))]
    pub marker: Option<u32>,
    /// The caller's own name for it, given back as it is.
    #[serde(default)]
    pub id: Option<String>,
    /// What it is called. Names, dates and 文号 of a title may be said of its text.
    #[serde(default)]
    pub title: Option<String>,
    /// Its text; either this or `clause_id`.
    #[serde(default)]
    pub text: Option<String>,
    /// The document that the clause is of.
    #[serde(default)]
    pub document_id: Option<String>,
    /// A clause of the library; either this or `text`.
    #[serde(default)]
    pub clause_id: Option<String>,
}

impl GroundSource {
    /// A text, cited as `[marker]`.
    pub fn of_text(marker: u32, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            marker: Some(marker),
            title: Some(title.into()),
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// A clause of the library, cited as `[marker]`.
    pub fn of_clause(marker: u32, clause_id: impl Into<String>) -> Self {
        Self { marker: Some(marker), clause_id: Some(clause_id.into()), ..Self::default() }
    }
}

/// What was found out about a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Grounding {
    /// The share of the sentences to be checked that are supported, 0 to 1; null where none needs to be.
    #[cfg_attr(feature = "schema", schema(required))]
    pub support: Option<f32>,
    /// The least support with which a sentence counted as supported.
    pub threshold: f32,
    /// The sentences in their order.
    pub claims: Vec<GroundedClaim>,
    /// What contradicts its source, over all sentences.
    pub contradictions: Vec<GroundContradiction>,
    /// The sources, as given or as found, in their order.
    pub sources: Vec<GroundedSource>,
    /// How long it took, in milliseconds.
    pub total_ms: f64,
}

/// A sentence of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroundedClaim {
    /// The sentence as written, without the markers at its end.
    pub text: String,
    /// Its span in the text.
    pub span: Span,
    /// The numbers of its markers, in their order.
    pub markers: Vec<u32>,
    /// Whether it says something that a source must hold: greetings, headings, questions and lead-ins do not.
    pub needs_check: bool,
    /// Whether it is supported: nothing failed, and the support reaches the threshold. True where it needs no check.
    pub supported: bool,
    /// 0 to 1: about the probability that the sources say what it says; null where it needs no check.
    #[cfg_attr(feature = "schema", schema(required))]
    pub score: Option<f32>,
    /// Where the sources say it, best first; what is nearest where they do not.
    pub citations: Vec<GroundCitation>,
    /// What is wrong with it; empty where it is supported.
    pub failures: Vec<GroundFailure>,
}

/// A place of a source that a sentence rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroundCitation {
    /// Index in `sources`.
    pub source: usize,
    /// The marker by which that source is cited.
    pub marker: u32,
    /// The span: of the source's text, or of the document's clean text for a clause of the library.
    pub span: Span,
    /// The verbatim text at the span.
    pub quote: String,
}

/// Why a sentence is not supported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroundFailure {
    /// What kind of thing.
    pub kind: GroundFailureKind,
    /// The sentence's words, in normal form; empty where it leaves something out.
    pub claim: String,
    /// The source's words, in normal form; empty where it has none.
    pub source: String,
}

/// What is wrong with a sentence.
///
/// A `quotation` that is in no source cited; a `number`, `date`, `amount`, `article`, `document_number` (文号), `body`,
/// `place` or `name` that the evidence does not have; another `modality` (should, may, must not), a `negation`, another
/// `bound` (at most, at least), a wider `scope` (all for some, only, a hedge left out), a `condition` left out or turned, another
/// `order` (before, after), `period` or `direction`; a `wrong_source`: another source than the one cited says it; `unsupported`: no
/// source says it; `unknown_marker`: no source has the number that it cites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GroundFailureKind {
    /// A quotation that is in no source cited.
    Quotation,
    /// Another number.
    Number,
    /// Another date.
    Date,
    /// Another sum of money or share.
    Amount,
    /// Another article, section or item.
    Article,
    /// Another 文号.
    DocumentNumber,
    /// Another body or role: 公安机关, 承租人.
    Body,
    /// Another place.
    Place,
    /// Another proper name, title or word in Latin letters.
    Name,
    /// Another duty: 应当, 可以, 不得, 无需.
    Modality,
    /// What the one denies the other affirms.
    Negation,
    /// At most for at least.
    Bound,
    /// All for some; only; a hedge left out.
    Scope,
    /// A condition or exception left out, or turned round.
    Condition,
    /// Before for after.
    Order,
    /// How often.
    Period,
    /// More for less.
    Direction,
    /// Another source than the one cited says it.
    WrongSource,
    /// No source says it.
    Unsupported,
    /// No source has the number cited.
    UnknownMarker,
}

impl GroundFailureKind {
    /// Whether the sentence contradicts its source, rather than saying what that does not.
    pub fn contradicts(self) -> bool {
        matches!(
            self,
            Self::Modality
                | Self::Negation
                | Self::Bound
                | Self::Scope
                | Self::Condition
                | Self::Order
                | Self::Period
                | Self::Direction
        )
    }
}

/// A failure with the sentence that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroundContradiction {
    /// Index in `claims`.
    pub claim_index: usize,
    /// What contradicts.
    #[serde(flatten)]
    pub failure: GroundFailure,
}

/// A source, as checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroundedSource {
    /// The number by which it is cited.
    pub marker: u32,
    /// The caller's name for it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub id: Option<String>,
    /// What it is called; empty where nobody said.
    pub title: String,
    /// The clause, where it is one of the library.
    #[cfg_attr(feature = "schema", schema(required))]
    pub clause: Option<ClauseRef>,
}
