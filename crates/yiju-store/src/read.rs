//! Reads sources and documents.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;
use yiju_document::{Clause, Document, Section, UnitKind};

use crate::codec::{checksum, decode_cursor, encode_cursor, sha256, verify, verify_row};
use crate::error::{Fault, StoreError};
use crate::model::{DocumentList, DocumentRecord, SourceRecord, State};
use crate::seal::{self, Meta};
use crate::store::{Store, same_model};

/// Most documents on one page of a listing.
const PAGE_LIMIT: usize = 1000;

/// A document's sealed columns and checksum, then its source's.
fn record_query(rest: &str) -> String {
    format!(
        "SELECT {}, d.crc, {}, s.crc FROM documents d JOIN sources s ON s.key = d.source {rest}",
        seal::DOCUMENT,
        seal::SOURCE
    )
}

impl Store {
    /// The library's id and generation, read together. Generations compare only within one id, so derived
    /// data must carry both.
    ///
    /// # Errors
    /// [`StoreError::OtherModel`] if its vectors were replaced by another model's since it was opened, or
    /// reading failed.
    pub fn state(&self) -> Result<State, StoreError> {
        self.readers.read("read the state", |connection| {
            let meta = Meta::read(connection)?;
            same_model(&self.dir, &meta.model, &self.model)?;
            Ok(State { library_id: meta.library_id, generation: meta.generation })
        })
    }

    /// The library's generation: 0 when new, one more with every write.
    ///
    /// # Errors
    /// Reading failed.
    pub fn generation(&self) -> Result<u64, StoreError> {
        self.readers.read("read the generation", |t| Ok(Meta::read(t)?.generation))
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_count(&self) -> Result<u64, StoreError> {
        self.readers.read("count the documents", |t| Ok(Meta::read(t)?.documents))
    }

    /// How many passages there are.
    ///
    /// # Errors
    /// Reading failed.
    pub fn passage_count(&self) -> Result<u64, StoreError> {
        self.readers.read("count the passages", |t| Ok(Meta::read(t)?.passages))
    }

    /// The source of this name; `None` if there is none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn source(&self, name: &str) -> Result<Option<SourceRecord>, StoreError> {
        self.readers.read("read the source", |connection| {
            let found = connection
                .prepare_cached(&format!(
                    "SELECT {}, s.crc FROM sources s WHERE s.name = ?1",
                    seal::SOURCE
                ))?
                .query_row([name], |row| {
                    verify_row("sources", row, 0, seal::SOURCE_COLUMNS)?;
                    Ok((
                        row.get::<_, i64>(0)?,
                        SourceRecord {
                            name: name.to_owned(),
                            sha256: row.get(2)?,
                            complete: row.get(3)?,
                            document_ids: Vec::new(),
                            added_at: parsed(row, 4)?,
                            updated_at: parsed(row, 5)?,
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

    /// A page of the documents in the order they were first added; a replaced one keeps its place. `limit`
    /// is clamped to 1 to 1,000. A cursor stays valid when documents are added or removed, even the one it
    /// points to.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`], or reading failed.
    pub fn documents(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DocumentList, StoreError> {
        self.documents_where(cursor, limit, |_| true)
    }

    /// As [`Store::documents`], of those only that `accepts` takes.
    ///
    /// # Errors
    /// As [`Store::documents`].
    pub fn documents_where(
        &self,
        cursor: Option<&str>,
        limit: usize,
        accepts: impl Fn(&DocumentRecord) -> bool,
    ) -> Result<DocumentList, StoreError> {
        let after = match cursor {
            None => 0,
            Some(cursor) => decode_cursor(cursor)
                .ok_or_else(|| StoreError::InvalidCursor { cursor: cursor.to_owned() })?,
        };
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.readers.read("list the documents", |connection| {
            let mut statement =
                connection.prepare_cached(&record_query("WHERE d.key > ?1 ORDER BY d.key"))?;
            let mut found = statement.query([after])?;
            let mut rows: Vec<(i64, DocumentRecord)> = Vec::new();
            // One more than asked shows whether there is another page.
            while rows.len() <= limit
                && let Some(row) = found.next()?
            {
                let record = record(row)?;
                if accepts(&record) {
                    rows.push((row.get(0)?, record));
                }
            }
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next_cursor = rows.last().filter(|_| more).map(|(key, _)| encode_cursor(*key));
            let documents = rows.into_iter().map(|(_, record)| record).collect();
            Ok(DocumentList { documents, next_cursor })
        })
    }

    /// Calls `visit` with every document's record in the order they were first added.
    ///
    /// # Errors
    /// Reading failed.
    pub fn for_each_document(
        &self,
        mut visit: impl FnMut(DocumentRecord),
    ) -> Result<(), StoreError> {
        self.readers.read("list the documents", |connection| {
            let mut statement = connection.prepare_cached(&record_query("ORDER BY d.key"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                visit(record(row)?);
            }
            Ok(())
        })
    }

    /// Whether there is a document of this id, even a damaged one.
    ///
    /// # Errors
    /// Reading failed.
    pub fn contains(&self, id: &str) -> Result<bool, StoreError> {
        self.readers
            .read("look up the document", |connection| Ok(document_key(connection, id)?.is_some()))
    }

    /// A document's record, without its text; `None` if there is no such document.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_record(&self, id: &str) -> Result<Option<DocumentRecord>, StoreError> {
        self.readers.read("read the document", |connection| match document_key(connection, id)? {
            Some(key) => record_by_key(connection, key).map(Some),
            None => Ok(None),
        })
    }

    /// A whole document, equal to the stored one, its text's hash verified; `None` if there is no such
    /// document.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn document(&self, id: &str) -> Result<Option<(DocumentRecord, Document)>, StoreError> {
        self.readers.read("read the document", |connection| match document_key(connection, id)? {
            Some(key) => load(connection, key).map(Some),
            None => Ok(None),
        })
    }

    /// A document's clean text, its hash verified; `None` if there is no such document.
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
    let found =
        connection.prepare_cached(&record_query("WHERE d.key = ?1"))?.query_row([key], record)?;
    Ok(found)
}

/// Assembles a document from its rows.
pub(crate) fn load(connection: &Connection, key: i64) -> Result<(DocumentRecord, Document), Fault> {
    let record = record_by_key(connection, key)?;
    let head: String = connection
        .prepare_cached("SELECT head FROM documents WHERE key = ?1")?
        .query_row([key], |row| row.get(0))?;
    let mut document: Document = structure(&head)?;
    if !agrees(&record, &document) {
        return Err(Fault::Corrupt(format!(
            "the head of the document {} differs from its listing",
            record.id
        )));
    }
    document.text = load_text(connection, key, &record.id, &record.sha256)?;
    document.sections = load_sections(connection, key, record.sections)?;
    document.clauses = load_clauses(connection, key, record.clauses)?;
    Ok((record, document))
}

/// Whether a document's head agrees with its listing, which has the checksum.
fn agrees(record: &DocumentRecord, document: &Document) -> bool {
    record.title == document.title
        && record.issuer == document.issuer
        && record.number == document.number
        && record.date == document.date
        && record.language == document.language
        && record.sha256 == document.sha256
}

fn load_text(connection: &Connection, key: i64, id: &str, expected: &str) -> Result<String, Fault> {
    let mut text = Vec::new();
    let mut statement = connection
        .prepare_cached("SELECT crc, bytes FROM texts WHERE document = ?1 ORDER BY piece")?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        text.extend_from_slice(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    // The hash covers the pieces and their order, so their checksums are not needed.
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
            return Err(Fault::Corrupt(format!("row {next} of {table} of document {key} is gone")));
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

/// A row of [`record_query`], its checksums verified.
pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<DocumentRecord> {
    const SOURCE: usize = seal::DOCUMENT_COLUMNS + 1;
    verify_row("documents", row, 0, seal::DOCUMENT_COLUMNS)?;
    verify_row("sources", row, SOURCE, SOURCE + seal::SOURCE_COLUMNS)?;
    Ok(DocumentRecord {
        id: row.get(1)?,
        ordinal: row.get(3)?,
        title: row.get(4)?,
        issuer: row.get(5)?,
        number: row.get(6)?,
        date: match row.get_ref(7)? {
            ValueRef::Null => None,
            _ => Some(parsed(row, 7)?),
        },
        language: row.get(8)?,
        sha256: row.get(9)?,
        characters: size(row, 10)?,
        bytes: size(row, 11)?,
        sections: size(row, 12)?,
        clauses: size(row, 13)?,
        passages: size(row, 14)?,
        added_at: parsed(row, 15)?,
        updated_at: parsed(row, 16)?,
        source: row.get(SOURCE + 1)?,
        source_sha256: row.get(SOURCE + 2)?,
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
        // A unit variant is always a string; a variant with fields would still be distinct by its JSON.
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
