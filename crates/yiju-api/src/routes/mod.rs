//! The handlers, one file per resource.

pub(crate) mod ask;
pub(crate) mod batch;
pub(crate) mod clauses;
pub(crate) mod collections;
pub(crate) mod documents;
pub(crate) mod embeddings;
pub(crate) mod ground;
pub(crate) mod health;
pub(crate) mod measure;
pub(crate) mod openai;
pub(crate) mod page;
pub(crate) mod pages;
pub(crate) mod rerank;
pub(crate) mod search;
pub(crate) mod tasks;
pub(crate) mod tei;
mod texts;
mod upload;
pub(crate) mod verify;
mod writing;
