//! What the library holds: sources read and taken in, replaced and removed, the indexes derived from them, and
//! their checks.

pub(crate) mod archive;
pub(crate) mod corpus;
pub(crate) mod engine;
pub(crate) mod history;
pub(crate) mod indexes;
pub(crate) mod ingest;
pub(crate) mod library;
pub(crate) mod maintain;
mod matching;
pub(crate) mod passages;
pub(crate) mod picture;
pub(crate) mod printed;
pub(crate) mod reading;
pub(crate) mod recognition;
pub(crate) mod reembed;
mod replace;
pub(crate) mod saved;
pub(crate) mod shelf;
pub(crate) mod today;
pub(crate) mod versions;
pub(crate) mod views;
