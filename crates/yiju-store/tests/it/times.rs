//! When documents are in force: read as they are stored, told, and kept.

use yiju_document::{DateKind, parse};
use yiju_store::{NewDocument, NewSource, Store, Told};

use crate::sample;

fn put(store: &Store, name: &str, text: &str, told: &Told) -> String {
    let documents = parse(text.as_bytes())
        .unwrap()
        .into_iter()
        .map(|document| NewDocument {
            told: told.clone(),
            ..sample::with_passages(document, sample::model().dimension, 1)
        })
        .collect();
    let sha256 = "0".repeat(64);
    let source = NewSource { name: name.into(), sha256, original: None, documents };
    store.put_source(source).unwrap().documents[0].id.clone()
}

const OLD: &str = "航标办法\n（2015年6月1日某市人民政府令第18号公布）\n第一条　航标要亮。\n第二条　本办法自2015年7月1日起施行。\n";
const NEW: &str = "航标管理办法\n（2023年9月15日某市人民政府令第41号公布）\n第一条　航标要亮。\n\
    第二条　本办法自2023年11月1日起施行。《航标办法》（某市人民政府令第18号）同时废止。\n";

#[test]
fn documents_that_concern_each_other_are_found_without_reading_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let none = Told::default();
    let old = put(&store, "old", OLD, &none);
    put(&store, "other", &OLD.replace("航标", "灯塔").replace("18", "19"), &none);
    assert!(store.linked_documents().unwrap().is_empty(), "each title is there once");
    let new = put(&store, "new", NEW, &none);
    let linked = store.linked_documents().unwrap();
    let ids: Vec<&str> = linked.iter().map(|(record, _)| record.id.as_str()).collect();
    assert_eq!(ids, [old.as_str(), new.as_str()]);
    let day = |kind: DateKind| linked[1].1.day(kind).map(|day| day.to_string());
    assert_eq!(day(DateKind::Effective).as_deref(), Some("2023-11-01"));
    assert_eq!(linked[1].1.said.repeals.len(), 1);
    let ranges = store.passage_ranges(&[&old, "nothing"]).unwrap();
    let passages = store.document_passages(&old).unwrap();
    let range = ranges[0].as_ref().unwrap();
    assert_eq!(
        (range.first, range.last),
        (passages.first().unwrap().id, passages.last().unwrap().id)
    );
    assert_eq!(ranges[1], None);
    assert_eq!(store.check().unwrap().problems, []);
}

#[test]
fn what_is_told_stays_when_the_text_is_replaced_and_goes_with_the_document() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let mut told = Told::default();
    told.days.insert(DateKind::Repealed, "2020-01-01".parse().unwrap());
    let id = put(&store, "old", OLD, &told);
    let later = Told { replaces: vec!["b943f526a5d784fa".into()], ..Told::default() };
    let (generation, ()) =
        store.tell_with(&id, &later, |_| Ok::<_, yiju_store::StoreError>(())).unwrap();
    assert_eq!(generation, Some(2));
    let again = put(&store, "old", &OLD.replace("要亮", "要常亮"), &Told::default());
    assert_eq!(again, id);
    let kept = store.times(&id).unwrap().unwrap().told;
    assert_eq!(kept.days, told.days);
    assert_eq!(kept.replaces, later.replaces);
    assert_eq!(store.check().unwrap().problems, []);
    store.remove_document(&id).unwrap();
    assert_eq!(store.times(&id).unwrap(), None);
    let unknown = store.tell_with(&id, &told, |_| Ok::<_, yiju_store::StoreError>(())).unwrap();
    assert_eq!(unknown.0, None);
    assert_eq!(store.check().unwrap().problems, []);
}

#[test]
fn damaged_days_are_found_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let id = put(&store, "new", NEW, &Told::default());
    let before = store.times(&id).unwrap();
    let database = rusqlite::Connection::open(dir.path().join("library.db")).unwrap();
    for damage in [
        "UPDATE times SET body = replace(body, '2023-11-01', '2003-11-01')",
        "UPDATE times SET title = 'x', linked = 0",
        "DELETE FROM times",
    ] {
        database.execute_batch(damage).unwrap();
        assert_eq!(store.check().unwrap().problems.len(), 1, "{damage}");
        assert!(!store.repair().unwrap().is_empty());
        assert_eq!(store.check().unwrap().problems, [], "{damage}");
        assert_eq!(store.times(&id).unwrap(), before);
    }
}
