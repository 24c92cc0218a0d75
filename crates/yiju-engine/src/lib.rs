//! Answers questions about documents with the clauses the answers rest on.

mod response;

pub use response::*;
