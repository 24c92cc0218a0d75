//! Responses of server-sent events.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde::Serialize;

use crate::error::ApiError;
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

/// A response of these events, kept open by comments while none comes.
pub(crate) fn respond(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    Sse::new(events.map(Ok::<_, Infallible>))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

/// An event of this name with JSON as its data.
///
/// # Errors
/// The data is no JSON.
pub(crate) fn event(name: &str, data: &impl Serialize) -> Result<Event, ApiError> {
    let event = Event::default().event(name).json_data(data);
    event.map_err(|error| ApiError::internal(format!("event `{name}`: {error}")))
}
