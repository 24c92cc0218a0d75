//! A door for the fuzz targets: the analysis of a question.

use yiju_index::LexicalIndex;

use crate::ask::question::Question;

/// Analyses a question as [`crate::Engine::ask`] does before anything is searched.
pub fn question(text: &str, lexical: &LexicalIndex) {
    let _ = Question::new(text, lexical);
}
