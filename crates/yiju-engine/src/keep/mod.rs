//! What the library holds: sources taken in, replaced and removed, the indexes derived from them, and their checks.

pub(crate) mod corpus;
pub(crate) mod indexes;
pub(crate) mod ingest;
pub(crate) mod locks;
pub(crate) mod maintain;
pub(crate) mod replace;
pub(crate) mod shelf;
pub(crate) mod views;
