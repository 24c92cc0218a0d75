//! Reading sources and documents.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;
use yiju_document::{Clause, Document, Section, UnitKind};

use crate::codec::{checksum, decode_cursor, encode_cursor, sha256, verify};
use crate::error::{Fault, StoreError};
use crate::model::{DocumentList, DocumentRecord, SourceRecord};
use crate::store::Store;

/// Most documents on one page of a listing.
const PAGE_LIMIT: usize = 1000;

const RECORD: &str = "SELECT d.key, d.id, d.title, d.issuer, d.number, d.date, d.language, \
     d.sha256, s.name, s.sha256, d.ordinal, d.characters, d.bytes, d.sections, d.clauses, \
     d.passages, d.added_at, d.updated_at \
     FROM documents d JOIN sources s ON s.key = d.source";

impl Store {
    /// The library's generation: 0 when new, one more with every write.
    ///
    /// # Errors
    /// Reading failed.
    pub fn generation(&self) -> Result<u64, StoreError> {
        self.readers
            .read("read the generation", |t| meta_number(t, "generation"))
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_count(&self) -> Result<u64, StoreError> {
        self.readers
            .read("count the documents", |t| meta_number(t, "documents"))
    }

    /// How many passages there are.
    ///
    /// # Errors
    /// Reading failed.
    pub fn passage_count(&self) -> Result<u64, StoreError> {
        self.readers
            .read("count the passages", |t| meta_number(t, "passages"))
    }

    /// The source of this name; `None` where there is none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn source(&self, name: &str) -> Result<Option<SourceRecord>, StoreError> {
        self.readers.read("read the source", |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT key, sha256, complete, added_at, updated_at FROM sources
                     WHERE name = ?1",
                )?
                .query_row([name], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        SourceRecord {
                            name: name.to_owned(),
                            sha256: row.get(1)?,
                            complete: row.get(2)?,
                            document_ids: Vec::new(),
                            added_at: parsed(row, 3)?,
                            updated_at: parsed(row, 4)?,
                        },
                    ))
                })
                .optional()?;
            let Some((key, mut source)) = found else {
                return Ok(None);
            };
            source.document_ids = connection
                .prepare_cached("SELECT id FROM documents WHERE source = ?1 ORDER BY ordinal")?
                .query_map([key], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(source))
        })
    }

    /// A page of the documents in the order they were first added; a replaced one keeps its
    /// place. `limit` is brought into 1 to 1,000. A cursor stays good when documents are added
    /// or removed, also the one it stands at.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`], or reading failed.
    pub fn documents(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DocumentList, StoreError> {
        let after = match cursor {
            None => 0,
            Some(cursor) => decode_cursor(cursor).ok_or_else(|| StoreError::InvalidCursor {
                cursor: cursor.to_owned(),
            })?,
        };
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.readers.read("list the documents", |connection| {
            let mut rows = connection
                .prepare_cached(&format!(
                    "{RECORD} WHERE d.key > ?1 ORDER BY d.key LIMIT ?2"
                ))?
                // One more than asked tells whether there is another page.
                .query_map([after, i64::try_from(limit).unwrap_or(0) + 1], |row| {
                    Ok((row.get(0)?, record(row)?))
                })?
                .collect::<rusqlite::Result<Vec<(i64, DocumentRecord)>>>()?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next_cursor = rows
                .last()
                .filter(|_| more)
                .map(|(key, _)| encode_cursor(*key));
            let documents = rows.into_iter().map(|(_, record)| record).collect();
            Ok(DocumentList {
                documents,
                next_cursor,
            })
        })
    }

    /// Gives every document's record in the order they were first added, one at a time.
    ///
    /// # Errors
    /// Reading failed.
    pub fn for_each_document(
        &self,
        mut visit: impl FnMut(DocumentRecord),
    ) -> Result<(), StoreError> {
        self.readers.read("list the documents", |connection| {
            let mut statement = connection.prepare_cached(&format!("{RECORD} ORDER BY d.key"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                visit(record(row)?);
            }
            Ok(())
        })
    }

    /// A document's record, without its text; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_record(&self, id: &str) -> Result<Option<DocumentRecord>, StoreError> {
        self.readers.read("read the document", |connection| {
            match document_key(connection, id)? {
                Some(key) => record_by_key(connection, key).map(Some),
                None => Ok(None),
            }
        })
    }

    /// A whole document, equal to the one that was stored, its text's hash verified; `None`
    /// where there is none of this id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn document(&self, id: &str) -> Result<Option<(DocumentRecord, Document)>, StoreError> {
        self.readers.read("read the document", |connection| {
            match document_key(connection, id)? {
                Some(key) => load(connection, key).map(Some),
                None => Ok(None),
            }
        })
    }

    /// A document's clean text, its hash verified; `None` where there is none of this id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn text(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.readers.read("read the text", |connection| {
            let Some(key) = document_key(connection, id)? else {
                return Ok(None);
            };
            let expected = record_by_key(connection, key)?.sha256;
            load_text(connection, key, id, &expected).map(Some)
        })
    }
}

pub(crate) fn document_key(connection: &Connection, id: &str) -> Result<Option<i64>, Fault> {
    let key = connection
        .prepare_cached("SELECT key FROM documents WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(key)
}

pub(crate) fn record_by_key(connection: &Connection, key: i64) -> Result<DocumentRecord, Fault> {
    let found = connection
        .prepare_cached(&format!("{RECORD} WHERE d.key = ?1"))?
        .query_row([key], record)?;
    Ok(found)
}

/// Puts a document together from its rows.
pub(crate) fn load(connection: &Connection, key: i64) -> Result<(DocumentRecord, Document), Fault> {
    let record = record_by_key(connection, key)?;
    let head: String = connection
        .prepare_cached("SELECT head FROM documents WHERE key = ?1")?
        .query_row([key], |row| row.get(0))?;
    let mut document: Document = structure(&head)?;
    document.text = load_text(connection, key, &record.id, &record.sha256)?;
    document.sections = load_sections(connection, key, record.sections)?;
    document.clauses = load_clauses(connection, key, record.clauses)?;
    Ok((record, document))
}

fn load_text(connection: &Connection, key: i64, id: &str, expected: &str) -> Result<String, Fault> {
    let mut text = Vec::new();
    let mut statement = connection
        .prepare_cached("SELECT crc, bytes FROM texts WHERE document = ?1 ORDER BY piece")?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        text.extend_from_slice(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    // The hash covers what the checksums of the pieces do, and their order.
    if sha256(&text) != expected {
        return Err(Fault::Corrupt(format!(
            "the text of the document {id} does not have its SHA-256 {expected}"
        )));
    }
    String::from_utf8(text)
        .map_err(|_| Fault::Corrupt(format!("the text of the document {id} is not UTF-8")))
}

pub(crate) fn load_sections(
    connection: &Connection,
    key: i64,
    expected: usize,
) -> Result<Vec<Section>, Fault> {
    let query = "SELECT section, crc, body FROM sections WHERE document = ?1 ORDER BY section";
    load_structures(connection, query, "sections", key, expected)
}

fn load_clauses(connection: &Connection, key: i64, expected: usize) -> Result<Vec<Clause>, Fault> {
    let query = "SELECT clause, crc, body FROM clauses WHERE document = ?1 ORDER BY clause";
    load_structures(connection, query, "clauses", key, expected)
}

fn load_structures<T: DeserializeOwned>(
    connection: &Connection,
    query: &str,
    table: &str,
    key: i64,
    expected: usize,
) -> Result<Vec<T>, Fault> {
    let mut out = Vec::with_capacity(expected.min(1 << 16));
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([key])?;
    let mut next = 0i64;
    while let Some(row) = rows.next()? {
        let index: i64 = row.get(0)?;
        if index != next {
            return Err(Fault::Corrupt(format!(
                "row {next} of {table} of document {key} is gone"
            )));
        }
        out.push(checked_structure(table, key, index, row)?);
        next += 1;
    }
    if out.len() != expected {
        return Err(Fault::Corrupt(format!(
            "document {key} has {} {table}, expected {expected}",
            out.len()
        )));
    }
    Ok(out)
}

/// Decodes the columns `crc, body` at 1 and 2 of a row of sections or clauses.
pub(crate) fn checked_structure<T: DeserializeOwned>(
    table: &str,
    key: i64,
    index: i64,
    row: &Row<'_>,
) -> Result<T, Fault> {
    let body = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    verify(table, key, index, body.as_bytes(), row.get(1)?)?;
    structure(body)
}

fn structure<T: DeserializeOwned>(json: &str) -> Result<T, Fault> {
    serde_json::from_str(json)
        .map_err(|error| Fault::Corrupt(format!("a structure cannot be read: {error}")))
}

pub(crate) fn meta_number(connection: &Connection, column: &str) -> Result<u64, Fault> {
    let value: i64 = connection
        .prepare_cached(&format!("SELECT {column} FROM meta"))?
        .query_row([], |row| row.get(0))?;
    u64::try_from(value).map_err(|_| Fault::Corrupt(format!("meta.{column} is {value}")))
}

/// A row of [`RECORD`].
pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<DocumentRecord> {
    Ok(DocumentRecord {
        id: row.get(1)?,
        title: row.get(2)?,
        issuer: row.get(3)?,
        number: row.get(4)?,
        date: match row.get_ref(5)? {
            ValueRef::Null => None,
            _ => Some(parsed(row, 5)?),
        },
        language: row.get(6)?,
        sha256: row.get(7)?,
        source: row.get(8)?,
        source_sha256: row.get(9)?,
        ordinal: row.get(10)?,
        characters: size(row, 11)?,
        bytes: size(row, 12)?,
        sections: size(row, 13)?,
        clauses: size(row, 14)?,
        passages: size(row, 15)?,
        added_at: parsed(row, 16)?,
        updated_at: parsed(row, 17)?,
    })
}

fn size(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    let value: i64 = row.get(column)?;
    usize::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// A date or a time, kept as text.
fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

/// The name of a kind in the database and in JSON.
pub(crate) fn kind_name(kind: UnitKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        // A unit variant is always a string; a later variant with fields would still be told
        // apart by its JSON.
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

/// The checksum over a passage's row.
pub(crate) fn passage_checksum(
    id: i64,
    document: i64,
    clause: u32,
    sentence: Option<u32>,
    vector: &[u8],
) -> u32 {
    let place = (i64::from(clause) << 32) | sentence.map_or(-1, i64::from) & 0xffff_ffff;
    checksum(id, document, vector) ^ checksum(id, place, &[])
}
