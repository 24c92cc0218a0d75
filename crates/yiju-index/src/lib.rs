//! Indexes over vectors and over words, both derived from the store and checked
//! against its generation when they are loaded.
//!
//! - [`AdaptiveIndex`] is what the engine uses for vectors: an exact scan
//!   ([`ExactIndex`]) while the library is small, a graph ([`HnswIndex`]) above
//!   [`SWITCH_POINT`], rebuilt in the background, saved as one checksummed file that
//!   is mapped when loaded. All of them are a [`VectorIndex`].
//! - [`LexicalIndex`] finds entries by the words of a question (BM25).
//! - A [`Filter`] limits any search, which still gives `k` results where `k` exist.
//!
//! ```
//! use yiju_index::{AdaptiveIndex, LexicalIndex, VectorIndex};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut vectors = AdaptiveIndex::new(2);
//! vectors.insert(7, &[1.0, 0.0])?;
//! vectors.insert(8, &[0.6, 0.8])?;
//! let hits = vectors.search(&[0.8, 0.6], 1, None)?;
//! assert_eq!(hits[0].id, 8);
//!
//! let mut words = LexicalIndex::in_memory()?;
//! words.add(7, "优化城市体系", "控制超大城市规模。")?;
//! words.add(8, "优化城市体系", "推动中小城市发展。")?;
//! words.commit(1)?;
//! assert_eq!(words.search("超大城市的規模", 1, None)?[0].id, 7);
//! # Ok(())
//! # }
//! ```
//!
//! How a vector search works: each vector has an 8-bit code. A scan scores the codes
//! and then, by float, only the rows whose error bound lets them into the result, so
//! it is exact. The graph is built by hnsw_rs over the codes and copied into flat
//! arrays (`graph`). Searches walk it over 4-bit codes (`coarse`), then rescore the rows
//! found, by 8-bit codes and then by float; snapshots hold the arrays unchanged
//! (`snapshot`). Vectors inserted after a build go to a side segment that is scanned
//! exactly (`hnsw`).

mod adaptive;
mod build;
mod coarse;
mod error;
mod exact;
mod graph;
mod hnsw;
mod late;
mod lexical;
mod quantise;
mod rows;
mod snapshot;
mod vector;
mod words_directory;

pub use adaptive::{AdaptiveIndex, SWITCH_POINT};
pub use error::{IndexError, SnapshotError};
pub use exact::ExactIndex;
pub use hnsw::{DEFAULT_EF, HnswIndex, Rebuild, Rebuilt};
pub use late::{CodedTokens, LateError, QueryTokens, TokenKind, TokenVector, encode_tokens};
pub use lexical::LexicalIndex;
pub use vector::{Filter, Hit, MAX_DIMENSION, VectorIndex};
