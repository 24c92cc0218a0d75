//! The first stage: candidates from the clause, sentence and lexical lanes, by one fused score.

use std::collections::HashMap;

use yiju_index::{Filter, Hit, LexicalIndex, VectorIndex};
use yiju_store::{PassageRecord, Store};

use crate::error::EngineError;
use crate::indexes::Indexes;
use crate::question::Question;
use crate::scope::Scope;
use crate::trace::{Step, timed};

/// Hits taken from the lane of clauses and from the lexical lane.
const CLAUSE_HITS: usize = 100;
/// Hits taken from the lane of sentences; several may be of one clause.
const SENTENCE_HITS: usize = 200;
/// Candidates that the second stage scores.
pub(crate) const CANDIDATES: usize = 40;
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

impl Lanes<'_> {
    pub(crate) fn search(
        self,
        vector: &[f32],
        text: &str,
        filter: Option<&dyn Filter>,
    ) -> Result<LaneHits, EngineError> {
        let failed = |index: &'static str| move |source| EngineError::Index { index, source };
        let dense = timed(Step::Clauses, || {
            search(self.clauses, vector, CLAUSE_HITS, filter)
        })
        .map_err(failed("clause"))?;
        let sentences = timed(Step::Sentences, || {
            search(self.sentences, vector, SENTENCE_HITS, filter)
        })
        .map_err(failed("sentence"))?;
        let lexical = timed(Step::Lexical, || {
            self.lexical.search(text, CLAUSE_HITS, filter)
        })
        .map_err(failed("lexical"))?;
        Ok(LaneHits {
            dense,
            sentences,
            lexical,
        })
    }
}

/// The best `most` candidates by the first stage, best first.
pub(crate) fn candidates(
    store: &Store,
    indexes: &Indexes,
    scope: &Scope,
    question: &Question,
    most: usize,
) -> Result<Vec<Candidate>, EngineError> {
    let lanes = Lanes {
        clauses: &indexes.clauses,
        sentences: &indexes.sentences,
        lexical: &indexes.lexical,
    };
    let hits = lanes.search(&question.vector, &question.text, scope.filter())?;
    timed(Step::Fuse, || {
        let places = store.passages(&hits.ids())?;
        Ok(hits.fuse(places, most))
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

    /// The best `most` candidates by one fused score, best first; `places` says where the hits stand.
    ///
    /// A clause's passage is followed by those of its sentences (see `ingest`), so a sentence's id
    /// gives its clause's.
    pub(crate) fn fuse(self, places: Vec<PassageRecord>, most: usize) -> Vec<Candidate> {
        let Self {
            dense,
            sentences,
            lexical,
        } = self;
        // What a lane did not return is no better than the last that it did.
        let floor = |hits: &[Hit]| hits.last().map_or(0.0, |hit| hit.score);
        let (dense_floor, sentence_floor) = (floor(&dense), floor(&sentences));
        let lexical_best = lexical
            .first()
            .map_or(1.0, |hit| hit.score)
            .max(f32::MIN_POSITIVE);

        let places: HashMap<u64, PassageRecord> =
            places.into_iter().map(|place| (place.id, place)).collect();
        let mut found: HashMap<u64, Candidate> = HashMap::new();
        let mut offer = |hit: &Hit, take: &dyn Fn(&mut Candidate, f32)| {
            // A passage that another process has removed since is left out.
            let Some(place) = places.get(&hit.id) else {
                return;
            };
            let before = place.sentence.map_or(0, |sentence| u64::from(sentence) + 1);
            let Some(id) = place.id.checked_sub(before) else {
                return;
            };
            let candidate = found.entry(id).or_insert_with(|| Candidate {
                id,
                document_id: place.document_id.clone(),
                clause: place.clause,
                dense: dense_floor,
                best_sentence: sentence_floor,
                lexical: 0.0,
            });
            take(candidate, hit.score);
        };
        dense
            .iter()
            .for_each(|hit| offer(hit, &|candidate, score| candidate.dense = score));
        sentences.iter().for_each(|hit| {
            offer(hit, &|candidate, score| {
                candidate.best_sentence = candidate.best_sentence.max(score)
            })
        });
        lexical.iter().for_each(|hit| {
            offer(hit, &|candidate, score| {
                candidate.lexical = score / lexical_best
            })
        });

        let mut candidates: Vec<Candidate> = found.into_values().collect();
        candidates.sort_by(|a, b| {
            b.first_stage()
                .total_cmp(&a.first_stage())
                .then(a.id.cmp(&b.id))
        });
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
    if index.is_empty() {
        Ok(Vec::new())
    } else {
        index.search(vector, k, filter)
    }
}
