//! `GET /v1/models`: what `model` may be.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;

use super::MODEL;
use crate::error::{ApiError, Failures};
use crate::target::{Reading, parameter};

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

/// The `{model}` of the path.
pub(crate) struct Name(String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = parameter(parts, state, "model").await?;
        name.map(Self).ok_or_else(|| ApiError::internal("the route has no model"))
    }
}

/// Lists what `model` may be.
#[utoipa::path(
    get, path = "/v1/models", tag = "openai",
    responses((status = 200, description = "The models", body = ModelList), Failures),
)]
pub(crate) async fn list(Reading(target): Reading) -> Result<axum::Json<ModelList>, ApiError> {
    let embedding = target.collection.engine.model_name();
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
    Reading(target): Reading,
    Name(id): Name,
) -> Result<axum::Json<Model>, ApiError> {
    let embedding = target.collection.engine.model_name();
    if id != MODEL && id != embedding {
        return Err(ApiError::model_not_found(&id, MODEL));
    }
    Ok(axum::Json(Model::named(&id)))
}
