//! The engine with the bundled model, on texts of our own.

mod answering;
mod asking;
mod keeping;
mod library;
mod limits;
mod naming;
mod particulars;
mod reembedding;
mod reranking;
mod verifying;
mod versions;
mod writing;
