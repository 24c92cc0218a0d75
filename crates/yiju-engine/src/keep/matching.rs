//! Which documents fit what someone types to find one.

use yiju_store::DocumentRecord;
use yiju_text::normalize;

use crate::error::EngineError;
use crate::limits::{LONGEST_MATCHING, check_text};

/// What a document's title, 文号, issuer or source must hold.
pub(crate) struct Wanted {
    words: Vec<String>,
}

impl Wanted {
    /// # Errors
    /// The text is too long, or has no letter or digit.
    pub(crate) fn of(text: &str) -> Result<Self, EngineError> {
        check_text("matching", text, LONGEST_MATCHING)?;
        let words = text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
        Ok(Self { words })
    }

    pub(crate) fn fits(&self, record: &DocumentRecord) -> bool {
        let number = record.number.as_deref().unwrap_or("");
        let issuer = record.issuer.as_deref().unwrap_or("");
        // A line break parts the fields: no word has one.
        let held = [&record.title, number, issuer, &record.source].map(bare).join("\n");
        self.words.iter().all(|word| held.contains(word))
    }
}

/// In normal form, without white space and the brackets of titles.
fn bare(text: &str) -> String {
    normalize(text).chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect()
}
