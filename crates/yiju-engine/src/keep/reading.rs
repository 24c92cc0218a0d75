//! From a source's bytes to its documents, whatever their format.

use yiju_document::{Document, DocumentError, Facts, parse_file, parse_read, parse_text};
use yiju_format::{Limits, Reading, read};
use yiju_store::Layout;

use crate::error::EngineError;
use crate::keep::ingest::Source;
use crate::keep::printed::layouts;

/// What was read of a source.
pub(crate) struct ReadSource {
    pub(crate) documents: Vec<Document>,
    /// How each document stands in the file; `None` for plain text.
    pub(crate) layouts: Option<Vec<Layout>>,
    /// What could not be read, a sentence each.
    pub(crate) unread: Vec<String>,
}

/// Reads a source.
///
/// # Errors
/// As [`documents`].
pub(crate) fn read_source(source: &Source) -> Result<ReadSource, EngineError> {
    let document =
        |error| EngineError::Document { source_name: source.name.clone(), source: error };
    let Some(reading) = reading(source)? else {
        let documents = match &source.title {
            Some(title) => std::str::from_utf8(&source.bytes)
                .map_err(|error| DocumentError::NotUtf8 { offset: error.valid_up_to() })
                .and_then(|text| parse_text(Some(title), text)),
            None => parse_file(&source.name, &source.bytes),
        };
        let documents = documents.map_err(document)?;
        return Ok(ReadSource { documents, layouts: None, unread: Vec::new() });
    };
    let printed = reading.printed();
    let documents = match &source.title {
        Some(title) => parse_text(Some(title), &printed.text),
        None => parse_read(&source.name, facts(&reading), &printed.text),
    }
    .map_err(document)?;
    let layouts = Some(layouts(&reading, &printed, &documents));
    Ok(ReadSource { documents, layouts, unread: reading.unread })
}

/// The documents of a source.
///
/// # Errors
/// [`EngineError::Format`] if its format is not read or the file is damaged, [`EngineError::Document`] if its text
/// cannot be.
pub fn documents(source: &Source) -> Result<Vec<Document>, EngineError> {
    read_source(source).map(|read| read.documents)
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
