//! Making a library of a backup.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, TransactionBehavior};
use yiju_fault::kill_point;

use crate::backup::{Partial, Trailer, is_whole};
use crate::error::{Fault, StoreError};
use crate::lock::WriterLock;
use crate::migrate::migrate;
use crate::model::{Access, Model};
use crate::pool::{open_reader, open_writer};
use crate::schema::{self, DATABASE_FILE, FORMAT_VERSION, UNFINISHED_FILE};
use crate::seal::{self, Meta};
use crate::store::{Store, look};

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
    /// How many documents were there before; 0 for a new library, `None` where they could not be
    /// read.
    pub replaced: Option<u64>,
}

/// Makes the library in `dir` that of the backup `file`.
///
/// The backup is copied beside the library and checked there first. A new library then gets its name
/// in one step; one that is there is overwritten in one transaction, so that another process that
/// has it open, a service for example, reads the old state until it reads the new one. The library
/// gets a new id, so that nothing derived from the old one is taken for its own.
///
/// # Errors
/// [`StoreError::BadBackup`]; [`StoreError::NotEmpty`] where documents are there and `replace` is
/// not given; [`StoreError::OtherModel`] where a process has the library open whose model is another;
/// [`StoreError::FormatVersion`] where a newer Yiju made the backup; or writing failed. Nothing is
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
    fs::create_dir_all(dir).map_err(|source| StoreError::NotWritable {
        path: dir.to_owned(),
        source,
    })?;
    let mut there = look(dir, &database)?;
    // Another process may have it open; then it is overwritten through the database.
    let lock = match WriterLock::take(dir) {
        Ok(lock) => Some(lock),
        Err(StoreError::Locked { .. }) if there => None,
        Err(error) => return Err(error),
    };
    there = there || look(dir, &database)?;
    let replaced = if there { held(dir) } else { Some(0) };
    if replaced != Some(0) && !replace {
        return Err(StoreError::NotEmpty {
            path: dir.to_owned(),
            documents: replaced,
        });
    }
    let staged = stage(file, &trailer, dir)?;
    kill_point("restore:checked");
    if !there {
        staged.partial.rename(&database)?;
    } else if let Err(error) = overwrite(&staged, dir, &database, lock.is_none()) {
        let unreadable = matches!(
            error,
            StoreError::Corrupt { .. } | StoreError::NotALibrary { .. }
        );
        if !unreadable || lock.is_none() {
            return Err(error);
        }
        // SQLite cannot read what is there, so nobody can be reading it: the file is replaced,
        // without the log that belonged to it.
        for suffix in ["-wal", "-shm"] {
            remove(&dir.join(format!("{DATABASE_FILE}{suffix}")))?;
        }
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

/// How many documents the library holds; `None` where it cannot be read.
fn held(dir: &Path) -> Option<u64> {
    let store = Store::open(dir, Access::ReadOnly, None).ok()?;
    store.document_count().ok()
}

/// A copy of the backup's database, checked and ready to be put in place.
struct Staged {
    partial: Partial,
    meta: Meta,
}

fn stage(file: &Path, trailer: &Trailer, dir: &Path) -> Result<Staged, StoreError> {
    let bad = |reason: String| StoreError::BadBackup {
        path: file.to_owned(),
        reason,
    };
    // The name is one of those that may lie about in a library that is being made.
    let mut partial = Partial::create(&dir.join(format!("{UNFINISHED_FILE}.restore")))?;
    let path = partial.path.clone();
    let side = Sides::of(&path);
    side.remove()?;
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
        // It names the backup where something is wrong.
        migrate(file, &mut connection)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE meta SET library_id = lower(hex(randomblob(16)))",
            [],
        )?;
        seal::meta(&transaction)?;
        let meta = Meta::read(&transaction)?;
        is_whole(&transaction, meta.model.dimension)?;
        transaction.commit()?;
        // All must be in the one file; this also puts it on the disk.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(meta)
    };
    let meta = run().map_err(|fault| match fault.at(dir, "restore into") {
        StoreError::Corrupt { what, .. } => bad(what),
        other => other,
    });
    side.remove()?;
    Ok(Staged {
        partial,
        meta: meta?,
    })
}

/// Copies the staged database over the one in place, in one transaction.
fn overwrite(staged: &Staged, dir: &Path, database: &Path, in_use: bool) -> Result<(), StoreError> {
    schema::check_header(dir)?;
    let failed = |error: rusqlite::Error| StoreError::sql(dir, "restore into", error);
    let mut to = open_writer(database, false).map_err(failed)?;
    if in_use {
        same_model(dir, &to, &staged.meta.model)?;
    }
    let from = open_reader(&staged.partial.path).map_err(failed)?;
    let mut copy = || -> rusqlite::Result<bool> {
        let backup = Backup::new(&from, &mut to)?;
        let start = Instant::now();
        loop {
            match backup.step(-1)? {
                StepResult::Done => return Ok(true),
                // A write of the other process, which will end.
                _ if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
                _ => return Ok(false),
            }
        }
    };
    let done = copy().map_err(failed)?;
    drop(from);
    Sides::of(&staged.partial.path).remove()?;
    if !done {
        return Err(StoreError::Busy {
            path: dir.to_owned(),
        });
    }
    // The log would stay as long as the library otherwise; others may be reading it.
    let moved = to
        .busy_timeout(Duration::ZERO)
        .and_then(|()| to.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    if let Err(error) = moved {
        tracing::debug!(%error, "the log was not moved into the database");
    }
    Ok(())
}

/// A process that has the library open embeds with its model: another's vectors would not fit.
fn same_model(dir: &Path, connection: &Connection, given: &Model) -> Result<(), StoreError> {
    let found = Meta::read(connection)
        .map_err(|fault| fault.at(dir, "read"))?
        .model;
    if found.fingerprint == given.fingerprint && found.dimension == given.dimension {
        return Ok(());
    }
    Err(StoreError::OtherModel {
        path: dir.to_owned(),
        library: Box::new(found),
        given: Box::new(given.clone()),
    })
}

/// The files that SQLite keeps beside a database.
struct Sides([PathBuf; 3]);

impl Sides {
    fn of(path: &Path) -> Self {
        Self(["-wal", "-shm", "-journal"].map(|suffix| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        }))
    }

    fn remove(&self) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|path| remove(path))
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io(path, "remove", error))
        }
        _ => Ok(()),
    }
}
