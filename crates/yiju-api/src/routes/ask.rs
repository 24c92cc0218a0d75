//! `POST /v1/ask`: answers a question with citations, in one response or as server-sent events.

use axum::http::{HeaderMap, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use tokio::sync::mpsc;
use yiju_engine::{
    Answer, AskRequest, Citation, Engine, EngineError, Filter, Nearest, Refusal, Timings, Verdict,
    Written, WrittenSentence,
};

use crate::error::{ApiError, Failures};
use crate::extract::{Json, Query, object};
use crate::request_id::RequestId;
use crate::routes::writing::write;
use crate::stream::{News, event, failed, live, streamed};
use crate::target::{Reading, Target};

/// A question.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskBody {
    /// The question, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    question: String,
    /// Earlier questions of the conversation, oldest first, at most 20: what the question leaves out is taken from them.
    #[serde(default)]
    #[schema(max_items = 20)]
    history: Vec<String>,
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
    /// Whether to have the answer written by the server's model from the citations, each sentence checked; refused
    /// where the server has none.
    #[serde(default)]
    write: bool,
    /// The day whose law counts: only what is in force on it answers. Today, or the time that the question itself names,
    /// where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
    /// Whether to answer with server-sent events; `Accept: text/event-stream` asks for the same.
    #[serde(default)]
    stream: bool,
}

fn default_limit() -> usize {
    3
}

/// A question in the address, as browsers' `EventSource` sends it.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskQuery {
    /// The question, 1 to 2,000 characters.
    #[param(min_length = 1, max_length = 2000)]
    question: String,
    /// Most citations to give, 1 to 20.
    #[serde(default = "default_limit")]
    #[param(default = 3, minimum = 1, maximum = 20)]
    limit: usize,
    /// Least confidence at which an answer is given, 0 to 1; 0.5 where it is left out.
    #[param(minimum = 0, maximum = 1)]
    threshold: Option<f32>,
    /// The day whose law counts.
    #[param(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
    /// Whether to have the answer written.
    #[serde(default)]
    write: bool,
}

/// Answers a question in the address, as `POST` does. It is for `EventSource`, which cannot send a body, and gets events;
/// addresses are kept in histories and logs, so prefer `POST`.
#[utoipa::path(
    get, path = "/v1/ask", tag = "ask", params(AskQuery),
    responses(
        (status = 200, description = "An answer or a refusal", content(
            (Answer = "application/json"), (StreamEvent = "text/event-stream"))),
        Failures,
    ),
)]
pub(crate) async fn ask_in_address(
    target: Reading,
    request_id: RequestId,
    headers: HeaderMap,
    Query(query): Query<AskQuery>,
) -> Result<Response, ApiError> {
    let AskQuery { question, limit, threshold, as_of, write } = query;
    let (history, filter) = (Vec::new(), Filter::default());
    let body = AskBody { question, history, limit, filter, threshold, write, as_of, stream: false };
    ask(target, request_id, headers, Json(body)).await
}

/// Answers a question with the clauses the answer rests on, or refuses.
///
/// A refusal is an answer, with status 200. With `stream`, the events are `citation` (one for each
/// citation), `sentence` (one for each sentence of a written answer, as soon as it has held), `answer` (the rest), `done`
/// (timings and request id), or `error`.
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
    let events_wanted = body.stream || accepts_events(&headers);
    let writer = match (body.write, target.state.writer()) {
        (false, _) => None,
        (true, Some(writer)) => Some(Arc::clone(writer)),
        (true, None) => return Err(ApiError::no_writer()),
    };
    let request = AskRequest {
        question: body.question,
        history: body.history,
        instructions: String::new(),
        limit: body.limit,
        filter: target.filter(body.filter)?,
        threshold: body.threshold,
        as_of: body.as_of,
    };
    let state = target.state.clone();
    let id = request_id.clone();
    match (writer, events_wanted) {
        (None, false) => Ok(axum::Json(answer(&target, request, id).await?).into_response()),
        (None, true) => {
            let call = async move { answer(&target, request, id).await };
            streamed(&state, call, move |result| events(result, true, &request_id)).await
        }
        (Some(writer), false) => {
            let answer = answer(&target, request, id).await?;
            Ok(axum::Json(write(&target, writer, answer, |_| {}).await?).into_response())
        }
        (Some(writer), true) => {
            let (found, citations) = mpsc::unbounded_channel();
            let call = async move {
                let answer = answer(&target, request, id).await?;
                for citation in &answer.citations {
                    let _ = found.send(Found::Citation(Box::new(citation.clone())));
                }
                let shown = move |sentence: &WrittenSentence| {
                    // A client that is gone hears nothing.
                    let _ = found.send(Found::Sentence(sentence.clone()));
                };
                write(&target, writer, answer, shown).await
            };
            live(&state, call, citations, move |news| match news {
                News::More(found) => {
                    let made = match &found {
                        Found::Citation(citation) => event("citation", citation),
                        Found::Sentence(sentence) => event("sentence", sentence),
                    };
                    vec![made.unwrap_or_else(|error| failed(&error, &request_id))]
                }
                News::Ended(result) => events(result, false, &request_id),
            })
            .await
        }
    }
}

/// What is known of a written answer before its end.
enum Found {
    Citation(Box<Citation>),
    Sentence(WrittenSentence),
}

/// Answers a question.
async fn answer(
    target: &Target,
    request: AskRequest,
    request_id: RequestId,
) -> Result<Answer, ApiError> {
    let (answer, ()) = answer_and(target, request, request_id, |_, _| Ok(())).await?;
    Ok(answer)
}

/// Answers a question of any route, and makes something of the answer in the same turn.
pub(crate) async fn answer_and<T: Send + 'static>(
    target: &Target,
    request: AskRequest,
    request_id: RequestId,
    more: impl FnOnce(&Engine, &Answer) -> Result<T, EngineError> + Send + 'static,
) -> Result<(Answer, T), ApiError> {
    if target.state.policy().log_questions {
        tracing::info!(request_id = request_id.as_str(), question = request.question, "question");
    }
    let call = move |engine: &Engine| {
        let answer = engine.ask(&request)?;
        let more = more(engine, &answer)?;
        Ok((answer, more))
    };
    let (answer, more) = target.read_in_steps(call).await?;
    target.state.metrics().answer(answer.answered);
    Ok((answer, more))
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

/// An event of a streamed answer.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the events, which axum writes")]
pub(crate) struct StreamEvent {
    /// `citation`, `sentence`, `answer`, `done` or `error`.
    event: String,
    /// JSON: a citation, a sentence of a written answer, the rest of the answer, timings and request id, or an error.
    data: String,
}

/// The data of the event `answer`: the answer without what other events carry.
#[derive(Serialize)]
struct AnswerEvent<'a> {
    question: &'a str,
    understood_as: Option<&'a str>,
    answered: bool,
    refusal: &'a Option<Refusal>,
    answer: &'a str,
    verdict: Option<Verdict>,
    written: Option<&'a Written>,
    nearest: &'a [Nearest],
    confidence: f32,
}

/// The data of the event `done`.
#[derive(Serialize)]
struct DoneEvent<'a> {
    timings_ms: Timings,
    request_id: &'a str,
}

/// The events of an answer's end, its citations before them where they were not sent.
fn events(
    result: Result<Answer, ApiError>,
    with_citations: bool,
    request_id: &RequestId,
) -> Vec<Event> {
    let made = result.and_then(|answer| {
        let mut events = Vec::with_capacity(answer.citations.len() + 2);
        for citation in answer.citations.iter().filter(|_| with_citations) {
            events.push(event("citation", citation)?);
        }
        let rest = AnswerEvent {
            question: &answer.question,
            understood_as: answer.understood_as.as_deref(),
            answered: answer.answered,
            refusal: &answer.refusal,
            answer: &answer.answer,
            verdict: answer.verdict,
            written: answer.written.as_ref(),
            nearest: &answer.nearest,
            confidence: answer.confidence,
        };
        events.push(event("answer", &rest)?);
        let done = DoneEvent { timings_ms: answer.timings_ms, request_id: request_id.as_str() };
        events.push(event("done", &done)?);
        Ok(events)
    });
    made.unwrap_or_else(|error| vec![failed(&error, request_id)])
}
