//! Backups: one committed state of a library in one file.
//!
//! A backup is an SQLite database, as `VACUUM INTO` writes it, followed by 128 bytes:
//!
//! ```text
//! 0    magic "YIJUBAK\n"          40  passages (u64)
//! 8    backup version (u32)       48  SHA-256 of the database (32 bytes)
//! 12   library format (u32)       80  zeros
//! 16   database length (u64)      124 CRC-32 of the 124 bytes before
//! 24   generation (u64)
//! 32   documents (u64)            (numbers little-endian)
//! ```
//!
//! It is written beside its target, checked as `yiju check` does, synced and renamed: if the process is
//! killed, there is a whole backup under its name or none.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use yiju_fault::kill_point;

use crate::check::check;
use crate::error::{Fault, StoreError};
use crate::pool::open_reader;
use crate::schema::FORMAT_VERSION;
use crate::seal::Meta;
use crate::store::Store;

const MAGIC: [u8; 8] = *b"YIJUBAK\n";
/// Raised with each change of the trailer.
const VERSION: u32 = 1;
const TRAILER: usize = 128;
const BLOCK: usize = 1 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupOutcome {
    /// The generation it shows.
    pub generation: u64,
    /// How many documents it holds.
    pub documents: u64,
    /// How many passages it holds.
    pub passages: u64,
    /// Length of the file.
    pub bytes: u64,
}

impl Store {
    /// Writes one committed state to the file `to`, replacing an earlier backup. This and other processes
    /// can read and write meanwhile.
    ///
    /// # Errors
    /// [`StoreError::InTheWay`] if `to` is a file but not a backup; [`StoreError::Corrupt`] if the
    /// library is damaged, so that a good backup is not replaced by a bad one; [`StoreError::Full`], or
    /// writing failed. Nothing is changed then.
    pub fn backup(&self, to: &Path) -> Result<BackupOutcome, StoreError> {
        match fs::metadata(to) {
            Ok(found) if !found.is_file() || found.len() > 0 => {
                Trailer::read(to).map_err(|_| StoreError::InTheWay { path: to.to_owned() })?;
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io(to, "read", error));
            }
            _ => {}
        }
        let mut partial = Partial::create(to)?;
        kill_point("backup:begun");
        let target = partial.path.to_str().ok_or_else(|| {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "its name is not UTF-8");
            StoreError::io(to, "write", error)
        })?;
        self.readers
            .connection()
            .and_then(|connection| connection.execute("VACUUM INTO ?1", [target]))
            .map_err(|error| match StoreError::sql(to, "write the backup", error) {
                // The source is damaged, not the file that is written.
                StoreError::Corrupt { what, .. } => {
                    StoreError::Corrupt { path: self.dir.clone(), what }
                }
                other => other,
            })?;
        kill_point("backup:copied");
        let meta = self.checked(&partial.path)?;
        let outcome = partial.seal(&meta)?;
        kill_point("backup:sealed");
        partial.rename(to)?;
        kill_point("backup:renamed");
        Ok(outcome)
    }

    /// Checks the copy.
    fn checked(&self, copy: &Path) -> Result<Meta, StoreError> {
        let run = || -> Result<Meta, Fault> {
            let connection = open_reader(copy)?;
            is_whole(&connection, self.model.dimension)?;
            Meta::read(&connection)
        };
        run().map_err(|fault| fault.at(&self.dir, "check"))
    }
}

/// A file that is being written beside its target; removed if it is dropped before it is renamed.
pub(crate) struct Partial {
    pub(crate) path: PathBuf,
    file: File,
    done: bool,
}

impl Partial {
    /// Creates `<to>.partial`, or takes over one that a killed process left. A lock on the file keeps a
    /// second process out.
    pub(crate) fn create(to: &Path) -> Result<Self, StoreError> {
        let mut name = to.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        let failed = |source| StoreError::io(to, "write", source);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy { path });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            // If it was renamed between opening and locking, it is another process's finished file.
            if is_same(&file, &path) {
                file.set_len(0).map_err(failed)?;
                return Ok(Self { path, file, done: false });
            }
        }
    }

    /// Appends the trailer to the database in the file, and syncs it.
    fn seal(&mut self, meta: &Meta) -> Result<BackupOutcome, StoreError> {
        let path = self.path.clone();
        let mut run = || -> io::Result<u64> {
            let (length, sha256) = digest(&mut self.file, u64::MAX, &mut io::sink())?;
            let trailer = Trailer {
                format: FORMAT_VERSION,
                length,
                generation: meta.generation,
                documents: meta.documents,
                passages: meta.passages,
                sha256,
            };
            self.file.seek(SeekFrom::End(0))?;
            self.file.write_all(&trailer.encode())?;
            self.file.sync_all()?;
            Ok(length + TRAILER as u64)
        };
        let bytes = run().map_err(|source| StoreError::io(&path, "write", source))?;
        Ok(BackupOutcome {
            generation: meta.generation,
            documents: meta.documents,
            passages: meta.passages,
            bytes,
        })
    }

    /// Fills the file with the first `length` bytes of `from` and returns their SHA-256.
    pub(crate) fn fill(&mut self, from: &mut File, length: u64) -> io::Result<[u8; 32]> {
        let (copied, sha256) = digest(from, length, &mut self.file)?;
        if copied != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.sync_all()?;
        Ok(sha256)
    }

    /// Renames the file to `to`, durably.
    pub(crate) fn rename(mut self, to: &Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::io(to, "write", source);
        fs::rename(&self.path, to).map_err(failed)?;
        self.done = true;
        let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        yiju_files::sync_directory(directory.unwrap_or(Path::new("."))).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.done {
            // Already failing; the next backup to the same target takes it over.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(path)) => place(file) == place(path),
        _ => false,
    }
}

/// Elsewhere an open file cannot be renamed.
#[cfg(not(unix))]
fn is_same(_file: &File, _path: &Path) -> bool {
    true
}

/// Copies up to `limit` bytes from the start of `from` and returns their number and SHA-256.
fn digest(from: &mut File, limit: u64, to: &mut impl Write) -> io::Result<(u64, [u8; 32])> {
    from.seek(SeekFrom::Start(0))?;
    let mut from = from.take(limit);
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut length = 0;
    loop {
        let read = from.read(&mut block)?;
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok((length, hasher.finalize().into()));
        };
        hasher.update(bytes);
        to.write_all(bytes)?;
        length += bytes.len() as u64;
    }
}

/// The end of a backup: what it holds, and the hash that verifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trailer {
    pub(crate) format: u32,
    pub(crate) length: u64,
    pub(crate) generation: u64,
    pub(crate) documents: u64,
    pub(crate) passages: u64,
    pub(crate) sha256: [u8; 32],
}

impl Trailer {
    fn encode(&self) -> [u8; TRAILER] {
        let mut out = Vec::with_capacity(TRAILER);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(self.format.to_le_bytes());
        for number in [self.length, self.generation, self.documents, self.passages] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.sha256);
        out.resize(TRAILER - 4, 0);
        out.extend(crc32fast::hash(&out).to_le_bytes());
        let mut bytes = [0; TRAILER];
        // Eight, twice four, four times eight and 32 bytes are 80, filled up to 124, and four.
        bytes.copy_from_slice(&out);
        bytes
    }

    /// Decodes a trailer; the error says in words why it is none.
    fn decode(bytes: &[u8; TRAILER]) -> Result<Self, String> {
        let u32_at = |at: usize| bytes[at..].first_chunk().copied().map_or(0, u32::from_le_bytes);
        let u64_at = |at: usize| bytes[at..].first_chunk().copied().map_or(0, u64::from_le_bytes);
        if !bytes.starts_with(&MAGIC) {
            return Err("it does not end like a backup of Yiju's, or was cut off".into());
        }
        if crc32fast::hash(&bytes[..TRAILER - 4]) != u32_at(TRAILER - 4) {
            return Err("its last bytes do not have their checksum".into());
        }
        if u32_at(8) != VERSION {
            return Err(format!(
                "it is a backup of version {}, and this Yiju reads version {VERSION}",
                u32_at(8)
            ));
        }
        Ok(Self {
            format: u32_at(12),
            length: u64_at(16),
            generation: u64_at(24),
            documents: u64_at(32),
            passages: u64_at(40),
            sha256: bytes[48..].first_chunk().copied().unwrap_or_default(),
        })
    }

    /// Reads the end of the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, StoreError> {
        let bad = |reason: String| StoreError::BadBackup { path: path.to_owned(), reason };
        let mut bytes = [0; TRAILER];
        let mut read = || -> io::Result<(u64, [u8; TRAILER])> {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            if length >= TRAILER as u64 {
                file.seek(SeekFrom::Start(length - TRAILER as u64))?;
                file.read_exact(&mut bytes)?;
            }
            Ok((length, bytes))
        };
        let (length, bytes) = read().map_err(|error| bad(error.to_string()))?;
        let trailer = Self::decode(&bytes).map_err(bad)?;
        if trailer.length.checked_add(TRAILER as u64) != Some(length) {
            return Err(bad(format!(
                "it has {length} bytes, and {} were written",
                trailer.length.saturating_add(TRAILER as u64)
            )));
        }
        Ok(trailer)
    }
}

/// Fails with the first problem of the library in an open database, if it has one.
pub(crate) fn is_whole(connection: &Connection, dimension: usize) -> Result<(), Fault> {
    match check(connection, dimension)?.problems.first() {
        None => Ok(()),
        Some(problem) => Err(Fault::Corrupt(problem.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Trailer {
        Trailer {
            format: 2,
            length: 8192,
            generation: 7,
            documents: 3,
            passages: 40,
            sha256: [9; 32],
        }
    }

    #[test]
    fn a_trailer_reads_as_it_was_written() {
        assert_eq!(Trailer::decode(&sample().encode()), Ok(sample()));
    }

    proptest! {
        #[test]
        fn a_changed_trailer_is_refused(at in 0..TRAILER, flip in 1u8..) {
            let mut bytes = sample().encode();
            bytes[at] ^= flip;
            prop_assert!(Trailer::decode(&bytes).is_err());
        }
    }
}
