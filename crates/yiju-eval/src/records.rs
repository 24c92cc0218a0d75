//! What weights are learnt from, a record for each question: the signals of the confidence, the figures of the
//! candidates, or what the reader of answers sees.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};
use yiju_engine::{Engine, Filter, SearchRequest, Signals};

use crate::measure::is_right;
use crate::reading::Readings;
use crate::run::{gold, questions};
use crate::{ClauseIds, Dataset, EvalError, Progress, Query};

/// Candidates of a question in [`Records::Candidates`].
const CANDIDATES: usize = 100;
/// How many of the best clauses are searched for the evidence that stands in for gold.
const EVIDENCE_DEPTH: usize = 40;

/// Which records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// The signals of the best candidate, a line of JSON for each question.
    Signals,
    /// The figures of the best 100 candidates, a line of JSON for each question.
    Candidates,
    /// The features of the best clauses' tokens, as three files in a folder: `questions.jsonl`, `clauses.jsonl` and
    /// `values.bin`.
    Readings,
}

/// The questions that records are written of.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The library.
    pub engine: &'a Engine,
    /// The questions.
    pub set: &'a Dataset,
    /// The clause id of each entry, as [`add_corpus`](crate::add_corpus) gives them.
    pub clauses: &'a ClauseIds,
    /// Which documents are asked.
    pub filter: &'a Filter,
    /// Only the first so many questions.
    pub most: Option<usize>,
}

/// The fields that every line of JSON begins with.
#[derive(Serialize)]
struct Head {
    id: String,
    q: String,
    lang: String,
    /// What is found for it: questions of one group are kept together in cross-validation.
    group: String,
    /// Whether its gold passages are taken out.
    without: bool,
    /// Whether the documents searched answer it.
    answerable: bool,
}

#[derive(Serialize)]
struct SignalRow {
    #[serde(flatten)]
    head: Head,
    /// Whether the best candidate is right.
    right: bool,
    /// The signals by name, and `across`: 1 where question and candidate are in different scripts.
    features: Map<String, Value>,
}

#[derive(Serialize)]
struct CandidateRow {
    #[serde(flatten)]
    head: Head,
    /// How many things must be found.
    wanted: usize,
    /// The names of the figures in `rows`.
    names: Vec<&'static str>,
    /// The figures of each candidate, best first.
    rows: Vec<Vec<f32>>,
    /// For each candidate which of the things to be found it is.
    right: Vec<Option<usize>>,
}

impl Asked<'_> {
    /// Writes the records to `path`, a file or, for readings, a folder that is made where it is missing. Signals and
    /// candidates have two records for a question with gold: with it, and with it taken out. Readings are of answerable
    /// questions only.
    ///
    /// # Errors
    /// The engine failed, or a file cannot be written.
    pub fn write(
        self,
        records: Records,
        path: &Path,
        progress: &dyn Fn(Progress),
    ) -> Result<(), EvalError> {
        let fault = |source| EvalError::Write { path: path.to_owned(), source };
        if records == Records::Readings {
            let mut out = Readings::create(path).map_err(fault)?;
            for query in questions(self.set, self.most, progress) {
                if query.answerable() {
                    let mut request = self.request(query);
                    request.limit = Readings::CANDIDATES;
                    let wanted = gold(query, self.clauses);
                    let reading = self.engine.reading(&request, &wanted)?;
                    out.put(&self, query, &wanted, &reading).map_err(fault)?;
                }
            }
            return out.finish().map_err(fault);
        }
        let mut out = BufWriter::new(File::create(path).map_err(fault)?);
        for query in questions(self.set, self.most, progress) {
            let gold = self.gold_of(query)?;
            for without in [false, true] {
                if without && gold.is_empty() {
                    continue;
                }
                let head = Head {
                    id: query.id.clone(),
                    q: query.q.clone(),
                    lang: query.lang.clone(),
                    group: gold.first().unwrap_or(&query.q).clone(),
                    without,
                    answerable: query.answerable() && !without,
                };
                let left_out = if without { gold.as_slice() } else { &[] };
                let mut request = self.request(query);
                if records == Records::Candidates {
                    request.limit = CANDIDATES;
                }
                let found = self.engine.signals(&request, left_out)?;
                match records {
                    Records::Candidates => line(&mut out, &self.candidates(head, query, &found)?),
                    _ => match found.first() {
                        Some(best) => line(&mut out, &self.signals(head, query, best)?),
                        None => Ok(()),
                    },
                }
                .map_err(fault)?;
            }
        }
        out.flush().map_err(fault)
    }

    fn request(self, query: &Query) -> SearchRequest {
        SearchRequest { filter: self.filter.clone(), ..SearchRequest::new(&query.q) }
    }

    /// As [`gold`]; for a question that names its evidence instead, those of its best clauses that hold it.
    fn gold_of(self, query: &Query) -> Result<Vec<String>, EvalError> {
        if query.evidence.is_empty() && query.quotes.is_empty() {
            return Ok(gold(query, self.clauses));
        }
        let mut request = self.request(query);
        request.limit = EVIDENCE_DEPTH;
        let hits = self.engine.search(&request)?.hits;
        let holding = hits
            .into_iter()
            .filter(|hit| is_right(query, self.clauses, &hit.clause_id, &hit.paragraph));
        Ok(holding.map(|hit| hit.clause.clause_id).collect())
    }

    /// Whether a clause is right, by its id or by its text.
    fn right(self, query: &Query, clause: &str) -> Result<bool, EvalError> {
        let found = self.engine.clause(clause)?;
        let paragraph = found.map_or(String::new(), |clause| clause.paragraph);
        Ok(is_right(query, self.clauses, clause, &paragraph))
    }

    fn signals(self, head: Head, query: &Query, best: &Signals) -> Result<SignalRow, EvalError> {
        let features = best.features.iter();
        Ok(SignalRow {
            head,
            right: self.right(query, &best.clause_id)?,
            features: features.map(|&(name, value)| (name.to_owned(), json!(value))).collect(),
        })
    }

    fn candidates(
        self,
        head: Head,
        query: &Query,
        found: &[Signals],
    ) -> Result<CandidateRow, EvalError> {
        let mut names = vec!["score", "dense", "sentence", "lexical", "late"];
        if let Some(first) = found.first() {
            names.extend(first.figures.iter().map(|(name, _)| name));
        }
        let row = |one: &Signals| {
            let lanes = one.lanes;
            let own = [one.score, lanes.dense, lanes.sentence, lanes.lexical, lanes.late];
            let figures = one.figures.iter().map(|(_, value)| *value);
            own.into_iter().chain(figures).collect()
        };
        let right = |one: &Signals| {
            if query.gold.is_empty() {
                return Ok(self.right(query, &one.clause_id)?.then_some(0));
            }
            let is = |id: &String| self.clauses.get(id) == Some(&one.clause_id);
            Ok(query.gold.iter().position(|any| any.iter().any(is)))
        };
        Ok(CandidateRow {
            head,
            wanted: query.gold.len().max(1),
            names,
            rows: found.iter().map(row).collect(),
            right: found.iter().map(right).collect::<Result<_, EvalError>>()?,
        })
    }
}

fn line(out: &mut impl Write, row: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    writeln!(out)
}
