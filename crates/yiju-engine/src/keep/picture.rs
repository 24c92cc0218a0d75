//! Pages of the files that documents were read from, as pictures with marks.

use std::ops::Range;

use yiju_document::Span;
use yiju_format::{Area, Limits, PagePicture, PageRequest, draw_page};
use yiju_store::{Layout, Store};

use crate::error::EngineError;
use crate::keep::views::{boxes, clause_place};
use crate::limits::{DRAWING, MOST_MARKS, WIDEST_PICTURE, check_limit};
use crate::response::PageBox;

/// Which page to draw, and what to mark on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureRequest {
    /// The document's id.
    pub document: String,
    /// The page of its file, from 1.
    pub page: u32,
    /// Ids of clauses of the document; what of them is printed on the page is marked. At most 100 with the spans.
    pub clauses: Vec<String>,
    /// Parts of the document's clean text to mark, in UTF-8 bytes: `byte_start` and `byte_end` of a citation's span.
    pub spans: Vec<Range<usize>>,
    /// Width in pixels, 1 to 4,000; `None` for 110 pixels to the inch.
    pub width: Option<u32>,
}

/// Draws a page; `None` where there is no such document.
pub(crate) fn draw(
    store: &Store,
    request: &PictureRequest,
) -> Result<Option<PagePicture>, EngineError> {
    if let Some(width) = request.width {
        check_limit("width", width as usize, WIDEST_PICTURE)?;
    }
    let marks = request.clauses.len() + request.spans.len();
    if marks > MOST_MARKS {
        check_limit("the number of clauses and spans to mark", marks, MOST_MARKS)?;
    }
    let Some(record) = store.document_record(&request.document)? else { return Ok(None) };
    let there = |what: String| EngineError::NotThere { what };
    let layout = store
        .layout(&request.document)?
        .ok_or_else(|| there("page of this document to draw: it was given as text".to_owned()))?;
    let marks = marked(store, request, &layout)?;
    let bytes = store.original(&request.document)?.ok_or_else(|| {
        there(
            "page of this document to draw: the file that it was read from was not kept".to_owned(),
        )
    })?;
    let limits = Limits { time: DRAWING, ..Limits::default() };
    let request = PageRequest { page: request.page, width: request.width, marks };
    draw_page(&bytes, &request, &limits)
        .map(Some)
        .map_err(|source| EngineError::Format { source_name: record.source, source })
}

/// The lines to mark.
fn marked(
    store: &Store,
    request: &PictureRequest,
    layout: &Layout,
) -> Result<Vec<Area>, EngineError> {
    let mut spans = request.spans.clone();
    for id in &request.clauses {
        let place = clause_place(id).filter(|(document, _)| *document == request.document);
        let found = match place {
            Some((document, index)) => store.clause(document, index)?,
            None => None,
        };
        let Some(record) = found else {
            let shown: String = id.chars().take(50).collect();
            return Err(EngineError::NotThere {
                what: format!("clause `{shown}` in this document"),
            });
        };
        let Span { byte_start, byte_end, .. } = record.clause.span;
        spans.push(byte_start..byte_end);
    }
    let lines = spans.into_iter().flat_map(|bytes| boxes(bytes, layout));
    Ok(lines
        .filter(|line| line.page == request.page)
        .map(|PageBox { left, top, right, bottom, .. }| Area { left, top, right, bottom })
        .collect())
}
