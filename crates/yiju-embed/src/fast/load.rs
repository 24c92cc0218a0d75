//! From a model file's tensors to packed layers.

use candle_core::quantized::GgmlDType;

use crate::error::EmbedError;
use crate::weights::ModelWeights;
use yiju_kernels::{Lanes, Matrix, Norm, Pool};

use super::layers::{Layer, Linear};

/// Position and token type embeddings added up, from the first position that is used.
pub(super) fn positions(weights: &ModelWeights) -> Result<Vec<f32>, EmbedError> {
    let config = weights.config();
    let mut positions = weights.tensor_f32("position_embd.weight")?;
    positions.drain(..config.position_offset * config.hidden);
    let types = weights.tensor_f32("token_types.weight")?;
    for row in positions.chunks_exact_mut(config.hidden) {
        for (value, kind) in row.iter_mut().zip(&types) {
            *value += kind;
        }
    }
    Ok(positions)
}

/// The layer norm `name`.
pub(super) fn norm(weights: &ModelWeights, name: &str) -> Result<Norm, EmbedError> {
    let config = weights.config();
    Ok(Norm {
        weight: Lanes::from_slice(&weights.tensor_f32(&format!("{name}.weight"))?),
        bias: Lanes::from_slice(&weights.tensor_f32(&format!("{name}.bias"))?),
        width: config.hidden,
        eps: config.eps,
    })
}

/// All layers, packed on the threads of `pool`.
pub(super) fn layers(weights: &ModelWeights, pool: &Pool) -> Result<Vec<Layer>, EmbedError> {
    let mut slots: Vec<Option<Result<Layer, EmbedError>>> =
        (0..weights.config().layers).map(|_| None).collect();
    pool.for_each(&mut slots, |number, slot| *slot = Some(layer(weights, number)));
    slots.into_iter().flatten().collect()
}

fn layer(weights: &ModelWeights, number: usize) -> Result<Layer, EmbedError> {
    let name = |part: &str| format!("blk.{number}.{part}");
    let (hidden, ffn) = (weights.config().hidden, weights.config().ffn);
    Ok(Layer {
        qkv: linear(weights, &[&name("attn_q"), &name("attn_k"), &name("attn_v")], hidden)?,
        output: linear(weights, &[&name("attn_output")], hidden)?,
        attention_norm: norm(weights, &name("attn_output_norm"))?,
        up: linear(weights, &[&name("ffn_up")], hidden)?,
        down: linear(weights, &[&name("ffn_down")], ffn)?,
        output_norm: norm(weights, &name("layer_output_norm"))?,
    })
}

/// The matrices `names`, laid under each other, with their biases.
fn linear(weights: &ModelWeights, names: &[&str], columns: usize) -> Result<Linear, EmbedError> {
    let mut bias = Vec::new();
    for name in names {
        bias.extend(weights.tensor_f32(&format!("{name}.bias"))?);
    }
    let blocks = |dtype| -> Option<Vec<&[u8]>> {
        names.iter().map(|name| weights.blocks(dtype, &format!("{name}.weight"))).collect()
    };
    let four = || Matrix::from_q4_0(&blocks(GgmlDType::Q4_0)?, columns);
    let eight = || Matrix::from_q8_0(&blocks(GgmlDType::Q8_0)?, columns);
    let matrix = match four().or_else(eight) {
        Some(matrix) => matrix,
        None => {
            let mut values = Vec::new();
            for name in names {
                values.extend(weights.tensor_f32(&format!("{name}.weight"))?);
            }
            Matrix::from_f32(&values, columns)
        }
    };
    Ok(Linear { matrix, bias: Lanes::from_slice(&bias) })
}
