//! What callers may ask for: the limits of every request, in one place.

use std::time::Duration;

use crate::error::EngineError;

/// The longest question or query, in characters.
pub(crate) const LONGEST_QUESTION: usize = 2_000;
/// The most earlier questions of a conversation.
pub(crate) const MOST_EARLIER: usize = 20;
/// The longest instructions, in characters.
pub(crate) const LONGEST_INSTRUCTIONS: usize = 100_000;
/// The most citations of an answer.
pub(crate) const MOST_CITATIONS: usize = 20;
/// The most hits of a search.
pub(crate) const MOST_HITS: usize = 100;
/// The most documents on a page of a listing.
pub(crate) const MOST_ON_PAGE: usize = 1_000;
/// The longest statement to verify, in characters.
pub(crate) const LONGEST_STATEMENT: usize = 2_000;
/// The longest quote to verify, in characters.
pub(crate) const LONGEST_QUOTE: usize = 5_000;
/// The most quotes of a verification.
pub(crate) const MOST_QUOTES: usize = 20;
/// The most places given for a verified quote.
pub(crate) const MOST_PLACES: usize = 20;

/// The longest text to check, in characters.
pub(crate) const LONGEST_ANSWER: usize = 20_000;
/// The most sources of such a text.
pub(crate) const MOST_SOURCES: usize = 100;
/// The most characters of all its sources together.
pub(crate) const LONGEST_SOURCES: usize = 60_000;

/// The longest text that documents are listed by, in characters.
pub(crate) const LONGEST_MATCHING: usize = 200;

/// The widest picture of a page, in pixels.
pub(crate) const WIDEST_PICTURE: usize = 4_000;
/// The most clauses and spans marked on a page.
pub(crate) const MOST_MARKS: usize = 100;
/// The longest that drawing a page may take.
pub(crate) const DRAWING: Duration = Duration::from_secs(20);

/// Refuses a text of more than `most` characters, or without a letter or digit.
pub(crate) fn check_text(what: &'static str, text: &str, most: usize) -> Result<(), EngineError> {
    let characters = text.chars().count();
    if characters > most || !text.chars().any(char::is_alphanumeric) {
        return Err(EngineError::OutOfRange {
            what,
            range: format!("1 to {most}, with at least one letter or digit"),
            value: characters.to_string(),
        });
    }
    Ok(())
}

/// Refuses a number that is not 1 to `most`.
pub(crate) fn check_limit(
    what: &'static str,
    value: usize,
    most: usize,
) -> Result<(), EngineError> {
    if value == 0 || value > most {
        return Err(EngineError::OutOfRange {
            what,
            range: format!("1 to {most}"),
            value: value.to_string(),
        });
    }
    Ok(())
}
