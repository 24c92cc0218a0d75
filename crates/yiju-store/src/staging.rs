//! Vectors of another model: made beside the library's own, document by document, and put in their place at once.
//!
//! They lie in tables of their own (`schema::staging_tables`), which are made with the first of them and gone once they
//! took their place. Until then nothing of the library changes, so that any process goes on reading and writing it:
//! what it adds, replaces or removes is found by comparing versions. Staging takes no part in the lock of the
//! writer; only the swap does, since a writer embeds with the old model.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use yiju_document::Document;
use yiju_fault::kill_point;

use crate::codec::count;
use crate::error::{Fault, StoreError};
use crate::lock::WriterLock;
use crate::model::{Access, Model, NewDocument};
use crate::pool::{checkpoint_if_idle, open_writer};
use crate::read::{document_key, load};
use crate::schema::{self, DATABASE_FILE};
use crate::seal::{self, Meta};
use crate::store::Store;
use crate::validate::check_new;
use crate::write::{insert_passages, last_passage};

/// How long a step waits for a write of another process.
const PATIENCE: Duration = Duration::from_secs(60);

/// The documents whose present version is not staged.
const PENDING: &str = "
FROM documents d LEFT JOIN staged_documents s ON s.document = d.key
WHERE s.version IS NOT (SELECT coalesce(max(p.id), 0) FROM passages p WHERE p.document = d.key)";

/// What was staged before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The library's own vectors are of this model: there is nothing to do. Vectors staged for the model in
    /// here, if any, were dropped.
    Own(Option<Model>),
    /// Nothing was.
    New,
    /// An earlier run for the same model, which this one continues.
    Continued,
    /// An earlier run for this other model; its vectors were dropped.
    Other(Model),
}

/// A document that is yet to be embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingDocument {
    /// Its id.
    pub id: String,
    /// Length of its text.
    pub bytes: usize,
}

/// What there is to embed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StagingPlan {
    /// The documents to embed, in the order they were first added.
    pub pending: Vec<PendingDocument>,
    /// How many documents the library has.
    pub documents: usize,
    /// Length of their texts together.
    pub bytes: usize,
}

/// The version of a document that was read: another version has other passages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentVersion {
    key: i64,
    last_passage: i64,
}

/// A library's vectors after the swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapOutcome {
    /// The library's generation.
    pub generation: u64,
    /// How many documents it holds.
    pub documents: u64,
    /// How many passages it holds.
    pub passages: u64,
}

/// Vectors of another model that were staged and have not taken their place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedModel {
    /// The model.
    pub model: Model,
    /// How many documents were embedded with it.
    pub documents: u64,
}

/// The vectors of another model that are being staged in a library. One process at a time stages; others read and
/// write the library meanwhile.
#[derive(Debug)]
pub struct Staging {
    dir: PathBuf,
    /// The model whose vectors are staged.
    model: Model,
    /// The model that the library had when this was opened.
    library_model: Model,
    origin: Origin,
    // Dropped in this order: the lock is released after the connection is closed.
    connection: Connection,
    _lock: WriterLock,
}

impl Staging {
    /// Opens the library in the directory `dir` to stage vectors of `model`. What an earlier run staged for this
    /// model is kept, for another dropped.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Locked`] if another process stages vectors in this library; or writing
    /// failed. Nothing is changed then.
    pub fn open(dir: &Path, model: &Model) -> Result<Self, StoreError> {
        // Says what is wrong with the library, and migrates one of an earlier format.
        drop(Store::open(dir, Access::ReadOnly, None)?);
        let lock = WriterLock::take_staging(dir)?;
        let run = || -> Result<(Connection, Model, Origin), Fault> {
            let mut connection = open_writer(&dir.join(DATABASE_FILE), false)?;
            connection.busy_timeout(PATIENCE)?;
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let library = Meta::read(&transaction)?.model;
            let own = library.is_same(model);
            let origin = match staged_model(&transaction)? {
                Some(found) if !own && found.is_same(model) => Origin::Continued,
                found => {
                    transaction.execute_batch(schema::DROP_STAGING)?;
                    match found {
                        found if own => Origin::Own(found),
                        Some(found) => Origin::Other(found),
                        None => Origin::New,
                    }
                }
            };
            if matches!(origin, Origin::New | Origin::Other(_)) {
                create(&transaction, model)?;
            }
            transaction.commit()?;
            Ok((connection, library, origin))
        };
        let (connection, library_model, origin) = run().map_err(|f| f.at(dir, "stage vectors"))?;
        Ok(Self {
            dir: dir.to_owned(),
            model: model.clone(),
            library_model,
            origin,
            connection,
            _lock: lock,
        })
    }

    /// What was staged before this was opened.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The model that the library had when this was opened.
    pub fn library_model(&self) -> &Model {
        &self.library_model
    }

    /// What there is to embed as the library is now.
    ///
    /// # Errors
    /// Reading failed.
    pub fn plan(&mut self) -> Result<StagingPlan, StoreError> {
        self.run("list what to embed", TransactionBehavior::Deferred, |transaction| {
            let pending = transaction
                .prepare_cached(&format!("SELECT d.id, d.bytes {PENDING} ORDER BY d.key"))?
                .query_map([], |row| {
                    let bytes: i64 = row.get(1)?;
                    Ok(PendingDocument { id: row.get(0)?, bytes: length(bytes) })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let (documents, bytes): (i64, i64) = transaction.query_row(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM documents",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            Ok(StagingPlan { pending, documents: length(documents), bytes: length(bytes) })
        })
    }

    /// A document and its version; `None` if it is gone.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn document(
        &mut self,
        id: &str,
    ) -> Result<Option<(DocumentVersion, Document)>, StoreError> {
        self.run("read the document", TransactionBehavior::Deferred, |transaction| {
            let Some(key) = document_key(transaction, id)? else { return Ok(None) };
            let (_, document) = load(transaction, key)?;
            Ok(Some((version(transaction, key)?, document)))
        })
    }

    /// Stages the passages of documents, in one transaction; says how many documents that are. One that was replaced or
    /// removed since it was read is passed over: [`Staging::plan`] names it again if it is still there.
    ///
    /// # Errors
    /// [`StoreError::InvalidSource`] if passages do not fit their document or the model; [`StoreError::Full`], or
    /// writing failed. Nothing is staged then.
    pub fn stage(
        &mut self,
        embedded: &[(DocumentVersion, NewDocument)],
    ) -> Result<usize, StoreError> {
        for (_, new) in embedded {
            check_new(new, self.model.dimension).map_err(|reason| StoreError::InvalidSource {
                name: new.document.title.clone(),
                reason,
            })?;
        }
        let staged = self.run("stage vectors", TransactionBehavior::Immediate, |transaction| {
            let mut staged = 0;
            for (read, new) in embedded {
                if version(transaction, read.key)? == *read && exists(transaction, read.key)? {
                    stage_one(transaction, *read, new)?;
                    staged += 1;
                }
            }
            kill_point("reembed:written");
            Ok(staged)
        })?;
        kill_point("reembed:staged");
        Ok(staged)
    }

    /// Puts the staged vectors in the place of the library's own and drops these, in one transaction. The library gets
    /// a new id, so that indexes of the old vectors are not used for the new. `None` if a document is not
    /// staged as it is now; nothing is changed then.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if a process has the library open for writing: it embeds with the old model;
    /// [`StoreError::Full`], or writing failed. Nothing is changed then, and what is staged stays.
    pub fn swap(&mut self) -> Result<Option<SwapOutcome>, StoreError> {
        let _lock = WriterLock::take(&self.dir)?;
        let model = self.model.clone();
        let swapped =
            self.run("put the new vectors in place", TransactionBehavior::Immediate, |t| {
                let pending: bool =
                    t.query_row(&format!("SELECT EXISTS (SELECT 1 {PENDING})"), [], |row| {
                        row.get(0)
                    })?;
                if pending { Ok(None) } else { swap(t, &model).map(Some) }
            })?;
        if swapped.is_some() {
            kill_point("reembed:swapped");
            checkpoint_if_idle(&self.connection);
        }
        Ok(swapped)
    }

    /// Runs `work` in a transaction; any error rolls back.
    fn run<T>(
        &mut self,
        action: &'static str,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let run = || -> Result<T, Fault> {
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let out = work(&transaction)?;
            transaction.commit()?;
            Ok(out)
        };
        run().map_err(|fault| fault.at(&self.dir, action))
    }
}

impl Store {
    /// Vectors of another model that wait to take the place of the library's own; `None` if there are none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn staged(&self) -> Result<Option<StagedModel>, StoreError> {
        self.readers.read("read what is staged", |connection| {
            let Some(model) = staged_model(connection)? else { return Ok(None) };
            let documents: i64 =
                connection
                    .query_row("SELECT count(*) FROM staged_documents", [], |row| row.get(0))?;
            Ok(Some(StagedModel { model, documents: documents.unsigned_abs() }))
        })
    }
}

/// A length or number of rows, which are never negative.
fn length(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0)
}

fn create(transaction: &Transaction<'_>, model: &Model) -> Result<(), Fault> {
    transaction.execute_batch(&schema::staging_tables())?;
    transaction.execute(
        "INSERT INTO staging VALUES (1, ?1, ?2, ?3)",
        params![model.fingerprint, model.name, count(model.dimension)],
    )?;
    Ok(())
}

/// The model whose vectors are staged; `None` if there are none.
fn staged_model(connection: &Connection) -> Result<Option<Model>, Fault> {
    let there: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'staging')",
        [],
        |row| row.get(0),
    )?;
    if !there {
        return Ok(None);
    }
    let found = connection
        .query_row("SELECT model_fingerprint, model_name, dimension FROM staging", [], |row| {
            let dimension: i64 = row.get(2)?;
            Ok(Model { fingerprint: row.get(0)?, name: row.get(1)?, dimension: length(dimension) })
        })
        .optional()?;
    Ok(found)
}

fn exists(connection: &Connection, key: i64) -> Result<bool, Fault> {
    let found = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM documents WHERE key = ?1)")?
        .query_row([key], |row| row.get(0))?;
    Ok(found)
}

fn version(connection: &Connection, key: i64) -> Result<DocumentVersion, Fault> {
    let last_passage = connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM passages WHERE document = ?1")?
        .query_row([key], |row| row.get(0))?;
    Ok(DocumentVersion { key, last_passage })
}

fn stage_one(
    transaction: &Transaction<'_>,
    version: DocumentVersion,
    new: &NewDocument,
) -> Result<(), Fault> {
    let DocumentVersion { key, last_passage: stamp } = version;
    // Those of an earlier version; their tokens go with them.
    transaction
        .prepare_cached("DELETE FROM staged_passages WHERE document = ?1")?
        .execute([key])?;
    // Drawn from the library's own numbers, so that no id ever stands for two passages.
    let last = last_passage(transaction)?;
    let drawn = last + count(new.passages.len());
    let known = transaction
        .execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'passages'", [drawn])?;
    if known == 0 {
        transaction
            .execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('passages', ?1)", [drawn])?;
    }
    insert_passages(transaction, "staged_", last + 1, key, &new.passages)?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO staged_documents VALUES (?1, ?2, ?3)")?
        .execute(params![key, stamp, count(new.passages.len())])?;
    Ok(())
}

/// The swap, in the caller's transaction. Renaming the tables takes no more room than the staged rows have.
fn swap(transaction: &Transaction<'_>, model: &Model) -> Result<SwapOutcome, Fault> {
    let drawn = last_passage(transaction)?;
    transaction.execute_batch(schema::SWAP_STAGED)?;
    kill_point("reembed:renamed");
    // A release that cut sentences otherwise made other passages of the same document.
    let changed: Vec<i64> = transaction
        .prepare(
            "UPDATE documents SET passages = s.passages FROM staged_documents s
             WHERE s.document = key AND s.passages <> documents.passages RETURNING key",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in changed {
        seal::document(transaction, key)?;
    }
    transaction.execute_batch(schema::DROP_STAGING)?;
    // The numbering went on for the old passages, too.
    transaction.execute("DELETE FROM sqlite_sequence WHERE name = 'passages'", [])?;
    transaction
        .execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('passages', ?1)", [drawn])?;
    // No index of the new id is older than this.
    transaction.execute("DELETE FROM changes", [])?;
    transaction.execute(
        "UPDATE meta SET library_id = lower(hex(randomblob(16))), generation = generation + 1,
             changes_after = generation + 1, passages = (SELECT count(*) FROM passages),
             model_fingerprint = ?1, model_name = ?2, dimension = ?3",
        params![model.fingerprint, model.name, count(model.dimension)],
    )?;
    seal::meta(transaction)?;
    let Meta { generation, documents, passages, .. } = Meta::read(transaction)?;
    Ok(SwapOutcome { generation, documents, passages })
}
