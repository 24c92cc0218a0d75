//! Where the quotes of an answer are printed.

use yiju_store::Store;

use crate::error::EngineError;
use crate::response::{Answer, Citation, PageBox};

/// Says of each citation on which page and in which lines it is printed, where its source has pages.
pub(crate) fn place(store: &Store, answer: &mut Answer) -> Result<(), EngineError> {
    for citation in &mut answer.citations {
        let Some(layout) = store.layout(&citation.document.id)? else {
            continue;
        };
        let boxes = boxes(citation, &layout);
        citation.page = boxes.first().map(|first| first.page);
        citation.boxes = boxes;
    }
    Ok(())
}

fn boxes(citation: &Citation, layout: &yiju_store::Layout) -> Vec<PageBox> {
    let quote = citation.span.byte_start..citation.span.byte_end;
    layout
        .lines_of(quote)
        .iter()
        .map(|line| {
            let [left, top, right, bottom] = line.area;
            PageBox { page: line.page, left, top, right, bottom }
        })
        .collect()
}
