//! How evaluation and benchmarks look into the engine.

use yiju_index::{Hit, VectorIndex};

use super::ablation::{self, LaneRankings};
use super::bench::{self, LaneFigures};
use super::candidates::{self, Reading, Signals};
use crate::ask::pipeline;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::ground::GroundSources;
use crate::keep::saved::index_error;
use crate::response::{Answer, AskRequest, SearchRequest};

impl Engine {
    /// Answers as if these clauses (by their ids) were not there: how refusals are measured.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn ask_without(
        &self,
        request: &AskRequest,
        clauses: &[String],
    ) -> Result<Answer, EngineError> {
        pipeline::ask(self, request, clauses)
    }

    /// The signals of the best candidates for a query, without these clauses (by their ids).
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn signals(
        &self,
        request: &SearchRequest,
        without: &[String],
    ) -> Result<Vec<Signals>, EngineError> {
        candidates::signals(self, request, without)
    }

    /// What the support of each sentence that is checked is computed from, by name, over the sources that it cites.
    ///
    /// # Errors
    /// As [`Engine::ground_by`].
    pub fn ground_signals(
        &self,
        sources: &GroundSources,
        answer: &str,
    ) -> Result<Vec<Vec<(&'static str, f32)>>, EngineError> {
        crate::ground::signals(self, sources, answer)
    }

    /// What the reader sees of the best `request.limit` clauses for a query, and of those of
    /// `wanted` (clause ids) among the further candidates: the examples that its weights are learnt
    /// from.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn reading(
        &self,
        request: &SearchRequest,
        wanted: &[String],
    ) -> Result<Reading, EngineError> {
        candidates::reading(self, request, wanted)
    }

    /// Ranks clauses for a query by each lane alone.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn lanes(&self, request: &SearchRequest) -> Result<LaneRankings, EngineError> {
        ablation::lanes(self, request)
    }

    /// How large the vector lanes are and how they are searched.
    ///
    /// # Errors
    /// Reading failed.
    pub fn lane_figures(&self) -> Result<LaneFigures, EngineError> {
        Ok(LaneFigures::of(&*self.library.fresh_indexes()?))
    }

    /// The `k` clauses (by the ids of their passages) nearest to a vector, as questions search them.
    ///
    /// # Errors
    /// The vector is not a unit vector of the model's dimension, or reading failed.
    pub fn nearest_clauses(&self, vector: &[f32], k: usize) -> Result<Vec<Hit>, EngineError> {
        let indexes = self.library.fresh_indexes()?;
        let found = indexes.clauses.search(vector, k, None);
        found.map_err(index_error("clause"))
    }

    /// The same by comparing each clause's vector in 32-bit floats: slow, and the
    /// reference for the recall of [`nearest_clauses`](Self::nearest_clauses).
    ///
    /// # Errors
    /// Reading failed.
    pub fn nearest_clauses_exactly(
        &self,
        vector: &[f32],
        k: usize,
    ) -> Result<Vec<Hit>, EngineError> {
        bench::nearest_exactly(&*self.library.fresh_indexes()?, vector, k)
    }

    /// Sets how many rows searches of clause vectors keep in view where they walk a graph: more is slower
    /// and finds more. It holds until the engine is dropped.
    pub fn set_search_width(&self, ef: usize) {
        self.library.change_indexes().clauses.set_ef(ef);
    }
}
