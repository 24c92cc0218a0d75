//! Whether quotes stand in the documents, and how well they support a statement.
//!
//! A quote is looked for where it is said to stand, word for word and then in another writing. If it
//! is not there, or no place is named, it is looked for word for word in the documents of the clauses
//! that share most words with it, then in all texts one after the other: only that shows that a quote
//! stands nowhere. Last come another writing and the closest passage, in the cited document and in
//! those of the shared words ([`CANDIDATES`] of them).
//!
//! Cost: a quote that stands where it is said to takes the reading of that one document, any other
//! that exists a few documents more. A quote that is altered or absent takes the reading of every
//! text, in proportion to the library, and the folding of at most nine documents.

mod align;
mod claims;
mod find;
mod support;

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use yiju_document::{Document, Span};
use yiju_embed::Cancel;
use yiju_store::DocumentRecord;

use crate::ask::compose::reference;
use crate::engine::{Engine, check_text, milliseconds};
use crate::error::{EngineError, go_on};
use crate::response::DocumentRef;
pub use align::{Difference, DifferenceKind};
pub use claims::{Mismatch, MismatchKind};
pub use support::Support;

/// The longest statement, in characters.
const LONGEST_STATEMENT: usize = 2_000;
/// The longest quote, in characters.
const LONGEST_QUOTE: usize = 5_000;
/// The most citations of one request.
const MOST_CITATIONS: usize = 20;
/// The most places given for a quote.
const MOST_PLACES: usize = 20;
/// Documents looked through for another writing of a quote or the closest passage.
const CANDIDATES: usize = 8;
/// The least similarity at which a passage is the quote, altered.
const LEAST_SIMILARITY: f32 = 0.6;

/// A quote as someone gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CitedQuote {
    /// The quoted text, 1 to 5,000 characters with a letter or digit among them.
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 5000))]
    pub quote: String,
    /// The document it is said to stand in.
    #[serde(default)]
    pub document_id: Option<String>,
    /// The clause it is said to stand in.
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
}

/// Whether a quote stands in the documents: `exists`, `altered` (a passage is close to it) or
/// `absent`.
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

/// What became of the document that a quote is said to stand in: `current`, `changed` (its SHA-256 is
/// another than the one given) or `missing`.
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

/// Where a quote stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuotePlace {
    /// The document, with the SHA-256 of the version that holds it.
    pub document: DocumentRef,
    /// The clauses it reaches over, in the order of the text; empty where it stands in none.
    pub clause_ids: Vec<String>,
    /// The first clause's number as cited; empty for a plain paragraph.
    pub label: String,
    /// Headings from the outermost to the first clause's own.
    pub path: Vec<String>,
    /// Its span in the document's clean text.
    pub span: Span,
    /// The document's text at the span.
    pub text: String,
}

/// What is known of one quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VerifiedQuote {
    /// The quote as given.
    pub quote: String,
    /// Whether it stands in the documents.
    pub status: QuoteStatus,
    /// It exists in another writing only: width, case, kind of brackets, quotation marks and dashes,
    /// white space, Traditional or Simplified characters.
    pub normalized: bool,
    /// How close the passage is, 0 to 1: 1 less the share of the quote's characters that differ;
    /// 0 where it is absent.
    pub similarity: f32,
    /// Where it stands, or the closest passage: those in the cited clause first, at most 20.
    pub places: Vec<QuotePlace>,
    /// Where altered: the passage and the quote piece by piece. All `document` texts together are
    /// the passage, all `quote` texts the quote.
    pub differences: Vec<Difference>,
    /// Whether the first place is where the quote is said to stand; null where that was not said.
    #[cfg_attr(feature = "schema", schema(required))]
    pub as_cited: Option<bool>,
    /// What became of the document it is said to stand in; null where none was named.
    #[cfg_attr(feature = "schema", schema(required))]
    pub cited_document: Option<CitedDocument>,
    /// How well the first place supports the statement; null without a statement or a place.
    #[cfg_attr(feature = "schema", schema(required))]
    pub support: Option<Support>,
}

/// What is known of a statement and the quotes given for it.
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

/// A document with its text and clauses.
struct Whole {
    record: DocumentRecord,
    document: Document,
}

impl Engine {
    /// Says of each quote whether the documents hold it, where and in which version, and how well it
    /// supports the statement.
    ///
    /// # Errors
    /// The statement, a quote or their number is out of range, or a part failed. A quote that does
    /// not exist is no error.
    pub fn verify(&self, request: &VerifyRequest) -> Result<Verification, EngineError> {
        self.verify_unless(request, &Cancel::default())
    }

    /// As [`Engine::verify`], given up between two quotes or two documents once `cancel` says so.
    ///
    /// # Errors
    /// As [`Engine::verify`], and [`EngineError::Cancelled`].
    pub fn verify_unless(
        &self,
        request: &VerifyRequest,
        cancel: &Cancel,
    ) -> Result<Verification, EngineError> {
        let start = Instant::now();
        check(request)?;
        let mut citations = Vec::with_capacity(request.citations.len());
        for cited in &request.citations {
            citations.push(self.verify_quote(cited, cancel)?);
        }
        let mut best = None;
        if let Some(statement) = &request.statement {
            let supports = support::supports(self, statement, &citations)?;
            best = Some(
                supports
                    .iter()
                    .flatten()
                    .map(|s| s.score)
                    .fold(0.0, f32::max),
            );
            for (citation, support) in citations.iter_mut().zip(supports) {
                citation.support = support;
            }
        }
        Ok(Verification {
            statement: request.statement.clone(),
            support: best,
            citations,
            total_ms: milliseconds(start),
        })
    }

    fn verify_quote(
        &self,
        cited: &CitedQuote,
        cancel: &Cancel,
    ) -> Result<VerifiedQuote, EngineError> {
        go_on(cancel)?;
        let place = self.cited_place(cited)?;
        let mut found = VerifiedQuote {
            quote: cited.quote.clone(),
            status: QuoteStatus::Absent,
            normalized: false,
            similarity: 0.0,
            places: Vec::new(),
            differences: Vec::new(),
            as_cited: None,
            cited_document: place.state,
            support: None,
        };
        let quote = find::Folds::of(&cited.quote);
        let said = self.load(place.document_id.iter().cloned())?;
        // Where it is said to stand it may stand in another writing; elsewhere that counts less
        // than word for word.
        let mut places = verbatim(&said, &cited.quote);
        if places.is_empty() {
            places = folded(&said, &quote);
            found.normalized = !places.is_empty();
        }
        if places.is_empty() {
            let others = self.others(&place, &cited.quote)?;
            places = verbatim(&others, &cited.quote);
            if places.is_empty() {
                places = self.read_all(&cited.quote, &said, &others, cancel)?;
            }
            if places.is_empty() {
                places = folded(&others, &quote);
                found.normalized = !places.is_empty();
            }
            if places.is_empty() {
                let all: Vec<&Whole> = said.iter().chain(&others).collect();
                closest(&mut found, &quote, &all);
            }
        }
        if !places.is_empty() {
            places.sort_by_key(|one| !place.is(one));
            places.truncate(MOST_PLACES);
            found.status = QuoteStatus::Exists;
            found.similarity = 1.0;
            found.places = places;
        }
        if place.state.is_some() {
            found.as_cited = Some(found.places.first().is_some_and(|first| place.is(first)));
        }
        Ok(found)
    }

    fn load(&self, ids: impl IntoIterator<Item = String>) -> Result<Vec<Whole>, EngineError> {
        let mut documents = Vec::new();
        for id in ids {
            if let Some((record, document)) = self.store.document(&id)? {
                documents.push(Whole { record, document });
            }
        }
        Ok(documents)
    }

    /// The documents of the clauses that share most with the quote, the cited one apart.
    fn others(&self, place: &CitedPlace, quote: &str) -> Result<Vec<Whole>, EngineError> {
        let hits = self
            .fresh_indexes()?
            .lexical
            .search(quote, 4 * CANDIDATES, None)
            .map_err(|source| EngineError::Index {
                index: "lexical",
                source,
            })?;
        let passages: Vec<u64> = hits.iter().map(|hit| hit.id).collect();
        let places: HashMap<u64, String> = self
            .store
            .passages(&passages)?
            .into_iter()
            .map(|place| (place.id, place.document_id))
            .collect();
        let mut ids: Vec<String> = Vec::new();
        for id in passages.iter().filter_map(|id| places.get(id)) {
            if place.document_id.as_ref() != Some(id) && !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids.truncate(CANDIDATES);
        self.load(ids)
    }

    /// The places in all documents that hold `quote` word for word; those of `seen` do not.
    fn read_all(
        &self,
        quote: &str,
        said: &[Whole],
        others: &[Whole],
        cancel: &Cancel,
    ) -> Result<Vec<QuotePlace>, EngineError> {
        let seen: HashSet<&str> = said
            .iter()
            .chain(others)
            .map(|whole| whole.record.id.as_str())
            .collect();
        let mut ids = Vec::new();
        self.store.for_each_document(|record| ids.push(record.id))?;
        let mut places = Vec::new();
        for id in ids.into_iter().filter(|id| !seen.contains(id.as_str())) {
            go_on(cancel)?;
            let holds = self
                .store
                .text(&id)?
                .is_some_and(|text| text.contains(quote));
            if holds {
                places.extend(verbatim(&self.load([id])?, quote));
            }
            if places.len() >= MOST_PLACES {
                break;
            }
        }
        Ok(places)
    }

    /// Where a quote is said to stand, and what became of that document.
    fn cited_place(&self, cited: &CitedQuote) -> Result<CitedPlace, EngineError> {
        let of_clause = cited
            .clause_id
            .as_deref()
            .and_then(|id| id.rsplit_once('.'));
        let named = match (&cited.document_id, of_clause) {
            (Some(id), _) => Some(id.clone()),
            (None, Some((document, _))) => Some(document.to_owned()),
            (None, None) => cited.clause_id.clone(),
        };
        let Some(id) = named else {
            return self.cited_version(cited);
        };
        let record = self.store.document_record(&id)?;
        let state = match &record {
            None => CitedDocument::Missing,
            Some(record) => match &cited.sha256 {
                Some(sha256) if !sha256.eq_ignore_ascii_case(&record.sha256) => {
                    CitedDocument::Changed
                }
                _ => CitedDocument::Current,
            },
        };
        Ok(CitedPlace {
            document_id: record.map(|record| record.id),
            clause_id: cited.clause_id.clone(),
            state: Some(state),
        })
    }

    /// The document whose text has the SHA-256 given, where that is all that was given.
    fn cited_version(&self, cited: &CitedQuote) -> Result<CitedPlace, EngineError> {
        let Some(sha256) = &cited.sha256 else {
            return Ok(CitedPlace {
                document_id: None,
                clause_id: None,
                state: None,
            });
        };
        let mut document_id = None;
        self.store.for_each_document(|record| {
            if document_id.is_none() && record.sha256.eq_ignore_ascii_case(sha256) {
                document_id = Some(record.id);
            }
        })?;
        Ok(CitedPlace {
            state: Some(match document_id {
                Some(_) => CitedDocument::Current,
                None => CitedDocument::Missing,
            }),
            document_id,
            clause_id: None,
        })
    }
}

fn verbatim(documents: &[Whole], quote: &str) -> Vec<QuotePlace> {
    documents
        .iter()
        .flat_map(|whole| find::verbatim(whole, quote))
        .collect()
}

fn folded(documents: &[Whole], quote: &find::Folds) -> Vec<QuotePlace> {
    documents
        .iter()
        .flat_map(|whole| find::folded(whole, quote))
        .collect()
}

/// Fills in the closest passage, where one is close enough.
fn closest(found: &mut VerifiedQuote, quote: &find::Folds, candidates: &[&Whole]) {
    let mut best: Option<(f32, &Whole, find::Folds, align::Alignment)> = None;
    for &whole in candidates {
        let text = find::Folds::of(&whole.document.text);
        let Some(alignment) = align::closest(&text, quote) else {
            continue;
        };
        let similarity = alignment.similarity(quote.len());
        if best.as_ref().is_none_or(|(other, ..)| similarity > *other) {
            best = Some((similarity, whole, text, alignment));
        }
    }
    let Some((similarity, whole, text, alignment)) =
        best.filter(|(similarity, ..)| *similarity >= LEAST_SIMILARITY)
    else {
        return;
    };
    let bytes = text.bytes(alignment.range());
    found.status = QuoteStatus::Altered;
    // Rounded down: what differs is never as good as the same.
    found.similarity = (similarity * 1e4).floor() / 1e4;
    found.differences = alignment.differences((&whole.document.text, &text), (&found.quote, quote));
    found.places = vec![find::place(whole, bytes)];
}

/// Where a quote is said to stand.
struct CitedPlace {
    /// The document, where it is in the library.
    document_id: Option<String>,
    clause_id: Option<String>,
    state: Option<CitedDocument>,
}

impl CitedPlace {
    fn is(&self, place: &QuotePlace) -> bool {
        match (&self.clause_id, &self.document_id) {
            (Some(clause), _) => place.clause_ids.contains(clause),
            (None, Some(document)) => place.document.id == *document,
            (None, None) => false,
        }
    }
}

fn check(request: &VerifyRequest) -> Result<(), EngineError> {
    if let Some(statement) = &request.statement {
        check_text(
            "the statement's length in characters",
            statement,
            LONGEST_STATEMENT,
        )?;
    }
    let count = request.citations.len();
    if count == 0 || count > MOST_CITATIONS {
        return Err(EngineError::OutOfRange {
            what: "the number of citations",
            range: format!("1 to {MOST_CITATIONS}"),
            value: count.to_string(),
        });
    }
    for cited in &request.citations {
        check_text(
            "a quote's length in characters",
            &cited.quote,
            LONGEST_QUOTE,
        )?;
        if let (Some(document), Some(clause)) = (&cited.document_id, &cited.clause_id)
            && clause.rsplit_once('.').map(|(of, _)| of) != Some(document)
        {
            return Err(EngineError::OutOfRange {
                what: "clause_id",
                range: format!("a clause of the document {document}, as {document}.0 is"),
                value: clause.clone(),
            });
        }
    }
    Ok(())
}

fn document_ref(record: &DocumentRecord) -> DocumentRef {
    reference(record)
}
