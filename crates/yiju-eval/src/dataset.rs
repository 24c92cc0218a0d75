//! Question sets: a corpus of entries, and questions with what must be found for them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use yiju_document::{Entry, read_corpus};

use crate::{ClauseIds, EvalError};

/// A question and what must be found for it.
#[derive(Clone, Debug, Deserialize)]
pub struct Query {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// Its language: `zh`, `zh-Hant`, `en`; where none is given, `zh`, `en` or `other` by its script.
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
    /// The one accepted answer, in sets that have no more.
    #[serde(default)]
    pub answer: Option<String>,
    /// Strings that the cited paragraph must hold; a question without gold, evidence and quotes has no answer.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Strings that the first citation must quote, all of them; after `any:`, one that some citation must quote.
    #[serde(default)]
    pub quotes: Vec<String>,
    /// Strings that no citation may quote.
    #[serde(default)]
    pub not_quoted: Vec<String>,
    /// The lead-in that must go with what the first citation quotes.
    #[serde(default)]
    pub lead: Vec<String>,
    /// The members of a list that is asked for, all of them: they may be in several citations.
    #[serde(default)]
    pub items: Vec<String>,
    /// What the question fixes, as the document says it (a place, a year, a name): the first citation's title, date,
    /// headings, paragraph or context must hold each. A question without an answer that fixes something must be refused.
    #[serde(default)]
    pub fixed: Vec<String>,
    /// The word of the answer to a yes-or-no question, as the API names it, or `none` where no word may be given.
    #[serde(default)]
    pub verdict: Option<String>,
    /// What kind of question it is; figures are given for each kind too.
    #[serde(default)]
    pub kind: Option<String>,
}

impl Query {
    /// Whether the corpus holds an answer.
    pub fn answerable(&self) -> bool {
        !self.gold.is_empty()
            || !self.evidence.is_empty()
            || !self.quotes.is_empty()
            || !self.items.is_empty()
    }

    /// Accepted verbatim answers; empty where the set names none, or blank ones only.
    pub fn accepted(&self) -> Vec<String> {
        let single = self.answer.iter().filter(|_| self.answers.is_empty());
        let given = self.answers.iter().chain(single);
        given.filter(|one| !one.trim().is_empty()).cloned().collect()
    }
}

/// A question set.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The set's name: its folder's or file's.
    pub name: String,
    /// Texts to search; empty for a set of questions over an existing library.
    pub corpus: Vec<Entry>,
    /// The questions.
    pub queries: Vec<Query>,
    /// Questions left out because they have no letter or digit.
    pub blank: usize,
}

impl Dataset {
    /// Reads a set: a folder with `corpus.jsonl` and `queries.jsonl` (`corpus_file` names another corpus file of the
    /// folder, with or without `.jsonl`), or a file of questions. Each file may be gzipped (`.gz`).
    ///
    /// # Errors
    /// A file is missing, or a line has the wrong fields; the message names the file and the line.
    pub fn read(path: &Path, corpus_file: Option<&str>) -> Result<Self, EvalError> {
        let name = path
            .canonicalize()
            .unwrap_or_else(|_| path.to_owned())
            .file_name()
            .map_or_else(|| "set".into(), |name| name.to_string_lossy().into_owned());
        let name = corpus_name(&name).to_owned();
        if !path.exists() {
            return Err(EvalError::NotASet {
                path: path.to_owned(),
                reason: "there is no such file or folder".into(),
            });
        }
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
                    reason: format!("it has no {stem}.jsonl or {stem}.jsonl.gz"),
                })
        };
        let queries: Vec<Query> = read_lines(&file("queries")?)?;
        let path = file(corpus_file.map_or("corpus", corpus_name))?;
        let corpus = read_corpus(open(&path)?)
            .map_err(|source| EvalError::Corpus { path: path.clone(), source })?;
        let ids: HashSet<&str> = corpus.iter().map(|entry| entry.id.as_str()).collect();
        if ids.len() < corpus.len() {
            return Err(EvalError::NotASet {
                path: path.to_owned(),
                reason: "two entries of its corpus have the same id".into(),
            });
        }
        let known = |any_of: &Vec<String>| any_of.iter().any(|id| ids.contains(id.as_str()));
        // Another corpus may lack what is to be found on purpose.
        if corpus_file.is_none()
            && queries.iter().all(|query| !query.gold.iter().any(known))
            && queries.iter().any(|query| !query.gold.is_empty())
        {
            return Err(EvalError::NotASet {
                path: path.to_owned(),
                reason: "no question's gold names an entry of the corpus".into(),
            });
        }
        Ok(Self::new(name, corpus, queries))
    }

    /// A set of questions over a library that is there, whose `gold` are ids of its clauses.
    pub fn of_questions(name: String, queries: Vec<Query>) -> Self {
        Self::new(name, Vec::new(), queries)
    }

    /// Each gold id as the id of a clause: for a set of [`Dataset::of_questions`].
    pub fn own_clauses(&self) -> ClauseIds {
        let named = self.queries.iter().flat_map(|query| query.gold.iter().flatten());
        named.map(|id| (id.clone(), id.clone())).collect()
    }

    fn new(name: String, corpus: Vec<Entry>, mut queries: Vec<Query>) -> Self {
        let before = queries.len();
        queries.retain(|query| query.q.chars().any(char::is_alphanumeric));
        for query in queries.iter_mut().filter(|query| query.lang.is_empty()) {
            query.lang = language(&query.q).into();
        }
        Self { name, corpus, blank: before - queries.len(), queries }
    }
}

/// The name of a corpus: its file's without `.jsonl` and `.gz`.
pub fn corpus_name(name: &str) -> &str {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    name.strip_suffix(".jsonl").unwrap_or(name)
}

fn language(question: &str) -> &'static str {
    if question.chars().any(|c| matches!(c, '\u{3400}'..='\u{9fff}')) {
        "zh"
    } else if question.is_ascii() {
        "en"
    } else {
        "other"
    }
}

fn open(path: &Path) -> Result<BufReader<Box<dyn Read>>, EvalError> {
    let file =
        File::open(path).map_err(|source| EvalError::Io { path: path.to_owned(), source })?;
    let packed = path.extension().is_some_and(|end| end == "gz");
    Ok(BufReader::new(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) }))
}

pub(crate) fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, EvalError> {
    let mut out = Vec::new();
    for (at, line) in open(path)?.lines().enumerate() {
        let line = line.map_err(|source| EvalError::Io { path: path.to_owned(), source })?;
        if line.trim().is_empty() {
            continue;
        }
        out.push(serde_json::from_str(&line).map_err(|error| EvalError::Line {
            path: path.to_owned(),
            line: at + 1,
            reason: error.to_string(),
        })?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn zipped(path: &Path, text: &str) {
        let mut out = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap();
    }

    #[test]
    fn a_folder_may_be_zipped_and_have_several_corpora() {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path().join("laws");
        std::fs::create_dir(&set).unwrap();
        zipped(
            &set.join("corpus.jsonl.gz"),
            "{\"id\": \"L0\", \"law\": \"民法典\", \"article\": \"第一条\", \"version\": null, \"text\": \"甲\"}\n\n",
        );
        std::fs::write(
            set.join("corpus-small.jsonl"),
            "{\"id\": \"p0\", \"title\": \"t\", \"text\": \"乙\"}\n{\"id\": \"p1\", \"text\": \"丙\"}",
        )
        .unwrap();
        std::fs::write(
            set.join("queries.jsonl"),
            "{\"id\": \"q0\", \"lang\": \"zh-Hant\", \"q\": \"甲？\", \"gold\": [[\"L0\"]], \"answers\": [\"甲\"]}\n\
             {\"id\": \"q1\", \"q\": \"？！\", \"gold\": []}\n\
             {\"id\": \"q2\", \"q\": \"What?\", \"gold\": []}\n",
        )
        .unwrap();
        let read = Dataset::read(&set, None).unwrap();
        assert_eq!((read.name.as_str(), read.blank), ("laws", 1));
        assert_eq!(read.corpus[0].title.as_deref(), Some("民法典"));
        assert_eq!(read.corpus[0].article.as_deref(), Some("第一条"));
        assert!(read.queries[0].answerable() && !read.queries[1].answerable());
        assert_eq!(read.queries[0].lang, "zh-Hant");
        assert_eq!(read.queries[1].lang, "en");
        for name in ["corpus-small", "corpus-small.jsonl"] {
            assert_eq!(Dataset::read(&set, Some(name)).unwrap().corpus.len(), 2);
        }
        let missing = Dataset::read(&set, Some("other")).unwrap_err().to_string();
        assert!(missing.contains("laws") && missing.contains("other.jsonl"), "{missing}");
    }

    #[test]
    fn a_file_of_questions_has_no_corpus() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("seed.jsonl.gz");
        zipped(
            &file,
            "{\"id\": \"d1\", \"lang\": \"zh\", \"q\": \"问\", \"evidence\": [\"甲\", \"乙\"], \"answer\": \"甲乙\"}",
        );
        let read = Dataset::read(&file, None).unwrap();
        assert_eq!((read.name.as_str(), read.corpus.len()), ("seed", 0));
        assert_eq!(read.queries[0].accepted(), ["甲乙"]);
        assert!(read.queries[0].answerable());
        let query: Query =
            serde_json::from_str(r#"{"q": "问", "evidence": ["甲"], "answer": " "}"#).unwrap();
        assert!(query.answerable() && query.accepted().is_empty());
    }

    #[test]
    fn a_corpus_without_titles_is_named_by_id_or_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("corpus.jsonl"),
            "{\"id\": \"p1\", \"title\": \"\", \"text\": \"甲\"}\n{\"title\": \"\", \"text\": \"乙\"}\n",
        )
        .unwrap();
        let queries = dir.path().join("queries.jsonl");
        std::fs::write(&queries, "{\"q\": \"甲？\", \"gold\": [[\"p1\"]]}").unwrap();
        let read = Dataset::read(dir.path(), None).unwrap();
        let groups = yiju_document::group_corpus(&read.corpus);
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["p1", "2"]);
        // Before minutes of embedding, not after.
        std::fs::write(&queries, "{\"q\": \"甲？\", \"gold\": [[\"p9\"]]}").unwrap();
        let error = Dataset::read(dir.path(), None).unwrap_err().to_string();
        assert!(error.contains("no question's gold"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("bad.jsonl");
        std::fs::write(&file, "{\"q\": \"good\"}\n{\"question\": 1}\n").unwrap();
        let error = Dataset::read(&file, None).unwrap_err().to_string();
        assert!(error.contains("bad.jsonl line 2"), "{error}");
        let error = Dataset::read(&dir.path().join("no"), None).unwrap_err().to_string();
        assert!(error.contains("no such file"), "{error}");
        std::fs::write(dir.path().join("queries.jsonl"), "").unwrap();
        std::fs::write(
            dir.path().join("corpus.jsonl"),
            "{\"id\": \"a\", \"text\": \"x\"}\n{\"id\": \"a\", \"text\": \"y\"}",
        )
        .unwrap();
        let error = Dataset::read(dir.path(), None).unwrap_err().to_string();
        assert!(error.contains("the same id"), "{error}");
    }
}
