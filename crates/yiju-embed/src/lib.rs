//! Text embeddings on the CPU.

mod config;
mod error;
mod gguf;
mod mapping;
mod weights;

pub use error::EmbedError;
