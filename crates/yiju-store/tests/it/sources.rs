//! Storing, replacing, removing, listing, and the log of changes.

use std::collections::BTreeSet;

use yiju_store::{DocumentRecord, Store, StoreError};

use crate::sample;

fn ids(documents: &[DocumentRecord]) -> Vec<String> {
    documents.iter().map(|d| d.id.clone()).collect()
}

/// Every passage that is there, and that the counts agree.
fn live(store: &Store) -> BTreeSet<u64> {
    let mut live = BTreeSet::new();
    let generation = store.for_each_passage(|passage, vector| {
        assert_eq!(vector.len(), sample::DIMENSION);
        assert!(live.insert(passage.id));
    });
    assert_eq!(generation.unwrap(), store.generation().unwrap());
    assert_eq!(store.passage_count().unwrap(), live.len() as u64);
    live
}

#[test]
fn replacing_keeps_ids_and_place_and_uses_new_passages() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let first = store.put_source(sample::source("page.txt", 1, 3)).unwrap();
    store.put_source(sample::source("other.txt", 9, 1)).unwrap();
    assert!(!first.replaced);
    assert_eq!(first.generation, 1);

    let second = store.put_source(sample::source("page.txt", 2, 2)).unwrap();
    assert!(second.replaced);
    assert_eq!(second.generation, 3);
    assert_eq!(ids(&second.documents), ids(&first.documents)[..2]);
    assert_eq!(second.removed_passages, first.added_passages);
    assert!(second.added_passages.iter().min() > first.added_passages.iter().max());
    assert_eq!(second.documents[0].added_at, first.documents[0].added_at);
    assert!(second.documents[0].updated_at >= first.documents[0].updated_at);
    assert!(store.document(&first.documents[2].id).unwrap().is_none());
    sample::assert_holds(&store, "page.txt", 2, 2);
    sample::assert_holds(&store, "other.txt", 9, 1);

    // A replaced document is listed where it was, a new one at the end.
    let third = store.put_source(sample::source("page.txt", 3, 3)).unwrap();
    let listed = store.documents(None, 100).unwrap();
    let places: Vec<(&str, u32)> =
        listed.documents.iter().map(|d| (d.source.as_str(), d.ordinal)).collect();
    assert_eq!(places, [("page.txt", 0), ("page.txt", 1), ("other.txt", 0), ("page.txt", 2)]);
    assert_eq!(ids(&third.documents), ids(&first.documents));
    assert_eq!(store.document_count().unwrap(), 4);
    assert_eq!(live(&store).len(), listed.documents.iter().map(|d| d.passages).sum::<usize>());
}

#[test]
fn passages_are_told_by_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let put = store.put_source(sample::source("a", 1, 2)).unwrap();
    let asked = [put.added_passages[5], 999_999, u64::MAX, put.added_passages[0]];
    let found = store.passages(&asked).unwrap();
    assert_eq!(found.iter().map(|p| p.id).collect::<Vec<_>>(), [asked[0], asked[3]]);
    assert_eq!((found[1].clause, found[1].sentence), (0, None));
    assert_eq!((found[0].clause, found[0].sentence), (1, Some(1)));
    assert_eq!(found[0].document_id, put.documents[0].id);
    assert!(store.vector(asked[0]).unwrap().is_some());
    assert!(store.vector(999_999).unwrap().is_none());
    // The first passage is a clause and has token vectors, the sixth is a sentence and has none.
    let tokens = store.tokens(&asked).unwrap();
    assert_eq!(tokens[3].as_ref().map(Vec::len), Some(72));
    assert_eq!([&tokens[0], &tokens[1], &tokens[2]], [&None, &None, &None]);
    assert!(store.document_passages("nowhere").unwrap().is_empty());
}

#[test]
fn removing_a_document_marks_its_source_and_the_last_takes_it_along() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let put = store.put_source(sample::source("page.txt", 1, 2)).unwrap();
    assert!(store.remove_document("0000000000000000").unwrap().is_none());
    assert_eq!(store.generation().unwrap(), 1);

    let removed = store.remove_document(&put.documents[0].id).unwrap().unwrap();
    assert_eq!(removed.generation, 2);
    assert_eq!(removed.document_ids, [put.documents[0].id.clone()]);
    let source = store.source("page.txt").unwrap().unwrap();
    assert!(!source.complete);
    assert_eq!(source.document_ids, [put.documents[1].id.clone()]);

    // Adding it again makes it whole, under the same ids.
    let again = store.put_source(sample::source("page.txt", 1, 2)).unwrap();
    assert_eq!(ids(&again.documents), ids(&put.documents));
    sample::assert_holds(&store, "page.txt", 1, 2);

    for document in &put.documents {
        assert!(store.remove_document(&document.id).unwrap().is_some());
    }
    assert!(store.source("page.txt").unwrap().is_none());
    assert_eq!((store.document_count().unwrap(), live(&store).len()), (0, 0));

    // Passage ids continue from the last one, also after reopening.
    drop(store);
    let store = sample::open(dir.path());
    let last = store.put_source(sample::source("page.txt", 1, 2)).unwrap();
    assert!(last.added_passages.iter().min() > again.added_passages.iter().max());
    assert_eq!(store.remove_source("page.txt").unwrap().unwrap().document_ids.len(), 2);
    assert!(store.remove_source("page.txt").unwrap().is_none());
}

#[test]
fn one_document_of_several_is_replaced_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    store.put_source(sample::source("a", 1, 3)).unwrap();
    store.put_source(sample::source("b", 2, 1)).unwrap();
    let before = store.documents(None, 9).unwrap().documents;
    let id = before[1].id.clone();
    let old: BTreeSet<u64> =
        store.document_passages(&id).unwrap().iter().map(|passage| passage.id).collect();
    let generation = store.generation().unwrap();

    let new = sample::source("c", 7, 1).documents.remove(0);
    let (outcome, ()) =
        store.replace_document_with(&id, &new, |_| Ok::<_, StoreError>(())).unwrap();
    let outcome = outcome.unwrap();
    assert_eq!(outcome.generation, generation + 1);
    assert_eq!(BTreeSet::from_iter(outcome.removed_passages), old);
    let there = store.document_passages(&id).unwrap();
    let there: Vec<u64> = there.iter().map(|passage| passage.id).collect();
    assert_eq!(outcome.added_passages, there);

    let (record, document) = store.document(&id).unwrap().unwrap();
    assert_eq!(document, new.document);
    assert_eq!((record.source.as_str(), record.ordinal), ("a", 1));
    assert_eq!(outcome.documents, std::slice::from_ref(&record));
    let mut expected = before.clone();
    expected[1] = record;
    assert_eq!(store.documents(None, 9).unwrap().documents, expected);
    assert!(!store.source("a").unwrap().unwrap().complete);
    assert_eq!(store.check().unwrap().problems, []);

    // Adding the source again restores it, under the same ids.
    store.put_source(sample::source("a", 1, 3)).unwrap();
    sample::assert_holds(&store, "a", 1, 3);
    assert_eq!(ids(&store.documents(None, 9).unwrap().documents), ids(&before));
    let gone = store.replace_document_with("none", &new, |_| Ok::<_, StoreError>(()));
    assert_eq!(gone.unwrap().0, None);
}

#[test]
fn names_are_taken_as_given() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    // The same word composed and decomposed, and others that a looser match would mix up.
    let names = ["é.txt", "e\u{301}.txt", "A", "a", " a", "政策 意见.txt", "%", "a/../b", "🏙"];
    for (seed, name) in (0..).zip(names) {
        store.put_source(sample::source(name, seed, 1)).unwrap();
    }
    for (seed, name) in (0..).zip(names) {
        sample::assert_holds(&store, name, seed, 1);
    }
    assert_eq!(store.document_count().unwrap(), names.len() as u64);
}

#[test]
fn a_listing_in_pages_misses_and_repeats_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    for n in 0..7 {
        store.put_source(sample::source(&format!("s{n}"), n, 1)).unwrap();
    }
    let all = ids(&store.documents(None, 1000).unwrap().documents);
    let first = store.documents(None, 3).unwrap();
    assert_eq!(ids(&first.documents), all[..3]);
    let cursor = first.next_cursor.unwrap();

    // The document at the cursor is removed, one ahead too, one is added, one is replaced.
    store.remove_document(&all[2]).unwrap().unwrap();
    store.remove_document(&all[4]).unwrap().unwrap();
    let new = store.put_source(sample::source("s7", 7, 1)).unwrap().documents.remove(0).id;
    store.put_source(sample::source("s0", 70, 1)).unwrap();
    let second = store.documents(Some(&cursor), 3).unwrap();
    assert_eq!(ids(&second.documents), [all[3].clone(), all[5].clone(), all[6].clone()]);
    let third = store.documents(second.next_cursor.as_deref(), 3).unwrap();
    assert_eq!(ids(&third.documents), [new]);
    assert_eq!(third.next_cursor, None);

    // A page that ends with the last document is the last page.
    assert_eq!(store.documents(None, 6).unwrap().next_cursor, None);
    let mut each = Vec::new();
    store.for_each_document(|document| each.push(document.id)).unwrap();
    assert_eq!(each, ids(&store.documents(None, 100).unwrap().documents));

    match store.documents(Some("7-beef"), 3) {
        Err(StoreError::InvalidCursor { cursor }) => assert_eq!(cursor, "7-beef"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn changes_lead_from_any_known_generation_to_the_current_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let mut states = vec![live(&store)];
    for n in 0..30 {
        let name = format!("s{}", n % 4);
        if n % 7 == 6 {
            store.remove_source(&name).unwrap();
        } else {
            store.put_source(sample::source(&name, n, 1 + n as usize % 3)).unwrap();
        }
        if store.generation().unwrap() as usize == states.len() {
            states.push(live(&store));
        }
    }
    let now = states.last().unwrap();
    for (generation, state) in (0..).zip(&states) {
        let changes = store.changes_since(generation).unwrap().unwrap();
        assert_eq!(changes.generation, states.len() as u64 - 1);
        let mut state = state.clone();
        for id in &changes.removed {
            assert!(state.remove(id), "{id} was not there");
        }
        for id in &changes.added {
            assert!(state.insert(*id), "{id} was there");
        }
        assert_eq!(&state, now);
    }
    assert_eq!(store.changes_since(states.len() as u64).unwrap(), None);
    assert_eq!(store.changes_since(u64::MAX).unwrap(), None);
}
