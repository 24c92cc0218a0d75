//! Verification: whether the documents hold quotes, and how well these support a statement.

mod align;
pub(crate) mod claims;
mod engine;
mod find;
mod folds;
mod force;
pub(crate) mod model;
mod quote;
mod report;
mod support;
pub(crate) mod turns;

pub use claims::{Mismatch, MismatchKind};
pub use report::{
    CitedDocument, CitedQuote, Contradiction, Difference, DifferenceKind, QuotePlace, QuoteStatus,
    Support, Verification, VerifiedQuote, VerifyRequest,
};
