//! Measures retrieval, evidence and refusals on question sets, inside the product.
//!
//! A [`Dataset`] is read from a folder with `corpus.jsonl` and `queries.jsonl` (gzip allowed), or
//! from a file of questions over a library that is there. [`evaluate`] asks every question and
//! gives a [`Report`].

mod dataset;
mod error;
mod metrics;
mod report;
mod run;

pub use dataset::{Dataset, Query};
pub use error::EvalError;
pub use metrics::{Interval, auroc, bootstrap, character_f1, exact_match, percentile};
pub use report::{Figures, Report};
pub use run::{EvalOptions, Progress, add_corpus, evaluate};
