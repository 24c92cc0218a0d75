//! `POST /v1/embeddings`: the OpenAI shape, with `input_type`.

use std::sync::Arc;

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yiju_access::Scope;
use yiju_engine::InputType;

use crate::access::Grant;
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::state::AppState;

/// Texts embedded in one turn: between turns, other requests run, and a closed connection is noticed.
const TURN: usize = 16;

/// Texts to embed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmbeddingsBody {
    /// A text, or a list of texts.
    #[schema(value_type = InputSchema)]
    input: Value,
    /// The model's name; the server's own where it is left out.
    model: Option<String>,
    /// `float` or `base64` (little-endian 32-bit floats).
    #[serde(default)]
    encoding_format: Encoding,
    /// `query` or `passage`: which prefix the model puts before each text. With one kind of text
    /// only, `query` for all is right.
    #[serde(default)]
    input_type: Kind,
    /// Must be the model's own dimension where it is given.
    #[schema(minimum = 1)]
    dimensions: Option<usize>,
    /// Taken for the sake of OpenAI's clients, and not used.
    #[serde(rename = "user")]
    #[schema(value_type = Option<String>)]
    _user: Option<String>,
}

/// A text, or a list of texts.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the input, which is read as a value for clearer errors")]
enum InputSchema {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    #[default]
    Float,
    Base64,
}

#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Query,
    Passage,
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
    let engine = &state.collections().default_one()?.engine;
    let model = engine.model_name().to_owned();
    if let Some(asked) = body.model.as_deref().filter(|asked| *asked != model) {
        return Err(ApiError::model_not_found(asked, &model));
    }
    let dimension = engine.dimension();
    if let Some(asked) = body.dimensions.filter(|asked| *asked != dimension) {
        return Err(ApiError::invalid(format!(
            "`dimensions` is {asked}, and `{model}` has {dimension}"
        ))
        .hint("leave `dimensions` out"));
    }
    let texts = texts(body.input, state.limits().embedding_inputs)?;
    let kind = match body.input_type {
        Kind::Query => InputType::Query,
        Kind::Passage => InputType::Passage,
    };
    let mut data = Vec::with_capacity(texts.len());
    let mut tokens = 0;
    let mut texts = texts.into_iter().peekable();
    while texts.peek().is_some() {
        let turn: Vec<String> = texts.by_ref().take(TURN).collect();
        let engine = Arc::clone(engine);
        let made = state.reads().run(move || {
            let turn: Vec<&str> = turn.iter().map(String::as_str).collect();
            engine.embed(kind, &turn)
        });
        let made = made.await??;
        state.metrics().embedded(made.iter().map(|made| made.tokens).sum());
        for made in made {
            tokens += made.tokens;
            let embedding = match body.encoding_format {
                Encoding::Float => Vector::Float(made.vector),
                Encoding::Base64 => Vector::Base64(encode(&made.vector)),
            };
            data.push(EmbeddingItem { object: "embedding", index: data.len(), embedding });
        }
    }
    let usage = Usage { prompt_tokens: tokens, total_tokens: tokens };
    Ok(axum::Json(Embeddings { object: "list", data, model, usage }))
}

fn encode(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

fn texts(input: Value, most: usize) -> Result<Vec<String>, ApiError> {
    let texts = match input {
        Value::String(text) => vec![text],
        Value::Array(items) => {
            if items.is_empty() {
                return Err(ApiError::invalid("`input` is an empty list"));
            }
            if items.len() > most {
                return Err(ApiError::invalid(format!(
                    "`input` has {} texts, and may have {most}",
                    items.len()
                )));
            }
            items.into_iter().enumerate().map(text).collect::<Result<_, _>>()?
        }
        _ => {
            return Err(ApiError::invalid("`input` is neither a text nor a list of texts"));
        }
    };
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(index) => Err(ApiError::invalid(format!("text {index} of `input` is empty"))),
        None => Ok(texts),
    }
}

fn text((index, item): (usize, Value)) -> Result<String, ApiError> {
    match item {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Array(_) => Err(ApiError::invalid(format!(
            "item {index} of `input` is not a text"
        ))
        .hint("lists of token ids are not taken: send texts (with OpenAI's and LangChain's clients, switch off tokenising on the client)")),
        _ => Err(ApiError::invalid(format!("item {index} of `input` is not a text"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn input_is_a_text_or_texts() {
        assert_eq!(texts(json!("a"), 2).unwrap(), ["a"]);
        assert_eq!(texts(json!(["a", "b"]), 2).unwrap(), ["a", "b"]);
        for bad in
            [json!([]), json!(["a", "b", "c"]), json!(1), json!([1, 2]), json!([[1]]), json!([" "])]
        {
            assert!(texts(bad.clone(), 2).is_err(), "{bad}");
        }
    }

    #[test]
    fn base64_is_of_little_endian_floats() {
        assert_eq!(encode(&[1.0, -2.0]), "AACAPwAAAMA=");
        assert_eq!(encode(&[]), "");
    }
}
