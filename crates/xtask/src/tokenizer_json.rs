//! The source's tokenizer as a `tokenizer.json` of the `tokenizers` crate.
//!
//! The source replaces code points one by one, collapses runs of spaces, writes ▁ for spaces and at the
//! start, and takes the best pieces; every unknown character is one token. A `tokenizer.json` that does the
//! same needs some care:
//!
//! - A `Precompiled` charsmap works on grapheme clusters, and in a short one drops what follows a replaced
//!   character (`²` with an accent). So U+0001, which the source deletes, is inserted before every character
//!   that could continue a cluster, and removed afterwards.
//! - Deletions are a separate first step: inside a `Precompiled` they shift the offsets of a text that begins
//!   with one.
//! - `Unigram` makes one token of a run of unknown characters, so they are split off beforehand.
//! - The source never matches the literal `<unk>`; splitting after its `<` keeps `Unigram` from matching it.

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use yiju_embed::build_double_array;

use crate::source::Source;

/// The separator: the source deletes this character.
const SEPARATOR: char = '\u{1}';
const META: char = '\u{2581}';

#[derive(Serialize)]
struct File<'a> {
    version: &'static str,
    truncation: Option<()>,
    padding: Option<()>,
    added_tokens: [(); 0],
    normalizer: Step<'a>,
    pre_tokenizer: Step<'a>,
    post_processor: Template<'a>,
    decoder: Step<'a>,
    model: Unigram<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Step<'a> {
    Sequence {
        #[serde(skip_serializing_if = "Option::is_none")]
        normalizers: Option<Vec<Step<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pretokenizers: Option<Vec<Step<'a>>>,
    },
    Replace {
        pattern: Pattern,
        content: &'a str,
    },
    Precompiled {
        precompiled_charsmap: String,
    },
    Metaspace {
        replacement: char,
        prepend_scheme: &'static str,
        split: bool,
    },
    Split {
        pattern: Pattern,
        behavior: &'static str,
        invert: bool,
    },
}

#[derive(Serialize)]
enum Pattern {
    String(String),
    Regex(String),
}

#[derive(Serialize)]
struct Template<'a> {
    r#type: &'static str,
    single: Vec<Slot<'a>>,
    pair: Vec<Slot<'a>>,
    special_tokens: std::collections::BTreeMap<&'a str, Special<'a>>,
}

#[derive(Serialize)]
enum Slot<'a> {
    SpecialToken { id: &'a str, type_id: u32 },
    Sequence { id: &'a str, type_id: u32 },
}

#[derive(Serialize)]
struct Special<'a> {
    id: &'a str,
    ids: [u32; 1],
    tokens: [&'a str; 1],
}

#[derive(Serialize)]
struct Unigram<'a> {
    r#type: &'static str,
    unk_id: u32,
    vocab: Vec<(&'a str, f64)>,
    byte_fallback: bool,
}

/// The bytes of `tokenizer.json`.
pub fn make(source: &Source) -> anyhow::Result<Vec<u8>> {
    let piece = |id: u32| {
        let piece = source.pieces.get(id as usize);
        piece.map(|(piece, _)| piece.as_str()).context("a special id has no piece")
    };
    let (begin, end, unknown) = (piece(source.begin)?, piece(source.end)?, piece(source.unknown)?);
    let special = |id: u32, name| {
        let special = Special { id: name, ids: [id], tokens: [name] };
        (name, special)
    };
    let token = |id| Slot::SpecialToken { id, type_id: 0 };
    let text = |id| Slot::Sequence { id, type_id: 0 };
    let metaspace = || Step::Metaspace { replacement: META, prepend_scheme: "always", split: true };
    let file = File {
        version: "1.0",
        truncation: None,
        padding: None,
        added_tokens: [],
        normalizer: normalizer(source)?,
        pre_tokenizer: Step::Sequence {
            normalizers: None,
            pretokenizers: Some(vec![
                metaspace(),
                keep_apart(source, unknown)?,
                Step::Split {
                    pattern: Pattern::Regex(unknown_characters(source)),
                    behavior: "Isolated",
                    invert: false,
                },
            ]),
        },
        post_processor: Template {
            r#type: "TemplateProcessing",
            single: vec![token(begin), text("A"), token(end)],
            pair: vec![token(begin), text("A"), token(end), token(end), text("B"), token(end)],
            special_tokens: [special(source.begin, begin), special(source.end, end)].into(),
        },
        decoder: metaspace(),
        model: Unigram {
            r#type: "Unigram",
            unk_id: source.unknown,
            vocab: source
                .pieces
                .iter()
                .map(|(piece, score)| (piece.as_str(), f64::from(*score)))
                .collect(),
            byte_fallback: false,
        },
    };
    Ok(serde_json::to_vec(&file)?)
}

fn normalizer(source: &Source) -> anyhow::Result<Step<'static>> {
    let deleted: Vec<char> =
        source.replacements.iter().filter(|(_, to)| to.is_empty()).map(|(from, _)| *from).collect();
    ensure!(deleted.contains(&SEPARATOR), "the source keeps {SEPARATOR:?}, so it cannot separate");
    Ok(Step::Sequence {
        pretokenizers: None,
        normalizers: Some(vec![
            Step::Replace {
                pattern: Pattern::Regex(format!("[{}]", class(&deleted))),
                content: "",
            },
            Step::Replace {
                // In ASCII only a line feed continues a cluster, after a carriage return. At the start a
                // separator would belong to no character, and the offsets of `Precompiled` would be wrong.
                pattern: Pattern::Regex(r"(?!\A)(?=[^\x{0}-\x{9}\x{B}-\x{7F}])".to_owned()),
                content: "\u{1}",
            },
            Step::Precompiled { precompiled_charsmap: charsmap(source)? },
            Step::Replace { pattern: Pattern::String(SEPARATOR.to_string()), content: "" },
            Step::Replace { pattern: Pattern::Regex(" {2,}".to_owned()), content: " " },
        ]),
    })
}

/// The normaliser as SentencePiece stores it: the length of a trie from code point to the offset of its
/// replacement, the trie, and the replacements, each terminated by NUL.
fn charsmap(source: &Source) -> anyhow::Result<String> {
    let mut texts = String::new();
    let mut places = std::collections::HashMap::new();
    let mut keys = Vec::new();
    for (from, to) in source.replacements.iter().filter(|(_, to)| !to.is_empty()) {
        ensure!(*from != '\0' && !to.contains('\0'), "the normaliser uses the NUL character");
        let place = *places.entry(to).or_insert_with(|| {
            let place = texts.len() as u32;
            texts.push_str(to);
            texts.push('\0');
            place
        });
        keys.push((from.to_string(), place));
    }
    // In UTF-8 the order of code points is the order of bytes.
    let keys: Vec<(&[u8], u32)> =
        keys.iter().map(|(key, place)| (key.as_bytes(), *place)).collect();
    let units = build_double_array(&keys).context("the normaliser does not fit a trie")?;
    let mut bytes = ((units.len() * 4) as u32).to_le_bytes().to_vec();
    for unit in units {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes.extend_from_slice(texts.as_bytes());
    Ok(STANDARD.encode(bytes))
}

/// A split inside the literal name of the unknown piece.
fn keep_apart(source: &Source, unknown: &str) -> anyhow::Result<Step<'static>> {
    ensure!(unknown == "<unk>", "the unknown piece is called `{unknown}`");
    let crossing = source.pieces.iter().find(|(piece, _)| piece != unknown && piece.contains("<u"));
    ensure!(
        crossing.is_none(),
        "the piece `{}` would be cut",
        crossing.map_or("", |(piece, _)| piece)
    );
    Ok(Step::Split {
        pattern: Pattern::Regex("<(?=unk>)".to_owned()),
        behavior: "MergedWithPrevious",
        invert: false,
    })
}

/// Matches one character that no piece holds.
fn unknown_characters(source: &Source) -> String {
    let mut known: Vec<char> = source.pieces.iter().flat_map(|(piece, _)| piece.chars()).collect();
    known.sort_unstable();
    known.dedup();
    format!("[^{}]", class(&known))
}

/// A regular expression's character class, without its brackets, of sorted characters.
fn class(characters: &[char]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for code in characters.iter().map(|&character| u32::from(character)) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    ranges
        .iter()
        .map(|(first, last)| {
            if first == last {
                format!(r"\x{{{first:X}}}")
            } else {
                format!(r"\x{{{first:X}}}-\x{{{last:X}}}")
            }
        })
        .collect()
}
