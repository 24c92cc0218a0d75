//! `GET /v1/documents/{id}/pages/{page}`: a page of a document's file as a picture.

use std::ops::Range;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use yiju_engine::PictureRequest;

use crate::error::{ApiError, Failures};
use crate::extract::{Id, Query};
use crate::target::{Reading, parameter};

/// How many characters of the page are not drawn, where there are any.
const UNDRAWN: HeaderName = HeaderName::from_static("x-yiju-undrawn");

/// What to draw, from the path and the query string, whose `clause` and `span` may come several times.
pub(crate) struct Asked {
    page: u32,
    clauses: Vec<String>,
    spans: Vec<Range<usize>>,
    width: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = parameter(parts, state, "page").await?.unwrap_or_default();
        let page = name.strip_suffix(".png").and_then(number).ok_or_else(|| {
            let shown: String = name.chars().take(50).collect();
            ApiError::invalid(format!("`{shown}` is no page"))
                .hint("pages are 1.png, 2.png and so on")
        })?;
        let mut asked = Self { page, clauses: Vec::new(), spans: Vec::new(), width: None };
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await?;
        for (key, value) in pairs {
            match key.as_str() {
                "clause" => asked.clauses.push(value),
                "span" => asked.spans.push(span(&value)?),
                "width" => {
                    let width = number(&value).ok_or_else(|| {
                        ApiError::invalid("`width` must be a number of pixels, 1 to 4000")
                    })?;
                    asked.width = Some(width);
                }
                _ => {
                    let shown: String = key.chars().take(50).collect();
                    return Err(ApiError::invalid(format!("`{shown}` is no parameter"))
                        .hint("the parameters are `clause`, `span` and `width`"));
                }
            }
        }
        Ok(asked)
    }
}

/// A number as it is written in paths: digits only.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `120-180`.
fn span(text: &str) -> Result<Range<usize>, ApiError> {
    let ends = text.split_once('-').and_then(|(from, to)| Some((number(from)?, number(to)?)));
    match ends {
        Some((from, to)) if from <= to => Ok(from as usize..to as usize),
        _ => Err(ApiError::invalid("`span` must be FROM-TO, in UTF-8 bytes of the clean text")
            .hint("a citation's span has them as `byte_start` and `byte_end`")),
    }
}

/// A page of the file that a document was read from, drawn as a PNG, with clauses marked in yellow.
///
/// Where the page has characters in fonts that are neither in the file nor this program's, they are left out, and
/// `x-yiju-undrawn` says how many. PDF, OFD and pictures are drawn; 422 says why a page is not. 404 where the
/// document was given as text or its file was not kept.
#[utoipa::path(
    get, path = "/v1/documents/{id}/pages/{page}", tag = "documents",
    params(
        ("id" = String, Path, description = "The document's id"),
        ("page" = String, Path, description = "The page from 1, with the ending: `3.png`", pattern = r"^[1-9][0-9]{0,8}\.png$"),
        ("clause" = Option<Vec<String>>, Query, description = "Ids of clauses of this document to mark; at most 100 with the spans"),
        ("span" = Option<Vec<String>>, Query, description = "Parts of the clean text to mark, as FROM-TO in UTF-8 bytes"),
        ("width" = Option<u32>, Query, description = "Width in pixels; 110 pixels to the inch where it is left out", minimum = 1, maximum = 4000),
    ),
    responses(
        (status = 200, description = "The page", body = [u8], content_type = "image/png"),
        Failures,
    ),
)]
pub(crate) async fn page(
    Reading(target): Reading,
    Id(id): Id,
    asked: Asked,
) -> Result<Response, ApiError> {
    let Asked { page, clauses, spans, width } = asked;
    let picture = target
        .of_document(&id, move |engine, id| {
            let document = id.to_owned();
            engine.page_picture(&PictureRequest { document, page, clauses, spans, width })
        })
        .await?;
    let mut response = picture.png.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if picture.undrawn > 0 {
        headers.insert(UNDRAWN, HeaderValue::from(picture.undrawn));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_are_digits_only() {
        assert_eq!(number("12"), Some(12));
        for bad in ["", "+1", "-1", " 1", "1.0", "99999999999"] {
            assert_eq!(number(bad), None, "{bad}");
        }
        assert_eq!(span("3-9").unwrap(), 3..9);
        for bad in ["", "3", "9-3", "a-b", "3-", "-3", "1-2-3"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
