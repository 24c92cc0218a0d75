//! The routes of Hugging Face's text-embeddings-inference, for clients that speak to it: `/embed`, `/rerank`, `/tokenize`
//! and `/info`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yiju_access::Scope;
use yiju_engine::InputType;

use super::embeddings::{Kind, embedded};
use super::rerank::ranked;
use super::texts::{Truncate, TruncateField, plain_texts};
use crate::access::Grant;
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::state::AppState;

/// A text, or a list of texts.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the inputs, which are read as a value for clearer errors")]
enum TextsSchema {
    One(String),
    Many(Vec<String>),
}

/// Texts to embed.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct EmbedBody {
    /// A text, or a list of texts.
    #[schema(value_type = TextsSchema)]
    inputs: Value,
    /// Whether a text that is too long for the model is cut; it is refused otherwise.
    #[serde(default)]
    truncate: Option<TruncateField>,
    /// `true`, since vectors are of unit length.
    normalize: Option<bool>,
    /// `query`, `passage` or `document`: which prefix the model puts before each text.
    prompt_name: Option<Kind>,
    /// Must be the model's own dimension where it is given.
    #[schema(minimum = 1)]
    dimensions: Option<usize>,
}

/// Embeds texts as text-embeddings-inference does.
#[utoipa::path(
    post, path = "/embed", tag = "tei", operation_id = "tei_embed", request_body = EmbedBody,
    responses((status = 200, description = "A vector for each text", body = Vec<Vec<f32>>), Failures),
)]
pub(crate) async fn embed(
    State(state): State<AppState>,
    grant: Grant,
    Json(body): Json<EmbedBody>,
) -> Result<axum::Json<Vec<Vec<f32>>>, ApiError> {
    grant.allows(Scope::Read)?;
    if body.normalize == Some(false) {
        return Err(ApiError::invalid("`normalize` is false, and vectors are of unit length here")
            .hint("leave `normalize` out"));
    }
    super::embeddings::check_dimensions(&state, body.dimensions)?;
    let texts = plain_texts("inputs", body.inputs, state.limits().embedding_inputs)?;
    let truncate = Truncate::of(body.truncate, Truncate::Refuse);
    let kind = InputType::from(body.prompt_name.unwrap_or_default());
    let made = embedded(&state, &grant, "inputs", texts, kind, truncate).await?;
    Ok(axum::Json(made.into_iter().map(|made| made.vector).collect()))
}

/// Texts to rank.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct RankBody {
    /// The query, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    query: String,
    /// The texts, 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    texts: Vec<String>,
    /// Whether scores are logits instead of 0 to 1.
    #[serde(default)]
    raw_scores: bool,
    /// Whether ranks carry their texts.
    #[serde(default)]
    return_text: bool,
    /// Whether a text that is too long for the model is cut; it is read in windows where this is left out, and refused
    /// with `false`.
    #[serde(default)]
    truncate: Option<TruncateField>,
}

/// A ranked text.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Rank {
    /// Its place among the texts, from 0.
    index: usize,
    /// How well it fits the query.
    score: f32,
    /// The text, with `return_text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Ranks texts as text-embeddings-inference does, by the scores of `/v1/rerank`.
#[utoipa::path(
    post, path = "/rerank", tag = "tei", operation_id = "tei_rerank", request_body = RankBody,
    responses((status = 200, description = "The texts, best first", body = Vec<Rank>), Failures),
)]
pub(crate) async fn rerank(
    State(state): State<AppState>,
    grant: Grant,
    Json(body): Json<RankBody>,
) -> Result<axum::Json<Vec<Rank>>, ApiError> {
    grant.allows(Scope::Read)?;
    let truncate = Truncate::of(body.truncate, Truncate::Windows);
    let (texts, ranked) = ranked(&state, &grant, "texts", body.query, body.texts, truncate).await?;
    let ranks = ranked.into_iter().map(|(index, relevance)| Rank {
        index,
        score: if body.raw_scores { relevance.logit } else { relevance.score },
        text: body.return_text.then(|| texts[index].clone()),
    });
    Ok(axum::Json(ranks.collect()))
}

/// Texts to cut into tokens.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct TokenizeBody {
    /// A text, or a list of texts.
    #[schema(value_type = TextsSchema)]
    inputs: Value,
    /// Whether the tokens that the model puts around a text are given, too.
    #[serde(default = "yes")]
    #[schema(default = true)]
    add_special_tokens: bool,
}

fn yes() -> bool {
    true
}

/// A token of the embedding model.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SimpleToken {
    /// Its id.
    id: u32,
    /// The text that it stands for; empty for special tokens.
    text: String,
    /// Whether the model puts it around every text.
    special: bool,
    /// Its first character in the text, in Unicode scalar values; null for special tokens.
    #[schema(required)]
    start: Option<usize>,
    /// One past its last character.
    #[schema(required)]
    stop: Option<usize>,
}

/// Cuts texts into the tokens of the embedding model.
#[utoipa::path(
    post, path = "/tokenize", tag = "tei", operation_id = "tokenize", request_body = TokenizeBody,
    responses((status = 200, description = "The tokens of each text", body = Vec<Vec<SimpleToken>>), Failures),
)]
pub(crate) async fn tokenize(
    State(state): State<AppState>,
    grant: Grant,
    Json(body): Json<TokenizeBody>,
) -> Result<axum::Json<Vec<Vec<SimpleToken>>>, ApiError> {
    grant.allows(Scope::Read)?;
    let texts = plain_texts("inputs", body.inputs, state.limits().embedding_inputs)?;
    let engine = std::sync::Arc::clone(&state.collections().default_one()?.engine);
    let tokens =
        state.batches().run(grant.share(), move || -> Result<Vec<Vec<SimpleToken>>, ApiError> {
            let (before, after) = engine.special_ids();
            let special = |ids: &[u32]| -> Vec<SimpleToken> {
                let ids = ids.iter().filter(|_| body.add_special_tokens);
                ids.map(|&id| SimpleToken {
                    id,
                    text: String::new(),
                    special: true,
                    start: None,
                    stop: None,
                })
                .collect()
            };
            texts
                .iter()
                .map(|text| {
                    let mut all = special(before);
                    // Ranges begin in order, so each character is counted once.
                    let (mut byte, mut characters) = (0, 0);
                    for token in engine.tokenize(text)? {
                        let part = text.get(token.range.clone()).unwrap_or_default();
                        let start = token.range.start.max(byte);
                        characters +=
                            text.get(byte..start).map_or(0, |skipped| skipped.chars().count());
                        byte = start;
                        let stop = characters + part.chars().count();
                        all.push(SimpleToken {
                            id: token.id,
                            text: part.to_owned(),
                            special: false,
                            start: Some(characters),
                            stop: Some(stop),
                        });
                    }
                    all.extend(special(after));
                    Ok(all)
                })
                .collect()
        });
    Ok(axum::Json(tokens.await??))
}

/// The embedding model and the limits.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Info {
    /// The model's name.
    model_id: String,
    /// Identifies its weights, tokenizer, pooling and prefixes.
    model_sha: String,
    /// `float32`, as vectors are given.
    model_dtype: &'static str,
    /// What the model is for.
    model_type: ModelType,
    /// Requests that run at once.
    max_concurrent_requests: usize,
    /// The longest sequence that the model reads at once, in tokens.
    max_input_length: usize,
    /// Most texts in a request.
    max_client_batch_size: usize,
    /// Numbers of a vector.
    dimension: usize,
    /// Yiju's version.
    version: &'static str,
}

/// What the model is for.
#[derive(Serialize, utoipa::ToSchema)]
struct ModelType {
    /// It embeds.
    embedding: EmbeddingModel,
}

/// How the model embeds.
#[derive(Serialize, utoipa::ToSchema)]
struct EmbeddingModel {
    /// How the vectors of a text's tokens become one: `mean` or `cls`.
    pooling: &'static str,
}

/// The embedding model and the limits of the server.
#[utoipa::path(
    get, path = "/info", tag = "tei", operation_id = "info",
    responses((status = 200, description = "The model", body = Info), Failures),
)]
pub(crate) async fn info(
    State(state): State<AppState>,
    grant: Grant,
) -> Result<axum::Json<Info>, ApiError> {
    grant.allows(Scope::Read)?;
    let engine = &state.collections().default_one()?.engine;
    let limits = state.limits();
    Ok(axum::Json(Info {
        model_id: engine.model_name().to_owned(),
        model_sha: engine.fingerprint().to_owned(),
        model_dtype: "float32",
        model_type: ModelType { embedding: EmbeddingModel { pooling: engine.pooling() } },
        max_concurrent_requests: limits.concurrent,
        max_input_length: engine.max_tokens(),
        max_client_batch_size: limits.embedding_inputs,
        dimension: engine.dimension(),
        version: env!("CARGO_PKG_VERSION"),
    }))
}
