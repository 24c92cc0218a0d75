//! A question with its vectors.

use std::ops::Deref;

use yiju_embed::{EmbedQueue, InputType, Priority, TokenVectors};
use yiju_index::{QueryTokens, TokenKind};

use crate::ask::question::Question;
use crate::ask::trace::{Step, timed};
use crate::error::EngineError;

/// An embedded question; reads like the [`Question`] that it was.
pub(crate) struct Embedded {
    question: Question,
    /// Unit vector of the whole.
    pub vector: Vec<f32>,
    /// Vectors of the tokens for matching.
    pub tokens: QueryTokens,
    /// The last hidden states of the tokens, for libraries whose tokens are version 1.
    last_tokens: QueryTokens,
    /// A weight for each token, adding up to 1.
    pub token_weights: Vec<f32>,
    /// The tokens as the model gave them.
    pub token_vectors: TokenVectors,
    /// Which tokens are of a word that asks.
    pub asking: Vec<bool>,
    /// The mean vector of those tokens, or of all where there are none.
    pub asking_vector: Vec<f32>,
}

impl Deref for Embedded {
    type Target = Question;

    fn deref(&self) -> &Question {
        &self.question
    }
}

impl Embedded {
    /// Embeds the question and weighs its tokens by the words they are part of.
    ///
    /// # Errors
    /// The model failed.
    pub(crate) fn of(question: Question, model: &EmbedQueue) -> Result<Self, EngineError> {
        let texts = [question.text.as_str()];
        let prepared = timed(Step::Tokenise, || model.prepare(InputType::Query, &texts))?;
        timed(Step::Embed, || {
            let embedded = model.embed_prepared(Priority::Question, &prepared)?;
            let (whole, tokens) = embedded.into_iter().next().expect("one text was embedded");
            let dimension = model.embedder().dimension();
            let asking = question.asking(&tokens);
            let none = !asking.contains(&true);
            let asked: Vec<&[f32]> = tokens
                .tokens
                .iter()
                .zip(&asking)
                .filter(|(_, asking)| none || **asking)
                .map(|(token, _)| token.matching.as_slice())
                .collect();
            let mut asking_vector = vec![0.0; dimension];
            for vector in &asked {
                for (sum, x) in asking_vector.iter_mut().zip(*vector) {
                    *sum += x / asked.len() as f32;
                }
            }
            let matching = tokens.tokens.iter().map(|token| token.matching.as_slice());
            let last = tokens.tokens.iter().map(|token| token.vector.as_slice());
            Ok(Self {
                vector: whole.vector,
                tokens: QueryTokens::new(matching, dimension),
                last_tokens: QueryTokens::new(last, dimension),
                token_weights: question.weigh(&tokens),
                asking,
                asking_vector,
                token_vectors: tokens,
                question,
            })
        })
    }

    /// The token vectors that clause tokens of a kind are compared with.
    pub(crate) fn tokens_like(&self, kind: TokenKind) -> &QueryTokens {
        match kind {
            TokenKind::Matching => &self.tokens,
            TokenKind::Last => &self.last_tokens,
        }
    }
}
