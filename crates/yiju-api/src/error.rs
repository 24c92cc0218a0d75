//! Every error the API gives: one table of codes, and the one way a response is made of them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use yiju_engine::{EngineError, ErrorKind};

/// The machine-readable part of an error. [`ErrorCode::TABLE`] gives each its name and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request says something that cannot be done: bad JSON, an unknown field, a limit out of range.
    InvalidRequest,
    /// No document or clause has this id.
    NotFound,
    /// No route has this path.
    RouteNotFound,
    /// The server runs another model than the one asked for.
    ModelNotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The library is in a state that does not allow the request.
    Conflict,
    /// The body is longer than this route takes.
    BodyTooLarge,
    /// The document is longer than the library takes.
    DocumentTooLarge,
    /// The content type, or the kind of file, is not one that can be read.
    UnsupportedFormat,
    /// The file is of a known kind, but holds nothing that can be read as a document.
    Unreadable,
    /// The queue is full.
    TooManyRequests,
    /// Something broke here.
    Internal,
    /// The service cannot answer now: it is loading, stopping, or something it needs is broken.
    Unavailable,
    /// The request was not done within its deadline.
    Timeout,
}

impl ErrorCode {
    /// Each code, its name in JSON, and its HTTP status.
    pub const TABLE: [(ErrorCode, &'static str, StatusCode); 14] = [
        (
            ErrorCode::InvalidRequest,
            "invalid_request",
            StatusCode::BAD_REQUEST,
        ),
        (ErrorCode::NotFound, "not_found", StatusCode::NOT_FOUND),
        (
            ErrorCode::RouteNotFound,
            "route_not_found",
            StatusCode::NOT_FOUND,
        ),
        (
            ErrorCode::ModelNotFound,
            "model_not_found",
            StatusCode::NOT_FOUND,
        ),
        (
            ErrorCode::MethodNotAllowed,
            "method_not_allowed",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (ErrorCode::Conflict, "conflict", StatusCode::CONFLICT),
        (
            ErrorCode::BodyTooLarge,
            "body_too_large",
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            ErrorCode::DocumentTooLarge,
            "document_too_large",
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            ErrorCode::UnsupportedFormat,
            "unsupported_format",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            ErrorCode::Unreadable,
            "unreadable",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            ErrorCode::TooManyRequests,
            "too_many_requests",
            StatusCode::TOO_MANY_REQUESTS,
        ),
        (
            ErrorCode::Internal,
            "internal",
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
        (
            ErrorCode::Unavailable,
            "unavailable",
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        (
            ErrorCode::Timeout,
            "timeout",
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    ];

    fn row(self) -> (ErrorCode, &'static str, StatusCode) {
        // A test checks that the table has a row for each code, so the fallback is never taken.
        let row = Self::TABLE.iter().find(|row| row.0 == self);
        *row.unwrap_or(&(
            ErrorCode::Internal,
            "internal",
            StatusCode::INTERNAL_SERVER_ERROR,
        ))
    }

    /// Its name in JSON: `not_found`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        self.row().2
    }
}

/// What a client is told when a request fails. The request id is added where the response leaves.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    code: ErrorCode,
    message: String,
    hint: Option<String>,
    retry_after: Option<u64>,
    cause: Option<String>,
}

impl ApiError {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            retry_after: None,
            cause: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub(crate) fn document_not_found(id: &str) -> Self {
        Self::new(
            ErrorCode::NotFound,
            format!("no document has the id `{}`", shorten(id)),
        )
        .hint("GET /v1/documents lists the documents with their ids")
    }

    pub(crate) fn clause_not_found(id: &str) -> Self {
        Self::new(
            ErrorCode::NotFound,
            format!("no clause has the id `{}`", shorten(id)),
        )
        .hint("GET /v1/documents/{id}/clauses lists a document's clauses with their ids")
    }

    pub(crate) fn route_not_found(path: &str) -> Self {
        Self::new(
            ErrorCode::RouteNotFound,
            format!("no route has the path `{}`", shorten(path)),
        )
        .hint("GET /openapi.json lists the routes, /docs shows them")
    }

    pub(crate) fn model_not_found(asked: &str, here: &str) -> Self {
        Self::new(
            ErrorCode::ModelNotFound,
            format!("this server does not run the model `{}`", shorten(asked)),
        )
        .hint(format!("ask for `{here}`, or leave `model` out"))
    }

    pub(crate) fn method_not_allowed(method: &str, path: &str) -> Self {
        Self::new(
            ErrorCode::MethodNotAllowed,
            format!("`{}` does not take {method}", shorten(path)),
        )
        .hint("the `Allow` header names the methods it takes")
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(
            ErrorCode::BodyTooLarge,
            format!("the body is longer than the {limit} bytes this route takes"),
        )
        .hint("send less at once")
    }

    pub(crate) fn document_too_large(limit: usize) -> Self {
        Self::new(
            ErrorCode::DocumentTooLarge,
            format!("the document is longer than the {limit} bytes this server takes"),
        )
        .hint("split the document, or start the server with a higher --max-document-bytes")
    }

    pub(crate) fn unsupported_content_type(got: Option<&str>, wanted: &str) -> Self {
        let message = match got {
            Some(got) => format!(
                "the content type `{}` is not one this route takes",
                shorten(got)
            ),
            None => "the request has no content type".to_owned(),
        };
        Self::new(ErrorCode::UnsupportedFormat, message).hint(format!("send {wanted}"))
    }

    pub(crate) fn too_many_requests(waiting: usize) -> Self {
        let mut error = Self::new(
            ErrorCode::TooManyRequests,
            format!("{waiting} requests are waiting already, which is as many as the queue holds"),
        )
        .hint("try again after the seconds that `Retry-After` names");
        error.retry_after = Some(1);
        error
    }

    pub(crate) fn timeout(seconds: f64) -> Self {
        let mut error = Self::new(
            ErrorCode::Timeout,
            format!("the request was not done within its deadline of {seconds} s"),
        )
        .hint("try again, with a smaller request or when the server is less busy");
        error.retry_after = Some(1);
        error
    }

    pub(crate) fn loading() -> Self {
        let mut error = Self::new(
            ErrorCode::Unavailable,
            "the server is loading its model and indexes, or is stopping",
        )
        .hint("GET /readyz answers 200 once it is ready");
        error.retry_after = Some(1);
        error
    }

    /// A fault of ours: the client gets a sentence, the log gets the cause.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let mut error = Self::new(
            ErrorCode::Internal,
            "the server failed to handle the request",
        )
        .hint("the server's log has the cause under this request id");
        error.cause = Some(cause.into());
        error
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// Writes a fault of ours to the log, with its cause.
    pub(crate) fn log(&self, request_id: &str) {
        if self.code.status().is_server_error() {
            let cause = self.cause.as_deref().unwrap_or(&self.message);
            tracing::error!(request_id, code = self.code.name(), cause, "request failed");
        }
    }

    /// The JSON that the client gets.
    pub(crate) fn body(&self, request_id: &str) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail {
                code: self.code.name().to_owned(),
                message: self.message.clone(),
                hint: self.hint.clone(),
                request_id: request_id.to_owned(),
            },
        }
    }

    /// The response that the client gets, status, headers and body.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        let mut response = (self.code.status(), Json(self.body(request_id))).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Carries the error to the layer that knows the request id, which renders it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let code = match error.kind() {
            ErrorKind::Invalid => ErrorCode::InvalidRequest,
            ErrorKind::NotFound => ErrorCode::NotFound,
            ErrorKind::TooLarge => ErrorCode::DocumentTooLarge,
            ErrorKind::Unsupported => ErrorCode::UnsupportedFormat,
            ErrorKind::Unreadable => ErrorCode::Unreadable,
            ErrorKind::Conflict => ErrorCode::Conflict,
            ErrorKind::Busy => ErrorCode::TooManyRequests,
            ErrorKind::Unavailable => ErrorCode::Unavailable,
            _ => ErrorCode::Internal,
        };
        match code {
            ErrorCode::Internal => Self::internal(chain(&error)),
            // The message of a broken store or index may name paths: those go to the log.
            ErrorCode::Unavailable => {
                let mut answer = Self::new(code, "something that the server needs is not working")
                    .hint("the server's log has the cause under this request id");
                answer.retry_after = Some(5);
                answer.cause = Some(chain(&error));
                answer
            }
            _ => {
                let mut answer = Self::new(code, error.to_string());
                answer.hint = error.hint();
                if code == ErrorCode::TooManyRequests {
                    answer.retry_after = Some(1);
                }
                answer
            }
        }
    }
}

/// An error with its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// What the client sent, short enough to be said back to it.
fn shorten(text: &str) -> String {
    const MOST: usize = 100;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

/// The JSON of an error.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong.
    pub(crate) error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ErrorDetail {
    /// One of the codes of the table: `not_found`.
    pub(crate) code: String,
    /// One sentence that names the value and the limit.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// The request's id, as in the `x-request-id` header and the server's log.
    pub(crate) request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_one_row_for_each_code() {
        for (index, (code, name, status)) in ErrorCode::TABLE.into_iter().enumerate() {
            assert_eq!(code as usize, index, "{name} stands where the enum has it");
            assert_eq!(code.name(), name);
            assert_eq!(code.status(), status);
            assert!(status.is_client_error() || status.is_server_error());
        }
        let mut names: Vec<_> = ErrorCode::TABLE.iter().map(|row| row.1).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::TABLE.len());
        // `Timeout` is the last variant: a variant added after it fails here until it has a row.
        assert_eq!(ErrorCode::Timeout as usize + 1, ErrorCode::TABLE.len());
    }

    #[test]
    fn a_fault_of_ours_does_not_tell_its_cause() {
        let error = ApiError::internal("disk /secret/place is gone");
        let body = serde_json::to_string(&error.body("r1")).unwrap();
        assert!(!body.contains("/secret"));
        assert_eq!(error.cause.as_deref(), Some("disk /secret/place is gone"));
    }

    #[test]
    fn long_values_are_said_back_short() {
        let error = ApiError::document_not_found(&"长".repeat(5000));
        assert!(error.body("r").error.message.chars().count() < 200);
    }
}
