//! The router, and the layer around every request: its id, its metrics, its log line, its errors.

use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tower::util::option_layer;
use tower_http::request_id::{MakeRequestId, MakeRequestUuid};
use tracing::Instrument;

use crate::access::{Grant, identify};
use crate::error::ApiError;
use crate::openapi;
use crate::routes::{
    ask, clauses, collections, documents, embeddings, health, search, upload_limit, verify,
};
use crate::security::{cors, only_this_machine, set_headers};
use crate::state::AppState;

/// The header that carries the request id, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// All routes over `state`.
///
/// # Example
/// ```
/// use axum::body::Body;
/// use axum::http::{Request, StatusCode};
/// use tower::ServiceExt;
/// use yiju_api::{AppState, Limits, app};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let app = app(AppState::new(Limits::default()));
/// let request = Request::get("/healthz").body(Body::empty()).unwrap();
/// assert_eq!(app.oneshot(request).await.unwrap().status(), StatusCode::OK);
/// # });
/// ```
pub fn app(state: AppState) -> Router {
    let identified = Router::new()
        .merge(of_collection("/v1", &state))
        .merge(of_collection(openapi::NAMED, &state))
        .route("/v1/collections", get(collections::list))
        .route(
            openapi::NAMED,
            get(collections::read)
                .put(collections::put)
                .delete(collections::remove),
        )
        .route("/v1/embeddings", post(embeddings::embeddings))
        .route("/metrics", get(health::metrics))
        .route_layer(from_fn_with_state(state.clone(), identify));
    identified
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(openapi::json))
        .route("/docs", get(openapi::page))
        .fallback(|uri: Uri| async move { ApiError::route_not_found(uri.path()) })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            ApiError::method_not_allowed(method.as_str(), uri.path())
        })
        .layer(from_fn_with_state(state.clone(), only_this_machine))
        .layer(option_layer(cors(&state.policy().cors_origins)))
        .layer(from_fn_with_state(state.clone(), around))
        .with_state(state)
}

/// The routes that each collection has.
fn of_collection(at: &str, state: &AppState) -> Router<AppState> {
    let form_limit = DefaultBodyLimit::max(upload_limit(state.limits().document_bytes));
    let path = |rest: &str| format!("{at}{rest}");
    Router::new()
        .route(&path("/ask"), post(ask::ask))
        .route(&path("/search"), post(search::search))
        .route(&path("/search/batch"), post(search::batch))
        .route(&path("/verify"), post(verify::verify))
        .route(
            &path("/documents"),
            post(documents::add).layer(form_limit).get(documents::list),
        )
        .route(
            &path("/documents/{id}"),
            get(documents::read)
                .put(documents::replace)
                .layer(form_limit)
                .delete(documents::remove),
        )
        .route(&path("/documents/{id}/clauses"), get(clauses::of_document))
        .route(&path("/documents/{id}/text"), get(documents::text))
        .route(&path("/clauses/{id}"), get(clauses::clause))
}

/// The id of a request, in its log lines, its errors and its response's headers.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(String);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The client's own id where it is plain and short, else a new one.
    fn of(request: &Request) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let given = request
            .headers()
            .get(X_REQUEST_ID)
            .and_then(|value| value.to_str().ok());
        if let Some(given) = given
            && (1..=128).contains(&given.len())
            && given.bytes().all(plain)
        {
            return Self(given.to_owned());
        }
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

async fn around(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(&request);
    let method = bounded(request.method());
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(id.clone());

    let span = tracing::debug_span!("request", request_id = id.as_str(), method, route);
    let mut response = next.run(request).instrument(span).await;
    let mut code = None;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        error.log(id.as_str());
        code = Some(error.code());
        let (parts, _) = response.into_parts();
        response = error.render(id.as_str());
        // `Allow` and the like come from the router.
        for (name, value) in &parts.headers {
            if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
                response
                    .headers_mut()
                    .entry(name)
                    .or_insert_with(|| value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
    set_headers(headers, state.policy().tls);

    let status = response.status().as_u16();
    let took = started.elapsed();
    state.metrics().request(&route, method, status, took, code);
    let grant = response.extensions_mut().remove::<Grant>();
    let key = grant.as_ref().and_then(Grant::name);
    // The route's pattern and not the path, headers or body: a log holds no question and no key.
    tracing::info!(
        request_id = id.as_str(),
        method,
        route,
        status,
        key,
        ms = took.as_secs_f64() * 1e3,
        "request"
    );
    response
}

/// The method as a label: a client can make up names for methods.
fn bounded(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
