//! What confidence is computed from, for every question: the data that its weights are learnt from.

use serde::Serialize;
use serde_json::{Map, Value, json};
use yiju_engine::{Engine, Filter, SearchRequest};

use crate::measure::is_right;
use crate::run::gold_of;
use crate::{ClauseIds, Dataset, EvalError, Progress};

/// The signals of a question's best candidate.
#[derive(Clone, Debug, Serialize)]
pub struct SignalRow {
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
    /// The best candidate is right.
    pub right: bool,
    /// The signals by name, and `across`: 1 where question and candidate are in other scripts.
    pub features: Map<String, Value>,
}

/// Gives `each` a row for every question, and one more with its gold taken out.
///
/// # Errors
/// The engine failed.
pub fn signals(
    engine: &Engine,
    set: &Dataset,
    clauses: &ClauseIds,
    filter: &Filter,
    most: Option<usize>,
    progress: &dyn Fn(Progress),
    mut each: impl FnMut(SignalRow),
) -> Result<(), EvalError> {
    let total = set.queries.len().min(most.unwrap_or(usize::MAX));
    for (at, query) in set.queries.iter().take(total).enumerate() {
        let gold = gold_of(engine, query, clauses, filter)?;
        let takes: &[bool] = if gold.is_empty() {
            &[false]
        } else {
            &[false, true]
        };
        for &without in takes {
            let out = if without { gold.as_slice() } else { &[] };
            let request = SearchRequest {
                filter: filter.clone(),
                ..SearchRequest::new(&query.q)
            };
            let signals = engine.signals(&request, out)?;
            let Some(best) = signals.first() else {
                continue;
            };
            let paragraph = engine
                .clause(&best.clause_id)?
                .map_or(String::new(), |clause| clause.paragraph);
            each(SignalRow {
                id: query.id.clone(),
                q: query.q.clone(),
                lang: query.lang.clone(),
                group: gold.first().unwrap_or(&query.q).clone(),
                without,
                answerable: query.answerable() && !without,
                right: is_right(query, clauses, &best.clause_id, &paragraph),
                features: best
                    .features
                    .iter()
                    .map(|&(name, value)| (name.to_owned(), json!(value)))
                    .collect(),
            });
        }
        progress(Progress {
            done: at + 1,
            total,
        });
    }
    Ok(())
}
