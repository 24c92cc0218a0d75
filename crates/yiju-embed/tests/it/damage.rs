//! Damaged and wrong model directories: an error that says what is wrong, never a panic.

use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use proptest::prelude::*;
use tempfile::TempDir;
use yiju_embed::{CompactSource, EmbedError, Embedder, InputType, Precision, build_compact};

use crate::options;
use crate::tiny::Tiny;

fn tiny(gguf: bool) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    Tiny::xlm_r().write(directory.path());
    if gguf {
        Tiny::xlm_r().write_gguf(directory.path(), GgmlDType::Q4_0);
    }
    directory
}

fn open(directory: &Path) -> Result<Embedder, EmbedError> {
    let options = options(Precision::F32, 1);
    Embedder::open(directory, options)
}

fn message(directory: &Path) -> String {
    open(directory).map(|_| ()).unwrap_err().to_string()
}

/// Changes `config.json`.
fn configure(directory: &Path, key: &str, value: serde_json::Value) {
    let mut config = Tiny::xlm_r().config();
    config[key] = value;
    std::fs::write(directory.join("config.json"), config.to_string()).unwrap();
}

#[test]
fn an_unknown_model_is_named() {
    let text = message(Path::new("models/no-such-model"));
    assert!(text.contains("no-such-model") && text.contains("unknown model"), "{text}");
}

#[test]
fn a_missing_file_is_named() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let directory = tiny(false);
        std::fs::remove_file(directory.path().join(file)).unwrap();
        assert!(message(directory.path()).contains(file), "{file}");
    }
}

#[test]
fn a_config_that_does_not_fit_the_weights_is_refused() {
    let directory = tiny(false);
    configure(directory.path(), "hidden_size", 32.into());
    let text = message(directory.path());
    assert!(
        text.contains("token_embd.weight") && text.contains("64") && text.contains("32"),
        "{text}"
    );
    configure(directory.path(), "num_hidden_layers", 3.into());
    assert!(message(directory.path()).contains("blk.2."));
    configure(directory.path(), "model_type", "t5".into());
    assert!(message(directory.path()).contains("`t5`"));
    configure(directory.path(), "vocab_size", 20.into());
    assert!(message(directory.path()).contains("token_embd.weight"));
}

#[test]
fn a_tokenizer_with_more_ids_than_word_vectors_is_refused() {
    let directory = tiny(false);
    let other = Tiny::bert().tokenizer.json().to_string();
    std::fs::write(directory.path().join("tokenizer.json"), other).unwrap();
    let text = message(directory.path());
    assert!(text.contains("tokenizer.json") && text.contains("62 ids"), "{text}");
}

#[test]
fn truncated_weights_are_refused() {
    for (gguf, file) in [(false, "model.safetensors"), (true, "model.gguf")] {
        let directory = tiny(gguf);
        let path = directory.path().join(file);
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 3, 8, 100, 1000, bytes.len() / 2, bytes.len() - 40] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let text = message(directory.path());
            assert!(text.contains(file), "{length}: {text}");
        }
    }
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    for bad in [f32::NAN, f32::INFINITY] {
        let directory = tiny(false);
        let path = directory.path().join("model.safetensors");
        let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        let name = "roberta.encoder.layer.1.output.dense.weight";
        let mut values = tensors[name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        values[77] = bad;
        let shape = tensors[name].shape().clone();
        tensors.insert(name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
        candle_core::safetensors::save(&tensors, &path).unwrap();
        let text = message(directory.path());
        assert!(text.contains("blk.1.ffn_down.weight") && text.contains("77"), "{text}");
    }
}

#[test]
fn a_word_vector_that_is_not_finite_is_refused_when_it_is_read() {
    let directory = tiny(false);
    let path = directory.path().join("model.safetensors");
    let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
    let name = "roberta.embeddings.word_embeddings.weight";
    let table = tensors[name].to_dtype(DType::F32).unwrap();
    tensors.insert(name.to_owned(), (table * f64::NAN).unwrap());
    candle_core::safetensors::save(&tensors, &path).unwrap();
    for precision in [Precision::F32, Precision::Int8] {
        let options = options(precision, 0);
        let embedder = Embedder::open(directory.path(), options).unwrap();
        let error = embedder.embed(InputType::Query, &["city"]).unwrap_err();
        assert!(error.to_string().contains("token_embd.weight"), "{error}");
    }
}

/// A compact tokenizer for the tiny vocabulary, with the marks the other way round, so that it
/// shows which tokenizer is in use.
fn compact(json: &[u8]) -> Vec<u8> {
    let pieces: Vec<(String, f32)> =
        serde_json::from_slice::<serde_json::Value>(json).unwrap()["model"]["vocab"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (entry[0].as_str().unwrap().to_owned(), entry[1].as_f64().unwrap() as f32))
            .filter(|(piece, _)| !piece.starts_with('<') || piece == "<unk>")
            .collect();
    // `build_compact` wants every character of a piece to be a piece, so the names of special
    // pieces are left out here, and the ids are not those of the JSON.
    let pieces: Vec<(&str, f32)> =
        pieces.iter().map(|(piece, score)| (piece.as_str(), *score)).collect();
    build_compact(&CompactSource {
        pieces: &pieces,
        unknown: 0,
        begin: 2,
        end: 1,
        replacements: &[('\u{1}', String::new()), ('，', ",".to_owned())],
        json,
    })
    .unwrap()
}

#[test]
fn a_compact_tokenizer_counts_only_where_it_fits_its_json() {
    let directory = tiny(false);
    let json = std::fs::read(directory.path().join("tokenizer.json")).unwrap();
    let path = directory.path().join("tokenizer.bin");
    let marks = || {
        let ids = open(directory.path()).unwrap().input_ids(InputType::Query, "city").unwrap();
        (ids[0], ids[ids.len() - 1])
    };
    assert_eq!(marks(), (0, 2));
    let good = compact(&json);
    std::fs::write(&path, &good).unwrap();
    assert_eq!(marks(), (2, 1));
    // Damaged, cut short, empty: the JSON is read instead.
    for at in (0..good.len()).step_by(101) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&path, &bad).unwrap();
        assert_eq!(marks(), (0, 2), "byte {at}");
        std::fs::write(&path, &good[..at]).unwrap();
        assert_eq!(marks(), (0, 2), "length {at}");
    }
    // Whole, but made from another JSON.
    let mut other = json.clone();
    other.push(b'\n');
    std::fs::write(&path, compact(&other)).unwrap();
    assert_eq!(marks(), (0, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damage_anywhere_is_an_error_or_harmless(
        gguf in any::<bool>(),
        file in 0usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        early in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let directory = tiny(gguf);
        let weights = if gguf { "model.gguf" } else { "model.safetensors" };
        let path = directory.path().join(["config.json", "tokenizer.json", weights][file]);
        let mut bytes = std::fs::read(&path).unwrap();
        // Half of the time where the directory of a weight file is.
        let reach = if early { bytes.len().min(2000) } else { bytes.len() };
        for (at, value) in changes {
            bytes[at.index(reach)] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        std::fs::write(&path, &bytes).unwrap();
        for precision in [Precision::F32, Precision::Int8] {
            let options = options(precision, 1);
            if let Ok(embedder) = Embedder::open(directory.path(), options)
                && let Ok(embeddings) = embedder.embed(InputType::Query, &["city 城市 ① ab", ""])
            {
                prop_assert_eq!(embeddings[0].vector.len(), embedder.dimension());
            }
        }
    }
}
