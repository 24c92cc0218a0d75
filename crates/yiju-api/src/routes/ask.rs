//! `POST /v1/ask`: answers a question with citations, in one response or as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use yiju_engine::{Answer, AskRequest, Filter, Nearest, Refusal, Timings, Verdict};

use crate::error::{ApiError, Failures};
use crate::extract::{Json, object};
use crate::request_id::RequestId;
use crate::target::{Reading, Target};

/// How often an idle stream sends a comment, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A question.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskBody {
    /// The question, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    question: String,
    /// Most citations to give, 1 to 20.
    #[serde(default = "default_limit")]
    #[schema(default = 3, minimum = 1, maximum = 20)]
    limit: usize,
    /// Which documents to look in; all where it is left out.
    #[serde(default, deserialize_with = "object")]
    filter: Filter,
    /// Least confidence at which an answer is given, 0 to 1; 0.5 where it is left out. Higher ones
    /// refuse more: `yiju ask --help` has the error rates of each.
    #[schema(minimum = 0, maximum = 1)]
    threshold: Option<f32>,
    /// Whether to answer with server-sent events; `Accept: text/event-stream` asks for the same.
    #[serde(default)]
    stream: bool,
}

fn default_limit() -> usize {
    3
}

/// Answers a question with the clauses the answer rests on, or refuses.
///
/// A refusal is an answer, with status 200. With `stream`, the events are `citation` (one for each
/// citation), `answer` (the rest), `done` (timings and request id), or `error`.
#[utoipa::path(
    post, path = "/v1/ask", tag = "ask", request_body = AskBody,
    responses(
        (status = 200, description = "An answer or a refusal", content(
            (Answer = "application/json"), (StreamEvent = "text/event-stream"))),
        Failures,
    ),
)]
pub(crate) async fn ask(
    Reading(target): Reading,
    request_id: RequestId,
    headers: HeaderMap,
    Json(body): Json<AskBody>,
) -> Result<Response, ApiError> {
    let streamed = body.stream || accepts_events(&headers);
    let request = AskRequest {
        question: body.question,
        limit: body.limit,
        filter: target.filter(body.filter)?,
        threshold: body.threshold,
    };
    if target.state.policy().log_questions {
        tracing::info!(request_id = request_id.as_str(), question = request.question, "question");
    }
    let state = target.state.clone();
    let patience = state.limits().stream_after;
    let call = answer(target, request);
    if !streamed {
        return Ok(axum::Json(call.await?).into_response());
    }
    let mut call = Box::pin(call);
    let known = if patience.is_zero() {
        None
    } else {
        tokio::time::timeout(patience, &mut call).await.ok()
    };
    Ok(match known {
        Some(result) => respond(stream::iter(events(Ok(result?), &request_id))),
        None => respond(
            call.map(move |result| {
                // The response has begun with status 200, so the outer layer does not count the error.
                if let Err(error) = &result {
                    state.metrics().error(error.code());
                }
                stream::iter(events(result, &request_id))
            })
            .into_stream()
            .flatten(),
        ),
    })
}

async fn answer(target: Target, request: AskRequest) -> Result<Answer, ApiError> {
    let answer = target.read_in_steps(move |engine| engine.ask(&request)).await?;
    target.state.metrics().answer(answer.answered);
    Ok(answer)
}

pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| {
            let kind = kind.split(';').next().unwrap_or(kind);
            kind.trim().eq_ignore_ascii_case("text/event-stream")
        })
}

pub(super) fn respond(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    Sse::new(events.map(Ok::<_, Infallible>))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

/// An event of a streamed answer.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the events, which axum writes")]
pub(crate) struct StreamEvent {
    /// `citation`, `answer`, `done` or `error`.
    event: String,
    /// JSON: a citation, the rest of the answer, timings and request id, or an error.
    data: String,
}

/// The data of the event `answer`: the answer without what other events carry.
#[derive(Serialize)]
struct AnswerEvent<'a> {
    question: &'a str,
    answered: bool,
    refusal: &'a Option<Refusal>,
    answer: &'a str,
    verdict: Option<Verdict>,
    nearest: &'a [Nearest],
    confidence: f32,
}

/// The data of the event `done`.
#[derive(Serialize)]
struct DoneEvent<'a> {
    timings_ms: Timings,
    request_id: &'a str,
}

fn events(result: Result<Answer, ApiError>, request_id: &RequestId) -> Vec<Event> {
    let made = result.and_then(|answer| {
        let mut events = Vec::with_capacity(answer.citations.len() + 2);
        for citation in &answer.citations {
            events.push(event("citation", citation)?);
        }
        let rest = AnswerEvent {
            question: &answer.question,
            answered: answer.answered,
            refusal: &answer.refusal,
            answer: &answer.answer,
            verdict: answer.verdict,
            nearest: &answer.nearest,
            confidence: answer.confidence,
        };
        events.push(event("answer", &rest)?);
        let done = DoneEvent { timings_ms: answer.timings_ms, request_id: request_id.as_str() };
        events.push(event("done", &done)?);
        Ok(events)
    });
    made.unwrap_or_else(|error| {
        error.log(request_id.as_str());
        // Strings always serialise; the fallback is an event without data.
        let body = error.body(request_id.as_str());
        vec![event("error", &body).unwrap_or_else(|_| Event::default().event("error"))]
    })
}

pub(super) fn event(name: &str, data: &impl Serialize) -> Result<Event, ApiError> {
    let event = Event::default().event(name).json_data(data);
    event.map_err(|error| ApiError::internal(format!("event `{name}`: {error}")))
}
