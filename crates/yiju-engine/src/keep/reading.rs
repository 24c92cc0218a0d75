//! From a source's bytes to its documents, whatever their format.

use yiju_document::{Document, DocumentError, Facts, parse_file, parse_read, parse_text};
use yiju_format::{Limits, Reading, read};

use crate::error::EngineError;
use crate::keep::ingest::Source;

/// The documents of a source.
///
/// # Errors
/// [`EngineError::Format`] if its format is not read or the file is damaged, [`EngineError::Document`] if its text
/// cannot be.
pub fn documents(source: &Source) -> Result<Vec<Document>, EngineError> {
    let document = |error| EngineError::Document { source_name: source.name.clone(), source: error };
    let Some(reading) = reading(source)? else {
        return match &source.title {
            Some(title) => std::str::from_utf8(&source.bytes)
                .map_err(|error| DocumentError::NotUtf8 { offset: error.valid_up_to() })
                .and_then(|text| parse_text(Some(title), text)),
            None => parse_file(&source.name, &source.bytes),
        }
        .map_err(document);
    };
    let text = reading.printed().text;
    match &source.title {
        Some(title) => parse_text(Some(title), &text),
        None => parse_read(&source.name, facts(&reading), &text),
    }
    .map_err(document)
}

/// What a source's file holds; `None` for plain text.
///
/// # Errors
/// [`EngineError::Format`].
pub fn reading(source: &Source) -> Result<Option<Reading>, EngineError> {
    read(&source.bytes, &Limits::default())
        .map_err(|error| EngineError::Format { source_name: source.name.clone(), source: error })
}

fn facts(reading: &Reading) -> Facts {
    let yiju_format::Facts { title, issuer, number, date } = reading.facts.clone();
    Facts { title, issuer, number, date: date.as_deref().and_then(Facts::read_date) }
}
