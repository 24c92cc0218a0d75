//! The shape of an encoder, read from `config.json`.

use std::path::Path;

use serde::Deserialize;

use crate::error::EmbedError;

/// The largest value accepted for any size in `config.json`. It keeps a damaged file from
/// asking for absurd amounts of memory; no encoder comes near it.
const SIZE_LIMIT: usize = 1 << 24;

/// The non-linearity of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// GELU by the error function.
    Gelu,
    /// GELU by the tanh approximation.
    GeluTanh,
    /// max(x, 0).
    Relu,
}

/// The sizes of a BERT-shaped encoder (post layer norm, absolute positions).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelConfig {
    /// Width of a hidden state.
    pub hidden: usize,
    /// Number of encoder layers.
    pub layers: usize,
    /// Attention heads a layer; divides `hidden`.
    pub heads: usize,
    /// Width of the feed-forward block.
    pub ffn: usize,
    /// Added to the variance in a layer norm.
    pub eps: f32,
    /// Rows of the word table.
    pub vocab: usize,
    /// Rows of the position table, the offset included.
    pub max_positions: usize,
    /// The position of a sequence's first token: 0 for BERT, pad id + 1 for XLM-R.
    pub position_offset: usize,
    /// Rows of the token type table; row 0 is used.
    pub type_vocab: usize,
    /// The non-linearity.
    pub activation: Activation,
}

/// Whether the model of this `config.json` can be run, before its weights are there.
///
/// # Errors
/// The file cannot be read, is damaged, or names another architecture or an unknown setting.
pub fn check_architecture(path: &Path) -> Result<(), EmbedError> {
    ModelConfig::read(path).map(|_| ())
}

impl ModelConfig {
    /// The longest sequence, special tokens included, that the position table allows.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_positions - self.position_offset
    }

    /// Reads `config.json` of a Hugging Face model directory.
    pub(crate) fn read(path: &Path) -> Result<Self, EmbedError> {
        let text = std::fs::read_to_string(path).map_err(EmbedError::io(path))?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, EmbedError> {
        let invalid = |reason: String| EmbedError::InvalidFile { path: path.to_path_buf(), reason };
        let file: ConfigFile =
            serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let position_offset = match file.model_type.as_str() {
            "bert" => 0,
            "xlm-roberta" | "roberta" | "camembert" => {
                let pad = file.pad_token_id.unwrap_or(1);
                usize::try_from(pad).map_err(|_| invalid(format!("pad_token_id is {pad}")))? + 1
            }
            other => {
                return Err(EmbedError::UnknownArchitecture { found: other.to_owned() });
            }
        };
        if let Some(kind) = &file.position_embedding_type
            && kind != "absolute"
        {
            return Err(EmbedError::Unsupported {
                what: "position_embedding_type",
                value: kind.clone(),
                supported: "absolute",
            });
        }
        let activation = match file.hidden_act.as_deref().unwrap_or("gelu") {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_approximate" => Activation::GeluTanh,
            "relu" => Activation::Relu,
            other => {
                return Err(EmbedError::Unsupported {
                    what: "hidden_act",
                    value: other.to_owned(),
                    supported: "gelu, gelu_new, gelu_pytorch_tanh, relu",
                });
            }
        };
        let config = Self {
            hidden: file.hidden_size,
            layers: file.num_hidden_layers,
            heads: file.num_attention_heads,
            ffn: file.intermediate_size,
            eps: file.layer_norm_eps.unwrap_or(1e-12) as f32,
            vocab: file.vocab_size,
            max_positions: file.max_position_embeddings,
            position_offset,
            type_vocab: file.type_vocab_size.unwrap_or(2),
            activation,
        };
        for (name, value) in [
            ("hidden_size", config.hidden),
            ("num_hidden_layers", config.layers),
            ("num_attention_heads", config.heads),
            ("intermediate_size", config.ffn),
            ("vocab_size", config.vocab),
            ("max_position_embeddings", config.max_positions),
            ("type_vocab_size", config.type_vocab),
        ] {
            if value == 0 || value > SIZE_LIMIT {
                return Err(invalid(format!(
                    "{name} is {value}; it must be between 1 and {SIZE_LIMIT}"
                )));
            }
        }
        if !config.hidden.is_multiple_of(config.heads) {
            return Err(invalid(format!(
                "hidden_size {} is not a multiple of num_attention_heads {}",
                config.hidden, config.heads
            )));
        }
        if config.max_positions < config.position_offset.saturating_add(8) {
            return Err(invalid(format!(
                "max_position_embeddings {} leaves no room for a text",
                config.max_positions
            )));
        }
        if !(config.eps.is_finite() && config.eps >= 0.0) {
            return Err(invalid(format!("layer_norm_eps is {}", config.eps)));
        }
        Ok(config)
    }
}

/// The fields of `config.json` that matter here.
#[derive(Deserialize)]
struct ConfigFile {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    type_vocab_size: Option<usize>,
    #[serde(default)]
    layer_norm_eps: Option<f64>,
    #[serde(default)]
    hidden_act: Option<String>,
    #[serde(default)]
    pad_token_id: Option<i64>,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(changes: &[(&str, serde_json::Value)]) -> Result<ModelConfig, EmbedError> {
        let mut value = serde_json::json!({
            "model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": 100,
            "max_position_embeddings": 64, "pad_token_id": 1,
        });
        for (key, change) in changes {
            value[*key] = change.clone();
        }
        ModelConfig::parse(&value.to_string(), Path::new("config.json"))
    }

    #[test]
    fn positions_start_at_zero_for_bert_and_after_the_pad_id_for_xlm_r() {
        assert_eq!(parse(&[]).unwrap().position_offset, 0);
        let xlm_r =
            parse(&[("model_type", "xlm-roberta".into()), ("max_position_embeddings", 514.into())])
                .unwrap();
        assert_eq!((xlm_r.position_offset, xlm_r.max_tokens()), (2, 512));
    }

    #[test]
    fn what_cannot_run_is_refused_by_name() {
        let message = |changes: &[(&str, serde_json::Value)]| {
            parse(changes).map(|_| ()).unwrap_err().to_string()
        };
        assert!(message(&[("model_type", "llama".into())]).contains("`llama`"));
        assert!(message(&[("hidden_act", "swish".into())]).contains("`swish`"));
        assert!(message(&[("num_attention_heads", 5.into())]).contains("multiple"));
        assert!(message(&[("hidden_size", 0.into())]).contains("hidden_size is 0"));
        assert!(message(&[("vocab_size", u32::MAX.into())]).contains("vocab_size"));
        assert!(message(&[("max_position_embeddings", 3.into())]).contains("no room"));
        assert!(
            message(&[("position_embedding_type", "relative_key".into())]).contains("relative_key")
        );
        assert!(message(&[("layer_norm_eps", (-1.0).into())]).contains("layer_norm_eps"));
    }
}
