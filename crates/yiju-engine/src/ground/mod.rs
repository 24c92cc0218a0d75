//! Grounding: whether each sentence of a text, whoever wrote it, is said by the sources that it is given for.
//!
//! A text is cut into sentences with the markers of what they cite (`claims`, `markers`); for each the sentences of the
//! sources that it rests on are chosen by late interaction (`evidence`), and the support is a logistic model over how
//! well they meet it (`model`). Vectors hardly tell 30日 from 60日, so what fails is found by rules and named: numbers,
//! names and quotations (`particulars`), words that turn a sentence (`turning`, over `verify`'s), and conditions left out
//! (`conditions`). One sentence is one claim, and what is partly right is not supported.

mod bodies;
mod check;
mod claims;
mod conditions;
mod engine;
mod evidence;
pub(crate) mod markers;
pub(crate) mod model;
mod particulars;
mod report;
mod sources;
mod turning;

pub(crate) use check::without_model;
#[cfg(feature = "measure")]
pub(crate) use engine::signals;
pub use report::{
    GROUND_THRESHOLD, GroundCitation, GroundContradiction, GroundFailure, GroundFailureKind,
    GroundRequest, GroundSource, GroundedClaim, GroundedSource, Grounding,
};
pub use sources::GroundSources;
