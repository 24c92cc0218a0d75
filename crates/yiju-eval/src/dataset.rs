//! Question sets: a corpus of entries and questions with what must be found.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::EvalError;

/// A text of the corpus: a passage or an article.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Its id, which questions name as gold.
    pub id: String,
    /// The title of what it is part of.
    #[serde(default, alias = "law")]
    pub title: Option<String>,
    /// Its number, for an article of a law.
    #[serde(default)]
    pub article: Option<String>,
    /// The version of the law.
    #[serde(default)]
    pub version: Option<String>,
    /// The text.
    pub text: String,
}

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
        let corpus = read_lines(&file(corpus.unwrap_or("corpus"))?)?;
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

fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, EvalError> {
    let io = |source| EvalError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut out = Vec::new();
    for (at, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(io)?;
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
