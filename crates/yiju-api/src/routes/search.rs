//! `POST /v1/search` and `/v1/search/batch`: ranked clauses.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use yiju_engine::{Filter, SearchRequest, SearchResponse};

use crate::error::{ApiError, Failures};
use crate::extract::{Json, Object, object};
use crate::request_id::RequestId;
use crate::target::{Reading, Target};

/// A query.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchBody {
    /// The query, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    query: String,
    /// Most hits to give, 1 to 100.
    #[serde(default = "default_limit")]
    #[schema(default = 10, minimum = 1, maximum = 100)]
    limit: usize,
    /// Which documents to look in; all where it is left out.
    #[serde(default, deserialize_with = "object")]
    filter: Filter,
    /// The day whose law counts: only what is in force on it answers. Today, or the time that the query itself names,
    /// where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

fn default_limit() -> usize {
    10
}

/// Ranks clauses by how well they fit a query.
#[utoipa::path(
    post, path = "/v1/search", tag = "search", request_body = SearchBody,
    responses(
        (status = 200, description = "Hits, best first", body = SearchResponse),
        Failures,
    ),
)]
pub(crate) async fn search(
    Reading(target): Reading,
    request_id: RequestId,
    Json(body): Json<SearchBody>,
) -> Result<axum::Json<SearchResponse>, ApiError> {
    run(&target, &request_id, body).await.map(axum::Json)
}

async fn run(
    target: &Target,
    request_id: &RequestId,
    body: SearchBody,
) -> Result<SearchResponse, ApiError> {
    let request = SearchRequest {
        query: body.query,
        limit: body.limit,
        filter: target.filter(body.filter)?,
        as_of: body.as_of,
    };
    if target.state.policy().log_questions {
        tracing::info!(request_id = request_id.as_str(), query = request.query, "query");
    }
    target.read_in_steps(move |engine| engine.search(&request)).await
}

/// Several queries.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchBody {
    /// The queries, 1 to 32, each as for `/v1/search`.
    #[schema(min_items = 1, max_items = 32, value_type = Vec<SearchBody>)]
    queries: Vec<Object<SearchBody>>,
}

/// What each query found.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct BatchResponse {
    /// One for each query, in their order.
    results: Vec<SearchResponse>,
}

/// Ranks clauses for several queries at once.
///
/// Each query takes a turn of its own, so that a long list holds nobody up, and counts as a request
/// against the key's rate. Where one cannot be answered, the error names it, and nothing is given.
#[utoipa::path(
    post, path = "/v1/search/batch", tag = "search", operation_id = "search_batch", request_body = BatchBody,
    responses(
        (status = 200, description = "Hits for each query", body = BatchResponse),
        Failures,
    ),
)]
pub(crate) async fn batch(
    Reading(target): Reading,
    request_id: RequestId,
    Json(body): Json<BatchBody>,
) -> Result<axum::Json<BatchResponse>, ApiError> {
    let (count, most) = (body.queries.len(), target.state.limits().batch_queries);
    if !(1..=most).contains(&count) {
        return Err(ApiError::invalid(format!(
            "`queries` has {count} items, and must have 1 to {most}"
        )));
    }
    // One request was already charged when it arrived.
    let more = u32::try_from(count - 1).unwrap_or(u32::MAX);
    target.grant.charge(more)?;
    let deadline = target.state.limits().deadline;
    let all = async {
        let mut results = Vec::with_capacity(count);
        for (at, query) in body.queries.into_iter().enumerate() {
            let result = run(&target, &request_id, query.0).await;
            results.push(result.map_err(|error| error.within(&format!("queries[{at}]")))?);
        }
        Ok(axum::Json(BatchResponse { results }))
    };
    let done = tokio::time::timeout(deadline, all).await;
    done.map_err(|_| ApiError::timeout(deadline.as_secs_f64()))?
}
