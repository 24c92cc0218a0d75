//! The weights of an encoder: one way to read them, whichever file they come from.
//!
//! Tensors go by their GGUF names (`token_embd.weight`, `blk.0.attn_q.weight`, …). Matrices are
//! stored by output row: `[out, in]`. Nothing is expanded at load; the word table is read row by
//! row from the mapped file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::{GgmlDType, ggml_file};

use crate::config::ModelConfig;
use crate::error::EmbedError;
use crate::gguf;
use yiju_kernels::Mapping;

/// Bytes of a Q4_0 block of 32 weights: an f16 scale, then 16 bytes of nibbles.
pub(crate) const Q4_0_BLOCK_BYTES: usize = 18;

/// Where a tensor lies in the file, and how it is stored.
#[derive(Debug, Clone)]
pub(crate) struct TensorEntry {
    pub dtype: GgmlDType,
    /// Outermost dimension first.
    pub shape: Vec<usize>,
    /// Bytes of the file.
    pub bytes: Range<usize>,
}

/// The mapped weights of one model.
#[derive(Debug)]
pub(crate) struct ModelWeights {
    config: ModelConfig,
    mapping: Mapping,
    tensors: HashMap<String, TensorEntry>,
}

impl ModelWeights {
    /// Opens `model.gguf` or, where there is none, `model.safetensors`, and checks that every
    /// tensor `config` calls for is there in the right shape and holds finite numbers only.
    /// (The word table is checked row by row as it is read.)
    pub(crate) fn open(directory: &Path, config: ModelConfig) -> Result<Self, EmbedError> {
        let gguf = directory.join("model.gguf");
        let safetensors = directory.join("model.safetensors");
        let (path, is_gguf) = if gguf.is_file() {
            (gguf, true)
        } else if safetensors.is_file() {
            (safetensors, false)
        } else {
            return Err(EmbedError::MissingFile {
                directory: directory.to_path_buf(),
                file: "model.gguf or model.safetensors",
            });
        };
        let mapping = Mapping::open(&path).map_err(EmbedError::io(&path))?;
        let invalid = |reason: String| EmbedError::InvalidFile { path: path.clone(), reason };
        let tensors = if is_gguf {
            gguf::read(&mapping).map_err(invalid)?
        } else {
            safetensors_entries(&mapping).map_err(invalid)?
        };
        let weights = Self { config, mapping, tensors };
        weights.check()?;
        Ok(weights)
    }

    /// The encoder's sizes.
    pub(crate) fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The weight file's bytes.
    pub(crate) fn file_bytes(&self) -> &[u8] {
        &self.mapping
    }

    /// A whole tensor as f32, row by row.
    pub(crate) fn tensor_f32(&self, name: &str) -> Result<Vec<f32>, EmbedError> {
        let entry = self.entry(name)?;
        dequantize(entry.dtype, self.raw(entry))
    }

    /// The raw blocks of a tensor stored as `dtype`, rows in order, or `None` where it is stored in another way or does
    /// not exist.
    pub(crate) fn blocks(&self, dtype: GgmlDType, name: &str) -> Option<&[u8]> {
        let entry = self.tensors.get(name)?;
        (entry.dtype == dtype).then(|| self.raw(entry))
    }

    /// Writes the word vector of token `id` (`hidden` numbers) to `out`.
    pub(crate) fn token_row(&self, id: u32, out: &mut [f32]) -> Result<(), EmbedError> {
        if id as usize >= self.config.vocab {
            return Err(EmbedError::TokenOutOfRange { id, vocabulary: self.config.vocab });
        }
        let entry = self.entry("token_embd.weight")?;
        let raw = self.raw(entry);
        let row_bytes = raw.len() / self.config.vocab;
        let start = id as usize * row_bytes;
        let row = &raw[start..start + row_bytes];
        match entry.dtype {
            GgmlDType::Q4_0 => dequantize_q4_0(row, out),
            dtype => out.copy_from_slice(&dequantize(dtype, row)?),
        }
        if out.iter().all(|value| value.is_finite()) {
            Ok(())
        } else {
            Err(EmbedError::NotFinite {
                name: "token_embd.weight".to_owned(),
                index: id as usize * self.config.hidden,
            })
        }
    }

    fn entry(&self, name: &str) -> Result<&TensorEntry, EmbedError> {
        self.tensors.get(name).ok_or_else(|| EmbedError::MissingTensor { name: name.to_owned() })
    }

    fn raw(&self, entry: &TensorEntry) -> &[u8] {
        // The range was checked against the file when the entry was made.
        &self.mapping[entry.bytes.clone()]
    }

    fn check(&self) -> Result<(), EmbedError> {
        let config = &self.config;
        let (hidden, ffn) = (config.hidden, config.ffn);
        self.check_shape("token_embd.weight", &[config.vocab, hidden])?;
        self.check_finite("position_embd.weight", &[config.max_positions, hidden])?;
        self.check_finite("token_types.weight", &[config.type_vocab, hidden])?;
        self.check_finite("token_embd_norm.weight", &[hidden])?;
        self.check_finite("token_embd_norm.bias", &[hidden])?;
        for layer in 0..config.layers {
            let matrices = [
                ("attn_q", hidden, hidden),
                ("attn_k", hidden, hidden),
                ("attn_v", hidden, hidden),
                ("attn_output", hidden, hidden),
                ("ffn_up", ffn, hidden),
                ("ffn_down", hidden, ffn),
            ];
            for (name, rows, columns) in matrices {
                self.check_finite(&format!("blk.{layer}.{name}.weight"), &[rows, columns])?;
                self.check_finite(&format!("blk.{layer}.{name}.bias"), &[rows])?;
            }
            for norm in ["attn_output_norm", "layer_output_norm"] {
                self.check_finite(&format!("blk.{layer}.{norm}.weight"), &[hidden])?;
                self.check_finite(&format!("blk.{layer}.{norm}.bias"), &[hidden])?;
            }
        }
        Ok(())
    }

    fn check_shape(&self, name: &str, expected: &[usize]) -> Result<&TensorEntry, EmbedError> {
        let entry = self.entry(name)?;
        if entry.shape == expected {
            return Ok(entry);
        }
        Err(EmbedError::WrongShape {
            name: name.to_owned(),
            found: entry.shape.clone(),
            expected: expected.to_vec(),
        })
    }

    fn check_finite(&self, name: &str, expected: &[usize]) -> Result<(), EmbedError> {
        let entry = self.check_shape(name, expected)?;
        let raw = self.raw(entry);
        let bad = match entry.dtype {
            GgmlDType::F32 => f32_values(raw).position(|value| !value.is_finite()),
            // An f16 scale, and whole numbers.
            GgmlDType::Q4_0 | GgmlDType::Q8_0 => raw
                .chunks_exact(entry.dtype.type_size())
                .position(|block| !scale(block).is_finite()),
            dtype => dequantize(dtype, raw)?.iter().position(|value| !value.is_finite()),
        };
        match bad {
            None => Ok(()),
            Some(index) => Err(EmbedError::NotFinite { name: name.to_owned(), index }),
        }
    }
}

/// The tensors of a safetensors file under their GGUF names; tensors that an encoder does not
/// need (a pooler, a head, position ids) are left out.
fn safetensors_entries(bytes: &[u8]) -> Result<HashMap<String, TensorEntry>, String> {
    let file = candle_core::safetensors::SliceSafetensors::new(bytes)
        .map_err(|error| format!("not a whole safetensors file: {error}"))?;
    let mut tensors = HashMap::new();
    for (name, view) in file.tensors() {
        let Some(name) = gguf_name(&name) else {
            continue;
        };
        // The element type is matched by name, so that the type need not be a dependency.
        let dtype = match format!("{:?}", view.dtype()).as_str() {
            "F32" => GgmlDType::F32,
            "F16" => GgmlDType::F16,
            "BF16" => GgmlDType::BF16,
            other => {
                return Err(format!(
                    "tensor `{name}` is stored as {other}; F32, F16 and BF16 are supported"
                ));
            }
        };
        let data = view.data();
        // `data` is a part of `bytes`, so the distance of their starts is the offset in the file.
        let start = data.as_ptr() as usize - bytes.as_ptr() as usize;
        let entry =
            TensorEntry { dtype, shape: view.shape().to_vec(), bytes: start..start + data.len() };
        tensors.insert(name, entry);
    }
    Ok(tensors)
}

/// The GGUF name of a Hugging Face BERT or XLM-R tensor.
fn gguf_name(name: &str) -> Option<String> {
    let name = ["bert.", "roberta.", "model.", "0.auto_model."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    // Old checkpoints call a layer norm's weights gamma and beta.
    let (stem, kind) = name.rsplit_once('.')?;
    let kind = match kind {
        "weight" | "gamma" => "weight",
        "bias" | "beta" => "bias",
        _ => return None,
    };
    let stem: Cow<str> = match stem {
        "embeddings.word_embeddings" => "token_embd".into(),
        "embeddings.position_embeddings" => "position_embd".into(),
        "embeddings.token_type_embeddings" => "token_types".into(),
        "embeddings.LayerNorm" => "token_embd_norm".into(),
        _ => {
            let (layer, part) = stem.strip_prefix("encoder.layer.")?.split_once('.')?;
            let layer: usize = layer.parse().ok()?;
            let part = match part {
                "attention.self.query" => "attn_q",
                "attention.self.key" => "attn_k",
                "attention.self.value" => "attn_v",
                "attention.output.dense" => "attn_output",
                "attention.output.LayerNorm" => "attn_output_norm",
                "intermediate.dense" => "ffn_up",
                "output.dense" => "ffn_down",
                "output.LayerNorm" => "layer_output_norm",
                _ => return None,
            };
            format!("blk.{layer}.{part}").into()
        }
    };
    Some(format!("{stem}.{kind}"))
}

fn f32_values(raw: &[u8]) -> impl Iterator<Item = f32> + '_ {
    raw.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn scale(block: &[u8]) -> f32 {
    half::f16::from_le_bytes([block[0], block[1]]).to_f32()
}

/// Expands Q4_0 blocks: the low nibbles of a block are its first 16 weights, the high ones the
/// last 16, each minus 8, times the scale.
fn dequantize_q4_0(blocks: &[u8], out: &mut [f32]) {
    for (block, out) in blocks.chunks_exact(Q4_0_BLOCK_BYTES).zip(out.chunks_exact_mut(32)) {
        let scale = scale(block);
        for (j, &byte) in block[2..].iter().enumerate() {
            out[j] = (i32::from(byte & 0x0f) - 8) as f32 * scale;
            out[j + 16] = (i32::from(byte >> 4) - 8) as f32 * scale;
        }
    }
}

fn dequantize(dtype: GgmlDType, raw: &[u8]) -> Result<Vec<f32>, EmbedError> {
    let pairs = || raw.chunks_exact(2).map(|bytes| [bytes[0], bytes[1]]);
    Ok(match dtype {
        GgmlDType::F32 => f32_values(raw).collect(),
        GgmlDType::F16 => pairs().map(|bytes| half::f16::from_le_bytes(bytes).to_f32()).collect(),
        GgmlDType::BF16 => pairs().map(|bytes| half::bf16::from_le_bytes(bytes).to_f32()).collect(),
        GgmlDType::Q4_0 => {
            let mut out = vec![0.0; raw.len() / Q4_0_BLOCK_BYTES * 32];
            dequantize_q4_0(raw, &mut out);
            out
        }
        dtype => {
            let elements = raw.len() / dtype.type_size() * dtype.block_size();
            // candle reads the blocks in place, so they must be aligned to the two bytes of
            // their f16 scales. The GGUF reader sees to it: tensors start at multiples of 32 in
            // a mapped file, and every block has an even size.
            debug_assert!((raw.as_ptr() as usize).is_multiple_of(2));
            ggml_file::qtensor_from_ggml(dtype, raw, vec![elements], &Device::Cpu)?
                .dequantize(&Device::Cpu)?
                .to_vec1::<f32>()?
        }
    })
}
