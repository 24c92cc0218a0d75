//! From text to token ids with byte ranges.

mod charsmap;
mod compact;
mod double_array;
mod json;

use std::ops::Range;
use std::path::Path;

pub use compact::{CompactSource, build_compact};
pub use double_array::build_double_array;

use crate::error::EmbedError;
use crate::sample::{Sample, sample};
use compact::CompactTokenizer;
pub(crate) use json::JsonTokenizer;
use yiju_kernels::Mapping;

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id in the model's vocabulary.
    pub id: u32,
    /// Its bytes in the text. The ranges of neighbours overlap where one character gave
    /// several tokens.
    pub range: Range<usize>,
}

/// The ids that a model expects around a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpecialTokens {
    pub before: Vec<u32>,
    pub after: Vec<u32>,
}

/// The tokenizer of a model directory: `tokenizer.bin` where it fits `tokenizer.json`, else
/// `tokenizer.json`.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    inner: Inner,
    special: SpecialTokens,
    /// The sample of `tokenizer.json`.
    sample: Sample,
}

#[derive(Debug)]
enum Inner {
    Compact(Box<CompactTokenizer>),
    Json(Box<JsonTokenizer>),
}

impl Tokenizer {
    /// Opens the tokenizer of a model directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, EmbedError> {
        let path = directory.join("tokenizer.json");
        if !path.is_file() {
            return Err(EmbedError::MissingFile {
                directory: directory.to_path_buf(),
                file: "tokenizer.json",
            });
        }
        let mapping = Mapping::open(&path).map_err(EmbedError::io(&path))?;
        let compact = directory.join("tokenizer.bin");
        if compact.is_file() {
            match CompactTokenizer::open(&compact) {
                Ok(tokenizer) if tokenizer.was_made_from(&mapping) => {
                    return Ok(Self {
                        special: tokenizer.special_tokens(),
                        inner: Inner::Compact(Box::new(tokenizer)),
                        sample: sample(&mapping),
                    });
                }
                Ok(_) => tracing::warn!(
                    file = %compact.display(),
                    "made from another tokenizer.json; reading the JSON instead"
                ),
                Err(error) => tracing::warn!(%error, "reading tokenizer.json instead"),
            }
        }
        Self::open_json(&path, &mapping)
    }

    /// Reads `tokenizer.json` itself.
    pub(crate) fn open_json(path: &Path, bytes: &[u8]) -> Result<Self, EmbedError> {
        let tokenizer = JsonTokenizer::read(path, bytes)?;
        Ok(Self {
            special: tokenizer.special_tokens()?,
            inner: Inner::Json(Box::new(tokenizer)),
            sample: sample(bytes),
        })
    }

    /// Identifies `tokenizer.json`.
    pub(crate) fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The ids around a text.
    pub(crate) fn special_tokens(&self) -> &SpecialTokens {
        &self.special
    }

    /// How many ids there are; every id is below.
    pub(crate) fn vocabulary(&self) -> usize {
        match &self.inner {
            Inner::Compact(tokenizer) => tokenizer.vocabulary(),
            Inner::Json(tokenizer) => tokenizer.vocabulary(),
        }
    }

    /// The tokens of a text, without special tokens.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<Token>, EmbedError> {
        match &self.inner {
            Inner::Compact(tokenizer) => Ok(tokenizer.encode(text)),
            Inner::Json(tokenizer) => tokenizer.encode(text),
        }
    }
}
