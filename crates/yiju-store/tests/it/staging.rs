//! Vectors of another model: staged beside the library's own, and put in their place at once.

use std::path::Path;

use yiju_store::{Access, Model, NewDocument, Origin, Staging, Store, StoreError, restore};

use crate::sample;

/// Another length of vectors, so that a mixture would be noticed.
const OTHER_DIMENSION: usize = 5;

fn other_model() -> Model {
    Model { fingerprint: "beef".into(), name: "other".into(), dimension: OTHER_DIMENSION }
}

/// The same document with vectors of the other model, which depend on its text alone.
fn embedded(document: yiju_document::Document) -> NewDocument {
    let seed = document.text.bytes().map(u64::from).sum();
    sample::with_passages(document, OTHER_DIMENSION, seed)
}

/// Stages up to `most` of what is not staged, one document at a time; says how many that were.
fn stage(staging: &mut Staging, most: usize) -> usize {
    let pending = staging.plan().unwrap().pending;
    for document in pending.iter().take(most) {
        let (version, document) = staging.document(&document.id).unwrap().unwrap();
        assert_eq!(staging.stage(&[(version, embedded(document))]).unwrap(), 1);
    }
    pending.len().min(most)
}

/// Takes the library over to the other model, from wherever an earlier run stopped.
pub fn take_over(library: &Path) {
    let mut staging = Staging::open(library, &other_model()).unwrap();
    if matches!(staging.origin(), Origin::Own(_)) {
        return;
    }
    stage(&mut staging, usize::MAX);
    staging.swap().unwrap().unwrap();
}

/// The library has these sources with vectors of the other model, and nothing of the old ones.
pub fn holds_other_vectors(library: &Path, sources: &[(&str, u64, usize)]) {
    let store = Store::open(library, Access::ReadWrite, Some(&other_model())).unwrap();
    assert_eq!(store.check().unwrap().problems, []);
    assert_eq!(store.staged().unwrap(), None);
    let mut count = 0;
    for (name, seed, documents) in sources {
        let ids = store.source(name).unwrap().unwrap().document_ids;
        let expected = sample::source(name, *seed, *documents).documents;
        assert_eq!(ids.len(), expected.len());
        for (id, expected) in ids.iter().zip(expected) {
            let (record, document) = store.document(id).unwrap().unwrap();
            assert_eq!(document, expected.document);
            let expected = embedded(document).passages;
            assert_eq!(record.passages, expected.len());
            let ids: Vec<u64> =
                store.document_passages(id).unwrap().iter().map(|passage| passage.id).collect();
            let vectors = store.vectors(&ids).unwrap();
            assert!(vectors.iter().flatten().eq(expected.iter().map(|passage| &passage.vector)));
            for (codes, passage) in store.tokens(&ids).unwrap().iter().zip(&expected) {
                assert_eq!(codes.clone().unwrap_or_default(), passage.tokens);
            }
            count += ids.len() as u64;
        }
    }
    assert_eq!(store.passage_count().unwrap(), count);
}

fn library() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    store.put_source(sample::source("a", 1, 3)).unwrap();
    store.put_source(sample::source("b", 2, 1)).unwrap();
    dir
}

#[test]
fn a_library_is_the_old_models_until_all_is_staged_and_then_the_new_ones() {
    let dir = library();
    let before = sample::reader(dir.path()).state().unwrap();
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    assert_eq!((staging.origin(), staging.library_model()), (&Origin::New, &sample::model()));
    let plan = staging.plan().unwrap();
    assert_eq!((plan.pending.len(), plan.documents), (4, 4));
    assert_eq!(plan.bytes, plan.pending.iter().map(|document| document.bytes).sum::<usize>());
    // One that is staged by half changes nothing for anyone, nor does an early swap.
    assert_eq!(stage(&mut staging, 2), 2);
    assert_eq!(staging.swap().unwrap(), None);
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let store = Store::open(dir.path(), access, Some(&sample::model())).unwrap();
        sample::assert_holds(&store, "a", 1, 3);
        sample::assert_holds(&store, "b", 2, 1);
        assert_eq!(store.state().unwrap(), before);
        assert_eq!(store.check().unwrap().problems, []);
        assert_eq!(store.staged().unwrap().map(|staged| staged.documents), Some(2));
    }
    let refused = Store::open(dir.path(), Access::ReadOnly, Some(&other_model())).unwrap_err();
    let hint = refused.hint().unwrap();
    assert!(hint.contains("`yiju reembed`") && hint.contains("`--model sample`"), "{hint}");

    // A second one is refused; the next goes on where this one stopped.
    let second = Staging::open(dir.path(), &other_model()).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }), "{second:?}");
    drop(staging);
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    assert_eq!(staging.origin(), &Origin::Continued);
    assert_eq!(stage(&mut staging, 9), 2);
    let old = sample::reader(dir.path());
    let done = staging.swap().unwrap().unwrap();
    assert_eq!((done.documents, done.generation), (4, before.generation + 1));
    drop(staging);
    // One that has it open with the old model is told, and never reads the new vectors as the old ones.
    assert!(matches!(old.state(), Err(StoreError::OtherModel { .. })));
    holds_other_vectors(dir.path(), &[("a", 1, 3), ("b", 2, 1)]);
    let store = Store::open(dir.path(), Access::ReadWrite, Some(&other_model())).unwrap();
    assert_ne!(store.state().unwrap().library_id, before.library_id);
    // It is a library like any other: written, and taken over once more.
    store.remove_source("b").unwrap().unwrap();
    drop(store);
    let mut staging = Staging::open(dir.path(), &sample::model()).unwrap();
    for pending in staging.plan().unwrap().pending {
        let (version, document) = staging.document(&pending.id).unwrap().unwrap();
        let at = document.title.trim_start_matches("a第").trim_end_matches('号');
        let seed = 31 + at.parse::<u64>().unwrap();
        let new = sample::with_passages(document, sample::DIMENSION, seed);
        staging.stage(&[(version, new)]).unwrap();
    }
    staging.swap().unwrap().unwrap();
    let store = sample::open(dir.path());
    sample::assert_holds(&store, "a", 1, 3);
    assert_eq!(store.check().unwrap().problems, []);
}

#[test]
fn passage_ids_are_never_used_twice() {
    let dir = library();
    let ids = |store: &Store| {
        let mut ids = Vec::new();
        store.for_each_passage(|passage, _| ids.push(passage.id)).unwrap();
        ids
    };
    let store = sample::open(dir.path());
    let mut seen = ids(&store);
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    stage(&mut staging, 2);
    // Written beside: the numbers go on behind those of what is staged.
    seen.extend(store.put_source(sample::source("c", 3, 1)).unwrap().added_passages);
    drop(store);
    stage(&mut staging, 9);
    staging.swap().unwrap().unwrap();
    drop(staging);
    let store = Store::open(dir.path(), Access::ReadWrite, Some(&other_model())).unwrap();
    let after = ids(&store);
    assert!(after.iter().all(|id| !seen.contains(id)));
    let document = sample::document("d", &[vec!["甲。".into()]]);
    let one = NewDocument { ..embedded(document) };
    let source = yiju_store::NewSource { documents: vec![one], ..sample::source("d", 1, 0) };
    let added = store.put_source(source).unwrap().added_passages;
    assert!(added.iter().all(|id| !seen.contains(id) && !after.contains(id)), "{added:?}");
}

#[test]
fn what_is_written_meanwhile_is_noticed() {
    let dir = library();
    let store = sample::open(dir.path());
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    let plan = staging.plan().unwrap();
    let read = staging.document(&plan.pending[3].id).unwrap().unwrap();
    assert_eq!(stage(&mut staging, 4), 4);
    // One is replaced, two of three are removed with their source's new version, one is added.
    store.put_source(sample::source("b", 7, 1)).unwrap();
    store.put_source(sample::source("a", 1, 1)).unwrap();
    store.put_source(sample::source("c", 3, 1)).unwrap();
    assert_eq!(store.check().unwrap().problems, []);
    assert_eq!(store.staged().unwrap().map(|staged| staged.documents), Some(2));
    // What was embedded of a text that is gone is not staged.
    let (version, document) = read;
    assert_eq!(staging.stage(&[(version, embedded(document))]).unwrap(), 0);
    // With a writer about, nothing takes its place.
    assert_eq!(stage(&mut staging, 9), 3);
    assert!(matches!(staging.swap(), Err(StoreError::Locked { .. })));
    sample::assert_holds(&store, "b", 7, 1);
    drop(store);
    staging.swap().unwrap().unwrap();
    drop(staging);
    holds_other_vectors(dir.path(), &[("a", 1, 1), ("b", 7, 1), ("c", 3, 1)]);
}

#[test]
fn what_was_staged_for_another_model_or_is_not_needed_is_dropped() {
    let dir = library();
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    stage(&mut staging, 2);
    drop(staging);
    let third = Model { fingerprint: "cafe".into(), name: "third".into(), dimension: 3 };
    let mut staging = Staging::open(dir.path(), &third).unwrap();
    assert_eq!(staging.origin(), &Origin::Other(other_model()));
    assert_eq!(staging.plan().unwrap().pending.len(), 4);
    drop(staging);
    let own = Staging::open(dir.path(), &sample::model()).unwrap();
    assert_eq!(own.origin(), &Origin::Own(Some(third)));
    drop(own);
    let own = Staging::open(dir.path(), &sample::model()).unwrap();
    assert_eq!(own.origin(), &Origin::Own(None));
    assert_eq!(sample::open(dir.path()).staged().unwrap(), None);
}

#[test]
fn vectors_that_do_not_fit_are_refused() {
    let dir = library();
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    let id = staging.plan().unwrap().pending[0].id.clone();
    let (version, document) = staging.document(&id).unwrap().unwrap();
    let mut wrong = embedded(document);
    wrong.passages[0].vector = sample::vector(1, sample::DIMENSION);
    let error = staging.stage(&[(version, wrong)]).unwrap_err();
    assert!(matches!(error, StoreError::InvalidSource { .. }), "{error:?}");
    assert_eq!(staging.plan().unwrap().pending.len(), 4);
    assert_eq!(staging.document("0000000000000000").unwrap(), None);
    let nowhere = tempfile::tempdir().unwrap();
    let error = Staging::open(nowhere.path(), &other_model()).unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
}

#[test]
fn an_empty_library_and_one_from_a_backup_made_meanwhile_are_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample::open(dir.path()));
    take_over(dir.path());
    holds_other_vectors(dir.path(), &[]);

    let dir = library();
    let mut staging = Staging::open(dir.path(), &other_model()).unwrap();
    stage(&mut staging, 2);
    let to = tempfile::tempdir().unwrap();
    let file = to.path().join("backup");
    sample::reader(dir.path()).backup(&file).unwrap();
    let restored = to.path().join("library");
    restore(&file, &restored, false).unwrap();
    let mut staging = Staging::open(&restored, &other_model()).unwrap();
    assert_eq!(staging.origin(), &Origin::Continued);
    assert_eq!(stage(&mut staging, 9), 2);
    staging.swap().unwrap().unwrap();
    drop(staging);
    holds_other_vectors(&restored, &[("a", 1, 3), ("b", 2, 1)]);
}
