//! Measures retrieval, evidence and refusals on question sets, and speed ([`mod@bench`]).
//!
//! A [`Dataset`] is read from a folder with `corpus.jsonl` and `queries.jsonl` (gzip allowed), or
//! from a file of questions over an existing library. [`add_corpus`] makes a corpus a library,
//! [`evaluate`] asks every question and returns a [`Report`], and [`Asked::write`] writes training data.
//!
//! ```no_run
//! use std::path::Path;
//! use yiju_engine::{Access, Engine, EngineOptions, Precision};
//! use yiju_eval::{Dataset, EvalOptions, add_corpus, evaluate};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let set = Dataset::read(Path::new("cmrc"), None)?;
//! let engine = Engine::open(EngineOptions {
//!     library: "library-eval-cmrc".into(),
//!     model: "models/yiju-e5-small-q8".into(),
//!     access: Access::ReadWrite,
//!     threads: 0,
//!     precision: Precision::Int8,
//! })?;
//! let clauses = add_corpus(&engine, &set.corpus, &|_| {})?;
//! let report = evaluate(&engine, &set, &clauses, &EvalOptions::default(), &|_| {})?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod answer;
pub mod bench;
mod corpus;
mod dataset;
mod error;
mod ground;
mod measure;
mod metrics;
mod reading;
mod records;
mod report;
mod run;
mod table;

pub use answer::{character_f1, exact_match};
pub use corpus::{ClauseIds, add_corpus, find_added_corpus, find_corpus};
pub use dataset::{Dataset, Query, corpus_name};
pub use error::EvalError;
pub use ground::{Checked, GroundRates, GroundReport, evaluate_grounding};
pub use metrics::{Interval, auroc, auroc_interval, bootstrap, percentile};
pub use records::{Asked, Records};
pub use report::{ErrorRate, Figures, Lane, Report};
pub use run::{EvalOptions, Progress, evaluate};
