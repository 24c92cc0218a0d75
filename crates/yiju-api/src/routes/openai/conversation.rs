//! A conversation as OpenAI's clients send it: the last message is the question, the others are what came before.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// The longest question that the engine takes, in characters; longer turns are no questions.
const LONGEST_QUESTION: usize = 2_000;
/// How many earlier questions the engine takes.
const MOST_EARLIER: usize = 20;
/// Who may speak.
const ROLES: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "function"];

/// What was said so far.
pub(super) struct Conversation {
    /// The last message, which is the user's.
    pub(super) question: String,
    /// The user's earlier messages that can be questions, oldest first, the last [`MOST_EARLIER`].
    pub(super) history: Vec<String>,
    /// What system and developer messages say; empty where there are none.
    pub(super) instructions: String,
    /// Every text, for counting.
    pub(super) texts: Vec<String>,
}

impl Conversation {
    /// Reads the messages of the field `name`.
    ///
    /// # Errors
    /// A message is none, has no text, or the last is not the user's.
    pub(super) fn read(
        name: &str,
        messages: Vec<Value>,
        instructions: Option<String>,
    ) -> Result<Self, ApiError> {
        let mut read = Self {
            question: String::new(),
            history: Vec::new(),
            texts: instructions.iter().cloned().collect(),
            instructions: instructions.unwrap_or_default(),
        };
        if messages.is_empty() {
            return Err(ApiError::invalid(format!("`{name}` is empty")).hint(
                "the last message is the question: {\"role\": \"user\", \"content\": \"…\"}",
            ));
        }
        let mut asked: Vec<String> = Vec::new();
        let mut last = String::new();
        for (index, message) in messages.into_iter().enumerate() {
            let at = format!("{name}[{index}]");
            let Value::Object(message) = message else {
                return Err(ApiError::invalid(format!("`{at}` is not an object")));
            };
            let Some((role, text)) = said(&at, message)? else {
                continue;
            };
            match role.as_str() {
                "user" => asked.push(text.clone()),
                "system" | "developer" => {
                    if !read.instructions.is_empty() {
                        read.instructions.push('\n');
                    }
                    read.instructions.push_str(&text);
                }
                _ => {}
            }
            read.texts.push(text);
            last = role;
        }
        if last != "user" {
            return Err(ApiError::invalid(format!(
                "the last message of `{name}` is of the role `{last}`, and must be the user's question"
            )));
        }
        read.question = asked.pop().unwrap_or_default();
        asked.retain(|text| is_question(text));
        let first = asked.len().saturating_sub(MOST_EARLIER);
        read.history = asked.split_off(first);
        Ok(read)
    }
}

/// Whether a text can be a question to the engine: pasted documents and pictures of faces are none.
fn is_question(text: &str) -> bool {
    text.chars().count() <= LONGEST_QUESTION && text.chars().any(char::is_alphanumeric)
}

/// Who says what; `None` for items that are no messages (a call of a tool, reasoning).
fn said(at: &str, mut message: Map<String, Value>) -> Result<Option<(String, String)>, ApiError> {
    if let Some(kind) = message.get("type")
        && kind != "message"
    {
        let Value::String(_) = kind else {
            return Err(ApiError::invalid(format!("`{at}.type` is not a text")));
        };
        return Ok(None);
    }
    let role = match message.remove("role") {
        Some(Value::String(role)) if ROLES.contains(&role.as_str()) => role,
        Some(Value::String(role)) => {
            return Err(ApiError::invalid(format!(
                "`{at}.role` is `{}`, and must be one of {}",
                role.chars().take(40).collect::<String>(),
                ROLES.join(", ")
            )));
        }
        Some(_) => return Err(ApiError::invalid(format!("`{at}.role` is not a text"))),
        None => return Err(ApiError::invalid(format!("`{at}` has no `role`"))),
    };
    let text = match message.remove("content") {
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => {
            let parts = parts.iter().enumerate().map(|(index, part)| {
                text_of(part).ok_or_else(|| {
                    ApiError::invalid(format!("`{at}.content[{index}]` is not a text"))
                        .hint("this model reads text only: parts of the type `text`")
                })
            });
            parts.collect::<Result<Vec<_>, _>>()?.join("\n")
        }
        // A message of the assistant that only calls tools.
        Some(Value::Null) | None if role == "assistant" => String::new(),
        _ => {
            return Err(ApiError::invalid(format!(
                "`{at}.content` is neither a text nor a list of parts"
            )));
        }
    };
    Ok(Some((role, text)))
}

/// The text of a part of a message.
fn text_of(part: &Value) -> Option<&str> {
    match part["type"].as_str()? {
        "text" | "input_text" | "output_text" => part["text"].as_str(),
        "refusal" => part["refusal"].as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(messages: Value) -> Result<Conversation, ApiError> {
        let Value::Array(messages) = messages else { panic!("a list") };
        Conversation::read("messages", messages, None)
    }

    #[test]
    fn the_last_message_is_asked_and_the_others_are_what_came_before() {
        let found = read(json!([
            {"role": "system", "content": "只按《甲》回答。"},
            {"role": "user", "content": [{"type": "text", "text": "一？"}]},
            {"role": "assistant", "content": "答[1]"},
            {"role": "user", "content": "！！！"},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "developer", "content": "简短些"},
            {"role": "user", "content": "二？"},
        ]))
        .unwrap();
        assert_eq!(found.question, "二？");
        assert_eq!(found.history, ["一？"]);
        assert_eq!(found.instructions, "只按《甲》回答。\n简短些");
        assert_eq!(found.texts.len(), 7);
    }

    #[test]
    fn what_is_no_conversation_is_named() {
        for (bad, word) in [
            (json!([]), "empty"),
            (json!([1]), "messages[0]"),
            (json!([{"content": "a"}]), "no `role`"),
            (json!([{"role": "boss", "content": "a"}]), "boss"),
            (json!([{"role": "user"}]), "content"),
            (json!([{"role": "user", "content": [{"type": "image_url"}]}]), "content[0]"),
            (json!([{"role": "assistant", "content": "a"}]), "assistant"),
        ] {
            let error = read(bad.clone()).err().unwrap().body("r").error.message;
            assert!(error.contains(word), "{bad}: {error}");
        }
    }

    #[test]
    fn the_last_twenty_questions_count() {
        let mut all: Vec<Value> =
            (0..30).map(|n| json!({"role": "user", "content": format!("问{n}")})).collect();
        all.push(json!({"role": "user", "content": "今"}));
        let found = read(Value::Array(all)).unwrap();
        assert_eq!((found.history.len(), found.history[0].as_str()), (20, "问10"));
    }
}
