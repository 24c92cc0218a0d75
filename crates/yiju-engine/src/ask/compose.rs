//! Answers made of quotes, every one verified at its span.

use yiju_document::{Document, Particular, ParticularPlace, Span};
use yiju_store::{ClauseRecord, DocumentRecord, Store};
use yiju_text::chars::is_han;
use yiju_text::questions::Expected;

use crate::ask::about::Particulars;
use crate::ask::confidence;
use crate::ask::embedded::Embedded;
use crate::ask::lookup::{Found, Item, Section};
use crate::ask::question::{Language, Question};
use crate::ask::rerank::Read;
use crate::ask::trace::{Step, timed};
use crate::ask::{evidence, wording};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::response::{
    Answer, AskRequest, Citation, ClauseRef, DocumentRef, Nearest, Refusal, SearchHit, Timings,
};

/// Clauses listed with a refusal.
const NEAREST: usize = 3;

/// An answer from ranked candidates (best first), or a refusal. The confidence compares the best
/// with `others`.
pub(crate) fn answer(
    engine: &Engine,
    request: &AskRequest,
    question: &Embedded,
    ranked: &[Read],
    others: &[Read],
) -> Result<Answer, EngineError> {
    if ranked.is_empty() {
        return Ok(refusal(question, wording::nothing_there(question.language), Vec::new(), 0.0));
    }
    let learnt = &engine.learnt.confidence;
    let confidence = learnt.of(&confidence::features(ranked, others));
    let quotes = timed(Step::Evidence, || {
        evidence::choose(engine.reader(), question, ranked, request.limit)
    });
    let threshold = request.threshold.unwrap_or(learnt.fit().threshold);
    if confidence < threshold || quotes.is_empty() {
        let nearest = ranked
            .iter()
            .take(NEAREST)
            .map(|found| nearest(&found.record, found.relevance()))
            .collect();
        return Ok(refusal(question, wording::no_match(question.language), nearest, confidence));
    }
    let mut citations = Vec::with_capacity(quotes.len());
    let mut lines = Vec::with_capacity(quotes.len());
    for (marker, quote) in (1u32..).zip(quotes) {
        let found = &ranked[quote.candidate];
        let mut citation = cite(marker, &found.record, quote.span, found.relevance())?;
        citation.answer_span = quote.answer.and_then(|part| found.record.span_at(part));
        lines.push(line(question, &citation));
        citations.push(citation);
    }
    Ok(answered(question, &lines, citations, confidence))
}

/// A quote with its marker; its place goes before it when the question asks for it or is in another
/// language than the quote.
fn line(question: &Question, citation: &Citation) -> String {
    let across = question.language == Language::English && citation.quote.chars().any(is_han);
    let place = if across || question.expected == Expected::Location {
        wording::stands_in(question.language, &citation.document.title, &citation.path)
    } else {
        String::new()
    };
    format!("{place}{}[{}]", citation.quote, citation.marker)
}

/// What a lookup by number found.
pub(crate) fn lookup(
    store: &Store,
    question: &Question,
    found: Found,
) -> Result<Answer, EngineError> {
    Ok(match found {
        Found::Nothing { cited, nearest: near } => {
            let message = wording::no_such_unit(question.language, &cited);
            refusal(
                question,
                message,
                near.iter().map(|record| nearest(record, 0.0)).collect(),
                0.0,
            )
        }
        Found::Items { items, missing, total } => {
            let mut citations = Vec::with_capacity(items.len());
            let mut lines = Vec::with_capacity(items.len());
            for (marker, item) in (1u32..).zip(items) {
                let citation = match item {
                    Item::Clause { record, quote } => cite(marker, &record, quote, 1.0)?,
                    Item::Section(section) => cite_section(store, marker, section)?,
                };
                lines.push(line(question, &citation));
                citations.push(citation);
            }
            if total > citations.len() {
                lines.push(wording::first_of(question.language, citations.len(), total));
            }
            lines.extend(
                missing.iter().map(|cited| wording::no_such_unit(question.language, cited)),
            );
            answered(question, &lines, citations, 1.0)
        }
    })
}

fn answered(
    question: &Question,
    lines: &[String],
    citations: Vec<Citation>,
    confidence: f32,
) -> Answer {
    Answer {
        question: question.text.clone(),
        answered: true,
        refusal: None,
        answer: lines.join("\n"),
        citations,
        nearest: Vec::new(),
        confidence,
        timings_ms: Timings::default(),
    }
}

fn refusal(question: &Question, message: String, nearest: Vec<Nearest>, confidence: f32) -> Answer {
    Answer {
        question: question.text.clone(),
        answered: false,
        refusal: Some(Refusal { code: "no_match".into(), message }),
        answer: String::new(),
        citations: Vec::new(),
        nearest,
        confidence,
        timings_ms: Timings::default(),
    }
}

fn nearest(record: &ClauseRecord, score: f32) -> Nearest {
    Nearest { score, clause: ClauseRef::of(record) }
}

/// Cites a span of a clause. The quote is cut from the clause's text at the span, which the store
/// verified against the document's; a span that does not fit is an error, never a citation.
fn cite(
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
    Ok(Citation {
        marker,
        score,
        clause: ClauseRef::of(record),
        quote: quote.to_owned(),
        span,
        answer_span: None,
    })
}

/// Quotes the date, issuer, number or title of documents, or refuses where the document meant has none.
pub(crate) fn particulars(
    store: &Store,
    question: &Question,
    about: Particulars,
    limit: usize,
) -> Result<Answer, EngineError> {
    let several = about.found.len() > 1;
    let mut citations = Vec::new();
    let mut lines = Vec::new();
    for (marker, (record, document, place)) in (1u32..).zip(about.found.iter().take(limit)) {
        let citation = cite_line(store, marker, record, document, place)?;
        let across = question.language == Language::English && citation.quote.chars().any(is_han);
        let title = if across || (several && about.what != Particular::Title) {
            wording::stands_in(question.language, &record.title, &[])
        } else {
            String::new()
        };
        lines.push(format!("{title}{}[{}]", citation.quote, citation.marker));
        citations.push(citation);
    }
    Ok(if citations.is_empty() {
        let title = about.silent.map_or(String::new(), |record| record.title);
        refusal(
            question,
            wording::does_not_say(question.language, &title, about.what),
            Vec::new(),
            0.0,
        )
    } else {
        answered(question, &lines, citations, 1.0)
    })
}

/// Cites a line of a document. A line of the head is no clause: it is cited with the id of the first
/// clause, as a section is, and is its own paragraph.
fn cite_line(
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
        Citation {
            marker,
            score: 1.0,
            clause: ClauseRef {
                document: DocumentRef::of(record),
                clause_id: clause.id(),
                label: String::new(),
                path: Vec::new(),
                paragraph: line.clone(),
                paragraph_span: place.line,
            },
            quote: line,
            span: place.line,
            answer_span: None,
        }
    };
    let within = |part: &Span| {
        citation.span.byte_start <= part.byte_start && part.byte_end <= citation.span.byte_end
    };
    citation.answer_span = place.part.filter(within);
    Ok(citation)
}

/// Cites a section by its heading; the paragraph is the whole section.
fn cite_section(store: &Store, marker: u32, section: Section) -> Result<Citation, EngineError> {
    let first = &section.first;
    let differs = || EngineError::QuoteDiffers { clause_id: first.id() };
    let text = store.text(&first.document.id)?.ok_or_else(differs)?;
    let cut = |span: Span| {
        text.get(span.byte_start..span.byte_end)
            .filter(|part| part.chars().count() == span.char_end.saturating_sub(span.char_start))
            .map(str::to_owned)
            .ok_or_else(differs)
    };
    Ok(Citation {
        marker,
        score: 1.0,
        clause: ClauseRef {
            document: DocumentRef::of(&first.document),
            clause_id: first.id(),
            label: section.label.clone(),
            path: section.path.clone(),
            paragraph: cut(section.span)?,
            paragraph_span: section.span,
        },
        quote: cut(section.heading)?,
        span: section.heading,
        answer_span: None,
    })
}

/// The hits of a search, best first.
pub(crate) fn hits(found: &[Read]) -> Vec<SearchHit> {
    (1u32..)
        .zip(found)
        .map(|(rank, found)| SearchHit {
            rank,
            score: found.relevance(),
            clause: ClauseRef::of(&found.record),
            highlights: found.best_sentences(2),
        })
        .collect()
}
