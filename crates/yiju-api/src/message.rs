//! An answer as a message: the text with its markers, below it what each stands for, and an annotation for each marker.

use std::ops::Range;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::Value;
use yiju_engine::{Answer, Citation, ClauseRef, WrittenSentence};

use crate::error::ApiError;
use crate::state::AppState;
use crate::target::Target;

/// Where clauses can be read, for the links of citations.
#[derive(Clone, Debug)]
pub(crate) struct Links(String);

impl Links {
    /// The links of MCP's resources.
    pub(crate) fn of_resources() -> Self {
        Self("yiju://clauses/".to_owned())
    }

    /// The links of a collection.
    pub(crate) fn within(self, target: &Target) -> Self {
        Self(format!("{}{}", self.0, target.path("/clauses/")))
    }

    pub(crate) fn of(&self, clause: &str) -> String {
        format!("{}{clause}", self.0)
    }
}

impl FromRequestParts<AppState> for Links {
    type Rejection = ApiError;

    /// The server as its client calls it. Without a `Host` the links are paths.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let text = |name| {
            parts.headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
        };
        let host = parts.uri.authority().map(|host| host.as_str()).or_else(|| text(header::HOST));
        let forwarded =
            parts.headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
        let scheme = if state.policy().tls || forwarded { "https" } else { "http" };
        Ok(Self(host.map_or(String::new(), |host| format!("{scheme}://{host}"))))
    }
}

/// A value with the numbers that its text has: 32-bit floats keep their digits.
///
/// # Errors
/// It cannot be written as JSON.
pub(crate) fn value_of(value: &impl Serialize) -> Result<Value, ApiError> {
    let text = serde_json::to_string(value);
    let read = text.and_then(|text| serde_json::from_str(&text));
    read.map_err(|error| ApiError::internal(format!("a part of a message: {error}")))
}

/// How a message comes to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// At its end.
    Whole,
    /// Sentence by sentence: what was shown stays, though the answer may not stand.
    InPieces,
}

/// A message.
pub(crate) struct Message {
    /// The text.
    pub(crate) text: String,
    /// In the order of the text.
    pub(crate) annotations: Vec<Annotation>,
}

/// A marker of the text and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Annotation {
    /// Where the marker begins in the text, in Unicode scalar values from 0.
    pub(crate) start_index: usize,
    /// Where it ends: the first position after it.
    pub(crate) end_index: usize,
    /// Where the clause can be read, with the same key.
    pub(crate) url: String,
    /// The document's title and the clause's headings.
    pub(crate) title: String,
}

/// The message that says what an answer says.
pub(crate) fn message(answer: &Answer, links: &Links, told: Told) -> Message {
    let mut text = match &answer.refusal {
        Some(refusal) => refusal.message.clone(),
        None => answer.answer.clone(),
    };
    let mut places: Vec<(Range<usize>, &Citation)> = Vec::new();
    let cited = |number: u32| answer.citations.iter().find(|one| one.marker == number);
    match &answer.written {
        Some(written) if written.stands => places.extend(of_sentences(&written.sentences, cited)),
        other => {
            let quoted = answer.citations.iter();
            places.extend(quoted.filter_map(|one| Some((marker(&text, one.marker)?, one))));
            let shown = other.as_ref().filter(|_| told == Told::InPieces);
            if let Some(written) = shown.filter(|written| !written.sentences.is_empty()) {
                let before = format!("{}\n\n", WrittenSentence::joined(&written.sentences));
                text.insert_str(0, &before);
                for (place, _) in &mut places {
                    *place = place.start + before.len()..place.end + before.len();
                }
                places.extend(of_sentences(&written.sentences, cited));
            }
        }
    }
    let mut annotations: Vec<Annotation> = places
        .into_iter()
        .map(|(place, citation)| {
            let start = text[..place.start].chars().count();
            Annotation {
                start_index: start,
                end_index: start + text[place].chars().count(),
                url: links.of(&citation.clause_id),
                title: place_of(citation),
            }
        })
        .collect();
    annotations.sort_by_key(|annotation| annotation.start_index);
    let sources = answer
        .citations
        .iter()
        .map(|citation| format!("[{}] {}", citation.marker, place_of(citation)));
    // Windows show nothing but the text.
    let nearest = answer.nearest.iter().map(|nearest| format!("- {}", place_of(nearest)));
    let below: Vec<String> = sources.chain(nearest).collect();
    if !below.is_empty() {
        text.push_str("\n\n");
        text.push_str(&below.join("\n"));
    }
    Message { text, annotations }
}

/// The markers of the sentences of a written answer, as bytes of the text that they are together.
fn of_sentences<'a>(
    sentences: &[WrittenSentence],
    cited: impl Fn(u32) -> Option<&'a Citation>,
) -> Vec<(Range<usize>, &'a Citation)> {
    let mut text = String::new();
    let mut places = Vec::new();
    for sentence in sentences {
        text.push_str(&sentence.after(&text));
        // The markers end the sentence, in their order.
        let mut end = text.len();
        for &number in sentence.citations.iter().rev() {
            let start = end - format!("[{number}]").len();
            places.extend(cited(number).map(|citation| (start..end, citation)));
            end = start;
        }
    }
    places
}

/// Where the marker `[n]` of an answer is, in bytes: markers end lines, and a quote may hold one of its own.
fn marker(text: &str, number: u32) -> Option<Range<usize>> {
    let marker = format!("[{number}]");
    let ends_line = |at: usize| {
        let after = &text[at + marker.len()..];
        after.is_empty() || after.starts_with('\n')
    };
    let found = text.match_indices(&marker).map(|(at, _)| at).filter(|&at| ends_line(at)).last()?;
    Some(found..found + marker.len())
}

/// The document's title and the clause's headings on a line.
fn place_of(clause: &ClauseRef) -> String {
    let mut place = clause.document.title.clone();
    for heading in &clause.path {
        place.push_str(" · ");
        place.push_str(heading);
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_ends_a_line() {
        let text = "见附件[1]的表。[1]\n《乙》：甲[2]\n……";
        let at = marker(text, 1).unwrap();
        assert_eq!(&text[..at.start], "见附件[1]的表。");
        assert_eq!(&text[marker(text, 2).unwrap()], "[2]");
        assert_eq!(marker(text, 3), None);
    }
}
