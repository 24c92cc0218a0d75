//! What can go wrong in the engine, and whose fault it is.

use std::path::PathBuf;

use yiju_embed::Cancel;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A question, query or limit is out of range.
    #[error("{what} must be {range}; it is {value}")]
    OutOfRange {
        /// What was given: `the question's length in characters`, `limit`.
        what: &'static str,
        /// The accepted range in words.
        range: String,
        /// What was given.
        value: String,
    },
    /// The source cannot be parsed.
    #[error("{source_name}: {source}")]
    Document {
        /// The source's name.
        source_name: String,
        /// What is wrong with it.
        source: yiju_document::DocumentError,
    },
    /// The source's file cannot be read.
    #[error("{source_name}: {source}")]
    Format {
        /// The source's name.
        source_name: String,
        /// What is wrong with the file.
        source: yiju_format::FormatError,
    },
    /// What was asked for is not in the library.
    #[error("there is no {what}")]
    NotThere {
        /// What is not there, and why if that is known: `clause 3f2a.7 in this document`.
        what: String,
    },
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] yiju_store::StoreError),
    /// All documents are embedded anew, but a process that has the library open with the old model is in the way.
    #[error("everything is embedded, but the new vectors cannot take their place: {0}")]
    NotSwapped(yiju_store::StoreError),
    /// The model refused or failed.
    #[error(transparent)]
    Embed(#[from] yiju_embed::EmbedError),
    /// An index failed and could not be rebuilt.
    #[error("the {index} index failed: {source}")]
    Index {
        /// Which one.
        index: &'static str,
        /// What happened.
        source: yiju_index::IndexError,
    },
    /// The weights bundled with the program are damaged.
    #[error("the bundled weights {file} are damaged: {reason}")]
    DamagedWeights {
        /// The file among the program's sources.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The caller cancelled the call.
    #[error("the call was given up")]
    Cancelled,
    /// The library would have more documents than it may.
    #[error("the library would have {after} documents, and may have {limit}")]
    Full {
        /// Documents after the write.
        after: u64,
        /// The limit.
        limit: u64,
    },
    /// The text to replace a document by is several documents.
    #[error("the new text is {documents} documents, and one document is replaced by one")]
    NotOne {
        /// How many there are.
        documents: usize,
    },
    /// Days were told, or what is replaced, of a source of several documents.
    #[error("the source is {documents} documents, and days and what it replaces are told of one")]
    ToldOfSeveral {
        /// How many there are.
        documents: usize,
    },
    /// The engine was opened for reading only.
    #[error("the library {} is open for reading only", .0.display())]
    ReadOnly(PathBuf),
    /// A quote did not equal the document's text; nothing was answered.
    #[error("a quote of clause {clause_id} differs from the document's text")]
    QuoteDiffers {
        /// The clause.
        clause_id: String,
    },
    /// The stored token vectors of a clause cannot be read.
    #[error("the token vectors of clause {clause_id} cannot be read: {reason}")]
    DamagedTokens {
        /// The clause.
        clause_id: String,
        /// What is wrong with them.
        reason: String,
    },
}

/// Whose fault an error is and what kind it is, for callers that decide by it what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked is out of range or malformed.
    Invalid,
    /// The thing named does not exist.
    NotFound,
    /// Over a size limit.
    TooLarge,
    /// A format that is not supported.
    Unsupported,
    /// The bytes cannot be read as text.
    Unreadable,
    /// It clashes with the library's state.
    Conflict,
    /// A limit of the library is reached.
    Full,
    /// The caller cancelled the call.
    Cancelled,
    /// Another process or request is in the way; trying again may help.
    Busy,
    /// Something on this machine is missing or broken.
    Unavailable,
    /// A fault of the program.
    Internal,
}

impl EngineError {
    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::OutOfRange { .. } => ErrorKind::Invalid,
            Self::Document { source, .. } => document_kind(source),
            Self::Format { source, .. } => format_kind(source),
            Self::NotThere { .. } => ErrorKind::NotFound,
            Self::Store(error) | Self::NotSwapped(error) => store_kind(error),
            Self::Embed(error) => embed_kind(error),
            Self::ReadOnly(_) | Self::NotOne { .. } | Self::ToldOfSeveral { .. } => {
                ErrorKind::Conflict
            }
            Self::Full { .. } => ErrorKind::Full,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Index { .. } | Self::DamagedTokens { .. } => ErrorKind::Unavailable,
            Self::QuoteDiffers { .. } | Self::DamagedWeights { .. } => ErrorKind::Internal,
        }
    }

    /// Whether the disk has no room left; a limit that was set is [`ErrorKind::Full`] instead.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Store(yiju_store::StoreError::Full { limit: None, .. }))
    }

    /// The error in words for a client on another machine: as [`ToString::to_string`], without the
    /// library's path.
    pub fn told_to_clients(&self) -> String {
        use yiju_store::StoreError as S;
        let words = match self {
            Self::ReadOnly(_) | Self::Store(S::ReadOnly { .. }) => {
                "the library is open for reading only"
            }
            Self::Store(S::Full { limit: None, .. }) => "the disk is full; nothing was changed",
            Self::Store(S::Full { limit: Some(l), .. }) => {
                return format!(
                    "the library may take {l} bytes on disk, and the write would need more"
                );
            }
            Self::Store(S::Locked { .. }) => "another process has the library open for writing",
            Self::Store(S::Busy { .. }) => "the library was busy for too long",
            Self::Store(S::InvalidSource { .. } | S::InvalidCursor { .. }) => {
                return self.to_string();
            }
            Self::Store(_) | Self::NotSwapped(_) => "the library cannot be used as it is",
            _ => return self.to_string(),
        };
        words.to_owned()
    }

    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::NotSwapped(_) => {
                Some("stop it, then run `yiju reembed` again: only this last step is left".into())
            }
            Self::Index { .. } => Some(
                "the indexes are derived: delete the library's index directory and try again"
                    .into(),
            ),
            Self::Full { .. } => Some("remove documents, or raise the limit".into()),
            Self::NotOne { .. } => {
                Some("give one of them, with its title; or add all as a source".into())
            }
            Self::ToldOfSeveral { .. } => {
                Some("add each document by itself, with what is to be told of it".into())
            }
            Self::ReadOnly(_) => {
                Some("close the process that has it open for writing, or ask that one".into())
            }
            _ => None,
        }
    }
}

/// Lets a call go on unless the [`Cancel::scope`] that it runs in is cancelled.
pub(crate) fn go_on() -> Result<(), EngineError> {
    if Cancel::current().is_some_and(|cancel| cancel.is_cancelled()) {
        Err(EngineError::Cancelled)
    } else {
        Ok(())
    }
}

fn document_kind(error: &yiju_document::DocumentError) -> ErrorKind {
    use yiju_document::DocumentError::{Binary, Empty, TooLarge};
    match error {
        Empty => ErrorKind::Unreadable,
        Binary { .. } => ErrorKind::Unsupported,
        TooLarge { .. } => ErrorKind::TooLarge,
        _ => ErrorKind::Unreadable,
    }
}

fn format_kind(error: &yiju_format::FormatError) -> ErrorKind {
    use yiju_format::FormatError::{NoPage, NotRead, Slow, TooLarge};
    match error {
        NotRead { .. } => ErrorKind::Unsupported,
        NoPage { .. } => ErrorKind::NotFound,
        TooLarge { .. } | Slow { .. } => ErrorKind::TooLarge,
        _ => ErrorKind::Unreadable,
    }
}

fn store_kind(error: &yiju_store::StoreError) -> ErrorKind {
    use yiju_store::StoreError::*;
    match error {
        NotFound { .. } => ErrorKind::NotFound,
        Full { limit: Some(_), .. } => ErrorKind::Full,
        NotALibrary { .. }
        | FormatVersion { .. }
        | OtherModel { .. }
        | ReadOnly { .. }
        | NotEmpty { .. }
        | InTheWay { .. } => ErrorKind::Conflict,
        BadBackup { .. } => ErrorKind::Unreadable,
        Locked { .. } | Busy { .. } => ErrorKind::Busy,
        InvalidSource { .. } | InvalidCursor { .. } => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    }
}

fn embed_kind(error: &yiju_embed::EmbedError) -> ErrorKind {
    use yiju_embed::EmbedError::{
        Busy, Cancelled, Kernels, MissingFile, UnknownArchitecture, UnknownModel, Unsupported,
    };
    match error {
        Busy { .. } => ErrorKind::Busy,
        Cancelled => ErrorKind::Cancelled,
        Kernels { .. } => ErrorKind::Invalid,
        UnknownModel { .. } | MissingFile { .. } => ErrorKind::NotFound,
        UnknownArchitecture { .. } | Unsupported { .. } => ErrorKind::Unsupported,
        _ => ErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use yiju_store::StoreError;

    use super::*;

    #[test]
    fn clients_are_not_told_where_the_library_is() {
        let path = || PathBuf::from("/secret/place");
        let told = |error: EngineError| {
            assert!(error.to_string().contains("/secret"), "{error}");
            let told = error.told_to_clients();
            assert!(!told.contains("/secret"), "{told}");
            told
        };
        let full = |limit| EngineError::from(StoreError::Full { path: path(), limit });
        assert!(full(None).is_disk_full() && !full(Some(7)).is_disk_full());
        assert!(told(full(None)).contains("disk is full"));
        assert!(told(full(Some(7))).contains("7 bytes"));
        told(EngineError::ReadOnly(path()));
        told(StoreError::ReadOnly { path: path() }.into());
        told(StoreError::Busy { path: path() }.into());
        told(StoreError::NotFound { path: path() }.into());
        told(StoreError::Locked { path: path(), pid: None }.into());
        told(EngineError::NotSwapped(StoreError::Locked { path: path(), pid: None }));
        let cursor = EngineError::from(StoreError::InvalidCursor { cursor: "7-abcd".into() });
        assert_eq!(cursor.told_to_clients(), cursor.to_string());
    }
}
