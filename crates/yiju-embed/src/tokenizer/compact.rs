//! The compact tokenizer: a Unigram model and its normaliser in one mapped file.
//!
//! It gives the ids and ranges that the `tokenizers` crate gives for the `tokenizer.json` it was
//! made from, without the parse: opening it touches a few pages.
//!
//! `tokenizer.bin`, little-endian: a header (see [`HEADER_BYTES`]), then
//! `u32 units[]` (a double array from piece to id), `f32 scores[]` (by id), `u32 code_points[]`
//! (sorted), `u32 ends[]` (of each code point's replacement), and the replacements in UTF-8.

use std::ops::Range;
use std::path::Path;

use crate::error::EmbedError;
use crate::sample::{Sample, sample};
use crate::tokenizer::double_array::{build_double_array, prefixes};
use crate::tokenizer::{SpecialTokens, Token};
use yiju_kernels::Mapping;

const MAGIC: &[u8; 8] = b"YIJUTOK1";
/// Magic, CRC-32 of all that follows it, six counts and ids, and the size and sample of the JSON.
const HEADER_BYTES: usize = 8 + 4 + 4 * 7 + 8 + 32;
/// U+2581, the space inside pieces.
const META: &str = "\u{2581}";

/// The source of a compact tokenizer.
pub struct CompactSource<'a> {
    /// The pieces with their scores, by id.
    pub pieces: &'a [(&'a str, f32)],
    /// The id of the unknown piece, which is never matched.
    pub unknown: u32,
    /// The ids put before and after a text.
    pub begin: u32,
    /// See `begin`.
    pub end: u32,
    /// The normaliser: replacements of code points, sorted by code point. Others stay unchanged.
    pub replacements: &'a [(char, String)],
    /// The `tokenizer.json` that describes the same tokenizer.
    pub json: &'a [u8],
}

/// Writes the compact form, or says why there is none for this tokenizer.
pub fn build_compact(source: &CompactSource<'_>) -> Result<Vec<u8>, String> {
    let pieces = source.pieces;
    for id in [source.unknown, source.begin, source.end] {
        if id as usize >= pieces.len() {
            return Err(format!("id {id} is outside the {} pieces", pieces.len()));
        }
    }
    let mut keys = Vec::new();
    for (id, (piece, score)) in (0u32..).zip(pieces) {
        if id == source.unknown {
            continue;
        }
        // Both let a text be cut at every space and at every unknown character.
        if piece.chars().skip(1).any(|character| character == '\u{2581}') {
            return Err(format!("piece `{piece}` has a space inside"));
        }
        if !score.is_finite() {
            return Err(format!("piece `{piece}` has the score {score}"));
        }
        keys.push((piece.as_bytes(), id));
    }
    keys.sort_unstable();
    let single = |character: char| {
        let mut buffer = [0; 4];
        let key: &[u8] = character.encode_utf8(&mut buffer).as_bytes();
        keys.binary_search_by(|(piece, _)| (*piece).cmp(key)).is_ok()
    };
    for (id, (piece, _)) in (0u32..).zip(pieces) {
        if id != source.unknown && !piece.chars().all(single) {
            return Err(format!("piece `{piece}` has a character that is no piece by itself"));
        }
    }
    let units = build_double_array(&keys).ok_or("the pieces do not fit a double array")?;
    let replacements = source.replacements;
    if !replacements.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return Err("the replacements are not sorted".to_owned());
    }
    let mut text = String::new();
    let mut ends = Vec::new();
    for (_, replacement) in replacements {
        text.push_str(replacement);
        ends.push(text.len() as u32);
    }
    let json = sample(source.json);
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[0; 4]);
    for number in [
        source.unknown,
        source.begin,
        source.end,
        units.len() as u32,
        pieces.len() as u32,
        replacements.len() as u32,
        text.len() as u32,
    ] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&json.length.to_le_bytes());
    out.extend_from_slice(&json.digest);
    units.iter().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
    pieces.iter().for_each(|(_, score)| out.extend_from_slice(&score.to_le_bytes()));
    replacements
        .iter()
        .for_each(|(from, _)| out.extend_from_slice(&u32::from(*from).to_le_bytes()));
    ends.iter().for_each(|end| out.extend_from_slice(&end.to_le_bytes()));
    out.extend_from_slice(text.as_bytes());
    let crc = crc32fast::hash(&out[12..]);
    out[8..12].copy_from_slice(&crc.to_le_bytes());
    Ok(out)
}

/// A mapped `tokenizer.bin`.
#[derive(Debug)]
pub(crate) struct CompactTokenizer {
    mapping: Mapping,
    unknown: u32,
    begin: u32,
    end: u32,
    units: Range<usize>,
    scores: Range<usize>,
    code_points: Range<usize>,
    ends: Range<usize>,
    text: Range<usize>,
    json: Sample,
}

impl CompactTokenizer {
    /// Maps and checks the file. The error says what is wrong.
    pub(crate) fn open(path: &Path) -> Result<Self, EmbedError> {
        let mapping = Mapping::open(path).map_err(EmbedError::io(path))?;
        Self::read(mapping)
            .map_err(|reason| EmbedError::InvalidFile { path: path.to_path_buf(), reason })
    }

    fn read(mapping: Mapping) -> Result<Self, String> {
        let bytes: &[u8] = &mapping;
        if bytes.len() < HEADER_BYTES || &bytes[..8] != MAGIC {
            return Err("it does not begin with the header of a compact tokenizer".to_owned());
        }
        let number = |index: usize| word(bytes, 12 + 4 * index).unwrap_or(0);
        if word(bytes, 8) != Some(crc32fast::hash(&bytes[12..])) {
            return Err("its checksum does not match: it is damaged".to_owned());
        }
        let mut position = HEADER_BYTES;
        let mut section = |count: u32, size: usize| {
            let start = position;
            position = position.saturating_add((count as usize).saturating_mul(size));
            start..position
        };
        let units = section(number(3), 4);
        let scores = section(number(4), 4);
        let code_points = section(number(5), 4);
        let ends = section(number(5), 4);
        let text = section(number(6), 1);
        if position != bytes.len() || [0, 1, 2].iter().any(|&index| number(index) >= number(4)) {
            return Err("its header does not fit its size".to_owned());
        }
        let json = Sample::from_header(&bytes[40..80]);
        Ok(Self {
            unknown: number(0),
            begin: number(1),
            end: number(2),
            units,
            scores,
            code_points,
            ends,
            text,
            json,
            mapping,
        })
    }

    /// Whether this was made from the `tokenizer.json` with these bytes (by length and sample).
    pub(crate) fn was_made_from(&self, json: &[u8]) -> bool {
        self.json == sample(json)
    }

    /// The ids around a text.
    pub(crate) fn special_tokens(&self) -> SpecialTokens {
        SpecialTokens { before: vec![self.begin], after: vec![self.end] }
    }

    /// How many ids there are.
    pub(crate) fn vocabulary(&self) -> usize {
        self.scores.len() / 4
    }

    /// The tokens of a text, without special tokens, each with the bytes of the text it stands
    /// for.
    pub(crate) fn encode(&self, text: &str) -> Vec<Token> {
        let normalized = self.normalize(text);
        let mut tokens = Vec::with_capacity(text.len() / 3 + 2);
        let mut lattice = Lattice::default();
        let bytes = normalized.text.as_bytes();
        // Positions of the current segment start at `start`; it ends at a space, at an unknown
        // character and at the end.
        let mut start = 0;
        lattice.restart();
        for (at, character) in normalized.text.char_indices() {
            if character == '\u{2581}' && at > start {
                lattice.best_path(start, at, &mut tokens);
                start = at;
                lattice.restart();
            }
            let size = character.len_utf8();
            if !self.extend(&mut lattice, bytes, start, at, size) {
                lattice.best_path(start, at, &mut tokens);
                tokens.push((self.unknown, at..at + size));
                start = at + size;
                lattice.restart();
            }
        }
        lattice.best_path(start, bytes.len(), &mut tokens);
        tokens
            .into_iter()
            .map(|(id, range)| Token { id, range: normalized.original(range) })
            .collect()
    }

    /// Adds the pieces that start at `at` to the lattice. False if the character there is no
    /// piece, so that no piece at all holds it.
    fn extend(
        &self,
        lattice: &mut Lattice,
        bytes: &[u8],
        start: usize,
        at: usize,
        size: usize,
    ) -> bool {
        let all = &self.mapping;
        let units = &all[self.units.clone()];
        let scores = &all[self.scores.clone()];
        let so_far = lattice.score(at - start);
        let mut known = false;
        prefixes(
            |index| word(units, index.checked_mul(4)?),
            &bytes[at..],
            |length, id| {
                let Some(score) = word(scores, id as usize * 4) else {
                    return;
                };
                known |= length == size;
                let score = so_far + f64::from(f32::from_bits(score));
                lattice.offer(at - start, at - start + length, score, id);
            },
        );
        known
    }

    fn replacement(&self, character: char) -> Option<&str> {
        let all = &self.mapping;
        let code_points = &all[self.code_points.clone()];
        let ends = &all[self.ends.clone()];
        let (mut low, mut high) = (0, code_points.len() / 4);
        while low < high {
            let middle = (low + high) / 2;
            if word(code_points, middle * 4)? < u32::from(character) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if word(code_points, low * 4)? != u32::from(character) {
            return None;
        }
        let start = match low.checked_sub(1) {
            Some(previous) => word(ends, previous * 4)? as usize,
            None => 0,
        };
        let end = word(ends, low * 4)? as usize;
        std::str::from_utf8(all[self.text.clone()].get(start..end)?).ok()
    }

    /// Applies the replacements, makes one space of a run, and marks the spaces and the start.
    fn normalize(&self, text: &str) -> Normalized {
        let mut out = Normalized {
            text: String::with_capacity(text.len() + META.len()),
            spans: Vec::with_capacity(text.len() / 2 + 1),
        };
        for (at, character) in text.char_indices() {
            let span = at as u32..(at + character.len_utf8()) as u32;
            let plain = matches!(character, ' '..='~' | '\u{4e00}'..='\u{9fff}');
            match (!plain).then(|| self.replacement(character)).flatten() {
                Some(replacement) => {
                    replacement.chars().for_each(|part| out.push(part, &span));
                }
                None => out.push(character, &span),
            }
        }
        if !out.text.is_empty() && !out.text.starts_with(META) {
            out.text.insert_str(0, META);
            let mut spans = vec![(0, out.spans[0].1.clone())];
            spans.extend(
                out.spans.iter().map(|(start, span)| (start + META.len() as u32, span.clone())),
            );
            out.spans = spans;
        }
        out
    }
}

/// A normalised text and where its characters come from.
struct Normalized {
    text: String,
    /// For each character, where it starts in `text` and what bytes of the original it is.
    spans: Vec<(u32, Range<u32>)>,
}

impl Normalized {
    fn push(&mut self, character: char, span: &Range<u32>) {
        let character = if character == ' ' { '\u{2581}' } else { character };
        if character == '\u{2581}' && self.text.ends_with(META) {
            // A run of spaces becomes its last.
            if let Some(last) = self.spans.last_mut() {
                last.1 = span.clone();
            }
            return;
        }
        self.spans.push((self.text.len() as u32, span.clone()));
        self.text.push(character);
    }

    /// The bytes of the original that a range of `text`, whole characters, comes from.
    fn original(&self, range: Range<usize>) -> Range<usize> {
        let find = |at: usize| {
            let after = self.spans.partition_point(|(start, _)| *start as usize <= at);
            self.spans.get(after.saturating_sub(1)).map(|(_, span)| span)
        };
        let start = find(range.start).map_or(0, |span| span.start as usize);
        let end = find(range.end.saturating_sub(1)).map_or(start, |span| span.end as usize);
        start..end.max(start)
    }
}

/// The best way to every position of a segment.
#[derive(Default)]
struct Lattice {
    /// By position: the best score, the start of the last piece, and its id.
    nodes: Vec<Option<(f64, u32, u32)>>,
}

impl Lattice {
    fn restart(&mut self) {
        self.nodes.clear();
        self.nodes.push(Some((0.0, 0, 0)));
    }

    fn score(&self, at: usize) -> f64 {
        self.nodes.get(at).copied().flatten().map_or(f64::NEG_INFINITY, |(score, _, _)| score)
    }

    fn offer(&mut self, from: usize, to: usize, score: f64, id: u32) {
        if self.nodes.len() <= to {
            self.nodes.resize(to + 1, None);
        }
        // Among equals the first wins: the one with the longest last piece.
        if self.nodes[to].is_none_or(|(best, _, _)| score > best) {
            self.nodes[to] = Some((score, from as u32, id));
        }
    }

    /// Appends the best pieces of the segment `start..end`.
    fn best_path(&self, start: usize, end: usize, tokens: &mut Vec<(u32, Range<usize>)>) {
        let first = tokens.len();
        let mut at = end - start;
        while at > 0 {
            let Some(Some((_, from, id))) = self.nodes.get(at) else {
                break;
            };
            let from = *from as usize;
            tokens.push((*id, start + from..start + at));
            at = from;
        }
        tokens[first..].reverse();
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}
