//! What can go wrong with an index, as values.

use std::path::PathBuf;

/// An error of an index in memory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// A vector has another length than the index.
    #[error(
        "the vector has {found} dimensions but the index holds vectors of {expected}; embed with the index's model"
    )]
    Dimension {
        /// The index's dimension.
        expected: usize,
        /// The length of the vector given.
        found: usize,
    },
    /// A vector holds NaN or an infinity.
    #[error("the vector's component {position} is {value}, not a finite number")]
    NotFinite {
        /// Position of the first such component.
        position: usize,
        /// Its value.
        value: f32,
    },
    /// A vector is not of unit length (zero vectors included).
    #[error(
        "the vector's length is {norm}, but only unit vectors can be compared; divide it by its length first"
    )]
    NotUnit {
        /// The vector's Euclidean length.
        norm: f32,
    },
    /// The index cannot take more entries.
    #[error("the index is full at {limit} vectors; split the library")]
    Full {
        /// The most vectors one index holds.
        limit: usize,
    },
    /// The graph library failed while building.
    #[error("the graph over {count} vectors could not be built: {reason}")]
    Build {
        /// How many vectors were to be indexed.
        count: usize,
        /// What the library said.
        reason: String,
    },
    /// The lexical index refused an operation.
    #[error("the lexical index failed to {action}: {reason}")]
    Lexical {
        /// What was being done.
        action: &'static str,
        /// What the library said.
        reason: String,
    },
}

/// Why a saved index cannot be used. All but [`SnapshotError::Io`] mean: build
/// the index again from the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// There is no saved index.
    #[error("no saved index at {path}; build it from the store")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The saved index belongs to another state of the store.
    #[error(
        "the saved index is of generation {found} but the store is at {expected}; build it again"
    )]
    Stale {
        /// The generation in the file.
        found: u64,
        /// The generation wanted.
        expected: u64,
    },
    /// The file's bytes differ from those written.
    #[error("the saved index at {path} is damaged ({reason}); build it again")]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The file was written by another version of this program.
    #[error(
        "the saved index has format version {found} but this program reads {expected}; build it again"
    )]
    Version {
        /// The version in the file.
        found: u32,
        /// The version this program reads and writes.
        expected: u32,
    },
    /// The file holds vectors of another length.
    #[error(
        "the saved index holds vectors of {found} dimensions but the model gives {expected}; build it again"
    )]
    Dimension {
        /// The dimension in the file.
        found: usize,
        /// The dimension wanted.
        expected: usize,
    },
    /// The file system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl SnapshotError {
    /// Whether building the index again from the store puts it right.
    pub fn needs_rebuild(&self) -> bool {
        !matches!(self, SnapshotError::Io { .. })
    }
}
