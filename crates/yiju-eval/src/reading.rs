//! What the reader of answers sees, for every question: the data that its weights are learnt from.
//!
//! Three files in a folder: `questions.jsonl` (the question, its accepted answers, where its vectors
//! stand, and its candidates), `clauses.jsonl` (each clause once) and `values.bin`, to which both point
//! by byte offsets: f32 vectors, f16 features, and coded token vectors, all little-endian.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use half::f16;
use serde_json::{Value, json};
use yiju_engine::{Engine, Filter, Reading, ReadingExample, SearchRequest};

use crate::measure::is_right;
use crate::run::gold;
use crate::{ClauseIds, Dataset, EvalError, Progress};

/// Candidates of a question, besides its gold further down.
const CANDIDATES: usize = 4;

/// Writes the examples of every answerable question of `set` into the folder `dir`, which is made
/// where it is missing.
///
/// # Errors
/// The engine failed, or a file cannot be written.
pub fn readings(
    engine: &Engine,
    set: &Dataset,
    clauses: &ClauseIds,
    filter: &Filter,
    most: Option<usize>,
    progress: &dyn Fn(Progress),
    dir: &Path,
) -> Result<(), EvalError> {
    let total = set.queries.len().min(most.unwrap_or(usize::MAX));
    let fault = |source| EvalError::Io {
        path: dir.to_owned(),
        source,
    };
    let mut out = Files::create(dir).map_err(fault)?;
    for (at, query) in set.queries.iter().take(total).enumerate() {
        if query.answerable() {
            let request = SearchRequest {
                filter: filter.clone(),
                limit: CANDIDATES,
                ..SearchRequest::new(&query.q)
            };
            let wanted = gold(query, clauses);
            let reading = engine.reading(&request, &wanted)?;
            let right: Vec<bool> = reading
                .examples
                .iter()
                .map(|example| is_right(query, clauses, &example.clause_id, &example.text))
                .collect();
            let mut answers = query.accepted();
            answers.extend(query.evidence.iter().cloned());
            let about = json!({
                "id": query.id, "q": query.q, "lang": query.lang, "set": set.name,
                "group": wanted.first(), "answers": answers,
            });
            out.put(about, &reading, &right).map_err(fault)?;
        }
        progress(Progress {
            done: at + 1,
            total,
        });
    }
    out.finish().map_err(fault)
}

struct Files {
    questions: BufWriter<File>,
    clauses: BufWriter<File>,
    values: BufWriter<File>,
    at: usize,
    known: HashSet<String>,
}

impl Files {
    fn create(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let create = |name: &str| File::create(dir.join(name)).map(BufWriter::new);
        Ok(Self {
            questions: create("questions.jsonl")?,
            clauses: create("clauses.jsonl")?,
            values: create("values.bin")?,
            at: 0,
            known: HashSet::new(),
        })
    }

    fn put(&mut self, mut about: Value, reading: &Reading, right: &[bool]) -> io::Result<()> {
        about["vector"] = json!(self.floats(&reading.vector)?);
        about["asking"] = json!(self.floats(&reading.asking)?);
        let mut candidates = Vec::with_capacity(reading.examples.len());
        for (example, right) in reading.examples.iter().zip(right) {
            self.clause(example)?;
            let features: Vec<u8> = example
                .features
                .iter()
                .flat_map(|&x| f16::from_f32(x).to_le_bytes())
                .collect();
            candidates.push(json!({
                "clause": example.clause_id, "score": example.score, "right": right,
                "features": self.bytes(&features)?,
            }));
        }
        about["candidates"] = json!(candidates);
        writeln!(self.questions, "{about}")
    }

    fn clause(&mut self, example: &ReadingExample) -> io::Result<()> {
        if !self.known.insert(example.clause_id.clone()) {
            return Ok(());
        }
        let pair = |range: &Range<usize>| [range.start, range.end];
        let ranges: Vec<[usize; 3]> = example
            .ranges
            .iter()
            .map(|(index, range)| [*index, range.start, range.end])
            .collect();
        let clause = json!({
            "id": example.clause_id, "text": example.text, "ranges": ranges,
            "sentences": example.sentences.iter().map(pair).collect::<Vec<_>>(),
            "tokens": self.bytes(&example.tokens)?,
        });
        writeln!(self.clauses, "{clause}")
    }

    fn floats(&mut self, values: &[f32]) -> io::Result<[usize; 2]> {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    /// Where the bytes stand: offset and length.
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<[usize; 2]> {
        self.values.write_all(bytes)?;
        self.at += bytes.len();
        Ok([self.at - bytes.len(), bytes.len()])
    }

    fn finish(mut self) -> io::Result<()> {
        self.questions.flush()?;
        self.clauses.flush()?;
        self.values.flush()
    }
}
