//! Which sentences of the sources a sentence rests on, and how well they say it.
//!
//! A sentence that merges two clauses rests on two: sentences of the sources are added as long as each lets more of the
//! claim's tokens find their like (late interaction over the best of all of them).

use std::collections::HashSet;
use std::ops::Range;

use yiju_embed::{Embedding, TokenVector, TokenVectors};
use yiju_text::chars::is_han;
use yiju_text::{is_stop_term, normalize, terms};

use super::sources::Source;
use crate::operators::{Atoms, Kind};

/// Most sentences that one claim rests on.
const MOST: usize = 4;
/// The least by which a further sentence must raise the late interaction.
const LEAST_GAIN: f32 = 0.012;
/// Weight of a token of no content word; that of others is 1.
const IDLE_WEIGHT: f32 = 0.15;
/// Tokens of the claim that are looked at as its worst: this share of them.
const WORST: f32 = 0.2;
/// A part between two marks with fewer content words than this is no part.
const LEAST_PART: usize = 2;

/// A claim, embedded.
pub(super) struct Said {
    pub text: String,
    /// In normal form.
    pub normal: String,
    pub meaning: Embedding,
    pub tokens: TokenVectors,
    /// A weight for each token, adding up to 1.
    weights: Vec<f32>,
    /// Content words: bytes of the claim, and the word in normal form.
    words: Vec<(Range<usize>, String)>,
    /// Its parts between commas, as bytes.
    parts: Vec<Range<usize>>,
    pub han: bool,
}

impl Said {
    /// A claim with its vectors.
    pub(super) fn new(text: &str, meaning: Embedding, tokens: TokenVectors) -> Self {
        let mut said = Self { meaning, tokens, ..Self::plain(text) };
        let content =
            |range: &Range<usize>| said.words.iter().any(|(word, _)| overlap(word, range));
        let weights = said.tokens.tokens.iter();
        let mut weights: Vec<f32> =
            weights.map(|token| if content(&token.range) { 1.0 } else { IDLE_WEIGHT }).collect();
        let sum: f32 = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        weights.iter_mut().for_each(|weight| *weight /= sum);
        said.weights = weights;
        said
    }

    /// A claim without vectors.
    pub(super) fn plain(text: &str) -> Self {
        let words = terms(text).into_iter().filter(|term| !is_stop_term(&term.text));
        Self {
            text: text.to_owned(),
            normal: normalize(text),
            meaning: Embedding { vector: Vec::new(), tokens: 0 },
            tokens: TokenVectors { tokens: Vec::new() },
            weights: Vec::new(),
            words: words.map(|term| (term.range, term.text)).collect(),
            parts: parts(text),
            han: text.chars().any(is_han),
        }
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The parts of a text between its commas and semicolons.
fn parts(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if matches!(c, '，' | '；' | '。' | '：' | ';' | '！' | '\n')
            || c == ',' && text[at + 1..].starts_with(' ')
        {
            found.push(start..at);
            start = at + c.len_utf8();
        }
    }
    found.push(start..text.len());
    found.retain(|part| !text[part.clone()].trim().is_empty());
    found
}

/// A sentence of a source that a claim rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Index of the source.
    pub source: usize,
    /// Bytes of the source's text.
    pub range: Range<usize>,
    /// Whether it was taken for the sentence that it leads in to.
    pub leads: bool,
}

/// The sentences that a claim rests on, best first, and how well they say it.
pub(super) struct Evidence {
    pub pieces: Vec<Piece>,
    pub signals: Signals,
    /// For each piece, its tokens as bytes of the source's text, with how well each finds its like in the claim.
    pub met: Vec<Vec<(Range<usize>, f32)>>,
}

impl Evidence {
    /// Adds what another part of the claim rests on; its signals instead of these if it is the `worse`.
    pub(super) fn join(&mut self, other: Self, worse: bool) {
        if worse {
            self.signals = other.signals;
        }
        for (piece, met) in other.pieces.into_iter().zip(other.met) {
            let same = |one: &Piece| one.source == piece.source && one.range == piece.range;
            if !self.pieces.iter().any(same) {
                self.pieces.push(piece);
                self.met.push(met);
            }
        }
    }
}

/// What the support is computed from, each about 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Signals {
    /// How well the claim's tokens find their like, by weight.
    pub late: f32,
    /// The same of its worst tokens.
    pub worst: f32,
    /// The same of its worst part between commas.
    pub part: f32,
    /// Cosine of the claim and the mean of the evidence's tokens.
    pub cosine: f32,
    /// Share of the claim's content words that the evidence has.
    pub words: f32,
    /// Share of its pairs of characters, or words of English, that the evidence has.
    pub pairs: f32,
    /// The same of its worst part.
    pub part_pairs: f32,
}

impl Signals {
    /// By name, in the order of the weights.
    #[cfg(feature = "measure")]
    pub(super) fn named(&self) -> [(&'static str, f32); 7] {
        [
            ("late", self.late),
            ("worst", self.worst),
            ("part", self.part),
            ("cosine", self.cosine),
            ("words", self.words),
            ("pairs", self.pairs),
            ("part_pairs", self.part_pairs),
        ]
    }
}

/// Chooses what a claim rests on among the sentences of the sources at `among`; `None` where they have no tokens.
pub(super) fn choose(said: &Said, sources: &[Source], among: &[usize]) -> Option<Evidence> {
    let claim = &said.tokens.tokens;
    // For each sentence of a source, the best like of each of the claim's tokens.
    let mut likes: Vec<(usize, usize, Vec<f32>)> = Vec::new();
    for &source in among {
        let of = sources.get(source)?;
        for (sentence, range) in of.sentences.iter().enumerate() {
            let tokens = within(of, range);
            let best = |word: &TokenVector| {
                let all = tokens.iter().map(|token| dot(&word.matching, &token.matching));
                all.fold(0.0, f32::max)
            };
            likes.push((source, sentence, claim.iter().map(best).collect()));
        }
    }
    let late = |best: &[f32]| -> f32 { best.iter().zip(&said.weights).map(|(b, w)| b * w).sum() };
    let mut best = vec![0.0f32; claim.len()];
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < MOST {
        let now = late(&best);
        let gains =
            likes.iter().enumerate().filter(|(at, _)| !chosen.contains(at)).map(|(at, like)| {
                let more: Vec<f32> = best.iter().zip(&like.2).map(|(a, b)| a.max(*b)).collect();
                (at, late(&more) - now)
            });
        let Some((at, gain)) = gains.max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if !chosen.is_empty() && gain < LEAST_GAIN {
            break;
        }
        for (best, like) in best.iter_mut().zip(&likes[at].2) {
            *best = best.max(*like);
        }
        chosen.push(at);
    }
    if chosen.is_empty() {
        return None;
    }
    let mut pieces: Vec<Piece> = chosen
        .iter()
        .map(|&at| {
            let (source, sentence, _) = likes[at];
            Piece { source, range: sources[source].sentences[sentence].clone(), leads: false }
        })
        .collect();
    add_leads(sources, &mut pieces);
    let met = pieces.iter().map(|piece| met(claim, &sources[piece.source], &piece.range)).collect();
    let signals = signals(said, sources, &pieces, &best);
    Some(Evidence { pieces, signals, met })
}

/// Adds the lead-ins (有下列情形之一的：) of the sentences that are items of a list.
fn add_leads(sources: &[Source], pieces: &mut Vec<Piece>) {
    let mut leads: Vec<Piece> = Vec::new();
    for piece in pieces.iter() {
        let of = &sources[piece.source];
        let before = of.sentences.iter().rev().filter(|range| range.end <= piece.range.start);
        let is_item = |text: &str| {
            text.starts_with(['（', '(', '①', '②', '③'])
                || text.chars().take(4).any(|c| matches!(c, '、' | '.' | '．'))
        };
        if !is_item(&of.text[piece.range.clone()]) {
            continue;
        }
        let lead =
            before.into_iter().find(|range| of.text[(*range).clone()].ends_with(['：', ':']));
        let Some(range) = lead else { continue };
        let lead = Piece { source: piece.source, range: range.clone(), leads: true };
        let same = |other: &Piece| other.source == lead.source && other.range == lead.range;
        if !leads.iter().any(same) && !pieces.iter().any(same) {
            leads.push(lead);
        }
    }
    pieces.extend(leads);
}

fn within<'s>(source: &'s Source, range: &Range<usize>) -> Vec<&'s TokenVector> {
    source.tokens.iter().filter(|token| overlap(&token.range, range)).collect()
}

fn met(claim: &[TokenVector], source: &Source, range: &Range<usize>) -> Vec<(Range<usize>, f32)> {
    within(source, range)
        .into_iter()
        .map(|token| {
            let all = claim.iter().map(|word| dot(&word.matching, &token.matching));
            (token.range.clone(), all.fold(0.0, f32::max))
        })
        .collect()
}

/// The text of the pieces in normal form, one a line, with what stands around them.
pub(super) fn text_of(sources: &[Source], pieces: &[Piece]) -> String {
    let mut ordered: Vec<&Piece> = pieces.iter().collect();
    ordered.sort_by_key(|piece| (piece.source, piece.range.start));
    let mut text = String::new();
    for piece in ordered {
        text.push_str(&normalize(&sources[piece.source].text[piece.range.clone()]));
        text.push('\n');
    }
    text
}

fn signals(said: &Said, sources: &[Source], pieces: &[Piece], best: &[f32]) -> Signals {
    let late: f32 = best.iter().zip(&said.weights).map(|(b, w)| b * w).sum();
    let heavy = |at: &usize| said.weights[*at] * best.len() as f32 > IDLE_WEIGHT * 2.0;
    let mut content: Vec<f32> = (0..best.len()).filter(heavy).map(|at| best[at]).collect();
    content.sort_by(f32::total_cmp);
    let count = ((content.len() as f32 * WORST).ceil() as usize).clamp(1, content.len().max(1));
    let mean = |values: &[f32]| {
        if values.is_empty() { 1.0 } else { values.iter().sum::<f32>() / values.len() as f32 }
    };
    let worst = mean(&content[..count.min(content.len())]);
    let mut part = late;
    let evidence = text_of(sources, pieces);
    let around: String = pieces
        .iter()
        .map(|piece| sources[piece.source].around.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let all = format!("{evidence} {around}");
    let pairs_there = pairs(&all);
    let share = |text: &str| {
        let ours = pairs(text);
        let held = ours.iter().filter(|pair| pairs_there.contains(*pair)).count();
        if ours.is_empty() { 1.0 } else { held as f32 / ours.len() as f32 }
    };
    let whole_pairs = share(&said.normal);
    let mut part_pairs = whole_pairs;
    for range in &said.parts {
        let words = said.words.iter().filter(|(word, _)| overlap(word, range)).count();
        if words < LEAST_PART {
            continue;
        }
        let of = said
            .tokens
            .tokens
            .iter()
            .enumerate()
            .filter(|(at, token)| overlap(&token.range, range) && heavy(at));
        let values: Vec<f32> = of.map(|(at, _)| best[at]).collect();
        part = part.min(mean(&values));
        let text = said.text.get(range.clone()).unwrap_or("");
        part_pairs = part_pairs.min(share(&normalize(text)));
    }
    let held =
        said.words.iter().filter(|(_, word)| crate::ask::question::holds(&all, word)).count();
    let words = if said.words.is_empty() { 1.0 } else { held as f32 / said.words.len() as f32 };
    Signals {
        late,
        worst,
        part,
        cosine: cosine(said, sources, pieces),
        words,
        pairs: whole_pairs,
        part_pairs,
    }
}

/// Pairs of neighbouring characters of Chinese, and words of other text, each once.
fn pairs(normal: &str) -> HashSet<String> {
    let atoms = Atoms::of(normal);
    let texts: Vec<&str> = atoms
        .atoms
        .iter()
        .map(|atom| match &atom.kind {
            Kind::Text(text) => text.as_str(),
            _ => "",
        })
        .collect();
    let mut found = HashSet::new();
    for (at, text) in texts.iter().enumerate() {
        let han = text.chars().next().is_some_and(is_han);
        if !han {
            if !text.is_empty() {
                found.insert((*text).to_owned());
            }
        } else if let Some(next) = texts.get(at + 1)
            && next.chars().next().is_some_and(is_han)
        {
            found.insert(format!("{text}{next}"));
        }
    }
    found
}

fn cosine(said: &Said, sources: &[Source], pieces: &[Piece]) -> f32 {
    let mut sum = vec![0.0f32; said.meaning.vector.len()];
    for piece in pieces.iter().filter(|piece| !piece.leads) {
        for token in within(&sources[piece.source], &piece.range) {
            sum.iter_mut().zip(&token.vector).for_each(|(a, b)| *a += b);
        }
    }
    let length = dot(&sum, &sum).sqrt();
    if length > 0.0 { dot(&sum, &said.meaning.vector) / length } else { 0.0 }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
