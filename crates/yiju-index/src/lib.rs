//! Vector and word indexes.

mod adaptive;
mod build;
mod error;
mod exact;
mod fold;
mod graph;
mod hnsw;
mod late;
mod lexical;
mod quantise;
mod raw;
mod rows;
mod snapshot;
mod terms;
mod vector;

pub use adaptive::{AdaptiveIndex, SWITCH_POINT};
pub use error::{IndexError, SnapshotError};
pub use exact::ExactIndex;
pub use fold::normalize;
pub use hnsw::{DEFAULT_EF, HnswIndex, Rebuild, Rebuilt};
pub use late::{CodedTokens, LateError, QueryTokens, TokenVector, encode_tokens};
pub use lexical::LexicalIndex;
pub use terms::{Term, is_stop_term, terms, warm_up};
pub use vector::{Filter, Hit, MAX_DIMENSION, VectorIndex};
