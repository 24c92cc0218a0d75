//! Opening: what is a library, which model it belongs to, and who may write.

use std::fs;
use std::path::Path;

use yiju_store::{Access, Model, Store, StoreError};

use crate::sample;

/// Every file under a directory with its bytes.
fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    out.sort();
    out
}

fn refused(dir: &Path, access: Access) -> StoreError {
    Store::open(dir, access, Some(&sample::model())).unwrap_err()
}

#[test]
fn reading_creates_no_library() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("库");
    for path in [&missing, dir.path()] {
        let error = refused(path, Access::ReadOnly);
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()));
        // Without a model no library is created.
        let error = Store::open(path, Access::ReadWrite, None).unwrap_err();
        assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    }
    assert!(contents(dir.path()).is_empty());
    assert!(!missing.exists());
}

#[test]
fn what_is_not_a_library_is_refused_and_left_alone() {
    type Make = fn(&Path);
    let cases: [(Make, &str); 6] = [
        (|dir| fs::write(dir.join("library.db"), b"").unwrap(), "not an SQLite database"),
        (|dir| fs::write(dir.join("library.db"), [0xff; 9000]).unwrap(), "not an SQLite database"),
        (|dir| fs::write(dir.join("library.db"), b"SQLite format 3\0").unwrap(), "another program"),
        (
            |dir| {
                let other = rusqlite::Connection::open(dir.join("library.db")).unwrap();
                other.execute_batch("CREATE TABLE notes (text)").unwrap();
            },
            "another program",
        ),
        (|dir| fs::write(dir.join("thesis.docx"), b"mine").unwrap(), "such as thesis.docx"),
        (|dir| fs::write(dir.join("library.db-wal"), b"mine").unwrap(), "such as library.db-wal"),
    ];
    for (make, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path());
        let before = contents(dir.path());
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let error = refused(dir.path(), access);
            assert!(matches!(error, StoreError::NotALibrary { .. }), "{error:?}");
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.hint().unwrap().contains("nothing was changed"));
        }
        assert_eq!(contents(dir.path()), before, "{expected}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = refused(file.path(), Access::ReadWrite);
    assert!(error.to_string().contains("it is a file, not a directory"), "{error}");
}

#[test]
fn another_format_version_is_refused_and_left_byte_for_byte() {
    for (version, hint) in [(6u32, "use a newer Yiju"), (0, "to a new library with this Yiju")] {
        let dir = tempfile::tempdir().unwrap();
        sample::open(dir.path()).put_source(sample::source("a", 1, 1)).unwrap();
        let path = dir.path().join("library.db");
        let mut bytes = fs::read(&path).unwrap();
        bytes[60..64].copy_from_slice(&version.to_be_bytes());
        fs::write(&path, bytes).unwrap();
        let before = contents(dir.path());
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let error = refused(dir.path(), access);
            assert!(
                matches!(error, StoreError::FormatVersion { found, supported: 5, .. } if found == version),
                "{error:?}"
            );
            assert!(error.to_string().contains(&format!("version {version}, and this Yiju reads")));
            assert!(error.hint().unwrap().contains(hint));
        }
        assert_eq!(contents(dir.path()), before);
    }
}

#[test]
fn vectors_of_two_models_are_not_mixed() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample::open(dir.path()));
    let other = Model { fingerprint: "beef".into(), name: "other".into(), dimension: 8 };
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let error = Store::open(dir.path(), access, Some(&other)).unwrap_err();
        assert!(matches!(error, StoreError::OtherModel { .. }), "{error:?}");
        let text = error.to_string();
        for part in ["sample", "f00d", "other", "beef"] {
            assert!(text.contains(part), "{text}");
        }
    }
    // A refused open does not keep the lock; without a model any library opens.
    let store = Store::open(dir.path(), Access::ReadWrite, None).unwrap();
    assert_eq!(store.model(), &sample::model());
}

#[test]
fn a_writer_keeps_other_writers_out_and_no_reader() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    match refused(dir.path(), Access::ReadWrite) {
        StoreError::Locked { pid, .. } => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    let reader = sample::reader(dir.path());
    assert_eq!(reader.state().unwrap(), store.state().unwrap());
    store.put_source(sample::source("a", 1, 1)).unwrap();
    sample::assert_holds(&reader, "a", 1, 1);
    let error = reader.put_source(sample::source("b", 1, 1)).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(!reader.is_writable());
    drop(store);
    // The reader still works, and another writer can open it.
    let store = sample::open(dir.path());
    store.put_source(sample::source("a", 2, 1)).unwrap();
    sample::assert_holds(&reader, "a", 2, 1);
}

#[test]
fn reading_an_idle_library_makes_no_file() {
    let dir = tempfile::tempdir().unwrap();
    sample::open(dir.path()).put_source(sample::source("a", 1, 2)).unwrap();
    let names = |list: Vec<(String, Vec<u8>)>| list.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    let before = contents(dir.path());
    assert!(!before.iter().any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty()));
    sample::assert_holds(&sample::reader(dir.path()), "a", 1, 2);
    assert_eq!(names(contents(dir.path())), names(before));
}

#[test]
fn leftovers_of_an_interrupted_start_are_ignored() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["library.lock", "library.db.new", "library.db.new-wal", "library.db.new-shm"] {
        fs::write(dir.path().join(name), b"half").unwrap();
    }
    fs::create_dir(dir.path().join("index")).unwrap();
    assert!(matches!(refused(dir.path(), Access::ReadOnly), StoreError::NotFound { .. }));
    sample::open(dir.path()).put_source(sample::source("a", 1, 1)).unwrap();
    sample::assert_holds(&sample::reader(dir.path()), "a", 1, 1);
    assert!(!dir.path().join("library.db.new").exists());
}

#[test]
fn a_full_library_fails_clearly_and_works_again_with_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    store.put_source(sample::source("a", 1, 2)).unwrap();
    store.limit_size(Some(400_000)).unwrap();
    let mut stored = 0;
    let error = loop {
        match store.put_source(sample::source(&format!("s{stored}"), stored, 20)) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000);
    };
    assert!(matches!(error, StoreError::Full { limit: Some(400_000), .. }), "{error:?}");
    assert!(error.to_string().contains("its limit is 400000 bytes"));
    assert!(stored > 0);
    // Replacing needs room too; what was there stays as it was.
    let error = store.put_source(sample::source("a", 2, 200)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    let whole = |store: &Store| {
        assert_eq!(store.generation().unwrap(), 1 + stored);
        assert_eq!(store.document_count().unwrap(), 2 + 20 * stored);
        sample::assert_holds(store, "a", 1, 2);
        for n in 0..stored {
            sample::assert_holds(store, &format!("s{n}"), n, 20);
        }
        assert!(store.source(&format!("s{stored}")).unwrap().is_none());
    };
    whole(&store);
    drop(store);
    let store = sample::open(dir.path());
    whole(&store);
    store.put_source(sample::source("a", 2, 200)).unwrap();
    sample::assert_holds(&store, "a", 2, 200);
}

#[test]
fn threads_read_whole_states_while_one_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    store.put_source(sample::source("a", 0, 3)).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    // One source of three documents, all with the same seed in their texts.
                    let mut passages = 0u64;
                    let mut documents = std::collections::BTreeSet::new();
                    store
                        .for_each_passage(|passage, _| {
                            passages += 1;
                            documents.insert(passage.document_id.to_owned());
                        })
                        .unwrap();
                    assert_eq!(documents.len(), 3);
                    assert!([27, 36, 45].contains(&passages), "{passages}");
                }
            });
        }
        for seed in 1..60 {
            store.put_source(sample::source("a", seed, 3)).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    sample::assert_holds(&store, "a", 59, 3);
}
