//! The first stage: candidates from the clause, sentence and lexical lanes, by one fused score.

use std::collections::HashMap;

use yiju_index::{Filter, Hit, LexicalIndex, VectorIndex};
use yiju_store::{PassageRecord, Store};

use crate::ask::embedded::Embedded;
use crate::ask::scope::Scope;
use crate::ask::trace::{Step, timed};
use crate::error::EngineError;
use crate::keep::indexes::Indexes;

/// Hits taken from the lane of clauses and from the lexical lane.
const CLAUSE_HITS: usize = 100;
/// Hits taken from the lane of sentences; several may be of one clause.
const SENTENCE_HITS: usize = 200;
/// Candidates that the second stage scores.
pub(crate) const CANDIDATES: usize = 64;
/// Weight of the lexical lane's share of its best score against a cosine.
const LEXICAL_WEIGHT: f32 = 0.05;

/// A clause that may hold the answer.
pub(crate) struct Candidate {
    /// The clause's passage.
    pub id: u64,
    pub document_id: String,
    pub clause: u32,
    /// Cosine of the question and the clause.
    pub dense: f32,
    /// Cosine of the question and the best sentence.
    pub best_sentence: f32,
    /// BM25 as a share of the best clause's, 0 to 1.
    pub lexical: f32,
}

impl Candidate {
    pub(crate) fn first_stage(&self) -> f32 {
        self.dense + self.best_sentence + LEXICAL_WEIGHT * self.lexical
    }
}

/// The indexes of the three lanes.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<'a> {
    pub clauses: &'a dyn VectorIndex,
    pub sentences: &'a dyn VectorIndex,
    pub lexical: &'a LexicalIndex,
}

/// What each lane finds, best first.
pub(crate) struct LaneHits {
    dense: Vec<Hit>,
    sentences: Vec<Hit>,
    lexical: Vec<Hit>,
}

impl<'a> Lanes<'a> {
    pub(crate) fn of(indexes: &'a Indexes) -> Self {
        Self { clauses: &indexes.clauses, sentences: &indexes.sentences, lexical: &indexes.lexical }
    }

    /// The cosines of a vector with the clause whose passage is `id` and with its best sentence; 0 where it has none.
    pub(crate) fn cosines(self, vector: &[f32], id: u64) -> (f32, f32) {
        let sentences = (1..).map_while(|n| self.sentences.score(vector, id + n));
        (self.clauses.score(vector, id).unwrap_or(0.0), sentences.fold(0.0, f32::max))
    }

    pub(crate) fn search(
        self,
        vector: &[f32],
        text: &str,
        filter: Option<&dyn Filter>,
    ) -> Result<LaneHits, EngineError> {
        let failed = |index: &'static str| move |source| EngineError::Index { index, source };
        let dense = timed(Step::Clauses, || search(self.clauses, vector, CLAUSE_HITS, filter))
            .map_err(failed("clause"))?;
        let sentences =
            timed(Step::Sentences, || search(self.sentences, vector, SENTENCE_HITS, filter))
                .map_err(failed("sentence"))?;
        let lexical = timed(Step::Lexical, || self.lexical.search(text, CLAUSE_HITS, filter))
            .map_err(failed("lexical"))?;
        Ok(LaneHits { dense, sentences, lexical })
    }
}

/// The best `most` candidates by the first stage, best first.
pub(crate) fn candidates(
    store: &Store,
    indexes: &Indexes,
    scope: &Scope,
    question: &Embedded,
    most: usize,
) -> Result<Vec<Candidate>, EngineError> {
    let lanes = Lanes::of(indexes);
    let hits = lanes.search(&question.vector, &question.text, scope.filter())?;
    timed(Step::Fuse, || {
        let places = store.passages(&hits.ids())?;
        Ok(hits.fuse(lanes, &question.vector, places, most))
    })
}

impl LaneHits {
    /// The passages found, each once, ascending.
    pub(crate) fn ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self
            .dense
            .iter()
            .chain(&self.sentences)
            .chain(&self.lexical)
            .map(|hit| hit.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The best `most` candidates by one fused score, best first; `places` are the hits' clauses and sentences.
    /// Each has its true cosines, whichever lane brought it in; its lexical share is 0 where it is not among the
    /// lexical hits.
    ///
    /// A clause's passage is followed by those of its sentences (see `keep::passages`), so a sentence's id
    /// gives its clause's, and the other way round.
    pub(crate) fn fuse(
        self,
        lanes: Lanes<'_>,
        vector: &[f32],
        places: Vec<PassageRecord>,
        most: usize,
    ) -> Vec<Candidate> {
        let best = self.lexical.first().map_or(1.0, |hit| hit.score);
        let shares: HashMap<u64, f32> = self
            .lexical
            .iter()
            .map(|hit| (hit.id, hit.score / best.max(f32::MIN_POSITIVE)))
            .collect();
        let mut found: HashMap<u64, Candidate> = HashMap::new();
        // A passage that another process has removed since has no place and is left out.
        for place in places {
            let before = place.sentence.map_or(0, |sentence| u64::from(sentence) + 1);
            let Some(id) = place.id.checked_sub(before) else {
                continue;
            };
            found.entry(id).or_insert_with(|| {
                let (dense, best_sentence) = lanes.cosines(vector, id);
                Candidate {
                    id,
                    document_id: place.document_id,
                    clause: place.clause,
                    dense,
                    best_sentence,
                    lexical: shares.get(&id).copied().unwrap_or(0.0),
                }
            });
        }

        let mut candidates: Vec<Candidate> = found.into_values().collect();
        candidates
            .sort_by(|a, b| b.first_stage().total_cmp(&a.first_stage()).then(a.id.cmp(&b.id)));
        candidates.truncate(most);
        candidates
    }
}

pub(crate) fn search(
    index: &dyn VectorIndex,
    vector: &[f32],
    k: usize,
    filter: Option<&dyn Filter>,
) -> Result<Vec<Hit>, yiju_index::IndexError> {
    if index.is_empty() { Ok(Vec::new()) } else { index.search(vector, k, filter) }
}
