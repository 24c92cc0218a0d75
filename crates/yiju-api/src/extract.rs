//! Extractors whose rejections are the API's own errors.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, header, request::Parts};
use http_body_util::LengthLimitError;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::bodies::broken;
use crate::error::{ApiError, chain};
use crate::state::AppState;
use crate::target::parameter;

/// A JSON body of at most `Limits::body_bytes`, received within `Limits::deadline`: a client that sends
/// it byte by byte must not hold its connection for ever.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let kind = content_type(request.headers());
        if !kind.as_deref().is_some_and(is_json) {
            return Err(ApiError::unsupported_content_type(kind.as_deref(), "application/json"));
        }
        let limit = state.limits().body_bytes;
        let deadline = state.limits().deadline;
        let body = read_body(request, limit, ApiError::body_too_large);
        let bytes = tokio::time::timeout(deadline, body)
            .await
            .map_err(|_| ApiError::timeout(deadline.as_secs_f64()))??;
        parse_json(&bytes).map(Json)
    }
}

/// The media type without its parameters, in lower case.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

/// Whether a media type is JSON: `application/json` or `application/…+json`.
pub(crate) fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The whole body, or `too_large(limit)` as soon as it is known to be longer than `limit` bytes.
pub(crate) async fn read_body(
    request: Request,
    limit: usize,
    too_large: impl Fn(usize) -> ApiError,
) -> Result<Bytes, ApiError> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        if let Some(broken) = broken(&error) {
            return broken;
        }
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(cause) = source {
            if cause.is::<LengthLimitError>() {
                return too_large(limit);
            }
            source = cause.source();
        }
        ApiError::invalid(format!("the body could not be read: {}", chain(&error)))
    })
}

/// A value from a JSON object only. Derived code would also take an array of the fields' values, which
/// is surely a mistake.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer).map(Self)
    }
}

/// As [`Object`], for `deserialize_with`.
pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Fields<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Fields(PhantomData))
}

/// A value from a JSON object, or an error that says where and why it does not fit.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let parsed: Result<Object<T>, _> = serde_json::from_slice(bytes);
    parsed.map(|object| object.0).map_err(|error| {
        let message = match error.classify() {
            serde_json::error::Category::Data => format!("the JSON does not fit: {error}"),
            _ => format!("the body is not JSON: {error}"),
        };
        ApiError::invalid(message).hint("GET /openapi.json describes what this route takes")
    })
}

/// Query parameters.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(query) => Ok(Self(query.0)),
            Err(rejection) => Err(ApiError::invalid(format!(
                "the query string does not fit: {}",
                rejection.body_text()
            ))
            .hint("GET /openapi.json describes the parameters of this route")),
        }
    }
}

/// The `{id}` of the path.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = parameter(parts, state, "id").await?;
        id.map(Self).ok_or_else(|| ApiError::internal("the route has no id"))
    }
}
