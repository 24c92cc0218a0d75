//! How a prompt is laid out for a family of models. The frame is made of special tokens by their ids, and what is told
//! and asked of ordinary ones.

use super::vocabulary::Vocabulary;
use crate::Prompt;

/// A family's way to mark who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// `<|im_start|>user\n…<|im_end|>`: Qwen2, SmolLM2 and many others.
    ChatMl,
    /// `<|start_header_id|>user<|end_header_id|>\n\n…<|eot_id|>`: Llama 3.
    Llama3,
}

impl Template {
    /// The template of a model with these special tokens.
    ///
    /// # Errors
    /// It has those of no known template.
    pub(super) fn of(vocabulary: &Vocabulary) -> Result<Self, String> {
        let has = |tokens: &[&str]| tokens.iter().all(|token| vocabulary.special(token).is_some());
        if has(&["<|im_start|>", "<|im_end|>"]) {
            Ok(Self::ChatMl)
        } else if has(&["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]) {
            Ok(Self::Llama3)
        } else {
            Err("it has the special tokens of neither ChatML (<|im_start|>) nor Llama 3 (<|start_header_id|>): \
                 take an instruct model of these families"
                .to_owned())
        }
    }

    /// The tokens of a prompt, up to where the answer begins.
    pub(super) fn tokens(
        self,
        vocabulary: &Vocabulary,
        prompt: &Prompt,
    ) -> Result<Vec<u32>, String> {
        let mut tokens = Tokens { vocabulary, all: vocabulary.begin().into_iter().collect() };
        for (role, text) in [("system", &prompt.system), ("user", &prompt.user)] {
            self.head(role, &mut tokens)?;
            tokens.text(text)?;
            match self {
                Self::ChatMl => {
                    tokens.special("<|im_end|>")?;
                    tokens.text("\n")?;
                }
                Self::Llama3 => tokens.special("<|eot_id|>")?,
            }
        }
        self.head("assistant", &mut tokens)?;
        Ok(tokens.all)
    }

    fn head(self, role: &str, tokens: &mut Tokens<'_>) -> Result<(), String> {
        match self {
            Self::ChatMl => {
                tokens.special("<|im_start|>")?;
                tokens.text(&format!("{role}\n"))
            }
            Self::Llama3 => {
                tokens.special("<|start_header_id|>")?;
                tokens.text(role)?;
                tokens.special("<|end_header_id|>")?;
                tokens.text("\n\n")
            }
        }
    }
}

struct Tokens<'a> {
    vocabulary: &'a Vocabulary,
    all: Vec<u32>,
}

impl Tokens<'_> {
    fn special(&mut self, token: &str) -> Result<(), String> {
        let id = self.vocabulary.special(token);
        self.all.push(id.ok_or_else(|| format!("it has no token {token}"))?);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        self.all.extend(self.vocabulary.encode(text)?);
        Ok(())
    }
}
