//! Looking for one quote.
//!
//! A quote is looked for in the cited document, word for word and then in another writing. If it is not
//! there, or no place is cited, it is looked for word for word in the documents of the clauses that share
//! most words with it, then in all texts one after the other: only that shows that a quote is absent.
//! Last come another writing and the closest passage, in the cited document and in those of the shared
//! words ([`CANDIDATES`] of them).
//!
//! Cost: a quote at the cited place takes the reading of that one document, any other that exists a few
//! documents more. A quote that is altered or absent takes the reading of every
//! text, in proportion to the library, and the folding of at most nine documents.

use std::collections::{HashMap, HashSet};

use yiju_store::Store;

use super::align;
use super::claims::{MismatchKind, mismatches};
use super::find::{self, Whole};
use super::folds::Folds;
use super::report::{
    CitedDocument, CitedQuote, Contradiction, QuotePlace, QuoteStatus, VerifiedQuote,
};
use crate::error::{EngineError, go_on};
use crate::keep::library::Library;
use crate::limits::MOST_PLACES;

/// Documents looked through for another writing of a quote or the closest passage.
const CANDIDATES: usize = 8;
/// The least similarity at which a passage is the quote, altered.
const LEAST_SIMILARITY: f32 = 0.6;

/// Says whether the documents hold a quote, and where.
pub(super) fn verify(library: &Library, cited: &CitedQuote) -> Result<VerifiedQuote, EngineError> {
    go_on()?;
    let place = cited_place(&library.store, cited)?;
    let mut found = VerifiedQuote {
        quote: cited.quote.clone(),
        status: QuoteStatus::Absent,
        normalized: false,
        similarity: 0.0,
        places: Vec::new(),
        in_force: None,
        differences: Vec::new(),
        contradictions: Vec::new(),
        as_cited: None,
        cited_document: place.state,
        support: None,
    };
    let quote = Folds::of(&cited.quote);
    let said = load(&library.store, place.document_id.iter().cloned())?;
    // In the cited document another writing counts before a verbatim match elsewhere.
    let mut places = verbatim(&said, &cited.quote);
    if places.is_empty() {
        places = folded(&said, &quote);
        found.normalized = !places.is_empty();
    }
    if places.is_empty() {
        let others = others(library, &place, &cited.quote)?;
        places = verbatim(&others, &cited.quote);
        if places.is_empty() {
            places = read_all(&library.store, &cited.quote, &said, &others)?;
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

fn load(store: &Store, ids: impl IntoIterator<Item = String>) -> Result<Vec<Whole>, EngineError> {
    let mut documents = Vec::new();
    for id in ids {
        if let Some((record, document)) = store.document(&id)? {
            documents.push(Whole { record, document });
        }
    }
    Ok(documents)
}

/// The documents of the clauses that share most with the quote, the cited one apart.
fn others(library: &Library, place: &CitedPlace, quote: &str) -> Result<Vec<Whole>, EngineError> {
    let hits = library
        .fresh_indexes()?
        .lexical
        .search(quote, 4 * CANDIDATES, None)
        .map_err(|source| EngineError::Index { index: "lexical", source })?;
    let passages: Vec<u64> = hits.iter().map(|hit| hit.id).collect();
    let places: HashMap<u64, String> = library
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
    load(&library.store, ids)
}

/// The places in all documents that hold `quote` word for word; those of `seen` do not.
fn read_all(
    store: &Store,
    quote: &str,
    said: &[Whole],
    others: &[Whole],
) -> Result<Vec<QuotePlace>, EngineError> {
    let seen: HashSet<&str> =
        said.iter().chain(others).map(|whole| whole.record.id.as_str()).collect();
    let mut ids = Vec::new();
    store.for_each_document(|record| ids.push(record.id))?;
    let mut places = Vec::new();
    for id in ids.into_iter().filter(|id| !seen.contains(id.as_str())) {
        go_on()?;
        let holds = store.text(&id)?.is_some_and(|text| text.contains(quote));
        if holds {
            places.extend(verbatim(&load(store, [id])?, quote));
        }
        if places.len() >= MOST_PLACES {
            break;
        }
    }
    Ok(places)
}

/// The cited place, and the state of its document.
fn cited_place(store: &Store, cited: &CitedQuote) -> Result<CitedPlace, EngineError> {
    let of_clause = cited.clause_id.as_deref().and_then(|id| id.rsplit_once('.'));
    let named = match (&cited.document_id, of_clause) {
        (Some(id), _) => Some(id.clone()),
        (None, Some((document, _))) => Some(document.to_owned()),
        (None, None) => cited.clause_id.clone(),
    };
    let Some(id) = named else {
        return cited_version(store, cited);
    };
    let record = store.document_record(&id)?;
    let state = match &record {
        None => CitedDocument::Missing,
        Some(record) => match &cited.sha256 {
            Some(sha256) if !sha256.eq_ignore_ascii_case(&record.sha256) => CitedDocument::Changed,
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
fn cited_version(store: &Store, cited: &CitedQuote) -> Result<CitedPlace, EngineError> {
    let Some(sha256) = &cited.sha256 else {
        return Ok(CitedPlace { document_id: None, clause_id: None, state: None });
    };
    let mut document_id = None;
    store.for_each_document(|record| {
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

fn verbatim(documents: &[Whole], quote: &str) -> Vec<QuotePlace> {
    documents.iter().flat_map(|whole| find::verbatim(whole, quote)).collect()
}

fn folded(documents: &[Whole], quote: &Folds) -> Vec<QuotePlace> {
    documents.iter().flat_map(|whole| find::folded(whole, quote)).collect()
}

/// Fills in the closest passage, where one is close enough.
fn closest(found: &mut VerifiedQuote, quote: &Folds, candidates: &[&Whole]) {
    let mut best: Option<(f32, &Whole, Folds, align::Alignment)> = None;
    for &whole in candidates {
        let text = Folds::of(&whole.document.text);
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
    let said = whole.document.text.get(bytes.start..sentence_end(whole, &found.quote, bytes.end));
    let place = find::place(whole, bytes);
    let otherwise = mismatches(&found.quote, said.unwrap_or(&place.text)).into_iter();
    found.contradictions = otherwise
        .filter(|one| one.kind != MismatchKind::MissingNumber)
        .map(|one| Contradiction { kind: one.kind, document: one.quote, quote: one.statement })
        .collect();
    found.places = vec![place];
}

/// Where the passage that a quote is held against ends: with its sentence where the quote is a whole one, since the fewest
/// changes may stop short of it (处一万元以上三万元以 is nearer to 处三万元以上的罚款。 than with 下的罚款。).
fn sentence_end(whole: &Whole, quote: &str, end: usize) -> usize {
    const ENDS: [char; 5] = ['。', '；', '！', '？', '\n'];
    let text = &whole.document.text;
    if !quote.trim_end().ends_with(ENDS) || text[..end].ends_with(ENDS) {
        return end;
    }
    text[end..].find(ENDS).map_or(text.len(), |at| end + at)
}

/// The cited place of a quote.
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
