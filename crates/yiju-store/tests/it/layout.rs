//! The files that documents were read from, and where their lines are printed.

use yiju_store::{Layout, PageSize, PrintedLine, Recognised, StoreError};

use crate::sample;

/// A layout of two pages with a line on each.
fn layout(length: usize) -> Layout {
    let line = |bytes, page, recognised| PrintedLine {
        bytes,
        page,
        area: [72.0, 90.5, 300.1, 104.0],
        recognised,
    };
    let sure = Recognised { confidence: Some(0.987) };
    Layout {
        format: "PDF file".into(),
        pages: vec![PageSize { width: 595.0, height: 842.0 }; 2],
        lines: vec![
            line(0..3, 1, None),
            line(3..9, 1, Some(sure)),
            line(9..length, 2, Some(Recognised::default())),
        ],
    }
}

/// A source of two documents of which the first has a layout, with a file of several pieces.
fn paged(name: &str, seed: u64) -> yiju_store::NewSource {
    let mut source = sample::source(name, seed, 2);
    let length = source.documents[0].document.text.len();
    source.documents[0].layout = Some(layout(length));
    source.original = Some((0..5_000u32).flat_map(|n| (n * 7).to_le_bytes()).collect());
    source
}

#[test]
fn a_file_and_its_lines_are_kept_and_go_with_their_document() {
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    let source = paged("page.pdf", 1);
    let done = store.put_source(&source).unwrap();
    let [first, second] = [0, 1].map(|at: usize| done.documents[at].id.clone());
    assert_eq!(store.layout(&first).unwrap(), source.documents[0].layout);
    assert_eq!(store.original(&first).unwrap(), source.original);
    // What was not read from the file has no part in it.
    assert_eq!(store.layout(&second).unwrap(), None);
    assert_eq!(store.original(&second).unwrap(), None);
    assert_eq!(store.original("0000000000000000").unwrap(), None);
    assert_eq!(store.check().unwrap().problems, []);

    // Another text in the document's place was not read from the file.
    let new = sample::source("other", 5, 1).documents.remove(0);
    store.replace_document_with(&first, &new, |_| Ok::<_, StoreError>(())).unwrap();
    assert_eq!((store.layout(&first).unwrap(), store.original(&first).unwrap()), (None, None));

    store.put_source(&source).unwrap();
    assert_eq!(store.original(&first).unwrap(), source.original);
    // The same source without its file.
    let discarded = yiju_store::NewSource { original: None, ..source };
    store.put_source(&discarded).unwrap();
    assert_eq!(store.original(&first).unwrap(), None);
    assert!(store.layout(&first).unwrap().is_some());
    assert!(store.remove_source("page.pdf").unwrap().is_some());
    assert_eq!(store.layout(&first).unwrap(), None);
    assert_eq!(store.check().unwrap().problems, []);
}

#[test]
fn lines_are_found_by_the_bytes_of_a_quote() {
    let layout = layout(40);
    let pages = |from: usize, to: usize| -> Vec<u32> {
        layout.lines_of(from..to).iter().map(|line| line.page).collect()
    };
    assert_eq!(pages(0, 3), [1]);
    assert_eq!(pages(0, 9), [1, 1]);
    assert_eq!(pages(8, 10), [1, 2]);
    assert_eq!(pages(9, 40), [2]);
    assert_eq!(pages(40, 50), [] as [u32; 0]);
}

#[test]
fn a_layout_that_does_not_fit_its_text_is_refused() {
    type Spoil = fn(&mut Layout);
    let spoils: [Spoil; 4] = [
        |layout| layout.lines[2].bytes.end += 1,
        |layout| layout.lines[2].bytes.start = 8,
        |layout| layout.lines[0].page = 0,
        |layout| layout.lines[2].page = 3,
    ];
    let dir = tempfile::tempdir().unwrap();
    let store = sample::open(dir.path());
    for spoil in spoils {
        let mut source = paged("page.pdf", 1);
        spoil(source.documents[0].layout.as_mut().unwrap());
        let error = store.put_source(source).unwrap_err();
        assert!(matches!(error, StoreError::InvalidSource { .. }), "{error:?}");
        assert_eq!(store.generation().unwrap(), 0);
    }
}
