//! The table of errors: from it come the responses, the OpenAPI description and docs/serving.md.

use axum::http::StatusCode;

/// The machine-readable part of an error. [`ErrorCode::TABLE`] gives each its name and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request says something that cannot be done: bad JSON, an unknown field, a limit out of range.
    InvalidRequest,
    /// A key is needed, and none or an unknown one was sent.
    Unauthorized,
    /// The key does not allow this, or the request is not from this machine where no key is needed.
    Forbidden,
    /// No document, clause or collection has this id or name.
    NotFound,
    /// No route has this path.
    RouteNotFound,
    /// The server runs another model than the one asked for.
    ModelNotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The library is in a state that does not allow the request.
    Conflict,
    /// A limit of the collection, or of how many there may be, is reached.
    Full,
    /// The body is longer than this route takes.
    BodyTooLarge,
    /// The document is longer than the library takes.
    DocumentTooLarge,
    /// The content type, or the kind of file, is not one that can be read.
    UnsupportedFormat,
    /// The file is of a known kind, but holds nothing that can be read as a document.
    Unreadable,
    /// The queue is full; `Retry-After` says when to try again.
    TooManyRequests,
    /// The key made more requests than it may; `Retry-After` says when it may again.
    RateLimited,
    /// Something broke here; the log has the cause under the request id.
    Internal,
    /// The service cannot answer now: it is loading, stopping, or something it needs is broken.
    Unavailable,
    /// The request was not done within its deadline.
    Timeout,
}

/// A row of the table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// The code.
    pub code: ErrorCode,
    /// Its name in JSON: `not_found`.
    pub name: &'static str,
    /// Its HTTP status.
    pub status: StatusCode,
    /// When it is given, in a sentence.
    pub meaning: &'static str,
}

const fn row(
    code: ErrorCode,
    name: &'static str,
    status: StatusCode,
    meaning: &'static str,
) -> ErrorRow {
    ErrorRow {
        code,
        name,
        status,
        meaning,
    }
}

impl ErrorCode {
    /// Every error that the API gives, in the order of the statuses' families.
    pub const TABLE: [ErrorRow; 18] = [
        row(
            ErrorCode::InvalidRequest,
            "invalid_request",
            StatusCode::BAD_REQUEST,
            "The request says something that cannot be done: bad JSON, an unknown field, a limit out of range.",
        ),
        row(
            ErrorCode::Unauthorized,
            "unauthorized",
            StatusCode::UNAUTHORIZED,
            "A key is needed, and none or an unknown one was sent.",
        ),
        row(
            ErrorCode::Forbidden,
            "forbidden",
            StatusCode::FORBIDDEN,
            "The key does not allow this, or the request is not from this machine where no key is needed.",
        ),
        row(
            ErrorCode::NotFound,
            "not_found",
            StatusCode::NOT_FOUND,
            "No document, clause or collection has this id or name.",
        ),
        row(
            ErrorCode::RouteNotFound,
            "route_not_found",
            StatusCode::NOT_FOUND,
            "No route has this path.",
        ),
        row(
            ErrorCode::ModelNotFound,
            "model_not_found",
            StatusCode::NOT_FOUND,
            "The server runs another model than the one asked for.",
        ),
        row(
            ErrorCode::MethodNotAllowed,
            "method_not_allowed",
            StatusCode::METHOD_NOT_ALLOWED,
            "The route exists, but not for this method.",
        ),
        row(
            ErrorCode::Conflict,
            "conflict",
            StatusCode::CONFLICT,
            "The library is in a state that does not allow the request.",
        ),
        row(
            ErrorCode::Full,
            "full",
            StatusCode::CONFLICT,
            "A limit of the collection, or of how many there may be, is reached.",
        ),
        row(
            ErrorCode::BodyTooLarge,
            "body_too_large",
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is longer than this route takes.",
        ),
        row(
            ErrorCode::DocumentTooLarge,
            "document_too_large",
            StatusCode::PAYLOAD_TOO_LARGE,
            "The document is longer than the library takes.",
        ),
        row(
            ErrorCode::UnsupportedFormat,
            "unsupported_format",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The content type, or the kind of file, is not one that can be read.",
        ),
        row(
            ErrorCode::Unreadable,
            "unreadable",
            StatusCode::UNPROCESSABLE_ENTITY,
            "The file is of a known kind, but holds nothing that can be read as a document.",
        ),
        row(
            ErrorCode::TooManyRequests,
            "too_many_requests",
            StatusCode::TOO_MANY_REQUESTS,
            "The queue is full; `Retry-After` says when to try again.",
        ),
        row(
            ErrorCode::RateLimited,
            "rate_limited",
            StatusCode::TOO_MANY_REQUESTS,
            "The key made more requests than it may; `Retry-After` says when it may again.",
        ),
        row(
            ErrorCode::Internal,
            "internal",
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something broke here; the log has the cause under the request id.",
        ),
        row(
            ErrorCode::Unavailable,
            "unavailable",
            StatusCode::SERVICE_UNAVAILABLE,
            "The service cannot answer now: it is loading, stopping, or something it needs is broken.",
        ),
        row(
            ErrorCode::Timeout,
            "timeout",
            StatusCode::SERVICE_UNAVAILABLE,
            "The request was not done within its deadline.",
        ),
    ];

    fn row(self) -> ErrorRow {
        // A test checks that the table has a row for each code, so the fallback is never taken.
        let found = Self::TABLE.into_iter().find(|row| row.code == self);
        found.unwrap_or(row(
            ErrorCode::Internal,
            "internal",
            StatusCode::INTERNAL_SERVER_ERROR,
            "",
        ))
    }

    /// Its name in JSON: `not_found`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        self.row().status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_one_row_for_each_code() {
        for (index, row) in ErrorCode::TABLE.into_iter().enumerate() {
            let ErrorRow {
                code,
                name,
                status,
                meaning,
            } = row;
            assert!(meaning.ends_with('.'));
            assert_eq!(code as usize, index, "{name} stands where the enum has it");
            assert_eq!(code.name(), name);
            assert_eq!(code.status(), status);
            assert!(status.is_client_error() || status.is_server_error());
        }
        let mut names: Vec<_> = ErrorCode::TABLE.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::TABLE.len());
        // `Timeout` is the last variant: a variant added after it fails here until it has a row.
        assert_eq!(ErrorCode::Timeout as usize + 1, ErrorCode::TABLE.len());
    }
}
