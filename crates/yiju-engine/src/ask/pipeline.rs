//! The stages that a query goes through: embedded, retrieved, ranked, and its best candidates sorted again.

use std::time::Instant;

use yiju_embed::Cancel;

use crate::ask::question::Question;
use crate::ask::retrieve::CANDIDATES;
use crate::ask::scope::Scope;
use crate::ask::trace::{Step, timed};
use crate::ask::{rank, rerank, reread, retrieve};
use crate::engine::{Engine, milliseconds};
use crate::error::{EngineError, go_on};
use crate::keep::indexes::Indexes;
use crate::response::Timings;

/// How many candidates a query looks at.
#[derive(Clone, Copy)]
pub(crate) struct Depth {
    /// How many are found.
    pub(crate) most: usize,
    /// How many of them the second stage scores.
    pub(crate) ranked: usize,
    /// Whether close ones are read again.
    pub(crate) again: bool,
}

impl Depth {
    pub(crate) fn of(limit: usize) -> Self {
        Self {
            most: CANDIDATES.max(limit),
            ranked: CANDIDATES,
            again: true,
        }
    }
}

impl Engine {
    /// The candidates for a question, best first, through all stages.
    pub(crate) fn ranked(
        &self,
        question: &mut Question,
        indexes: &Indexes,
        scope: &Scope,
        depth: Depth,
        timings: &mut Timings,
        cancel: &Cancel,
    ) -> Result<Vec<rank::Ranked>, EngineError> {
        go_on(cancel)?;
        let start = Instant::now();
        question.embed(&self.model)?;
        timings.embed = milliseconds(start);
        go_on(cancel)?;
        let start = Instant::now();
        let candidates = tracing::debug_span!("retrieve")
            .in_scope(|| retrieve::candidates(&self.store, indexes, scope, question, depth.most))?;
        timings.retrieve = milliseconds(start);
        go_on(cancel)?;
        let start = Instant::now();
        let mut ranked = timed(Step::SecondStage, || {
            rank::rank(&self.store, question, candidates, depth.ranked)
        })?;
        if depth.again {
            go_on(cancel)?;
            timed(Step::SecondStage, || self.rerank(question, &mut ranked))?;
        }
        timings.rank = milliseconds(start);
        go_on(cancel)?;
        Ok(ranked)
    }

    /// Sorts the best of `ranked` again by the reader of answers and by the cross-encoder, where one is named.
    pub(crate) fn rerank(
        &self,
        question: &Question,
        ranked: &mut [rank::Ranked],
    ) -> Result<(), EngineError> {
        tracing::debug_span!("reread").in_scope(|| reread::reread(question, ranked));
        match &self.reranker {
            Some(reranker) => tracing::debug_span!("rerank")
                .in_scope(|| rerank::rerank(reranker, question, ranked)),
            None => Ok(()),
        }
    }
}
