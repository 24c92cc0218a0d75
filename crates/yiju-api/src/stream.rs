//! Responses of server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::error::ApiError;
use crate::request_id::RequestId;
use crate::state::AppState;

/// How often an idle stream sends a comment, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Streams the events of a call's result. If the result is known within `Limits::stream_after`, an error has its own
/// HTTP status; after that, the response begins, and `events` gets the error.
///
/// # Errors
/// The call failed before the response began.
pub(crate) async fn streamed<T: Send + 'static>(
    state: &AppState,
    call: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    events: impl FnOnce(Result<T, ApiError>) -> Vec<Event> + Send + 'static,
) -> Result<Response, ApiError> {
    let patience = state.limits().stream_after;
    let mut call = Box::pin(call);
    let known = if patience.is_zero() {
        None
    } else {
        tokio::time::timeout(patience, &mut call).await.ok()
    };
    let state = state.clone();
    Ok(match known {
        Some(result) => respond(stream::iter(events(Ok(result?)))),
        None => respond(
            call.map(move |result| {
                // The response has begun with status 200, so the outer layer does not count the error.
                if let Err(error) = &result {
                    state.metrics().error(error.code());
                }
                stream::iter(events(result))
            })
            .into_stream()
            .flatten(),
        ),
    })
}

/// What a call that tells of itself has to say.
pub(crate) enum News<N, T> {
    /// Something before its end.
    More(N),
    /// Its result.
    Ended(Result<T, ApiError>),
}

/// Streams the events of a call that tells what it has done so far through `news`, each as soon as it is told. The call
/// is given up when the client goes. Errors before the first news have their own HTTP status, as in [`streamed`].
///
/// # Errors
/// The call failed before the response began.
pub(crate) async fn live<N: Send + 'static, T: Send + 'static>(
    state: &AppState,
    call: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    mut news: UnboundedReceiver<N>,
    mut events: impl FnMut(News<N, T>) -> Vec<Event> + Send + 'static,
) -> Result<Response, ApiError> {
    let mut call: Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send>> = Box::pin(call);
    let mut waiting = VecDeque::new();
    let mut call = tokio::select! {
        biased;
        Some(more) = news.recv() => {
            waiting.extend(events(News::More(more)));
            Some(call)
        }
        result = &mut call => {
            waiting.extend(events(News::Ended(Ok(result?))));
            None
        }
        () = tokio::time::sleep(state.limits().stream_after) => Some(call),
    };
    let state = state.clone();
    let mut next = move |news: News<N, T>| {
        if let News::Ended(Err(error)) = &news {
            // The response has begun with status 200, so the outer layer does not count the error.
            state.metrics().error(error.code());
        }
        events(news)
    };
    let running = stream::poll_fn(move |context| {
        loop {
            if let Some(event) = waiting.pop_front() {
                return Poll::Ready(Some(event));
            }
            let Some(running) = call.as_mut() else { return Poll::Ready(None) };
            // What was told comes before the end, though both are known.
            if let Poll::Ready(Some(more)) = news.poll_recv(context) {
                waiting.extend(next(News::More(more)));
                continue;
            }
            let Poll::Ready(result) = running.poll_unpin(context) else { return Poll::Pending };
            call = None;
            while let Ok(more) = news.try_recv() {
                waiting.extend(next(News::More(more)));
            }
            waiting.extend(next(News::Ended(result)));
        }
    });
    Ok(respond(running))
}

/// A response of these events, kept open by comments while none comes.
pub(crate) fn respond(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let mut response = Sse::new(events.map(Ok::<_, Infallible>))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    // nginx collects answers otherwise, and a client sees no event before the last.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// An event of this name with JSON as its data.
///
/// # Errors
/// The data is no JSON.
pub(crate) fn event(name: &str, data: &impl Serialize) -> Result<Event, ApiError> {
    let event = Event::default().event(name).json_data(data);
    event.map_err(|error| ApiError::internal(format!("event `{name}`: {error}")))
}

/// The event `error`, which is written to the log too.
pub(crate) fn failed(error: &ApiError, request_id: &RequestId) -> Event {
    error.log(request_id.as_str());
    // Strings always serialise; the fallback is an event without data.
    let body = error.body(request_id.as_str());
    event("error", &body).unwrap_or_else(|_| Event::default().event("error"))
}
