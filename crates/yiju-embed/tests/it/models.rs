//! Model directories: the bundled one as others read it, and small ones of every supported kind.

use std::path::Path;

use candle_core::quantized::{GgmlDType, gguf_file};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{bert, xlm_roberta};
use sha2::{Digest, Sha256};
use yiju_embed::{Embedder, EmbedderOptions, InputType, Precision};

use crate::tiny::Tiny;
use crate::{bundled, dot, options};

#[test]
fn the_bundled_files_are_those_of_their_readme() {
    let readme = std::fs::read_to_string(bundled().join("README.md")).unwrap();
    let mut files = 0;
    for line in readme.lines() {
        // | `name` | bytes | `SHA-256` |
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let ["", name, length, digest, ""] = cells[..] else {
            continue;
        };
        let Ok(length) = length.parse::<usize>() else {
            continue;
        };
        let bytes = std::fs::read(bundled().join(name)).unwrap();
        let found = base16ct::lower::encode_string(&Sha256::digest(&bytes));
        assert_eq!((bytes.len(), found.as_str()), (length, digest), "{name}");
        files += 1;
    }
    assert_eq!(files, 7);
}

#[test]
fn the_bundled_weights_are_a_gguf_file_to_candle_too() {
    let mut file = std::fs::File::open(bundled().join("model.gguf")).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    let architecture = content.metadata["general.architecture"].to_string().unwrap();
    assert_eq!(architecture, "bert");
    assert_eq!(content.tensor_infos.len(), 5 + 16 * 12);
    let words = &content.tensor_infos["token_embd.weight"];
    assert_eq!(words.shape.dims(), [250_037, 384]);
    assert_eq!(words.ggml_dtype, GgmlDType::Q4_0);
    let up = content.tensor(&mut file, "blk.11.ffn_up.weight", &candle_core::Device::Cpu).unwrap();
    assert_eq!(up.shape().dims(), [1536, 384]);
}

/// The vector that candle's own, whole model gives for `ids`, pooled by `cls` or by the mean.
fn candle_vector(tiny: &Tiny, directory: &Path, ids: &[u32], cls: bool) -> Vec<f32> {
    let device = Device::Cpu;
    let tensors =
        candle_core::safetensors::load(directory.join("model.safetensors"), &device).unwrap();
    let tensors = tensors
        .into_iter()
        .map(|(name, tensor)| {
            let name = name.strip_prefix(tiny.tensor_prefix).unwrap().to_owned();
            (name, tensor.to_dtype(DType::F32).unwrap())
        })
        .collect();
    let variables = VarBuilder::from_tensors(tensors, DType::F32, &device);
    let mut config = tiny.config();
    for (key, value) in [
        ("hidden_dropout_prob", 0.0.into()),
        ("attention_probs_dropout_prob", 0.0.into()),
        ("initializer_range", 0.02.into()),
        ("position_embedding_type", "absolute".into()),
        ("bos_token_id", 0.into()),
        ("eos_token_id", 2.into()),
    ] {
        config[key] = value;
    }
    let ids = Tensor::new(ids, &device).unwrap().unsqueeze(0).unwrap();
    let types = ids.zeros_like().unwrap();
    let states = if tiny.model_type == "bert" {
        // candle's file format knows no name for the tanh GELU.
        config["hidden_act"] = "gelu".into();
        let mut config: bert::Config = serde_json::from_value(config).unwrap();
        if tiny.activation == "gelu_new" {
            config.hidden_act = bert::HiddenAct::GeluApproximate;
        }
        let model = bert::BertModel::load(variables, &config).unwrap();
        model.forward(&ids, &types, None).unwrap()
    } else {
        let config: xlm_roberta::Config = serde_json::from_value(config).unwrap();
        let model = xlm_roberta::XLMRobertaModel::new(&config, variables).unwrap();
        let mask = ids.ones_like().unwrap();
        model.forward(&ids, &mask, &types, None, None, None).unwrap()
    };
    let states = states.squeeze(0).unwrap();
    let pooled = if cls { states.get(0) } else { states.mean(0) }.unwrap();
    let length = pooled.sqr().unwrap().sum_all().unwrap().sqrt().unwrap();
    pooled.broadcast_div(&length).unwrap().to_vec1().unwrap()
}

/// Opens a made-up model at both precisions and checks them against candle's own model and
/// against each other.
fn check(tiny: &Tiny, files: &[(&str, &str)], cls: bool, expected_ids: &[(&str, Vec<u32>)]) {
    let directory = tempfile::tempdir().unwrap();
    tiny.write(directory.path());
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let open = |precision| {
        let options = options(precision, 2);
        Embedder::open(directory.path(), options).unwrap()
    };
    let (f32, int8) = (open(Precision::F32), open(Precision::Int8));
    assert_eq!((f32.dimension(), f32.max_tokens()), (tiny.hidden, 64));
    for (text, ids) in expected_ids {
        assert_eq!(f32.input_ids(InputType::Query, text).unwrap(), *ids, "{text:?}");
        let ours = f32.embed(InputType::Query, &[text]).unwrap().remove(0);
        let theirs = candle_vector(tiny, directory.path(), ids, cls);
        let cosine = dot(&ours.vector, &theirs);
        assert!(cosine > 0.99999, "{text:?}: {cosine} to candle");
        let fast = int8.embed(InputType::Query, &[text]).unwrap().remove(0);
        let cosine = dot(&ours.vector, &fast.vector);
        assert!(cosine > 0.995, "{text:?}: {cosine} to f32");
    }
    // Longer than the window, and alone as in a batch.
    let long = "city plan 城市 abc. ".repeat(40);
    let texts = ["city", long.as_str(), "", "plan 城"];
    for embedder in [&f32, &int8] {
        let batch = embedder.embed(InputType::Passage, &texts).unwrap();
        assert!(batch[1].tokens > 64);
        for (text, embedding) in texts.iter().zip(&batch) {
            assert_eq!(&embedder.embed(InputType::Passage, &[text]).unwrap()[0], embedding);
        }
    }
}

#[test]
fn a_bert_with_word_pieces_and_cls_pooling_runs() {
    let files = [
        (
            "1_Pooling/config.json",
            r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
        ),
        ("config_sentence_transformers.json", r#"{"prompts": {"query": "plan. ", "passage": ""}}"#),
    ];
    // [CLS] plan . c ##i ##t ##ies [SEP]
    let ids = [("cities", vec![2, 6, 9, 12, 44, 55, 5, 3]), ("City.", vec![2, 6, 9, 4, 9, 3])];
    check(&Tiny::bert(), &files, true, &ids);
}

#[test]
fn an_xlm_r_with_unigram_and_mean_pooling_runs() {
    let files = [("yiju.toml", "pooling = \"mean\"\n[prefixes]\nquery = \"plan. \"\n")];
    let ids = [("city 城市", vec![0, 6, 10, 5, 4, 7, 2]), ("一二", vec![0, 6, 10, 4, 3, 2])];
    check(&Tiny::xlm_r(), &files, false, &ids);
}

/// Like multilingual-e5-small: a BERT, positions from 0, with the tokenizer of XLM-R.
#[test]
fn a_bert_with_a_unigram_tokenizer_and_prefixes_runs() {
    let files = [
        (
            "1_Pooling/config.json",
            r#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#,
        ),
        (
            "config_sentence_transformers.json",
            r#"{"prompts": {"query": "plan. ", "passage": "city "}}"#,
        ),
    ];
    let tiny = Tiny { tokenizer: crate::tiny::Vocabulary::Unigram, ..Tiny::bert() };
    let ids = [("city 城市", vec![0, 6, 10, 5, 4, 7, 2]), ("一二", vec![0, 6, 10, 4, 3, 2])];
    check(&tiny, &files, false, &ids);
}

/// Like gte-base-zh: word pieces, CLS pooling and no prefixes, with `modules.json` beside.
#[test]
fn a_bert_without_prefixes_runs() {
    let files = [
        (
            "modules.json",
            r#"[{"idx": 0, "type": "sentence_transformers.models.Transformer", "path": ""},
                {"idx": 1, "type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
                {"idx": 2, "type": "sentence_transformers.models.Normalize", "path": "2_Normalize"}]"#,
        ),
        (
            "1_Pooling/config.json",
            r#"{"word_embedding_dimension": 64, "pooling_mode_cls_token": true}"#,
        ),
    ];
    let ids = [("City.", vec![2, 4, 9, 3]), ("plan 城市", vec![2, 6, 7, 8, 3])];
    check(&Tiny::bert(), &files, true, &ids);
}

/// gte-multilingual-base has an architecture of its own, `new`.
#[test]
fn other_architectures_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    Tiny::bert().write(directory.path());
    let config = directory.path().join("config.json");
    for name in ["new", "qwen2", "modernbert"] {
        let mut value = Tiny::bert().config();
        value["model_type"] = name.into();
        std::fs::write(&config, value.to_string()).unwrap();
        for error in [
            Embedder::open(directory.path(), options(Precision::Int8, 1)).unwrap_err(),
            yiju_embed::check_architecture(&config).unwrap_err(),
        ] {
            let error = error.to_string();
            assert!(error.contains(&format!("architecture `{name}`")), "{error}");
        }
    }
}

#[test]
fn a_mini_lm_in_half_precision_runs() {
    let ids = [("city.", vec![2, 4, 9, 3]), ("plan 城市", vec![2, 6, 7, 8, 3])];
    check(&Tiny::mini_lm(), &[], false, &ids);
}

#[test]
fn gguf_files_of_other_types_give_nearly_the_same() {
    let tiny = Tiny::bert();
    let directory = tempfile::tempdir().unwrap();
    tiny.write(directory.path());
    let open = |precision| {
        let options = options(precision, 0);
        Embedder::open(directory.path(), options).unwrap()
    };
    let vector = |precision| {
        open(precision).embed(InputType::Query, &["city plan 城市"]).unwrap().remove(0).vector
    };
    let exact = vector(Precision::F32);
    for (dtype, least) in [
        (GgmlDType::F32, 0.999_999),
        (GgmlDType::F16, 0.9999),
        (GgmlDType::Q8_0, 0.999),
        (GgmlDType::Q5_1, 0.98),
        (GgmlDType::Q4_0, 0.95),
    ] {
        tiny.write(directory.path());
        tiny.write_gguf(directory.path(), dtype);
        let stored = vector(Precision::F32);
        let cosine = dot(&exact, &stored);
        assert!(cosine > least, "{dtype:?}: {cosine}");
        let cosine = dot(&vector(Precision::Int8), &stored);
        assert!(cosine > 0.995, "{dtype:?} in 8 bits: {cosine}");
    }
}

#[test]
fn settings_change_the_fingerprint() {
    let directory = tempfile::tempdir().unwrap();
    Tiny::bert().write(directory.path());
    let open = || Embedder::open(directory.path(), EmbedderOptions::default()).unwrap();
    let first = open();
    assert_eq!(first.fingerprint(), open().fingerprint());
    std::fs::write(
        directory.path().join("yiju.toml"),
        "name = \"mine\"\n[prefixes]\nquery = \"a\"",
    )
    .unwrap();
    let second = open();
    assert_eq!(second.name(), "mine");
    assert_ne!(first.fingerprint(), second.fingerprint());
}
