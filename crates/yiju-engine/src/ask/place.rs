//! Where the quotes of an answer and the hits of a search are printed, and whether they were recognised in a picture.

use std::collections::HashMap;

use yiju_document::Span;
use yiju_store::{Layout, PrintedLine, Store};

use crate::error::EngineError;
use crate::keep::views::page_box;
use crate::response::{Answer, PageBox, SearchResponse};

/// The layouts of documents, each read once.
struct Layouts<'a> {
    store: &'a Store,
    read: HashMap<String, Option<Layout>>,
}

impl<'a> Layouts<'a> {
    fn of(store: &'a Store) -> Self {
        Self { store, read: HashMap::new() }
    }

    /// The printed lines of a part of a document; none where it has no pages.
    fn lines(&mut self, id: &str, span: Span) -> Result<&[PrintedLine], EngineError> {
        if !self.read.contains_key(id) {
            self.read.insert(id.to_owned(), self.store.layout(id)?);
        }
        let layout = self.read.get(id).and_then(Option::as_ref);
        Ok(layout.map_or(&[], |layout| layout.lines_of(span.byte_start..span.byte_end)))
    }
}

/// Says of each citation on which page and in which lines it is printed, where its source has pages.
pub(crate) fn place(store: &Store, answer: &mut Answer) -> Result<(), EngineError> {
    let mut layouts = Layouts::of(store);
    for citation in &mut answer.citations {
        let lines = layouts.lines(&citation.clause.document.id, citation.span)?;
        (citation.page, citation.boxes) = printed(lines);
        (citation.recognised, citation.recognition_confidence) = recognised(lines);
    }
    Ok(())
}

/// Says of each hit where its paragraph is printed, where its source has pages.
pub(crate) fn place_hits(store: &Store, response: &mut SearchResponse) -> Result<(), EngineError> {
    let mut layouts = Layouts::of(store);
    for hit in &mut response.hits {
        let lines = layouts.lines(&hit.clause.document.id, hit.clause.paragraph_span)?;
        (hit.page, hit.boxes) = printed(lines);
        (hit.recognised, hit.recognition_confidence) = recognised(lines);
    }
    Ok(())
}

/// The page of the first line, and where each is.
fn printed(lines: &[PrintedLine]) -> (Option<u32>, Vec<PageBox>) {
    (lines.first().map(|first| first.page), lines.iter().map(page_box).collect())
}

/// Whether any line was recognised, and the confidence of the least sure one.
fn recognised(lines: &[PrintedLine]) -> (bool, Option<f32>) {
    let known = lines.iter().filter_map(|line| line.recognised);
    let least = known.clone().filter_map(|found| found.confidence).min_by(f32::total_cmp);
    (known.count() > 0, least)
}
