//! `tokenizer.json` through the `tokenizers` crate.

use std::path::Path;

use crate::error::EmbedError;
use crate::tokenizer::{SpecialTokens, Token, charsmap};

/// A tokenizer of the `tokenizers` crate.
#[derive(Debug)]
pub(crate) struct JsonTokenizer {
    tokenizer: tokenizers::Tokenizer,
}

impl JsonTokenizer {
    /// Parses the file. Its own padding and truncation are dropped: nothing is cut or added.
    pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Self, EmbedError> {
        let invalid = |reason: String| EmbedError::InvalidFile { path: path.to_path_buf(), reason };
        charsmap::check_normalizer(bytes).map_err(invalid)?;
        let mut tokenizer =
            tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| invalid(error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { tokenizer })
    }

    /// How many ids there are.
    pub(crate) fn vocabulary(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The tokens of a text, without special tokens.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<Token>, EmbedError> {
        let encoding = self.run(text, false)?;
        Ok(encoding
            .get_ids()
            .iter()
            .zip(encoding.get_offsets())
            .map(|(&id, &(start, end))| Token { id, range: start..end.max(start) })
            .collect())
    }

    /// The ids and token types of a pair of texts, with the special tokens that the model puts
    /// around and between them.
    pub(crate) fn encode_pair(
        &self,
        first: &str,
        second: &str,
    ) -> Result<(Vec<u32>, Vec<u32>), EmbedError> {
        let encoding = self.run((first, second), true)?;
        Ok((encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec()))
    }

    /// Encodes, with a fence: on some combinations of normalisers and texts the `tokenizers`
    /// crate counts characters wrong and panics, which no check beforehand can foresee.
    fn run<'s>(
        &self,
        text: impl Into<tokenizers::EncodeInput<'s>>,
        special: bool,
    ) -> Result<tokenizers::Encoding, EmbedError> {
        let text = text.into();
        let encode = || self.tokenizer.encode(text, special);
        // Nothing of the tokenizer is left half changed: all it writes to while encoding is a
        // cache of whole entries.
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(encode)) {
            Ok(encoding) => encoding.map_err(|error| EmbedError::Tokenize(error.to_string())),
            Err(_) => Err(EmbedError::Tokenize(
                "it panicked on this text; its normalizer is at fault".to_owned(),
            )),
        }
    }

    /// Finds the ids that the post-processor puts around a text, by watching it work on texts
    /// that have a token in any vocabulary, an unknown one if need be.
    pub(crate) fn special_tokens(&self) -> Result<SpecialTokens, EmbedError> {
        for probe in ["a", "1", ".", "的", ""] {
            let encoding = self.run(probe, true)?;
            let ids = encoding.get_ids();
            let mask = encoding.get_special_tokens_mask();
            let content = |special: &u32| *special == 0;
            let (Some(first), Some(last)) =
                (mask.iter().position(content), mask.iter().rposition(content))
            else {
                continue;
            };
            return Ok(SpecialTokens {
                before: ids[..first].to_vec(),
                after: ids[last + 1..].to_vec(),
            });
        }
        Err(EmbedError::Tokenize(
            "it gives no token for any of the texts a, 1, . and 的".to_owned(),
        ))
    }
}
