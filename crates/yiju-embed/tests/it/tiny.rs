//! Small made-up models, written as Hugging Face model directories.

use std::collections::HashMap;
use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{DType, Device, Tensor};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// The shape of a made-up model.
#[derive(Clone)]
pub struct Tiny {
    pub model_type: &'static str,
    /// Before the names of tensors, as checkpoints have it.
    pub tensor_prefix: &'static str,
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub ffn: usize,
    pub positions: usize,
    pub activation: &'static str,
    pub tokenizer: Vocabulary,
    pub half: bool,
}

/// The kinds of tokenizer.
#[derive(Clone, Copy)]
pub enum Vocabulary {
    WordPiece,
    Unigram,
}

impl Tiny {
    /// A BERT like bge: WordPiece, positions from 0.
    pub fn bert() -> Self {
        Self {
            model_type: "bert",
            tensor_prefix: "",
            hidden: 64,
            layers: 2,
            heads: 4,
            ffn: 128,
            positions: 64,
            activation: "gelu",
            tokenizer: Vocabulary::WordPiece,
            half: false,
        }
    }

    /// An XLM-R like e5-base: Unigram, positions after the pad id.
    pub fn xlm_r() -> Self {
        Self {
            model_type: "xlm-roberta",
            tensor_prefix: "roberta.",
            positions: 66,
            tokenizer: Vocabulary::Unigram,
            ..Self::bert()
        }
    }

    /// A BERT like MiniLM: narrow heads, tanh GELU, weights in half precision, sizes that are no
    /// multiple of a block.
    pub fn mini_lm() -> Self {
        Self {
            tensor_prefix: "bert.",
            hidden: 48,
            layers: 3,
            heads: 6,
            ffn: 96,
            activation: "gelu_new",
            half: true,
            ..Self::bert()
        }
    }

    /// Writes `config.json`, `tokenizer.json` and `model.safetensors`.
    pub fn write(&self, directory: &Path) {
        let put = |name: &str, value: &Value| {
            std::fs::write(directory.join(name), value.to_string()).unwrap();
        };
        put("config.json", &self.config());
        put("tokenizer.json", &self.tokenizer.json());
        let dtype = if self.half { DType::F16 } else { DType::F32 };
        let tensors: HashMap<String, Tensor> = self
            .tensors()
            .into_iter()
            .map(|(name, tensor)| {
                (format!("{}{name}", self.tensor_prefix), tensor.to_dtype(dtype).unwrap())
            })
            .collect();
        candle_core::safetensors::save(&tensors, directory.join("model.safetensors")).unwrap();
    }

    /// Puts `model.gguf` in the place of `model.safetensors`, matrices stored as `dtype`.
    pub fn write_gguf(&self, directory: &Path, dtype: GgmlDType) {
        let tensors: Vec<(String, QTensor)> = self
            .tensors()
            .into_iter()
            .filter_map(|(name, tensor)| {
                let matrix =
                    tensor.rank() == 2 && !name.contains("position") && !name.contains("type");
                let dtype = if matrix { dtype } else { GgmlDType::F32 };
                Some((gguf_name(&name)?, QTensor::quantize(&tensor, dtype).unwrap()))
            })
            .collect();
        let tensors: Vec<(&str, &QTensor)> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut file = std::fs::File::create(directory.join("model.gguf")).unwrap();
        let name = gguf_file::Value::String("bert".to_owned());
        let list = gguf_file::Value::Array(vec![name.clone(), name.clone()]);
        let metadata = [("general.architecture", &name), ("some.list", &list)];
        gguf_file::write(&mut file, &metadata, &tensors).unwrap();
        std::fs::remove_file(directory.join("model.safetensors")).unwrap();
    }

    pub fn config(&self) -> Value {
        json!({
            "model_type": self.model_type,
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "intermediate_size": self.ffn,
            "max_position_embeddings": self.positions,
            "vocab_size": self.tokenizer.size(),
            "type_vocab_size": 2,
            "layer_norm_eps": 1e-6,
            "hidden_act": self.activation,
            "pad_token_id": 1,
        })
    }

    /// All tensors with made-up weights of a sensible size, the same on every run.
    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut random = StdRng::seed_from_u64(7);
        let mut tensors = Vec::new();
        let (hidden, ffn) = (self.hidden, self.ffn);
        let mut add = |name: String, shape: &[usize], scale: f32, centre: f32| {
            let count: usize = shape.iter().product();
            let values: Vec<f32> =
                (0..count).map(|_| centre + scale * random.random_range(-1.0..1.0)).collect();
            tensors.push((name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap()));
        };
        for (name, rows) in
            [("word", self.tokenizer.size()), ("position", self.positions), ("token_type", 2)]
        {
            add(format!("embeddings.{name}_embeddings.weight"), &[rows, hidden], 1.0, 0.0);
        }
        add("embeddings.LayerNorm.weight".into(), &[hidden], 0.2, 1.0);
        add("embeddings.LayerNorm.bias".into(), &[hidden], 0.1, 0.0);
        for layer in 0..self.layers {
            for (name, rows, columns) in [
                ("attention.self.query", hidden, hidden),
                ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", ffn, hidden),
                ("output.dense", hidden, ffn),
            ] {
                let scale = 1.5 / (columns as f32).sqrt();
                let stem = format!("encoder.layer.{layer}.{name}");
                add(format!("{stem}.weight"), &[rows, columns], scale, 0.0);
                add(format!("{stem}.bias"), &[rows], 0.1, 0.0);
            }
            for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
                let stem = format!("encoder.layer.{layer}.{name}");
                add(format!("{stem}.weight"), &[hidden], 0.2, 1.0);
                add(format!("{stem}.bias"), &[hidden], 0.1, 0.0);
            }
        }
        // What a checkpoint also has and an encoder does not need.
        add("pooler.dense.weight".into(), &[hidden, hidden], 1.0, 0.0);
        tensors
    }
}

impl Vocabulary {
    fn pieces(self) -> Vec<String> {
        let letters = ('a'..='z').map(String::from);
        match self {
            Self::WordPiece => {
                ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "city", "##ies", "plan", "城", "市", "."]
                    .map(str::to_owned)
                    .into_iter()
                    .chain(letters.clone())
                    .chain(letters.map(|letter| format!("##{letter}")))
                    .collect()
            }
            Self::Unigram => {
                ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁city", "▁plan", "城市", "城", "市", "."]
                    .map(str::to_owned)
                    .into_iter()
                    .chain(letters)
                    .collect()
            }
        }
    }

    fn size(self) -> usize {
        self.pieces().len()
    }

    pub fn json(self) -> Value {
        let pieces = self.pieces();
        let special = |id: usize| json!({"id": id, "content": pieces[id], "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true});
        let template = |before: usize, after: usize| {
            let entry = |id: usize| json!({"id": pieces[id], "ids": [id], "tokens": [pieces[id]]});
            let slot = |id: usize| json!({"SpecialToken": {"id": pieces[id], "type_id": 0}});
            json!({
                "type": "TemplateProcessing",
                "single": [slot(before), {"Sequence": {"id": "A", "type_id": 0}}, slot(after)],
                "pair": [slot(before), {"Sequence": {"id": "A", "type_id": 0}}, slot(after), {"Sequence": {"id": "B", "type_id": 1}}, slot(after)],
                "special_tokens": {&pieces[before]: entry(before), &pieces[after]: entry(after)},
            })
        };
        // Files carry padding and truncation of their own, which must not take effect.
        let truncation =
            json!({"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0});
        match self {
            Self::WordPiece => {
                let vocabulary: serde_json::Map<String, Value> = pieces
                    .iter()
                    .enumerate()
                    .map(|(id, piece)| (piece.clone(), id.into()))
                    .collect();
                json!({
                    "version": "1.0",
                    "truncation": truncation,
                    "padding": {"strategy": {"Fixed": 32}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
                    "added_tokens": [special(0), special(1), special(2), special(3)],
                    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
                    "pre_tokenizer": {"type": "BertPreTokenizer"},
                    "post_processor": template(2, 3),
                    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary},
                })
            }
            Self::Unigram => {
                let vocabulary: Vec<Value> = pieces
                    .iter()
                    .enumerate()
                    .map(|(id, piece)| {
                        json!([piece, if id < 4 { 0.0 } else { -1.0 - id as f64 / 10.0 }])
                    })
                    .collect();
                json!({
                    "version": "1.0",
                    "truncation": truncation,
                    "padding": null,
                    "added_tokens": [special(0), special(1), special(2), special(3)],
                    "normalizer": {"type": "NFKC"},
                    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
                    "post_processor": template(0, 2),
                    "decoder": null,
                    "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": false},
                })
            }
        }
    }
}

/// The GGUF name of a tensor, or `None` for one that has none.
fn gguf_name(name: &str) -> Option<String> {
    let (stem, kind) = name.rsplit_once('.').unwrap();
    let stem = match stem {
        "embeddings.word_embeddings" => "token_embd".to_owned(),
        "embeddings.position_embeddings" => "position_embd".to_owned(),
        "embeddings.token_type_embeddings" => "token_types".to_owned(),
        "embeddings.LayerNorm" => "token_embd_norm".to_owned(),
        "pooler.dense" => return None,
        _ => {
            let (layer, part) = stem.strip_prefix("encoder.layer.")?.split_once('.')?;
            let part = match part {
                "attention.self.query" => "attn_q",
                "attention.self.key" => "attn_k",
                "attention.self.value" => "attn_v",
                "attention.output.dense" => "attn_output",
                "attention.output.LayerNorm" => "attn_output_norm",
                "intermediate.dense" => "ffn_up",
                "output.dense" => "ffn_down",
                _ => "layer_output_norm",
            };
            format!("blk.{layer}.{part}")
        }
    };
    Some(format!("{stem}.{kind}"))
}
