//! Calls that are given up, libraries that are full, documents replaced by their id.

use yiju_engine::{
    Access, AskRequest, Cancel, EngineError, ErrorKind, LibraryLimits, SearchRequest, Source,
};

use crate::library::open;

const RULES: &str = "第一条 借书期限为三十天。\n第二条 押金为一百元。\n";

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), title: Some(name.into()), bytes: text.into() }
}

#[test]
fn a_call_that_is_given_up_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), Access::ReadWrite);
    engine.add(source("规则", RULES), &|_| {}).unwrap();
    let before = engine.size().unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    let given_up = |result: Result<(), EngineError>| {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    };
    let question = AskRequest::new("借书期限多长？");
    let given_up = |call: &dyn Fn() -> Result<(), EngineError>| given_up(cancel.scope(call));
    given_up(&|| engine.ask(&question).map(drop));
    let query = SearchRequest::new("借书");
    given_up(&|| engine.search(&query).map(drop));
    let other = source("别的规则", RULES);
    given_up(&|| engine.add(other.clone(), &|_| {}).map(drop));
    let id = engine.source_documents("规则").unwrap()[0].id.clone();
    let changed = source("规则", "第一条 借书期限为六十天。");
    given_up(&|| engine.replace(&id, changed.clone()).map(drop));
    assert_eq!(engine.size().unwrap().generation, before.generation);
    assert!(engine.ask(&question).unwrap().answered);
}

#[test]
fn an_addition_is_given_up_while_it_is_embedded() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), Access::ReadWrite);
    let text: String =
        (1..200).map(|number| format!("第{number}条 第{number}种情形另行规定。\n")).collect();
    let cancel = Cancel::default();
    let add = || {
        engine.add(source("长", &text), &|progress| {
            if progress.passages_done > 0 {
                cancel.cancel();
            }
            assert!(progress.passages_done < progress.passages_total);
        })
    };
    let result = cancel.scope(add);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(engine.size().unwrap().documents, 0);
}

#[test]
fn a_full_library_takes_no_more_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), Access::ReadWrite);
    engine.add(source("一", RULES), &|_| {}).unwrap();
    let limits = LibraryLimits { max_documents: Some(1), max_bytes: None };
    engine.set_limits(limits).unwrap();
    let refused = engine.add(source("二", RULES), &|_| {}).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Full);
    assert_eq!(refused.to_string(), "the library would have 2 documents, and may have 1");
    let replaced = engine.add(source("一", "第一条 借书期限为六十天。"), &|_| {});
    assert!(replaced.is_ok(), "a replacement takes no more room");

    let limits = LibraryLimits { max_documents: None, max_bytes: Some(1) };
    engine.set_limits(limits).unwrap();
    let long = RULES.repeat(500);
    let refused = engine.add(source("二", &long), &|_| {}).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Full, "{refused}");
    assert_eq!(engine.size().unwrap().documents, 1);
    engine.set_limits(LibraryLimits::default()).unwrap();
    assert!(engine.add(source("二", RULES), &|_| {}).is_ok());
}

#[test]
fn a_library_beside_another_is_apart_from_it() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), Access::ReadWrite);
    let beside = tempfile::tempdir().unwrap();
    let other = engine.open_beside(&beside.path().join("other"), Access::ReadWrite).unwrap();
    other.add(source("规则", RULES), &|_| {}).unwrap();
    let question = AskRequest::new("借书期限多长？");
    assert!(other.ask(&question).unwrap().answered);
    assert!(!engine.ask(&question).unwrap().answered);
}
