//! The reference engine: f32 on candle.
//!
//! candle's encoder does the layers. Its embedding would expand the word table (384 MB for the
//! bundled model), so rows are read one by one here. Sequences run one at a time, so that a
//! batch equals single texts bit for bit.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::{LayerNorm, Module, VarBuilder};
use candle_transformers::models::bert::{BertEncoder, Config, HiddenAct};

use std::sync::Arc;

use crate::config::{Activation, ModelConfig};
use crate::engine::{HiddenStates, middle_layer};
use crate::error::EmbedError;
use crate::weights::ModelWeights;

/// candle's encoder with the weights expanded to f32, the word table aside.
pub(crate) struct ReferenceEncoder {
    weights: Arc<ModelWeights>,
    /// Position and token type 0 added up, `hidden` numbers for each position.
    positions: Vec<f32>,
    norm: LayerNorm,
    /// The layers up to the middle one, and those after it.
    encoders: [BertEncoder; 2],
    /// `None` uses rayon's global pool.
    pool: Option<rayon::ThreadPool>,
}

impl ReferenceEncoder {
    /// Expands the weights. `threads` 0 leaves it to rayon.
    pub(crate) fn load(weights: Arc<ModelWeights>, threads: usize) -> Result<Self, EmbedError> {
        let config = weights.config();
        let mut positions = weights.tensor_f32("position_embd.weight")?;
        let types = weights.tensor_f32("token_types.weight")?;
        for row in positions.chunks_exact_mut(config.hidden) {
            row.iter_mut().zip(&types).for_each(|(value, kind)| *value += kind);
        }
        let norm = LayerNorm::new(
            tensor(&weights, "token_embd_norm.weight", &[config.hidden])?,
            tensor(&weights, "token_embd_norm.bias", &[config.hidden])?,
            f64::from(config.eps),
        );
        let variables =
            VarBuilder::from_tensors(layer_tensors(&weights)?, DType::F32, &Device::Cpu);
        let mut lower = BertEncoder::load(variables.clone(), &bert_config(config))?;
        let none = Config { num_hidden_layers: 0, ..bert_config(config) };
        let mut upper = BertEncoder::load(variables, &none)?;
        upper.layers = lower.layers.split_off(middle_layer(config.layers));
        let pool = match threads {
            0 => None,
            threads => Some(
                rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|error| EmbedError::Compute(error.to_string()))?,
            ),
        };
        Ok(Self { positions, norm, encoders: [lower, upper], pool, weights })
    }

    /// The hidden states of each sequence.
    pub(crate) fn forward(&self, sequences: &[&[u32]]) -> Result<Vec<HiddenStates>, EmbedError> {
        let run = || sequences.iter().map(|sequence| self.run(sequence)).collect();
        match &self.pool {
            Some(pool) => pool.install(run),
            None => run(),
        }
    }

    fn run(&self, sequence: &[u32]) -> Result<HiddenStates, EmbedError> {
        let config = self.weights.config();
        let (hidden, length) = (config.hidden, sequence.len());
        if length == 0 || length > config.max_tokens() {
            return Err(EmbedError::Compute(format!(
                "a sequence of {length} tokens; the model takes 1 to {}",
                config.max_tokens()
            )));
        }
        let mut states = vec![0.0; length * hidden];
        let offset = config.position_offset * hidden;
        let positions = self.positions[offset..].chunks_exact(hidden);
        for ((row, &id), position) in states.chunks_exact_mut(hidden).zip(sequence).zip(positions) {
            self.weights.token_row(id, row)?;
            row.iter_mut().zip(position).for_each(|(value, add)| *value += add);
        }
        let states = Tensor::from_vec(states, (1, length, hidden), &Device::Cpu)?;
        let states = self.norm.forward(&states)?;
        let mask = Tensor::zeros((1, 1, 1, length), DType::F32, &Device::Cpu)?;
        let [lower, upper] = &self.encoders;
        let middle = lower.forward(&states, &mask)?;
        let last = upper.forward(&middle, &mask)?;
        Ok(HiddenStates {
            last: last.flatten_all()?.to_vec1()?,
            middle: middle.flatten_all()?.to_vec1()?,
        })
    }
}

/// The layers' tensors under the names candle looks for.
fn layer_tensors(weights: &ModelWeights) -> Result<HashMap<String, Tensor>, EmbedError> {
    let config = weights.config();
    let (hidden, ffn) = (config.hidden, config.ffn);
    let parts = [
        ("attn_q", "attention.self.query", hidden, Some(hidden)),
        ("attn_k", "attention.self.key", hidden, Some(hidden)),
        ("attn_v", "attention.self.value", hidden, Some(hidden)),
        ("attn_output", "attention.output.dense", hidden, Some(hidden)),
        ("attn_output_norm", "attention.output.LayerNorm", hidden, None),
        ("ffn_up", "intermediate.dense", ffn, Some(hidden)),
        ("ffn_down", "output.dense", hidden, Some(ffn)),
        ("layer_output_norm", "output.LayerNorm", hidden, None),
    ];
    let mut tensors = HashMap::new();
    for layer in 0..config.layers {
        for (ours, theirs, rows, columns) in parts {
            let shape: Vec<usize> = std::iter::once(rows).chain(columns).collect();
            tensors.insert(
                format!("layer.{layer}.{theirs}.weight"),
                tensor(weights, &format!("blk.{layer}.{ours}.weight"), &shape)?,
            );
            tensors.insert(
                format!("layer.{layer}.{theirs}.bias"),
                tensor(weights, &format!("blk.{layer}.{ours}.bias"), &[rows])?,
            );
        }
    }
    Ok(tensors)
}

fn tensor(weights: &ModelWeights, name: &str, shape: &[usize]) -> Result<Tensor, EmbedError> {
    let values = weights.tensor_f32(name)?;
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

/// The configuration as candle names it.
pub(crate) fn bert_config(config: &ModelConfig) -> Config {
    Config {
        vocab_size: config.vocab,
        hidden_size: config.hidden,
        num_hidden_layers: config.layers,
        num_attention_heads: config.heads,
        intermediate_size: config.ffn,
        hidden_act: match config.activation {
            Activation::Gelu => HiddenAct::Gelu,
            Activation::GeluTanh => HiddenAct::GeluApproximate,
            Activation::Relu => HiddenAct::Relu,
        },
        max_position_embeddings: config.max_positions,
        type_vocab_size: config.type_vocab,
        layer_norm_eps: f64::from(config.eps),
        ..Config::default()
    }
}
