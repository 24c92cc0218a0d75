//! Checks that everything in a library is undamaged and consistent.

use std::fmt;

use rusqlite::{Connection, Row};
use yiju_document::{Clause, Document, Section};

use crate::codec::{CHUNK, verify};
use crate::error::{Fault, StoreError, words};
use crate::layout;
use crate::passages::{checked_tokens, checked_vector};
use crate::read::{kind_name, load};
use crate::seal::{self, Meta};
use crate::store::Store;
use crate::times;
use crate::validate::{check_document, check_vector};

/// Most problems a report lists; more are only counted.
const LISTED: usize = 100;

/// What [`Store::check`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The generation that was checked.
    pub generation: u64,
    /// How many documents were read.
    pub documents: u64,
    /// How many clauses were read.
    pub clauses: u64,
    /// How many passages were read.
    pub passages: u64,
    /// How many bytes of text were hashed.
    pub text_bytes: u64,
    /// The first hundred problems; empty if the library is whole.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problem_count: u64,
}

/// Something that is damaged or inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `library`, `document 3f…`, `source "policy.txt"`.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What fixes it.
    pub remedy: Remedy,
}

/// What fixes a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Only derived data is wrong: [`Store::repair`] rebuilds it.
    Repair,
    /// The document's own content is damaged: remove it and add its source again.
    Replace {
        /// The document's id, if it can be read.
        document: Option<String>,
        /// The name of its source, if it can be read.
        source: Option<String>,
    },
    /// The library cannot be repaired: restore a backup, or add the documents to a new library.
    Restore,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl CheckReport {
    fn add(&mut self, at: &Place, what: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(Problem {
                place: at.name.clone(),
                what: what.into(),
                remedy: at.remedy.clone(),
            });
        }
    }

    /// Runs one part of the check; an error in it is reported as a problem, and the other parts go on.
    fn part(&mut self, at: &Place, run: impl FnOnce(&mut Self) -> Result<(), Fault>) {
        if let Err(fault) = run(self) {
            self.add(at, fault_text(fault));
        }
    }
}

/// The place of a possible problem, and what would fix it.
#[derive(Clone)]
struct Place {
    name: String,
    remedy: Remedy,
}

impl Place {
    fn library(remedy: Remedy) -> Self {
        Self { name: "library".into(), remedy }
    }

    fn derived(&self) -> Self {
        Self { name: self.name.clone(), remedy: Remedy::Repair }
    }
}

impl Store {
    /// Reads all of one committed state and checks it: SQLite's own structure and references, hashes of
    /// texts, checksums of rows, spans within texts, dimension and norm of vectors, counts, and orphaned
    /// rows. Other calls can read and write meanwhile.
    ///
    /// # Errors
    /// The library could not be read at all. Damage is a problem in the report, not an error.
    pub fn check(&self) -> Result<CheckReport, StoreError> {
        self.readers.read("check", |connection| check(connection, self.model.dimension))
    }
}

/// Checks the library in an open database. The caller holds a read transaction.
pub(crate) fn check(connection: &Connection, dimension: usize) -> Result<CheckReport, Fault> {
    let mut report =
        CheckReport { generation: Meta::read(connection)?.generation, ..Default::default() };
    let library = Place::library(Remedy::Restore);
    report.part(&library, |report| sqlite(connection, report));
    let mut keys: Vec<i64> = Vec::new();
    report.part(&library, |_| {
        let mut statement = connection.prepare("SELECT key FROM documents ORDER BY key")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            keys.push(row.get(0)?);
        }
        Ok(())
    });
    for key in keys {
        document(connection, &mut report, key, dimension);
    }
    report.part(&library, |report| sources(connection, report));
    report.part(&library, |report| originals(connection, report));
    report.part(&library, |report| counts(connection, report));
    report.part(&library.derived(), |_| {
        let mut statement =
            connection.prepare("SELECT generation, first, last, added, crc FROM changes")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            seal::checked_change(row)?;
        }
        Ok(())
    });
    Ok(report)
}

/// Whether a line of SQLite's check is about an index, which can be rebuilt from its table.
pub(crate) fn is_about_an_index(line: &str) -> bool {
    line.contains("missing from index")
        || line.contains("wrong # of entries in index")
        || line.contains("non-unique entry in index")
        || line.contains("differs from index")
        || line.contains("out of order in index")
}

/// The lines of SQLite's own check of pages and indexes, without `ok`.
pub(crate) fn integrity(connection: &Connection) -> Result<Vec<String>, Fault> {
    let lines = connection
        .prepare("PRAGMA integrity_check(100)")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// SQLite's checks of pages, indexes and references.
fn sqlite(connection: &Connection, report: &mut CheckReport) -> Result<(), Fault> {
    for line in integrity(connection)? {
        let remedy = if is_about_an_index(&line) { Remedy::Repair } else { Remedy::Restore };
        report.add(&Place::library(remedy), line);
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        report.add(
            &Place::library(Remedy::Restore),
            format!("a row of {table} belongs to no row of {parent}"),
        );
    }
    Ok(())
}

/// The document's id and its source's name, if they can be read; for the remedy.
fn names(connection: &Connection, key: i64) -> (Option<String>, Option<String>) {
    let read = |query: &str| connection.query_row(query, [key], |row| row.get(0)).ok();
    (
        read("SELECT id FROM documents WHERE key = ?1"),
        read("SELECT name FROM sources WHERE key = (SELECT source FROM documents WHERE key = ?1)"),
    )
}

fn document(connection: &Connection, report: &mut CheckReport, key: i64, dimension: usize) {
    let (id, source) = names(connection, key);
    let name =
        id.as_ref().map_or_else(|| format!("document row {key}"), |id| format!("document {id}"));
    let place = Place { name, remedy: Remedy::Replace { document: id, source } };
    report.documents += 1;
    let mut loaded = None;
    report.part(&place, |report| {
        let (record, document) = load(connection, key)?;
        if let Err(what) = check_document(&document) {
            report.add(&place, what);
        }
        if record.bytes != document.text.len() || record.characters != document.text.chars().count()
        {
            report.add(&place, "its listing differs from its content");
        }
        report.clauses += record.clauses as u64;
        report.text_bytes += record.bytes as u64;
        loaded = Some((record, document));
        Ok(())
    });
    report.part(&place, |_| pieces(connection, key));
    report.part(&place, |report| {
        let layout = layout::load(connection, key)?;
        let length = loaded.as_ref().map_or(usize::MAX, |(record, _)| record.bytes);
        if let Some(Err(what)) = layout.map(|layout| layout.check(length)) {
            report.add(&place, what);
        }
        Ok(())
    });
    let Some((record, found)) = loaded else {
        return;
    };
    report.part(&place.derived(), |_| numbers(connection, key, &found));
    report.part(&place.derived(), |_| times::check(connection, key, &found));
    report.part(&place, |report| {
        let mut statement = connection.prepare_cached(
            "SELECT id, document, clause, sentence, crc, vector FROM passages
             WHERE document = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([key])?;
        let mut vector = Vec::new();
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            if let Err(what) = passage(row, &found, dimension, &mut vector) {
                report.add(&place, what);
            }
        }
        let mut statement = connection.prepare_cached(
            "SELECT t.passage, p.document, t.crc, t.codes
             FROM tokens t JOIN passages p ON p.id = t.passage WHERE p.document = ?1",
        )?;
        let mut rows = statement.query([key])?;
        while let Some(row) = rows.next()? {
            if let Err(fault) = checked_tokens(row) {
                report.add(&place, fault_text(fault));
            }
        }
        report.passages += count as u64;
        if count != record.passages {
            report.add(&place, format!("it has {count} passages, expected {}", record.passages));
        }
        Ok(())
    });
}

/// Checks the pieces of a text: reading a clause relies on their lengths and checksums.
fn pieces(connection: &Connection, key: i64) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT piece, crc, bytes, lead(piece) OVER (ORDER BY piece) FROM texts
         WHERE document = ?1 ORDER BY piece",
    )?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        let piece: i64 = row.get(0)?;
        let payload = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        verify("texts", key, piece, payload, row.get(1)?)?;
        let next: Option<i64> = row.get(3)?;
        if next.is_some_and(|next| next != piece + 1 || payload.len() != CHUNK) {
            return Err(Fault::Corrupt(format!("the text breaks off at its piece {piece}")));
        }
    }
    Ok(())
}

/// Checks the columns that numbers are looked up by against the structures they come from.
fn numbers(connection: &Connection, key: i64, document: &Document) -> Result<(), Fault> {
    type Number = (String, Option<u32>, Option<u32>);
    let read = |query: &str| -> Result<Vec<Number>, Fault> {
        let rows = connection
            .prepare_cached(query)?
            .query_map([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(rows)
    };
    let clause = |c: &Clause| (kind_name(c.kind), c.number, c.sub_number);
    let section = |s: &Section| (kind_name(s.kind), s.number, None);
    let clauses =
        read("SELECT kind, number, sub_number FROM clauses WHERE document = ?1 ORDER BY clause")?;
    let sections =
        read("SELECT kind, number, NULL FROM sections WHERE document = ?1 ORDER BY section")?;
    if clauses.into_iter().ne(document.clauses.iter().map(clause))
        || sections.into_iter().ne(document.sections.iter().map(section))
    {
        return Err(Fault::Corrupt("the numbers for looking up differ from its content".into()));
    }
    Ok(())
}

fn fault_text(fault: Fault) -> String {
    match fault {
        Fault::Sql(error) => words(&error),
        Fault::Corrupt(what) => what,
        Fault::Store(error) => error.to_string(),
    }
}

fn passage(
    row: &Row<'_>,
    document: &Document,
    dimension: usize,
    vector: &mut Vec<f32>,
) -> Result<(), String> {
    let (id, clause, sentence) = checked_vector(row, dimension, vector).map_err(fault_text)?;
    check_vector(vector, dimension).map_err(|what| format!("passage {id}: {what}"))?;
    let there = document
        .clauses
        .get(clause as usize)
        .is_some_and(|found| sentence.is_none_or(|s| (s as usize) < found.sentences.len()));
    if !there {
        return Err(format!("passage {id}: there is no clause {clause} sentence {sentence:?}"));
    }
    Ok(())
}

/// Checks that every source has documents, and a complete one has all from 0 on.
fn sources(connection: &Connection, report: &mut CheckReport) -> Result<(), Fault> {
    let mut statement = connection.prepare(
        "SELECT s.name, s.complete, count(d.key), max(d.ordinal) + 1 FROM sources s
         LEFT JOIN documents d ON d.source = s.key GROUP BY s.key ORDER BY s.key",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let place = Place {
            name: format!("source {:?}", row.get::<_, String>(0)?),
            remedy: Remedy::Repair,
        };
        let (complete, count, end): (bool, i64, Option<i64>) =
            (row.get(1)?, row.get(2)?, row.get(3)?);
        match end {
            None => report.add(&place, "it has no documents"),
            Some(end) if complete && end != count => {
                report.add(&place, format!("it has {count} of {end} documents"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks the files that are kept.
fn originals(connection: &Connection, report: &mut CheckReport) -> Result<(), Fault> {
    let names = connection
        .prepare("SELECT name FROM sources ORDER BY key")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    for name in names {
        let place = Place {
            name: format!("the file of source {name:?}"),
            remedy: Remedy::Replace { document: None, source: Some(name.clone()) },
        };
        report.part(&place, |_| layout::original(connection, &name).map(drop));
    }
    Ok(())
}

/// Checks the counts and the log of changes against the tables.
fn counts(connection: &Connection, report: &mut CheckReport) -> Result<(), Fault> {
    let library = Place::library(Remedy::Repair);
    let meta = Meta::read(connection)?;
    for (table, expected) in [("documents", meta.documents), ("passages", meta.passages)] {
        let found: i64 =
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        if u64::try_from(found).ok() != Some(expected) {
            report.add(&library, format!("there are {found} {table}, expected {expected}"));
        }
    }
    let (newest, drawn) = numbering(connection)?;
    if newest > drawn {
        report.add(&library, format!("passage {newest} is there, but only {drawn} were given out"));
    }
    let future: i64 = connection.query_row(
        "SELECT count(*) FROM changes
         WHERE generation > (SELECT generation FROM meta) OR first > last",
        [],
        |row| row.get(0),
    )?;
    if future > 0 {
        report.add(&library, format!("{future} rows of the log of changes make no sense"));
    }
    Ok(())
}

/// The highest passage id in use, and the highest that was assigned.
pub(crate) fn numbering(connection: &Connection) -> Result<(i64, i64), Fault> {
    let newest = connection.query_row(
        "SELECT max(coalesce((SELECT max(last) FROM changes), 0),
                    coalesce((SELECT max(id) FROM passages), 0))",
        [],
        |row| row.get(0),
    )?;
    let drawn = connection.query_row(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'passages'",
        [],
        |row| row.get(0),
    )?;
    Ok((newest, drawn))
}
