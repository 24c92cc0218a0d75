//! A disk that is full or fails at each operation in turn: the error names the cause, and the library is
//! as before the write or as after it.

use std::path::Path;
use std::sync::LazyLock;

use yiju_store::{Access, Store, StoreError, restore};

use crate::faulty_vfs::{Fault, with_fault};
use crate::{fixture, sample};

const FAULTS: [Fault; 4] = [Fault::Full, Fault::TornWrite, Fault::Sync, Fault::Resize];

fn is_fault(error: &StoreError) -> bool {
    let named = error.to_string();
    match error {
        StoreError::Full { .. } => named.contains("the disk is full"),
        StoreError::Io { .. } => named.contains("the system failed"),
        StoreError::Busy { .. } | StoreError::Database { .. } => false,
        _ => false,
    }
}

/// A library with two sources, made once and copied.
fn base(dir: &Path) {
    static MADE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = sample::open(dir.path());
        store.put_source(sample::source("a", 1, 2)).unwrap();
        store.put_source(sample::source("b", 2, 1)).unwrap();
        dir
    });
    std::fs::create_dir_all(dir).unwrap();
    std::fs::copy(MADE.path().join("library.db"), dir.join("library.db")).unwrap();
}

/// The write, and the state it leads to.
type Write = (fn(&Store) -> Result<(), StoreError>, &'static [(&'static str, u64, usize)]);

fn holds(store: &Store, sources: &[(&str, u64, usize)]) -> bool {
    let seed = |name: &str| store.source(name).unwrap().map(|source| source.sha256);
    let wanted = |name: &str, seed: u64| sample::source(name, seed, 1).sha256;
    let same = sources.iter().all(|(name, s, _)| seed(name) == Some(wanted(name, *s)));
    let expected: usize = sources.iter().map(|(.., documents)| documents).sum();
    same && store.document_count().unwrap() == expected as u64
}

fn assert_holds(store: &Store, sources: &[(&str, u64, usize)]) {
    for (name, seed, documents) in sources {
        sample::assert_holds(store, name, *seed, *documents);
    }
    assert_eq!(store.check().unwrap().problems, []);
}

#[test]
fn writes_fail_whole_with_the_cause_and_the_next_one_succeeds() {
    let before = [("a", 1, 2), ("b", 2, 1)];
    let writes: [Write; 3] = [
        (
            |store| store.put_source(sample::source("new", 5, 3)).map(drop),
            &[("a", 1, 2), ("b", 2, 1), ("new", 5, 3)],
        ),
        (
            |store| store.put_source(sample::source("a", 5, 3)).map(drop),
            &[("a", 5, 3), ("b", 2, 1)],
        ),
        (|store| store.remove_source("a").map(drop), &[("b", 2, 1)]),
    ];
    for (write, after) in writes {
        for fault in FAULTS {
            let mut failures = 0;
            for n in 0..400 {
                let dir = tempfile::tempdir().unwrap();
                base(dir.path());
                // Open, write and close, with the fault in one of them.
                let (outcome, seen) = with_fault(fault, n, || {
                    let store = Store::open(dir.path(), Access::ReadWrite, Some(&sample::model()))?;
                    write(&store)
                });
                if let Err(error) = &outcome {
                    failures += 1;
                    assert!(is_fault(error), "{fault:?} {n}: {error:?}: {error}");
                }
                let store = sample::open(dir.path());
                if outcome.is_ok() {
                    assert_holds(&store, after);
                } else if holds(&store, &before) {
                    assert_holds(&store, &before);
                    // The disk works again.
                    write(&store).unwrap();
                    assert_holds(&store, after);
                } else {
                    // The commit was in the log when its sync failed: not acknowledged, but whole.
                    assert_eq!(fault, Fault::Sync, "{n}");
                    assert_holds(&store, after);
                }
                if !seen {
                    break;
                }
            }
            // Not every operation resizes a file.
            assert!(failures > 0 || fault == Fault::Resize, "{fault:?}");
        }
    }
}

#[test]
fn an_open_library_goes_on_after_a_failed_write() {
    let dir = tempfile::tempdir().unwrap();
    base(dir.path());
    let store = sample::open(dir.path());
    for fault in FAULTS {
        for n in 0..12 {
            let seed = 100 + n;
            let (outcome, _) =
                with_fault(fault, n, || store.put_source(sample::source("a", seed, 2)));
            if let Err(error) = outcome {
                assert!(is_fault(&error), "{fault:?} {n}: {error:?}");
            } else {
                sample::assert_holds(&store, "a", seed, 2);
            }
            sample::assert_holds(&store, "b", 2, 1);
            store.put_source(sample::source("a", 1, 2)).unwrap();
            assert_holds(&store, &[("a", 1, 2), ("b", 2, 1)]);
        }
    }
}

#[test]
fn a_backup_that_fails_leaves_the_earlier_one() {
    for fault in FAULTS {
        for n in [0, 1, 2, 5, 10, 20, 40] {
            let dir = tempfile::tempdir().unwrap();
            let library = dir.path().join("library");
            base(&library);
            let file = dir.path().join("backup");
            let store = sample::open(&library);
            store.backup(&file).unwrap();
            store.put_source(sample::source("c", 3, 1)).unwrap();
            let (outcome, _) = with_fault(fault, n, || store.backup(&file));
            let done = restore(&file, &dir.path().join("to"), false).unwrap();
            match outcome {
                Ok(_) => assert_eq!(done.generation, 3),
                Err(error) => {
                    assert!(is_fault(&error), "{fault:?} {n}: {error:?}");
                    assert_eq!(done.generation, 2);
                }
            }
            assert!(!dir.path().join("backup.partial").exists());
        }
    }
}

#[test]
fn a_restore_that_fails_leaves_the_library_as_it_was() {
    for fault in FAULTS {
        for n in 0..60 {
            let dir = tempfile::tempdir().unwrap();
            let library = dir.path().join("library");
            base(&library);
            let file = dir.path().join("backup");
            sample::reader(&library).backup(&file).unwrap();
            let store = sample::open(&library);
            store.put_source(sample::source("a", 9, 1)).unwrap();
            drop(store);
            let (outcome, seen) = with_fault(fault, n, || restore(&file, &library, true));
            let store = sample::open(&library);
            if let Err(error) = &outcome {
                assert!(
                    is_fault(error) || matches!(error, StoreError::BadBackup { .. }),
                    "{fault:?} {n}: {error:?}"
                );
            }
            if outcome.is_ok()
                || (fault == Fault::Sync && holds(&store, &[("a", 1, 2), ("b", 2, 1)]))
            {
                assert_holds(&store, &[("a", 1, 2), ("b", 2, 1)]);
            } else {
                assert_holds(&store, &[("a", 9, 1), ("b", 2, 1)]);
            }
            if !seen {
                break;
            }
        }
    }
}

#[test]
fn a_migration_that_fails_leaves_the_old_format_or_the_new() {
    for fault in FAULTS {
        for n in 0..100 {
            let dir = tempfile::tempdir().unwrap();
            let path = fixture::v1(dir.path());
            let (outcome, seen) =
                with_fault(fault, n, || Store::open(dir.path(), Access::ReadWrite, None).map(drop));
            if let Err(error) = &outcome {
                assert!(is_fault(error), "{fault:?} {n}: {error:?}");
            }
            assert!([1, 5].contains(&fixture::version(&path)));
            let store = Store::open(dir.path(), Access::ReadWrite, None).unwrap();
            fixture::assert_is_the_fixture(&store);
            if !seen {
                break;
            }
        }
    }
}

#[test]
fn reads_that_fail_are_errors_and_never_other_content() {
    let dir = tempfile::tempdir().unwrap();
    base(dir.path());
    for n in 0..60 {
        let (outcome, seen) = with_fault(Fault::Read, n, || {
            let store = Store::open(dir.path(), Access::ReadOnly, Some(&sample::model()))?;
            let mut out = Vec::new();
            store.for_each_passage(|passage, vector| out.push((passage.id, vector.to_vec())))?;
            Ok::<_, StoreError>(out)
        });
        match outcome {
            Ok(read) => assert_eq!(read.len(), {
                let mut count = 0;
                sample::reader(dir.path()).for_each_passage(|_, _| count += 1).unwrap();
                count
            }),
            Err(error) => assert!(
                matches!(error, StoreError::Io { .. } | StoreError::Database { .. }),
                "{n}: {error:?}"
            ),
        }
        if !seen {
            return;
        }
    }
    panic!("it never succeeded");
}

/// A real file system that is really full. Needs root; prints a note without it.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk() {
    use std::process::Command;

    struct Mount(std::path::PathBuf);
    impl Drop for Mount {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(dir.path())
        .output();
    if !mounted.is_ok_and(|out| out.status.success()) {
        // Printed directly, since the test harness would capture it.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"NOT RUN: a_full_disk needs to mount a tmpfs, which takes root\n",
        );
        return;
    }
    let _mount = Mount(dir.path().to_owned());
    let library = dir.path().join("library");
    let store = sample::open(&library);
    let mut stored = 0u64;
    let error = loop {
        match store.put_source(sample::source(&format!("源{stored}"), stored, 4)) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { limit: None, .. }), "{error:?}");
    assert!(stored > 2, "{stored}");
    let whole = |store: &Store| {
        for seed in 0..stored {
            sample::assert_holds(store, &format!("源{seed}"), seed, 4);
        }
        assert_eq!(store.document_count().unwrap(), stored * 4);
        assert_eq!(store.check().unwrap().problems, []);
    };
    whole(&store);
    let backup = store.backup(&dir.path().join("backup")).unwrap_err();
    assert!(matches!(backup, StoreError::Full { .. }), "{backup:?}");
    // Reopened on the full disk, it still reads; once there is room, it writes.
    drop(store);
    whole(&sample::reader(&library));
    let more = Command::new("mount").args(["-o", "remount,size=8m"]).arg(dir.path()).status();
    assert!(more.unwrap().success());
    let store = sample::open(&library);
    whole(&store);
    store.put_source(sample::source(&format!("源{stored}"), stored, 4)).unwrap();
    stored += 1;
    for seed in 0..stored {
        sample::assert_holds(&store, &format!("源{seed}"), seed, 4);
    }
}
