//! `POST /v1/rerank`: texts ranked by how well they fit a query, in the shape that Cohere's and Jina's clients share.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yiju_access::Scope;
use yiju_engine::{Engine, InputType, Relevance};

use super::openai::MODEL;
use super::texts::{Truncate, TruncateField, check_work};
use crate::access::Grant;
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::request_id::RequestId;
use crate::state::AppState;

/// Texts ranked in one turn: between turns, other requests run, and a closed connection is noticed.
const TURN: usize = 16;

/// Texts to rank.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct RerankBody {
    /// `yiju`, also where it is left out.
    model: Option<String>,
    /// The query, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    query: String,
    /// The texts, or objects with a `text`; 1 to 1,000.
    #[schema(value_type = Vec<DocumentSchema>, min_items = 1, max_items = 1000)]
    documents: Vec<Value>,
    /// Most results to give; all where it is left out.
    #[schema(minimum = 1)]
    top_n: Option<usize>,
    /// Whether results carry their texts.
    #[serde(default)]
    return_documents: bool,
    /// What becomes of a text that the model cannot read at once: it is read in windows where this is left out, cut with
    /// `true`, refused with `false`.
    truncate: Option<TruncateField>,
}

/// A text, or an object with one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the texts, which are read as values for clearer errors")]
enum DocumentSchema {
    Text(String),
    Object(RerankedText),
}

/// A text.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
struct RerankedText {
    /// The text.
    text: String,
}

/// Ranked texts.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Reranked {
    /// The request's id.
    id: String,
    /// `yiju`
    model: &'static str,
    /// Best first.
    results: Vec<RerankResult>,
    /// What was read, as Jina's clients look for it.
    usage: RerankUsage,
    /// What was read, as Cohere's clients look for it.
    meta: Meta,
}

/// A ranked text.
#[derive(Serialize, utoipa::ToSchema)]
struct RerankResult {
    /// Its place among the texts, from 0.
    index: usize,
    /// How well it fits the query, 0 to 1.
    relevance_score: f32,
    /// The text, with `return_documents`.
    #[schema(required)]
    document: Option<RerankedText>,
}

/// Tokens of all texts.
#[derive(Serialize, utoipa::ToSchema)]
struct RerankUsage {
    /// Tokens.
    total_tokens: usize,
}

/// About the call.
#[derive(Serialize, utoipa::ToSchema)]
struct Meta {
    /// Which of Cohere's interfaces this is like.
    api_version: ApiVersion,
    /// What Cohere would count.
    billed_units: BilledUnits,
}

/// A version.
#[derive(Serialize, utoipa::ToSchema)]
struct ApiVersion {
    /// `2`
    version: &'static str,
}

/// Units.
#[derive(Serialize, utoipa::ToSchema)]
struct BilledUnits {
    /// 1
    search_units: u32,
}

/// Ranks texts by how well they fit a query. `/v2/rerank` is the same.
///
/// A text's score is what ranks the clauses of a library: it does not depend on the other texts. With a cross-encoder
/// (`--reranker`) that reads each text, too.
#[utoipa::path(
    post, path = "/v1/rerank", tag = "embeddings", request_body = RerankBody,
    responses((status = 200, description = "The texts, best first", body = Reranked), Failures),
)]
pub(crate) async fn rerank(
    State(state): State<AppState>,
    grant: Grant,
    request_id: RequestId,
    Json(body): Json<RerankBody>,
) -> Result<axum::Json<Reranked>, ApiError> {
    grant.allows(Scope::Read)?;
    check_model(&state, body.model.as_deref())?;
    if body.top_n == Some(0) {
        return Err(ApiError::invalid("`top_n` is 0, and must be 1 or more"));
    }
    let texts = body.documents.into_iter().enumerate().map(|(index, document)| match document {
        Value::String(text) => Ok(text),
        Value::Object(mut fields) => match fields.remove("text") {
            Some(Value::String(text)) => Ok(text),
            _ => Err(ApiError::invalid(format!("`documents[{index}]` has no text in `text`"))),
        },
        _ => {
            Err(ApiError::invalid(format!("`documents[{index}]` is neither a text nor an object")))
        }
    });
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let truncate = Truncate::of(body.truncate, Truncate::Windows);
    let (texts, mut ranked) =
        ranked(&state, &grant, "documents", body.query, texts, truncate).await?;
    let total_tokens = ranked.iter().map(|(_, relevance)| relevance.tokens).sum();
    ranked.truncate(body.top_n.unwrap_or(usize::MAX));
    let results = ranked.into_iter().map(|(index, relevance)| RerankResult {
        index,
        relevance_score: relevance.score,
        document: body.return_documents.then(|| RerankedText { text: texts[index].clone() }),
    });
    Ok(axum::Json(Reranked {
        id: request_id.as_str().to_owned(),
        model: MODEL,
        results: results.collect(),
        usage: RerankUsage { total_tokens },
        meta: Meta {
            api_version: ApiVersion { version: "2" },
            billed_units: BilledUnits { search_units: 1 },
        },
    }))
}

/// Refuses a model that is neither `yiju` nor the server's embedding model or cross-encoder.
pub(super) fn check_model(state: &AppState, asked: Option<&str>) -> Result<(), ApiError> {
    let engine = &state.collections().default_one()?.engine;
    let known = [Some(MODEL), Some(engine.model_name()), engine.reranker_name()];
    match asked {
        Some(_) if !known.contains(&asked) => {
            Err(ApiError::model_not_found(asked.unwrap_or_default(), MODEL))
        }
        _ => Ok(()),
    }
}

/// The texts as they were read, and their places and relevances, best first.
pub(super) async fn ranked(
    state: &AppState,
    grant: &Grant,
    name: &str,
    query: String,
    texts: Vec<String>,
    truncate: Truncate,
) -> Result<(Arc<Vec<String>>, Vec<(usize, Relevance)>), ApiError> {
    let (count, most) = (texts.len(), state.limits().rerank_texts);
    if !(1..=most).contains(&count) {
        return Err(ApiError::invalid(format!(
            "`{name}` has {count} texts, and must have 1 to {most}"
        )));
    }
    let engine = &state.collections().default_one()?.engine;
    check_work(grant, name, &texts, state.limits().text_chars)?;
    let texts = Arc::new(texts);
    let mut found: Vec<(usize, Relevance)> = Vec::with_capacity(count);
    while found.len() < count {
        let first = found.len();
        let (engine, texts, query) = (Arc::clone(engine), Arc::clone(&texts), query.clone());
        let name = name.to_owned();
        let turn =
            state.batches().run(grant.share(), move || -> Result<Vec<Relevance>, ApiError> {
                let turn = texts.iter().enumerate().skip(first).take(TURN);
                let cut = turn.map(|(index, text)| {
                    let mut text = text.clone();
                    truncate.cut(&engine, InputType::Passage, &mut text, || {
                        format!("`{name}[{index}]`")
                    })?;
                    Ok(text)
                });
                let cut = cut.collect::<Result<Vec<_>, ApiError>>()?;
                relevances(&engine, &query, &cut)
            });
        found.extend((first..).zip(turn.await??));
    }
    state.metrics().embedded(found.iter().map(|(_, relevance)| relevance.tokens).sum());
    found.sort_by(|(_, a), (_, b)| b.logit.total_cmp(&a.logit));
    Ok((texts, found))
}

fn relevances(engine: &Engine, query: &str, texts: &[String]) -> Result<Vec<Relevance>, ApiError> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Ok(engine.relevance(query, &texts)?)
}
