//! `POST /v1/ground`: whether each sentence of a text is said by its sources.

use serde::Deserialize;
use yiju_engine::{Filter, GroundRequest, GroundSource, Grounding};

use crate::error::{ApiError, Failures};
use crate::extract::{Json, Object, object};
use crate::request_id::RequestId;
use crate::target::{Reading, Target};

/// A text to check, and what against.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroundBody {
    /// The text, 1 to 20,000 characters. `[2]`, `[1,3]` or `【1】` after a sentence says which sources it cites; one
    /// without is held against all.
    #[schema(min_length = 1, max_length = 20000)]
    answer: String,
    /// The sources, at most 100 of 60,000 characters together: texts, or clauses of the library by their ids. Left out,
    /// the clauses of the library nearest to each sentence.
    #[serde(default)]
    #[schema(value_type = Vec<GroundSource>, max_items = 100)]
    sources: Vec<Object<GroundSource>>,
    /// Which documents to look in, where no sources are given.
    #[serde(default, deserialize_with = "object")]
    filter: Filter,
    /// The least support, 0 to 1, with which a sentence counts as supported; the engine's own where it is left out.
    #[schema(minimum = 0, maximum = 1)]
    threshold: Option<f32>,
}

/// Says of each sentence of a text whether its sources say it, where, and what contradicts them.
///
/// One sentence is one claim; what is partly right is not supported. A sentence that nothing supports is a finding, with
/// status 200. Nothing of the text is kept.
#[utoipa::path(
    post, path = "/v1/ground", tag = "verify", request_body = GroundBody,
    responses(
        (status = 200, description = "What is known of each sentence, in their order", body = Grounding),
        Failures,
    ),
)]
pub(crate) async fn ground(
    Reading(target): Reading,
    request_id: RequestId,
    Json(body): Json<GroundBody>,
) -> Result<axum::Json<Grounding>, ApiError> {
    let request = request(&target, body)?;
    if target.state.policy().log_questions {
        tracing::info!(request_id = request_id.as_str(), answer = request.answer, "ground");
    }
    let found = target.read(move |engine| engine.ground(&request)).await?;
    Ok(axum::Json(found))
}

/// What is asked of the engine, limited to what the caller's key reaches.
fn request(target: &Target, body: GroundBody) -> Result<GroundRequest, ApiError> {
    let sources: Vec<GroundSource> = body.sources.into_iter().map(|one| one.0).collect();
    for source in &sources {
        let of_clause = source.clause_id.as_deref().and_then(|id| id.rsplit_once('.'));
        if let Some((document, _)) = of_clause {
            target.grant.document(document)?;
        }
    }
    Ok(GroundRequest {
        answer: body.answer,
        sources,
        filter: target.filter(body.filter)?,
        threshold: body.threshold,
    })
}
