//! `GET /v1/models`: what `model` may be.

use axum::extract::{Path, State};
use serde::Serialize;
use yiju_access::Scope;

use super::MODEL;
use crate::access::Grant;
use crate::error::{ApiError, Failures};
use crate::state::AppState;

/// The models, in OpenAI's shape.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ModelList {
    /// `list`
    object: &'static str,
    /// `yiju`, which answers with quotes, and the model of `/v1/embeddings`.
    data: Vec<Model>,
}

/// A model.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Model {
    /// Its name, as in `model`.
    id: String,
    /// `model`
    object: &'static str,
    /// 0: when a model was made is not known.
    created: u64,
    /// `yiju`
    owned_by: &'static str,
}

impl Model {
    fn named(id: &str) -> Self {
        Self { id: id.to_owned(), object: "model", created: 0, owned_by: "yiju" }
    }
}

/// Lists what `model` may be.
#[utoipa::path(
    get, path = "/v1/models", tag = "openai",
    responses((status = 200, description = "The models", body = ModelList), Failures),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    grant: Grant,
) -> Result<axum::Json<ModelList>, ApiError> {
    grant.allows(Scope::Read)?;
    let embedding = state.collections().default_one()?.engine.model_name();
    let data = vec![Model::named(MODEL), Model::named(embedding)];
    Ok(axum::Json(ModelList { object: "list", data }))
}

/// A model, by its name.
#[utoipa::path(
    get, path = "/v1/models/{model}", tag = "openai",
    params(("model" = String, Path, description = "The model's name")),
    responses((status = 200, description = "The model", body = Model), Failures),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    grant: Grant,
    Path(id): Path<String>,
) -> Result<axum::Json<Model>, ApiError> {
    grant.allows(Scope::Read)?;
    let embedding = state.collections().default_one()?.engine.model_name();
    if id != MODEL && id != embedding {
        return Err(ApiError::model_not_found(&id, MODEL));
    }
    Ok(axum::Json(Model::named(&id)))
}
