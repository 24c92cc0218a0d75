//! Documents read back equal those stored, whole and clause by clause.

use proptest::prelude::*;
use yiju_document::{Document, UnitKind};
use yiju_store::{NewSource, StoreError};

use crate::sample::{self, DIMENSION, any_document, sha256};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_document_comes_back_as_it_was_parsed(
        documents in prop::collection::vec(any_document(), 1..4),
        name in "[^\\x00-\\x1f\\x7f-\\u{9f}]{1,20}",
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = sample::open(dir.path());
        let outcome = store.put_source(NewSource {
            name: name.clone(),
            sha256: sha256(b"source"),
            original: None,
            documents: documents
                .iter()
                .cloned()
                .map(|document| sample::with_passages(document, DIMENSION, 1))
                .collect(),
        }).unwrap();
        prop_assert_eq!(outcome.documents.len(), documents.len());
        for (record, document) in outcome.documents.iter().zip(&documents) {
            prop_assert_eq!(&record.source, &name);
            let (found, back) = store.document(&record.id).unwrap().unwrap();
            prop_assert_eq!(&found, record);
            prop_assert_eq!(&back, document);
            prop_assert_eq!(store.text(&record.id).unwrap().unwrap(), document.text.clone());
            clauses_agree(&store, record, document);
        }
    }
}

fn clauses_agree(
    store: &yiju_store::Store,
    record: &yiju_store::DocumentRecord,
    document: &Document,
) {
    for (index, clause) in document.clauses.iter().enumerate() {
        let found = store.clause(&record.id, index as u32).unwrap().unwrap();
        assert_eq!(&found.clause, clause);
        assert_eq!(found.text, document.slice(clause.span));
        assert_eq!(found.path, document.path(index));
        assert_eq!(*found.document, *record);
        assert_eq!(found.id(), format!("{}.{index}", record.id));
        for sentence in &clause.sentences {
            assert_eq!(found.slice(*sentence), Some(document.slice(*sentence)));
            let within = found.within(*sentence).unwrap();
            assert_eq!(found.span_at(within), Some(*sentence));
        }
    }
    assert!(store.clause(&record.id, document.clauses.len() as u32).unwrap().is_none());
}

#[test]
fn clauses_come_in_the_order_asked_from_several_documents() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let a = store.put_source(sample::source("甲", 4, 1)).unwrap().documents.remove(0);
    let b = store.put_source(sample::source("乙", 5, 1)).unwrap().documents.remove(0);
    let wanted = [(b.id.as_str(), 2), (a.id.as_str(), 0), ("nowhere", 0), (b.id.as_str(), 0)];
    let found: Vec<Option<String>> =
        store.clauses(&wanted).unwrap().into_iter().map(|c| c.map(|c| c.id())).collect();
    let expected = wanted.map(|(id, n)| (id != "nowhere").then(|| format!("{id}.{n}")));
    assert_eq!(found, expected);
}

#[test]
fn numbers_are_looked_up_across_documents() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let put = |name, seed| {
        store.put_source(sample::source(name, seed, 1)).unwrap().documents.remove(0).id
    };
    let (a, b) = (put("甲", 2), put("乙", 4));
    let articles = |n, sub| store.numbered_clauses(UnitKind::Article, n, sub).unwrap();
    assert_eq!(articles(2, None), [(a.clone(), 1), (b.clone(), 1)]);
    assert_eq!(articles(4, None), []);
    assert_eq!(articles(4, Some(1)), [(a.clone(), 3), (b.clone(), 3)]);
    assert_eq!(store.numbered_clauses(UnitKind::Arabic, 2, None).unwrap(), []);
    assert_eq!(store.numbered_sections(UnitKind::Chapter, 2).unwrap(), [(a, 1), (b, 1)]);
}

#[test]
fn invalid_sources_are_refused_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    store.put_source(sample::source("政策.txt", 1, 2)).unwrap();
    let refused = |change: &dyn Fn(&mut NewSource), expected: &str| {
        let mut source = sample::source("政策.txt", 2, 2);
        change(&mut source);
        match store.put_source(source) {
            Err(StoreError::InvalidSource { reason, .. }) => {
                assert!(reason.contains(expected), "{reason}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    };
    refused(&|s| s.name.clear(), "name is empty");
    refused(&|s| s.name = "x".repeat(5000), "5000 bytes, the limit is 4096");
    refused(&|s| s.name.push('\0'), "control character");
    refused(&|s| s.sha256.truncate(60), "not a SHA-256");
    refused(&|s| s.documents.clear(), "no documents");
    refused(&|s| s.documents[1].document.text.push('。'), "document 1: its text does not have");
    refused(&|s| s.documents[0].document.clauses[0].span.byte_end += 1, "clause 0: ");
    refused(&|s| s.documents[0].document.clauses[0].span.char_end += 1, "differs in characters");
    refused(&|s| s.documents[0].document.clauses[1].section = Some(9), "section Some(9)");
    refused(&|s| s.documents[0].document.sections[0].parent = Some(0), "does not stand before");
    refused(
        &|s| {
            let other = s.documents[0].document.clauses[1].span;
            s.documents[0].document.clauses[0].sentences[0] = other;
        },
        "outside the clause",
    );
    refused(&|s| s.documents[1].passages[0].clause = 77, "no clause 77");
    refused(&|s| s.documents[1].passages[0].sentence = Some(7), "no sentence 7");
    refused(&|s| s.documents[1].passages[2].vector.truncate(3), "3 dimensions");
    refused(&|s| s.documents[1].passages[2].vector[0] = f32::NAN, "length NaN");
    refused(&|s| s.documents[1].passages[2].vector.fill(0.0), "length 0");
    assert_eq!(store.generation().unwrap(), 1);
    sample::assert_holds(&store, "政策.txt", 1, 2);
}
