//! Answers made of quotes, every one verified at its span.

use std::collections::HashSet;

use yiju_document::{Document, Particular, ParticularPlace, Role, Span};
use yiju_store::{ClauseRecord, DocumentRecord, Store};
use yiju_text::chars::is_han;
use yiju_text::questions::Expected;

use crate::ask::about::Particulars;
use crate::ask::confidence;
use crate::ask::embedded::Embedded;
use crate::ask::lookup::{Found, Item, Section};
use crate::ask::question::{Language, Question};
use crate::ask::rerank::{Answerable, Read};
use crate::ask::series::{self, Series};
use crate::ask::trace::{Step, timed};
use crate::ask::unit::{self, Unit};
use crate::ask::verdict::of_citations;
use crate::ask::{consequence, evidence, wording};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::response::{
    AlsoIn, Answer, AskRequest, Citation, ClauseRef, DocumentRef, Nearest, QuotePart, Refusal,
    SearchHit, Timings,
};

/// Clauses listed with a refusal.
const NEAREST: usize = 3;

/// An answer from ranked candidates (best first), or a refusal. The confidence compares the best
/// with `others`.
pub(crate) fn answer(
    engine: &Engine,
    request: &AskRequest,
    question: &Embedded,
    answerable: &Answerable,
    others: &[Read],
) -> Result<Answer, EngineError> {
    let ranked = answerable.found.as_slice();
    if ranked.is_empty() {
        return Ok(refusal(question, wording::nothing_there(question.language), Vec::new(), 0.0));
    }
    let learnt = &engine.learnt.confidence;
    let confidence = learnt.of(&confidence::features(ranked, others));
    let quotes = timed(Step::Evidence, || {
        evidence::choose(engine.reader(), question, ranked, request.limit)
    });
    let threshold = request.threshold.unwrap_or(learnt.fit().threshold);
    let nearest = || {
        let best = ranked.iter().take(NEAREST);
        best.map(|found| nearest(&found.record, found.relevance())).collect()
    };
    if !answerable.unmet.is_empty() {
        let message = wording::nothing_about(question.language, &answerable.unmet);
        return Ok(refusal(question, message, nearest(), 0.0));
    }
    if let Some(unit) = unit::asked_for(engine, question, ranked)? {
        // A heading that says what the question says stands for its section, however its clauses are worded.
        let confidence = confidence.max(unit::CONFIDENCE);
        if confidence >= threshold {
            return whole_unit(question, &ranked[0], unit, confidence);
        }
    }
    if confidence < threshold || quotes.is_empty() {
        return Ok(refusal(question, wording::no_match(question.language), nearest(), confidence));
    }
    let mut citations = Vec::with_capacity(quotes.len());
    let mut lines = Vec::with_capacity(quotes.len());
    let store = &engine.library.store;
    let mut quoted: Vec<(String, Series)> = Vec::new();
    if let Some(first) = quotes.first() {
        let best = &ranked[first.candidate];
        for (record, span) in consequence::of(store, question, &best.record, first.span)? {
            let citation = cite(next_marker(&citations), &record, span, best.relevance())?;
            lines.push(line(question, &citation));
            citations.push(citation);
        }
    }
    for quote in quotes {
        let found = &ranked[quote.candidate];
        let record = &found.record;
        let shown = |(document, series): &(String, Series)| {
            *document == record.document.id && series.holds(record.index)
        };
        if quoted.iter().any(shown) {
            continue;
        }
        let mut citation = cite(next_marker(&citations), record, quote.span, found.relevance())?;
        citation.answer_span = quote.answer.and_then(|part| record.span_at(part));
        citation.context = context(engine, record, &quote.context)?;
        citation.also_in = quote.also.iter().filter_map(|place| also_in(ranked, place)).collect();
        let mut cut = quote.cut;
        let leads = citation.roles.last() == Some(&Role::LeadIn);
        let series =
            if question.quotable.list || leads { series::around(store, record)? } else { None };
        if let Some(series) = series {
            add_members(&mut citation, record, &series)?;
            cut |= series.cut;
            quoted.push((record.document.id.clone(), series));
        }
        lines.push(line(question, &citation));
        if cut {
            lines.push(wording::goes_on(question.language));
        }
        citations.push(citation);
    }
    let documents: HashSet<&str> =
        citations.iter().map(|citation| citation.document.id.as_str()).collect();
    if documents.len() > 1 {
        // Whose is whose: each line says which document it is from.
        lines = lines_by_document(question, &citations);
    }
    let verdict = of_citations(question.polar.as_ref(), &citations)
        .filter(|_| confidence >= learnt.fit().threshold);
    if let (Some(verdict), Some(first)) = (verdict, lines.first_mut()) {
        first.insert_str(0, wording::verdict(question.language, verdict));
    }
    Ok(Answer { verdict, ..answered(question.text.clone(), &lines, citations, confidence) })
}

/// Another place of a quote, as a citation gives it.
fn also_in(ranked: &[Read], &(candidate, span): &(usize, Span)) -> Option<AlsoIn> {
    let record = &ranked.get(candidate)?.record;
    Some(AlsoIn {
        document: DocumentRef::of(&record.document),
        clause_id: record.id(),
        label: record.clause.label.clone(),
        path: record.path.clone(),
        span,
    })
}

fn next_marker(citations: &[Citation]) -> u32 {
    u32::try_from(citations.len() + 1).unwrap_or(u32::MAX)
}

/// Adds the members of a list to the context of a citation of its lead-in or of one of them.
fn add_members(
    citation: &mut Citation,
    record: &ClauseRecord,
    series: &Series,
) -> Result<(), EngineError> {
    for member in series.members.iter().filter(|member| member.index != record.index) {
        citation.context.push(part(member, member.clause.span)?);
    }
    citation.context.sort_by_key(|part| part.span.byte_start);
    Ok(())
}

/// A section, or a clause with a heading, as a whole.
fn whole_unit(
    question: &Question,
    best: &Read,
    unit: Unit,
    confidence: f32,
) -> Result<Answer, EngineError> {
    let mut citations = Vec::with_capacity(unit.clauses.len());
    let mut lines = Vec::with_capacity(unit.clauses.len());
    for (marker, record) in (1u32..).zip(&unit.clauses) {
        let citation = cite(marker, record, record.clause.span, best.relevance())?;
        lines.push(line(question, &citation));
        citations.push(citation);
    }
    if unit.total > citations.len() {
        lines.push(wording::first_of(question.language, citations.len(), unit.total));
    }
    Ok(answered(question.text.clone(), &lines, citations, confidence))
}

/// The answers of a question's parts as one, each with its citations or its refusal.
pub(crate) fn together(request: &AskRequest, answers: Vec<Answer>) -> Answer {
    let mut citations: Vec<Citation> = Vec::new();
    let mut lines = Vec::new();
    let mut confidence = 1.0f32;
    for part in answers {
        let mut text = part.answer;
        if let Some(refusal) = &part.refusal {
            text = format!("{} {}", part.question, refusal.message);
        } else {
            confidence = confidence.min(part.confidence);
        }
        // Later markers first, so that [1] made [2] is not made [3] too.
        let shift = u32::try_from(citations.len()).unwrap_or(u32::MAX);
        for mut citation in part.citations.into_iter().rev() {
            let marker = citation.marker + shift;
            text = text.replace(&format!("[{}]", citation.marker), &format!("[{marker}]"));
            citation.marker = marker;
            citations.push(citation);
        }
        citations.sort_by_key(|citation| citation.marker);
        lines.push(text);
    }
    answered(request.question.clone(), &lines, citations, confidence)
}

fn part(of: &ClauseRecord, span: Span) -> Result<QuotePart, EngineError> {
    let quote = of.slice(span).map(str::to_owned);
    let differs = || EngineError::QuoteDiffers { clause_id: of.id() };
    quote.map(|quote| QuotePart { quote, span }).ok_or_else(differs)
}

/// The parts of a clause at `spans`, and the lead-in of the clause that leads in to it, where there is one.
fn context(
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

/// The answer's lines where it is from several documents: the citations of each under its title.
fn lines_by_document(question: &Question, citations: &[Citation]) -> Vec<String> {
    let mut titles: Vec<&DocumentRef> = Vec::new();
    for citation in citations {
        if !titles.iter().any(|title| title.id == citation.document.id) {
            titles.push(&citation.document);
        }
    }
    let mut lines = Vec::new();
    for title in &titles {
        let title = *title;
        let alike = titles.iter().filter(|other| other.title == title.title).count() > 1;
        let of_it = citations.iter().filter(|citation| citation.document.id == title.id);
        let quotes: Vec<String> = of_it.map(|citation| line(question, citation)).collect();
        let placed = !alike && quotes.iter().any(|quote| quote.contains(&title.title));
        let head = if placed {
            String::new()
        } else {
            // Two versions of one title are told apart by their dates.
            let date = title.date.filter(|_| alike).map(|date| date.to_string());
            wording::stands_in(question.language, &title.title, date.as_slice())
        };
        lines.push(format!("{head}{}", quotes.join("\n")));
    }
    lines
}

/// The quote of a citation with its context, in the order of the text: what is not adjacent is joined by an ellipsis.
fn in_order(citation: &Citation) -> String {
    let own = QuotePart { quote: citation.quote.clone(), span: citation.span };
    let mut parts: Vec<&QuotePart> = citation.context.iter().chain([&own]).collect();
    parts.sort_by_key(|part| part.span.byte_start);
    let mut text = String::new();
    let mut end = None;
    for part in parts {
        match end.map(|end| part.span.byte_start.saturating_sub(end)) {
            None | Some(0) => {}
            // White space between two sentences, or a line end.
            Some(1..=4) => text.push('\n'),
            Some(_) => text.push_str("……"),
        }
        text.push_str(&part.quote);
        end = Some(part.span.byte_end);
    }
    text
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
    format!("{place}{}[{}]", in_order(citation), citation.marker)
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
            answered(question.text.clone(), &lines, citations, 1.0)
        }
    })
}

fn answered(
    question: String,
    lines: &[String],
    citations: Vec<Citation>,
    confidence: f32,
) -> Answer {
    Answer {
        question,
        answered: true,
        refusal: None,
        answer: lines.join("\n"),
        verdict: None,
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
        verdict: None,
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
        context: Vec::new(),
        also_in: Vec::new(),
        roles: roles(record, span),
        page: None,
        boxes: Vec::new(),
    })
}

/// The roles of the sentences that begin in a span of a clause.
fn roles(record: &ClauseRecord, span: Span) -> Vec<Role> {
    let begins = |sentence: &Span| {
        span.byte_start <= sentence.byte_start && sentence.byte_start < span.byte_end
    };
    let sentences = record.clause.sentences.iter().zip(&record.clause.roles);
    sentences.filter(|(sentence, _)| begins(sentence)).map(|(_, role)| *role).collect()
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
        answered(question.text.clone(), &lines, citations, 1.0)
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
                inferred: false,
            },
            quote: line,
            span: place.line,
            answer_span: None,
            context: Vec::new(),
            also_in: Vec::new(),
            roles: Vec::new(),
            page: None,
            boxes: Vec::new(),
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
            inferred: first.clause.inferred,
        },
        quote: cut(section.heading)?,
        span: section.heading,
        answer_span: None,
        context: Vec::new(),
        also_in: Vec::new(),
        roles: Vec::new(),
        page: None,
        boxes: Vec::new(),
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
