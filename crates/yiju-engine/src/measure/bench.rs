//! What benchmarks look at beside answers: the first stage over indexes alone, and the lanes of a library.

use yiju_index::{Hit, LexicalIndex, VectorIndex};
use yiju_store::PassageRecord;

use crate::ask::retrieve::{CANDIDATES, Lanes};
use crate::ask::trace::{Step, timed};
use crate::error::EngineError;
use crate::keep::indexes::Indexes;
use crate::keep::saved::{LEXICAL, index_error};

/// The first stage as questions go through it, over indexes that belong to no library: data that was made
/// to be measured.
#[derive(Clone, Copy)]
pub struct FirstStage<'a> {
    /// Vectors of clauses.
    pub clauses: &'a dyn VectorIndex,
    /// Vectors of sentences, under the ids that follow their clause's; may be empty.
    pub sentences: &'a dyn VectorIndex,
    /// Words of clauses.
    pub lexical: &'a LexicalIndex,
}

impl FirstStage<'_> {
    /// The ids of the clauses that the second stage would get, best first. `place` gives the record
    /// of a passage, in place of the store.
    ///
    /// # Errors
    /// A lane failed.
    pub fn candidates(
        self,
        vector: &[f32],
        text: &str,
        place: impl Fn(u64) -> PassageRecord,
    ) -> Result<Vec<u64>, EngineError> {
        let lanes =
            Lanes { clauses: self.clauses, sentences: self.sentences, lexical: self.lexical };
        let hits = lanes.search(vector, text, None)?;
        Ok(timed(Step::Fuse, || {
            let places = hits.ids().into_iter().map(place).collect();
            let candidates = hits.fuse(lanes, vector, places, CANDIDATES);
            candidates.iter().map(|candidate| candidate.id).collect()
        }))
    }
}

/// The vector lanes of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneFigures {
    /// Clauses.
    pub clauses: usize,
    /// Sentences.
    pub sentences: usize,
    /// Whether searches scan every clause, so that they are exact; otherwise they walk a graph.
    pub clauses_scanned: bool,
    /// The same for sentences.
    pub sentences_scanned: bool,
    /// Bytes of both lanes that searches need in memory.
    pub search_bytes: usize,
    /// All bytes of both lanes; those beyond `search_bytes` may stay on disk.
    pub all_bytes: usize,
}

impl LaneFigures {
    /// How large the lanes of `indexes` are and how they are searched.
    pub(super) fn of(indexes: &Indexes) -> Self {
        let ((clauses_hot, clauses_all), (sentences_hot, sentences_all)) =
            (indexes.clauses.memory(), indexes.sentences.memory());
        Self {
            clauses: indexes.clauses.len(),
            sentences: indexes.sentences.len(),
            clauses_scanned: indexes.clauses.is_exact(),
            sentences_scanned: indexes.sentences.is_exact(),
            search_bytes: clauses_hot + sentences_hot,
            all_bytes: clauses_all + sentences_all,
        }
    }
}

/// The `k` clauses nearest to a vector, by comparing each clause's vector in 32-bit floats.
pub(super) fn nearest_exactly(
    indexes: &Indexes,
    vector: &[f32],
    k: usize,
) -> Result<Vec<Hit>, EngineError> {
    let ids = indexes.lexical.ids().map_err(index_error(LEXICAL))?;
    let mut hits: Vec<Hit> = ids
        .into_iter()
        .filter_map(|id| {
            let clause = indexes.clauses.vector(id)?;
            let score = clause.iter().zip(vector).map(|(a, b)| a * b).sum();
            Some(Hit { id, score })
        })
        .collect();
    hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
    hits.truncate(k);
    Ok(hits)
}
