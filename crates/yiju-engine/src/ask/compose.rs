//! Answers made of citations, or refusals.

use std::collections::HashSet;

use yiju_document::{Document, Particular, ParticularPlace, Role};
use yiju_store::{ClauseRecord, DocumentRecord, Store};
use yiju_text::chars::is_han;
use yiju_text::questions::Expected;

use crate::ask::about::Particulars;
use crate::ask::cite::{also_in, cite, cite_line, cite_section, context, part};
use crate::ask::confidence;
use crate::ask::embedded::Embedded;
use crate::ask::lookup::{Found, Item};
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
    Answer, AskRequest, Citation, ClauseRef, DocumentRef, Nearest, QuotePart, Refusal, SearchHit,
    Timings,
};

/// Clauses listed with a refusal.
const NEAREST: usize = 3;
/// Least confidence of a line of contact where one is asked for, and the least share of the question's words that
/// the line, its headings and title must hold then: whose it is.
const CONTACT_CONFIDENCE: f32 = 0.8;
const CONTACT_WORDS: f32 = 0.5;

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
    // A line of contact shares hardly a word with the question for it, and says nothing else.
    let confidence = if says_contact(question, &ranked[0]) {
        confidence.max(CONTACT_CONFIDENCE)
    } else {
        confidence
    };
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

/// Whether the best candidate is the line of contact that the question asks for.
fn says_contact(question: &Question, best: &Read) -> bool {
    let clause = &best.record.clause;
    let role = best.evidence().and_then(|evidence| {
        let at = clause.sentences.iter().position(|span| *span == evidence.span)?;
        clause.roles.get(at)
    });
    question.quotable.is_for_contact()
        && role == Some(&Role::Contact)
        && best.meets
        && best.coverage >= CONTACT_WORDS
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

/// The answers from the versions in force and from those before, each under what it is.
pub(crate) fn of_versions(request: &AskRequest, answers: Vec<(Answer, bool)>) -> Answer {
    let language = Language::of(&request.question);
    if !answers.iter().any(|(answer, _)| answer.answered) {
        // The refusal of the versions in force.
        return answers
            .into_iter()
            .next()
            .map(|(answer, _)| answer)
            .unwrap_or_else(|| answered(request.question.clone(), &[], Vec::new(), 0.0));
    }
    let named = answers.into_iter().map(|(mut answer, current)| {
        let label = wording::of_version(language, current);
        if answer.answered {
            answer.answer.insert_str(0, label);
        }
        answer.question = label.to_owned();
        answer
    });
    together(request, named.collect())
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
pub(crate) fn in_order(citation: &Citation) -> String {
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
        understood_as: None,
        answered: true,
        refusal: None,
        answer: lines.join("\n"),
        verdict: None,
        citations,
        written: None,
        nearest: Vec::new(),
        confidence,
        timings_ms: Timings::default(),
    }
}

fn refusal(question: &Question, message: String, nearest: Vec<Nearest>, confidence: f32) -> Answer {
    Answer {
        question: question.text.clone(),
        understood_as: None,
        answered: false,
        refusal: Some(Refusal { code: "no_match".into(), message }),
        answer: String::new(),
        verdict: None,
        citations: Vec::new(),
        written: None,
        nearest,
        confidence,
        timings_ms: Timings::default(),
    }
}

fn nearest(record: &ClauseRecord, score: f32) -> Nearest {
    Nearest { score, clause: ClauseRef::of(record) }
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

/// Whether a document is in force, in words, with the sentence that says so.
pub(crate) fn standing(
    store: &Store,
    request: &AskRequest,
    record: &DocumentRecord,
    document: &Document,
    place: &ParticularPlace,
    said: String,
) -> Result<Answer, EngineError> {
    let citation = cite_line(store, 1, record, document, place)?;
    let lines = [said, format!("{}[{}]", citation.quote, citation.marker)];
    Ok(answered(request.question.clone(), &lines, vec![citation], 1.0))
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
            page: None,
            boxes: Vec::new(),
            recognised: false,
            recognition_confidence: None,
        })
        .collect()
}
