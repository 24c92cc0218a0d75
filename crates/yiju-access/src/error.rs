//! The errors of access keys.

use std::io;
use std::path::PathBuf;

/// Why keys could not be read or changed. A failed change changes nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The file of keys cannot be read or written.
    #[error("cannot {action} the keys in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file of keys is not one that Yiju wrote.
    #[error("the keys in {} cannot be understood: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a key of this name already.
    #[error("there is a key named `{0}`")]
    Taken(String),
    /// The name is not allowed.
    #[error("`{name}` is not a name: {reason}")]
    Name {
        /// The name, cut to 64 characters.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The new key has no scope, so it would allow nothing.
    #[error("the key `{0}` has no scope, and would allow nothing")]
    NoScope(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl AccessError {
    /// What to do about it, in one sentence without a full stop.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => Some("check the path and its permissions"),
            Self::Damaged { .. } => {
                Some("restore the file, or move it away and make the keys anew")
            }
            Self::Taken(_) => Some("choose another name, or revoke that key first"),
            Self::Name { .. } => Some("take lower-case letters, digits, `-` and `_`"),
            Self::NoScope(_) => Some("name a scope: read, write or metrics"),
            Self::Random(_) => None,
        }
    }
}
