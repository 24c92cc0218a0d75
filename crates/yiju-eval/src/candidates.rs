//! Every candidate of every question with its figures: the data that weights of ranking and confidence
//! are weighed on, without the engine.

use serde::Serialize;
use yiju_engine::{Engine, Filter, SearchRequest};

use crate::measure::is_right;
use crate::run::gold_of;
use crate::{ClauseIds, Dataset, EvalError, Progress};

/// The candidates of a question, best first.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateRow {
    /// The question's id.
    pub id: String,
    /// The question.
    pub q: String,
    /// Its language.
    pub lang: String,
    /// What is found for it: questions of one group are kept together in cross-validation.
    pub group: String,
    /// Its gold passages are taken out.
    pub without: bool,
    /// The documents answer it.
    pub answerable: bool,
    /// How many things must be found.
    pub wanted: usize,
    /// The names of the figures in `rows`.
    pub names: Vec<&'static str>,
    /// The figures of each candidate.
    pub rows: Vec<Vec<f32>>,
    /// For each candidate which of the things to be found it is.
    pub right: Vec<Option<usize>>,
}

/// Gives `each` the best `depth` candidates (1 to 100) of every question, and of the same question with
/// its gold taken out.
///
/// # Errors
/// The engine failed.
pub fn candidates(
    engine: &Engine,
    set: &Dataset,
    clauses: &ClauseIds,
    filter: &Filter,
    depth: usize,
    progress: &dyn Fn(Progress),
    mut each: impl FnMut(CandidateRow),
) -> Result<(), EvalError> {
    let total = set.queries.len();
    for (at, query) in set.queries.iter().enumerate() {
        let gold = gold_of(engine, query, clauses, filter)?;
        let takes: &[bool] = if gold.is_empty() {
            &[false]
        } else {
            &[false, true]
        };
        for &without in takes {
            let request = SearchRequest {
                filter: filter.clone(),
                limit: depth,
                ..SearchRequest::new(&query.q)
            };
            let out = if without { gold.as_slice() } else { &[] };
            let found = engine.signals(&request, out)?;
            let mut row = CandidateRow {
                id: query.id.clone(),
                q: query.q.clone(),
                lang: query.lang.clone(),
                group: gold.first().unwrap_or(&query.q).clone(),
                without,
                answerable: query.answerable() && !without,
                wanted: query.gold.len().max(1),
                names: vec!["score", "dense", "sentence", "lexical", "late"],
                rows: Vec::with_capacity(found.len()),
                right: Vec::with_capacity(found.len()),
            };
            for (place, one) in found.iter().enumerate() {
                if place == 0 {
                    row.names.extend(one.figures.iter().map(|(name, _)| name));
                }
                let lanes = one.lanes;
                let figures = one.figures.iter().map(|(_, value)| *value);
                row.rows.push(
                    [
                        one.score,
                        lanes.dense,
                        lanes.sentence,
                        lanes.lexical,
                        lanes.late,
                    ]
                    .into_iter()
                    .chain(figures)
                    .collect(),
                );
                let by_id = query
                    .gold
                    .iter()
                    .position(|any| any.iter().any(|id| clauses.get(id) == Some(&one.clause_id)));
                let right = if query.gold.is_empty() {
                    let paragraph = engine
                        .clause(&one.clause_id)?
                        .map_or(String::new(), |clause| clause.paragraph);
                    is_right(query, clauses, &one.clause_id, &paragraph).then_some(0)
                } else {
                    by_id
                };
                row.right.push(right);
            }
            each(row);
        }
        progress(Progress {
            done: at + 1,
            total,
        });
    }
    Ok(())
}
