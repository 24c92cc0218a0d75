//! What a writer's answer says, and what was left out of it; the JSON of these types is the API's.

use serde::{Deserialize, Serialize};

/// An answer that a language model wrote from the citations of an answer, each sentence checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Written {
    /// The model that wrote it.
    pub model: String,
    /// Whether it is the answer. Otherwise too few sentences held, and the quotes are.
    pub stands: bool,
    /// The sentences that held, in the order they were written; those written again come last.
    pub sentences: Vec<WrittenSentence>,
    /// The sentences that did not hold and are not part of the answer.
    pub dropped: Vec<DroppedSentence>,
    /// Why the model did not write to its end, in words; null where it did.
    #[cfg_attr(feature = "schema", schema(required))]
    pub problem: Option<String>,
    /// The same with addresses and paths, for whoever runs the program.
    #[serde(skip)]
    pub cause: Option<String>,
    /// From the call to the first sentence that held, in milliseconds; null where there is none.
    #[cfg_attr(feature = "schema", schema(required))]
    pub first_ms: Option<f64>,
    /// From the call to its end, in milliseconds.
    pub total_ms: f64,
}

/// A sentence that its citations support.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WrittenSentence {
    /// The sentence with its markers: `押金不得超过两个月租金。[1]`
    pub text: String,
    /// The markers of the citations that it rests on.
    pub citations: Vec<u32>,
    /// How well they support it, 0 to 1.
    pub support: f32,
    /// Whether it was written again because it did not hold at first.
    pub rewritten: bool,
}

/// A sentence that did not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DroppedSentence {
    /// The sentence as written at last.
    pub text: String,
    /// Why it did not hold, in the question's language.
    pub reason: String,
}

impl WrittenSentence {
    /// The sentence as it goes on after `before`: with a space where its letters need one.
    pub fn after(&self, before: &str) -> String {
        let spaced = !before.is_empty() && self.text.starts_with(|c: char| c.is_ascii());
        format!("{}{}", if spaced { " " } else { "" }, self.text)
    }

    /// Sentences as one text.
    pub fn joined(sentences: &[Self]) -> String {
        let mut text = String::new();
        for sentence in sentences {
            text.push_str(&sentence.after(&text));
        }
        text
    }
}
