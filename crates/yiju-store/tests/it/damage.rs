//! Damage in the file is detected, named and never read as valid content.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use yiju_store::StoreError;

use crate::sample;

/// A library with two sources, closed, and its database.
fn library(dir: &Path) -> PathBuf {
    let store = sample::open(dir);
    store.put_source(sample::source("a", 1, 2)).unwrap();
    store.put_source(sample::source("b", 2, 1)).unwrap();
    store.put_source(sample::source("a", 3, 2)).unwrap();
    assert_eq!(store.check().unwrap().problems, []);
    dir.join("library.db")
}

#[test]
fn each_kind_of_damage_shows_in_the_report() {
    let cases = [
        ("UPDATE texts SET bytes = zeroblob(length(bytes)) WHERE document = 1", "SHA-256"),
        ("DELETE FROM texts WHERE document = 2", "SHA-256"),
        ("UPDATE texts SET crc = crc + 1 WHERE document = 1", "checksum"),
        ("UPDATE clauses SET body = replace(body, '条', '款') WHERE clause = 1", "checksum"),
        ("DELETE FROM clauses WHERE document = 1 AND clause = 0", "is gone"),
        ("DELETE FROM clauses WHERE document = 1 AND clause = 2", "expected 3"),
        ("UPDATE clauses SET number = 40 WHERE number = 2", "looking up"),
        ("UPDATE sections SET body = '{}' WHERE document = 3", "checksum"),
        ("UPDATE passages SET vector = zeroblob(32) WHERE id = 30", "checksum"),
        ("UPDATE passages SET clause = clause + 1 WHERE id = 30", "checksum"),
        ("DELETE FROM passages WHERE id = 30", "passages, expected"),
        (
            "UPDATE tokens SET codes = x'01' WHERE passage = (SELECT min(passage) FROM tokens)",
            "of tokens does not have its checksum",
        ),
        (
            "UPDATE documents SET title = 'x' WHERE key = 2",
            "of documents does not have its checksum",
        ),
        ("UPDATE sources SET sha256 = '00' WHERE key = 1", "of sources does not have its checksum"),
        (
            "UPDATE changes SET last = last + 1 WHERE generation = 1",
            "of changes does not have its checksum",
        ),
        ("UPDATE documents SET head = '[' WHERE key = 2", "cannot be read"),
        ("UPDATE documents SET date = 'soon' WHERE key = 2", "checksum"),
        ("DELETE FROM documents WHERE key = 3", "belongs to no row of documents"),
        ("DELETE FROM documents WHERE key = 1", "it has 1 of 2 documents"),
        ("INSERT INTO sources VALUES (9, 'c', '', 1, '', '', 0)", "it has no documents"),
        ("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'passages'", "were given out"),
    ];
    // Every read includes the row of `meta`: with that damaged, the library does not open.
    for damage in ["documents = 7", "generation = 1", "dimension = 9"] {
        let dir = tempfile::tempdir().unwrap();
        let other = Connection::open(library(dir.path())).unwrap();
        other.execute(&format!("UPDATE meta SET {damage}"), []).unwrap();
        drop(other);
        match yiju_store::Store::open(dir.path(), yiju_store::Access::ReadOnly, None) {
            Err(StoreError::Corrupt { what, .. }) => assert!(what.contains("of meta"), "{what}"),
            other => panic!("{damage}: {other:?}"),
        }
    }
    for (damage, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = library(dir.path());
        let other = Connection::open(path).unwrap();
        other.pragma_update(None, "foreign_keys", false).unwrap();
        assert!(other.execute(damage, []).unwrap() > 0, "{damage}");
        drop(other);
        let report = sample::reader(dir.path()).check().unwrap();
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        assert!(problems.iter().any(|p| p.contains(expected)), "{damage}: {problems:#?}");
        assert_eq!(report.problem_count, problems.len() as u64);
    }
}

#[test]
fn a_flipped_byte_never_reaches_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let path = library(dir.path());
    let whole = std::fs::read(&path).unwrap();
    let store = sample::reader(dir.path());
    let documents = store.documents(None, 10).unwrap().documents;
    let wanted: Vec<(&str, u32)> = documents.iter().map(|d| (d.id.as_str(), 1)).collect();
    let clauses = store.clauses(&wanted).unwrap();
    let mut vectors = Vec::new();
    store.for_each_passage(|p, vector| vectors.push((p.id, vector.to_vec()))).unwrap();
    drop(store);
    let mut seen = 0;
    for at in (100..whole.len()).step_by(131) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        // Opening and reading may fail; what is read is right.
        let Ok(store) = yiju_store::Store::open(dir.path(), yiju_store::Access::ReadOnly, None)
        else {
            seen += 1;
            continue;
        };
        match store.clauses(&wanted) {
            Ok(found) => {
                for (found, whole) in found.iter().zip(&clauses) {
                    let (Some(found), Some(whole)) = (found, whole) else {
                        seen += 1;
                        continue;
                    };
                    assert_eq!((&found.clause, &found.text), (&whole.clause, &whole.text), "{at}");
                }
            }
            Err(error) => {
                seen += 1;
                assert!(is_damage(&error), "byte {at}: {error:?}");
            }
        }
        let mut next = vectors.iter();
        let read = store.for_each_passage(|p, vector| {
            // With a page missing, passages may be missing, which the counts show; none is wrong.
            let whole = next.by_ref().find(|(id, _)| *id == p.id);
            assert_eq!(whole.map(|(_, v)| v.as_slice()), Some(vector), "byte {at}");
        });
        if let Err(error) = read {
            seen += 1;
            assert!(is_damage(&error), "byte {at}: {error:?}");
        }
        store.check().ok();
    }
    assert!(seen > 0);
}

fn is_damage(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::Database { .. })
}
