//! The engine with the bundled model, on texts of our own.

mod asking;
mod keeping;
mod library;
mod limits;
mod reranking;
mod verifying;
