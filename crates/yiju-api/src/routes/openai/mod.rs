//! What clients of OpenAI's API call: models, chat completions and responses, over the one way of answering.
//!
//! The model `yiju` writes nothing of its own: its text is the answer of `/v1/ask`, verbatim quotes with markers, and
//! below it what each marker stands for. `yiju-writer`, where the server has a model that writes, is that of `/v1/ask`
//! with `write`.

pub(crate) mod chat;
mod conversation;
pub(crate) mod models;
pub(crate) mod responses;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use serde::Deserialize;
use yiju_engine::{Answer, AskRequest, Engine, EngineError, Filter, WrittenSentence};
use yiju_writer::Writer;

use crate::error::ApiError;
use crate::message::{Links, Message, Told, message};
use crate::request_id::RequestId;
use crate::routes::ask::answer_and;
use crate::routes::writing::write;
use crate::state::AppState;
use crate::target::Target;
use conversation::Conversation;

/// The model that answers with quotes.
pub(crate) const MODEL: &str = "yiju";
/// The model that writes from the quotes.
pub(crate) const WRITER: &str = "yiju-writer";

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
    content: Message,
    prompt_tokens: usize,
    completion_tokens: usize,
}

/// The model that a client asks for.
struct Asked {
    /// Its name.
    name: &'static str,
    /// What writes, for the model that does.
    writer: Option<Arc<dyn Writer>>,
}

impl Asked {
    /// # Errors
    /// The server does not run it.
    fn of(model: Option<&str>, state: &AppState) -> Result<Self, ApiError> {
        match model {
            None | Some(MODEL) => Ok(Self { name: MODEL, writer: None }),
            Some(WRITER) if state.writer().is_some() => {
                Ok(Self { name: WRITER, writer: state.writer().cloned() })
            }
            Some(other) => Err(ApiError::model_not_found(other, MODEL)),
        }
    }
}

/// Answers the last question of a conversation. Each sentence of a written answer is given to `shown` at once, if
/// somebody listens.
async fn reply(
    target: Target,
    request_id: RequestId,
    conversation: Conversation,
    fields: AskFields,
    links: Links,
    writer: Option<Arc<dyn Writer>>,
    shown: Option<impl FnMut(&WrittenSentence) + Send + 'static>,
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
    let told = if shown.is_some() { Told::InPieces } else { Told::Whole };
    let count = move |engine: &Engine, answer: &Answer| -> Result<_, EngineError> {
        let content = message(answer, &links, told);
        let tokens = |text: &str| engine.tokenize(text).map(|tokens| tokens.len());
        let prompt = texts.iter().map(|text| tokens(text)).sum::<Result<usize, _>>()?;
        let completion = tokens(&content.text)?;
        Ok((content, prompt, completion))
    };
    let Some(writer) = writer else {
        let (answer, counted) = answer_and(&target, request, request_id, count).await?;
        return Ok(Answered::of(answer, counted));
    };
    let (answer, ()) = answer_and(&target, request, request_id, |_, _| Ok(())).await?;
    let answer = match shown {
        Some(shown) => write(&target, writer, answer, shown).await?,
        None => write(&target, writer, answer, |_| {}).await?,
    };
    let (answer, counted) = target
        .read(move |engine| {
            let counted = count(engine, &answer)?;
            Ok((answer, counted))
        })
        .await?;
    Ok(Answered::of(answer, counted))
}

impl Answered {
    fn of(answer: Answer, (content, prompt, completion): (Message, usize, usize)) -> Self {
        Self { answer, content, prompt_tokens: prompt, completion_tokens: completion }
    }
}

/// Nobody listens to the sentences of an answer.
const UNHEARD: Option<fn(&WrittenSentence)> = None;

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
