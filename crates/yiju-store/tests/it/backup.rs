//! Backups hold one committed state, and a restore brings it back whole or not at all.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use yiju_store::{Access, Model, Store, StoreError, restore};

use crate::{fixture, sample};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A library with two sources and a backup of it.
fn backed_up(dir: &Path) -> (Store, std::path::PathBuf) {
    let store = sample::open(&dir.join("library"));
    store.put_source(sample::source("a", 1, 2)).unwrap();
    store.put_source(sample::source("b", 2, 1)).unwrap();
    let file = dir.join("备份.yiju");
    let done = store.backup(&file).unwrap();
    assert_eq!((done.generation, done.documents), (2, 3));
    assert_eq!(done.bytes, fs::metadata(&file).unwrap().len());
    (store, file)
}

#[test]
fn a_restored_library_equals_the_one_backed_up() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = backed_up(dir.path());
    assert_eq!(names(dir.path()), ["library", "备份.yiju"]);
    let to = dir.path().join("deep/other");
    let done = restore(&file, &to, false).unwrap();
    assert_eq!((done.generation, done.documents, done.replaced), (2, 3, Some(0)));
    let restored = sample::open(&to);
    assert_eq!(restored.documents(None, 10).unwrap(), store.documents(None, 10).unwrap());
    sample::assert_holds(&restored, "a", 1, 2);
    sample::assert_holds(&restored, "b", 2, 1);
    assert_eq!(restored.check().unwrap().problems, []);
    // A new id, so that indexes of the one are not used for the other.
    let (old, new) = (store.state().unwrap(), restored.state().unwrap());
    assert_eq!(old.generation, new.generation);
    assert_ne!(old.library_id, new.library_id);
    restored.put_source(sample::source("c", 3, 1)).unwrap();
    drop(restored);
    assert!(names(&to).iter().all(|name| !name.contains(".new")), "{:?}", names(&to));
}

#[test]
fn a_backup_taken_while_another_thread_writes_is_one_committed_state() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("library");
    let store = sample::open(&path);
    store.put_source(sample::source("a", 0, 3)).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for seed in 1.. {
                store.put_source(sample::source("a", seed, 3)).unwrap();
                store.put_source(sample::source("b", seed, 1)).unwrap();
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        for round in 0..5 {
            let file = dir.path().join("backup");
            let done = sample::reader(&path).backup(&file).unwrap();
            let to = dir.path().join(format!("restored{round}"));
            restore(&file, &to, false).unwrap();
            let restored = sample::reader(&to);
            assert_eq!(restored.generation().unwrap(), done.generation);
            assert_eq!(restored.check().unwrap().problems, []);
            // Generation 1 is a's first; then they alternate.
            let seed = done.generation / 2;
            sample::assert_holds(&restored, "a", seed, 3);
            if done.generation > 2 {
                sample::assert_holds(&restored, "b", (done.generation - 1) / 2, 1);
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn documents_are_overwritten_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = backed_up(dir.path());
    store.put_source(sample::source("c", 9, 1)).unwrap();
    drop(store);
    let library = dir.path().join("library");
    let error = restore(&file, &library, false).unwrap_err();
    assert!(matches!(error, StoreError::NotEmpty { documents: Some(4), .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("--replace"));
    sample::assert_holds(&sample::reader(&library), "c", 9, 1);

    let done = restore(&file, &library, true).unwrap();
    assert_eq!((done.documents, done.replaced), (3, Some(4)));
    let store = sample::open(&library);
    assert_eq!(store.source("c").unwrap(), None);
    sample::assert_holds(&store, "a", 1, 2);
    assert_eq!(store.check().unwrap().problems, []);

    // An empty library is overwritten; a directory of other files is not.
    let empty = dir.path().join("empty");
    drop(sample::open(&empty));
    restore(&file, &empty, false).unwrap();
    sample::assert_holds(&sample::reader(&empty), "a", 1, 2);
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes.txt"), "mine").unwrap();
    let error = restore(&file, &other, true).unwrap_err();
    assert!(matches!(error, StoreError::NotALibrary { .. }), "{error:?}");
    assert_eq!(names(&other), ["notes.txt"]);
}

#[test]
fn a_library_that_is_open_turns_from_the_old_state_to_the_new() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = backed_up(dir.path());
    store.put_source(sample::source("a", 7, 1)).unwrap();
    let before = store.state().unwrap();
    let library = dir.path().join("library");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Every read sees the old state or the new.
            while !stop.load(Ordering::Relaxed) {
                let found = store.source("a").unwrap().unwrap();
                match found.document_ids.len() {
                    1 | 2 => {}
                    other => panic!("{other} documents"),
                }
            }
        });
        let done = restore(&file, &library, true);
        stop.store(true, Ordering::Relaxed);
        assert_eq!(done.unwrap().replaced, Some(2));
    });
    let after = store.state().unwrap();
    assert_eq!(after.generation, 2);
    assert_ne!(after.library_id, before.library_id);
    sample::assert_holds(&store, "a", 1, 2);
    // The open library can still write durably.
    store.put_source(sample::source("d", 4, 2)).unwrap();
    assert_eq!(store.check().unwrap().problems, []);
    drop(store);
    let store = sample::reader(&library);
    sample::assert_holds(&store, "d", 4, 2);
    sample::assert_holds(&store, "b", 2, 1);
}

#[test]
fn a_library_in_use_with_another_model_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (_, file) = backed_up(dir.path());
    let other = Model { fingerprint: "beef".into(), name: "other".into(), dimension: 8 };
    let path = dir.path().join("used");
    let used = Store::open(&path, Access::ReadWrite, Some(&other)).unwrap();
    let error = restore(&file, &path, true).unwrap_err();
    assert!(matches!(error, StoreError::OtherModel { .. }), "{error:?}");
    assert_eq!(used.document_count().unwrap(), 0);
    drop(used);
    restore(&file, &path, true).unwrap();
    sample::assert_holds(&sample::reader(&path), "a", 1, 2);
}

#[test]
fn a_damaged_library_is_not_backed_up_but_can_be_restored_over() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = backed_up(dir.path());
    drop(store);
    let library = dir.path().join("library");
    let whole = fs::read(&file).unwrap();
    let other = rusqlite::Connection::open(library.join("library.db")).unwrap();
    other.execute("UPDATE texts SET bytes = zeroblob(length(bytes))", []).unwrap();
    drop(other);
    let error = sample::reader(&library).backup(&file).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert_eq!(fs::read(&file).unwrap(), whole, "the earlier backup stays");
    assert_eq!(names(dir.path()), ["library", "备份.yiju"]);

    // Whatever the extent of the damage.
    let length = fs::metadata(library.join("library.db")).unwrap().len() as usize;
    let good = fs::read(library.join("library.db")).unwrap();
    for bad in [
        vec![0x55; length],
        [&good[..4096], &vec![0x55; length - 4096]].concat(),
        [&good[..100], &[0; 200], &good[300..]].concat(),
        good[..length / 2].to_vec(),
        Vec::new(),
    ] {
        fs::write(library.join("library.db"), &bad).unwrap();
        assert!(
            matches!(
                restore(&file, &library, false),
                Err(StoreError::NotEmpty { documents: None, .. })
            ) || bad.len() == length / 2
        );
        restore(&file, &library, true).unwrap();
        let store = sample::open(&library);
        sample::assert_holds(&store, "a", 1, 2);
        assert_eq!(store.check().unwrap().problems, []);
    }
}

#[test]
fn other_files_are_not_overwritten_and_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = backed_up(dir.path());
    let notes = dir.path().join("notes.txt");
    fs::write(&notes, "mine".repeat(100)).unwrap();
    let error = store.backup(&notes).unwrap_err();
    assert!(matches!(error, StoreError::InTheWay { .. }), "{error:?}");
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine".repeat(100));
    assert!(matches!(store.backup(dir.path()), Err(StoreError::InTheWay { .. })));
    let to = dir.path().join("to");
    for bad in [&notes, &dir.path().join("missing"), &dir.path().join("library/library.db")] {
        let error = restore(bad, &to, false).unwrap_err();
        assert!(matches!(error, StoreError::BadBackup { .. }), "{error:?}");
        assert!(!to.exists());
    }
    // An earlier backup is replaced.
    store.put_source(sample::source("c", 3, 1)).unwrap();
    assert_eq!(store.backup(&file).unwrap().documents, 4);
    restore(&file, &to, false).unwrap();
    sample::assert_holds(&sample::reader(&to), "c", 3, 1);
}

#[test]
fn a_second_backup_to_the_same_file_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, file) = backed_up(dir.path());
    let partial = dir.path().join("备份.yiju.partial");
    let held = fs::File::create(&partial).unwrap();
    held.try_lock().unwrap();
    assert!(matches!(store.backup(&file), Err(StoreError::Busy { .. })));
    // The partial file of a killed backup is taken over.
    fs::write(&partial, vec![7; 100_000]).unwrap();
    drop(held);
    store.backup(&file).unwrap();
    assert!(!partial.exists());
    restore(&file, &dir.path().join("to"), false).unwrap();
}

#[test]
fn a_backup_of_version_1_is_brought_up_and_a_newer_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, file) = backed_up(dir.path());
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.len() - 128;
    let reseal = |bytes: &mut Vec<u8>, format: u32| {
        let at = bytes.len() - 128;
        bytes[at + 12..at + 16].copy_from_slice(&format.to_le_bytes());
        let end = bytes.len();
        let crc = crc32(&bytes[at..end - 4]);
        bytes[end - 4..].copy_from_slice(&crc.to_le_bytes());
    };
    reseal(&mut bytes, 6);
    fs::write(&file, &bytes).unwrap();
    let to = dir.path().join("to");
    let error = restore(&file, &to, false).unwrap_err();
    assert!(matches!(error, StoreError::FormatVersion { found: 6, supported: 5, .. }), "{error:?}");
    assert!(!to.exists());

    // As the first release would have written it: its database, and a trailer.
    let database = fs::read(fixture::v1(dir.path())).unwrap();
    let mut old = bytes[at..].to_vec();
    old[16..24].copy_from_slice(&(database.len() as u64).to_le_bytes());
    old[48..80].copy_from_slice(&hash(&database));
    let mut bytes = [database, old].concat();
    reseal(&mut bytes, 1);
    fs::write(&file, &bytes).unwrap();
    restore(&file, &to, false).unwrap();
    fixture::assert_is_the_fixture(&Store::open(&to, Access::ReadOnly, None).unwrap());
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).to_vec()
}

fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (_, file) = backed_up(dir.path());
    let whole = fs::read(&file).unwrap();
    let to = dir.path().join("to");
    proptest!(ProptestConfig::with_cases(60), |(at in any::<prop::sample::Index>(), flip in 1u8.., cut: bool)| {
        let at = at.index(whole.len());
        let mut bytes = whole.clone();
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= flip;
        }
        fs::write(&file, bytes).unwrap();
        let error = restore(&file, &to, false).unwrap_err();
        prop_assert!(matches!(error, StoreError::BadBackup { .. } | StoreError::FormatVersion { .. }), "{error:?}");
        prop_assert!(!to.join("library.db").exists());
    });
    fs::write(&file, &whole).unwrap();
    restore(&file, &to, false).unwrap();
    sample::assert_holds(&sample::reader(&to), "b", 2, 1);
}
