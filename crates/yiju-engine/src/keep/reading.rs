//! From a source's bytes to its documents, whatever their format.

use yiju_document::{Document, DocumentError, Facts, parse_file, parse_read, parse_text};
use yiju_embed::Cancel;
use yiju_format::{Format, Limits, Printed, Reading, read_as};
use yiju_store::Layout;

use crate::error::EngineError;
use crate::keep::ingest::Source;
use crate::keep::printed::layouts;
use crate::keep::recognition::Recognition;

/// What was read of a source.
pub(crate) struct ReadSource {
    pub(crate) documents: Vec<Document>,
    /// How each document stands in the file; `None` for plain text.
    pub(crate) layouts: Option<Vec<Layout>>,
    /// What could not be read, a sentence each.
    pub(crate) unread: Vec<String>,
}

/// Reads a source whose bytes are of this format.
///
/// # Errors
/// As [`reading`] and [`documents_of`].
pub(crate) fn read_source(
    source: &Source,
    format: Format,
    recognition: &Recognition,
) -> Result<ReadSource, EngineError> {
    let Some(reading) = reading(source, format, recognition)? else {
        let documents = documents_of(source, None)?;
        return Ok(ReadSource { documents, layouts: None, unread: Vec::new() });
    };
    let printed = reading.printed();
    let documents = of_printed(source, &reading, &printed)?;
    let layouts = Some(layouts(&reading, &printed, &documents));
    Ok(ReadSource { documents, layouts, unread: reading.unread })
}

/// The documents of a source, with what its file holds (see [`reading`]).
///
/// # Errors
/// [`EngineError::Document`] if its text cannot be read.
pub fn documents_of(
    source: &Source,
    reading: Option<&Reading>,
) -> Result<Vec<Document>, EngineError> {
    if let Some(reading) = reading {
        return of_printed(source, reading, &reading.printed());
    }
    let documents = match &source.title {
        Some(title) => std::str::from_utf8(&source.bytes)
            .map_err(|error| DocumentError::NotUtf8 { offset: error.valid_up_to() })
            .and_then(|text| parse_text(Some(title), text)),
        None => parse_file(&source.name, &source.bytes),
    };
    documents.map_err(|error| unparsed(source, error))
}

fn of_printed(
    source: &Source,
    reading: &Reading,
    printed: &Printed,
) -> Result<Vec<Document>, EngineError> {
    let documents = match &source.title {
        Some(title) => parse_text(Some(title), &printed.text),
        None => parse_read(&source.name, facts(reading), &printed.text),
    };
    documents.map_err(|error| unparsed(source, error))
}

fn unparsed(source: &Source, error: DocumentError) -> EngineError {
    EngineError::Document { source_name: source.name.clone(), source: error }
}

/// What a source's file of this format holds; `None` for plain text.
///
/// # Errors
/// [`EngineError::Format`], [`EngineError::Cancelled`].
pub fn reading(
    source: &Source,
    format: Format,
    recognition: &Recognition,
) -> Result<Option<Reading>, EngineError> {
    let recognition = recognition.of_files();
    read_as(format, &source.bytes, &Limits::default(), recognition).map_err(|error| {
        // Recognition ends early once the call is given up.
        if Cancel::current().is_some_and(|cancel| cancel.is_cancelled()) {
            return EngineError::Cancelled;
        }
        EngineError::Format { source_name: source.name.clone(), source: error }
    })
}

fn facts(reading: &Reading) -> Facts {
    let yiju_format::Facts { title, issuer, number, date } = reading.facts.clone();
    Facts { title, issuer, number, date: date.as_deref().and_then(Facts::read_date) }
}
