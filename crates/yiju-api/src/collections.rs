//! The libraries of one server: the default one, and named ones under one directory.
//!
//! A collection is made in a directory with a temporary name and renamed, and renamed again before it is
//! deleted: after a crash, the next start finds it whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::Deserialize;
use yiju_access::check_name;
use yiju_engine::{Access, Engine, EngineError, LibraryLimits};
use yiju_files::Readers;

use crate::error::ApiError;

/// The name of the collection of the routes that name none.
pub(crate) const DEFAULT: &str = "default";
/// The file with a library's limits, in its directory.
const LIMITS_FILE: &str = "collection.json";
/// How the name of a collection's directory begins while it is made or deleted.
const MAKING: &str = ".new-";
const TRASH: &str = ".trash-";

/// An open library and its name.
pub(crate) struct Collection {
    pub(crate) name: String,
    pub(crate) engine: Arc<Engine>,
    directory: PathBuf,
}

impl Collection {
    fn new(name: &str, engine: Arc<Engine>, directory: &Path) -> Result<Arc<Self>, ApiError> {
        let limits = read_limits(directory)?;
        if limits != LibraryLimits::default() {
            engine.set_limits(limits)?;
        }
        Ok(Arc::new(Self { name: name.to_owned(), engine, directory: directory.to_owned() }))
    }

    /// Sets the limits, first on disk.
    pub(crate) fn set_limits(&self, limits: LibraryLimits) -> Result<(), ApiError> {
        write_limits(&self.directory, limits)?;
        Ok(self.engine.set_limits(limits)?)
    }
}

/// The state of a name.
enum Place {
    Open(Arc<Collection>),
    /// It is being made or removed.
    Changing,
    /// It could not be opened; the log has the cause.
    Broken,
}

/// All collections.
#[derive(Default)]
pub(crate) struct Collections {
    default: OnceLock<Arc<Collection>>,
    /// Where the named ones are; set once they are open.
    root: OnceLock<PathBuf>,
    named: RwLock<BTreeMap<String, Place>>,
}

impl Collections {
    /// Sets the default collection. A second call is ignored.
    pub(crate) fn set_default(&self, engine: Arc<Engine>) {
        let directory = engine.path().to_owned();
        match Collection::new(DEFAULT, engine, &directory) {
            Ok(collection) => {
                let _ = self.default.set(collection);
            }
            Err(error) => tracing::error!(
                cause = error.cause(),
                "the limits of the library cannot be read; it stays closed"
            ),
        }
    }

    /// Opens the named collections under `root`, and deletes those that a crash left half made or half
    /// deleted. One that cannot be opened is logged and answers 503.
    ///
    /// # Errors
    /// The directory cannot be created or listed, or there is no default collection yet.
    pub(crate) fn open_under(&self, root: &Path) -> io::Result<()> {
        let Some(default) = self.default.get() else {
            return Err(io::Error::other("the default collection is not open"));
        };
        fs::create_dir_all(root)?;
        let mut named = BTreeMap::new();
        for entry in fs::read_dir(root)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(MAKING) || name.starts_with(TRASH) {
                fs::remove_dir_all(entry.path())?;
                continue;
            }
            if check_name(&name).is_err() || name == DEFAULT || !entry.file_type()?.is_dir() {
                continue;
            }
            named.insert(name.clone(), open(&default.engine, &name, &entry.path()));
        }
        *self.write() = named;
        let _ = self.root.set(root.to_owned());
        Ok(())
    }

    /// The default collection.
    pub(crate) fn default_one(&self) -> Result<&Arc<Collection>, ApiError> {
        self.default.get().ok_or_else(ApiError::loading)
    }

    /// The collection of this name.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Collection>, ApiError> {
        if name == DEFAULT {
            return self.default_one().cloned();
        }
        self.default_one()?;
        match self.read().get(name) {
            Some(Place::Open(collection)) => Ok(Arc::clone(collection)),
            Some(Place::Broken) => Err(ApiError::collection_broken(name)),
            Some(Place::Changing) | None => Err(ApiError::collection_not_found(name)),
        }
    }

    /// All open collections, the default one first, then by name.
    pub(crate) fn all(&self) -> Vec<Arc<Collection>> {
        let named = self.read();
        let open = named.values().filter_map(|place| match place {
            Place::Open(collection) => Some(collection),
            Place::Changing | Place::Broken => None,
        });
        self.default.get().into_iter().chain(open).cloned().collect()
    }

    /// Makes a collection; `None` if there is one of this name. Blocks.
    ///
    /// # Errors
    /// The name is not allowed, there are `most` already, or writing failed.
    pub(crate) fn make(
        &self,
        name: &str,
        limits: LibraryLimits,
        most: usize,
    ) -> Result<Option<Arc<Collection>>, ApiError> {
        let default = self.default_one()?;
        let root = self.root()?;
        check_name(name).map_err(|error| ApiError::invalid(error.to_string()))?;
        {
            let mut named = self.write();
            match named.get(name) {
                Some(Place::Open(_)) => return Ok(None),
                Some(Place::Changing) => return Err(ApiError::collection_changing(name)),
                Some(Place::Broken) => return Err(ApiError::collection_broken(name)),
                None if named.len() >= most => return Err(ApiError::too_many_collections(most)),
                None => named.insert(name.to_owned(), Place::Changing),
            };
        }
        let made = self.build(default, root, name, limits);
        let mut named = self.write();
        match &made {
            Ok(collection) => named.insert(name.to_owned(), Place::Open(Arc::clone(collection))),
            Err(_) => named.remove(name),
        };
        made.map(Some)
    }

    fn build(
        &self,
        default: &Collection,
        root: &Path,
        name: &str,
        limits: LibraryLimits,
    ) -> Result<Arc<Collection>, ApiError> {
        let making = root.join(format!("{MAKING}{name}"));
        let place = root.join(name);
        let failed = |error| ApiError::disk("make the collection", name, &error);
        match fs::remove_dir_all(&making) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        drop(default.engine.open_beside(&making, Access::ReadWrite)?);
        write_limits(&making, limits)?;
        yiju_files::rename(&making, &place).map_err(failed)?;
        let engine = default.engine.open_beside(&place, Access::ReadWrite)?;
        Collection::new(name, Arc::new(engine), &place)
    }

    /// Takes a collection out, so that no new request finds it, before [`Collections::delete`] or
    /// [`Collections::put_back`]; `None` if it is one that could not be opened.
    pub(crate) fn take_out(&self, name: &str) -> Result<Option<Arc<Collection>>, ApiError> {
        self.root()?;
        let mut named = self.write();
        match named.get_mut(name) {
            None => Err(ApiError::collection_not_found(name)),
            Some(Place::Changing) => Err(ApiError::collection_changing(name)),
            Some(place) => match std::mem::replace(place, Place::Changing) {
                Place::Open(collection) => Ok(Some(collection)),
                Place::Changing | Place::Broken => Ok(None),
            },
        }
    }

    /// Undoes [`Collections::take_out`].
    pub(crate) fn put_back(&self, name: &str, collection: Option<Arc<Collection>>) {
        let place = collection.map_or(Place::Broken, Place::Open);
        self.write().insert(name.to_owned(), place);
    }

    /// Deletes a collection that was taken out and is no longer in use. Once its directory is renamed,
    /// it is gone even after a crash. Blocks.
    ///
    /// # Errors
    /// The rename failed; the name stays taken until the next start, which opens the collection again.
    pub(crate) fn delete(&self, name: &str) -> Result<(), ApiError> {
        let root = self.root()?;
        let failed = |error| ApiError::disk("remove the collection", name, &error);
        let trash = root.join(format!("{TRASH}{name}"));
        // Left by a delete that failed.
        match fs::remove_dir_all(&trash) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        yiju_files::rename(&root.join(name), &trash).map_err(failed)?;
        if let Err(error) = fs::remove_dir_all(&trash) {
            tracing::warn!(%error, name, "a removed collection still takes room; the next start deletes it");
        }
        self.write().remove(name);
        Ok(())
    }

    fn root(&self) -> Result<&Path, ApiError> {
        self.default_one()?;
        let root = self.root.get().map(PathBuf::as_path);
        root.ok_or_else(ApiError::one_collection_only)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Place>> {
        self.named.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Place>> {
        self.named.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(default: &Engine, name: &str, directory: &Path) -> Place {
    let engine: Result<Engine, EngineError> = default.open_beside(directory, Access::ReadWrite);
    let opened = engine
        .map_err(ApiError::from)
        .and_then(|engine| Collection::new(name, Arc::new(engine), directory));
    match opened {
        Ok(collection) => Place::Open(collection),
        Err(error) => {
            let cause = error.cause();
            tracing::error!(name, cause, "a collection cannot be opened; its routes answer 503");
            Place::Broken
        }
    }
}

/// The content of `collection.json`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    limits: LibraryLimits,
}

fn read_limits(directory: &Path) -> Result<LibraryLimits, ApiError> {
    let path = directory.join(LIMITS_FILE);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice::<LimitsFile>(&bytes)
            .map(|file| file.limits)
            .map_err(|error| ApiError::broken(format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LibraryLimits::default()),
        Err(error) => Err(ApiError::broken(format!("{}: {error}", path.display()))),
    }
}

fn write_limits(directory: &Path, limits: LibraryLimits) -> Result<(), ApiError> {
    let path = directory.join(LIMITS_FILE);
    let write = || -> io::Result<()> {
        let json = serde_json::to_vec_pretty(&serde_json::json!({ "limits": limits }))?;
        yiju_files::remove_unfinished(&path);
        yiju_files::replace(&path, Readers::ByUmask, |file| file.write_all(&json))
    };
    write().map_err(|error| ApiError::broken(format!("{}: {error}", path.display())))
}
