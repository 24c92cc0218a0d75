//! The way of a question: analysed, embedded, retrieved, ranked, read and answered, or refused.

pub(crate) mod about;
pub(crate) mod amount;
pub(crate) mod compose;
pub(crate) mod confidence;
pub(crate) mod consequence;
pub(crate) mod constraints;
pub(crate) mod embedded;
mod engine;
pub(crate) mod evidence;
pub(crate) mod lookup;
pub(crate) mod matter;
pub(crate) mod meeting;
pub(crate) mod named;
pub(crate) mod pairs;
pub(crate) mod parts;
pub(crate) mod pipeline;
pub(crate) mod question;
pub(crate) mod quotable;
pub(crate) mod rank;
pub(crate) mod reader;
pub(crate) mod rerank;
pub(crate) mod retrieve;
pub(crate) mod scope;
pub(crate) mod series;
pub(crate) mod trace;
pub(crate) mod unit;
pub(crate) mod wording;
