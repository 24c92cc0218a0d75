//! What documents say of their own time, and what users said instead.
//!
//! `times.title` is what versions of one document share, `times.linked` whether a document may put another out of force
//! or be put so by itself: with both, the documents that a day decides between are found without reading the others.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use yiju_document::{DateKind, Document, Repeal, Times, find_numbers, title_of_versions};

use crate::codec::checksum;
use crate::error::{Fault, StoreError};
use crate::model::DocumentRecord;
use crate::read::{checked_structure, document_key, record_by_key};
use crate::store::Store;
use crate::write::json;

/// What users said of a document's time: it counts before what the document says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Days by their kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<DateKind, Date>,
    /// Ids of the documents whose place it takes when it comes into force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}

impl Told {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty() && self.replaces.is_empty()
    }

    /// Adds what was said later, which counts before what was said first.
    pub fn add(&mut self, later: &Self) {
        self.days.extend(later.days.iter().map(|(kind, day)| (*kind, *day)));
        for id in &later.replaces {
            if !self.replaces.contains(id) {
                self.replaces.push(id.clone());
            }
        }
    }
}

/// A document's time as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTimes {
    /// What the document says.
    pub said: Times,
    /// What users said.
    #[serde(default)]
    pub told: Told,
}

impl KeptTimes {
    /// The day of a kind: what users said, or else what the document says.
    pub fn day(&self, kind: DateKind) -> Option<Date> {
        self.told.days.get(&kind).copied().or_else(|| self.said.day(kind))
    }

    /// Whether it may put a document out of force.
    fn is_linked(&self) -> bool {
        !self.said.repeals.is_empty()
            || !self.told.is_empty()
            || self.day(DateKind::Expires).is_some()
            || self.day(DateKind::Repealed).is_some()
    }
}

/// The passages of a document, whose ids follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassageRange {
    /// The first id.
    pub first: u64,
    /// The last id.
    pub last: u64,
}

impl Store {
    /// A document's time; `None` if there is no such document.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn times(&self, id: &str) -> Result<Option<KeptTimes>, StoreError> {
        self.readers.read("read the times", |connection| match document_key(connection, id)? {
            Some(key) => load(connection, key).map(Some),
            None => Ok(None),
        })
    }

    /// The documents that a day may decide between, in the order they were first added: those that share a title but for
    /// its edition, those that end on a day, those that repeal others or were said to replace them, and these others. A
    /// document is among them where that may be so; whether it is, the caller decides.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or reading failed.
    pub fn linked_documents(&self) -> Result<Vec<(DocumentRecord, KeptTimes)>, StoreError> {
        self.readers.read("read the times", |connection| {
            let mut keys: BTreeSet<i64> = connection
                .prepare_cached(
                    "SELECT document FROM times WHERE linked = 1 UNION
                     SELECT document FROM times WHERE title IN
                         (SELECT title FROM times GROUP BY title HAVING count(*) > 1)",
                )?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut kept: BTreeMap<i64, KeptTimes> = BTreeMap::new();
            for &key in &keys {
                kept.insert(key, load(connection, key)?);
            }
            let repeals: Vec<Repeal> =
                kept.values().flat_map(|times| times.said.repeals.iter().cloned()).collect();
            keys.extend(named(connection, &repeals)?);
            for told in kept.values().flat_map(|times| &times.told.replaces) {
                keys.extend(document_key(connection, told)?);
            }
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let times = match kept.remove(&key) {
                    Some(times) => times,
                    None => load(connection, key)?,
                };
                found.push((record_by_key(connection, key)?, times));
            }
            Ok(found)
        })
    }

    /// The passages of these documents, in their order; `None` for one that has none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn passage_ranges(&self, ids: &[&str]) -> Result<Vec<Option<PassageRange>>, StoreError> {
        self.readers.read("read the passages", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT min(p.id), max(p.id) FROM passages p
                 JOIN documents d ON d.key = p.document WHERE d.id = ?1",
            )?;
            ids.iter()
                .map(|id| {
                    let (first, last): (Option<i64>, Option<i64>) =
                        statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                    Ok(first.zip(last).map(|(first, last)| PassageRange {
                        first: first.unsigned_abs(),
                        last: last.unsigned_abs(),
                    }))
                })
                .collect()
        })
    }

    /// Adds what users say of a document's time, as a write of its own, with `at_commit` called as in
    /// [`Store::put_source_with`]; `None` if there is no such document.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], or writing failed. Nothing is changed then.
    pub fn tell_with<G, E: From<StoreError>>(
        &self,
        id: &str,
        told: &Told,
        at_commit: impl FnOnce(&Option<u64>) -> Result<G, E>,
    ) -> Result<(Option<u64>, G), E> {
        self.write(
            "keep the days",
            |transaction| match document_key(transaction, id)? {
                None => Ok(None),
                Some(key) => {
                    let mut times = load(transaction, key)?;
                    times.told.add(told);
                    let title: String = transaction.query_row(
                        "SELECT title FROM documents WHERE key = ?1",
                        [key],
                        |row| row.get(0),
                    )?;
                    insert(transaction, key, &title, &times)?;
                    crate::change_log::Log::default().commit(transaction).map(Some)
                }
            },
            at_commit,
        )
    }
}

/// The documents that repeals name, by title or 文号.
fn named(connection: &Connection, repeals: &[Repeal]) -> Result<Vec<i64>, Fault> {
    let mut keys = Vec::new();
    let mut statement = connection.prepare_cached("SELECT document FROM times WHERE title = ?1")?;
    for title in repeals.iter().filter_map(|repeal| repeal.title.as_deref()) {
        let found = statement
            .query_map([title_of_versions(title)], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        keys.extend(found);
    }
    let numbers: Vec<_> = repeals
        .iter()
        .filter_map(|repeal| repeal.number.as_deref())
        .flat_map(find_numbers)
        .collect();
    if numbers.is_empty() {
        return Ok(keys);
    }
    let mut statement =
        connection.prepare_cached("SELECT key, number FROM documents WHERE number IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let own: String = row.get(1)?;
        // Reading a number takes longer than seeing that its last digits are none of those wanted.
        let may = numbers.iter().any(|number| {
            let serial = number.serial.to_string();
            own.contains(&serial) || !own.is_ascii() && own.contains('第')
        });
        if may && find_numbers(&own).iter().any(|own| numbers.iter().any(|n| n.means(own))) {
            keys.push(row.get(0)?);
        }
    }
    Ok(keys)
}

/// The times of a document.
pub(crate) fn load(connection: &Connection, document: i64) -> Result<KeptTimes, Fault> {
    kept(connection, document)?
        .ok_or_else(|| Fault::Corrupt(format!("the times of document {document} are gone")))
}

fn kept(connection: &Connection, document: i64) -> Result<Option<KeptTimes>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT document, crc, body FROM times WHERE document = ?1")?;
    let mut rows = statement.query([document])?;
    rows.next()?.map(|row: &Row<'_>| checked_structure("times", document, 0, row)).transpose()
}

/// Writes the times of a document, which keeps what users said of it before.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    key: i64,
    document: &Document,
    told: &Told,
) -> Result<(), Fault> {
    let mut times = KeptTimes {
        said: document.times(),
        told: kept(transaction, key)?.map(|before| before.told).unwrap_or_default(),
    };
    times.told.add(told);
    insert(transaction, key, &document.title, &times)
}

fn insert(
    transaction: &Transaction<'_>,
    key: i64,
    title: &str,
    times: &KeptTimes,
) -> Result<(), Fault> {
    let body = json(times)?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO times (document, title, linked, crc, body)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            key,
            title_of_versions(title),
            times.is_linked(),
            checksum(key, 0, body.as_bytes()),
            body
        ])?;
    Ok(())
}

/// Removes the times of a document.
pub(crate) fn remove(transaction: &Transaction<'_>, key: i64) -> Result<(), Fault> {
    transaction.prepare_cached("DELETE FROM times WHERE document = ?1")?.execute([key])?;
    Ok(())
}

/// What is wrong with the row of a document, if anything; the columns to look up by are derived from the rest.
pub(crate) fn check(connection: &Connection, key: i64, document: &Document) -> Result<(), Fault> {
    let times = load(connection, key)?;
    let found: Option<(String, bool)> = connection
        .prepare_cached("SELECT title, linked FROM times WHERE document = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if found != Some((title_of_versions(&document.title), times.is_linked())) {
        return Err(Fault::Corrupt(format!(
            "the columns of the times of document {key} differ from its row"
        )));
    }
    let spans = times
        .said
        .facts
        .iter()
        .map(|fact| fact.span)
        .chain(times.said.repeals.iter().map(|repeal| repeal.span))
        .chain(times.said.effective_left_open);
    for span in spans {
        if document.slice(span).is_empty() {
            return Err(Fault::Corrupt(format!(
                "a day of document {key} rests on bytes {} to {}, which its text does not have",
                span.byte_start, span.byte_end
            )));
        }
    }
    Ok(())
}

/// Makes the row of a document again where something is wrong with it; says whether it did. What users said is kept where
/// it can be read.
pub(crate) fn repair(
    transaction: &Transaction<'_>,
    key: i64,
    document: &Document,
) -> Result<bool, Fault> {
    match check(transaction, key, document) {
        Ok(()) => return Ok(false),
        Err(Fault::Corrupt(_)) => {}
        Err(fault) => return Err(fault),
    }
    let told = load(transaction, key).map(|times| times.told).unwrap_or_default();
    let times = KeptTimes { said: document.times(), told };
    insert(transaction, key, &document.title, &times)?;
    Ok(true)
}
