//! An open library: its store and the indexes derived from it, behind their locks.
//!
//! A panic in one call is that call's error; the next one is answered, whatever locks it held.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use yiju_store::{Access, Model, State, Store};

use crate::error::EngineError;
use crate::keep::indexes::Indexes;
use crate::keep::versions::Versions;

/// How much a library may hold; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LibraryLimits {
    /// Most documents.
    pub max_documents: Option<u64>,
    /// Most bytes of the database on disk: text, structure and vectors.
    pub max_bytes: Option<u64>,
}

/// How much a library holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LibrarySize {
    /// Documents.
    pub documents: u64,
    /// Passages: clauses and sentences.
    pub passages: u64,
    /// Writes so far: each one makes a new generation.
    pub generation: u64,
    /// Bytes of the database on disk, its log included.
    pub database_bytes: u64,
    /// Bytes of the saved indexes on disk.
    pub index_bytes: u64,
}

pub(crate) struct Library {
    pub store: Store,
    indexes: RwLock<Indexes>,
    writing: Mutex<()>,
    limits: RwLock<LibraryLimits>,
    /// The versions of the state that they were read from.
    versions: RwLock<Option<(State, Arc<Versions>)>>,
    /// Whether files are not kept.
    discards: AtomicBool,
}

impl Library {
    pub(crate) fn open(path: &Path, access: Access, model: &Model) -> Result<Self, EngineError> {
        let store = Store::open(path, access, Some(model))?;
        let indexes = Indexes::open(&store)?;
        Ok(Self {
            store,
            indexes: RwLock::new(indexes),
            writing: Mutex::new(()),
            limits: RwLock::default(),
            versions: RwLock::default(),
            discards: AtomicBool::default(),
        })
    }

    /// Refuses a library that is open for reading only.
    pub(crate) fn check_writable(&self) -> Result<(), EngineError> {
        if self.store.is_writable() {
            Ok(())
        } else {
            Err(EngineError::ReadOnly(self.store.path().to_owned()))
        }
    }

    /// The right to write, held over each write so that the indexes see writes in the order of the
    /// store. It is given after a panic of its holder, too: the store has undone what was not committed.
    pub(crate) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The indexes, to be changed. Where a panic left them half changed they are opened anew before
    /// the next search.
    pub(crate) fn change_indexes(&self) -> RwLockWriteGuard<'_, Indexes> {
        self.indexes.write().unwrap_or_else(|poisoned| {
            let mut indexes = poisoned.into_inner();
            tracing::warn!("a fault left the indexes half changed; they are opened anew");
            indexes.distrust();
            self.indexes.clear_poison();
            indexes
        })
    }

    /// The indexes, with every acknowledged write in them, those of other processes included.
    pub(crate) fn fresh_indexes(&self) -> Result<RwLockReadGuard<'_, Indexes>, EngineError> {
        if let Ok(indexes) = self.indexes.read()
            && indexes.show(&self.store.state()?)
        {
            return Ok(indexes);
        }
        let mut indexes = self.change_indexes();
        indexes.refresh(&self.store)?;
        // Without letting go in between, or a write could come first.
        Ok(RwLockWriteGuard::downgrade(indexes))
    }

    /// The versions of the documents, read once for each state of the library.
    pub(crate) fn versions(&self) -> Result<Arc<Versions>, EngineError> {
        let state = self.store.state()?;
        let known = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, versions)) = &*known
            && *of == state
        {
            return Ok(Arc::clone(versions));
        }
        drop(known);
        let versions = Arc::new(Versions::read(&self.store)?);
        let mut known = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((state, Arc::clone(&versions)));
        Ok(versions)
    }

    pub(crate) fn save_indexes(&self) -> Result<(), EngineError> {
        let _writing = self.writing();
        self.change_indexes().save(&self.store)
    }

    pub(crate) fn limits(&self) -> LibraryLimits {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_limits(&self, limits: LibraryLimits) -> Result<(), EngineError> {
        self.store.limit_size(limits.max_bytes)?;
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
        Ok(())
    }

    pub(crate) fn keeps_originals(&self) -> bool {
        !self.discards.load(Ordering::Relaxed)
    }

    pub(crate) fn keep_originals(&self, keep: bool) {
        self.discards.store(!keep, Ordering::Relaxed);
    }

    pub(crate) fn size(&self) -> Result<LibrarySize, EngineError> {
        Ok(LibrarySize {
            documents: self.store.document_count()?,
            passages: self.store.passage_count()?,
            generation: self.store.generation()?,
            database_bytes: bytes_in(self.store.path(), false),
            index_bytes: bytes_in(&self.store.index_dir(), true),
        })
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        if let Err(error) = self.save_indexes() {
            tracing::warn!(%error, "the indexes were not saved; the next start builds them");
        }
    }
}

/// Bytes of the files in a directory, with subdirectories where `deep`; what cannot be read counts
/// nothing.
fn bytes_in(dir: &Path, deep: bool) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(found, path)| match found.is_dir() {
            true if deep => bytes_in(&path, true),
            true => 0,
            false => found.len(),
        })
        .sum()
}
