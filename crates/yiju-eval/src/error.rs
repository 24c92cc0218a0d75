//! What can go wrong when a set is read or measured.

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
        /// What the system said.
        source: std::io::Error,
    },
    /// The path is no set.
    #[error("{} is no question set: {reason}", path.display())]
    NotASet {
        /// What was given.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A line is not of the set's shape.
    #[error("{} line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The corpus is not of its shape.
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
