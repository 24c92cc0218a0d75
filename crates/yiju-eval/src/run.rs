//! Asking every question of a set.

use std::collections::BTreeMap;
use std::time::Instant;

use yiju_engine::{AskRequest, Engine, Filter, LaneRankings, SearchRequest, confidence_fit};

use crate::measure::{Said, is_right, measure};
use crate::report::Report;
use crate::{ClauseIds, Dataset, EvalError, Query};

/// Ranks looked at.
const DEPTH: usize = 100;

/// What to measure.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// Most citations an answer gives.
    pub limit: usize,
    /// Also ask with the gold passages taken out.
    pub refusals: bool,
    /// Also rank by each lane alone.
    pub lanes: bool,
    /// Ask only the first so many questions.
    pub most: Option<usize>,
    /// Which documents to ask.
    pub filter: Filter,
    /// Least confidence at which an answer counts as given; `None` for the engine's own.
    pub threshold: Option<f32>,
}

impl Default for EvalOptions {
    fn default() -> Self {
        Self {
            limit: 3,
            refusals: true,
            lanes: false,
            most: None,
            filter: Filter::default(),
            threshold: None,
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

/// Asks every question of `set` and measures ranks, evidence, answers, refusals and latencies.
/// `clauses` gives the clause id of each entry, as [`add_corpus`](crate::add_corpus) does.
///
/// Gold passages are taken out by a filter over every lane, for one question at a time: what is
/// found is what a library without them gives, but for the rarity of words, which still counts them.
///
/// # Errors
/// The engine failed.
pub fn evaluate(
    engine: &Engine,
    set: &Dataset,
    clauses: &ClauseIds,
    options: &EvalOptions,
    progress: &dyn Fn(Progress),
) -> Result<Report, EvalError> {
    let threshold = match options.threshold {
        Some(threshold) => threshold,
        None => confidence_fit()?.threshold,
    };
    let queries: Vec<&Query> = set
        .queries
        .iter()
        .take(options.most.unwrap_or(usize::MAX))
        .collect();
    let mut measured = Vec::with_capacity(queries.len());
    for (at, query) in queries.iter().enumerate() {
        let said = ask(engine, query, clauses, options)?;
        measured.push(measure(query, clauses, &said, threshold));
        progress(Progress {
            done: at + 1,
            total: queries.len(),
        });
    }
    Ok(Report::new(&set.name, threshold, measured))
}

/// The clauses that a question's gold entries are.
pub(crate) fn gold(query: &Query, clauses: &ClauseIds) -> Vec<String> {
    query
        .gold
        .iter()
        .flatten()
        .filter_map(|id| clauses.get(id).cloned())
        .collect()
}

/// How many of the best clauses are looked through for evidence.
const EVIDENCE_DEPTH: usize = 40;

/// As [`gold`]; for a question that names its evidence instead, those of its best clauses that hold it.
pub(crate) fn gold_of(
    engine: &Engine,
    query: &Query,
    clauses: &ClauseIds,
    filter: &Filter,
) -> Result<Vec<String>, EvalError> {
    if query.evidence.is_empty() {
        return Ok(gold(query, clauses));
    }
    let request = SearchRequest {
        limit: EVIDENCE_DEPTH,
        filter: filter.clone(),
        ..SearchRequest::new(&query.q)
    };
    let hits = engine.search(&request)?.hits;
    let holding = hits
        .into_iter()
        .filter(|hit| is_right(query, clauses, &hit.clause_id, &hit.paragraph));
    Ok(holding.map(|hit| hit.clause.clause_id).collect())
}

fn ask(
    engine: &Engine,
    query: &Query,
    clauses: &ClauseIds,
    options: &EvalOptions,
) -> Result<Said, EvalError> {
    let search = SearchRequest {
        limit: DEPTH,
        filter: options.filter.clone(),
        ..SearchRequest::new(&query.q)
    };
    let request = AskRequest {
        limit: options.limit,
        filter: options.filter.clone(),
        threshold: Some(0.0),
        ..AskRequest::new(&query.q)
    };
    let start = Instant::now();
    let answer = engine.ask(&request)?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let gold = gold(query, clauses);
    let without = if options.refusals && !gold.is_empty() {
        Some(engine.ask_without(&request, &gold)?)
    } else {
        None
    };
    let lanes = if options.lanes && !gold.is_empty() {
        let lists = engine.lanes(&search)?.into_lists();
        LaneRankings::NAMES.into_iter().zip(lists).collect()
    } else {
        BTreeMap::new()
    };
    Ok(Said {
        search: engine.search(&search)?,
        lanes,
        answer,
        milliseconds,
        without,
    })
}
