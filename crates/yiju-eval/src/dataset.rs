//! Question sets: a corpus of entries and questions with what must be found.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use yiju_document::{Entry, read_corpus};

use crate::EvalError;

/// A question and what must be found for it.
#[derive(Clone, Debug, Deserialize)]
pub struct Query {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// Its language: `zh`, `zh-Hant`, `en`.
    #[serde(default)]
    pub lang: String,
    /// The question.
    #[serde(alias = "question")]
    pub q: String,
    /// What must be found; of each list any id will do.
    #[serde(default)]
    pub gold: Vec<Vec<String>>,
    /// Accepted verbatim answers.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Strings that the cited paragraph must hold; a question without gold and evidence has no answer.
    #[serde(default)]
    pub evidence: Vec<String>,
}

impl Query {
    /// Whether the corpus holds an answer.
    pub fn answerable(&self) -> bool {
        !self.gold.is_empty() || !self.evidence.is_empty()
    }
}

/// A question set.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The set's name: its folder's or file's.
    pub name: String,
    /// Texts to search; empty for a set of questions over a library that is there.
    pub corpus: Vec<Entry>,
    /// The questions.
    pub queries: Vec<Query>,
    /// Questions left out because they have no letter or digit.
    pub blank: usize,
}

impl Dataset {
    /// Reads a set: a folder with `corpus.jsonl` and `queries.jsonl`, each perhaps with `.gz`
    /// (`corpus` names another corpus file of the folder), or a file of questions.
    ///
    /// # Errors
    /// A file is missing or a line is not of the shape; the message names both.
    pub fn read(path: &Path, corpus: Option<&str>) -> Result<Self, EvalError> {
        let name = path
            .file_stem()
            .map_or_else(|| "set".into(), |name| name.to_string_lossy().into_owned());
        if path.is_file() {
            return Ok(Self::new(name, Vec::new(), read_lines(path)?));
        }
        let file = |stem: &str| -> Result<PathBuf, EvalError> {
            [format!("{stem}.jsonl"), format!("{stem}.jsonl.gz")]
                .into_iter()
                .map(|name| path.join(name))
                .find(|path| path.is_file())
                .ok_or_else(|| EvalError::NotASet {
                    path: path.to_owned(),
                    reason: format!("it has no {stem}.jsonl"),
                })
        };
        let queries = read_lines(&file("queries")?)?;
        let path = file(corpus.unwrap_or("corpus"))?;
        let corpus = read_corpus(open(&path)?).map_err(|source| EvalError::Corpus {
            path: path.clone(),
            source,
        })?;
        Ok(Self::new(name, corpus, queries))
    }

    fn new(name: String, corpus: Vec<Entry>, mut queries: Vec<Query>) -> Self {
        let before = queries.len();
        queries.retain(|query| query.q.chars().any(char::is_alphanumeric));
        Self {
            name,
            corpus,
            blank: before - queries.len(),
            queries,
        }
    }
}

fn open(path: &Path) -> Result<BufReader<Box<dyn Read>>, EvalError> {
    let file = File::open(path).map_err(|source| EvalError::Io {
        path: path.to_owned(),
        source,
    })?;
    let packed = path.extension().is_some_and(|end| end == "gz");
    Ok(BufReader::new(if packed {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    }))
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, EvalError> {
    let mut out = Vec::new();
    for (at, line) in open(path)?.lines().enumerate() {
        let line = line.map_err(|source| EvalError::Io {
            path: path.to_owned(),
            source,
        })?;
        if line.trim().is_empty() {
            continue;
        }
        out.push(
            serde_json::from_str(&line).map_err(|error| EvalError::Line {
                path: path.to_owned(),
                line: at + 1,
                reason: error.to_string(),
            })?,
        );
    }
    Ok(out)
}
