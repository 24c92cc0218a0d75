//! `GET /v1/clauses/{id}` and a document's clauses.

use serde::Serialize;
use yiju_engine::{ClauseView, Engine};

use crate::error::{ApiError, Failures};
use crate::extract::Id;
use crate::target::Reading;

/// The clauses of a document.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ClauseList {
    /// The clauses, in the order of the text.
    clauses: Vec<ClauseView>,
}

/// A clause with its heading path and the ids of its neighbours.
#[utoipa::path(
    get, path = "/v1/clauses/{id}", tag = "documents",
    params(("id" = String, Path, description = "The clause's id")),
    responses(
        (status = 200, description = "The clause", body = ClauseView),
        Failures,
    ),
)]
pub(crate) async fn clause(
    Reading(target): Reading,
    Id(id): Id,
) -> Result<axum::Json<ClauseView>, ApiError> {
    let document = id.rsplit_once('.').map_or("", |(document, _)| document);
    target.grant.document(document)?;
    let wanted = id.clone();
    let clause = target.read(move |engine| engine.clause(&wanted)).await?;
    clause.map(axum::Json).ok_or_else(|| ApiError::clause_not_found(&id))
}

/// All clauses of a document.
#[utoipa::path(
    get, path = "/v1/documents/{id}/clauses", tag = "documents",
    params(("id" = String, Path, description = "The document's id")),
    responses(
        (status = 200, description = "The clauses, in the order of the text", body = ClauseList),
        Failures,
    ),
)]
pub(crate) async fn of_document(
    Reading(target): Reading,
    Id(id): Id,
) -> Result<axum::Json<ClauseList>, ApiError> {
    let clauses = target.of_document(&id, Engine::clauses).await?;
    Ok(axum::Json(ClauseList { clauses }))
}
