//! The encoder's layers on a packed batch.

use std::time::Instant;

use crate::error::EmbedError;
use yiju_kernels::{ActBlock, BLOCK, LANES, Lanes, MAX_ROWS, Matrix, NonLinearity, Norm};

use super::FastEncoder;
use super::attention::Heads;
use super::plan::{Exec, Tiles};
use crate::config::Activation;
use crate::engine::{HiddenStates, middle_layer};
use crate::gate::Gate;

/// A matrix and its bias.
#[derive(Debug)]
pub(super) struct Linear {
    pub matrix: Matrix,
    pub bias: Vec<Lanes>,
}

/// One layer's weights; the projections to queries, keys and values are one matrix.
#[derive(Debug)]
pub(super) struct Layer {
    pub qkv: Linear,
    pub output: Linear,
    pub attention_norm: Norm,
    pub up: Linear,
    pub down: Linear,
    pub output_norm: Norm,
}

/// The buffers of one pass.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Hidden states.
    x: Vec<Lanes>,
    /// The residual to add to them.
    y: Vec<Lanes>,
    /// Their quantised form, or that of the attention's result.
    acts: Vec<ActBlock>,
    qkv: Vec<Lanes>,
    /// The feed-forward block's inner activations.
    inner: Vec<ActBlock>,
}

impl FastEncoder {
    /// Takes sequences through all layers; their lengths and ids are checked on the way. With a gate, it gives way to
    /// questions before each product of matrices.
    pub(super) fn run_layers(
        &self,
        sequences: &[&[u32]],
        exec: Exec<'_>,
        gate: Option<&Gate>,
        scratch: &mut Scratch,
    ) -> Result<Vec<HiddenStates>, EmbedError> {
        let kernels = self.kernels;
        let config = &self.config;
        let tiles = Tiles::new(sequences.iter().map(|sequence| sequence.len()).sum());
        let rows = tiles.rows();
        let (panels, blocks) = (config.hidden.div_ceil(LANES), config.hidden.div_ceil(BLOCK));
        let inner_blocks = config.ffn.div_ceil(BLOCK);
        let qkv_panels = (3 * config.hidden).div_ceil(LANES);
        let Scratch { x, y, acts, qkv, inner } = scratch;
        x.resize(rows * panels, Lanes::ZERO);
        y.resize(rows * panels, Lanes::ZERO);
        acts.resize(rows * blocks, ActBlock::ZERO);
        qkv.resize(rows * qkv_panels, Lanes::ZERO);
        inner.resize(rows * inner_blocks, ActBlock::ZERO);

        self.embed(sequences, tiles, x)?;
        self.norm(exec, tiles, x, None, &self.embedding_norm, acts);
        let heads = Heads::new(config.hidden, config.heads);
        let non_linearity = match config.activation {
            Activation::Gelu => NonLinearity::Gelu,
            Activation::GeluTanh => NonLinearity::GeluTanh,
            Activation::Relu => NonLinearity::Relu,
        };
        let middle_layer = middle_layer(self.layers.len());
        let mut middle = Vec::new();
        let mut began = Instant::now();
        let mut give_way = || {
            if let Some(gate) = gate {
                gate.give_way(began.elapsed());
                began = Instant::now();
            }
        };
        for (number, layer) in (1..).zip(&self.layers) {
            give_way();
            self.linear(exec, tiles, acts, &layer.qkv, qkv);
            let mut columns = tiles.columns(acts, blocks, heads.blocks_per_group());
            exec.for_each(&mut columns, |group, parts| {
                heads.attend(kernels, sequences, tiles, qkv, group, parts);
            });
            give_way();
            self.linear(exec, tiles, acts, &layer.output, y);
            self.norm(exec, tiles, x, Some(y), &layer.attention_norm, acts);
            give_way();
            self.up(exec, tiles, acts, &layer.up, non_linearity, inner);
            give_way();
            self.linear(exec, tiles, inner, &layer.down, y);
            self.norm(exec, tiles, x, Some(y), &layer.output_norm, acts);
            if number == middle_layer {
                middle = collect(sequences, tiles, config.hidden, x);
            }
        }
        let last = collect(sequences, tiles, config.hidden, x);
        Ok(std::iter::zip(last, middle)
            .map(|(last, middle)| HiddenStates { last, middle })
            .collect())
    }

    /// Word, position and token type embeddings, added up.
    fn embed(&self, sequences: &[&[u32]], tiles: Tiles, x: &mut [Lanes]) -> Result<(), EmbedError> {
        let hidden = self.config.hidden;
        let panels = hidden.div_ceil(LANES);
        let mut word = vec![0.0; panels * LANES];
        let mut row = 0;
        for sequence in sequences {
            for (&id, position) in sequence.iter().zip(self.positions.chunks_exact(hidden)) {
                self.weights.token_row(id, &mut word[..hidden])?;
                for (value, position) in word.iter_mut().zip(position) {
                    *value += position;
                }
                let (start, stride) = tiles.locate(row, panels);
                for (panel, values) in word.as_chunks::<LANES>().0.iter().enumerate() {
                    x[start + panel * stride].0 = *values;
                }
                row += 1;
            }
        }
        Ok(())
    }

    fn norm(
        &self,
        exec: Exec<'_>,
        tiles: Tiles,
        x: &mut [Lanes],
        y: Option<&[Lanes]>,
        norm: &Norm,
        acts: &mut [ActBlock],
    ) {
        let (panels, blocks) = (norm.width.div_ceil(LANES), norm.width.div_ceil(BLOCK));
        let mut parts: Vec<_> =
            tiles.parts_mut(x, panels).zip(tiles.parts_mut(acts, blocks)).collect();
        exec.for_each(&mut parts, |index, (x, acts)| {
            let y = y.map(|y| tiles.part(y, panels, index));
            self.kernels.norm_tile(x, y, norm, tiles.rows_of(index), acts);
        });
    }

    /// out ← acts · matrix + bias.
    fn linear(
        &self,
        exec: Exec<'_>,
        tiles: Tiles,
        acts: &[ActBlock],
        linear: &Linear,
        out: &mut [Lanes],
    ) {
        let (panels, blocks) = (linear.matrix.panel_count(), linear.matrix.block_count());
        let chunk = exec.chunk(panels);
        let mut columns = tiles.columns(out, panels, chunk);
        exec.for_each(&mut columns, |number, parts| {
            let first = number * chunk;
            for panel in first..panels.min(first + chunk) {
                for (index, part) in parts.iter_mut().enumerate() {
                    let rows = tiles.rows_of(index);
                    let out = &mut part[(panel - first) * rows..][..rows];
                    let acts = tiles.part(acts, blocks, index);
                    let bias = &linear.bias[panel];
                    self.kernels.panel(rows, acts, &linear.matrix, panel, bias, out);
                }
            }
        });
    }

    /// out ← quantised non-linearity of acts · matrix + bias, two panels at a time.
    fn up(
        &self,
        exec: Exec<'_>,
        tiles: Tiles,
        acts: &[ActBlock],
        linear: &Linear,
        non_linearity: NonLinearity,
        out: &mut [ActBlock],
    ) {
        let (panels, blocks) = (linear.matrix.panel_count(), linear.matrix.block_count());
        let out_blocks = linear.matrix.rows().div_ceil(BLOCK);
        let chunk = exec.chunk(out_blocks);
        let mut columns = tiles.columns(out, out_blocks, chunk);
        exec.for_each(&mut columns, |number, parts| {
            let first = number * chunk;
            for block in first..out_blocks.min(first + chunk) {
                let pair = 2 * block..panels.min(2 * block + 2);
                for (index, part) in parts.iter_mut().enumerate() {
                    let rows = tiles.rows_of(index);
                    let acts = tiles.part(acts, blocks, index);
                    let mut buffer = [Lanes::ZERO; 2 * MAX_ROWS];
                    for (panel, out) in pair.clone().zip(buffer.chunks_exact_mut(rows)) {
                        let bias = &linear.bias[panel];
                        self.kernels.panel(rows, acts, &linear.matrix, panel, bias, out);
                    }
                    let out = &mut part[(block - first) * rows..][..rows];
                    let values = &mut buffer[..pair.len() * rows];
                    self.kernels.activate_tile(non_linearity, values, rows, out);
                }
            }
        });
    }
}

/// The hidden states by sequence, row by row.
fn collect(sequences: &[&[u32]], tiles: Tiles, hidden: usize, x: &[Lanes]) -> Vec<Vec<f32>> {
    let panels = hidden.div_ceil(LANES);
    let mut row = 0;
    sequences
        .iter()
        .map(|sequence| {
            let mut states = Vec::with_capacity(sequence.len() * hidden);
            for _ in 0..sequence.len() {
                let (start, stride) = tiles.locate(row, panels);
                for panel in 0..panels {
                    let width = LANES.min(hidden - panel * LANES);
                    states.extend_from_slice(&x[start + panel * stride].0[..width]);
                }
                row += 1;
            }
            states
        })
        .collect()
}
