//! `/openapi.json`, made from the handlers, and `/docs`, a page that shows it without a network.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use utoipa::OpenApi;

use crate::routes::{ask, clauses, documents, embeddings, health, search, verify};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Yiju",
        description = "Answers questions about documents with the clauses the answers rest on. \
                       Spans are half-open ranges in a document's clean text, in Unicode scalar \
                       values and in UTF-8 bytes."
    ),
    paths(
        ask::ask,
        search::search,
        verify::verify,
        documents::add,
        documents::list,
        documents::read,
        documents::remove,
        clauses::of_document,
        documents::text,
        clauses::clause,
        embeddings::embeddings,
        health::healthz,
        health::readyz,
        health::metrics,
    )
)]
struct Description;

/// The description as JSON text.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn openapi() -> Result<String, serde_json::Error> {
    Description::openapi().to_pretty_json()
}

pub(crate) async fn json() -> Result<Response, crate::error::ApiError> {
    let text = openapi()
        .map_err(|error| crate::error::ApiError::internal(format!("openapi.json: {error}")))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
