//! An answer as a message: the text with its markers, below it what each stands for, and an annotation for each marker.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::Value;
use yiju_engine::{Answer, ClauseRef};

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

/// A message.
pub(crate) struct Written {
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
pub(crate) fn written(answer: &Answer, links: &Links) -> Written {
    let mut text = match &answer.refusal {
        Some(refusal) => refusal.message.clone(),
        None => answer.answer.clone(),
    };
    let mut annotations: Vec<Annotation> = answer
        .citations
        .iter()
        .filter_map(|citation| {
            let at = marker(&text, citation.marker)?;
            let start = text[..at.start].chars().count();
            Some(Annotation {
                start_index: start,
                end_index: start + text[at].chars().count(),
                url: links.of(&citation.clause_id),
                title: place(citation),
            })
        })
        .collect();
    annotations.sort_by_key(|annotation| annotation.start_index);
    let sources = answer
        .citations
        .iter()
        .map(|citation| format!("[{}] {}", citation.marker, place(citation)));
    // Windows show nothing but the text.
    let nearest = answer.nearest.iter().map(|nearest| format!("- {}", place(nearest)));
    let below: Vec<String> = sources.chain(nearest).collect();
    if !below.is_empty() {
        text.push_str("\n\n");
        text.push_str(&below.join("\n"));
    }
    Written { text, annotations }
}

/// Where the marker `[n]` of an answer is, in bytes: markers end lines, and a quote may hold one of its own.
fn marker(text: &str, number: u32) -> Option<std::ops::Range<usize>> {
    let marker = format!("[{number}]");
    let ends_line = |at: usize| {
        let after = &text[at + marker.len()..];
        after.is_empty() || after.starts_with('\n')
    };
    let found = text.match_indices(&marker).map(|(at, _)| at).filter(|&at| ends_line(at)).last()?;
    Some(found..found + marker.len())
}

/// The document's title and the clause's headings on a line.
fn place(clause: &ClauseRef) -> String {
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
