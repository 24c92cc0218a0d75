//! What OpenAI's API says in one event of a stream, or at once.

use serde::Deserialize;

use crate::{Finish, WriterError};

/// What an event says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// More of the text; empty for events that say nothing of it.
    Text(String),
    /// The rest of the text, and why it ended.
    Last(String, Finish),
    /// The stream is over.
    Over,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// Reads an event's data, or a whole completion.
///
/// # Errors
/// It is no completion, or an error in the place of one.
pub(crate) fn read(data: &str) -> Result<Said, WriterError> {
    if data.trim() == "[DONE]" {
        return Ok(Said::Over);
    }
    let unreadable = |reason: String| WriterError::Unreadable { reason };
    let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
        unreadable(format!("`{}` is no completion of OpenAI's API ({error})", shorten(data, 60)))
    })?;
    if let Some(error) = chunk.error {
        return Err(WriterError::BrokenOff { reason: message(&error) });
    }
    let Some(choice) = chunk.choices.into_iter().next() else {
        return Ok(Said::Text(String::new()));
    };
    let text = choice.delta.and_then(|delta| delta.content).unwrap_or_default();
    Ok(match choice.finish_reason.as_deref() {
        None | Some("") => Said::Text(text),
        Some("length") => Said::Last(text, Finish::Length),
        Some(_) => Said::Last(text, Finish::Done),
    })
}

/// What an error object says, in at most 200 characters.
fn message(error: &serde_json::Value) -> String {
    let text = error.get("message").and_then(serde_json::Value::as_str);
    let text = text.or_else(|| error.as_str()).map_or_else(|| error.to_string(), str::to_owned);
    shorten(&text, 200)
}

/// What a body that came with an error status says.
pub(super) fn refusal(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => message(value.get("error").unwrap_or(&value)),
        Err(_) => shorten(text.trim(), 200),
    }
}

/// The first characters of a text on one line.
fn shorten(text: &str, most: usize) -> String {
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if text.chars().count() > most { line + "…" } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_read() {
        let text = |text: &str| Said::Text(text.to_owned());
        let delta = r#"{"choices":[{"index":0,"delta":{"content":"押"},"finish_reason":null}]}"#;
        assert_eq!(read(delta).unwrap(), text("押"));
        assert_eq!(read(r#"{"choices":[],"usage":{"total_tokens":3}}"#).unwrap(), text(""));
        let thought = r#"{"choices":[{"delta":{"content":null,"reasoning_content":"嗯"}}]}"#;
        assert_eq!(read(thought).unwrap(), text(""));
        let last = r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#;
        assert_eq!(read(last).unwrap(), Said::Last(String::new(), Finish::Length));
        let whole = r#"{"choices":[{"message":{"content":"全"},"finish_reason":"stop"}]}"#;
        assert_eq!(read(whole).unwrap(), Said::Last("全".to_owned(), Finish::Done));
        assert_eq!(read("[DONE]").unwrap(), Said::Over);
    }

    #[test]
    fn errors_are_named() {
        let error = read(r#"{"error":{"message":"out of\nmemory"}}"#).unwrap_err();
        assert_eq!(error.to_string(), "the writer broke off in the middle: out of memory");
        let error = read("{").unwrap_err().to_string();
        assert!(error.contains("`{` is no completion"), "{error}");
        assert_eq!(refusal(br#"{"error":{"message":"no such model"}}"#), "no such model");
        assert_eq!(refusal("太".repeat(300).as_bytes()).chars().count(), 201);
        assert_eq!(refusal(b""), "");
    }
}
