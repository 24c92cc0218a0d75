//! The page: its HTML at each of its addresses, and its files under names of their content.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use yiju_page::{Asset, CONTENT_SECURITY_POLICY};

use crate::error::ApiError;
use crate::state::AppState;

/// The addresses of the page, which shows what each is of; those of a collection stand under its name, too.
const ADDRESSES: [&str; 9] = [
    "/",
    "/ask",
    "/search",
    "/lookup",
    "/check",
    "/documents",
    "/documents/{id}",
    "/documents/{id}/clauses/{clause}",
    "/figures",
];

/// The files never change under their names.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The HTML names the files of this version.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The routes of the page. They need no key: nothing of the library is in it.
pub(crate) fn routes() -> Router<AppState> {
    let mut routes = Router::new().route("/docs", get(html)).route("/page/{*file}", get(file));
    for address in ADDRESSES {
        routes = routes
            .route(address, get(html))
            .route(&format!("/collections/{{collection}}{address}"), get(html));
    }
    routes
}

async fn html(headers: HeaderMap) -> Response {
    let mut response = respond(yiju_page::page(), &headers, ASK_AGAIN);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}

async fn file(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let found = yiju_page::asset(uri.path());
    let asset = found.ok_or_else(|| ApiError::route_not_found(uri.path()))?;
    Ok(respond(asset, &headers, FOR_EVER))
}

fn respond(asset: &'static Asset, headers: &HeaderMap, keep: HeaderValue) -> Response {
    let gzip = asset.gzip.as_deref().filter(|_| takes_gzip(headers));
    let mut response = gzip.unwrap_or(&asset.bytes).into_response();
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    set.insert(header::CACHE_CONTROL, keep);
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if gzip.is_some() {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether `Accept-Encoding` allows gzip.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight =
                weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse().ok());
            name.trim().eq_ignore_ascii_case("gzip")
                && weight.is_some_and(|weight: f32| weight > 0.0)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_given_to_those_who_take_it() {
        let with = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        for takes in ["gzip", "br, gzip;q=0.5", "GZIP"] {
            assert!(takes_gzip(&with(takes)), "{takes}");
        }
        for not in ["", "br", "gzip;q=0", "gzip; q=0.0", "gzip;q=x"] {
            assert!(!takes_gzip(&with(not)), "{not}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
