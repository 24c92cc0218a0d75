//! Makes a library from a backup.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::TransactionBehavior;
use rusqlite::backup::{Backup, StepResult};
use yiju_fault::kill_point;

use crate::backup::{Partial, Trailer, is_whole};
use crate::error::{Fault, StoreError};
use crate::lock::WriterLock;
use crate::migrate::migrate;
use crate::model::Access;
use crate::pool::{checkpoint, checkpoint_if_idle, open_reader, open_writer, remove_side_files};
use crate::schema::{self, DATABASE_FILE, FORMAT_VERSION, UNFINISHED_FILE};
use crate::seal::{self, Meta};
use crate::store::{Store, look, same_model};

/// How long a restore waits for a write of the process that has the library open.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreOutcome {
    /// The generation of the library now.
    pub generation: u64,
    /// How many documents it holds.
    pub documents: u64,
    /// How many passages it holds.
    pub passages: u64,
    /// How many documents the library held before; 0 for a new one, `None` if they could not be read.
    pub replaced: Option<u64>,
}

/// Restores the backup `file` into the library in `dir`.
///
/// The backup is first copied beside the library and checked. A new library then gets its name in one
/// rename; an existing one is overwritten in one transaction, so that a process that has it open, such
/// as a server, reads the old state and then the new one. The library gets a new id, so that indexes
/// of the old content are not used for the new.
///
/// # Errors
/// [`StoreError::BadBackup`]; [`StoreError::NotEmpty`] if the library has documents and `replace` is
/// false; [`StoreError::OtherModel`] if a process has the library open with another model;
/// [`StoreError::FormatVersion`] if a newer Yiju made the backup; or writing failed. Nothing is
/// changed then.
pub fn restore(file: &Path, dir: &Path, replace: bool) -> Result<RestoreOutcome, StoreError> {
    let trailer = Trailer::read(file)?;
    if trailer.format > FORMAT_VERSION {
        return Err(StoreError::FormatVersion {
            path: file.to_owned(),
            found: trailer.format,
            supported: FORMAT_VERSION,
        });
    }
    let database = dir.join(DATABASE_FILE);
    fs::create_dir_all(dir)
        .map_err(|source| StoreError::NotWritable { path: dir.to_owned(), source })?;
    let mut there = look(dir, &database)?;
    // If another process has it open, it is overwritten through the database.
    let lock = match WriterLock::take(dir) {
        Ok(lock) => Some(lock),
        Err(StoreError::Locked { .. }) if there => None,
        Err(error) => return Err(error),
    };
    there = there || look(dir, &database)?;
    let replaced = if there { held(dir) } else { Some(0) };
    if replaced != Some(0) && !replace {
        return Err(StoreError::NotEmpty { path: dir.to_owned(), documents: replaced });
    }
    let staged = stage(file, &trailer, dir)?;
    kill_point("restore:checked");
    if !there {
        staged.partial.rename(&database)?;
    } else if let Err(error) = overwrite(&staged, dir, &database, lock.is_none()) {
        let unreadable =
            matches!(error, StoreError::Corrupt { .. } | StoreError::NotALibrary { .. });
        if !unreadable || lock.is_none() {
            return Err(error);
        }
        // SQLite cannot read the old file, so no process can be using it: it is replaced, without
        // its log.
        remove_side_files(&database)?;
        staged.partial.rename(&database)?;
    }
    kill_point("restore:placed");
    Ok(RestoreOutcome {
        generation: staged.meta.generation,
        documents: staged.meta.documents,
        passages: staged.meta.passages,
        replaced,
    })
}

/// How many documents the library holds; `None` if it cannot be read.
fn held(dir: &Path) -> Option<u64> {
    let store = Store::open(dir, Access::ReadOnly, None).ok()?;
    store.document_count().ok()
}

/// A copy of the backup's database, checked and ready to use.
struct Staged {
    partial: Partial,
    meta: Meta,
}

fn stage(file: &Path, trailer: &Trailer, dir: &Path) -> Result<Staged, StoreError> {
    let bad = |reason: String| StoreError::BadBackup { path: file.to_owned(), reason };
    // A name that `look` accepts in a directory where a library is being made.
    let mut partial = Partial::create(&dir.join(format!("{UNFINISHED_FILE}.restore")))?;
    let path = partial.path.clone();
    remove_side_files(&path)?;
    let mut from = File::open(file).map_err(|error| bad(error.to_string()))?;
    let sha256 = partial
        .fill(&mut from, trailer.length)
        .map_err(|error| StoreError::io(dir, "write", error))?;
    if sha256 != trailer.sha256 {
        return Err(bad("its content does not have its checksum".into()));
    }
    kill_point("restore:staged");
    let run = || -> Result<Meta, Fault> {
        let mut connection = open_writer(&path, false)?;
        // An error then names the backup.
        migrate(file, &mut connection)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("UPDATE meta SET library_id = lower(hex(randomblob(16)))", [])?;
        seal::meta(&transaction)?;
        let meta = Meta::read(&transaction)?;
        is_whole(&transaction, meta.model.dimension)?;
        transaction.commit()?;
        // Everything must be in the one file, on disk.
        checkpoint(&connection)?;
        Ok(meta)
    };
    let meta = run().map_err(|fault| match fault.at(dir, "restore into") {
        StoreError::Corrupt { what, .. } => bad(what),
        other => other,
    });
    remove_side_files(&path)?;
    Ok(Staged { partial, meta: meta? })
}

/// Copies the staged database over the one in place, in one transaction.
fn overwrite(staged: &Staged, dir: &Path, database: &Path, in_use: bool) -> Result<(), StoreError> {
    schema::check_header(dir)?;
    let failed = |error: rusqlite::Error| StoreError::sql(dir, "restore into", error);
    let mut to = open_writer(database, false).map_err(failed)?;
    if in_use {
        // A process that has the library open embeds with its model: another's vectors do not fit.
        let found = Meta::read(&to).map_err(|fault| fault.at(dir, "read"))?;
        same_model(dir, &found.model, &staged.meta.model)?;
    }
    let from = open_reader(&staged.partial.path).map_err(failed)?;
    let mut copy = || -> rusqlite::Result<bool> {
        let backup = Backup::new(&from, &mut to)?;
        let start = Instant::now();
        loop {
            match backup.step(-1)? {
                StepResult::Done => return Ok(true),
                // The other process is writing.
                _ if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
                _ => return Ok(false),
            }
        }
    };
    let done = copy().map_err(failed)?;
    drop(from);
    remove_side_files(&staged.partial.path)?;
    if !done {
        return Err(StoreError::Busy { path: dir.to_owned() });
    }
    // Otherwise the log would stay as long as the library.
    checkpoint_if_idle(&to);
    Ok(())
}
