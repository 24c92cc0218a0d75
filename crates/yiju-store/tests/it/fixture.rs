//! A library of format 1, made by the first release, opened by this one.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use yiju_store::{Access, Store, StoreError};

/// Copies the fixture's database into a new directory.
pub fn v1(dir: &Path) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1/library.db");
    let to = dir.join("library.db");
    fs::copy(from, &to).unwrap();
    to
}

pub fn version(path: &Path) -> u32 {
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// What the fixture holds, whatever its format.
pub fn assert_is_the_fixture(store: &Store) {
    let documents = store.documents(None, 10).unwrap().documents;
    let seen: Vec<_> = documents
        .iter()
        .map(|d| (d.id.as_str(), d.title.as_str(), d.source.as_str(), d.clauses, d.passages))
        .collect();
    assert_eq!(
        seen,
        [
            ("811f41aef1b48c2d", "城市供水条例", "供水条例.txt", 4, 9),
            ("b943f526a5d784fa", "关于做好图书馆夜间开放工作的通知", "夜间开放.txt", 2, 6),
        ]
    );
    let clause = store.clause("811f41aef1b48c2d", 3).unwrap().unwrap();
    assert_eq!(
        clause.text,
        "第四条　因工程施工确需停止供水的，供水企业应当提前二十四小时通知用户。"
    );
    assert_eq!(clause.path, ["第二章 供水管理", "第四条"]);
    assert_eq!(clause.clause.roles, [yiju_document::Role::Body]);
    let mut passages = 0;
    store
        .for_each_passage(|_, vector| {
            passages += 1;
            assert_eq!(vector.len(), 384);
        })
        .unwrap();
    assert_eq!(passages, 15);
    // What documents say of their time is read when they are brought up.
    let times = store.times("811f41aef1b48c2d").unwrap().unwrap();
    assert_eq!((times.said.facts.len(), times.told.is_empty()), (0, true));
    assert!(store.linked_documents().unwrap().is_empty());
    assert_eq!(store.generation().unwrap(), 4);
    let changes = store.changes_since(2).unwrap().unwrap();
    assert_eq!((changes.added.len(), changes.removed.len()), (0, 0));
    assert_eq!(store.check().unwrap().problems, []);
}

#[test]
fn a_library_of_version_1_is_brought_up_by_whoever_opens_it() {
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let dir = tempfile::tempdir().unwrap();
        let path = v1(dir.path());
        assert_eq!(version(&path), 1);
        let store = Store::open(dir.path(), access, None).unwrap();
        assert_is_the_fixture(&store);
        assert_eq!(version(&path), 5);
        drop(store);
        // From then on it is of this version: it can be written.
        let store = Store::open(dir.path(), Access::ReadWrite, None).unwrap();
        assert_is_the_fixture(&store);
        let model = store.model().clone();
        assert_eq!((model.dimension, model.name.as_str()), (384, "multilingual-e5-small-q4"));
        assert!(store.remove_document("b943f526a5d784fa").unwrap().is_some());
        assert_eq!(store.check().unwrap().problems, []);
    }
}

#[test]
fn a_library_of_version_1_that_another_process_holds_is_refused_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let path = v1(dir.path());
    let lock = fs::File::create(dir.path().join("library.lock")).unwrap();
    lock.try_lock().unwrap();
    let error = Store::open(dir.path(), Access::ReadOnly, None).unwrap_err();
    assert!(matches!(error, StoreError::FormatVersion { found: 1, supported: 5, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("stop the process"), "{error}");
    assert_eq!(version(&path), 1);
    drop(lock);
    assert_is_the_fixture(&Store::open(dir.path(), Access::ReadOnly, None).unwrap());
}
