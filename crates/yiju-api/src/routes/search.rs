//! `POST /v1/search`: ranked clauses.

use axum::extract::State;
use serde::Deserialize;
use yiju_engine::{Filter, SearchRequest, SearchResponse};

use crate::error::ApiError;
use crate::extract::Json;
use crate::schema;
use crate::state::AppState;

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
    #[serde(default)]
    #[schema(value_type = schema::Filter)]
    filter: Filter,
}

fn default_limit() -> usize {
    10
}

/// Ranks clauses by how well they fit a query.
#[utoipa::path(
    post, path = "/v1/search", tag = "search", request_body = SearchBody,
    responses(
        (status = 200, description = "Hits, best first", body = schema::SearchResponse),
        (status = "4XX", body = crate::error::ErrorBody), (status = "5XX", body = crate::error::ErrorBody),
    ),
)]
pub(crate) async fn search(
    State(state): State<AppState>,
    Json(body): Json<SearchBody>,
) -> Result<axum::Json<SearchResponse>, ApiError> {
    let request = SearchRequest {
        query: body.query,
        limit: body.limit,
        filter: body.filter,
    };
    let response = state.read(move |engine| engine.search(&request)).await?;
    state.metrics().steps(&response.timings_ms);
    Ok(axum::Json(response))
}
