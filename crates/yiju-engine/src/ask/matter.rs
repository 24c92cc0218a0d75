//! What a question asks beside the name of the document that it is about.
//!
//! 云泽区小餐饮登记证有效几年: the document's title says 云泽区, 小餐饮 and 登记 of all its clauses, so among them only
//! 有效几年 can tell the one that is meant. The clauses that repeat the name (a preface, the first article) would come first
//! otherwise.

use crate::ask::embedded::Embedded;
use crate::ask::question::{Word, holds};

/// Least share of the question's words, by weight, that must be left beside the name.
const LEAST_LEFT: f32 = 0.2;

/// A question without the name of one document.
pub(crate) struct Matter {
    /// Unit vector of its tokens.
    pub vector: Vec<f32>,
    /// A weight for each of the question's tokens, adding up to 1.
    pub token_weights: Vec<f32>,
    /// Its words with their weights.
    words: Vec<(String, f32)>,
}

impl Matter {
    /// What `question` asks of a document with this title (in normal form); `None` where the title holds none of its
    /// words, or hardly leaves any.
    pub(crate) fn of(question: &Embedded, title: &str) -> Option<Self> {
        let named = |word: &Word| holds(title, &word.text);
        let total: f32 = question.words.iter().map(|word| word.weight).sum();
        let left: f32 =
            question.words.iter().filter(|word| !named(word)).map(|word| word.weight).sum();
        if left >= total || left < LEAST_LEFT * total {
            return None;
        }
        // A token is of the name where every word that it is part of is.
        let of_name: Vec<bool> = question
            .token_vectors
            .tokens
            .iter()
            .map(|token| {
                let mut over = question
                    .words
                    .iter()
                    .filter(|w| w.range.start < token.range.end && token.range.start < w.range.end)
                    .peekable();
                over.peek().is_some() && over.all(named)
            })
            .collect();
        let mut token_weights: Vec<f32> = question
            .token_weights
            .iter()
            .zip(&of_name)
            .map(|(weight, name)| if *name { 0.0 } else { *weight })
            .collect();
        let sum: f32 = token_weights.iter().sum();
        if sum <= 0.0 {
            return None;
        }
        token_weights.iter_mut().for_each(|weight| *weight /= sum);
        let mut vector = vec![0.0f32; question.vector.len()];
        let tokens = question.token_vectors.tokens.iter().zip(&of_name);
        for (token, _) in tokens.filter(|(_, name)| !**name) {
            vector.iter_mut().zip(&token.vector).for_each(|(sum, x)| *sum += x);
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length <= 0.0 {
            return None;
        }
        vector.iter_mut().for_each(|x| *x /= length);
        let words = question
            .words
            .iter()
            .filter(|word| !named(word))
            .map(|word| (word.text.clone(), word.weight))
            .collect();
        Some(Self { vector, token_weights, words })
    }

    /// The share (0 to 1) of its words, by weight, that `text` (in normal form) holds.
    pub(crate) fn coverage(&self, text: &str) -> f32 {
        let total: f32 = self.words.iter().map(|(_, weight)| weight).sum();
        let held = self.words.iter().filter(|(word, _)| holds(text, word));
        held.map(|(_, weight)| weight).sum::<f32>() / total.max(f32::MIN_POSITIVE)
    }
}
