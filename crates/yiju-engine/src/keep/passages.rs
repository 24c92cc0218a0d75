//! What is embedded of a document: each clause, followed by its sentences, and the headings above.

use std::collections::HashMap;

use yiju_document::Document;
use yiju_embed::{EmbedQueue, InputType, Priority};
use yiju_index::{TokenVector, encode_tokens};
use yiju_store::NewPassage;

use crate::error::{EngineError, go_on};

/// Most passages embedded between two reports of progress.
const BATCH: usize = 64;

/// Most bytes of text in a batch of several: the vectors of a batch's tokens are held at once, 1.5 KB each.
const BATCH_BYTES: usize = 64 * 1024;

/// How far an addition has come.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Progress {
    /// Passages embedded.
    pub passages_done: usize,
    /// Passages in the source.
    pub passages_total: usize,
    /// Share of the source's passages that is embedded, 0 to 1, each counted by its length.
    pub share: f64,
}

/// A text to embed and where it belongs.
struct Piece<'a> {
    document: usize,
    clause: u32,
    sentence: Option<u32>,
    text: &'a str,
}

/// The passages of each document: every clause, followed by its sentences.
pub(crate) fn embed(
    model: &EmbedQueue,
    documents: &[Document],
    progress: &dyn Fn(Progress),
) -> Result<Vec<Vec<NewPassage>>, EngineError> {
    let _span = tracing::debug_span!("embed_passages").entered();
    let pieces: Vec<Piece<'_>> =
        documents.iter().enumerate().flat_map(|(at, d)| pieces(at, d)).collect();
    // Texts of like length are embedded together.
    let mut order: Vec<usize> = (0..pieces.len())
        .filter(|&i| pieces[i].sentence.is_none() || pieces[i].text != pieces[i - 1].text)
        .collect();
    order.sort_by_key(|&i| pieces[i].text.len());
    let mut made: Vec<Option<NewPassage>> = pieces.iter().map(|_| None).collect();
    let length = |i: usize| pieces[i].text.len();
    let all: usize = order.iter().map(|&i| length(i)).sum();
    let (mut done, mut bytes) = (pieces.len() - order.len(), 0);
    progress(Progress { passages_done: 0, passages_total: pieces.len(), share: 0.0 });
    let above = embed_headings(model, documents)?;
    for batch in batches(&order, length) {
        go_on()?;
        let (clauses, sentences): (Vec<usize>, Vec<usize>) =
            batch.iter().partition(|&&i| pieces[i].sentence.is_none());
        let texts = |ids: &[usize]| ids.iter().map(|&i| pieces[i].text).collect::<Vec<_>>();
        let embedded =
            model.embed_tokens(Priority::Ingestion, InputType::Passage, &texts(&clauses))?;
        for (&i, (embedding, tokens)) in clauses.iter().zip(embedded) {
            let heading = headings_above(&documents[pieces[i].document], pieces[i].clause);
            let own = tokens
                .tokens
                .into_iter()
                .map(|token| TokenVector { range: Some(token.range), vector: token.matching });
            let above = above.get(&heading).cloned().unwrap_or_default();
            let tokens: Vec<TokenVector> = own.chain(above).collect();
            let codes = encode_tokens(&tokens, model.embedder().dimension());
            made[i] = Some(new_passage(&pieces[i], embedding.vector, codes));
        }
        let embedded = model.embed(Priority::Ingestion, InputType::Passage, &texts(&sentences))?;
        for (&i, embedding) in sentences.iter().zip(embedded) {
            made[i] = Some(new_passage(&pieces[i], embedding.vector, Vec::new()));
        }
        done += batch.len();
        bytes += batch.iter().map(|&i| length(i)).sum::<usize>();
        let share = bytes as f64 / all.max(1) as f64;
        progress(Progress { passages_done: done, passages_total: pieces.len(), share });
    }
    // The only sentence of a clause is the clause: its vector is the same.
    for i in 1..pieces.len() {
        if made[i].is_none() {
            made[i] = made[i - 1]
                .as_ref()
                .map(|whole| new_passage(&pieces[i], whole.vector.clone(), Vec::new()));
        }
    }
    let mut passages: Vec<Vec<NewPassage>> = documents.iter().map(|_| Vec::new()).collect();
    for (piece, passage) in pieces.iter().zip(made) {
        passages[piece.document].extend(passage);
    }
    go_on()?;
    Ok(passages)
}

/// `order` in runs of at most [`BATCH`] passages and, where it is more than one, [`BATCH_BYTES`] of text.
fn batches(order: &[usize], length: impl Fn(usize) -> usize) -> impl Iterator<Item = &[usize]> {
    let mut rest = order;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |&&i: &&usize| {
            bytes += length(i);
            bytes <= BATCH_BYTES
        };
        let taken = rest.iter().take(BATCH).take_while(fits).count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(taken);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// The token vectors of the headings above clauses, by their text.
fn embed_headings(
    model: &EmbedQueue,
    documents: &[Document],
) -> Result<HashMap<String, Vec<TokenVector>>, EngineError> {
    let mut headings: Vec<String> = documents
        .iter()
        .flat_map(|document| {
            (0u32..).take(document.clauses.len()).map(|clause| headings_above(document, clause))
        })
        .collect();
    headings.sort_unstable();
    headings.dedup();
    let mut above = HashMap::with_capacity(headings.len());
    for batch in headings.chunks(BATCH) {
        go_on()?;
        let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
        let embedded = model.embed_tokens(Priority::Ingestion, InputType::Passage, &texts)?;
        for (heading, (_, tokens)) in batch.iter().zip(embedded) {
            let tokens = tokens
                .tokens
                .into_iter()
                .map(|token| TokenVector { range: None, vector: token.matching });
            above.insert(heading.clone(), tokens.collect());
        }
    }
    Ok(above)
}

/// A clause is embedded as printed, without its heading path: with the path before it the seed's
/// questions found the right clause first less often (docs/retrieval.md). The headings take part in
/// the second stage, as tokens of their own.
fn pieces(at: usize, document: &Document) -> impl Iterator<Item = Piece<'_>> {
    (0u32..).zip(&document.clauses).flat_map(move |(index, clause)| {
        let whole = Piece {
            document: at,
            clause: index,
            sentence: None,
            text: document.slice(clause.span),
        };
        let sentences = (0u32..).zip(&clause.sentences).map(move |(sentence, &span)| Piece {
            document: at,
            clause: index,
            sentence: Some(sentence),
            text: document.slice(span),
        });
        std::iter::once(whole).chain(sentences)
    })
}

/// The document's title and the headings of the clause's sections; the clause's own heading is part
/// of its text.
fn headings_above(document: &Document, clause: u32) -> String {
    let mut above = document.title.clone();
    let path = document.path(clause as usize);
    let own = document
        .clauses
        .get(clause as usize)
        .is_some_and(|clause| !clause.label.is_empty() || clause.heading.is_some());
    for part in path.iter().take(path.len() - usize::from(own && !path.is_empty())) {
        above.push(' ');
        above.push_str(part);
    }
    above
}

fn new_passage(piece: &Piece<'_>, vector: Vec<f32>, tokens: Vec<u8>) -> NewPassage {
    NewPassage { clause: piece.clause, sentence: piece.sentence, vector, tokens }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_a_bounded_length_of_text() {
        let lengths = [10, 20, 30_000, 40_000, 50_000, 90_000, 90_000];
        let order: Vec<usize> = (0..lengths.len()).collect();
        let made: Vec<&[usize]> = batches(&order, |i| lengths[i]).collect();
        assert_eq!(made, [&[0, 1, 2][..], &[3], &[4], &[5], &[6]]);
        let many: Vec<usize> = (0..150).collect();
        let sizes: Vec<usize> = batches(&many, |_| 9).map(<[usize]>::len).collect();
        assert_eq!(sizes, [64, 64, 22]);
        assert_eq!(batches(&[], |_| 9).count(), 0);
    }
}
