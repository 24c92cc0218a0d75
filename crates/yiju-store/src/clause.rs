//! Reads single clauses: the hot path of every question.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;
use yiju_document::{Clause, Document, Section, UnitKind};

use crate::codec::{CHUNK, verify};
use crate::error::{Fault, StoreError};
use crate::model::{ClauseRecord, DocumentRecord};
use crate::read::{checked_structure, document_key, kind_name, record_by_key};
use crate::store::Store;

impl Store {
    /// One clause; `None` if there is no such document or clause.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn clause(
        &self,
        document_id: &str,
        index: u32,
    ) -> Result<Option<ClauseRecord>, StoreError> {
        let mut found = self.clauses(&[(document_id, index)])?;
        Ok(found.pop().flatten())
    }

    /// Clauses by document id and index, in the order given and from one committed state; `None` if there
    /// is no such document or clause. Reads only the rows of these clauses, however long their documents.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn clauses(&self, wanted: &[(&str, u32)]) -> Result<Vec<Option<ClauseRecord>>, StoreError> {
        self.readers.read("read the clauses", |connection| {
            let mut known: HashMap<&str, Option<Known>> = HashMap::new();
            wanted
                .iter()
                .map(|(id, index)| {
                    if !known.contains_key(id) {
                        known.insert(id, Known::find(connection, id)?);
                    }
                    match known.get_mut(id) {
                        Some(Some(known)) => known.clause(connection, *index),
                        _ => Ok(None),
                    }
                })
                .collect()
        })
    }

    /// All clauses with this kind of number and this number, such as 第十七条: document id and clause
    /// index, in the order of the listing and of the text. `sub_number` is 1 for
    /// 第十七条之一 and `None` for 第十七条 itself.
    ///
    /// # Errors
    /// Reading failed.
    pub fn numbered_clauses(
        &self,
        kind: UnitKind,
        number: u32,
        sub_number: Option<u32>,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        self.readers.read("look up the number", |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT c.clause, c.crc, c.body, c.document, d.id
                     FROM clauses c JOIN documents d ON d.key = c.document
                     WHERE c.number = ?1 AND c.kind = ?2 AND c.sub_number IS ?3
                     ORDER BY c.document, c.clause",
                )?
                .query_and_then((number, kind_name(kind), sub_number), |row| {
                    let wanted = (kind, Some(number), sub_number);
                    numbered("clauses", row, wanted, |clause: Clause| {
                        (clause.kind, clause.number, clause.sub_number)
                    })
                })?
                .collect::<Result<_, Fault>>()?;
            Ok(found)
        })
    }

    /// All sections with this kind of number and this number, such as 第五章: document id and section
    /// index, in the order of the listing and of the text.
    ///
    /// # Errors
    /// Reading failed.
    pub fn numbered_sections(
        &self,
        kind: UnitKind,
        number: u32,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        self.readers.read("look up the number", |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT c.section, c.crc, c.body, c.document, d.id
                     FROM sections c JOIN documents d ON d.key = c.document
                     WHERE c.number = ?1 AND c.kind = ?2 ORDER BY c.document, c.section",
                )?
                .query_and_then((number, kind_name(kind)), |row| {
                    let wanted = (kind, Some(number), None);
                    numbered("sections", row, wanted, |section: Section| {
                        (section.kind, section.number, None)
                    })
                })?
                .collect::<Result<_, Fault>>()?;
            Ok(found)
        })
    }
}

/// The document id and index of a row found by its number. The structure, whose checksum is verified,
/// must have that number too: SQLite's index could be damaged.
fn numbered<T: DeserializeOwned>(
    table: &'static str,
    row: &Row<'_>,
    wanted: (UnitKind, Option<u32>, Option<u32>),
    number: impl Fn(T) -> (UnitKind, Option<u32>, Option<u32>),
) -> Result<(String, u32), Fault> {
    let (index, document): (u32, i64) = (row.get(0)?, row.get(3)?);
    let structure = checked_structure(table, document, i64::from(index), row)?;
    if number(structure) == wanted {
        return Ok((row.get(4)?, index));
    }
    Err(Fault::Corrupt(format!(
        "row {index} of {table} of document {document} has another number than it is found by"
    )))
}

/// A document whose clauses are being read, with the sections read so far.
struct Known {
    key: i64,
    record: Arc<DocumentRecord>,
    sections: HashMap<usize, Section>,
}

impl Known {
    fn find(connection: &Connection, id: &str) -> Result<Option<Self>, Fault> {
        let Some(key) = document_key(connection, id)? else {
            return Ok(None);
        };
        let record = Arc::new(record_by_key(connection, key)?);
        Ok(Some(Self { key, record, sections: HashMap::new() }))
    }

    fn clause(
        &mut self,
        connection: &Connection,
        index: u32,
    ) -> Result<Option<ClauseRecord>, Fault> {
        let mut statement = connection.prepare_cached(
            "SELECT clause, crc, body FROM clauses WHERE document = ?1 AND clause = ?2",
        )?;
        let mut rows = statement.query((self.key, index))?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let clause: Clause = checked_structure("clauses", self.key, i64::from(index), row)?;
        let text = self.slice(connection, clause.span.byte_start, clause.span.byte_end)?;
        let (path, clause) = self.path(connection, clause)?;
        let document = Arc::clone(&self.record);
        Ok(Some(ClauseRecord { document, index, clause, text, path }))
    }

    /// The clause's path, from `Document::path` on a document that holds only the clause and the sections
    /// above it, so that paths are formatted in one place.
    fn path(
        &mut self,
        connection: &Connection,
        mut clause: Clause,
    ) -> Result<(Vec<String>, Clause), Fault> {
        let mut sections = Vec::new();
        let mut next = clause.section;
        while let Some(index) = next {
            let section = self.section(connection, index)?;
            sections.push(section.clone());
            // A parent's index is lower than its child's, so this ends.
            next = section.parent.filter(|parent| *parent < index);
        }
        sections.reverse();
        for (index, section) in sections.iter_mut().enumerate() {
            section.parent = index.checked_sub(1);
        }
        let place = clause.section;
        clause.section = sections.len().checked_sub(1);
        let mut part = Document {
            title: String::new(),
            issuer: None,
            number: None,
            date: None,
            language: String::new(),
            text: String::new(),
            sha256: String::new(),
            doubts: Vec::new(),
            sections,
            clauses: vec![clause],
            outside: Vec::new(),
        };
        let path = part.path(0);
        // It was put in above.
        let Some(mut clause) = part.clauses.pop() else {
            return Err(Fault::Corrupt("a clause is gone".into()));
        };
        clause.section = place;
        Ok((path, clause))
    }

    fn section(&mut self, connection: &Connection, index: usize) -> Result<&Section, Fault> {
        if !self.sections.contains_key(&index) {
            let gone =
                || Fault::Corrupt(format!("section {index} of document {} is gone", self.key));
            let number = i64::try_from(index).map_err(|_| gone())?;
            let mut statement = connection.prepare_cached(
                "SELECT section, crc, body FROM sections WHERE document = ?1 AND section = ?2",
            )?;
            let mut rows = statement.query([self.key, number])?;
            let row = rows.next()?.ok_or_else(gone)?;
            let section = checked_structure("sections", self.key, number, row)?;
            self.sections.insert(index, section);
        }
        self.sections.get(&index).ok_or_else(|| Fault::Corrupt(format!("section {index} is gone")))
    }

    /// The text at `start..end` in bytes, from the pieces that hold it.
    fn slice(&self, connection: &Connection, start: usize, end: usize) -> Result<String, Fault> {
        let outside = || {
            Fault::Corrupt(format!(
                "bytes {start} to {end} do not fit the text of the document {}",
                self.record.id
            ))
        };
        if start >= end {
            return if start == end { Ok(String::new()) } else { Err(outside()) };
        }
        let (first, last) = (start / CHUNK, (end - 1) / CHUNK);
        let piece = |n: usize| i64::try_from(n).map_err(|_| outside());
        let mut bytes = Vec::with_capacity((last - first + 1).min(1 << 12) * CHUNK);
        let mut statement = connection.prepare_cached(
            "SELECT piece, crc, bytes FROM texts
             WHERE document = ?1 AND piece BETWEEN ?2 AND ?3 ORDER BY piece",
        )?;
        let mut rows = statement.query([self.key, piece(first)?, piece(last)?])?;
        while let Some(row) = rows.next()? {
            let payload = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            verify("texts", self.key, row.get(0)?, payload, row.get(1)?)?;
            bytes.extend_from_slice(payload);
        }
        // If a piece is missing, the bytes are too short.
        let slice = bytes.get(start - first * CHUNK..end - first * CHUNK).ok_or_else(outside)?;
        Ok(std::str::from_utf8(slice).map_err(|_| outside())?.to_owned())
    }
}
