//! Checksums over whole rows: of documents, sources and the library's own row.
//!
//! Larger rows (texts, structures, vectors) have a checksum over their payload, made when they are
//! written (`codec`). Small rows of many columns are sealed here after each change, by reading them
//! back: so one function makes the checksum, and the same one verifies it.

use rusqlite::{Connection, Row, params};

use crate::codec::{checksum, row_checksum, verify_row};
use crate::error::Fault;
use crate::model::Model;

/// The sealed columns of a document's row, `d` being its table; the checksum comes after them.
pub(crate) const DOCUMENT: &str = "d.key, d.id, d.source, d.ordinal, d.title, d.issuer, d.number, \
     d.date, d.language, d.sha256, d.characters, d.bytes, d.sections, d.clauses, d.passages, \
     d.added_at, d.updated_at";
/// How many they are.
pub(crate) const DOCUMENT_COLUMNS: usize = 17;

/// The sealed columns of a source's row, `s` being its table.
pub(crate) const SOURCE: &str = "s.key, s.name, s.sha256, s.complete, s.added_at, s.updated_at";
/// How many they are.
pub(crate) const SOURCE_COLUMNS: usize = 6;

/// The sealed columns of the library's row.
const META: &str = "library_id, generation, changes_after, documents, passages, \
     model_fingerprint, model_name, dimension, created_at";
const META_COLUMNS: usize = 9;

/// Seals the document with this key.
pub(crate) fn document(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    let crc: u32 = connection
        .prepare_cached(&format!("SELECT {DOCUMENT} FROM documents d WHERE d.key = ?1"))?
        .query_row([key], |row| row_checksum(row, 0, DOCUMENT_COLUMNS))?;
    connection
        .prepare_cached("UPDATE documents SET crc = ?2 WHERE key = ?1")?
        .execute(params![key, crc])?;
    Ok(())
}

/// Seals the source with this key, if it exists.
pub(crate) fn source(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {SOURCE} FROM sources s WHERE s.key = ?1"))?;
    let mut rows = statement.query([key])?;
    let Some(row) = rows.next()? else {
        return Ok(());
    };
    let crc = row_checksum(row, 0, SOURCE_COLUMNS)?;
    connection
        .prepare_cached("UPDATE sources SET crc = ?2 WHERE key = ?1")?
        .execute(params![key, crc])?;
    Ok(())
}

/// Seals the library's row.
pub(crate) fn meta(connection: &Connection) -> rusqlite::Result<()> {
    let crc: u32 = connection
        .prepare_cached(&format!("SELECT {META} FROM meta"))?
        .query_row([], |row| row_checksum(row, 0, META_COLUMNS))?;
    connection.prepare_cached("UPDATE meta SET crc = ?1")?.execute([crc])?;
    Ok(())
}

/// The checksum of a row of `changes`.
pub(crate) fn change(generation: i64, first: i64, last: i64, added: bool) -> u32 {
    let mut payload = [0; 9];
    payload[..8].copy_from_slice(&last.to_le_bytes());
    payload[8] = u8::from(added);
    checksum(generation, first, &payload)
}

/// The columns `generation, first, last, added, crc` at 0 of a row of `changes`, verified.
pub(crate) fn checked_change(row: &Row<'_>) -> Result<(i64, i64, i64, bool), Fault> {
    let (generation, first, last): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let added = row.get(3)?;
    if row.get::<_, i64>(4)? == i64::from(change(generation, first, last, added)) {
        return Ok((generation, first, last, added));
    }
    Err(Fault::Corrupt(format!(
        "the row {generation}/{first} of changes does not have its checksum"
    )))
}

/// The library's own row.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) library_id: String,
    pub(crate) generation: u64,
    pub(crate) changes_after: u64,
    pub(crate) documents: u64,
    pub(crate) passages: u64,
    pub(crate) model: Model,
}

impl Meta {
    /// Reads the row and verifies its checksum.
    pub(crate) fn read(connection: &Connection) -> Result<Self, Fault> {
        let mut statement = connection.prepare_cached(&format!("SELECT {META}, crc FROM meta"))?;
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else {
            return Err(Fault::Corrupt("the table meta is empty".into()));
        };
        verify_row("meta", row, 0, META_COLUMNS)?;
        let number = |column: usize| -> Result<u64, Fault> {
            let value: i64 = row.get(column)?;
            u64::try_from(value)
                .map_err(|_| Fault::Corrupt(format!("column {column} of meta is {value}")))
        };
        let dimension = number(7)?;
        Ok(Self {
            library_id: row.get(0)?,
            generation: number(1)?,
            changes_after: number(2)?,
            documents: number(3)?,
            passages: number(4)?,
            model: Model {
                fingerprint: row.get(5)?,
                name: row.get(6)?,
                dimension: usize::try_from(dimension)
                    .map_err(|_| Fault::Corrupt(format!("the dimension is {dimension}")))?,
            },
        })
    }
}
