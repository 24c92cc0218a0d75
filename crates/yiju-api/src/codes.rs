//! The table of errors: the responses, the OpenAPI description and docs/serving.md are made from it.

use axum::http::StatusCode;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

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

macro_rules! table {
    ($($code:ident, $name:literal, $status:ident, $meaning:literal;)*) => {
        /// The machine-readable part of an error. [`ErrorCode::TABLE`] gives each its name and status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $meaning] $code,)*
        }

        impl ErrorCode {
            /// Every error that the API gives, one row each, in the order of the variants.
            pub const TABLE: [ErrorRow; [$($name),*].len()] = [$(ErrorRow {
                code: ErrorCode::$code,
                name: $name,
                status: StatusCode::$status,
                meaning: $meaning,
            }),*];
        }
    };
}

table! {
    InvalidRequest, "invalid_request", BAD_REQUEST, "The request says something that cannot be done: bad JSON, an unknown field, a limit out of range.";
    Unauthorized, "unauthorized", UNAUTHORIZED, "A key is needed, and none or an unknown one was sent.";
    Forbidden, "forbidden", FORBIDDEN, "The key does not allow this, or the request is not from this machine where no key is needed.";
    NotFound, "not_found", NOT_FOUND, "No document, clause or collection has this id or name.";
    RouteNotFound, "route_not_found", NOT_FOUND, "No route has this path.";
    ModelNotFound, "model_not_found", NOT_FOUND, "The server runs another model than the one asked for.";
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "The route exists, but not for this method.";
    Conflict, "conflict", CONFLICT, "The library is in a state that does not allow the request.";
    Full, "full", CONFLICT, "A limit of the collection, or of how many there may be, is reached.";
    BodyTooLarge, "body_too_large", PAYLOAD_TOO_LARGE, "The body is longer than this route takes.";
    DocumentTooLarge, "document_too_large", PAYLOAD_TOO_LARGE, "The document is longer than the library takes.";
    AddressTooLong, "address_too_long", URI_TOO_LONG, "The request's address is too long.";
    HeadersTooLarge, "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's headers are too long.";
    UnsupportedFormat, "unsupported_format", UNSUPPORTED_MEDIA_TYPE, "The content type, or the kind of file, is not one that can be read.";
    Unreadable, "unreadable", UNPROCESSABLE_ENTITY, "The file is of a known kind, but holds nothing that can be read as a document.";
    TooManyRequests, "too_many_requests", TOO_MANY_REQUESTS, "The queue is full; `Retry-After` says when to try again.";
    RateLimited, "rate_limited", TOO_MANY_REQUESTS, "The key made more requests than it may; `Retry-After` says when it may again.";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Something broke here; the log has the cause under the request id.";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "The service cannot answer now: it is loading, stopping, or something it needs is broken.";
    Timeout, "timeout", SERVICE_UNAVAILABLE, "The request was not done within its deadline.";
}

impl ErrorCode {
    /// Its name in JSON: `not_found`.
    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].name
    }

    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        Self::TABLE[self as usize].status
    }
}

/// The names of the table, as a schema.
pub(crate) fn names() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some(ErrorCode::TABLE.map(|row| row.name)))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients switch on names and statuses: a change here is a change of the API.
    #[test]
    fn names_and_statuses_stay() {
        let found = ErrorCode::TABLE.map(|row| format!("{} {}", row.status.as_u16(), row.name));
        let expected = [
            "400 invalid_request",
            "401 unauthorized",
            "403 forbidden",
            "404 not_found",
            "404 route_not_found",
            "404 model_not_found",
            "405 method_not_allowed",
            "409 conflict",
            "409 full",
            "413 body_too_large",
            "413 document_too_large",
            "414 address_too_long",
            "431 headers_too_large",
            "415 unsupported_format",
            "422 unreadable",
            "429 too_many_requests",
            "429 rate_limited",
            "500 internal",
            "503 unavailable",
            "503 timeout",
        ];
        assert_eq!(found, expected);
        for row in ErrorCode::TABLE {
            assert_eq!((row.code.name(), row.code.status()), (row.name, row.status));
            assert!(row.meaning.ends_with('.'), "{}", row.meaning);
        }
    }
}
