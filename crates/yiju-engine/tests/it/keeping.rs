//! Adding, replacing and removing, and opening again.

use yiju_document::Entry;
use yiju_engine::{Access, AddStatus, AskRequest, EngineError, ErrorKind, Source};

use crate::library::{LAW, NOTICE, add, ask, open};

const QUESTION: &str = "停水要提前多久通知用户？";

#[test]
fn a_document_is_found_when_added_replaced_when_changed_and_gone_when_removed() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    let added = add(&engine, "law.txt", LAW);
    assert_eq!((added.status, added.documents.len()), (AddStatus::Added, 1));
    assert!(ask(&engine, QUESTION).citations[0].quote.contains("二十四小时"));

    assert_eq!(add(&engine, "law.txt", LAW).status, AddStatus::Unchanged);
    let replaced = add(&engine, "law.txt", &LAW.replace("二十四小时", "四十八小时"));
    assert_eq!(replaced.status, AddStatus::Replaced);
    assert_eq!(replaced.documents[0].id, added.documents[0].id);
    assert!(ask(&engine, QUESTION).citations[0].quote.contains("四十八小时"));

    assert!(engine.remove(&added.documents[0].id).unwrap());
    assert!(!engine.remove(&added.documents[0].id).unwrap());
    assert!(!ask(&engine, QUESTION).answered);
    assert_eq!(add(&engine, "law.txt", LAW).status, AddStatus::Added);
    assert!(ask(&engine, QUESTION).answered);
}

#[test]
fn answers_are_the_same_opened_again_and_with_the_indexes_gone() {
    let dir = tempfile::tempdir().unwrap();
    let answer = |access| {
        let engine = open(dir.path(), access);
        if access == Access::ReadWrite {
            add(&engine, "law.txt", LAW);
            add(&engine, "notice.txt", NOTICE);
            engine.save_indexes().unwrap();
        }
        let mut answer = ask(&engine, QUESTION);
        answer.timings_ms = Default::default();
        answer
    };
    let built = answer(Access::ReadWrite);
    assert!(built.answered);
    assert_eq!(answer(Access::ReadWrite), built);
    assert_eq!(answer(Access::ReadOnly), built);
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    assert_eq!(answer(Access::ReadOnly), built);
    // Damage in what is derived is found and made good.
    assert_eq!(answer(Access::ReadWrite), built);
    let damaged = damage(&dir.path().join("index"));
    assert!(damaged > 0);
    assert_eq!(answer(Access::ReadWrite), built);
}

/// Flips a byte in every file under `dir`; says how many there were.
fn damage(dir: &std::path::Path) -> usize {
    let mut count = 0;
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            count += damage(&path);
        } else {
            let mut bytes = std::fs::read(&path).unwrap();
            if let Some(middle) = bytes.len().checked_div(2).and_then(|at| bytes.get_mut(at)) {
                *middle ^= 0x55;
                std::fs::write(&path, bytes).unwrap();
                count += 1;
            }
        }
    }
    count
}

#[test]
fn questions_asked_while_documents_change_see_one_version_or_the_other() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    add(&engine, "notice.txt", NOTICE);
    let versions = ["二十四小时", "四十八小时"];
    let (stop, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    // `ask` holds the quote against the text, which may be replaced in between.
                    let answer = engine.ask(&AskRequest::new(QUESTION)).unwrap();
                    let quote = answer.citations.first().map(|c| c.quote.as_str());
                    assert!(
                        quote.is_some_and(|q| versions.iter().any(|v| q.contains(v))),
                        "{answer:#?}"
                    );
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..12 {
            let version = versions[(round + 1) % 2];
            let text = LAW.replace("二十四小时", version);
            assert_eq!(add(&engine, "law.txt", &text).status, AddStatus::Replaced);
            // Found as soon as the add returned.
            assert!(ask(&engine, QUESTION).citations[0].quote.contains(version));
            let other = add(&engine, "other.txt", &NOTICE.replace("图书馆", "博物馆"));
            assert!(engine.remove(&other.documents[0].id).unwrap());
        }
        while asked.load(Ordering::Relaxed) < 10 {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(engine.documents(None, 10).unwrap().documents.len(), 2);
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    for (bytes, kind) in [
        (&b""[..], ErrorKind::Unreadable),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", ErrorKind::Unsupported),
    ] {
        let source = Source { name: "law.txt".into(), title: None, bytes: bytes.into() };
        let error = engine.add(source, &|_| {}).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with("law.txt: "), "{error}");
    }
    assert!(ask(&engine, QUESTION).answered);
    let page = engine.documents(None, 10).unwrap();
    assert_eq!(page.documents.len(), 1);
}

#[test]
fn a_reader_does_not_write() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), Access::ReadWrite));
    let engine = open(dir.path(), Access::ReadOnly);
    let source = Source { name: "law.txt".into(), title: None, bytes: LAW.into() };
    assert!(matches!(engine.add(source, &|_| {}), Err(EngineError::ReadOnly(_))));
    assert!(matches!(engine.remove("0"), Err(EngineError::ReadOnly(_))));
}

#[test]
fn clauses_are_read_with_their_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    let document = add(&engine, "law.txt", LAW).documents.remove(0);
    let clauses = engine.clauses(&document.id).unwrap().unwrap();
    assert_eq!(clauses.len(), document.clauses);
    for (at, clause) in clauses.iter().enumerate() {
        assert_eq!(engine.clause(&clause.id).unwrap().as_ref(), Some(clause));
        assert_eq!(clause.previous.is_none(), at == 0);
        assert_eq!(clause.next.as_ref(), clauses.get(at + 1).map(|next| &next.id));
    }
    for id in ["", "nowhere.0", &format!("{}.+1", document.id), &format!("{}.99", document.id)] {
        assert_eq!(engine.clause(id).unwrap(), None, "{id}");
    }
    assert_eq!(engine.clauses("nowhere").unwrap(), None);
}

#[test]
fn a_corpus_takes_only_what_changed_and_leaves_other_sources_alone() {
    let entry = |law: &str, article: &str, text: &str| Entry {
        title: Some(law.into()),
        article: Some(article.into()),
        text: text.into(),
        ..Entry::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    let mut corpus = vec![
        entry("泳池条例", "第一条", "泳池每日七时开放。"),
        entry("图书馆条例", "第一条", "图书馆周一闭馆。"),
        entry("泳池条例", "第二条", "泳池水温不低于二十六度。"),
    ];
    let added = |corpus: &[Entry]| {
        let last = std::cell::Cell::new(None);
        let outcome = engine.add_corpus("c.jsonl#", corpus, &|at| last.set(Some(at))).unwrap();
        (outcome, last.get().unwrap())
    };
    let (first, end) = added(&corpus);
    assert_eq!((first.status, first.documents.len()), (AddStatus::Added, 2));
    assert_eq!((end.documents_done, end.bytes_unchanged), (2, 0));
    assert_eq!((end.bytes_done, end.passages), (end.bytes_total, 6));
    for (entry, id) in corpus.iter().zip(&first.clause_ids) {
        let (document, index) = id.split_once('.').unwrap();
        let clauses = engine.clauses(document).unwrap().unwrap();
        assert_eq!(clauses[index.parse::<usize>().unwrap()].paragraph, entry.text);
    }
    // As if the first call had broken off before the second document.
    assert!(engine.remove(&first.documents[1].id).unwrap());
    let (second, end) = added(&corpus);
    assert_eq!(
        (second.status, end.passages, second.clause_ids),
        (AddStatus::Added, 2, first.clause_ids)
    );
    assert_eq!(added(&corpus).0.status, AddStatus::Unchanged);
    corpus.remove(1);
    assert_eq!(added(&corpus).0.status, AddStatus::Replaced);
    assert!(ask(&engine, "泳池几点开放？").answered);
    assert!(ask(&engine, QUESTION).answered);
    assert_eq!(engine.documents(None, 10).unwrap().documents.len(), 2);
}
