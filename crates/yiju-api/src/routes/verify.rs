//! `POST /v1/verify`: whether quotes are in the documents, and what they support.

use jiff::civil::Date;
use serde::Deserialize;
use yiju_engine::{CitedQuote, Verification, VerifyRequest};

use crate::error::{ApiError, Failures};
use crate::extract::{Json, Object};
use crate::target::Reading;

/// Quotes to verify, and what they are to support.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyBody {
    /// What the quotes are given for, up to 2,000 characters; left out, the quotes are only looked
    /// for.
    #[schema(min_length = 1, max_length = 2000)]
    statement: Option<String>,
    /// The quotes, 1 to 20.
    #[schema(value_type = Vec<CitedQuote>, min_items = 1, max_items = 20)]
    citations: Vec<Object<CitedQuote>>,
    /// The day on which it counts whether what holds a quote is in force; today where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

/// Says of each quote whether it exists, is altered or is absent, and how well it supports a
/// statement.
///
/// A quote that does not exist is a finding, with status 200. All documents of the collection are looked
/// through, so a key that is limited to some of them is refused.
#[utoipa::path(
    post, path = "/v1/verify", tag = "verify", request_body = VerifyBody,
    responses(
        (status = 200, description = "What is known of each quote, in the order given", body = Verification),
        Failures,
    ),
)]
pub(crate) async fn verify(
    Reading(target): Reading,
    Json(body): Json<VerifyBody>,
) -> Result<axum::Json<Verification>, ApiError> {
    target.grant.all_documents()?;
    let request = VerifyRequest {
        statement: body.statement,
        citations: body.citations.into_iter().map(|one| one.0).collect(),
        as_of: body.as_of,
    };
    let found = target.read(move |engine| engine.verify(&request)).await?;
    Ok(axum::Json(found))
}
