//! `POST /v1/responses`: the part of OpenAI's responses that its clients use for a conversation.

use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::conversation::Conversation;
use super::{Answered, AskFields, MODEL, check_model, now, reply};
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::message::{Annotation, Links, value_of};
use crate::request_id::RequestId;
use crate::stream::streamed;
use crate::target::Reading;

/// A conversation to answer. Other fields of OpenAI's are taken and change nothing; nothing is stored.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct ResponsesBody {
    /// `yiju`, also where it is left out.
    model: Option<String>,
    /// The question, or the messages of the conversation, of which the last is the question.
    #[schema(value_type = ResponsesInput)]
    input: Value,
    /// As a system message before the others.
    instructions: Option<String>,
    /// Whether to answer with events.
    #[serde(default)]
    stream: bool,
    /// Must be left out: responses are not kept.
    #[schema(value_type = Option<String>, max_length = 0)]
    previous_response_id: Option<Value>,
    /// Given back as it is.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    #[serde(flatten)]
    ask: AskFields,
}

/// A text, or messages.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the input, which is read as a value for clearer errors")]
enum ResponsesInput {
    Text(String),
    #[schema(value_type = Vec<Object>)]
    Messages(Vec<Value>),
}

/// An event of a streamed response.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the events, which axum writes")]
pub(crate) struct ResponseEvent {
    /// Its type: `response.created`.
    event: String,
    /// JSON, as OpenAI's API has it for the type.
    data: String,
}

/// Answers the last message of a conversation, in the shape of OpenAI's responses.
///
/// With `stream`, the events are OpenAI's, from `response.created` to `response.completed`.
#[utoipa::path(
    post, path = "/v1/responses", tag = "openai", request_body = ResponsesBody,
    responses(
        (status = 200, description = "A response in OpenAI's shape, with the answer as `/v1/ask` gives it in `yiju`", content(
            (Object = "application/json"), (ResponseEvent = "text/event-stream"))),
        Failures,
    ),
)]
pub(crate) async fn responses(
    Reading(target): Reading,
    request_id: RequestId,
    links: Links,
    Json(body): Json<ResponsesBody>,
) -> Result<Response, ApiError> {
    check_model(body.model.as_deref())?;
    if body.previous_response_id.is_some_and(|id| !id.is_null()) {
        return Err(ApiError::invalid(
            "`previous_response_id` is given, and responses are not kept",
        )
        .hint("send the earlier messages in `input`"));
    }
    let messages = match body.input {
        Value::String(text) => vec![json!({"role": "user", "content": text})],
        Value::Array(items) => items,
        _ => return Err(ApiError::invalid("`input` is neither a text nor a list of messages")),
    };
    let conversation = Conversation::read("input", messages, body.instructions.clone())?;
    let frame = Frame {
        id: request_id.as_str().to_owned(),
        created: now(),
        instructions: body.instructions,
        metadata: body.metadata.unwrap_or_else(|| json!({})),
    };
    let state = target.state.clone();
    let links = links.within(&target);
    let call = reply(target, request_id.clone(), conversation, body.ask, links);
    if !body.stream {
        return Ok(axum::Json(frame.completed(&call.await?)?).into_response());
    }
    streamed(&state, call, move |result| events(&frame, result, &request_id)).await
}

/// What a response has before it is answered.
struct Frame {
    id: String,
    created: u64,
    instructions: Option<String>,
    metadata: Value,
}

impl Frame {
    fn response(&self, status: &str, output: Value, usage: Value) -> Value {
        json!({
            "id": format!("resp_{}", self.id),
            "object": "response",
            "created_at": self.created,
            "status": status,
            "model": MODEL,
            "output": output,
            "usage": usage,
            "instructions": self.instructions,
            "metadata": self.metadata,
            "error": null,
            "incomplete_details": null,
            "max_output_tokens": null,
            "parallel_tool_calls": false,
            "previous_response_id": null,
            "reasoning": null,
            "store": false,
            "temperature": null,
            "text": {"format": {"type": "text"}},
            "tool_choice": "none",
            "tools": [],
            "top_p": null,
            "truncation": "disabled",
            "user": null,
        })
    }

    fn message(&self, status: &str, content: Value) -> Value {
        json!({
            "type": "message",
            "id": format!("msg_{}", self.id),
            "status": status,
            "role": "assistant",
            "content": content,
        })
    }

    fn completed(&self, answered: &Answered) -> Result<Value, ApiError> {
        let message = self.message("completed", json!([part(answered)]));
        let usage = json!({
            "input_tokens": answered.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": answered.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": answered.prompt_tokens + answered.completion_tokens,
        });
        let mut response = self.response("completed", json!([message]), usage);
        response["yiju"] = value_of(&answered.answer)?;
        Ok(response)
    }
}

fn part(answered: &Answered) -> Value {
    let annotations: Vec<Value> = answered.content.annotations.iter().map(annotation).collect();
    json!({
        "type": "output_text",
        "text": answered.content.text,
        "annotations": annotations,
        "logprobs": [],
    })
}

fn annotation(annotation: &Annotation) -> Value {
    let mut value = json!(annotation);
    value["type"] = json!("url_citation");
    value
}

fn events(frame: &Frame, result: Result<Answered, ApiError>, request_id: &RequestId) -> Vec<Event> {
    let mut all: Vec<Value> = Vec::new();
    let mut push = |kind: &str, mut data: Value| {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(all.len());
        all.push(data);
    };
    let started = frame.response("in_progress", json!([]), Value::Null);
    push("response.created", json!({"response": started}));
    let answered = result.and_then(|answered| Ok((frame.completed(&answered)?, answered)));
    match answered {
        Ok((completed, answered)) => {
            push("response.in_progress", json!({"response": started}));
            let item = format!("msg_{}", frame.id);
            let begun = frame.message("in_progress", json!([]));
            push("response.output_item.added", json!({"output_index": 0, "item": begun}));
            let at = json!({"item_id": item, "output_index": 0, "content_index": 0});
            let with = |more: Value| {
                let mut whole = at.clone();
                for (key, value) in more.as_object().into_iter().flatten() {
                    whole[key] = value.clone();
                }
                whole
            };
            let empty =
                json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
            push("response.content_part.added", with(json!({"part": empty})));
            for line in answered.content.text.split_inclusive('\n') {
                let delta = json!({"delta": line, "logprobs": []});
                push("response.output_text.delta", with(delta));
            }
            for (index, one) in answered.content.annotations.iter().enumerate() {
                let one = json!({"annotation_index": index, "annotation": annotation(one)});
                push("response.output_text.annotation.added", with(one));
            }
            let text = json!({"text": answered.content.text, "logprobs": []});
            push("response.output_text.done", with(text));
            push("response.content_part.done", with(json!({"part": part(&answered)})));
            let done = frame.message("completed", json!([part(&answered)]));
            push("response.output_item.done", json!({"output_index": 0, "item": done}));
            push("response.completed", json!({"response": completed}));
        }
        Err(error) => {
            error.log(request_id.as_str());
            let body = error.body(request_id.as_str()).error;
            let mut failed = frame.response("failed", json!([]), Value::Null);
            failed["error"] = json!({"code": body.code, "message": body.message});
            push("response.failed", json!({"response": failed}));
        }
    }
    all.iter()
        .map(|data| {
            let kind = data["type"].as_str().unwrap_or_default();
            Event::default().event(kind).json_data(data).unwrap_or_default()
        })
        .collect()
}
