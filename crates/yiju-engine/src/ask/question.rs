//! A question, analysed: its words with their weights, what it asks for, what it cites.

use std::collections::HashSet;

use yiju_document::{CitedNumber, Reference, find_numbers, find_references};
use yiju_embed::TokenVectors;
use yiju_index::LexicalIndex;
use yiju_text::chars::is_han;
use yiju_text::questions::{Expected, IDLE, OF_A_UNIT, asking_words, expected};
use yiju_text::{is_stop_term, normalize, terms};

use crate::ask::constraints::{Constraint, constraints};
use crate::ask::pairs::Pairs;
use crate::ask::quotable::Quotable;
use crate::ask::verdict::Polar;
use crate::error::EngineError;

/// Weight of a token of no content word (particles, punctuation, question words); the rarest word has 1.
const IDLE_WEIGHT: f32 = 0.1;

/// The language an answer's fixed phrases are worded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Chinese,
    English,
}

/// A content word of the question.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// In normal form.
    pub text: String,
    /// How rare it is in the library: 0 (everywhere) to 1 (nowhere).
    pub weight: f32,
    /// Its bytes in the question.
    pub range: std::ops::Range<usize>,
}

/// A question before it is embedded.
pub(crate) struct Question {
    /// As asked.
    pub text: String,
    /// In normal form.
    pub normal: String,
    pub language: Language,
    pub expected: Expected,
    /// Which lines it may be answered with.
    pub quotable: Quotable,
    pub references: Vec<Reference>,
    /// What an answer must be about.
    pub constraints: Vec<Constraint>,
    /// The 文号 that it gives.
    pub numbers: Vec<CitedNumber>,
    /// Content words, each once.
    pub words: Vec<Word>,
    /// Its pairs of neighbouring characters.
    pub pairs: Pairs,
    /// What it asks for a yes or a no about.
    pub polar: Option<Polar>,
}

impl Question {
    /// Analyses a question. `lexical` says how rare its words are.
    ///
    /// # Errors
    /// The lexical index failed.
    pub(crate) fn new(text: &str, lexical: &LexicalIndex) -> Result<Self, EngineError> {
        let normal = normalize(text);
        let total = lexical.len() as f64;
        let rarest = idf(0.0, total);
        let mut seen = HashSet::new();
        let mut words = Vec::new();
        for term in terms(text) {
            if is_stop_term(&term.text)
                || IDLE.contains(&term.text)
                || !seen.insert(term.text.clone())
            {
                continue;
            }
            let frequency = lexical
                .document_frequency(&term.text)
                .map_err(|source| EngineError::Index { index: "lexical", source })?;
            let weight = (idf(frequency as f64, total) / rarest) as f32;
            words.push(Word { text: term.text, weight, range: term.range });
        }
        let expected = expected(&normal);
        Ok(Self {
            text: text.to_owned(),
            language: language_of(text),
            expected,
            quotable: Quotable::of(&normal, expected),
            references: find_references(text),
            constraints: constraints(text),
            numbers: find_numbers(text),
            words,
            pairs: Pairs::of(&normal),
            polar: Polar::of(text),
            normal,
        })
    }

    /// A weight for each of the question's tokens, adding up to 1: that of the heaviest word that it is
    /// part of.
    pub(crate) fn weigh(&self, tokens: &TokenVectors) -> Vec<f32> {
        let mut weights: Vec<f32> = tokens
            .tokens
            .iter()
            .map(|token| {
                let overlapping = self.words.iter().filter(|word| {
                    word.range.start < token.range.end && token.range.start < word.range.end
                });
                overlapping.map(|word| word.weight).fold(IDLE_WEIGHT, f32::max)
            })
            .collect();
        let sum: f32 = weights.iter().sum();
        if sum > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        weights
    }

    /// Which of the question's tokens are of a word that asks: what, 谁, 多少.
    pub(crate) fn asking(&self, tokens: &TokenVectors) -> Vec<bool> {
        let asking = asking_words(&self.text);
        tokens
            .tokens
            .iter()
            .map(|token| {
                asking
                    .iter()
                    .any(|word| word.start < token.range.end && token.range.start < word.end)
            })
            .collect()
    }

    /// The share (0 to 1) of the question's words, by weight, that `text` (in normal form) holds;
    /// `None` where the question has no content words.
    pub(crate) fn coverage(&self, text: &str) -> Option<f32> {
        let total: f32 = self.words.iter().map(|word| word.weight).sum();
        if total <= 0.0 {
            return None;
        }
        let found: f32 =
            self.words.iter().filter(|word| holds(text, &word.text)).map(|word| word.weight).sum();
        Some(found / total)
    }

    /// Whether the question asks for nothing but what it cites: it has no content word outside the byte ranges `cited` and the titles (in normal form) of the documents cited.
    pub(crate) fn asks_only(&self, cited: &[std::ops::Range<usize>], titles: &str) -> bool {
        self.words.iter().all(|word| {
            OF_A_UNIT.contains(&word.text)
                || cited
                    .iter()
                    .any(|range| range.start < word.range.end && word.range.start < range.end)
                || titles.contains(&word.text)
        })
    }

    /// The weight of the heaviest word that `text` (in normal form) lacks; 0 where it has all.
    pub(crate) fn missing(&self, text: &str) -> f32 {
        self.words
            .iter()
            .filter(|word| !holds(text, &word.text))
            .map(|word| word.weight)
            .fold(0.0, f32::max)
    }
}

/// The language in which a question is answered.
pub(crate) fn language_of(text: &str) -> Language {
    if text.chars().any(is_han) { Language::Chinese } else { Language::English }
}

/// Robertson and Spärck Jones's inverse document frequency as BM25 uses it, never negative.
fn idf(frequency: f64, total: f64) -> f64 {
    (1.0 + (total - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln()
}

/// Whether `text` holds `word`: anywhere for Chinese, at the start of a word for letters and digits,
/// since 3 is not in 13.
pub(crate) fn holds(text: &str, word: &str) -> bool {
    if word.chars().next().is_some_and(is_han) {
        return text.contains(word);
    }
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let number = word.ends_with(|c: char| c.is_ascii_digit());
        let after = text[at + word.len()..].chars().next();
        before.is_none_or(|c| !c.is_ascii_alphanumeric())
            && !(number && after.is_some_and(|c| c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexical(texts: &[&str]) -> LexicalIndex {
        let mut index = LexicalIndex::in_memory().unwrap();
        for (id, text) in (0u64..).zip(texts) {
            index.add(id, "", text).unwrap();
        }
        index.commit(1).unwrap();
        index
    }

    #[test]
    fn content_words_are_weighed_by_rarity() {
        let index = lexical(&["城市更新", "城市规划", "城市治理"]);
        let question = Question::new("城市更新的容积率有什么要求？", &index).unwrap();
        let weight = |text: &str| question.words.iter().find(|w| w.text == text).map(|w| w.weight);
        assert_eq!(weight("容积率"), Some(1.0));
        assert!(weight("更新") < weight("容积率") && weight("城市") < weight("更新"));
        assert_eq!(weight("要求"), None);
        assert_eq!(question.coverage("城市更新容积率"), Some(1.0));
        assert!(question.coverage("城市更新").unwrap() < 0.5);
        assert_eq!(question.missing("城市更新"), 1.0);
        assert_eq!(question.language, Language::Chinese);
    }

    #[test]
    fn numbers_and_latin_words_are_held_as_words() {
        assert!(holds("城市信息模型(cim)平台", "cim"));
        assert!(!holds("共13个", "3"));
        assert!(!holds("共131个", "13"));
        assert!(holds("第13号", "13"));
        assert!(holds("cities", "citi"));
    }

    #[test]
    fn a_question_of_question_words_covers_nothing() {
        let index = lexical(&["城市更新"]);
        let question = Question::new("What does it say?", &index).unwrap();
        assert_eq!(question.coverage("城市更新"), None);
        assert_eq!(question.language, Language::English);
    }
}
