//! The router, and the layers around its routes: request id, metrics, log line, errors, access keys.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, Uri, Version, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower::util::option_layer;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tracing::Instrument;

use crate::access::Grant;
use crate::error::ApiError;
use crate::mcp;
use crate::openapi;
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::routes::{
    ask, batch, clauses, collections, documents, embeddings, ground, health, measure, openai, page,
    pages, rerank, search, tasks, tei, verify,
};
use crate::security::{cors, only_this_machine, set_headers};
use crate::share::Peer;
use crate::socket::Refusal;
use crate::state::AppState;

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
            get(collections::read).put(collections::put).delete(collections::remove),
        )
        .route("/v1/tasks", get(tasks::list))
        .route("/v1/tasks/{id}", get(tasks::read))
        .route("/v1/tasks/{id}/cancel", post(tasks::cancel))
        .route("/v1/embeddings", post(embeddings::embeddings))
        .route("/v1/rerank", post(rerank::rerank))
        .route("/v2/rerank", post(rerank::rerank))
        .route("/embed", post(tei::embed))
        .route("/rerank", post(tei::rerank))
        .route("/tokenize", post(tei::tokenize))
        .route("/info", get(tei::info))
        .route_service("/mcp", mcp::http(&state))
        .route_service(&format!("{}/mcp", openapi::NAMED), mcp::http(&state))
        .route("/metrics", get(health::metrics))
        .route_layer(from_fn_with_state(state.clone(), identify));
    identified
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(openapi::json))
        .merge(page::routes())
        .fallback(|uri: Uri| async move { ApiError::route_not_found(uri.path()) })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            ApiError::method_not_allowed(method.as_str(), uri.path())
        })
        .layer(from_fn_with_state(state.clone(), only_this_machine))
        .layer(from_fn(admit))
        .layer(option_layer(cors(&state.policy().cors_origins)))
        .layer(from_fn_with_state(state.clone(), around))
        .layer(compressed())
        .with_state(state)
}

/// Compresses answers of some length for clients that take it. Streams of events, pictures and what is compressed
/// already stay as they are.
fn compressed() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_FROM).and(DefaultPredicate::new()))
}

/// Bytes of an answer from which on it is compressed.
const COMPRESSED_FROM: u64 = 1024;

/// The routes of a collection, under the path `at`.
fn of_collection(at: &str, state: &AppState) -> Router<AppState> {
    let form_limit = DefaultBodyLimit::max(state.limits().form_bytes());
    let batch_limit = DefaultBodyLimit::max(state.limits().batch_bytes);
    let path = |rest: &str| format!("{at}{rest}");
    Router::new()
        .route(&path("/ask"), get(ask::ask_in_address).post(ask::ask))
        .route(&path("/chat/completions"), post(openai::chat::completions))
        .route(&path("/responses"), post(openai::responses::responses))
        .route(&path("/models"), get(openai::models::list))
        .route(&path("/models/{id}"), get(openai::models::read))
        .route(&path("/search"), post(search::search))
        .route(&path("/search/batch"), post(search::batch))
        .route(&path("/verify"), post(verify::verify))
        .route(&path("/ground"), post(ground::ground))
        .route(&path("/documents"), post(documents::add).layer(form_limit).get(documents::list))
        .route(&path("/documents/batch"), post(batch::add).layer(batch_limit))
        .route(&path("/documents/delete"), post(batch::delete))
        .route(
            &path("/documents/{id}"),
            get(documents::read)
                .put(documents::replace)
                .layer(form_limit)
                .delete(documents::remove),
        )
        .route(&path("/documents/{id}/clauses"), get(clauses::of_document))
        .route(&path("/documents/{id}/diff"), get(documents::diff))
        .route(&path("/documents/{id}/versions"), get(documents::versions))
        .route(&path("/documents/{id}/text"), get(documents::text))
        .route(&path("/documents/{id}/original"), get(documents::original))
        .route(&path("/documents/{id}/pages/{page}"), get(pages::page))
        .route(&path("/clauses/{id}"), get(clauses::clause))
        .route(&path("/bench"), post(measure::bench))
        .route(&path("/eval"), post(measure::eval))
}

/// Lets no request past without a key where one is needed, nor faster than the key allows.
async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let grant = match state.guard().identify(request.headers(), address(&request)) {
        Ok(grant) => grant,
        Err(error) => return error.into_response(),
    };
    let mut response = match grant.charge(1) {
        Ok(()) => {
            request.extensions_mut().insert(grant.clone());
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    // For the log line.
    response.extensions_mut().insert(grant);
    response
}

/// The address that the request came from.
fn address(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.address)
}

/// Refuses requests whose connection is spare, or which do not say for which host they are.
async fn admit(request: Request, next: Next) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>() {
        let health = ["/healthz", "/readyz", "/metrics"];
        if peer.spare && !health.contains(&request.uri().path()) {
            let mut response = ApiError::too_many_connections().into_response();
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        // RFC 9112, section 3.2; HTTP/2 has an authority instead, and HTTP/1.0 may have none.
        let hosts = request.headers().get_all(header::HOST).iter().count();
        let least = usize::from(request.version() == Version::HTTP_11);
        if !(least..=1).contains(&hosts) {
            return ApiError::invalid(format!(
                "the request has {hosts} `Host` headers, and must have one"
            ))
            .into_response();
        }
    }
    next.run(request).await
}

/// How requests are answered that the HTTP library could not read: as any other that is wrong, logged and counted.
pub(crate) fn refusal(state: &AppState) -> Refusal {
    let state = state.clone();
    Arc::new(move |status| {
        let error = ApiError::unreadable(status);
        let id = RequestId::new();
        let status = error.code().status().as_u16();
        state.metrics().request("unreadable", "OTHER", status, Duration::ZERO, Some(error.code()));
        tracing::info!(request_id = id.as_str(), status, "unreadable request");
        error.render_bytes(id.as_str())
    })
}

/// Gives the request its id, counts and logs it, and renders its error.
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
        // Keep what the router set, such as `Allow`.
        for (name, value) in &parts.headers {
            if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
                response.headers_mut().entry(name).or_insert_with(|| value.clone());
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
    // The route's pattern, not the path, headers or body: those may hold a question or a key.
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

/// The method as a metric label: clients can invent methods, so unknown ones are `OTHER`.
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
