//! A long call that its client follows: server-sent events with how far it has come, and what came of it.

use std::future::Future;
use std::pin::Pin;

use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::watch;

use crate::error::ApiError;
use crate::request_id::RequestId;
use crate::state::AppState;
use crate::stream::{event, failed, respond};

/// An event of a call that is followed.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the events, which axum writes")]
pub(crate) struct FollowedEvent {
    /// `progress`, `done` or `error`.
    event: String,
    /// JSON: how far it has come, what came of it, or an error.
    data: String,
}

type Call<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send>>;

/// Answers with the events of `call`, whose progress comes through `progress`.
///
/// # Errors
/// The call fails before the stream begins, within `Limits::stream_after`.
pub(crate) async fn follow<T, P>(
    state: &AppState,
    request_id: RequestId,
    progress: watch::Receiver<Option<P>>,
    mut call: Call<T>,
) -> Result<Response, ApiError>
where
    T: Serialize + 'static,
    P: Serialize + Send + Sync + 'static,
{
    let patience = state.limits().stream_after;
    if !patience.is_zero()
        && let Ok(result) = tokio::time::timeout(patience, &mut call).await
    {
        return Ok(respond(stream::iter([event("done", &result?)?])));
    }
    let running = Running { state: state.clone(), request_id, progress, call: Some(call) };
    Ok(respond(stream::unfold(running, Running::next)))
}

struct Running<T, P> {
    state: AppState,
    request_id: RequestId,
    progress: watch::Receiver<Option<P>>,
    /// `None` once it has ended.
    call: Option<Call<T>>,
}

impl<T: Serialize, P: Serialize> Running<T, P> {
    async fn next(mut self) -> Option<(Event, Self)> {
        let call = self.call.as_mut()?;
        let made = loop {
            tokio::select! {
                biased;
                result = &mut *call => {
                    self.call = None;
                    break result.and_then(|done| event("done", &done));
                }
                Ok(()) = self.progress.changed() => {
                    if let Some(now) = self.progress.borrow_and_update().as_ref() {
                        break event("progress", now);
                    }
                }
            }
        };
        let event = made.unwrap_or_else(|error| {
            // The response has begun with status 200, so the outer layer does not count the error.
            self.state.metrics().error(error.code());
            self.call = None;
            failed(&error, &self.request_id)
        });
        Some((event, self))
    }
}
