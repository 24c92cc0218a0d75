//! The engine's types as OpenAPI shows them. The JSON is written from the engine's own types; a test
//! holds the two together.
#![expect(dead_code, reason = "these types are described, never made")]
use utoipa::ToSchema;

/// A half-open range in a document's clean text, in Unicode scalar values and in UTF-8 bytes.
#[derive(ToSchema)]
pub(crate) struct Span {
    /// First character, counted in Unicode scalar values.
    char_start: usize,
    /// One past the last character, in Unicode scalar values.
    char_end: usize,
    /// First byte of the UTF-8 text.
    byte_start: usize,
    /// One past the last byte.
    byte_end: usize,
}

/// Which documents a question may rest on. An empty filter lets everything through.
#[derive(ToSchema)]
pub(crate) struct Filter {
    /// Only these documents; empty for all.
    #[schema(required = false)]
    document_ids: Vec<String>,
    /// Only documents of sources with these names; empty for all.
    #[schema(required = false)]
    sources: Vec<String>,
    /// Only documents whose issuer contains this text.
    issuer: Option<String>,
    /// Only documents dated on or after this day; undated ones are left out.
    #[schema(format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    date_from: Option<String>,
    /// Only documents dated on or before this day; undated ones are left out.
    #[schema(format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    date_to: Option<String>,
    /// Only clauses whose heading path contains this text.
    section: Option<String>,
}

/// A document as cited.
#[derive(ToSchema)]
pub(crate) struct DocumentRef {
    /// The document's id.
    id: String,
    /// Its title.
    title: String,
    /// Its date, where it has one.
    #[schema(required = true, format = Date)]
    date: Option<String>,
    /// SHA-256 of its clean text, to which spans refer.
    sha256: String,
}

/// A clause that an answer rests on, with the verbatim quote.
#[derive(ToSchema)]
pub(crate) struct Citation {
    /// The number in `[n]` in the answer, from 1.
    marker: u32,
    /// Relevance to the question, 0 to 1.
    score: f32,
    /// The document.
    document: DocumentRef,
    /// The clause's id.
    clause_id: String,
    /// The clause's number as cited, `（二）`; empty for a plain paragraph.
    label: String,
    /// Headings from the outermost to the clause's own.
    path: Vec<String>,
    /// The whole clause as printed.
    paragraph: String,
    /// Span of `paragraph` in the document's clean text.
    paragraph_span: Span,
    /// The verbatim evidence: the document's text at `span`.
    quote: String,
    /// Span of the quote in the document's clean text.
    span: Span,
    /// The shortest part of the quote that answers, where one was found.
    #[schema(required = true)]
    answer_span: Option<Span>,
}

/// A clause near the question, given with a refusal.
#[derive(ToSchema)]
pub(crate) struct Nearest {
    /// Relevance to the question, 0 to 1.
    score: f32,
    /// The document.
    document: DocumentRef,
    /// The clause's id.
    clause_id: String,
    /// The clause's number as cited; empty for a plain paragraph.
    label: String,
    /// Headings from the outermost to the clause's own.
    path: Vec<String>,
    /// The whole clause as printed.
    paragraph: String,
    /// Span of `paragraph` in the document's clean text.
    paragraph_span: Span,
}

/// Why there is no answer.
#[derive(ToSchema)]
pub(crate) struct Refusal {
    /// `no_match`: the documents do not answer.
    code: String,
    /// One sentence in the question's language.
    message: String,
}

/// How long each step took, in milliseconds.
#[derive(ToSchema)]
pub(crate) struct Timings {
    /// Embedding the question.
    embed: f64,
    /// Finding candidates.
    retrieve: f64,
    /// Scoring candidates and choosing evidence.
    rank: f64,
    /// From the call to the answer.
    total: f64,
}

/// An answer with its citations, or a refusal.
#[derive(ToSchema)]
pub(crate) struct Answer {
    /// The question as asked.
    question: String,
    /// Whether the documents answer it.
    answered: bool,
    /// Why not, where they do not.
    #[schema(required = true)]
    refusal: Option<Refusal>,
    /// Verbatim evidence with `[n]` markers; empty on refusal.
    answer: String,
    /// One for each marker, in the order of the markers.
    citations: Vec<Citation>,
    /// On refusal, the nearest clauses, best first.
    nearest: Vec<Nearest>,
    /// Estimated probability that the documents answer the question, 0 to 1.
    confidence: f32,
    /// How long each step took.
    timings_ms: Timings,
}

/// One ranked clause.
#[derive(ToSchema)]
pub(crate) struct SearchHit {
    /// Rank, from 1.
    rank: u32,
    /// Relevance to the query, 0 to 1.
    score: f32,
    /// The document.
    document: DocumentRef,
    /// The clause's id.
    clause_id: String,
    /// The clause's number as cited; empty for a plain paragraph.
    label: String,
    /// Headings from the outermost to the clause's own.
    path: Vec<String>,
    /// The whole clause as printed.
    paragraph: String,
    /// Span of `paragraph` in the document's clean text.
    paragraph_span: Span,
    /// Spans of the best sentences, best first.
    highlights: Vec<Span>,
}

/// Ranked clauses for a query.
#[derive(ToSchema)]
pub(crate) struct SearchResponse {
    /// The query as given.
    query: String,
    /// Hits, best first.
    hits: Vec<SearchHit>,
    /// How long each step took.
    timings_ms: Timings,
}

/// A document in the library.
#[derive(ToSchema)]
pub(crate) struct DocumentSummary {
    /// Its id: stays the same when the source is replaced.
    id: String,
    /// Its title.
    title: String,
    /// Who issued it.
    #[schema(required = true)]
    issuer: Option<String>,
    /// 文号.
    #[schema(required = true)]
    number: Option<String>,
    /// Its date.
    #[schema(required = true, format = Date)]
    date: Option<String>,
    /// BCP 47 language tag.
    language: String,
    /// SHA-256 of its clean text.
    sha256: String,
    /// Name of the source it came from: a file's name, or what the API was given.
    source: String,
    /// SHA-256 of the source's bytes.
    source_sha256: String,
    /// Its place among the documents of its source, from 0.
    ordinal: u32,
    /// Length of the clean text in Unicode scalar values.
    characters: usize,
    /// How many sections it has.
    sections: usize,
    /// How many clauses it has.
    clauses: usize,
    /// When it was added, ISO 8601.
    #[schema(format = DateTime)]
    added_at: String,
}

/// A page of documents.
#[derive(ToSchema)]
pub(crate) struct DocumentPage {
    /// The documents, in the order they were first added.
    documents: Vec<DocumentSummary>,
    /// Hand back as `cursor` for the next page; `None` on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A clause in full.
#[derive(ToSchema)]
pub(crate) struct ClauseView {
    /// The clause's id.
    id: String,
    /// The document.
    document: DocumentRef,
    /// The clause's number as cited; empty for a plain paragraph.
    label: String,
    /// Its own heading, where it has one.
    #[schema(required = true)]
    heading: Option<String>,
    /// Headings from the outermost to the clause's own.
    path: Vec<String>,
    /// The whole clause as printed.
    paragraph: String,
    /// Span of `paragraph` in the document's clean text.
    span: Span,
    /// Spans of its sentences.
    sentences: Vec<Span>,
    /// Id of the clause before it.
    #[schema(required = true)]
    previous: Option<String>,
    /// Id of the clause after it.
    #[schema(required = true)]
    next: Option<String>,
}

/// A quote as someone gives it.
#[derive(ToSchema)]
pub(crate) struct CitedQuote {
    /// The quoted text, 1 to 5,000 characters with a letter or digit among them.
    #[schema(min_length = 1, max_length = 5000)]
    quote: String,
    /// The document it is said to stand in.
    document_id: Option<String>,
    /// The clause it is said to stand in.
    clause_id: Option<String>,
    /// SHA-256 of the clean text that was quoted from.
    sha256: Option<String>,
}

/// Whether a quote stands in the documents: `exists`, `altered` (a passage is close to it) or
/// `absent`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum QuoteStatus {
    Exists,
    Altered,
    Absent,
}

/// What became of the document that a quote is said to stand in: `current`, `changed` (its SHA-256 is
/// another than the one given) or `missing`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum CitedDocument {
    Current,
    Changed,
    Missing,
}

/// Where a quote stands.
#[derive(ToSchema)]
pub(crate) struct QuotePlace {
    /// The document, with the SHA-256 of the version that holds it.
    document: DocumentRef,
    /// The clauses it reaches over, in the order of the text; empty where it stands in none.
    clause_ids: Vec<String>,
    /// The first clause's number as cited; empty for a plain paragraph.
    label: String,
    /// Headings from the outermost to the first clause's own.
    path: Vec<String>,
    /// Its span in the document's clean text.
    span: Span,
    /// The document's text at the span.
    text: String,
}

/// What the quote did to the document's text: left it `equal` (writing apart), or `insert`, `delete`
/// or `replace`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum DifferenceKind {
    Equal,
    Insert,
    Delete,
    Replace,
}

/// A piece of the passage and of the quote.
#[derive(ToSchema)]
pub(crate) struct Difference {
    /// What the quote did to the document's text.
    op: DifferenceKind,
    /// The document's text; empty for an insertion.
    document: String,
    /// The quote's text; empty for a deletion.
    quote: String,
}

/// What a statement and its quote differ in: another `number` in the same unit, a `missing_number`
/// that the quote has none for, another `modality` (should, may, must not), another `bound` (at most,
/// at least), or a `negation`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum MismatchKind {
    Number,
    MissingNumber,
    Modality,
    Bound,
    Negation,
}

/// Something that the statement says otherwise than the quote, or that the quote does not say.
#[derive(ToSchema)]
pub(crate) struct Mismatch {
    /// What kind of thing.
    kind: MismatchKind,
    /// The statement's words, in normal form.
    statement: String,
    /// The quote's words, in normal form; empty where it has none.
    quote: String,
}

/// How well a quote supports a statement.
#[derive(ToSchema)]
pub(crate) struct Support {
    /// 0 to 1: about the probability that the quote says what the statement says.
    score: f32,
    /// How well the statement's tokens find their like in the quote, about 0 to 1.
    late: f32,
    /// Cosine of statement and quote.
    cosine: f32,
    /// Share of the statement's words, by rarity, that the quote holds; null across scripts.
    #[schema(required = true)]
    coverage: Option<f32>,
    /// Where the statement says something else than the quote.
    mismatches: Vec<Mismatch>,
}

/// What is known of one quote.
#[derive(ToSchema)]
pub(crate) struct VerifiedQuote {
    /// The quote as given.
    quote: String,
    /// Whether it stands in the documents.
    status: QuoteStatus,
    /// It exists in another writing only: width, case, kind of brackets, quotation marks and dashes,
    /// white space, Traditional or Simplified characters.
    normalized: bool,
    /// How close the passage is, 0 to 1: 1 less the share of the quote's characters that differ; 0
    /// where it is absent.
    similarity: f32,
    /// Where it stands, or the closest passage: those in the cited clause first, at most 20.
    places: Vec<QuotePlace>,
    /// Where altered: the passage and the quote piece by piece. All `document` texts together are the
    /// passage, all `quote` texts the quote.
    differences: Vec<Difference>,
    /// Whether the first place is where the quote is said to stand; null where that was not said.
    #[schema(required = true)]
    as_cited: Option<bool>,
    /// What became of the document it is said to stand in; null where none was named.
    #[schema(required = true)]
    cited_document: Option<CitedDocument>,
    /// How well the first place supports the statement; null without a statement or a place.
    #[schema(required = true)]
    support: Option<Support>,
}

/// What is known of a statement and the quotes given for it.
#[derive(ToSchema)]
pub(crate) struct Verification {
    /// The statement as given.
    #[schema(required = true)]
    statement: Option<String>,
    /// The best support among the quotes, 0 to 1; 0 where no quote is there at all, null without a
    /// statement.
    #[schema(required = true)]
    support: Option<f32>,
    /// The quotes, in the order given.
    citations: Vec<VerifiedQuote>,
    /// How long it took, in milliseconds.
    total_ms: f64,
}
