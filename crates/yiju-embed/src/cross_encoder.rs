//! A cross-encoder: a model that reads a question and a passage together and says how well the one
//! answers the other. BERT or XLM-R for sequence classification with one label, in f32 on candle.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use candle_core::{DType, Device, Module, Tensor};
use candle_nn::{Activation as CandleActivation, Linear, VarBuilder};
use candle_transformers::models::{bert, xlm_roberta};
use serde::Deserialize;

use crate::config::{Activation, ModelConfig};
use crate::error::EmbedError;
use crate::reference::bert_config;
use crate::tokenizer::JsonTokenizer;

/// The longest pair read at once, special tokens included. The cost grows with the square; longer
/// passages are read in windows.
const WINDOW: usize = 512;

/// A model directory for sequence classification, opened for use. It can be shared between threads.
pub struct CrossEncoder {
    name: String,
    tokenizer: JsonTokenizer,
    model: Model,
    max_tokens: usize,
    /// Whether the second text has another token type than the first.
    types: bool,
}

enum Model {
    Bert { encoder: bert::BertModel, pooler: Linear, classifier: Linear },
    XlmRoberta(xlm_roberta::XLMRobertaForSequenceClassification),
}

/// The fields of `config.json` that only matter here.
#[derive(Deserialize)]
struct ConfigFile {
    model_type: String,
    #[serde(default)]
    pad_token_id: Option<u32>,
}

impl CrossEncoder {
    /// Opens a Hugging Face model directory of a BERT or XLM-R for sequence classification with one
    /// label, such as bge-reranker: `config.json`, `tokenizer.json` and `model.safetensors`.
    ///
    /// # Errors
    /// The directory or a file is missing or damaged, or the model is no such classifier.
    pub fn open(directory: &Path) -> Result<Self, EmbedError> {
        if !directory.is_dir() {
            return Err(EmbedError::UnknownModel { path: directory.to_path_buf() });
        }
        let file = |name: &'static str| {
            let path = directory.join(name);
            if path.is_file() {
                Ok(path)
            } else {
                Err(EmbedError::MissingFile { directory: directory.to_path_buf(), file: name })
            }
        };
        let config_path = file("config.json")?;
        let config = ModelConfig::read(&config_path)?;
        let own: ConfigFile = serde_json::from_slice(&read(&config_path)?).map_err(|error| {
            EmbedError::InvalidFile { path: config_path.clone(), reason: error.to_string() }
        })?;
        let tokenizer_path = file("tokenizer.json")?;
        let tokenizer = JsonTokenizer::read(&tokenizer_path, &read(&tokenizer_path)?)?;
        if tokenizer.vocabulary() > config.vocab {
            return Err(EmbedError::InvalidFile {
                path: tokenizer_path,
                reason: format!(
                    "it has {} ids, but the word table only {} rows",
                    tokenizer.vocabulary(),
                    config.vocab
                ),
            });
        }
        let weights = file("model.safetensors")?;
        let tensors = candle_core::safetensors::load(&weights, &Device::Cpu).map_err(|error| {
            EmbedError::InvalidFile { path: weights.clone(), reason: error.to_string() }
        })?;
        let bert = own.model_type == "bert";
        check_label(directory, &tensors, bert)?;
        let variables = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let missing = |error: candle_core::Error| EmbedError::InvalidFile {
            path: weights.clone(),
            reason: error.to_string(),
        };
        let model = if bert {
            Model::bert(variables, &config).map_err(missing)?
        } else {
            let config = xlm_config(&config, own.pad_token_id.unwrap_or(1));
            let model =
                xlm_roberta::XLMRobertaForSequenceClassification::new(1, &config, variables);
            Model::XlmRoberta(model.map_err(missing)?)
        };
        Ok(Self {
            name: directory
                .file_name()
                .map_or_else(|| "reranker".into(), |name| name.to_string_lossy().into_owned()),
            tokenizer,
            model,
            max_tokens: config.max_tokens().min(WINDOW),
            types: bert && config.type_vocab > 1,
        })
    }

    /// The model's name: the directory's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How well each passage answers the question, 0 to 1, in order: the sigmoid of the
    /// model's logit. Each score is the one the passage alone would get, bit for bit. A passage too
    /// long for the model is read in overlapping windows and gets the best of their scores; of a
    /// question longer than half the model's length only that half is read, with a warning.
    ///
    /// # Errors
    /// The tokenizer or the model fails on the model's files; never because of a text.
    pub fn scores(&self, question: &str, passages: &[&str]) -> Result<Vec<f32>, EmbedError> {
        let (question, taken) = self.question(question)?;
        passages.iter().map(|passage| self.score(question, taken, passage)).collect()
    }

    /// As much of the question as may be read, and its tokens.
    fn question<'t>(&self, question: &'t str) -> Result<(&'t str, usize), EmbedError> {
        let tokens = self.tokenizer.encode(question)?;
        let most = self.max_tokens / 2;
        let Some(token) = tokens.get(most) else {
            return Ok((question, tokens.len()));
        };
        tracing::warn!(
            tokens = tokens.len(),
            most,
            "the question is too long for the reranker, which reads its beginning"
        );
        let cut = question.get(..token.range.start).unwrap_or(question);
        Ok((cut, most))
    }

    fn score(&self, question: &str, taken: usize, passage: &str) -> Result<f32, EmbedError> {
        let tokens = self.tokenizer.encode(passage)?;
        // Special tokens around and between: four in XLM-R, three in BERT.
        let room = self.max_tokens.saturating_sub(taken + 4).max(1);
        let ranges: Vec<Range<usize>> = tokens.into_iter().map(|token| token.range).collect();
        let mut best = f32::NEG_INFINITY;
        for window in windows(&ranges, room, passage.len()) {
            let text = passage.get(window).unwrap_or(passage);
            best = best.max(self.logit(question, text)?);
        }
        Ok(1.0 / (1.0 + (-best).exp()))
    }

    /// The model's logit for one pair. One at a time, so that a batch is single pairs.
    fn logit(&self, question: &str, passage: &str) -> Result<f32, EmbedError> {
        let (mut ids, mut types) = self.tokenizer.encode_pair(question, passage)?;
        // A window cut inside a word may have a token or two more than it had in the whole.
        ids.truncate(self.max_tokens);
        types.truncate(self.max_tokens);
        if !self.types {
            types.fill(0);
        }
        let length = ids.len();
        let tensor = |values: Vec<u32>| Tensor::from_vec(values, (1, length), &Device::Cpu);
        let (ids, types) = (tensor(ids)?, tensor(types)?);
        let logit = match &self.model {
            Model::Bert { encoder, pooler, classifier } => {
                let states = encoder.forward(&ids, &types, None)?;
                let first = states.get_on_dim(1, 0)?.contiguous()?;
                classifier.forward(&pooler.forward(&first)?.tanh()?)?
            }
            Model::XlmRoberta(model) => {
                let mask = ids.ones_like()?;
                model.forward(&ids, &mask, &types)?
            }
        };
        let logit: f32 = logit.flatten_all()?.get(0)?.to_scalar()?;
        if logit.is_finite() {
            Ok(logit)
        } else {
            Err(EmbedError::Compute(format!(
                "the reranker {} gave a score that is not finite; its weights are damaged",
                self.name
            )))
        }
    }
}

impl fmt::Debug for CrossEncoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CrossEncoder")
            .field("name", &self.name)
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

impl Model {
    fn bert(variables: VarBuilder, config: &ModelConfig) -> Result<Self, candle_core::Error> {
        let hidden = config.hidden;
        let inner = variables.pp("bert");
        Ok(Self::Bert {
            encoder: bert::BertModel::load(inner.clone(), &bert_config(config))?,
            pooler: candle_nn::linear(hidden, hidden, inner.pp("pooler").pp("dense"))?,
            classifier: candle_nn::linear(hidden, 1, variables.pp("classifier"))?,
        })
    }
}

/// The byte ranges to read of a passage of `end` bytes with tokens at `ranges`, `room` tokens each,
/// each half overlapping the previous one.
fn windows(ranges: &[Range<usize>], room: usize, end: usize) -> Vec<Range<usize>> {
    if ranges.len() <= room {
        return std::iter::once(0..end).collect();
    }
    let step = (room / 2).max(1);
    let mut windows = Vec::new();
    let mut from = 0;
    loop {
        let to = (from + room).min(ranges.len());
        if let (Some(first), Some(last)) = (ranges.get(from), ranges.get(to - 1)) {
            windows.push(first.start..last.end.max(first.start));
        }
        if to == ranges.len() {
            return windows;
        }
        from += step;
    }
}

/// A model that was not trained to classify has no classifier; one with several labels gives no one
/// score.
fn check_label(
    directory: &Path,
    tensors: &HashMap<String, Tensor>,
    bert: bool,
) -> Result<(), EmbedError> {
    let name = if bert { "classifier.weight" } else { "classifier.out_proj.weight" };
    let labels = tensors.get(name).map(|tensor| tensor.dims().first().copied());
    let refuse = |value: String| EmbedError::Unsupported {
        what: "the reranker",
        value,
        supported: "a BERT or XLM-RoBERTa for sequence classification with one label, such as bge-reranker",
    };
    match labels.flatten() {
        Some(1) => Ok(()),
        Some(labels) => {
            Err(refuse(format!("{}, a classifier with {labels} labels,", directory.display())))
        }
        None => Err(refuse(format!("{}, which has no tensor {name},", directory.display()))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, EmbedError> {
    std::fs::read(path).map_err(EmbedError::io(path))
}

fn xlm_config(config: &ModelConfig, pad: u32) -> xlm_roberta::Config {
    xlm_roberta::Config {
        hidden_size: config.hidden,
        layer_norm_eps: f64::from(config.eps),
        attention_probs_dropout_prob: 0.0,
        hidden_dropout_prob: 0.0,
        num_attention_heads: config.heads,
        position_embedding_type: "absolute".into(),
        intermediate_size: config.ffn,
        hidden_act: match config.activation {
            Activation::Gelu => CandleActivation::Gelu,
            Activation::GeluTanh => CandleActivation::NewGelu,
            Activation::Relu => CandleActivation::Relu,
        },
        num_hidden_layers: config.layers,
        vocab_size: config.vocab,
        max_position_embeddings: config.max_positions,
        type_vocab_size: config.type_vocab,
        pad_token_id: pad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_a_passage_and_overlap() {
        let ranges: Vec<Range<usize>> = (0..10).map(|at| at * 3..at * 3 + 3).collect();
        assert_eq!(windows(&ranges, 10, 30), vec![0..30]);
        assert_eq!(windows(&ranges, 4, 30), [0..12, 6..18, 12..24, 18..30]);
        assert_eq!(windows(&ranges, 1, 30).len(), 10);
        assert_eq!(windows(&[], 4, 0), vec![0..0]);
    }
}
