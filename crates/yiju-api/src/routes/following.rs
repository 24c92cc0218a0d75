//! An add that its client follows: server-sent events with how far it has come, and what came of it.

use std::future::Future;
use std::pin::Pin;

use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::watch;
use yiju_engine::Progress;

use super::ask::event;
use super::documents::Added;
use crate::error::ApiError;
use crate::request_id::RequestId;
use crate::state::AppState;
use crate::stream::respond;

/// An event of a followed add.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the events, which axum writes")]
pub(crate) struct AddEvent {
    /// `progress`, `done` or `error`.
    event: String,
    /// JSON: passages embedded and in all with the share done, what the add did, or an error.
    data: String,
}

/// The data of the event `progress`.
#[derive(Serialize)]
struct ProgressEvent {
    passages_done: usize,
    passages_total: usize,
    /// 0 to 1, by length.
    share: f64,
}

type Call = Pin<Box<dyn Future<Output = Result<Added, ApiError>> + Send>>;

/// Answers with the events of `call`, whose progress comes through `progress`.
///
/// # Errors
/// The call fails before the stream begins, within `Limits::stream_after`.
pub(super) async fn follow(
    state: &AppState,
    request_id: RequestId,
    progress: watch::Receiver<Option<Progress>>,
    mut call: Call,
) -> Result<Response, ApiError> {
    let patience = state.limits().stream_after;
    if !patience.is_zero()
        && let Ok(result) = tokio::time::timeout(patience, &mut call).await
    {
        return Ok(respond(stream::iter([event("done", &result?)?])));
    }
    let running = Running { state: state.clone(), request_id, progress, call: Some(call) };
    Ok(respond(stream::unfold(running, Running::next)))
}

struct Running {
    state: AppState,
    request_id: RequestId,
    progress: watch::Receiver<Option<Progress>>,
    /// `None` once it has ended.
    call: Option<Call>,
}

impl Running {
    async fn next(mut self) -> Option<(Event, Self)> {
        let call = self.call.as_mut()?;
        let made = loop {
            tokio::select! {
                biased;
                result = &mut *call => {
                    self.call = None;
                    break result.and_then(|added| event("done", &added));
                }
                Ok(()) = self.progress.changed() => {
                    let now = *self.progress.borrow_and_update();
                    if let Some(now) = now {
                        let Progress { passages_done, passages_total, share } = now;
                        break event("progress", &ProgressEvent { passages_done, passages_total, share });
                    }
                }
            }
        };
        let event = made.unwrap_or_else(|error| {
            // The response has begun with status 200, so the outer layer does not count the error.
            self.state.metrics().error(error.code());
            error.log(self.request_id.as_str());
            self.call = None;
            let body = error.body(self.request_id.as_str());
            event("error", &body).unwrap_or_else(|_| Event::default().event("error"))
        });
        Some((event, self))
    }
}
