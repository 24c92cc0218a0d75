//! The id of a request: in its log lines, its errors and its response's headers.

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderName;
use axum::http::request::Parts;
use tower_http::request_id::{MakeRequestId, MakeRequestUuid};

use crate::error::ApiError;

/// The header that carries the request id, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(String);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a request that came by no socket, from the client's number of it.
    pub(crate) fn local(number: &str) -> Self {
        Self(format!("mcp-{number}"))
    }

    /// The client's own id if it has 1 to 128 letters, digits, `-`, `_` and `.`; else a new UUID.
    pub(crate) fn of(request: &Request) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let given = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        if let Some(given) = given
            && (1..=128).contains(&given.len())
            && given.bytes().all(plain)
        {
            return Self(given.to_owned());
        }
        Self::made(request)
    }

    /// The id under which the log has what a task does.
    pub(crate) fn of_task(id: &str) -> Self {
        Self(format!("task-{id}"))
    }

    /// A new UUID.
    pub(crate) fn new() -> Self {
        Self::made(&axum::http::Request::new(()))
    }

    fn made<B>(request: &axum::http::Request<B>) -> Self {
        let made = MakeRequestUuid.make_request_id(request);
        Self(
            made.and_then(|id| id.header_value().to_str().map(str::to_owned).ok())
                .unwrap_or_default(),
        )
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let id = parts.extensions.get::<Self>().cloned();
        id.ok_or_else(|| ApiError::internal("the request has no id"))
    }
}
