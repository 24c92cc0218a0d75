//! `GET /v1/models`: what `model` may be.

use serde::Serialize;

use super::{MODEL, WRITER};
use crate::error::{ApiError, Failures};
use crate::extract::Id;
use crate::target::{Reading, Target};

/// The models, in OpenAI's shape.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ModelList {
    /// `list`
    object: &'static str,
    /// `yiju`, which answers with quotes; `yiju-writer`, which writes from them, where the server has a model that does;
    /// and the model of `/v1/embeddings`.
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
    get, path = "/v1/models", tag = "openai", operation_id = "list_models",
    responses((status = 200, description = "The models", body = ModelList), Failures),
)]
pub(crate) async fn list(Reading(target): Reading) -> Result<axum::Json<ModelList>, ApiError> {
    let data = names(&target).into_iter().map(Model::named).collect();
    Ok(axum::Json(ModelList { object: "list", data }))
}

/// What `model` may be.
fn names(target: &Target) -> Vec<&str> {
    let writer = target.state.writer().map(|_| WRITER);
    let embedding = target.collection.engine.model_name();
    [Some(MODEL), writer, Some(embedding)].into_iter().flatten().collect()
}

/// A model, by its name.
#[utoipa::path(
    get, path = "/v1/models/{id}", tag = "openai", operation_id = "read_model",
    params(("id" = String, Path, description = "The model's name")),
    responses((status = 200, description = "The model", body = Model), Failures),
)]
pub(crate) async fn read(
    Reading(target): Reading,
    Id(id): Id,
) -> Result<axum::Json<Model>, ApiError> {
    if !names(&target).contains(&id.as_str()) {
        return Err(ApiError::model_not_found(&id, MODEL));
    }
    Ok(axum::Json(Model::named(&id)))
}
