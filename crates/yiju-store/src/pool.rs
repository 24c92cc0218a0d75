//! Connections to the database: how they are set up, and the readers that are kept open.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Fault, StoreError};

/// How long a connection waits for another's lock; in WAL mode only recovery takes one for long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Idle readers kept for later calls; more are opened while more calls run at once.
const KEPT_READERS: usize = 4;

/// Page cache of a reader, in KiB: the rows of some thousand clauses.
const READER_CACHE_KIB: i32 = 16 << 10;

/// Sets up a connection. The side files are kept on closing: otherwise a reader of an idle library would
/// have to create them, which it may not be allowed to.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without this, a cached statement is recompiled for every new value bound to it, which makes
    // reading a clause ten times slower.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "trusted_schema", false)
}

/// Opens the connection that writes.
pub(crate) fn open_writer(path: &Path, create: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection)?;
    if create {
        connection.pragma_update(None, "page_size", 8192)?;
    }
    // WAL is recorded in the file; the rest holds for the connection. FULL makes a commit durable.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "the file system does not allow a write-ahead log");
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 32 << 20)?;
    Ok(connection)
}

/// Moves the write-ahead log into the database, syncs it and empties the log.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// As [`checkpoint`], if no other connection is using the log; else the next writer does it.
pub(crate) fn checkpoint_if_idle(connection: &Connection) {
    let done = connection.busy_timeout(Duration::ZERO).and_then(|()| checkpoint(connection));
    if let Err(error) = done {
        tracing::debug!(%error, "the log was not moved into the database");
    }
}

/// The files that SQLite keeps beside a database.
fn side_files(database: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|suffix| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    })
}

/// Removes the files that SQLite keeps beside a database that no process has open.
pub(crate) fn remove_side_files(database: &Path) -> Result<(), StoreError> {
    side_files(database).iter().try_for_each(|path| remove(path))
}

/// Removes a file if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io(path, "remove", error))
        }
        _ => Ok(()),
    }
}

/// Opens a connection that only reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// Connections for reading. Each call uses one exclusively and sees one committed state.
#[derive(Debug)]
pub(crate) struct Readers {
    dir: PathBuf,
    database: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(dir: &Path, database: PathBuf) -> Self {
        Self { dir: dir.to_owned(), database, idle: Mutex::new(Vec::new()) }
    }

    /// Runs `work` in a read transaction; `action` names it in an error.
    pub(crate) fn read<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let idle = lock(&self.idle).pop();
        let run = || {
            let connection = match idle {
                Some(connection) => connection,
                None => open_reader(&self.database)?,
            };
            // Cached statements: parsing them each time would cost as much as a small read.
            connection.prepare_cached("BEGIN")?.execute([])?;
            let out = work(&connection)?;
            connection.prepare_cached("COMMIT")?.execute([])?;
            Ok((connection, out))
        };
        // After an error the connection is dropped, since its state is unknown.
        let (connection, out) = run().map_err(|fault: Fault| fault.at(&self.dir, action))?;
        let mut kept = lock(&self.idle);
        if kept.len() < KEPT_READERS {
            kept.push(connection);
        }
        Ok(out)
    }

    /// A new connection outside any transaction.
    pub(crate) fn connection(&self) -> rusqlite::Result<Connection> {
        open_reader(&self.database)
    }

    /// Closes the idle connections.
    pub(crate) fn close(&self) {
        lock(&self.idle).clear();
    }
}

/// Locks, also after a panic in another thread: an open transaction was rolled back by its drop.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
