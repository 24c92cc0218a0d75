//! Migrates a library of an earlier format to the current one, in one transaction.
//!
//! | version | what is new |
//! | --- | --- |
//! | 1 | the first release |
//! | 2 | checksums over the rows of `meta`, `sources`, `documents` and `changes` |
//! | 3 | roles of sentences, lead-ins of clauses, and the lines outside clauses |
//! | 4 | the files that documents were read from, and where their lines are printed |
//! | 5 | when documents are in force, and what they repeal |

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use yiju_fault::kill_point;

use crate::codec::checksum;
use crate::error::{Fault, StoreError};
use crate::read::load;
use crate::schema::{self, FORMAT_VERSION};
use crate::seal;
use crate::times::{self, Told};
use crate::write::{head, json};

/// The format of an open database, including what is still in its log.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Migrates the database to the current format; returns the earlier format if it had one.
///
/// If the process is killed, the database has the old format until the commit and the new one after it.
pub(crate) fn migrate(dir: &Path, connection: &mut Connection) -> Result<Option<u32>, StoreError> {
    let failed = |fault: Fault| fault.at(dir, "bring the format up to date");
    let found = version(connection).map_err(|error| failed(error.into()))?;
    schema::check_version(dir, found)?;
    if found == FORMAT_VERSION {
        return Ok(None);
    }
    let mut run = || -> Result<u32, Fault> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have migrated it while this one waited for the lock.
        let from = version(&transaction)?;
        kill_point("migrate:begun");
        for step in from..FORMAT_VERSION {
            match step {
                1 => to_2(&transaction)?,
                2 => to_3(&transaction)?,
                3 => to_4(&transaction)?,
                4 => to_5(&transaction)?,
                other => {
                    return Err(Fault::Corrupt(format!("there is no format version {other}")));
                }
            }
        }
        transaction.pragma_update(None, "user_version", FORMAT_VERSION)?;
        kill_point("migrate:written");
        transaction.commit()?;
        kill_point("migrate:committed");
        Ok(from)
    };
    let from = run().map_err(failed)?;
    tracing::info!(from, to = FORMAT_VERSION, "brought the library to this format");
    Ok(Some(from))
}

/// Adds the checksums and fills them from what is there.
fn to_2(transaction: &Transaction<'_>) -> Result<(), Fault> {
    for table in ["meta", "sources", "documents", "changes"] {
        transaction.execute_batch(&format!(
            "ALTER TABLE {table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0"
        ))?;
    }
    kill_point("migrate:columns");
    let keys = |table: &str| -> Result<Vec<i64>, Fault> {
        let keys = transaction
            .prepare(&format!("SELECT key FROM {table}"))?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(keys)
    };
    for key in keys("sources")? {
        seal::source(transaction, key)?;
    }
    for key in keys("documents")? {
        seal::document(transaction, key)?;
    }
    let changes = transaction
        .prepare("SELECT generation, first, last, added FROM changes")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<Vec<(i64, i64, i64, bool)>>>()?;
    for (generation, first, last, added) in changes {
        transaction
            .prepare_cached(
                "UPDATE changes SET crc = ?4 WHERE generation = ?1 AND first = ?2 AND added = ?3",
            )?
            .execute(params![
                generation,
                first,
                added,
                seal::change(generation, first, last, added)
            ])?;
    }
    seal::meta(transaction)?;
    Ok(())
}

/// Gives every document its roles.
fn to_3(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let keys: Vec<i64> = transaction
        .prepare("SELECT key FROM documents")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in keys {
        let (_, mut document) = load(transaction, key)?;
        document.assign_roles();
        transaction
            .prepare_cached("UPDATE documents SET head = ?2 WHERE key = ?1")?
            .execute(params![key, json(&head(&document))?])?;
        let mut update = transaction.prepare_cached(
            "UPDATE clauses SET crc = ?3, body = ?4 WHERE document = ?1 AND clause = ?2",
        )?;
        for (at, clause) in (0i64..).zip(&document.clauses) {
            let body = json(clause)?;
            update.execute(params![key, at, checksum(key, at, body.as_bytes()), body])?;
        }
    }
    Ok(())
}

/// Makes the tables of files and layouts, empty: what was taken in before was text.
fn to_4(transaction: &Transaction<'_>) -> Result<(), Fault> {
    for name in ["originals", "layouts"] {
        transaction.execute_batch(schema::table(name))?;
    }
    Ok(())
}

/// Reads from every document when it is in force.
fn to_5(transaction: &Transaction<'_>) -> Result<(), Fault> {
    transaction.execute_batch(schema::table("times"))?;
    transaction.execute_batch("CREATE INDEX times_by_title ON times (title)")?;
    let keys: Vec<i64> = transaction
        .prepare("SELECT key FROM documents")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in keys {
        let (_, document) = load(transaction, key)?;
        times::write(transaction, key, &document, &Told::default())?;
    }
    Ok(())
}
