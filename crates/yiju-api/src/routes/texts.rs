//! Texts as clients send them to be embedded, ranked or cut: as text, or as OpenAI's token ids.

use serde::Deserialize;
use serde_json::Value;
use yiju_engine::{Engine, InputType};

use crate::access::Grant;
use crate::error::ApiError;

/// What becomes of a text that is longer than the model reads at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truncate {
    /// It is read in windows, all of it.
    Windows,
    /// It is refused.
    Refuse,
    /// Its end is left out.
    End,
    /// Its start is left out.
    Start,
}

/// `true`, `false`, or Cohere's words.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum TruncateField {
    Flag(bool),
    Word(TruncateWord),
}

/// Which part of a text that is too long is left out.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
pub(super) enum TruncateWord {
    /// None: it is refused.
    #[serde(rename = "NONE")]
    None,
    /// Its start.
    #[serde(rename = "START", alias = "LEFT", alias = "Left", alias = "left")]
    Start,
    /// Its end.
    #[serde(rename = "END", alias = "RIGHT", alias = "Right", alias = "right")]
    End,
}

impl Truncate {
    /// What a field says; `without` where it is left out.
    pub(super) fn of(field: Option<TruncateField>, without: Self) -> Self {
        match field {
            None => without,
            Some(TruncateField::Flag(false) | TruncateField::Word(TruncateWord::None)) => {
                Self::Refuse
            }
            Some(TruncateField::Flag(true) | TruncateField::Word(TruncateWord::End)) => Self::End,
            Some(TruncateField::Word(TruncateWord::Start)) => Self::Start,
        }
    }

    /// Cuts a text as it says. Blocks.
    ///
    /// # Errors
    /// The text (`what` is its name) is too long and not to be cut.
    pub(super) fn cut(
        self,
        engine: &Engine,
        kind: InputType,
        text: &mut String,
        what: impl FnOnce() -> String,
    ) -> Result<(), ApiError> {
        if self == Self::Windows {
            return Ok(());
        }
        let reach = engine.reach(kind, text)?;
        if reach.first >= text.len() && reach.last == 0 {
            return Ok(());
        }
        match self {
            Self::Refuse => {
                let (tokens, most) = (reach.tokens, engine.max_tokens());
                return Err(ApiError::invalid(format!(
                    "{} has {tokens} tokens, and the model reads {most} at once",
                    what()
                ))
                .hint("leave `truncate` out to have all of it read in windows, or make it true to cut it"));
            }
            Self::End => text.truncate(boundary(text, reach.first)),
            Self::Start => drop(text.drain(..boundary(text, reach.last))),
            Self::Windows => {}
        }
        Ok(())
    }
}

/// The last character boundary up to `at`: a token may hold a part of a character.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The texts of the field `name`: a text, a list of texts, or of lists of token ids, or one list of token ids.
///
/// Ids are of `cl100k_base`: those that OpenAI's embedding models have, and that their clients send.
///
/// # Errors
/// It is none of these, empty, or has more than `most` items; the item is named.
pub(super) fn texts(name: &str, input: Value, most: usize) -> Result<Vec<String>, ApiError> {
    let items = match input {
        Value::String(text) => vec![Value::String(text)],
        Value::Array(items) if items.first().is_some_and(Value::is_number) => {
            vec![Value::Array(items)]
        }
        Value::Array(items) => items,
        _ => {
            return Err(ApiError::invalid(format!(
                "`{name}` is neither a text nor a list of texts or of token ids"
            )));
        }
    };
    if items.is_empty() {
        return Err(ApiError::invalid(format!("`{name}` is an empty list")));
    }
    if items.len() > most {
        return Err(ApiError::invalid(format!(
            "`{name}` has {} texts, and may have {most}",
            items.len()
        )));
    }
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| text(&format!("{name}[{index}]"), item))
        .collect()
}

/// As [`texts`], without token ids: those of text-embeddings-inference are the model's own, not OpenAI's.
///
/// # Errors
/// As [`texts`].
pub(super) fn plain_texts(name: &str, input: Value, most: usize) -> Result<Vec<String>, ApiError> {
    if let Value::Array(items) = &input
        && let Some(index) = items.iter().position(|item| !item.is_string())
    {
        return Err(ApiError::invalid(format!("`{name}[{index}]` is not a text")));
    }
    texts(name, input, most)
}

/// Checks the length of texts, and counts them against the key's rate: a text as a request for each 500 characters begun,
/// about what the model reads at once. One request was counted when it arrived.
///
/// # Errors
/// A text has more than `most` characters, or the rate is reached.
pub(super) fn check_work(
    grant: &Grant,
    name: &str,
    texts: &[String],
    most: usize,
) -> Result<(), ApiError> {
    let mut work = 0;
    for (index, text) in texts.iter().enumerate() {
        // Characters are counted only where there may be too many.
        let characters = if text.len() <= WORK_CHARS { 1 } else { text.chars().count() };
        if characters > most {
            return Err(ApiError::invalid(format!(
                "`{name}[{index}]` has {characters} characters, and may have {most}"
            ))
            .hint("cut it at its paragraphs, and send the parts as texts of their own"));
        }
        work += characters.div_ceil(WORK_CHARS);
    }
    grant.charge(u32::try_from(work.saturating_sub(1)).unwrap_or(u32::MAX))
}

/// Characters of a text that count as one request.
const WORK_CHARS: usize = 500;

fn text(at: &str, item: Value) -> Result<String, ApiError> {
    match item {
        Value::String(text) if text.is_empty() => {
            Err(ApiError::invalid(format!("`{at}` is an empty text"))
                .hint("leave it out; a text of white space is taken"))
        }
        Value::String(text) => Ok(text),
        Value::Array(ids) if ids.is_empty() => {
            Err(ApiError::invalid(format!("`{at}` is an empty list of token ids")))
        }
        Value::Array(ids) => decode(at, &ids),
        _ => Err(ApiError::invalid(format!("`{at}` is neither a text nor a list of token ids"))),
    }
}

/// The text of token ids.
fn decode(at: &str, ids: &[Value]) -> Result<String, ApiError> {
    let ids: Vec<u32> = ids
        .iter()
        .enumerate()
        .map(|(place, id)| {
            let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
            id.ok_or_else(|| ApiError::invalid(format!("`{at}[{place}]` is not a token id")))
        })
        .collect::<Result<_, _>>()?;
    let bytes = tiktoken_rs::cl100k_base_singleton().decode_bytes(&ids).map_err(|_| {
        ApiError::invalid(format!("`{at}` has a token id that cl100k_base does not have"))
            .hint("send texts, or the token ids of OpenAI's embedding models")
    })?;
    // A client that cuts a long text between two tokens may cut a character.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_texts_or_token_ids() {
        let read = |input: Value| texts("input", input, 2);
        assert_eq!(read(json!("a")).unwrap(), ["a"]);
        assert_eq!(read(json!(["a", " "])).unwrap(), ["a", " "]);
        // "hello world" of cl100k_base.
        assert_eq!(read(json!([15339, 1917])).unwrap(), ["hello world"]);
        assert_eq!(read(json!([[15339], [15339, 1917]])).unwrap(), ["hello", "hello world"]);
        for (bad, word) in [
            (json!([]), "empty list"),
            (json!(["a", "b", "c"]), "3 texts"),
            (json!(1), "neither"),
            (json!(["a", ""]), "input[1]"),
            (json!(""), "input[0]"),
            (json!([[]]), "input[0]"),
            (json!([[1, "a"]]), "input[0][1]"),
            (json!([[4_000_000_000u32]]), "cl100k_base"),
            (json!([1.5]), "input[0][0]"),
            (json!([null]), "input[0]"),
        ] {
            let error = read(bad.clone()).unwrap_err().body("r").error.message;
            assert!(error.contains(word), "{bad}: {error}");
        }
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(boundary("租金", 4), 3);
        assert_eq!(boundary("租金", 9), 6);
        assert_eq!(boundary("", 0), 0);
    }
}
