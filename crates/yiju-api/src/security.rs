//! Protection against browsers and web pages: headers, origins, host names.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::error::ApiError;
use crate::request_id::X_REQUEST_ID;
use crate::state::AppState;

/// Answers are data: browsers must not run, frame or store them.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Sets the security headers that the response does not set itself.
pub(crate) fn set_headers(headers: &mut HeaderMap, tls: bool) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

/// Checks origins as browsers send them: `https://example.org` or `http://localhost:3000`.
///
/// # Errors
/// The first that is not an origin.
pub fn origins(listed: &[String]) -> Result<Vec<HeaderValue>, String> {
    let checked = listed.iter().map(|origin| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let plain = host.is_some_and(|host| {
            host.parse::<Authority>()
                .is_ok_and(|authority| authority.as_str() == host && !host.contains('@'))
                && !host.contains(|c: char| c.is_ascii_uppercase())
        });
        HeaderValue::from_str(origin).ok().filter(|_| plain).ok_or_else(|| origin.clone())
    });
    checked.collect()
}

/// How long a browser need not ask again whether a page may call.
const PREFLIGHT_HOLDS: Duration = Duration::from_secs(3600);

/// Lets pages of these origins call the API; `None` if none is listed.
pub(crate) fn cors(origins: &[HeaderValue]) -> Option<CorsLayer> {
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.iter().cloned()))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_NONE_MATCH,
                X_REQUEST_ID,
            ])
            .max_age(PREFLIGHT_HOLDS)
            .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, X_REQUEST_ID])
    })
}

/// Refuses requests of foreign web pages while no key is needed.
///
/// Without keys, whoever reaches the port is trusted, and that includes any page open in a browser on
/// this machine. Such a page is known by its `Origin`, or, if its domain resolves to this machine (DNS
/// rebinding), by the host it asks for.
pub(crate) async fn only_this_machine(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if state.guard().is_open()
        && let Err(error) = check(&request, &state.policy().cors_origins)
    {
        return error.into_response();
    }
    next.run(request).await
}

fn check(request: &Request, listed: &[HeaderValue]) -> Result<(), ApiError> {
    let named = request.uri().authority().map(Authority::as_str).or_else(|| {
        let host = request.headers().get(header::HOST)?;
        Some(host.to_str().unwrap_or("?"))
    });
    if let Some(host) = named
        && !is_local(host)
    {
        return Err(ApiError::foreign("host", host));
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return Ok(());
    };
    let shown = origin.to_str().unwrap_or("?");
    let host = shown.split_once("://").map(|(_, host)| host);
    // A page of this server, such as /docs.
    let own = host.is_some() && host == named;
    if own || listed.contains(origin) { Ok(()) } else { Err(ApiError::foreign("origin", shown)) }
}

/// Whether `host`, with or without a port, is this machine.
fn is_local(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost")
        || bare.unwrap_or(name).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_and_host() {
        let one = |origin: &str| origins(&[origin.to_owned()]);
        for good in ["https://example.org", "http://localhost:3000", "https://[::1]:8"] {
            assert_eq!(one(good).unwrap(), [good], "{good}");
        }
        for bad in [
            "*",
            "example.org",
            "https://example.org/",
            "https://a@b",
            "https://",
            "null",
            "https://EXAMPLE.org",
        ] {
            assert!(one(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn local_hosts_are_recognised() {
        for local in ["localhost", "LOCALHOST:8700", "127.0.0.1", "127.0.0.1:1", "[::1]:8700"] {
            assert!(is_local(local), "{local}");
        }
        for other in
            ["", "evil.example", "localhost.evil.example", "10.0.0.1", "a b", "127.0.0.1.evil"]
        {
            assert!(!is_local(other), "{other}");
        }
    }
}
