//! Parses the text of Chinese policy and law into documents, sections, clauses and sentences.

mod model;

pub use model::{Clause, Document, Section, Span, UnitKind};
