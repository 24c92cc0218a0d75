//! What evaluation and training see of a question's candidates.

use std::ops::Range;

use yiju_document::Span;
use yiju_index::CodedTokens;

use crate::ask::confidence;
use crate::ask::embedded::Embedded;
use crate::ask::pipeline::{Stages, check_query};
use crate::ask::rank::{Lanes, Ranked, Sentence};
use crate::ask::reader::features;
use crate::ask::rerank::Read;
use crate::ask::retrieve::CANDIDATES;
use crate::ask::when::in_force;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::response::SearchRequest;

/// One candidate's signals, for evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Signals {
    /// The clause.
    pub clause_id: String,
    /// What each lane says.
    pub lanes: Lanes,
    /// The fused score.
    pub score: f32,
    /// Whether it may be the answer; those that may come first.
    pub may_answer: bool,
    /// What the confidence is computed from, by name.
    pub features: Vec<(&'static str, f32)>,
    /// What else the second stage knows of the clause, by name.
    pub figures: Vec<(&'static str, f32)>,
    /// Sentences in the order of the text: span and evidence score.
    pub sentences: Vec<(Span, f32)>,
}

/// The signals of the best candidates for a query, without these clauses (by their ids).
pub(super) fn signals(
    engine: &Engine,
    request: &SearchRequest,
    without: &[String],
) -> Result<Vec<Signals>, EngineError> {
    let (stages, question) = stages(engine, request, without)?;
    let answerable = stages.answering(&question, &stages.scope)?;
    if !answerable.unmet.is_empty() {
        // It is refused before any confidence is asked.
        return Ok(Vec::new());
    }
    let found = answerable.found;
    let features = confidence::features(&found, &found);
    Ok(found
        .iter()
        .enumerate()
        .map(|(at, found)| Signals {
            clause_id: found.record.id(),
            lanes: found.lanes,
            score: found.score,
            may_answer: found.may_answer(),
            features: if at == 0 { features.named() } else { Vec::new() },
            figures: figures(found),
            sentences: found.sentences.iter().map(|s| (s.span, s.score)).collect(),
        })
        .collect())
}

/// What the score and the confidence are made of, besides the lanes.
fn figures(found: &Read) -> Vec<(&'static str, f32)> {
    let best = found.evidence();
    let most = |pick: fn(&Sentence) -> f32| found.sentences.iter().map(pick).fold(0.0, f32::max);
    vec![
        ("pairs", found.pairs),
        ("neighbours", found.neighbours),
        ("reading", found.reading),
        ("length", found.record.text.chars().count() as f32),
        ("coverage", found.coverage),
        ("missing", found.missing),
        ("across", f32::from(u8::from(found.across))),
        ("best_late", best.map_or(found.lanes.late, |s| s.late)),
        ("best_coverage", best.map_or(0.0, |s| s.coverage)),
        ("fit", best.map_or(1.0, |s| s.fit)),
        ("sentence_late", most(|s| s.late)),
        ("sentence_coverage", most(|s| s.coverage)),
        ("sentences", found.sentences.len() as f32),
    ]
}

/// What an example for training needs of a candidate.
#[derive(Clone, Debug)]
pub struct ReadingExample {
    /// The clause.
    pub clause_id: String,
    /// Its fused score in the second stage.
    pub score: f32,
    /// The clause's text.
    pub text: String,
    /// Sentences as byte ranges of the text.
    pub sentences: Vec<Range<usize>>,
    /// The coded token vectors of the clause (the format of `yiju_index::encode_tokens`).
    pub tokens: Vec<u8>,
    /// The tokens read: index among the coded tokens, bytes of the text.
    pub ranges: Vec<(usize, Range<usize>)>,
    /// The features, token by token.
    pub features: Vec<f32>,
}

/// A question for training: its two vectors and its candidates.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The unit vector of the question.
    pub vector: Vec<f32>,
    /// The mean vector of its asking words' tokens.
    pub asking: Vec<f32>,
    /// The best candidates, best first, then those wanted besides.
    pub examples: Vec<ReadingExample>,
}

/// The examples that the best `request.limit` clauses for a query give, and those of `wanted` (clause
/// ids) among the further candidates.
pub(super) fn reading(
    engine: &Engine,
    request: &SearchRequest,
    wanted: &[String],
) -> Result<Reading, EngineError> {
    let (question, ranked) = ranked(engine, request, &[])?;
    let examples = ranked
        .iter()
        .enumerate()
        .filter(|(place, found)| *place < request.limit || wanted.contains(&found.record.id()))
        .filter_map(|(place, found)| {
            let bytes = found.tokens.as_deref()?;
            let coded = CodedTokens::read(bytes, question.vector.len()).ok()?;
            let tokens = features::tokens(&question, found, place, &coded)?;
            Some(ReadingExample {
                clause_id: found.record.id(),
                score: found.score,
                text: found.record.text.clone(),
                sentences: features::sentence_ranges(found),
                tokens: bytes.to_vec(),
                ranges: tokens.iter().map(|t| (t.index, t.range.clone())).collect(),
                features: tokens.iter().flat_map(|t| t.values).collect(),
            })
        })
        .collect();
    Ok(Reading {
        vector: question.vector.clone(),
        asking: question.asking_vector.clone(),
        examples,
    })
}

/// The stages over a query, and the query embedded.
fn stages<'a>(
    engine: &'a Engine,
    request: &SearchRequest,
    without: &[String],
) -> Result<(Stages<'a>, Embedded), EngineError> {
    check_query(request)?;
    let stages = Stages::over(engine, &request.filter, without, Some(in_force(request.as_of)))?;
    let question = stages.embed(stages.analyse(&request.query)?)?;
    Ok((stages, question))
}

/// A query and its candidates after the second stage, which scores all of them here.
fn ranked(
    engine: &Engine,
    request: &SearchRequest,
    without: &[String],
) -> Result<(Embedded, Vec<Ranked>), EngineError> {
    let (stages, question) = stages(engine, request, without)?;
    let most = CANDIDATES.max(request.limit);
    let candidates = stages.retrieve(&question, &stages.scope, most)?;
    let ranked = stages.rank(&question, candidates, most)?;
    Ok((question, ranked))
}
