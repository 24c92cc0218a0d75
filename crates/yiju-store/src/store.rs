//! Opens and creates libraries.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use yiju_fault::kill_point;

use crate::error::{Fault, StoreError};
use crate::lock::{LOCK_FILE, STAGING_LOCK_FILE, WriterLock};
use crate::migrate::{self, migrate};
use crate::model::{Access, Model};
use crate::pool::{
    Readers, checkpoint, checkpoint_if_idle, lock, open_reader, open_writer, remove,
    remove_side_files,
};
use crate::schema::{self, DATABASE_FILE, FORMAT_VERSION, UNFINISHED_FILE};
use crate::seal::{self, Meta};

/// Directory for data derived from the store; the store never reads it.
pub(crate) const INDEX_DIR: &str = "index";

/// An open library, from which everything else is derived.
///
/// All methods take `&self` and may be called from many threads. A read sees one committed state; writes
/// run one at a time, each in one transaction that is on disk when the call returns.
#[derive(Debug)]
pub struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) model: Model,
    pub(crate) readers: Readers,
    /// The clock for the dates in rows. Nothing is ordered by it.
    pub(crate) clock: fn() -> Timestamp,
    // Dropped in this order: the lock is released after the writer is closed.
    writer: Option<Mutex<Writer>>,
    _lock: Option<WriterLock>,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    limit: Option<u64>,
}

impl Store {
    /// Opens the library in the directory `dir`.
    ///
    /// With [`Access::ReadWrite`] a missing library is created, which needs a `model`. A given model must
    /// be the one the library was made with; without one (for listing, removing, checking) any library
    /// opens.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotALibrary`], [`StoreError::FormatVersion`],
    /// [`StoreError::OtherModel`], [`StoreError::Locked`], [`StoreError::NotWritable`], or
    /// reading and writing failed. Nothing is changed then, but an empty directory and a lock file may have
    /// been created.
    pub fn open(dir: &Path, access: Access, model: Option<&Model>) -> Result<Self, StoreError> {
        let database = dir.join(DATABASE_FILE);
        let exists = look(dir, &database)?;
        if exists {
            schema::check_header(dir)?;
        }
        let (writer, lock) = match (access, model) {
            (Access::ReadOnly, _) if exists => (None, None),
            (Access::ReadWrite, _) if exists => {
                let lock = WriterLock::take(dir)?;
                (Some(existing(dir, &database)?), Some(lock))
            }
            (Access::ReadWrite, Some(model)) => {
                fs::create_dir_all(dir)
                    .map_err(|source| StoreError::NotWritable { path: dir.to_owned(), source })?;
                let lock = WriterLock::take(dir)?;
                // Another process may have created it before this one had the lock.
                if look(dir, &database)? {
                    schema::check_header(dir)?;
                } else {
                    create(dir, &database, model)?;
                }
                (Some(existing(dir, &database)?), Some(lock))
            }
            _ => {
                return Err(StoreError::NotFound { path: dir.to_owned() });
            }
        };
        if writer.is_none() {
            bring_up(dir, &database)?;
        }
        let readers = Readers::new(dir, database);
        let found = readers.read("read", |connection| read_meta(dir, connection))?;
        if let Some(given) = model {
            same_model(dir, &found, given)?;
        }
        Ok(Self {
            dir: dir.to_owned(),
            model: found,
            readers,
            clock: Timestamp::now,
            writer: writer.map(|connection| Mutex::new(Writer { connection, limit: None })),
            _lock: lock,
        })
    }

    /// The library's directory.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// The directory for data derived from this library. The store does not create it.
    pub fn index_dir(&self) -> PathBuf {
        self.dir.join(INDEX_DIR)
    }

    /// The model the library was made with.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Dates rows by `clock` instead of the system's clock, for tests.
    #[doc(hidden)]
    pub fn set_clock(&mut self, clock: fn() -> Timestamp) {
        self.clock = clock;
    }

    /// Whether it was opened for writing.
    pub fn is_writable(&self) -> bool {
        self.writer.is_some()
    }

    /// Sets the size in bytes that the database may grow to; `None` removes the limit. A write that would
    /// exceed it fails with [`StoreError::Full`] and changes nothing. The limit is rounded to whole pages
    /// of 8 KiB, is never below the current size, and holds until it is set again or the store is closed.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], or SQLite failed.
    pub fn limit_size(&self, bytes: Option<u64>) -> Result<(), StoreError> {
        let mut writer = lock(self.writer()?);
        let set = |connection: &Connection| {
            let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            let most = i64::from(u32::MAX - 1);
            let pages = bytes.map_or(most, |bytes| {
                i64::try_from(bytes).unwrap_or(i64::MAX).div_euclid(page.max(1)).clamp(1, most)
            });
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        };
        set(&writer.connection)
            .map_err(|error| StoreError::sql(&self.dir, "limit the size", error))?;
        writer.limit = bytes;
        Ok(())
    }

    fn writer(&self) -> Result<&Mutex<Writer>, StoreError> {
        self.writer.as_ref().ok_or_else(|| StoreError::ReadOnly { path: self.dir.clone() })
    }

    /// Runs `work` in a write transaction, calls `at_commit` and commits; any error rolls back.
    pub(crate) fn write<T, G, E: From<StoreError>>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
        at_commit: impl FnOnce(&T) -> Result<G, E>,
    ) -> Result<(T, G), E> {
        let mut writer = lock(self.writer()?);
        let limit = writer.limit;
        let failed = |fault: Fault| match fault.at(&self.dir, action) {
            StoreError::Full { path, .. } => StoreError::Full { path, limit },
            other => other,
        };
        let begun = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(|error| failed(error.into()))?;
        kill_point("write:begun");
        let out = work(&transaction).map_err(failed)?;
        kill_point("write:written");
        // On an error, dropping the transaction rolls it back.
        let guard = at_commit(&out)?;
        transaction.commit().map_err(|error| failed(error.into()))?;
        kill_point("write:committed");
        Ok((out, guard))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.readers.close();
        let Some(writer) = &self.writer else { return };
        // Moves the log into the database, so that an idle library is one file.
        checkpoint_if_idle(&lock(writer).connection);
    }
}

/// Fails if the vectors of the library in `dir` were not made with the model `given`.
pub(crate) fn same_model(dir: &Path, found: &Model, given: &Model) -> Result<(), StoreError> {
    if found.is_same(given) {
        return Ok(());
    }
    Err(StoreError::OtherModel {
        path: dir.to_owned(),
        library: Box::new(found.clone()),
        given: Box::new(given.clone()),
    })
}

/// Whether `dir` holds a library's database. Fails if it holds something else.
pub(crate) fn look(dir: &Path, database: &Path) -> Result<bool, StoreError> {
    let foreign = |reason: String| Err(StoreError::NotALibrary { path: dir.to_owned(), reason });
    match fs::metadata(dir) {
        Ok(found) if !found.is_dir() => return foreign("it is a file, not a directory".into()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::io(dir, "read", error)),
    }
    match fs::metadata(database) {
        Ok(found) if found.is_file() => return Ok(true),
        Ok(_) => return foreign(format!("{DATABASE_FILE} is not a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::io(database, "read", error)),
    }
    let entries = fs::read_dir(dir).map_err(|source| StoreError::io(dir, "read", source))?;
    for entry in entries {
        let name = entry.map_err(|source| StoreError::io(dir, "read", source))?.file_name();
        if !is_harmless(&name) {
            return foreign(format!(
                "the directory has no {DATABASE_FILE}, but has other files, such as {}",
                name.display()
            ));
        }
    }
    Ok(false)
}

/// Whether a file may be in a directory where a library is created: what an interrupted start left, and
/// what systems put into every directory.
fn is_harmless(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == LOCK_FILE
        || name == STAGING_LOCK_FILE
        || name == INDEX_DIR
        || name == "lost+found"
        || name.starts_with(UNFINISHED_FILE)
        || name.starts_with('.')
}

/// Creates a library under another name and renames it, so that it exists whole or not at all.
fn create(dir: &Path, database: &Path, model: &Model) -> Result<(), StoreError> {
    let unfinished = dir.join(UNFINISHED_FILE);
    remove(&unfinished)?;
    remove_side_files(&unfinished)?;
    let fill = || -> rusqlite::Result<()> {
        let mut connection = open_writer(&unfinished, true)?;
        let transaction = connection.transaction()?;
        schema::create_tables(&transaction)?;
        transaction.execute(
            "INSERT INTO meta VALUES (1, lower(hex(randomblob(16))), 0, 0, 0, 0, ?1, ?2, ?3, ?4, 0)",
            params![
                model.fingerprint,
                model.name,
                i64::try_from(model.dimension).unwrap_or(i64::MAX),
                Timestamp::now().to_string()
            ],
        )?;
        seal::meta(&transaction)?;
        transaction.commit()?;
        kill_point("create:filled");
        // Everything must be in the one file that is renamed, on disk.
        checkpoint(&connection)
    };
    fill().map_err(|error| StoreError::sql(dir, "make the tables", error))?;
    let io = |source| StoreError::io(database, "make", source);
    fs::rename(&unfinished, database).map_err(io)?;
    kill_point("create:renamed");
    // They are empty by now; if one stays, the next start removes it.
    let _ = remove_side_files(&unfinished);
    yiju_files::sync_directory(dir).map_err(io)
}

/// Opens an existing library for writing and migrates it to the current format. The header has been
/// checked and the lock is held.
pub(crate) fn existing(dir: &Path, database: &Path) -> Result<Connection, StoreError> {
    let mut connection =
        open_writer(database, false).map_err(|error| StoreError::sql(dir, "open", error))?;
    migrate(dir, &mut connection)?;
    Ok(connection)
}

/// Migrates a library that is opened for reading only, which takes the lock for a moment.
fn bring_up(dir: &Path, database: &Path) -> Result<(), StoreError> {
    let found = || -> Result<u32, StoreError> {
        open_reader(database)
            .and_then(|reader| migrate::version(&reader))
            .map_err(|error| StoreError::sql(dir, "read the format of", error))
    };
    let before = found()?;
    if before >= FORMAT_VERSION {
        return Ok(());
    }
    let done = WriterLock::take(dir).and_then(|_lock| existing(dir, database).map(drop));
    match done {
        Ok(()) => Ok(()),
        // Another process may have migrated it meanwhile.
        Err(_) if found()? >= FORMAT_VERSION => Ok(()),
        Err(error @ (StoreError::Locked { .. } | StoreError::NotWritable { .. })) => {
            tracing::debug!(%error, "the library's format was not brought up to date");
            Err(StoreError::FormatVersion {
                path: dir.to_owned(),
                found: before,
                supported: FORMAT_VERSION,
            })
        }
        Err(error) => Err(error),
    }
}

/// Reads the model, after checking that the tables are those of this version.
fn read_meta(dir: &Path, connection: &Connection) -> Result<Model, Fault> {
    // The header was read without the log; this includes it.
    let found = migrate::version(connection)?;
    schema::check_version(dir, found)?;
    for table in schema::table_names() {
        let there = connection
            .query_row("SELECT 1 FROM sqlite_schema WHERE name = ?1", [table], |_| Ok(()))
            .optional()?;
        if there.is_none() {
            return Err(Fault::Corrupt(format!("the table {table} is missing")));
        }
    }
    Ok(Meta::read(connection)?.model)
}
