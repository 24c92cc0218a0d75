//! The second stage: candidates and their sentences scored by late interaction with what the first
//! stage knows.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use yiju_document::{Role, Span};
use yiju_index::CodedTokens;
use yiju_store::{ClauseRecord, Store};
use yiju_text::amounts::phrases;
use yiju_text::chars::is_han;
use yiju_text::normalize;
use yiju_text::questions::{Expected, fits};

use crate::ask::embedded::Embedded;
use crate::ask::matter::Matter;
use crate::ask::question::Language;
use crate::ask::retrieve::Candidate;
use crate::error::EngineError;

/// Weights of the lanes and of other features relative to the clause's cosine; fitted to the development sets
/// (benches/ranking), where they have a broad optimum (docs/retrieval.md).
const BEST_SENTENCE_WEIGHT: f32 = 2.0;
const LATE_WEIGHT: f32 = 2.6;
/// Weight of the share of the question's pairs of characters that the clause or its headings hold.
const PAIRS_WEIGHT: f32 = 0.4;
/// Weight of the share of the question's words that the clause or its headings hold.
const WORDS_WEIGHT: f32 = 0.3;
/// Weight of the better neighbour's score above the least of all candidates: drafters put related clauses next to
/// each other. Not used across scripts, where it says less than the text itself.
pub const NEIGHBOUR_WEIGHT: f32 = 0.125;
/// Gain of a clause that holds a list where one is asked for.
const LIST_GAIN: f32 = 0.12;
/// Weight of late interaction in a sentence's score.
const SENTENCE_LATE_WEIGHT: f32 = 1.25;
/// Loss of a heading token's cosine: where heading and text match equally, the text decides.
const ABOVE_LOSS: f32 = 0.08;
/// Weight of the share of the question's words that a sentence holds.
const COVERAGE_WEIGHT: f32 = 0.15;
/// Loss of a heading as evidence: it names a subject and rarely says anything about it.
const HEADING_LOSS: f32 = 0.08;
/// Loss of a sentence that cannot answer (no number for how many).
const MISFIT_LOSS: f32 = 0.1;

/// Share of the score for what is asked beside the document's name: on benches/policies/dev first citations rise up to
/// here (0.3, 0.5: 0.778, 0.785 right; 0.8: 0.810) and no further (0.9: 0.806; 1: 0.813 with one refusal less).
const MATTER_SHARE: f32 = 0.8;

/// Candidates that a thread scores at once; fewer are not worth waking another thread.
const TOGETHER: usize = 16;

/// A sentence of a candidate, as evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    pub span: Span,
    /// Weighted MaxSim of the question's tokens within the sentence.
    pub late: f32,
    /// The same beside the document's name, where the question says that.
    pub own_late: f32,
    /// Share of the question's words that it holds.
    pub coverage: f32,
    /// How well it holds what is asked for, 0 to 1.
    pub fit: f32,
    pub is_heading: bool,
    /// Share of its words, 0 to 1, that neither the question nor the title nor the headings have.
    pub novelty: f32,
    /// Whether it is part of a list.
    pub listed: bool,
    /// Whether it may be quoted as an answer to the question.
    pub quotable: bool,
    /// The evidence score; comparable within a question.
    pub score: f32,
}

/// A candidate after the second stage.
pub(crate) struct Ranked {
    pub record: ClauseRecord,
    pub lanes: Lanes,
    /// The fused score of all lanes and the neighbours; comparable within a question.
    pub score: f32,
    /// The same score for what is asked beside the document's name, where the question says that.
    matter_score: Option<f32>,
    /// The neighbours' part of the score.
    pub neighbours: f32,
    /// The question and the clause are in different scripts.
    pub across: bool,
    pub sentences: Vec<Sentence>,
    /// Whether it meets what the question fixes, as far as any candidate does.
    pub meets: bool,
    /// The clause's coded token vectors, where the store has them.
    pub tokens: Option<Vec<u8>>,
    /// Share of the question's words that the clause or its headings hold.
    pub coverage: f32,
    /// The same share of the words beside the document's name.
    pub own_coverage: f32,
    /// Weight of the heaviest word that is missing there.
    pub missing: f32,
    /// Share of the question's words that the document's title and issuer hold.
    pub named: f32,
    /// Share of the question's pairs of characters that the clause or its headings hold.
    #[cfg_attr(not(feature = "measure"), expect(dead_code))]
    pub pairs: f32,
}

/// The lanes' scores of a clause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lanes {
    /// Cosine of the question and the clause.
    pub dense: f32,
    /// Cosine of the question and the clause's best sentence.
    pub sentence: f32,
    /// BM25 as a share of the best clause's, 0 to 1.
    pub lexical: f32,
    /// Weighted MaxSim of the question's tokens in the clause.
    pub late: f32,
}

impl Ranked {
    /// Spans of the best sentences, best first.
    pub(crate) fn best_sentences(&self, most: usize) -> Vec<Span> {
        let mut sentences: Vec<&Sentence> = self.sentences.iter().collect();
        sentences.sort_by(|a, b| b.score.total_cmp(&a.score));
        sentences.iter().take(most).map(|sentence| sentence.span).collect()
    }

    /// Its document's id, and its index in it.
    fn place(&self) -> (&str, u32) {
        (&self.record.document.id, self.record.index)
    }

    /// Whether it may be the answer: it has a sentence to quote and meets what the question fixes.
    pub(crate) fn may_answer(&self) -> bool {
        self.meets && self.evidence().is_some()
    }

    /// The best sentence that may be quoted; `None` where the clause has none.
    pub(crate) fn evidence(&self) -> Option<&Sentence> {
        let quotable = self.sentences.iter().filter(|sentence| sentence.quotable);
        quotable.max_by(|a, b| a.score.total_cmp(&b.score))
    }
}

/// The cosines of a vector with a clause (by its passage's id) and with its best sentence.
pub(crate) type Cosines<'a> = dyn Fn(&[f32], u64) -> (f32, f32) + Sync + 'a;

/// Scores candidates, best first. Those past the first `reach` keep their order behind them: only a long
/// list of hits goes that far.
pub(crate) fn rank(
    store: &Store,
    cosines: &Cosines<'_>,
    question: &Embedded,
    candidates: Vec<Candidate>,
    reach: usize,
) -> Result<Vec<Ranked>, EngineError> {
    let wanted: Vec<(&str, u32)> =
        candidates.iter().map(|c| (c.document_id.as_str(), c.clause)).collect();
    let records = store.clauses(&wanted)?;
    let ids: Vec<u64> = candidates.iter().take(reach).map(|candidate| candidate.id).collect();
    let tokens = store.tokens(&ids)?.into_iter().chain(std::iter::repeat(None));
    let found: Vec<(&Candidate, ClauseRecord, Option<Vec<u8>>)> = candidates
        .iter()
        .zip(records)
        .zip(tokens)
        .filter_map(|((candidate, record), tokens)| Some((candidate, record?, tokens)))
        .collect();
    let scored = found.iter().filter(|(.., tokens)| tokens.is_some()).count();
    let mut matters: HashMap<&str, Option<Matter>> = HashMap::new();
    for (candidate, record, _) in &found {
        matters
            .entry(candidate.document_id.as_str())
            .or_insert_with(|| Matter::of(question, &normalize(&record.document.title)));
    }
    let mut ranked = found
        .into_par_iter()
        .with_min_len(TOGETHER)
        .map(|(candidate, record, tokens)| {
            let matter = matters.get(candidate.document_id.as_str()).and_then(Option::as_ref);
            let beside = matter.map(|matter| (matter, cosines(&matter.vector, candidate.id)));
            score(question, beside, candidate, record, tokens)
        })
        .collect::<Result<Vec<Ranked>, EngineError>>()?;
    let scored = &mut ranked[..scored.min(reach)];
    tell_apart(scored);
    add_neighbours(scored);
    scored.sort_by(|a, b| {
        let by_id = || a.record.id().cmp(&b.record.id());
        b.score.total_cmp(&a.score).then_with(by_id)
    });
    Ok(ranked)
}

/// Scores clauses that are in no library, each with its coded token vectors, in the order given.
pub(crate) fn score_apart(
    question: &Embedded,
    clauses: Vec<(Candidate, ClauseRecord, Vec<u8>)>,
) -> Result<Vec<Ranked>, EngineError> {
    let scored = clauses
        .into_par_iter()
        .map(|(candidate, record, tokens)| score(question, None, &candidate, record, Some(tokens)));
    scored.collect()
}

/// Where a time is asked for and one of the best candidates holds one, nothing without one is quoted. (Amounts have
/// too many forms: 每月一次 answers 多久.)
pub(crate) fn drop_misfits(question: &Embedded, ranked: &mut [Ranked]) {
    const LOOKED_AT: usize = 8;
    if question.expected != Expected::Time {
        return;
    }
    let fits = |found: &Ranked| found.sentences.iter().any(|s| s.quotable && s.fit >= 1.0);
    if ranked.iter().take(LOOKED_AT).any(fits) {
        for sentence in ranked.iter_mut().flat_map(|found| &mut found.sentences) {
            sentence.quotable &= sentence.fit > 0.0;
        }
    }
}

/// Sorts the candidates of each document by what is asked beside its name; the best of each document keeps its score, so
/// that documents compare as before.
fn tell_apart(ranked: &mut [Ranked]) {
    let mut best: HashMap<String, (f32, f32)> = HashMap::new();
    let mixed = |found: &Ranked| {
        found.matter_score.map(|matter| (1.0 - MATTER_SHARE) * found.score + MATTER_SHARE * matter)
    };
    for found in ranked.iter() {
        if let Some(mixed) = mixed(found) {
            let most = best.entry(found.record.document.id.clone()).or_insert((f32::MIN, f32::MIN));
            *most = (most.0.max(found.score), most.1.max(mixed));
        }
    }
    for found in ranked {
        if let Some((mixed, most)) = mixed(found).zip(best.get(&found.record.document.id)) {
            found.score = most.0 + mixed - most.1;
        }
    }
}

/// Adds to the score of each candidate what its neighbours in the document give it.
fn add_neighbours(ranked: &mut [Ranked]) {
    let scores: HashMap<(&str, u32), f32> =
        ranked.iter().map(|found| (found.place(), found.score)).collect();
    let least = scores.values().copied().fold(f32::MAX, f32::min);
    let best_beside = |found: &Ranked| {
        let (document, at) = found.place();
        [at.checked_sub(1), at.checked_add(1)]
            .into_iter()
            .flatten()
            .filter_map(|beside| scores.get(&(document, beside)))
            .fold(least, |best, &score| best.max(score))
    };
    let best: Vec<f32> = ranked.iter().map(best_beside).collect();
    for (found, best) in ranked.iter_mut().zip(best) {
        if !found.across {
            found.neighbours = NEIGHBOUR_WEIGHT * (best - least);
            found.score += found.neighbours;
        }
    }
}

fn score(
    question: &Embedded,
    beside: Option<(&Matter, (f32, f32))>,
    candidate: &Candidate,
    record: ClauseRecord,
    tokens: Option<Vec<u8>>,
) -> Result<Ranked, EngineError> {
    let meeting = match tokens.as_deref() {
        Some(tokens) => Meeting::of(question, tokens).map_err(|error| {
            EngineError::DamagedTokens { clause_id: record.id(), reason: error.to_string() }
        })?,
        None => Meeting::default(),
    };
    let text = normalize(&record.text);
    let title = normalize(&record.document.title);
    let path = normalize(&record.path.join(" "));
    let with_headings = format!("{title} {path} {text}");
    let titles = format!("{title} {}", normalize(record.document.issuer.as_deref().unwrap_or("")));
    let asked = question.normal.as_str();
    let known: HashSet<char> = asked.chars().chain(titles.chars()).chain(path.chars()).collect();
    let weights = question.token_weights.as_slice();
    let late = meeting.best(weights, None);
    let across = (question.language == Language::Chinese) != record.text.chars().any(is_han);
    let lanes = Lanes {
        dense: candidate.dense,
        sentence: candidate.best_sentence,
        lexical: candidate.lexical,
        late,
    };
    let sentences = record
        .clause
        .sentences
        .iter()
        .enumerate()
        .map(|(at, &span)| {
            let part = record.within(span).unwrap_or_default();
            let late = meeting.best(weights, Some(part.clone()));
            let normal = normalize(record.slice(span).unwrap_or(""));
            let coverage = question.coverage(&normal).unwrap_or(0.0);
            let fit = fit(question, asked, &normal);
            let role = record.clause.roles.get(at).copied().unwrap_or(Role::Body);
            let is_heading =
                at == 0 && record.clause.heading.is_some() && record.clause.sentences.len() > 1;
            let listed = matches!(role, Role::LeadIn | Role::Item);
            let novelty = novelty(&normal, &known);
            let quotable = question.quotable.allows(role, &normal, fit);
            // Among the sentences of one document its name tells nothing apart.
            let (own_late, own_coverage) = match beside {
                Some((matter, _)) => {
                    (meeting.best(&matter.token_weights, Some(part)), matter.coverage(&normal))
                }
                None => (late, coverage),
            };
            let score = SENTENCE_LATE_WEIGHT * own_late + COVERAGE_WEIGHT * own_coverage
                - MISFIT_LOSS * (1.0 - fit)
                - if is_heading { HEADING_LOSS } else { 0.0 };
            Sentence {
                span,
                late,
                own_late,
                coverage,
                fit,
                is_heading,
                novelty,
                listed,
                quotable,
                score,
            }
        })
        .collect::<Vec<_>>();
    // Pairs and words that two languages share by chance say little.
    let pairs = question.pairs.share_in(&with_headings);
    let coverage = question.coverage(&with_headings).unwrap_or(0.0);
    let shared = if across { 0.0 } else { PAIRS_WEIGHT * pairs + WORDS_WEIGHT * coverage };
    let lists = sentences.iter().filter(|sentence| sentence.listed).count() > 2
        || record.clause.roles.last() == Some(&Role::LeadIn);
    let fused = |dense: f32, sentence: f32, late: f32| {
        dense
            + BEST_SENTENCE_WEIGHT * sentence
            + LATE_WEIGHT * late
            + shared
            + if question.quotable.list && lists { LIST_GAIN } else { 0.0 }
    };
    let matter_score = beside.map(|(matter, (dense, sentence))| {
        fused(dense, sentence, meeting.best(&matter.token_weights, None))
    });
    Ok(Ranked {
        score: fused(lanes.dense, lanes.sentence, lanes.late),
        matter_score,
        neighbours: 0.0,
        across,
        coverage,
        own_coverage: match beside {
            Some((matter, _)) => matter.coverage(&format!("{path} {text}")),
            None => coverage,
        },
        missing: question.missing(&with_headings),
        named: question.coverage(&titles).unwrap_or(0.0),
        pairs,
        record,
        lanes,
        sentences,
        meets: true,
        tokens,
    })
}

/// How well a sentence holds what is asked for, 0 to 1; a time that the question itself (`asked`, in normal form)
/// names is not what it asks for.
fn fit(question: &Embedded, asked: &str, sentence: &str) -> f32 {
    let fit = fits(question.expected, sentence);
    // 一次 of 多久一次 is no amount that the question knows.
    if fit < 1.0 || question.expected != Expected::Time {
        return fit;
    }
    let mut answers = phrases(sentence)
        .into_iter()
        .filter_map(|part| sentence.get(part))
        .filter(|part| fits(question.expected, part) >= 1.0)
        .peekable();
    let named = answers.peek().is_some() && answers.all(|part| asked.contains(part));
    if named { 0.0 } else { fit }
}

/// The share of a sentence's letters that are not `known`; 0 for a sentence without letters.
fn novelty(sentence: &str, known: &HashSet<char>) -> f32 {
    let letters = || sentence.chars().filter(|c| c.is_alphanumeric());
    let new = letters().filter(|c| !known.contains(c)).count();
    new as f32 / letters().count().max(1) as f32
}

/// The cosines of the question's tokens with a clause's.
#[derive(Default)]
struct Meeting {
    ranges: Vec<Option<std::ops::Range<usize>>>,
    /// Question tokens by clause tokens.
    cosines: Vec<f32>,
}

impl Meeting {
    fn of(question: &Embedded, tokens: &[u8]) -> Result<Self, yiju_index::LateError> {
        let coded = CodedTokens::read(tokens, question.vector.len())?;
        Ok(Self {
            ranges: coded.ranges().collect(),
            cosines: coded.similarities(question.tokens_like(coded.kind())),
        })
    }

    /// The mean over the question's tokens, by weight, of the best cosine among the tokens of the
    /// clause and of the headings above it, or among those within `part` of its text; 0 where there
    /// are none.
    fn best(&self, weights: &[f32], part: Option<std::ops::Range<usize>>) -> f32 {
        let inside = |range: &Option<std::ops::Range<usize>>| match (&part, range) {
            (None, _) => true,
            (Some(part), Some(range)) => part.start <= range.start && range.start < part.end,
            (Some(_), None) => false,
        };
        let columns: Vec<usize> =
            (0..self.ranges.len()).filter(|&t| inside(&self.ranges[t])).collect();
        if columns.is_empty() {
            return 0.0;
        }
        self.cosines
            .chunks_exact(self.ranges.len())
            .zip(weights)
            .map(|(row, weight)| {
                let cosine = |t: usize| match self.ranges[t] {
                    Some(_) => row[t],
                    None => row[t] - ABOVE_LOSS,
                };
                weight * columns.iter().map(|&t| cosine(t)).fold(-1.0, f32::max)
            })
            .sum()
    }
}
