//! Data made to be measured: clauses of a policy-like Chinese and clustered unit vectors, the same ones on
//! every machine.

mod text;
mod vectors;
mod words;

pub use text::MadeText;
pub use vectors::MadeVectors;

/// The seed of all made data.
pub const SEED: u64 = 20_260_101;

/// The fewest clauses that are made.
pub const LEAST_CLAUSES: usize = 1_000;
/// The most clauses that are made.
pub const MOST_CLAUSES: usize = 1_000_000;
/// The most sentences for each clause.
pub const MOST_SENTENCES: usize = 10;
