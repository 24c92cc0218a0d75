//! Questions about a document itself: when it was issued, by whom, its 文号, its title.
//!
//! These are in a document's head and signature, which are no clauses and so in no index. Such a question
//! is recognised by its words, the document by its title or a demonstrative (这份通知, this notice), and
//! the answer quotes the line.

mod words;

use yiju_document::{Document, Particular, ParticularPlace};
use yiju_embed::{EmbedQueue, InputType, Priority};
use yiju_store::{DocumentRecord, Store};
use yiju_text::chars::is_han;
use yiju_text::normalize;

use crate::ask::named::Named;
use crate::ask::question::{Language, Question};
use crate::ask::scope::Scope;
use crate::error::EngineError;
use words::Asked;
pub(crate) use words::Kind;

/// Most documents that one answer quotes: a question that fits more means none of them.
const MOST_DOCUMENTS: usize = 3;
/// Share of the question's other words, by weight, that a title must hold to be the one meant.
const NAMED_SHARE: f32 = 0.75;
/// Most titles that are compared across languages.
const MOST_TITLES: usize = 64;
/// Least cosine of what the question calls the document and a title in another language: unrelated ones
/// are 0.72 to 0.80, the right ones 0.81 to 0.85.
const NAMED_COSINE: f32 = 0.81;
/// How far the best such title must be before the next.
const NAMED_MARGIN: f32 = 0.012;

/// What was asked of documents, and where they say it.
pub(crate) struct Particulars {
    pub what: Particular,
    pub found: Vec<(DocumentRecord, Document, ParticularPlace)>,
    /// The document meant, where it does not say it.
    pub silent: Option<DocumentRecord>,
}

/// Whether `question` has the words of one that asks for a particular.
pub(crate) fn may_ask(question: &Question) -> bool {
    words::may_ask(question).is_some()
}

/// Whether `question` has the words of one that asks what was done with a document, and when.
pub(crate) fn asks_of_deeds(question: &Question) -> bool {
    use Particular::{Adopted, Adopter, InForce, Proclaimed, Revised};
    matches!(words::may_ask(question), Some(Adopted | Adopter | InForce | Proclaimed | Revised))
}

/// The particulars that `question` asks for; `None` where it asks for none, or for those of documents
/// that cannot be identified.
pub(crate) fn look_up(
    store: &Store,
    scope: &Scope,
    model: &EmbedQueue,
    question: &Question,
    names: &Named,
) -> Result<Option<Particulars>, EngineError> {
    if !question.references.is_empty() || names.absent.is_some() {
        return Ok(None);
    }
    let Some(asked) = Asked::of(question, names) else {
        return Ok(None);
    };
    let meant = if asked.by_name {
        names.documents().into_iter().cloned().collect()
    } else {
        let mut records = Vec::new();
        store.for_each_document(|record| {
            if scope.accepts_document(&record.id) {
                records.push(record);
            }
        })?;
        match (asked.matter.is_empty(), asked.language) {
            (true, _) => pointed_at(records, &asked),
            (false, Language::Chinese) => named(records, &asked),
            (false, Language::English) => named_across(records, &asked, model)?,
        }
    };
    if meant.is_empty() || meant.len() > MOST_DOCUMENTS {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut silent = None;
    let mut texts = String::new();
    for record in meant {
        let Some((record, document)) = store.document(&record.id)? else {
            continue;
        };
        let said = asked.what_counts().iter().find_map(|what| document.particular(*what));
        match said {
            Some(place) => found.push((record, document, place)),
            None => {
                texts.push_str(&document.text);
                silent = silent.or(Some(record));
            }
        }
    }
    // That a document has no number is an answer; its date or issuer may be in a clause.
    let answers = asked.what == Particular::Number || asked.by_name && asked.is_unsaid(&texts);
    let settled = !found.is_empty() || (answers && silent.is_some());
    Ok(settled.then_some(Particulars { what: asked.what, found, silent }))
}

/// Documents of the kind that the demonstrative names; for documents in general those with an issuer or
/// a number, if there are any.
fn pointed_at(records: Vec<DocumentRecord>, asked: &Asked) -> Vec<DocumentRecord> {
    let of_kind: Vec<DocumentRecord> =
        records.iter().filter(|record| asked.is_kind_of(record)).cloned().collect();
    if !of_kind.is_empty() || asked.names_kind() {
        return of_kind;
    }
    let official: Vec<DocumentRecord> = records
        .iter()
        .filter(|record| record.issuer.is_some() || record.number.is_some())
        .cloned()
        .collect();
    if official.is_empty() { records } else { official }
}

/// The documents whose title, or issuer, holds the most of the question's other words.
fn named(records: Vec<DocumentRecord>, asked: &Asked) -> Vec<DocumentRecord> {
    let total: f32 = asked.matter.iter().map(|(_, weight)| weight).sum();
    let mut best = NAMED_SHARE;
    let mut named = Vec::new();
    for record in records {
        let title = normalize(&record.title);
        let issuer = normalize(record.issuer.as_deref().unwrap_or(""));
        let held: f32 = asked
            .matter
            .iter()
            .filter(|(word, _)| title.contains(word.as_str()) || issuer.contains(word.as_str()))
            .map(|(_, weight)| weight)
            .sum();
        let in_title = asked.matter.iter().any(|(word, _)| title.contains(word));
        let share = held / total.max(f32::MIN_POSITIVE);
        if !in_title || share < best || (asked.names_kind() && !asked.is_kind_of(&record)) {
            continue;
        }
        if share > best {
            best = share;
            named.clear();
        }
        named.push(record);
    }
    named
}

/// The document whose title, in another language, is what the question calls it.
fn named_across(
    records: Vec<DocumentRecord>,
    asked: &Asked,
    model: &EmbedQueue,
) -> Result<Vec<DocumentRecord>, EngineError> {
    let (own, other): (Vec<DocumentRecord>, Vec<DocumentRecord>) = records
        .into_iter()
        .filter(|record| asked.is_kind_of(record) || !asked.names_kind())
        .partition(|record| !record.title.chars().any(is_han));
    let same = named(own, asked);
    if !same.is_empty() || other.is_empty() || other.len() > MOST_TITLES {
        return Ok(same);
    }
    let titles: Vec<&str> = other.iter().map(|record| record.title.as_str()).collect();
    let name = model.embed(Priority::Question, InputType::Query, &[asked.name.as_str()])?;
    let vectors = model.embed(Priority::Question, InputType::Passage, &titles)?;
    let Some(name) = name.first() else {
        return Ok(Vec::new());
    };
    let mut cosines: Vec<(f32, usize)> = vectors
        .iter()
        .map(|title| {
            let products = title.vector.iter().zip(&name.vector);
            products.map(|(a, b)| a * b).sum::<f32>()
        })
        .zip(0..)
        .collect();
    cosines.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(best, at)) = cosines.first() else {
        return Ok(Vec::new());
    };
    let next = cosines.get(1).map_or(0.0, |(cosine, _)| *cosine);
    Ok(if best >= NAMED_COSINE && best - next >= NAMED_MARGIN {
        other.into_iter().nth(at).into_iter().collect()
    } else {
        Vec::new()
    })
}
