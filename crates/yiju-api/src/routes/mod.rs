//! The handlers, one file for each thing of the API.

pub(crate) mod ask;
pub(crate) mod clauses;
pub(crate) mod collections;
pub(crate) mod documents;
pub(crate) mod embeddings;
pub(crate) mod health;
pub(crate) mod search;
mod upload;
pub(crate) mod verify;

/// Longest form in bytes, where a document may have `document` bytes.
pub(crate) fn upload_limit(document: usize) -> usize {
    document.saturating_add(upload::FORM_OVERHEAD)
}
