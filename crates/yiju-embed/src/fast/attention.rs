//! Self-attention, head by head, in the same 8-bit arithmetic as the matrices.
//!
//! Keys become the columns of weight blocks whose inner dimension is the head's width, values
//! those of blocks whose inner dimension is the keys; queries and probabilities are quantised as
//! activations are. Scores and the softmax are f32. A tile's scores against all keys stay in the
//! first-level cache.

use std::f32::consts::LOG2_E;

use crate::kernels::{ActBlock, BLOCK, Kernels, LANES, Lanes, MAX_ROWS, Q8Block};

use super::plan::Tiles;

/// How the hidden width falls into heads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    hidden: usize,
    count: usize,
    width: usize,
    /// As many heads as fill whole blocks of the result: what one task computes.
    per_group: usize,
}

/// The buffers of one task.
#[derive(Default)]
struct Buffers {
    keys: Vec<Q8Block>,
    values: Vec<Q8Block>,
    queries: Vec<ActBlock>,
    scores: Vec<Lanes>,
    probabilities: Vec<ActBlock>,
    /// The group's result, blocks of 32 for each row.
    context: Vec<[f32; BLOCK]>,
    quantized: Vec<ActBlock>,
}

/// The rows of one sequence in the buffer of queries, keys and values.
#[derive(Clone, Copy)]
struct Rows<'a> {
    tiles: Tiles,
    qkv: &'a [Lanes],
    panels: usize,
    start: usize,
    count: usize,
}

impl Rows<'_> {
    /// Copies `out.len()` numbers of row `row` from column `column` on.
    #[inline]
    fn copy(self, row: usize, column: usize, out: &mut [f32]) {
        let (start, stride) = self.tiles.locate(self.start + row, self.panels);
        if column.is_multiple_of(LANES) && out.len() == LANES {
            out.copy_from_slice(&self.qkv[start + column / LANES * stride].0);
            return;
        }
        for (offset, value) in out.iter_mut().enumerate() {
            let column = column + offset;
            *value = self.qkv[start + column / LANES * stride].0[column % LANES];
        }
    }

    /// Block `block` of a head's vector that begins at `column` and is `width` long.
    #[inline]
    fn block(self, row: usize, column: usize, width: usize, block: usize) -> [f32; BLOCK] {
        let mut values = [0.0; BLOCK];
        let length = (width - block * BLOCK).min(BLOCK);
        for (number, part) in values[..length].chunks_mut(LANES).enumerate() {
            self.copy(row, column + block * BLOCK + number * LANES, part);
        }
        values
    }
}

impl Heads {
    pub(super) fn new(hidden: usize, count: usize) -> Self {
        let width = hidden / count;
        // The fewest heads that make whole blocks: 32 / gcd(32, width).
        let per_group = BLOCK >> width.trailing_zeros().min(BLOCK.trailing_zeros());
        Self {
            hidden,
            count,
            width,
            per_group,
        }
    }

    /// Blocks of the result that one task computes.
    pub(super) fn blocks_per_group(self) -> usize {
        self.per_group * self.width / BLOCK
    }

    /// Attention of group `group` of heads over every sequence; the quantised result goes to the
    /// group's part of each tile in `out`.
    pub(super) fn attend(
        self,
        kernels: Kernels,
        sequences: &[&[u32]],
        tiles: Tiles,
        qkv: &[Lanes],
        group: usize,
        out: &mut [&mut [ActBlock]],
    ) {
        let mut buffers = Buffers::default();
        let heads = group * self.per_group..self.count.min((group + 1) * self.per_group);
        let group_blocks = (heads.len() * self.width).div_ceil(BLOCK);
        let panels = (3 * self.hidden).div_ceil(LANES);
        let mut start = 0;
        for sequence in sequences {
            let count = sequence.len();
            let rows = Rows {
                tiles,
                qkv,
                panels,
                start,
                count,
            };
            buffers.context.clear();
            buffers.context.resize(count * group_blocks, [0.0; BLOCK]);
            for (place, head) in heads.clone().enumerate() {
                self.head(
                    kernels,
                    rows,
                    head,
                    place * self.width,
                    group_blocks,
                    &mut buffers,
                );
            }
            buffers
                .quantized
                .resize(count * group_blocks, ActBlock::ZERO);
            kernels.quantize_rows(&buffers.context, 1.0, &mut buffers.quantized);
            for (row, blocks) in buffers.quantized.chunks_exact(group_blocks).enumerate() {
                // With one unit a row, a row's place is its number.
                let (place, stride) = tiles.locate(start + row, 1);
                let index = tiles.index_of(start + row);
                let place = place - tiles.first_of(index);
                for (block, value) in blocks.iter().enumerate() {
                    out[index][block * stride + place] = *value;
                }
            }
            start += count;
        }
    }

    /// One head over one sequence: adds its result to `context` from `offset` on.
    fn head(
        self,
        kernels: Kernels,
        rows: Rows<'_>,
        head: usize,
        offset: usize,
        group_blocks: usize,
        buffers: &mut Buffers,
    ) {
        let width = self.width;
        let column = head * width;
        let blocks = width.div_ceil(BLOCK);
        self.pack_keys(kernels, rows, column + self.hidden, &mut buffers.keys);
        self.pack_values(kernels, rows, column + 2 * self.hidden, &mut buffers.values);
        let key_panels = rows.count.div_ceil(LANES);
        let key_blocks = rows.count.div_ceil(BLOCK);
        let factor = LOG2_E / (width as f32).sqrt();
        let mut result = [Lanes::ZERO; MAX_ROWS];
        for first in (0..rows.count).step_by(MAX_ROWS) {
            let size = MAX_ROWS.min(rows.count - first);
            buffers.queries.resize(blocks * size, ActBlock::ZERO);
            for (block, out) in buffers.queries.chunks_exact_mut(size).enumerate() {
                let mut values = [[0.0; BLOCK]; MAX_ROWS];
                for (row, values) in values[..size].iter_mut().enumerate() {
                    *values = rows.block(first + row, column, width, block);
                }
                kernels.quantize_rows(&values[..size], factor, out);
            }
            buffers.scores.resize(key_panels * size, Lanes::ZERO);
            let panels = buffers.keys.chunks_exact(blocks);
            for (keys, out) in panels.zip(buffers.scores.chunks_exact_mut(size)) {
                kernels.eight(size, &buffers.queries, keys, &Lanes::ZERO, out);
            }
            buffers
                .probabilities
                .resize(key_blocks * size, ActBlock::ZERO);
            kernels.softmax_tile(
                &mut buffers.scores,
                rows.count,
                size,
                &mut buffers.probabilities,
            );
            for (panel, values) in buffers.values.chunks_exact(key_blocks).enumerate() {
                let result = &mut result[..size];
                kernels.eight(size, &buffers.probabilities, values, &Lanes::ZERO, result);
                let length = LANES.min(width - panel * LANES);
                for (row, lanes) in result.iter().enumerate() {
                    let context =
                        &mut buffers.context[(first + row) * group_blocks..][..group_blocks];
                    let at = offset + panel * LANES;
                    context.as_flattened_mut()[at..at + length].copy_from_slice(&lanes.0[..length]);
                }
            }
        }
    }

    /// Keys as columns: panels of 16 keys × blocks of the head's width.
    fn pack_keys(self, kernels: Kernels, rows: Rows<'_>, column: usize, out: &mut Vec<Q8Block>) {
        let blocks = self.width.div_ceil(BLOCK);
        out.clear();
        out.resize(rows.count.div_ceil(LANES) * blocks, Q8Block::ZERO);
        for (panel, out) in out.chunks_exact_mut(blocks).enumerate() {
            let first = panel * LANES;
            let size = LANES.min(rows.count - first);
            for (block, out) in out.iter_mut().enumerate() {
                let mut values = [[0.0; BLOCK]; LANES];
                for (key, values) in values[..size].iter_mut().enumerate() {
                    *values = rows.block(first + key, column, self.width, block);
                }
                kernels.column_block(&values[..size], out);
            }
        }
    }

    /// Values as columns: panels of 16 of the head's numbers × blocks of 32 keys.
    fn pack_values(self, kernels: Kernels, rows: Rows<'_>, column: usize, out: &mut Vec<Q8Block>) {
        let blocks = rows.count.div_ceil(BLOCK);
        out.resize(self.width.div_ceil(LANES) * blocks, Q8Block::ZERO);
        for (panel, out) in out.chunks_exact_mut(blocks).enumerate() {
            let length = LANES.min(self.width - panel * LANES);
            for (block, out) in out.iter_mut().enumerate() {
                let first = block * BLOCK;
                let size = BLOCK.min(rows.count - first);
                let mut values = [Lanes::ZERO; BLOCK];
                for (key, values) in values[..size].iter_mut().enumerate() {
                    rows.copy(first + key, column + panel * LANES, &mut values.0[..length]);
                }
                kernels.transpose_block(&values, out);
            }
        }
    }
}
