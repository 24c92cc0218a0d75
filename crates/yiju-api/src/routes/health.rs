//! `/healthz`, `/readyz` and `/metrics`.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use yiju_access::Scope;
use yiju_engine::{LibrarySize, QueueFigures};

use crate::access::Grant;
use crate::error::{ApiError, ErrorBody, Failures};
use crate::metrics::{Now, Size};
use crate::state::AppState;

/// The server's state.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// `ok`
    status: &'static str,
}

/// What a ready server runs.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Ready {
    /// `ready`
    status: &'static str,
    /// The embedding model's name.
    model: String,
    /// The dimension of its vectors.
    dimension: usize,
}

/// Whether the server lives.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "It lives", body = Health)))]
pub(crate) async fn healthz() -> axum::Json<Health> {
    axum::Json(Health { status: "ok" })
}

/// Whether the model and the indexes are loaded.
#[utoipa::path(
    get, path = "/readyz", tag = "service",
    responses(
        (status = 200, description = "They are", body = Ready),
        (status = 503, description = "They are not yet", body = ErrorBody),
    ),
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> Result<axum::Json<Ready>, ApiError> {
    let engine = &state.collections().default_one()?.engine;
    let model = engine.model_name().to_owned();
    Ok(axum::Json(Ready { status: "ready", model, dimension: engine.dimension() }))
}

/// Counters for Prometheus; where keys are needed, one with the scope `metrics`.
#[utoipa::path(
    get, path = "/metrics", tag = "service",
    responses(
        (status = 200, description = "Counters", body = String, content_type = "application/openmetrics-text"),
        Failures,
    ),
)]
pub(crate) async fn metrics(
    State(state): State<AppState>,
    grant: Grant,
) -> Result<Response, ApiError> {
    grant.allows(Scope::Metrics)?;
    let collections = state.collections().all();
    // Not in a lane: metrics must show a full queue.
    let sizes = tokio::task::spawn_blocking(move || {
        let sizes = collections.iter().map(|collection| Size {
            collection: collection.name.clone(),
            size: collection.engine.size().unwrap_or_else(|error| {
                tracing::warn!(%error, collection = collection.name, "its size is not known");
                LibrarySize::default()
            }),
        });
        sizes.collect()
    });
    let default = state.collections().default_one().ok();
    let now = Now {
        model: default.map_or_else(QueueFigures::default, |one| one.engine.queue_figures()),
        ready: default.is_some(),
        lanes: state.lanes().map(|(name, lane)| (name, lane.waiting(), lane.running())),
        sizes: sizes.await.map_err(|error| ApiError::internal(format!("the sizes: {error}")))?,
    };
    let text = state
        .metrics()
        .render(&now)
        .map_err(|error| ApiError::internal(format!("the metrics: {error}")))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
