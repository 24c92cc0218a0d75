//! `POST /v1/embeddings`: the OpenAI shape, with `input_type`.

use std::sync::Arc;

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yiju_access::Scope;
use yiju_engine::{Embedding, InputType};

use super::openai::MODEL;
use super::texts::{Truncate, TruncateField, check_work, texts};
use crate::access::Grant;
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::state::AppState;

/// Texts embedded in one turn: between turns, other requests run, and a closed connection is noticed.
const TURN: usize = 16;

/// Texts to embed. Fields that are not here are ignored: clients of other servers send theirs.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct EmbeddingsBody {
    /// A text, a list of texts, a list of token ids, or a list of such lists. Ids are of `cl100k_base`, as OpenAI's
    /// clients send them. A text of white space is taken, an empty one is not.
    #[schema(value_type = InputSchema)]
    input: Value,
    /// The model's name, or `yiju`; the server's own where it is left out.
    model: Option<String>,
    /// `float` or `base64` (little-endian 32-bit floats).
    #[serde(default)]
    encoding_format: Encoding,
    /// `query` or `passage` (`document` is the same): which prefix the model puts before each text. With one kind of
    /// text only, `query` for all is right.
    #[serde(default)]
    input_type: Kind,
    /// What becomes of a text that the model cannot read at once: it is read in windows where this is left out, cut with
    /// `true`, refused with `false`.
    truncate: Option<TruncateField>,
    /// Must be the model's own dimension where it is given.
    #[schema(minimum = 1)]
    dimensions: Option<usize>,
    /// Taken for the sake of OpenAI's clients, and not used.
    #[serde(rename = "user")]
    #[schema(value_type = Option<String>)]
    _user: Option<String>,
}

/// Texts, or token ids.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the input, which is read as a value for clearer errors")]
enum InputSchema {
    One(String),
    Many(Vec<String>),
    Ids(Vec<u32>),
    ManyIds(Vec<Vec<u32>>),
}

#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    #[default]
    Float,
    Base64,
}

/// What a text is.
#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    #[default]
    #[serde(alias = "search_query")]
    Query,
    #[serde(alias = "search_document")]
    Passage,
    /// As `passage`.
    Document,
}

impl From<Kind> for InputType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Query => Self::Query,
            Kind::Passage | Kind::Document => Self::Passage,
        }
    }
}

/// Embeddings, in the order of the texts.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Embeddings {
    /// `list`
    object: &'static str,
    /// One for each text.
    data: Vec<EmbeddingItem>,
    /// The model's name.
    model: String,
    /// What was embedded.
    usage: Usage,
}

/// The embedding of one text.
#[derive(Serialize, utoipa::ToSchema)]
struct EmbeddingItem {
    /// `embedding`
    object: &'static str,
    /// The text's place in the input, from 0.
    index: usize,
    /// A vector of unit length.
    embedding: Vector,
}

/// A vector as numbers, or as base64 of little-endian 32-bit floats.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Vector {
    Float(Vec<f32>),
    Base64(String),
}

/// How many tokens were embedded, prefixes and special tokens included.
#[derive(Serialize, utoipa::ToSchema)]
struct Usage {
    /// Tokens of all texts.
    prompt_tokens: usize,
    /// The same.
    total_tokens: usize,
}

/// Embeds texts as OpenAI's API does.
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "embeddings", request_body = EmbeddingsBody,
    responses(
        (status = 200, description = "The embeddings", body = Embeddings),
        Failures,
    ),
)]
pub(crate) async fn embeddings(
    State(state): State<AppState>,
    grant: Grant,
    Json(body): Json<EmbeddingsBody>,
) -> Result<axum::Json<Embeddings>, ApiError> {
    grant.allows(Scope::Read)?;
    let model = state.collections().default_one()?.engine.model_name().to_owned();
    if let Some(asked) = body.model.as_deref().filter(|asked| *asked != model && *asked != MODEL) {
        return Err(ApiError::model_not_found(asked, &model));
    }
    check_dimensions(&state, body.dimensions)?;
    let texts = texts("input", body.input, state.limits().embedding_inputs)?;
    let truncate = Truncate::of(body.truncate, Truncate::Windows);
    let made = embedded(&state, &grant, "input", texts, body.input_type.into(), truncate).await?;
    let tokens = made.iter().map(|made| made.tokens).sum();
    let data = made.into_iter().enumerate().map(|(index, made)| {
        let embedding = match body.encoding_format {
            Encoding::Float => Vector::Float(made.vector),
            Encoding::Base64 => Vector::Base64(encode(&made.vector)),
        };
        EmbeddingItem { object: "embedding", index, embedding }
    });
    let data = data.collect();
    let usage = Usage { prompt_tokens: tokens, total_tokens: tokens };
    Ok(axum::Json(Embeddings { object: "list", data, model, usage }))
}

/// Refuses another dimension than the model's.
pub(super) fn check_dimensions(state: &AppState, asked: Option<usize>) -> Result<(), ApiError> {
    let engine = &state.collections().default_one()?.engine;
    let (model, dimension) = (engine.model_name(), engine.dimension());
    match asked.filter(|asked| *asked != dimension) {
        Some(asked) => Err(ApiError::invalid(format!(
            "`dimensions` is {asked}, and `{model}` has {dimension}"
        ))
        .hint("leave `dimensions` out")),
        None => Ok(()),
    }
}

/// Embeds the texts of the field `name`, turn by turn.
pub(super) async fn embedded(
    state: &AppState,
    grant: &Grant,
    name: &'static str,
    texts: Vec<String>,
    kind: InputType,
    truncate: Truncate,
) -> Result<Vec<Embedding>, ApiError> {
    let engine = &state.collections().default_one()?.engine;
    check_work(grant, name, &texts, state.limits().text_chars)?;
    let mut all = Vec::with_capacity(texts.len());
    let mut texts = texts.into_iter().enumerate().peekable();
    while texts.peek().is_some() {
        let turn: Vec<(usize, String)> = texts.by_ref().take(TURN).collect();
        let engine = Arc::clone(engine);
        let made =
            state.batches().run(grant.share(), move || -> Result<Vec<Embedding>, ApiError> {
                let cut = turn.into_iter().map(|(index, mut text)| {
                    truncate.cut(&engine, kind, &mut text, || format!("`{name}[{index}]`"))?;
                    Ok(text)
                });
                let cut = cut.collect::<Result<Vec<_>, ApiError>>()?;
                let cut: Vec<&str> = cut.iter().map(String::as_str).collect();
                Ok(engine.embed(kind, &cut)?)
            });
        let made = made.await??;
        state.metrics().embedded(made.iter().map(|made| made.tokens).sum());
        all.extend(made);
    }
    Ok(all)
}

fn encode(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_of_little_endian_floats() {
        assert_eq!(encode(&[1.0, -2.0]), "AACAPwAAAMA=");
        assert_eq!(encode(&[]), "");
    }
}
