//! The bundled model against reference vectors, and against itself.

use std::sync::LazyLock;

use serde::Deserialize;
use yiju_embed::{Embedder, Embedding, InputType, Precision};

use crate::{bundled, data, dot, options};

#[derive(Deserialize)]
struct Line {
    input_type: String,
    text: String,
    ids: Vec<u32>,
    embedding: Vec<f32>,
}

impl Line {
    fn input_type(&self) -> InputType {
        match self.input_type.as_str() {
            "query" => InputType::Query,
            _ => InputType::Passage,
        }
    }
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    data("embedding-parity.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
});

fn open(precision: Precision) -> Embedder {
    let options = options(precision, 0);
    Embedder::open(&bundled(), options).unwrap()
}

static F32: LazyLock<Embedder> = LazyLock::new(|| open(Precision::F32));
static INT8: LazyLock<Embedder> = LazyLock::new(|| open(Precision::Int8));

fn one(embedder: &Embedder, line: &Line) -> Embedding {
    embedder.embed(line.input_type(), &[&line.text]).unwrap().remove(0)
}

#[test]
fn token_ids_are_the_reference_ids() {
    for line in LINES.iter() {
        assert_eq!(
            F32.input_ids(line.input_type(), &line.text).unwrap(),
            line.ids,
            "{:?}",
            line.text
        );
    }
}

#[test]
fn f32_gives_the_reference_vectors() {
    for line in LINES.iter() {
        let embedding = one(&F32, line);
        let cosine = dot(&embedding.vector, &line.embedding);
        println!("{cosine:.6} {:?}", line.text);
        assert!(cosine >= 0.9995, "{cosine} {:?}", line.text);
        assert!((dot(&embedding.vector, &embedding.vector) - 1.0).abs() < 1e-5);
        assert_eq!(embedding.tokens, line.ids.len());
    }
}

#[test]
fn int8_stays_close_to_f32() {
    let mut sum = 0.0;
    for line in LINES.iter() {
        let cosine = dot(&one(&INT8, line).vector, &one(&F32, line).vector);
        println!("{cosine:.6} {:?}", line.text);
        assert!(cosine >= 0.995, "{cosine} {:?}", line.text);
        sum += cosine;
    }
    let mean = sum / LINES.len() as f64;
    assert!(mean >= 0.998, "{mean}");
}

#[test]
fn a_batch_is_its_texts_alone() {
    let long = LINES.iter().map(|line| line.text.as_str()).collect::<String>().repeat(4);
    let mut texts: Vec<&str> = LINES.iter().map(|line| line.text.as_str()).collect();
    texts.push(&long);
    texts.push("");
    for embedder in [&*F32, &*INT8] {
        let batch = embedder.embed(InputType::Passage, &texts).unwrap();
        for (text, embedding) in texts.iter().zip(&batch) {
            let alone = embedder.embed(InputType::Passage, &[text]).unwrap();
            assert_eq!(alone[0], *embedding, "{text:?}");
        }
    }
}

#[test]
fn a_long_text_is_read_whole() {
    let sentence = "推动城市高质量发展，坚持人民城市人民建、人民城市为人民。";
    let long = sentence.repeat(120);
    let tokens = INT8.tokenize(&long).unwrap().len();
    assert!(tokens > 3 * INT8.max_tokens(), "{tokens}");
    let plain = INT8.embed(InputType::Passage, &[&long]).unwrap().remove(0);
    // The prefix gives two tokens of its own, the marks around the text two more.
    assert!(plain.tokens >= tokens + 4, "{} {tokens}", plain.tokens);
    // What stands at the very end counts.
    let with_end = format!("{long}{}", "Bananas ripen faster next to apples. ".repeat(12));
    let other = INT8.embed(InputType::Passage, &[&with_end]).unwrap().remove(0);
    let cosine = dot(&plain.vector, &other.vector);
    assert!(cosine < 0.9999, "{cosine}");
    let (embedding, vectors) = INT8.embed_tokens(InputType::Passage, &[&long]).unwrap().remove(0);
    assert_eq!(embedding, plain);
    // Alone, the text begins with a ▁ that is the prefix's otherwise.
    assert_eq!(vectors.tokens.len(), tokens - 1);
}

#[test]
fn token_vectors_cover_the_text_and_nothing_else() {
    let text = "第十七条  Straße ﬁ 🏙️\u{200b}都市";
    for input_type in [InputType::Query, InputType::Passage] {
        let (embedding, vectors) = INT8.embed_tokens(input_type, &[text]).unwrap().remove(0);
        assert_eq!(embedding, INT8.embed(input_type, &[text]).unwrap()[0]);
        let mut covered = vec![false; text.len()];
        for token in &vectors.tokens {
            assert!(text.get(token.range.clone()).is_some(), "{:?}", token.range);
            covered[token.range.clone()].fill(true);
            assert!((dot(&token.vector, &token.vector) - 1.0).abs() < 1e-5);
        }
        for (at, character) in text.char_indices() {
            // Of a run of spaces one stands for all.
            let space = character == ' ' || character == '\u{200b}';
            assert!(covered[at] || space, "{character:?} at {at}");
        }
        let ids: Vec<u32> = vectors.tokens.iter().map(|token| token.id).collect();
        let all = INT8.input_ids(input_type, text).unwrap();
        assert_eq!(all[all.len() - 1 - ids.len()..all.len() - 1], ids);
    }
}

#[test]
fn the_fingerprint_does_not_depend_on_precision_or_place() {
    assert_eq!(F32.fingerprint(), INT8.fingerprint());
    assert_eq!(F32.fingerprint().len(), 32);
    assert_eq!((F32.name(), F32.dimension(), F32.max_tokens()), ("yiju-e5-small-q8", 384, 512));
}
