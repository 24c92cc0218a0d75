//! `/v1/documents`: add or replace, list, read, remove.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use yiju_engine::{AddOutcome, AddStatus, DocumentPage, DocumentSummary};

use super::upload;
use crate::error::ApiError;
use crate::extract::{Id, Query};
use crate::schema;
use crate::state::AppState;

/// What an add did.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Added {
    /// `added`, `replaced`, or `unchanged`: the source was there with the same bytes.
    #[schema(value_type = String)]
    status: &'static str,
    /// The documents of the source, in its order.
    #[schema(value_type = Vec<schema::DocumentSummary>)]
    documents: Vec<DocumentSummary>,
}

/// Adds a source, or replaces the one of the same name.
///
/// One source may hold several documents, as a newspaper page does. What is acknowledged is durable
/// and can be found at once.
#[utoipa::path(
    post, path = "/v1/documents", tag = "documents",
    request_body(content((upload::DocumentBody = "application/json"), (upload::DocumentForm = "multipart/form-data"))),
    responses(
        (status = 201, description = "Added or replaced", body = Added),
        (status = 200, description = "Unchanged: the library has these bytes under this name", body = Added),
        (status = "4XX", body = crate::error::ErrorBody), (status = "5XX", body = crate::error::ErrorBody),
    ),
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, ApiError> {
    state.engine()?;
    // Held until the source is in the library: it bounds how many documents are in memory at once.
    let _place = state.upload_place()?;
    let source = upload::read(request, &state).await?;
    let outcome = state
        .write(move |engine| engine.add(source, &|_| {}))
        .await?;
    Ok(respond(outcome))
}

fn respond(outcome: AddOutcome) -> Response {
    let (code, status) = match outcome.status {
        AddStatus::Added => (StatusCode::CREATED, "added"),
        AddStatus::Replaced => (StatusCode::CREATED, "replaced"),
        AddStatus::Unchanged => (StatusCode::OK, "unchanged"),
    };
    let place = match outcome.documents.as_slice() {
        [only] => HeaderValue::try_from(format!("/v1/documents/{}", only.id)).ok(),
        _ => None,
    };
    let added = Added {
        status,
        documents: outcome.documents,
    };
    let mut response = (code, axum::Json(added)).into_response();
    if let Some(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// Which part of the list to give.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// `next_cursor` of the page before; the first page where it is left out.
    cursor: Option<String>,
    /// Most documents to give.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// Lists the documents, in the order they were first added.
#[utoipa::path(
    get, path = "/v1/documents", tag = "documents", params(ListQuery),
    responses(
        (status = 200, description = "A page of documents", body = schema::DocumentPage),
        (status = "4XX", body = crate::error::ErrorBody), (status = "5XX", body = crate::error::ErrorBody),
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<DocumentPage>, ApiError> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return Err(ApiError::invalid(format!(
            "`limit` is {limit}, and must be from 1 to 500"
        )));
    }
    let page = state
        .read(move |engine| engine.documents(query.cursor.as_deref(), limit))
        .await?;
    Ok(axum::Json(page))
}

/// A document's title, dates, hashes and counts.
#[utoipa::path(
    get, path = "/v1/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "The document's id")),
    responses(
        (status = 200, description = "The document", body = schema::DocumentSummary),
        (status = "4XX", body = crate::error::ErrorBody), (status = "5XX", body = crate::error::ErrorBody),
    ),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Id(id): Id,
) -> Result<axum::Json<DocumentSummary>, ApiError> {
    let wanted = id.clone();
    let document = state.read(move |engine| engine.document(&wanted)).await?;
    document
        .map(axum::Json)
        .ok_or_else(|| ApiError::document_not_found(&id))
}

/// Removes a document.
#[utoipa::path(
    delete, path = "/v1/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "The document's id")),
    responses(
        (status = 204, description = "Removed"),
        (status = "4XX", body = crate::error::ErrorBody), (status = "5XX", body = crate::error::ErrorBody),
    ),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    let wanted = id.clone();
    if state.write(move |engine| engine.remove(&wanted)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::document_not_found(&id))
    }
}

/// A document's clean text, to which all spans refer; its `ETag` is the text's SHA-256.
#[utoipa::path(
    get, path = "/v1/documents/{id}/text", tag = "documents",
    params(
        ("id" = String, Path, description = "The document's id"),
        ("If-None-Match" = Option<String>, Header, description = "An `ETag` that the client has"),
    ),
    responses(
        (status = 200, description = "The text", body = String, content_type = "text/plain"),
        (status = 304, description = "The text is the one that the client has"),
        (status = "4XX", body = crate::error::ErrorBody), (status = "5XX", body = crate::error::ErrorBody),
    ),
)]
pub(crate) async fn text(
    State(state): State<AppState>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let wanted = id.clone();
    // The hash is of the text that is sent, not of what was recorded: a replace in between cannot
    // part the two.
    let text = state
        .read(move |engine| {
            Ok(engine.text(&wanted)?.map(|text| {
                let hash: String = Sha256::digest(&text)
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                (text, hash)
            }))
        })
        .await?;
    let (text, hash) = text.ok_or_else(|| ApiError::document_not_found(&id))?;
    let tag = format!("\"{hash}\"");
    let status = if known_to_client(&headers, &tag) {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let etag = HeaderValue::try_from(&tag)
        .map_err(|error| ApiError::internal(format!("the tag {tag}: {error}")))?;
    let mut response = if status == StatusCode::OK {
        text.into_response()
    } else {
        status.into_response()
    };
    response.headers_mut().insert(header::ETAG, etag);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Whether `If-None-Match` names `tag` (or anything, with `*`). Weak and strong tags match alike.
fn known_to_client(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_takes_lists_weak_tags_and_the_star() {
        let with = |value: &'static str| {
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))])
        };
        for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(known_to_client(&with(value), "\"a\""), "{value}");
        }
        for value in ["\"b\"", "a", "", "\"aa\""] {
            assert!(!known_to_client(&with(value), "\"a\""), "{value}");
        }
    }
}
