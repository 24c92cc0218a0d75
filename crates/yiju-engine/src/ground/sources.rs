//! Sources made ready to be checked against: cut into sentences, with the vectors of their tokens.

use std::ops::Range;

use yiju_document::Span;
use yiju_embed::{InputType, Priority, TokenVector};
use yiju_store::ClauseRecord;
use yiju_text::{normalize, split_sentences};

use super::markers::LARGEST;
use super::report::{GroundSource, GroundedSource};
use crate::ask::cite::context;
use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::keep::views::clause_place;
use crate::limits::{LONGEST_SOURCES, MOST_SOURCES, check_limit};
use crate::response::ClauseRef;

/// Sources made ready by [`Engine::ground_sources`], to check several texts against.
pub struct GroundSources {
    pub(super) all: Vec<Source>,
}

/// A source with what is looked at.
pub(super) struct Source {
    pub shown: GroundedSource,
    pub text: String,
    /// Where the text begins in the document; 0 for a text of its own.
    start: Span,
    /// Sentences as bytes of the text.
    pub sentences: Vec<Range<usize>>,
    /// The tokens of the text with their vectors.
    pub tokens: Vec<TokenVector>,
    /// Title, headings and what leads in to the clause, in normal form: what is said of the text, too.
    pub around: String,
}

impl Source {
    /// The span of bytes of the text in what `citations` refer to.
    pub(super) fn span(&self, bytes: &Range<usize>) -> Span {
        let characters =
            |range: Range<usize>| self.text.get(range).map_or(0, |t| t.chars().count());
        let before = characters(0..bytes.start);
        Span {
            char_start: self.start.char_start + before,
            char_end: self.start.char_start + before + characters(bytes.clone()),
            byte_start: self.start.byte_start + bytes.start,
            byte_end: self.start.byte_start + bytes.end,
        }
    }
}

/// The start of a text of its own.
const NOWHERE: Span = Span { char_start: 0, char_end: 0, byte_start: 0, byte_end: 0 };

/// A source before it is embedded.
struct Raw {
    shown: GroundedSource,
    text: String,
    start: Span,
    lead: String,
}

/// Makes the sources of a request ready.
pub(super) fn prepare(
    engine: &Engine,
    sources: &[GroundSource],
) -> Result<GroundSources, EngineError> {
    check_limit("the number of sources", sources.len(), MOST_SOURCES)?;
    let mut raw = Vec::with_capacity(sources.len());
    for (place, source) in (1u32..).zip(sources) {
        let marker = source.marker.unwrap_or(place);
        check_limit("a source's marker", marker as usize, LARGEST as usize)?;
        if raw.iter().any(|other: &Raw| other.shown.marker == marker) {
            return Err(refused("the marker of a source", "one that no other has", marker));
        }
        raw.push(read(engine, source, marker)?);
    }
    embed(engine, raw)
}

/// Makes clauses of the library ready, numbered from 1.
pub(super) fn prepare_clauses(
    engine: &Engine,
    records: &[ClauseRecord],
) -> Result<GroundSources, EngineError> {
    let mut raw = Vec::with_capacity(records.len());
    for (marker, record) in (1u32..).zip(records) {
        raw.push(of_clause(engine, record, marker, None, None)?);
    }
    embed(engine, raw)
}

fn read(engine: &Engine, source: &GroundSource, marker: u32) -> Result<Raw, EngineError> {
    let (id, title) = (source.id.clone(), source.title.clone());
    match (&source.text, &source.clause_id) {
        (Some(text), None) if source.document_id.is_none() => {
            if text.trim().is_empty() {
                return Err(refused("a source's text", "more than white space", marker));
            }
            Ok(Raw {
                shown: GroundedSource {
                    marker,
                    id,
                    title: title.unwrap_or_default(),
                    clause: None,
                },
                text: text.clone(),
                start: NOWHERE,
                lead: String::new(),
            })
        }
        (None, Some(clause)) => {
            let missing = || EngineError::NotThere { what: format!("clause {clause}") };
            let (document, index) = clause_place(clause).ok_or_else(missing)?;
            if source.document_id.as_ref().is_some_and(|named| named != document) {
                return Err(EngineError::OutOfRange {
                    what: "a source's clause_id",
                    range: "a clause of the document_id beside it".into(),
                    value: clause.clone(),
                });
            }
            let record = engine.library.store.clause(document, index)?.ok_or_else(missing)?;
            of_clause(engine, &record, marker, id, title)
        }
        _ => Err(refused("a source", "either a text or a clause_id", marker)),
    }
}

fn refused(what: &'static str, range: &str, marker: u32) -> EngineError {
    EngineError::OutOfRange { what, range: range.into(), value: format!("[{marker}]") }
}

fn of_clause(
    engine: &Engine,
    record: &ClauseRecord,
    marker: u32,
    id: Option<String>,
    title: Option<String>,
) -> Result<Raw, EngineError> {
    let parts = context(engine, record, &[])?;
    let lead: Vec<String> = parts.into_iter().map(|part| part.quote).collect();
    Ok(Raw {
        shown: GroundedSource {
            marker,
            id,
            title: title.unwrap_or_else(|| record.document.title.clone()),
            clause: Some(ClauseRef::of(record)),
        },
        text: record.text.clone(),
        start: record.clause.span,
        lead: lead.join(" "),
    })
}

fn embed(engine: &Engine, raw: Vec<Raw>) -> Result<GroundSources, EngineError> {
    let characters: usize = raw.iter().map(|one| one.text.chars().count()).sum();
    check_limit("the characters of all sources", characters, LONGEST_SOURCES)?;
    go_on()?;
    let texts: Vec<&str> = raw.iter().map(|one| one.text.as_str()).collect();
    let embedded = engine.model.embed_tokens(Priority::Batch, InputType::Passage, &texts)?;
    let all = raw.into_iter().zip(embedded).map(|(raw, (_, vectors))| {
        let clause = raw.shown.clause.as_ref();
        let path = clause
            .map(|clause| format!("{} {}", clause.path.join(" "), clause.label))
            .unwrap_or_default();
        let document = clause.map_or("", |clause| clause.document.title.as_str());
        let around = normalize(&format!("{} {document} {path} {}", raw.shown.title, raw.lead));
        Source {
            sentences: split_sentences(&raw.text),
            tokens: vectors.tokens,
            around,
            shown: raw.shown,
            text: raw.text,
            start: raw.start,
        }
    });
    Ok(GroundSources { all: all.collect() })
}
