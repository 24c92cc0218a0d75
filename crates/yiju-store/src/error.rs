//! The store's errors, in words that a user can act on.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::Model;

/// Why the store could not do what was asked. A failed write changes nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no library at this path.
    #[error("there is no library at {path}")]
    NotFound {
        /// The library's directory.
        path: PathBuf,
    },
    /// The path holds something that Yiju did not make.
    #[error("{path} is not a Yiju library: {reason}")]
    NotALibrary {
        /// The path that was looked at.
        path: PathBuf,
        /// What was found there.
        reason: String,
    },
    /// The library was made by another version of Yiju.
    #[error(
        "the library {path} has format version {found}, and this Yiju reads version {supported}"
    )]
    FormatVersion {
        /// The library's directory.
        path: PathBuf,
        /// The version the library has.
        found: u32,
        /// The version this build reads and writes.
        supported: u32,
    },
    /// The library's vectors were made with another model.
    #[error(
        "the library {path} was made with the model {} ({} dimensions, fingerprint {}), not with {} \
         ({} dimensions, fingerprint {})",
        library.name, library.dimension, library.fingerprint,
        given.name, given.dimension, given.fingerprint
    )]
    OtherModel {
        /// The library's directory.
        path: PathBuf,
        /// The model the library was made with.
        library: Box<Model>,
        /// The model it was opened with.
        given: Box<Model>,
    },
    /// Another process has the library open for writing.
    #[error("the library {path} is open for writing in {}", holder(*pid))]
    Locked {
        /// The library's directory.
        path: PathBuf,
        /// The process that holds it, if it could be read.
        pid: Option<u32>,
    },
    /// A write was asked of a library opened with [`crate::Access::ReadOnly`].
    #[error("the library {path} was opened for reading only")]
    ReadOnly {
        /// The library's directory.
        path: PathBuf,
    },
    /// The path cannot be created or written.
    #[error("cannot write to {path}: {source}")]
    NotWritable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk, or the library's own size limit, is full.
    #[error("no room left for {path}{}", size_limit(*limit))]
    Full {
        /// The library's directory, or the file that was written.
        path: PathBuf,
        /// The limit set with [`crate::Store::limit_size`] in bytes, if there is one.
        limit: Option<u64>,
    },
    /// The library was in use for longer than the store waits.
    #[error("the library {path} was busy for too long")]
    Busy {
        /// The library's directory.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A library with documents is in the way of a restore.
    #[error("the library {path} holds {}", documents_held(*documents))]
    NotEmpty {
        /// The library's directory.
        path: PathBuf,
        /// How many documents it holds; `None` if it cannot be read.
        documents: Option<u64>,
    },
    /// A backup would overwrite a file that is not a backup.
    #[error("{path} is there already and is not a backup of Yiju's")]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be restored from.
    #[error("cannot restore from {path}: {reason}")]
    BadBackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is stored is damaged.
    #[error("the library {path} is damaged: {what}")]
    Corrupt {
        /// The library's directory.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// The source does not meet the store's rules.
    #[error("cannot store the source {name:?}: {reason}")]
    InvalidSource {
        /// The source's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The cursor is from no listing of this library.
    #[error("{cursor:?} is not a cursor of this library")]
    InvalidCursor {
        /// The invalid cursor.
        cursor: String,
    },
    /// SQLite failed in some other way.
    #[error("cannot {action} in the library {path}: {source}")]
    Database {
        /// The library's directory.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What SQLite said.
        source: Box<rusqlite::Error>,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

fn documents_held(documents: Option<u64>) -> String {
    match documents {
        Some(1) => "1 document".to_owned(),
        Some(n) => format!("{n} documents"),
        None => "what cannot be read".to_owned(),
    }
}

fn size_limit(limit: Option<u64>) -> String {
    limit.map_or_else(|| ": the disk is full".to_owned(), |l| format!(": its limit is {l} bytes"))
}

/// A row that does not match its checksum.
#[derive(Debug, thiserror::Error)]
#[error("the row {key} of {table} does not have its checksum")]
pub(crate) struct DamagedRow {
    pub(crate) table: &'static str,
    pub(crate) key: String,
}

/// The message of an SQLite error; of a damaged row, only what is wrong with it.
pub(crate) fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::FromSqlConversionFailure(_, _, inner) if inner.is::<DamagedRow>() => {
            inner.to_string()
        }
        other => other.to_string(),
    }
}

/// What SQLite was doing when the system failed it, by its extended code.
fn io_detail(extended_code: i32) -> Option<&'static str> {
    use rusqlite::ffi;
    Some(match extended_code {
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ => "the system failed to read",
        ffi::SQLITE_IOERR_WRITE => {
            "the system failed to write; a limit on the size of files may be reached, or the disk \
             is failing"
        }
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => {
            "the system failed to put it on the disk"
        }
        ffi::SQLITE_IOERR_TRUNCATE => "the system failed to cut a file",
        ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_SHMMAP | ffi::SQLITE_IOERR_SHMOPEN => {
            "the system failed to share the log's index; a limit on the size of files may be \
             reached, or the disk is full"
        }
        _ => return None,
    })
}

/// Whether a row is missing or holds something that the store never writes.
fn is_unexpected_content(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..)
            | E::QueryReturnedNoRows
    )
}

impl StoreError {
    /// What to do about it, in one sentence without a full stop; `None` if nothing helps.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFound { .. } => "add a document to create it, or name another directory",
            Self::NotALibrary { .. } => {
                "name a new or empty directory for the library; nothing was changed"
            }
            Self::FormatVersion { found, supported, .. } if found > supported => {
                "use a newer Yiju, or another library; nothing was changed"
            }
            Self::FormatVersion { found: 0, .. } => {
                "add the documents to a new library with this Yiju; nothing was changed"
            }
            Self::FormatVersion { .. } => {
                "this Yiju brings it to its own format as soon as it may write there: stop the \
                 process that has it open, or make it writable"
            }
            Self::OtherModel { library, given, .. } => {
                return Some(format!(
                    "`yiju reembed` takes the library over to {} (with `--model` where that is not the default); \
                     `--model {}` opens it as it is",
                    given.name, library.name
                ));
            }
            Self::Locked { .. } => "wait for it to finish or stop it, then try again",
            Self::ReadOnly { .. } => "open the library for writing",
            Self::NotWritable { .. } => "check the path and its permissions",
            Self::Full { limit: Some(_), .. } => "raise the limit or remove documents",
            Self::Full { limit: None, .. } => "free some space; what was stored is unharmed",
            Self::Busy { .. } => "try again",
            Self::Io { .. } => "check the path and the disk",
            Self::NotEmpty { .. } => {
                "restore into another directory with `--library DIR`, or overwrite this one with \
                 `--replace`; nothing was changed"
            }
            Self::InTheWay { .. } => "name another file; nothing was changed",
            Self::BadBackup { .. } => "use another backup; nothing was changed",
            Self::Corrupt { .. } => {
                "`yiju check` says what is damaged and what to do; `yiju restore` puts a backup in \
                 its place"
            }
            Self::InvalidCursor { .. } => "start the listing again without a cursor",
            Self::InvalidSource { .. } | Self::Database { .. } => return None,
        };
        Some(hint.to_owned())
    }

    pub(crate) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let path = path.to_owned();
        match source.kind() {
            PermissionDenied | ReadOnlyFilesystem => Self::NotWritable { path, source },
            StorageFull | QuotaExceeded => Self::Full { path, limit: None },
            _ => Self::Io { path, action, source },
        }
    }

    pub(crate) fn sql(path: &Path, action: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let path = path.to_owned();
        let mut text = words(&source);
        if let Some(detail) = source.sqlite_error().and_then(|e| io_detail(e.extended_code)) {
            text = format!("{text}: {detail}");
        }
        if is_unexpected_content(&source) {
            return Self::Corrupt { path, what: text };
        }
        match source.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full { path, limit: None },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt { path, what: text },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy { path },
            Some(Code::PermissionDenied | Code::ReadOnly) => {
                Self::NotWritable { path, source: io::Error::other(text) }
            }
            Some(Code::SystemIoFailure | Code::CannotOpen) => {
                Self::Io { path, action, source: io::Error::other(text) }
            }
            _ => Self::Database { path, action, source: Box::new(source) },
        }
    }
}

/// An error inside a transaction, before the library's path is known.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Corrupt(String),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    pub(crate) fn at(self, path: &Path, action: &'static str) -> StoreError {
        match self {
            Self::Sql(error) => StoreError::sql(path, action, error),
            Self::Corrupt(what) => StoreError::Corrupt { path: path.to_owned(), what },
            Self::Store(error) => error,
        }
    }
}
