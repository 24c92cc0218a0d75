//! A process killed at each named point: acknowledged writes are there, and the interrupted operation is
//! there whole or not at all.

use std::path::Path;
use std::process::{Command, ExitStatus};

use yiju_store::{Access, NewDocument, Store, StoreError, restore};

use crate::{fixture, sample};

const OPERATION: &str = "YIJU_STORE_POINT_OPERATION";
const DIRECTORY: &str = "YIJU_STORE_POINT_DIRECTORY";

#[test]
#[ignore = "the process that the tests below end"]
fn child() {
    let (Ok(operation), Ok(dir)) = (std::env::var(OPERATION), std::env::var(DIRECTORY)) else {
        return;
    };
    let dir = Path::new(&dir);
    let library = dir.join("library");
    match operation.as_str() {
        "create" => drop(sample::open(&library)),
        "add" => {
            let store = sample::open(&library);
            store.put_source(sample::source("new", 5, 3)).unwrap();
        }
        "replace" => {
            let store = sample::open(&library);
            store.put_source(sample::source("a", 5, 3)).unwrap();
        }
        "replace one" => {
            let store = sample::open(&library);
            store
                .replace_document_with(
                    &one(&store),
                    &sample_document(),
                    |_| Ok::<_, StoreError>(()),
                )
                .unwrap();
        }
        "remove" => {
            let store = sample::open(&library);
            store.remove_source("a").unwrap();
        }
        "backup" => {
            sample::reader(&library).backup(&dir.join("backup")).unwrap();
        }
        "restore" => {
            restore(&dir.join("backup"), &library, true).unwrap();
        }
        "reembed" => crate::staging::take_over(&library),
        "migrate" => drop(Store::open(&library, Access::ReadWrite, None).unwrap()),
        other => panic!("{other}"),
    }
}

fn run(operation: &str, dir: &Path, point: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "points::child", "--ignored", "--quiet"])
        .env(OPERATION, operation)
        .env(DIRECTORY, dir)
        .env("YIJU_KILL_AT", point)
        .output()
        .unwrap()
        .status
}

/// Kills the process the first, second … time it reaches the point, until it no longer does, each time
/// on a new library; `after` checks what must hold.
fn end_at(operation: &str, points: &[&str], prepare: impl Fn(&Path), after: impl Fn(&Path, &str)) {
    for point in points {
        let mut ended = 0;
        for time in 1..20 {
            let dir = tempfile::tempdir().unwrap();
            prepare(dir.path());
            let place = format!("{point}:{time}");
            let status = run(operation, dir.path(), &place);
            if status.success() {
                break;
            }
            assert_eq!(status.code(), None, "{operation} at {place} failed of itself");
            ended += 1;
            after(dir.path(), &place);
            // Run again, it succeeds.
            assert!(run(operation, dir.path(), "").success(), "{operation} after {place}");
        }
        assert!(ended > 0, "{operation} never comes to {point}");
    }
}

fn library(dir: &Path) {
    let store = sample::open(&dir.join("library"));
    store.put_source(sample::source("a", 1, 2)).unwrap();
    store.put_source(sample::source("b", 2, 1)).unwrap();
}

/// The sources that must be there and nothing else; opened for reading, then for writing.
fn holds(dir: &Path, sources: &[(&str, u64, usize)]) {
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let store = Store::open(&dir.join("library"), access, Some(&sample::model())).unwrap();
        for (name, seed, documents) in sources {
            sample::assert_holds(&store, name, *seed, *documents);
        }
        let expected: usize = sources.iter().map(|(.., documents)| documents).sum();
        assert_eq!(store.document_count().unwrap(), expected as u64);
        assert_eq!(store.check().unwrap().problems, []);
    }
}

const WRITE: [&str; 3] = ["write:begun", "write:written", "write:committed"];

#[test]
fn a_library_being_made() {
    end_at(
        "create",
        &["create:filled", "create:renamed"],
        |_| {},
        |dir, _| {
            let store = sample::open(&dir.join("library"));
            assert_eq!(store.document_count().unwrap(), 0);
            assert_eq!(store.check().unwrap().problems, []);
        },
    );
}

#[test]
fn an_add() {
    let points = [&WRITE[..], &["put:cleared", "put:document"]].concat();
    end_at("add", &points, library, |dir, point| {
        if point == "write:committed:1" {
            holds(dir, &[("a", 1, 2), ("b", 2, 1), ("new", 5, 3)]);
        } else {
            holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        }
    });
}

#[test]
fn a_replacement() {
    let points = [&WRITE[..], &["put:cleared", "put:document"]].concat();
    end_at("replace", &points, library, |dir, point| {
        if point == "write:committed:1" {
            holds(dir, &[("a", 5, 3), ("b", 2, 1)]);
        } else {
            holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        }
    });
}

/// The second document of the source `a`.
fn one(store: &Store) -> String {
    store.source("a").unwrap().unwrap().document_ids[1].clone()
}

fn sample_document() -> NewDocument {
    sample::source("new", 5, 1).documents.remove(0)
}

#[test]
fn a_replacement_of_one_document_of_several() {
    let points = [&WRITE[..], &["replace:document"]].concat();
    end_at("replace one", &points, library, |dir, point| {
        if point != "write:committed:1" {
            return holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        }
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let store = Store::open(&dir.join("library"), access, None).unwrap();
            let (_, document) = store.document(&one(&store)).unwrap().unwrap();
            assert_eq!(document, sample_document().document);
            assert!(!store.source("a").unwrap().unwrap().complete);
            sample::assert_holds(&store, "b", 2, 1);
            assert_eq!(store.check().unwrap().problems, []);
        }
    });
}

#[test]
fn a_removal() {
    let points = [&WRITE[..], &["remove:document"]].concat();
    end_at("remove", &points, library, |dir, point| {
        if point == "write:committed:1" {
            holds(dir, &[("b", 2, 1)]);
        } else {
            holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        }
    });
}

#[test]
fn a_backup() {
    let points = ["backup:begun", "backup:copied", "backup:sealed", "backup:renamed"];
    // Over an earlier backup, of an earlier state.
    let prepare = |dir: &Path| {
        library(dir);
        let store = sample::open(&dir.join("library"));
        store.backup(&dir.join("backup")).unwrap();
        store.put_source(sample::source("c", 3, 1)).unwrap();
    };
    end_at("backup", &points, prepare, |dir, point| {
        holds(dir, &[("a", 1, 2), ("b", 2, 1), ("c", 3, 1)]);
        let to = dir.join("to");
        std::fs::create_dir(&to).unwrap();
        let done = restore(&dir.join("backup"), &to.join("library"), false).unwrap();
        if point == "backup:renamed:1" {
            assert_eq!(done.generation, 3);
            holds(&to, &[("a", 1, 2), ("b", 2, 1), ("c", 3, 1)]);
        } else {
            assert_eq!(done.generation, 2);
            holds(&to, &[("a", 1, 2), ("b", 2, 1)]);
        }
    });
}

#[test]
fn a_restore_into_a_new_library_and_over_another() {
    let points = ["restore:staged", "restore:checked", "restore:placed"];
    let backup = |dir: &Path| {
        library(dir);
        sample::reader(&dir.join("library")).backup(&dir.join("backup")).unwrap();
    };
    let fresh = |dir: &Path| {
        backup(dir);
        std::fs::remove_dir_all(dir.join("library")).unwrap();
    };
    end_at("restore", &points, fresh, |dir, point| {
        if point == "restore:placed:1" {
            holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        } else {
            assert!(!dir.join("library/library.db").exists());
        }
    });
    let other = |dir: &Path| {
        backup(dir);
        let store = sample::open(&dir.join("library"));
        store.put_source(sample::source("a", 9, 1)).unwrap();
    };
    end_at("restore", &points, other, |dir, point| {
        if point == "restore:placed:1" {
            holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        } else {
            holds(dir, &[("a", 9, 1), ("b", 2, 1)]);
        }
    });
}

#[test]
fn a_change_of_model() {
    let points = ["reembed:written", "reembed:staged", "reembed:renamed", "reembed:swapped"];
    end_at("reembed", &points, library, |dir, point| {
        let library = dir.join("library");
        if point == "reembed:swapped:1" {
            crate::staging::holds_other_vectors(&library, &[("a", 1, 2), ("b", 2, 1)]);
        } else {
            holds(dir, &[("a", 1, 2), ("b", 2, 1)]);
        }
    });
}

#[test]
fn a_migration() {
    let points = ["migrate:begun", "migrate:columns", "migrate:written", "migrate:committed"];
    let prepare = |dir: &Path| {
        std::fs::create_dir(dir.join("library")).unwrap();
        fixture::v1(&dir.join("library"));
    };
    end_at("migrate", &points, prepare, |dir, point| {
        let path = dir.join("library/library.db");
        let expected = if point == "migrate:committed:1" { 5 } else { 1 };
        assert_eq!(fixture::version(&path), expected, "{point}");
        let store = Store::open(&dir.join("library"), Access::ReadOnly, None).unwrap();
        fixture::assert_is_the_fixture(&store);
    });
}
