//! Each lane's own ranking of the clauses for a query: how evaluation tells what a lane adds.

use std::collections::HashMap;

use yiju_index::Hit;
use yiju_store::Store;

use crate::ask::pipeline::{Stages, check_query};
use crate::ask::retrieve::{self, CANDIDATES};
use crate::ask::when::in_force;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::{MOST_HITS, check_limit};
use crate::response::SearchRequest;

/// Sentences taken for each clause wanted: several of the best may be of one clause.
const SENTENCES_FOR_A_CLAUSE: usize = 8;

/// The clauses that each lane alone would give, by their ids, best first, each list at most as long
/// as the request's limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneRankings {
    /// By the cosine of the question and the clause.
    pub clauses: Vec<String>,
    /// By the cosine of the question and the clause's best sentence.
    pub sentences: Vec<String>,
    /// By BM25; may be shorter, since a clause must share a word with the question.
    pub lexical: Vec<String>,
    /// By the fused score of these three: the first stage.
    pub fused: Vec<String>,
    /// The candidates of the first stage by late interaction alone.
    pub late: Vec<String>,
    /// As [`Engine::search`] ranks them.
    pub full: Vec<String>,
}

impl LaneRankings {
    /// The lanes' names, in the order of the fields.
    pub const NAMES: [&'static str; 6] = [
        "clause vectors",
        "sentence vectors",
        "BM25",
        "first stage, fused",
        "late interaction",
        "all",
    ];

    /// The rankings in the order of [`NAMES`](Self::NAMES).
    pub fn into_lists(self) -> [Vec<String>; 6] {
        [self.clauses, self.sentences, self.lexical, self.fused, self.late, self.full]
    }
}

/// Ranks clauses for a query by each lane alone.
pub(super) fn lanes(engine: &Engine, request: &SearchRequest) -> Result<LaneRankings, EngineError> {
    check_query(request)?;
    check_limit("limit", request.limit, MOST_HITS)?;
    let stages = Stages::over(engine, &request.filter, &[], Some(in_force(request.as_of)))?;
    let question = stages.embed(stages.analyse(&request.query)?)?;
    let (indexes, scope) = (&stages.indexes, &stages.scope);
    let (most, filter) = (request.limit, scope.filter());
    let failed = |index: &'static str| move |source| EngineError::Index { index, source };
    let dense = retrieve::search(&indexes.clauses, &question.vector, most, filter)
        .map_err(failed("clause"))?;
    let deep = most.saturating_mul(SENTENCES_FOR_A_CLAUSE);
    let sentences = retrieve::search(&indexes.sentences, &question.vector, deep, filter)
        .map_err(failed("sentence"))?;
    let lexical =
        indexes.lexical.search(&question.text, most, filter).map_err(failed("lexical"))?;
    let most = most.max(CANDIDATES);
    let candidates = stages.retrieve(&question, scope, most)?;
    let fused = candidates
        .iter()
        .map(|candidate| format!("{}.{}", candidate.document_id, candidate.clause))
        .collect();
    let ranked = stages.rank(&question, candidates, CANDIDATES)?;
    let mut by_late: Vec<(String, f32)> =
        ranked.iter().map(|found| (found.record.id(), found.lanes.late)).collect();
    // Those past the second stage's reach have no late interaction and stay behind.
    let scored = by_late.len().min(CANDIDATES);
    by_late[..scored].sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let late = by_late.into_iter().map(|(id, _)| id).collect();
    let full = stages.rerank(&question, ranked)?;
    let full = full.iter().map(|found| found.record.id()).collect();
    let mut rankings = LaneRankings {
        clauses: clause_ids(&engine.library.store, &dense)?,
        sentences: clause_ids(&engine.library.store, &sentences)?,
        lexical: clause_ids(&engine.library.store, &lexical)?,
        fused,
        late,
        full,
    };
    for list in [
        &mut rankings.clauses,
        &mut rankings.sentences,
        &mut rankings.lexical,
        &mut rankings.fused,
        &mut rankings.late,
        &mut rankings.full,
    ] {
        list.truncate(request.limit);
    }
    Ok(rankings)
}

/// The clauses that passages are of, each once, in the order of the hits.
fn clause_ids(store: &Store, hits: &[Hit]) -> Result<Vec<String>, EngineError> {
    let ids: Vec<u64> = hits.iter().map(|hit| hit.id).collect();
    let places: HashMap<u64, String> = store
        .passages(&ids)?
        .into_iter()
        .map(|place| (place.id, format!("{}.{}", place.document_id, place.clause)))
        .collect();
    let mut seen = std::collections::HashSet::new();
    Ok(hits
        .iter()
        .filter_map(|hit| places.get(&hit.id))
        .filter(|id| seen.insert(id.as_str()))
        .cloned()
        .collect())
}
