//! The stages that a query goes through: embedded, retrieved, ranked, and its best candidates sorted again; and
//! what evaluation sees of them.

use std::time::Instant;

use yiju_embed::Cancel;

use crate::ask::question::Question;
use crate::ask::reader::{self, Reading};
use crate::ask::retrieve::CANDIDATES;
use crate::ask::scope::Scope;
use crate::ask::trace::{Step, timed};
use crate::ask::{rank, rerank, reread, retrieve};
use crate::engine::{Engine, LONGEST_QUESTION, check_text, milliseconds};
use crate::error::{EngineError, go_on};
use crate::keep::indexes::Indexes;
use crate::response::{SearchRequest, Timings};

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
    /// What every lane says of the best candidates for a query, without these clauses (by their
    /// ids): for evaluation.
    ///
    /// # Errors
    /// As [`Engine::search`].
    pub fn signals(
        &self,
        request: &SearchRequest,
        without: &[String],
    ) -> Result<Vec<rank::Signals>, EngineError> {
        let (_, ranked) = self.second_stage(request, without, true)?;
        Ok(rank::signals(&ranked))
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
        let (question, ranked) = self.second_stage(request, &[], false)?;
        Ok(reader::examples(&question, &ranked, request.limit, wanted))
    }

    /// A query and its candidates without these clauses, as evaluation looks at them; close ones read `again` or not.
    fn second_stage(
        &self,
        request: &SearchRequest,
        without: &[String],
        again: bool,
    ) -> Result<(Question, Vec<rank::Ranked>), EngineError> {
        check_text(
            "the query's length in characters",
            &request.query,
            LONGEST_QUESTION,
        )?;
        let indexes = self.fresh_indexes()?;
        let scope = Scope::resolve(&self.store, &request.filter)?.without(&self.store, without)?;
        let mut question = Question::new(&request.query, &indexes.lexical)?;
        let most = CANDIDATES.max(request.limit);
        let ranked = self.ranked(
            &mut question,
            &indexes,
            &scope,
            Depth {
                most,
                ranked: most,
                again,
            },
            &mut Timings::default(),
            &Cancel::default(),
        )?;
        Ok((question, ranked))
    }

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
