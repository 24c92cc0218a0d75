//! Reads passages, their vectors and the log of their changes.

use std::collections::BTreeSet;

use rusqlite::Row;

use crate::codec::{decode_vector, verify};
use crate::error::{Fault, StoreError};
use crate::model::{Changes, PassageRecord, PassageRef};
use crate::read::{document_key, passage_checksum};
use crate::seal::{self, Meta};
use crate::store::Store;

impl Store {
    /// Calls `visit` with every passage and its vector, by ascending id, without loading all of them at
    /// once. Returns the generation they were read from.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a vector is damaged, or reading failed.
    pub fn for_each_passage(
        &self,
        mut visit: impl FnMut(PassageRef<'_>, &[f32]),
    ) -> Result<u64, StoreError> {
        self.readers.read("read the passages", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT p.id, p.document, p.clause, p.sentence, p.crc, p.vector, d.id
                 FROM passages p JOIN documents d ON d.key = p.document ORDER BY p.id",
            )?;
            let mut rows = statement.query([])?;
            let mut vector = Vec::with_capacity(self.model.dimension);
            while let Some(row) = rows.next()? {
                let (id, clause, sentence) =
                    checked_vector(row, self.model.dimension, &mut vector)?;
                let document_id = row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?;
                visit(PassageRef { id, document_id, clause, sentence }, &vector);
            }
            drop(rows);
            Ok(Meta::read(connection)?.generation)
        })
    }

    /// The places of these passages, in the order given; unknown ids are left out.
    ///
    /// # Errors
    /// Reading failed.
    pub fn passages(&self, ids: &[u64]) -> Result<Vec<PassageRecord>, StoreError> {
        self.readers.read("read the passages", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT d.id, p.clause, p.sentence FROM passages p
                 JOIN documents d ON d.key = p.document WHERE p.id = ?1",
            )?;
            let mut out = Vec::with_capacity(ids.len());
            for &id in ids {
                let Ok(key) = i64::try_from(id) else { continue };
                let mut rows = statement.query([key])?;
                if let Some(row) = rows.next()? {
                    out.push(PassageRecord {
                        id,
                        document_id: row.get(0)?,
                        clause: row.get(1)?,
                        sentence: row.get(2)?,
                    });
                }
            }
            Ok(out)
        })
    }

    /// The passages of a document by ascending id; empty if there is no such document.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_passages(&self, id: &str) -> Result<Vec<PassageRecord>, StoreError> {
        self.readers.read("read the passages", |connection| {
            let Some(key) = document_key(connection, id)? else {
                return Ok(Vec::new());
            };
            let found = connection
                .prepare_cached(
                    "SELECT id, clause, sentence FROM passages WHERE document = ?1 ORDER BY id",
                )?
                .query_map([key], |row| {
                    Ok(PassageRecord {
                        id: row.get::<_, i64>(0)?.unsigned_abs(),
                        document_id: id.to_owned(),
                        clause: row.get(1)?,
                        sentence: row.get(2)?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(found)
        })
    }

    /// A passage's vector; `None` if there is no such passage.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is damaged, or reading failed.
    pub fn vector(&self, id: u64) -> Result<Option<Vec<f32>>, StoreError> {
        Ok(self.vectors(&[id])?.pop().flatten())
    }

    /// Passages' vectors in the order given; `None` if there is no such passage.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if one is damaged, or reading failed.
    pub fn vectors(&self, ids: &[u64]) -> Result<Vec<Option<Vec<f32>>>, StoreError> {
        self.readers.read("read the vectors", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, document, clause, sentence, crc, vector FROM passages WHERE id = ?1",
            )?;
            ids.iter()
                .map(|id| {
                    let Ok(key) = i64::try_from(*id) else {
                        return Ok(None);
                    };
                    let mut rows = statement.query([key])?;
                    let Some(row) = rows.next()? else {
                        return Ok(None);
                    };
                    let mut vector = Vec::new();
                    checked_vector(row, self.model.dimension, &mut vector)?;
                    Ok(Some(vector))
                })
                .collect()
        })
    }

    /// Passages' token vectors as they were stored, in the order given; `None` if there is no such passage
    /// or it has none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if they are damaged, or reading failed.
    pub fn tokens(&self, ids: &[u64]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.readers.read("read the token vectors", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT t.passage, p.document, t.crc, t.codes
                 FROM tokens t JOIN passages p ON p.id = t.passage WHERE t.passage = ?1",
            )?;
            ids.iter()
                .map(|id| {
                    let Ok(key) = i64::try_from(*id) else {
                        return Ok(None);
                    };
                    let mut rows = statement.query([key])?;
                    rows.next()?.map(checked_tokens).transpose()
                })
                .collect()
        })
    }

    /// The net changes to the passages after `generation`. `None` if the log no longer reaches back to it,
    /// or there is no such generation: an index must then be rebuilt.
    ///
    /// # Errors
    /// Reading failed.
    pub fn changes_since(&self, generation: u64) -> Result<Option<Changes>, StoreError> {
        self.readers.read("read the changes", |connection| {
            let meta = Meta::read(connection)?;
            if generation < meta.changes_after || generation > meta.generation {
                return Ok(None);
            }
            let Ok(since) = i64::try_from(generation) else {
                return Ok(None);
            };
            let mut statement = connection.prepare_cached(
                "SELECT generation, first, last, added, crc FROM changes
                 WHERE generation > ?1 ORDER BY generation",
            )?;
            let mut rows = statement.query([since])?;
            let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
            while let Some(row) = rows.next()? {
                let (_, first, last, is_added) = seal::checked_change(row)?;
                let ids = first.unsigned_abs()..=last.unsigned_abs();
                if is_added {
                    added.extend(ids);
                } else {
                    // Ids are never reused: an id that was added and then removed leaves no change.
                    removed.extend(ids.filter(|id| !added.remove(id)));
                }
            }
            Ok(Some(Changes {
                generation: meta.generation,
                added: added.into_iter().collect(),
                removed: removed.into_iter().collect(),
            }))
        })
    }
}

/// The last of the columns `passage, document, crc, codes`, after verifying the checksum.
pub(crate) fn checked_tokens(row: &Row<'_>) -> Result<Vec<u8>, Fault> {
    let (id, document): (i64, i64) = (row.get(0)?, row.get(1)?);
    let codes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
    verify("tokens", id, document, codes, row.get(2)?)?;
    Ok(codes.to_vec())
}

/// Decodes the columns `id, document, clause, sentence, crc, vector` and verifies the checksum.
pub(crate) fn checked_vector(
    row: &Row<'_>,
    dimension: usize,
    vector: &mut Vec<f32>,
) -> Result<(u64, u32, Option<u32>), Fault> {
    let (id, document): (i64, i64) = (row.get(0)?, row.get(1)?);
    let (clause, sentence): (u32, Option<u32>) = (row.get(2)?, row.get(3)?);
    let blob = row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?;
    if passage_checksum(id, document, clause, sentence, blob) != row.get::<_, u32>(4)? {
        return Err(Fault::Corrupt(format!("the passage {id} does not have its checksum")));
    }
    decode_vector(blob, dimension, vector)?;
    Ok((id.unsigned_abs(), clause, sentence))
}
