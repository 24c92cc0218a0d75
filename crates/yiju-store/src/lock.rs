//! The lock that allows one writing process per library.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::StoreError;

/// Name of the lock file in the library's directory. The file stays; only the lock on it counts.
pub(crate) const LOCK_FILE: &str = "library.lock";

/// The same for the one process that stages vectors of another model.
pub(crate) const STAGING_LOCK_FILE: &str = "reembed.lock";

/// An advisory lock on the lock file. The system releases it when the process ends, even if it crashes.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock of the library in `dir`, which must exist.
    pub(crate) fn take(dir: &Path) -> Result<Self, StoreError> {
        Self::take_file(dir, LOCK_FILE)
    }

    /// Takes the lock on staging vectors of another model, which goes on beside a writer.
    pub(crate) fn take_staging(dir: &Path) -> Result<Self, StoreError> {
        Self::take_file(dir, STAGING_LOCK_FILE)
    }

    fn take_file(dir: &Path, name: &str) -> Result<Self, StoreError> {
        let path = dir.join(name);
        let io = |source| StoreError::io(&path, "lock", source);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: dir.to_owned(), pid: read_pid(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        // The pid is only for another process's error message, so it is not synced.
        file.set_len(0).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self { file })
    }
}

impl Drop for WriterLock {
    /// Unlocks explicitly: a child process that another thread is just starting holds a copy of the file
    /// descriptor until it runs its program, so closing ours would leave the file locked.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the library's lock was not released");
        }
    }
}

/// The pid in the file; `None` if the holder has not written it yet.
fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_learns_the_pid_and_a_stale_file_does_not_hold() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOCK_FILE), "999999999999 left over").unwrap();
        let first = WriterLock::take(dir.path()).unwrap();
        match WriterLock::take(dir.path()) {
            Err(StoreError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);
        WriterLock::take(dir.path()).unwrap();
    }
}
