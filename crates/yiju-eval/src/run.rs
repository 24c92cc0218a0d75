//! Asking every question of a set.

use std::collections::BTreeMap;
use std::time::Instant;

use yiju_engine::{AskRequest, Engine, Filter, LaneRankings, SearchRequest, confidence_fit};

use crate::measure::{Said, is_right, measure};
use crate::report::Report;
use crate::{ClauseIds, Dataset, EvalError, Query};

/// Ranks that are searched for what must be found.
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
    /// Least confidence at which an answer counts as given; `None` for the engine's default.
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
/// `clauses` has the clause id of each entry, as [`add_corpus`](crate::add_corpus) returns them.
///
/// Gold passages are taken out by a filter over every lane, for one question at a time. The result is that of a
/// library without them, except that the rarity of words still counts them.
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
    let mut measured = Vec::new();
    for query in questions(set, options.most, progress) {
        let said = ask(engine, query, clauses, options)?;
        measured.push(measure(query, clauses, &said, threshold));
    }
    Ok(Report::new(&set.name, threshold, measured))
}

/// The first `most` questions of a set; reports each once the next is asked for.
pub(crate) fn questions<'a>(
    set: &'a Dataset,
    most: Option<usize>,
    progress: &dyn Fn(Progress),
) -> impl Iterator<Item = &'a Query> {
    let total = set.queries.len().min(most.unwrap_or(usize::MAX));
    let mut done = 0;
    std::iter::from_fn(move || {
        if done > 0 {
            progress(Progress { done, total });
        }
        done += 1;
        set.queries[..total].get(done - 1)
    })
}

/// The clauses that a question's gold entries are.
pub(crate) fn gold(query: &Query, clauses: &ClauseIds) -> Vec<String> {
    query.gold.iter().flatten().filter_map(|id| clauses.get(id).cloned()).collect()
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
    let found = engine.search(&search)?;
    let mut gold = gold(query, clauses);
    if gold.is_empty() && query.answerable() {
        // A set that names no clauses names what they hold.
        let right = found
            .hits
            .iter()
            .filter(|hit| is_right(query, clauses, &hit.clause_id, &hit.paragraph));
        gold = right.map(|hit| hit.clause_id.clone()).collect();
    }
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
    Ok(Said { search: found, lanes, answer, milliseconds, without })
}
