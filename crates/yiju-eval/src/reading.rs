//! What the reader of answers sees, for every question: the data that its weights are learnt from.
//!
//! Three files in a folder: `questions.jsonl` (the question, its accepted answers, where its vectors are, and its
//! candidates), `clauses.jsonl` (each clause once) and `values.bin`, to which both point by byte offset and length: f32
//! vectors, f16 features, and coded token vectors, all little-endian.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use half::f16;
use serde_json::json;
use yiju_engine::{Reading, ReadingExample};

use crate::Query;
use crate::measure::is_right;
use crate::records::Asked;

/// The three files, being written.
pub(crate) struct Readings {
    questions: BufWriter<File>,
    clauses: BufWriter<File>,
    values: BufWriter<File>,
    at: usize,
    known: HashSet<String>,
}

impl Readings {
    /// Candidates of a question, besides its gold further down.
    pub(crate) const CANDIDATES: usize = 4;

    pub(crate) fn create(dir: &Path) -> io::Result<Self> {
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

    /// Writes a question whose gold clauses are `wanted`, and those of its clauses that are new.
    pub(crate) fn put(
        &mut self,
        asked: &Asked<'_>,
        query: &Query,
        wanted: &[String],
        reading: &Reading,
    ) -> io::Result<()> {
        // What answers most shortly: a span of all the evidence would teach to mark whole sentences.
        let answers = [query.accepted(), query.quotes.clone(), query.evidence.clone()]
            .into_iter()
            .find(|some| !some.is_empty())
            .unwrap_or_default();
        let mut about = json!({
            "id": query.id, "q": query.q, "lang": query.lang, "set": asked.set.name,
            "group": wanted.first(), "answers": answers,
            "vector": self.floats(&reading.vector)?,
            "asking": self.floats(&reading.asking)?,
        });
        let mut candidates = Vec::with_capacity(reading.examples.len());
        for example in &reading.examples {
            self.clause(example)?;
            let features = example.features.iter();
            let features: Vec<u8> =
                features.flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
            candidates.push(json!({
                "clause": example.clause_id, "score": example.score,
                "right": is_right(query, asked.clauses, &example.clause_id, &example.text),
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
        let ranges: Vec<[usize; 3]> =
            example.ranges.iter().map(|(index, range)| [*index, range.start, range.end]).collect();
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

    /// Writes bytes; gives their offset and length.
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<[usize; 2]> {
        self.values.write_all(bytes)?;
        self.at += bytes.len();
        Ok([self.at - bytes.len(), bytes.len()])
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.questions.flush()?;
        self.clauses.flush()?;
        self.values.flush()
    }
}
