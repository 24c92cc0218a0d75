//! Errors of reading and measuring a set.

use std::path::PathBuf;

/// Why a set could not be evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The path is not a question set.
    #[error("{} is no question set: {reason}", path.display())]
    NotASet {
        /// What was given.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A line does not parse.
    #[error("{} line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The corpus does not parse.
    #[error("{} {source}", path.display())]
    Corpus {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: yiju_document::CorpusError,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] yiju_engine::EngineError),
}
