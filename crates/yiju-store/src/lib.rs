//! The durable store of a Yiju library: documents, their clauses and the vectors of their passages, in
//! one SQLite file from which every index can be rebuilt.
//!
//! - [`Store`] is an open library. One process writes, any number read; a read sees one committed state,
//!   and a write is on disk, whole, when its call returns.
//! - [`NewSource`] is what is stored: the parsed documents of one source and their [`NewPassage`]s.
//!   Storing a source again replaces it; its documents keep their ids.
//! - [`ClauseRecord`] is what a citation is made of; reading one reads only a few rows.
//! - [`Store::changes_since`] lets an index catch up from the generation it was built from.
//! - [`Store::check`] verifies hashes, checksums, spans and vectors of everything stored;
//!   [`Store::repair`] rebuilds what is derived.
//! - [`Store::backup`] writes one committed state to one file, and [`restore`] makes a library from it.
//! - [`Staging`] takes vectors of another model beside the library's own, and puts them in their place at once.
//! - A library of an earlier format is migrated when it is opened.
//! - [`StoreError`] names what was wrong, and [`StoreError::hint`] what to do.
//!
//! ```
//! use yiju_store::{Access, Model, Store};
//!
//! let dir = tempfile::tempdir()?;
//! let model = Model { fingerprint: "5f1e".into(), name: "tiny".into(), dimension: 2 };
//! let store = Store::open(dir.path(), Access::ReadWrite, Some(&model))?;
//! assert_eq!((store.generation()?, store.document_count()?), (0, 0));
//!
//! // Readers need no lock; a second writer is turned away.
//! let reader = Store::open(dir.path(), Access::ReadOnly, Some(&model))?;
//! assert_eq!(reader.documents(None, 10)?.documents, []);
//! let refused = Store::open(dir.path(), Access::ReadWrite, Some(&model)).unwrap_err();
//! assert!(refused.to_string().contains("open for writing in process"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backup;
mod change_log;
mod check;
mod clause;
mod codec;
mod error;
mod layout;
mod lock;
mod migrate;
mod model;
mod passages;
mod pool;
mod read;
mod repair;
mod restore;
mod schema;
mod seal;
mod staging;
mod store;
mod times;
mod validate;
mod write;

pub use backup::BackupOutcome;
pub use check::{CheckReport, Problem, Remedy};
pub use error::StoreError;
pub use layout::{Layout, PageSize, PrintedLine, Recognised};
pub use model::{
    Access, Changes, ClauseRecord, DocumentList, DocumentRecord, Model, NewDocument, NewPassage,
    NewSource, PassageRecord, PassageRef, PutOutcome, RemoveOutcome, SourceRecord, State,
};
pub use restore::{RestoreOutcome, restore};
pub use staging::{
    DocumentVersion, Origin, PendingDocument, StagedModel, Staging, StagingPlan, SwapOutcome,
};
pub use store::Store;
pub use times::{KeptTimes, PassageRange, Told};
pub use validate::check_name;
