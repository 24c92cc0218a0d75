//! Made data for benchmarks and tests: clauses of a policy-like Chinese, clustered unit vectors, and the random
//! numbers behind both. The same seed gives the same data on every machine and in every release, so that published
//! figures can be measured again.
//!
//! ```
//! use yiju_made::{MadeText, MadeVectors, SEED};
//!
//! let (heading, text) = MadeText::new(SEED).clause(7);
//! assert!(heading.starts_with("第1章") && text.starts_with("第8条"));
//! assert_eq!(MadeVectors::new(1_000, 384, SEED).clause(7).len(), 384);
//! ```

mod random;
mod text;
mod vectors;

pub use random::Random;
pub use text::MadeText;
pub use vectors::MadeVectors;

/// The seed of published data.
pub const SEED: u64 = 20_260_101;
