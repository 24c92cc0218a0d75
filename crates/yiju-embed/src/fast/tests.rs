//! The fast encoder against candle's in f32, on small made-up models of odd shapes.

use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{Device, Tensor};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::reference::ReferenceEncoder;

struct Shape {
    hidden: usize,
    heads: usize,
    ffn: usize,
    activation: &'static str,
    architecture: &'static str,
}

const SHAPES: [Shape; 6] = [
    Shape { hidden: 32, heads: 4, ffn: 64, activation: "gelu", architecture: "bert" },
    Shape { hidden: 64, heads: 1, ffn: 100, activation: "gelu", architecture: "xlm-roberta" },
    Shape { hidden: 40, heads: 5, ffn: 70, activation: "relu", architecture: "bert" },
    Shape { hidden: 24, heads: 1, ffn: 33, activation: "gelu", architecture: "bert" },
    Shape { hidden: 36, heads: 3, ffn: 17, activation: "gelu_new", architecture: "bert" },
    Shape { hidden: 96, heads: 2, ffn: 160, activation: "gelu", architecture: "xlm-roberta" },
];

const VOCABULARY: usize = 50;
const LAYERS: usize = 2;

/// What 8-bit rounding may cost these small models, whose attention is sharp, relative to the size
/// of the hidden states; a cosine of 0.999. A mistake costs far more.
const TOLERANCE: f32 = 0.045;

fn tensors(shape: &Shape) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let Shape { hidden, ffn, .. } = *shape;
    let mut random = StdRng::seed_from_u64(hidden as u64);
    let mut tensors = Vec::new();
    let mut add = |name: String, shape: Vec<usize>, middle: f32, width: f32| {
        let range = middle - width..middle + width;
        let count = shape.iter().product();
        let values = (0..count).map(|_| random.random_range(range.clone())).collect();
        tensors.push((name, shape, values));
    };
    add("token_embd.weight".into(), vec![VOCABULARY, hidden], 0.0, 1.0);
    add("position_embd.weight".into(), vec![100, hidden], 0.0, 0.3);
    add("token_types.weight".into(), vec![2, hidden], 0.0, 0.1);
    let mut norms = vec!["token_embd_norm".to_owned()];
    for layer in 0..LAYERS {
        let matrices = [
            ("attn_q", hidden, hidden),
            ("attn_k", hidden, hidden),
            ("attn_v", hidden, hidden),
            ("attn_output", hidden, hidden),
            ("ffn_up", ffn, hidden),
            ("ffn_down", hidden, ffn),
        ];
        for (name, outputs, inputs) in matrices {
            let width = 2.0 / (inputs as f32).sqrt();
            add(format!("blk.{layer}.{name}.weight"), vec![outputs, inputs], 0.0, width);
            add(format!("blk.{layer}.{name}.bias"), vec![outputs], 0.0, 0.2);
        }
        norms.extend(
            ["attn_output_norm", "layer_output_norm"].map(|name| format!("blk.{layer}.{name}")),
        );
    }
    for name in norms {
        add(format!("{name}.weight"), vec![hidden], 1.0, 0.3);
        add(format!("{name}.bias"), vec![hidden], 0.0, 0.2);
    }
    tensors
}

/// Writes a model directory as GGUF; matrices whose rows are whole blocks are stored as `stored`.
fn write_model(directory: &Path, shape: &Shape, stored: GgmlDType) {
    let config = serde_json::json!({
        "model_type": shape.architecture, "hidden_size": shape.hidden,
        "num_hidden_layers": LAYERS, "num_attention_heads": shape.heads,
        "intermediate_size": shape.ffn, "vocab_size": VOCABULARY, "type_vocab_size": 2,
        "max_position_embeddings": 100, "pad_token_id": 1, "hidden_act": shape.activation,
        "layer_norm_eps": 1e-5,
    });
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
    let quantized: Vec<(String, QTensor)> = tensors(shape)
        .into_iter()
        .map(|(name, dimensions, values)| {
            let whole = dimensions.last().is_some_and(|width| width.is_multiple_of(32));
            let matrix =
                name == "token_embd.weight" || (dimensions.len() == 2 && name.starts_with("blk."));
            let dtype = if matrix && whole { stored } else { GgmlDType::F32 };
            let tensor = Tensor::from_vec(values, dimensions, &Device::Cpu).unwrap();
            (name, QTensor::quantize(&tensor, dtype).unwrap())
        })
        .collect();
    let list: Vec<(&str, &QTensor)> =
        quantized.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = std::fs::File::create(directory.join("model.gguf")).unwrap();
    gguf_file::write(&mut file, &[], &list).unwrap();
}

fn open(directory: &Path) -> Arc<ModelWeights> {
    let config = ModelConfig::read(&directory.join("config.json")).unwrap();
    Arc::new(ModelWeights::open(directory, config).unwrap())
}

fn model(shape: &Shape, stored: GgmlDType) -> (tempfile::TempDir, Arc<ModelWeights>) {
    let directory = tempfile::tempdir().unwrap();
    write_model(directory.path(), shape, stored);
    let weights = open(directory.path());
    (directory, weights)
}

/// Sequences of the lengths given.
fn sequences(lengths: &[usize]) -> Vec<Vec<u32>> {
    let mut random = StdRng::seed_from_u64(7);
    lengths
        .iter()
        .map(|length| (0..*length).map(|_| random.random_range(0..VOCABULARY as u32)).collect())
        .collect()
}

fn borrowed(sequences: &[Vec<u32>]) -> Vec<&[u32]> {
    sequences.iter().map(Vec::as_slice).collect()
}

/// Size of the difference relative to the size of `expected`.
fn distance(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let square = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
    square(&mut found.iter().zip(expected).map(|(a, b)| a - b))
        / square(&mut expected.iter().copied())
}

fn both(states: &HiddenStates) -> [&[f32]; 2] {
    [&states.last, &states.middle]
}

#[test]
fn every_shape_and_variant_comes_close_to_f32() {
    for shape in &SHAPES {
        for stored in [GgmlDType::F32, GgmlDType::Q4_0, GgmlDType::Q8_0] {
            let (_directory, weights) = model(shape, stored);
            let sequences = sequences(&[1, 5, 12, 13, 33, 70]);
            let sequences = borrowed(&sequences);
            let expected = ReferenceEncoder::load(Arc::clone(&weights), 1)
                .and_then(|reference| reference.forward(&sequences))
                .unwrap();
            for variant in Variant::ALL.into_iter().filter(|variant| variant.is_available()) {
                let encoder = FastEncoder::load_variant(Arc::clone(&weights), 2, variant).unwrap();
                assert_eq!((encoder.variant(), encoder.threads()), (variant, 2));
                let found = encoder.forward(&sequences, None).unwrap();
                for (found, expected) in found
                    .iter()
                    .zip(&expected)
                    .flat_map(|(found, expected)| std::iter::zip(both(found), both(expected)))
                {
                    let distance = distance(found, expected);
                    assert!(
                        distance < TOLERANCE,
                        "{variant:?}, {stored:?}, hidden {}: off by {distance}",
                        shape.hidden
                    );
                }
            }
        }
    }
}

#[test]
fn batches_and_threads_do_not_change_a_bit() {
    // Enough tokens for each thread to take groups of its own, and few enough to share columns.
    let many: Vec<usize> = (0..40).map(|i| 1 + i * 7 % 97).collect();
    for shape in &SHAPES[..3] {
        let (_directory, weights) = model(shape, GgmlDType::Q4_0);
        for variant in Variant::ALL.into_iter().filter(|variant| variant.is_available()) {
            let load = |threads| {
                FastEncoder::load_variant(Arc::clone(&weights), threads, variant).unwrap()
            };
            let single = load(1);
            for lengths in [&many[..], &many[..3]] {
                let sequences = sequences(lengths);
                let sequences = borrowed(&sequences);
                let expected: Vec<HiddenStates> = sequences
                    .iter()
                    .flat_map(|sequence| single.forward(&[*sequence], None).unwrap())
                    .collect();
                for threads in [1, 2, 3, 7] {
                    let encoder = load(threads);
                    assert_eq!(
                        encoder.forward(&sequences, None).unwrap(),
                        expected,
                        "{threads} threads"
                    );
                    // Once more, with buffers that were used before.
                    assert_eq!(encoder.forward(&sequences, None).unwrap(), expected);
                }
            }
        }
    }
}

#[test]
fn callers_on_several_threads_get_the_same_bits() {
    let (_directory, weights) = model(&SHAPES[0], GgmlDType::Q4_0);
    let encoder = FastEncoder::load(weights, 2).unwrap();
    let sequences = sequences(&[9, 30, 4]);
    let sequences = borrowed(&sequences);
    let expected = encoder.forward(&sequences, None).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(encoder.forward(&sequences, None).unwrap(), expected);
                }
            });
        }
    });
}

#[test]
fn nothing_in_nothing_out_and_bad_sequences_are_errors() {
    let (_directory, weights) = model(&SHAPES[1], GgmlDType::F32);
    let encoder = FastEncoder::load(weights, 2).unwrap();
    assert!(encoder.forward(&[], None).unwrap().is_empty());
    let message =
        |sequence: &[u32]| encoder.forward(&[&[1, 2], sequence], None).unwrap_err().to_string();
    assert!(message(&[]).contains("0 tokens"));
    // XLM-R: positions start at 2.
    assert!(message(&[3; 99]).contains("1 to 98"));
    assert!(encoder.forward(&[&[3; 98]], None).is_ok());
    assert!(message(&[50]).contains("50"));
    let long: Vec<&[u32]> = vec![&[3; 90]; 8];
    assert!(encoder.forward(&long, None).is_ok());
}
