//! Citations: each quote is cut from the text at its span, and checked.

use yiju_document::{Document, ParticularPlace, Role, Span};
use yiju_store::{ClauseRecord, DocumentRecord, Store};

use crate::ask::lookup::Section;
use crate::ask::rerank::Read;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::response::{AlsoIn, Citation, ClauseRef, DocumentRef, QuotePart};

/// Another place of a quote, as a citation gives it.
pub(super) fn also_in(ranked: &[Read], &(candidate, span): &(usize, Span)) -> Option<AlsoIn> {
    let record = &ranked.get(candidate)?.record;
    Some(AlsoIn {
        document: DocumentRef::of(&record.document),
        clause_id: record.id(),
        label: record.clause.label.clone(),
        path: record.path.clone(),
        span,
    })
}

pub(super) fn part(of: &ClauseRecord, span: Span) -> Result<QuotePart, EngineError> {
    let quote = of.slice(span).map(str::to_owned);
    let differs = || EngineError::QuoteDiffers { clause_id: of.id() };
    quote.map(|quote| QuotePart { quote, span }).ok_or_else(differs)
}

/// The parts of a clause at `spans`, and the lead-in of the clause that leads in to it, where there is one.
pub(crate) fn context(
    engine: &Engine,
    record: &ClauseRecord,
    spans: &[Span],
) -> Result<Vec<QuotePart>, EngineError> {
    let mut parts = Vec::new();
    // A lead-in may itself be led in to.
    let mut above = record.clause.lead;
    while let Some(at) = above {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        let Some(lead) = engine.library.store.clause(&record.document.id, index)? else { break };
        if let Some(&last) = lead.clause.sentences.last() {
            parts.push(part(&lead, last)?);
        }
        // It comes before what it leads in to.
        above = lead.clause.lead.filter(|&next| next < at);
    }
    parts.reverse();
    for &span in spans {
        parts.push(part(record, span)?);
    }
    Ok(parts)
}

/// Cites a span of a clause. The quote is cut from the clause's text at the span, which the store
/// verified against the document's; a span that does not fit is an error, never a citation.
pub(super) fn cite(
    marker: u32,
    record: &ClauseRecord,
    span: Span,
    score: f32,
) -> Result<Citation, EngineError> {
    let quote = record
        .slice(span)
        .filter(|quote| {
            quote.chars().count() == span.char_end.saturating_sub(span.char_start)
                && !quote.is_empty()
        })
        .ok_or_else(|| EngineError::QuoteDiffers { clause_id: record.id() })?;
    let clause = ClauseRef::of(record);
    let citation = citation(marker, score, clause, quote.to_owned(), span);
    Ok(Citation { roles: roles(record, span), ..citation })
}

/// A citation of which nothing more is known than its quote.
fn citation(marker: u32, score: f32, clause: ClauseRef, quote: String, span: Span) -> Citation {
    Citation {
        marker,
        score,
        clause,
        quote,
        span,
        answer_span: None,
        context: Vec::new(),
        also_in: Vec::new(),
        roles: Vec::new(),
        page: None,
        boxes: Vec::new(),
        recognised: false,
        recognition_confidence: None,
    }
}

/// The roles of the sentences that begin in a span of a clause.
fn roles(record: &ClauseRecord, span: Span) -> Vec<Role> {
    let begins = |sentence: &Span| {
        span.byte_start <= sentence.byte_start && sentence.byte_start < span.byte_end
    };
    let sentences = record.clause.sentences.iter().zip(&record.clause.roles);
    sentences.filter(|(sentence, _)| begins(sentence)).map(|(_, role)| *role).collect()
}

/// Cites a line of a document. A line of the head is no clause: it is cited with the id of the first
/// clause, as a section is, and is its own paragraph.
pub(super) fn cite_line(
    store: &Store,
    marker: u32,
    record: &DocumentRecord,
    document: &Document,
    place: &ParticularPlace,
) -> Result<Citation, EngineError> {
    let index = u32::try_from(place.clause.unwrap_or(0)).unwrap_or(u32::MAX);
    let differs = || EngineError::QuoteDiffers { clause_id: format!("{}.{index}", record.id) };
    let clause = store
        .clauses(&[(record.id.as_str(), index)])?
        .into_iter()
        .flatten()
        .next()
        .ok_or_else(differs)?;
    let mut citation = if place.clause.is_some() {
        // Of a line in the body the sentence that holds the part.
        let part = place.part.unwrap_or(place.line);
        let holds =
            |span: &&Span| span.byte_start <= part.byte_start && part.byte_end <= span.byte_end;
        let sentence = clause.clause.sentences.iter().find(holds).copied();
        cite(marker, &clause, sentence.unwrap_or(place.line), 1.0)?
    } else {
        let line = document.slice(place.line).to_owned();
        if line.is_empty() {
            return Err(differs());
        }
        let clause = ClauseRef {
            document: DocumentRef::of(record),
            clause_id: clause.id(),
            label: String::new(),
            path: Vec::new(),
            paragraph: line.clone(),
            paragraph_span: place.line,
            in_force: None,
            inferred: false,
        };
        citation(marker, 1.0, clause, line, place.line)
    };
    let within = |part: &Span| {
        citation.span.byte_start <= part.byte_start && part.byte_end <= citation.span.byte_end
    };
    citation.answer_span = place.part.filter(within);
    Ok(citation)
}

/// Cites a section by its heading; the paragraph is the whole section.
pub(super) fn cite_section(
    store: &Store,
    marker: u32,
    section: Section,
) -> Result<Citation, EngineError> {
    let first = &section.first;
    let differs = || EngineError::QuoteDiffers { clause_id: first.id() };
    let text = store.text(&first.document.id)?.ok_or_else(differs)?;
    let cut = |span: Span| {
        text.get(span.byte_start..span.byte_end)
            .filter(|part| part.chars().count() == span.char_end.saturating_sub(span.char_start))
            .map(str::to_owned)
            .ok_or_else(differs)
    };
    let clause = ClauseRef {
        document: DocumentRef::of(&first.document),
        clause_id: first.id(),
        label: section.label.clone(),
        path: section.path.clone(),
        paragraph: cut(section.span)?,
        paragraph_span: section.span,
        in_force: None,
        inferred: first.clause.inferred,
    };
    Ok(citation(marker, 1.0, clause, cut(section.heading)?, section.heading))
}
