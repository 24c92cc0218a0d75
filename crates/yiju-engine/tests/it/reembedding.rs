//! A library embedded anew with another model: the bundled one with another prefix, which makes other vectors.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use yiju_embed::{Embedder, EmbedderOptions};
use yiju_engine::{
    Access, Answer, Cancel, CorpusProgress, EngineError, ErrorKind, Origin, Precision, Reembedding,
};

use crate::library::{LAW, NOTICE, add, ask, model, open, open_with};

const QUESTIONS: [&str; 4] = [
    "停水要提前多久通知用户？",
    "图书馆周五开放到几点？",
    "擅自改装供水设施怎么处罚？",
    "第七条第三种情形由谁办理？",
];

/// A law of more text than is embedded together with others.
fn long() -> String {
    let articles: String = (1..=60)
        .map(|n| {
            format!("第{n}条　第{n}种情形由第{n}科办理，第{n}科应当在{n}日内答复申请人，并说明理由和依据，告知救济途径。\n")
        })
        .collect();
    format!("事项办理条例\n{articles}")
}

fn made(dir: &Path, model: &Path) {
    let engine = open_with(dir, model, Access::ReadWrite).unwrap();
    add(&engine, "law.txt", LAW);
    add(&engine, "long.txt", &long());
    add(&engine, "notice.txt", NOTICE);
}

/// The bundled model with other settings, in `dir`.
fn other_model(dir: &Path) -> PathBuf {
    let other = dir.join("other-model");
    std::fs::create_dir(&other).unwrap();
    for item in std::fs::read_dir(model()).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_file() {
            std::fs::copy(item.path(), other.join(item.file_name())).unwrap();
        }
    }
    let settings = "pooling = \"mean\"\n[prefixes]\nquery = \"问题：\"\npassage = \"原文：\"\n";
    std::fs::write(other.join("yiju.toml"), settings).unwrap();
    other
}

fn reembedding(dir: &Path, model: &Path) -> Result<Reembedding, EngineError> {
    let options = EmbedderOptions { precision: Precision::Int8, threads: 1 };
    Reembedding::open(dir, Embedder::open(model, options).unwrap())
}

fn answers(dir: &Path, model: &Path) -> Vec<Answer> {
    let engine = open_with(dir, model, Access::ReadOnly).unwrap();
    let asked = QUESTIONS.iter().map(|question| {
        let mut answer = ask(&engine, question);
        answer.timings_ms = Default::default();
        answer
    });
    asked.collect()
}

#[test]
fn taken_over_equals_made_anew_and_the_old_model_answers_until_then() {
    let place = tempfile::tempdir().unwrap();
    let (old, new) = (model(), other_model(place.path()));
    let [library, fresh] = ["library", "fresh"].map(|name| place.path().join(name));
    made(&library, &old);
    let before = answers(&library, &old);

    // Given up in the second of three batches: the first is kept, and nothing has changed.
    let cancel = Cancel::new();
    let last: Cell<Option<CorpusProgress>> = Cell::new(None);
    let mut first = reembedding(&library, &new).unwrap();
    assert_eq!(first.origin(), &Origin::New);
    let given_up = cancel.scope(|| {
        first.run(&|at| {
            last.set(Some(at));
            if at.documents_done == 1 {
                cancel.cancel();
            }
        })
    });
    assert_eq!(given_up.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(last.get().map(|at| (at.documents_done, at.documents_total)), Some((1, 3)));
    drop(first);
    assert_eq!(answers(&library, &old), before);
    let refused = open_with(&library, &new, Access::ReadOnly).err().unwrap();
    let hint = refused.hint().unwrap();
    assert!(hint.contains("`yiju reembed`") && hint.contains("`--model yiju"), "{hint}");
    let checked = yiju_engine::check(&library, false).unwrap();
    assert!(checked.sound, "{:?}", checked.findings);
    assert_eq!(checked.staged.map(|staged| staged.documents), Some(1));

    // Written with the old model meanwhile: one gone that was staged, one changed, one new.
    let engine = open(&library, Access::ReadWrite);
    let changed = LAW.replace("二十四小时", "四十八小时");
    let gone = add(&engine, "law.txt", &changed).documents[0].id.clone();
    assert!(engine.remove(&gone).unwrap());
    add(&engine, "law.txt", &changed);
    add(&engine, "notice.txt", &NOTICE.replace("二十二时", "二十三时"));
    let mut second = reembedding(&library, &new).unwrap();
    assert_eq!(second.origin(), &Origin::Continued);
    // As long as the old model's writer is there, the new vectors wait.
    let waits = second.run(&|_| {}).unwrap_err();
    assert!(matches!(waits, EngineError::NotSwapped(_)), "{waits}");
    assert_eq!(waits.kind(), ErrorKind::Busy);
    assert!(ask(&engine, QUESTIONS[0]).citations[0].quote.contains("四十八小时"));
    drop(engine);
    let before = answers(&library, &old);
    let done = second.run(&|at| last.set(Some(at))).unwrap().unwrap();
    assert_eq!((done.documents, done.embedded), (3, 0));
    assert_eq!(last.get().map(|at| at.documents_done), Some(3));
    drop(second);

    let engine = open_with(&fresh, &new, Access::ReadWrite).unwrap();
    add(&engine, "long.txt", &long());
    add(&engine, "notice.txt", &NOTICE.replace("二十二时", "二十三时"));
    add(&engine, "law.txt", &changed);
    drop(engine);
    let after = answers(&library, &new);
    assert_eq!(after, answers(&fresh, &new));
    // The answers are of the new vectors: the scores differ.
    assert_ne!(after, before);
    let checked = yiju_engine::check(&library, false).unwrap();
    assert!(checked.sound, "{:?}", checked.findings);
    assert_eq!((checked.staged, checked.model.name.as_str()), (None, "other-model"));
    let refused = open_with(&library, &old, Access::ReadOnly).err().unwrap();
    assert!(refused.hint().unwrap().contains("`--model other-model`"));
    assert_eq!(reembedding(&library, &new).unwrap().run(&|_| {}).unwrap(), None);
}

#[test]
fn one_that_reads_with_the_old_model_is_told_when_its_vectors_are_gone() {
    let place = tempfile::tempdir().unwrap();
    let new = other_model(place.path());
    let library = place.path().join("library");
    let engine = open(&library, Access::ReadWrite);
    add(&engine, "law.txt", LAW);
    drop(engine);
    let reader = open(&library, Access::ReadOnly);
    assert!(ask(&reader, QUESTIONS[0]).answered);
    reembedding(&library, &new).unwrap().run(&|_| {}).unwrap().unwrap();
    let error = reader.ask(&yiju_engine::AskRequest::new(QUESTIONS[0])).unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("`--model other-model`")), "{error}");
}
