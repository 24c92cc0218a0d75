//! What clients of OpenAI's API call: models, chat completions and responses, over the one way of answering.
//!
//! The model `yiju` writes nothing of its own: its text is the answer of `/v1/ask`, verbatim quotes with markers, and
//! below it what each marker stands for.

pub(crate) mod chat;
mod conversation;
pub(crate) mod models;
pub(crate) mod responses;

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use serde::Deserialize;
use yiju_engine::{Answer, AskRequest, Filter};

use crate::error::ApiError;
use crate::message::{Links, Written, written};
use crate::request_id::RequestId;
use crate::routes::ask::answer_and;
use crate::target::Target;
use conversation::Conversation;

/// The model that answers with quotes.
pub(crate) const MODEL: &str = "yiju";

/// What a client may say beside OpenAI's own fields, as for `/v1/ask`.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct AskFields {
    /// Most citations to give, 1 to 20.
    #[serde(default = "default_limit")]
    #[schema(default = 3, minimum = 1, maximum = 20)]
    limit: usize,
    /// Which documents to look in; all where it is left out.
    #[serde(default)]
    filter: Filter,
    /// Least confidence at which an answer is given, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    threshold: Option<f32>,
    /// The day whose law counts; today, or the time that the question names, where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

fn default_limit() -> usize {
    3
}

/// An answer, and the tokens of what was sent and of what comes back, by the server's own tokenizer.
struct Answered {
    answer: Answer,
    content: Written,
    prompt_tokens: usize,
    completion_tokens: usize,
}

/// Answers the last question of a conversation.
async fn reply(
    target: Target,
    request_id: RequestId,
    conversation: Conversation,
    fields: AskFields,
    links: Links,
) -> Result<Answered, ApiError> {
    let Conversation { question, history, instructions, texts } = conversation;
    let request = AskRequest {
        question,
        history,
        instructions,
        limit: fields.limit,
        filter: target.filter(fields.filter)?,
        threshold: fields.threshold,
        as_of: fields.as_of,
    };
    let counted = answer_and(target, request, request_id, move |engine, answer| {
        let content = written(answer, &links);
        let tokens = |text: &str| engine.tokenize(text).map(|tokens| tokens.len());
        let prompt = texts.iter().map(|text| tokens(text)).sum::<Result<usize, _>>()?;
        let completion = tokens(&content.text)?;
        Ok((content, prompt, completion))
    });
    let (answer, (content, prompt_tokens, completion_tokens)) = counted.await?;
    Ok(Answered { answer, content, prompt_tokens, completion_tokens })
}

/// Refuses another model than [`MODEL`].
fn check_model(asked: Option<&str>) -> Result<(), ApiError> {
    match asked {
        Some(asked) if asked != MODEL => Err(ApiError::model_not_found(asked, MODEL)),
        _ => Ok(()),
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
