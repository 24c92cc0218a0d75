//! What Yiju knows of language: scripts and character classes, folding of width and Traditional forms, segmentation
//! into terms, numerals, dates and sentences. It knows nothing of documents, indexes or questions.

pub mod chars;
pub mod dates;
mod fold;
pub mod language;
pub mod numerals;
mod sentence;
mod terms;
pub mod words;

pub use fold::{Folded, fold, normalize};
pub use numerals::parse_number;
pub use sentence::split_sentences;
pub use terms::{Term, is_stop_term, terms, warm_up};
