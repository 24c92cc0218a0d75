//! The API's error, and the one response that is made of it.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use yiju_access::Scope;
use yiju_engine::{EngineError, ErrorKind};

use crate::codes::ErrorCode;

/// Why a request failed. The outermost layer renders it, since it knows the request id.
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
        Self { code, message: message.into(), hint: None, retry_after: None, cause: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub(crate) fn document_not_found(id: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("no document has the id `{}`", shorten(id)))
            .hint("GET /v1/documents lists the documents with their ids")
    }

    /// The document is there, the file that it was read from is not.
    pub(crate) fn no_original(id: &str) -> Self {
        let message = format!(
            "there is no file of the document `{id}`: it was given as text, or its file was not kept"
        );
        Self::new(ErrorCode::NotFound, message).hint("GET /v1/documents/{id}/text gives its text")
    }

    pub(crate) fn clause_not_found(id: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("no clause has the id `{}`", shorten(id)))
            .hint("GET /v1/documents/{id}/clauses lists a document's clauses with their ids")
    }

    pub(crate) fn route_not_found(path: &str) -> Self {
        Self::new(ErrorCode::RouteNotFound, format!("no route has the path `{}`", shorten(path)))
            .hint("GET /openapi.json lists the routes, /docs shows them")
    }

    pub(crate) fn model_not_found(asked: &str, here: &str) -> Self {
        Self::new(
            ErrorCode::ModelNotFound,
            format!("this server does not run the model `{}`", shorten(asked)),
        )
        .hint(format!("ask for `{here}`, or leave `model` out"))
    }

    pub(crate) fn no_writer() -> Self {
        Self::invalid("`write` is true, and this server has no model that writes")
            .hint("leave `write` out for an answer of quotes, or start the server with --writer-url or --writer")
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
            Some(got) => format!("the content type `{}` is not one this route takes", shorten(got)),
            None => "the request has no content type".to_owned(),
        };
        Self::new(ErrorCode::UnsupportedFormat, message).hint(format!("send {wanted}"))
    }

    pub(crate) fn too_many_requests(waiting: usize) -> Self {
        Self::new(
            ErrorCode::TooManyRequests,
            format!("{waiting} requests are waiting already, which is as many as the queue holds"),
        )
        .hint("try again after the seconds that `Retry-After` names")
        .retry_after(1)
    }

    /// The queue is so long that the turn would come after the deadline.
    pub(crate) fn too_long_a_wait(wait: f64, deadline: f64) -> Self {
        Self::new(
            ErrorCode::TooManyRequests,
            format!(
                "the request would wait for about {wait:.0} s, and its deadline is {deadline} s"
            ),
        )
        .hint("try again after the seconds that `Retry-After` names")
        .retry_after((wait - deadline).ceil().max(1.0) as u64)
    }

    /// The client stopped in the middle of its document.
    pub(crate) fn stalled(seconds: f64) -> Self {
        Self::new(ErrorCode::Timeout, format!("nothing more of the body came for {seconds} s"))
            .hint("send it again")
    }

    /// Documents that wait fill the memory that is theirs.
    pub(crate) fn no_room(most: usize) -> Self {
        Self::new(
            ErrorCode::TooManyRequests,
            format!("the documents that wait to be taken in fill the {most} bytes they may, or half of them are yours"),
        )
        .hint("try again after the seconds that `Retry-After` names, with fewer at once")
        .retry_after(5)
    }

    pub(crate) fn too_many_connections() -> Self {
        Self::new(
            ErrorCode::Unavailable,
            "all connections that the server may have are in use; this one only serves health checks",
        )
        .hint("connect again after the seconds that `Retry-After` names")
        .retry_after(1)
    }

    /// The HTTP library refused a request with this status before any route saw it.
    pub(crate) fn unreadable(status: u16) -> Self {
        match status {
            414 => Self::new(ErrorCode::AddressTooLong, "the address of the request is too long")
                .hint("send long texts in the body of a POST"),
            431 => Self::new(ErrorCode::HeadersTooLarge, "the headers of the request are too long")
                .hint("send fewer or shorter headers"),
            _ => Self::invalid("the request is not the HTTP that this server reads")
                .hint("send HTTP/1.1 or HTTP/2; to a server with TLS, send https"),
        }
    }

    pub(crate) fn timeout(seconds: f64) -> Self {
        Self::new(
            ErrorCode::Timeout,
            format!("the request was not done within its deadline of {seconds} s"),
        )
        .hint("try again, with a smaller request or when the server is less busy")
        .retry_after(1)
    }

    pub(crate) fn loading() -> Self {
        Self::new(
            ErrorCode::Unavailable,
            "the server is loading its model and indexes, or is stopping",
        )
        .hint("GET /readyz answers 200 once it is ready")
        .retry_after(1)
    }

    pub(crate) fn no_key() -> Self {
        Self::new(ErrorCode::Unauthorized, "this server needs an access key")
            .hint("send `Authorization: Bearer KEY`; `yiju key add NAME` makes one")
    }

    pub(crate) fn unknown_key() -> Self {
        Self::new(ErrorCode::Unauthorized, "the access key is not one of this server's")
            .hint("it may have been revoked; `yiju key list` lists the keys")
    }

    pub(crate) fn lacks_scope(key: &str, scope: Scope) -> Self {
        Self::new(
            ErrorCode::Forbidden,
            format!("the key `{key}` has not the scope `{scope}`, which this needs"),
        )
        .hint("make a key with that scope: yiju key add NAME --scope SCOPE")
    }

    pub(crate) fn out_of_reach(key: &str, what: &str, name: &str) -> Self {
        Self::new(
            ErrorCode::Forbidden,
            format!("the key `{key}` does not reach the {what} `{}`", shorten(name)),
        )
    }

    pub(crate) fn limited_key(key: &str, what: &str) -> Self {
        Self::new(
            ErrorCode::Forbidden,
            format!("the key `{key}` is limited to some {what}, and this needs a key for all"),
        )
    }

    pub(crate) fn foreign(what: &str, value: &str) -> Self {
        Self::new(
            ErrorCode::Forbidden,
            format!(
                "without access keys only this machine's own requests are answered, and the {what} is `{}`",
                shorten(value)
            ),
        )
        .hint("make a key with `yiju key add NAME`, or list the page's origin with --cors-origin")
    }

    pub(crate) fn rate_limited(most: NonZeroU32, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::new(
            ErrorCode::RateLimited,
            format!("rate limit reached: {most} requests a minute for this key"),
        )
        .hint("try again after the seconds that `Retry-After` names")
        .retry_after(seconds.max(1))
    }

    pub(crate) fn task_not_found(id: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("no task has the id `{}`", shorten(id)))
            .hint("GET /v1/tasks lists them; those that ended long ago are forgotten")
    }

    /// Only tasks that have not ended can be cancelled.
    pub(crate) fn task_ended(id: &str, state: &str) -> Self {
        Self::new(ErrorCode::Conflict, format!("the task `{id}` has ended: {state}"))
    }

    pub(crate) fn too_many_tasks(most: usize) -> Self {
        Self::new(
            ErrorCode::TooManyRequests,
            format!("{most} tasks wait already, which is as many as there may be"),
        )
        .hint("try again when some are done: GET /v1/tasks shows how far they are")
        .retry_after(30)
    }

    pub(crate) fn collection_not_found(name: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("no collection has the name `{}`", shorten(name)))
            .hint("GET /v1/collections lists them; PUT /v1/collections/{name} makes one")
    }

    pub(crate) fn collection_changing(name: &str) -> Self {
        Self::new(
            ErrorCode::Conflict,
            format!("the collection `{name}` is being made or removed just now"),
        )
        .hint("try again in a moment")
        .retry_after(1)
    }

    pub(crate) fn collection_broken(name: &str) -> Self {
        Self::new(ErrorCode::Unavailable, format!("the collection `{name}` could not be opened"))
            .hint("the server's log of its start has the cause")
    }

    pub(crate) fn one_collection_only() -> Self {
        Self::new(ErrorCode::Conflict, "this server keeps no collections beside the default one")
    }

    pub(crate) fn default_stays() -> Self {
        Self::new(ErrorCode::Conflict, "the default collection cannot be removed")
            .hint("remove its documents one by one")
    }

    pub(crate) fn too_many_collections(most: usize) -> Self {
        Self::new(
            ErrorCode::Full,
            format!("there are {most} collections already, which is as many as there may be"),
        )
        .hint("remove one, or start the server with a higher --max-collections")
    }

    /// A store, index or file of the server is broken. Only the log gets the cause: it may name paths.
    pub(crate) fn broken(cause: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable, "something that the server needs is not working")
            .hint("the server's log has the cause under this request id")
            .caused_by(cause)
            .retry_after(5)
    }

    pub(crate) fn disk(action: &str, name: &str, error: &std::io::Error) -> Self {
        Self::broken(format!("cannot {action} `{name}`: {error}"))
    }

    /// A bug. Only the log gets the cause.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, "the server failed to handle the request")
            .hint("the server's log has the cause under this request id")
            .caused_by(cause)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Tells the client to wait this many seconds.
    fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Keeps the cause for the log.
    fn caused_by(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// The cause where there is one, else the message; for the log.
    pub(crate) fn cause(&self) -> &str {
        self.cause.as_deref().unwrap_or(&self.message)
    }

    /// Names the item of a list that the error is about.
    pub(crate) fn within(mut self, item: &str) -> Self {
        self.message = format!("{item}: {}", self.message);
        self
    }

    /// Logs a fault of the server (a status of 500 or more) with its cause.
    pub(crate) fn log(&self, request_id: &str) {
        let cause = self.cause();
        if self.code == ErrorCode::Unavailable {
            // A server that loads, or is full, does as it should.
            tracing::warn!(request_id, code = self.code.name(), cause, "not available");
        } else if self.code.status().is_server_error() {
            tracing::error!(request_id, code = self.code.name(), cause, "request failed");
        }
    }

    /// The JSON that the client gets.
    pub(crate) fn body(&self, request_id: &str) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail {
                code: self.code.name().into(),
                message: self.message.clone(),
                hint: self.hint.clone(),
                request_id: request_id.to_owned(),
            },
        }
    }

    /// The whole response of HTTP/1.1 as bytes, for a connection that is closed after it.
    pub(crate) fn render_bytes(&self, request_id: &str) -> Vec<u8> {
        let status = self.code.status();
        let body = serde_json::to_string(&self.body(request_id)).unwrap_or_default();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-request-id: {request_id}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// The response that the client gets, status, headers and body.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        let mut response = (self.code.status(), Json(self.body(request_id))).into_response();
        if self.code == ErrorCode::Unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
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
            ErrorKind::Full => ErrorCode::Full,
            ErrorKind::Cancelled => ErrorCode::Timeout,
            ErrorKind::Busy => ErrorCode::TooManyRequests,
            ErrorKind::Unavailable => ErrorCode::Unavailable,
            _ => ErrorCode::Internal,
        };
        match code {
            ErrorCode::Internal => Self::internal(chain(&error)),
            ErrorCode::Unavailable if error.is_disk_full() => Self {
                message: error.told_to_clients(),
                ..Self::broken(chain(&error))
                    .hint("free some space on the server's disk; what was stored is unharmed")
            },
            ErrorCode::Unavailable => Self::broken(chain(&error)),
            // The client has usually gone by now.
            ErrorCode::Timeout => Self::new(code, "the request was given up"),
            _ => Self {
                hint: error.hint(),
                retry_after: (code == ErrorCode::TooManyRequests).then_some(1),
                ..Self::new(code, error.told_to_clients()).caused_by(chain(&error))
            },
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

/// At most 100 characters of what the client sent, to be quoted in a message.
fn shorten(text: &str) -> String {
    const MOST: usize = 100;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

/// The errors of a route, for the description.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "describes responses, which `ApiError` renders")]
pub(crate) enum Failures {
    #[response(
        status = "4XX",
        description = "The request cannot be done as it is: `error.code` says why, `hint` what to do"
    )]
    Client(ErrorBody),
    #[response(status = "5XX", description = "The server cannot do it now")]
    Server(ErrorBody),
}

/// The JSON of an error.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ErrorBody {
    /// What went wrong.
    pub(crate) error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ErrorDetail {
    /// One of the codes of the table: `not_found`.
    #[schema(schema_with = crate::codes::names)]
    pub(crate) code: Cow<'static, str>,
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
    fn an_internal_error_hides_its_cause_from_the_client() {
        let error = ApiError::internal("disk /secret/place is gone");
        let body = serde_json::to_string(&error.body("r1")).unwrap();
        assert!(!body.contains("/secret"));
        assert_eq!(error.cause.as_deref(), Some("disk /secret/place is gone"));
    }

    #[test]
    fn a_full_disk_is_reported_without_its_path() {
        let error = EngineError::from(yiju_store::StoreError::Full {
            path: "/secret/place".into(),
            limit: None,
        });
        let error = ApiError::from(error);
        assert_eq!(error.code(), ErrorCode::Unavailable);
        let body = serde_json::to_string(&error.body("r1")).unwrap();
        assert!(body.contains("the disk is full") && !body.contains("/secret"));
        assert!(error.cause().contains("/secret/place"));
    }

    #[test]
    fn long_values_are_shortened_in_messages() {
        let error = ApiError::document_not_found(&"长".repeat(5000));
        assert!(error.body("r").error.message.chars().count() < 200);
    }
}
