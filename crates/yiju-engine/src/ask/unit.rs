//! A question for a whole section: 在降低用工成本方面有哪些措施, 主要任务是什么.
//!
//! Such a question says what a heading says and asks for what is under it. Where a heading on the path of one of the
//! best candidates holds the question's words, all that is under the heading is the answer.

use yiju_document::Document;
use yiju_store::ClauseRecord;
use yiju_text::normalize;
use yiju_text::questions::Expected;
use yiju_text::words::WordList;

use crate::ask::question::Question;
use crate::ask::rerank::Read;
use crate::engine::Engine;
use crate::error::EngineError;

/// Words that ask for things without saying which.
static OF_A_SECTION: WordList =
    WordList::section(include_str!("../../data/quotable.txt"), "of a section");

/// How many of the best candidates' headings are looked at.
const LOOKED_AT: usize = 6;
/// Share of the question's own words, by weight, that the heading must hold.
const HELD: f32 = 0.85;
/// Least confidence of such an answer: 7 of 8 of the questions for a section in benches/policies/dev are right.
pub(crate) const CONFIDENCE: f32 = 0.8;
/// Most clauses of a section that an answer cites.
const MOST_CLAUSES: usize = 20;
/// Most characters that an answer quotes of a section.
const MOST_CHARACTERS: usize = 6_000;

/// A section, or a clause with a heading, that is asked for whole.
pub(crate) struct Unit {
    /// Its clauses, in the order of the text.
    pub clauses: Vec<ClauseRecord>,
    /// How many there are, those that were too many included.
    pub total: usize,
}

/// The unit that `question` asks for, by the headings of the best candidates (best first).
///
/// # Errors
/// The store cannot be read.
pub(crate) fn asked_for(
    engine: &Engine,
    question: &Question,
    found: &[Read],
) -> Result<Option<Unit>, EngineError> {
    let asks = question.quotable.list
        || question.expected == Expected::Explanation
        || question.expected == Expected::Open
            && ["什么", "what"].iter().any(|word| question.normal.contains(word));
    if !asks {
        return Ok(None);
    }
    for candidate in found.iter().filter(|found| found.meets).take(LOOKED_AT) {
        let record = &candidate.record;
        let Some(depth) = named_heading(question, record) else { continue };
        let own = record.clause.heading.is_some() || !record.clause.label.is_empty();
        if own && depth + 1 == record.path.len() {
            // 怎样发展 asks something of the clause, not for all of it.
            let whole =
                record.clause.heading.is_some() && question.expected != Expected::Explanation;
            return Ok(whole.then(|| Unit { clauses: vec![record.clone()], total: 1 }));
        }
        return section(engine, record, depth);
    }
    Ok(None)
}

/// The place on the path of the deepest heading that says what the question says.
fn named_heading(question: &Question, record: &ClauseRecord) -> Option<usize> {
    let title = normalize(&record.document.title);
    // The title says which document is meant; the heading must say the rest.
    let rest: Vec<_> = question.words.iter().filter(|word| !title.contains(&word.text)).collect();
    let (general, own): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|word| OF_A_SECTION.contains(&word.text));
    let wanted = if own.is_empty() { &general } else { &own };
    let total: f32 = wanted.iter().map(|word| word.weight).sum();
    if total <= 0.0 {
        return None;
    }
    let saying = record.path.iter().enumerate().filter_map(|(depth, heading)| {
        let heading = normalize(heading);
        let held = wanted.iter().filter(|word| heading.contains(&word.text));
        let says = held.map(|word| word.weight).sum::<f32>() >= HELD * total;
        // 保障措施 says more of 有哪些保障措施 than 加强资金保障 does.
        let kinds = general.iter().filter(|word| heading.contains(&word.text)).count();
        says.then_some((kinds, depth))
    });
    saying.max().map(|(_, depth)| depth)
}

/// All clauses under the heading at `depth` of the path of `record`.
fn section(
    engine: &Engine,
    record: &ClauseRecord,
    depth: usize,
) -> Result<Option<Unit>, EngineError> {
    let store = &engine.library.store;
    let Some((_, document)) = store.document(&record.document.id)? else {
        return Ok(None);
    };
    let above = ancestors(&document, record.clause.section);
    let Some(&section) = above.get(depth) else {
        return Ok(None);
    };
    let under: Vec<u32> = (0u32..)
        .zip(&document.clauses)
        .filter(|(_, clause)| ancestors(&document, clause.section).get(depth) == Some(&section))
        .map(|(at, _)| at)
        .collect();
    let mut characters = 0;
    let wanted: Vec<(&str, u32)> = under
        .iter()
        .take(MOST_CLAUSES)
        .take_while(|&&at| {
            let span = document.clauses[at as usize].span;
            let first = characters == 0;
            characters += span.char_end - span.char_start;
            first || characters <= MOST_CHARACTERS
        })
        .map(|&at| (record.document.id.as_str(), at))
        .collect();
    let clauses = store.clauses(&wanted)?.into_iter().flatten().collect();
    Ok(Some(Unit { clauses, total: under.len() }))
}

/// The sections around a clause, outermost first.
fn ancestors(document: &Document, section: Option<usize>) -> Vec<usize> {
    let mut above = Vec::new();
    let mut next = section;
    while let Some(at) = next {
        above.push(at);
        next = document.sections.get(at).and_then(|section| section.parent);
    }
    above.reverse();
    above
}
