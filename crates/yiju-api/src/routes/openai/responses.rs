//! `POST /v1/responses`: the part of OpenAI's responses that its clients use for a conversation.

use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use yiju_engine::WrittenSentence;

use super::conversation::Conversation;
use super::{Answered, AskFields, Asked, UNHEARD, now, reply};
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::message::{Annotation, Links, value_of};
use crate::request_id::RequestId;
use crate::stream::{News, live, streamed};
use crate::target::Reading;

/// A conversation to answer. Other fields of OpenAI's are taken and change nothing; nothing is stored.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct ResponsesBody {
    /// `yiju`, also where it is left out; or `yiju-writer`, where the server has a model that writes.
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
    let asked = Asked::of(body.model.as_deref(), &target.state)?;
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
        model: asked.name,
        instructions: body.instructions,
        metadata: body.metadata.unwrap_or_else(|| json!({})),
    };
    let state = target.state.clone();
    let links = links.within(&target);
    let (id, writer) = (request_id.clone(), asked.writer);
    if !body.stream {
        let call = reply(target, id, conversation, body.ask, links, writer, UNHEARD);
        return Ok(axum::Json(frame.completed(&call.await?)?).into_response());
    }
    let mut events = Events { frame, sent: String::new(), begun: Begun::No, number: 0 };
    if writer.is_none() {
        let call = reply(target, id, conversation, body.ask, links, writer, UNHEARD);
        return streamed(&state, call, move |result| events.ended(result, &request_id)).await;
    }
    let (shown, sentences) = mpsc::unbounded_channel();
    let shown = move |sentence: &WrittenSentence| {
        // A client that is gone hears nothing.
        let _ = shown.send(sentence.clone());
    };
    let call = reply(target, id, conversation, body.ask, links, writer, Some(shown));
    live(&state, call, sentences, move |news| match news {
        News::More(sentence) => events.sentence(&sentence),
        News::Ended(result) => events.ended(result, &request_id),
    })
    .await
}

/// What a response has before it is answered.
struct Frame {
    id: String,
    created: u64,
    model: &'static str,
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
            "model": self.model,
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

/// How much of a stream's beginning was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Begun {
    No,
    Response,
    Message,
}

/// The events of a response.
struct Events {
    frame: Frame,
    /// The text that was sent.
    sent: String,
    begun: Begun,
    /// The number of the next event.
    number: usize,
}

impl Events {
    fn event(&mut self, kind: &str, mut data: Value) -> Event {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(self.number);
        self.number += 1;
        Event::default().event(kind).json_data(data).unwrap_or_default()
    }

    /// An event of the one part of the message.
    fn of_part(&mut self, kind: &str, mut data: Value) -> Event {
        data["item_id"] = json!(format!("msg_{}", self.frame.id));
        data["output_index"] = json!(0);
        data["content_index"] = json!(0);
        self.event(kind, data)
    }

    /// What comes before the text, as far as it was not sent.
    fn begin(&mut self, upto: Begun) -> Vec<Event> {
        let mut all = Vec::new();
        let started = self.frame.response("in_progress", json!([]), Value::Null);
        if self.begun == Begun::No {
            all.push(self.event("response.created", json!({"response": started})));
        }
        if self.begun < Begun::Message && upto == Begun::Message {
            all.push(self.event("response.in_progress", json!({"response": started})));
            let item = self.frame.message("in_progress", json!([]));
            let item = json!({"output_index": 0, "item": item});
            all.push(self.event("response.output_item.added", item));
            let empty =
                json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
            all.push(self.of_part("response.content_part.added", json!({"part": empty})));
        }
        if self.begun < upto {
            self.begun = upto;
        }
        all
    }

    fn text(&mut self, piece: &str) -> Event {
        self.sent.push_str(piece);
        self.of_part("response.output_text.delta", json!({"delta": piece, "logprobs": []}))
    }

    /// The events of a sentence that was written.
    fn sentence(&mut self, sentence: &WrittenSentence) -> Vec<Event> {
        let mut all = self.begin(Begun::Message);
        let more = sentence.after(&self.sent);
        all.push(self.text(&more));
        all
    }

    /// The events of what was not sent, and of the end.
    fn ended(&mut self, result: Result<Answered, ApiError>, request_id: &RequestId) -> Vec<Event> {
        let answered = result.and_then(|answered| Ok((self.frame.completed(&answered)?, answered)));
        let (completed, answered) = match answered {
            Ok(both) => both,
            Err(error) => {
                error.log(request_id.as_str());
                let body = error.body(request_id.as_str()).error;
                let mut failed = self.frame.response("failed", json!([]), Value::Null);
                failed["error"] = json!({"code": body.code, "message": body.message});
                let mut all = self.begin(Begun::Response);
                all.push(self.event("response.failed", json!({"response": failed})));
                return all;
            }
        };
        let mut all = self.begin(Begun::Message);
        // The message begins with what was shown of it.
        let text = &answered.content.text;
        let rest = text.get(self.sent.len()..).unwrap_or_default().to_owned();
        for line in rest.split_inclusive('\n') {
            all.push(self.text(line));
        }
        for (index, one) in answered.content.annotations.iter().enumerate() {
            let one = json!({"annotation_index": index, "annotation": annotation(one)});
            all.push(self.of_part("response.output_text.annotation.added", one));
        }
        let whole = json!({"text": text, "logprobs": []});
        all.push(self.of_part("response.output_text.done", whole));
        all.push(self.of_part("response.content_part.done", json!({"part": part(&answered)})));
        let done = self.frame.message("completed", json!([part(&answered)]));
        let done = json!({"output_index": 0, "item": done});
        all.push(self.event("response.output_item.done", done));
        all.push(self.event("response.completed", json!({"response": completed})));
        all
    }
}
