//! Where in a clause the answer begins and ends.
//!
//! A small network reads the token vectors that late interaction keeps anyway. For each token of a
//! clause it sees how the question's words and vectors match the token and its surroundings (see
//! [`features`]), and two low-rank products of the question's vectors with the token's; it gives the
//! logits of the answer's beginning and its end. The sentences that hold most of the probability are
//! the evidence, and the best span is marked as the answer, as extractive readers do (Chen, Fisch,
//! Weston and Bordes, "Reading Wikipedia to Answer Open-Domain Questions", 2017); clauses read together
//! share one normalisation (Clark and Gardner, "Simple and Effective Multi-Paragraph Reading
//! Comprehension", 2018).
//!
//! The weights were learnt by benches/reader/train.py; their provenance is in their file.

pub(crate) mod features;
mod weights;

use std::ops::Range;

use yiju_index::{CodedTokens, QueryTokens};

use crate::ask::embedded::Embedded;
use crate::ask::rank::Ranked;
use weights::Weights;

/// A token of a clause with the reader's logits.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// Bytes of the clause's text.
    pub range: Range<usize>,
    /// Index of its sentence in the clause.
    pub sentence: usize,
    /// Logits: that the answer begins here, and that it ends here.
    pub begin: f32,
    pub end: f32,
    /// Whether a word of the text begins or ends with this token.
    pub begins_word: bool,
    pub ends_word: bool,
}

/// How likely each token is by a logit of it, divided by `temperature`, as a share of the likeliest.
pub(crate) fn likelihoods(
    tokens: &[Token],
    logit: fn(&Token) -> f32,
    temperature: f32,
) -> Vec<f32> {
    let most = most(tokens, logit);
    let likelihood = |token| ((logit(token) - most) / temperature).exp();
    tokens.iter().map(likelihood).collect()
}

/// The logits of the likeliest beginning and the likeliest end, together: comparable within a question.
pub(crate) fn likeliest_span(tokens: &[Token]) -> f32 {
    most(tokens, |token| token.begin) + most(tokens, |token| token.end)
}

fn most(tokens: &[Token], logit: fn(&Token) -> f32) -> f32 {
    tokens.iter().map(logit).fold(f32::MIN, f32::max)
}

/// The reader of answers.
pub(crate) struct Reader {
    weights: Weights,
    /// The low-rank projections of a token, as rows to meet coded tokens with.
    rows: QueryTokens,
}

impl Reader {
    /// Reads a weights file; see [`weights`].
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read_weights(bytes: &[u8]) -> Result<Self, String> {
        let weights = Weights::read(bytes)?;
        if weights.features != features::WIDTH {
            return Err(format!(
                "they are for {} features, and there are {}",
                weights.features,
                features::WIDTH
            ));
        }
        let rows =
            QueryTokens::new(weights.token_rows.chunks_exact(weights.dimension), weights.dimension);
        Ok(Self { weights, rows })
    }

    /// Whether it was learnt with the model of this fingerprint: with another it must not read.
    pub(crate) fn knows(&self, model: &str) -> bool {
        self.weights.model == model
    }

    /// Reads the clause of `found`, the candidate at `place` (from 0); `None` where it has no token
    /// vectors of the kind that the reader was learnt with.
    pub(crate) fn read(
        &self,
        question: &Embedded,
        found: &Ranked,
        place: usize,
    ) -> Option<Vec<Token>> {
        let coded = CodedTokens::read(found.tokens.as_deref()?, question.vector.len()).ok()?;
        let tokens = features::tokens(question, found, place, &coded)?;
        let projected = coded.similarities(&self.rows);
        let asked = self.weights.asked(question);
        let mut input = Vec::new();
        Some(
            tokens
                .into_iter()
                .map(|token| {
                    input.clear();
                    self.weights.normalised(&token.values, &mut input);
                    let row = |r: usize| projected[r * coded.len() + token.index];
                    self.weights.products(&asked, row, &mut input);
                    let (begin, end) = self.weights.logits(&input);
                    Token {
                        range: token.range,
                        sentence: token.sentence,
                        begin,
                        end,
                        begins_word: token.begins_word,
                        ends_word: token.ends_word,
                    }
                })
                .collect(),
        )
    }
}
