//! `/v1/documents`: add or replace, list, read, remove.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use yiju_engine::{
    AddOutcome, AddStatus, DocumentPage, DocumentSummary, Engine, VersionDiff, VersionView,
};

use super::ask::accepts_events;
use super::tasks::{begin, prefers_task};
use super::upload;
use crate::error::{ApiError, Failures};
use crate::extract::{Id, Query};
use crate::following::{FollowedEvent, follow};
use crate::limits::PAGE_DOCUMENTS;
use crate::request_id::RequestId;
use crate::target::{Reading, Target, Writing};
use crate::tasks::TaskView;

/// What an add did.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Added {
    /// `added`, `replaced`, or `unchanged`: the source was there with the same bytes.
    #[schema(value_type = String)]
    status: &'static str,
    /// The documents of the source, in its order.
    documents: Vec<DocumentSummary>,
    /// What of the file could not be read, a sentence each: `page 3 is a picture without text`.
    unread: Vec<String>,
}

/// Adds a source, or replaces the one of the same name.
///
/// One source may hold several documents, as a newspaper page does. Of a ZIP archive each file is a source of its own,
/// under the archive's name, `/` and its path there; `unread` names those that could not be read, and sources of the
/// archive that are no longer in it are removed. What is acknowledged is durable
/// and can be found at once. The same name with the same bytes changes nothing and gives 200, so a
/// client that did not see the answer sends the request again.
///
/// `dates` and `replaces` say of the time of a single document what its text does not, or says otherwise.
///
/// `Prefer: respond-async` makes a task of it and answers 202 at once: GET /v1/tasks/{id} says how far it is, also after a
/// restart of the server.
///
/// `Accept: text/event-stream` asks for events: `progress` as passages are embedded, then `done` with what else would be
/// the body, or `error`.
#[utoipa::path(
    post, path = "/v1/documents", tag = "documents", operation_id = "add_document",
    params(("Prefer" = Option<String>, Header, description = "`respond-async` for a task")),
    request_body(content((upload::DocumentBody = "application/json"), (upload::DocumentForm = "multipart/form-data"))),
    responses(
        (status = 201, description = "Added or replaced", body = Added),
        (status = 200, description = "Unchanged: the library has these bytes under this name; or the events, where they are asked for", content(
            (Added = "application/json"), (FollowedEvent = "text/event-stream"))),
        (status = 202, description = "A task, which goes on", body = TaskView),
        Failures,
    ),
)]
pub(crate) async fn add(
    Writing(target): Writing,
    request_id: RequestId,
    request: Request,
) -> Result<Response, ApiError> {
    target.grant.all_documents()?;
    let followed = accepts_events(request.headers());
    let later = prefers_task(request.headers());
    // `held` is dropped when the source is stored: it bounds the bytes of documents in memory.
    let upload::Upload { source, told, held, .. } = upload::read(request, &target).await?;
    if later {
        return begin(&target, vec![(source, told)]).await;
    }
    let bytes = source.bytes.len();
    if followed {
        let state = target.state.clone();
        let (sender, progress) = watch::channel(None);
        let call = Box::pin(async move {
            let _held = held;
            let tell = move |now| _ = sender.send_replace(Some(now));
            target
                .write(bytes, move |engine| engine.add_told(source, &told, &tell))
                .await
                .map(Added::of)
        });
        return follow(&state, request_id, progress, call).await;
    }
    let outcome =
        target.write(bytes, move |engine| engine.add_told(source, &told, &|_| {})).await?;
    let place = match outcome.documents.as_slice() {
        [only] => HeaderValue::try_from(target.path(&format!("/documents/{}", only.id))).ok(),
        _ => None,
    };
    let code = match outcome.status {
        AddStatus::Added | AddStatus::Replaced => StatusCode::CREATED,
        AddStatus::Unchanged => StatusCode::OK,
    };
    let mut response = (code, axum::Json(Added::of(outcome))).into_response();
    if let Some(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

impl Added {
    fn of(outcome: AddOutcome) -> Self {
        let AddOutcome { status, documents, unread } = outcome;
        Self { status: status.name(), documents, unread }
    }
}

/// Replaces a document by another version of its text.
///
/// Its id, its source's name and its place in the list stay. The new text must be one document, else
/// 409. A document of a source that holds several is replaced by itself: the others stay, and adding
/// the source's own bytes again puts back what they hold. A `source` sent along must be the document's
/// own.
#[utoipa::path(
    put, path = "/v1/documents/{id}", tag = "documents", operation_id = "replace_document",
    params(("id" = String, Path, description = "The document's id")),
    request_body(content((upload::DocumentBody = "application/json"), (upload::DocumentForm = "multipart/form-data"))),
    responses(
        (status = 200, description = "Replaced, or unchanged: it had these bytes", body = Added),
        Failures,
    ),
)]
pub(crate) async fn replace(
    Writing(target): Writing,
    Id(id): Id,
    request: Request,
) -> Result<axum::Json<Added>, ApiError> {
    target.grant.document(&id)?;
    let upload::Upload { source, told, named, held: _held } =
        upload::read(request, &target).await?;
    let bytes = source.bytes.len();
    for replaced in &told.replaces {
        target.grant.document(replaced)?;
    }
    let known = target.of_document(&id, Engine::document).await?;
    if named && source.name != known.source {
        return Err(ApiError::invalid(format!(
            "the document's source is `{}`, and `source` is `{}`",
            known.source, source.name
        ))
        .hint("leave `source` out, or add the text as a new document with POST"));
    }
    let wanted = id.clone();
    let outcome = target
        .write(bytes, move |engine| engine.replace_told(&wanted, source, &told))
        .await?
        .ok_or_else(|| ApiError::document_not_found(&id))?;
    Ok(axum::Json(Added::of(outcome)))
}

/// Which part of the list to give.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// `next_cursor` of the page before; the first page where it is left out.
    #[param(min_length = 1)]
    cursor: Option<String>,
    /// Most documents to give.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// Only documents whose title, 文号, issuer or source holds each word of this, for suggestions while one types.
    #[param(min_length = 1, max_length = 200)]
    matching: Option<String>,
}

/// Lists the documents, in the order they were first added.
#[utoipa::path(
    get, path = "/v1/documents", tag = "documents", operation_id = "list_documents", params(ListQuery),
    responses(
        (status = 200, description = "A page of documents", body = DocumentPage),
        Failures,
    ),
)]
pub(crate) async fn list(
    Reading(target): Reading,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<DocumentPage>, ApiError> {
    let ListQuery { cursor, limit, matching } = query;
    page_of(&target, cursor, matching, limit.unwrap_or(50)).await.map(axum::Json)
}

/// A page of the documents that the caller may read; of those whose names hold each word of `matching`, where it is given.
pub(crate) async fn page_of(
    target: &Target,
    cursor: Option<String>,
    matching: Option<String>,
    limit: usize,
) -> Result<DocumentPage, ApiError> {
    if !(1..=PAGE_DOCUMENTS).contains(&limit) {
        return Err(ApiError::invalid(format!(
            "`limit` is {limit}, and must be from 1 to {PAGE_DOCUMENTS}"
        )));
    }
    if let Some(text) = matching {
        let within = target.grant.documents().map(<[String]>::to_vec);
        return target
            .read(move |engine| {
                engine.documents_matching(&text, within.as_deref(), cursor.as_deref(), limit)
            })
            .await;
    }
    if let Some(ids) = target.grant.documents() {
        return reachable(target, ids, cursor, limit).await;
    }
    target.read(move |engine| engine.documents(cursor.as_deref(), limit)).await
}

/// A page of the documents that a key is limited to, in the key's order; the cursor is the index of
/// the next one.
async fn reachable(
    target: &Target,
    ids: &[String],
    cursor: Option<String>,
    limit: usize,
) -> Result<DocumentPage, ApiError> {
    let first = match &cursor {
        None => 0,
        Some(cursor) => {
            cursor.parse().ok().filter(|&place| place < ids.len()).ok_or_else(|| {
                let shown: String = cursor.chars().take(50).collect();
                ApiError::invalid(format!("{shown:?} is not a cursor of this list"))
                    .hint("start the listing again without a cursor")
            })?
        }
    };
    let page: Vec<String> = ids.iter().skip(first).take(limit).cloned().collect();
    let next = first + page.len();
    let documents = target
        .read(move |engine| {
            let mut found = Vec::with_capacity(page.len());
            for id in &page {
                found.extend(engine.document(id)?);
            }
            Ok(found)
        })
        .await?;
    Ok(DocumentPage { documents, next_cursor: (next < ids.len()).then(|| next.to_string()) })
}

/// A document's title, dates, hashes and counts.
#[utoipa::path(
    get, path = "/v1/documents/{id}", tag = "documents", operation_id = "read_document",
    params(("id" = String, Path, description = "The document's id")),
    responses(
        (status = 200, description = "The document", body = DocumentSummary),
        Failures,
    ),
)]
pub(crate) async fn read(
    Reading(target): Reading,
    Id(id): Id,
) -> Result<axum::Json<DocumentSummary>, ApiError> {
    let document = target.of_document(&id, Engine::document).await?;
    Ok(axum::Json(document))
}

/// The day on which it counts whether a version is in force.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AsOfQuery {
    /// Today where it is left out.
    #[param(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

/// The versions of a document.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct VersionList {
    /// The document and its other versions, the earliest first.
    versions: Vec<VersionView>,
}

/// A document and its other versions, each with its days and whether it is in force.
///
/// Versions have one title, but for what marks an edition, and one issuer; or one of them was said to replace another; or
/// repeals it as it comes into force itself. Each day is given with the sentence that it rests on. A key that is limited
/// to some documents sees those.
#[utoipa::path(
    get, path = "/v1/documents/{id}/versions", tag = "documents", operation_id = "list_versions",
    params(("id" = String, Path, description = "The document's id"), AsOfQuery),
    responses(
        (status = 200, description = "The versions, the earliest first", body = VersionList),
        Failures,
    ),
)]
pub(crate) async fn versions(
    Reading(target): Reading,
    Id(id): Id,
    Query(query): Query<AsOfQuery>,
) -> Result<axum::Json<VersionList>, ApiError> {
    let call = move |engine: &Engine, id: &str| engine.versions(id, query.as_of);
    let mut versions = target.of_document(&id, call).await?;
    versions.retain(|version| target.grant.document(&version.document.id).is_ok());
    Ok(axum::Json(VersionList { versions }))
}

/// Which document to compare with.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffQuery {
    /// The other document's id.
    #[param(min_length = 1)]
    with: String,
}

/// Compares two versions of a document, clause by clause.
///
/// The one that is in force from the earlier day is the old one. Each clause of either is in one entry: of the same words,
/// changed, split, merged, added or removed; and with its number and place, where these changed. `pieces` give the words:
/// without the insertions the old ones, without the deletions the new ones.
#[utoipa::path(
    get, path = "/v1/documents/{id}/diff", tag = "documents", operation_id = "compare_documents",
    params(("id" = String, Path, description = "The document's id"), DiffQuery),
    responses(
        (status = 200, description = "What became of each clause", body = VersionDiff),
        Failures,
    ),
)]
pub(crate) async fn diff(
    Reading(target): Reading,
    Id(id): Id,
    Query(query): Query<DiffQuery>,
) -> Result<axum::Json<VersionDiff>, ApiError> {
    let with = query.with;
    target.of_document(&with, Engine::document).await?;
    let call = move |engine: &Engine, id: &str| engine.diff(id, &with);
    target.of_document(&id, call).await.map(axum::Json)
}

/// Removes a document.
#[utoipa::path(
    delete, path = "/v1/documents/{id}", tag = "documents", operation_id = "remove_document",
    params(("id" = String, Path, description = "The document's id")),
    responses(
        (status = 204, description = "Removed"),
        Failures,
    ),
)]
pub(crate) async fn remove(Writing(target): Writing, Id(id): Id) -> Result<StatusCode, ApiError> {
    target.grant.document(&id)?;
    let wanted = id.clone();
    if target.write(0, move |engine| engine.remove(&wanted)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::document_not_found(&id))
    }
}

/// A document's clean text, to which all spans refer; its `ETag` is the text's SHA-256.
#[utoipa::path(
    get, path = "/v1/documents/{id}/text", tag = "documents", operation_id = "read_text",
    params(
        ("id" = String, Path, description = "The document's id"),
        ("If-None-Match" = Option<String>, Header, description = "An `ETag` that the client has"),
    ),
    responses(
        (status = 200, description = "The text", body = String, content_type = "text/plain"),
        (status = 304, description = "The text is the one that the client has"),
        Failures,
    ),
)]
pub(crate) async fn text(
    Reading(target): Reading,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // The hash of the text that is sent, not the recorded one: a replace may come in between.
    let hashed = |engine: &Engine, id: &str| {
        Ok(engine.text(id)?.map(|text| {
            let hash = base16ct::lower::encode_string(&Sha256::digest(&text));
            (text, hash)
        }))
    };
    let (text, hash) = target.of_document(&id, hashed).await?;
    let tag = format!("\"{hash}\"");
    let etag = HeaderValue::try_from(&tag)
        .map_err(|error| ApiError::internal(format!("the tag {tag}: {error}")))?;
    let mut response = if known_to_client(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        text.into_response()
    };
    response.headers_mut().insert(header::ETAG, etag);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// The file that a document was read from, as it came: for PDF, Word and the like, where it was kept. 404 where the
/// document was given as text.
#[utoipa::path(
    get, path = "/v1/documents/{id}/original", tag = "documents", operation_id = "read_original",
    params(("id" = String, Path, description = "The document's id")),
    responses(
        (status = 200, description = "The file", body = [u8], content_type = "application/octet-stream"),
        Failures,
    ),
)]
pub(crate) async fn original(Reading(target): Reading, Id(id): Id) -> Result<Response, ApiError> {
    let call = |engine: &Engine, id: &str| match engine.original(id)? {
        Some(original) => Ok(Some(Some(original))),
        None => Ok(engine.document(id)?.map(|_| None)),
    };
    let original = target.of_document(&id, call).await?;
    let original = original.ok_or_else(|| ApiError::no_original(&id))?;
    let mut response = original.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(original.media_type));
    // A page of somebody else's is never shown as one of this server.
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
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
