//! How well texts that are in no library fit a query, by what ranks the clauses of one: late interaction, the cosines of
//! the text and its best sentence, and the words they share. What stands beside a clause and the lexical lane have no part
//! in it, so a text's relevance does not depend on the others.

use std::sync::Arc;

use jiff::Timestamp;
use yiju_document::{Clause, Span, UnitKind};
use yiju_embed::{InputType, Priority};
use yiju_index::{TokenVector, encode_tokens};
use yiju_store::{ClauseRecord, DocumentRecord};
use yiju_text::split_sentences;

use crate::ask::embedded::Embedded;
use crate::ask::question::Question;
use crate::ask::rank::score_apart;
use crate::ask::rerank::{Read, rerank_each};
use crate::ask::retrieve::Candidate;
use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::limits::{LONGEST_QUESTION, check_text};

/// How well a text fits a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relevance {
    /// 0 to 1: with the bundled model unrelated text is below a half and the same words near 1.
    pub score: f32,
    /// The logit of the score, which tells apart what it rounds to the same.
    pub logit: f32,
    /// Tokens of the text.
    pub tokens: usize,
}

impl Engine {
    /// Says how well each text fits a query, in the order of the texts. Each gets what it would get alone.
    ///
    /// # Errors
    /// The query is not 1 to 2,000 characters, the model failed, or the call was cancelled.
    pub fn relevance(&self, query: &str, texts: &[&str]) -> Result<Vec<Relevance>, EngineError> {
        check_text("the query's length in characters", query, LONGEST_QUESTION)?;
        let question = Question::new(query, &self.library.fresh_indexes()?.lexical)?;
        let question = Embedded::of(question, &self.model)?;
        go_on()?;
        let whole = self.model.embed_tokens(Priority::Batch, InputType::Passage, texts)?;
        let cut: Vec<Vec<&str>> = texts.iter().map(|text| sentences(text)).collect();
        // The only sentence of a text is the text.
        let several = cut.iter().filter(|cut| cut.len() > 1).flatten().copied();
        let several: Vec<&str> = several.collect();
        go_on()?;
        let parts = self.model.embed(Priority::Batch, InputType::Passage, &several)?;
        let mut parts = parts.into_iter();
        let document = Arc::new(nowhere());
        let mut clauses = Vec::with_capacity(texts.len());
        let mut tokens = Vec::with_capacity(texts.len());
        let dimension = question.vector.len();
        for (index, ((text, cut), (embedding, vectors))) in
            (0u32..).zip(texts.iter().zip(&cut).zip(whole))
        {
            let dense = dot(&question.vector, &embedding.vector);
            let own = parts.by_ref().take(if cut.len() > 1 { cut.len() } else { 0 });
            let best = own.map(|part| dot(&question.vector, &part.vector)).reduce(f32::max);
            let candidate = Candidate {
                id: u64::from(index),
                document_id: String::new(),
                clause: index,
                dense,
                best_sentence: best.unwrap_or(dense),
                lexical: 0.0,
            };
            let coded: Vec<TokenVector> = vectors
                .tokens
                .into_iter()
                .map(|token| TokenVector { range: Some(token.range), vector: token.matching })
                .collect();
            let record = record(&document, index, text);
            clauses.push((candidate, record, encode_tokens(&coded, dimension)));
            tokens.push(embedding.tokens);
        }
        let mut found: Vec<Read> =
            score_apart(&question, clauses)?.into_iter().map(Read::from).collect();
        if let Some(cross_encoder) = self.cross_encoder.as_deref() {
            go_on()?;
            rerank_each(cross_encoder, &question, &mut found)?;
        }
        Ok(found
            .iter()
            .zip(tokens)
            .map(|(read, tokens)| Relevance {
                score: read.relevance(),
                logit: read.logit(),
                tokens,
            })
            .collect())
    }
}

fn sentences(text: &str) -> Vec<&str> {
    split_sentences(text).into_iter().filter_map(|range| text.get(range)).collect()
}

/// A text as the only clause of a document without a title.
fn record(document: &Arc<DocumentRecord>, index: u32, text: &str) -> ClauseRecord {
    let whole = span(text, 0..text.len());
    let clause = Clause {
        kind: UnitKind::Unnumbered,
        number: None,
        sub_number: None,
        label: String::new(),
        heading: None,
        section: None,
        span: whole,
        sentences: split_sentences(text).into_iter().map(|range| span(text, range)).collect(),
        paragraphs: vec![whole],
        items: Vec::new(),
        roles: Vec::new(),
        lead: None,
        continues: false,
        inferred: false,
    };
    let (document, text) = (Arc::clone(document), text.to_owned());
    ClauseRecord { document, index, clause, text, path: Vec::new() }
}

fn span(text: &str, bytes: std::ops::Range<usize>) -> Span {
    let characters = |to: usize| text.get(..to).map_or(0, |before| before.chars().count());
    Span {
        char_start: characters(bytes.start),
        char_end: characters(bytes.end),
        byte_start: bytes.start,
        byte_end: bytes.end,
    }
}

fn nowhere() -> DocumentRecord {
    DocumentRecord {
        id: String::new(),
        title: String::new(),
        issuer: None,
        number: None,
        date: None,
        language: String::new(),
        sha256: String::new(),
        source: String::new(),
        source_sha256: String::new(),
        ordinal: 0,
        characters: 0,
        bytes: 0,
        sections: 0,
        clauses: 0,
        passages: 0,
        added_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
