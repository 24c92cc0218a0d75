//! The log of what is sent: one JSON object a line, in a file that only its owner reads.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::WriterError;

/// A log that is open.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: Mutex<File>,
}

/// A line of it.
#[derive(Serialize)]
struct Line<'a> {
    /// When it was sent, ISO 8601.
    at: jiff::Timestamp,
    /// Where to.
    url: &'a str,
    /// The first time it was sent, the second …
    attempt: u32,
    /// The body.
    request: &'a Value,
}

impl Log {
    /// Opens a log to go on with, or makes it; its mode becomes 0600.
    pub(super) fn open(path: &Path) -> Result<Self, WriterError> {
        let failed = |error: std::io::Error| WriterError::Log {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(PermissionsExt::from_mode(0o600)).map_err(failed)?;
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Writes down what is about to be sent.
    pub(super) fn sending(
        &self,
        url: &str,
        attempt: u32,
        request: &Value,
    ) -> Result<(), WriterError> {
        let failed = |reason: String| WriterError::Log { path: self.path.clone(), reason };
        let line = Line { at: jiff::Timestamp::now(), url, attempt, request };
        let mut line = serde_json::to_vec(&line).map_err(|error| failed(error.to_string()))?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(|error| failed(error.to_string()))
    }
}
