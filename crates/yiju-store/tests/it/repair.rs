//! Derived data is rebuilt; damaged content is left alone and reported.

use std::path::Path;

use rusqlite::Connection;
use yiju_store::{Remedy, Store};

use crate::sample;

fn library(dir: &Path, damage: &str) -> Store {
    let store = sample::open(dir);
    store.put_source(sample::source("a", 1, 2)).unwrap();
    store.put_source(sample::source("b", 2, 1)).unwrap();
    store.put_source(sample::source("a", 3, 2)).unwrap();
    drop(store);
    let other = Connection::open(dir.join("library.db")).unwrap();
    other.pragma_update(None, "foreign_keys", false).unwrap();
    other.execute_batch(damage).unwrap();
    drop(other);
    sample::open(dir)
}

#[test]
fn derived_data_is_rebuilt() {
    let cases = [
        "UPDATE clauses SET number = 40, kind = 'chapter' WHERE number = 2",
        "UPDATE sections SET number = 40 WHERE number = 1",
        "UPDATE changes SET last = last + 1 WHERE generation = 1",
        "UPDATE changes SET generation = 99",
        "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'passages'",
        "DELETE FROM sqlite_sequence WHERE name = 'passages'",
        "INSERT INTO sources VALUES (9, 'c', '', 1, '', '', 0)",
        // An index that lacks rows of its table: an index of SQLite's is hidden while a row is
        // written, and then shown again.
        "PRAGMA writable_schema = ON;
         CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name = 'clauses_by_number';
         DELETE FROM sqlite_schema WHERE name = 'clauses_by_number';
         PRAGMA writable_schema = RESET;
         UPDATE clauses SET number = 77 WHERE clause = 1;
         PRAGMA writable_schema = ON;
         INSERT INTO sqlite_schema SELECT * FROM kept;
         PRAGMA writable_schema = RESET;
         DROP TABLE kept;",
    ];
    for damage in cases {
        let dir = tempfile::tempdir().unwrap();
        let store = library(dir.path(), damage);
        let problems = store.check().unwrap().problems;
        assert!(!problems.is_empty(), "{damage}");
        assert!(problems.iter().all(|p| p.remedy == Remedy::Repair), "{damage}: {problems:#?}");
        let done = store.repair().unwrap();
        assert!(!done.is_empty(), "{damage}");
        assert_eq!(store.check().unwrap().problems, [], "{damage}");
        assert_eq!(store.repair().unwrap(), [""; 0]);
        sample::assert_holds(&store, "a", 3, 2);
        sample::assert_holds(&store, "b", 2, 1);
        // Ids are still never reused.
        let before = store.check().unwrap().passages;
        let added = store.put_source(sample::source("d", 5, 1)).unwrap();
        assert!(added.added_passages[0] > before);
        assert_eq!(store.check().unwrap().problems, []);
    }
}

#[test]
fn damaged_content_is_left_alone_and_the_document_can_be_replaced() {
    for damage in [
        "UPDATE texts SET bytes = zeroblob(length(bytes)) WHERE document = 3",
        "UPDATE clauses SET body = '{}' WHERE document = 3 AND clause = 1",
        "UPDATE passages SET vector = zeroblob(32) WHERE document = 3 AND sentence = 1",
        "UPDATE documents SET title = 'x' WHERE key = 3",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = library(dir.path(), damage);
        let problems = store.check().unwrap().problems;
        let id = problems
            .iter()
            .find_map(|p| match &p.remedy {
                Remedy::Replace { document, source } => {
                    assert_eq!(source.as_deref(), Some("b"));
                    document.clone()
                }
                other => panic!("{damage}: {other:?}"),
            })
            .unwrap();
        assert_eq!(store.repair().unwrap(), [""; 0], "{damage}");
        assert_eq!(store.check().unwrap().problems, problems, "{damage}");
        // The remedy works.
        assert!(store.remove_document(&id).unwrap().is_some());
        assert_eq!(store.check().unwrap().problems, [], "{damage}");
        store.put_source(sample::source("b", 2, 1)).unwrap();
        sample::assert_holds(&store, "b", 2, 1);
        sample::assert_holds(&store, "a", 3, 2);
        assert_eq!(store.check().unwrap().problems, [], "{damage}");
    }
}

#[test]
fn nothing_is_ordered_by_the_clock() {
    fn late() -> jiff::Timestamp {
        "2099-01-01T00:00:00Z".parse().unwrap()
    }
    fn early() -> jiff::Timestamp {
        "1970-01-02T00:00:00Z".parse().unwrap()
    }
    let dir = tempfile::tempdir().unwrap();
    let mut store = sample::open(dir.path());
    let clocks: [fn() -> jiff::Timestamp; 4] = [late, early, late, early];
    for (n, (name, clock)) in (1u64..).zip(["a", "b", "c", "a"].into_iter().zip(clocks)) {
        store.set_clock(clock);
        let done = store.put_source(sample::source(name, n, 1)).unwrap();
        assert_eq!(done.generation, n);
    }
    let listed: Vec<String> =
        store.documents(None, 10).unwrap().documents.into_iter().map(|d| d.source).collect();
    assert_eq!(listed, ["a", "b", "c"]);
    let source = store.source("a").unwrap().unwrap();
    assert_eq!((source.added_at, source.updated_at), (late(), early()));
    sample::assert_holds(&store, "a", 4, 1);
    let changes = store.changes_since(3).unwrap().unwrap();
    assert_eq!((changes.added.len() > 1, changes.removed.len() > 1), (true, true));
    assert_eq!(store.check().unwrap().problems, []);
}
