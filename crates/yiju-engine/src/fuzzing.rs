//! Doors for the fuzz targets: the analysis of a question, and of a text to check.

use yiju_index::LexicalIndex;

use crate::ask::question::Question;

/// Analyses a question as [`crate::Engine::ask`] does before anything is searched.
pub fn question(text: &str, lexical: &LexicalIndex) {
    let _ = Question::new(text, lexical);
}

/// Checks a text against a source as [`crate::Engine::ground`] does, but for what the model gives.
///
/// # Panics
/// A span is not one of the text.
pub fn ground(answer: &str, source: &str) {
    crate::ground::without_model(answer, source);
}
