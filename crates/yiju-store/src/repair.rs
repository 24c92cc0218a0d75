//! Rebuilds what a library derives from its own content.

use rusqlite::{Connection, params};

use crate::check::{integrity, is_about_an_index, numbering};
use crate::error::{Fault, StoreError};
use crate::read::{kind_name, load};
use crate::seal;
use crate::store::Store;
use crate::times;

impl Store {
    /// Rebuilds what is derived from texts, structures and vectors, in one transaction: SQLite's indexes,
    /// the columns that numbers are looked up by, counts, and the log of changes; removes sources without
    /// documents. Returns what was done, in words; empty if there was nothing to do.
    ///
    /// Texts, structures and vectors are never changed.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], or reading and writing failed. Nothing is changed then.
    pub fn repair(&self) -> Result<Vec<String>, StoreError> {
        self.write("repair", repair, |_| Ok::<(), StoreError>(())).map(|(done, ())| done)
    }
}

fn repair(connection: &rusqlite::Transaction<'_>) -> Result<Vec<String>, Fault> {
    let mut done = Vec::new();
    if integrity(connection)?.iter().any(|line| is_about_an_index(line)) {
        connection.execute_batch("REINDEX")?;
        done.push("made the database's indexes again".to_owned());
    }
    let keys: Vec<i64> = connection
        .prepare("SELECT key FROM documents ORDER BY key")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in keys {
        // A document that cannot be read has damaged content, which cannot be repaired.
        if let Ok((record, document)) = load(connection, key) {
            let mut changed = 0;
            for (index, clause) in (0i64..).zip(&document.clauses) {
                changed += connection
                    .prepare_cached(
                        "UPDATE clauses SET kind = ?3, number = ?4, sub_number = ?5
                         WHERE document = ?1 AND clause = ?2
                         AND (kind IS NOT ?3 OR number IS NOT ?4 OR sub_number IS NOT ?5)",
                    )?
                    .execute(params![
                        key,
                        index,
                        kind_name(clause.kind),
                        clause.number,
                        clause.sub_number
                    ])?;
            }
            for (index, section) in (0i64..).zip(&document.sections) {
                changed += connection
                    .prepare_cached(
                        "UPDATE sections SET kind = ?3, number = ?4
                         WHERE document = ?1 AND section = ?2
                         AND (kind IS NOT ?3 OR number IS NOT ?4)",
                    )?
                    .execute(params![key, index, kind_name(section.kind), section.number])?;
            }
            if changed > 0 {
                done.push(format!("made {changed} numbers of the document {} again", record.id));
            }
            if times::repair(connection, key, &document)? {
                done.push(format!("read the days of the document {} again", record.id));
            }
        }
    }
    sources(connection, &mut done)?;
    counts(connection, &mut done)?;
    Ok(done)
}

/// Removes sources without documents, and marks those with a gap as incomplete, so that adding them
/// again stores them.
fn sources(connection: &Connection, done: &mut Vec<String>) -> Result<(), Fault> {
    let empty = connection.execute(
        "DELETE FROM sources WHERE NOT EXISTS (SELECT 1 FROM documents WHERE source = sources.key)",
        [],
    )?;
    if empty > 0 {
        done.push(format!("removed {empty} sources without documents"));
    }
    let partial: Vec<i64> = connection
        .prepare(
            "SELECT s.key FROM sources s JOIN documents d ON d.source = s.key
             WHERE s.complete GROUP BY s.key HAVING max(d.ordinal) + 1 <> count(*)",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in &partial {
        connection.execute("UPDATE sources SET complete = 0 WHERE key = ?1", [key])?;
        seal::source(connection, *key)?;
    }
    if !partial.is_empty() {
        done.push(format!("marked {} sources as not complete", partial.len()));
    }
    Ok(())
}

/// Corrects counts, the numbering of passages and the log of changes.
fn counts(connection: &Connection, done: &mut Vec<String>) -> Result<(), Fault> {
    let changed = connection.execute(
        "UPDATE meta SET documents = (SELECT count(*) FROM documents),
             passages = (SELECT count(*) FROM passages)
         WHERE documents <> (SELECT count(*) FROM documents)
            OR passages <> (SELECT count(*) FROM passages)",
        [],
    )?;
    if changed > 0 {
        done.push("counted documents and passages again".to_owned());
    }
    if !log_is_sound(connection)? {
        connection.execute("DELETE FROM changes", [])?;
        connection.execute("UPDATE meta SET changes_after = generation", [])?;
        done.push("emptied the log of changes; indexes are built anew".to_owned());
    }
    let (newest, drawn) = numbering(connection)?;
    if newest > drawn {
        let known = connection
            .execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'passages'", [newest])?;
        if known == 0 {
            connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('passages', ?1)",
                [newest],
            )?;
        }
        done.push("corrected the numbering of passages".to_owned());
    }
    seal::meta(connection)?;
    Ok(())
}

fn log_is_sound(connection: &Connection) -> Result<bool, Fault> {
    let newest: i64 = connection.query_row("SELECT generation FROM meta", [], |row| row.get(0))?;
    let mut statement =
        connection.prepare("SELECT generation, first, last, added, crc FROM changes")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match seal::checked_change(row) {
            Ok((generation, first, last, _)) if generation <= newest && first <= last => {}
            Ok(_) | Err(Fault::Corrupt(_)) => return Ok(false),
            Err(fault) => return Err(fault),
        }
    }
    Ok(true)
}
