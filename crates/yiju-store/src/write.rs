//! Writes: each is one transaction over text, structure and vectors, and one new generation.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use yiju_document::Document;
use yiju_fault::kill_point;

use crate::change_log::Log;
use crate::codec::{CHUNK, checksum, count, document_id, encode_vector};
use crate::error::{Fault, StoreError};
use crate::layout;
use crate::model::{DocumentRecord, NewDocument, NewPassage, NewSource, PutOutcome, RemoveOutcome};
use crate::read;
use crate::seal;
use crate::store::Store;
use crate::times;
use crate::validate::{check_new, check_source};

impl Store {
    /// Stores a source, replacing one of the same name.
    ///
    /// The source is stored whole or not at all, and is on disk when this returns. A document keeps the id
    /// and the place in the listing of the earlier document with its ordinal.
    ///
    /// # Errors
    /// [`StoreError::InvalidSource`] says what does not fit; [`StoreError::Full`],
    /// [`StoreError::ReadOnly`], or writing failed. Nothing is changed then.
    pub fn put_source(&self, source: impl Borrow<NewSource>) -> Result<PutOutcome, StoreError> {
        self.put_source_with(source, |_| Ok(())).map(|(outcome, ())| outcome)
    }

    /// As [`Store::put_source`], but calls `at_commit` when all is written and nothing is visible yet. It
    /// can take what must change together with the library, such as the lock of an index, and what it
    /// returns is returned with the outcome; its error undoes the write.
    ///
    /// # Errors
    /// As [`Store::put_source`], or the error of `at_commit`.
    pub fn put_source_with<G, E: From<StoreError>>(
        &self,
        source: impl Borrow<NewSource>,
        at_commit: impl FnOnce(&PutOutcome) -> Result<G, E>,
    ) -> Result<(PutOutcome, G), E> {
        let source = source.borrow();
        check_source(source, self.model.dimension)
            .map_err(|reason| StoreError::InvalidSource { name: source.name.clone(), reason })?;
        let now = (self.clock)().to_string();
        self.write("store the source", |transaction| put(transaction, source, now), at_commit)
    }

    /// Stores another version of one document, which keeps its id and its place; `None` if there is no such
    /// document. The source's other documents stay as they are, and the source is then no longer complete:
    /// adding it again restores all of it.
    ///
    /// `at_commit` is called as in [`Store::put_source_with`].
    ///
    /// # Errors
    /// As [`Store::put_source_with`].
    pub fn replace_document_with<G, E: From<StoreError>>(
        &self,
        id: &str,
        new: &NewDocument,
        at_commit: impl FnOnce(&Option<PutOutcome>) -> Result<G, E>,
    ) -> Result<(Option<PutOutcome>, G), E> {
        check_new(new, self.model.dimension).map_err(|reason| StoreError::InvalidSource {
            name: new.document.title.clone(),
            reason,
        })?;
        let now = (self.clock)().to_string();
        self.write(
            "replace the document",
            |transaction| match read::document_key(transaction, id)? {
                None => Ok(None),
                Some(key) => replace(transaction, key, new, now).map(Some),
            },
            at_commit,
        )
    }

    /// Removes a source with all its documents; `None` if there is no such source.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], or writing failed. Nothing is changed then.
    pub fn remove_source(&self, name: &str) -> Result<Option<RemoveOutcome>, StoreError> {
        self.write(
            "remove the source",
            |transaction| {
                let keys = transaction
                    .prepare_cached(
                        "SELECT d.key, d.id FROM documents d JOIN sources s ON s.key = d.source
                     WHERE s.name = ?1 ORDER BY d.ordinal",
                    )?
                    .query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
                if keys.is_empty() { Ok(None) } else { remove(transaction, &keys).map(Some) }
            },
            |_| Ok(()),
        )
        .map(|(outcome, ())| outcome)
    }

    /// Removes one document; `None` if there is no such document. Its source stays as long as it has other
    /// documents, and is then no longer complete.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], or writing failed. Nothing is changed then.
    pub fn remove_document(&self, id: &str) -> Result<Option<RemoveOutcome>, StoreError> {
        self.remove_document_with(id, |_| Ok(())).map(|(outcome, ())| outcome)
    }

    /// As [`Store::remove_document`], with `at_commit` called as in [`Store::put_source_with`].
    ///
    /// # Errors
    /// As [`Store::remove_document`], or the error of `at_commit`.
    pub fn remove_document_with<G, E: From<StoreError>>(
        &self,
        id: &str,
        at_commit: impl FnOnce(&Option<RemoveOutcome>) -> Result<G, E>,
    ) -> Result<(Option<RemoveOutcome>, G), E> {
        self.write(
            "remove the document",
            |transaction| match read::document_key(transaction, id)? {
                None => Ok(None),
                Some(key) => remove(transaction, &[(key, id.to_owned())]).map(Some),
            },
            at_commit,
        )
    }
}

fn put(
    transaction: &Transaction<'_>,
    source: &NewSource,
    now: String,
) -> Result<PutOutcome, Fault> {
    let mut log = Log::default();
    let before: Option<i64> = transaction
        .query_row("SELECT key FROM sources WHERE name = ?1", [&source.name], |row| row.get(0))
        .optional()?;
    let source_key = match before {
        Some(key) => {
            transaction.execute(
                "UPDATE sources SET sha256 = ?2, complete = 1, updated_at = ?3 WHERE key = ?1",
                params![key, source.sha256, now],
            )?;
            key
        }
        None => {
            transaction.execute(
                "INSERT INTO sources (name, sha256, complete, added_at, updated_at, crc)
                 VALUES (?1, ?2, 1, ?3, ?3, 0)",
                params![source.name, source.sha256, now],
            )?;
            transaction.last_insert_rowid()
        }
    };
    seal::source(transaction, source_key)?;
    layout::write_original(transaction, source_key, source.original.as_deref())?;
    let mut old: BTreeMap<u32, i64> = transaction
        .prepare("SELECT ordinal, key FROM documents WHERE source = ?1")?
        .query_map([source_key], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for key in old.values() {
        log.removed.extend(clear_document(transaction, *key)?);
    }
    kill_point("put:cleared");
    let mut keys = Vec::with_capacity(source.documents.len());
    for (ordinal, new) in (0u32..).zip(&source.documents) {
        let NewDocument { document, layout, passages, told } = new;
        let place = Place { source: &source.name, source_key, ordinal, now: &now };
        let kept = old.remove(&ordinal);
        let key = write_document(transaction, &place, kept, document, passages.len())?;
        if let Some(layout) = layout {
            layout::write(transaction, key, layout)?;
        }
        times::write(transaction, key, document, told)?;
        log.documents += i64::from(kept.is_none());
        log.added.extend(write_passages(transaction, key, passages)?);
        keys.push(key);
        kill_point("put:document");
    }
    for key in old.values() {
        times::remove(transaction, *key)?;
        transaction.execute("DELETE FROM documents WHERE key = ?1", [key])?;
        log.documents -= 1;
    }
    let generation = log.commit(transaction)?;
    let documents = keys
        .into_iter()
        .map(|key| read::record_by_key(transaction, key))
        .collect::<Result<Vec<DocumentRecord>, Fault>>()?;
    Ok(PutOutcome {
        generation,
        replaced: before.is_some(),
        documents,
        added_passages: ids(log.added),
        removed_passages: ids(log.removed),
    })
}

fn replace(
    transaction: &Transaction<'_>,
    key: i64,
    new: &NewDocument,
    now: String,
) -> Result<PutOutcome, Fault> {
    let mut log = Log { removed: clear_document(transaction, key)?, ..Log::default() };
    let (source, source_key, ordinal): (String, i64, u32) = transaction.query_row(
        "SELECT s.name, s.key, d.ordinal FROM documents d JOIN sources s ON s.key = d.source
         WHERE d.key = ?1",
        [key],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let place = Place { source: &source, source_key, ordinal, now: &now };
    write_document(transaction, &place, Some(key), &new.document, new.passages.len())?;
    times::write(transaction, key, &new.document, &new.told)?;
    // Its new text was not read from the source's file, so it gets no layout.
    kill_point("replace:document");
    log.added = write_passages(transaction, key, &new.passages)?;
    transaction.execute(
        "UPDATE sources SET complete = 0, updated_at = ?2 WHERE key = ?1",
        params![source_key, now],
    )?;
    seal::source(transaction, source_key)?;
    let generation = log.commit(transaction)?;
    Ok(PutOutcome {
        generation,
        replaced: true,
        documents: vec![read::record_by_key(transaction, key)?],
        added_passages: ids(log.added),
        removed_passages: ids(log.removed),
    })
}

fn remove(transaction: &Transaction<'_>, keys: &[(i64, String)]) -> Result<RemoveOutcome, Fault> {
    let mut log = Log::default();
    for (key, _) in keys {
        log.removed.extend(clear_document(transaction, *key)?);
        times::remove(transaction, *key)?;
        let source: i64 = transaction.query_row(
            "DELETE FROM documents WHERE key = ?1 RETURNING source",
            [key],
            |row| row.get(0),
        )?;
        transaction.execute("UPDATE sources SET complete = 0 WHERE key = ?1", [source])?;
        transaction.execute(
            "DELETE FROM originals WHERE source = ?1
             AND NOT EXISTS (SELECT 1 FROM documents WHERE source = ?1)",
            [source],
        )?;
        transaction.execute(
            "DELETE FROM sources WHERE key = ?1
             AND NOT EXISTS (SELECT 1 FROM documents WHERE source = ?1)",
            [source],
        )?;
        seal::source(transaction, source)?;
        kill_point("remove:document");
        log.documents -= 1;
    }
    let generation = log.commit(transaction)?;
    Ok(RemoveOutcome {
        generation,
        document_ids: keys.iter().map(|(_, id)| id.clone()).collect(),
        removed_passages: ids(log.removed),
    })
}

/// The source of a document and its place there.
struct Place<'a> {
    source: &'a str,
    source_key: i64,
    ordinal: u32,
    now: &'a str,
}

/// A document without text, sections and clauses, which have their own tables.
pub(crate) fn head(document: &Document) -> Document {
    Document {
        title: document.title.clone(),
        issuer: document.issuer.clone(),
        number: document.number.clone(),
        date: document.date,
        language: document.language.clone(),
        sha256: document.sha256.clone(),
        text: String::new(),
        doubts: document.doubts.clone(),
        sections: Vec::new(),
        clauses: Vec::new(),
        outside: document.outside.clone(),
    }
}

/// Writes a document without its passages, into the row `kept` if it had one before.
fn write_document(
    transaction: &Transaction<'_>,
    place: &Place<'_>,
    kept: Option<i64>,
    document: &Document,
    passages: usize,
) -> Result<i64, Fault> {
    let (text, sections, clauses) = (&document.text, &document.sections, &document.clauses);
    let key = match kept {
        Some(key) => key,
        None => {
            let id = free_id(transaction, place)?;
            transaction
                .prepare_cached(
                    "INSERT INTO documents (id, source, ordinal, title, language, sha256,
                         characters, bytes, sections, clauses, passages, added_at, updated_at, head, crc)
                     VALUES (?1, ?2, ?3, '', '', '', 0, 0, 0, 0, 0, ?4, ?4, '', 0)",
                )?
                .execute(params![id, place.source_key, place.ordinal, place.now])?;
            transaction.last_insert_rowid()
        }
    };
    transaction
        .prepare_cached(
            "UPDATE documents SET title = ?2, issuer = ?3, number = ?4, date = ?5, language = ?6,
                 sha256 = ?7, characters = ?8, bytes = ?9, sections = ?10, clauses = ?11,
                 passages = ?12, updated_at = ?13, head = ?14
             WHERE key = ?1",
        )?
        .execute(params![
            key,
            document.title,
            document.issuer,
            document.number,
            document.date.map(|date| date.to_string()),
            document.language,
            document.sha256,
            count(text.chars().count()),
            count(text.len()),
            count(sections.len()),
            count(clauses.len()),
            count(passages),
            place.now,
            json(&head(document))?,
        ])?;
    seal::document(transaction, key)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO texts (document, piece, crc, bytes) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (piece, bytes) in (0i64..).zip(text.as_bytes().chunks(CHUNK)) {
        insert.execute(params![key, piece, checksum(key, piece, bytes), bytes])?;
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO sections (document, section, kind, number, crc, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (index, section) in (0i64..).zip(sections) {
        let body = json(section)?;
        let crc = checksum(key, index, body.as_bytes());
        insert.execute(params![
            key,
            index,
            read::kind_name(section.kind),
            section.number,
            crc,
            body
        ])?;
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO clauses (document, clause, kind, number, sub_number, crc, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (index, clause) in (0i64..).zip(clauses) {
        let body = json(clause)?;
        let crc = checksum(key, index, body.as_bytes());
        insert.execute(params![
            key,
            index,
            read::kind_name(clause.kind),
            clause.number,
            clause.sub_number,
            crc,
            body
        ])?;
    }
    Ok(key)
}

/// The id of a new document, salted in the unlikely case that another document has the same 64 bits.
fn free_id(transaction: &Transaction<'_>, place: &Place<'_>) -> Result<String, Fault> {
    let mut salt = 0;
    loop {
        let id = document_id(place.source, place.ordinal, salt);
        if read::document_key(transaction, &id)?.is_none() {
            return Ok(id);
        }
        salt += 1;
    }
}

fn write_passages(
    transaction: &Transaction<'_>,
    document: i64,
    passages: &[NewPassage],
) -> Result<Vec<i64>, Fault> {
    let next = last_passage(transaction)? + 1;
    insert_passages(transaction, "", next, document, passages)
}

/// The highest id that was given to a passage; 0 in a new library.
pub(crate) fn last_passage(transaction: &Transaction<'_>) -> Result<i64, Fault> {
    let last = transaction
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'passages'", [], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Writes passages under the ids from `first` on, into the tables whose names begin with `prefix`; gives the ids.
pub(crate) fn insert_passages(
    transaction: &Transaction<'_>,
    prefix: &str,
    first: i64,
    document: i64,
    passages: &[NewPassage],
) -> Result<Vec<i64>, Fault> {
    let mut insert = transaction.prepare_cached(&format!(
        "INSERT INTO {prefix}passages (id, document, clause, sentence, crc, vector)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    ))?;
    let mut insert_tokens = transaction.prepare_cached(&format!(
        "INSERT INTO {prefix}tokens (passage, crc, codes) VALUES (?1, ?2, ?3)"
    ))?;
    let mut ids = Vec::with_capacity(passages.len());
    // The checksum covers the id, so it is not left to SQLite.
    for (id, passage) in (first..).zip(passages) {
        let blob = encode_vector(&passage.vector);
        let crc = read::passage_checksum(id, document, passage.clause, passage.sentence, &blob);
        insert.execute(params![id, document, passage.clause, passage.sentence, crc, blob])?;
        if !passage.tokens.is_empty() {
            let crc = checksum(id, document, &passage.tokens);
            insert_tokens.execute(params![id, crc, passage.tokens])?;
        }
        ids.push(id);
    }
    Ok(ids)
}

/// Deletes all rows of a document but its own and what is known of its time; returns the ids of its passages, ascending.
fn clear_document(transaction: &Transaction<'_>, key: i64) -> Result<Vec<i64>, Fault> {
    transaction
        .prepare_cached(
            "DELETE FROM tokens WHERE passage IN (SELECT id FROM passages WHERE document = ?1)",
        )?
        .execute([key])?;
    let mut removed = transaction
        .prepare_cached("DELETE FROM passages WHERE document = ?1 RETURNING id")?
        .query_map([key], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    removed.sort_unstable();
    for table in ["texts", "sections", "clauses", "layouts"] {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE document = ?1"))?
            .execute([key])?;
    }
    Ok(removed)
}

/// Row ids are positive.
fn ids(ids: Vec<i64>) -> Vec<u64> {
    ids.into_iter().map(i64::unsigned_abs).collect()
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value)
        .map_err(|error| Fault::Corrupt(format!("a structure cannot be written as JSON: {error}")))
}
