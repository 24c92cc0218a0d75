//! `POST /v1/chat/completions`, in one response or as chunks.

use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use yiju_engine::{Answer, WrittenSentence};

use super::conversation::Conversation;
use super::{Answered, AskFields, Asked, UNHEARD, now, reply};
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::message::{Annotation, Links, value_of};
use crate::request_id::RequestId;
use crate::stream::{News, live, streamed};
use crate::target::Reading;

/// A conversation to answer. Other fields of OpenAI's (`temperature`, `max_tokens`, `tools`, …) are taken and change
/// nothing: the answer is quotes, or what is written from them, and never cut.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct ChatBody {
    /// `yiju`, also where it is left out; or `yiju-writer`, where the server has a model that writes.
    model: Option<String>,
    /// The conversation. The last message is the question. Earlier ones of the user say what it leaves out; a system
    /// message that limits the answer to documents by their titles in 《》 does so.
    #[schema(value_type = Vec<MessageSchema>, min_items = 1)]
    messages: Vec<Value>,
    /// Whether to answer with chunks.
    #[serde(default)]
    stream: bool,
    /// What the chunks hold.
    stream_options: Option<StreamOptions>,
    /// 1: the answer is the same each time.
    #[schema(minimum = 1, maximum = 1)]
    n: Option<u32>,
    /// `{"type": "text"}`, which is the only form.
    response_format: Option<FormatSchema>,
    /// Must not ask for a call of a tool: this model calls none.
    #[schema(value_type = Option<Object>)]
    tool_choice: Option<Value>,
    #[serde(flatten)]
    ask: AskFields,
}

/// What a stream holds.
#[derive(Deserialize, utoipa::ToSchema)]
struct StreamOptions {
    /// Whether a last chunk tells the tokens.
    #[serde(default)]
    include_usage: bool,
}

/// The form of an answer.
#[derive(Deserialize, utoipa::ToSchema)]
struct FormatSchema {
    /// `text`
    #[serde(rename = "type")]
    kind: String,
}

/// A message.
#[derive(Deserialize, utoipa::ToSchema)]
#[expect(dead_code, reason = "describes messages, which are read as values for clearer errors")]
struct MessageSchema {
    /// `system`, `developer`, `user`, `assistant`, `tool` or `function`.
    role: String,
    /// A text, or a list of parts of the type `text`.
    #[schema(value_type = ContentSchema)]
    content: Value,
}

/// A text, or a list of texts.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as MessageSchema")]
enum ContentSchema {
    Text(String),
    Parts(Vec<PartSchema>),
}

/// A part of a message.
#[derive(Deserialize, utoipa::ToSchema)]
#[expect(dead_code, reason = "as MessageSchema")]
struct PartSchema {
    /// `text`
    #[serde(rename = "type")]
    kind: String,
    /// The text.
    text: String,
}

/// A completed conversation.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Completion {
    /// The request's id after `chatcmpl-`.
    id: String,
    /// `chat.completion`
    object: &'static str,
    /// When it was made, in seconds since 1970.
    created: u64,
    /// `yiju` or `yiju-writer`.
    model: &'static str,
    /// One.
    choices: Vec<Choice>,
    /// What was read and written.
    usage: ChatUsage,
    /// The answer as `/v1/ask` gives it: citations with quotes and spans, or the refusal.
    yiju: Answer,
}

/// The answer.
#[derive(Serialize, utoipa::ToSchema)]
struct Choice {
    /// 0
    index: u32,
    /// The message.
    message: AssistantMessage,
    /// Null: quotes have no probabilities.
    #[schema(required, value_type = Option<Object>)]
    logprobs: Option<()>,
    /// `stop`
    finish_reason: &'static str,
}

/// The message that answers.
#[derive(Serialize, utoipa::ToSchema)]
struct AssistantMessage {
    /// `assistant`
    role: &'static str,
    /// Quotes with markers, and below them the place of each; or that nothing was found, and the nearest clauses.
    content: String,
    /// Null: that nothing was found is an answer.
    #[schema(required)]
    refusal: Option<String>,
    /// One for each marker.
    annotations: Vec<UrlCitation>,
}

/// An annotation.
#[derive(Clone, Serialize, utoipa::ToSchema)]
struct UrlCitation {
    /// `url_citation`
    #[serde(rename = "type")]
    kind: &'static str,
    /// The marker and what it stands for.
    url_citation: Annotation,
}

/// Tokens, by the tokenizer of the embedding model.
#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
struct ChatUsage {
    /// Of all messages.
    prompt_tokens: usize,
    /// Of the answer.
    completion_tokens: usize,
    /// Both.
    total_tokens: usize,
}

/// An event of a streamed completion.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the events, which axum writes")]
pub(crate) struct ChunkEvent {
    /// JSON: a chunk in OpenAI's shape, or an error; at last `[DONE]`.
    data: String,
}

/// Answers the last message of a conversation, as OpenAI's API does.
///
/// With `stream`, each event is a chunk in OpenAI's shape: the text line by line, or, of `yiju-writer`, each sentence as
/// soon as it has held; then one with `finish_reason`, `annotations` and the whole answer in `yiju`, then `[DONE]`.
#[utoipa::path(
    post, path = "/v1/chat/completions", tag = "openai", request_body = ChatBody,
    responses(
        (status = 200, description = "The answer", content(
            (Completion = "application/json"), (ChunkEvent = "text/event-stream"))),
        Failures,
    ),
)]
pub(crate) async fn completions(
    Reading(target): Reading,
    request_id: RequestId,
    links: Links,
    Json(body): Json<ChatBody>,
) -> Result<Response, ApiError> {
    let asked = Asked::of(body.model.as_deref(), &target.state)?;
    check(&body)?;
    let conversation = Conversation::read("messages", body.messages, None)?;
    let id = format!("chatcmpl-{}", request_id.as_str());
    let head = Head { id, created: now(), model: asked.name };
    let state = target.state.clone();
    let links = links.within(&target);
    let (id, writer) = (request_id.clone(), asked.writer);
    if !body.stream {
        let call = reply(target, id, conversation, body.ask, links, writer, UNHEARD);
        return Ok(axum::Json(completion(head, call.await?)).into_response());
    }
    let with_usage = body.stream_options.is_some_and(|options| options.include_usage);
    let mut chunks = Chunks { head, with_usage, sent: String::new() };
    if writer.is_none() {
        let call = reply(target, id, conversation, body.ask, links, writer, UNHEARD);
        return streamed(&state, call, move |result| chunks.ended(result, &request_id)).await;
    }
    let (shown, sentences) = mpsc::unbounded_channel();
    let shown = move |sentence: &WrittenSentence| {
        // A client that is gone hears nothing.
        let _ = shown.send(sentence.clone());
    };
    let call = reply(target, id, conversation, body.ask, links, writer, Some(shown));
    live(&state, call, sentences, move |news| match news {
        News::More(sentence) => chunks.sentence(&sentence),
        News::Ended(result) => chunks.ended(result, &request_id),
    })
    .await
}

fn check(body: &ChatBody) -> Result<(), ApiError> {
    if let Some(n) = body.n.filter(|&n| n != 1) {
        return Err(ApiError::invalid(format!("`n` is {n}, and this model gives one answer"))
            .hint("leave `n` out, or make it 1"));
    }
    if let Some(format) = body.response_format.as_ref().filter(|format| format.kind != "text") {
        return Err(ApiError::invalid(format!(
            "`response_format` is `{}`, and this model answers with quotes only",
            format.kind.chars().take(40).collect::<String>()
        ))
        .hint("leave `response_format` out; the field `yiju` has the answer as JSON"));
    }
    match &body.tool_choice {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(choice)) if choice == "auto" || choice == "none" => Ok(()),
        Some(_) => {
            Err(ApiError::invalid("`tool_choice` asks for a call, and this model calls no tools")
                .hint("leave `tool_choice` out, or make it `auto` or `none`"))
        }
    }
}

/// What all chunks of an answer have.
struct Head {
    id: String,
    created: u64,
    model: &'static str,
}

fn usage(answered: &Answered) -> ChatUsage {
    let Answered { prompt_tokens, completion_tokens, .. } = *answered;
    ChatUsage { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

fn citations(annotations: &[Annotation]) -> Vec<UrlCitation> {
    let one = |annotation: &Annotation| UrlCitation {
        kind: "url_citation",
        url_citation: annotation.clone(),
    };
    annotations.iter().map(one).collect()
}

fn completion(head: Head, answered: Answered) -> Completion {
    let usage = usage(&answered);
    let message = AssistantMessage {
        role: "assistant",
        annotations: citations(&answered.content.annotations),
        content: answered.content.text,
        refusal: None,
    };
    Completion {
        id: head.id,
        object: "chat.completion",
        created: head.created,
        model: head.model,
        choices: vec![Choice { index: 0, message, logprobs: None, finish_reason: "stop" }],
        usage,
        yiju: answered.answer,
    }
}

/// The chunks of an answer.
struct Chunks {
    head: Head,
    with_usage: bool,
    /// The text that was sent.
    sent: String,
}

impl Chunks {
    /// The chunks of a sentence that was written.
    fn sentence(&mut self, sentence: &WrittenSentence) -> Vec<Event> {
        let mut all = Vec::new();
        let more = sentence.after(&self.sent);
        self.text(&more, &mut all);
        all.iter().map(|chunk| data(chunk).unwrap_or_default()).collect()
    }

    /// Adds the chunk of a piece of the text, after the one that begins where it is the first.
    fn text(&mut self, piece: &str, all: &mut Vec<Value>) {
        if self.sent.is_empty() {
            let begin = json!({"role": "assistant", "content": "", "refusal": null});
            all.push(self.choice(begin, Value::Null));
        }
        self.sent.push_str(piece);
        all.push(self.choice(json!({"content": piece}), Value::Null));
    }

    fn chunk(&self, choices: Value) -> Value {
        let mut chunk = json!({
            "id": self.head.id,
            "object": "chat.completion.chunk",
            "created": self.head.created,
            "model": self.head.model,
            "choices": choices,
        });
        if self.with_usage {
            // OpenAI's other chunks have it as null.
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    fn choice(&self, delta: Value, finish: Value) -> Value {
        let choice =
            json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
        self.chunk(choice)
    }

    /// The chunks of what was not sent, and of the end.
    fn ended(&mut self, result: Result<Answered, ApiError>, request_id: &RequestId) -> Vec<Event> {
        let made = result.and_then(|answered| {
            let mut all = Vec::new();
            // The message begins with what was shown of it.
            let rest = answered.content.text.get(self.sent.len()..).unwrap_or_default().to_owned();
            for line in rest.split_inclusive('\n') {
                self.text(line, &mut all);
            }
            let annotations = citations(&answered.content.annotations);
            let mut end = self.choice(json!({"annotations": annotations}), json!("stop"));
            end["yiju"] = value_of(&answered.answer)?;
            all.push(end);
            if self.with_usage {
                let mut last = self.chunk(json!([]));
                last["usage"] = json!(usage(&answered));
                all.push(last);
            }
            all.iter().map(data).collect::<Result<Vec<_>, _>>()
        });
        let mut events = made.unwrap_or_else(|error| {
            error.log(request_id.as_str());
            let body = error.body(request_id.as_str());
            vec![data(&body).unwrap_or_default()]
        });
        events.push(Event::default().data("[DONE]"));
        events
    }
}

fn data(value: &impl Serialize) -> Result<Event, ApiError> {
    let event = Event::default().json_data(value);
    event.map_err(|error| ApiError::internal(format!("a chunk: {error}")))
}
