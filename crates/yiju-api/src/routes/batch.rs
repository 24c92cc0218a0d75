//! `POST /v1/documents/batch` and `POST /v1/documents/delete`: many documents in one request.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use yiju_engine::{Engine, Filter, Source, Told};

use super::ask::accepts_events;
use super::tasks::{begin, prefers_task};
use super::upload;
use crate::error::{ApiError, ErrorDetail, Failures};
use crate::extract::{Json, object};
use crate::following::{FollowedEvent, follow};
use crate::request_id::RequestId;
use crate::target::{Target, Writing};
use crate::tasks::TaskView;
use crate::tasks::items::{Item, ItemOutcome, take_in};

/// Files to add. Each is a source of its own under its file name. One whose name ends in `.jsonl` is a corpus: a text on
/// each line, as `yiju add` takes it.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read field by field")]
pub(crate) struct BatchForm {
    /// A file; the field is repeated, at most 1,000 times.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// What became of each file.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct BatchAdded {
    /// In the order of the files.
    outcomes: Vec<ItemOutcome>,
    /// How many of them failed.
    failed: usize,
}

/// How much of a batch is done.
#[derive(Serialize)]
struct Share {
    share: f64,
}

/// Adds many files, each by itself: one that fails stops no other.
///
/// `Prefer: respond-async` makes a task of it and answers 202 at once. `Accept: text/event-stream` asks for events:
/// `progress` with the share that is done, then `done` or `error`.
#[utoipa::path(
    post, path = "/v1/documents/batch", tag = "documents", operation_id = "add_documents",
    request_body(content = BatchForm, content_type = "multipart/form-data"),
    params(("Prefer" = Option<String>, Header, description = "`respond-async` for a task")),
    responses(
        (status = 200, description = "What became of each file; or the events, where they are asked for", content(
            (BatchAdded = "application/json"), (FollowedEvent = "text/event-stream"))),
        (status = 202, description = "A task, which goes on", body = TaskView),
        Failures,
    ),
)]
pub(crate) async fn add(
    Writing(target): Writing,
    request_id: RequestId,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    target.grant.all_documents()?;
    let (sources, held) = upload::read_many(request, &target).await?;
    if prefers_task(&headers) {
        return begin(&target, sources).await;
    }
    let state = target.state.clone();
    let id = request_id.clone();
    let (sender, progress) = watch::channel(None);
    let call = Box::pin(async move {
        let _held = held;
        let tell = move |share: f64| _ = sender.send_replace(Some(Share { share }));
        taken_in(&target, sources, id, tell).await
    });
    if accepts_events(&headers) {
        return follow(&state, request_id, progress, call).await;
    }
    Ok(axum::Json(call.await?).into_response())
}

async fn taken_in(
    target: &Target,
    sources: Vec<(Source, Told)>,
    request_id: RequestId,
    tell: impl Fn(f64) + Send + 'static,
) -> Result<BatchAdded, ApiError> {
    let collection = Arc::clone(&target.collection);
    let bytes = sources.iter().map(|(source, _)| source.bytes.len()).sum();
    let call = move || {
        let (items, mut bodies) = Item::split(sources);
        let body = |index: usize| Ok(bodies.get_mut(index).map(std::mem::take).unwrap_or_default());
        take_in(&collection.engine, &items, body, &request_id, &tell)
    };
    let outcomes = target.state.writes_of(bytes).run(target.grant.share(), call).await??;
    let failed = outcomes.iter().filter(|outcome| outcome.has_failed()).count();
    Ok(BatchAdded { outcomes, failed })
}

/// Which documents to remove.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteBody {
    /// What all of them have: their ids, sources, issuer or dates. At least one of these is needed; `section` is of
    /// clauses, and refused.
    #[serde(deserialize_with = "object")]
    filter: Filter,
    /// Whether only to say which they are.
    #[serde(default)]
    dry_run: bool,
}

/// What became of each document.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Deleted {
    /// The documents that the filter takes.
    documents: Vec<DeletedDocument>,
    /// How many were removed.
    removed: usize,
    /// Whether nothing was removed because `dry_run` was true.
    dry_run: bool,
}

/// What became of a document.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DeletedDocument {
    /// Its id.
    id: String,
    /// Its title.
    title: String,
    /// The name of its source.
    source: String,
    /// Whether it was removed.
    removed: bool,
    /// Why it was not.
    #[schema(required)]
    error: Option<ErrorDetail>,
}

/// Removes the documents that a filter takes, each by itself.
#[utoipa::path(
    post, path = "/v1/documents/delete", tag = "documents", operation_id = "delete_documents", request_body = DeleteBody,
    responses(
        (status = 200, description = "What became of each document", body = Deleted),
        Failures,
    ),
)]
pub(crate) async fn delete(
    Writing(target): Writing,
    request_id: RequestId,
    Json(body): Json<DeleteBody>,
) -> Result<axum::Json<Deleted>, ApiError> {
    let DeleteBody { filter, dry_run } = body;
    if filter.section.is_some() {
        return Err(ApiError::invalid("`filter.section` is of clauses, and documents are removed")
            .hint("leave it out"));
    }
    if filter == Filter::default() {
        return Err(ApiError::invalid("`filter` is empty, and would take all documents")
            .hint("name ids, sources, an issuer or dates; DELETE /v1/collections/{name} removes a collection"));
    }
    let filter = target.filter(filter)?;
    let call = move |engine: &Engine| {
        let found = engine.documents_of(&filter)?;
        let documents: Vec<DeletedDocument> = found
            .into_iter()
            .map(|document| {
                let removed = if dry_run { Ok(false) } else { engine.remove(&document.id) };
                let (removed, error) = match removed {
                    Ok(removed) => (removed, None),
                    Err(error) => (false, Some(ApiError::from(error))),
                };
                DeletedDocument {
                    id: document.id,
                    title: document.title,
                    source: document.source,
                    removed,
                    error: error.map(|error| error.body(request_id.as_str()).error),
                }
            })
            .collect();
        Ok(documents)
    };
    let documents = target.write(0, call).await?;
    let removed = documents.iter().filter(|document| document.removed).count();
    Ok(axum::Json(Deleted { documents, removed, dry_run }))
}
