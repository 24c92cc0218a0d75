//! Where the quotes of an answer are printed.

use std::collections::HashMap;

use yiju_store::{Layout, Store};

use crate::error::EngineError;
use crate::keep::views::boxes;
use crate::response::Answer;

/// Says of each citation on which page and in which lines it is printed, where its source has pages. The layout of a
/// document is read once.
pub(crate) fn place(store: &Store, answer: &mut Answer) -> Result<(), EngineError> {
    let mut layouts: HashMap<String, Option<Layout>> = HashMap::new();
    for citation in &mut answer.citations {
        let id = &citation.document.id;
        if !layouts.contains_key(id) {
            layouts.insert(id.clone(), store.layout(id)?);
        }
        let Some(Some(layout)) = layouts.get(id) else { continue };
        let boxes = boxes(citation.span.byte_start..citation.span.byte_end, layout);
        citation.page = boxes.first().map(|first| first.page);
        citation.boxes = boxes;
    }
    Ok(())
}
