//! The log of changes: the passages that each write added and removed, so that indexes can catch up.

use rusqlite::{Connection, Transaction, params};

use crate::codec::count;
use crate::error::Fault;
use crate::seal;

/// Most rows that the log of changes keeps. Ids are logged as ranges, so a write adds a few rows, and an
/// index can be hundreds of writes behind before it must be rebuilt.
const CHANGES_LIMIT: i64 = 4096;

/// What a write does to the passages and the counts.
#[derive(Default)]
pub(crate) struct Log {
    /// Documents more than before.
    pub(crate) documents: i64,
    /// Ids of new passages.
    pub(crate) added: Vec<i64>,
    /// Ids of passages that are gone.
    pub(crate) removed: Vec<i64>,
}

impl Log {
    /// Starts the next generation and records the changes under it.
    pub(crate) fn commit(&mut self, transaction: &Transaction<'_>) -> Result<u64, Fault> {
        self.added.sort_unstable();
        self.removed.sort_unstable();
        let passages = count(self.added.len()) - count(self.removed.len());
        let generation: i64 = transaction.query_row(
            "UPDATE meta SET generation = generation + 1, documents = documents + ?1,
                 passages = passages + ?2 RETURNING generation",
            [self.documents, passages],
            |row| row.get(0),
        )?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO changes (generation, first, last, added, crc) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (ids, added) in [(&self.added, true), (&self.removed, false)] {
            for (first, last) in ranges(ids) {
                let crc = seal::change(generation, first, last, added);
                insert.execute(params![generation, first, last, added, crc])?;
            }
        }
        compact(transaction)?;
        seal::meta(transaction)?;
        u64::try_from(generation)
            .map_err(|_| Fault::Corrupt(format!("the generation is {generation}")))
    }
}

/// Removes the oldest generations once the log is over its limit: half of it at once, so that this is
/// rare.
fn compact(transaction: &Connection) -> Result<(), Fault> {
    let rows: i64 = transaction.query_row("SELECT count(*) FROM changes", [], |row| row.get(0))?;
    if rows <= CHANGES_LIMIT {
        return Ok(());
    }
    let last: i64 = transaction.query_row(
        "SELECT generation FROM changes ORDER BY generation DESC LIMIT 1 OFFSET ?1",
        [CHANGES_LIMIT / 2],
        |row| row.get(0),
    )?;
    transaction.execute("DELETE FROM changes WHERE generation <= ?1", [last])?;
    transaction.execute("UPDATE meta SET changes_after = ?1", [last])?;
    Ok(())
}

/// Ascending ids as ranges, both ends included.
fn ranges(ids: &[i64]) -> Vec<(i64, i64)> {
    let mut out: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match out.last_mut() {
            Some((_, last)) if *last + 1 == *id => *last = *id,
            _ => out.push((*id, *id)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_the_ids_and_nothing_else() {
        assert_eq!(ranges(&[]), []);
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), [(1, 3), (7, 7), (9, 10)]);
    }
}
