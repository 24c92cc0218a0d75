//! Asking every question of a set and measuring what comes back.

use std::collections::HashMap;
use std::time::Instant;

use yiju_document::{Entry, split_sentences};
use yiju_engine::{Answer, AskRequest, Engine, Filter, SearchRequest, SearchResponse};

use crate::report::{Measured, Report};
use crate::{Dataset, EvalError, Query, character_f1, exact_match};

/// Ranks looked at.
const DEPTH: usize = 100;

/// What to measure.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// Most citations an answer gives.
    pub limit: usize,
    /// Also ask with the gold passages taken out.
    pub refusals: bool,
    /// Ask only the first so many questions.
    pub most: Option<usize>,
    /// Which documents to ask.
    pub filter: Filter,
}

impl Default for EvalOptions {
    fn default() -> Self {
        Self {
            limit: 3,
            refusals: true,
            most: None,
            filter: Filter::default(),
        }
    }
}

/// How far an evaluation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Questions or documents done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
}

/// Makes a corpus the library's content: the entries of one title (and version) are the clauses of one
/// document; what else was in the library is removed. Gives each entry's clause id.
///
/// # Errors
/// The engine failed.
pub fn add_corpus(
    engine: &Engine,
    corpus: &[Entry],
    progress: &dyn Fn(Progress),
) -> Result<HashMap<String, String>, EvalError> {
    let held = engine.hold_rebuilds()?;
    let outcome = engine.add_corpus("", corpus, &|at| {
        progress(Progress {
            done: at.documents_done,
            total: at.documents_total,
        });
    })?;
    drop(held);
    engine.save_indexes()?;
    let ids = corpus.iter().map(|entry| entry.id.clone());
    Ok(ids.zip(outcome.clause_ids).collect())
}

/// Asks every question of `set` and measures ranks, evidence, answers, refusals and latencies.
/// `clauses` gives the clause id of each entry, as [`add_corpus`] does.
///
/// # Errors
/// The engine failed.
pub fn evaluate(
    engine: &Engine,
    set: &Dataset,
    clauses: &HashMap<String, String>,
    options: &EvalOptions,
    progress: &dyn Fn(Progress),
) -> Result<Report, EvalError> {
    let queries: Vec<&Query> = set
        .queries
        .iter()
        .take(options.most.unwrap_or(usize::MAX))
        .collect();
    let mut measured = Vec::with_capacity(queries.len());
    for (at, query) in queries.iter().enumerate() {
        let search = engine.search(&SearchRequest {
            limit: DEPTH,
            filter: options.filter.clone(),
            ..SearchRequest::new(&query.q)
        })?;
        let request = AskRequest {
            limit: options.limit,
            filter: options.filter.clone(),
            ..AskRequest::new(&query.q)
        };
        let start = Instant::now();
        let answer = engine.ask(&request)?;
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        let gold: Vec<String> = query
            .gold
            .iter()
            .flatten()
            .filter_map(|id| clauses.get(id).cloned())
            .collect();
        let without = if options.refusals && !gold.is_empty() {
            Some(engine.ask_without(&request, &gold)?)
        } else {
            None
        };
        // What the question is answered with is judged whether or not it would be refused.
        let forced = if answer.answered {
            answer.clone()
        } else {
            engine.ask(&AskRequest {
                threshold: Some(0.0),
                ..request
            })?
        };
        measured.push(measure(
            query,
            clauses,
            &search,
            &answer,
            &forced,
            without.as_ref(),
            elapsed,
        ));
        progress(Progress {
            done: at + 1,
            total: queries.len(),
        });
    }
    Ok(Report::new(&set.name, measured))
}

fn measure(
    query: &Query,
    clauses: &HashMap<String, String>,
    search: &SearchResponse,
    answer: &Answer,
    forced: &Answer,
    without: Option<&Answer>,
    elapsed: f64,
) -> Measured {
    // For each thing to be found, the rank (from 0) of the first clause that holds it.
    let mut ranks = Vec::new();
    for any_of in &query.gold {
        let ids: Vec<&String> = any_of.iter().filter_map(|id| clauses.get(id)).collect();
        ranks.push(
            search
                .hits
                .iter()
                .position(|hit| ids.contains(&&hit.clause_id)),
        );
    }
    for evidence in &query.evidence {
        ranks.push(
            search
                .hits
                .iter()
                .position(|hit| holds(&hit.paragraph, evidence)),
        );
    }
    let right = |citation: &yiju_engine::Citation| {
        let of_gold = query
            .gold
            .iter()
            .flatten()
            .any(|id| clauses.get(id) == Some(&citation.clause_id));
        let of_evidence = query
            .evidence
            .iter()
            .any(|evidence| holds(&citation.paragraph, evidence));
        of_gold || of_evidence
    };
    let whole = |citation: &yiju_engine::Citation| {
        query
            .evidence
            .iter()
            .all(|evidence| holds(&citation.paragraph, evidence))
            && right(citation)
    };
    let found = |evidence: &String| {
        forced
            .citations
            .iter()
            .any(|citation| holds(&citation.paragraph, evidence))
    };
    let cited_any = |any_of: &Vec<String>| {
        forced.citations.iter().any(|citation| {
            any_of
                .iter()
                .any(|id| clauses.get(id) == Some(&citation.clause_id))
        })
    };
    let quoted: String = forced
        .citations
        .iter()
        .map(|citation| citation.quote.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let accepted = if query.answers.is_empty() {
        &query.evidence
    } else {
        &query.answers
    };
    let shortest = forced.citations.first().map_or("", |citation| {
        let span = citation.answer_span.unwrap_or(citation.span);
        let start = span.byte_start.saturating_sub(citation.span.byte_start);
        citation
            .quote
            .get(start..start + (span.byte_end - span.byte_start))
            .unwrap_or(&citation.quote)
    });
    Measured {
        id: query.id.clone(),
        question: query.q.clone(),
        lang: if query.lang.is_empty() {
            "und".into()
        } else {
            query.lang.clone()
        },
        answerable: query.answerable(),
        ranks,
        answered: answer.answered,
        confidence: f64::from(answer.confidence),
        confidence_without: without.map(|answer| f64::from(answer.confidence)),
        refused_without: without.map(|answer| !answer.answered),
        first_right: forced.citations.first().is_some_and(whole),
        some_right: query.gold.iter().all(cited_any)
            && forced.citations.iter().any(right)
            && query.evidence.iter().all(found),
        right_citations: forced
            .citations
            .iter()
            .filter(|citation| right(citation))
            .count(),
        citations: forced.citations.len(),
        sentences: forced
            .citations
            .iter()
            .map(|c| split_sentences(&c.quote).len())
            .sum(),
        contains_answer: accepted.iter().any(|text| holds(&quoted, text)),
        exact: exact_match(shortest, accepted),
        f1: character_f1(shortest, accepted),
        milliseconds: elapsed,
    }
}

/// Whether `text` holds `part`, white space and bracket width apart.
fn holds(text: &str, part: &str) -> bool {
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '（' => '(',
                '）' => ')',
                c => c,
            })
            .collect()
    };
    bare(text).contains(&bare(part))
}
